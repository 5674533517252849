"""A list from Excel as rows of cells: read in the limited child process behind the gate, each fault told with row and column.

rows = rows_of(upload, COLUMNS)               # Refusal: no list, no column, marked content, none or too many rows
read: ListRead[MyLine] = ListRead()
for row in rows:
    cells = Cells(row, COLUMNS, read.faults)
    name = cells.needed("name")               # every fault of the row is told, none stops it
read.refuse_faults()
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.core.files.storage import default_storage

from quantriet.kit import spreadsheets, staging, text
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.spreadsheets import Cell, Column, Precision, Row
from quantriet.org.rules.secrecy import refuse_if_marked

MOST_LINES = 2000
MOST_TOLD = 100

T = TypeVar("T")


@dataclass
class ListRead(Generic[T]):
    """What a list says, and every fault in it by row and column; with a fault nothing of it is written."""

    lines: list[T] = field(default_factory=list)
    faults: list[Refusal] = field(default_factory=list)

    def refuse_faults(self) -> None:
        if self.faults:
            more = len(self.faults) - MOST_TOLD
            told = self.faults[:MOST_TOLD]
            raise Refusals(told + ([Refusal("list.row", f"Và {more} lỗi nữa.")] if more > 0 else []))


def read_rows(source: Path, file_name: str, columns: Sequence[Column]) -> list[Row]:
    """The rows of a file, read in the limited child process behind the gate; touches no database.

    Refuses what is no list, a required column that is not there, marked content (B-18), none or too many rows.
    """
    refuse_if_marked(Path(file_name).stem.replace("_", " "), "Tên tệp")
    gated = spreadsheets.gate(source, file_name, limit=settings.UPLOAD_LIMIT_BYTES)
    table = spreadsheets.read_table(gated, columns)
    if table.encoding:  # old Vietnamese fonts: the preview shows the words as they will be understood
        table.close()
        table = spreadsheets.read_table(gated, columns, legacy=table.encoding.choice)
    rows: list[Row] = []
    with table:
        missing = [one.label for one in columns if one.required and one.key not in table.columns]
        if missing:
            named = ", ".join(f"“{label}”" for label in missing)
            raise Refusal("list.no_column", f"Tệp thiếu cột {named}. Hãy tải Excel mẫu rồi điền vào.", field="file")
        for row in table:
            for cell in row.cells.values():
                refuse_if_marked(spreadsheets.shown(cell), f"Dòng {row.number} của tệp")
            rows.append(row)
            if len(rows) > MOST_LINES:
                raise Refusal("list.too_long", f"Tệp có quá {MOST_LINES} dòng; hãy tách thành nhiều tệp.", field="file")
    if not rows:
        raise Refusal("list.empty", "Không có dòng nào trong tệp.", field="file")
    return rows


class Cells:
    """The cells of one row, read one by one; faults are told with row and column and never stop the row."""

    def __init__(self, row: Row, columns: Sequence[Column], faults: list[Refusal]) -> None:
        self.row, self.faults = row, faults
        self.labels = {one.key: one.label for one in columns}
        self.is_good = True

    def fault(self, key: str, sentence: str) -> None:
        self.is_good = False
        where = f"Dòng {self.row.number}, cột “{self.labels.get(key, key)}”" if key else f"Dòng {self.row.number}"
        self.faults.append(Refusal("list.row", f"{where}: {sentence}", row=self.row.number))

    def words(self, key: str) -> str:
        return text.squeeze(spreadsheets.shown(self.row.cells.get(key)))

    def needed(self, key: str) -> str:
        words = self.words(key)
        if not words:
            self.fault(key, "còn trống.")
        return words

    def day(self, key: str, latest: date) -> date | None:
        read = spreadsheets.parse_day(self.row.cells.get(key), latest=latest)
        if read.error:
            self.fault(key, read.error)
        elif read.value is not None and read.value.precision != Precision.DAY:
            self.fault(key, "phải ghi đủ ngày, tháng, năm.")
        return read.value.date if read.value else None

    def whole(self, key: str) -> int | None:
        cell: Cell = self.row.cells.get(key)
        if isinstance(cell, str):
            bare = cell.replace(" ", "")
            parts = bare.split(".")
            # "1.200" is a count here: nothing on these lists is a fraction.
            if len(parts) > 1 and parts[0].isdecimal() and all(len(one) == 3 and one.isdecimal() for one in parts[1:]):
                cell = "".join(parts)
        read = spreadsheets.parse_number(cell)
        if read.error or (read.value is not None and (read.value != int(read.value) or read.value < 0)):
            self.fault(key, read.error or f"“{spreadsheets.shown(cell)}” không phải là số đếm.")
            return None
        return None if read.value is None else int(read.value)


def rows_of(upload: Any, columns: Sequence[Column]) -> list[Row]:
    """The rows of an uploaded file; refuses as `read_rows` does, with the field of the form."""
    return _read(upload.chunks(), upload.name or "", columns)


def kept_rows(token: str, columns: Sequence[Column], *, purpose: str) -> list[Row]:
    """The rows of the file that was previewed; refuses when it waited too long."""
    kept = staging.unstage(token, purpose=purpose)
    if kept is None:
        raise Refusal("list.gone", "Tệp đã xem không còn được giữ; hãy tải lên lại.", field="file")
    with default_storage.open(kept.stored) as stored:
        return _read(stored.chunks(), kept.name, columns)


def _read(chunks: Iterable[bytes], name: str, columns: Sequence[Column]) -> list[Row]:
    with tempfile.NamedTemporaryFile(prefix="quantriet-list-", suffix=Path(name).suffix) as kept:
        for piece in chunks:
            kept.write(piece)
        kept.flush()
        try:
            return read_rows(Path(kept.name), name, columns)
        except Refusal as refusal:
            raise Refusal(refusal.code, refusal.sentence, field="file", row=refusal.row) from None
