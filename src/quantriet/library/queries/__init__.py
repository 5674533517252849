"""Reads of the register for whole pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Max, Q, QuerySet

from quantriet.kit import text
from quantriet.kit.time import local, show_day, today
from quantriet.library.models import Clause, DocumentRelation, DocumentReview, GuidingDocument
from quantriet.library.rules.lifecycle import Change, Life, coming, life_on, sentence
from quantriet.library.rules.reference import find_references
from quantriet.library.vocab import CHANGES_STATUS, DOCUMENT_TYPES, INTERNAL_RULES, DocumentStatus, PointTheme
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


# --- in force, amended, replaced, ended (R-021) --------------------------------------------------------------------


def changes_of(documents: Iterable[int]) -> dict[int, list[Change]]:
    """By document: what amends or replaces it, and from when."""
    found: dict[int, list[Change]] = defaultdict(list)
    rows = DocumentRelation.objects.filter(target__in=list(documents), kind__in=CHANGES_STATUS).select_related("source")
    for one in rows.order_by("pk"):
        found[one.target_id].append(Change(one.kind, one.starts_on, one.source.citation))
    return found


def lives(documents: Sequence[GuidingDocument], day: date) -> dict[int, Life]:
    """How each document stands on a day, with what says so."""
    changes = changes_of(one.pk for one in documents)
    return {one.pk: life_on(day, changes[one.pk], one.expires_on, one.expiry_basis) for one in documents}


def lifecycle_warnings(documents: Sequence[GuidingDocument], *, day: date, until: date | None = None) -> list[str]:
    """What whoever plans to study these documents must know: no longer in force, amended, or about to be until a day."""
    changes = changes_of(one.pk for one in documents)
    told = []
    for one in documents:
        words = sentence(one.citation, life_on(day, changes[one.pk], one.expires_on, one.expiry_basis))
        told += [words] if words else []
        if until is not None:
            told += coming(one.citation, changes[one.pk], one.expires_on, day=day, until=until)
    return told


@dataclass(frozen=True)
class ToReview:
    """An internal rule with what has changed since it was last looked at."""

    document: GuidingDocument
    reasons: tuple[str, ...]
    since: date  # of the first change


SOON_DAYS = 60


def rules_to_review(documents: QuerySet[GuidingDocument], *, day: date) -> list[ToReview]:
    """Of these documents the internal rules that no longer fit: amended themselves, soon at their end, or resting on a
    document (guided, adapted, accompanied) that was amended, replaced or has ended; reviewed ones only for what came after.
    """
    own = list(documents.filter(type_code__in=INTERNAL_RULES).exclude(status__in=_OVER).select_related("unit"))
    if not own:
        return []
    grounds: dict[int, list[GuidingDocument]] = defaultdict(list)
    for relation in (
        DocumentRelation.objects.filter(source__in=[one.pk for one in own])
        .exclude(kind__in=CHANGES_STATUS)
        .select_related("target")
    ):
        grounds[relation.source_id].append(relation.target)
    basis = [target for targets in grounds.values() for target in targets]
    changes = changes_of({one.pk for one in [*own, *basis]})
    reviewed: dict[int, date] = {}
    for review in DocumentReview.objects.filter(document__in=[one.pk for one in own]).order_by("at"):
        reviewed[review.document_id] = local(review.at).date()
    found = []
    for one in own:
        reasons: list[tuple[date, str]] = []
        for what in (one, *grounds[one.pk]):
            life = life_on(day, changes[what.pk], what.expires_on, what.expiry_basis)
            if life.since is not None:
                reasons.append((life.since, _why(what, life, is_own=what.pk == one.pk)))
        if one.expires_on and day < one.expires_on <= day + timedelta(days=SOON_DAYS):
            reasons.append((day, f"Sẽ hết hiệu lực từ ngày {show_day(one.expires_on)}."))
        last = reviewed.get(one.pk)
        fresh = [(since, words) for since, words in reasons if last is None or since > last]
        if fresh:
            found.append(ToReview(one, tuple(words for _since, words in fresh), min(since for since, _words in fresh)))
    return sorted(found, key=lambda one: (one.since, one.document.pk))


_OVER = (DocumentStatus.REPLACED, DocumentStatus.EXPIRED)


def _why(what: GuidingDocument, life: Life, *, is_own: bool) -> str:
    who = "Văn bản này" if is_own else f"Văn bản làm căn cứ {what.citation}"
    when = f"từ ngày {show_day(life.since)}" if life.since else ""
    return {
        DocumentStatus.REPLACED: f"{who} đã được thay thế bằng {life.because} {when}.",
        DocumentStatus.AMENDED: f"{who} đã được sửa đổi bởi {life.because} {when}.",
        DocumentStatus.EXPIRED: f"{who} đã hết hiệu lực {when}.",
    }.get(life.status, "")


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
