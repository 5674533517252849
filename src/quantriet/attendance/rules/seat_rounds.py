"""What an usher's going through the seats says of one person, beside what other ways have said already (R-070, B-04)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from quantriet.attendance.rules.minutes import Fact, SessionTime, standing
from quantriet.attendance.vocab import FactKind, Standing
from quantriet.kit.time import show_clock

_SECOND = dt.timedelta(seconds=1)


@dataclass(frozen=True)
class Seen:
    """The fact to write, if any, and the question that a person must answer, if any."""

    fact: Fact | None = None
    question: str = ""


def seen(others: Sequence[Fact], session: SessionTime, *, is_empty: bool, is_first: bool, as_of: dt.datetime) -> Seen:
    """What a seat seen taken or empty at `as_of` comes to; `others` are all facts but those of this round.

    Taken: whoever was not known to be there arrives then; who is there already needs nothing. Empty: who is not marked is
    absent; who was there leaves at that moment, but not at arrival, where a seat may only not be the person's own: that is
    asked, as is everything a later mark says otherwise. No fact is written over one of another way.
    """
    stands, words = standing(others, session)
    last = max((fact.at for fact in others), default=None)
    if not is_empty:
        if stands in (Standing.PRESENT, Standing.WHOLE):
            return Seen()
        if stands == Standing.ABSENT and last is not None and last >= as_of:
            return Seen(Fact(FactKind.ARRIVE, last + _SECOND))
        if stands == Standing.LEFT and last is not None and last >= as_of:
            return Seen(question=f"ghế có người nhưng {_low(words)}")
        return Seen(Fact(FactKind.ARRIVE, as_of))
    if stands == Standing.NONE:
        return Seen(Fact(FactKind.ABSENT, as_of))
    if stands in (Standing.PRESENT, Standing.WHOLE):
        began = max(session.start, last) if last is not None else session.start
        if is_first or as_of <= began:
            return Seen(question=f"ghế trống nhưng {_low(words)} theo cách điểm danh khác")
        return Seen(Fact(FactKind.LEAVE, as_of))
    return Seen()


def default_hour(session: SessionTime, at: dt.datetime, *, is_first: bool) -> dt.datetime:
    """The moment that a round stands for unless its usher says otherwise: who sits there at arrival sat there at the start."""
    moment = at.replace(second=0, microsecond=0)
    if is_first:
        return min(moment, session.start)
    return min(moment, session.end - dt.timedelta(minutes=1))


def hour_refusal(session: SessionTime, as_of: dt.datetime, at: dt.datetime, before: dt.datetime | None) -> str:
    """Why a round cannot stand for this moment; empty when it can."""
    if as_of >= session.end:
        return f"Buổi học kết thúc lúc {show_clock(session.end)}; hãy ghi giờ trong buổi học."
    if as_of > at + dt.timedelta(minutes=1):
        return f"Giờ {show_clock(as_of)} chưa tới."
    if before is not None and as_of <= before:
        return f"Lượt trước ghi cho lúc {show_clock(before)}; lượt sau phải muộn hơn."
    return ""


def _low(words: str) -> str:
    return words[:1].lower() + words[1:]
