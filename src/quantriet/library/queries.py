"""Reads of the register for whole pages."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from quantriet.kit import text
from quantriet.library.models import Clause, GuidingDocument
from quantriet.library.rules.reference import find_references
from quantriet.library.vocab import DOCUMENT_TYPES, PointTheme


def searched(documents: QuerySet[GuidingDocument], words: str) -> QuerySet[GuidingDocument]:
    """Documents whose number or subject holds all words, without regard to marks."""
    for word in text.fold(words).split():
        documents = documents.filter(Q(reference_folded__contains=word) | Q(subject_folded__contains=word))
    return documents


def with_counts(documents: QuerySet[GuidingDocument]) -> QuerySet[GuidingDocument]:
    """Adds `clause_count` and `point_count`."""
    return documents.annotate(clause_count=Count("clauses", distinct=True), point_count=Count("points", distinct=True))


def cite(clause: Clause) -> str:
    """A clause as sentences quote it: "mục 3 Hướng dẫn 26-HD/BTGTU"."""
    document = clause.document
    return f"{clause.label} {DOCUMENT_TYPES[document.type_code]} {document.reference_number}"


def themes_without_points(document: GuidingDocument) -> list[PointTheme]:
    """Which of the five themes every disseminator must cover have no point yet (R-024)."""
    covered = set(document.points.values_list("theme", flat=True))
    return [theme for theme in PointTheme if theme != PointTheme.OTHER and theme not in covered]


def quoted_in(document: GuidingDocument, among: QuerySet[GuidingDocument]) -> list[GuidingDocument]:
    """Registered documents that this one quotes by number and has no relation to yet: proposals for relations."""
    numbers: set[str] = set()
    for line in document.text.split("\n"):
        numbers.update(find_references(line))
    numbers.discard(document.reference_number)
    known = among.filter(reference_number__in=numbers).exclude(pk=document.pk)
    return list(
        known.exclude(related_from__source=document).exclude(relations__target=document).order_by("-issued_on")[:20]
    )
