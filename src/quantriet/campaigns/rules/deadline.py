"""When a campaign's duties are due."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta


def due_on(planned_to: date, finish_before: Iterable[date | None]) -> date:
    """The last day to study: the end of the period, or earlier when a document must be finished before a day (R-023)."""
    return min([planned_to, *(day - timedelta(days=1) for day in finish_before if day)])


def audience_day(planned_from: date, planned_to: date, today: date) -> date:
    """The day on which posts, ages and exemptions count: today, kept inside the campaign's period."""
    return min(max(today, planned_from), planned_to)
