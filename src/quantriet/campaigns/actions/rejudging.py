"""Tell the rooms above that what their verdicts rest on has changed (decision 0006)."""

from __future__ import annotations

from quantriet.campaigns.models import Rulebook, StudyCampaign
from quantriet.campaigns.vocab import DUTY_KINDS, CampaignState, RuleKey
from quantriet.kit.jobs import enqueue


def rejudge_duties(campaign: StudyCampaign, kind: str, *, event_id: int = 0) -> None:
    """Queue, inside the present transaction, that the room which proves this kind of duty judges again.

    `event_id` is the one event (a class) whose ground changed; 0 is every event of the campaign.
    """
    proved_by = DUTY_KINDS.get(kind)
    if proved_by and proved_by.rejudge_job and campaign.state == CampaignState.OPEN:
        enqueue(proved_by.rejudge_job, campaign.pk, event_id)


def rejudge_by_rule(rulebook: Rulebook, key: RuleKey) -> None:
    """Queue new verdicts for every running campaign under this rulebook whose duties rest on this rule."""
    for campaign in StudyCampaign.objects.filter(rulebook=rulebook, state=CampaignState.OPEN):
        for kind in campaign.duty_kinds:
            if kind in DUTY_KINDS and key in DUTY_KINDS[kind].rests_on:
                rejudge_duties(campaign, kind)
