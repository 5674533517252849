"""Reads of presence for whole pages."""

from __future__ import annotations

from quantriet.campaigns.models import StudyCampaign, StudyDuty
from quantriet.campaigns.vocab import Problem


def member_link(duty: StudyDuty) -> str:
    """Where a member reads about this duty."""
    return f"/me/duties/{duty.pk}/"


def problems_before_opening(campaign: StudyCampaign) -> list[Problem]:
    """What stands in the way of opening: people in no class or in two (B-02)."""
    return []
