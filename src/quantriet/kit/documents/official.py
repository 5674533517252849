"""Word files in the official Party format, and an office's own templates filled the same way every time.

    paper = Paper(
        superior="TỈNH ỦY …", body="BAN TUYÊN GIÁO VÀ DÂN VẬN", number="Số {{ number }}", place="{{ place }}", day="{{ day }}",
        kind="BÁO CÁO", subject="{{ subject }}",
        blocks=(Heading("1. Kết quả"), Text("{{ summary }}"),
                Grid(header=(("TT", "Đơn vị", "Đã học"),), rows=(("{{ row.no }}", "{{ row.unit }}", "{{ row.done }}"),), loop="row in rows")),
        signature=Signature(authority="T/M BAN", post="TRƯỞNG BAN", name="{{ signer }}"),
    )
    template = build(paper, at=at, author="…", title="…")            # an office may download, edit and upload it
    wrong = check_template(template, sample)                          # sentences; [] when every tag is known
    report = render_template(template, context, at=at, author="…", title="…")   # same input, same bytes

Page and paragraph measures are those of the format (A4, margins 20/20/30/15 mm, Times New Roman 14); everything else is text.
"""

import base64
import datetime as dt
import difflib
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from quantriet.kit import sandbox
from quantriet.kit.refusal import Refusal

FONT = "Times New Roman"
_LIMITS = sandbox.Limits(cpu_seconds=60, wall_seconds=90.0, output=256 * 1024 * 1024, value=128 * 1024 * 1024)


@dataclass(frozen=True)
class Heading:
    """A bold line that opens a part: level 1 "I. …", deeper levels bold italic."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Text:
    """A body paragraph: justified, first line 10 mm in. `**words**` inside stand bold."""

    text: str
    bold: bool = False
    italic: bool = False
    indent: bool = True
    align: str = "justify"
    keep: bool = False  # stays on the page of what follows, as the caption of a table does


@dataclass(frozen=True)
class Grid:
    """A table with a repeated header. With `loop` ("row in rows") its rows are the pattern of each row of a template."""

    header: Sequence[Sequence[str]]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float] | None = None  # millimetres; the text is 165 wide
    align: Sequence[str] | None = None  # left, center, right for each column
    loop: str | None = None
    total: Sequence[str] | None = None
    size: float = 12


@dataclass(frozen=True)
class PageBreak:
    """What follows starts on a new page."""


Block = Heading | Text | Grid | PageBreak


@dataclass(frozen=True)
class Signature:
    """Who signs: in whose name ("T/M BAN THƯỜNG VỤ"), as what, and the name under the space for the hand."""

    authority: str = ""
    post: str = ""
    name: str = ""


@dataclass(frozen=True)
class Paper:
    """An official paper. `day` is the whole date as printed: "ngày 15 tháng 11 năm 2026"."""

    body: str
    superior: str = ""
    number: str = ""
    place: str = ""
    day: str = ""
    kind: str = ""
    subject: str = ""
    addressee: Sequence[str] = ()
    blocks: Sequence[Block] = ()
    recipients: Sequence[str] = ()
    signature: Signature | None = None
    party: str = "ĐẢNG CỘNG SẢN VIỆT NAM"
    separator: str = "*"  # between the issuing body and the number
    annex: Sequence[Block] = ()  # what stands behind the signature


# ------------------------------------------------------------------------------------------------------------------- build


def build(paper: Paper, *, at: dt.datetime, author: str, title: str) -> bytes:
    """Make the Word file of `paper`; with tags like {{ name }} in its texts it is a template. Same input, same bytes."""
    import docx  # a quarter of a second: only who writes pays
    from docx.shared import Mm

    document = docx.Document()
    _set_styles(document)
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(20), Mm(20)
    section.left_margin, section.right_margin = Mm(30), Mm(15)
    section.header_distance = section.footer_distance = Mm(10)
    section.different_first_page_header_footer = True
    _page_number(section.header.paragraphs[0])
    _letterhead(document, paper)
    _title(document, paper)
    for block in paper.blocks:
        _block(document, block)
    if paper.recipients or paper.signature:
        _foot(document, paper)
    for block in paper.annex:
        _block(document, block)
    stream = io.BytesIO()
    document.save(stream)
    return freeze(stream.getvalue(), at=at, author=author, title=title)


def _set_styles(document: Any) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    for name in ("Normal", "Heading 1", "Heading 2", "Heading 3", "Header", "Footer", "Table Grid"):
        style = document.styles[name]
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for attribute in list(fonts.attrib):
            del fonts.attrib[attribute]  # theme fonts would win over the named one
        for script in ("ascii", "hAnsi", "eastAsia", "cs"):
            fonts.set(qn(f"w:{script}"), FONT)
        style.font.size = Pt(14)
        style.font.color.rgb = RGBColor(0, 0, 0)
    for level in (1, 2, 3):
        style = document.styles[f"Heading {level}"]
        style.font.bold = True
        style.font.italic = level > 1
    normal = document.styles["Normal"].paragraph_format
    normal.space_before = normal.space_after = Pt(0)
    normal.line_spacing = 1.0
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), "vi-VN")
    # Ninety coloured table styles and a copy of all styles for Word 2010 would be nine tenths of the file.
    for style in list(document.styles.element.iter(qn("w:style"))):
        if style.get(qn("w:type")) == "table" and style.get(qn("w:styleId")) not in ("TableNormal", "TableGrid"):
            style.getparent().remove(style)
    for holder, unwanted in ((document.part, "stylesWithEffects"), (document.part.package, "thumbnail")):
        for name, link in list(holder.rels.items()):
            if link.reltype.endswith(unwanted):
                del holder.rels[name]


def _page_number(paragraph: Any) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = paragraph.add_run()
    for kind in ("begin", "instruction", "separate", "text", "end"):
        if kind == "instruction":
            element = OxmlElement("w:instrText")
            element.text = "PAGE"
        elif kind == "text":
            element = OxmlElement("w:t")
            element.text = "2"
        else:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        run._r.append(element)


def _letterhead(document: Any, paper: Paper) -> None:
    left, right = _two_cells(document, 82, 83)
    lines = [line for line in paper.superior.split("\n") if line]
    _first_line(left, lines[0] if lines else paper.body.split("\n")[0], bold=not lines)
    for line in lines[1:]:
        _line(left, line)
    for line in paper.body.split("\n")[0 if lines else 1 :]:
        _line(left, line, bold=True)
    if paper.separator:
        _line(left, paper.separator)
    if paper.number:
        _line(left, paper.number)
    rule = _first_line(right, paper.party, bold=True)
    _rule_below(rule)
    when = ", ".join(part for part in (paper.place, paper.day) if part)
    if when:
        _line(right, when, italic=True, before=6)


def _title(document: Any, paper: Paper) -> None:
    if paper.kind:
        _line(document, paper.kind, bold=True, before=18, size=16)
    for line in paper.subject.split("\n"):
        if line:
            _line(document, line, bold=True, before=0 if paper.kind else 18)
    if paper.kind or paper.subject:
        _line(document, "-----", after=6)
    if paper.addressee:
        from docx.shared import Mm

        opening = _line(document, "Kính gửi:", before=6, align="left" if len(paper.addressee) > 1 else "center")
        if len(paper.addressee) == 1:
            opening.add_run(f" {paper.addressee[0]}")
        else:
            opening.paragraph_format.left_indent = Mm(30)
            for place, one in enumerate(paper.addressee):
                ending = "." if place == len(paper.addressee) - 1 else ","
                _line(document, f"- {one}{ending}", align="left").paragraph_format.left_indent = Mm(40)


def _block(document: Any, block: Block) -> None:
    from docx.shared import Mm, Pt

    if isinstance(block, PageBreak):
        document.add_page_break()
    elif isinstance(block, Grid):
        _grid(document, block)
    elif isinstance(block, Heading):
        level = min(max(block.level, 1), 3)
        paragraph = document.add_paragraph(style=f"Heading {level}")
        paragraph.add_run(block.text)
        paragraph.paragraph_format.first_line_indent = Mm(10)
        paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(6)
        paragraph.paragraph_format.keep_with_next = True
    else:
        paragraph = document.add_paragraph()
        for place, piece in enumerate(block.text.split("**")):
            if piece:
                run = paragraph.add_run(piece)
                run.bold = (block.bold or place % 2 == 1) or None
                run.italic = block.italic or None
        paragraph.alignment = _alignment(block.align)
        shape = paragraph.paragraph_format
        if block.indent:
            shape.first_line_indent = Mm(10)
        shape.space_before = shape.space_after = Pt(3)
        shape.line_spacing = Pt(18)
        shape.widow_control = True
        shape.keep_with_next = block.keep or None


def _grid(document: Any, grid: Grid) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Mm

    columns = max((len(row) for row in (*grid.header, *grid.rows)), default=1)
    widths = list(grid.widths or [165 / columns] * columns)
    table = document.add_table(rows=0, cols=columns, style="Table Grid")
    table.autofit = False

    def add(cells: Sequence[str], *, bold: bool = False, head: bool = False) -> Any:
        row = table.add_row()
        keep = OxmlElement("w:cantSplit")
        row._tr.get_or_add_trPr().append(keep)
        for place in range(columns):
            cell = row.cells[place]
            cell.width = Mm(widths[place])
            align = "center" if head else (grid.align[place] if grid.align else "left")
            said = cells[place] if place < len(cells) else ""
            _first_line(cell, said, bold=bold or head, align=align, size=grid.size, before=2, after=2)
            _centre_vertically(cell)
        return row

    for cells in grid.header:
        row = add(cells, head=True)
        mark = OxmlElement("w:tblHeader")
        mark.set(qn("w:val"), "true")
        row._tr.get_or_add_trPr().append(mark)
    _merge_header(table, grid)
    if grid.loop:
        add([f"{{%tr for {grid.loop} %}}"])
    for cells in grid.rows:
        add(cells)
    if grid.loop:
        add(["{%tr endfor %}"])
    if grid.total:
        add(grid.total, bold=True)
    for place, column in enumerate(table.columns):
        column.width = Mm(widths[place])
    _line(document, "", size=6)


def _merge_header(table: Any, grid: Grid) -> None:
    """Merge header cells: an empty text joins the cell to its left, in the second row the cell above."""
    for level, cells in enumerate(grid.header):
        for place, said in enumerate(cells):
            if said:
                continue
            if level and grid.header[level - 1][place]:
                _merge(table.cell(level - 1, place), table.cell(level, place))
            elif place and level == 0:
                left = max((before for before in range(place) if cells[before]), default=0)
                _merge(table.cell(level, left), table.cell(level, place))


def _merge(one: Any, other: Any) -> None:
    merged = one.merge(other)
    for paragraph in merged.paragraphs[1:]:
        if not paragraph.text:
            paragraph._p.getparent().remove(paragraph._p)


def _foot(document: Any, paper: Paper) -> None:
    from docx.oxml import OxmlElement
    from docx.shared import Pt

    _line(document, "", size=6)
    left, right = _two_cells(document, 80, 85)
    row = left._tc.getparent()
    row.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    if paper.recipients:
        opening = _first_line(left, "", align="left")
        run = opening.add_run("Nơi nhận:")
        run.underline = True
        for place, one in enumerate(paper.recipients):
            ending = "." if place == len(paper.recipients) - 1 else ","
            if one.endswith("%}"):
                ending = ""  # a tag of a template says itself how its line ends
            _line(left, f"- {one}{ending}", align="left", size=12)
    sign = paper.signature
    if sign is not None:
        _first_line(right, sign.authority or sign.post, bold=True)
        if sign.authority and sign.post:
            _line(right, sign.post)
        for _ in range(4):
            _line(right, "")
        _line(right, sign.name, bold=True)
    for paragraph in (*left.paragraphs, *right.paragraphs):
        paragraph.paragraph_format.keep_with_next = True
        paragraph.paragraph_format.line_spacing = Pt(17) if paragraph.text or paragraph.runs else None


def _two_cells(document: Any, left: float, right: float) -> tuple[Any, Any]:
    """A table without lines of two cells side by side (widths in millimetres)."""
    from docx.shared import Mm

    table = document.add_table(rows=1, cols=2)
    table.autofit = False
    cells = table.rows[0].cells
    for cell, column, width in zip(cells, table.columns, (left, right), strict=True):
        column.width = Mm(width)
        cell.width = Mm(width)
    return cells[0], cells[1]


def _line(holder: Any, said: str, **how: Any) -> Any:
    return _shape(holder.add_paragraph(), said, **how)


def _first_line(cell: Any, said: str, **how: Any) -> Any:
    return _shape(cell.paragraphs[0], said, **how)


def _shape(
    paragraph: Any,
    said: str,
    *,
    bold: bool = False,
    italic: bool = False,
    align: str = "center",
    size: float | None = None,
    before: float = 0,
    after: float = 0,
) -> Any:
    from docx.shared import Pt

    if said:
        run = paragraph.add_run(said)
        run.bold = bold or None
        run.italic = italic or None
        if size is not None:
            run.font.size = Pt(size)
    paragraph.alignment = _alignment(align)
    paragraph.paragraph_format.space_before = Pt(before)
    paragraph.paragraph_format.space_after = Pt(after)
    return paragraph


def _alignment(name: str) -> Any:
    from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN

    return {"left": ALIGN.LEFT, "center": ALIGN.CENTER, "right": ALIGN.RIGHT, "justify": ALIGN.JUSTIFY}[name]


def _centre_vertically(cell: Any) -> None:
    from docx.enum.table import WD_ALIGN_VERTICAL

    cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER


def _rule_below(paragraph: Any) -> None:
    """The line under "ĐẢNG CỘNG SẢN VIỆT NAM", as long as the words."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Mm

    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Mm(3.5)
    borders = OxmlElement("w:pBdr")
    line = OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    properties = paragraph._p.get_or_add_pPr()
    properties.insert_element_before(
        borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr", "w:sectPr"
    )


# ----------------------------------------------------------------------------------------------------------------- freeze

_CORE = "docProps/core.xml"


def freeze(docx: bytes, *, at: dt.datetime, author: str, title: str) -> bytes:
    """Write the package anew with fixed order, dates and properties: equal content gives equal bytes, on any machine.

    Parts are stored, not packed: packing differs between builds of the compression library.
    """
    moment = at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    core = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(_printable(title))}</dc:title><dc:creator>{escape(_printable(author))}</dc:creator>"
        f"<cp:lastModifiedBy>{escape(_printable(author))}</cp:lastModifiedBy><cp:revision>1</cp:revision>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{moment}</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{moment}</dcterms:modified><dc:language>vi-VN</dc:language>'
        "</cp:coreProperties>"
    ).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
        names = [name for name in dict.fromkeys(source.namelist()) if not name.endswith("/")]
        for name in sorted(names, key=lambda one: (one != "[Content_Types].xml", one != "_rels/.rels", one)):
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system = 3
            info.external_attr = 0o600 << 16
            target.writestr(info, core if name == _CORE else source.read(name))
    return out.getvalue()


# ---------------------------------------------------------------------------------------------------------------- template


def render_template(template: bytes, context: Mapping[str, Any], *, at: dt.datetime, author: str, title: str) -> bytes:
    """Fill an office's template in a child process. Same template, context, `at`, author and title: same bytes.

    `context` is plain data (text, numbers, lists, dicts; dates and numbers already in their Vietnamese writing).
    Refuses: a tag that the context does not know, a tag written wrong, a template that never ends.
    """
    filled = _in_child(render_in_child.__name__, template, context)
    return freeze(base64.b64decode(filled), at=at, author=author, title=title)


def check_template(template: bytes, sample: Mapping[str, Any]) -> list[str]:
    """All that is wrong with a template, as sentences; [] when it is good. Lists in `sample` need an entry each."""
    found = _in_child(check_in_child.__name__, template, sample)
    return [str(one) for one in found]


def template_tags(sample: Mapping[str, Any]) -> list[str]:
    """The tags that a template may use, as they are written in Word, for the help beside the upload."""
    tags: list[str] = []
    for key, value in sample.items():
        if isinstance(value, list | tuple):
            first = value[0] if value else None
            inner = [f"{{{{ row.{name} }}}}" for name in first] if isinstance(first, Mapping) else ["{{ row }}"]
            tags.append(f"{{%tr for row in {key} %}} {' '.join(inner)} {{%tr endfor %}}")
        elif isinstance(value, Mapping):
            tags += [f"{{{{ {key}.{name} }}}}" for name in value]
        else:
            tags.append(f"{{{{ {key} }}}}")
    return tags


def _in_child(function: str, template: bytes, context: Mapping[str, Any]) -> Any:
    args = {"template": base64.b64encode(template).decode(), "context": context}
    try:
        return sandbox.run(f"{__name__}:{function}", args, limits=_LIMITS)
    except Refusal as refusal:
        if refusal.code in (sandbox.UNREADABLE, sandbox.TOO_HEAVY, sandbox.TOO_SLOW):
            raise Refusal(
                "template.failed",
                "Không điền được mẫu văn bản này. Hãy tải mẫu gốc của hệ thống về, sửa trên mẫu đó rồi tải lên lại.",
            ) from None
        raise


def _printable(said: str) -> str:
    return re.sub(r"[\x00-\x06\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", said)


# ------------------------------------------------------------------------------------------------------------ in the child


def render_in_child(template: str, context: dict[str, Any]) -> str:
    """The child's half of `render_template`."""
    from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, UndefinedError

    try:
        return base64.b64encode(_filled(base64.b64decode(template), context, StrictUndefined)).decode()
    except TemplateSyntaxError as error:
        raise Refusal("template.syntax", _syntax_sentence(error)) from None
    except UndefinedError as error:
        name = re.search(r"'([^']+)' is undefined|attribute '([^']+)'", str(error.message))
        tag = next((one for one in name.groups() if one), "") if name else ""
        raise Refusal(
            "template.unknown_tag", f"Mẫu văn bản dùng thẻ “{tag}” mà hệ thống không có. Hãy sửa thẻ trong mẫu."
        ) from None
    except TemplateError:
        raise Refusal("template.failed", "Mẫu văn bản dùng lệnh không được phép. Hãy bỏ lệnh đó trong mẫu.") from None


def check_in_child(template: str, context: dict[str, Any]) -> list[str]:
    """The child's half of `check_template`: renders the sample and collects every unknown name instead of stopping."""
    from jinja2 import ChainableUndefined, TemplateError, TemplateSyntaxError

    unknown: dict[str, None] = {}

    class Noted(ChainableUndefined):
        def __init__(self, hint: str | None = None, obj: Any = None, name: str | None = None, *rest: Any) -> None:
            super().__init__(hint, obj, name, *rest)
            if name is not None:
                unknown[str(name)] = None

    raw = base64.b64decode(template)
    try:
        _filled(raw, context, Noted)
    except TemplateSyntaxError as error:
        return [_syntax_sentence(error)]
    except TemplateError:
        return ["Mẫu văn bản dùng lệnh không được phép. Hãy chỉ dùng các thẻ trong danh sách thẻ của hệ thống."]
    except Exception as error:  # noqa: BLE001 whatever python-docx or lxml cannot read is a damaged file for the person
        if type(error).__module__.startswith(("docx", "lxml", "zipfile", "zlib")) or isinstance(
            error, KeyError | ValueError
        ):
            return ["Không đọc được mẫu văn bản. Hãy mở mẫu bằng Word, lưu lại thành tệp .docx rồi tải lên lại."]
        return ["Mẫu văn bản có thẻ dùng sai chỗ. Hãy so lại với mẫu gốc của hệ thống."]
    known = _names(context)
    sentences = []
    for name in unknown:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
        hint = f" Có phải đồng chí muốn viết “{near[0]}”?" if near else " Hãy xem danh sách thẻ của hệ thống."
        sentences.append(f"Thẻ “{name}” không có trong danh sách thẻ.{hint}")
    return sentences


def _names(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [str(key) for key in value] + [name for one in value.values() for name in _names(one)]
    if isinstance(value, list | tuple):
        return [name for one in value[:1] for name in _names(one)]
    return []


def _filled(template: bytes, context: Mapping[str, Any], undefined: Any) -> bytes:
    from docxtpl import DocxTemplate
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(
        autoescape=True, undefined=undefined, finalize=lambda one: "" if one is None else one
    )
    document = DocxTemplate(io.BytesIO(template))
    document.render(_cleaned(context), jinja_env=environment, autoescape=True)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _cleaned(value: Any) -> Any:
    """The context without control characters, which no Word file may hold."""
    if isinstance(value, str):
        return _printable(value)
    if isinstance(value, Mapping):
        return {key: _cleaned(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(one) for one in value]
    return value


def _syntax_sentence(error: Any) -> str:
    said = str(error.message or "")
    if found := re.search(r"unknown tag '([^']+)'", said):
        name = found.group(1)
        if name.startswith("end"):
            return f"Thẻ đóng “{{% {name} %}}” không có thẻ mở tương ứng. Hãy kiểm tra các cặp thẻ trong mẫu."
        return f"Lệnh “{{% {name} %}}” không có. Hãy chỉ dùng for, if và các thẻ trong danh sách thẻ của hệ thống."
    if "end of template" in said:
        return "Có thẻ mở ra mà chưa đóng lại ({% for %} thiếu {% endfor %}, {% if %} thiếu {% endif %} hoặc thiếu dấu }}). Hãy kiểm tra các cặp thẻ trong mẫu."
    around = " ".join(re.sub(r"<[^>]*>", "", str(line)) for line in getattr(error, "docx_context", []) or [])
    place = next(iter(re.findall(r"\{[{%][^}]{0,80}", around)), "")
    return (
        "Có thẻ viết sai trong mẫu"
        + (f", gần chỗ “{place.strip()}”" if place else "")
        + ". Hãy so lại với mẫu gốc của hệ thống."
    )
