"""Search in what one person studies: the documents of the own campaigns, before the public or not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from quantriet.kit import text
from quantriet.library.models import Clause, GuidingDocument, KeyPoint
from quantriet.org.models import Person
from quantriet.portal.queries import reading_of

Finder = Callable[[str], tuple[int, int] | None]
MOST_CLAUSES = 3_000  # read for one search
PASSAGES = 3  # shown of each document
AROUND = 110  # letters on each side of what was found


@dataclass(frozen=True)
class FoundReading:
    """A document with the places where all the words stand: (label, before, found, after)."""

    document: GuidingDocument
    passages: list[tuple[str, str, str, str]]


def search_reading(person: Person, typed: str) -> list[FoundReading]:
    """Documents that the person studies in which a sentence, a point or the subject has all the words, without regard to marks
    and capitals; nothing for less than two letters. Three statements.
    """
    words = list(dict.fromkeys(text.index_words(typed)))[:8]
    if len("".join(words)) < 2:
        return []
    documents = reading_of(person)
    keys = [one.pk for one in documents]
    texts: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for key, label, said in KeyPoint.objects.filter(document__in=keys).values_list("document", "clause__label", "text"):
        texts[key].append((label or "", said))
    clauses = Clause.objects.filter(document__in=keys).order_by("document", "order")
    for key, label, heading, body in clauses.values_list("document", "label", "heading", "text")[:MOST_CLAUSES]:
        texts[key].append((label, f"{heading} {body}"))
    finders = [text.word_finder(word) for word in sorted(words, key=len, reverse=True)]
    found = []
    for one in documents:
        passages: list[tuple[str, str, str, str]] = []
        for label, said in [(one.reference_number, one.subject), *texts[one.pk]]:
            passage = _passage(label, text.squeeze(said), finders)
            if passage is not None and len(passages) < PASSAGES:
                passages.append(passage)
        if passages:
            found.append(FoundReading(one, passages))
    return found


def _passage(label: str, said: str, finders: list[Finder]) -> tuple[str, str, str, str] | None:
    low = said.lower()
    spans = [find(low) for find in finders]
    if None in spans:
        return None
    start, end = spans[0] or (0, 0)
    left, right = max(0, start - AROUND), end + AROUND
    before = ("…" if left else "") + said[left:start]
    return label, before, said[start:end], said[end:right] + ("…" if right < len(said) else "")
