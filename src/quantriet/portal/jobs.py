"""Background entries of the front: backups and rehearsals, news at their hour, senders to be forgotten."""

from __future__ import annotations

from quantriet.kit.backups import Shelf
from quantriet.kit.jobs import background
from quantriet.kit.orphans import sweep_orphans
from quantriet.kit.time import now
from quantriet.org.models import Account
from quantriet.portal import actions
from quantriet.portal.actions import news, questions


@background
def make_backup_job(account_id: int) -> None:
    actions.make_backup(by=Account.objects.filter(pk=account_id).first(), at=now())


@background
def rehearse_restore_job(account_id: int) -> None:
    actions.rehearse_restore(by=Account.objects.filter(pk=account_id).first(), at=now())


@background
def keep_backups_job() -> None:
    """The day's backup and the week's rehearsal, when they are due; looked at every hour, for the night may find the machine off."""
    shelf = Shelf()
    if shelf.is_backup_due(now()) and Account.objects.exists():
        actions.make_backup(by=None, at=now())
    if shelf.is_rehearsal_due(now()):
        actions.rehearse_restore(by=None, at=now())


@background
def sweep_orphans_job() -> None:
    sweep_orphans(at=now())


@background
def publish_due_news_job() -> None:
    """News whose hour has come are published, also those whose hour passed while the machine was off."""
    news.publish_due_news(at=now())


@background
def forget_senders_job() -> None:
    """Who sent a question is forgotten a month after it is settled, and the tries of networks after a day."""
    questions.forget_senders(at=now())
