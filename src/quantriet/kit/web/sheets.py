"""A list as an Excel file that is sent while it goes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.http import FileResponse

from quantriet.kit.spreadsheets import OutColumn, Sheet, write_workbook
from quantriet.kit.time import now
from quantriet.kit.web import download

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook(
    name: str,
    title: str,
    columns: Sequence[OutColumn],
    lines: Iterable[Mapping[str, Any]],
    *,
    heading: Sequence[str] = (),
) -> FileResponse:
    """Write the lines to a file that goes when it has been sent; memory stays flat however long the list is."""
    file: Any = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115  (the response closes it)
    write_workbook(file, [Sheet(title, columns, lines, heading=heading)], at=now(), title=title)
    file.seek(0)
    return download(file, name=name, kind=XLSX)
