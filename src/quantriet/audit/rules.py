"""The hash chain over the log, on plain data: canonical form of a line, of a seal, of an anchor.

The same form is described for strangers in docs/audit-log.md and built once more, without this code, in
scripts/verify_log.py; a test holds the two against each other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

NO_SEAL = "0" * 64
# What stands in a line instead of what was erased at a person's request.
ERASED = "(đã xóa)"
ERASURE_VERB = "person.erased"
FINGERPRINT = 8  # hex digits a line kept in its seal, to name the first wrong line; the digest covers the whole

Span = tuple[int, int]  # first and last number, both included


class Line(NamedTuple):
    """One line of the log as it is stored; `at` is aware."""

    pk: int
    at: datetime
    actor_id: int | None
    actor_label: str
    verb: str
    thing_kind: str
    thing_id: str
    thing_label: str
    unit_id: int | None
    unit_path: str
    person_id: int | None
    before: Any
    after: Any


@dataclass(frozen=True)
class Seal:
    """What is known of a block of lines; `gaps` are numbers of the block without a line, `late` earlier gaps filled since."""

    number: int
    first_id: int
    last_id: int
    count: int
    gaps: tuple[Span, ...]
    late: tuple[Span, ...]
    fingerprints: str
    sealed_at: datetime
    previous: str
    digest: str


def moment(at: datetime) -> str:
    """2026-11-28T03:04:05.000006Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def canonical(value: Any) -> str:
    """A value as JSON in one form: keys sorted by code point, no spaces, letters as they are."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def actor_digest(line: Line) -> str:
    return sha(canonical([line.actor_label]))


def content_digest(line: Line) -> str:
    return sha(canonical([line.thing_label, line.before, line.after]))


def line_digest(line: Line, *, actor: str = "", content: str = "") -> str:
    """The digest of a line; `actor` and `content` are kept digests of parts that were erased from it."""
    fixed = [
        line.pk, moment(line.at), line.actor_id, line.verb, line.thing_kind, line.thing_id, line.unit_id, line.unit_path,
        line.person_id,
    ]  # fmt: skip
    return sha("\n".join([canonical(fixed), actor or actor_digest(line), content or content_digest(line)]))


def spans(numbers: Iterable[int]) -> tuple[Span, ...]:
    """Ascending numbers as spans: 1 2 3 7 → (1, 3) (7, 7)."""
    found: list[Span] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return tuple(found)


def gaps_between(first: int, last: int, numbers: Iterable[int]) -> tuple[Span, ...]:
    """What of first … last is not among the ascending numbers."""
    found: list[Span] = []
    expected = first
    for number in numbers:
        if number > expected:
            found.append((expected, number - 1))
        expected = number + 1
    if expected <= last:
        found.append((expected, last))
    return tuple(found)


def without(gaps: Iterable[Span], filled: Iterable[Span]) -> tuple[Span, ...]:
    """What is left of gaps when some spans of them have been filled."""
    left = list(gaps)
    for low, high in filled:
        cut: list[Span] = []
        for first, last in left:
            if high < first or low > last:
                cut.append((first, last))
                continue
            if first < low:
                cut.append((first, low - 1))
            if last > high:
                cut.append((high + 1, last))
        left = cut
    return tuple(left)


def make_seal(
    number: int, previous: str, first_id: int, lines: Sequence[tuple[int, str]], at: datetime, *, last_id: int
) -> Seal:
    """Seal lines given as (number, digest), ascending; those below `first_id` came late, into gaps of earlier seals."""
    late = spans(pk for pk, _ in lines if pk < first_id)
    gaps = gaps_between(first_id, last_id, (pk for pk, _ in lines if pk >= first_id))
    head = [number, first_id, last_id, len(lines), gaps, late, moment(at), previous]
    digest = sha("\n".join(["quantriet-seal-1", canonical(head), *(one for _, one in lines)]))
    prints = "".join(one[:FINGERPRINT] for _, one in lines)
    return Seal(number, first_id, last_id, len(lines), gaps, late, prints, at, previous, digest)


def anchor_line(at: datetime, seal: Seal) -> str:
    """One line of an anchor file."""
    return f"{moment(at)} seal={seal.number} last={seal.last_id} digest={seal.digest}"
