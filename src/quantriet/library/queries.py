"""Reads of the register for whole pages."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, Max, Q, QuerySet

from quantriet.kit import text
from quantriet.kit.time import today
from quantriet.library.models import Clause, GuidingDocument
from quantriet.library.rules.reference import find_references
from quantriet.library.vocab import DOCUMENT_TYPES, PointTheme
from quantriet.org.models import Term, Unit
from quantriet.org.queries import history


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


def term_of_issuer(unit: Unit, level: str, day: date) -> Term | None:
    """The term, on that day, of the committee of this level at or above the unit in whose register a document stands."""
    issuer = Unit.objects.filter(pk__in=unit.ancestor_ids, kind__level=level).order_by("depth").first()
    return history.own_term_on(issuer, day) if issuer else None


def next_references(unit: Unit) -> list[str]:
    """The numbers that come next in the unit's own term, by type and body, where the register has some of that level: "27-HD/BTGTU"."""
    term = term_of_issuer(unit, unit.kind.level, today())
    rows = GuidingDocument.objects.filter(unit=unit, level=unit.kind.level, number__isnull=False)
    known = list(rows.order_by("type_code", "body_code").values_list("type_code", "body_code").distinct()[:8])
    within = rows.filter(issued_on__gte=term.valid_from) if term else rows
    last = {
        (kind, body): number
        for kind, body, number in within.order_by().values_list("type_code", "body_code").annotate(last=Max("number"))
    }
    return [
        f"{last.get((kind, body), 0) + 1:02d}-{kind}/{body}" for kind, body in known if term or (kind, body) in last
    ]
