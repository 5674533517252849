"""Reads about plans: how far each lower unit is with organising a campaign (R-029 … R-031)."""

from __future__ import annotations

from quantriet.campaigns.models import CampaignPlan, StudyCampaign
from quantriet.org.models import Unit


def nearest_plan(campaign: StudyCampaign, unit: Unit) -> CampaignPlan | None:
    """The plan of the unit itself or of the nearest unit above it."""
    return (
        CampaignPlan.objects.filter(campaign=campaign, unit_id__in=unit.ancestor_ids)
        .select_related("unit")
        .order_by("-unit__depth")
        .first()
    )
