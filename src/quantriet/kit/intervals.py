"""Arithmetic of time intervals: clip, unite, measure. Intervals are half-open pairs (start, end) of comparable moments."""

import datetime as dt
from collections.abc import Iterable

Interval = tuple[dt.datetime, dt.datetime]


def clip(interval: Interval, bounds: Interval) -> Interval | None:
    """The part of `interval` inside `bounds`, or None."""
    start, end = max(interval[0], bounds[0]), min(interval[1], bounds[1])
    return (start, end) if start < end else None


def unite(intervals: Iterable[Interval]) -> list[Interval]:
    """Sorted intervals without overlaps; touching ones are joined."""
    united: list[Interval] = []
    for start, end in sorted(one for one in intervals if one[0] < one[1]):
        if united and start <= united[-1][1]:
            united[-1] = (united[-1][0], max(united[-1][1], end))
        else:
            united.append((start, end))
    return united


def clipped_union(intervals: Iterable[Interval], bounds: Iterable[Interval]) -> list[Interval]:
    """What of `intervals` lies inside any of `bounds`, united."""
    windows = unite(bounds)
    return unite(part for one in intervals for window in windows if (part := clip(one, window)))


def seconds(intervals: Iterable[Interval]) -> int:
    """Whole seconds covered; overlaps must have been united."""
    return int(sum((end - start).total_seconds() for start, end in intervals))
