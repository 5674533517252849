"""What papers of an office take from the names of its units: the place and day at their head (P-03)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

_PLACE = re.compile(r"^(?:Tỉnh ủy|Thành ủy|Đảng (?:ủy|bộ) (?:tỉnh|thành phố|xã|phường|đặc khu)) (?P<place>[^(]+)")


def place_of(names: Iterable[str]) -> str:
    """The place of signing told by the unit's name, else by the nearest name above; `names` go upwards. Empty: none."""
    return next((found["place"].strip() for name in names if (found := _PLACE.match(name))), "")


def day_line(day: date) -> str:
    """ "ngày 05 tháng 02 năm 2026": days below 10 and the months January and February take a zero."""
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"
