"""Find the header of a table under its title rows and tell which column is which, however the office spells it.

Pure: works on the first rows of a sheet as lists of cells. "Họ và tên", "HỌ TÊN ", "Ho va ten", "Họ và\ntên", and
"Ngày sinh" over "Nam | Nữ" in merged cells are all read. Nothing is guessed silently: each match carries a confidence, and
a person can remap.
"""

import re
from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from quantriet.kit import text
from quantriet.kit.spreadsheets.cells import Cell, shown

# Titles, "Kính gửi", column numbers … above a table take some rows, never more than this.
HEADER_WITHIN = 60
MOST_DEPTH = 3
EXACT, CONTAINED, NEAR = 1.0, 0.75, 0.65
LEAST = 0.4


@dataclass(frozen=True)
class Column:
    """A column that the caller wants: its key, its usual label, other spellings, and whether a table without it is useless."""

    key: str
    label: str
    spellings: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True)
class Mapping:
    """Where the table starts and which column (0 = A) holds which key. Kept by the caller, changed by a person.

    Several columns with one key are joined with a space, in order: family name and given name.
    """

    sheet: int
    header_row: int
    depth: int
    columns: dict[int, str]
    confidence: dict[int, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain data for a JSON field; `from_json` reads it back."""
        return {
            "sheet": self.sheet,
            "header_row": self.header_row,
            "depth": self.depth,
            "columns": {str(index): key for index, key in self.columns.items()},
            "confidence": {str(index): value for index, value in self.confidence.items()},
        }

    @classmethod
    def from_json(cls, data: MappingType[str, Any]) -> "Mapping":
        """The mapping that `as_json` wrote."""
        return cls(
            sheet=int(data["sheet"]),
            header_row=int(data["header_row"]),
            depth=int(data["depth"]),
            columns={int(index): str(key) for index, key in data["columns"].items()},
            confidence={int(index): float(value) for index, value in data.get("confidence", {}).items()},
        )


@dataclass(frozen=True)
class Header:
    """A header found: its rows (1 = first row of the sheet), the text over each column, and what was recognised."""

    row: int
    depth: int
    texts: dict[int, str]
    columns: dict[int, str]
    confidence: dict[int, float]
    score: float

    @property
    def unmatched(self) -> tuple[tuple[int, str], ...]:
        """Columns with a header text that no wanted column took."""
        return tuple((index, said) for index, said in sorted(self.texts.items()) if index not in self.columns)


Merged = tuple[int, int, int, int]  # first row, first column, last row, last column; 1-based rows, 0-based columns


@lru_cache(maxsize=4096)
def header_key(said: str) -> str:
    """Fold a header text to words: no marks, no punctuation, no remarks in brackets at its end."""
    plain = text.fold(said.replace("\u00ad", ""))
    plain = re.sub(r"\((?:[^()]*)\)\s*[*:]*$", "", plain) or plain
    return " ".join(re.findall(r"[a-z0-9]+", plain))


def find_header(
    rows: Sequence[tuple[int, Sequence[Cell]]], merged: Sequence[Merged], columns: Sequence[Column]
) -> Header | None:
    """Find the best header among the first rows; None when no row looks like one.

    `rows` are (row number, cells) without gaps being needed. A deeper header (two or three merged rows) wins only when it
    explains more than its first row alone.
    """
    last = _last_head_row(rows)
    grid = {number: list(cells) for number, cells in rows if number <= last}
    best: Header | None = None
    for number, cells in grid.items():
        if best is not None and number > best.row + MOST_DEPTH and _beyond_doubt(best):
            break
        if sum(1 for cell in cells if isinstance(cell, str) and cell.strip()) < 1:
            continue
        for depth in range(_merged_depth(merged, number), MOST_DEPTH + 1):
            found = read_header(grid, merged, number, depth, columns)
            if found is not None and (best is None or found.score > best.score + 0.01):
                best = found
    return best


def _beyond_doubt(header: Header) -> bool:
    """Whether nearly every text of a header was recognised word for word: rows below it need not be tried."""
    exact = sum(value >= EXACT for value in header.confidence.values())
    return exact >= 3 and exact * 10 >= len(header.texts) * 8


def _last_head_row(rows: Sequence[tuple[int, Sequence[Cell]]]) -> int:
    filled = [number for number, cells in rows if any(cell not in (None, "") for cell in cells)]
    return filled[: HEADER_WITHIN + 1][-1] if filled else 0


def read_header(
    grid: MappingType[int, Sequence[Cell]], merged: Sequence[Merged], row: int, depth: int, columns: Sequence[Column]
) -> Header | None:
    """Read rows row … row+depth-1 as one header; None when too little of it is known."""
    deep = _merged_depth(merged, row)
    if depth > 1 and not all(
        number < row + deep or _may_be_part(grid.get(number, ())) for number in range(row, row + depth)
    ):
        return None
    texts = joined_texts(grid, merged, row, depth)
    if not texts:
        return None
    matched = match(texts, columns)
    if not _enough(matched, columns, len(texts)):
        return None
    score = sum(value for _, value in matched.values())
    matched |= _under_one_label(matched, merged, row + depth - 1)
    # Between equals the header that leaves fewer words unexplained, and the shallower one, is the better.
    score -= 0.02 * (depth - 1)
    return Header(
        row=row,
        depth=depth,
        texts=texts,
        columns={index: key for index, (key, _) in sorted(matched.items())},
        confidence={index: round(value, 2) for index, (_, value) in sorted(matched.items())},
        score=score,
    )


def _merged_depth(merged: Sequence[Merged], row: int) -> int:
    """Rows that cells merged downwards from `row` take; 1 when there are none."""
    depths = [bottom - top + 1 for top, _, bottom, _ in merged if top == row and bottom > top]
    return max((depth for depth in depths if depth <= MOST_DEPTH), default=1)


def _may_be_part(cells: Sequence[Cell]) -> bool:
    """A row of a header of several rows holds two texts at least and no number: titles and data do not join in."""
    said = [cell for cell in cells if cell not in (None, "")]
    return sum(isinstance(cell, str) for cell in said) >= 2 and all(isinstance(cell, str) for cell in said)


def joined_texts(
    grid: MappingType[int, Sequence[Cell]], merged: Sequence[Merged], row: int, depth: int
) -> dict[int, str]:
    """The text over each column: parent texts of merged cells before their children, "Ngày sinh – Nam"."""
    width = max((len(grid.get(number, ())) for number in range(row, row + depth)), default=0)
    parts: dict[int, list[str]] = {}
    spans = [area for area in merged if area[0] < row + depth and area[2] >= row]
    # A merged area that also holds rows below belongs to a title or to data, not to this header.
    for index in range(width):
        said: list[str] = []
        for number in range(row, row + depth):
            here = _text_at(grid, spans, number, index, row)
            if not here and number < row + depth - 1 and not spans:
                here = _from_the_left(grid, number, index, row + depth - 1)
            if here and here not in said:
                said.append(here)
        if said:
            parts[index] = said
    return {index: " – ".join(said) for index, said in parts.items()}


def _text_at(
    grid: MappingType[int, Sequence[Cell]], spans: Sequence[Merged], number: int, index: int, first: int
) -> str:
    for top, left, bottom, right in spans:
        if top <= number <= bottom and left <= index <= right:
            if top < first:
                return ""
            return _said(grid.get(top, ()), left)
    return _said(grid.get(number, ()), index)


def _said(cells: Sequence[Cell], index: int) -> str:
    cell = cells[index] if index < len(cells) else None
    return shown(cell) if isinstance(cell, str) else ""


def _from_the_left(grid: MappingType[int, Sequence[Cell]], number: int, index: int, last: int) -> str:
    """Without merged areas (csv, paste) a parent stands over its first child only: the next children have it to their left."""
    if not _said(grid.get(last, ()), index):
        return ""
    for left in range(index - 1, -1, -1):
        here = _said(grid.get(number, ()), left)
        if here:
            return here if _said(grid.get(last, ()), left) else ""
        if not _said(grid.get(last, ()), left):
            return ""
    return ""


def _under_one_label(
    matched: dict[int, tuple[str, float]], merged: Sequence[Merged], last: int
) -> dict[int, tuple[str, float]]:
    """Further columns under a merged label that has nothing below it: "Họ và tên" over family and given name."""
    more: dict[int, tuple[str, float]] = {}
    for top, left, bottom, right in merged:
        if top <= last <= bottom and left in matched and right - left <= 3:
            more |= {index: matched[left] for index in range(left + 1, right + 1) if index not in matched}
    return more


def _enough(matched: dict[int, tuple[str, float]], columns: Sequence[Column], filled: int) -> bool:
    if not matched:
        return False
    wanted = min(2, len(columns), filled)
    if len(matched) < wanted:
        return False
    keys = {key for key, _ in matched.values()}
    required = {column.key for column in columns if column.required}
    if len(matched) == 1:
        return max(value for _, value in matched.values()) >= 0.9
    # A data row or a title may resemble a header in a word or two, hardly in a required column and rarely by whole texts.
    sure = [value for _, value in matched.values() if value >= 0.9]
    return bool(not required or keys & required or (sure and sum(value for _, value in matched.values()) >= 1.5))


def match(texts: MappingType[int, str], columns: Sequence[Column]) -> dict[int, tuple[str, float]]:
    """Give each wanted column the header text that fits best; each text and each key is used once."""
    offers: list[tuple[float, int, int, str]] = []
    for index, said in texts.items():
        key = header_key(said)
        if not key or len(key) > 200:
            continue
        for order, column in enumerate(columns):
            value = max(
                (likeness(key, header_key(spelling)) for spelling in (column.label, *column.spellings)), default=0.0
            )
            if value >= LEAST:
                offers.append((value, order, index, column.key))
    taken: dict[int, tuple[str, float]] = {}
    used: set[str] = set()
    for value, _, index, name in sorted(offers, key=lambda offer: (-offer[0], offer[2], offer[1])):
        if index not in taken and name not in used:
            taken[index] = (name, value)
            used.add(name)
    return taken


@lru_cache(maxsize=65536)
def likeness(said: str, wanted: str) -> float:
    """From 0 to 1: the same words 1, contained as whole words by its share, a typing slip less."""
    if not said or not wanted:
        return 0.0
    if said == wanted or said.replace(" ", "") == wanted.replace(" ", ""):
        return EXACT
    best = 0.0
    padded = f" {said} "
    if len(wanted) >= 3 and f" {wanted} " in padded:
        best = CONTAINED * (0.5 + 0.5 * len(wanted) / len(said))
    allowed = 0 if len(wanted) < 7 else 1 if len(wanted) < 12 else 2
    if allowed and abs(len(said) - len(wanted)) <= allowed and len(set(said) ^ set(wanted)) <= 2 * allowed:
        slips = _distance(said, wanted, allowed)
        if slips <= allowed:
            best = max(best, NEAR + 0.25 * (1 - slips / (allowed + 1)))
    return best


def _distance(one: str, other: str, most: int) -> int:
    """Edits between two texts, swaps of neighbours counted once; anything above `most` is `most` + 1."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        now = [row]
        for column, against in enumerate(other, start=1):
            cost = min(last[column] + 1, now[-1] + 1, last[column - 1] + (letter != against))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == against:
                cost = min(cost, before[column - 2] + 1)
            now.append(cost)
        if min(now) > most:
            return most + 1
        before, last = last, now
    return last[-1]


# --------------------------------------------------------------------------------------------------- rows that are no data

# With marks: "Tống Công Cường" is a person and "Cộng Hòa" a commune.
_TOTAL = re.compile(
    r"(?:(?:tổng cộng|tổng số|cộng chung|cộng dồn|luỹ kế|lũy kế|tổng|cộng toàn|cộng)(?:\s*[:(=].*|\s+\d.*)?|"
    r"(?:tổng cộng|tổng số|cộng toàn)\s.{1,60}|tong cong|tong so|cong)\s*[:.]*"
)
_SIGNATURE = re.compile(
    r"(?:nguoi lap(?: bieu| bang| danh sach)?|lap bieu|nguoi tong hop|ke toan(?: truong)?|thu truong(?: don vi| co quan)?|t m .*|tm .*|"
    r"k t .*|kt (?:truong|bi thu|chu).*|noi nhan.*|ky ten.*|ky va ghi ro.*|ky ghi ro.*|xac nhan cua .*|dai dien .*|"
    r".*ngay \d* ?thang \d* ?nam ?\d*|(?:ghi chu|luu y|chu thich)(?: .*)?)"
)
_SIGNATURE_TITLE = re.compile(
    r"(?:(?:pho )?bi thu(?: chi bo| dang uy| thuong truc)?|(?:pho )?chu tich|(?:pho )?truong ban|chanh van phong|nguoi (?:kiem tra|duyet))"
)


def total_row(cells: Sequence[Cell]) -> bool:
    """Say whether a row is a sum: "Tổng cộng", "Cộng:", "Tổng số 12 đồng chí" stands first in it."""
    for cell in cells:
        if isinstance(cell, str) and cell.strip():
            return bool(len(cell) <= 80 and _TOTAL.fullmatch(text.squeeze(cell).lower()))
        if cell not in (None, ""):
            return False
    return False


def signature_row(cells: Sequence[Cell]) -> bool:
    """Say whether a row starts the block under a table: place and date, "NGƯỜI LẬP", "T/M …", "Nơi nhận"."""
    keys = [header_key(cell) for cell in cells if isinstance(cell, str) and cell.strip()]
    if not keys or len(keys) > 4 or any(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in cells):
        return False
    return any(_SIGNATURE.fullmatch(key) for key in keys) or all(_SIGNATURE_TITLE.fullmatch(key) for key in keys)


def numbering_row(cells: Sequence[Cell]) -> bool:
    """Say whether a row only numbers the columns: (1) (2) (3), A B 1 2 3."""
    said = [shown(cell).strip("() .") for cell in cells if cell not in (None, "")]
    if len(said) < 3:
        return False
    numbers = [int(one) for one in said if one.isdecimal() and len(one) <= 3]
    letters = [one for one in said if re.fullmatch(r"[A-ZĐ]", one)]
    if len(numbers) + len(letters) != len(said) or len(numbers) < 2:
        # "3=1+2" in one column of a numbered row
        formulas = [one for one in said if re.fullmatch(r"\d+\s*=\s*[\d+\-*/:()x %]+", one)]
        if len(numbers) + len(letters) + len(formulas) != len(said) or len(numbers) < 2:
            return False
    return all(later > earlier for earlier, later in zip(numbers, numbers[1:], strict=False)) and numbers[0] <= 3


def group_text(cells: Sequence[Cell]) -> str | None:
    """The text of a heading inside a table, without its number ("I. Chi bộ thôn Đông" alone in its row, or "I" and "Chi bộ thôn Đông")."""
    said = [shown(cell) for cell in cells if cell not in (None, "")]
    if len(said) == 1 and any(letter.isalpha() for letter in said[0]):
        stripped = re.sub(r"^\s*(?:[IVXLC]+|[A-ZĐ]|\d{1,2})\s*[.)/\-–:]\s*", "", said[0]).strip(" :")
        return stripped or said[0]
    if (
        len(said) == 2
        and re.fullmatch(r"[IVXLC]+|[A-ZĐ]", said[0].strip(" .)"))
        and any(letter.isalpha() for letter in said[1])
    ):
        return said[1].strip(" :")
    return None


_MARKED = re.compile(r"\s*(?:[IVXLC]+|[A-ZĐ]|\d{1,2})\s*[.)/:–-]\s*\S.*")


def marked_as_group(said: str) -> bool:
    """Say whether a text starts like a heading: "I. …", "A) …", "2/ …"."""
    return bool(_MARKED.fullmatch(said))
