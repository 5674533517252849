"""Slides for who presents the document (R-114): they open in PowerPoint and LibreOffice; every text stays inside its box."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from quantriet.kit.refusal import Refusal
from quantriet.library.rules.products.content import GROUP_NAMES, Brief, Point, groups
from quantriet.library.rules.products.pages import Made
from quantriet.library.vocab import MaterialForm, MaterialKind, PartKind

FONT = "Arial"
WIDTH, HEIGHT = 13.333, 7.5  # inches, 16:9
LEFT, TOP, ROOM_WIDTH, ROOM_HEIGHT = 0.7, 1.55, 11.93, 5.0  # the box of the words
BODY = 24  # points; slides with few words take the largest of SIZES that fits
SIZES = (36, 32, 28)
_EM = 0.6  # of the type size: wider than any mix of Vietnamese letters in the fonts that stand in for Arial
_LINE = 1.3
FIGURES_A_SLIDE = 3
MOST_SLIDES = 200
_SENTENCES = re.compile(r"(?<=[.;!?…])\s+")


@dataclass
class Slide:
    """A slide before it is drawn: heading, paragraphs (bold or not), figures instead of paragraphs, words of the presenter."""

    heading: str
    paragraphs: list[tuple[str, bool]] = field(default_factory=list)
    figures: list[Point] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def lines_of(words: str, size: float, width: float = ROOM_WIDTH) -> int:
    """At most how many lines the words take; width in inches."""
    letters = max(1, int(width * 72 / (size * _EM)))
    return sum(max(1, math.ceil(len(line) / letters)) for line in words.split("\n"))


def height_of(paragraphs: list[tuple[str, bool]], size: float = BODY) -> float:
    """At most how many inches the paragraphs take, with half a line between two."""
    return sum(lines_of(words, size) * size * _LINE / 72 + size * 0.5 / 72 for words, _bold in paragraphs)


def _pieces(words: str) -> Iterator[str]:
    """Words in pieces that each fit on a slide, broken at sentences, else at spaces, else anywhere; nothing is left out."""
    most = int(ROOM_HEIGHT / (BODY * _LINE / 72) - 2) * int(ROOM_WIDTH * 72 / (BODY * _EM))
    held = ""
    for sentence in _SENTENCES.split(words):
        rest = sentence
        while len(rest) > most:
            if held:
                yield held
                held = ""
            cut = rest.rfind(" ", 1, most)
            cut = cut if cut > 0 else most
            yield rest[:cut].strip()
            rest = rest[cut:].strip()
        if held and len(held) + 1 + len(rest) > most:
            yield held
            held = rest
        else:
            held = f"{held} {rest}".strip()
    if held:
        yield held


def plan(brief: Brief) -> list[Slide]:
    """The slides behind the first one, in order."""
    slides: list[Slide] = []
    for kind, mine in groups(brief, MaterialKind.SLIDES):
        name = GROUP_NAMES[kind]
        if kind == PartKind.FIGURE:
            slides += _figure_slides(brief, name, mine)
            continue
        first = len(slides)
        for number, one in enumerate(mine, 1):
            where = brief.where(one)
            paragraphs = [(piece, True) for piece in _pieces(one.title)] if one.title else []
            lines = [line.strip() for line in one.text.split("\n") if line.strip()]
            if not one.title and lines and len(mine) > 1:
                lines[0] = f"{number}. {lines[0]}"
            paragraphs += [(piece, False) for line in lines for piece in _pieces(line)]
            stays = kind not in (PartKind.QUESTION, PartKind.EXPLANATION)  # a question has its own slide
            for paragraph in paragraphs:
                last = slides[-1] if len(slides) > first else None
                starts = paragraph is paragraphs[0] and not stays
                if last is None or starts or height_of([*last.paragraphs, paragraph]) > ROOM_HEIGHT:
                    last = Slide(name if last is None or starts else f"{name} (tiếp)")
                    slides.append(last)
                last.paragraphs.append(paragraph)
            if where and slides:
                slides[-1].notes.append(where)
    return slides


def _figure_slides(brief: Brief, name: str, mine: list[Point]) -> list[Slide]:
    slides: list[Slide] = []
    wide = [one for one in mine if lines_of(f"{one.title}\n{one.text}", 18, 3.3) > 9]
    short = [one for one in mine if one not in wide]
    for at in range(0, len(short), FIGURES_A_SLIDE):
        shown = short[at : at + FIGURES_A_SLIDE]
        notes = [f"{one.title}: {brief.where(one)}" for one in shown if brief.where(one)]
        slides.append(Slide(name if at == 0 else f"{name} (tiếp)", figures=shown, notes=notes))
    for one in wide:
        opening = f"{one.figure} – {one.title}"
        paragraphs = [(piece, True) for piece in _pieces(opening)]
        paragraphs += [
            (piece, False) for line in one.text.split("\n") if line.strip() for piece in _pieces(line.strip())
        ]
        slides.append(Slide(name, notes=[brief.where(one)]))
        for paragraph in paragraphs:
            if slides[-1].paragraphs and height_of([*slides[-1].paragraphs, paragraph]) > ROOM_HEIGHT:
                slides.append(Slide(f"{name} (tiếp)", notes=[brief.where(one)]))
            slides[-1].paragraphs.append(paragraph)
    return slides


def presentation(brief: Brief) -> list[Made]:
    """The PowerPoint file. Refuses more than `MOST_SLIDES`: nobody shows them, and each costs more than the one before."""
    import pptx  # a third of a second: only who makes slides pays
    from pptx.util import Inches

    planned = plan(brief)
    if len(planned) > MOST_SLIDES:
        raise Refusal(
            "material.too_long",
            f"Nội dung cần {len(planned)} trang trình chiếu, nhiều nhất {MOST_SLIDES}; hãy rút gọn hoặc dùng đề cương.",
        )
    deck = pptx.Presentation()
    deck.slide_width, deck.slide_height = Inches(WIDTH), Inches(HEIGHT)
    properties = deck.core_properties
    properties.title, properties.author, properties.language = brief.title[:255], brief.unit[:255], "vi-VN"
    _first(deck, brief)
    for number, one in enumerate(planned, 2):
        _draw(deck, brief, one, f"{number}/{len(planned) + 1}")
    out = io.BytesIO()
    deck.save(out)
    return [Made(MaterialForm.PPTX, out.getvalue())]


def _blank(deck: Any) -> Any:
    return deck.slides.add_slide(deck.slide_layouts[5])  # a title and nothing else, so that readers find the title


def _rgb(colour: str) -> Any:
    """The library's colour of "1B1B1D" or "#1b1b1d"."""
    from pptx.dml.color import RGBColor

    return RGBColor(*(int(colour.lstrip("#")[at : at + 2], 16) for at in (0, 2, 4)))  # type: ignore[no-untyped-call]


def _first(deck: Any, brief: Brief) -> None:
    from pptx.util import Inches

    slide = _blank(deck)
    band = _box(slide, 0, 0, WIDTH, HEIGHT, brief.look.colour)
    slide.shapes._spTree.remove(band._element)
    slide.shapes._spTree.insert(2, band._element)  # behind the words
    size = 40 if len(brief.title) < 70 else 32 if len(brief.title) < 140 else 24
    title = slide.shapes.title
    title.left, title.top, title.width, title.height = Inches(0.9), Inches(2.3), Inches(11.5), Inches(3.4)
    _write(title.text_frame, [(brief.title, True)], size, "FFFFFF", middle=True)
    left = 0.9
    if brief.look.logo:
        _box(slide, 0.9, 0.75, 1.2, 1.2, "FFFFFF")
        _logo(slide, brief, 1.0, 0.85, 1.0)
        left = 2.35
    unit = slide.shapes.add_textbox(Inches(left), Inches(0.75), Inches(12.4 - left), Inches(1.2))
    _write(unit.text_frame, [(brief.unit, True)], 20, "FFFFFF", middle=True)
    foot = slide.shapes.add_textbox(Inches(0.9), Inches(5.9), Inches(11.5), Inches(1.1))
    _write(foot.text_frame, [(brief.for_whom, False), (brief.foot, False)], 16, "FFFFFF")


def _draw(deck: Any, brief: Brief, one: Slide, number: str) -> None:
    from pptx.util import Inches

    slide = _blank(deck)
    _box(slide, 0, 0, WIDTH, 0.22, brief.look.colour)
    title = slide.shapes.title
    title.left, title.top, title.width, title.height = Inches(LEFT), Inches(0.45), Inches(ROOM_WIDTH), Inches(0.9)
    _write(title.text_frame, [(one.heading, True)], 30, brief.look.colour, middle=True)
    if one.figures:
        _figure_boxes(slide, brief, one.figures)
    else:
        box = slide.shapes.add_textbox(Inches(LEFT), Inches(TOP), Inches(ROOM_WIDTH), Inches(ROOM_HEIGHT))
        size = next((size for size in SIZES if height_of(one.paragraphs, size) <= ROOM_HEIGHT), BODY)
        _write(box.text_frame, one.paragraphs, size, "1B1B1D")
    foot = slide.shapes.add_textbox(Inches(LEFT), Inches(6.85), Inches(10.8), Inches(0.45))
    _write(foot.text_frame, [(f"{brief.reference}. {brief.unit}"[:140], False)], 12, "55555C")
    page = slide.shapes.add_textbox(Inches(11.5), Inches(6.85), Inches(1.13), Inches(0.45))
    _write(page.text_frame, [(number, False)], 12, "55555C", align="right")
    if one.notes:
        slide.notes_slide.notes_text_frame.text = "\n".join(dict.fromkeys(one.notes))


def _figure_boxes(slide: Any, brief: Brief, mine: list[Point]) -> None:
    from pptx.util import Inches

    gap = 0.3
    width = (ROOM_WIDTH - gap * (len(mine) - 1)) / len(mine)
    for at, one in enumerate(mine):
        left = LEFT + at * (width + gap)
        _box(slide, left, TOP, width, ROOM_HEIGHT, _tint(brief.look.colour))
        size = next(
            (
                size
                for size in (50, 42, 36, 28, 22)
                if (lines_of(one.figure, size, width - 0.4) * _LINE + 0.4) * size <= 86
            ),
            18,
        )  # 86 points: the height of its box
        box = slide.shapes.add_textbox(Inches(left + 0.2), Inches(TOP + 0.2), Inches(width - 0.4), Inches(1.2))
        _write(box.text_frame, [(one.figure, True)], size, brief.look.colour, middle=True)
        words = [(one.title, True), *((line, False) for line in one.text.split("\n") if line.strip())]
        box = slide.shapes.add_textbox(
            Inches(left + 0.2), Inches(TOP + 1.5), Inches(width - 0.4), Inches(ROOM_HEIGHT - 1.6)
        )
        _write(box.text_frame, words, 18, "1B1B1D")


def _tint(colour: str) -> str:
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return "".join(f"{round(255 - (255 - part) * 0.09):02X}" for part in parts)


def _box(slide: Any, left: float, top: float, width: float, height: float, colour: str) -> Any:
    from pptx.enum.shapes import MSO_SHAPE
    from pptx.util import Inches

    box = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(left), Inches(top), Inches(width), Inches(height))
    box.fill.solid()
    box.fill.fore_color.rgb = _rgb(colour)
    box.line.fill.background()
    box.shadow.inherit = False
    return box


def _logo(slide: Any, brief: Brief, left: float, top: float, side: float) -> None:
    from PIL import Image
    from pptx.util import Inches

    with Image.open(io.BytesIO(brief.look.logo)) as image:
        width, height = image.size
    scale = side / max(width, height)
    slide.shapes.add_picture(
        io.BytesIO(brief.look.logo), Inches(left + (side - width * scale) / 2), Inches(top + (side - height * scale) / 2),
        Inches(width * scale), Inches(height * scale),
    )  # fmt: skip


def _write(
    frame: Any, paragraphs: list[tuple[str, bool]], size: float, colour: str, *, middle: bool = False, align: str = "left"
) -> None:  # fmt: skip
    from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
    from pptx.util import Pt

    frame.word_wrap = True
    frame.auto_size = MSO_AUTO_SIZE.NONE
    frame.vertical_anchor = MSO_ANCHOR.MIDDLE if middle else MSO_ANCHOR.TOP
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    for number, (words, bold) in enumerate(paragraphs):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.alignment = PP_ALIGN.RIGHT if align == "right" else PP_ALIGN.LEFT
        paragraph.space_after = Pt(size * 0.4)
        run = paragraph.add_run()
        run.text = _printable(words)
        run.font.size, run.font.bold, run.font.name = Pt(size), bold, FONT
        run.font.color.rgb = _rgb(colour)


def _printable(words: str) -> str:
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]", "", words)
