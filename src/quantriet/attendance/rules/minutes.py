"""From facts to minutes, from minutes to a verdict with its sentence (R-072, B-01).

How facts are read, per session:
- the time that counts is the session without its breaks; presence is clipped to it and overlaps are united;
- "whole session" covers it all and overrules what was marked up to its moment; a later departure cuts it there;
- "absent" adds nothing, but the session is then known. It says that what was marked up to its moment was wrong, so
  nothing of that counts any more; a later arrival counts again. The marks stay readable, and taking "absent" back
  brings them back, in whatever order the marks of two phones came in;
- an arrival without a departure runs to the end of the session, a departure without an arrival begins at its start;
- several arrivals in a row (two clerks marked one person) count from the first, several departures until the last:
  both facts stay and the result is what they cover together;
- an arrival and a departure at the same moment mean a return for a person inside, a passing visit for one outside.

How minutes are judged:
- strictly more than the limit, in time and not in sessions, is a retake; exactly the limit is none;
- while the roll is open, a session without any fact is unknown: the verdict is given only when it can no longer change
  with that session, else it is undecided; when the roll is closed a session without facts was missed;
- an approved excuse makes a session without facts known and missed with reason. Over the limit with every missed second
  excused is "absent with reason"; nothing attended and something missed without reason is "absent without reason";
  all else over the limit is a retake. All three still owe the study: excused is not exempt.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from quantriet.attendance.vocab import FactKind, Standing, Verdict
from quantriet.kit.intervals import Interval, clipped_union, seconds, unite
from quantriet.kit.numbers import show_number, show_percent
from quantriet.kit.time import show_clock

EXCUSED_WORDS = "Vắng có lý do"  # of a person without a mark whose excuse was approved
SOON_WORDS = "Kết quả được tính sau ít giây."  # of a person whose newest mark no verdict knows yet


class Fact(NamedTuple):
    """One fact that still stands (not taken back)."""

    kind: FactKind
    at: dt.datetime


class SessionTime(NamedTuple):
    """A session and its breaks; `windows` is the time that counts."""

    start: dt.datetime
    end: dt.datetime
    windows: tuple[Interval, ...]
    planned: int  # seconds

    @classmethod
    def of(cls, start: dt.datetime, end: dt.datetime, breaks: Iterable[Interval] = ()) -> SessionTime:
        windows: list[Interval] = []
        begun = start
        for pause_start, pause_end in clipped_union(breaks, [(start, end)]):
            if begun < pause_start:
                windows.append((begun, pause_start))
            begun = pause_end
        if begun < end:
            windows.append((begun, end))
        return cls(start, end, tuple(windows), seconds(windows))

    def after(self, count: int) -> dt.datetime:
        """The moment when `count` seconds of the time that counts are over; the end when there are fewer."""
        for start, end in self.windows:
            length = seconds([(start, end)])
            if count <= length:
                return start + dt.timedelta(seconds=count)
            count -= length
        return self.end


class SessionMinutes(NamedTuple):
    """One person in one session, in seconds."""

    planned: int
    present: int
    is_marked: bool  # any standing fact at all
    is_excused: bool = False


@dataclass(frozen=True)
class Limit:
    """The retake limit of the rulebook: per cent of class time, and the paper it rests on."""

    percent: Decimal
    basis: str


@dataclass(frozen=True)
class Decision:
    verdict: Verdict
    present: int
    planned: int
    sentence: str


def overruled(facts: Sequence[Fact]) -> list[Fact]:
    """Marks that do not count because a later one says the person was absent."""
    absent = max((fact.at for fact in facts if fact.kind == FactKind.ABSENT), default=None)
    return [] if absent is None else [fact for fact in facts if fact.kind != FactKind.ABSENT and fact.at <= absent]


def counting(facts: Sequence[Fact]) -> list[Fact]:
    """What counts of several facts of one session: after the last "absent", and from the last "whole session" on."""
    if len(facts) < 2:
        return list(facts)
    gone = set(overruled(facts))
    moves = [fact for fact in facts if fact.kind != FactKind.ABSENT and fact not in gone]
    if not moves:
        return [fact for fact in facts if fact.kind == FactKind.ABSENT]
    whole = max((fact.at for fact in moves if fact.kind == FactKind.WHOLE), default=None)
    if whole is None:
        return moves
    return [Fact(FactKind.WHOLE, whole), *(f for f in moves if f.kind != FactKind.WHOLE and f.at > whole)]


def _walk(facts: Sequence[Fact], session: SessionTime) -> tuple[list[Interval], dt.datetime | None]:
    """Stretches that ended with a departure, and since when the person has been in the room; None for who is outside."""
    found: list[Interval] = []
    known = counting(facts)
    moves = [fact for fact in known if fact.kind in (FactKind.ARRIVE, FactKind.LEAVE)]
    is_whole = any(fact.kind == FactKind.WHOLE for fact in known)
    inside: dt.datetime | None = session.start if is_whole else None
    came = session.start  # where a further departure in a row begins
    for at, together in groupby(sorted(moves, key=attrgetter("at")), key=attrgetter("at")):
        kinds = {fact.kind for fact in together}
        if len(kinds) == 2:
            if inside is None:
                came = at  # a passing visit: nothing covered, and no later departure reaches back over it
            continue
        if FactKind.ARRIVE in kinds:
            if inside is None:
                inside = came = at
        else:
            found.append((min(came, at), at))
            inside = None
    return found, inside


def stretches(facts: Sequence[Fact], session: SessionTime) -> list[Interval]:
    """When the person was in the room according to the facts, before clipping; in no particular order."""
    found, inside = _walk(facts, session)
    return found if inside is None else [*found, (inside, max(inside, session.end))]


def presence(facts: Sequence[Fact], session: SessionTime) -> int:
    """Seconds of the session that count and are covered."""
    return seconds(clipped_union(stretches(facts, session), session.windows))


def measure(facts: Sequence[Fact], session: SessionTime, *, is_excused: bool = False) -> SessionMinutes:
    """Minutes of one person in one session."""
    if not facts:
        return SessionMinutes(session.planned, 0, False, is_excused)
    if len(facts) == 1 and facts[0].kind == FactKind.WHOLE:
        return SessionMinutes(session.planned, session.planned, True, is_excused)
    return SessionMinutes(session.planned, presence(facts, session), True, is_excused)


def is_over(absent: int, planned: int, percent: Decimal) -> bool:
    """Whether absent seconds are strictly more than the share allowed; exact."""
    return absent * 10_000 > int(percent * 100) * planned


def decide(sessions: Sequence[SessionMinutes], limit: Limit, *, is_closed: bool) -> Decision:
    """The verdict of one person in one class, and the sentence that says why."""
    planned = sum(one.planned for one in sessions)
    present = sum(one.present for one in sessions)
    if not planned:
        return Decision(Verdict.UNDECIDED, 0, 0, "Lớp chưa có buổi học nên chưa tính được thời gian.")
    known = [one for one in sessions if is_closed or one.is_marked or one.is_excused]
    unknown = len(sessions) - len(known)
    missed_for_sure = sum(one.planned - one.present for one in known)
    missed_without_reason = sum(one.planned - one.present for one in known if not one.is_excused)
    if present and not is_over(planned - present, planned, limit.percent):
        return Decision(Verdict.PRESENT, present, planned, _enough(present, planned, limit))
    nothing_at_all = not unknown and not present
    if not is_over(missed_for_sure, planned, limit.percent) and not nothing_at_all:
        return Decision(Verdict.UNDECIDED, present, planned, _open(sessions, known, present))
    if not missed_without_reason:
        return Decision(Verdict.EXCUSED, present, planned, _excused(missed_for_sure, planned, limit))
    if nothing_at_all:
        sentence = f"Vắng cả lớp ({_minutes(planned)}), không có lý do nên phải học lại, theo {limit.basis}."
        return Decision(Verdict.ABSENT, present, planned, sentence)
    return Decision(Verdict.RETAKE, present, planned, _over(missed_for_sure, planned, limit))


def standing(facts: Sequence[Fact], session: SessionTime) -> tuple[Standing, str]:
    """How one person stands in a session right now, and the words for the roll page."""
    if not facts:
        return Standing.NONE, "Chưa điểm danh"
    known = counting(facts)
    moves = sorted((fact for fact in known if fact.kind in (FactKind.ARRIVE, FactKind.LEAVE)), key=attrgetter("at"))
    if not moves and any(fact.kind == FactKind.WHOLE for fact in known):
        return Standing.WHOLE, "Có mặt cả buổi"
    if not moves:
        return Standing.ABSENT, "Vắng buổi này"
    covered = unite(stretches(known, session))
    # A coming and a going of one moment cancel each other, whichever was written first.
    if _walk(known, session)[1] is not None and covered and covered[-1][1] >= session.end:
        return Standing.PRESENT, f"Có mặt từ {show_clock(covered[-1][0])}"
    return Standing.LEFT, f"Đã về lúc {show_clock(moves[-1].at)}"


# --- sentences --------------------------------------------------------------------------------------------------


def _percent(value: Decimal) -> str:
    return show_number(value, 2).rstrip("0").removesuffix(",") + "%" if value % 1 else show_number(value) + "%"


def _minutes(count: int) -> str:
    minutes, rest = divmod(count, 60)
    return f"{show_number(minutes)} phút" + (f" {rest:02d} giây" if rest else "")


def _figures(part: int, planned: int, limit: Limit, *, absent: bool) -> str:
    """ "95/210 phút (45,2%)"; in seconds where whole minutes would tell another story than the verdict."""
    rounded = (part + 30) // 60 * 60
    if planned % 60 == 0:
        missed, rounded_missed = (part, rounded) if absent else (planned - part, planned - rounded)
        truth = (is_over(missed, planned, limit.percent), missed * 10_000 == int(limit.percent * 100) * planned)
        shown = (
            is_over(rounded_missed, planned, limit.percent),
            rounded_missed * 10_000 == int(limit.percent * 100) * planned,
        )
        if rounded == part or (truth == shown and 0 < rounded < planned):
            return f"{show_number(rounded // 60)}/{show_number(planned // 60)} phút ({_share(part, planned, limit, absent)})"
    return f"{_minutes(part)} trên {_minutes(planned)} ({_share(part, planned, limit, absent)})"


def _share(part: int, planned: int, limit: Limit, absent: bool) -> str:
    """The share with as many decimals as it takes not to look like the limit when it is not."""
    border = limit.percent if absent else 100 - limit.percent
    exact = part * 10_000 == int(border * 100) * planned
    for places in range(1, 5):
        text = show_percent(part, planned, places)
        if exact or text != show_percent(int(border * 100), 10_000, places):
            break
    return text


def _enough(present: int, planned: int, limit: Limit) -> str:
    absent = planned - present
    if absent and absent * 10_000 == int(limit.percent * 100) * planned:
        figures = _figures(absent, planned, limit, absent=True)
        return f"Vắng {figures}, không quá {_percent(limit.percent)} nên không phải học lại, theo {limit.basis}."
    return f"Có mặt {_figures(present, planned, limit, absent=False)}, đủ thời gian."


def _over(absent: int, planned: int, limit: Limit) -> str:
    figures = _figures(absent, planned, limit, absent=True)
    return f"Vắng {figures}, quá {_percent(limit.percent)} nên phải học lại, theo {limit.basis}."


def _excused(absent: int, planned: int, limit: Limit) -> str:
    figures = _figures(absent, planned, limit, absent=True)
    return f"Vắng {figures}, có lý do được duyệt; không được miễn học nên phải học bù, theo {limit.basis}."


def _open(sessions: Sequence[SessionMinutes], known: Sequence[SessionMinutes], present: int) -> str:
    if not any(one.is_marked for one in sessions):
        return "Chưa điểm danh."
    rest = sum(one.planned for one in sessions) - sum(one.planned for one in known)
    count = len(sessions) - len(known)
    minutes = _minutes((present + 30) // 60 * 60)
    return f"Đã ghi có mặt {minutes}, còn {count} buổi ({_minutes(rest)}) chưa điểm danh nên chưa kết luận."
