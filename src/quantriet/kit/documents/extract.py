"""Take the text out of a gated document, in the child: paragraphs in order, with their numbers, tables, headers, boxes.

Secrecy marks stand in headers, footers and text boxes; so these come out too, and so does text in footnotes and comments.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quantriet.kit import containers, encodings, sandbox, text
from quantriet.kit.documents.gate import Gated
from quantriet.kit.encodings import Encoding
from quantriet.kit.refusal import Refusal

MOST_PARAGRAPHS = 200_000
MOST_LETTERS = 20_000_000
LIMITS = sandbox.Limits(output=256 * 1024 * 1024)

_SCAN = Refusal(
    "document.scan",
    "Tệp này là bản chụp (bản scan), không có chữ để đọc. "
    "Hãy tải bản Word của văn bản lên, hoặc chép phần chữ rồi dán vào ô dán nội dung.",
)
_EMPTY = Refusal("document.empty", "Văn bản không có chữ nào. Hãy kiểm tra lại tệp, hoặc dán nội dung vào ô dán.")


@dataclass(frozen=True)
class Paragraph:
    """A paragraph. Kinds: paragraph, heading, item (numbered by Word; the number stands in the text), row (of a table, cells
    joined by " | "), cell (a line of a table of one row: letterhead, signature), header, footer, note, box. `level` is the depth of a heading or item from 1, else 0; pages of PDF from 1."""

    text: str
    level: int = 0
    kind: str = "paragraph"
    page: int | None = None


@dataclass(frozen=True)
class Extract:
    """The text of a document. `empty_pages` are PDF pages without text (pictures of pages); `encoding` asks a person."""

    paragraphs: list[Paragraph]
    encoding: Encoding | None = None
    pages: int | None = None
    empty_pages: tuple[int, ...] = field(default=())

    @property
    def text(self) -> str:
        """Everything, a paragraph a line."""
        return "\n".join(one.text for one in self.paragraphs)


def extract(gated: Gated, *, legacy: str | None = None) -> Extract:
    """Read the paragraphs of a gated document.

    `legacy` as in spreadsheets: None finds out, an `Encoding.choice` converts, "none" leaves the text as it is.
    Refuses: a scan without text, an empty or locked document, and whatever stops the child.
    """
    args = {"path": str(gated.path), "kind": gated.kind.value, "legacy": legacy}
    found = sandbox.run(f"{__name__}:{extract_in_child.__name__}", args, limits=LIMITS)
    return Extract(
        paragraphs=[Paragraph(*one) for one in found["paragraphs"]],
        encoding=Encoding.from_json(found["encoding"]) if found["encoding"] else None,
        pages=found["pages"],
        empty_pages=tuple(found["empty_pages"]),
    )


def extract_text(pasted: str, *, legacy: str | None = None) -> Extract:
    """The paragraphs of pasted text, a line each; needs no child process."""
    if len(pasted) > MOST_LETTERS:
        raise Refusal("document.too_long", "Nội dung dán vào quá dài. Hãy chia thành nhiều lần hoặc tải tệp Word lên.")
    paragraphs = [
        Paragraph(line) for line in (text.squeeze(line) for line in _converted(pasted, legacy).splitlines()) if line
    ]
    if not paragraphs:
        raise Refusal(_EMPTY.code, _EMPTY.sentence)
    return Extract(paragraphs, _found(paragraphs) if legacy is None else None)


def _converted(said: str, legacy: str | None) -> str:
    name = (legacy or "").split(":")[0]
    if name not in (encodings.TCVN3, encodings.VNI):
        return said
    return "\n".join(encodings.convert(line, name) for line in said.split("\n"))


def _found(paragraphs: Iterable[Paragraph]) -> Encoding | None:
    said = [one.text for one in paragraphs][:3000]
    found = encodings.detect_legacy(said)
    return encodings.offer(found.name, found.confidence, said) if found else None


# ------------------------------------------------------------------------------------------------------------ in the child


def extract_in_child(path: str, kind: str, legacy: str | None) -> dict[str, Any]:
    """The child's half of `extract`."""
    pages: int | None = None
    empty: list[int] = []
    encoding: Encoding | None = None
    if kind == "docx":
        read = _docx(path)
    elif kind == "pdf":
        read, pages, empty = _pdf(path)
    else:
        codec, encoding = encodings.decide_codec(Path(path), legacy)
        said = Path(path).read_text(encoding=codec, errors="replace")
        read = (Paragraph(line) for line in said.splitlines())
    paragraphs: list[Paragraph] = []
    letters = 0
    raw: list[str] = []
    for one in read:
        raw.append(one.text)
        said = text.squeeze(_converted(unicodedata.normalize("NFC", one.text), legacy))
        if not said:
            continue
        letters += len(said)
        if letters > MOST_LETTERS or len(paragraphs) >= MOST_PARAGRAPHS:
            raise Refusal(
                "document.too_long", "Văn bản quá dài nên đã dừng đọc. Hãy tách thành nhiều tệp rồi tải lên lại."
            )
        paragraphs.append(Paragraph(said, one.level, one.kind, one.page))
    if not any(letter.isalpha() for one in paragraphs for letter in one.text):
        raise Refusal(_EMPTY.code, _EMPTY.sentence)
    if legacy is None and encoding is None:
        # Judged before the soft hyphen is dropped: it is the letter "ư" of TCVN3.
        encoding = _found(Paragraph(said) for said in raw)
    return {
        "paragraphs": [(one.text, one.level, one.kind, one.page) for one in paragraphs],
        "encoding": encoding.as_json() if encoding else None,
        "pages": pages,
        "empty_pages": empty,
    }


# -------------------------------------------------------------------------------------------------------------------- PDF

_STARTS = re.compile(
    r"(?:\d{1,2}(?:\.\d{1,2})*[.)/]|[IVXLC]{1,6}[.)]|[a-zđ][.)]|[-+–•*]|\(\d{1,2}\))(?=\s)|"
    r"(?:Điều|Chương|Mục|Phần|Khoản)\s+[\dIVX]+\b|Nơi nhận|Kính gửi|Căn cứ |Số\s*:?\s*\d"
)
_PAGE_NUMBER = re.compile(r"(?:-\s*)?\d{1,4}(?:\s*-)?|Trang \d+(?:\s*/\s*\d+)?")


def _pdf(path: str) -> tuple[Iterator[Paragraph], int, list[int]]:
    import pypdfium2

    try:
        book = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if "assword" in str(error):
            raise Refusal(containers.ENCRYPTED.code, containers.ENCRYPTED.sentence) from None
        raise Refusal(containers.BROKEN.code, containers.BROKEN.sentence) from None
    pages: list[list[_Line]] = []
    for index in range(len(book)):
        page = book[index]
        holder = page.get_textpage()
        pages.append(_page_lines(holder))
        holder.close()
        page.close()
    empty = [
        number
        for number, lines in enumerate(pages, start=1)
        if sum(letter.isalpha() for line in lines for letter in line.text) < 10
    ]
    if len(empty) == len(pages):
        raise Refusal(_SCAN.code, _SCAN.sentence)
    return _pdf_paragraphs(pages), len(pages), empty


@dataclass(frozen=True)
class _Line:
    """A line of a page: its text (a tab at each wide gap) and where it ends."""

    text: str
    right: float


def _page_lines(holder: Any) -> list[_Line]:
    """The lines of a page in the order of the eye.

    Writers that lack a letter in a font (Vietnamese ones often) print the rest of the line first and these letters after it;
    a line that runs backwards is put in order by the places of its letters.
    """
    from pypdfium2 import raw

    lines: list[_Line] = []
    line: list[tuple[str, float, float, float]] = []

    def end() -> None:
        lines.append(_Line(_joined(line), max((one[2] for one in line), default=0.0)))
        line.clear()

    for index in range(holder.count_chars()):
        sign = chr(raw.FPDFText_GetUnicode(holder.raw, index) or 0xFFFE)
        if sign == "\r":
            continue  # a line feed follows
        if sign == "\n":
            end()
            continue
        if sign == " " and raw.FPDFText_IsGenerated(holder.raw, index) == 1:
            continue  # a gap that the library saw; gaps are judged when the letters are in order
        left, bottom, right, top = holder.get_charbox(index, loose=True)
        line.append(("-" if sign in "\x02\ufffe" else sign, left, right, top - bottom))
    end()
    return lines


def _joined(line: list[tuple[str, float, float, float]]) -> str:
    if any(after[1] < before[1] - 0.5 for before, after in itertools.pairwise(line)):
        line = sorted(line, key=lambda one: one[1])
    said = ""
    edge: float | None = None
    for sign, left, right, height in line:
        if edge is not None and sign != " ":
            gap = left - edge
            if gap > 1.5 * height > 0:
                said = said.rstrip(" ") + "\t"
            elif gap > 0.18 * height > 0 and not said.endswith((" ", "\t")):
                said += " "
        said += sign
        if sign != " ":
            edge = right
    return said.strip()


def _pdf_paragraphs(pages: list[list[_Line]]) -> Iterator[Paragraph]:
    """Join lines into paragraphs, over the end of a page too; a page number alone in the first or last line is dropped."""
    held: list[_Line] = []
    began, full = 1, False
    for number, lines in enumerate(pages, start=1):
        kept = list(lines)
        while kept and (not kept[0].text or _PAGE_NUMBER.fullmatch(kept[0].text)):
            kept.pop(0)
        while kept and (not kept[-1].text or _PAGE_NUMBER.fullmatch(kept[-1].text)):
            kept.pop()
        edge = max((line.right for line in kept), default=0.0)
        for place, line in enumerate(kept):
            wide = "\t" in line.text
            goes_on = place == 0 and (line.text[:1].islower() or (full and not _STARTS.match(line.text)))
            if held and (not line.text or wide or (not goes_on and (place == 0 or _breaks(held[-1], line, edge)))):
                yield Paragraph(_one_text(held), page=began)
                held = []
            if wide:
                yield Paragraph(" | ".join(part.strip() for part in line.text.split("\t")), kind="row", page=number)
            elif line.text:
                began = began if held else number
                held.append(line)
        full = bool(held) and held[-1].right > edge * 0.95 and not held[-1].text.endswith((".", ";", ":", "!", "?"))
    if held:
        yield Paragraph(_one_text(held), page=began)


def _one_text(lines: list[_Line]) -> str:
    """Lines as one text; "26-" at the end of a line and "HD/BTGTU" below are one word."""
    said = ""
    for line in lines:
        whole = len(said) > 1 and said[-1] in "-/" and said[-2].isalnum()
        said += line.text if not said or whole else f" {line.text}"
    return said


def _breaks(before: _Line, line: _Line, edge: float) -> bool:
    """Say whether `line` starts a new paragraph after `before`."""
    if _STARTS.match(line.text) or line.text.isupper() or before.text.isupper():
        return True
    if (
        before.text.endswith((".", ";", ":", "!", "?", "./.", "…"))
        and line.text[:1].isupper()
        and before.right < edge * 0.97
    ):
        return True
    # A line that ends far before its neighbours ends a paragraph (a title, an address).
    return before.right < edge * 0.85


# ------------------------------------------------------------------------------------------------------------------- Word

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
# What was deleted under tracked changes is no text of the document; a box is read apart, and its old form is a copy of it.
_SKIPPED = {_W + "del", _W + "moveFrom", _W + "pPr", _W + "rPr", _W + "txbxContent", _FALLBACK}
_SIDE_PARTS = {"header": "header", "footer": "footer", "footnotes": "note", "endnotes": "note", "comments": "note"}


def _docx(path: str) -> Iterator[Paragraph]:
    import docx
    from docx.opc.exceptions import OpcError

    try:
        document = docx.Document(path)
    except (OpcError, KeyError, ValueError):
        raise Refusal(containers.BROKEN.code, containers.BROKEN.sentence) from None
    part = document.part
    sides: dict[str, list[Paragraph]] = {"header": [], "footer": [], "note": []}
    pictures = False
    for link in part.rels.values():
        if link.is_external:
            continue
        sort = link.reltype.rsplit("/", 1)[-1]
        pictures = pictures or sort == "image"
        if sort in _SIDE_PARTS:
            root = _root(link.target_part)
            if root is not None:
                kind = _SIDE_PARTS[sort]
                sides[kind] += [
                    Paragraph(one.text, kind=kind)
                    for one in _Body(document, root).paragraphs()
                    if not _PAGE_NUMBER.fullmatch(one.text.strip())
                ]
    body = list(_Body(document, part.element.body).paragraphs())
    if pictures and sum(letter.isalpha() for one in body for letter in one.text) < 20:
        raise Refusal(_SCAN.code, _SCAN.sentence)
    seen = list(dict.fromkeys(sides["header"]))
    return iter([*seen, *body, *sides["note"], *dict.fromkeys(sides["footer"])])


def _root(part: Any) -> Any:
    element = getattr(part, "element", None)
    if element is not None:
        return element
    from docx.oxml.parser import parse_xml

    try:
        return parse_xml(part.blob)
    except ValueError:
        return None


class _Body:
    """Walks one part of a Word file in reading order and counts its automatic numbers."""

    def __init__(self, document: Any, root: Any) -> None:
        self._root = root
        self._numbering = _Numbering(document)

    def paragraphs(self) -> Iterator[Paragraph]:
        yield from self._children(self._root)

    def _children(self, parent: Any) -> Iterator[Paragraph]:
        for element in parent:
            if not isinstance(element.tag, str) or element.tag in _SKIPPED:
                continue
            if element.tag == _W + "p":
                yield from self._paragraph(element)
            elif element.tag == _W + "tbl":
                yield from self._table(element)
            elif element.tag != _W + "sectPr":
                # Content controls, insertions, footnotes: paragraphs stand inside.
                yield from self._children(element)

    def _paragraph(self, element: Any) -> Iterator[Paragraph]:
        number, level, kind = self._numbering.of(element)
        lines = _text_of(element).split("\n")
        lines[0] = f"{number} {lines[0].lstrip()}".strip() if number else lines[0]
        for place, line in enumerate(lines):
            yield Paragraph(line, level, kind) if place == 0 else Paragraph(line)
        yield from self._boxes(element)

    def _boxes(self, element: Any) -> Iterator[Paragraph]:
        for box in element.iter(_W + "txbxContent"):
            if any(above.tag == _FALLBACK for above in box.iterancestors()):
                continue
            for one in self._children(box):
                yield Paragraph(one.text, kind="box")

    def _table(self, table: Any) -> Iterator[Paragraph]:
        # A table inside a cell is text of that cell.
        rows = [row for row in table.iter(_W + "tr") if next(row.iterancestors(_W + "tbl")) is table]
        if len(rows) == 1:
            # One row only puts texts side by side: the letterhead, the signature. Each line keeps to itself.
            for cell in rows[0].iter(_W + "tc"):
                if next(cell.iterancestors(_W + "tr")) is rows[0]:
                    yield from (
                        Paragraph(one.text, one.level, "cell") for one in self._children(cell) if one.text.strip()
                    )
            return
        for row in rows:
            cells = []
            for cell in row.iter(_W + "tc"):
                if next(cell.iterancestors(_W + "tr")) is not row:
                    continue
                said = []
                for paragraph in cell.iter(_W + "p"):
                    if any(above.tag in (_W + "txbxContent", _FALLBACK) for above in paragraph.iterancestors()):
                        continue
                    number, _, _ = self._numbering.of(paragraph)
                    said.append(f"{number} {_text_of(paragraph)}".strip().replace("\n", " "))
                cells.append(" ".join(one for one in said if one))
            if any(cells):
                yield Paragraph(" | ".join(one for one in cells if one), kind="row")
            yield from self._boxes(row)


def _text_of(element: Any) -> str:
    said: list[str] = []

    def walk(parent: Any) -> None:
        for child in parent:
            tag = child.tag
            if not isinstance(tag, str) or tag in _SKIPPED:
                continue
            if tag == _W + "t":
                said.append(child.text or "")
            elif tag in (_W + "tab", _W + "ptab"):
                said.append(" ")
            elif tag in (_W + "br", _W + "cr"):
                said.append("\n")
            elif tag == _W + "noBreakHyphen":
                said.append("-")
            else:
                walk(child)

    walk(element)
    return "".join(said)


@dataclass
class _Level:
    start: int = 1
    form: str = "decimal"
    pattern: str = "%1."


class _Numbering:
    """Automatic list numbers, which Word does not store in the text: counted here as Word counts them."""

    def __init__(self, document: Any) -> None:
        self._abstract: dict[str, dict[int, _Level]] = {}
        self._of_number: dict[str, str] = {}
        self._restarts: dict[tuple[str, int], int] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._styles: dict[str, Any] = {}
        for style in document.styles.element.iter(_W + "style"):
            self._styles[style.get(_W + "styleId", "")] = style
        try:
            root = document.part.numbering_part.element
        except (KeyError, NotImplementedError):
            return
        for abstract in root.iter(_W + "abstractNum"):
            levels = {int(level.get(_W + "ilvl", "0")): _level(level) for level in abstract.iter(_W + "lvl")}
            self._abstract[abstract.get(_W + "abstractNumId", "")] = levels
        for number in root.iter(_W + "num"):
            identity = number.get(_W + "numId", "")
            link = number.find(_W + "abstractNumId")
            self._of_number[identity] = link.get(_W + "val", "") if link is not None else ""
            for override in number.iter(_W + "lvlOverride"):
                start = override.find(_W + "startOverride")
                if start is not None:
                    self._restarts[identity, int(override.get(_W + "ilvl", "0"))] = int(start.get(_W + "val", "1"))

    def of(self, paragraph: Any) -> tuple[str, int, str]:
        """Number text, level and kind of a paragraph; counts it."""
        properties = paragraph.find(_W + "pPr")
        chain = [properties] if properties is not None else []
        style = properties.find(_W + "pStyle") if properties is not None else None
        name = style.get(_W + "val", "") if style is not None else ""
        for _ in range(12):  # a style may stand on others; a circle ends here
            found = self._styles.get(name)
            if found is None:
                break
            inner = found.find(_W + "pPr")
            if inner is not None:
                chain.append(inner)
            based = found.find(_W + "basedOn")
            name = based.get(_W + "val", "") if based is not None else ""
        outline = _first(chain, "outlineLvl")
        heading = int(outline) + 1 if outline is not None and outline.isdigit() and int(outline) < 9 else 0
        identity, depth = None, 0
        for one in chain:
            listed = one.find(_W + "numPr")
            if listed is None:
                continue
            if identity is None and listed.find(_W + "numId") is not None:
                identity = listed.find(_W + "numId").get(_W + "val")
            if listed.find(_W + "ilvl") is not None:
                depth = int(listed.find(_W + "ilvl").get(_W + "val", "0"))
            break
        number = self._count(identity, depth) if identity not in (None, "0") else ""
        if heading:
            return number, heading, "heading"
        return (number, depth + 1, "item") if number else ("", 0, "paragraph")

    def _count(self, identity: str | None, depth: int) -> str:
        abstract = self._of_number.get(identity or "", "")
        levels = self._abstract.get(abstract, {})
        level = levels.get(depth)
        if level is None or level.form == "none":
            return ""
        counts = self._counts.setdefault(abstract, {})
        restart = self._restarts.pop((identity or "", depth), None)
        counts[depth] = restart if restart is not None else counts.get(depth, level.start - 1) + 1
        for deeper in [one for one in counts if one > depth]:
            del counts[deeper]
        if level.form == "bullet":
            return level.pattern if level.pattern in {"-", "+", "*", "–", "•", "o"} else "-"

        def put(found: re.Match[str]) -> str:
            place = int(found.group(1)) - 1
            shape = levels.get(place, level)
            return _number(counts.get(place, shape.start), shape.form)

        return re.sub(r"%(\d)", put, level.pattern)


def _level(element: Any) -> _Level:
    def value(name: str, default: str) -> str:
        found = element.find(_W + name)
        return str(found.get(_W + "val", default)) if found is not None else default

    start = value("start", "1")
    return _Level(int(start) if start.isdigit() else 1, value("numFmt", "decimal"), value("lvlText", "%1."))


def _first(chain: list[Any], name: str) -> str | None:
    for one in chain:
        found = one.find(_W + name)
        if found is not None:
            return str(found.get(_W + "val", ""))
    return None


def _number(count: int, form: str) -> str:
    if form in ("lowerLetter", "upperLetter"):
        letters = "abcdefghijklmnopqrstuvwxyz"
        said = letters[(count - 1) % 26] * ((count - 1) // 26 + 1) if 1 <= count <= 260 else str(count)
        return said if form == "lowerLetter" else said.upper()
    if form in ("lowerRoman", "upperRoman"):
        said, left = "", count
        for value, sign in ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
                            (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")):  # fmt: skip
            while left >= value and len(said) < 30:
                said, left = said + sign, left - value
        return said if form == "lowerRoman" else said.upper()
    return f"{count:02d}" if form == "decimalZero" else str(count)
