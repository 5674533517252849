"""Reads of classes for whole pages and proofs; one module a subject, one door outside."""

from quantriet.classes.queries.calendars import person_calendar
from quantriet.classes.queries.listed import Preview, preview_list
from quantriet.classes.queries.overview import (
    class_rows,
    days_since_issue,
    notices_before,
    on_day,
    running_events,
)
from quantriet.classes.queries.placements import BranchPlacement, placed, placement, placement_by_branch, under
from quantriet.classes.queries.planning import (
    ClassLine,
    Loaded,
    SessionLine,
    cell_rows,
    counted_cells,
    demand_words,
    gap_percent,
    load_timetable,
    owing_in,
    plan_rows,
    session_lines,
    session_words,
    wish_lines,
)
from quantriet.classes.queries.programme import discussion_share, first_day, items_of, planned_seconds, timetable_of
from quantriet.classes.queries.release import clashes, is_marked, may_lead, posts_in_words, posts_on, release_checks
from quantriet.classes.queries.rosters import Standing, exempt_beside, find_people, roster, standing_of
from quantriet.classes.queries.seats import VenueSeats, capacity, seated
from quantriet.classes.queries.summons import (
    ZALO_INVITATION,
    ZALO_WORDS,
    SummonsLetter,
    link_of,
    on_paper,
    summons_counts,
)
from quantriet.classes.queries.wishes import WishLine, WishList, read_wishes

__all__ = [
    "ZALO_INVITATION",
    "ZALO_WORDS",
    "BranchPlacement",
    "ClassLine",
    "Loaded",
    "Preview",
    "SessionLine",
    "Standing",
    "SummonsLetter",
    "VenueSeats",
    "WishLine",
    "WishList",
    "capacity",
    "cell_rows",
    "clashes",
    "class_rows",
    "counted_cells",
    "days_since_issue",
    "demand_words",
    "discussion_share",
    "exempt_beside",
    "find_people",
    "first_day",
    "gap_percent",
    "is_marked",
    "items_of",
    "link_of",
    "load_timetable",
    "may_lead",
    "notices_before",
    "on_day",
    "on_paper",
    "owing_in",
    "person_calendar",
    "placed",
    "placement",
    "placement_by_branch",
    "plan_rows",
    "planned_seconds",
    "posts_in_words",
    "posts_on",
    "preview_list",
    "read_wishes",
    "release_checks",
    "roster",
    "running_events",
    "seated",
    "session_lines",
    "session_words",
    "standing_of",
    "summons_counts",
    "timetable_of",
    "under",
    "wish_lines",
]
