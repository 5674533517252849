"""Background entries of campaigns."""

from __future__ import annotations

from django.db.models import Q

from quantriet.campaigns import actions
from quantriet.campaigns.models import StudyCampaign
from quantriet.campaigns.vocab import CampaignState
from quantriet.kit.jobs import background, enqueue
from quantriet.kit.time import now, start_of, today


@background
def follow_audiences_job() -> None:
    """Once a day, after midnight or when the machine is next on: let each running campaign follow its people."""
    behind = Q(audience_synced_at__isnull=True) | Q(audience_synced_at__lt=start_of(today()))
    for pk in StudyCampaign.objects.filter(behind, state=CampaignState.OPEN).values_list("pk", flat=True):
        enqueue(follow_audience_job, pk)


@background
def follow_audience_job(campaign_id: int) -> None:
    for campaign in StudyCampaign.objects.filter(pk=campaign_id, state=CampaignState.OPEN).select_related("unit"):
        actions.sync_audience(campaign, by=None, at=now())


@background
def fold_tallies_job() -> None:
    """Every minute: bring the kept sums of top units up to their tallies."""
    actions.fold_tallies(at=now())


@background
def queue_webhooks_job() -> None:
    """Every minute: gather changed duties for the programs that are told of them, and send what is due."""
    actions.queue_webhooks(at=now())


@background
def send_webhook_job(webhook_id: int) -> None:
    actions.send_deliveries(webhook_id, at=now())


@background
def prune_deliveries_job() -> None:
    actions.prune_deliveries(at=now())


@background
def rebuild_ledger_job(campaign_id: int) -> None:
    """Make one campaign's ledger anew; a worker that is killed leaves it as it was, and the job to the next one."""
    for campaign in StudyCampaign.objects.filter(pk=campaign_id).select_related("unit"):
        actions.rebuild_ledger(campaign, by=None, at=now())
