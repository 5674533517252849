"""Writers of who directs a campaign and what each unit has to do in it (R-008, R-011)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from quantriet.audit.actions import record
from quantriet.campaigns.models import CampaignAssignment, StudyCampaign
from quantriet.campaigns.vocab import CampaignState
from quantriet.kit import text
from quantriet.kit.db import reread
from quantriet.kit.refusal import Refusal
from quantriet.org.models import Account, Unit, WorkingBody
from quantriet.org.rules.secrecy import refuse_if_marked
from quantriet.org.vocab import BodyKind


def set_steering(
    campaign: StudyCampaign, body: WorkingBody | None, *, by: Account | None, at: datetime
) -> StudyCampaign:
    """Name the steering committee of a campaign, or none. Refuses a body of another kind, and an ended campaign."""
    if body and body.kind != BodyKind.STEERING:
        raise Refusal("campaign.not_steering", f"{body.name} không phải Ban Chỉ đạo.", field="steering")
    with transaction.atomic():
        reread(campaign)
        _refuse_ended(campaign)
        before = campaign.steering
        if before == body:
            return campaign
        campaign.steering = body
        campaign.save(update_fields=["steering"])
        record(
            "campaign.changed", by=by, at=at, thing=campaign, unit=campaign.unit,
            before={"steering": before}, after={"steering": body},
        )  # fmt: skip
    return campaign


def assign_task(
    campaign: StudyCampaign,
    unit: Unit,
    *,
    by: Account | None,
    at: datetime,
    task: str,
    due_on: date | None = None,
    is_mobilisation: bool = False,
) -> CampaignAssignment:
    """Give a unit an explicit task in a campaign.

    Refuses an empty task, marked content, a day before the campaign begins, the same task of the unit twice, an ended
    campaign. Effects: the task, audit "assignment.given" at the unit.
    """
    task = text.squeeze(task)
    if not task:
        raise Refusal("assignment.empty", "Ghi rõ việc phải làm.", field="task")
    refuse_if_marked(task, "Nhiệm vụ")
    with transaction.atomic():
        reread(campaign)
        _refuse_ended(campaign)
        if due_on and due_on < campaign.planned_from:
            raise Refusal(
                "assignment.due_early",
                f"Hạn hoàn thành phải từ ngày bắt đầu đợt ({campaign.planned_from:%d/%m/%Y}) trở đi.",
                field="due_on",
            )
        if CampaignAssignment.objects.filter(campaign=campaign, unit=unit, task=task).exists():
            raise Refusal("assignment.given_already", f"{unit.name} đã được giao đúng việc này.", field="task")
        given = CampaignAssignment.objects.create(
            campaign=campaign, unit=unit, task=task, due_on=due_on, is_mobilisation=is_mobilisation, at=at, by=by
        )
        record(
            "assignment.given", by=by, at=at, thing=campaign, unit=unit,
            after={"task": task, "due_on": due_on, "is_mobilisation": is_mobilisation},
        )  # fmt: skip
    return given


def withdraw_task(given: CampaignAssignment, *, by: Account, at: datetime) -> None:
    """Take a task back. Refuses in an ended campaign; the log keeps what it was."""
    with transaction.atomic():
        reread(given)
        _refuse_ended(given.campaign)
        record("assignment.withdrawn", by=by, at=at, thing=given.campaign, unit=given.unit, before={"task": given.task})
        CampaignAssignment.objects.filter(pk=given.pk).delete()


def _refuse_ended(campaign: StudyCampaign) -> None:
    if campaign.state in (CampaignState.CLOSED, CampaignState.CANCELLED):
        raise Refusal("campaign.ended", "Đợt học tập đã khép hoặc đã hủy nên không sửa được.")
