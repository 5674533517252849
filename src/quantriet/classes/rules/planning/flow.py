"""What a network can hold of a timetable: everybody's seat, the share on duty, days and ways. Exact, and fast.

    people of an office → its sessions (at most so many away) → sessions of its zone → halls (at most so many seats)

What it leaves out (reporters, two posts, leaders apart, whole classes) can only make a plan dearer, so that its cost bounds
every plan from below; a class costs here by the seat that is taken, which is less than what it costs when it is held.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from quantriet.classes.rules.planning.problem import Active, Place, Plan, Seat

SCALE = 100  # parts of a point in the network, so that a class's price by the seat is not rounded away
Zone = tuple[str, int | None]


@dataclass(frozen=True)
class Flow:
    """The network's answer: how many found a seat and, when all did, the bound in points and the people by class."""

    placed: int
    people: int
    bound: int = 0
    seats: Mapping[Seat, int] = field(default_factory=dict)

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
    only_feasible: bool = False,
) -> Flow:
    """Seat everybody as cheaply as a network can.

    `places` leaves only these classes open; `fixed` ties a group to a slot; with `previous`, everybody who is not where they
    were costs `moving` points. With `only_feasible` no price is asked: only how many find a seat.
    """
    problem, weights = active.problem, active.problem.weights
    network = _Network()
    entry: dict[int, tuple[int, int]] = {}  # arc → group and slot
    exits: dict[int, tuple[Zone, int, int]] = {}  # arc → zone, slot and hall
    kept: dict[int, tuple[int, int, int]] = {}  # arc → office, slot and hall
    away: dict[tuple[int, int], int] = defaultdict(int)  # those of other offices who are missed here, by office and slot
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
    return _solved(active, network, entry, exits, kept, only_feasible=only_feasible)


def _solved(
    active: Active,
    network: _Network,
    entry: Mapping[int, tuple[int, int]],
    exits: Mapping[int, tuple[Zone, int, int]],
    kept: Mapping[int, tuple[int, int, int]],
    *,
    only_feasible: bool,
) -> Flow:
    # The library takes a second to load and is wanted only where a plan is made.
    import numpy
    from ortools.graph.python import max_flow, min_cost_flow

    people = active.problem.people
    if only_feasible:
        solver = max_flow.SimpleMaxFlow()
        solver.add_arcs_with_capacity(
            numpy.array(network.tails), numpy.array(network.heads), numpy.array(network.rooms)
        )
        solver.solve(network.nodes["source"], network.nodes["sink"])
        return Flow(solver.optimal_flow(), people)
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
) -> dict[Seat, int]:
    """People by group, slot and hall out of sums: first whoever stays where the office was, then office by office."""
    left = dict(zone_hall)
    seats: dict[Seat, int] = defaultdict(int)
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
