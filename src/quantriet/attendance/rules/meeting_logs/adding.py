"""From connections to facts: what a log adds to what is known of one person in one session.

A log only ever adds time. Where it overlaps what other ways or earlier logs said, the result is what they cover together;
a departure of before that lies inside a connection is answered by an arrival at the same moment, which means a return
(`rules.minutes`). Nothing is taken back, so the order in which logs come does not matter and the same log adds nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from quantriet.attendance.rules.minutes import Fact, SessionTime, stretches
from quantriet.attendance.vocab import FactKind
from quantriet.kit.intervals import Interval, clip, unite

_A_MOMENT = dt.timedelta(seconds=1)


class Known(NamedTuple):
    """A fact that stands, and whether a log gave it: an arrival of a log without an end is a moment, not the whole rest."""

    fact: Fact
    is_of_log: bool


class Addition(NamedTuple):
    facts: list[Fact]
    is_absent: bool = False  # somebody wrote "absent": what a log says does not count against that


def add_connections(
    known: Sequence[Known], intervals: Iterable[Interval], open_since: Iterable[dt.datetime], session: SessionTime
) -> Addition:
    """The facts by which these connections join what is known in a session; none when it is all known."""
    standing = [one.fact for one in known]
    absent = max((fact.at for fact in standing if fact.kind == FactKind.ABSENT), default=None)
    if absent is not None and not any(fact.at > absent for fact in standing):
        return Addition([], is_absent=True)
    first = session.start if absent is None else max(session.start, absent + _A_MOMENT)
    if first >= session.end:
        return Addition([])
    new = [part for one in intervals if (part := clip(_whole_seconds(one), (first, session.end)))]
    had = unite(
        part for one in stretches(_with_ends(known), session) if (part := clip(one, (session.start, session.end)))
    )
    target = unite([*had, *new])
    leaves = sorted(fact.at for fact in standing if fact.kind == FactKind.LEAVE)
    found: list[Fact] = []
    for start, end in target:
        if (start, end) in had:
            continue
        # An arrival at the moment of a departure of somebody outside is a passing visit and covers nothing.
        is_lost = start in leaves and end - start > _A_MOMENT
        found.append(Fact(FactKind.ARRIVE, start + _A_MOMENT if is_lost else start))
        found += [Fact(FactKind.ARRIVE, at) for at in leaves if start < at < end]
        found.append(Fact(FactKind.LEAVE, end))
    # A connection whose end nobody knows: an arrival, where nothing later is known of the person.
    latest = max((end for _, end in target), default=session.start)
    came = min((max(at.replace(microsecond=0), first) for at in open_since if at < session.end), default=None)
    if came is not None and came >= latest:
        found.append(Fact(FactKind.ARRIVE, came))
    before = set(standing)
    return Addition(sorted({one for one in found if one not in before}, key=lambda one: (one.at, one.kind)))


def _with_ends(known: Sequence[Known]) -> list[Fact]:
    """The facts without the arrivals of logs after which no departure is known."""
    last = max((one.fact.at for one in known if one.fact.kind == FactKind.LEAVE), default=None)
    return [
        one.fact
        for one in known
        if not (one.is_of_log and one.fact.kind == FactKind.ARRIVE and (last is None or one.fact.at > last))
    ]


def _whole_seconds(interval: Interval) -> Interval:
    return interval[0].replace(microsecond=0), interval[1].replace(microsecond=0)
