"""The timetable of two sizes: the first plan, the gap to the proved bound, a later change, and why there is none (B-09).

`timetable`: 4,400 members in 298 cells, 12 sessions, 3 halls, 8 reporters, at least half of each cell on duty, wishes, ways.
`timetable-large`: 200 classes' worth of people, 60 halls, 40 reporters. Both are drawn by chance from a fixed seed, tight as
real ones are: seats for 1.08 times the people.
"""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Iterator
from dataclasses import replace

from bench.registry import Figure, program
from quantriet.classes.rules import planning
from quantriet.classes.rules.planning import Demand, Group, Hall, Office, Problem, Progress, Slot, Speaker
from quantriet.classes.vocab import PlanDemandKind
from quantriet.kit.time import at_local

FIRST_DAY = dt.date(2026, 12, 7)


def drawn(
    *, cells: int, people: int, sessions: int, halls: list[int], speakers: int, load: int, places: int, seed: int = 5
) -> Problem:
    """A campaign by chance: each day a morning and an afternoon; a tenth of the cells cannot come on some day."""
    luck = random.Random(seed)
    slots = []
    for number in range(sessions):
        day = FIRST_DAY + dt.timedelta(days=number // 2)
        start, end, name = ((7, 30), (11, 0), "sáng") if number % 2 == 0 else ((13, 30), (17, 0), "chiều")
        slots.append(
            Slot(number, f"buổi {name} {day:%d/%m/%Y}", at_local(day, dt.time(*start)), at_local(day, dt.time(*end)))
        )
    names = [f"Cụm {number + 1}" for number in range(places)]
    at = {name: (luck.random() * 40, luck.random() * 40) for name in names}
    minutes = {
        (a, b): round(((at[a][0] - at[b][0]) ** 2 + (at[a][1] - at[b][1]) ** 2) ** 0.5 * 1.5) + 5
        for a in names for b in names if a < b
    }  # fmt: skip
    rooms = [
        Hall(number, f"Hội trường {number + 1}", seats, names[number % places]) for number, seats in enumerate(halls)
    ]
    sizes = [people // cells] * cells
    for _ in range(people - sum(sizes)):
        sizes[luck.randrange(cells)] += 1
    for _ in range(cells * 4):  # some large, some small
        one, other = luck.randrange(cells), luck.randrange(cells)
        if sizes[one] > 5:
            sizes[one] -= 1
            sizes[other] += 1
    demands = [Demand(PlanDemandKind.SEATS, hall=hall.key) for hall in rooms]
    demands += [Demand(PlanDemandKind.SPEAKER), Demand(PlanDemandKind.SPEAKER_WAY)]
    demands += [Demand(PlanDemandKind.SPEAKER_LOAD, speaker=1000 + n, amount=load) for n in range(speakers)]
    offices, groups = [], []
    for number, size in enumerate(sizes):
        name = f"Chi bộ {number + 1}"
        wished = frozenset(luck.sample(range(sessions), max(2, sessions // 3))) if luck.random() < 0.5 else frozenset()
        offices.append(Office(number, name, size, luck.choice(names), wished))
        demands.append(Demand(PlanDemandKind.DUTY, office=number, amount=50))
        if luck.random() < 0.1:
            day = luck.randrange(sessions // 2)
            demands.append(
                Demand(
                    PlanDemandKind.OFF, office=number, slots=frozenset({2 * day, 2 * day + 1}), words=f"thứ {day + 2}"
                )
            )
        leaders = [Group(number * 10 + 1, number, 1, "bí thư"), Group(number * 10 + 2, number, 1, "phó bí thư")]
        groups += [Group(number * 10, number, size - 2), *leaders]
        demands.append(Demand(PlanDemandKind.APART, office=number, groups=(number * 10 + 1, number * 10 + 2)))
    for number in range(0, cells - 1, 10):  # a tenth of the secretaries are missed in a second office too
        place = next(i for i, group in enumerate(groups) if group.key == number * 10 + 1)
        groups[place] = replace(groups[place], second_office=number + 1)
        offices[number + 1] = replace(offices[number + 1], strength=offices[number + 1].strength + 1)
        demands.append(Demand(PlanDemandKind.TWO_POSTS, groups=(number * 10 + 1,)))
    reporters = tuple(Speaker(1000 + number, f"báo cáo viên {number + 1}") for number in range(speakers))
    return Problem(
        tuple(slots), tuple(rooms), reporters, tuple(offices), tuple(groups), tuple(demands), minutes, usual_minutes=30
    )


def measured(
    problem: Problem, name: str, *, first: float | None, gap: float | None, seconds: float
) -> Iterator[Figure]:
    seen: list[Progress] = []

    def tell(progress: Progress) -> bool:
        if progress.plan is not None:
            seen.append(progress)
        return True

    began = time.monotonic()
    answer = planning.solve(problem, seconds=seconds, tell=tell)
    whole = time.monotonic() - began
    assert answer.plan is not None, "no plan"
    assert not planning.conflicts(problem, answer.plan), planning.conflicts(problem, answer.plan)[:3]
    yield Figure(f"{name}: first plan", seen[0].seconds, limit=first, unit="s")
    yield Figure(f"{name}: gap of the first plan", seen[0].gap * 100, unit="%")
    yield Figure(f"{name}: gap after at most {seconds:.0f} s", answer.gap * 100, limit=gap, unit="%")
    yield Figure(f"{name}: ended after", whole, unit="s")
    yield Figure(f"{name}: classes held", len(answer.plan.filled()))
    # A hall is out on the day it is fullest: the fewest people move.
    filled = answer.plan.filled()
    slot, hall = max(filled, key=lambda place: (filled[place], place))
    gone = Demand(PlanDemandKind.HALL_OFF, hall=hall, slots=frozenset({slot}), words="một buổi")
    changed = replace(problem, demands=(*problem.demands, gone))
    began = time.monotonic()
    again = planning.solve(changed, seconds=seconds, previous=answer.plan)
    assert again.plan is not None, "no plan after the change"
    assert not planning.conflicts(changed, again.plan)
    yield Figure(f"{name}: one class of {filled[slot, hall]} people lost; people who move", again.moved)
    yield Figure(f"{name}: more than the fewest possible", again.moved - again.least_moved, unit="people")
    yield Figure(f"{name}: planned anew after", time.monotonic() - began, unit="s")


def impossible(problem: Problem, name: str, *, seats: float) -> Iterator[Figure]:
    """Smaller halls, then fewer reporters: why there is no plan, by the fewest demands."""
    less = replace(
        problem,
        halls=tuple(replace(hall, capacity=round(hall.capacity * seats)) for hall in problem.halls),
    )
    began = time.monotonic()
    found = planning.find_collision(less, seconds=45)
    assert found is not None
    yield Figure(
        f"{name}: {seats:.0%} of the seats; collision told after", time.monotonic() - began, limit=60, unit="s"
    )
    yield Figure(f"{name}: demands in it", len(found.demands))
    few = replace(problem, speakers=problem.speakers[: len(problem.speakers) // 3])
    kept = {speaker.key for speaker in few.speakers}
    few = replace(few, demands=tuple(one for one in few.demands if one.speaker is None or one.speaker in kept))
    began = time.monotonic()
    found = planning.find_collision(few, seconds=45)
    assert found is not None
    yield Figure(
        f"{name}: a third of the reporters; collision told after", time.monotonic() - began, limit=60, unit="s"
    )
    yield Figure(f"{name}: demands in it", len(found.demands))


@program("timetable")
def timetable() -> Iterator[Figure]:
    problem = drawn(cells=298, people=4400, sessions=12, halls=[150, 130, 116], speakers=8, load=5, places=12)
    yield from measured(problem, "4,400 people", first=3, gap=5, seconds=60)
    yield from impossible(problem, "4,400 people", seats=0.75)


@program("timetable-large")
def timetable_large() -> Iterator[Figure]:
    luck = random.Random(3)
    halls = [luck.choice((60, 80, 100, 120)) for _ in range(60)]
    people = round(200 * sum(halls) / 60 / 1.08)
    problem = drawn(cells=people // 18, people=people, sessions=10, halls=halls, speakers=40, load=6, places=30)
    yield from measured(
        problem, f"200 classes, 60 halls, 40 reporters, {people:,} people", first=60, gap=None, seconds=60
    )
    yield from impossible(problem, "200 classes", seats=0.5)
