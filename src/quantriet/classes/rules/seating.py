"""Who sits where: whole cells together, near home first, never more than a hall holds (R-043, R-052)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Room:
    """A venue with its capacity and the seats still free; None is without limit."""

    key: int
    path: str
    capacity: int | None
    free: int | None


@dataclass(frozen=True)
class Group:
    """The people of one cell who are to be seated."""

    unit_id: int
    path: str
    size: int


@dataclass(frozen=True)
class Placing:
    """So many of a cell go to a room."""

    unit_id: int
    room: int
    count: int


def spread(groups: Iterable[Group], rooms: Sequence[Room]) -> list[Placing]:
    """Seat the cells, the largest first; a cell that fits nowhere whole is left out.

    A cell goes to a room of its own branch of the tree when there is one, the nearest first, and among equals to the room
    with most seats free. Only a cell larger than every hall is split, and what is over waits for the next class.
    """
    free = {room.key: room.free for room in rooms}
    by_path: dict[str, list[Room]] = defaultdict(list)
    for room in rooms:
        by_path[room.path].append(room)
    placed: list[Placing] = []
    for group in sorted(groups, key=lambda one: (-one.size, one.path)):
        own = [room for path in _branch(group.path) for room in by_path.get(path, ())] or list(rooms)
        ranked = sorted(own, key=lambda room: (-len(room.path), *_freest(free[room.key]), room.key))
        seat = next((room for room in ranked if _fits(group.size, free[room.key])), None)
        count = group.size
        if seat is None and ranked and all(not _fits(group.size, room.capacity) for room in ranked):
            seat = min(ranked, key=lambda room: (-(free[room.key] or 0), room.key))
            count = max(0, free[seat.key] or 0)
        if seat is None or not count:
            continue
        left = free[seat.key]
        free[seat.key] = None if left is None else left - count
        placed.append(Placing(group.unit_id, seat.key, count))
    return placed


def _branch(path: str) -> list[str]:
    """The paths of a unit and of all above it: "1.2." gives "1." and "1.2."."""
    return [path[: place + 1] for place, letter in enumerate(path) if letter == "."]


def _fits(size: int, seats: int | None) -> bool:
    return seats is None or size <= seats


def _freest(seats: int | None) -> tuple[int, int]:
    return (0, 0) if seats is None else (1, -seats)
