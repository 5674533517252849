"""The products in the official paper format: study outline and question sheet as Word files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from quantriet.kit.documents import official
from quantriet.kit.documents.official import Block, Grid, Heading, Paper, Text
from quantriet.library.rules.products.content import AUDIENCE_NAMES, GROUP_NAMES, Brief, Point, groups
from quantriet.library.rules.products.pages import Made
from quantriet.library.vocab import MaterialForm, MaterialKind, PartKind

_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII")


def outline(brief: Brief, *, at: dt.datetime) -> list[Made]:
    """The study outline of an audience: what to learn, why it matters to it, questions to talk about (R-046, R-047, R-117)."""
    blocks: list[Block] = [
        Text(f"Văn bản học tập: {_safe(brief.document)}. Tài liệu {brief.for_whom.lower()}.", italic=True)
    ]
    for number, (kind, mine) in enumerate(groups(brief, MaterialKind.OUTLINE)):
        blocks.append(Heading(f"{_ROMAN[number]}. {GROUP_NAMES[kind]}"))
        blocks += _figures(mine) if kind == PartKind.FIGURE else _numbered(mine)
    return [_paper(brief, "ĐỀ CƯƠNG HỌC TẬP", blocks, at=at)]


def question_paper(brief: Brief, *, at: dt.datetime) -> list[Made]:
    """Questions and answers of an audience (R-119)."""
    mine = [one for one in brief.points if one.kind == PartKind.QUESTION]
    opening = Text(f"Văn bản: {_safe(brief.document)}. Tài liệu {brief.for_whom.lower()}.", italic=True)
    return [_paper(brief, "TÀI LIỆU HỎI – ĐÁP", [opening, *_numbered(mine)], at=at)]


def _paper(brief: Brief, kind: str, blocks: list[Block], *, at: dt.datetime) -> Made:
    paper = Paper(
        superior=brief.superior.upper(), body=brief.unit.upper(), kind=kind, subject=_safe(brief.title), day=f"bản {brief.version}, duyệt ngày {brief.approved_on}",
        blocks=blocks,
    )  # fmt: skip
    title = f"{kind.capitalize()}: {brief.title} ({AUDIENCE_NAMES[brief.audience]})"
    return Made(MaterialForm.DOCX, official.build(paper, at=at, author=brief.unit, title=title))


def _figures(mine: list[Point]) -> list[Block]:
    rows = [
        (str(number), "\n".join(part for part in (one.title, one.text) if part), one.figure, one.cites)
        for number, one in enumerate(mine, 1)
    ]
    header = (("TT", "Nội dung", "Con số", "Rút ra từ"),)
    return [Grid(header, rows, widths=(11, 76, 32, 46), align=("center", "left", "center", "left"))]


def _numbered(mine: list[Point]) -> Iterator[Block]:
    for number, one in enumerate(mine, 1):
        lines = [line for line in map(str.strip, one.text.split("\n")) if line]
        if one.title:
            yield Text(f"{number}. {_safe(one.title)}", bold=True, keep=bool(lines))
        elif lines:
            lines[0] = f"{number}. {lines[0]}"
        where = one.cites or (f"Nguồn: {one.source}" if one.source else "")
        if lines and where:
            lines[-1] = f"{lines[-1]} ({where})"
        for line in lines:
            yield Text(_safe(line))


def _safe(words: str) -> str:
    """Two stars begin bold letters in a paper; those that somebody typed stay stars."""
    return words.replace("**", "*\u2060*")
