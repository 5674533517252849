"""Writers of plans: a superior's campaign as it appears at each lower unit (R-029 … R-031)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from quantriet.audit.actions import changes, record
from quantriet.campaigns import queries
from quantriet.campaigns.models import CampaignPlan, FormChange, StudyCampaign, Tally
from quantriet.campaigns.vocab import PlanState
from quantriet.kit import text
from quantriet.kit.db import reread
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import show_day
from quantriet.org.models import Account, Person, Unit, ancestor_ids
from quantriet.org.rules.secrecy import refuse_if_marked
from quantriet.org.vocab import DecisionBody, Level

ORGANISING_LEVELS = (Level.DISTRICT, Level.COMMUNE, Level.GRASSROOTS)


def make_plans(campaign: StudyCampaign, *, by: Account | None, at: datetime) -> int:
    """Let the campaign appear, to be scheduled, at every lower unit that organises study; those there stay as they are.

    These are the committees above the cells. A cell organises itself only where the organiser stands directly above it.
    Once the ledger is filled, units without a single duty are left out.
    """
    lower = (
        Unit.objects.active()
        .under(campaign.unit, itself=False)
        .exclude(kind__decision_body=DecisionBody.LEADERSHIP_COLLECTIVE)
        .select_related("kind")
        .order_by("path")
    )
    counted = {
        pk
        for path in Tally.objects.filter(campaign=campaign).values_list("path", flat=True)
        for pk in ancestor_ids(path)
    }
    cells_organise = campaign.unit.kind.level in (Level.COMMUNE, Level.GRASSROOTS)
    organising = [
        unit
        for unit in lower
        if (not counted or unit.pk in counted)
        and (
            unit.kind.level in ORGANISING_LEVELS
            or (unit.kind.level == Level.CELL and cells_organise and unit.parent_id == campaign.unit_id)
        )
    ]
    with transaction.atomic():
        plans = {plan.unit_id: plan for plan in CampaignPlan.objects.filter(campaign=campaign)}
        made = 0
        by_depth: dict[int, list[Unit]] = {}
        for unit in organising:
            if unit.pk not in plans:
                by_depth.setdefault(unit.depth, []).append(unit)
        for depth in sorted(by_depth):  # a parent's row exists before those under it
            fresh = [
                CampaignPlan(
                    campaign=campaign,
                    unit=unit,
                    path=unit.path,
                    parent=next((plans[pk] for pk in reversed(unit.ancestor_ids[:-1]) if pk in plans), None),
                )
                for unit in by_depth[depth]
            ]
            for plan in CampaignPlan.objects.bulk_create(fresh, batch_size=1000):
                plans[plan.unit_id] = plan
            made += len(fresh)
    return made


def schedule_plan(
    plan: CampaignPlan, *, form: str, planned_from: date, planned_to: date, assignment: str = "",
    responsible: Person | None = None, plan_number: str = "", by: Account, at: datetime,
) -> CampaignPlan:  # fmt: skip
    """Set when and how a unit studies, who does what and who answers for it (R-029).

    Refuses when the campaign does not run or the period is the wrong way round. The assignment is asked for, because a
    plan without tasks is none.
    """
    if planned_to < planned_from:
        raise Refusal(
            "plan.period_order", f"Ngày kết thúc phải từ ngày {show_day(planned_from)} trở đi.", field="planned_to"
        )
    assignment = text.nfc(assignment).strip()
    if not assignment:
        raise Refusal("plan.assignment_missing", "Phải ghi phân công nhiệm vụ.", field="assignment")
    refuse_if_marked(f"{assignment}\n{plan_number}", "Nội dung phân công")
    new = {
        "form": form, "planned_from": planned_from, "planned_to": planned_to, "assignment": assignment,
        "responsible": responsible, "plan_number": text.squeeze(plan_number),
    }  # fmt: skip
    with transaction.atomic():
        reread(plan)
        if not plan.campaign.takes_schedules:
            raise Refusal("campaign.not_open", "Đợt học tập chưa giao xuống hoặc đã khép nên chưa xếp lịch được.")
        before, after = changes(plan, new)
        was_scheduled = plan.state in (PlanState.SCHEDULED, PlanState.HELD)
        if not after and was_scheduled:
            return plan
        for name, value in new.items():
            setattr(plan, name, value)
        if plan.state in (PlanState.TO_SCHEDULE, PlanState.POSTPONED):
            plan.state = PlanState.SCHEDULED
        plan.scheduled_at = plan.scheduled_at or at
        plan.save(update_fields=[*new, "state", "scheduled_at"])
        record(
            "plan.changed" if was_scheduled else "plan.scheduled", by=by, at=at, thing=plan.campaign, unit=plan.unit,
            before=before, after=after,
        )  # fmt: skip
    return plan


def mark_scheduled(campaign: StudyCampaign, unit: Unit, *, at: datetime) -> CampaignPlan | None:
    """Note that a class of this unit is fixed: the nearest plan at or above it counts as scheduled.

    A committee whose lower units all have fixed theirs counts as scheduled, too.
    """
    plan = queries.nearest_plan(campaign, unit)
    if plan and CampaignPlan.objects.filter(pk=plan.pk, state__in=_UNSCHEDULED).update(
        state=PlanState.SCHEDULED, scheduled_at=plan.scheduled_at or at
    ):
        plan.state, plan.scheduled_at = PlanState.SCHEDULED, plan.scheduled_at or at
        _climb(plan, missing=_UNSCHEDULED, change={"state": PlanState.SCHEDULED, "scheduled_at": at})
    return plan


def mark_held(campaign: StudyCampaign, unit: Unit, *, at: datetime) -> CampaignPlan | None:
    """Note that a class of this unit was held: the nearest plan at or above it counts as organised from then on.

    A committee whose lower units have all organised counts as organised, too (R-031).
    """
    plan = queries.nearest_plan(campaign, unit)
    if plan and (plan.first_held_at is None or at < plan.first_held_at):
        CampaignPlan.objects.filter(pk=plan.pk).update(
            state=PlanState.HELD, first_held_at=at, scheduled_at=plan.scheduled_at or at
        )
        plan.state, plan.first_held_at, plan.scheduled_at = PlanState.HELD, at, plan.scheduled_at or at
        _climb(
            plan, missing=[one for one in PlanState if one != PlanState.HELD],
            change={"state": PlanState.HELD, "first_held_at": at, "scheduled_at": at},
        )  # fmt: skip
    return plan


def mark_called_off(campaign: StudyCampaign, unit: Unit) -> None:
    """Note that a class of this unit is off: the nearest plan, then those above it, are judged by what is left.

    A plan stays scheduled by its own assignment of tasks, by another fixed class, or because every plan below it is.
    """
    plan = queries.nearest_plan(campaign, unit)
    while plan is not None and plan.state == PlanState.SCHEDULED and not plan.assignment and not _is_fixed(plan):
        was_postponed = FormChange.objects.filter(
            campaign=campaign, unit_id__in=plan.unit.ancestor_ids, postponed_to__isnull=False
        ).exists()
        CampaignPlan.objects.filter(pk=plan.pk, state=PlanState.SCHEDULED).update(
            state=PlanState.POSTPONED if was_postponed else PlanState.TO_SCHEDULE, scheduled_at=None
        )
        above = plan.parent_id
        plan = CampaignPlan.objects.select_related("unit").get(pk=above) if above is not None else None


def _is_fixed(plan: CampaignPlan) -> bool:
    """Whether a fixed class stands for this plan itself, or every plan below it is scheduled."""
    below = list(CampaignPlan.objects.filter(parent=plan).values_list("unit__path", "state"))
    if below and not any(state in _UNSCHEDULED for _, state in below):
        return True
    events = queries.running_events(plan.campaign, plan.unit)
    return any(one.is_fixed and not any(one.unit_path.startswith(path) for path, _ in below) for one in events)


_UNSCHEDULED = [PlanState.TO_SCHEDULE, PlanState.POSTPONED]


def _climb(plan: CampaignPlan, *, missing: Sequence[PlanState], change: dict[str, Any]) -> None:
    """Carry a state up as long as no other plan under the same committee still lacks it."""
    above = plan.parent_id
    while above is not None and not CampaignPlan.objects.filter(parent_id=above, state__in=missing).exists():
        CampaignPlan.objects.filter(pk=above, state__in=missing).update(**change)
        above = CampaignPlan.objects.values_list("parent_id", flat=True).get(pk=above)
