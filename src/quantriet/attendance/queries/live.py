"""The live board of a conference: which venues are open, how many people are there, by unit; for hundreds of screens at once.

One snapshot of a session stands in the memory of the process for two seconds and is then brought in step by one thread,
while the others show the one before: hundreds of screens cost one question. Facts are append-only, so only the venues that
have new ones are counted again, from the facts themselves; now and then, and after a restart, all of them are.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Max

from quantriet.attendance.models import HeadCount, PresenceFact
from quantriet.attendance.vocab import FactKind, VenueStanding
from quantriet.classes import queries as class_queries
from quantriet.classes.models import ClassSession, RosterEntry, StudyClass, Venue
from quantriet.kit.db import select
from quantriet.org.models import Unit, ancestor_ids

FRESH = 2.0  # seconds a snapshot is shown before facts are asked for again
STANDING = 30.0  # seconds until venues, rosters and names are read again
WHOLE = 300.0  # seconds until everything is counted anew
BACK = (
    1_000  # keys behind the last one that are looked at again: a transaction may commit after a later one (PostgreSQL)
)
MOST_TOUCHED = 500  # venues counted one by one; with more, all are
MOST_BOARDS = 16  # sessions kept; with more, all are read anew

_FACTS, _LINES = PresenceFact._meta.db_table, RosterEntry._meta.db_table
# By the key: the sum keeps the index of sessions out of the plan, which would read all facts of the session each time.
_NEW = """
SELECT fact.id, line.venue_id FROM {fact} fact JOIN {line} line ON line.id = fact.entry_id
WHERE fact.id > %s AND fact.session_id + 0 = %s
"""
# What is narrow is gathered first: while a hall fills PostgreSQL believes that the session has few facts, and would look up
# the line of every one of them.
_COUNTING = """
WITH {lines} gone AS MATERIALIZED (SELECT voids_id FROM {fact} WHERE session_id = %s AND voids_id IS NOT NULL)
SELECT venue_id, kind, COUNT(*) FROM (
  SELECT line.venue_id AS venue_id, fact.kind AS kind,
         ROW_NUMBER() OVER (PARTITION BY fact.entry_id ORDER BY fact.at DESC, fact.id DESC) AS place
  FROM {fact} fact JOIN {line} line ON line.id = fact.entry_id
  WHERE fact.session_id = %s AND fact.kind <> %s AND fact.id NOT IN (SELECT voids_id FROM gone)
) last WHERE place = 1 GROUP BY venue_id, kind
"""
_LINES_OF = "lines AS MATERIALIZED (SELECT id, venue_id FROM {line} WHERE venue_id IN ({places})),"


@dataclass(frozen=True)
class VenueLive:
    """One venue now. `present` are in the room by the roll, `came` have been, `marked` are those with any mark; `counted` was
    reported, None is nothing yet. Once something was reported it stands until the roll covers those called, or tells no fewer:
    a few marks take nobody away.
    """

    pk: int
    name: str
    unit_id: int
    path: str
    is_main: bool
    called: int
    present: int = 0
    came: int = 0
    counted: int | None = None
    marked: int = 0

    @property
    def has_roll(self) -> bool:
        """Whether the roll tells how many are there."""
        if not self.marked or self.counted is None:
            return bool(self.marked)
        return self.marked >= self.called or self.came >= self.counted

    @property
    def is_being_marked(self) -> bool:
        """The reported number stands while the roll is being taken."""
        return bool(self.marked) and not self.has_roll

    @property
    def standing(self) -> VenueStanding:
        if self.has_roll:
            return VenueStanding.ROLL
        return VenueStanding.SILENT if self.counted is None else VenueStanding.COUNTED

    @property
    def is_open(self) -> bool:
        return self.standing != VenueStanding.SILENT

    @property
    def delegates(self) -> int:
        """Who attends: by the roll where there is one, else as reported."""
        return self.came if self.has_roll else self.counted or 0

    @property
    def here(self) -> int:
        """Who is there now, likewise."""
        return self.present if self.has_roll else self.counted or 0


@dataclass(frozen=True)
class Figures:
    """Venues summed up. `by_roll` and `by_count` are the delegates of venues with a roll and of those whose reported number
    stands; `being_marked` are those of the latter whose roll is being taken."""

    venues: int = 0
    open: int = 0
    called: int = 0
    present: int = 0
    by_roll: int = 0
    by_count: int = 0
    being_marked: int = 0

    @property
    def silent(self) -> int:
        return self.venues - self.open

    @property
    def delegates(self) -> int:
        return self.by_roll + self.by_count

    @property
    def here(self) -> int:
        return self.present + self.by_count


@dataclass(frozen=True)
class UnitFigures:
    unit_id: int
    name: str
    figures: Figures


def summed(venues: Iterable[VenueLive]) -> Figures:
    total: Counter[str] = Counter()
    for one in venues:
        total["venues"] += 1
        total["open"] += one.is_open
        total["called"] += one.called
        total["being_marked"] += one.is_being_marked
        if one.has_roll:
            total["present"] += one.present
            total["by_roll"] += one.came
        else:
            total["by_count"] += one.counted or 0
    return Figures(**total)


@dataclass(frozen=True)
class Snapshot:
    """All venues of a session at one moment, in the order of units; `changed_at` is when the last of it was recorded."""

    venues: Sequence[VenueLive]
    names: dict[int, str]
    top: str
    changed_at: datetime | None
    version: str
    kept: dict[tuple[object, ...], str] = field(
        default_factory=dict, compare=False, repr=False
    )  # drawn once for all screens

    def under(self, branches: Collection[str], path: str = "", own: Collection[int] = ()) -> list[VenueLive]:
        """Venues under one of the branches that somebody sees, and those they look after; all under `path`, "" is everything."""
        return [
            one
            for one in self.venues
            if one.path.startswith(path) and (one.pk in own or any(one.path.startswith(branch) for branch in branches))
        ]

    def by_unit(self, venues: Iterable[VenueLive], top: str) -> list[UnitFigures]:
        """Sums of the units directly below `top`, those with the smallest share of open venues first."""
        groups: dict[int, list[VenueLive]] = {}
        for one in venues:
            groups.setdefault(class_queries.branch_of(top, one.path), []).append(one)
        found = [UnitFigures(key, self.names.get(key, ""), summed(group)) for key, group in groups.items()]
        return sorted(found, key=lambda one: (one.figures.open / one.figures.venues, one.name))


def snapshot(study_class: StudyClass, session: ClassSession) -> Snapshot:
    """The board of a session, at most two seconds old."""
    key = (study_class.pk, session.pk)
    board = _boards.get(key)
    if board is None:
        if len(_boards) >= MOST_BOARDS:
            _boards.clear()
        board = _boards.setdefault(key, _Board(study_class.pk, session.pk, study_class.unit.path))
    return board.now()


def forget_boards() -> None:
    """Forget every board of this process (for tests, which do not wait)."""
    _boards.clear()


class _Board:
    """What a process keeps of one session."""

    def __init__(self, class_id: int, session_id: int, top: str) -> None:
        self._class, self._session, self._top = class_id, session_id, top
        self._lock = threading.Lock()
        self._shown: Snapshot | None = None
        self._read = self._stood = self._counted = float("-inf")
        self._venues: list[VenueLive] = []
        self._names: dict[int, str] = {}
        self._facts: dict[int, Counter[str]] = {}
        self._last: int | None = None
        self._seen: set[int] = set()

    def now(self) -> Snapshot:
        shown = self._shown
        if shown is not None and time.monotonic() - self._read < FRESH:
            return shown
        # Whoever comes while one thread reads is answered from before; only the very first wait for it.
        if not self._lock.acquire(blocking=shown is None):
            assert shown is not None
            return shown
        try:
            if self._shown is None or time.monotonic() - self._read >= FRESH:
                self._shown = self._made()
                self._read = time.monotonic()
            return self._shown
        finally:
            self._lock.release()

    def _made(self) -> Snapshot:
        moment = time.monotonic()
        moved: set[int] = set()
        if moment - self._stood >= STANDING:
            moved = self._read_venues()
            self._stood = moment
        touched = self._touched() | moved
        if moment - self._counted >= WHOLE or len(touched) > MOST_TOUCHED:
            self._facts = self._count()
            self._counted = moment
        elif touched:
            for key in touched:
                self._facts.pop(key, None)
            self._facts |= self._count(touched)
        reported: dict[int, int] = {}
        changed = [PresenceFact.objects.filter(session_id=self._session).aggregate(last=Max("recorded_at"))["last"]]
        for venue, people, at in HeadCount.objects.filter(session_id=self._session).values_list(
            "venue_id", "people", "counted_at"
        ):
            reported[venue] = people
            changed.append(at)
        return self._snapshot(reported, max((one for one in changed if one is not None), default=None))

    def _read_venues(self) -> set[int]:
        """Venues with those called to them; returns the keys of those whose roster changed since the last time."""
        before = {one.pk: one.called for one in self._venues}
        lines = RosterEntry.objects.filter(class_queries.seated(""), study_class_id=self._class).order_by()
        called = Counter(dict(lines.values_list("venue_id").annotate(n=Count("pk"))))
        rows = Venue.objects.filter(study_class_id=self._class).order_by("-is_main", "unit__path", "name")
        self._venues = [
            VenueLive(pk, name, unit, path, is_main, called[pk])
            for pk, name, unit, path, is_main in rows.values_list("pk", "name", "unit_id", "unit__path", "is_main")
        ]
        keys = {pk for one in self._venues for pk in ancestor_ids(one.path)}
        self._names = dict(Unit.objects.filter(pk__in=keys).values_list("pk", "name")) if len(keys) < 900 else {
            pk: name for pk, name in Unit.objects.values_list("pk", "name") if pk in keys
        }  # fmt: skip
        return {one.pk for one in self._venues if before and before.get(one.pk) != one.called}

    def _touched(self) -> set[int]:
        """Venues with facts that were not there when last looked; a first look only learns where the facts end."""
        newest = PresenceFact.objects.aggregate(last=Max("pk"))["last"] or 0
        is_first, since = self._last is None, (newest if self._last is None else self._last) - BACK
        rows = select(_NEW.format(fact=_FACTS, line=_LINES), [since, self._session])
        touched = {venue for pk, venue in rows if pk not in self._seen}
        self._last = max(newest, *(pk for pk, _venue in rows)) if rows else newest
        self._seen = {pk for pk, _venue in rows}
        return set() if is_first else touched

    def _count(self, venues: Collection[int] | None = None) -> dict[int, Counter[str]]:
        """By venue how many people's last standing mark is of each kind."""
        narrow = _LINES_OF.format(line=_LINES, places=", ".join(["%s"] * len(venues))) if venues else ""
        sql = _COUNTING.format(lines=narrow, fact=_FACTS, line="lines" if venues else _LINES)
        asked = [*(venues or ()), self._session, self._session, FactKind.VOID.value]
        found: dict[int, Counter[str]] = {}
        for venue, kind, number in select(sql, asked):
            found.setdefault(venue, Counter())[kind] = number
        return found

    def _snapshot(self, reported: dict[int, int], changed_at: datetime | None) -> Snapshot:
        venues = []
        digest = hashlib.blake2b(str(changed_at).encode(), digest_size=9)
        for one in self._venues:
            kinds = self._facts.get(one.pk, Counter())
            present = kinds[FactKind.ARRIVE] + kinds[FactKind.WHOLE]
            live = VenueLive(
                one.pk, one.name, one.unit_id, one.path, one.is_main, one.called, present, present + kinds[FactKind.LEAVE],
                reported.get(one.pk), sum(kinds.values()),
            )  # fmt: skip
            venues.append(live)
            said = f"{live.pk},{live.name},{live.called},{live.present},{live.came},{live.counted},{live.marked};"
            digest.update(said.encode())
        return Snapshot(venues, self._names, self._top, changed_at, digest.hexdigest())


_boards: dict[tuple[int, int], _Board] = {}
