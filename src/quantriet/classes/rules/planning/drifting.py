"""How a plan that was computed differs from who waits for a class now, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quantriet.kit.numbers import show_number


@dataclass(frozen=True)
class Drift:
    """So many people of the plan wait no longer, so many wait who are not in it; `planned` and `waiting` count everybody."""

    gone: int
    new: int
    planned: int
    waiting: int

    def __bool__(self) -> bool:
        return bool(self.gone or self.new)

    @property
    def sentence(self) -> str:
        """What changed and what to do next; empty when the plan fits."""
        if not self:
            return ""
        why = "không còn chờ lớp (đã được gọi vào lớp khác, học xong, được miễn hoặc chuyển đi)"
        if not self.waiting:
            return f"Cả {show_number(self.planned)} người trong lịch {why}, nên lịch này không còn ai để xếp."
        told = []
        if self.gone:
            told.append(f"{show_number(self.gone)} người trong lịch {why}")
        if self.new:
            told.append(f"{show_number(self.new)} người đang chờ lớp chưa có trong lịch")
        return f"{'; '.join(told)}: hãy xếp lại rồi mới lập lớp."


def drift(planned: Mapping[int, int], waiting: Mapping[int, int]) -> Drift:
    """Compare, by cell, those whom a plan seats with those who wait."""
    cells = planned.keys() | waiting.keys()
    more = [waiting.get(cell, 0) - planned.get(cell, 0) for cell in cells]
    return Drift(
        gone=-sum(one for one in more if one < 0),
        new=sum(one for one in more if one > 0),
        planned=sum(planned.values()),
        waiting=sum(waiting.values()),
    )
