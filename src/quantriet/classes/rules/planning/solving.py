"""A plan: first by the network, then better and better by a solver that is told the network's answer."""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import chain, combinations
from typing import Any

from quantriet.classes.rules.planning.checking import conflicts, cost_of, moved_people
from quantriet.classes.rules.planning.flow import Flow, Zone, flow_of, seats_of
from quantriet.classes.rules.planning.problem import Active, Demand, Place, Plan, Problem
from quantriet.kit.time import local

GOOD_ENOUGH = 0.005  # of the cost: closer to the bound nobody looks for a better plan
_LOOK = 0.25  # seconds between two looks at what the solver has found
_SEED = 7


@dataclass(frozen=True)
class Progress:
    """How far the search is: the best plan so far, what it costs and the bound no plan can beat, in points."""

    seconds: float
    plan: Plan | None
    cost: int
    bound: int

    @property
    def gap(self) -> float:
        """How much dearer than the bound the plan is at most, as a share of its cost."""
        return max(0.0, (self.cost - self.bound) / self.cost) if self.cost > 0 else 0.0


@dataclass(frozen=True)
class Answer:
    """What came of it. `is_impossible` is proved; without a plan and without proof the time was too short."""

    plan: Plan | None
    cost: int
    bound: int
    is_impossible: bool = False
    moved: int = 0
    least_moved: int = 0  # no plan moves fewer people than this
    first_seconds: float = 0.0

    @property
    def gap(self) -> float:
        return max(0.0, (self.cost - self.bound) / self.cost) if self.cost > 0 else 0.0


Told = Callable[[Progress], bool]


def solve(
    problem: Problem,
    *,
    seconds: float = 60.0,
    previous: Plan | None = None,
    start: Plan | None = None,
    tell: Told | None = None,
) -> Answer:
    """Make a plan that holds every demand, as cheap as the time allows.

    With `previous` the fewest people move, and only then ways and wishes count. `start` is where an earlier search stood.
    `tell` hears of every better plan and now and then besides; when it says no, the search ends with what there is.
    """
    began = time.monotonic()
    active = Active(problem, problem.demands)
    moving = _moving(problem) if previous is not None else 0
    settled = _settled(problem, previous)
    relaxed = flow_of(active, previous=previous, moving=moving)
    if not relaxed.is_whole:
        return Answer(None, 0, 0, is_impossible=True)
    bound = relaxed.bound

    def price(plan: Plan) -> int:
        # As the solver counts: whoever is not kept is charged, also who was nowhere; that part is the same for all plans.
        moved = moved_people(plan, previous) if previous is not None else 0
        return cost_of(problem, plan, previous) + moving * (moved + settled)

    first = None
    for made in (start, _first(active, relaxed, previous, moving, patience=seconds / 4)):
        if made is not None and not conflicts(problem, made) and (first is None or price(made) < price(first)):
            first = made
    if first is None:
        first = _first_by_closing(active, previous, moving)
        if first is not None and conflicts(problem, first):
            first = None
    at = time.monotonic() - began
    if first is not None and tell is not None and not tell(Progress(at, first, price(first), bound)):
        return _answer(problem, first, previous, moving, settled, bound, at)
    if first is not None and _near(price(first), bound):
        return _answer(problem, first, previous, moving, settled, bound, at)
    left = seconds - (time.monotonic() - began)
    if left <= 0 and first is not None:
        return _answer(problem, first, previous, moving, settled, bound, at)
    model = _Model(active, previous, moving)
    if first is not None:
        model.hint(first)
    found, is_impossible, better = model.search(max(left, 0.5), bound, began, tell, first)
    bound = max(bound, min(better, price(first)) if first is not None else better)
    if found is not None and (first is None or price(found) < price(first)):
        first = found
    if first is None:
        return Answer(None, 0, bound, is_impossible=is_impossible)
    return _answer(problem, first, previous, moving, settled, min(bound, price(first)), at or time.monotonic() - began)


def is_possible(problem: Problem, demands: Iterable[Demand], *, seconds: float) -> bool | None:
    """Whether some plan holds these demands; None when the time did not suffice to know.

    `seconds` are for everything: looking for a first plan, writing the model down and searching it.
    """
    ends = time.monotonic() + seconds
    active = Active(problem, demands)
    relaxed = flow_of(active)
    if not relaxed.is_whole:
        return False
    if active.is_flow:
        return True
    first = _first(active, relaxed, None, 0, patience=seconds / 2)
    if first is not None and not conflicts(_under(problem, active), first):
        return True
    model = _Model(active, None, 0, is_priced=False)
    if first is not None:
        model.hint(first)
    left = ends - time.monotonic()
    if left <= 0:
        return None
    found, is_impossible, _bound = model.search(left, 0, time.monotonic(), None, None)
    return True if found is not None else False if is_impossible else None


def _under(problem: Problem, active: Active) -> Problem:
    return Problem(
        problem.slots, problem.halls, problem.speakers, problem.offices, problem.groups, active.demands,
        problem.minutes, problem.usual_minutes, problem.weights,
    )  # fmt: skip


def _near(cost: int, bound: int) -> bool:
    return cost - bound <= GOOD_ENOUGH * cost


def _moving(problem: Problem) -> int:
    """What one person who moves costs: more than everything else together can save."""
    ways = max((problem.way(a.place, b.place) for a in problem.offices for b in problem.halls), default=0)
    weights = problem.weights
    classes = len(problem.slots) * len(problem.halls) * (weights.held_class + weights.other_speaker)
    return 1 + problem.people * (ways + weights.wrong_day) + classes


def _settled(problem: Problem, previous: Plan | None) -> int:
    """People who cannot be kept, because the previous plan had no seat for them."""
    if previous is None:
        return 0
    before: dict[int, int] = defaultdict(int)
    for (key, _slot, _hall), count in previous.seats.items():
        before[key] += count
    return sum(group.size - min(group.size, before[group.key]) for group in problem.groups)


def _answer(
    problem: Problem, plan: Plan, previous: Plan | None, moving: int, settled: int, bound: int, at: float
) -> Answer:
    """The answer in plain points: what moving cost stands apart as people."""
    cost = cost_of(problem, plan, previous)
    if previous is None or not moving:
        return Answer(plan, cost, min(bound, cost), first_seconds=at)
    moved = moved_people(plan, previous)
    least = max(0, min(moved, -(-(bound - _most_else(problem)) // moving) - settled))
    rest = bound - moving * (moved + settled)
    return Answer(plan, cost, min(cost, max(0, rest)), moved=moved, least_moved=least, first_seconds=at)


def _most_else(problem: Problem) -> int:
    return _moving(problem) - 1


# --- the first plan ---------------------------------------------------------------------------------------------------


def _first(active: Active, relaxed: Flow, previous: Plan | None, moving: int, *, patience: float = 15.0) -> Plan | None:
    """A whole plan in seconds: single people get their sessions, then the network with as few classes as hold everybody."""
    fixed = _single_people(active, previous)
    if fixed is None:
        return None
    made = flow_of(active, fixed=fixed, previous=previous, moving=moving) if fixed else relaxed
    if not made.is_whole:
        return None
    best = made if previous is not None else _closed(active, made, fixed, patience)
    return _with_speakers(active, best, fixed, previous)


def _first_by_closing(active: Active, previous: Plan | None, moving: int) -> Plan | None:
    """The same with reporters first: only classes for which one is found stay open, the largest halls before others."""
    fixed = _single_people(active, previous)
    if fixed is None or not active.needs_speaker:
        return None
    was = previous.filled() if previous is not None else {}
    wanted = sorted(active.places, key=lambda place: (-was.get(place, 0), -active.room[place[1]], place))
    speakers = _speakers_for(active, wanted, fixed, previous, every=False)
    if not speakers:
        return None
    made = flow_of(active, places=list(speakers), fixed=fixed, previous=previous, moving=moving)
    if not made.is_whole:
        return None
    held = {place for place, people in Plan(made.seats).filled().items() if people}
    return Plan(made.seats, {place: speaker for place, speaker in speakers.items() if place in held})


def _closed(active: Active, made: Flow, fixed: Mapping[int, int], patience: float) -> Flow:
    """Close the emptiest classes again and again while there are more than reporters, and while it makes the plan cheaper.

    The network spreads people thin, since it pays by the seat; each round it is asked anew over the classes left.
    """
    ends = time.monotonic() + patience
    best, lowest, is_allowed = made, cost_of(active.problem, Plan(made.seats)), _has_reporters(active, made)
    share = 8  # of the classes are closed at once, a part of so many
    while time.monotonic() < ends:
        filled = Plan(best.seats).filled()
        empty_first = sorted(filled, key=lambda place: (filled[place] / active.room[place[1]], place))
        count = max(1, len(empty_first) // (share if is_allowed else share // 2))
        closing = set(empty_first[:count])
        if active.needs_speaker:
            for slot, over in _over(active, filled).items():
                closing |= set([place for place in empty_first if place[0] == slot][:over])
        tried = flow_of(active, places=[place for place in filled if place not in closing], fixed=fixed)
        cost = cost_of(active.problem, Plan(tried.seats)) if tried.is_whole else 0
        if tried.is_whole and (cost < lowest or not is_allowed):
            best, lowest, is_allowed = tried, cost, _has_reporters(active, tried)
        elif count == 1:
            break
        else:
            share *= 3
    return best


def _has_reporters(active: Active, made: Flow) -> bool:
    filled = Plan(made.seats).filled()
    return not active.needs_speaker or (len(filled) <= active.most_classes and not _over(active, filled))


def _over(active: Active, filled: Mapping[Place, int]) -> dict[int, int]:
    """How many classes a session has more than free reporters."""
    held: dict[int, int] = defaultdict(int)
    for slot, _hall in filled:
        held[slot] += 1
    return {slot: over for slot, count in held.items() if (over := count - len(active.speakers_at(slot))) > 0}


def _single_people(active: Active, previous: Plan | None) -> dict[int, int] | None:
    """A session for each person whom a network cannot hold: with a second post, or a leader who is not to meet another."""
    problem = active.problem
    rivals: dict[int, set[int]] = defaultdict(set)
    for groups in active.apart:
        for one, other in combinations(groups, 2):
            rivals[one].add(other)
            rivals[other].add(one)
    special = sorted(active.with_posts | rivals.keys(), key=lambda key: len(active.days[problem.group_of[key].office]))
    was: dict[int, int] = {}
    if previous is not None:
        was = {key: slot for (key, slot, _hall), count in previous.seats.items() if count}
    fixed: dict[int, int] = {}
    away: dict[tuple[int, int], int] = defaultdict(int)
    for key in special:
        group = problem.group_of[key]
        offices = [office for office in (group.office, active.second_office(group)) if office is not None]

        def fits(slot: int, offices: list[int] = offices, key: int = key) -> bool:
            moments = problem.overlapping[slot]
            if any(fixed.get(rival) in moments for rival in rivals[key]):
                return False
            return all(
                sum(away[office, other] for other in moments) < active.most_away.get(office, problem.people)
                for office in offices
            )

        choice = [slot for slot in active.days[group.office] if fits(slot)]
        if not choice:
            return None
        slot = min(
            choice,
            key=lambda one: (
                was.get(key) != one,
                active.wish(group.office, one),
                sum(away[o, one] for o in offices),
                one,
            ),
        )
        fixed[key] = slot
        for office in offices:
            away[office, slot] += 1
    return fixed


def _with_speakers(active: Active, made: Flow, fixed: Mapping[int, int], previous: Plan | None) -> Plan | None:
    held = sorted(place for place, people in Plan(made.seats).filled().items() if people)
    if not active.needs_speaker:
        return Plan(made.seats, dict.fromkeys(held))
    speakers = _speakers_for(active, held, fixed, previous, every=True)
    return Plan(made.seats, speakers) if speakers is not None else None


def _speakers_for(
    active: Active, places: list[Place], fixed: Mapping[int, int], previous: Plan | None, *, every: bool
) -> dict[Place, int] | None:
    """A reporter for each class, or with `every` false for as many seats as there are reporters; None when none is found."""
    from ortools.sat.python import cp_model

    problem = active.problem
    busy: dict[int, set[int]] = defaultdict(set)
    for key in active.with_posts:
        group = problem.group_of[key]
        if group.speaker is not None and key in fixed:
            busy[group.speaker] |= problem.overlapping[fixed[key]]
    if every and (dealt := _dealt(active, places, busy, previous)) is not None:
        return dealt
    model = cp_model.CpModel()
    speaks = _speaking(active, model, places, busy)
    reward = []
    for place in places:
        own = [variable for (key, where), variable in speaks.items() if where == place]
        if every:
            model.add_exactly_one(own) if own else model.add_bool_or([])
        else:
            model.add_at_most_one(own)
            reward += [variable * active.room[place[1]] for variable in own]
    for (key, place), variable in speaks.items():
        if previous is not None and previous.speakers.get(place) == key:
            reward.append(variable)
    if reward:
        model.maximize(sum(reward))
    solver = _solver(cp_model, 3.0)
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return {place: key for (key, place), variable in speaks.items() if solver.value(variable)}


def _dealt(
    active: Active, places: list[Place], busy: Mapping[int, set[int]], previous: Plan | None
) -> dict[Place, int] | None:
    """Reporters dealt out one by one, whoever has most room left first; None when that comes to no end."""
    problem = active.problem
    own: dict[int, list[Place]] = {speaker.key: [] for speaker in problem.speakers}
    room = {key: active.load.get(key, len(problem.slots)) for key in own}
    dealt: dict[Place, int] = {}

    def may(key: int, place: Place) -> bool:
        if len(own[key]) >= room[key] or place[0] in active.speaker_off[key] or place[0] in busy.get(key, ()):
            return False
        for other in own[key]:
            if other[0] in problem.overlapping[place[0]] or (active.minds_way and problem.too_far_apart(place, other)):
                return False
        return True

    if previous is not None:
        for place in places:
            key = previous.speakers.get(place)
            if key in own and may(key, place):
                dealt[place] = key
                own[key].append(place)
    for place in sorted(places, key=lambda one: (len(active.speakers_at(one[0])), one)):
        if place in dealt:
            continue
        free = [key for key in own if may(key, place)]
        if not free:
            return None
        key = max(free, key=lambda one: (room[one] - len(own[one]), -one))
        dealt[place] = key
        own[key].append(place)
    return dealt


def _speaking(
    active: Active, model: Any, places: Iterable[Place], busy: Mapping[int, set[int]]
) -> dict[tuple[int, Place], Any]:
    """Variables "this reporter speaks in this class", with what one person can do: one place at a time, the way, the load."""
    problem = active.problem
    speaks: dict[tuple[int, Place], Any] = {}
    places = list(places)
    for speaker in problem.speakers:
        out = active.speaker_off[speaker.key] | busy.get(speaker.key, set())
        own = [place for place in places if place[0] not in out]
        for place in own:
            speaks[speaker.key, place] = model.new_bool_var("")
        for moment in problem.moments:
            at_once = [speaks[speaker.key, place] for place in own if place[0] in moment]
            if len(at_once) > 1:
                model.add_at_most_one(at_once)
        if active.minds_way:
            _ways(active, model, [(place, speaks[speaker.key, place]) for place in own])
        load = active.load.get(speaker.key)
        if load is not None and load < len(own):
            model.add(sum(speaks[speaker.key, place] for place in own) <= load)
    return speaks


def _ways(active: Active, model: Any, own: list[tuple[Place, Any]]) -> None:
    """Forbid two classes on one day with too little time for the way, by places rather than by pairs of halls."""
    problem = active.problem
    grouped: dict[tuple[int, str], list[tuple[Place, Any]]] = defaultdict(list)
    for place, variable in own:
        grouped[place[0], problem.hall_of[place[1]].place].append((place, variable))
    days: dict[date, list[tuple[int, str]]] = defaultdict(list)
    for key in grouped:
        days[local(problem.slot_of[key[0]].starts_at).date()].append(key)
    for (one, here), (other, there) in chain.from_iterable(combinations(keys, 2) for keys in days.values()):
        first, second = problem.slot_of[one], problem.slot_of[other]
        if one == other or first.overlaps(second):
            continue
        if problem.too_far_apart(grouped[one, here][0][0], grouped[other, there][0][0]):
            model.add_at_most_one([variable for _place, variable in grouped[one, here] + grouped[other, there]])


def _solver(cp_model: Any, seconds: float) -> Any:
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(0.2, seconds)
    solver.parameters.num_workers = max(2, min(8, os.cpu_count() or 2))
    solver.parameters.random_seed = _SEED
    return solver


# --- the whole problem ------------------------------------------------------------------------------------------------


class _Model:
    """The whole problem for the solver: counts by group and slot, by zone and class; reporters; whoever stays."""

    def __init__(self, active: Active, previous: Plan | None, moving: int, *, is_priced: bool = True) -> None:
        from ortools.sat.python import cp_model

        self.cp_model: Any = cp_model
        self.active, self.previous, self.moving = active, previous, moving
        self.model: Any = cp_model.CpModel()
        problem, model = active.problem, self.model
        self.going: dict[tuple[int, int], Any] = {}
        self.sitting: dict[tuple[Zone, int, int], Any] = {}
        self.staying: dict[tuple[int, int, int], Any] = {}
        self.held: dict[Place, Any] = {place: model.new_bool_var("") for place in active.places}
        # What one office may send to a session at most keeps the counts small.
        away: dict[tuple[int, int], list[Any]] = defaultdict(list)
        in_zone: dict[tuple[Zone, int], list[Any]] = defaultdict(list)
        for group in problem.groups:
            most = min(group.size, active.most_away.get(group.office, group.size))
            for slot in active.days[group.office]:
                variable = model.new_int_var(0, most, "")
                self.going[group.key, slot] = variable
                in_zone[active.zone[group.office], slot].append(variable)
                away[group.office, slot].append(variable)
                second = active.second_office(group)
                if second is not None and second != group.office:
                    away[second, slot].append(variable)
            model.add(sum(self.going[group.key, slot] for slot in active.days[group.office]) == group.size)
        for office, most in active.most_away.items():
            for moment in problem.moments:
                gone = [variable for slot in moment for variable in away[office, slot]]
                if gone:
                    model.add(sum(gone) <= most)
        self._seats(in_zone)
        self._posts()
        self.speaks: dict[tuple[int, Place], Any] = {}
        if active.needs_speaker:
            self._reporters()
        if previous is not None:
            self._stay(previous)
        self.price = self._price() if is_priced else None
        if self.price is not None:
            model.minimize(self.price)

    def _seats(self, in_zone: Mapping[tuple[Zone, int], list[Any]]) -> None:
        active, model = self.active, self.model
        seated: dict[Place, list[Any]] = defaultdict(list)
        for (zone, slot), people in in_zone.items():
            own = []
            for hall in active.halls[zone]:
                if (slot, hall) in self.held:
                    variable = model.new_int_var(0, min(active.room[hall], active.problem.people), "")
                    self.sitting[zone, slot, hall] = variable
                    own.append(variable)
                    seated[slot, hall].append(variable)
            model.add(sum(people) == sum(own))
        for place, held in self.held.items():
            if seated[place]:
                model.add(sum(seated[place]) <= active.room[place[1]] * held)
            else:
                model.add(held == 0)
        # Said once more in sum, so that a want of halls or reporters shows without looking at every office.
        model.add(sum(active.room[place[1]] * held for place, held in self.held.items()) >= active.problem.people)

    def _posts(self) -> None:
        for groups in self.active.apart:
            for one, other in combinations(groups, 2):
                for slot in self.active.days[self.active.problem.group_of[one].office]:
                    for there in self.active.problem.overlapping[slot]:
                        if (one, slot) in self.going and (other, there) in self.going:
                            self.model.add(self.going[one, slot] + self.going[other, there] <= 1)

    def _reporters(self) -> None:
        active, model = self.active, self.model
        self.speaks = _speaking(active, model, active.places, {})
        by_place: dict[Place, list[Any]] = defaultdict(list)
        for (_key, place), variable in self.speaks.items():
            by_place[place].append(variable)
        for place, held in self.held.items():
            model.add(sum(by_place[place]) == held)
        for key in active.with_posts:
            group = active.problem.group_of[key]
            if group.speaker is None:
                continue
            for slot in active.days[group.office]:
                at_once = active.problem.overlapping[slot]
                own = [v for (who, place), v in self.speaks.items() if who == group.speaker and place[0] in at_once]
                if own and (key, slot) in self.going:
                    model.add(sum(own) + self.going[key, slot] <= 1)

    def _stay(self, previous: Plan) -> None:
        active, model = self.active, self.model
        by_group: dict[tuple[int, int], list[Any]] = defaultdict(list)
        by_zone: dict[tuple[Zone, int, int], list[Any]] = defaultdict(list)
        for (key, slot, hall), count in previous.seats.items():
            if (key, slot) not in self.going or not count:
                continue
            zone = active.zone[active.problem.group_of[key].office]
            if (zone, slot, hall) in self.sitting:
                variable = model.new_int_var(0, min(count, active.problem.group_of[key].size), "")
                self.staying[key, slot, hall] = variable
                by_group[key, slot].append(variable)
                by_zone[zone, slot, hall].append(variable)
        for where, own in by_group.items():
            model.add(sum(own) <= self.going[where])
        for seat, own in by_zone.items():
            model.add(sum(own) <= self.sitting[seat])

    def _price(self) -> Any:
        active, problem = self.active, self.active.problem
        weights = problem.weights
        terms: list[Any] = [
            variable * way for (zone, slot, hall), variable in self.sitting.items() if (way := active.halls[zone][hall])
        ]
        terms += [
            variable * wish
            for (key, slot), variable in self.going.items()
            if (wish := active.wish(problem.group_of[key].office, slot))
        ]
        terms += [held * weights.held_class for held in self.held.values()]
        if self.previous is not None:
            terms += [-self.moving * variable for variable in self.staying.values()]
            terms.append(self.moving * problem.people)
            for place, before in self.previous.speakers.items():
                if before in problem.speaker_of and place in self.held and self.speaks:
                    terms.append(weights.other_speaker * self.held[place])
                    if (before, place) in self.speaks:
                        terms.append(-weights.other_speaker * self.speaks[before, place])
        return sum(terms)

    def hint(self, plan: Plan) -> None:
        """Tell the solver a whole plan to begin with: without one it was worse after two minutes than with one after one."""
        problem = self.active.problem
        going: dict[tuple[int, int], int] = defaultdict(int)
        sitting: dict[tuple[Zone, int, int], int] = defaultdict(int)
        for (key, slot, hall), count in plan.seats.items():
            going[key, slot] += count
            sitting[self.active.zone[problem.group_of[key].office], slot, hall] += count
        filled = plan.filled()
        for where, variable in self.going.items():
            self.model.add_hint(variable, going[where])
        for seat, variable in self.sitting.items():
            self.model.add_hint(variable, sitting[seat])
        for place, held in self.held.items():
            self.model.add_hint(held, int(filled.get(place, 0) > 0))
        for (speaker, place), variable in self.speaks.items():
            self.model.add_hint(variable, int(filled.get(place, 0) > 0 and plan.speakers.get(place) == speaker))
        for (key, slot, hall), variable in self.staying.items():
            before = self.previous.seats.get((key, slot, hall), 0) if self.previous is not None else 0
            self.model.add_hint(variable, min(before, plan.seats.get((key, slot, hall), 0)))

    def search(
        self, seconds: float, bound: int, began: float, tell: Told | None, first: Plan | None
    ) -> tuple[Plan | None, bool, int]:
        """Search for so long; returns the best plan, whether there is none at all (proved), and the bound."""
        cp_model = self.cp_model
        solver = _solver(cp_model, seconds)
        solver.parameters.relative_gap_limit = GOOD_ENOUGH
        watch = _watch(cp_model, self)
        ended: list[Any] = []
        thread = threading.Thread(target=lambda: ended.append(solver.solve(self.model, watch)), daemon=True)
        thread.start()
        heard = 0
        while thread.is_alive():
            thread.join(_LOOK)
            if tell is None and self.price is not None and watch.cost and _near(watch.cost, max(bound, watch.bound)):
                solver.stop_search()
            if tell is not None and thread.is_alive():
                news = watch.found if watch.number != heard else None
                heard = watch.number
                plan = self.plan_of(news) if news is not None else None
                cost = watch.cost
                known = max(bound, watch.bound)
                going_on = tell(Progress(time.monotonic() - began, plan, cost, min(known, cost) if cost else known))
                if not going_on or (cost and _near(cost, known)):
                    solver.stop_search()
        status = ended[0] if ended else cp_model.UNKNOWN
        if status == cp_model.INFEASIBLE:
            return None, True, bound
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None, False, bound
        better = int(solver.best_objective_bound) if self.price is not None else bound
        return self.plan_of(solver.value), False, max(bound, better)

    def plan_of(self, value: Callable[[Any], int]) -> Plan:
        """The plan of a solution; whoever may stay does."""
        group_slot = {where: count for where, variable in self.going.items() if (count := value(variable))}
        left = {seat: count for seat, variable in self.sitting.items() if (count := value(variable))}
        seats: dict[tuple[int, int, int], int] = defaultdict(int)
        for (key, slot, hall), variable in self.staying.items():
            count = value(variable)
            if count:
                seats[key, slot, hall] += count
                group_slot[key, slot] -= count
                left[self.active.zone[self.active.problem.group_of[key].office], slot, hall] -= count
        for seat, count in seats_of(self.active, group_slot, left, {}).items():
            seats[seat] += count
        held = {(slot, hall) for (_key, slot, hall), count in seats.items() if count}
        speakers: dict[Place, int | None] = dict.fromkeys(sorted(held))
        for (speaker, place), variable in self.speaks.items():
            if place in held and value(variable):
                speakers[place] = speaker
        return Plan({seat: count for seat, count in seats.items() if count}, speakers)


def _watch(cp_model: Any, made: _Model) -> Any:
    """What the solver calls with each better solution: it keeps the values, so that others may read them meanwhile."""

    class Watch(cp_model.CpSolverSolutionCallback):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.number = 0
            self.cost = 0
            self.bound = 0
            self.found: Callable[[Any], int] | None = None

        def on_solution_callback(self) -> None:
            variables = [
                *made.going.values(), *made.sitting.values(), *made.staying.values(), *made.speaks.values(),
            ]  # fmt: skip
            values = {variable.index: self.value(variable) for variable in variables}
            self.found = lambda variable: values[variable.index]
            self.cost = int(self.objective_value) if made.price is not None else 0
            self.bound = int(self.best_objective_bound) if made.price is not None else 0
            self.number += 1

    return Watch()
