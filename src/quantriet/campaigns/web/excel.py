"""A list as an Excel file in the shape it has on screen."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from typing import Any

from django.http import FileResponse

from quantriet.kit.spreadsheets import Sheet, write_workbook
from quantriet.kit.time import now
from quantriet.kit.web import download

KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook(name: str, sheets: Sequence[Sheet]) -> FileResponse:
    """Write the sheets to a file that goes when it has been sent; memory stays flat however long the list is."""
    file: Any = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115  (the response closes it)
    write_workbook(file, sheets, at=now(), title=name)
    file.seek(0)
    return download(file, name=f"{name}.xlsx", kind=KIND)
