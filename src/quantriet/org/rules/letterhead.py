"""What papers of an office take from the names of its units: the place and day at their head, in whose name they are
signed (P-03)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from quantriet.org.vocab import DecisionBody

_PLACE = re.compile(r"^(?:Tỉnh ủy|Thành ủy|Đảng (?:ủy|bộ) (?:tỉnh|thành phố|xã|phường|đặc khu)) (?P<place>[^(]+)")
_COMMITTEE = re.compile(r"^(?P<body>Tỉnh ủy|Thành ủy|Huyện ủy)\b")
BLANK = "……"  # where nothing tells the place: to be written in by hand


def place_of(names: Iterable[str]) -> str:
    """The place of signing told by the unit's name, else by the nearest name above; `names` go upwards. Empty: none."""
    return next((found["place"].strip() for name in names if (found := _PLACE.match(name))), "")


def day_line(day: date) -> str:
    """ "ngày 05 tháng 02 năm 2026": days below 10 and the months January and February take a zero."""
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def signed_for(name: str, *, is_cell: bool, body: str) -> str:
    """In whose name a unit of this kind signs: "T/M ĐẢNG ỦY", "T/M CHI BỘ"."""
    if is_cell or body == DecisionBody.PARTY_ORGANIZATION:
        return "T/M CHI BỘ"
    if found := _COMMITTEE.match(name):
        return f"T/M {found['body'].upper()}"
    if body == DecisionBody.LEADERSHIP_COLLECTIVE:
        return "T/M BAN" if name.startswith("Ban ") else "T/M TẬP THỂ LÃNH ĐẠO"
    return "T/M ĐẢNG ỦY"


def place_and_day(names: Iterable[str], day: date) -> str:
    """ "Ea Lan, ngày 05 tháng 02 năm 2026"; `names` of the units go upwards."""
    return f"{place_of(names) or BLANK}, {day_line(day)}"
