"""A hall with its seats, and a class whose people are seated in it: the next one that is held."""

from __future__ import annotations

import datetime as dt
import math

from quantriet.classes import actions as class_actions
from quantriet.classes import queries as class_queries
from quantriet.classes.models import Hall, SeatMap, StudyClass
from quantriet.classes.rules.halls import read_layout
from quantriet.classes.vocab import StageSide
from quantriet.org.models import Account

_ROW = "6 | 8 | 6"
_IN_ROW = 20
_MOST_ROWS = 90


def seat_people(study_class: StudyClass, *, by: Account, at: dt.datetime) -> None:
    """Seat the main venue of a released class in a hall that holds it, with two seats kept free; once in the demo data."""
    venue = study_class.venues.order_by("-is_main", "pk").first()
    if venue is None or SeatMap.objects.exists():
        return
    rows = max(8, math.ceil((venue.roster.count() + 12) / _IN_ROW))
    if rows > _MOST_ROWS:
        return
    half = rows // 2
    typed = f"1-{half}: {_ROW}\n\n{half + 1}-{rows}: {_ROW}   bỏ 1"
    hall = Hall.objects.filter(unit=study_class.unit).first() or class_actions.add_hall(
        study_class.unit, name=f"Hội trường {study_class.unit.short_name or study_class.unit.name}"[:160],
        layout=read_layout(typed, StageSide.TOP), by=by, at=at,
    )  # fmt: skip
    class_actions.choose_hall(venue, hall, by=by, at=at)
    seat_map = class_queries.seat_map_of(venue)
    if seat_map is None:
        return
    for code in ("1-1", "1-20"):
        class_actions.keep_free(seat_map, code, is_kept=True, by=by, at=at)
    class_actions.fill_seats(seat_map, by=by, at=at)
