"""Why there is no plan: a smallest set of demands that cannot hold together; without any one of them there is a plan."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from quantriet.classes.rules.planning.flow import Seating
from quantriet.classes.rules.planning.problem import Demand, Problem, least_on_duty
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


def find_collision(
    problem: Problem, *, seconds: float = 60.0, going_on: Callable[[], bool] = lambda: True
) -> Collision | None:
    """A smallest set of demands that cannot hold together, or None when they can or the time did not suffice to know.

    Found by halving (QuickXplain). What a network can hold is asked of the network first: it answers in milliseconds, and
    a set that collides there collides altogether. `going_on` is asked before each look; when it says no, or the time is
    over, the set told may be larger than it need be.
    """
    ends = time.monotonic() + seconds
    ordered = sorted(problem.demands, key=lambda one: _FIRM.index(one.kind))
    seating = Seating(problem)
    in_network = not seating.holds(ordered)
    if in_network:
        ordered = [one for one in ordered if one.kind in Seating.HOLDS]
    is_smallest = True

    def holds(demands: Sequence[Demand]) -> bool:
        nonlocal is_smallest
        left = ends - time.monotonic()
        is_over = left <= 0 or not going_on()
        if in_network and not is_over:
            return seating.holds(demands)
        answer = None if is_over else is_possible(problem, demands, seconds=min(10.0, left))
        if answer is None:
            is_smallest = False
        return answer is not False

    if not in_network and is_possible(problem, ordered, seconds=max(1.0, seconds / 3)) is not False:
        return None
    found = _explained(holds, ordered)
    if in_network and any(one.kind == PlanDemandKind.SPEAKER for one in found):
        # Of reporters the network only counts how many there are: what it was enough to give up there may not be here.
        in_network = False
        for one in list(found):
            rest = [other for other in found if other is not one]
            if is_smallest and not holds(rest):
                found = rest
    shown = sorted(found, key=lambda one: _FIRM.index(one.kind))
    return Collision(tuple(shown), _headline(problem, seating, shown), is_smallest)


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


def _headline(problem: Problem, seating: Seating, demands: Sequence[Demand]) -> str:
    people, halls = show_number(problem.people), show_number(len(problem.halls))
    if not demands:
        return f"Không có lớp nào xếp được cho {people} người: đợt này chưa có buổi hoặc hội trường."
    short = problem.people - seating.placed(demands)
    figures = f" Xếp hết mức vẫn còn {show_number(short)}/{people} người không có chỗ." if short else ""
    count = show_number(len(demands))
    return (
        f"{people} người, {show_number(len(problem.slots))} buổi, {halls} hội trường, {show_number(len(problem.speakers))} báo cáo viên: "
        f"{count} yêu cầu sau không thể cùng giữ; bỏ hoặc nới một yêu cầu bất kỳ trong đó thì nhóm này hết vướng.{figures}"
        if len(demands) > 1
        else f"{people} người, {show_number(len(problem.slots))} buổi, {halls} hội trường: yêu cầu sau tự nó không giữ được; phải bỏ hoặc nới.{figures}"
    )


_TOGETHER = 6  # so many demands of one kind are told one by one; more are told in sum, with the first of them


def told(problem: Problem, demands: Sequence[Demand]) -> list[str]:
    """The demands of a collision as sentences; sixty halls are told as one sum, not as sixty lines."""
    lines: list[str] = []
    for kind in _FIRM:
        own = [one for one in demands if one.kind == kind]
        if len(own) <= _TOGETHER:
            lines += [problem.sentence(one) for one in own]
            continue
        count = show_number(len(own))
        if kind == PlanDemandKind.SEATS:
            seats = sum(problem.hall_of[one.hall].capacity for one in own if one.hall is not None)
            lines.append(f"{count} hội trường chứa tổng cộng {show_number(seats)} người một buổi.")
        elif kind == PlanDemandKind.SPEAKER_LOAD:
            lines.append(f"{count} báo cáo viên nhận tổng cộng {show_number(sum(one.amount for one in own))} lớp.")
        elif kind == PlanDemandKind.DUTY:
            strengths = [(problem.office_of[one.office].strength, one.amount) for one in own if one.office is not None]
            away = sum(strength - least_on_duty(strength, percent) for strength, percent in strengths)
            lines.append(
                f"{count} chi bộ phải giữ tỷ lệ trực, mỗi buổi cùng lúc đi học nhiều nhất {show_number(away)} người."
            )
        else:
            lines.append(f"{count} yêu cầu cùng loại “{_NAMES[kind]}”, như:")
        lines += [problem.sentence(one) for one in own[:3]]
    return lines


_NAMES = {
    PlanDemandKind.TWO_POSTS: "người giữ hai việc", PlanDemandKind.SPEAKER_OFF: "báo cáo viên bận",
    PlanDemandKind.HALL_OFF: "hội trường không dùng được", PlanDemandKind.TRAVEL: "đường đi không quá xa",
    PlanDemandKind.APART: "lãnh đạo không đi cùng buổi", PlanDemandKind.OFF: "chi bộ không đi được",
    PlanDemandKind.SPEAKER: "có báo cáo viên", PlanDemandKind.SPEAKER_WAY: "kịp đường đi",
}  # fmt: skip
