"""Reads of people: filters, dated facts; `search` finds them by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from quantriet.kit import text
from quantriet.kit.time import today
from quantriet.org.models import ActivityExemption, Person, PostHeld, PostKind
from quantriet.org.queries import search
from quantriet.org.vocab import BirthPrecision


@dataclass(frozen=True)
class PeopleFilter:
    """What a list of people is narrowed to; an empty value narrows nothing."""

    search: str = ""
    kind: str = ""
    post: PostKind | None = None
    managed_by: str = ""
    exempt: bool | None = None
    age_from: int | None = None
    age_to: int | None = None
    gone: bool = False  # those who left instead of those who are there
    by_phone: bool = True  # whether the typed digits may be a telephone number: not for whom it is hidden


def filtered_people(rows: QuerySet[Person], wanted: PeopleFilter, *, on: date | None = None) -> QuerySet[Person]:
    """Narrow people to what is wanted on a day."""
    day = on or today()
    rows = rows.filter(left_on__isnull=not wanted.gone)
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.post or wanted.managed_by:
        held = PostHeld.objects.on(day)
        if wanted.post:
            held = held.filter(post=wanted.post)
        if wanted.managed_by:
            held = held.filter(managed_by=wanted.managed_by)
        rows = rows.filter(pk__in=held.order_by().values("person"))
    if wanted.exempt is not None:
        exempt = Q(pk__in=ActivityExemption.objects.on(day).order_by().values("person"))
        rows = rows.filter(exempt if wanted.exempt else ~exempt)
    if wanted.age_from is not None:
        rows = rows.filter(birth_date__lte=_years_before(day, wanted.age_from))
    if wanted.age_to is not None:
        rows = rows.filter(birth_date__gt=_years_before(day, wanted.age_to + 1))
    return named_people(rows, wanted.search, by_phone=wanted.by_phone) if wanted.search.strip() else rows


def _years_before(day: date, years: int) -> date:
    year = max(1, day.year - years)
    # Born on 29 February: a year older on 1 March.
    return day.replace(year=year, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=year)


def named_people(rows: QuerySet[Person], typed: str, *, by_phone: bool = True) -> QuerySet[Person]:
    """People whose name, code or telephone number fits what was typed; complete, and asked of each row."""
    if search.is_number(typed):
        return search.numbered(rows, typed, by_phone=by_phone)
    return search.named(rows, text.search_words(typed))


def namesakes(rows: QuerySet[Person], person: Person, *, limit: int = 10) -> list[Person]:
    """Others of the same name, marks aside; shown with their cell and year of birth so that nobody is mistaken."""
    same = rows.filter(name_folded=person.name_folded, left_on__isnull=True).exclude(pk=person.pk)
    return list(same.select_related("unit__parent").order_by("sort_key", "pk")[:limit])


def posts_of(people: Iterable[Person], *, on: date | None = None) -> dict[int, list[PostHeld]]:
    """Posts that people hold on a day, in order of protocol."""
    found: dict[int, list[PostHeld]] = defaultdict(list)
    held = PostHeld.objects.on(on).filter(person__in=[person.pk for person in people])
    for one in held.select_related("post", "unit").order_by("post__rank", "pk"):
        found[one.person_id].append(one)
    return found


def exemptions_of(people: Iterable[Person], *, on: date | None = None) -> dict[int, ActivityExemption]:
    """The exemption in force of each person that has one."""
    given = ActivityExemption.objects.on(on).filter(person__in=[person.pk for person in people])
    return {one.person_id: one for one in given.order_by("-valid_from")}


def hide(person: Person, field: str) -> None:
    """Take a detail from the row in memory, which is not written again; of the birth date the year stays."""
    if field == "birth_date":
        if person.birth_date is not None:
            person.birth_date = person.birth_date.replace(month=1, day=1)
        person.birth_precision = BirthPrecision.YEAR
    elif field != "birth_precision":
        setattr(person, field, "")


def shown_birth(person: Person) -> str:
    """09/03/1958, or the year alone when no more is known."""
    if person.birth_date is None:
        return ""
    if person.birth_precision == BirthPrecision.YEAR:
        return str(person.birth_date.year)
    return f"{person.birth_date:%d/%m/%Y}"
