"""The products that are set by Typst: leaflets, poster, pictures to share, the question sheet as PDF."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from quantriet.kit import typeset
from quantriet.kit.refusal import Refusal
from quantriet.kit.typeset import Print, Printed
from quantriet.library.rules.products.content import GROUP_NAMES, Brief, groups
from quantriet.library.vocab import MaterialForm, MaterialKind, PartKind

MOST_PICTURES = 10  # pages of pictures to share; longer contents are told in the PDF
MOST_BYTES = 400_000  # of one picture to share
PANELS = 6  # of a sheet that is folded in three
MOST_PANELS = 240  # forty sheets; nobody folds more


@dataclass(frozen=True)
class Made:
    """One file of a product; `page` counts from 1 where there are several of a form."""

    form: MaterialForm
    content: bytes
    page: int = 1


@dataclass(frozen=True)
class _Shape:
    """A format of the poster, in points (for pictures: pixels). `safe`: what apps cover at top and bottom."""

    width: float
    height: float
    margin: float
    sizes: tuple[float, ...]
    least: float  # the smallest words on it
    figures: int  # figure cards beside each other
    columns: int = 1
    below: float = 0  # two columns when the type is smaller than this
    bleed: bool = False
    safe: float = 0


def _steps(first: float, last: float, count: int = 14) -> tuple[float, ...]:
    return tuple(round(first + (last - first) * one / (count - 1), 2) for one in range(count))


_A3 = _Shape(841.89, 1190.55, 40, _steps(15, 44, 18), 13, 3, columns=2, below=20)
_A5 = _Shape(419.53, 595.28, 26, _steps(9, 19), 8, 2)
_SQUARE = _Shape(1080, 1080, 56, _steps(26, 58), 21, 3, bleed=True)
_TALL = _Shape(1080, 1920, 64, _steps(30, 68), 23, 2, bleed=True, safe=72)


@cache
def _source(*names: str) -> str:
    folder = Path(__file__).parent
    return "\n".join((folder / f"{name}.typ").read_text("utf-8") for name in ("common", *names))


def _data(brief: Brief, kind: MaterialKind, **more: Any) -> dict[str, Any]:
    return {
        "title": brief.title, "short": brief.reference, "unit": brief.unit, "audience": brief.for_whom, "foot": brief.foot,
        "colour": brief.look.colour, "logo": brief.look.logo_name or None, "least": 7.5,
        "groups": [
            {
                "kind": part.value, "name": GROUP_NAMES[part],
                "items": [
                    {"title": one.title, "text": one.text, "figure": one.figure, "cites": brief.where(one)} for one in mine
                ],
            }
            for part, mine in groups(brief, kind)
        ],
        **more,
    }  # fmt: skip


def _pictures(brief: Brief) -> Mapping[str, bytes]:
    return {brief.look.logo_name: brief.look.logo} if brief.look.logo else {}


def _poster(brief: Brief, kind: MaterialKind, shape: _Shape, **how: Any) -> Print:
    data = _data(
        brief, kind, width=shape.width, height=shape.height, margin=shape.margin, least=shape.least, figures=shape.figures,
        columns=shape.columns, below=shape.below, bleed=shape.bleed, safe=shape.safe,
    )  # fmt: skip
    return Print(_source("poster"), data, sizes=shape.sizes, pictures=_pictures(brief), **how)


def infographic(brief: Brief, *, folder: Path) -> tuple[list[Made], str]:
    """Poster A3 as PDF and SVG, pictures 1:1 and 9:16; with a sentence where the contents are too long for pictures."""
    kind = MaterialKind.INFOGRAPHIC
    paper, drawing, square, tall = typeset.run(
        [
            _poster(brief, kind, _A3, wanted=1),
            _poster(brief, kind, _A3, wanted=1, form="svg", most=MOST_PICTURES),
            _poster(brief, kind, _SQUARE, wanted=1, form="png", most=MOST_PICTURES),
            _poster(brief, kind, _TALL, wanted=1, form="png", most=MOST_PICTURES),
        ],
        folder=folder,
    )
    made = [
        Made(MaterialForm.PDF, paper.files[0]),
        *_each(MaterialForm.SVG, [_described(one, brief) for one in drawing.files]),
        *_each(MaterialForm.SQUARE, [lighter(one) for one in square.files]),
        *_each(MaterialForm.TALL, [lighter(one) for one in tall.files]),
    ]
    told = [
        f"{name} cần {found.pages} trang"
        for name, found in (("bản SVG", drawing), ("ảnh vuông", square), ("ảnh dọc", tall))
        if not found.files
    ]
    note = (
        f"Nội dung dài nên {' và '.join(told)} (nhiều nhất {MOST_PICTURES}) và không làm; áp phích PDF có đủ nội dung."
        if told
        else ""
    )
    return made, note


def _each(form: MaterialForm, files: list[bytes]) -> list[Made]:
    return [Made(form, content, page) for page, content in enumerate(files, 1)]


def _described(svg: bytes, brief: Brief) -> bytes:
    """The drawing with its name and its words for who does not see it."""
    from xml.sax.saxutils import escape

    words = "; ".join(
        ": ".join(part for part in (one.figure, one.title, one.text) if part)
        for _kind, mine in groups(brief, MaterialKind.INFOGRAPHIC)
        for one in mine
    )
    end = svg.index(b">") + 1
    told = f"<title>{escape(brief.title)}</title><desc>{escape(words)}</desc>".encode("utf-8", "replace")
    return svg[: end - 1] + b' role="img">' + told + svg[end:]


def lighter(png: bytes) -> bytes:
    """The picture in a palette: as many colours as keep it below `MOST_BYTES`."""
    from PIL import Image  # only who makes pictures pays for it

    with Image.open(io.BytesIO(png)) as image:
        plain = image.convert("RGB")
    content = png
    for colours in (256, 96, 32):
        out = io.BytesIO()
        drawn = plain.quantize(colours, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        drawn.save(out, "PNG", compress_level=6)
        content = out.getvalue()
        if len(content) < MOST_BYTES:
            break
    return content


def leaflet(brief: Brief, *, folder: Path) -> list[Made]:
    """A leaflet of A5 pages."""
    [paper] = typeset.run([_poster(brief, MaterialKind.LEAFLET, _A5, wanted=2)], folder=folder)
    return [Made(MaterialForm.PDF, paper.files[0])]


def question_sheet(brief: Brief, *, folder: Path) -> list[Made]:
    """Questions and answers on A4 pages."""
    items = [
        {"title": one.title, "text": one.text, "cites": brief.where(one)}
        for one in brief.points
        if one.kind == PartKind.QUESTION
    ]
    data = _data(brief, MaterialKind.QA, items=items, least=9, width=595, height=800, margin=60)
    [paper] = typeset.run([Print(_source("sheet"), data, sizes=(12,), pictures=_pictures(brief))], folder=folder)
    return [Made(MaterialForm.PDF, paper.files[0])]


def folded(brief: Brief, *, folder: Path) -> list[Made]:
    """The leaflet folded in three: sides of A4 lying; what one sheet does not hold goes on on further sheets.

    Where there is little to say, each group has a panel of its own.
    """
    kind = MaterialKind.FOLDER
    more = "Tờ gấp ba: in hai mặt, lật theo cạnh ngắn, gấp theo vạch ở mép giấy."
    strip = None
    for spread in (True, False) if len(groups(brief, kind)) <= PANELS - 2 else (False,):
        data = _data(brief, kind, more=more, width=275, height=530, margin=23, spread=spread)
        most = PANELS if spread else MOST_PANELS
        sizes = _steps(11, 19, 14) if spread else _steps(9, 17, 14)
        panels = Print(_source("panels"), data, sizes=sizes, wanted=PANELS, most=most, pictures=_pictures(brief))
        [strip] = typeset.run([panels], folder=folder)
        if strip.files:
            return [Made(MaterialForm.PDF, _imposed(strip, brief, folder=folder))]
    assert strip is not None
    raise Refusal(
        "material.too_long", f"Nội dung cần {strip.pages} ô gấp, quá dài cho tờ gấp; hãy rút gọn hoặc dùng đề cương."
    )


def _imposed(strip: Printed, brief: Brief, *, folder: Path) -> bytes:
    alts = [f"Ô {number}" for number in range(1, strip.pages + 1)]
    data = _data(brief, MaterialKind.FOLDER, sides=sides(strip.pages), alts=alts)
    [sheet] = typeset.run(
        [Print(_source("folded"), data, pictures={**_pictures(brief), "panels.pdf": strip.files[0]})], folder=folder
    )
    return sheet.files[0]


def sides(pages: int) -> list[dict[str, Any]]:
    """Which panel pages stand on which side, left to right; 0 is a panel for notes.

    Page 1 is the cover, the last one the back. Content is read over the inside and then on the flap that is tucked in;
    what is more stands on further sheets.
    """
    content = list(range(2, pages))
    inside, flap, rest = content[:3], content[3:4], content[4:]
    found: list[dict[str, Any]] = [
        {"outside": True, "panels": [*(flap or [0]), pages, 1]},
        {"outside": False, "panels": inside + [0] * (3 - len(inside))},
    ]
    for at in range(0, len(rest), PANELS):
        front, back = rest[at : at + 3], rest[at + 3 : at + PANELS]
        found.append({"outside": False, "panels": front + [0] * (3 - len(front))})
        found.append({"outside": True, "panels": back + [0] * (3 - len(back))})
    return found
