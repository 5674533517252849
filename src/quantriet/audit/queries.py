"""Reads of the log: narrowed, in order of time, paged by key so that millions of lines cost no more than hundreds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Min, Q, QuerySet

from quantriet.audit import rules
from quantriet.audit.models import AuditAnchor, AuditEvent, AuditRedaction, AuditSeal, Look
from quantriet.audit.vocab import ANCHORING_LAGS, SEALING_LAGS, VERBS
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
    person_ids: Sequence[int] | None = None  # lines of these people's records; empty finds nothing
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
    if wanted.person_ids is not None:
        rows = rows.filter(person_id__in=list(wanted.person_ids))
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


# ------------------------------------------------------------------------------------------------------- seals, anchors

MOST = 2**63 - 1
_COLUMNS = (
    "pk", "at", "actor_id", "actor_label", "verb", "thing_kind", "thing_id", "thing_label", "unit_id", "unit_path",
    "person_id", "before", "after",
)  # fmt: skip


def newest_seal() -> rules.Seal | None:
    """The last seal of the chain."""
    row = AuditSeal.objects.order_by("-number").first()
    return _as_seal(row) if row else None


def _as_seal(row: AuditSeal) -> rules.Seal:
    return rules.Seal(
        row.number, row.first_id, row.last_id, row.count, _spans(row.gaps), _spans(row.late), row.fingerprints,
        row.sealed_at, row.previous, row.digest,
    )  # fmt: skip


def _spans(stored: Sequence[Sequence[int]]) -> tuple[rules.Span, ...]:
    return tuple((first, last) for first, last in stored)


def open_gaps(*, since: datetime) -> list[rules.Span]:
    """Numbers without a line inside blocks sealed since then, and not named as late by a seal since."""
    rows = AuditSeal.objects.filter(sealed_at__gte=since).order_by("number").values_list("gaps", "late")
    gaps: list[rules.Span] = []
    filled: list[rules.Span] = []
    for its_gaps, its_late in rows:
        gaps.extend(_spans(its_gaps))
        filled.extend(_spans(its_late))
    return list(rules.without(gaps, filled))


def lines_in(wanted: Sequence[rules.Span], *, limit: int) -> list[rules.Line]:
    """The lines with numbers in these spans, ascending."""
    found: list[rules.Line] = []
    for start in range(0, len(wanted), 200):  # so many conditions a statement
        inside = Q(pk__in=[])
        for first, last in wanted[start : start + 200]:
            inside |= Q(pk__gte=first) if last == MOST else Q(pk__gte=first, pk__lte=last)
        found += lines_of(AuditEvent.objects.filter(inside), limit=limit - len(found))
        if len(found) >= limit:
            break
    return found


def lines_of(rows: QuerySet[AuditEvent], *, limit: int | None = None) -> list[rules.Line]:
    """Rows of the log as the rules of the chain take them, ascending."""
    if limit is not None and limit <= 0:
        return []
    return [rules.Line(*row) for row in rows.order_by("pk").values_list(*_COLUMNS)[:limit]]


def digests_of(lines: Sequence[rules.Line]) -> list[tuple[int, str]]:
    """(number, digest) of each line; parts that were erased count with their kept digest."""
    kept: dict[tuple[int, str], str] = {}
    if lines and AuditRedaction.objects.exists():
        rows = AuditRedaction.objects.filter(event_id__in=[line.pk for line in lines])
        kept = {(event, part): digest for event, part, digest in rows.values_list("event_id", "part", "digest")}
    return [
        (
            line.pk,
            rules.line_digest(line, actor=kept.get((line.pk, "actor"), ""), content=kept.get((line.pk, "content"), "")),
        )
        for line in lines
    ]


@dataclass(frozen=True)
class ChainState:
    """How far the log is sealed and anchored."""

    seal: AuditSeal | None
    anchor: AuditAnchor | None
    open_lines: int  # behind the last seal
    open_since: datetime | None
    at: datetime

    @property
    def sealing_lags(self) -> bool:
        return self.open_since is not None and self.at - self.open_since > SEALING_LAGS

    @property
    def anchoring_lags(self) -> bool:
        if self.seal is None:
            return False
        return self.at - (self.anchor.at if self.anchor else self.first_sealed_at) > ANCHORING_LAGS

    @property
    def first_sealed_at(self) -> datetime:
        first = AuditSeal.objects.order_by("number").values_list("sealed_at", flat=True).first()
        return first or self.at


def chain_state(*, at: datetime) -> ChainState:
    """The state of the chain now; counts no more lines than lie behind the last seal."""
    seal = AuditSeal.objects.defer("fingerprints").order_by("-number").first()
    behind = AuditEvent.objects.filter(pk__gt=seal.last_id if seal else 0)
    oldest = behind.aggregate(oldest=Min("at"))["oldest"] if behind.exists() else None
    return ChainState(seal, AuditAnchor.objects.order_by("-at", "-pk").first(), behind.count(), oldest, at)


def latest_anchors(*, limit: int = 24) -> list[AuditAnchor]:
    return list(AuditAnchor.objects.order_by("-at", "-pk")[:limit])


# ----------------------------------------------------------------------------------------------------------------- looks


def looks_kept_from(*, on: date) -> date:
    """The first day of which looks are kept (QUANTRIET_LOOKS_DAYS)."""
    return on - timedelta(days=int(settings.LOOKS_DAYS))


def looks_at(person_id: int, stays: Sequence[tuple[str, date | None, date | None]], *, limit: int = 200) -> list[Look]:
    """Who looked at a person, the latest first; with the lists that covered the places where the person was.

    `stays`: (path of the unit, first day, last day) with None for an open end; a list counts when taken in that time.
    """
    wanted = Q(person_id=person_id)
    for path, first, last in stays:
        parts = path.split(".")[:-1]
        covering = [".".join(parts[: n + 1]) + "." for n in range(len(parts))]
        lists = Q(person_id__isnull=True, unit_path__in=covering)
        if first:
            lists &= Q(day__gte=first)
        if last:
            lists &= Q(day__lte=last)
        wanted |= lists
    return list(Look.objects.filter(wanted).order_by("-at", "-pk")[:limit])
