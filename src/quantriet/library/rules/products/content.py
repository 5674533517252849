"""What every product is made of: the parts of an approved version for one audience, in groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from quantriet.kit.refusal import Refusal
from quantriet.library.rules.products.look import Look
from quantriet.library.vocab import Audience, MaterialKind, PartKind
from quantriet.org.vocab import Level

GROUP_NAMES = {
    PartKind.FIGURE: "Những con số cần nhớ",
    PartKind.CORE: "Nội dung cốt lõi",
    PartKind.NEW: "Điểm mới",
    PartKind.MEANING: "Điều này có nghĩa gì với tôi",
    PartKind.QUESTION: "Hỏi – đáp",
    PartKind.EXPLANATION: "Giải thích ý kiến khác nhau",
    PartKind.GOAL: "Mục tiêu, quan điểm chỉ đạo",
    PartKind.TASK: "Những việc cấp ủy cần làm",
}
AUDIENCE_NAMES = {
    Audience.KEY_CADRE: "cán bộ chủ chốt",
    Audience.RURAL: "đảng viên ở nông thôn",
    Audience.OFFICIALS: "đảng viên là cán bộ, công chức, công nhân",
    Audience.PUBLIC: "Nhân dân",
}
_POINTS = (PartKind.FIGURE, PartKind.CORE, PartKind.NEW)
# What a product shows, in its order.
SHOWN: dict[MaterialKind, tuple[PartKind, ...]] = {
    MaterialKind.OUTLINE: (
        PartKind.GOAL, PartKind.CORE, PartKind.NEW, PartKind.FIGURE, PartKind.MEANING, PartKind.TASK, PartKind.QUESTION,
        PartKind.EXPLANATION,
    ),
    MaterialKind.PROPAGANDA: (PartKind.GOAL, PartKind.CORE, PartKind.NEW, PartKind.FIGURE, PartKind.TASK),
    MaterialKind.ESSAY: (PartKind.GOAL, PartKind.CORE, PartKind.NEW, PartKind.MEANING, PartKind.TASK),
    MaterialKind.QA: (PartKind.QUESTION,),
    MaterialKind.FOLDER: (*_POINTS, PartKind.MEANING, PartKind.QUESTION),
    MaterialKind.LEAFLET: (*_POINTS, PartKind.MEANING),
    MaterialKind.INFOGRAPHIC: _POINTS,
    MaterialKind.SLIDES: (
        PartKind.GOAL, *_POINTS, PartKind.MEANING, PartKind.TASK, PartKind.QUESTION, PartKind.EXPLANATION,
    ),
}  # fmt: skip
# Without a part of each of these it would not be what it is called (R-038: goals, and what committees have to do).
_NEEDED = {MaterialKind.PROPAGANDA: (PartKind.GOAL, PartKind.TASK)}
# Where an audience is given no core or new points (the public as a rule), these stand with the figures.
_INSTEAD = {
    MaterialKind.LEAFLET: (PartKind.FIGURE, PartKind.MEANING, PartKind.QUESTION),
    MaterialKind.INFOGRAPHIC: (PartKind.FIGURE, PartKind.QUESTION),
}


@dataclass(frozen=True)
class Point:
    """One part. `figure` is a number as offices write it, "98%"; `cites` where it comes from, "mục 3 Hướng dẫn 26-HD/BTGTU"."""

    kind: PartKind
    title: str = ""
    text: str = ""
    figure: str = ""
    cites: str = ""
    source: str = ""
    level: Level | None = None  # whose document is cited


@dataclass(frozen=True)
class Brief:
    """An approved version for one audience, with all that stands around its parts."""

    title: str
    document: str  # "Nghị quyết 15-NQ/TU ngày 02/11/2026"
    reference: str  # "Nghị quyết 15-NQ/TU"
    unit: str
    superior: str
    audience: Audience
    points: tuple[Point, ...]
    version: int
    approved_on: str  # "28/11/2026"
    look: Look

    def where(self, point: Point) -> str:
        """Where a part comes from, short: the document itself is named once on each product."""
        if point.cites:
            return point.cites.removesuffix(f" {self.reference}")
        return f"nguồn: {point.source}" if point.source else ""

    @property
    def foot(self) -> str:
        return f"Nguồn: {self.document}. Bản {self.version}, duyệt ngày {self.approved_on}."

    @property
    def for_whom(self) -> str:
        return f"Dành cho {AUDIENCE_NAMES[self.audience]}"


def groups(brief: Brief, kind: MaterialKind) -> list[tuple[PartKind, list[Point]]]:
    """The parts that a product of this kind shows, by kind and in its order; no empty group."""
    return _groups(brief.points, kind)


def _groups(points: Sequence[Point], kind: MaterialKind) -> list[tuple[PartKind, list[Point]]]:
    shown = SHOWN[kind]
    if kind in _INSTEAD and not any(one.kind in (PartKind.CORE, PartKind.NEW) for one in points):
        shown = _INSTEAD[kind]
    found = [(one, [point for point in points if point.kind == one]) for one in shown]
    present = [(one, mine) for one, mine in found if mine]
    return present if {one for one, _mine in present} >= set(_NEEDED.get(kind, ())) else []


def is_possible(kinds: Iterable[PartKind], kind: MaterialKind) -> bool:
    """Whether parts of these kinds suffice for the product."""
    return bool(_groups([Point(one) for one in kinds], kind))


def refuse_if_empty(brief: Brief, kind: MaterialKind) -> None:
    """Refuse a product for which the audience has no part."""
    if not groups(brief, kind):
        raise Refusal("material.nothing", missing(kind, brief.audience))


def missing(kind: MaterialKind, audience: Audience) -> str:
    """What an audience lacks for a product, in a sentence."""
    whom = AUDIENCE_NAMES[audience]
    if kind == MaterialKind.PROPAGANDA:
        return f"Đề cương tuyên truyền cần cả mục tiêu và việc cấp ủy cần làm; bản đã duyệt chưa có đủ cho {whom}."
    needed = "câu hỏi – đáp" if kind == MaterialKind.QA else "điểm cốt lõi, điểm mới hay con số"
    return f"Bản đã duyệt chưa có {needed} nào cho {whom}."
