"""What an usher's going through the seats says of one person, beside what other ways have said already (R-070, B-04)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from quantriet.attendance.rules.minutes import Fact, SessionTime, counting, standing, stretches
from quantriet.attendance.vocab import FactKind, Standing
from quantriet.kit.numbers import show_number
from quantriet.kit.time import show_clock

_SECOND = dt.timedelta(seconds=1)


@dataclass(frozen=True)
class Seen:
    """The facts to write, if any, and the question that a person must answer, if any."""

    facts: tuple[Fact, ...] = ()
    question: str = ""

    @property
    def is_overruled(self) -> bool:
        """Whether what is written of the hour does not count while a mark of absence stands."""
        return bool(self.facts and self.question)


def seen(others: Sequence[Fact], session: SessionTime, *, is_empty: bool, is_first: bool, as_of: dt.datetime) -> Seen:
    """What a seat seen taken or empty at `as_of` comes to; `others` are all facts but those of this round.

    Taken: whoever was not known to be in the room by then arrived by then, also who was marked as coming later; who was there
    already needs nothing. A mark of absence made for a later moment overrules that arrival until a person takes it back: the
    arrival is written beside it, a second one right after the mark counts meanwhile, and it is asked. Empty: who is not marked is
    absent; who was there leaves at that moment, but not at arrival, where a seat may only not be the person's own: that is
    asked, as is everything a later mark says otherwise. No fact is written over one of another way.
    """
    stands, words = standing(others, session)
    last = max((fact.at for fact in others), default=None)
    if not is_empty:
        return _taken(others, session, as_of)
    if stands == Standing.NONE:
        return Seen((Fact(FactKind.ABSENT, as_of),))
    if stands in (Standing.PRESENT, Standing.WHOLE):
        began = max(session.start, last) if last is not None else session.start
        if is_first or as_of <= began:
            return Seen(question=f"ghế trống nhưng {_low(words)} theo cách điểm danh khác")
        return Seen((Fact(FactKind.LEAVE, as_of),))
    return Seen()


def _taken(others: Sequence[Fact], session: SessionTime, as_of: dt.datetime) -> Seen:
    stands, words = standing(others, session)
    known = counting(others)
    moment = max(as_of, session.start)
    is_covered = any(start <= moment < end for start, end in stretches(known, session))
    if stands == Standing.WHOLE or (stands == Standing.PRESENT and is_covered):
        return Seen()
    came = Fact(FactKind.ARRIVE, as_of)
    absent = max((fact.at for fact in others if fact.kind == FactKind.ABSENT), default=None)
    if absent is not None and absent >= as_of:
        again = Fact(FactKind.ARRIVE, absent + _SECOND)
        said = f"ghế có người lúc {show_clock(as_of)} nhưng có lượt ghi vắng lúc {show_clock(absent)}"
        if again.at >= session.end:
            return Seen((came,), f"{said}; giờ đến chỉ tính khi bỏ lượt ghi vắng")
        return Seen(
            (came, again), f"{said}; đang tính từ sau lượt ấy, bỏ lượt ghi vắng thì tính từ {show_clock(as_of)}"
        )
    last = max((fact.at for fact in others), default=None)
    if stands == Standing.LEFT and last is not None and last >= as_of:
        # Who came and went later was there before as well; a departure that this would undo is asked about.
        if is_covered or standing([*others, came], session)[0] != Standing.LEFT:
            return Seen(question=f"ghế có người nhưng {_low(words)}")
    return Seen((came,))


def before_confirming(facts: Iterable[Sequence[Fact]], session: SessionTime, *, as_of: dt.datetime) -> str:
    """What an usher is told of a block before confirming it: how many carry another mark for later than the round, and what
    a taken seat then comes to; `facts` are those of one person after the other, but for those of this round."""
    later = overruled = 0
    for others in facts:
        found = _taken(others, session, as_of) if others else Seen()
        overruled += found.is_overruled
        # What is written of somebody who came after an earlier departure is nothing but the next arrival.
        later += bool(found.facts) and not found.is_overruled and max(fact.at for fact in others) > as_of
    hour = show_clock(as_of)
    parts = []
    if later:
        parts.append(f"{show_number(later)} người đã có lượt ghi đến sau {hour}, ghế có người thì được tính từ {hour}")
    if overruled:
        parts.append(
            f"{show_number(overruled)} người đang có lượt ghi vắng sau {hour}, ghế có người thì ghi thêm lượt đến lúc {hour} "
            "nhưng chưa tính chừng nào lượt vắng chưa được bỏ"
        )
    return f"Trước khi xác nhận: {'; '.join(parts)}." if parts else ""


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
