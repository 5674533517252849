"""The seats of a hall: typed row by row, drawn with the stage on top, cut into blocks by aisles.

One line a row, or a stretch of rows alike; "|" is an aisle between seats, an empty line an aisle across; behind "bỏ" stand
the seats out of use:

    A: 6 | 8 | 6
    B-D: 6 | 8 | 6   bỏ 7, 14

    E-F: 6 | 8 | 6

Seats are numbered from the left as one faces the stage. A block is what lies between two aisles and two aisles across.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from quantriet.classes.vocab import StageSide
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.text import fold, nfc, squeeze

MOST_ROWS = 100
MOST_IN_ROW = 80
MOST_SEATS = 3000

_LINE = re.compile(r"^(?P<rows>[^:]+):(?P<seats>[\d\s|]+)(?P<off>\D.*)?$")
_OFF = re.compile(r"^(?:bo|hong|x)\s*:?\s*(?P<numbers>[\d\s,\-–]+)$")
_STRETCH = re.compile(r"^(\w+)\s*[-–]\s*(\w+)$")
_PART = re.compile(r"^(\d+)(?:\s*[-–]\s*(\d+))?$")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Spot(NamedTuple):
    """A seat: its row and its number in the row."""

    row: str
    number: int

    @property
    def code(self) -> str:
        """C5; where the row is a number itself, 3-5."""
        return f"{self.row}-{self.number}" if self.row[-1:].isdigit() else f"{self.row}{self.number}"

    @property
    def words(self) -> str:
        return f"hàng {self.row}, ghế {self.number}"


@dataclass(frozen=True)
class SeatRow:
    """A row: seats of each stretch between aisles, numbers out of use, whether an aisle across lies before it."""

    label: str
    stretches: tuple[int, ...]
    off: frozenset[int] = frozenset()
    is_after_aisle: bool = False

    @property
    def size(self) -> int:
        return sum(self.stretches)

    def parts(self) -> list[range]:
        """The numbers of each stretch, from the left."""
        found, first = [], 1
        for length in self.stretches:
            found.append(range(first, first + length))
            first += length
        return found


@dataclass(frozen=True)
class Block:
    """Seats between two aisles and two aisles across, numbered from the stage on."""

    number: int
    spots: tuple[Spot, ...]  # in use, row by row from the stage

    @property
    def rows(self) -> str:
        """ "hàng A-C" """
        labels = list(dict.fromkeys(spot.row for spot in self.spots))
        return f"hàng {labels[0]}" + (f"-{labels[-1]}" if len(labels) > 1 else "") if labels else ""

    @property
    def words(self) -> str:
        return f"Khối {self.number}" + (f" ({self.rows})" if self.spots else "")


@dataclass(frozen=True)
class Layout:
    """All rows as they are drawn, the topmost first; the side of the drawing on which the stage is."""

    rows: tuple[SeatRow, ...]
    stage: StageSide = StageSide.TOP

    @cached_property
    def spots(self) -> tuple[Spot, ...]:
        """Every seat in use, row by row as drawn."""
        return tuple(
            Spot(row.label, number) for row in self.rows for number in range(1, row.size + 1) if number not in row.off
        )

    @cached_property
    def known(self) -> frozenset[Spot]:
        return frozenset(self.spots)

    @cached_property
    def by_code(self) -> dict[str, Spot]:
        """Seats by what may be typed: "C5", "C-5", "c 5"."""
        return {_plain(spot.code): spot for spot in self.spots}

    def find(self, written: str) -> Spot | None:
        return self.by_code.get(_plain(written))

    @cached_property
    def depth(self) -> dict[Spot, int]:
        """How far a seat is from the stage: 0 is the first line."""
        found: dict[Spot, int] = {}
        last = len(self.rows) - 1
        for place, row in enumerate(self.rows):
            for number in range(1, row.size + 1):
                found[Spot(row.label, number)] = {
                    StageSide.TOP: place,
                    StageSide.BOTTOM: last - place,
                    StageSide.LEFT: number - 1,
                    StageSide.RIGHT: row.size - number,
                }[self.stage]
        return found

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks that have seats in use, those nearest to the stage first, from the left."""
        bands: list[list[SeatRow]] = []
        for row in self.rows:
            if not bands or row.is_after_aisle or len(row.stretches) != len(bands[-1][-1].stretches):
                bands.append([])
            bands[-1].append(row)
        found: list[tuple[tuple[float, int, int], list[Spot]]] = []
        for band_number, band in enumerate(bands):
            for column in range(len(band[0].stretches)):
                spots = [
                    Spot(row.label, number) for row in band for number in row.parts()[column] if number not in row.off
                ]
                if spots:
                    spots.sort(key=lambda spot: self.depth[spot])
                    nearest = min(self.depth[spot] for spot in spots)
                    found.append(((nearest, band_number, column), spots))
        found.sort(key=lambda one: one[0])
        return tuple(Block(number, tuple(spots)) for number, (_key, spots) in enumerate(found, start=1))

    @cached_property
    def block_of(self) -> dict[Spot, int]:
        return {spot: block.number for block in self.blocks for spot in block.spots}

    def switched(self, spot: Spot) -> Layout:
        """The same with one seat put out of use, or back into it."""
        rows = tuple(
            SeatRow(row.label, row.stretches, row.off ^ {spot.number}, row.is_after_aisle)
            if row.label == spot.row and spot.number <= row.size
            else row
            for row in self.rows
        )
        return Layout(rows, self.stage)


def read_layout(text: str, stage: StageSide) -> Layout:
    """Read what was typed; all lines that cannot be read are refused together, with their numbers."""
    rows: list[SeatRow] = []
    refusals: list[Refusal] = []
    seen: set[str] = set()
    is_after_aisle = False
    for number, line in enumerate(nfc(text).splitlines(), start=1):
        written = squeeze(line)
        if not written:
            is_after_aisle = bool(rows)
            continue
        try:
            read = _read_line(written)
        except Refusal as refusal:
            refusals.append(Refusal(refusal.code, f"Dòng {number}: {refusal.sentence}", field="layout", row=number))
            continue
        for place, row in enumerate(read):
            if row.label in seen:
                sentence = f"Dòng {number}: hàng {row.label} đã có ở dòng trên."
                refusals.append(Refusal("hall.row_twice", sentence, field="layout", row=number))
                continue
            seen.add(row.label)
            rows.append(SeatRow(row.label, row.stretches, row.off, is_after_aisle and not place))
        is_after_aisle = False
    if refusals:
        raise refusals[0] if len(refusals) == 1 else Refusals(refusals)
    if not rows:
        raise Refusal("hall.no_rows", "Chưa có hàng ghế nào; mỗi dòng một hàng, ví dụ A: 6 | 8 | 6.", field="layout")
    layout = Layout(tuple(rows), stage)
    if len(rows) > MOST_ROWS or sum(row.size for row in rows) > MOST_SEATS:
        raise Refusal(
            "hall.too_large",
            f"Sơ đồ có {len(rows)} hàng, {sum(row.size for row in rows)} ghế; nhiều nhất {MOST_ROWS} hàng, {MOST_SEATS} ghế.",
            field="layout",
        )
    if not layout.spots:
        raise Refusal("hall.no_seats", "Mọi ghế đều bỏ nên hội trường không còn chỗ nào.", field="layout")
    return layout


def _read_line(written: str) -> list[SeatRow]:
    found = _LINE.match(written)
    if not found:
        raise Refusal("hall.line", f"không hiểu “{written[:40]}”; hãy ghi như A: 6 | 8 | 6.")
    pieces = [piece.split() for piece in found["seats"].split("|")]
    if any(len(piece) != 1 for piece in pieces):
        raise Refusal("hall.line", "giữa hai lối đi “|” phải có đúng một số ghế, ví dụ A: 6 | 8 | 6.")
    stretches = tuple(int(piece[0]) for piece in pieces if int(piece[0]))
    size = sum(stretches)
    if not 1 <= size <= MOST_IN_ROW:
        raise Refusal("hall.row_size", f"một hàng có từ 1 đến {MOST_IN_ROW} ghế, ở đây là {size}.")
    off: set[int] = set()
    if found["off"]:
        numbers = _OFF.match(fold(found["off"]).lstrip(" ,;(").rstrip(" )."))
        if not numbers:
            raise Refusal("hall.off", f"không hiểu “{found['off'].strip()[:30]}”; ghế không dùng ghi như bỏ 3, 17-18.")
        for part in filter(None, (one.strip() for one in numbers["numbers"].split(","))):
            stretch = _PART.match(part)
            first, last = (int(stretch[1]), int(stretch[2] or stretch[1])) if stretch else (0, 0)
            if not 1 <= first <= last <= size:
                raise Refusal("hall.off", f"ghế bỏ “{part}” không có trong hàng {size} ghế.")
            off |= set(range(first, last + 1))
    return [SeatRow(label, stretches, frozenset(off)) for label in _labels(squeeze(found["rows"]).upper())]


def _labels(written: str) -> list[str]:
    """ "C" is one row, "C-F" and "3-9" are stretches."""
    if written.startswith("HÀNG "):
        written = written[5:]
    stretch = _STRETCH.match(written)
    if stretch:
        first, last = stretch.groups()
        if first.isdecimal() and last.isdecimal() and len(first) <= 3 and len(last) <= 3 and int(first) <= int(last):
            return [str(number) for number in range(int(first), int(last) + 1)]
        if first in _LETTERS and last in _LETTERS and len(first) == len(last) == 1 and first <= last:
            return list(_LETTERS[_LETTERS.index(first) : _LETTERS.index(last) + 1])
        raise Refusal("hall.rows", f"không hiểu các hàng “{written[:20]}”; hãy ghi như C-F hoặc 3-9.")
    if not re.fullmatch(r"\w{1,4}", written):
        raise Refusal("hall.rows", f"tên hàng “{written[:20]}” dài quá 4 chữ hoặc có dấu; hãy ghi như A, B hoặc 1, 2.")
    return [written]


def show_layout(layout: Layout) -> str:
    """The same in the writing that `read_layout` reads, a line a row."""
    lines = []
    for row in layout.rows:
        if row.is_after_aisle:
            lines.append("")
        off = f"   bỏ {', '.join(_stretches(sorted(row.off)))}" if row.off else ""
        lines.append(f"{row.label}: {' | '.join(map(str, row.stretches))}{off}")
    return "\n".join(lines)


def _stretches(numbers: Sequence[int]) -> list[str]:
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][-1] + 1:
            found[-1].append(number)
        else:
            found.append([number])
    return [str(one[0]) if len(one) == 1 else f"{one[0]}-{one[-1]}" for one in found]


def as_json(layout: Layout) -> dict[str, Any]:
    return {
        "stage": layout.stage.value,
        "rows": [[row.label, list(row.stretches), sorted(row.off), row.is_after_aisle] for row in layout.rows],
    }


def from_json(stored: Mapping[str, Any]) -> Layout:
    rows: Iterable[Any] = stored.get("rows", [])
    return Layout(
        tuple(
            SeatRow(label, tuple(stretches), frozenset(off), is_after_aisle)
            for label, stretches, off, is_after_aisle in rows
        ),
        StageSide(stored.get("stage", StageSide.TOP)),
    )


def _plain(written: str) -> str:
    """ "Hàng C, ghế 05", "c-5" and "C 5" are one; between two numbers the sign stays."""
    words = fold(written).replace("hang", " ").replace("ghe", " ")
    pieces = re.findall(r"\d+|[^\W\d_]+", words)
    return " ".join(piece.lstrip("0") or "0" if piece.isdecimal() else piece for piece in pieces)
