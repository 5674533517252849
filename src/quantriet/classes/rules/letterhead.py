"""What stands around the text of a summons: number, place and date, in whose name it is signed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from quantriet.org.rules.letterhead import day_line, place_of
from quantriet.org.vocab import DecisionBody

_COMMITTEE = re.compile(r"^(?P<body>Tỉnh ủy|Thành ủy|Huyện ủy)\b")
_ROOM = "\u00a0" * 8  # kept free for writing by hand


def signed_for(name: str, *, is_cell: bool, body: str) -> str:
    """In whose name a unit of this kind signs: "T/M ĐẢNG ỦY", "T/M CHI BỘ"."""
    if is_cell or body == DecisionBody.PARTY_ORGANIZATION:
        return "T/M CHI BỘ"
    if found := _COMMITTEE.match(name):
        return f"T/M {found['body'].upper()}"
    if body == DecisionBody.LEADERSHIP_COLLECTIVE:
        return "T/M BAN" if name.startswith("Ban ") else "T/M TẬP THỂ LÃNH ĐẠO"
    return "T/M ĐẢNG ỦY"


def number_line(name: str, *, is_cell: bool) -> str:
    """The line of the number, with room to write it in from the office's register."""
    symbol = "CB" if is_cell else "TU" if name.startswith(("Tỉnh ủy", "Thành ủy")) else "ĐU"
    return f"Số{_ROOM}-GM/{symbol}"


def place_and_day(names: Iterable[str], day: date) -> str:
    """ "Ea Lan, ngày 05 tháng 02 năm 2026"; `names` of the units go upwards."""
    return f"{place_of(names) or '……'}, {day_line(day)}"
