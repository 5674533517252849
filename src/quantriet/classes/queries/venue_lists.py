"""A list of venues in a file: read in the limited child process, held against units, accounts and the venues there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from quantriet.classes.models import StudyClass, Venue
from quantriet.classes.queries.conferences import VenueLine, called_by_venue
from quantriet.classes.queries.listed_names import ListedNames, same_key
from quantriet.classes.rules.readiness import EQUIPMENT_WORDS
from quantriet.classes.vocab import EquipmentKind
from quantriet.kit import spreadsheets
from quantriet.kit.numbers import show_number
from quantriet.kit.refusal import Refusal
from quantriet.kit.spreadsheets import Column, OutColumn
from quantriet.kit.text import fold, squeeze
from quantriet.org.models import Account, Unit
from quantriet.org.rules.secrecy import find_mark, refuse_if_marked

MOST_LINES = 5000
_NUMBERS = {
    "capacity": "Số chỗ",
    "quota": "Số mời",
    "distance_km": "Đường đến điểm cầu chính (km)",
    "travel_minutes": "Thời gian đi (phút)",
}
_MOST = {"capacity": 100_000, "quota": 100_000, "distance_km": 5_000, "travel_minutes": 5_000}
# Headings are the words of the form; those of lists made earlier are read as well.
COLUMNS = (
    Column("unit_code", "Mã đơn vị", ("Mã",)),
    Column("unit", "Đơn vị", ("Tên đơn vị", "Đơn vị phụ trách", "Cơ quan, đơn vị")),
    Column("name", "Điểm cầu", ("Tên điểm cầu",), required=True),
    Column("hall", "Hội trường", ("Phòng họp", "Tên hội trường")),
    Column("address", "Địa chỉ", ()),
    Column("capacity", _NUMBERS["capacity"], ("Sức chứa", "Số ghế")),
    Column("quota", "Số mời", ("Số đại biểu", "Chỉ tiêu")),
    Column("clerk", "Tài khoản điểm danh", ("Người điểm danh", "Tài khoản")),
    *(
        Column(kind.value, words.capitalize(), ("Nguồn điện dự phòng",) if kind == EquipmentKind.POWER else ())
        for kind, words in EQUIPMENT_WORDS.items()
    ),
    Column("distance_km", _NUMBERS["distance_km"], ("Khoảng cách (km)", "Khoảng cách", "Số km")),
    Column("travel_minutes", _NUMBERS["travel_minutes"], ("Đi mất (phút)", "Thời gian đi")),
)
OUT_COLUMNS = [
    OutColumn("unit_code", "Mã đơn vị", kind="code"),
    OutColumn("unit", "Đơn vị", width=32),
    OutColumn("name", "Điểm cầu", width=32),
    OutColumn("hall", "Hội trường", width=28),
    OutColumn("address", "Địa chỉ", width=28),
    OutColumn("capacity", _NUMBERS["capacity"], kind="number"),
    OutColumn("quota", "Số mời", kind="number"),
    OutColumn("clerk", "Tài khoản điểm danh", kind="code"),
    *(OutColumn(kind.value, EQUIPMENT_WORDS[kind].capitalize()) for kind in EquipmentKind),
    OutColumn("distance_km", _NUMBERS["distance_km"], kind="number"),
    OutColumn("travel_minutes", _NUMBERS["travel_minutes"], kind="number"),
    OutColumn("called", "Số người trong danh sách", kind="number"),
    OutColumn("sentence", "Còn thiếu", width=60),
]


@dataclass(frozen=True)
class ListedVenue:
    """A line that was understood; an empty cell of a venue that is there already changes nothing."""

    number: int  # Excel's own row
    unit_id: int
    name: str
    venue_id: int | None = None  # None: a new venue
    said: Mapping[str, Any] = field(default_factory=dict)
    is_same: bool = False  # everything it says stands there already


@dataclass(frozen=True)
class VenueList:
    """What a file comes to: lines that will be written, and what is wrong, each with Excel's own row."""

    lines: tuple[ListedVenue, ...]
    wrong: tuple[tuple[int, str], ...] = ()

    @property
    def added(self) -> int:
        return sum(line.venue_id is None for line in self.lines)

    @property
    def same(self) -> int:
        return sum(line.is_same for line in self.lines)


def venue_export(lines: Iterable[VenueLine]) -> Iterable[dict[str, Any]]:
    """Rows of OUT_COLUMNS: what may be filled in and read back, then what is only told."""
    for line in lines:
        venue, found = line.venue, line.readiness
        yield {
            "unit_code": venue.unit.code,
            "unit": venue.unit.name,
            "name": venue.name,
            "hall": found.hall if found else "",
            "address": venue.address,
            "capacity": venue.capacity,
            "quota": found.quota if found else None,
            "clerk": venue.clerk.username if venue.clerk else "",
            **{kind.value: "x" if kind.value in line.equipment else "" for kind in EquipmentKind},
            "distance_km": found.distance_km if found else None,
            "travel_minutes": found.travel_minutes if found else None,
            "called": line.called,
            "sentence": line.sentence,
        }


def read_venues(
    study_class: StudyClass, source: Path, file_name: str, *, units: QuerySet[Unit], mine: QuerySet[Venue],
    clerks: QuerySet[Account],
) -> VenueList:  # fmt: skip
    """Read a list of venues for `units`; a line whose name is a venue of the conference changes that venue, if it is `mine`.

    Marks tell names apart ("Tân Hưng", "Tân Hùng"); see `ListedNames` for names without marks. A unit beyond reach or other
    than that of the venue, a name that stands twice or belongs to somebody else, a number that is none, a seat too few, an
    account that may not take the roll: each is told with its row. Refuses what is no list and what is marked secret.
    """
    refuse_if_marked(Path(file_name).stem.replace("_", " "), "Tên tệp")
    gated = spreadsheets.gate(source, file_name, limit=settings.UPLOAD_LIMIT_BYTES)
    table = spreadsheets.read_table(gated, COLUMNS)
    if table.encoding:
        table.close()
        table = spreadsheets.read_table(gated, COLUMNS, legacy=table.encoding.choice)
    reader = _Reader(study_class, units, mine, clerks)
    with table:
        if not {"unit_code", "unit"} & set(table.columns) or "name" not in table.columns:
            raise Refusal(
                "venues.no_column", "Danh sách phải có cột điểm cầu và cột mã đơn vị hoặc đơn vị.", field="file"
            )
        for row in table:
            reader.take(row.number, row.cells)
    if not reader.lines and not reader.wrong:
        raise Refusal("list.empty", "Tệp không có dòng nào đọc được.", field="file")
    return VenueList(tuple(reader.lines), tuple(reader.wrong))


class _Reader:
    """Takes line by line; what is known of units, venues and accounts is read once."""

    def __init__(
        self, study_class: StudyClass, units: QuerySet[Unit], mine: QuerySet[Venue], clerks: QuerySet[Account]
    ) -> None:
        self.lines: list[ListedVenue] = []
        self.wrong: list[tuple[int, str]] = []
        self._by_code: dict[str, tuple[int, str]] = {}
        self._by_name: dict[str, list[tuple[int, str]]] = {}
        for pk, code, name in units.values_list("pk", "code", "name"):
            self._by_code[fold(code)] = (pk, name)
            self._by_name.setdefault(fold(name), []).append((pk, name))
        self._there = {one.pk: one for one in study_class.venues.select_related("unit", "readiness")}
        self._names = ListedNames((one.pk, one.name, one.unit_id) for one in self._there.values())
        self._mine = set(mine.values_list("pk", flat=True))
        self._clerks = {fold(name): pk for pk, name in clerks.values_list("pk", "username")}
        self._called = called_by_venue(study_class)
        self._seen: dict[str | int, int] = {}

    def take(self, number: int, cells: Mapping[str, Any]) -> None:
        said = {key: squeeze(spreadsheets.shown(cells.get(key))) for key in ("unit_code", "unit", "name")}
        if not any(said.values()):
            return
        if len(self.lines) + len(self.wrong) >= MOST_LINES:
            raise Refusal(
                "list.too_long",
                f"Danh sách có quá {show_number(MOST_LINES)} dòng; hãy tách thành nhiều tệp.",
                field="file",
            )
        problems: list[str] = []
        name = said["name"]
        if not name:
            problems.append("chưa ghi tên điểm cầu.")
        elif len(name) > 160:
            problems.append("tên điểm cầu dài quá 160 chữ.")
        elif find_mark(name):
            problems.append("có dấu độ mật; hệ thống không nhận nội dung mật.")
        unit = self._unit(said, problems)
        there = self._meant(name, unit, problems) if name else None
        key = there.pk if there else same_key(name)
        if name and (earlier := self._seen.get(key)):
            problems.append(f"đã có ở dòng {earlier}.")
        self._seen.setdefault(key, number)
        values = self._values(cells, there, problems)
        if problems or unit is None:
            who = f"“{name}”" if name else "Dòng này"
            self.wrong += [(number, f"{who}: {one}") for one in problems]
            return
        is_same = there is not None and _stands(there, values)
        self.lines.append(ListedVenue(number, unit, name, there.pk if there else None, values, is_same))

    def _meant(self, name: str, unit: int | None, problems: list[str]) -> Venue | None:
        """The venue that a line changes; it stays with its unit, whatever the line says."""
        pk, unclear = self._names.find(name, unit)
        if unclear:
            problems.append(unclear)
        there = self._there[pk] if pk else None
        if there is not None and there.pk not in self._mine:
            problems.append("đã là điểm cầu của đơn vị khác trong hội nghị này; hãy đặt tên khác.")
        elif there is not None and unit is not None and there.unit_id != unit:
            problems.append(f"đã là điểm cầu của {there.unit.name}; hãy ghi đúng đơn vị hoặc đặt tên khác.")
        return there

    def _unit(self, said: Mapping[str, str], problems: list[str]) -> int | None:
        named = self._by_name.get(fold(said["unit"]), []) if said["unit"] else []
        found = (
            self._by_code.get(fold(said["unit_code"])) if said["unit_code"] else named[0] if len(named) == 1 else None
        )
        if found is not None:
            return found[0]
        if not said["unit_code"] and not said["unit"]:
            problems.append("chưa ghi đơn vị.")
        elif len(named) > 1 and not said["unit_code"]:
            problems.append(f"tên “{said['unit']}” có ở nhiều đơn vị, hãy ghi mã.")
        else:
            problems.append(f"đơn vị “{said['unit_code'] or said['unit']}” không có hoặc ngoài phạm vi của đồng chí.")
        return None

    def _values(self, cells: Mapping[str, Any], there: Venue | None, problems: list[str]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, most in (("hall", 160), ("address", 200)):
            words = squeeze(spreadsheets.shown(cells.get(key)))
            if len(words) > most:
                problems.append(f"{'hội trường' if key == 'hall' else 'địa chỉ'} dài quá {most} chữ.")
            elif find_mark(words):
                problems.append("có dấu độ mật; hệ thống không nhận nội dung mật.")
            elif words:
                values[key] = words
        for key, label in _NUMBERS.items():
            found = spreadsheets.parse_number(cells.get(key))
            if found.error:
                problems.append(f"{label}: {found.error}")
            elif found.value is not None:
                if found.value != int(found.value) or not 0 <= found.value <= _MOST[key]:
                    problems.append(f"{label} phải là số nguyên từ 0 đến {show_number(_MOST[key])}.")
                else:
                    values[key] = int(found.value)
        called = self._called[there.pk] if there else 0
        if values.get("capacity", called) < called:
            problems.append(
                f"số chỗ {show_number(values['capacity'])} ít hơn {show_number(called)} người đã gọi đến điểm cầu này."
            )
        username = squeeze(spreadsheets.shown(cells.get("clerk")))
        if username:
            if fold(username) not in self._clerks:
                problems.append(f"tài khoản “{username}” không có hoặc không được điểm danh.")
            else:
                values["clerk_id"] = self._clerks[fold(username)]
        ticks: dict[str, bool] = {}
        for kind in EquipmentKind:
            tick = spreadsheets.parse_yes(cells.get(kind.value))
            if tick.error:
                problems.append(f"{EQUIPMENT_WORDS[kind].capitalize()}: {tick.error}")
            elif tick.value is not None:
                ticks[kind.value] = tick.value
        if ticks:
            values["equipment"] = ticks
        return values


def _stands(venue: Venue, said: Mapping[str, Any]) -> bool:
    """Whether all that a line says of a venue is so already."""
    found = getattr(venue, "readiness", None)
    for key, value in said.items():
        if key == "equipment":
            there = set(found.equipment if found else ())
            if any((kind in there) != is_there for kind, is_there in value.items()):
                return False
        elif getattr(venue if key in ("address", "capacity", "clerk_id") else found, key, None) != value:
            return False
    return True
