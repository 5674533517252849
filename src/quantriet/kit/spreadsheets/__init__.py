"""Spreadsheets in and out, without a domain word and without Django.

    gated = spreadsheets.gate(path, "danh sách.xlsx")                   # Refusal: not a sheet, locked, macro, bomb …
    columns = [Column("name", "Họ và tên", ("họ tên",), required=True), Column("born", "Ngày sinh")]
    seen = spreadsheets.look(gated, columns)                            # for the mapping page: sheets, heads, Mapping, Encoding
    with spreadsheets.read_table(gated, columns, mapping=seen.sheets[seen.best].mapping) as table:
        for row in table:                                               # streamed from a limited child process
            born = spreadsheets.parse_day(row.cells["born"], latest=today)
            if born.error:
                errors.append((row.number, "born", born.error))
        told = table.left_out                                           # totals, signatures …: never dropped silently
    spreadsheets.write_workbook(stream, [Sheet("Danh sách", [OutColumn("name", "Họ và tên")], rows)])

When `table.encoding` is set, the text is probably TCVN3, VNI or Windows-1258: show `before` and `after`, ask, and read again
with `legacy=table.encoding.choice` (or "none").
"""

from quantriet.kit.encodings import Encoding
from quantriet.kit.spreadsheets.cells import (
    Cell,
    Day,
    Parsed,
    Precision,
    common_width,
    parse_code,
    parse_day,
    parse_gender,
    parse_number,
    parse_phone,
    parse_text,
    parse_yes,
    restore_zeros,
    shown,
)
from quantriet.kit.spreadsheets.gate import LIMIT, Gated, Kind, gate
from quantriet.kit.spreadsheets.headers import Column, Mapping
from quantriet.kit.spreadsheets.reading import (
    HeadRow,
    LeftOut,
    Look,
    RawCells,
    RawRow,
    Row,
    SheetLook,
    Table,
    look,
    read_cells,
    read_table,
)
from quantriet.kit.spreadsheets.writing import OutColumn, Sheet, status_sheet, write_workbook

__all__ = [
    "LIMIT",
    "Cell",
    "Column",
    "Day",
    "Encoding",
    "Gated",
    "HeadRow",
    "Kind",
    "LeftOut",
    "Look",
    "Mapping",
    "OutColumn",
    "Parsed",
    "Precision",
    "RawCells",
    "RawRow",
    "Row",
    "Sheet",
    "SheetLook",
    "Table",
    "common_width",
    "gate",
    "look",
    "parse_code",
    "parse_day",
    "parse_gender",
    "parse_number",
    "parse_phone",
    "parse_text",
    "parse_yes",
    "read_cells",
    "read_table",
    "restore_zeros",
    "shown",
    "status_sheet",
    "write_workbook",
]
