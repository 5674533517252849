"""The register of rooms and equipment: who has an online meeting room, who has none, who has not said; and lists in files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from quantriet.classes.models import Facility, FacilityDeclaration
from quantriet.classes.queries.conferences import branch_of
from quantriet.classes.queries.listed_names import ListedNames, same_key
from quantriet.classes.vocab import LineKind, OnlineRoom
from quantriet.kit import spreadsheets
from quantriet.kit.numbers import show_number, show_percent
from quantriet.kit.refusal import Refusal
from quantriet.kit.spreadsheets import Column, OutColumn
from quantriet.kit.text import fold, squeeze
from quantriet.org.models import Unit
from quantriet.org.rules.secrecy import find_mark, refuse_if_marked
from quantriet.org.vocab import Level

MOST_LINES = 5000
LINE_WORDS = {LineKind.FIBRE: "cáp quang", LineKind.MOBILE: "mạng di động", LineKind.NONE: "không có"}
_NUMBERS = {"seats": "Số chỗ", "screens": "Màn hình", "speakers": "Loa", "microphones": "Micrô", "cameras": "Camera"}
_TICKS = {"is_online": "Phòng họp trực tuyến", "has_power": "Điện dự phòng"}
COLUMNS = (
    Column("unit_code", "Mã đơn vị", ("Mã",)),
    Column("unit", "Đơn vị", ("Tên đơn vị", "Cơ quan, đơn vị")),
    Column("name", "Phòng", ("Tên phòng", "Hội trường", "Phòng họp"), required=True),
    Column("address", "Địa chỉ", ()),
    Column("seats", "Số chỗ", ("Sức chứa", "Số ghế")),
    Column("is_online", "Phòng họp trực tuyến", ("Trực tuyến",)),
    Column("screens", "Màn hình", ("Số màn hình",)),
    Column("speakers", "Loa", ("Số loa",)),
    Column("microphones", "Micrô", ("Số micrô",)),
    Column("cameras", "Camera", ("Số camera",)),
    Column("line", "Đường truyền", ("Mạng",)),
    Column("has_power", "Điện dự phòng", ("Nguồn điện dự phòng", "Máy phát điện")),
    Column("note", "Ghi chú", ()),
)
OUT_COLUMNS = [
    OutColumn("unit_code", "Mã đơn vị", kind="code"),
    OutColumn("unit", "Đơn vị", width=32),
    OutColumn("name", "Phòng", width=32),
    OutColumn("address", "Địa chỉ", width=28),
    OutColumn("seats", "Số chỗ", kind="number"),
    OutColumn("is_online", "Phòng họp trực tuyến"),
    OutColumn("screens", "Màn hình", kind="number"),
    OutColumn("speakers", "Loa", kind="number"),
    OutColumn("microphones", "Micrô", kind="number"),
    OutColumn("cameras", "Camera", kind="number"),
    OutColumn("line", "Đường truyền", width=16),
    OutColumn("has_power", "Điện dự phòng"),
    OutColumn("note", "Ghi chú", width=32),
]


def facility_rows(facilities: QuerySet[Facility]) -> QuerySet[Facility]:
    return facilities.select_related("unit")


def facility_export(facilities: QuerySet[Facility]) -> Iterable[dict[str, Any]]:
    """Rows of OUT_COLUMNS, which are read back as they are; what is not stated stays empty, and no is said as "không"."""
    for one in facility_rows(facilities).order_by("unit__path", "name").iterator(chunk_size=2000):
        yield {
            **{key: getattr(one, key) for key in ("name", "address", "note", *_NUMBERS)},
            "unit_code": one.unit.code,
            "unit": one.unit.name,
            "line": LINE_WORDS[LineKind(one.line)] if one.line else "",
            **{key: {None: "", True: "x", False: "không"}[getattr(one, key)] for key in _TICKS},
        }


# --- the share of communes with an online room (R-063) ----------------------------------------------------------------


@dataclass(frozen=True)
class OnlineShare:
    """Of so many communes under a unit so many have an online room, so many have none, the rest has not reported."""

    unit: Unit
    having: int
    none: int
    silent: int

    @property
    def total(self) -> int:
        return self.having + self.none + self.silent

    @property
    def reported(self) -> int:
        return self.having + self.none

    @property
    def sentence(self) -> str:
        """Numerator, denominator and who is missing: silence is never told as none."""
        shown = show_number
        if not self.total:
            return f"{self.unit.name} không có xã, phường trực thuộc."
        said = f"{shown(self.having)}/{shown(self.total)} xã, phường có phòng họp trực tuyến"
        if not self.silent:
            return f"{said} ({show_percent(self.having, self.total)}); tất cả đã báo cáo."
        share = (
            f" ({show_percent(self.having, self.reported)} của {shown(self.reported)} nơi đã báo cáo)"
            if self.reported
            else ""
        )
        return f"{said}{share}; {shown(self.none)} nơi chưa có, {shown(self.silent)} nơi chưa báo cáo."


@dataclass(frozen=True)
class UnitOnline:
    """A commune with its answer."""

    unit: Unit
    answer: OnlineRoom
    rooms: int


def online_rooms(units: QuerySet[Unit]) -> list[UnitOnline]:
    """Communes among `units`, each with its answer; rooms kept by units below a commune count for it. Four statements.

    A commune has an online room as soon as one is in the register, and has none only when it declared its register complete.
    """
    communes = list(
        units.filter(closed_on__isnull=True, kind__level=Level.COMMUNE).select_related("kind").order_by("path")
    )
    by_path = {one.path: one for one in communes}
    rooms: Counter[str] = Counter()
    online: set[str] = set()
    for path, is_online in Facility.objects.values_list("unit__path", "is_online"):
        commune = _commune_of(path, by_path)
        if commune:
            rooms[commune] += 1
            if is_online:
                online.add(commune)
    declared = set(FacilityDeclaration.objects.values_list("unit_id", flat=True))
    return [
        UnitOnline(
            one,
            OnlineRoom.YES if path in online else OnlineRoom.NO if one.pk in declared else OnlineRoom.SILENT,
            rooms[path],
        )
        for path, one in by_path.items()
    ]


def _commune_of(path: str, communes: Mapping[str, Unit]) -> str:
    end = len(path)
    while end > 0:
        if path[:end] in communes:
            return path[:end]
        end = path.rfind(".", 0, end - 1) + 1
    return ""


def online_share(unit: Unit, found: Iterable[UnitOnline]) -> OnlineShare:
    """The share under one unit."""
    counted = Counter(one.answer for one in found if one.unit.path.startswith(unit.path))
    return OnlineShare(unit, counted[OnlineRoom.YES], counted[OnlineRoom.NO], counted[OnlineRoom.SILENT])


def online_shares(top: Unit, found: Iterable[UnitOnline]) -> list[OnlineShare]:
    """The shares of the branches directly below a unit, those with most silence first."""
    counted: dict[int, Counter[OnlineRoom]] = {}
    for one in found:
        if one.unit.path.startswith(top.path):
            counted.setdefault(branch_of(top.path, one.unit.path), Counter())[one.answer] += 1
    units = Unit.objects.in_bulk(counted)
    shares = [
        OnlineShare(units[key], said[OnlineRoom.YES], said[OnlineRoom.NO], said[OnlineRoom.SILENT])
        for key, said in counted.items()
    ]
    return sorted(shares, key=lambda one: (-one.silent, one.having / one.total, one.unit.sort_key))


# --- lists in files ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ListedFacility:
    """A line that was understood; an empty cell of a room that is there already changes nothing."""

    number: int  # Excel's own row
    unit_id: int
    name: str
    facility_id: int | None = None
    said: Mapping[str, Any] = field(default_factory=dict)
    is_same: bool = False  # everything it says stands there already


@dataclass(frozen=True)
class FacilityList:
    lines: tuple[ListedFacility, ...]
    wrong: tuple[tuple[int, str], ...] = ()

    @property
    def added(self) -> int:
        return sum(line.facility_id is None for line in self.lines)

    @property
    def same(self) -> int:
        return sum(line.is_same for line in self.lines)


def read_facilities(source: Path, file_name: str, *, units: QuerySet[Unit]) -> FacilityList:
    """Read a register for `units`; a room of that name in the unit is changed, another is added; marks tell names apart.

    A unit beyond reach, a name twice in a unit, a number that is none, an unknown line: each is told with its row.
    """
    refuse_if_marked(Path(file_name).stem.replace("_", " "), "Tên tệp")
    gated = spreadsheets.gate(source, file_name, limit=settings.UPLOAD_LIMIT_BYTES)
    table = spreadsheets.read_table(gated, COLUMNS)
    if table.encoding:
        table.close()
        table = spreadsheets.read_table(gated, COLUMNS, legacy=table.encoding.choice)
    by_code: dict[str, tuple[int, str]] = {}
    by_name: dict[str, list[int]] = {}
    for pk, code, name in units.values_list("pk", "code", "name"):
        by_code[fold(code)] = (pk, name)
        by_name.setdefault(fold(name), []).append(pk)
    rooms: dict[int, list[tuple[int, str, int]]] = {}
    known = {one.pk: one for one in Facility.objects.filter(unit__in=units)}
    for one in known.values():
        rooms.setdefault(one.unit_id, []).append((one.pk, one.name, one.unit_id))
    there = {of: ListedNames(named) for of, named in rooms.items()}
    lines: list[ListedFacility] = []
    wrong: list[tuple[int, str]] = []
    seen: dict[tuple[int, str | int], int] = {}
    with table:
        if not {"unit_code", "unit"} & set(table.columns) or "name" not in table.columns:
            raise Refusal(
                "facilities.no_column", "Danh sách phải có cột phòng và cột mã đơn vị hoặc đơn vị.", field="file"
            )
        for row in table:
            said = {key: squeeze(spreadsheets.shown(row.cells.get(key))) for key in ("unit_code", "unit", "name")}
            if not any(said.values()):
                continue
            if len(lines) + len(wrong) >= MOST_LINES:
                raise Refusal(
                    "list.too_long", f"Danh sách có quá {show_number(MOST_LINES)} dòng; hãy tách thành nhiều tệp.",
                    field="file",
                )  # fmt: skip
            problems: list[str] = []
            named = by_name.get(fold(said["unit"]), []) if said["unit"] else []
            coded = by_code.get(fold(said["unit_code"]))
            unit = (
                coded[0]
                if said["unit_code"] and coded
                else named[0]
                if not said["unit_code"] and len(named) == 1
                else None
            )
            if unit is None and len(named) > 1 and not said["unit_code"]:
                problems.append(f"tên “{said['unit']}” có ở nhiều đơn vị, hãy ghi mã.")
            elif unit is None:
                who = said["unit_code"] or said["unit"]
                problems.append(
                    f"đơn vị “{who}” không có hoặc ngoài phạm vi của đồng chí." if who else "chưa ghi đơn vị."
                )
            if not said["name"]:
                problems.append("chưa ghi tên phòng.")
            elif len(said["name"]) > 160:
                problems.append("tên phòng dài quá 160 chữ.")
            elif find_mark(said["name"]):
                problems.append("có dấu độ mật; hệ thống không nhận nội dung mật.")
            room, unclear = there[unit].find(said["name"], unit) if unit in there and said["name"] else (None, "")
            if unclear:
                problems.append(unclear)
            key = (unit or 0, room or same_key(said["name"]))
            if unit and (earlier := seen.get(key)):
                problems.append(f"phòng này đã có ở dòng {earlier}.")
            seen.setdefault(key, row.number)
            values = _facility_values(row.cells, problems)
            if problems or unit is None:
                wrong += [(row.number, f"“{said['name'] or '?'}”: {one}") for one in problems]
            else:
                stands = room is not None and all(getattr(known[room], key) == it for key, it in values.items())
                lines.append(ListedFacility(row.number, unit, said["name"], room, values, stands))
    if not lines and not wrong:
        raise Refusal("list.empty", "Tệp không có dòng nào đọc được.", field="file")
    return FacilityList(tuple(lines), tuple(wrong))


def _facility_values(cells: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, label, most in (("address", "địa chỉ", 200), ("note", "ghi chú", 250)):
        words = squeeze(spreadsheets.shown(cells.get(key)))
        if len(words) > most:
            problems.append(f"{label} dài quá {most} chữ.")
        elif find_mark(words):
            problems.append("có dấu độ mật; hệ thống không nhận nội dung mật.")
        elif words:
            values[key] = words
    for key, label in _NUMBERS.items():
        number = spreadsheets.parse_number(cells.get(key))
        most = 100_000 if key == "seats" else 1_000
        if number.error:
            problems.append(f"{label}: {number.error}")
        elif number.value is not None:
            if number.value != int(number.value) or not 0 <= number.value <= most:
                problems.append(f"{label} phải là số nguyên từ 0 đến {show_number(most)}.")
            else:
                values[key] = int(number.value)
    for key, label in _TICKS.items():
        tick = spreadsheets.parse_yes(cells.get(key))
        if tick.error:
            problems.append(f"{label}: {tick.error}")
        elif tick.value is not None:
            values[key] = tick.value
    words = squeeze(spreadsheets.shown(cells.get("line")))
    if words:
        kinds = {fold(said): kind for kind, said in LINE_WORDS.items()}
        if fold(words) not in kinds:
            problems.append(f"đường truyền “{words}” phải là: {', '.join(LINE_WORDS.values())}.")
        else:
            values["line"] = kinds[fold(words)].value
    return values
