"""What a device without a line sends, at which hour it was true, and when two devices say opposite things (B-03).

Times. A device writes down its own clock and how far the server's was ahead when it last asked. The first hour that can be
is taken: the device's clock with what was learned before the fact; else with what is learned now, for a clock that fell
back to 1970 in between. When neither can be, the hour stays what the device said and a person decides.

Sides. Facts of one device, or all that came by other ways, are one side: they are written one after the other by people who
see them. Two sides contradict only when neither could know of the other:
- "absent" on one, and on the other an arrival at the same moment or before, a departure without an arrival after the
  "absent", or "whole session";
- a departure on one before any arrival, and the arrival on the other after it.
Whatever else two sides say is no conflict: of several arrivals in a row the earliest counts, of several departures the
latest (`rules/minutes.py`), in whatever order they came.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from quantriet.attendance.vocab import ConflictReason, FactKind, Method, SentFact
from quantriet.kit.refusal import Refusal

MOST_FACTS = 500  # of one batch
MOST_BYTES = 512 * 1024  # of one body
_NONCE = re.compile(r"[0-9a-f]{32}")
_LARGEST = 9_000_000_000_000  # milliseconds: the year 2255; nothing a clock says is beyond it
_MOST_KEY = 2**63 - 1
_METHODS = (Method.ROLL, Method.STATION)
OTHER_WAYS = 0  # the side of whatever came by no device


# --- what was sent ------------------------------------------------------------------------------------------------


class Batch(NamedTuple):
    """One delivery: of which device, what its clock says now, how many facts it still holds, the facts."""

    device: str
    now_ms: int
    waiting: int
    session_id: int | None  # whose state the device wants to be told
    facts: list[SentFact]


def read_batch(body: Any) -> Batch:
    """The delivery in a decoded JSON body. Refuses whatever is not one, in whole: a device keeps what was refused so."""
    if not isinstance(body, Mapping):
        raise _unreadable()
    facts = body.get("facts")
    if not isinstance(facts, list) or len(facts) > MOST_FACTS:
        raise _unreadable()
    session = body.get("session")
    read = [read_fact(one) for one in facts]
    if len({one.nonce for one in read}) != len(read):
        raise _unreadable()
    return Batch(
        read_nonce(body.get("device")),
        _milliseconds(body.get("now"), -_LARGEST),
        _number(body.get("waiting", 0), 0, 1_000_000),
        None if session is None else _number(session, 0, _MOST_KEY),
        read,
    )


def read_fact(one: Any) -> SentFact:
    if not isinstance(one, Mapping):
        raise _unreadable()
    kind, method = one.get("kind"), one.get("way", Method.ROLL.value)
    if kind not in [each.value for each in FactKind] or method not in [each.value for each in _METHODS]:
        raise _unreadable()
    offset, known = one.get("offset"), one.get("known")
    return SentFact(
        nonce=read_nonce(one.get("nonce")),
        kind=FactKind(kind),
        line=_number(one.get("entry"), 0, _MOST_KEY),
        session_id=_number(one.get("session"), 0, _MOST_KEY),
        made_ms=_milliseconds(one.get("made"), -_LARGEST),
        offset_ms=None if offset is None else _milliseconds(offset, -_LARGEST),
        known_ms=None if known is None else _milliseconds(known, 0),
        method=Method(method),
        undoes=read_nonce(one.get("of")) if kind == FactKind.VOID else "",
    )


def read_nonce(value: Any) -> str:
    if not isinstance(value, str) or not _NONCE.fullmatch(value):
        raise _unreadable()
    return value


def _milliseconds(value: Any, least: int) -> int:
    """A time or a length; a browser's clocks count fractions of a millisecond, which say nothing."""
    if isinstance(value, float) and math.isfinite(value):
        value = round(value)
    return _number(value, least, _LARGEST)


def _number(value: Any, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _unreadable()
    return value


def _unreadable() -> Refusal:
    return Refusal(
        "device.unreadable", "Dữ liệu của máy điểm danh không đọc được; hãy tải lại trang, các lượt trên máy vẫn còn."
    )


# --- at which hour ------------------------------------------------------------------------------------------------


def moment(ms: int) -> dt.datetime:
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=ms)


def possible_hours(fact: SentFact, offset_now: int) -> list[dt.datetime]:
    """The hours at which a fact may have been true, the likeliest first, to the second."""
    offsets = [offset_now] if fact.offset_ms is None else [fact.offset_ms, offset_now]
    hours = [moment(fact.made_ms + offset).replace(microsecond=0) for offset in offsets]
    return list(dict.fromkeys(hours))


# --- two sides ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SidedFact:
    """A fact that stands, and from which side: the key of a device, or `OTHER_WAYS`."""

    key: int
    kind: FactKind
    at: dt.datetime
    side: int
    learned_at: dt.datetime  # when the server learned it
    known_at: dt.datetime  # up to when whoever wrote it had seen what others had written


class Contradiction(NamedTuple):
    reason: ConflictReason
    first: SidedFact
    second: SidedFact


def contradictions(facts: Sequence[SidedFact]) -> list[Contradiction]:
    """Every pair of facts of one person in one session that contradict each other; the earliest first."""
    found = [
        *(Contradiction(ConflictReason.ABSENT, move, absent) for move, absent in _absent(facts)),
        *(Contradiction(ConflictReason.ORDER, left, came) for left, came in _order(facts)),
    ]
    return sorted(found, key=lambda one: (one.reason.value, one.first.at, one.first.key, one.second.at, one.second.key))


def _absent(facts: Sequence[SidedFact]) -> Iterable[tuple[SidedFact, SidedFact]]:
    for absent in (one for one in facts if one.kind == FactKind.ABSENT):
        for move in facts:
            if move.kind in (FactKind.ABSENT, FactKind.VOID) or not _apart(move, absent):
                continue
            if (
                move.kind == FactKind.WHOLE
                or move.at <= absent.at
                or (
                    move.kind == FactKind.LEAVE
                    and not any(one.kind == FactKind.ARRIVE and absent.at < one.at <= move.at for one in facts)
                )
            ):
                yield move, absent


def _order(facts: Sequence[SidedFact]) -> Iterable[tuple[SidedFact, SidedFact]]:
    if any(one.kind == FactKind.WHOLE for one in facts):
        return
    arrivals = [one for one in facts if one.kind == FactKind.ARRIVE]
    first = min((one.at for one in arrivals), default=None)
    for left in (one for one in facts if one.kind == FactKind.LEAVE):
        if first is not None and left.at < first:
            for came in arrivals:
                if _apart(left, came):
                    yield left, came


def _apart(one: SidedFact, other: SidedFact) -> bool:
    """Of two sides, neither of which could know what the other had written."""
    return one.side != other.side and one.known_at < other.learned_at and other.known_at < one.learned_at
