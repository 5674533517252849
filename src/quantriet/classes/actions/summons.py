"""Calling people, and telling them that a class is off."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from quantriet.audit.actions import record
from quantriet.campaigns.models import StudyCampaign
from quantriet.classes import queries
from quantriet.classes.actions.guards import refuse_unless
from quantriet.classes.models import RosterEntry, StudyClass
from quantriet.classes.vocab import SENT_WAYS, ClassState, SummonsWay
from quantriet.kit.refusal import Refusal
from quantriet.notify import actions as notify_actions
from quantriet.notify import queries as notify_queries
from quantriet.org.models import Account

MAILS_AT_ONCE = 100
BATCH = 500
# A summons that failed longer ago is no more to be mended.
LOOKED_BACK = timedelta(days=30)
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
                    dedupe_key=_key(study_class, entry.person_id),
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


def note_arrivals(*, at: datetime) -> int:
    """Say on the roster whose summons arrived over no channel, or at last over one; returns how many lines changed.

    Whoever was not reached stands among those to be printed for. A class reopened since is called anew and not looked at.
    """
    lines = RosterEntry.objects.select_related("study_class")
    in_vain = lines.filter(summoned_by=SummonsWay.FAILED, summoned_at__gte=at - LOOKED_BACK)
    looked_at = {_key(line.study_class, line.person_id): line for line in in_vain}
    found = notify_queries.ways_that_arrived("summons", since=at - LOOKED_BACK, also=looked_at.keys())
    called = [(int(one[1]), int(one[2])) for one in map(_KEY.fullmatch, found) if one]
    for start in range(0, len(called), BATCH):
        some = called[start : start + BATCH]
        classes, people = {one[0] for one in some}, {one[1] for one in some}
        for line in lines.filter(study_class__in=classes, person__in=people, summoned_by__in=SENT_WAYS):
            looked_at[_key(line.study_class, line.person_id)] = line
    changed = []
    for key, line in looked_at.items():
        if key in found:
            arrived = found[key]
            way = SummonsWay(arrived.value) if arrived else SummonsWay.FAILED
            if line.summoned_by != way:
                line.summoned_by = way
                changed.append(line)
    with transaction.atomic():
        RosterEntry.objects.bulk_update(changed, ["summoned_by"], batch_size=BATCH)
    return len(changed)


_KEY = re.compile(r"summons:(\d+):(\d+):\d+")


def _key(study_class: StudyClass, person_id: int) -> str:
    """Under which a person is told of a class, once as often as it is released."""
    return f"summons:{study_class.pk}:{person_id}:{study_class.revision}"


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
