"""Read a gated spreadsheet in the child: a first look for the mapping page, and the table as a stream."""

import csv
import datetime as dt
import gc
import io
import itertools
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self

from quantriet.kit import containers, encodings, sandbox, text
from quantriet.kit.encodings import Encoding
from quantriet.kit.refusal import Refusal
from quantriet.kit.spreadsheets import headers
from quantriet.kit.spreadsheets.cells import Cell, shown
from quantriet.kit.spreadsheets.gate import Gated, Kind
from quantriet.kit.spreadsheets.headers import Column, Header, Mapping, Merged

NONE = "none"
_HEAD_ROWS = 400
_SHOWN_ROWS = 30
_SHOWN_COLUMNS = 60
_MOST_SHEETS = 30
_MOST_LEFT_OUT = 20_000
_BATCH = 500

LIMITS = sandbox.Limits()


# ----------------------------------------------------------------------------------------------------------- what comes out


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
            columns = [_unpacked(column) for column in batch["columns"]]
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


# ------------------------------------------------------------------------------------------------------------ in the parent


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


# ------------------------------------------------------------------------------- a column of a batch on its way (both sides)

# Cells of one column are alike: texts travel joined in one text and dates as day numbers, which is several times faster than
# value by value. The sign is in no text of an office; where it is, the column travels plainly.
_BETWEEN = "\x7f"


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


def _unpacked(packed: Any) -> Sequence[Cell]:
    if isinstance(packed, str):
        return [cell or None for cell in packed.split(_BETWEEN)]
    if isinstance(packed, dict):
        from_day = dt.date.fromordinal
        return [from_day(cell) if type(cell) is int else (None if cell == "" else cell) for cell in packed["days"]]
    return [None if cell == "" else cell for cell in packed]


# -------------------------------------------------------------------------------------------------------- sources (in child)


class _Source(Protocol):
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


# ----------------------------------------------------------------------------------------------------------- in the child


# Nearly all text is composed and shows all that it holds; asking is several times faster than `text.nfc`.
_MAY_HIDE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"


def _is_clean(said: str) -> bool:
    return said.isascii() or (not any(sign in said for sign in _MAY_HIDE) and unicodedata.is_normalized("NFC", said))


def _clean(said: str) -> str:
    """Composed form, without spaces at the ends; inner line breaks stay for the caller to judge."""
    return (said if _is_clean(said) else text.nfc(said)).strip()


@dataclass
class _Page:
    """One sheet with its first rows in hand, its encoding settled, and the rest still to come."""

    index: int
    head: list[tuple[int, list[Cell]]]
    rest: Iterator[tuple[int, list[Cell]]]
    merged: list[Merged]
    finding: Encoding | None
    convert: str | None
    legacy_columns: frozenset[int]

    def converted(self, row: list[Cell]) -> list[Cell]:
        if self.convert is None:
            return row
        return [
            encodings.convert(cell, self.convert) if index in self.legacy_columns and isinstance(cell, str) else cell
            for index, cell in enumerate(row)
        ]

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        every = itertools.chain(self.head, self.rest)
        if self.convert is None:
            return every
        return ((number, self.converted(row)) for number, row in every)

    def header(self, columns: Sequence[Column], *, as_offered: bool = False) -> Header | None:
        rows = self.head
        if self.convert is not None:
            rows = [(number, self.converted(row)) for number, row in rows]
        elif as_offered and self.finding and ":" in self.finding.choice:
            name, legacy_columns = _choice(self.finding.choice)
            offered = _Page(self.index, self.head, iter(()), self.merged, None, name, legacy_columns)
            rows = list(offered.rows())
        return headers.find_header(rows, self.merged, columns)


def _choice(choice: str) -> tuple[str, frozenset[int]]:
    name, _, where = choice.partition(":")
    return name, frozenset(int(one) for one in where.split(",") if one)


def _open_source(path: str, kind: str, legacy: str | None, patient: bool) -> _Source:
    if kind == Kind.TEXT:
        return _Text(path, legacy)
    return _Patient(path) if patient else _Fast(path)


def _open_page(source: _Source, index: int, legacy: str | None) -> _Page:
    merged = source.merged(index)
    rows = source.rows(index)
    head = [(number, list(row)) for number, row in itertools.islice(rows, _HEAD_ROWS)]
    finding: Encoding | None = None
    convert: str | None = None
    where: frozenset[int] = frozenset()
    if legacy is None:
        finding = getattr(source, "found", None) or _detect(head)
    elif legacy.split(":")[0] in (encodings.TCVN3, encodings.VNI):
        convert, where = _choice(legacy)
        if not where:
            where = frozenset(range(max((len(row) for _, row in head), default=0)))
    return _Page(index, head, rows, merged, finding, convert, where)


def _detect(head: list[tuple[int, list[Cell]]]) -> Encoding | None:
    """Judge column by column: often only names were typed in an old font."""
    by_column: dict[int, list[str]] = {}
    for _, row in head:
        for index, cell in enumerate(row[:_SHOWN_COLUMNS]):
            if isinstance(cell, str) and not cell.isascii():
                by_column.setdefault(index, []).append(cell)
    found = {index: encodings.detect_legacy(said) for index, said in by_column.items()}
    sure = {index: one for index, one in found.items() if one is not None}
    everything = encodings.detect_legacy(itertools.chain.from_iterable(by_column.values()))
    names = [one.name for one in sure.values()] or ([everything.name] if everything else [])
    if not names:
        return None
    name = max(set(names), key=names.count)
    columns = sorted(
        index
        for index, said in by_column.items()
        if (index in sure and sure[index].name == name) or (index not in sure and encodings.reads_better(said, name))
    )
    confidence = max(
        [one.confidence for one in sure.values() if one.name == name] or [everything.confidence if everything else 0.0]
    )
    before = list(dict.fromkeys(said for index in columns for said in by_column[index]))[:200]
    return encodings.offer(name, confidence, before, choice=f"{name}:{','.join(map(str, columns))}")


def _columns(plain: list[list[Any]]) -> list[Column]:
    return [Column(key, label, tuple(spellings), required) for key, label, spellings, required in plain]


def look_in_child(path: str, kind: str, columns: list[list[Any]], legacy: str | None, patient: bool) -> dict[str, Any]:
    """The child's half of `look`."""
    wanted = _columns(columns)
    source = _open_source(path, kind, legacy, patient)
    if not source.sheets:
        raise _no_sheet()
    sheets: list[dict[str, Any]] = []
    best: tuple[float, int] | None = None
    finding: Encoding | None = None
    for index, (name, hidden) in enumerate(source.sheets[:_MOST_SHEETS]):
        page = _open_page(source, index, legacy)
        header = page.header(wanted, as_offered=True)
        if finding is None and not hidden:
            finding = page.finding
        if header is not None and not hidden and (best is None or header.score > best[0]):
            best = (header.score, index)
            finding = page.finding
        filled = [
            (number, page.converted(row)) for number, row in page.head if any(cell not in (None, "") for cell in row)
        ]
        sheets.append(
            {
                "index": index,
                "name": name,
                "hidden": hidden,
                "rows": source.last_row(index),
                "head": [
                    (number, [shown(cell)[:200] for cell in row[:_SHOWN_COLUMNS]])
                    for number, row in filled[:_SHOWN_ROWS]
                ],
                "mapping": _mapping(index, header).as_json() if header else None,
                "texts": sorted(header.texts.items()) if header else [],
                "unmatched": header.unmatched if header else [],
                "missing": _missing(header.columns.values(), wanted)
                if header
                else [one.key for one in wanted if one.required],
            }
        )
    if not any(sheet["head"] for sheet in sheets):
        raise _no_cells()
    return {"sheets": sheets, "best": best[1] if best else None, "encoding": finding.as_json() if finding else None}


def _mapping(index: int, header: Header) -> Mapping:
    return Mapping(index, header.row, header.depth, header.columns, header.confidence)


def _missing(keys: Iterable[str], wanted: Sequence[Column]) -> list[str]:
    have = set(keys)
    return [one.key for one in wanted if one.required and one.key not in have]


def table_in_child(
    path: str,
    kind: str,
    columns: list[list[Any]],
    legacy: str | None,
    mapping: dict[str, Any] | None,
    sheet: int | None,
    patient: bool,
) -> Iterator[dict[str, Any]]:
    """The child's half of `read_table`: the opening, then batches of rows and of what was left out."""
    wanted = _columns(columns)
    source = _open_source(path, kind, legacy, patient)
    if not source.sheets:
        raise _no_sheet()
    page, chosen, texts = _choose(source, wanted, legacy, Mapping.from_json(mapping) if mapping else None, sheet)
    lacking = _missing(chosen.columns.values(), wanted)
    if lacking:
        named = ", ".join(f"“{one.label}”" for one in wanted if one.key in lacking)
        raise Refusal(
            "sheet.column_missing",
            f"Bảng ở dòng {chosen.header_row} thiếu cột {named}. "
            "Hãy thêm cột đó vào tệp, hoặc chọn lại cột tương ứng ở bước ghép cột.",
        )
    labels_by_key = {one.key: one.label for one in wanted}
    labels: dict[str, str] = {}
    for index, key in sorted(chosen.columns.items()):
        said = texts.get(index, "")
        if key not in labels:
            labels[key] = said or labels_by_key.get(key, key)
        elif said and said not in labels[key].split(" + "):
            labels[key] += f" + {said}"
    yield {
        "sheet_name": source.sheets[page.index][0],
        "sheets": source.sheets,
        "mapping": chosen.as_json(),
        "labels": list(labels.items()),
        "unmatched": [(index, said) for index, said in sorted(texts.items()) if index not in chosen.columns],
        "encoding": page.finding.as_json() if page.finding else None,
    }
    yield from _batches(page, chosen, frozenset(one.key for one in wanted if one.required), texts)


def _choose(
    source: _Source, wanted: Sequence[Column], legacy: str | None, mapping: Mapping | None, sheet: int | None
) -> tuple[_Page, Mapping, dict[int, str]]:
    """The page to read, where its table stands, and the text over each column."""
    if mapping is not None:
        page = _open_page(source, _existing(source, mapping.sheet), legacy)
        grid = {number: page.converted(row) for number, row in page.head}
        texts = headers.joined_texts(grid, page.merged, mapping.header_row, mapping.depth)
        return page, mapping, texts
    if sheet is not None:
        candidates = [_existing(source, sheet)]
    else:
        candidates = [index for index, (_, hidden) in enumerate(source.sheets[:_MOST_SHEETS]) if not hidden] or [0]
    best: tuple[_Page, Header] | None = None
    pages: list[_Page] = []
    for index in candidates:
        page = _open_page(source, index, legacy)
        header = page.header(wanted)
        if header is not None and (best is None or header.score > best[1].score):
            best = (page, header)
        pages.append(_Page(index, page.head, iter(()), page.merged, page.finding, page.convert, page.legacy_columns))
    if best is not None:
        return best[0], _mapping(best[0].index, best[1]), best[1].texts
    if all(not _filled(row) for page in pages for _, row in page.head):
        raise _no_cells()
    if any(page.header(wanted, as_offered=True) for page in pages):
        raise Refusal(
            "sheet.legacy_text",
            "Chữ trong tệp được gõ bằng phông cũ (.VnTime hoặc VNI) nên chưa nhận ra các cột. "
            "Hãy xem trước và chọn chuyển sang Unicode rồi đọc lại.",
        )
    labels = ", ".join(f"“{one.label}”" for one in wanted if one.required) or ", ".join(
        f"“{one.label}”" for one in wanted[:5]
    )
    raise Refusal(
        "sheet.no_header",
        f"Không tìm thấy dòng tiêu đề có cột {labels} trong {headers.HEADER_WITHIN} dòng đầu. "
        "Hãy kiểm tra lại tên các cột, hoặc tự chỉ dòng tiêu đề ở bước ghép cột.",
    )


def _existing(source: _Source, index: int) -> int:
    if not 0 <= index < len(source.sheets):
        raise Refusal("sheet.no_sheet", "Tệp không còn trang tính đã chọn. Hãy tải tệp lên lại và chọn trang tính.")
    return index


def _no_sheet() -> Refusal:
    return Refusal("sheet.no_sheet", "Tệp không có trang tính nào. Hãy kiểm tra lại tệp rồi tải lên lại.")


def _no_cells() -> Refusal:
    return Refusal("sheet.no_cells", "Các trang tính trong tệp đều trống. Hãy kiểm tra lại tệp rồi tải lên lại.")


def _filled(row: Sequence[Cell]) -> list[tuple[int, Cell]]:
    return [
        (index, cell)
        for index, cell in enumerate(row)
        if cell is not None and (not isinstance(cell, str) or cell.strip())
    ]


class _Sorter:
    """Tells data rows from the rest of what stands under a header."""

    def __init__(self, page: _Page, mapping: Mapping, required: frozenset[str], texts: dict[int, str]) -> None:
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
        filled = _filled(row)
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


def _batches(
    page: _Page, mapping: Mapping, required: frozenset[str], texts: dict[int, str]
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
                left.append((number, why, " | ".join(shown(cell) for _, cell in _filled(row))[:200]))
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
