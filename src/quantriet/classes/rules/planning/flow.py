"""What a network can hold of a timetable: everybody's seat, the share on duty, days and ways. Exact, and fast.

    people of an office → its sessions (at most so many away) → sessions of its zone → halls (at most so many seats)

What it leaves out (reporters, two posts, leaders apart, whole classes) can only make a plan dearer, so that its cost bounds
every plan from below; a class costs here by the seat that is taken, which is less than what it costs when it is held.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from quantriet.classes.rules.planning.problem import Active, Demand, Place, Plan, Problem, Sitting
from quantriet.classes.vocab import PlanDemandKind

SCALE = 100  # parts of a point in the network, so that a class's price by the seat is not rounded away
Zone = tuple[str, int | None]


@dataclass(frozen=True)
class Flow:
    """The network's answer: how many found a seat and, when all did, the bound in points and the people by class."""

    placed: int
    people: int
    bound: int = 0
    seats: Mapping[Sitting, int] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        return self.placed == self.people


class _Network:
    """Nodes by name and arcs with room and price, as the library wants them."""

    def __init__(self) -> None:
        self.nodes: dict[object, int] = {}
        self.tails: list[int] = []
        self.heads: list[int] = []
        self.rooms: list[int] = []
        self.prices: list[int] = []

    def node(self, name: object) -> int:
        return self.nodes.setdefault(name, len(self.nodes))

    def arc(self, tail: object, head: object, room: int, price: int = 0) -> int:
        self.tails.append(self.node(tail))
        self.heads.append(self.node(head))
        self.rooms.append(room)
        self.prices.append(price)
        return len(self.tails) - 1


def flow_of(
    active: Active,
    *,
    places: Collection[Place] | None = None,
    fixed: Mapping[int, int] | None = None,
    previous: Plan | None = None,
    moving: int = 0,
) -> Flow:
    """Seat everybody as cheaply as a network can.

    `places` leaves only these classes open; `fixed` ties a group to a slot; with `previous`, everybody who is not where they
    were costs `moving` points.
    """
    problem, weights = active.problem, active.problem.weights
    network = _Network()
    entry: dict[int, tuple[int, int]] = {}  # arc → group and slot
    exits: dict[int, tuple[Zone, int, int]] = {}  # arc → zone, slot and hall
    kept: dict[int, tuple[int, int, int]] = {}  # arc → office, slot and hall
    away: dict[tuple[int, int], int] = defaultdict(
        int
    )  # those of other offices who are missed here, by office and slot
    for group in problem.groups:
        second = active.second_office(group)
        if second is not None and fixed and group.key in fixed:
            away[second, fixed[group.key]] += group.size
    used: set[tuple[int, int]] = set()
    for group in problem.groups:
        if not group.size:
            continue
        network.arc("source", ("group", group.key), group.size)
        for slot in active.days[group.office]:
            if fixed and fixed.get(group.key, slot) != slot:
                continue
            price = active.wish(group.office, slot) * SCALE
            entry[network.arc(("group", group.key), ("in", group.office, slot), group.size, price)] = (group.key, slot)
            used.add((group.office, slot))
    before: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    if previous is not None:
        sums: dict[tuple[int, int, int], int] = defaultdict(int)
        for (key, slot, hall), count in previous.seats.items():
            if key in problem.group_of:
                sums[problem.group_of[key].office, slot, hall] += count
        for (office, slot, hall), count in sums.items():
            before[office].append((slot, hall, count))
    open_places = set(active.places if places is None else places)
    for office, slot in sorted(used):
        most = active.most_away.get(office, problem.people) - away[office, slot]
        network.arc(("in", office, slot), ("out", office, slot), max(0, most))
        zone = active.zone[office]
        network.arc(("out", office, slot), ("zone", zone, slot), problem.people, moving * SCALE)
        for there, hall, count in before[office]:
            if there == slot and (slot, hall) in open_places and hall in active.halls[zone]:
                price = active.halls[zone][hall] * SCALE
                kept[network.arc(("out", office, slot), ("hall", slot, hall), count, price)] = (office, slot, hall)
    zones_used = {(active.zone[office], slot) for office, slot in used}
    for zone, slot in sorted(zones_used, key=str):
        for hall, way in active.halls[zone].items():
            if (slot, hall) in open_places:
                arc = network.arc(("zone", zone, slot), ("hall", slot, hall), problem.people, way * SCALE)
                exits[arc] = (zone, slot, hall)
    rooms_at: dict[int, list[int]] = defaultdict(list)
    for slot, hall in sorted(open_places):
        room = active.room[hall]
        rooms_at[slot].append(room)
        network.arc(("hall", slot, hall), ("slot", slot), room, weights.held_class * SCALE // room if room else 0)
    for slot, rooms in rooms_at.items():
        room = sum(rooms)
        if active.needs_speaker:  # no more classes at once than reporters who are free
            room = sum(sorted(rooms, reverse=True)[: len(active.speakers_at(slot))])
        network.arc(("slot", slot), "all", room)
    most = sum(sum(rooms) for rooms in rooms_at.values())
    if active.needs_speaker:  # nor more than reporters take on together
        every = sorted((room for rooms in rooms_at.values() for room in rooms), reverse=True)
        most = sum(every[: active.most_classes])
    network.arc("all", "sink", most)
    network.node("source")
    return _solved(active, network, entry, exits, kept)


def _solved(
    active: Active,
    network: _Network,
    entry: Mapping[int, tuple[int, int]],
    exits: Mapping[int, tuple[Zone, int, int]],
    kept: Mapping[int, tuple[int, int, int]],
) -> Flow:
    # The library takes a second to load and is wanted only where a plan is made.
    import numpy
    from ortools.graph.python import min_cost_flow

    people = active.problem.people
    cheap = min_cost_flow.SimpleMinCostFlow()
    cheap.add_arcs_with_capacity_and_unit_cost(
        numpy.array(network.tails), numpy.array(network.heads), numpy.array(network.rooms), numpy.array(network.prices)
    )
    cheap.set_node_supply(network.nodes["source"], people)
    cheap.set_node_supply(network.nodes["sink"], -people)
    cheap.solve_max_flow_with_min_cost()
    placed = cheap.maximum_flow()
    if placed < people:
        return Flow(placed, people)
    group_slot = {where: cheap.flow(arc) for arc, where in entry.items() if cheap.flow(arc)}
    zone_hall = {where: cheap.flow(arc) for arc, where in exits.items() if cheap.flow(arc)}
    office_hall = {where: cheap.flow(arc) for arc, where in kept.items() if cheap.flow(arc)}
    return Flow(placed, people, cheap.optimal_cost() // SCALE, seats_of(active, group_slot, zone_hall, office_hall))


def seats_of(
    active: Active,
    group_slot: Mapping[tuple[int, int], int],
    zone_hall: Mapping[tuple[Zone, int, int], int],
    office_hall: Mapping[tuple[int, int, int], int],
) -> dict[Sitting, int]:
    """People by group, slot and hall out of sums: first whoever stays where the office was, then office by office."""
    left = dict(zone_hall)
    seats: dict[Sitting, int] = defaultdict(int)
    still = dict(group_slot)
    by_office: dict[tuple[int, int], list[int]] = defaultdict(list)
    for key, slot in group_slot:
        by_office[active.problem.group_of[key].office, slot].append(key)
    for (office, slot, hall), count in office_hall.items():
        for key in by_office[office, slot]:
            taken = min(count, still[key, slot])
            if taken:
                seats[key, slot, hall] += taken
                still[key, slot] -= taken
                count -= taken
    halls: dict[tuple[Zone, int], list[int]] = defaultdict(list)
    for zone, slot, hall in left:
        halls[zone, slot].append(hall)
    # The largest offices first into the hall with most of their zone's seats, so that colleagues sit together.
    for (key, slot), count in sorted(still.items(), key=lambda one: (one[0][1], -one[1], one[0][0])):
        zone = active.zone[active.problem.group_of[key].office]
        while count:
            hall = max(halls[zone, slot], key=lambda one: left[zone, slot, one])
            taken = min(count, left[zone, slot, hall])
            seats[key, slot, hall] += taken
            left[zone, slot, hall] -= taken
            count -= taken
    return dict(seats)


class Seating:
    """How many people find a seat under some of a problem's demands: one network, of which only the room changes.

    Asked hundreds of times when a collision is looked for; what a network cannot hold is left out.
    """

    HOLDS = (
        PlanDemandKind.SEATS, PlanDemandKind.HALL_OFF, PlanDemandKind.DUTY, PlanDemandKind.OFF, PlanDemandKind.TRAVEL,
        PlanDemandKind.SPEAKER, PlanDemandKind.SPEAKER_OFF, PlanDemandKind.SPEAKER_LOAD,
    )  # fmt: skip

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        network = self.network = _Network()
        people: dict[int, int] = defaultdict(int)
        for group in problem.groups:
            people[group.office] += group.size
        self.coming: dict[int, list[tuple[int, int, int]]] = defaultdict(list)  # by slot: arc, office, its people
        self.leaving: list[tuple[int, int]] = []
        limits: dict[int, set[int]] = defaultdict(set)
        for demand in problem.demands:
            if demand.kind == PlanDemandKind.TRAVEL and demand.office is not None:
                limits[demand.office].add(demand.amount)
        self.by_zone: list[tuple[int, int, int | None]] = []  # arc, office, the limit under which it may be used
        zones: set[tuple[str, int | None]] = set()
        for office in problem.offices:
            if not people[office.key]:
                continue
            network.arc("source", ("office", office.key), people[office.key])
            for slot in problem.slots:
                arc = network.arc(("office", office.key), ("in", office.key, slot.key), people[office.key])
                self.coming[slot.key].append((arc, office.key, people[office.key]))
                self.leaving.append(
                    (network.arc(("in", office.key, slot.key), ("out", office.key, slot.key), 0), office.key)
                )
                for limit in (None, *sorted(limits[office.key])):
                    zones.add((office.place, limit))
                    arc = network.arc(("out", office.key, slot.key), ("zone", office.place, limit, slot.key), 0)
                    self.by_zone.append((arc, office.key, limit))
        for place, limit in sorted(zones, key=str):
            for hall in problem.halls:
                if limit is None or problem.way(place, hall.place) <= limit:
                    for slot in problem.slots:
                        network.arc(("zone", place, limit, slot.key), ("hall", slot.key, hall.key), problem.people)
        self.halls = {
            (slot.key, hall.key): network.arc(("hall", slot.key, hall.key), ("slot", slot.key), 0)
            for slot in problem.slots
            for hall in problem.halls
        }
        self.slots = {slot.key: network.arc(("slot", slot.key), "all", 0) for slot in problem.slots}
        self.all = network.arc("all", "sink", 0)
        network.node("source")

    def placed(self, demands: Iterable[Demand]) -> int:
        """How many of the people find a seat under these demands."""
        import numpy
        from ortools.graph.python import max_flow

        problem, network = self.problem, self.network
        active = Active(problem, demands)
        rooms = list(network.rooms)
        free = {office: set(days) for office, days in active.days.items()}
        for slot, arcs in self.coming.items():
            for arc, office, people in arcs:
                rooms[arc] = people if slot in free[office] else 0
        for arc, office in self.leaving:
            rooms[arc] = active.most_away.get(office, problem.people)
        for arc, office, limit in self.by_zone:
            rooms[arc] = problem.people if active.zone[office][1] == limit else 0
        open_places = set(active.places)
        at: dict[int, list[int]] = defaultdict(list)
        for place, arc in self.halls.items():
            rooms[arc] = active.room[place[1]] if place in open_places else 0
            at[place[0]].append(rooms[arc])
        for slot, arc in self.slots.items():
            most = len(active.speakers_at(slot)) if active.needs_speaker else len(at[slot])
            rooms[arc] = min(problem.people, sum(sorted(at[slot], reverse=True)[:most]))
        every = sorted((room for own in at.values() for room in own), reverse=True)
        most = active.most_classes if active.needs_speaker else len(every)
        rooms[self.all] = min(problem.people, sum(every[:most]))
        solver = max_flow.SimpleMaxFlow()
        solver.add_arcs_with_capacity(numpy.array(network.tails), numpy.array(network.heads), numpy.array(rooms))
        solver.solve(network.nodes["source"], network.nodes["sink"])
        return int(solver.optimal_flow())

    def holds(self, demands: Iterable[Demand]) -> bool:
        return self.placed(demands) == self.problem.people
