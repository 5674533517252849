"""What a paper slip says in one cell of the table people × sessions (R-069).

x        whole session                  v          absent
90       the first 90 minutes           7:45       arrived then, stayed to the end
7:45-10:30  came and went               -10:30     left then, was there from the start
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from quantriet.attendance.rules.minutes import Fact, SessionTime, counting, measure
from quantriet.attendance.vocab import FactKind
from quantriet.kit.refusal import Refusal
from quantriet.kit.text import fold
from quantriet.kit.time import at_local, local, parse_clock, show_clock

Dated = tuple[FactKind, dt.datetime]

_WHOLE = {"x", "c", "co", "ca buoi", "du", "+"}
_ABSENT = {"v", "vang", "0", "o", "k"}
_RANGE = re.compile(r"^(?P<came>[0-9hg:]*)\s*[-–—]\s*(?P<left>[0-9hg:]+)$", re.I)


@dataclass(frozen=True)
class SlipCell:
    """One cell: whole, absent, empty (nothing known), a count of minutes, or times of coming and going."""

    is_whole: bool = False
    is_absent: bool = False
    minutes: int | None = None
    came: dt.time | None = None
    left: dt.time | None = None

    def facts(self, session: SessionTime) -> list[Dated]:
        """The facts the cell stands for; minutes count from the session's start, breaks left out."""
        day = local(session.start).date()
        if self.is_whole:
            return [(FactKind.WHOLE, session.start)]
        if self.is_absent:
            return [(FactKind.ABSENT, session.start)]
        if self.minutes is not None:
            if self.minutes * 60 >= session.planned:
                return [(FactKind.WHOLE, session.start)]
            return [(FactKind.ARRIVE, session.start), (FactKind.LEAVE, session.after(self.minutes * 60))]
        found: list[Dated] = []
        if self.came:
            found.append((FactKind.ARRIVE, at_local(day, self.came)))
        if self.left:
            found.append((FactKind.LEAVE, at_local(day, self.left)))
        return found

    def says_the_same(self, known: Sequence[Dated], session: SessionTime) -> bool:
        """Whether the known facts already come to what the cell says, so that nothing needs to be written."""
        return bool(known) and show_cell(known, session) == show_cell(self.facts(session), session)


def read_cell(written: str, where: str) -> SlipCell:
    """Read what was typed; `where` begins the refusal ("Nguyễn Thị Hường, Buổi sáng")."""
    text = fold(written)
    if not text:
        return SlipCell()
    if text in _WHOLE:
        return SlipCell(is_whole=True)
    if text in _ABSENT:
        return SlipCell(is_absent=True)
    if text.isascii() and text.isdigit() and len(text) <= 3:
        return SlipCell(minutes=int(text))
    if both := _RANGE.match(text):
        came, left = parse_clock(both["came"]), parse_clock(both["left"])
        if left and (came or not both["came"]) and (came is None or came < left):
            return SlipCell(came=came, left=left)
    elif came := parse_clock(text):
        return SlipCell(came=came)
    raise Refusal(
        "slip.unreadable",
        f"{where}: không hiểu “{written.strip()[:20]}”. Ghi x (cả buổi), v (vắng), số phút, hoặc giờ đến-giờ về như 7:45-10:30.",
    )


def read_times(came: str, left: str, session: SessionTime) -> SlipCell:
    """The hours of coming and leaving as written beside a name; either may be empty, both lie in the session."""
    hours = f"{show_clock(session.start)} đến {show_clock(session.end)}"
    day = local(session.start).date()
    found: dict[str, dt.time | None] = {}
    for field, written in (("came", came.strip()), ("left", left.strip())):
        clock = found[field] = parse_clock(written) if written else None
        if not written:
            continue
        moment = at_local(day, clock) if clock else None
        if moment is None or not session.start <= moment <= session.end:
            raise Refusal("times.outside", f"“{written}” không phải giờ trong buổi học, từ {hours}.", field=field)
    if found["came"] is None and found["left"] is None:
        raise Refusal("times.missing", f"Hãy ghi giờ đến hoặc giờ về, từ {hours}.", field="came")
    if found["came"] and found["left"] and found["came"] >= found["left"]:
        raise Refusal("times.backwards", "Giờ về phải sau giờ đến.", field="left")
    return SlipCell(came=found["came"], left=found["left"])


def show_cell(facts: Sequence[Dated], session: SessionTime) -> str:
    """What the cell shows for known facts, in the same writing."""
    if not facts:
        return ""
    known = counting([Fact(kind, moment) for kind, moment in facts])
    kinds = {kind for kind, _ in known}
    if kinds == {FactKind.WHOLE}:
        return "x"
    if kinds == {FactKind.ABSENT}:
        return "v"
    moves = sorted((moment, kind) for kind, moment in known if kind in (FactKind.ARRIVE, FactKind.LEAVE))
    if len(moves) == 1 and (FactKind.WHOLE not in kinds or moves[0][1] == FactKind.LEAVE):
        (moment, kind) = moves[0]
        return show_clock(moment) if kind == FactKind.ARRIVE else "-" + show_clock(moment)
    if [kind for _, kind in moves] == [FactKind.ARRIVE, FactKind.LEAVE] and FactKind.WHOLE not in kinds:
        return f"{show_clock(moves[0][0])}-{show_clock(moves[1][0])}"
    return str(measure(known, session).present // 60)
