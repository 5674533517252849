"""How the people of a list stand with a class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from quantriet.classes.models import StudyClass
from quantriet.classes.queries.rosters import standing_of
from quantriet.org.models import Person
from quantriet.org.queries.listed import recognise_people
from quantriet.org.rules.recognising import ListedPerson, Recognition


@dataclass(frozen=True)
class Known:
    """A recognised line, the person, and how the person stands with the class; no sentence: owes it, in no class yet."""

    line: ListedPerson
    person: Person
    sentence: str = ""


@dataclass(frozen=True)
class Preview:
    """What a list comes to before anything is written: owing and to add, who does not owe it, who may not come, not recognised."""

    to_add: tuple[Known, ...]
    guests: tuple[Known, ...]
    others: tuple[Known, ...]
    unknown: tuple[Recognition, ...]


def preview_list(lines: Sequence[ListedPerson], study_class: StudyClass, people: QuerySet[Person]) -> Preview:
    """Who of a list is recognised among `people` and how each stands with the class; few statements however many lines."""
    results, found = recognise_people(lines, people)
    recognised = {one.person_id: one for one in reversed(results) if one.person_id is not None}
    standing = standing_of([found[key] for key in recognised], study_class)
    to_add: list[Known] = []
    guests: list[Known] = []
    others: list[Known] = []
    for key, one in sorted(recognised.items(), key=lambda pair: pair[1].line.number):
        stands = standing.get(key)
        known = Known(one.line, found[key], stands.sentence if stands else "")
        (to_add if stands is None else guests if stands.may_come else others).append(known)
    return Preview(tuple(to_add), tuple(guests), tuple(others), tuple(one for one in results if one.person_id is None))
