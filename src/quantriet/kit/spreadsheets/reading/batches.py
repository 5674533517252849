"""The rows under a header on their way to the caller: data told from totals and signatures, cleaned, packed by column.

The child packs and the caller unpacks; the rest happens in the child.
"""

import datetime as dt
import gc
import itertools
import unicodedata
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any, Protocol

from quantriet.kit import text
from quantriet.kit.refusal import Refusal
from quantriet.kit.spreadsheets import headers
from quantriet.kit.spreadsheets.cells import Cell, shown
from quantriet.kit.spreadsheets.headers import Mapping, Merged

_MOST_LEFT_OUT = 20_000
_BATCH = 500

# Cells of one column are alike: texts travel joined in one text and dates as day numbers, which is several times faster than
# value by value. The sign is in no text of an office; where it is, the column travels plainly.
_BETWEEN = "\x7f"


class Rows(Protocol):
    """What is needed of a sheet: its first rows in hand, all its rows, its merged areas, and old fonts converted."""

    head: list[tuple[int, list[Cell]]]
    merged: list[Merged]

    def converted(self, row: list[Cell]) -> list[Cell]: ...

    def rows(self) -> Iterator[tuple[int, list[Cell]]]: ...


class _Sorter:
    """Tells data rows from the rest of what stands under a header."""

    def __init__(self, page: Rows, mapping: Mapping, required: frozenset[str], texts: dict[int, str]) -> None:
        self.indexes = sorted(mapping.columns)
        self.start = mapping.header_row + mapping.depth
        keys = list(dict.fromkeys(mapping.columns[index] for index in self.indexes))
        # For each key the places of its columns: a name may stand in two ("Họ và tên" merged over both).
        self.parts = [
            [place for place, index in enumerate(self.indexes) if mapping.columns[index] == key] for key in keys
        ]
        self.needed = [place for place, key in enumerate(keys) if key in required]
        self.columns_in_file = max(len(texts), len(self.indexes))
        self.group: str | None = None
        self.signed = False
        probe = self.indexes[self.parts[self.needed[0] if self.needed else 0][0]]
        self.probe = probe
        grid = {number: page.converted(row) for number, row in page.head}
        self.header_cells = {
            _clean(cell)
            for number in range(mapping.header_row, self.start)
            for index, cell in enumerate(grid.get(number, ()))
            if index == probe and isinstance(cell, str) and cell.strip()
        }
        self.down: dict[int, list[tuple[int, int]]] = {}
        self.broad: set[int] = set()
        places = {self.indexes[part[0]]: place for place, part in enumerate(self.parts)}
        for top, left, bottom, right in page.merged:
            if top < self.start:
                continue
            if bottom > top and left in places:
                self.down.setdefault(top, []).append((places[left], bottom))
            if right - left >= 2:
                self.broad.add(top)

    def why_no_data(self, number: int, row: Sequence[Cell], cells: Sequence[Cell]) -> str | None:
        """Why a row is left out; "" for a blank one; None for data."""
        filled = filled_cells(row)
        if not filled:
            return ""
        if number < self.start + 3 and headers.numbering_row(row):
            return "Dòng đánh số cột"
        if headers.total_row(row):
            return "Dòng tổng cộng"
        known = sum(cell != "" for cell in cells)
        whole = known * 2 > len(cells) and all(cells[place] != "" for place in self.needed)
        if not whole and headers.signature_row(row):
            self.signed = True
            return "Phần ký dưới bảng"
        if self.signed and not whole:
            return "Phần dưới bảng, sau chỗ ký"
        self.signed = False
        said = headers.group_text(row)
        if said is not None and self._is_group(number, filled):
            self.group = said
            return "Tiêu đề nhóm trong bảng"
        return "Không có dữ liệu ở các cột đã ghép" if not known else None

    def _is_group(self, number: int, filled: Sequence[tuple[int, Cell]]) -> bool:
        if self.columns_in_file < 3:
            return False
        if len(filled) == 2:
            return self.columns_in_file >= 4
        index, said = filled[0]
        return number in self.broad or index not in self.indexes or headers.marked_as_group(shown(said))

    def united(self, cells: Sequence[Cell]) -> Sequence[Cell]:
        """One cell a key: parts that stand in several columns joined with a space."""
        one_each: list[Cell] = []
        for part in self.parts:
            filled = [cells[place] for place in part if cells[place] != ""]
            one_each.append(filled[0] if len(filled) == 1 else " ".join(shown(cell) for cell in filled))
        return one_each


def batches_of(
    page: Rows, mapping: Mapping, required: frozenset[str], texts: dict[int, str]
) -> Iterator[dict[str, Any]]:
    sorter = _Sorter(page, mapping, required, texts)
    indexes, start, down = sorter.indexes, sorter.start, sorter.down
    width, wanted = indexes[-1] + 1, len(sorter.parts)
    several = wanted < len(indexes)
    probe, header_cells = sorter.probe, sorter.header_cells
    needed = itemgetter(*sorter.needed) if len(sorter.needed) > 1 else None
    only_needed = sorter.needed[0] if len(sorter.needed) == 1 else None
    held: dict[int, tuple[Cell, int]] = {}
    left: list[tuple[int, str, str]] = []
    count = told = 0
    rows = ((number, row) for number, row in page.rows() if number >= start)
    # Millions of short-lived cells and no cycles among them: the collector would only look at them again and again.
    gc.disable()
    while chunk := list(itertools.islice(rows, _BATCH)):
        numbers: list[int] = []
        groups: list[str | None] = []
        kept: list[Sequence[Cell]] = []
        for (number, row), cells in zip(chunk, _clean_cells([row for _, row in chunk], indexes), strict=True):
            if several:
                cells = sorter.united(cells)
            empty = cells.count("")
            first = row[0] if row else ""
            if first == "" and len(row) > 1:
                first = row[1]
            why: str | None = None
            if (
                empty * 2 >= wanted
                or sorter.signed
                or number < start + 3
                or (type(first) is str and first[:1] in "TtCc")
                or (empty and only_needed is not None and cells[only_needed] == "")
                or (empty and needed is not None and "" in needed(cells))
            ):
                why = sorter.why_no_data(number, row, cells)
            if why is None and header_cells and len(row) >= width and row[probe] in header_cells:
                why = "Dòng lặp lại tiêu đề"
            if down:
                cells = _filled_down(number, cells, down, held)
            if why is None:
                numbers.append(number)
                groups.append(sorter.group)
                kept.append(cells)
            elif why and told < _MOST_LEFT_OUT:
                told += 1
                left.append((number, why, " | ".join(shown(cell) for _, cell in filled_cells(row))[:200]))
        count += len(kept)
        if kept:
            packed = [_packed(column) for column in zip(*kept, strict=True)]
            yield {"numbers": numbers, "groups": groups, "columns": packed, "left": left}
            left = []
    if not count:
        raise Refusal(
            "sheet.no_rows",
            f"Đã nhận ra dòng tiêu đề ở dòng {mapping.header_row} nhưng bên dưới không có dòng dữ liệu nào"
            + (f" ({told} dòng tổng cộng, ký tên, tiêu đề nhóm được bỏ qua)" if told else "")
            + ". Hãy kiểm tra lại tệp hoặc chọn lại dòng tiêu đề.",
        )
    if left:
        yield {"numbers": [], "groups": [], "columns": [[] for _ in sorter.parts], "left": left}


def filled_cells(row: Sequence[Cell]) -> list[tuple[int, Cell]]:
    """The cells of a row that hold something, with their places."""
    return [
        (index, cell)
        for index, cell in enumerate(row)
        if cell is not None and (not isinstance(cell, str) or cell.strip())
    ]


# Nearly all text is composed and shows all that it holds; asking is several times faster than `text.nfc`.
_MAY_HIDE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"


def _is_clean(said: str) -> bool:
    return said.isascii() or (not any(sign in said for sign in _MAY_HIDE) and unicodedata.is_normalized("NFC", said))


def _clean(said: str) -> str:
    """Composed form, without spaces at the ends; inner line breaks stay for the caller to judge."""
    return (said if _is_clean(said) else text.nfc(said)).strip()


# A space or line break at an end of a cell, seen in texts joined by `_BETWEEN`. Plain searches beat a regular expression here.
_RAGGED = [one for space in " \n\r\t\u00a0\u3000" for one in (space + _BETWEEN, _BETWEEN + space)]


def _is_ragged(joined: str) -> bool:
    return any(one in joined for one in _RAGGED) or joined != joined.strip()


def _clean_cells(rows: list[list[Cell]], indexes: list[int]) -> list[Sequence[Cell]]:
    """The wanted cells of each row, composed and trimmed; "" for an empty one.

    Asks once for a whole column of a batch whether it is clean already, which it nearly always is.
    """
    width = indexes[-1] + 1
    if any(len(row) < width for row in rows):
        rows = [row if len(row) >= width else [*row, *([""] * (width - len(row)))] for row in rows]
    if len(indexes) > 1:
        picked: list[Sequence[Cell]] = list(map(itemgetter(*indexes), rows))
    else:
        picked = [(row[indexes[0]],) for row in rows]
    for column in zip(*picked, strict=True):
        joined = _BETWEEN.join([cell for cell in column if type(cell) is str])
        if None in column or _is_ragged(joined) or not _is_clean(joined):
            return [
                [_clean(cell) if type(cell) is str else "" if cell is None else cell for cell in cells]
                for cells in picked
            ]
    return picked


def _filled_down(
    number: int, cells: Sequence[Cell], down: dict[int, list[tuple[int, int]]], held: dict[int, tuple[Cell, int]]
) -> Sequence[Cell]:
    """The row with the values of merged areas that reach down to it, as the eye reads them."""
    filled = list(cells)
    for place, (value, bottom) in list(held.items()):
        if number > bottom:
            del held[place]
        elif filled[place] == "":
            filled[place] = value
    for place, bottom in down.get(number, ()):
        held[place] = (filled[place], bottom)
    return filled


# ------------------------------------------------------------------------------- a column of a batch on its way (both sides)


def _packed(column: Sequence[Cell]) -> Any:
    kinds = set(map(type, column))
    if kinds == {str}:
        joined = _BETWEEN.join(column)  # type: ignore[arg-type]  # only texts here
        return joined if joined.count(_BETWEEN) == len(column) - 1 else list(column)
    if dt.date in kinds and int not in kinds and bool not in kinds:
        return {"days": [cell.toordinal() if type(cell) is dt.date else cell for cell in column]}
    if float in kinds:
        return [int(cell) if type(cell) is float and cell.is_integer() else cell for cell in column]
    return list(column)


def unpacked(packed: Any) -> Sequence[Cell]:
    """A column of a batch as the child read it; None for an empty cell."""
    if isinstance(packed, str):
        return [cell or None for cell in packed.split(_BETWEEN)]
    if isinstance(packed, dict):
        from_day = dt.date.fromordinal
        return [from_day(cell) if type(cell) is int else (None if cell == "" else cell) for cell in packed["days"]]
    return [None if cell == "" else cell for cell in packed]
