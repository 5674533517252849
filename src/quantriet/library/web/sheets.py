"""Lists of the room as Excel files, and lists from Excel: upload, what it says, confirm."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.http import FileResponse

from quantriet.kit import staging
from quantriet.kit.refusal import Refusal
from quantriet.kit.spreadsheets import Column, OutColumn, Row, Sheet, write_workbook
from quantriet.kit.time import now
from quantriet.kit.web import download
from quantriet.library.actions.lists import read_rows

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook(name: str, title: str, columns: Sequence[OutColumn], lines: Iterable[Mapping[str, Any]]) -> FileResponse:
    """Write the lines to a file that goes when it has been sent; memory stays flat however long the list is."""
    file: Any = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115  (the response closes it)
    write_workbook(file, [Sheet(title, columns, lines)], at=now(), title=title)
    file.seek(0)
    return download(file, name=name, kind=XLSX)


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
