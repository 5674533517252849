"""Clock, dates and their Vietnamese forms. Stored in UTC, shown in Asia/Ho_Chi_Minh."""

import datetime as dt
import re
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")

_DAY = re.compile(r"^\s*(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4})\s*$")
_FIRST, _LAST = dt.date(1, 1, 2), dt.date(9999, 12, 30)
_CLOCK = re.compile(r"^\s*(\d{1,2})\s*(?:[:hHgG])\s*(\d{0,2})\s*$")


def now() -> dt.datetime:
    """The present moment, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


def today() -> dt.date:
    """The date in Vietnam now."""
    return local(now()).date()


def local(moment: dt.datetime) -> dt.datetime:
    """The moment on a Vietnamese clock."""
    return moment.astimezone(VIETNAM)


def at_local(day: dt.date, clock: dt.time) -> dt.datetime:
    """The UTC moment of a Vietnamese date and clock time; the first and last days there are count as their neighbours."""
    day = min(max(day, _FIRST), _LAST)  # people type 01/01/0001 and 31/12/9999, which have no moment in UTC
    return dt.datetime.combine(day, clock, tzinfo=VIETNAM).astimezone(dt.UTC)


def start_of(day: dt.date) -> dt.datetime:
    """The first moment of a Vietnamese day, in UTC."""
    return at_local(day, dt.time.min)


def parse_day(text: str) -> dt.date | None:
    """Read dd/mm/yyyy (also with . or -); None when it is no possible date."""
    found = _DAY.match(text)
    if not found:
        return None
    day, month, year = (int(part) for part in found.groups())
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def parse_clock(text: str) -> dt.time | None:
    """Read 07:30, 7h30, 7h or 7g30; None when it is no possible time."""
    found = _CLOCK.match(text)
    if not found:
        return None
    hour, minute = int(found.group(1)), int(found.group(2) or 0)
    return dt.time(hour, minute) if hour < 24 and minute < 60 else None


def show_day(day: dt.date) -> str:
    """09/03/2026."""
    return f"{day:%d/%m/%Y}"


def show_clock(moment: dt.datetime) -> str:
    """07:30 on a Vietnamese clock."""
    return f"{local(moment):%H:%M}"


def show_moment(moment: dt.datetime) -> str:
    """16:00 ngày 12/01/2026."""
    return f"{show_clock(moment)} ngày {show_day(local(moment).date())}"


def age_on(birth: dt.date, day: dt.date) -> int:
    """Completed years of life on `day`."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
