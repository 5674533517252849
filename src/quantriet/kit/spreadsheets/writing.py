"""Write lists as Excel files that open well on paper and that our own reader reads back to the same rows."""

import datetime as dt
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from quantriet.kit import numbers, text
from quantriet.kit.spreadsheets.cells import Cell, shown

MOST_ROWS = 1_048_000
_MOST_LETTERS = 32_000
_LINE_HEIGHT = 15.75  # points, for letters of 12
_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_FONT = {"font_name": "Times New Roman", "font_size": 12}

# kind: number format, alignment, width when the caller names none
_KINDS: dict[str, tuple[str, str, float]] = {
    "text": ("@", "left", 24),
    "code": ("@", "left", 14),
    "as_read": ("General", "left", 24),
    "number": ("#,##0.##", "right", 12),
    "whole": ("#,##0", "right", 12),
    "percent": ('[=0]0"%";[=100]0"%";0.0"%"', "right", 10),  # as numbers.show_share writes them
    "day": ("dd/mm/yyyy", "center", 12),
    "moment": ("hh:mm dd/mm/yyyy", "center", 17),
}


@dataclass(frozen=True)
class OutColumn:
    """A column to write. Kinds: text, code, number, whole, percent (45.2 is 45.2 %), day, moment.

    `as_read` gives cells of somebody's file back: numbers stay numbers, text stays text.
    Labels and titles may be lazy translations; they are read when the workbook is written.
    """

    key: str
    label: str
    width: float | None = None
    kind: str = "text"


@dataclass(frozen=True)
class Sheet:
    """A sheet to write: lines above the table, its columns and rows (dicts by key), a total row, lines below."""

    title: str
    columns: Sequence[OutColumn]
    rows: Iterable[Mapping[str, Any]]
    heading: Sequence[str] = ()
    notes: Sequence[str] = ()
    total: Mapping[str, Any] | None = field(default=None)


def write_workbook(
    target: str | Path | BinaryIO, sheets: Sequence[Sheet], *, at: dt.datetime | None = None, title: str = ""
) -> int:
    """Write the sheets row by row (memory stays flat) and return the number of data rows.

    Text is never a formula, a link or a number: "=1+1" stays "=1+1". Printing: A4 across, header on each page, page x/y.
    Refuses nothing; more rows than a sheet holds go on in a following sheet.
    """
    import xlsxwriter  # 40-170 ms: only who writes pays

    book = xlsxwriter.Workbook(
        target if not isinstance(target, Path) else str(target),
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": True,
            "default_date_format": "dd/mm/yyyy",
        },
    )
    created = at or dt.datetime.now(_ZONE)
    book.set_properties({"title": str(title), "created": created.astimezone(_ZONE).replace(tzinfo=None)})
    styles = _Styles(book)
    names: set[str] = set()
    count = 0
    for sheet in sheets:
        rows = iter(sheet.rows)
        more = True
        while more:
            written, more = _write_sheet(book, styles, sheet, rows, _sheet_name(sheet.title, names))
            count += written
    book.close()
    return count


class _Styles:
    """Cell formats, each made once a workbook."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def get(self, **wanted: Any) -> Any:
        key = tuple(sorted(wanted.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({**_FONT, "valign": "vcenter", **wanted})
        return self._made[key]

    def cell(self, kind: str, *, bold: bool = False, quote: bool = False) -> Any:
        number_format, align, _ = _KINDS[kind]
        wanted: dict[str, Any] = {"border": 1, "align": align, "num_format": number_format}
        if align != "center":
            wanted["indent"] = 1  # the number of one column and the text of the next keep apart
        if kind == "text":
            wanted["text_wrap"] = True
        if bold:
            wanted["bold"] = True
        if quote:
            # Excel keeps such text as text even after someone edits the cell.
            wanted["quote_prefix"] = True
        return self.get(**wanted)


def _write_sheet(
    book: Any, styles: _Styles, sheet: Sheet, rows: Iterator[Mapping[str, Any]], name: str
) -> tuple[int, bool]:
    page = book.add_worksheet(name)
    columns = list(sheet.columns)
    last_column = max(len(columns) - 1, 0)
    for place, column in enumerate(columns):
        page.set_column(place, place, _width(column))
    at = 0
    for line in sheet.heading:
        style = styles.get(bold=True, align="center", font_size=14 if at == 0 else 12)
        if last_column:
            page.merge_range(at, 0, at, last_column, "", style)
        page.write_string(at, 0, str(line), style)
        at += 1
    if at:
        at += 1
    header = at
    style = styles.get(bold=True, align="center", text_wrap=True, border=1, bg_color="#E7ECF3")
    lines = max((_lines(str(column.label), _width(column) - 2) for column in columns), default=1)
    page.set_row(header, _LINE_HEIGHT * lines + 4)
    for place, column in enumerate(columns):
        page.write_string(header, place, str(column.label), style)
    page.freeze_panes(header + 1, 0)
    at, count, more = header + 1, 0, False
    wrapping = [(column.key, _width(column)) for column in columns if column.kind in ("text", "as_read")]
    for row in rows:
        lines = max((_lines(row.get(key), width) for key, width in wrapping), default=1)
        if lines > 1:
            # Excel finds the height of wrapped text by itself, LibreOffice does not.
            page.set_row(at, min(_LINE_HEIGHT * lines, 400))
        for place, column in enumerate(columns):
            _write_cell(page, styles, at, place, row.get(column.key), column.kind)
        at += 1
        count += 1
        if count >= MOST_ROWS:
            more = True
            break
    if columns:
        page.autofilter(header, 0, max(at - 1, header), last_column)
    if sheet.total is not None and not more:
        for place, column in enumerate(columns):
            _write_cell(page, styles, at, place, sheet.total.get(column.key), column.kind, bold=True)
        at += 1
    if sheet.notes and not more:
        at += 1
        for line in sheet.notes:
            page.write_string(at, 0, str(line), styles.get(italic=True))
            at += 1
    page.set_landscape()
    page.set_paper(9)
    page.set_margins(left=0.6, right=0.4, top=0.6, bottom=0.6)
    page.repeat_rows(header)
    page.fit_to_pages(1, 0)
    page.set_footer('&C&"Times New Roman,Regular"&10Trang &P/&N')
    return count, more


def _write_cell(page: Any, styles: _Styles, row: int, place: int, value: Any, kind: str, *, bold: bool = False) -> None:
    if value is None or value == "":
        page.write_blank(row, place, None, styles.cell(kind, bold=bold))
    elif isinstance(value, bool):
        page.write_string(row, place, "x" if value else "", styles.cell("text", bold=bold))
    elif isinstance(value, dt.datetime):
        moment = value.astimezone(_ZONE).replace(tzinfo=None) if value.tzinfo else value
        page.write_datetime(row, place, moment, styles.cell("moment" if kind != "day" else "day", bold=bold))
    elif isinstance(value, dt.date):
        if value < dt.date(1900, 3, 1):
            # Excel has no true dates before; text keeps the day right.
            page.write_string(row, place, shown(value), styles.cell("text", bold=bold))
        else:
            page.write_datetime(row, place, value, styles.cell("day", bold=bold))
    elif kind == "percent" and not isinstance(value, str):
        # The figure that is printed: a share of 99.96 must not stand as 100.0 by Excel's own rounding.
        page.write_number(row, place, float(numbers.rounded_share(value)), styles.cell(kind, bold=bold))
    elif kind in ("number", "whole", "as_read") and not isinstance(value, str):
        page.write_number(row, place, value, styles.cell(kind, bold=bold))
    else:
        said = value if isinstance(value, str) else shown(value)
        if len(said) > _MOST_LETTERS:
            said = said[: _MOST_LETTERS - 1] + "…"
        shape = kind if kind in ("text", "code") else "text"
        page.write_string(row, place, said, styles.cell(shape, bold=bold, quote=said[:1] in "=+-@"))


def _lines(value: Any, width: float) -> int:
    """Lines that a text needs in a column: letters are a little narrower than Excel's unit, words are not cut."""
    if not isinstance(value, str) or (len(value) < width and "\n" not in value):
        return 1
    return sum(max(1, math.ceil(len(part) * 0.95 / width)) for part in value.split("\n"))


def _width(column: OutColumn) -> float:
    if column.width is not None:
        return column.width
    return max(_KINDS[column.kind][2], min(len(str(column.label)) + 2, 30))


def _sheet_name(title: str, taken: set[str]) -> str:
    """A name that Excel takes: 31 letters at most, none of []:*?/\\, no quotation mark at an end, unique."""
    plain = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", text.squeeze(str(title))).strip(" '")[:31].strip() or "Danh sách"
    name, number = plain, 2
    while name.lower() in taken:
        ending = f" ({number})"
        name = plain[: 31 - len(ending)] + ending
        number += 1
    taken.add(name.lower())
    return name


def status_sheet(
    title: str,
    columns: Sequence[OutColumn],
    rows: Iterable[tuple[int, Mapping[str, Cell], str, str]],
    *,
    heading: Sequence[str] = (),
) -> Sheet:
    """The uploaded rows with what became of each: (row number in the file, cells, status, sentence).

    The columns keep their order and labels, so that the corrected file can be uploaded as it is.
    """
    wide = [
        *columns,
        OutColumn("_status", "Trạng thái", 18),
        OutColumn("_sentence", "Giải thích", 60),
        OutColumn("_row", "Dòng trong tệp", 10, "whole"),
    ]
    filled = (
        {**cells, "_status": status, "_sentence": sentence, "_row": number} for number, cells, status, sentence in rows
    )
    return Sheet(title, wide, filled, heading=heading)
