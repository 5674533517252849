"""What the public reads on the portal: news, answered questions, and what one search finds; nothing but what is published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.db.models import Model, QuerySet

from quantriet.kit import text
from quantriet.kit.db import keys_having_words
from quantriet.library.models import BroughtMaterial, PublicDocument
from quantriet.library.queries import materials
from quantriet.library.queries import public as documents
from quantriet.library.queries.public import FoundDocument
from quantriet.library.vocab import MaterialKind
from quantriet.org.models import Unit
from quantriet.portal.models import NewsArticle, PublicQuestion
from quantriet.portal.vocab import NewsState

M = TypeVar("M", bound=Model)
LATEST = 6
QUESTIONS = 4
PHOTOS = 6
CLIPS = 3
MOST_KEYS = 20_000  # of news and of questions, looked through for the latest
PAGE = 10
MOST_ADDRESSES = 50_000  # of a sitemap, as its standard says


def news() -> QuerySet[NewsArticle]:
    """What is published, the latest first; the body and its words are read by the page of one article alone."""
    rows = NewsArticle.objects.filter(state=NewsState.PUBLISHED).select_related("unit")
    return rows.order_by("-day", "-pk").defer("body", "words")


def questions() -> QuerySet[PublicQuestion]:
    """Questions answered in public, the latest first; who asked is not read."""
    rows = PublicQuestion.objects.filter(public_at__isnull=False).select_related("unit", "document")
    return rows.defer("words", "sender_name", "sender_email", "search_words", "document__text").order_by(
        "-public_at", "-pk"
    )


def publisher() -> Unit | None:
    """Whose portal it is: the top of the tree."""
    return Unit.objects.filter(parent__isnull=True, closed_on__isnull=True).order_by("pk").first()


@dataclass(frozen=True)
class Front:
    """What the home of the portal shows."""

    publisher: Unit | None
    featured: list[NewsArticle]
    news: list[NewsArticle]
    documents: list[PublicDocument]
    questions: list[PublicQuestion]
    pictured: list[NewsArticle]  # news with a picture
    panels: list[BroughtMaterial]
    clips: list[BroughtMaterial]


def front() -> Front:
    """Featured news first, then the latest of everything; eight statements."""
    featured = list(news().filter(is_featured=True)[:2])
    shown = {one.pk for one in featured}
    rest = [one for one in news()[: LATEST + len(featured)] if one.pk not in shown]
    latest = documents.listed().order_by("-issued_on", "-pk")
    return Front(
        publisher(), featured, rest[:LATEST], list(latest[:LATEST]), list(questions()[:QUESTIONS]),
        [one for one in news().exclude(picture="")[: PHOTOS + len(featured)] if one.pk not in shown],
        list(materials.public_works(MaterialKind.PANEL)[: PHOTOS // 2]),
        list(materials.public_works(MaterialKind.CLIP)[:CLIPS]),
    )  # fmt: skip


@dataclass(frozen=True)
class Search:
    """What a search found: documents page by page; news and questions, a few of each, on the first page."""

    words: tuple[str, ...]
    total: int = 0
    page: int = 1
    documents: list[FoundDocument] = field(default_factory=list)
    news: list[NewsArticle] = field(default_factory=list)
    questions: list[PublicQuestion] = field(default_factory=list)

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))

    @property
    def is_empty(self) -> bool:
        return not (self.total or self.news or self.questions)


def search(typed: str, page: int = 1) -> Search:
    """Everything public that has all the words, without regard to marks and capitals; where there is nothing, the last word
    counts as unfinished.

    Nothing for less than two letters. At most seven statements for one reading, however much there is.
    """
    words = tuple(dict.fromkeys(text.index_words(typed)))[:12]
    if len("".join(words)) < 2:
        return Search(words)
    found = _search(words, page, unfinished=False)
    return _search(words, page, unfinished=True) if found.is_empty else found


def _search(words: tuple[str, ...], page: int, *, unfinished: bool) -> Search:
    keys = documents.matching(words, unfinished=unfinished)
    page = min(max(1, page), max(1, -(-len(keys) // PAGE)))
    found = documents.found_documents(keys[(page - 1) * PAGE : page * PAGE], words)
    if page > 1:
        return Search(words, len(keys), page, found)
    return Search(
        words, len(keys), page, found, _having(news(), "portal_newsarticle", "words", words, unfinished),
        _having(questions(), "portal_publicquestion", "search_words", words, unfinished),
    )  # fmt: skip


def _having(rows: QuerySet[M], table: str, column: str, words: Sequence[str], unfinished: bool) -> list[M]:
    keys = keys_having_words(table, column, words, limit=MOST_KEYS, unfinished=unfinished)
    return list(rows.filter(pk__in=keys)[:LATEST]) if keys else []
