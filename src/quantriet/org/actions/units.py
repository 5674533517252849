"""Writers of the unit tree."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from quantriet.audit.actions import changes, record
from quantriet.kit import text
from quantriet.kit.db import named_lock, reread
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local
from quantriet.org.actions.places import close_place, settle_units
from quantriet.org.models import Account, Person, Unit, UnitKind, path_segment
from quantriet.org.rules import tree

# Whoever changes the tree, or enters or moves people in it, passes here one at a time: a unit is not closed under them.
TREE_LOCK = "unit-tree"


def add_unit(
    *,
    by: Account | None,
    at: datetime,
    code: str,
    name: str,
    kind: UnitKind,
    parent: Unit | None,
    valid_from: date | None = None,
    decision_number: str = "",
    **details: Any,
) -> Unit:
    """Enter a unit into the tree, with its first dated version.

    Refuses when the code is taken, when the kind does not exist on that day, before that day has come, under a cell and
    under a closed unit.
    `details` are short_name, email, phone, address. Effects: the unit, its version, audit "unit.added".
    """
    day = valid_from or local(at).date()
    code = text.squeeze(code)
    name = text.squeeze(name)
    if not code:
        raise Refusal("unit.code_missing", "Đơn vị phải có mã.", field="code")
    if not name:
        raise Refusal("unit.name_missing", "Đơn vị phải có tên.", field="name")
    if day > local(at).date():
        raise Refusal(
            "unit.not_yet",
            f"Ngày {day:%d/%m/%Y} chưa đến; đơn vị lập từ một ngày sắp tới thì soạn quyết định về tổ chức, đến ngày sẽ tự thực hiện.",
            field="valid_from",
        )
    with named_lock(TREE_LOCK):
        parent = standing(parent) if parent else None
        above = tree.Superior(parent.name, parent.kind.level, parent.closed_on is not None) if parent else None
        hindrance = tree.hindrance(tree.KindYears(kind.name, kind.valid_from, kind.valid_to), above, day)
        if hindrance:
            raise Refusal(hindrance.code, hindrance.sentence, field=hindrance.field)
        if Unit.objects.filter(code=code).exists():
            raise Refusal("unit.code_taken", f"Mã đơn vị “{code}” đã có; mỗi đơn vị một mã.", field="code")
        unit = Unit(
            code=code,
            name=name,
            name_folded=text.fold(name),
            sort_key=text.natural_key(name),
            kind=kind,
            parent=parent,
            path=f"new:{code}",
            depth=parent.depth + 1 if parent else 0,
            established_on=day,
            **details,
        )
        unit.save(force_insert=True)
        unit.path = (parent.path if parent else "") + path_segment(unit.pk)
        unit.save(update_fields=["path"])
        unit.founding_decision = decision_number  # type: ignore[attr-defined]  # for its first version
        settle_units([unit], day)
        record("unit.added", by=by, at=at, thing=unit, unit=unit, after={"code": code, "name": name, "kind": kind.name})
    return unit


def change_unit(unit: Unit, *, by: Account | None, at: datetime, **new: Any) -> Unit:
    """Correct a unit's code, name, contact details or kind as entered; a decided change of the tree is an event instead."""
    for name in ("name", "short_name", "code", "address"):
        if name in new:
            new[name] = text.squeeze(new[name])
    with named_lock(TREE_LOCK):
        reread(unit)
        before, after = changes(unit, new)
        if not after:
            return unit
        if not (new.get("name", unit.name) and new.get("code", unit.code)):
            raise Refusal("unit.name_missing", "Đơn vị phải có mã và tên.", field="name")
        if "kind" in after and not after["kind"].holds_members:
            members = Person.objects.active().members().filter(unit=unit).count()
            if members:
                raise Refusal(
                    "unit.kind_holds_members",
                    f"{unit.name} có {members} đảng viên trực tiếp; loại “{after['kind'].name}” không có đảng viên trực tiếp.",
                    field="kind",
                )
        if "code" in after and Unit.objects.filter(code=after["code"]).exclude(pk=unit.pk).exists():
            raise Refusal("unit.code_taken", f"Mã đơn vị “{after['code']}” đã có; mỗi đơn vị một mã.", field="code")
        for name, value in after.items():
            setattr(unit, name, value)
        unit.name_folded, unit.sort_key = text.fold(unit.name), text.natural_key(unit.name)
        unit.save(update_fields=[*after, "name_folded", "sort_key"])
        if "name" in after or "kind" in after:
            unit.versions.filter(valid_to__isnull=True).update(name=unit.name, kind=unit.kind)
        record("unit.changed", by=by, at=at, thing=unit, unit=unit, before=before, after=after)
    return unit


def standing(unit: Unit) -> Unit:
    """The unit as it stands now, read under `TREE_LOCK`; the page knew it as it was when it was opened."""
    found = Unit.objects.select_related("kind").filter(pk=unit.pk).first()
    if found is None:
        raise Refusal("unit.gone", f"Không còn đơn vị {unit.name}; hãy tải lại trang.", field="unit")
    return found


def close_unit(unit: Unit, *, by: Account, at: datetime, on: date, decision_number: str) -> Unit:
    """End a unit on a day. Refuses while it still has people or units below it, twice, and before it was founded."""
    with named_lock(TREE_LOCK):
        reread(unit)
        if unit.closed_on:
            raise Refusal("unit.closed", f"{unit.name} đã ngừng hoạt động từ ngày {unit.closed_on:%d/%m/%Y}.")
        if unit.established_on and on < unit.established_on:
            raise Refusal(
                "unit.closed_before", f"{unit.name} lập ngày {unit.established_on:%d/%m/%Y}, không thể ngừng trước đó.",
                field="on",
            )  # fmt: skip
        if Person.objects.active().under(unit).exists():
            raise Refusal(
                "unit.has_people", f"{unit.name} còn đảng viên; hãy chuyển sinh hoạt trước khi ngừng hoạt động."
            )
        if Unit.objects.active().under(unit, itself=False).exists():
            raise Refusal("unit.has_units", f"{unit.name} còn đơn vị trực thuộc; hãy xử lý các đơn vị đó trước.")
        if on > local(at).date():
            raise Refusal(
                "unit.closed_ahead",
                f"Ngày {on:%d/%m/%Y} chưa đến; giải thể từ một ngày sắp tới thì soạn quyết định về tổ chức, đến ngày sẽ tự thực hiện.",
                field="on",
            )
        since = max(
            unit.versions.get(valid_to__isnull=True).valid_from, unit.dated_places.get(valid_to__isnull=True).valid_from
        )
        if on < since:
            raise Refusal(
                "unit.closed_before",
                f"{unit.name} có thay đổi từ ngày {since:%d/%m/%Y}, không thể ngừng trước đó.",
                field="on",
            )
        close_place(unit, on + timedelta(days=1), None)
        record("unit.closed", by=by, at=at, thing=unit, unit=unit, after={"on": on, "decision_number": decision_number})
    return unit
