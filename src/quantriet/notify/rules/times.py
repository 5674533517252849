"""When a notice may ring, and when a digest goes. Vietnam knows no summer time: a day there has 24 hours."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from quantriet.kit.refusal import Refusal
from quantriet.kit.time import at_local, local, parse_clock
from quantriet.notify.vocab import DigestPace


@dataclass(frozen=True)
class Quiet:
    """The hours, on a Vietnamese clock, in which nothing rings; they may go over midnight."""

    begins: dt.time
    ends: dt.time

    def until(self, at: dt.datetime) -> dt.datetime | None:
        """When the present quiet ends, in UTC; None when it is not quiet now. The last minute of quiet is before `ends`."""
        here = local(at)
        clock, day = here.time(), here.date()
        if self.begins == self.ends:
            return None
        if self.begins < self.ends:
            return at_local(day, self.ends) if self.begins <= clock < self.ends else None
        if clock >= self.begins:
            return at_local(day + dt.timedelta(days=1), self.ends)
        return at_local(day, self.ends) if clock < self.ends else None

    @property
    def words(self) -> str:
        return f"{self.begins:%H:%M}–{self.ends:%H:%M}"


def read_quiet(written: str) -> Quiet | None:
    """ "21:00-06:30" as the settings write it; empty for none."""
    if not written.strip():
        return None
    first, _, last = written.replace("–", "-").partition("-")
    begins, ends = parse_clock(first), parse_clock(last)
    if begins is None or ends is None:
        raise Refusal("quiet.unreadable", f"Giờ yên lặng “{written}” không đúng dạng 21:00-06:30.")
    return Quiet(begins, ends)


def next_digest(at: dt.datetime, *, pace: DigestPace, hour: int, weekday: int) -> dt.datetime:
    """The next moment, in UTC and after `at`, at which a digest goes; at once when each goes at once."""
    if pace == DigestPace.AT_ONCE:
        return at
    day = local(at).date()
    while True:
        moment = at_local(day, dt.time(hour))
        if moment > at and (pace == DigestPace.DAILY or day.weekday() == weekday):
            return moment
        day += dt.timedelta(days=1)
