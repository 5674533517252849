"""What one person studies: the published content that is for them, and search in it, before the public or not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from quantriet.campaigns import queries as campaign_queries
from quantriet.kit import text
from quantriet.library.models import Clause, GuidingDocument, KeyPoint, MasterVersion
from quantriet.library.queries.masters import Part, parts_for, published_among, said_in
from quantriet.library.queries.public import Passage, passage_of
from quantriet.library.rules.products.content import GROUP_NAMES
from quantriet.library.vocab import Audience
from quantriet.org.models import Person
from quantriet.portal.queries import reading_of

MOST_CLAUSES = 3_000  # read for one search
PASSAGES = 3  # shown of each document


@dataclass(frozen=True)
class Content:
    """What is published of a document, and its parts for one person."""

    version: MasterVersion
    parts: tuple[Part, ...]


def contents_for(person: Person, documents: Sequence[GuidingDocument], at: datetime) -> dict[int, Content]:
    """By document what is published of it at that moment and for this person: the parts for their own audience; where there is
    none, those for the public. A document of which nothing is published is missing. Four statements.
    """
    own = campaign_queries.own_audiences(person)
    versions = published_among([one.pk for one in documents], at)
    found = {}
    for one in documents:
        version = versions.get(one.pk)
        if version is None or version.master.unit_id != one.unit_id:
            continue
        mine = set(own.get(one.pk, ()))
        parts = tuple(part for part in parts_for(version) if mine.intersection(part.audiences))
        found[one.pk] = Content(version, parts or parts_for(version, Audience.PUBLIC))
    return found


@dataclass(frozen=True)
class FoundReading:
    """A document with the places where all the words stand."""

    document: GuidingDocument
    passages: list[Passage]


def search_reading(person: Person, typed: str, *, at: datetime) -> list[FoundReading]:
    """Documents that the person studies in which a part, a point, a sentence or the subject has all the words, without regard to
    marks and capitals; nothing for less than two letters. Each sentence once, what was published of it first. Six statements.
    """
    words = list(dict.fromkeys(text.index_words(typed)))[:8]
    if len("".join(words)) < 2:
        return []
    documents = reading_of(person)
    keys = [one.pk for one in documents]
    texts: dict[int, list[tuple[str, str, str]]] = defaultdict(list)
    contents = contents_for(person, documents, at)
    for key, content in contents.items():
        texts[key] += [(GROUP_NAMES[one.kind], said_in(one), f"part-{one.id}") for one in content.parts]
    points = KeyPoint.objects.filter(
        document__in=[key for key in keys if key not in contents or not contents[key].parts]
    )
    for key, label, said in points.values_list("document", "clause__label", "text"):
        texts[key].append((label or "", said, ""))
    clauses = Clause.objects.filter(document__in=keys).order_by("document", "order")
    columns = ("document", "order", "label", "heading", "text")
    for key, order, label, heading, body in clauses.values_list(*columns)[:MOST_CLAUSES]:
        texts[key].append((label, f"{heading} {body}", f"clause-{order}"))
    found = []
    for one in documents:
        passages = _passages([(one.reference_number, one.subject, ""), *texts[one.pk]], words)
        if passages:
            found.append(FoundReading(one, passages))
    return found


def _passages(texts: Iterable[tuple[str, str, str]], words: Sequence[str]) -> list[Passage]:
    """The first places that have all the words, the same words once."""
    finders = [text.word_finder(word) for word in sorted(words, key=len, reverse=True)]
    found: dict[str, Passage] = {}
    for label, said, anchor in texts:
        low = text.squeeze(said).lower()
        if not all(find(low) for find in finders):
            continue
        told = text.fold(said).strip(" .;,")
        if not any(told in known or known in told for known in found):
            found[told] = passage_of(label, said, anchor, words)
        if len(found) == PASSAGES:
            break
    return list(found.values())
