"""What runs in the limited child process: its half of `look` and of `read_table`."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from quantriet.kit.encodings import Encoding
from quantriet.kit.refusal import Refusal
from quantriet.kit.spreadsheets.cells import Cell, shown
from quantriet.kit.spreadsheets.headers import Column, Mapping
from quantriet.kit.spreadsheets.reading.batches import batches_of
from quantriet.kit.spreadsheets.reading.sheets import (
    MOST_SHEETS,
    SHOWN_COLUMNS,
    choose,
    mapping_of,
    no_cells,
    open_page,
)
from quantriet.kit.spreadsheets.reading.sources import open_source

_SHOWN_ROWS = 30
_CELLS_A_BATCH = 2_000  # rows
_TEXT_OF_A_CELL = 300


def look_in_child(path: str, kind: str, columns: list[list[Any]], legacy: str | None, patient: bool) -> dict[str, Any]:
    """The child's half of `look`."""
    wanted = _columns(columns)
    source = open_source(path, kind, legacy, patient)
    if not source.sheets:
        raise _no_sheet()
    sheets: list[dict[str, Any]] = []
    best: tuple[float, int] | None = None
    finding: Encoding | None = None
    for index, (name, hidden) in enumerate(source.sheets[:MOST_SHEETS]):
        page = open_page(source, index, legacy)
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
                    (number, [shown(cell)[:200] for cell in row[:SHOWN_COLUMNS]])
                    for number, row in filled[:_SHOWN_ROWS]
                ],
                "mapping": mapping_of(index, header).as_json() if header else None,
                "texts": sorted(header.texts.items()) if header else [],
                "unmatched": header.unmatched if header else [],
                "missing": _missing(header.columns.values(), wanted)
                if header
                else [one.key for one in wanted if one.required],
            }
        )
    if not any(sheet["head"] for sheet in sheets):
        raise no_cells()
    return {"sheets": sheets, "best": best[1] if best else None, "encoding": finding.as_json() if finding else None}


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
    source = open_source(path, kind, legacy, patient)
    if not source.sheets:
        raise _no_sheet()
    page, chosen, texts = choose(source, wanted, legacy, Mapping.from_json(mapping) if mapping else None, sheet)
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
    yield from batches_of(page, chosen, frozenset(one.key for one in wanted if one.required), texts)


def cells_in_child(path: str, kind: str, legacy: str | None, most_rows: int, patient: bool) -> Iterator[dict[str, Any]]:
    """The child's half of `read_cells`: the encoding, then batches of rows as text."""
    source = open_source(path, kind, legacy, patient)
    if not source.sheets:
        raise _no_sheet()
    finding: Encoding | None = None
    batch: list[tuple[int, int, list[str]]] = []
    count = 0
    for index, (_name, hidden) in enumerate(source.sheets[:MOST_SHEETS]):
        if hidden:
            continue
        page = open_page(source, index, legacy)
        finding = finding or page.finding
        for number, row in page.rows():
            cells = [_as_text(cell) for cell in row[:SHOWN_COLUMNS]]
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                count += 1
            if count > most_rows:
                raise Refusal(
                    "sheet.too_many_rows",
                    f"Tệp có hơn {most_rows:,} dòng. ".replace(",", ".")
                    + "Hãy chia tệp thành nhiều phần rồi tải lần lượt.",
                )
            batch.append((index, number, cells))
            if len(batch) >= _CELLS_A_BATCH:
                yield {"rows": batch}
                batch = []
    yield {"rows": batch, "encoding": finding.as_json() if finding else None}


def _as_text(cell: Cell) -> str:
    """A cell as text that says the same whatever program wrote it: moments in the order of ISO, lengths as h:mm:ss."""
    if isinstance(cell, str):
        return cell[:_TEXT_OF_A_CELL]
    if isinstance(cell, dt.timedelta):
        minutes, seconds = divmod(int(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
    if isinstance(cell, dt.datetime | dt.date | dt.time):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)[:_TEXT_OF_A_CELL]


def _columns(plain: list[list[Any]]) -> list[Column]:
    return [Column(key, label, tuple(spellings), required) for key, label, spellings, required in plain]


def _missing(keys: Iterable[str], wanted: Sequence[Column]) -> list[str]:
    have = set(keys)
    return [one.key for one in wanted if one.required and one.key not in have]


def _no_sheet() -> Refusal:
    return Refusal("sheet.no_sheet", "Tệp không có trang tính nào. Hãy kiểm tra lại tệp rồi tải lên lại.")
