"""Writers of bodies made by decision: steering committees and propaganda working groups."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from quantriet.audit.actions import changes, record
from quantriet.kit import text
from quantriet.kit.db import reread
from quantriet.kit.refusal import Refusal
from quantriet.org.models import Account, BodyMember, Person, Unit, WorkingBody
from quantriet.org.rules.bodies import founding_fault
from quantriet.org.vocab import BodyKind, BodyRole


def found_body(
    unit: Unit,
    *,
    by: Account | None,
    at: datetime,
    kind: str,
    name: str,
    decision_number: str,
    valid_from: date,
    valid_to: date | None = None,
    standing_unit: Unit | None = None,
) -> WorkingBody:
    """Make a body of a unit by decision (R-008, R-010).

    Refuses a steering committee without a standing unit, a propaganda group outside a commune or beside another one,
    an end before the beginning, a decision without its number. Effects: the body, audit "body.founded".
    """
    name, decision_number = text.squeeze(name), text.squeeze(decision_number)
    if not decision_number:
        raise Refusal("body.no_decision", "Ghi số quyết định thành lập.", field="decision_number")
    _refuse_period(valid_from, valid_to)
    fault = founding_fault(
        BodyKind(kind), level=unit.kind.level, has_standing_unit=standing_unit is not None, unit=unit.name
    )
    if fault:
        raise Refusal(fault.code, fault.sentence, field=fault.field)
    with transaction.atomic():
        reread(unit)
        if unit.closed_on:
            raise Refusal("body.unit_closed", f"{unit.name} đã ngừng hoạt động.", field="unit")
        present = WorkingBody.objects.on(valid_from).filter(unit=unit, kind=BodyKind.PROPAGANDA).first()
        if kind == BodyKind.PROPAGANDA and present:
            raise Refusal(
                "body.founded_already", f"{unit.name} đang có {present.name} ({present.decision_number}).", field="kind"
            )
        body = WorkingBody.objects.create(
            unit=unit, kind=kind, name=name or f"{BodyKind(kind).label} {unit.short_name or unit.name}",
            decision_number=decision_number, valid_from=valid_from, valid_to=valid_to, standing_unit=standing_unit,
        )  # fmt: skip
        record(
            "body.founded", by=by, at=at, thing=body, unit=unit,
            after={"name": body.name, "decision_number": decision_number, "from": valid_from, "to": valid_to},
        )  # fmt: skip
    return body


def change_body(body: WorkingBody, *, by: Account | None, at: datetime, **new: Any) -> WorkingBody:
    """Correct name, decision, standing unit or dates as entered. Refuses what `found_body` refuses."""
    for one in ("name", "decision_number"):
        if one in new:
            new[one] = text.squeeze(new[one])
    with transaction.atomic():
        reread(body)
        before, after = changes(body, new)
        if not after:
            return body
        for one, value in after.items():
            setattr(body, one, value)
        if not (body.name and body.decision_number):
            raise Refusal("body.no_decision", "Ghi tên và số quyết định thành lập.", field="decision_number")
        _refuse_period(body.valid_from, body.valid_to)
        if body.kind == BodyKind.STEERING and body.standing_unit_id is None:
            raise Refusal("body.no_standing_unit", "Ban Chỉ đạo phải có cơ quan thường trực.", field="standing_unit")
        body.save(update_fields=list(after))
        record("body.changed", by=by, at=at, thing=body, unit=body.unit, before=before, after=after)
    return body


def end_body(body: WorkingBody, *, by: Account, at: datetime, on: date) -> WorkingBody:
    """Record the last day of a body. Refuses a day before it began and one after it has ended already."""
    _refuse_period(body.valid_from, on)
    with transaction.atomic():
        reread(body)
        if body.valid_to and body.valid_to <= on:
            raise Refusal("body.over", f"{body.name} đã kết thúc từ ngày {body.valid_to:%d/%m/%Y}.", field="on")
        body.valid_to = on
        body.save(update_fields=["valid_to"])
        record("body.ended", by=by, at=at, thing=body, unit=body.unit, after={"on": on})
    return body


def add_body_member(
    body: WorkingBody, person: Person, *, by: Account | None, at: datetime, role: str, capacity: str = ""
) -> BodyMember:
    """Give a person a seat in a body. Refuses the same person twice, a second head, and somebody who has left."""
    with transaction.atomic():
        reread(body)
        if person.left_on:
            raise Refusal("body.person_left", f"{person.full_name} không còn trong danh sách.", field="person")
        if BodyMember.objects.filter(body=body, person=person).exists():
            raise Refusal("body.member_already", f"{person.full_name} đã là thành viên.", field="person")
        head = BodyMember.objects.filter(body=body, role=BodyRole.HEAD).select_related("person").first()
        if role == BodyRole.HEAD and head:
            raise Refusal("body.has_head", f"{body.name} đã có người đứng đầu: {head.person.full_name}.", field="role")
        member = BodyMember.objects.create(body=body, person=person, role=role, capacity=capacity)
        record(
            "body.member_added", by=by, at=at, thing=body, unit=body.unit, person_id=person.pk,
            after={"person": person.full_name, "role": BodyRole(role).label},
        )  # fmt: skip
    return member


def remove_body_member(member: BodyMember, *, by: Account, at: datetime) -> None:
    """Take a person out of a body; the log keeps who sat there and until when."""
    with transaction.atomic():
        reread(member)
        record(
            "body.member_removed", by=by, at=at, thing=member.body, unit=member.body.unit, person_id=member.person_id,
            before={"person": member.person.full_name, "role": BodyRole(member.role).label},
        )  # fmt: skip
        BodyMember.objects.filter(pk=member.pk).delete()


def _refuse_period(start: date, end: date | None) -> None:
    if end and end < start:
        raise Refusal("period.order", f"Ngày kết thúc phải từ ngày {start:%d/%m/%Y} trở đi.", field="valid_to")
