"""What a caller gets: the first look at a file, and the table as a stream of rows; the child does the reading."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NamedTuple, Self

from quantriet.kit import sandbox
from quantriet.kit.encodings import Encoding
from quantriet.kit.refusal import Refusal
from quantriet.kit.spreadsheets.cells import Cell
from quantriet.kit.spreadsheets.gate import Gated, Kind
from quantriet.kit.spreadsheets.headers import Column, Mapping
from quantriet.kit.spreadsheets.reading.batches import unpacked
from quantriet.kit.spreadsheets.reading.child import cells_in_child, look_in_child, table_in_child

LIMITS = sandbox.Limits()


class Row(NamedTuple):
    """One row of a table: Excel's own row number, cells by key, and the heading inside the table that it stands under."""

    number: int
    cells: dict[str, Cell]
    group: str | None = None


class LeftOut(NamedTuple):
    """A row that is no data, and why."""

    number: int
    why: str
    text: str


class HeadRow(NamedTuple):
    """One of the first rows of a sheet, as text, for the mapping page."""

    number: int
    cells: list[str]


@dataclass(frozen=True)
class SheetLook:
    """A sheet at first look. `rows` is its last used row; `missing` are required keys that no column matched."""

    index: int
    name: str
    hidden: bool
    rows: int
    head: list[HeadRow]
    mapping: Mapping | None
    header_texts: dict[int, str]
    unmatched: tuple[tuple[int, str], ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Look:
    """A workbook at first look; `best` is the index of the visible sheet whose header fits best."""

    sheets: tuple[SheetLook, ...]
    best: int | None
    encoding: Encoding | None


class RawRow(NamedTuple):
    """A row as it stands: the sheet's index, Excel's row number, its cells as text."""

    sheet: int
    number: int
    cells: list[str]


@dataclass
class RawCells:
    """All rows of the visible sheets as text, and what the encoding probably is when a person must be asked."""

    rows: list[RawRow]
    encoding: Encoding | None


@dataclass
class Table:
    """A table as a stream of rows. Iterate once, inside `with`; `left_out` is complete when the rows are exhausted."""

    sheet_name: str
    sheets: tuple[tuple[str, bool], ...]
    mapping: Mapping
    columns: dict[str, str]
    unmatched: tuple[tuple[int, str], ...]
    encoding: Encoding | None
    left_out: list[LeftOut] = field(default_factory=list)
    _batches: Iterator[Any] = field(default_factory=lambda: iter(()), repr=False)
    _first: Any = field(default=None, repr=False)

    @property
    def header_row(self) -> int:
        """Excel's number of the (first) header row."""
        return self.mapping.header_row

    def __iter__(self) -> Iterator[Row]:
        keys = tuple(self.columns)
        first, self._first = self._first, None
        for batch in itertools.chain((first,) if first is not None else (), self._batches):
            self.left_out += [LeftOut(*one) for one in batch["left"]]
            columns = [unpacked(column) for column in batch["columns"]]
            for number, group, *cells in zip(batch["numbers"], batch["groups"], *columns, strict=True):
                yield Row(number, dict(zip(keys, cells, strict=True)), group)

    def close(self) -> None:
        """End the child; rows not read are lost."""
        close = getattr(self._batches, "close", None)
        if close:
            close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def look(gated: Gated, columns: Sequence[Column], *, legacy: str | None = None) -> Look:
    """Look at all sheets: names, first rows, the probable header and mapping, the encoding.

    `legacy`: None finds out, an `Encoding.choice` converts, "none" leaves the text as it is.
    Refuses what the reader cannot read. A workbook without any recognised header is no refusal here: a person may map it.
    """
    args = {"path": str(gated.path), "kind": gated.kind.value, "columns": _plain(columns), "legacy": legacy}
    found = _with_patience(
        gated, lambda patient: sandbox.run(_child(look_in_child), {**args, "patient": patient}, limits=LIMITS)
    )
    sheets = tuple(
        SheetLook(
            index=one["index"],
            name=one["name"],
            hidden=one["hidden"],
            rows=one["rows"],
            head=[HeadRow(*row) for row in one["head"]],
            mapping=Mapping.from_json(one["mapping"]) if one["mapping"] else None,
            header_texts=dict(one["texts"]),
            unmatched=tuple((index, said) for index, said in one["unmatched"]),
            missing=tuple(one["missing"]),
        )
        for one in found["sheets"]
    )
    return Look(sheets, found["best"], _encoding(found["encoding"]))


def read_table(
    gated: Gated,
    columns: Sequence[Column],
    *,
    mapping: Mapping | None = None,
    legacy: str | None = None,
    sheet: int | None = None,
) -> Table:
    """Open the table as a stream. Without `mapping` the best visible sheet and its header are found (or those of `sheet`).

    Refuses: no header recognised, a required column missing, no data row under the header, and whatever stops the child.
    Total rows, signatures, column numbers and headings inside the table are left out and told in `left_out`.
    """
    args = {
        "path": str(gated.path),
        "kind": gated.kind.value,
        "columns": _plain(columns),
        "legacy": legacy,
        "mapping": mapping.as_json() if mapping else None,
        "sheet": sheet,
    }

    def start(patient: bool) -> tuple[Iterator[Any], Any, Any]:
        values = sandbox.stream(_child(table_in_child), {**args, "patient": patient}, limits=LIMITS)
        try:
            opening = next(values)
            return values, opening, next(values)
        except BaseException:
            values.close()  # type: ignore[attr-defined]  # a generator
            raise

    values, opening, first = _with_patience(gated, start)
    return Table(
        sheet_name=opening["sheet_name"],
        sheets=tuple((name, hidden) for name, hidden in opening["sheets"]),
        mapping=Mapping.from_json(opening["mapping"]),
        columns=dict(opening["labels"]),
        unmatched=tuple((index, said) for index, said in opening["unmatched"]),
        encoding=_encoding(opening["encoding"]),
        _batches=values,
        _first=first,
    )


def read_cells(gated: Gated, *, legacy: str | None = None, most_rows: int) -> RawCells:
    """All rows of a file that holds no single table (several sections, lines above a header), as text.

    Moments are ISO text, lengths of time h:mm:ss; a cell has at most 300 signs, a row 60 cells.
    Refuses more than `most_rows` filled rows, and whatever stops the child.
    """
    args = {"path": str(gated.path), "kind": gated.kind.value, "legacy": legacy, "most_rows": most_rows}

    def start(patient: bool) -> RawCells:
        found = RawCells([], None)
        for batch in sandbox.stream(_child(cells_in_child), {**args, "patient": patient}, limits=LIMITS):
            found.rows += [RawRow(*row) for row in batch["rows"]]
            found.encoding = found.encoding or _encoding(batch.get("encoding"))
        return found

    found: RawCells = _with_patience(gated, start)
    return found


def _with_patience(gated: Gated, read: Callable[[bool], Any]) -> Any:
    """Try the fast reader; when it dies on a sparse or odd .xlsx, the patient one."""
    try:
        return read(False)
    except Refusal as refusal:
        if gated.kind is not Kind.XLSX or refusal.code not in (sandbox.TOO_HEAVY, sandbox.UNREADABLE):
            raise
    return read(True)


def _child(function: Callable[..., Any]) -> str:
    return f"{function.__module__}:{function.__name__}"


def _plain(columns: Sequence[Column]) -> list[list[Any]]:
    return [[one.key, one.label, list(one.spellings), one.required] for one in columns]


def _encoding(found: dict[str, Any] | None) -> Encoding | None:
    return Encoding.from_json(found) if found else None
