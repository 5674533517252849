"""Writers of people and of the dated facts about them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from quantriet.audit.actions import changes, record
from quantriet.kit import text
from quantriet.kit.db import named_lock, reread
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local
from quantriet.org import access
from quantriet.org.actions.units import TREE_LOCK, standing
from quantriet.org.models import (
    Account,
    ActivityExemption,
    MembershipTransfer,
    Person,
    PostHeld,
    PostKind,
    Unit,
    UnitResponsibility,
)
from quantriet.org.queries import imports as import_queries
from quantriet.org.rules.bodies import BASIS, may_lead_propaganda
from quantriet.org.rules.codes import made_code
from quantriet.org.vocab import MEMBER_KINDS, LeavingReason, Permission, ResponsibilityKind

# Whoever gives a person a code passes here one at a time: the form and the import count on from the same number.
CODE_LOCK = "person-code"


def _named(full_name: str) -> dict[str, str]:
    name = text.squeeze(full_name)
    return {
        "full_name": name,
        "name_folded": text.fold(name),
        "sort_key": text.name_key(name),
        "search_key": text.search_key(name),
    }


def add_person(
    *,
    by: Account | None,
    at: datetime,
    full_name: str,
    unit: Unit,
    code: str = "",
    on: date | None = None,
    **details: Any,
) -> Person:
    """Enter a person into a unit, with the first transfer fact; without a code the product makes one.

    Refuses without a name, with a code already taken, in a closed unit, or in one that holds no members (members only).
    """
    if not text.squeeze(full_name):
        raise Refusal("person.name_missing", "Thiếu họ và tên.", field="full_name")
    code = text.squeeze(code)
    details = {name: text.squeeze(value) if isinstance(value, str) else value for name, value in details.items()}
    with named_lock(TREE_LOCK), named_lock(CODE_LOCK):
        unit = standing(unit)
        if unit.closed_on:
            raise Refusal("person.unit_closed", f"{unit.name} đã ngừng hoạt động.", field="unit")
        code = code or made_code(import_queries.highest_made_code() + 1)
        taken = Person.objects.filter(code=code).first()
        if taken:
            known = by is None or access.may(by, Permission.PERSON_VIEW, taken.unit)
            whom = f"{taken.full_name} ({taken.unit.name})" if known else "người khác"
            raise Refusal("person.code_taken", f"Mã {code} đã có ở {whom}.", field="code")
        person = Person(code=code, unit=unit, **_named(full_name), **details)
        if person.kind in MEMBER_KINDS:
            _refuse_unless_holds_members(unit)
        person.save(force_insert=True)
        MembershipTransfer.objects.create(person=person, to_unit=unit, on=on or person.joined_on or local(at).date())
        record(
            "person.added", by=by, at=at, thing=person, unit=unit, person_id=person.pk, after={"code": code, **details}
        )
    return person


def change_person(person: Person, *, by: Account | None, at: datetime, **new: Any) -> Person:
    """Correct what is written about a person; moving to another unit is `transfer_person`."""
    if "full_name" in new:
        new = {**new, **_named(new["full_name"])}
    new = {name: text.squeeze(value) if isinstance(value, str) else value for name, value in new.items()}
    with transaction.atomic():
        reread(person)
        before, after = changes(person, new)
        if not after:
            return person
        if not (new.get("full_name", person.full_name) and new.get("code", person.code)):
            raise Refusal("person.name_missing", "Thiếu họ và tên hoặc mã số.", field="full_name")
        if after.get("kind") in MEMBER_KINDS:
            _refuse_unless_holds_members(person.unit)
        if "code" in after and Person.objects.filter(code=after["code"]).exclude(pk=person.pk).exists():
            raise Refusal("person.code_taken", f"Mã {after['code']} đã có ở người khác.", field="code")
        for name, value in after.items():
            setattr(person, name, value)
        person.save(update_fields=list(after))
        for hidden in ("name_folded", "sort_key", "search_key"):
            before.pop(hidden, None)
            after.pop(hidden, None)
        record(
            "person.changed",
            by=by,
            at=at,
            thing=person,
            unit=person.unit,
            person_id=person.pk,
            before=before,
            after=after,
        )
    return person


def transfer_person(
    person: Person, *, by: Account | None, at: datetime, to: Unit, on: date, basis: str = ""
) -> MembershipTransfer:
    """Move a person to another cell from a day on (chuyển sinh hoạt); the log of both cells tells it.

    A day still to come is kept as waiting: the daily job moves the person then (`carry_out_transfer`).
    Refuses who is off the list or there already, a closed unit or one that holds no members, a day before the last move,
    a second move while one waits, and a person whom somebody else has moved since the page was opened.
    """
    seen_in = person.unit_id
    with named_lock(TREE_LOCK):
        reread(person)
        to = standing(to)
        if to.pk != person.unit_id and person.unit_id != seen_in:
            raise Refusal(
                "transfer.moved_since",
                f"{person.full_name} vừa được người khác chuyển đơn vị; hãy tải lại trang rồi chuyển nếu vẫn cần.",
            )
        _refuse_move(person, to)
        latest = person.transfers.filter(problem="").order_by("-is_waiting", "-on").first()
        if latest and latest.is_waiting:
            raise Refusal(
                "transfer.waiting",
                f"{person.full_name} đã có lần chuyển đến {latest.to_unit.name} hẹn ngày {latest.on:%d/%m/%Y}; hãy bỏ lần đó trước.",
                field="on",
            )
        if latest and on < latest.on:
            raise Refusal(
                "transfer.before_last",
                f"Lần chuyển trước là ngày {latest.on:%d/%m/%Y}; ngày chuyển mới phải sau đó.",
                field="on",
            )
        fact = MembershipTransfer(person=person, from_unit=person.unit, to_unit=to, on=on, basis=basis, planned_by=by)
        if on > local(at).date():
            fact.is_waiting = True
            fact.save(force_insert=True)
            record(
                "transfer.planned", by=by, at=at, thing=person, unit=person.unit, person_id=person.pk,
                before={"unit": person.unit.name}, after={"unit": to.name, "on": on, "basis": basis},
            )  # fmt: skip
            return fact
        fact.save(force_insert=True)
        _move_person(person, fact, by, at)
    return fact


def _refuse_move(person: Person, to: Unit) -> None:
    if person.left_on:
        raise Refusal("transfer.left", f"{person.full_name} không còn trong danh sách, không chuyển sinh hoạt được.")
    if to.pk == person.unit_id:
        raise Refusal("transfer.same_unit", f"{person.full_name} đang sinh hoạt ở {to.name}.", field="to")
    if person.kind in MEMBER_KINDS:
        _refuse_unless_holds_members(to)
    if to.closed_on:
        raise Refusal("transfer.unit_closed", f"{to.name} đã ngừng hoạt động.", field="to")


def _move_person(person: Person, fact: MembershipTransfer, by: Account | None, at: datetime) -> None:
    before, to = person.unit, fact.to_unit
    person.unit = to
    person.save(update_fields=["unit"])
    said = {"unit": to.name, "on": fact.on, "basis": fact.basis}
    # Once more under the unit left: whoever looks after that one alone reads in its log where the person went.
    for verb, place in (("person.transferred", to), ("person.moved_away", before)):
        record(
            verb, by=by, at=at, thing=person, unit=place, person_id=person.pk, before={"unit": before.name}, after=said
        )


def carry_out_transfer(transfer_id: int, *, at: datetime) -> None:
    """Move a person whose day has come. May run twice; what stands in the way is kept with the move, which then is off."""
    with named_lock(TREE_LOCK):
        fact = (
            MembershipTransfer.objects.select_related("person__unit", "to_unit__kind", "planned_by")
            .filter(pk=transfer_id, is_waiting=True, on__lte=local(at).date())
            .first()
        )
        if fact is None:
            return
        person = fact.person
        try:
            _refuse_move(person, fact.to_unit)
        except Refusal as refusal:
            _end_waiting(fact, by=None, at=at, problem=refusal.sentence)
            return
        fact.is_waiting, fact.from_unit = False, person.unit
        fact.save(update_fields=["is_waiting", "from_unit"])
        _move_person(person, fact, fact.planned_by, at)


def cancel_transfer(fact: MembershipTransfer, *, by: Account, at: datetime) -> None:
    """Give up a move that still waits for its day."""
    with transaction.atomic():
        reread(fact)
        if not fact.is_waiting:
            raise Refusal("transfer.done", "Lần chuyển này đã thực hiện hoặc đã bỏ; hãy tải lại trang.")
        _end_waiting(fact, by=by, at=at, problem="Đã bỏ trước ngày hẹn.")


def _end_waiting(fact: MembershipTransfer, *, by: Account | None, at: datetime, problem: str) -> None:
    fact.is_waiting, fact.problem = False, problem[:250]
    fact.save(update_fields=["is_waiting", "problem"])
    person = fact.person
    record(
        "transfer.cancelled", by=by, at=at, thing=person, unit=person.unit, person_id=person.pk,
        after={"unit": fact.to_unit.name, "on": fact.on, "reason": problem},
    )  # fmt: skip


def remove_person(person: Person, *, by: Account, at: datetime, on: date, reason: str) -> Person:
    """Take a person off every list from a day on (died, left, transferred out).

    Refuses whoever is off already, and a day still to come: nobody leaves the counts before that day.
    """
    if reason not in list(LeavingReason):
        raise Refusal("person.reason_missing", "Phải chọn lý do.", field="reason")
    if on > local(at).date():
        raise Refusal("person.left_ahead", f"Ngày {on:%d/%m/%Y} chưa đến; hãy ghi khi đến ngày đó.", field="on")
    with transaction.atomic():
        reread(person)
        if person.left_on:
            raise Refusal(
                "person.left_already",
                f"{person.full_name} không còn trong danh sách từ ngày {person.left_on:%d/%m/%Y}.",
            )
        person.left_on, person.left_reason = on, reason
        person.save(update_fields=["left_on", "left_reason"])
        record(
            "person.left",
            by=by,
            at=at,
            thing=person,
            unit=person.unit,
            person_id=person.pk,
            after={"on": on, "reason": reason},
        )
    return person


def give_post(
    person: Person, *, by: Account | None, at: datetime, post: PostKind, unit: Unit, valid_from: date,
    valid_to: date | None = None, managed_by: str = "", basis: str = "",
) -> PostHeld:  # fmt: skip
    """Record that a person holds a post, with the level that manages it (R-012)."""
    _refuse_period(valid_from, valid_to)
    with transaction.atomic():
        reread(person)
        if PostHeld.objects.on(valid_from).filter(person=person, post=post, unit=unit).exists():
            raise Refusal(
                "post.held_already", f"{person.full_name} đang giữ chức {post.name} ở {unit.name}.", field="post"
            )
        held = PostHeld.objects.create(
            person=person,
            post=post,
            unit=unit,
            managed_by=managed_by,
            valid_from=valid_from,
            valid_to=valid_to,
            basis=basis,
        )
        record(
            "post.given", by=by, at=at, thing=person, unit=unit, person_id=person.pk,
            after={"post": post.name, "unit": unit.name, "managed_by": managed_by, "from": valid_from, "basis": basis},
        )  # fmt: skip
    return held


def end_post(held: PostHeld, *, by: Account | None, at: datetime, on: date) -> PostHeld:
    """Record the last day of a post."""
    _refuse_period(held.valid_from, on)
    with transaction.atomic():
        reread(held)
        _refuse_over(held.valid_to, on)
        held.valid_to = on
        held.save(update_fields=["valid_to"])
        record(
            "post.ended", by=by, at=at, thing=held.person, unit=held.unit, person_id=held.person_id,
            after={"post": held.post.name, "on": on},
        )  # fmt: skip
    return held


def give_exemption(
    person: Person,
    *,
    by: Account | None,
    at: datetime,
    valid_from: date,
    valid_to: date | None,
    reason: str,
    basis: str = "",
) -> ActivityExemption:
    """Record an exemption from activities (miễn sinh hoạt)."""
    _refuse_period(valid_from, valid_to)
    if not reason.strip():
        raise Refusal("exemption.reason_missing", "Phải ghi lý do miễn sinh hoạt.", field="reason")
    with transaction.atomic():
        reread(person)
        others = person.exemptions.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=valid_from))
        other = (others.filter(valid_from__lte=valid_to) if valid_to else others).first()
        if other:
            raise Refusal(
                "exemption.overlap",
                f"{person.full_name} đang được miễn sinh hoạt từ ngày {other.valid_from:%d/%m/%Y}; hai lần miễn không chồng nhau.",
                field="valid_from",
            )
        exemption = ActivityExemption.objects.create(
            person=person, valid_from=valid_from, valid_to=valid_to, reason=text.squeeze(reason), basis=basis
        )
        record(
            "exemption.given", by=by, at=at, thing=person, unit=person.unit, person_id=person.pk,
            after={"from": valid_from, "to": valid_to, "reason": reason, "basis": basis},
        )  # fmt: skip
    return exemption


def end_exemption(exemption: ActivityExemption, *, by: Account, at: datetime, on: date) -> ActivityExemption:
    """Record the last day of an exemption."""
    _refuse_period(exemption.valid_from, on)
    with transaction.atomic():
        reread(exemption)
        _refuse_over(exemption.valid_to, on)
        exemption.valid_to = on
        exemption.save(update_fields=["valid_to"])
        person = exemption.person
        record("exemption.ended", by=by, at=at, thing=person, unit=person.unit, person_id=person.pk, after={"on": on})
    return exemption


def give_responsibility(
    person: Person, *, by: Account | None, at: datetime, unit: Unit, kind: str, valid_from: date, basis: str = ""
) -> UnitResponsibility:
    """Make a leader answer for a unit from a day on (R-005), or be in charge of its propaganda work (R-009).

    Refuses the same person in the same charge twice; of propaganda work also whoever is neither secretary nor standing
    deputy of that unit, and a second person beside the one in charge.
    """
    with transaction.atomic():
        reread(person)
        standing = UnitResponsibility.objects.on(valid_from).filter(unit=unit)
        if kind == ResponsibilityKind.PROPAGANDA:
            _refuse_propaganda_lead(person, unit, valid_from, standing.filter(kind=kind).first())
        elif standing.filter(person=person).exclude(kind=ResponsibilityKind.PROPAGANDA).exists():
            raise Refusal(
                "responsibility.given_already", f"{person.full_name} đang phụ trách {unit.name}.", field="unit"
            )
        given = UnitResponsibility.objects.create(
            person=person, unit=unit, kind=kind, valid_from=valid_from, basis=basis
        )
        record(
            "responsibility.given", by=by, at=at, thing=person, unit=unit, person_id=person.pk,
            after={"unit": unit.name, "kind": kind, "from": valid_from},
        )  # fmt: skip
    return given


def _refuse_propaganda_lead(person: Person, unit: Unit, on: date, other: UnitResponsibility | None) -> None:
    posts = PostHeld.objects.on(on).filter(person=person, unit=unit).values_list("post__code", flat=True)
    if not may_lead_propaganda(posts):
        raise Refusal(
            "responsibility.not_secretary",
            f"{person.full_name} không giữ chức bí thư hoặc phó bí thư thường trực của {unit.name}, là người phụ trách "
            f"công tác tuyên giáo theo {BASIS}.",
            field="unit",
        )
    if other:
        raise Refusal(
            "responsibility.propaganda_taken",
            f"{other.person.full_name} đang phụ trách công tác tuyên giáo của {unit.name}; ghi thôi phụ trách trước.",
            field="unit",
        )


def end_responsibility(given: UnitResponsibility, *, by: Account, at: datetime, on: date) -> UnitResponsibility:
    """Record the last day of a responsibility."""
    _refuse_period(given.valid_from, on)
    with transaction.atomic():
        reread(given)
        _refuse_over(given.valid_to, on)
        given.valid_to = on
        given.save(update_fields=["valid_to"])
        record(
            "responsibility.ended",
            by=by,
            at=at,
            thing=given.person,
            unit=given.unit,
            person_id=given.person_id,
            after={"on": on},
        )
    return given


def _refuse_period(start: date, end: date | None) -> None:
    if end and end < start:
        raise Refusal("period.order", f"Ngày kết thúc phải từ ngày {start:%d/%m/%Y} trở đi.", field="valid_to")


def _refuse_over(end: date | None, on: date) -> None:
    if end and end <= on:
        raise Refusal("period.over", f"Việc này đã kết thúc từ ngày {end:%d/%m/%Y}.", field="on")


def _refuse_unless_holds_members(unit: Unit) -> None:
    if not unit.kind.holds_members:
        raise Refusal(
            "person.not_a_cell", f"{unit.name} không phải chi bộ; đảng viên sinh hoạt ở một chi bộ.", field="unit"
        )
