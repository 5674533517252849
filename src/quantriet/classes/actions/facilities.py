"""The register of rooms and equipment of a unit."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from quantriet.audit.actions import changes, record, record_many
from quantriet.classes.models import Facility, FacilityDeclaration
from quantriet.classes.queries.facilities import ListedFacility
from quantriet.kit import text
from quantriet.kit.db import named_lock
from quantriet.kit.refusal import Refusal
from quantriet.org.models import Account, Unit
from quantriet.org.rules.secrecy import refuse_if_marked

_FIELDS = (
    "name", "address", "seats", "is_online", "screens", "speakers", "microphones", "cameras", "line", "has_power", "note",
)  # fmt: skip


def add_facility(unit: Unit, *, by: Account | None, at: datetime, name: str, **given: Any) -> Facility:
    """Write a room into the register of a unit. Refuses a name that stands there already, and marked text."""
    given = _cleaned({"name": name, **given})
    try:
        with transaction.atomic():
            made = Facility.objects.create(unit=unit, changed_at=at, **given)
            record("facility.added", by=by, at=at, thing=made, unit=unit, after=given)
    except IntegrityError:
        raise _taken(given["name"], unit) from None
    return made


def change_facility(facility: Facility, *, by: Account | None, at: datetime, **new: Any) -> Facility:
    """Change what is known of a room; None means that it is not stated."""
    before, after = changes(facility, _cleaned(new))
    if not after:
        return facility
    try:
        with transaction.atomic():
            for name, value in after.items():
                setattr(facility, name, value)
            facility.changed_at = at
            facility.save(update_fields=[*after, "changed_at"])
            record("facility.changed", by=by, at=at, thing=facility, unit=facility.unit, before=before, after=after)
    except IntegrityError:
        raise _taken(str(after.get("name", facility.name)), facility.unit) from None
    return facility


def remove_facility(facility: Facility, *, by: Account | None, at: datetime) -> None:
    """Take a room out of the register; venues that were taken from it keep what they say."""
    with transaction.atomic():
        record("facility.removed", by=by, at=at, thing=facility, unit=facility.unit, before={"name": facility.name})
        facility.delete()


def declare_facilities(unit: Unit, *, by: Account | None, at: datetime) -> FacilityDeclaration:
    """A unit says that its register is complete: without an online room in it, it has none (R-063)."""
    with transaction.atomic():
        made, _new = FacilityDeclaration.objects.update_or_create(
            unit=unit, defaults={"declared_at": at, "declared_by": by}
        )
        rooms = unit.facilities.count()
        record("facility.declared", by=by, at=at, thing=made, unit=unit, after={"rooms": rooms})
    return made


def write_facilities(lines: Iterable[ListedFacility], *, by: Account | None, at: datetime) -> tuple[int, int]:
    """Write a register that was read and confirmed, all or none; returns how many rooms were added and how many changed."""
    lines = list(lines)
    with named_lock("facilities"):
        there = Facility.objects.select_related("unit").in_bulk(
            [line.facility_id for line in lines if line.facility_id]
        )
        units = Unit.objects.in_bulk([line.unit_id for line in lines])
        added: list[Facility] = []
        changed: list[tuple[Facility, dict[str, Any], dict[str, Any]]] = []
        for line in lines:
            if line.facility_id is None:
                added.append(
                    Facility(unit=units[line.unit_id], changed_at=at, **_cleaned({"name": line.name, **line.said}))
                )
                continue
            found = there.get(line.facility_id)
            if found is None:
                raise Refusal(
                    "facilities.changed_meanwhile",
                    f"Dòng {line.number}: “{line.name}” vừa bị bỏ khỏi sổ; hãy đọc lại tệp.", row=line.number,
                )  # fmt: skip
            before, after = changes(found, _cleaned(dict(line.said)))
            if after:
                for name, value in after.items():
                    setattr(found, name, value)
                found.changed_at = at
                changed.append((found, before, after))
        try:
            with transaction.atomic():
                Facility.objects.bulk_create(added, batch_size=500)
        except IntegrityError:
            raise Refusal("facilities.changed_meanwhile", "Sổ vừa có người sửa; hãy đọc lại tệp.") from None
        Facility.objects.bulk_update(
            [found for found, *_ in changed],
            [*(name for name in _FIELDS if name != "name"), "changed_at"],
            batch_size=500,
        )
        record_many(
            "facility.imported", by=by, at=at,
            lines=[(one, one.unit, {}, {"name": one.name}) for one in added]
            + [(found, found.unit, before, after) for found, before, after in changed],
        )  # fmt: skip
    return len(added), len(changed)


def _cleaned(given: dict[str, Any]) -> dict[str, Any]:
    for name in ("name", "address", "note"):
        if name in given:
            refuse_if_marked(given[name], "sổ phòng họp")
            given[name] = text.squeeze(given[name])
    if given.get("name") == "":
        raise Refusal("facility.name_missing", "Phòng phải có tên.", field="name")
    return given


def _taken(name: str, unit: Unit) -> Refusal:
    return Refusal("facility.name_taken", f"Sổ của {unit.name} đã có “{name}”.", field="name")
