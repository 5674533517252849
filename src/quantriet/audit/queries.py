"""Reads of the log: narrowed, in order of time, paged by key so that millions of lines cost no more than hundreds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Q, QuerySet

from quantriet.audit.models import AuditEvent
from quantriet.audit.vocab import VERBS
from quantriet.kit.numbers import whole_number
from quantriet.kit.time import start_of

PAGE = 50
_YEARS = (1900, 9000)  # of a key in an address; beyond lies what no database can turn to UTC


@dataclass(frozen=True)
class EventFilter:
    """What the log is narrowed to; an empty value narrows nothing."""

    unit_range: tuple[str, str] | None = None  # [path, end) of a subtree
    former_ranges: tuple[tuple[str, str], ...] = ()  # where what stands there now has stood before
    actor_id: int | None = None
    verb: str = ""
    thing_kind: str = ""
    thing_id: str = ""
    thing_label: str = ""
    since: date | None = None
    until: date | None = None  # this day included


class EventKey(NamedTuple):
    """The place of a line in the order of the log: its moment, then its number."""

    at: datetime
    pk: int

    @classmethod
    def read(cls, written: str) -> EventKey | None:
        """The key in an address, or None when it is none."""
        moment, _, number = written.rpartition("_")
        pk = whole_number(number)
        try:
            at = datetime.fromisoformat(moment)
        except ValueError:
            return None
        return cls(at, pk) if pk is not None and at.tzinfo and _YEARS[0] <= at.year <= _YEARS[1] else None

    def __str__(self) -> str:
        return f"{self.at.isoformat()}_{self.pk}"


@dataclass(frozen=True)
class EventPage:
    """One page of the log, the latest line first, and the keys of the pages beside it."""

    events: Sequence[AuditEvent]
    older: EventKey | None
    newer: EventKey | None


def filtered_events(rows: QuerySet[AuditEvent], wanted: EventFilter) -> QuerySet[AuditEvent]:
    """Narrow lines of the log to what is wanted."""
    if wanted.unit_range:
        inside = Q()
        for start, end in (wanted.unit_range, *wanted.former_ranges):
            inside |= Q(unit_path__gte=start, unit_path__lt=end)
        rows = rows.filter(inside)
    if wanted.actor_id is not None:
        rows = rows.filter(actor_id=wanted.actor_id)
    if wanted.verb:
        rows = rows.filter(verb=wanted.verb)
    if wanted.thing_kind:
        rows = rows.filter(thing_kind=wanted.thing_kind)
    if wanted.thing_id:
        rows = rows.filter(thing_id=wanted.thing_id)
    if wanted.thing_label:
        rows = rows.filter(thing_label__icontains=wanted.thing_label)
    if wanted.since:
        rows = rows.filter(at__gte=start_of(wanted.since))
    if wanted.until and wanted.until < date.max:
        rows = rows.filter(at__lt=start_of(wanted.until + timedelta(days=1)))
    return rows


def event_page(
    rows: QuerySet[AuditEvent], *, before: EventKey | None = None, after: EventKey | None = None
) -> EventPage:
    """The lines older than `before`, or newer than `after`, or the latest."""
    if after is not None:
        newer = rows.filter(at__gte=after.at).filter(Q(at__gt=after.at) | Q(pk__gt=after.pk)).order_by("at", "pk")
        found = list(newer[: PAGE + 1])
        shown = found[:PAGE][::-1]
        return EventPage(shown, key_of(shown[-1]) if shown else None, key_of(shown[0]) if len(found) > PAGE else None)
    if before is not None:
        rows = rows.filter(at__lte=before.at).filter(Q(at__lt=before.at) | Q(pk__lt=before.pk))
    found = list(rows.order_by("-at", "-pk")[: PAGE + 1])
    shown = found[:PAGE]
    return EventPage(
        shown,
        key_of(shown[-1]) if len(found) > PAGE else None,
        key_of(shown[0]) if before is not None and shown else None,
    )


def key_of(event: AuditEvent) -> EventKey:
    """The key of a line."""
    return EventKey(event.at, event.pk)


def thing_history(kind: str, pk: int | str, *, limit: int = 50) -> list[AuditEvent]:
    """What was done to one thing, the latest first."""
    rows = AuditEvent.objects.filter(thing_kind=kind, thing_id=str(pk))
    return list(rows.order_by("-at", "-pk")[:limit])


def phrase(event: AuditEvent) -> str:
    """The verb of a line in words: "chuyển sinh hoạt"."""
    return VERBS.get(event.verb) or event.verb
