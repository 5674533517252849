"""What the public reads of documents, without anybody's rights: rows of `PublicDocument` alone lead here (decision 0018)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from quantriet.kit import text
from quantriet.kit.db import keys_having_words
from quantriet.library.models import (
    Clause,
    DocumentRelation,
    GuidingDocument,
    MasterVersion,
    Placement,
    PublicDocument,
)
from quantriet.library.queries.masters import Part, parts_for, said_in
from quantriet.library.rules.products.content import GROUP_NAMES
from quantriet.library.vocab import DOCUMENT_TYPES, Audience, RelationKind

TABLE = "library_publicdocument"
MOST_KEYS = 100_000
FEW = 900  # keys that a statement takes one by one
MOST_CLAUSES = 3_000  # of the documents on one page of results, read for passages
PASSAGES = 2  # of each document found
AROUND = 110  # letters on each side of what was found


def documents() -> QuerySet[PublicDocument]:
    """Every document before the public, with what a page of it needs; neither its whole text nor its words are read."""
    rows = PublicDocument.objects.select_related("document__unit", "version__master")
    return rows.defer("words", "document__text")


def listed() -> QuerySet[PublicDocument]:
    """The same for lists: without the content that was published of them."""
    return PublicDocument.objects.select_related("document").defer("words", "document__text")


def public_among(keys: Iterable[int]) -> list[PublicDocument]:
    """Those of these documents that are before the public, the latest first."""
    return list(listed().filter(document__in=list(keys)).order_by("-issued_on", "-pk"))


def public_by_numbers(numbers: Iterable[str]) -> dict[str, GuidingDocument]:
    """By folded number: the document before the public that bears it, the latest of several."""
    rows = listed().filter(document__reference_folded__in=[text.fold(one) for one in numbers])
    return {one.document.reference_folded: one.document for one in rows.order_by("issued_on", "pk")}


def type_name(document: GuidingDocument) -> str:
    return DOCUMENT_TYPES[document.type_code]


def clauses_of(shown: PublicDocument) -> list[Clause]:
    """The text by clauses, in reading order; nothing while the text itself is not published."""
    return list(Clause.objects.filter(document=shown.document_id)) if shown.shows_text else []


def previous_version(shown: PublicDocument) -> MasterVersion | None:
    """The version that the public read before the present one."""
    if shown.version is None or shown.version.number == 1:
        return None
    rows = MasterVersion.objects.filter(
        master=shown.version.master_id, number__lt=shown.version.number, published_at__isnull=False,
        withdrawn_at__isnull=True,
    )  # fmt: skip
    return rows.order_by("-number").first()


def public_parts(version: MasterVersion | None) -> tuple[Part, ...]:
    """The parts of a published version that are for the public, in order; those for members alone are in their handbook."""
    return parts_for(version, Audience.PUBLIC) if version is not None else ()


def placed_with_link(shown: PublicDocument, *, most: int = 12) -> list[Placement]:
    """Where else the public finds the document: placements with a link that stand."""
    rows = Placement.objects.filter(document=shown.document_id, withdrawn_at__isnull=True).exclude(url="")
    return list(rows.select_related("unit").order_by("placed_on", "pk")[:most])


def related_to(shown: PublicDocument) -> list[tuple[RelationKind, bool, GuidingDocument]]:
    """Relations to other documents before the public: (kind, whether this one is the source, the other)."""
    key = shown.document_id
    rows = (
        DocumentRelation.objects.filter(Q(source=key, target__public__isnull=False) | Q(target=key, source__public__isnull=False))
        .select_related("source", "target")
        .defer("source__text", "target__text")
        .order_by("kind", "pk")
    )  # fmt: skip
    return [
        (RelationKind(one.kind), one.source_id == key, one.target if one.source_id == key else one.source)
        for one in rows
    ]


# --- search -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Passage:
    """Where in a document what was asked stands: (before, found, after), and the anchor on its page."""

    label: str
    before: str
    found: str
    after: str
    anchor: str


@dataclass
class FoundDocument:
    """A document that has every word asked, with the first passages that have all of them, else the most."""

    shown: PublicDocument
    passages: list[Passage] = field(default_factory=list)


def matching(words: Sequence[str], *, unfinished: bool = False) -> list[int]:
    """The keys of every document before the public that has all the words (the last perhaps unfinished), the latest first.

    Words as `text.index_words` parts them. Few keys are put in order by the database; of many it is quicker to walk the
    index of days.
    """
    keys = keys_having_words(TABLE, "words", words, limit=MOST_KEYS, unfinished=unfinished)
    ordered = PublicDocument.objects.order_by("-issued_on", "-pk").values_list("pk", flat=True)
    if len(keys) <= FEW:
        return list(ordered.filter(pk__in=keys))
    found = set(keys)
    return [key for key in ordered.iterator(chunk_size=10_000) if key in found]


def found_documents(keys: Sequence[int], words: Sequence[str]) -> list[FoundDocument]:
    """The documents of these keys in this order, with passages; two statements."""
    rows = documents().in_bulk(list(keys))
    found = [FoundDocument(rows[key]) for key in keys if key in rows]
    asked = [one.shown.document_id for one in found if one.shown.shows_text]
    clauses: dict[int, list[tuple[int, str, str, str]]] = defaultdict(list)
    if asked:
        columns = ("document_id", "order", "label", "heading", "text")
        texts = Clause.objects.filter(document__in=asked).order_by("document_id", "order").values_list(*columns)
        for key, order, label, heading, body in texts[:MOST_CLAUSES]:
            clauses[key].append((order, label, heading, body))
    for one in found:
        one.passages = _passages(one.shown, clauses[one.shown.document_id], words)
    return found


def _passages(
    shown: PublicDocument, clauses: Sequence[tuple[int, str, str, str]], words: Sequence[str]
) -> list[Passage]:
    """The first passages with all the words, else the one with most of them."""
    finders = [text.word_finder(word) for word in sorted(words, key=len, reverse=True)]  # the rarer ones first
    whole: list[Passage] = []
    best: tuple[int, str, str, str] | None = None
    for label, said, anchor in _texts(shown, clauses):
        low = said.lower()
        has, may_miss = 0, len(words) - (best[0] if best else 0) - 1
        for find in finders:
            if find(low) is not None:
                has += 1
            elif (may_miss := may_miss - 1) < 0:
                break
        if has == len(words):
            whole.append(passage_of(label, said, anchor, words))
            if len(whole) == PASSAGES:
                return whole
        elif has and (best is None or has > best[0]):
            best = (has, label, said, anchor)
    return whole or ([passage_of(*best[1:], words)] if best else [])


def _texts(shown: PublicDocument, clauses: Sequence[tuple[int, str, str, str]]) -> Iterable[tuple[str, str, str]]:
    for part in public_parts(shown.version):
        yield GROUP_NAMES[part.kind], said_in(part), f"part-{part.id}"
    for order, label, heading, body in clauses:
        yield label, f"{heading} {body}".strip(), f"clause-{order}"


def passage_of(label: str, said: str, anchor: str, words: Sequence[str]) -> Passage:
    """Cut around the place where the words stand together, else around the first of them."""
    said = text.squeeze(said)
    folded = text.fold(said)
    if len(folded) != len(said):  # a letter that folds to two: the places would not agree
        return Passage(label, said[: 2 * AROUND], "", "", anchor)
    phrase = " ".join(words)
    spans = [span for one in (phrase, *words) if (span := text.word_finder(one)(said.lower()))]
    if not spans:  # only as the beginning of a longer word
        spans = [(place, place + len(one)) for one in words if (place := folded.find(one)) >= 0] or [(0, 0)]
    start, end = spans[0]
    length = end - start
    left, right = max(0, start - AROUND), start + length + AROUND
    if left:
        left = said.find(" ", left) + 1 or left
    if right < len(said):
        right = max(start + length, said.rfind(" ", 0, right))
    return Passage(
        label, ("…" if left else "") + said[left:start], said[start : start + length],
        said[start + length : right] + ("…" if right < len(said) else ""), anchor,
    )  # fmt: skip
