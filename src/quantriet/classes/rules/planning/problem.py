"""A timetable as counts: people of one cell with the same constraints are one number, never one variable each."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from quantriet.classes.vocab import PlanDemandKind
from quantriet.kit.numbers import show_number

Place = tuple[int, int]  # keys of a slot and of a hall: one class
Sitting = tuple[int, int, int]  # keys of a group, a slot and a hall


@dataclass(frozen=True)
class Slot:
    """A session in which classes may be held; `words` as people say it: "buổi sáng 07/12/2026"."""

    key: int
    words: str
    starts_at: dt.datetime
    ends_at: dt.datetime

    def overlaps(self, other: Slot) -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True)
class Hall:
    key: int
    name: str
    capacity: int
    place: str = ""


@dataclass(frozen=True)
class Speaker:
    """A reporter; each class has one."""

    key: int
    name: str


@dataclass(frozen=True)
class Office:
    """A cell or office that sends people: its strength counts everybody on its list, also those who do not study now."""

    key: int
    name: str
    strength: int
    place: str = ""
    preferred: frozenset[int] = frozenset()  # slots it would rather have; none means that all are alike


@dataclass(frozen=True)
class Group:
    """People of one office with the same constraints; a person with a second post or a part to play is a group of one."""

    key: int
    office: int
    size: int
    name: str = ""
    second_office: int | None = None
    speaker: int | None = None


@dataclass(frozen=True)
class Demand:
    """One hard demand with its figures and its basis. Which fields it uses depends on its kind; `sentence` shows them."""

    kind: PlanDemandKind
    office: int | None = None
    hall: int | None = None
    speaker: int | None = None
    groups: tuple[int, ...] = ()
    slots: frozenset[int] = frozenset()
    amount: int = 0  # per cent, minutes or classes
    words: str = ""  # the day, as people write it
    basis: str = ""


@dataclass(frozen=True)
class Weights:
    """What a plan costs, in points: a minute on the way of one person is one."""

    wrong_day: int = 30  # one person studies on a day the cell did not wish for
    held_class: int = 200  # one more class is held
    other_speaker: int = 20  # a class of the previous plan gets another reporter


@dataclass(frozen=True)
class Plan:
    """Who goes where, in counts, and who speaks. A class without a reporter has None."""

    seats: Mapping[Sitting, int] = field(default_factory=dict)
    speakers: Mapping[Place, int | None] = field(default_factory=dict)

    def filled(self) -> dict[Place, int]:
        """People in each class."""
        found: dict[Place, int] = defaultdict(int)
        for (_group, slot, hall), count in self.seats.items():
            found[slot, hall] += count
        return dict(found)


@dataclass(frozen=True)
class Problem:
    """Everything a plan is judged by."""

    slots: tuple[Slot, ...]
    halls: tuple[Hall, ...]
    speakers: tuple[Speaker, ...]
    offices: tuple[Office, ...]
    groups: tuple[Group, ...]
    demands: tuple[Demand, ...]
    minutes: Mapping[tuple[str, str], int] = field(default_factory=dict)  # between two places, either way round
    usual_minutes: int = 0  # between two different places of which nothing is said
    weights: Weights = Weights()

    @cached_property
    def slot_of(self) -> dict[int, Slot]:
        return {one.key: one for one in self.slots}

    @cached_property
    def hall_of(self) -> dict[int, Hall]:
        return {one.key: one for one in self.halls}

    @cached_property
    def speaker_of(self) -> dict[int, Speaker]:
        return {one.key: one for one in self.speakers}

    @cached_property
    def office_of(self) -> dict[int, Office]:
        return {one.key: one for one in self.offices}

    @cached_property
    def group_of(self) -> dict[int, Group]:
        return {one.key: one for one in self.groups}

    @cached_property
    def people(self) -> int:
        return sum(group.size for group in self.groups)

    @cached_property
    def overlapping(self) -> dict[int, frozenset[int]]:
        """For each slot the slots at the same time, itself among them."""
        return {
            one.key: frozenset(other.key for other in self.slots if other.key == one.key or one.overlaps(other))
            for one in self.slots
        }

    @cached_property
    def moments(self) -> list[frozenset[int]]:
        """The sets of slots that go on at one moment, the largest only: nobody is in two slots of one set."""
        starts = sorted({slot.starts_at for slot in self.slots})
        sets = {frozenset(slot.key for slot in self.slots if slot.starts_at <= at < slot.ends_at) for at in starts}
        return sorted((one for one in sets if not any(one < other for other in sets)), key=min)

    def way(self, here: str, there: str) -> int:
        """Minutes between two places; nothing is known of a place that is not said."""
        if here == there or not here or not there:
            return 0
        found = self.minutes.get((here, there), self.minutes.get((there, here)))
        return self.usual_minutes if found is None else found

    def too_far_apart(self, one: Place, other: Place) -> bool:
        """Whether nobody can be in both of these classes: at the same time, or not enough time for the way between."""
        first, second = sorted((self.slot_of[one[0]], self.slot_of[other[0]]), key=lambda slot: slot.starts_at)
        if first.key == second.key or first.overlaps(second):
            return True
        between = (second.starts_at - first.ends_at).total_seconds() / 60
        return between < self.way(self.hall_of[one[1]].place, self.hall_of[other[1]].place)

    def sentence(self, demand: Demand) -> str:
        """A demand with its figures and its basis, as it is told to people."""
        said = self._said(demand)
        return f"{said}, theo {demand.basis}." if demand.basis else f"{said}."

    def _said(self, demand: Demand) -> str:
        kind = demand.kind
        office = self.office_of.get(demand.office) if demand.office is not None else None
        hall = self.hall_of.get(demand.hall) if demand.hall is not None else None
        speaker = self.speaker_of.get(demand.speaker) if demand.speaker is not None else None
        if kind == PlanDemandKind.SEATS and hall:
            return f"{hall.name} chứa nhiều nhất {show_number(hall.capacity)} người một buổi"
        if kind == PlanDemandKind.HALL_OFF and hall:
            return f"{hall.name} không dùng được ngày {demand.words}"
        if kind == PlanDemandKind.DUTY and office:
            stay = least_on_duty(office.strength, demand.amount)
            return (
                f"{office.name} luôn giữ ít nhất {demand.amount}% trực ({show_number(stay)}/{show_number(office.strength)} người), "
                f"nên mỗi buổi đi học nhiều nhất {show_number(office.strength - stay)} người"
            )
        if kind == PlanDemandKind.OFF and office:
            return f"{office.name} không đi học được ngày {demand.words}"
        if kind == PlanDemandKind.TRAVEL and office:
            return f"Người của {office.name} đi đến hội trường không quá {show_number(demand.amount)} phút"
        if kind == PlanDemandKind.TWO_POSTS:
            group = self.group_of[demand.groups[0]]
            said = []
            if group.second_office is not None and group.second_office in self.office_of:
                said.append(f"đi học thì cũng vắng ở {self.office_of[group.second_office].name}")
            if group.speaker is not None:
                said.append("không nghe giảng ở buổi mình báo cáo")
            return f"Đồng chí {group.name} giữ hai việc: {' và '.join(said)}"
        if kind == PlanDemandKind.APART and office:
            names = ", ".join(self.group_of[key].name for key in demand.groups)
            return f"Lãnh đạo của {office.name} ({names}) không đi học cùng một buổi"
        if kind == PlanDemandKind.SPEAKER_OFF and speaker:
            return f"Báo cáo viên {speaker.name} bận ngày {demand.words}"
        if kind == PlanDemandKind.SPEAKER_LOAD and speaker:
            return f"Báo cáo viên {speaker.name} nhận nhiều nhất {show_number(demand.amount)} lớp"
        if kind == PlanDemandKind.SPEAKER_WAY:
            return "Báo cáo viên phải kịp đi từ hội trường này sang hội trường khác"
        return f"Mỗi lớp có một báo cáo viên; có {show_number(len(self.speakers))} báo cáo viên"


def least_on_duty(strength: int, percent: int) -> int:
    """How many stay when at least so many per cent do; a part of a person is a person."""
    return -(-strength * percent // 100)


class Active:
    """A problem under some of its demands only, cut to what the solvers ask: what may go where, and how many."""

    def __init__(self, problem: Problem, demands: Iterable[Demand]) -> None:
        self.problem = problem
        self.demands = tuple(demands)
        by_kind: dict[PlanDemandKind, list[Demand]] = defaultdict(list)
        for demand in self.demands:
            by_kind[demand.kind].append(demand)
        slots = [slot.key for slot in problem.slots]
        bounded = {demand.hall for demand in by_kind[PlanDemandKind.SEATS]}
        self.room = {hall.key: hall.capacity if hall.key in bounded else problem.people for hall in problem.halls}
        closed = {(slot, demand.hall) for demand in by_kind[PlanDemandKind.HALL_OFF] for slot in demand.slots}
        self.places: list[Place] = [
            (slot, hall.key) for slot in slots for hall in problem.halls if (slot, hall.key) not in closed
        ]
        self.most_away: dict[int, int] = {}
        for demand in by_kind[PlanDemandKind.DUTY]:
            office = problem.office_of[_key(demand.office)]
            away = office.strength - least_on_duty(office.strength, demand.amount)
            self.most_away[office.key] = min(away, self.most_away.get(office.key, away))
        off: dict[int, set[int]] = defaultdict(set)
        for demand in by_kind[PlanDemandKind.OFF]:
            off[_key(demand.office)] |= demand.slots
        limit: dict[int, int] = {}
        for demand in by_kind[PlanDemandKind.TRAVEL]:
            limit[_key(demand.office)] = min(demand.amount, limit.get(_key(demand.office), demand.amount))
        self.days = {office.key: [slot for slot in slots if slot not in off[office.key]] for office in problem.offices}
        # A zone: offices at one place with one limit; hall and way depend on nothing else.
        self.zone = {office.key: (office.place, limit.get(office.key)) for office in problem.offices}
        self.zones = sorted(set(self.zone.values()), key=lambda zone: (zone[0], zone[1] or 0))
        self.halls = {
            zone: {
                hall.key: way
                for hall in problem.halls
                if (way := problem.way(zone[0], hall.place)) <= (problem.people * 10**6 if zone[1] is None else zone[1])
            }
            for zone in self.zones
        }
        self.with_posts = {demand.groups[0] for demand in by_kind[PlanDemandKind.TWO_POSTS]}
        self.apart = [demand.groups for demand in by_kind[PlanDemandKind.APART]]
        self.needs_speaker = bool(by_kind[PlanDemandKind.SPEAKER])
        self.speaker_off: dict[int, set[int]] = defaultdict(set)
        for demand in by_kind[PlanDemandKind.SPEAKER_OFF]:
            self.speaker_off[_key(demand.speaker)] |= demand.slots
        self.load = {_key(demand.speaker): demand.amount for demand in by_kind[PlanDemandKind.SPEAKER_LOAD]}
        self.minds_way = bool(by_kind[PlanDemandKind.SPEAKER_WAY])

    @cached_property
    def most_classes(self) -> int:
        """How many classes the reporters can hold together at most, by their days and what they take on."""
        total = 0
        for speaker in self.problem.speakers:
            free = sum(1 for moment in self.problem.moments if moment - self.speaker_off[speaker.key])
            total += min(free, self.load.get(speaker.key, free))
        return total

    @property
    def is_flow(self) -> bool:
        """Whether a network holds all of it: then a flow's answer is the answer."""
        lone = all(len(one) == 1 for one in self.problem.moments)
        return not (self.needs_speaker or self.with_posts or self.apart) and (lone or not self.most_away)

    def second_office(self, group: Group) -> int | None:
        """The other office that misses the person, where that is demanded."""
        return group.second_office if group.key in self.with_posts else None

    def wish(self, office: int, slot: int) -> int:
        """Points one person costs by the day."""
        preferred = self.problem.office_of[office].preferred
        return self.problem.weights.wrong_day if preferred and slot not in preferred else 0

    def speakers_at(self, slot: int) -> list[int]:
        return [one.key for one in self.problem.speakers if slot not in self.speaker_off[one.key]]


def _key(value: int | None) -> int:
    assert value is not None, "a demand without what it is about"
    return value
