"""What cells wish and cannot, as a list in a file: read in the limited child process, held against the cells of the plan."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings

from quantriet.classes.models import TimetablePlan
from quantriet.kit import spreadsheets
from quantriet.kit.numbers import show_number
from quantriet.kit.refusal import Refusal
from quantriet.kit.spreadsheets import Column
from quantriet.kit.text import fold
from quantriet.kit.time import local, parse_day, show_day
from quantriet.org.rules.secrecy import refuse_if_marked

MOST_LINES = 5000
COLUMNS = (
    Column("code", "Mã đơn vị", ("Mã chi bộ", "Mã")),
    Column("name", "Chi bộ", ("Tên chi bộ", "Đơn vị", "Tên đơn vị", "Cơ quan, đơn vị")),
    Column("place", "Nơi", ("Nơi làm việc", "Địa bàn", "Cụm")),
    Column("off", "Ngày bận", ("Ngày không đi được", "Các ngày bận")),
    Column("wish", "Ngày mong muốn", ("Ngày muốn học", "Ngày ưu tiên", "Nguyện vọng")),
    Column("duty", "Trực tối thiểu (%)", ("Trực tối thiểu", "Tỷ lệ trực", "Trực")),
)


@dataclass(frozen=True)
class WishLine:
    """A line that was understood: the cell and what it says, as dates."""

    number: int
    unit_id: int
    name: str
    place: str
    off: tuple[date, ...] = ()
    wish: tuple[date, ...] = ()
    percent: int | None = None


@dataclass(frozen=True)
class WishList:
    """What a file comes to: lines that will be written, and what is wrong, each with Excel's own row."""

    lines: tuple[WishLine, ...]
    wrong: tuple[tuple[int, str], ...] = field(default=())


def read_wishes(plan: TimetablePlan, source: Path, file_name: str) -> WishList:
    """Read a list of wishes. A day that is no day of the plan, a cell that is not in it or stands twice is an error.

    Refuses what is no list, what is marked secret, and a list without code and name.
    """
    refuse_if_marked(Path(file_name).stem.replace("_", " "), "Tên tệp")
    gated = spreadsheets.gate(source, file_name, limit=settings.UPLOAD_LIMIT_BYTES)
    by_code: dict[str, tuple[int, str]] = {}
    by_name: dict[str, list[tuple[int, str]]] = {}
    for pk, code, name in plan.cells.values_list("unit_id", "unit__code", "unit__name"):
        by_code[fold(code)] = (pk, name)
        by_name.setdefault(fold(name), []).append((pk, name))
    days = {local(at).date() for at in plan.sessions.values_list("starts_at", flat=True)}
    table = spreadsheets.read_table(gated, COLUMNS)
    if table.encoding:
        table.close()
        table = spreadsheets.read_table(gated, COLUMNS, legacy=table.encoding.choice)
    lines: list[WishLine] = []
    wrong: list[tuple[int, str]] = []
    seen: set[int] = set()
    with table:
        if not {"code", "name"} & set(table.columns):
            raise Refusal("wishes.no_column", "Danh sách phải có cột mã đơn vị hoặc cột tên chi bộ.", field="file")
        for row in table:
            said = {key: spreadsheets.shown(row.cells.get(key)).strip() for key in ("code", "name", "place", "duty")}
            if not said["code"] and not said["name"]:
                continue
            if len(lines) + len(wrong) >= MOST_LINES:
                raise Refusal(
                    "list.too_long",
                    f"Danh sách có quá {show_number(MOST_LINES)} dòng; hãy tách thành nhiều tệp.",
                    field="file",
                )
            named = by_name.get(fold(said["name"]), [])
            found = by_code.get(fold(said["code"])) if said["code"] else named[0] if len(named) == 1 else None
            if found is None:
                why = "tên này có ở nhiều chi bộ, hãy ghi mã" if len(named) > 1 else "không có trong lịch lớp này"
                wrong.append((row.number, f"Chi bộ “{said['name'] or said['code']}”: {why}."))
                continue
            if found[0] in seen:
                wrong.append((row.number, f"{found[1]} đã có ở dòng trên."))
                continue
            seen.add(found[0])
            problems: list[str] = []
            off = _days(row.cells.get("off"), days, "Ngày bận", problems)
            wish = _days(row.cells.get("wish"), days, "Ngày mong muốn", problems)
            if both := set(off) & set(wish):
                problems.append(f"ngày {show_day(min(both))} vừa bận vừa mong muốn.")
            percent = _percent(said["duty"], problems)
            if problems:
                wrong += [(row.number, f"{found[1]}: {one}") for one in problems]
            else:
                lines.append(WishLine(row.number, found[0], found[1], said["place"], off, wish, percent))
    if not lines and not wrong:
        raise Refusal("list.empty", "Tệp không có dòng nào đọc được.", field="file")
    return WishList(tuple(lines), tuple(wrong))


def _days(cell: Any, known: set[date], column: str, problems: list[str]) -> tuple[date, ...]:
    found = []
    whole = spreadsheets.parse_day(cell).value
    if whole is not None and whole.precision == spreadsheets.Precision.DAY:
        pieces = [show_day(whole.date)]
    else:
        pieces = [piece for piece in re.split(r"[;,\n]+", spreadsheets.shown(cell)) if piece.strip()]
    for piece in pieces:
        day = parse_day(piece.strip())
        if day is None:
            problems.append(f"{column} “{piece.strip()}” không phải ngày dạng 07/12/2026.")
        elif day not in known:
            problems.append(f"{column} {show_day(day)} không phải ngày học nào của lịch.")
        else:
            found.append(day)
    return tuple(sorted(set(found)))


def _percent(said: str, problems: list[str]) -> int | None:
    if not said:
        return None
    number = spreadsheets.parse_number(said.rstrip("% ")).value
    if number is None or not 0 <= number < 100 or number != int(number):
        problems.append(f"Trực tối thiểu “{said}” phải là số nguyên từ 0 đến 99.")
        return None
    return int(number)
