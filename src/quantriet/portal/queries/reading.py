"""Search in what one person studies: the documents of the own campaigns, before the public or not."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import islice

from quantriet.kit import text
from quantriet.library.models import Clause, GuidingDocument, KeyPoint
from quantriet.library.queries.public import Passage, passage_of
from quantriet.org.models import Person
from quantriet.portal.queries import reading_of

MOST_CLAUSES = 3_000  # read for one search
PASSAGES = 3  # shown of each document


@dataclass(frozen=True)
class FoundReading:
    """A document with the places where all the words stand."""

    document: GuidingDocument
    passages: list[Passage]


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
        said_of = [(one.reference_number, one.subject), *texts[one.pk]]
        whole = ((label, said) for label, said in said_of if all(find(text.squeeze(said).lower()) for find in finders))
        passages = [passage_of(label, said, "", words) for label, said in islice(whole, PASSAGES)]
        if passages:
            found.append(FoundReading(one, passages))
    return found
