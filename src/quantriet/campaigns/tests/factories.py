"""One factory per model of the room; each goes through the actions every user goes through."""

from __future__ import annotations

import datetime as dt

from quantriet.campaigns import actions
from quantriet.campaigns.models import Rulebook, StudyCampaign
from quantriet.campaigns.vocab import DutyReason, DutyResult, DutyState
from quantriet.kit.time import now, today
from quantriet.library.models import GuidingDocument
from quantriet.org.models import Account, Unit


def document(unit: Unit, by: Account, reference: str = "26-HD/BTGTU", **given) -> GuidingDocument:
    number, rest = reference.split("-", 1)
    type_code, _, body = rest.partition("/")
    columns = {
        "number": int(number),
        "type_code": type_code,
        "body_code": body,
        "reference_folded": reference.lower(),
        "issuing_body": "Ban Tuyên giáo Tỉnh ủy",
        "level": "province",
        "issued_on": dt.date(2021, 11, 12),
        "subject": "Đổi mới công tác tổ chức học tập nghị quyết, chỉ thị",
        "subject_folded": "doi moi cong tac to chuc hoc tap nghi quyet, chi thi",
        "registered_at": now(),
        "registered_by": by,
        **given,
    }
    return GuidingDocument.objects.create(unit=unit, reference_number=reference, **columns)


def rulebook(unit: Unit, by: Account, name: str = "Quy tắc chung") -> Rulebook:
    return actions.add_rulebook(unit=unit, name=name, by=by, at=now())


def campaign(
    unit: Unit, by: Account, *, everybody: bool = True, name: str = "Đợt học tập Nghị quyết 2026", **given
) -> StudyCampaign:
    """A draft; with `everybody` it calls every member under the unit."""
    start = today()
    columns = {
        "rulebook": Rulebook.objects.filter(unit_id__in=unit.ancestor_ids).first() or rulebook(unit, by),
        "documents": list(GuidingDocument.objects.all()[:1]) or [document(unit, by)],
        "planned_from": start,
        "planned_to": start + dt.timedelta(days=45),
        **given,
    }
    made = actions.add_campaign(unit=unit, name=name, by=by, at=now(), **columns)
    if everybody:
        actions.add_audience_rule(made, name="Toàn thể đảng viên", basis="Kế hoạch học tập", by=by, at=now())
    return made


def open_campaign(unit: Unit, by: Account, **given) -> StudyCampaign:
    """A campaign that runs; what other rooms ask before opening (a place in a class for everybody) is not asked here."""
    made = campaign(unit, by, **given)
    made.duty_kinds = given.get("duty_kinds", ["read"])
    made.save(update_fields=["duty_kinds"])
    return actions.open_campaign(made, by=by, at=now())


def done(duty, sentence: str = "Có mặt 210/210 phút (100%).") -> DutyResult:
    return DutyResult(duty.pk, DutyState.DONE, DutyReason.ATTENDED, sentence)


def absent(duty) -> DutyResult:
    return DutyResult(duty.pk, DutyState.OWING, DutyReason.ABSENT_UNEXCUSED, "Vắng không có lý do.")
