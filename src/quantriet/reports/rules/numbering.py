"""The head of an official paper: number line, date, letterhead and the number proposed next (P-03)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from quantriet.kit.refusal import Refusal
from quantriet.kit.text import squeeze
from quantriet.org.rules import letterhead

_NUMBER = re.compile(
    r"^(?:số\s*:?\s*)?(?P<number>\d{1,5})\s*[-–—/]\s*(?P<type>[^\W\d_]{1,5})\s*[/\-–—]\s*(?P<body>\S+)$", re.I
)
REPORT_TYPE = "BC"


def read_number(written: str) -> str:
    """A report's number in the paper's spelling: "số 5 - bc/đu" → "05-BC/ĐU". Refuses what is none, or another type."""
    found = _NUMBER.match(squeeze(written))
    if not found:
        raise Refusal(
            "report.number_shape", f"Không đọc được số “{squeeze(written)}”. Ghi theo mẫu: 26-BC/BTGTU.", field="number"
        )
    if found["type"].upper() != REPORT_TYPE:
        raise Refusal(
            "report.number_type", f"Báo cáo mang ký hiệu BC, không phải {found['type'].upper()}.", field="number"
        )
    return f"{int(found['number']):02d}-{REPORT_TYPE}/{found['body'].upper()}"


def number_line(number: str, symbol: str = "") -> str:
    """ "Số 26-BC/BTGTU", without a colon; a draft without number keeps the room to write it in by hand."""
    return f"Số {number}" if number else f"Số      -{REPORT_TYPE}/{symbol}"


def symbol_of(number: str) -> str:
    """The issuing body's code in a number: "26-BC/BTGTU" → "BTGTU"."""
    return number.partition("/")[2]


def next_number(earlier: Iterable[str], symbol: str, *, begins_anew: bool = False) -> str:
    """The number after the highest one used in the term; with a new term numbers begin at 01 again (P-02).

    Empty when none is known: the office's register knows it then.
    """
    used = [int(found["number"]) for one in earlier if (found := _NUMBER.match(one)) and symbol_of(one) == symbol]
    if not used and not begins_anew:
        return ""
    return f"{max(used, default=0) + 1:02d}-{REPORT_TYPE}/{symbol}"


def day_line(day: date | None) -> str:
    """ "ngày 05 tháng 02 năm 2026"; a draft without date keeps the room to write it in."""
    if day is None:
        return "ngày      tháng      năm"
    return letterhead.day_line(day)


def default_symbol(*, is_province: bool, is_cell: bool) -> str:
    """The body code that units of a kind usually carry; an office corrects it once in its first report."""
    return "TU" if is_province else "CB" if is_cell else "ĐU"
