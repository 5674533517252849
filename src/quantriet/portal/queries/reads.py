"""How often public pages were read: sums by page in a period, for editors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Sum
from django.utils.text import Truncator

from quantriet.library.models import GuidingDocument
from quantriet.portal.models import NewsArticle, PublicQuestion, ReadCount
from quantriet.portal.vocab import PageKind

MOST = 2_000  # pages that are listed


@dataclass(frozen=True)
class PageReads:
    """One page: what it is, its title, how often it was read."""

    kind: PageKind
    key: int
    title: str
    count: int


def page_reads(first: date, last: date) -> list[PageReads]:
    """Pages read in a period (both ends count), those read most first; four statements."""
    rows = list(
        ReadCount.objects.filter(day__gte=first, day__lte=last)
        .values_list("kind", "key")
        .annotate(total=Sum("count"))
        .order_by("-total", "kind", "key")[:MOST]
    )
    news = NewsArticle.objects.filter(pk__in=[key for kind, key, _total in rows if kind == PageKind.NEWS])
    titles = {(PageKind.NEWS.value, pk): title for pk, title in news.values_list("pk", "title")}
    documents = GuidingDocument.objects.filter(pk__in=[key for kind, key, _total in rows if kind == PageKind.DOCUMENT])
    for pk, number, subject in documents.values_list("pk", "reference_number", "subject"):
        titles[PageKind.DOCUMENT.value, pk] = f"{number} {subject}"
    asked = PublicQuestion.objects.filter(
        pk__in=[key for kind, key, _total in rows if kind == PageKind.QUESTIONS and key]
    )
    for pk, words in asked.values_list("pk", "shown_words"):
        titles[PageKind.QUESTIONS.value, pk] = Truncator(words).chars(90)
    return [
        PageReads(PageKind(kind), key, titles.get((kind, key), PageKind(kind).label), total)
        for kind, key, total in rows
    ]


def reads_by_day(first: date, last: date) -> list[tuple[date, int]]:
    """All pages together, day by day; days without a reading are left out."""
    rows = ReadCount.objects.filter(day__gte=first, day__lte=last).values_list("day").annotate(total=Sum("count"))
    return [(day, total) for day, total in rows.order_by("day")]
