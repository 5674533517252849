"""Calling people, and telling them that a class is off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from quantriet.audit.actions import record
from quantriet.campaigns.models import StudyCampaign
from quantriet.classes import queries
from quantriet.classes.actions.guards import refuse_unless
from quantriet.classes.models import RosterEntry, StudyClass
from quantriet.classes.vocab import (
    ClassState,
    SummonsWay,
)
from quantriet.kit.refusal import Refusal
from quantriet.notify import actions as notify_actions
from quantriet.org.models import Account

MAILS_AT_ONCE = 100


@dataclass(frozen=True)
class Sent:
    """What sending summons came to: mails queued, people without an address."""

    queued: int
    without_address: int


def send_summons(study_class: StudyClass, *, by: Account | None, at: datetime) -> Sent:
    """Mail the summons with the calendar file to everybody who has an address, once a person and class.

    Refuses a class that is not released, and a campaign that is neither open nor handed down. Effects: mails queued, lines marked as summoned, audit "summons.mailed".
    """
    study_class.refresh_from_db(fields=["state"])
    refuse_unless(study_class, ClassState.RELEASED)
    if not StudyCampaign.objects.get(pk=study_class.campaign_id).takes_schedules:
        raise Refusal(
            "summons.campaign_not_running",
            "Đợt học tập chưa giao xuống, đã khép hoặc đã hủy nên không gửi giấy mời được.",
        )
    letter = queries.SummonsLetter(study_class)
    queued, without = 0, 0
    for some in _in_batches(queries.roster(study_class).filter(queries.seated(""))):
        with transaction.atomic():
            told: list[RosterEntry] = []
            for entry in some:
                if not entry.person.email:
                    without += 1
                    continue
                message = notify_actions.send_mail(
                    kind="summons",
                    unit=study_class.unit,
                    address=entry.person.email,
                    subject=letter.subject,
                    body=letter.body(entry),
                    by=by,
                    at=at,
                    to_person=entry.person,
                    attachment=("lop-hoc.ics", "text/calendar", letter.calendar(entry)),
                    dedupe_key=f"summons:{study_class.pk}:{entry.person_id}:{study_class.revision}",
                )
                if message is not None:
                    queued += 1
                    entry.summoned_at, entry.summoned_by = at, SummonsWay.MAIL
                    told.append(entry)
            RosterEntry.objects.bulk_update(told, ["summoned_at", "summoned_by"])
    record(
        "summons.mailed", by=by, at=at, thing=study_class, unit=study_class.unit,
        after={"queued": queued, "without_address": without},
    )  # fmt: skip
    return Sent(queued, without)


def _in_batches(entries: Iterable[RosterEntry]) -> Iterator[list[RosterEntry]]:
    """A conference has tens of thousands of people: no transaction holds the write lock for all of them."""
    rest = list(entries)
    for start in range(0, len(rest), MAILS_AT_ONCE):
        yield rest[start : start + MAILS_AT_ONCE]


def mark_printed(
    study_class: StudyClass, *, by: Account | None, at: datetime, entries: Iterable[RosterEntry] | None = None
) -> int:
    """Note that summons were printed for those not summoned yet; returns how many. Refuses a class not released."""
    refuse_unless(study_class, ClassState.RELEASED)
    with transaction.atomic():
        rows = study_class.roster.filter(summoned_at__isnull=True)
        if entries is not None:
            rows = rows.filter(pk__in=[entry.pk for entry in entries])
        count = rows.update(summoned_at=at, summoned_by=SummonsWay.PRINT)
        if count:
            record("summons.printed", by=by, at=at, thing=study_class, unit=study_class.unit, after={"people": count})
    return count


def tell_cancelled(study_class: StudyClass, *, by: Account | None, at: datetime) -> int:
    """Mail everybody who was summoned to a class that it is cancelled, once a person; returns how many mails."""
    refuse_unless(study_class, ClassState.CANCELLED)
    letter = queries.SummonsLetter(study_class)
    told = 0
    summoned = queries.roster(study_class).filter(summoned_at__isnull=False).exclude(person__email="")
    for some in _in_batches(summoned):
        with transaction.atomic():
            for entry in some:
                message = notify_actions.send_mail(
                    kind="summons",
                    unit=study_class.unit,
                    address=entry.person.email,
                    subject=f"Hủy lớp: {study_class.title}",
                    body=letter.cancelled_body(entry),
                    by=by,
                    at=at,
                    to_person=entry.person,
                    attachment=("lop-hoc.ics", "text/calendar", letter.calendar(entry)),
                    dedupe_key=f"cancelled:{study_class.pk}:{entry.person_id}",
                )
                told += message is not None
    return told
