"""Reads about plans: how far each lower unit is with organising a campaign (R-029 … R-031)."""

from __future__ import annotations

from collections.abc import Iterable

from quantriet.campaigns.models import CampaignPlan, StudyCampaign
from quantriet.campaigns.vocab import DUTY_KINDS, PlanState
from quantriet.org.models import Unit


def nearest_plan(campaign: StudyCampaign, unit: Unit) -> CampaignPlan | None:
    """The plan of the unit itself or of the nearest unit above it."""
    return (
        CampaignPlan.objects.filter(campaign=campaign, unit_id__in=unit.ancestor_ids)
        .select_related("unit")
        .order_by("-unit__depth")
        .first()
    )


def add_days(plans: Iterable[CampaignPlan]) -> None:
    """Attach `days_from`, `days_to` and `days_form`: of the unit's schedule, else of the classes fixed there or below."""
    shown = list(plans)
    asked = {plan.campaign_id for plan in shown if not plan.planned_from and plan.state != PlanState.TO_SCHEDULE}
    kinds = [kind for _, kind in DUTY_KINDS.items()]
    events = [one for kind in kinds if asked and kind.event_days for one in kind.event_days(asked)]
    for plan in shown:
        first, last, form = plan.planned_from, plan.planned_to, plan.form
        here = [
            one for one in events if one.campaign_id == plan.campaign_id and one.unit_path.startswith(plan.unit.path)
        ]
        if not first and here:
            forms = {one.form for one in here}
            first, last = min(one.first for one in here), max(one.last for one in here)
            form = forms.pop() if len(forms) == 1 else ""
        plan.days_from, plan.days_to, plan.days_form = first, last, form  # type: ignore[attr-defined]
