"""One sheet made readable: old fonts noticed or converted, its header recognised, the table to read chosen. In the child."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from quantriet.kit import encodings
from quantriet.kit.encodings import Encoding
from quantriet.kit.refusal import Refusal
from quantriet.kit.spreadsheets import headers
from quantriet.kit.spreadsheets.cells import Cell
from quantriet.kit.spreadsheets.headers import Column, Header, Mapping, Merged
from quantriet.kit.spreadsheets.reading.batches import filled_cells
from quantriet.kit.spreadsheets.reading.sources import Source

MOST_SHEETS = 30
SHOWN_COLUMNS = 60
_HEAD_ROWS = 400


@dataclass
class Page:
    """One sheet with its first rows in hand, its encoding settled, and the rest still to come."""

    index: int
    head: list[tuple[int, list[Cell]]]
    rest: Iterator[tuple[int, list[Cell]]]
    merged: list[Merged]
    finding: Encoding | None
    convert: str | None
    legacy_columns: frozenset[int]

    def converted(self, row: list[Cell]) -> list[Cell]:
        if self.convert is None:
            return row
        return [
            encodings.convert(cell, self.convert) if index in self.legacy_columns and isinstance(cell, str) else cell
            for index, cell in enumerate(row)
        ]

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        every = itertools.chain(self.head, self.rest)
        if self.convert is None:
            return every
        return ((number, self.converted(row)) for number, row in every)

    def header(self, columns: Sequence[Column], *, as_offered: bool = False) -> Header | None:
        rows = self.head
        if self.convert is not None:
            rows = [(number, self.converted(row)) for number, row in rows]
        elif as_offered and self.finding and ":" in self.finding.choice:
            name, legacy_columns = _choice(self.finding.choice)
            offered = Page(self.index, self.head, iter(()), self.merged, None, name, legacy_columns)
            rows = list(offered.rows())
        return headers.find_header(rows, self.merged, columns)


def _choice(choice: str) -> tuple[str, frozenset[int]]:
    name, _, where = choice.partition(":")
    return name, frozenset(int(one) for one in where.split(",") if one)


def open_page(source: Source, index: int, legacy: str | None) -> Page:
    """Take a sheet's first rows and find out, or do as told, about old fonts."""
    merged = source.merged(index)
    rows = source.rows(index)
    head = [(number, list(row)) for number, row in itertools.islice(rows, _HEAD_ROWS)]
    finding: Encoding | None = None
    convert: str | None = None
    where: frozenset[int] = frozenset()
    if legacy is None:
        finding = getattr(source, "found", None) or _detect(head)
    elif legacy.split(":")[0] in (encodings.TCVN3, encodings.VNI):
        convert, where = _choice(legacy)
        if not where:
            where = frozenset(range(max((len(row) for _, row in head), default=0)))
    return Page(index, head, rows, merged, finding, convert, where)


def _detect(head: list[tuple[int, list[Cell]]]) -> Encoding | None:
    """Judge column by column: often only names were typed in an old font."""
    by_column: dict[int, list[str]] = {}
    for _, row in head:
        for index, cell in enumerate(row[:SHOWN_COLUMNS]):
            if isinstance(cell, str) and not cell.isascii():
                by_column.setdefault(index, []).append(cell)
    found = {index: encodings.detect_legacy(said) for index, said in by_column.items()}
    sure = {index: one for index, one in found.items() if one is not None}
    everything = encodings.detect_legacy(itertools.chain.from_iterable(by_column.values()))
    names = [one.name for one in sure.values()] or ([everything.name] if everything else [])
    if not names:
        return None
    name = max(set(names), key=names.count)
    columns = sorted(
        index
        for index, said in by_column.items()
        if (index in sure and sure[index].name == name) or (index not in sure and encodings.reads_better(said, name))
    )
    confidence = max(
        [one.confidence for one in sure.values() if one.name == name] or [everything.confidence if everything else 0.0]
    )
    before = list(dict.fromkeys(said for index in columns for said in by_column[index]))[:200]
    return encodings.offer(name, confidence, before, choice=f"{name}:{','.join(map(str, columns))}")


def choose(
    source: Source, wanted: Sequence[Column], legacy: str | None, mapping: Mapping | None, sheet: int | None
) -> tuple[Page, Mapping, dict[int, str]]:
    """The page to read, where its table stands, and the text over each column."""
    if mapping is not None:
        page = open_page(source, _existing(source, mapping.sheet), legacy)
        grid = {number: page.converted(row) for number, row in page.head}
        texts = headers.joined_texts(grid, page.merged, mapping.header_row, mapping.depth)
        return page, mapping, texts
    if sheet is not None:
        candidates = [_existing(source, sheet)]
    else:
        candidates = [index for index, (_, hidden) in enumerate(source.sheets[:MOST_SHEETS]) if not hidden] or [0]
    best: tuple[Page, Header] | None = None
    pages: list[Page] = []
    for index in candidates:
        page = open_page(source, index, legacy)
        header = page.header(wanted)
        if header is not None and (best is None or header.score > best[1].score):
            best = (page, header)
        pages.append(Page(index, page.head, iter(()), page.merged, page.finding, page.convert, page.legacy_columns))
    if best is not None:
        return best[0], mapping_of(best[0].index, best[1]), best[1].texts
    if all(not filled_cells(row) for page in pages for _, row in page.head):
        raise no_cells()
    if any(page.header(wanted, as_offered=True) for page in pages):
        raise Refusal(
            "sheet.legacy_text",
            "Chữ trong tệp được gõ bằng phông cũ (.VnTime hoặc VNI) nên chưa nhận ra các cột. "
            "Hãy xem trước và chọn chuyển sang Unicode rồi đọc lại.",
        )
    labels = ", ".join(f"“{one.label}”" for one in wanted if one.required) or ", ".join(
        f"“{one.label}”" for one in wanted[:5]
    )
    raise Refusal(
        "sheet.no_header",
        f"Không tìm thấy dòng tiêu đề có cột {labels} trong {headers.HEADER_WITHIN} dòng đầu. "
        "Hãy kiểm tra lại tên các cột, hoặc tự chỉ dòng tiêu đề ở bước ghép cột.",
    )


def _existing(source: Source, index: int) -> int:
    if not 0 <= index < len(source.sheets):
        raise Refusal("sheet.no_sheet", "Tệp không còn trang tính đã chọn. Hãy tải tệp lên lại và chọn trang tính.")
    return index


def mapping_of(index: int, header: Header) -> Mapping:
    """A recognised header as the mapping that a person may change."""
    return Mapping(index, header.row, header.depth, header.columns, header.confidence)


def no_cells() -> Refusal:
    """The refusal of a file whose sheets are all empty."""
    return Refusal("sheet.no_cells", "Các trang tính trong tệp đều trống. Hãy kiểm tra lại tệp rồi tải lên lại.")
