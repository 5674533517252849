"""Why there is no plan: a smallest set of demands that cannot hold together; without any one of them there is a plan."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from quantriet.classes.rules.planning.flow import flow_of
from quantriet.classes.rules.planning.problem import Active, Demand, Problem
from quantriet.classes.rules.planning.solving import is_possible
from quantriet.classes.vocab import PlanDemandKind
from quantriet.kit.numbers import show_number


@dataclass(frozen=True)
class Collision:
    """Demands that collide. `is_smallest` is false when the time ran out before each of them was proved to be needed."""

    demands: tuple[Demand, ...]
    sentence: str
    is_smallest: bool = True


# What is given up last is asked about first: of two sets that collide, the one with demands people can change is told.
_FIRM = (
    PlanDemandKind.SEATS, PlanDemandKind.SPEAKER, PlanDemandKind.TWO_POSTS, PlanDemandKind.DUTY, PlanDemandKind.SPEAKER_WAY,
    PlanDemandKind.SPEAKER_LOAD, PlanDemandKind.SPEAKER_OFF, PlanDemandKind.HALL_OFF, PlanDemandKind.TRAVEL,
    PlanDemandKind.APART, PlanDemandKind.OFF,
)  # fmt: skip


def find_collision(problem: Problem, *, seconds: float = 60.0) -> Collision | None:
    """A smallest set of demands that cannot hold together, or None when they can or the time did not suffice to know.

    Found by halving (QuickXplain). What a network can hold is asked of the network first: it answers in milliseconds, and
    a set that collides there collides altogether.
    """
    ends = time.monotonic() + seconds
    ordered = sorted(problem.demands, key=lambda one: _FIRM.index(one.kind))
    in_network = not flow_of(Active(problem, ordered), only_feasible=True).is_whole
    is_smallest = True

    def holds(demands: Sequence[Demand]) -> bool:
        nonlocal is_smallest
        if in_network:
            return flow_of(Active(problem, demands), only_feasible=True).is_whole
        left = ends - time.monotonic()
        answer = is_possible(problem, demands, seconds=min(10.0, left)) if left > 0 else None
        if answer is None:
            is_smallest = False
        return answer is not False

    if not in_network and is_possible(problem, ordered, seconds=max(1.0, seconds / 3)) is not False:
        return None
    found = _explained(holds, ordered)
    if in_network and any(one.kind == PlanDemandKind.SPEAKER for one in found):
        # Of reporters the network only counts how many there are: what it was enough to give up there may not be here.
        in_network = False
        found = _explained(holds, found)
    if not in_network:
        is_smallest = is_smallest and all(
            is_possible(problem, [one for one in found if one is not gone], seconds=5.0) for gone in found
        )
    shown = sorted(found, key=lambda one: _FIRM.index(one.kind))
    return Collision(tuple(shown), _headline(problem, shown), is_smallest)


def _explained(holds: Callable[[Sequence[Demand]], bool], demands: Sequence[Demand]) -> list[Demand]:
    """QuickXplain: the demands of a smallest set, those early in the order preferred."""

    def search(ground: list[Demand], has_new: bool, rest: list[Demand]) -> list[Demand]:
        if has_new and not holds(ground):
            return []
        if len(rest) == 1:
            return rest
        half = len(rest) // 2
        left, right = rest[:half], rest[half:]
        second = search(ground + left, bool(left), right)
        first = search(ground + second, bool(second), left)
        return first + second

    if not demands or not holds([]):
        return []
    return search([], False, list(demands))


def _headline(problem: Problem, demands: Sequence[Demand]) -> str:
    people, halls = show_number(problem.people), show_number(len(problem.halls))
    if not demands:
        return f"Không có lớp nào xếp được cho {people} người: đợt này chưa có buổi hoặc hội trường."
    flow = flow_of(Active(problem, demands), only_feasible=True)
    short = problem.people - flow.placed
    figures = f" Xếp hết mức vẫn còn {show_number(short)}/{people} người không có chỗ." if short else ""
    count = show_number(len(demands))
    return (
        f"{people} người, {show_number(len(problem.slots))} buổi, {halls} hội trường, {show_number(len(problem.speakers))} báo cáo viên: "
        f"{count} yêu cầu sau không thể cùng giữ; bỏ hoặc nới một yêu cầu bất kỳ trong đó thì nhóm này hết vướng.{figures}"
        if len(demands) > 1
        else f"{people} người, {show_number(len(problem.slots))} buổi, {halls} hội trường: yêu cầu sau tự nó không giữ được; phải bỏ hoặc nới.{figures}"
    )
