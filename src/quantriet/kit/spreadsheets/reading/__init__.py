"""Read a gated spreadsheet in the child: a first look for the mapping page, and the table as a stream.

tables    what the caller holds: `look`, `read_table`, and the rows that come out
child     the child's half of both
sources   the file formats: workbooks, and text with a sign between cells
sheets    one sheet made readable: old fonts, header, the choice of the table
batches   data told from the rest, cleaned, packed for the way
"""

from quantriet.kit.spreadsheets.reading.tables import (
    LIMITS,
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

__all__ = [
    "LIMITS",
    "HeadRow",
    "LeftOut",
    "Look",
    "RawCells",
    "RawRow",
    "Row",
    "SheetLook",
    "Table",
    "look",
    "read_cells",
    "read_table",
]
