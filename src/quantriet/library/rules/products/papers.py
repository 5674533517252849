"""The products in the official paper format, Word files: outlines of study, propaganda and essay, and the question sheet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from quantriet.kit.documents import official
from quantriet.kit.documents.official import Block, Grid, Heading, Paper, Text
from quantriet.library.rules.products.content import AUDIENCE_NAMES, GROUP_NAMES, Brief, Point, groups
from quantriet.library.rules.products.pages import Made
from quantriet.library.vocab import Audience, MaterialForm, MaterialKind, PartKind
from quantriet.org.vocab import LEVEL_ORDER, Level

_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")
_WHOSE = {Level.CENTRAL: "của Trung ương", Level.PROVINCE: "của tỉnh, thành phố"}


def outline(brief: Brief, *, at: dt.datetime) -> list[Made]:
    """The study outline of an audience: what to learn, why it matters to it, questions to talk about (R-046, R-047, R-117)."""
    chapters = [(GROUP_NAMES[kind], _body(kind, mine)) for kind, mine in groups(brief, MaterialKind.OUTLINE)]
    opening = f"Văn bản học tập: {_safe(brief.document)}. Tài liệu {brief.for_whom.lower()}."
    return [_paper(brief, "ĐỀ CƯƠNG HỌC TẬP", _chapters(opening, chapters), at=at)]


def propaganda_outline(brief: Brief, *, at: dt.datetime) -> list[Made]:
    """Before a campaign: the goals of those above, then one's own, then what the committees have to do (R-038).

    Whose a goal is follows from the level of the document it cites.
    """
    chapters: list[tuple[str, list[Block]]] = []
    for kind, mine in groups(brief, MaterialKind.PROPAGANDA):
        if kind == PartKind.GOAL:
            for whose, goals in _by_whose(mine):
                chapters.append((f"{GROUP_NAMES[kind]} {whose}", _body(kind, goals)))
        else:
            chapters.append((GROUP_NAMES[kind], _body(kind, mine)))
    opening = f"Văn bản: {_safe(brief.document)}. Tài liệu {brief.for_whom.lower()}."
    return [_paper(brief, "ĐỀ CƯƠNG TUYÊN TRUYỀN", _chapters(opening, chapters), at=at)]


def _by_whose(goals: list[Point]) -> list[tuple[str, list[Point]]]:
    found: dict[str, list[Point]] = {}
    for one in sorted(goals, key=lambda one: LEVEL_ORDER.index(one.level) if one.level else len(LEVEL_ORDER)):
        found.setdefault(_WHOSE.get(one.level, "của địa phương, đơn vị") if one.level else "", []).append(one)
    return list(found.items())


def essay_outline(brief: Brief, *, at: dt.datetime) -> list[Made]:
    """What an essay of this audience is built of: three parts, of key cadres a personal plan as well (R-085, R-086, R-089)."""
    mine = dict(groups(brief, MaterialKind.ESSAY))
    learnt: list[Block] = [Text("Viết bằng lời của mình, không chép lại văn bản. Các nội dung cần nêu:", italic=True)]
    for kind in (PartKind.GOAL, PartKind.CORE, PartKind.NEW):
        if kind in mine:
            learnt += [Text(f"{GROUP_NAMES[kind]}:", bold=True, keep=True), *_body(kind, mine[kind])]
    own: list[Block] = [Text("Nêu việc được giao, đã làm được gì, còn thiếu gì, vì sao. Gợi ý:", italic=True)]
    own += _numbered(mine.get(PartKind.MEANING, []))
    if PartKind.TASK in mine:
        own += [
            Text("Việc cấp ủy đặt ra, nhận phần nào về mình:", bold=True, keep=True),
            *_numbered(mine[PartKind.TASK]),
        ]
    chapters: list[tuple[str, list[Block]]] = [
        ("Nhận thức của bản thân", learnt),
        ("Liên hệ trách nhiệm của bản thân trong lĩnh vực được giao", own),
    ]
    if brief.audience == Audience.KEY_CADRE:
        plan = Grid(
            (("TT", "Việc sẽ làm", "Xong trước ngày", "Kết quả nhìn thấy được"),),
            [(str(number), "", "", "") for number in range(1, 6)],
            widths=(11, 76, 32, 46), align=("center", "left", "center", "left"),
        )  # fmt: skip
        chapters.append(("Kế hoạch hành động cá nhân", [plan]))
    proposals = Text("Kiến nghị với ai, về việc gì, vì sao; không có thì ghi “không có”.", italic=True)
    chapters.append(("Kiến nghị, đề xuất", [proposals]))
    opening = f"Viết thu hoạch về {_safe(brief.document)}. Đề cương {brief.for_whom.lower()}."
    return [_paper(brief, "ĐỀ CƯƠNG VIẾT THU HOẠCH", _chapters(opening, chapters), at=at)]


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


def _chapters(opening: str, chapters: list[tuple[str, list[Block]]]) -> list[Block]:
    blocks: list[Block] = [Text(opening, italic=True)]
    for number, (name, body) in enumerate(chapters):
        blocks += [Heading(f"{_ROMAN[number]}. {name.strip()}"), *body]
    return blocks


def _body(kind: PartKind, mine: list[Point]) -> list[Block]:
    return _figures(mine) if kind == PartKind.FIGURE else list(_numbered(mine))


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
