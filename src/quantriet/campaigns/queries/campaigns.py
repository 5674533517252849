"""Reads about one campaign: its duties, its last day, what still stands in the way of opening it."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from quantriet.campaigns.models import StudyCampaign, StudyDuty
from quantriet.campaigns.rules import deadline
from quantriet.campaigns.vocab import DUTY_KINDS, Problem


def duties_of(campaign: StudyCampaign, kind: str) -> QuerySet[StudyDuty]:
    return StudyDuty.objects.filter(campaign=campaign, kind=kind)


def campaign_due_on(campaign: StudyCampaign) -> date:
    """The last day for every duty of the campaign (R-023)."""
    return deadline.due_on(campaign.planned_to, campaign.documents.values_list("finish_before_on", flat=True))


def problems_before_opening(campaign: StudyCampaign) -> list[Problem]:
    """What stands in the way of opening: of the campaign itself, then of each kind of duty (B-02)."""
    problems = []
    if not campaign.campaign_documents.exists():
        problems.append(Problem("Đợt học tập chưa có văn bản nào."))
    if not campaign.duty_kinds:
        problems.append(Problem("Đợt học tập chưa có nghĩa vụ nào cho người học."))
    if campaign.duty_kinds and not StudyDuty.objects.filter(campaign=campaign).exists():
        problems.append(Problem("Chưa có ai trong danh sách đối tượng."))
    for key in campaign.duty_kinds:
        kind = DUTY_KINDS.get(key)
        if kind and kind.before_opening:
            problems += kind.before_opening(campaign)
    return problems
