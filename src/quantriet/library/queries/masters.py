"""Reads of study masters. Portal, handbook and products take content from `published_master` and `parts_for` alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet

from quantriet.kit import text
from quantriet.kit.numbers import show_number
from quantriet.library.models import (
    BroughtMaterial,
    Clause,
    DocumentRelation,
    GuidingDocument,
    MasterPart,
    MasterVersion,
    StudyMaster,
)
from quantriet.library.queries import cite
from quantriet.library.vocab import DOCUMENT_TYPES, Audience, MasterState, PartKind, RelationKind
from quantriet.org.models import Account, Unit


@dataclass(frozen=True)
class Part:
    """One part of a published text. Figures have `value` and `measure`; `cites` is "mục 3 Hướng dẫn 26-HD/BTGTU"."""

    id: int
    kind: PartKind
    audiences: tuple[Audience, ...]
    title: str
    text: str
    value: Decimal | None
    measure: str
    source: str
    cites: str
    clause: str  # its number in the document, "" where nothing is cited
    document: int | None  # the document of the clause

    @property
    def figure(self) -> str:
        """The value as offices write it: "98%", "45 ngày"."""
        shown = self.figure_of(self.value)
        return f"{shown}{'' if self.measure == '%' else ' '}{self.measure}".strip() if shown else ""

    @staticmethod
    def figure_of(value: Decimal | None) -> str:
        """1234.500 → "1.234,5"; "" for none."""
        if value is None:
            return ""
        exponent = value.normalize().as_tuple().exponent
        return show_number(value, max(0, -exponent) if isinstance(exponent, int) else 0)


@dataclass(frozen=True)
class Picture:
    """A picture of a published text: its name in the file store, what it shows, its size in pixels."""

    id: int
    file: str
    alt: str
    width: int
    height: int


def published_master(document: GuidingDocument, on: datetime, unit: Unit | None = None) -> MasterVersion | None:
    """The version that the public reads at that moment: of `unit`, else of the register in which the document stands."""
    return (
        _published(on)
        .filter(master__document=document, master__unit=unit or document.unit_id)
        .select_related("master__unit", "master__document", "composed_by", "approved_by")
        .order_by("-number")
        .first()
    )


def published_among(documents: Iterable[int], on: datetime) -> dict[int, MasterVersion]:
    """By document: the newest version that is published at that moment, for pages of many documents."""
    rows = _published(on).filter(master__document__in=list(documents)).select_related("master").order_by("number")
    return {one.master.document_id: one for one in rows}


def live_version(master: StudyMaster, on: datetime) -> MasterVersion | None:
    """The version of a master that is published at that moment."""
    return _published(on).filter(master=master).order_by("-number").first()


def _published(on: datetime) -> QuerySet[MasterVersion]:
    return MasterVersion.objects.filter(
        Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gt=on), published_at__lte=on
    )  # fmt: skip


def parts_for(version: MasterVersion, tier: Audience | None = None) -> tuple[Part, ...]:
    """The parts of a version for an audience, in order; all of them without one. No query."""
    return tuple(
        part
        for part in map(_part, version.content["parts"])
        if tier is None or tier in part.audiences
    )  # fmt: skip


def said_in(part: Part) -> str:
    """What a part says, in one line, for searches: a figure with its value and unit."""
    return text.squeeze(f"{part.title}: {part.figure}. {part.text}" if part.figure else f"{part.title} {part.text}")


def pictures_of(version: MasterVersion) -> tuple[Picture, ...]:
    """The pictures of a version. No query."""
    return tuple(Picture(**one) for one in version.content["images"])


def draft_parts(master: StudyMaster, tier: Audience | None = None) -> tuple[Part, ...]:
    """The working copy in the shape of a published text, for previews."""
    parts = (_part(one) for one in content(master)["parts"])
    return tuple(part for part in parts if tier is None or tier in part.audiences)


def _part(row: dict[str, Any]) -> Part:
    return Part(
        id=row["id"], kind=PartKind(row["kind"]), audiences=tuple(Audience(one) for one in row["audiences"]),
        title=row["title"], text=row["text"], value=Decimal(row["value"]) if row["value"] else None,
        measure=row["measure"], source=row["source"], cites=row["cites"], clause=row["clause"], document=row["document"],
    )  # fmt: skip


def content(master: StudyMaster) -> dict[str, Any]:
    """What a version of the working copy holds (the shape is told at MasterVersion)."""
    return {
        "title": master.title,
        "parts": [
            {
                "id": one.pk,
                "kind": one.kind,
                "audiences": [value for value in Audience if value in one.audiences],
                "title": one.title,
                "text": one.text,
                "value": None if one.value is None else format(one.value.normalize(), "f"),
                "measure": one.measure,
                "source": one.source,
                "cites": cite(one.clause) if one.clause else "",
                "clause": one.clause.number if one.clause else "",
                "document": one.clause.document_id if one.clause else None,
            }
            for one in master.parts.select_related("clause__document")
        ],
        "images": [
            {"id": one.pk, "file": str(one.file.name), "alt": one.alt, "width": one.width, "height": one.height}
            for one in master.images.all()
        ],
    }


def coverage(masters: Iterable[StudyMaster]) -> dict[int, list[Audience]]:
    """By master: the audiences that have at least one part."""
    found: dict[int, set[str]] = defaultdict(set)
    rows = MasterPart.objects.filter(master__in=[one.pk for one in masters]).values_list("master_id", "audiences")
    for master, audiences in rows:
        found[master].update(audiences)
    return {master: [one for one in Audience if one in values] for master, values in found.items()}


def searched(masters: QuerySet[StudyMaster], words: str) -> QuerySet[StudyMaster]:
    """Masters of documents whose number or subject holds all words."""
    for word in text.fold(words).split():
        masters = masters.filter(
            Q(document__reference_folded__contains=word) | Q(document__subject_folded__contains=word)
        )
    return masters


def to_approve(masters: QuerySet[StudyMaster], account: Account) -> QuerySet[StudyMaster]:
    """Those that wait for a second person who is not the one who submitted them."""
    return masters.filter(state=MasterState.SUBMITTED).exclude(submitted_by=account)


def with_works_to_approve(masters: QuerySet[StudyMaster], account: Account) -> QuerySet[StudyMaster]:
    """Those of which a verse, clip or panel waits for a second person who is not the one who brought it."""
    waiting = BroughtMaterial.objects.filter(approved_at__isnull=True).exclude(added_by=account)
    return masters.filter(pk__in=waiting.values("master"))


def with_counts(masters: QuerySet[StudyMaster]) -> QuerySet[StudyMaster]:
    """Adds `part_count`."""
    return masters.annotate(part_count=Count("parts"))


# --- companions and adapted documents (R-025, R-026) ------------------------------------------------------------------

BOUND = (RelationKind.ADAPTS, RelationKind.ACCOMPANIES, RelationKind.GUIDES)


def sources_of(document: GuidingDocument) -> QuerySet[GuidingDocument]:
    """The documents that this one adapts, accompanies or guides: their clauses may be cited in its master."""
    return GuidingDocument.objects.filter(related_from__source=document, related_from__kind__in=BOUND).distinct()


def citable(document: GuidingDocument, among: QuerySet[GuidingDocument] | None = None) -> QuerySet[Clause]:
    """Clauses that a master of this document may cite: its own, then those of its sources (of `among` alone, if given)."""
    sources = sources_of(document)
    if among is not None:
        sources = sources.filter(pk__in=among.values("pk"))
    return (
        Clause.objects.filter(Q(document=document) | Q(document__in=sources.values("pk")))
        .select_related("document")
        .order_by("document__issued_on", "document_id", "order")
    )


@dataclass(frozen=True)
class Bound:
    """A document that hangs on another, with the state of its own master ("" where none was begun)."""

    document: GuidingDocument
    type_name: str
    kind: RelationKind
    master: StudyMaster | None


def bound_to(document: GuidingDocument, among: QuerySet[GuidingDocument]) -> list[Bound]:
    """The companions of a document and what was adapted from it, latest first."""
    rows = list(
        DocumentRelation.objects.filter(target=document, source__in=among, kind__in=BOUND[:2])
        .select_related("source__unit")
        .order_by("kind", "-source__issued_on", "pk")
    )
    masters = {
        one.document_id: one for one in StudyMaster.objects.filter(document__in=[row.source_id for row in rows])
    }  # fmt: skip
    return [
        Bound(one.source, DOCUMENT_TYPES[one.source.type_code], RelationKind(one.kind), masters.get(one.source_id))
        for one in rows
    ]
