"""What is wrong with a plan, in words: one answer for the solver's plans, hand-edited ones and before confirmation."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations

from quantriet.classes.rules.planning.problem import Active, Place, Plan, Problem
from quantriet.classes.vocab import PlanDemandKind
from quantriet.kit.numbers import show_number


@dataclass(frozen=True)
class Conflict:
    """One thing a plan breaks: which demand, in one sentence, and the classes it shows in."""

    kind: PlanDemandKind
    sentence: str
    places: tuple[Place, ...] = ()
    office: int | None = None


def conflicts(problem: Problem, plan: Plan) -> list[Conflict]:
    """Everything a plan breaks, in the order of the days. None means that it may be confirmed."""
    active = Active(problem, problem.demands)
    found = [*_halls(active, plan), *_offices(active, plan), *_posts(active, plan), *_speakers(active, plan)]
    order = {slot.key: number for number, slot in enumerate(problem.slots)}
    return sorted(found, key=lambda one: order[one.places[0][0]] if one.places else -1)


def _class_words(problem: Problem, place: Place) -> str:
    return f"{problem.hall_of[place[1]].name}, {problem.slot_of[place[0]].words}"


def _halls(active: Active, plan: Plan) -> list[Conflict]:
    problem, found = active.problem, []
    open_places = set(active.places)
    for place, people in plan.filled().items():
        if people > active.room[place[1]]:
            capacity = active.room[place[1]]
            found.append(
                Conflict(
                    PlanDemandKind.SEATS,
                    f"{_class_words(problem, place)}: {show_number(people)} người, chỉ có {show_number(capacity)} chỗ "
                    f"(thừa {show_number(people - capacity)}).",
                    (place,),
                )
            )
        if place not in open_places:
            found.append(
                Conflict(
                    PlanDemandKind.HALL_OFF, f"{_class_words(problem, place)}: hội trường không dùng được.", (place,)
                )
            )
    return found


def _offices(active: Active, plan: Plan) -> list[Conflict]:
    problem, found = active.problem, []
    placed: dict[int, int] = defaultdict(int)
    away: dict[tuple[int, int], int] = defaultdict(int)  # office and slot
    where: dict[tuple[int, int], set[Place]] = defaultdict(set)
    for (key, slot, hall), count in plan.seats.items():
        if not count:
            continue
        group = problem.group_of[key]
        placed[key] += count
        for office in {group.office, active.second_office(group)} - {None}:
            assert office is not None
            away[office, slot] += count
            where[office, slot].add((slot, hall))
        name, place = problem.office_of[group.office].name, (slot, hall)
        if slot not in active.days[group.office]:
            said = f"{name} không đi học được {problem.slot_of[slot].words}, đang xếp {show_number(count)} người."
            found.append(Conflict(PlanDemandKind.OFF, said, (place,), group.office))
        zone = active.zone[group.office]
        if hall not in active.halls[zone]:
            way = problem.way(zone[0], problem.hall_of[hall].place)
            said = f"{name} đến {problem.hall_of[hall].name} mất {show_number(way)} phút, quá mức {show_number(zone[1] or 0)} phút."
            found.append(Conflict(PlanDemandKind.TRAVEL, said, (place,), group.office))
    missing: dict[int, int] = defaultdict(int)
    for group in problem.groups:
        left = group.size - placed[group.key]
        if group.name and left > 0:  # somebody whom a demand names
            said = f"Đồng chí {group.name} ({problem.office_of[group.office].name}) chưa có lớp."
            found.append(Conflict(PlanDemandKind.EVERYBODY, said, (), group.office))
        else:
            missing[group.office] += left
    for office, count in missing.items():
        if count:
            name = problem.office_of[office].name
            said = (
                f"{name} còn {show_number(count)} người chưa có lớp."
                if count > 0
                else f"{name} được xếp thừa {show_number(-count)} người so với danh sách."
            )
            found.append(Conflict(PlanDemandKind.EVERYBODY, said, (), office))
    for office, most in active.most_away.items():
        for moment in problem.moments:
            gone = sum(away[office, slot] for slot in moment)
            if gone > most:
                strength = problem.office_of[office].strength
                places = tuple(sorted({place for slot in moment for place in where[office, slot]}))
                said = (
                    f"{problem.office_of[office].name}, {problem.slot_of[min(moment)].words}: đi học {show_number(gone)}/"
                    f"{show_number(strength)} người, nhiều nhất được {show_number(most)} để còn đủ người trực."
                )
                found.append(Conflict(PlanDemandKind.DUTY, said, places, office))
    return found


def _posts(active: Active, plan: Plan) -> list[Conflict]:
    problem, found = active.problem, []
    seats: dict[int, list[Place]] = defaultdict(list)
    for (key, slot, hall), count in plan.seats.items():
        if count:
            seats[key].append((slot, hall))
    speaks: dict[int, list[Place]] = defaultdict(list)
    for place, speaker in plan.speakers.items():
        if speaker is not None:
            speaks[speaker].append(place)
    for key in sorted(active.with_posts):
        group = problem.group_of[key]
        for place in seats[key]:
            for spoken in speaks.get(group.speaker or -1, ()):
                if spoken[0] in problem.overlapping[place[0]]:
                    said = f"Đồng chí {group.name} vừa nghe giảng ở {_class_words(problem, place)}, vừa báo cáo ở {_class_words(problem, spoken)}."
                    found.append(Conflict(PlanDemandKind.TWO_POSTS, said, (place, spoken), group.office))
    for groups in active.apart:
        for one, other in combinations(groups, 2):
            for here in seats[one]:
                for there in seats[other]:
                    if there[0] in problem.overlapping[here[0]]:
                        names = f"{problem.group_of[one].name} và {problem.group_of[other].name}"
                        office = problem.group_of[one].office
                        said = f"Đồng chí {names} cùng là lãnh đạo của {problem.office_of[office].name}, cùng đi học {problem.slot_of[here[0]].words}."
                        found.append(Conflict(PlanDemandKind.APART, said, (here, there), office))
    return found


def _speakers(active: Active, plan: Plan) -> list[Conflict]:
    problem, found = active.problem, []
    held = {place for place, people in plan.filled().items() if people}
    speaks: dict[int, list[Place]] = defaultdict(list)
    for place in sorted(held):
        speaker = plan.speakers.get(place)
        if speaker is not None and speaker in problem.speaker_of:
            speaks[speaker].append(place)
        elif active.needs_speaker:
            found.append(
                Conflict(PlanDemandKind.SPEAKER, f"{_class_words(problem, place)}: chưa có báo cáo viên.", (place,))
            )
    for key, places in speaks.items():
        name = problem.speaker_of[key].name
        for place in places:
            if place[0] in active.speaker_off[key]:
                said = f"Báo cáo viên {name} bận {problem.slot_of[place[0]].words}."
                found.append(Conflict(PlanDemandKind.SPEAKER_OFF, said, (place,)))
        most = active.load.get(key)
        if most is not None and len(places) > most:
            said = (
                f"Báo cáo viên {name} được xếp {show_number(len(places))} lớp, nhận nhiều nhất {show_number(most)} lớp."
            )
            found.append(Conflict(PlanDemandKind.SPEAKER_LOAD, said, tuple(places)))
        for one, other in combinations(places, 2):
            if other[0] in problem.overlapping[one[0]]:
                said = f"Báo cáo viên {name} cùng lúc ở {_class_words(problem, one)} và {_class_words(problem, other)}."
                found.append(Conflict(PlanDemandKind.SPEAKER, said, (one, other)))
            elif active.minds_way and problem.too_far_apart(one, other):
                way = problem.way(problem.hall_of[one[1]].place, problem.hall_of[other[1]].place)
                said = (
                    f"Báo cáo viên {name} không kịp đi từ {_class_words(problem, one)} đến {_class_words(problem, other)} "
                    f"({show_number(way)} phút đường)."
                )
                found.append(Conflict(PlanDemandKind.SPEAKER_WAY, said, (one, other)))
    return found


def moved_people(plan: Plan, previous: Plan) -> int:
    """How many people are no longer where the previous plan had them; who was nowhere has not moved."""
    before: dict[int, int] = defaultdict(int)
    kept: dict[int, int] = defaultdict(int)
    total: dict[int, int] = defaultdict(int)
    for (group, slot, hall), count in plan.seats.items():
        total[group] += count
        kept[group] += min(count, previous.seats.get((group, slot, hall), 0))
    for (group, _slot, _hall), count in previous.seats.items():
        before[group] += count
    return sum(max(0, min(before[group], count) - kept[group]) for group, count in total.items())


def cost_of(problem: Problem, plan: Plan, previous: Plan | None = None) -> int:
    """What a plan costs in points: ways, days against a wish, classes held, reporters who change."""
    active, weights = Active(problem, ()), problem.weights
    cost = 0
    for (key, slot, hall), count in plan.seats.items():
        group = problem.group_of[key]
        way = problem.way(problem.office_of[group.office].place, problem.hall_of[hall].place)
        cost += count * (way + active.wish(group.office, slot))
    held = [place for place, people in plan.filled().items() if people]
    cost += weights.held_class * len(held)
    if previous is not None:
        for place in held:
            before = previous.speakers.get(place)
            if before is not None and before in problem.speaker_of and before != plan.speakers.get(place):
                cost += weights.other_speaker
    return cost
