"""The seats of a venue as its ushers see them in a round; who is missing, by unit."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from quantriet.attendance.models import PresenceFact, SeatConfirmation, SeatRound, SeatTap
from quantriet.attendance.rules.minutes import Fact
from quantriet.attendance.rules.seat_rounds import before_confirming
from quantriet.attendance.vocab import FactKind, Method, Standing
from quantriet.classes import queries as class_queries
from quantriet.classes.models import ClassSession, Seat, SeatMap, Venue
from quantriet.classes.rules.halls import Block, Layout, Spot, from_json
from quantriet.kit.time import at_local, local

if TYPE_CHECKING:
    from quantriet.attendance.queries import Roll, RollRow

_HERE = (Standing.PRESENT, Standing.WHOLE)


def round_prefix(seat_round: SeatRound) -> str:
    """How the nonces of a round's facts begin: made of round and person, so that two ushers never write one twice."""
    return f"z{seat_round.pk}-"


@dataclass(frozen=True)
class SeatCell:
    """A seat that somebody has by the plan: whose it is, whether it was seen empty, by whom, how the person stands."""

    spot: Spot
    row: RollRow
    is_empty: bool = False
    tapped_by: str = ""

    @property
    def short(self) -> str:
        """What fits onto a seat: the last two words of the name."""
        return " ".join(self.row.name.split()[-2:])


@dataclass(frozen=True)
class SeenBlock:
    """A block as drawn: rows of stretches of seats; None is a seat that nobody has by the plan."""

    block: Block
    rows: list[tuple[str, list[SeatCell | None]]]
    confirmed: SeatConfirmation | None = None
    is_changed: bool = False  # tapped since it was confirmed
    warning: str = ""  # who carries a mark of another way for later than the round, and what becomes of it

    @property
    def cells(self) -> list[SeatCell]:
        return [cell for _label, cells in self.rows for cell in cells if cell is not None]

    @property
    def empty(self) -> list[int]:
        """Roster lines of the seats seen empty, as a confirmation sends them back."""
        return sorted(cell.row.entry_id for cell in self.cells if cell.is_empty)

    @property
    def widest(self) -> int:
        return max((len(cells) for _label, cells in self.rows), default=1)

    @property
    def is_done(self) -> bool:
        return self.confirmed is not None and not self.is_changed


@dataclass(frozen=True)
class SeatRegister:
    """One venue in one round: its blocks, who has no seat."""

    blocks: list[SeenBlock]
    without: list[RollRow] = field(default_factory=list)

    @property
    def done(self) -> int:
        return sum(1 for block in self.blocks if block.is_done)

    @property
    def empty(self) -> int:
        return sum(len(block.empty) for block in self.blocks)

    @property
    def placed(self) -> int:
        return sum(len(block.cells) for block in self.blocks)


def plan_in_use(venue_id: int, at: dt.datetime) -> str:
    """Why the venue keeps its seats: ushers go by them in a session of this day (`classes.vocab.SEATS_IN_USE`)."""
    midnight = at_local(local(at).date(), dt.time())
    today = SeatRound.objects.filter(
        venue=venue_id, session__starts_at__lt=midnight + dt.timedelta(days=1), session__ends_at__gte=midnight
    )
    last = today.select_related("session").order_by("-begun_at").first()
    if last is None:
        return ""
    return (
        f"Hôm nay đang điểm danh theo ghế ({last.session.title}, lượt {last.number}) nên giữ nguyên sơ đồ hội trường, để các "
        "khối không đổi số giữa chừng; hãy đổi từ ngày mai."
    )


def seat_rounds(session: ClassSession, venue: Venue) -> list[SeatRound]:
    return list(SeatRound.objects.filter(session=session, venue=venue).select_related("begun_by").order_by("number"))


def seat_register(seat_map: SeatMap, roll: Roll, seat_round: SeatRound | None) -> SeatRegister:
    """The seats with what was seen of them; few statements however many seats. `roll` is that of the venue and session."""
    layout = from_json(seat_map.layout)
    rows = {row.entry_id: row for row in roll.rows}
    spots = {
        Spot(row, number): entry
        for row, number, entry in Seat.objects.filter(seat_map=seat_map, entry__isnull=False)
        .filter(class_queries.seated("entry__"))
        .values_list("row", "number", "entry_id")
        if entry in rows
    }
    taps: dict[int, tuple[int, bool, str]] = {}
    confirmed: dict[int, SeatConfirmation] = {}
    others: dict[int, list[Fact]] = {}
    if seat_round is not None:
        for pk, entry, is_empty, name in (
            SeatTap.objects.filter(seat_round=seat_round)
            .order_by("at", "pk")  # by when it was seen, not by when a phone without a line could send it
            .values_list("pk", "entry_id", "is_empty", "account__display_name")
        ):
            taps[entry] = (pk, is_empty, name)
        confirmations = SeatConfirmation.objects.filter(seat_round=seat_round).select_related("account")
        confirmed = {one.block: one for one in confirmations.order_by("at", "pk")}
        others = _marked_later(seat_round, spots.values())
    blocks = []
    for block in layout.blocks:
        drawn = _drawn(layout, block, spots, rows, taps)
        if not any(cell for _label, cells in drawn for cell in cells):
            continue
        last = confirmed.get(block.number)
        newest = max((taps[spots[spot]][0] for spot in block.spots if spots.get(spot) in taps), default=0)
        warning = ""
        if seat_round is not None and others:
            sitting = (others.get(spots[spot], []) for spot in block.spots if spot in spots)
            warning = before_confirming(sitting, roll.time, as_of=seat_round.as_of)
        blocks.append(SeenBlock(block, drawn, last, last is not None and newest > last.last_tap, warning))
    placed = set(spots.values())
    return SeatRegister(blocks, [row for row in roll.rows if row.entry_id not in placed])


def _marked_later(seat_round: SeatRound, entries: Collection[int]) -> dict[int, list[Fact]]:
    """What other ways say of the people of a plan, where any of it is for later than the round; one statement."""
    found: dict[int, list[Fact]] = defaultdict(list)
    rows = PresenceFact.objects.filter(
        entry__in=Seat.objects.filter(seat_map__venue=seat_round.venue_id, entry__isnull=False).values("entry"),
        session=seat_round.session_id, voided_by__isnull=True,
    ).exclude(kind=FactKind.VOID).exclude(method=Method.SEAT, nonce__startswith=round_prefix(seat_round))  # fmt: skip
    placed = set(entries)
    for entry, kind, moment in rows.values_list("entry_id", "kind", "at"):
        if entry in placed:
            found[entry].append(Fact(FactKind(kind), moment))
    return {key: facts for key, facts in found.items() if any(fact.at >= seat_round.as_of for fact in facts)}


def _drawn(
    layout: Layout,
    block: Block,
    spots: dict[Spot, int],
    rows: dict[int, RollRow],
    taps: dict[int, tuple[int, bool, str]],
) -> list[tuple[str, list[SeatCell | None]]]:
    mine = set(block.spots)
    found: list[tuple[str, list[SeatCell | None]]] = []
    for row in layout.rows:
        cells: list[SeatCell | None] = []
        for number in range(1, row.size + 1):
            spot = Spot(row.label, number)
            if spot not in mine:
                continue
            entry = spots.get(spot)
            if entry is None:
                cells.append(None)
                continue
            _pk, is_empty, name = taps.get(entry, (0, False, ""))
            cells.append(SeatCell(spot, rows[entry], is_empty, name))
        if any(cells):
            found.append((row.label, cells))
    return found


@dataclass(frozen=True)
class MissingUnit:
    """A unit in a venue: how many are called, here, and who is not, with the seat of each."""

    cell: str
    called: int
    here: int
    missing: Sequence[tuple[RollRow, str]]


def missing_by_unit(venue: Venue, roll: Roll) -> list[MissingUnit]:
    """Who is not in the hall, by unit; those with most missing first. `roll` is that of the venue and session."""
    seats = {
        entry: Spot(row, number).code
        for entry, row, number in Seat.objects.filter(seat_map__venue=venue, entry__isnull=False).values_list(
            "entry_id", "row", "number"
        )
        if entry is not None
    }
    units: dict[int, list[RollRow]] = defaultdict(list)
    for row in roll.rows:
        units[row.unit_id].append(row)
    found = [
        MissingUnit(
            people[0].place,
            len(people),
            sum(1 for one in people if one.standing in _HERE),
            [(one, seats.get(one.entry_id, "")) for one in people if one.standing not in _HERE],
        )
        for people in units.values()
    ]
    return sorted(found, key=lambda one: (-len(one.missing), one.cell))
