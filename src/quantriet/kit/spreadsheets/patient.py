"""Read an .xlsx row by row without ever holding a sheet: for workbooks on which the fast reader runs out of memory.

A stray cell in row 1,048,576 makes the fast reader build the whole rectangle. This one is about eight times slower, keeps
only the shared texts, and skips what lies beyond column `MOST_COLUMNS`. Runs in the child only.
"""

import datetime as dt
import posixpath
import re
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from lxml import etree

from quantriet.kit.spreadsheets.cells import Cell
from quantriet.kit.spreadsheets.headers import Merged

MOST_COLUMNS = 512
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")


class PatientWorkbook:
    """An .xlsx read part by part; the same doors as the fast source in `reading`."""

    def __init__(self, path: str) -> None:
        self._archive = zipfile.ZipFile(path)
        self._parts: list[str] = []
        self.sheets: list[tuple[str, bool]] = []
        self._since = dt.datetime(1899, 12, 30)  # noqa: DTZ001 a cell has no zone
        self._read_directory()
        self._texts: list[str] | None = None
        self._dated = self._read_styles()

    def _tree(self, name: str) -> Any:
        try:
            with self._archive.open(name) as part:
                return etree.parse(part, etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
        except KeyError:
            return None

    def _read_directory(self) -> None:
        links = self._tree("xl/_rels/workbook.xml.rels")
        targets = {link.get("Id"): link.get("Target", "") for link in links} if links is not None else {}
        book = self._tree("xl/workbook.xml")
        for element in book.iter():
            name = etree.QName(element).localname if isinstance(element.tag, str) else ""
            if name == "workbookPr" and element.get("date1904") in ("1", "true"):
                self._since = dt.datetime(1904, 1, 1)  # noqa: DTZ001 a cell has no zone
            elif name == "sheet":
                link = next((value for key, value in element.attrib.items() if key.endswith("}id")), "")
                target = targets.get(link, "")
                part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
                self.sheets.append((element.get("name", ""), element.get("state", "visible") != "visible"))
                self._parts.append(part)

    def _read_styles(self) -> list[bool]:
        root = self._tree("xl/styles.xml")
        if root is None:
            return []
        own: dict[int, bool] = {}
        dated: list[bool] = []
        for element in root.iter():
            name = etree.QName(element).localname if isinstance(element.tag, str) else ""
            if name == "numFmt":
                code = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.', "", element.get("formatCode", ""))
                own[int(element.get("numFmtId", "0"))] = bool(re.search(r"[dmyhs]", code, re.IGNORECASE))
            elif name == "cellXfs":
                for style in element:
                    number = int(style.get("numFmtId", "0"))
                    dated.append(own.get(number, number in _DATE_FORMATS))
        return dated

    def _shared(self, index: int) -> str | None:
        if self._texts is None:
            self._texts = []
            if "xl/sharedStrings.xml" in self._archive.namelist():
                with self._archive.open("xl/sharedStrings.xml") as part:
                    for _, element in _elements(part, "si"):
                        self._texts.append(_text(element))
                        _forget(element)
        return self._texts[index] if 0 <= index < len(self._texts) else None

    def merged(self, index: int) -> list[Merged]:
        """Merged areas of a sheet, at most 10,000."""
        areas: list[Merged] = []
        with self._archive.open(self._parts[index]) as part:
            for _, element in _elements(part, "mergeCell", "row"):
                if element.tag.endswith("}mergeCell"):
                    ends = [_place(one) for one in element.get("ref", "").split(":")]
                    if len(ends) == 2 and None not in ends and len(areas) < 10_000:
                        (top, left), (bottom, right) = ends  # type: ignore[misc]  # None was ruled out
                        areas.append((top, left, bottom, right))
                _forget(element)
        return areas

    def rows(self, index: int) -> Iterator[tuple[int, list[Cell]]]:
        """Rows that hold something, with Excel's own numbers."""
        with self._archive.open(self._parts[index]) as part:
            last = 0
            for _, element in _elements(part, "row"):
                last = int(element.get("r", "") or last + 1)
                cells: list[Cell] = []
                column = -1
                for cell in element:
                    place = _place(cell.get("r", ""))
                    column = place[1] if place else column + 1
                    if column >= MOST_COLUMNS:
                        continue
                    value = self._value(cell)
                    if value is None:
                        continue
                    while len(cells) < column:
                        cells.append("")
                    cells.append(value)
                _forget(element)
                if cells:
                    yield last, cells

    def _value(self, cell: Any) -> Cell:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return _text(cell) or None
        said = next((child.text for child in cell if isinstance(child.tag, str) and child.tag.endswith("}v")), None)
        if said is None:
            return None
        if kind == "s":
            return self._shared(int(said)) or None
        if kind == "b":
            return bool(said.strip() == "1")
        if kind == "e":
            return None
        if kind in ("str", "d"):
            return str(said) or None
        try:
            number = float(said)
        except ValueError:
            return str(said)
        style = int(cell.get("s", "0"))
        if style < len(self._dated) and self._dated[style] and 0 < number < 2_958_466:
            moment = self._since + dt.timedelta(days=number)
            moment = (moment + dt.timedelta(microseconds=500_000)).replace(microsecond=0)
            return moment.time() if number < 1 else moment.date() if number.is_integer() else moment
        return number


def _elements(part: Any, *names: str) -> Iterator[tuple[str, Any]]:
    tags = [space + name for name in names for space in (_MAIN, _STRICT)]
    return iter(
        etree.iterparse(part, events=("end",), tag=tags, resolve_entities=False, no_network=True, huge_tree=False)
    )


def _forget(element: Any) -> None:
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def _text(element: Any) -> str:
    said = []
    for child in element.iter():
        if not isinstance(child.tag, str) or not child.tag.endswith("}t"):
            continue
        # Pronunciation marks of East Asian workbooks are no part of the text.
        if child.getparent() is not None and child.getparent().tag.endswith("}rPh"):
            continue
        said.append(child.text or "")
    return "".join(said)


@lru_cache(maxsize=20_000)
def _place(reference: str) -> tuple[int, int] | None:
    found = _REFERENCE.fullmatch(reference)
    if not found:
        return None
    column = 0
    for letter in found.group(1):
        column = column * 26 + ord(letter) - 64
    return int(found.group(2)), column - 1
