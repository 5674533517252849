"""Lists as offices send them, made for tests: workbooks, pasted text, and the way through an import."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from quantriet.kit.time import now
from quantriet.org.actions import imports
from quantriet.org.models import Account, ImportRun, Unit
from quantriet.org.queries import imports as queries

HEADER = ["Mã đảng viên", "Họ và tên", "Ngày sinh", "Mã chi bộ"]


def workbook(
    path: Path, rows: Sequence[Sequence[Any]], *, sheet: str = "Danh sách", merge: Sequence[tuple] = ()
) -> Path:
    """Write rows as an .xlsx, cell by cell as given."""
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "dd/mm/yyyy"})
    page = book.add_worksheet(sheet)
    for number, row in enumerate(rows):
        for place, value in enumerate(row):
            if value is not None:
                page.write(number, place, value)
    for area in merge:
        page.merge_range(*area)
    book.close()
    return path


def workbooks(path: Path, sheets: dict[str, Sequence[Sequence[Any]]], hidden: Sequence[str] = ()) -> Path:
    """Write several sheets."""
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "dd/mm/yyyy"})
    for name, rows in sheets.items():
        page = book.add_worksheet(name)
        if name in hidden:
            page.hide()
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                if value is not None:
                    page.write(number, place, value)
    book.close()
    return path


def start(path: Path, unit: Unit, by: Account | None, *, kind: str = "members") -> ImportRun:
    """Upload a file."""
    return imports.start_import(kind=kind, unit=unit, file_name=path.name, source=path, by=by, at=now())


def previewed(path: Path, unit: Unit, by: Account | None, *, kind: str = "members", accept: bool = False) -> ImportRun:
    """Upload and preview a file."""
    run = start(path, unit, by, kind=kind)
    return preview(run, by, accept=accept)


def preview(run: ImportRun, by: Account | None, *, accept: bool = False) -> ImportRun:
    """Preview a run (again)."""
    imports.start_preview(run, by=by, at=now(), accept_elsewhere=accept)
    imports.preview_import(run.pk, at=now())
    return ImportRun.objects.select_related("unit__kind", "account").get(pk=run.pk)


def confirmed(run: ImportRun, by: Account | None, *, accept: bool = False) -> ImportRun:
    """Confirm a preview and write it."""
    imports.confirm_import(run, by=by, at=now(), plan_digest=run.plan_digest, accept_elsewhere=accept)
    imports.apply_import(run.pk, at=now())
    imports.make_import_result(run.pk, at=now())
    return ImportRun.objects.select_related("unit__kind", "account").get(pk=run.pk)


def imported(path: Path, unit: Unit, by: Account | None, *, kind: str = "members") -> ImportRun:
    """The whole way."""
    return confirmed(previewed(path, unit, by, kind=kind), by)


def lines(run: ImportRun, section: str) -> list[dict[str, Any]]:
    """The lines of one section of the plan."""
    with queries.open_plan(run) as plan:
        return list(plan.lines(section))


def said(run: ImportRun) -> dict[str, int]:
    """The counts above zero, without the remarks."""
    wanted = ("new", "changed", "moved", "doubtful", "wrong", "same", "missing")
    return {name: run.counts[name] for name in wanted if run.counts.get(name)}


def cells_of(content: bytes) -> list[list[Any]]:
    """All cells of the first sheet of an .xlsx."""
    import python_calamine

    return python_calamine.load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python()
