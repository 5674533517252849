"""Reads of the logs of online meetings: the logs of a class, the names of one, what halls were connected."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet

from quantriet.attendance.models import MeetingLog, MeetingLogName, PresenceFact, VenueConnection
from quantriet.attendance.vocab import FactKind, LogMeaning, MeetingLogState, Method
from quantriet.classes.models import RosterEntry, StudyClass, Venue
from quantriet.kit.intervals import Interval, seconds, unite
from quantriet.kit.text import fold

# Names that a person has to look at: told apart in the list of logs.
_OPEN = Q(names__meaning__in=[LogMeaning.DOUBTFUL, LogMeaning.UNKNOWN])
_FOUND = 20


def logs_of(study_class: StudyClass) -> QuerySet[MeetingLog]:
    """The logs of a class with how many of their names wait for a decision."""
    return (
        MeetingLog.objects.filter(study_class=study_class)
        .annotate(waiting=Count("names", filter=_OPEN))
        .select_related("uploaded_by", "confirmed_by")
    )


def names_of(log: MeetingLog) -> QuerySet[MeetingLogName]:
    return MeetingLogName.objects.filter(log=log).select_related(
        "entry__person", "entry__unit", "entry__venue", "venue", "decided_by"
    )


def lines_named(names: Iterable[MeetingLogName]) -> dict[int, RosterEntry]:
    """The roster lines that are candidates for these names. One statement."""
    wanted = {entry for name in names for entry, _why in name.candidates}
    lines = RosterEntry.objects.filter(pk__in=wanted).select_related("person", "unit", "venue") if wanted else ()
    return {one.pk: one for one in lines}


def lines_found(study_class: StudyClass, words: str) -> list[RosterEntry]:
    """People of a class by name, code or cell, for whom a log's name may stand."""
    said = fold(words)
    if len(said) < 2:
        return []
    match = (
        Q(person__name_folded__contains=said)
        | Q(person__code__iexact=words.strip())
        | Q(unit__name_folded__contains=said)
    )
    lines = RosterEntry.objects.filter(match, study_class=study_class)
    return list(lines.select_related("person", "unit", "venue").order_by("person__sort_key", "pk")[:_FOUND])


def waiting_names(classes: QuerySet[StudyClass]) -> QuerySet[MeetingLogName, tuple[int, str, int]]:
    """Of these classes those whose logs have names that wait for a person: key, title and how many, the latest class first."""
    rows = MeetingLogName.objects.filter(
        meaning=LogMeaning.DOUBTFUL, log__state__in=(MeetingLogState.READY, MeetingLogState.DONE), log__study_class__in=classes
    )  # fmt: skip
    return (
        rows.values_list("log__study_class", "log__study_class__title")
        .annotate(n=Count("pk"))
        .order_by("-log__study_class")
    )


class Written(NamedTuple):
    """What a log wrote and nobody has taken back: marks (arrivals and departures), and the people whom they are of."""

    marks: int
    people: int


def marks_of(log: MeetingLog) -> QuerySet[PresenceFact]:
    """The marks that stand by a log; its number is part of their nonce."""
    return PresenceFact.objects.filter(
        session__study_class=log.study_class_id, method=Method.LOG, voided_by__isnull=True,
        nonce__startswith=f"l{log.pk}-",
    )  # fmt: skip


def written_by(log: MeetingLog) -> Written:
    found = marks_of(log).aggregate(marks=Count("pk"), people=Count("entry", distinct=True))
    return Written(found["marks"], found["people"])


@dataclass
class Connected:
    """A hall in one session: when it was connected, and the people of whom the hall itself says that they came."""

    venue: Venue
    session: str
    called: int
    came: int
    intervals: list[Interval] = field(default_factory=list)

    @property
    def minutes(self) -> int:
        return seconds(unite(self.intervals)) // 60

    @property
    def first(self) -> dt.datetime:
        return min(start for start, _ in self.intervals)

    @property
    def last(self) -> dt.datetime:
        return max(end for _, end in self.intervals)


def venues_connected(log: MeetingLog) -> list[Connected]:
    """Halls that were connected by a written log, each with its own count of people (B-05). Three statements."""
    rows = list(
        VenueConnection.objects.filter(log=log).select_related("venue", "session")
        .order_by("session__starts_at", "venue__name", "starts_at")
    )  # fmt: skip
    venues = {one.venue_id for one in rows}
    called = dict(
        RosterEntry.objects.filter(venue__in=venues)
        .order_by()
        .values("venue")
        .annotate(n=Count("pk"))
        .values_list("venue", "n")
    )
    came: dict[tuple[int, int], int] = defaultdict(int)
    facts = PresenceFact.objects.filter(
        entry__venue__in=venues, session__study_class=log.study_class_id, kind__in=[FactKind.ARRIVE, FactKind.WHOLE],
        voided_by__isnull=True,
    ).order_by()  # fmt: skip
    for venue, session, number in (
        facts.values("entry__venue", "session")
        .annotate(n=Count("entry", distinct=True))
        .values_list("entry__venue", "session", "n")
    ):
        came[venue, session] = number
    found: dict[tuple[int, int], Connected] = {}
    for one in rows:
        key = (one.venue_id, one.session_id)
        if key not in found:
            found[key] = Connected(one.venue, one.session.title, called.get(one.venue_id, 0), came[key])
        found[key].intervals.append((one.starts_at, one.ends_at))
    return list(found.values())
