"""Dates, clocks and lengths of time as meeting programs write them, in the languages their screens come in.

A moment is first taken apart (`read_stamp`) without deciding what "12/11" means: that is decided once for the whole file
(`likely_orders`), by what cannot be a month, by the year's place, and by the days on which the class sits. What stays
undecided is asked, never guessed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from quantriet.kit.text import fold


class Order(StrEnum):
    """In which order day and month are written."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


class Stamp(NamedTuple):
    """A moment taken apart. `first` and `second` are day and month in the file's order, unless `order` is known.

    Without a date `first` is 0: the day is then that of the meeting. `offset`: minutes east of Greenwich, when written.
    """

    first: int
    second: int
    year: int
    clock: dt.time
    order: Order | None = None
    offset: int | None = None

    @property
    def has_date(self) -> bool:
        return self.first > 0

    def day(self, order: Order) -> dt.date | None:
        """The date in this order; None when there is no such date, or none is written."""
        day, month = (
            (self.first, self.second) if (self.order or order) == Order.DAY_FIRST else (self.second, self.first)
        )
        try:
            return dt.date(self.year, month, day)
        except ValueError:
            return None

    def moment(self, order: Order, offset: int, day: dt.date | None = None) -> dt.datetime | None:
        """The moment in UTC; `offset` and `day` hold where none is written."""
        date = self.day(order) if self.has_date else day
        if date is None:
            return None
        zone = dt.timezone(dt.timedelta(minutes=self.offset if self.offset is not None else offset))
        try:
            return dt.datetime.combine(date, self.clock, zone).astimezone(dt.UTC)
        except OverflowError:
            return None


_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?",
    re.I,
)
# Before noon and after it, as the clocks of twelve languages write it: a folded text, so without marks.
_BEFORE_NOON = r"a\.? ?m\.?|sa|sang|上午|午前|오전|vorm\.?|дп"
_AFTER_NOON = r"p\.? ?m\.?|ch|chieu|toi|下午|午後|오후|nachm\.?|пп"
_CLOCK = re.compile(
    rf"(?P<lead>上午|下午|午前|午後|오전|오후)? ?(?<![\d/.-])(?P<h>\d{{1,2}})(?:[:h時时点시] ?)(?P<m>\d{{2}})(?:[:m分분] ?(?P<s>\d{{2}})[s秒초]?)?(?:[.,]\d+)?"
    rf"(?: ?(?:(?P<am>{_BEFORE_NOON})|(?P<pm>{_AFTER_NOON}))(?![a-z]))?",
    re.I,
)
_NUMBERS = re.compile(r"(?<!\d)(\d{1,4})([./-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_CJK = re.compile(r"(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日일]")
_OFFSET = re.compile(r"(?:utc|gmt)? ?([+-])(\d{1,2})(?::?(\d{2}))?\)?$")
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan janv ene gen", "feb fevr febr", "mar mars marz", "apr avr abr", "may mai mag", "jun juin giu", "jul juil lug",
         "aug aout ago", "sep sept set", "oct okt ott", "nov", "dec dez dic"), start=1,
    )
    for name in names.split()
}  # fmt: skip
_WORDS = re.compile(r"(?<![a-z])(?:(\d{1,2})\.?(?: de)? )?([a-z]{3,9})\.?(?: de)? (?:(\d{1,2}),? )?(\d{4})(?!\d)")
_VIETNAMESE = re.compile(r"(\d{1,2}) (?:thg|thang) (\d{1,2}),? (\d{4})|(?:thg|thang) (\d{1,2}) (\d{1,2}),? (\d{4})")


def read_stamp(text: str) -> Stamp | None:
    """Take a written moment apart; None when it says none ("-", "N/A", "")."""
    said = fold(text.replace("\u202f", " ").replace("\xa0", " "))[:80].strip(" '\"=")
    if not any(sign.isdigit() for sign in said):
        return None
    iso = _ISO.match(said)
    if iso:
        year, month, day, hour, minute, second, zone = iso.groups()
        rest = said[iso.end() :].strip()
        if rest and hour is None:
            return _dated(int(day), int(month), int(year), Order.DAY_FIRST, said[iso.end() :])
        clock = _clock(int(hour or 0), int(minute or 0), int(second or 0), is_pm=None)
        if rest:
            half = re.match(rf"(?:({_BEFORE_NOON})|({_AFTER_NOON}))(?![a-z])", rest)
            if half:
                clock = _clock(int(hour), int(minute or 0), int(second or 0), is_pm=bool(half.group(2)))
                rest = rest[half.end() :]
        if clock is None:
            return None
        return Stamp(int(day), int(month), int(year), clock, Order.DAY_FIRST, _zone(zone) if zone else _offset(rest))
    numbers = _NUMBERS.search(said)
    if numbers:
        first, sign, second, third = numbers.groups()
        rest = said[: numbers.start()] + " " + said[numbers.end() :]
        if len(first) > 2:  # the year leads: then the month follows it
            return _dated(int(third), int(second), int(first), Order.DAY_FIRST, rest) if len(third) < 3 else None
        year = int(third) if len(third) == 4 else 2000 + int(third)
        # German, Russian and Finnish clocks write the date with dots, and then always the day first.
        return _dated(int(first), int(second), year, Order.DAY_FIRST if sign == "." else None, rest)
    east = _CJK.search(said)
    if east:
        return _dated(
            int(east[3]), int(east[2]), int(east[1]), Order.DAY_FIRST, said[: east.start()] + said[east.end() :]
        )
    ours = _VIETNAMESE.search(said)
    if ours:
        day, month, year, month2, day2, year2 = ours.groups()
        rest = said[: ours.start()] + said[ours.end() :]
        return _dated(int(day or day2), int(month or month2), int(year or year2), Order.DAY_FIRST, rest)
    words = _WORDS.search(said)
    if words:
        before, name, after, year = words.groups()
        number = _MONTHS.get(name) or _MONTHS.get(name[:3])
        if number is None or not (before or after):
            return None
        rest = said[: words.start()] + said[words.end() :]
        return _dated(int(before or after), number, int(year), Order.DAY_FIRST, rest)
    return _dated(0, 0, 0, None, said)


def _dated(first: int, second: int, year: int, order: Order | None, rest: str) -> Stamp | None:
    found = _CLOCK.search(rest)
    if found is None:
        return None  # a bare day tells nobody's coming
    half = found["lead"] or ""
    is_pm = True if found["pm"] or half in ("下午", "午後", "오후") else False if found["am"] or half else None
    clock = _clock(int(found["h"]), int(found["m"]), int(found["s"] or 0), is_pm=is_pm)
    if clock is None:
        return None
    return Stamp(first, second, year, clock, order, _offset(rest[found.end() :].strip()))


def _clock(hour: int, minute: int, second: int, *, is_pm: bool | None) -> dt.time | None:
    if is_pm is not None and hour <= 12:  # "13:05 CH" is written by some programs: then the hour is right already
        hour = hour % 12 + (12 if is_pm else 0)
    try:
        return dt.time(hour, minute, second)
    except ValueError:
        return None


def _zone(text: str) -> int | None:
    return 0 if text.lower() in ("z", "utc", "gmt") else _offset(text)


def _offset(text: str) -> int | None:
    said = text.strip(" ()").lower()
    if said in ("z", "utc", "gmt", "(utc", "(gmt"):
        return 0
    found = _OFFSET.search(said)
    if found is None:
        return None
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    return None if minutes > 14 * 60 else (-minutes if found[1] == "-" else minutes)


def zone_named(text: str) -> int | None:
    """The offset that a header or a summary line names, in minutes: "Join Time (UTC)", "(GMT+07:00) Bangkok, Hanoi, Jakarta"."""
    said = fold(text)
    if re.search(r"hanoi|ha noi|ho chi minh|saigon|bangkok|jakarta|indochina|se asia standard", said):
        return 7 * 60
    found = re.search(r"(?:utc|gmt) ?([+-]) ?(\d{1,2})(?::?(\d{2}))?", said)
    if found:
        minutes = int(found[2]) * 60 + int(found[3] or 0)
        return None if minutes > 14 * 60 else (-minutes if found[1] == "-" else minutes)
    return 0 if re.search(r"\b(?:utc|gmt)\b", said) else None


def likely_orders(stamps: Iterable[Stamp], days: Iterable[dt.date]) -> list[Order]:
    """The orders in which all dates of a file can be read; one when the file, or the days of the class, decide it.

    None possible (a file with both orders) is an empty list.
    """
    open_pairs = {(one.first, one.second, one.year) for one in stamps if one.has_date and one.order is None}
    if not open_pairs:
        return [Order.DAY_FIRST]
    readings = {
        order: [Stamp(*pair, dt.time()).day(order) for pair in open_pairs]
        for order in (Order.DAY_FIRST, Order.MONTH_FIRST)
    }
    possible = [order for order, dates in readings.items() if all(dates)]
    if len(possible) < 2:
        return possible
    if readings[Order.DAY_FIRST] == readings[Order.MONTH_FIRST]:
        return [Order.DAY_FIRST]  # 11/11: both say the same
    held = set(days)
    # A meeting lasts a day or two: an order in which its days lie months apart is none.
    near = [
        order
        for order in possible
        if (max(readings[order]) - min(readings[order])).days <= 3  # type: ignore[type-var, operator]
    ]
    fitting = [order for order in possible if held & set(readings[order])]
    if len(near) == 1 and (not fitting or fitting == near):
        return near
    return fitting if len(fitting) == 1 else possible


_LENGTH = re.compile(r"(\d+(?:[.,]\d+)?) ?(時間|小时|小時|分|秒|시간|분|초|[a-zа-я]*)\.?")
_UNITS = {
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "gio", "heure", "heures", "std", "ч", "時間", "小时", "小時", "시간"), 3600),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes", "phut", "p", "мин", "分", "분"), 60),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "giay", "с", "сек", "秒", "초"), 1),
}  # fmt: skip


def read_length(text: str, *, unit: int = 60) -> int | None:
    """Seconds of a written length: "211", "1h 29m 48s", "01:29:48", "1 giờ 29 phút"; a bare number counts in `unit`."""
    said = fold(text)[:60].strip(" '\"=")
    if not said:
        return None
    parts = said.split(":")
    if len(parts) in (2, 3) and all(part.isdigit() for part in parts):
        hours, minutes, *rest = (int(part[:6]) for part in parts)
        return hours * 3600 + minutes * 60 + (rest[0] if rest else 0)
    total, found = 0.0, False
    for number, name in _LENGTH.findall(said):
        scale = unit if not name else _UNITS.get(name)
        if scale is None or len(number) > 9:
            return None
        total += float(number.replace(",", ".")) * scale
        found = True
    return int(total) if found else None
