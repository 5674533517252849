"""Who sits where in a venue, who has no seat, what is not in order; and a seating made elsewhere, read from a file.

`queries.seats` counts the seats of venues against their people; here every seat has its row and number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet

from quantriet.classes.models import Hall, RosterEntry, Seat, SeatBlock, SeatMap, StudyClass, Venue
from quantriet.classes.queries.programme import first_day
from quantriet.classes.queries.rosters import organisation_above, unit_above
from quantriet.classes.queries.seats import seated
from quantriet.classes.rules.halls import Layout, Spot, from_json
from quantriet.classes.rules.seat_maps import NO_RANK, Sitter, conflicts_in_units
from quantriet.kit import spreadsheets
from quantriet.kit.numbers import show_number
from quantriet.kit.refusal import Refusal
from quantriet.kit.spreadsheets import Column
from quantriet.org.models import Person, PostHeld, Unit
from quantriet.org.queries.listed import recognise_people
from quantriet.org.rules.recognising import ListedPerson
from quantriet.org.rules.secrecy import refuse_if_marked

MOST_LINES = 5000
COLUMNS = (
    Column("code", "Mã đảng viên", ("Mã số đảng viên", "Mã số", "Mã ĐV", "Mã", "Số thẻ đảng viên")),
    Column("name", "Họ và tên", ("Họ tên", "Họ và tên đảng viên", "Họ tên đảng viên", "Tên đảng viên", "Đồng chí")),
    Column("cell", "Chi bộ", ("Tên chi bộ", "Đơn vị", "Tên đơn vị", "Đơn vị sinh hoạt")),
    Column("seat", "Chỗ ngồi", ("Ghế", "Số ghế", "Vị trí", "Vị trí ngồi", "Mã ghế")),
    Column("row", "Hàng", ("Hàng ghế", "Dãy")),
    Column("number", "Ghế số", ("Số", "Ghế trong hàng")),
)  # fmt: skip


@dataclass(frozen=True)
class Placed:
    """Somebody of the venue as the drawing shows them."""

    entry_id: int
    person_id: int
    name: str
    cell: str
    above: str  # the organisation above the cell, empty where that is the host of the class
    code: str
    post: str  # the highest, in words

    @property
    def place(self) -> str:
        """The cell with the organisation above it: cells of one name are told apart."""
        return f"{self.cell}, {self.above}" if self.above else self.cell

    @property
    def short(self) -> str:
        """What fits onto a seat: the last two words of the name."""
        return " ".join(self.name.split()[-2:])


@dataclass(frozen=True)
class Seating:
    """One venue: its seats, its people, who sits where."""

    layout: Layout
    sitters: tuple[Sitter, ...]  # everybody who takes a seat
    people: Mapping[int, Placed]  # by roster line; also who sits here and should not
    places: Mapping[int, Spot]
    kept_free: frozenset[Spot]
    blocks: tuple[SeatBlock, ...]
    units: Mapping[int, str]  # the units that sit here or have a block, in the order of the tree; told apart

    @cached_property
    def on(self) -> dict[Spot, int]:
        """The roster line on each seat that is taken."""
        return {spot: key for key, spot in self.places.items()}

    @cached_property
    def without(self) -> tuple[Placed, ...]:
        """Who has no seat, by unit and name."""
        waiting = [one for one in self.sitters if one.entry_id not in self.places]
        waiting.sort(key=lambda one: (one.unit_path, one.name_key, one.entry_id))
        return tuple(self.people[one.entry_id] for one in waiting)

    @cached_property
    def conflicts(self) -> list[str]:
        """What is not in order, in sentences."""
        found: list[str] = []
        expected = {one.entry_id: one for one in self.sitters}
        missing = len(self.sitters) - (len(self.layout.spots) - len(self.kept_free))
        if missing > 0:
            found.append(
                f"Thiếu {show_number(missing)} ghế: {show_number(len(self.sitters))} người, "
                f"{show_number(len(self.layout.spots) - len(self.kept_free))} ghế dùng được."
            )
        if self.without:
            found.append(f"{show_number(len(self.without))} người chưa có chỗ.")
        for key, spot in sorted(self.places.items(), key=lambda one: one[1]):
            if key not in expected:
                found.append(f"Ghế {spot.code}: {self.people[key].name} được miễn học nên không cần chỗ.")
            elif spot not in self.layout.known:
                found.append(f"Ghế {spot.code} không còn dùng, {self.people[key].name} cần chỗ khác.")
        owners = {block.number: block for block in self.blocks}
        strangers: dict[int, int] = defaultdict(int)
        for key, spot in self.places.items():
            block = owners.get(self.layout.block_of.get(spot, 0))
            if block and key in expected and expected[key].unit_id != block.unit_id and not expected[key].is_leader:
                strangers[block.number] += 1
        for number, count in sorted(strangers.items()):
            found.append(
                f"Khối {number} dành cho {self.units[owners[number].unit_id]} mà có {show_number(count)} người đơn vị khác ngồi."
            )
        spread = conflicts_in_units(self.layout, self.sitters, self.places)
        for unit, blocks in sorted(spread.items(), key=lambda one: self.units[one[0]]):
            found.append(f"{self.units[unit]} ngồi rải ở {show_number(blocks)} khối.")
        return found


def seating(seat_map: SeatMap) -> Seating:
    """One venue's seating; a constant number of statements however many seats."""
    venue = seat_map.venue
    study_class = venue.study_class
    rows = list(Seat.objects.filter(seat_map=seat_map))
    here = RosterEntry.objects.filter(venue=venue)
    takes_seat = set(here.filter(seated("")).values_list("pk", flat=True))
    entries = list(
        here.values_list(
            "pk", "person_id", "person__full_name", "person__sort_key", "person__code", "unit_id", "unit__path",
            "unit__name", "unit__short_name", "unit__parent_id", "unit__parent__name", "unit__parent__short_name",
        )
    )  # fmt: skip
    posts: dict[int, list[tuple[int, bool, str]]] = defaultdict(list)
    held = (
        PostHeld.objects.on(first_day(study_class))
        .filter(person__in=here.values("person"))
        .order_by("post__rank", "pk")
        .values_list(
            "person_id",
            "post__rank",
            "post__name",
            "post__is_head",
            "post__is_standing",
            "post__is_leader",
            "unit__path",
        )
    )
    for person, rank, name, is_head, is_standing, is_leader, path in held:
        # A leader for this class: of its own committee or of one above. A cell's secretary sits with the cell.
        leads = (is_head or is_standing or is_leader) and study_class.unit.path.startswith(path)
        posts[person].append((rank, leads, name))
    sitters = []
    people: dict[int, Placed] = {}
    for key, person, name, sort_key, code, unit, path, cell, short, parent, parent_name, parent_short in entries:
        own = posts.get(person, [])
        above = organisation_above(study_class.unit_id, unit, parent, parent_name, parent_short)
        people[key] = Placed(key, person, name, short or cell, above, code, own[0][2] if own else "")
        if key in takes_seat:
            rank = min((rank for rank, _leads, _name in own), default=NO_RANK)
            leads = any(one for _rank, one, _name in own)
            sitters.append(Sitter(key, unit, path, rank, sort_key, leads))
    blocks = tuple(SeatBlock.objects.filter(seat_map=seat_map).select_related("unit__parent").order_by("number"))
    units = {one.unit_id: people[one.entry_id].place for one in sorted(sitters, key=lambda one: one.unit_path)}
    for block in blocks:
        if block.unit_id not in units:
            units[block.unit_id] = _unit_place(study_class, block.unit)
    return Seating(
        from_json(seat_map.layout),
        tuple(sitters),
        people,
        {row.entry_id: Spot(row.row, row.number) for row in rows if row.entry_id in people},
        frozenset(Spot(row.row, row.number) for row in rows if row.is_kept_free),
        blocks,
        units,
    )


def _unit_place(study_class: StudyClass, unit: Unit) -> str:
    name, above = unit.short_name or unit.name, unit_above(study_class.unit_id, unit)
    return f"{name}, {above}" if above else name


def seat_map_of(venue: Venue) -> SeatMap | None:
    """The seats of a venue, with all that its pages say of it."""
    return (
        SeatMap.objects.filter(venue=venue)
        .select_related("hall", "venue__unit", "venue__study_class__unit", "venue__study_class__campaign")
        .first()
    )


def seat_order(seat_map: SeatMap) -> dict[int, int]:
    """The place of each roster line when one goes through the hall row by row."""
    order = {spot: place for place, spot in enumerate(from_json(seat_map.layout).spots)}
    rows = Seat.objects.filter(seat_map=seat_map, entry__isnull=False).values_list("entry_id", "row", "number")
    return {entry: order.get(Spot(row, number), len(order)) for entry, row, number in rows if entry is not None}


def is_outdated(seat_map: SeatMap) -> bool:
    """Whether the hall was changed since its seats were taken over."""
    return seat_map.hall is not None and seat_map.hall.layout != seat_map.layout


def hall_rows(halls: QuerySet[Hall]) -> QuerySet[Hall]:
    return halls.select_related("unit")


# --- a seating made elsewhere -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SeatLine:
    """A line that was understood: who, the seat now, the seat to be."""

    number: int
    entry_id: int
    name: str
    before: str
    seat: str


@dataclass(frozen=True)
class SeatList:
    """What a file comes to: lines that will be written, and what is wrong, each with Excel's own row."""

    lines: tuple[SeatLine, ...]
    wrong: tuple[tuple[int, str], ...] = field(default=())
    ousted: tuple[str, ...] = field(default=())  # who would lose the seat to somebody in the list


def read_seats(seat_map: SeatMap, source: Path, file_name: str) -> SeatList:
    """Read a seating: who (by code, or name and cell) and the seat ("C5", or row and number in two columns).

    Unknown people, seats that the hall has not or keeps free, a seat or a person named twice are faults with their row.
    Refuses what is no list, what is marked secret, and a list without people or seats.
    """
    refuse_if_marked(Path(file_name).stem.replace("_", " "), "Tên tệp")
    plan = seating(seat_map)
    gated = spreadsheets.gate(source, file_name, limit=settings.UPLOAD_LIMIT_BYTES)
    table = spreadsheets.read_table(gated, COLUMNS)
    if table.encoding:  # old Vietnamese fonts
        table.close()
        table = spreadsheets.read_table(gated, COLUMNS, legacy=table.encoding.choice)
    said: list[tuple[ListedPerson, str]] = []
    wrong: list[tuple[int, str]] = []
    with table:
        if not {"code", "name"} & set(table.columns) or not {"seat", "row"} & set(table.columns):
            raise Refusal(
                "list.no_column",
                "Danh sách phải có cột mã đảng viên hoặc họ và tên, và cột chỗ ngồi (hoặc hai cột hàng, ghế số).",
                field="file",
            )
        for row in table:
            cells = {key: spreadsheets.shown(row.cells.get(key)).strip() for key in ("code", "name", "cell", "seat")}
            hall_row, number = (spreadsheets.shown(row.cells.get(key)).strip() for key in ("row", "number"))
            if not (cells["code"] or cells["name"]):
                continue
            if len(said) == MOST_LINES:
                raise Refusal("list.too_long", f"Danh sách có quá {show_number(MOST_LINES)} dòng.", field="file")
            seat = cells["seat"] or f"{hall_row} {number}".strip()
            if not seat:
                continue  # nobody is put off a seat by an empty cell
            line = ListedPerson(row.number, cells["code"], cells["name"], cells["cell"] or row.group or "", None)
            said.append((line, seat))
    if not said:
        raise Refusal("list.empty", "Tệp không có dòng nào có cả người và chỗ ngồi.", field="file")
    persons = Person.objects.filter(pk__in=[one.person_id for one in plan.people.values()])
    results, _found = recognise_people([line for line, _seat in said], persons)
    entry_of = {one.person_id: key for key, one in plan.people.items()}
    lines: list[SeatLine] = []
    seats: dict[Spot, int] = {}
    people: dict[int, int] = {}
    for result, (line, seat) in zip(results, said, strict=True):
        spot = plan.layout.find(seat)
        entry = entry_of.get(result.person_id) if result.person_id is not None else None
        if entry is None:
            wrong.append((line.number, f"{line.words}: {_uncapital(result.sentence) or 'không có ở điểm cầu này.'}"))
        elif spot is None:
            wrong.append((line.number, f"{line.words}: hội trường không có ghế “{seat[:12]}”, hoặc ghế ấy không dùng."))
        elif spot in plan.kept_free:
            wrong.append((line.number, f"{line.words}: ghế {spot.code} đang giữ trống."))
        elif spot in seats:
            wrong.append((line.number, f"{line.words}: ghế {spot.code} đã xếp cho người ở dòng {seats[spot]}."))
        elif entry in people:
            wrong.append((line.number, f"{line.words}: người này đã có chỗ ở dòng {people[entry]}."))
        else:
            seats[spot], people[entry] = line.number, line.number
            before = plan.places.get(entry)
            name = plan.people[entry].name
            lines.append(SeatLine(line.number, entry, name, before.code if before else "", spot.code))
    ousted = sorted(
        f"{plan.people[key].name} ({spot.code})"
        for key, spot in plan.places.items()
        if spot in seats and key not in people
    )
    return SeatList(tuple(lines), tuple(wrong), tuple(ousted))


def _uncapital(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def seat_rows(plan: Seating) -> list[tuple[Spot, Placed | None]]:
    """Every seat in use in the order of the hall, with who sits there; for lists."""
    return [(spot, plan.people.get(plan.on.get(spot, 0))) for spot in plan.layout.spots]


def drawn_rows(layout: Layout, only: int | None = None) -> Sequence[tuple[str, bool, list[list[tuple[Spot, bool]]]]]:
    """The rows as drawn: label, whether an aisle lies before, and by stretch each seat with whether it is in use.

    `only` draws one block alone.
    """
    found: list[tuple[str, bool, list[list[tuple[Spot, bool]]]]] = []
    for row in layout.rows:
        parts = [[(Spot(row.label, number), number not in row.off) for number in numbers] for numbers in row.parts()]
        if only is not None:
            parts = [part for part in parts if any(layout.block_of.get(spot) == only for spot, _is_used in part)]
            if not parts:
                continue
        found.append((row.label, row.is_after_aisle and bool(found), parts))
    return found
