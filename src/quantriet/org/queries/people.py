"""Reads of people: search by name, filters, dated facts.

How a name is searched, without an extension on either database. What was typed (marks and capitals aside) fits a person
whose full name begins with it ("nguyen thi h"), or in whose name it stands as words up to the given name, the last of
them perhaps unfinished ("thi huo", "binh"). The first is a range of `name_folded`. The second is a range of `sort_key`,
which begins with the given name: there a letter and its marked forms lie side by side, so the letters up to and with the
first vowel bound a range ("hu" … "hự"), and only inside it are names compared. Only when neither finds anybody is every
name read for a word that begins so. A few letters that fit a large part of a province are looked up along the order of
names instead, where the first page fills at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Concat

from quantriet.kit import text
from quantriet.kit.time import today
from quantriet.org.models import ActivityExemption, Person, PostHeld, PostKind
from quantriet.org.vocab import BirthPrecision

# More names than this beginning with what was typed: walk the list in its order instead of gathering them.
MANY = 6000
_LETTERS = "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệfghiìỉĩíịjklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvwxyỳỷỹýỵz"


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
    """People whose name, code or telephone number fits what was typed (see above)."""
    phrase = text.fold(typed)
    if not phrase:  # nothing but invisible characters
        return rows
    if any(letter.isdigit() for letter in phrase):
        code, digits = text.squeeze(typed), "".join(letter for letter in typed if letter.isdigit())
        coded = Q(code__in={code, code.upper()}) | Q(code__gte=code, code__lt=_behind(code))
        return rows.filter(coded | Q(phone=digits) if by_phone else coded)
    begins = Q(name_folded__gte=phrase, name_folded__lt=_behind(phrase))
    if len(Person.objects.filter(begins).order_by().values_list("pk")[:MANY]) == MANY:
        # As the end of a sum of texts the name serves no index, so both databases keep to the order of the list.
        return rows.alias(spoken=Concat(Value(" "), "name_folded")).filter(spoken__contains=" " + phrase)
    words = phrase.split(" ")
    low, high = _given_name_range(words[-1])
    inside = Q(name_folded__contains=" " + phrase)
    if len(words) == 1:
        inside |= Q(name_folded__startswith=phrase)
    found = rows.filter(begins | (Q(sort_key__gte=low, sort_key__lt=high) & inside))
    # The keys once, for the count and the page; beside an order and a page both databases would look up every row.
    keys = list(found.order_by().values_list("pk", flat=True)[:MANY])
    if not keys:
        found = rows.filter(Q(name_folded__contains=" " + phrase) | Q(name_folded__startswith=phrase))
        keys = list(found.order_by().values_list("pk", flat=True)[:MANY])
    return rows.filter(pk__in=keys) if len(keys) < MANY else found


def _given_name_range(word: str) -> tuple[str, str]:
    """The range of `sort_key` in which every given name lies that begins with the folded `word`."""
    low = ""
    for letter in word:
        forms = [text.name_key(form) for form in _LETTERS if text.fold(form) == letter] or [letter]
        if len(forms) > 1:
            return low + min(forms), low + _behind(max(forms))
        low += forms[0]
    return low, _behind(low)


def _behind(beginning: str) -> str:
    """The first text behind all that begin so, in byte order."""
    return beginning[:-1] + chr(ord(beginning[-1]) + 1)


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
