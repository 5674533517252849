"""Real files for the tests of spreadsheets and documents, made by other libraries than the ones under test, or by hand."""

import datetime as dt
import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl


def xlsx(path: Path, rows: Sequence[Sequence[Any]], *, merged: Sequence[str] = (), name: str = "Danh sách") -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = name
    for row in rows:
        sheet.append(list(row))
    for area in merged:
        sheet.merge_cells(area)
    book.save(path)
    return path


def xls(path: Path, rows: Sequence[Sequence[Any]]) -> Path:
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet("Danh sách")
    day = xlwt.easyxf(num_format_str="dd/mm/yyyy")
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            if cell is None:
                continue
            if isinstance(cell, dt.date):
                sheet.write(y, x, cell, day)
            else:
                sheet.write(y, x, cell)
    book.save(str(path))
    return path


def ods(path: Path, rows: Sequence[Sequence[Any]]) -> Path:
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    book = OpenDocumentSpreadsheet()
    table = Table(name="Danh sách")
    for row in rows:
        line = TableRow()
        for cell in row:
            if cell is None:
                line.addElement(TableCell())
            elif isinstance(cell, dt.date):
                line.addElement(TableCell(valuetype="date", datevalue=cell.isoformat()))
            elif isinstance(cell, int | float):
                line.addElement(TableCell(valuetype="float", value=str(cell)))
            else:
                one = TableCell(valuetype="string")
                one.addElement(P(text=cell))
                line.addElement(one)
        table.addElement(line)
    book.spreadsheet.addElement(table)
    book.save(str(path))
    return path


def rewritten(source: Path, target: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """A zip with each part passed through `change`; None drops the part."""
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            part = change(name, before.read(name))
            if part is not None:
                after.writestr(name, part)
    return target


def ole(path: Path, names: Sequence[str]) -> Path:
    """An OLE file by hand: header, one table sector, one directory chain with the given streams."""
    entries = b""
    for place, name in enumerate(["Root Entry", *names]):
        said = name.encode("utf-16-le") + b"\0\0"
        kind = 5 if place == 0 else 2
        entry = (
            said.ljust(64, b"\0")
            + struct.pack("<HBB", len(said), kind, 1)
            + struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
        )
        entries += entry.ljust(128, b"\0")
    entries = entries.ljust((len(entries) + 511) // 512 * 512, b"\0")
    sectors = len(entries) // 512
    table = [0xFFFFFFFD] + [place + 2 if place + 1 < sectors else 0xFFFFFFFE for place in range(sectors)]
    table += [0xFFFFFFFF] * (128 - len(table))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<I", 0) + struct.pack("<I", 0xFFFFFFFF) * 108
    path.write_bytes(header.ljust(512, b"\0") + struct.pack("<128I", *table) + entries + b"\0" * 4096)
    return path


def docx(path: Path, fill: Callable[[Any], None]) -> Path:
    import docx as word

    document = word.Document()
    fill(document)
    document.save(str(path))
    return path


def pdf(path: Path, markup: str) -> Path:
    import typst

    source = path.with_suffix(".typ")
    source.write_text(markup, encoding="utf-8")
    typst.compile(str(source), output=str(path))
    return path


def archive(path: Path, parts: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as file:
        for name, part in parts.items():
            file.writestr(name, part)
    return path


def png() -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(stream, "PNG")
    return stream.getvalue()
