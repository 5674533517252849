"""Who sits on which seat of a hall: leaders in front by rank, units together, and of what stands as few as can be moved.

Not to be mixed up with `rules.seating`, which spreads cells over venues; here everybody already has a venue.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quantriet.classes.rules.halls import Layout, Spot

NO_RANK = 1000


@dataclass(frozen=True)
class Sitter:
    """Somebody to be seated. `rank` is that of the highest post (1 first in protocol); leaders sit in front of all units."""

    entry_id: int
    unit_id: int
    unit_path: str
    rank: int
    name_key: str
    is_leader: bool = False

    @property
    def order(self) -> tuple[int, str, int]:
        return (self.rank, self.name_key, self.entry_id)


@dataclass(frozen=True)
class Seated:
    """Where everybody sits now; who has no seat; whom the change moved from another seat."""

    places: Mapping[int, Spot]
    without: tuple[int, ...]
    moved: tuple[int, ...]


def same_blocks(old: Layout, new: Layout) -> bool:
    """Whether the number of a block of the new layout stands for the same block as before.

    Seats that go out of use, or come back, leave a block what it is. No seat of both may have another number, and each block
    that is there shares a seat with the old one of its number.
    """
    stay = old.known & new.known
    shared = {new.block_of[spot] for spot in stay}
    return all(old.block_of[spot] == new.block_of[spot] for spot in stay) and all(
        block.number in shared for block in new.blocks if block.number <= len(old.blocks)
    )


def seat(
    layout: Layout,
    people: Sequence[Sitter],
    *,
    now: Mapping[int, Spot] | None = None,
    free: frozenset[Spot] = frozenset(),
    blocks: Mapping[int, int] | None = None,
) -> Seated:
    """Give everybody a seat. The same people, hall and present seats always come to the same.

    `now` are the present seats by roster line: who sits on a seat that still holds keeps it, so that nobody is moved who
    need not be. `free` are seats kept free; `blocks` keeps a block for a unit, where nobody of another unit is put (leaders
    sit in front whoever has the block). Units that have nobody seated yet are put together, into the foremost
    block that holds them; who comes later sits next to the own unit.
    """
    kept_for = dict(blocks or {})
    open_spots = [spot for block in layout.blocks for spot in block.spots if spot not in free]
    usable = set(open_spots)
    places: dict[int, Spot] = {}
    taken: set[Spot] = set()
    for person in sorted(people, key=lambda one: one.entry_id):
        spot = (now or {}).get(person.entry_id)
        if spot is None or spot not in usable or spot in taken:
            continue
        owner = kept_for.get(layout.block_of[spot])
        if owner is not None and owner != person.unit_id and not person.is_leader:
            continue
        places[person.entry_id] = spot
        taken.add(spot)
    waiting = [person for person in people if person.entry_id not in places]
    left = [spot for spot in open_spots if spot not in taken]
    _seat_leaders(layout, [one for one in waiting if one.is_leader], left, places)
    _seat_units(layout, people, [one for one in waiting if not one.is_leader], left, places, kept_for)
    without = tuple(sorted(one.entry_id for one in people if one.entry_id not in places))
    moved = tuple(sorted(key for key, spot in places.items() if now and now.get(key) is not None and now[key] != spot))
    return Seated(places, without, moved)


def _seat_leaders(layout: Layout, leaders: Sequence[Sitter], left: list[Spot], places: dict[int, Spot]) -> None:
    """The highest nearest to the stage and to the middle of its line."""
    middle = _from_middle(layout)
    order = sorted(left, key=lambda spot: (layout.depth[spot], middle[spot], spot.number, spot.row))
    for person, spot in zip(sorted(leaders, key=lambda one: one.order), order, strict=False):
        places[person.entry_id] = spot
        left.remove(spot)


def _from_middle(layout: Layout) -> dict[Spot, float]:
    lines: dict[int, list[Spot]] = defaultdict(list)
    for spot in layout.spots:
        lines[layout.depth[spot]].append(spot)
    found: dict[Spot, float] = {}
    for line in lines.values():
        for place, spot in enumerate(line):
            found[spot] = abs(place - (len(line) - 1) / 2)
    return found


def _seat_units(
    layout: Layout,
    people: Sequence[Sitter],
    waiting: Sequence[Sitter],
    left: list[Spot],
    places: dict[int, Spot],
    kept_for: Mapping[int, int],
) -> None:
    place_of = {spot: place for place, spot in enumerate(spot for block in layout.blocks for spot in block.spots)}
    free: dict[int, list[Spot]] = {block.number: [] for block in layout.blocks}
    for spot in left:
        free[layout.block_of[spot]].append(spot)
    seated: dict[int, list[Spot]] = defaultdict(list)
    for person in people:
        if person.entry_id in places and not person.is_leader:
            seated[person.unit_id].append(places[person.entry_id])
    units: dict[int, list[Sitter]] = defaultdict(list)
    for person in waiting:
        units[person.unit_id].append(person)
    # Units with a block of their own come first, then the others in the order of the tree.
    own = set(kept_for.values())
    for unit_id, group in sorted(units.items(), key=lambda one: (one[0] not in own, one[1][0].unit_path, one[0])):
        group.sort(key=lambda one: one.order)
        for person in list(group):
            if not seated[unit_id]:
                break
            beside = _nearest(free, seated[unit_id], place_of, layout, kept_for, unit_id)
            if beside is None:
                break
            _sit(person, beside, free, layout, places)
            seated[unit_id].append(beside)
            group.remove(person)
        while group:
            block = _best_block(layout, free, len(group), kept_for, unit_id)
            if block is None:
                break
            for spot in list(free[block])[: len(group)]:
                _sit(group.pop(0), spot, free, layout, places)


def _sit(person: Sitter, spot: Spot, free: dict[int, list[Spot]], layout: Layout, places: dict[int, Spot]) -> None:
    places[person.entry_id] = spot
    free[layout.block_of[spot]].remove(spot)


def _may(kept_for: Mapping[int, int], block: int, unit_id: int) -> bool:
    return kept_for.get(block, unit_id) == unit_id


def _nearest(
    free: Mapping[int, Sequence[Spot]],
    beside: Sequence[Spot],
    place_of: Mapping[Spot, int],
    layout: Layout,
    kept_for: Mapping[int, int],
    unit_id: int,
) -> Spot | None:
    """The free seat nearest to the unit's own, in its own blocks before any other."""
    home = Counter(layout.block_of[spot] for spot in beside)
    steps = sorted(place_of[spot] for spot in beside)
    best: tuple[int, int, int] | None = None
    found: Spot | None = None
    for block, spots in free.items():
        if not spots or not _may(kept_for, block, unit_id):
            continue
        for spot in spots:
            here = place_of[spot]
            rank = (-home[block], min(abs(here - step) for step in steps), here)
            if best is None or rank < best:
                best, found = rank, spot
    return found


def _best_block(
    layout: Layout, free: Mapping[int, Sequence[Spot]], size: int, kept_for: Mapping[int, int], unit_id: int
) -> int | None:
    """The unit's own block; else the foremost that holds the whole unit, of blocks alike the one it fills best; else the one
    with most seats free."""
    allowed = [block.number for block in layout.blocks if free[block.number] and _may(kept_for, block.number, unit_id)]
    if not allowed:
        return None
    front = {block.number: layout.depth[block.spots[0]] for block in layout.blocks}
    return min(
        allowed,
        key=lambda block: (
            kept_for.get(block) != unit_id,
            len(free[block]) < size,
            front[block] if len(free[block]) >= size else 0,
            len(free[block]) - size if len(free[block]) >= size else -len(free[block]),
            block,
        ),
    )


def conflicts_in_units(layout: Layout, people: Sequence[Sitter], places: Mapping[int, Spot]) -> dict[int, int]:
    """Of units that would fit into one block: over how many blocks they are spread, where that is more than one."""
    largest = max((len(block.spots) for block in layout.blocks), default=0)
    blocks: dict[int, set[int]] = defaultdict(set)
    sizes: Counter[int] = Counter()
    for person in people:
        spot = places.get(person.entry_id)
        if spot is None or person.is_leader or spot not in layout.block_of:
            continue
        sizes[person.unit_id] += 1
        blocks[person.unit_id].add(layout.block_of[spot])
    return {unit: len(found) for unit, found in blocks.items() if len(found) > 1 and sizes[unit] <= largest}
