"""Who directs a campaign and which units have an explicit task in it (R-008, R-011)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from quantriet.campaigns.models import CampaignAssignment, CampaignPlan, StudyCampaign
from quantriet.org.models import Unit


@dataclass(frozen=True)
class Assigning:
    """How far the assigning of tasks is: the units that organise directly below, and those of them without a task."""

    units: int
    without_task: tuple[Unit, ...]
    has_mobilisation: bool


def assigning(campaign: StudyCampaign) -> Assigning:
    """Units that must organise directly below the organiser count as concerned."""
    plans = CampaignPlan.objects.filter(campaign=campaign, unit__parent_id=campaign.unit_id)
    given = CampaignAssignment.objects.filter(campaign=campaign, unit=OuterRef("unit"))
    empty = plans.filter(~Exists(given)).select_related("unit").order_by("unit__sort_key", "pk")
    return Assigning(
        units=plans.count(),
        without_task=tuple(plan.unit for plan in empty),
        has_mobilisation=CampaignAssignment.objects.filter(campaign=campaign, is_mobilisation=True).exists(),
    )
