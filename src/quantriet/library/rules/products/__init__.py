"""Products of a study master: plain data in, files out; no Django."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from quantriet.library.rules.products import content, pages, papers, slides
from quantriet.library.rules.products.content import Brief, Point
from quantriet.library.rules.products.look import Look
from quantriet.library.rules.products.pages import Made
from quantriet.library.vocab import MaterialKind

__all__ = ["Brief", "Look", "Made", "Point", "make"]


def make(kind: MaterialKind, brief: Brief, *, at: dt.datetime, folder: Path) -> tuple[list[Made], str]:
    """The files of a product, and a sentence about what is not among them ("" as a rule).

    `folder` takes files for a moment. Refuses an audience without a fitting part, and contents that no layout can hold.
    """
    content.refuse_if_empty(brief, kind)
    match kind:
        case MaterialKind.OUTLINE:
            return papers.outline(brief, at=at), ""
        case MaterialKind.PROPAGANDA:
            return papers.propaganda_outline(brief, at=at), ""
        case MaterialKind.ESSAY:
            return papers.essay_outline(brief, at=at), ""
        case MaterialKind.QA:
            return [*papers.question_paper(brief, at=at), *pages.question_sheet(brief, folder=folder)], ""
        case MaterialKind.FOLDER:
            return pages.folded(brief, folder=folder), ""
        case MaterialKind.LEAFLET:
            return pages.leaflet(brief, folder=folder), ""
        case MaterialKind.INFOGRAPHIC:
            return pages.infographic(brief, folder=folder)
        case MaterialKind.SLIDES:
            return slides.presentation(brief), ""
    raise ValueError(f"not made but brought: {kind}")
