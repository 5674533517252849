"""The file formats behind one door: the sheets of a file, their merged areas and their rows as they stand. In the child."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from quantriet.kit import containers, encodings
from quantriet.kit.refusal import Refusal
from quantriet.kit.spreadsheets.cells import Cell
from quantriet.kit.spreadsheets.gate import Kind
from quantriet.kit.spreadsheets.headers import Merged


class Source(Protocol):
    sheets: list[tuple[str, bool]]

    def merged(self, index: int) -> list[Merged]: ...

    def rows(self, index: int) -> Iterator[tuple[int, list[Cell]]]: ...

    def last_row(self, index: int) -> int: ...


class _Fast:
    """python-calamine; holds one sheet at a time."""

    def __init__(self, path: str) -> None:
        import python_calamine

        try:
            self._book = python_calamine.load_workbook(path)
        except python_calamine.PasswordError:
            raise Refusal(containers.ENCRYPTED.code, containers.ENCRYPTED.sentence) from None
        visible = python_calamine.SheetVisibleEnum.Visible
        work = python_calamine.SheetTypeEnum.WorkSheet
        about = [one for one in self._book.sheets_metadata if one.typ == work]
        self.sheets = [(one.name, one.visible != visible) for one in about]
        self._held: tuple[int, Any] | None = None

    def _sheet(self, index: int) -> Any:
        if self._held is None or self._held[0] != index:
            self._held = None
            self._held = (index, self._book.get_sheet_by_name(self.sheets[index][0]))
        return self._held[1]

    def merged(self, index: int) -> list[Merged]:
        areas = self._sheet(index).merged_cell_ranges or []
        return [(top + 1, left, bottom + 1, right) for (top, left), (bottom, right) in areas[:10_000]]

    def last_row(self, index: int) -> int:
        end = self._sheet(index).end
        return int(end[0]) + 1 if end else 0

    def rows(self, index: int) -> Iterator[tuple[int, list[Cell]]]:
        sheet = self._sheet(index)
        if sheet.start is None:
            return iter(())
        indent: list[Cell] = [""] * sheet.start[1]
        rows = sheet.iter_rows()
        if indent:
            return ((number, indent + row) for number, row in enumerate(rows, start=1))
        return enumerate(rows, start=1)


class _Patient:
    """Our own row-by-row reader behind the same doors."""

    def __init__(self, path: str) -> None:
        from quantriet.kit.spreadsheets.patient import PatientWorkbook

        self._book = PatientWorkbook(path)
        self.sheets = self._book.sheets

    def merged(self, index: int) -> list[Merged]:
        return self._book.merged(index)

    def rows(self, index: int) -> Iterator[tuple[int, list[Cell]]]:
        return self._book.rows(index)

    def last_row(self, index: int) -> int:
        return max((number for number, _ in self._book.rows(index)), default=0)


class _Text:
    """A .csv, .tsv or pasted cells: every cell is text, also "=1+1"."""

    def __init__(self, path: str, legacy: str | None) -> None:
        self._path = Path(path)
        self.sheets = [("", False)]
        self._codec, self.found = encodings.decide_codec(self._path, legacy)
        csv.field_size_limit(1024 * 1024)
        with self._open() as file:
            beginning = file.read(200_000)
        self._skip = 0
        first = beginning.split("\n", 1)[0].strip()
        if first.lower().startswith("sep=") and len(first) == 5:
            self._delimiter, self._skip = first[4], 1
        else:
            self._delimiter = sniff_delimiter(beginning)

    def _open(self) -> io.TextIOWrapper:
        return self._path.open(encoding=self._codec, errors="replace", newline="")

    def merged(self, index: int) -> list[Merged]:
        return []

    def rows(self, index: int) -> Iterator[tuple[int, list[Cell]]]:
        # strict=False: a stray quotation mark in the middle of a text is a letter, not an error.
        with self._open() as file:
            for number, cells in enumerate(csv.reader(file, delimiter=self._delimiter), start=1):
                if number > self._skip:
                    yield number, list(cells)

    def last_row(self, index: int) -> int:
        with self._path.open("rb") as file:
            return sum(piece.count(b"\n") for piece in iter(lambda: file.read(1 << 20), b"")) + 1


def sniff_delimiter(beginning: str) -> str:
    """The sign between cells: the one that cuts most of the first lines into the same number of cells."""
    lines = beginning.splitlines()[:80]
    best, best_score = ",", 0.0
    for delimiter in "\t;,|":
        try:
            counts = [len(cells) for cells in csv.reader(lines, delimiter=delimiter) if cells]
        except csv.Error:
            continue
        wide = [count for count in counts if count > 1]
        if not wide:
            continue
        usual = max(set(wide), key=wide.count)
        score = wide.count(usual) / len(counts) + min(usual, 20) / 1000
        if score > best_score:
            best, best_score = delimiter, score
    return best


def open_source(path: str, kind: str, legacy: str | None, patient: bool) -> Source:
    """The reader of this kind of file; `patient`: for a workbook on which the fast one died."""
    if kind == Kind.TEXT:
        return _Text(path, legacy)
    return _Patient(path) if patient else _Fast(path)
