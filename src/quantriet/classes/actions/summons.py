"""Calling people, and telling them that a class is off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

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
from quantriet.notify import queries as notify_queries
from quantriet.org.models import Account

MAILS_AT_ONCE = 100
# What is told of a class that begins so soon may wait for no morning.
URGENT = timedelta(hours=24)


@dataclass(frozen=True)
class Sent:
    """What sending summons came to: people told over a channel, people with none, and of these who has an inbox.

    `mailed` are those of the first whose first channel is mail.
    """

    queued: int
    without_address: int
    inbox_only: int = 0
    mailed: int = 0


def send_summons(study_class: StudyClass, *, by: Account | None, at: datetime) -> Sent:
    """Send the summons with the calendar file to everybody, once a person and class, over the channels that each has.

    Whoever is told in the inbox alone is marked so and still counts among those to be printed for; whoever has no way at
    all finds the notice once they have an account. Refuses a class that is not released, and a campaign that is neither
    open nor handed down. Effects: notices, lines marked as summoned with the way, audit "summons.mailed".
    """
    study_class.refresh_from_db(fields=["state"])
    refuse_unless(study_class, ClassState.RELEASED)
    if not StudyCampaign.objects.get(pk=study_class.campaign_id).takes_schedules:
        raise Refusal(
            "summons.campaign_not_running",
            "Đợt học tập chưa giao xuống, đã khép hoặc đã hủy nên không gửi giấy mời được.",
        )
    letter = queries.SummonsLetter(study_class)
    queued, mailed, without, inbox_only = 0, 0, 0, 0
    is_soon = letter.begins_within(URGENT, at)
    for some in _in_batches(queries.roster(study_class).filter(queries.seated(""))):
        with transaction.atomic():
            told: list[RosterEntry] = []
            ways = notify_queries.ways_of(entry.person for entry in some)
            for entry in some:
                found = notify_actions.send_notice(
                    kind="summons",
                    unit=study_class.unit,
                    to=entry.person,
                    subject=letter.subject,
                    body=letter.body(entry),
                    brief=letter.brief(entry),
                    link=queries.link_of(entry),
                    by=by,
                    at=at,
                    attachment=("lop-hoc.ics", "text/calendar", letter.calendar(entry)),
                    dedupe_key=f"summons:{study_class.pk}:{entry.person_id}:{study_class.revision}",
                    is_urgent=is_soon,
                    ways=ways[entry.person_id],
                )
                if not found.channels:
                    without += 1
                    inbox_only += found.has_inbox
                if found.is_new and found.is_reached:
                    queued += bool(found.channels)
                    mailed += found.way == SummonsWay.MAIL
                    entry.summoned_at, entry.summoned_by = at, SummonsWay(found.way)
                    told.append(entry)
            RosterEntry.objects.bulk_update(told, ["summoned_at", "summoned_by"])
    record(
        "summons.mailed", by=by, at=at, thing=study_class, unit=study_class.unit,
        after={"queued": queued, "without_address": without},
    )  # fmt: skip
    return Sent(queued, without, inbox_only, mailed)


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
        rows = study_class.roster.filter(queries.on_paper())
        if entries is not None:
            rows = rows.filter(pk__in=[entry.pk for entry in entries])
        count = rows.update(summoned_at=at, summoned_by=SummonsWay.PRINT)
        if count:
            record("summons.printed", by=by, at=at, thing=study_class, unit=study_class.unit, after={"people": count})
    return count


def tell_cancelled(study_class: StudyClass, *, by: Account | None, at: datetime) -> int:
    """Tell everybody who was summoned to a class that it is cancelled, once a person; returns how many were told.

    Within a day of the class the notice passes quiet hours and digests.
    """
    refuse_unless(study_class, ClassState.CANCELLED)
    letter = queries.SummonsLetter(study_class)
    told = 0
    is_soon = letter.begins_within(URGENT, at)
    summoned = queries.roster(study_class).filter(summoned_at__isnull=False)
    for some in _in_batches(summoned):
        with transaction.atomic():
            ways = notify_queries.ways_of(entry.person for entry in some)
            for entry in some:
                found = notify_actions.send_notice(
                    kind="summons",
                    unit=study_class.unit,
                    to=entry.person,
                    subject=f"Hủy lớp: {study_class.title}",
                    body=letter.cancelled_body(entry),
                    brief=f"Hủy lớp: {study_class.title}, {'; '.join(letter.times)}.",
                    link=queries.link_of(entry),
                    by=by,
                    at=at,
                    attachment=("lop-hoc.ics", "text/calendar", letter.calendar(entry)),
                    dedupe_key=f"cancelled:{study_class.pk}:{entry.person_id}",
                    is_urgent=is_soon,
                    ways=ways[entry.person_id],
                )
                told += found.is_new and found.is_reached
    return told
