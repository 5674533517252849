"""Search of people by name, marks and capitals aside, the given name first: as fast in a country as in a commune.

What was typed are words, each perhaps unfinished, in any order: "huong nguyen thi", "Nguyễn Thị Hường", "thi huo". A
person is found when each begins a word of the name. First stand those whose given name it is (the last word typed, as
names are written; then the first, as lists are sorted), then the others; among equals the nearer in the tree to the one
who asks, then by name. Four ways lead there, and which is quick depends on how rare the words are and how many units are
asked about: all people of some units from an index; a walk along given names (`Person.search_key` begins with them and
holds the whole name, so that the rows are not touched); the index of words; a walk along whole names. A search that
fits more than `MOST` people says so instead of counting them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from quantriet.kit import text
from quantriet.kit.db import keys_having_words, words_are_read_in_part
from quantriet.kit.numbers import MoreThan
from quantriet.org.models import Person, Unit

MOST = 500  # people a search shows at most where it cannot tell them all
FEW_UNITS = 300  # a scope whose people are simply all looked at
NEIGHBOURS = 300  # units of the neighbourhood whose people stand before those from afar
SAMPLE = 20_000  # entries of an index read before another way is taken
SEEN_OFTEN = 50  # so many found in a sample: going on fills the list soon
SHORT = 3  # letters; fewer begin so many words that the index of words would gather a country
RARE = 5000  # so many rows are read one by one; a fifth, where looking at all people of some units is the other way
FROM_UNITS = 2000  # people found unit by unit before walking is better

Hit = tuple[int, str, str]  # person, search key, path of the unit


@dataclass(frozen=True)
class Found:
    """Keys of people, the best first; `has_more`: there are others that fit, whom another word would bring."""

    keys: list[int]
    has_more: bool = False

    @property
    def total(self) -> int:
        """How many fit, as a list says it."""
        return MoreThan(len(self.keys)) if self.has_more else len(self.keys)


def behind(beginning: str) -> str:
    """The first text behind all that begin so, in byte order."""
    return beginning[:-1] + chr(ord(beginning[-1]) + 1)


def is_number(typed: str) -> bool:
    """Whether a code or telephone number was typed instead of a name."""
    return any(letter.isdigit() for letter in typed)


def numbered(rows: QuerySet[Person], typed: str, *, by_phone: bool = True) -> QuerySet[Person]:
    """People whose code or telephone number begins with what was typed; not by the number for whom it is hidden."""
    code = text.squeeze(typed)
    digits = "".join(letter for letter in typed if letter.isdigit())
    fits = Q(code__gte=code, code__lt=behind(code)) | Q(code__gte=code.upper(), code__lt=behind(code.upper()))
    if by_phone and len(digits) >= 4:
        fits |= Q(phone__gte=digits, phone__lt=behind(digits))
    return rows.filter(fits)


def named(rows: QuerySet[Person], words: Sequence[str]) -> QuerySet[Person]:
    """People in whose name every word begins a word; complete, in no order, and asked of each row."""
    for word in reversed(words):  # the given name first, which fewest share: the others are asked of its bearers alone
        rows = rows.filter(Q(search_key__startswith=word) | Q(search_key__contains=" " + word))
    return rows


def search_people(
    rows: QuerySet[Person],
    typed: str,
    *,
    by_unit: QuerySet[Person],
    units: int | None,
    near: Unit | None = None,
    most: int = MOST,
    by_phone: bool = True,
) -> Found:
    """Those of `rows` that fit what was typed, the best first; nobody when nothing but signs was typed.

    `rows` and `by_unit` are the same people, as `access.people_scope` gives them, and `units` how many units they stand in.
    """
    if is_number(typed):
        keys = list(numbered(rows, typed, by_phone=by_phone).order_by("code").values_list("pk", flat=True)[: most + 1])
        return Found(keys[:most], len(keys) > most)
    words = text.search_words(typed)
    if not words:
        return Found([])
    if units is not None and units < FEW_UNITS:
        return _best(_hits(named(by_unit, words)), words, near, most)
    around = _neighbourhood(near)
    hits = _hits(named(by_unit, words).filter(unit__in=around)) if around else []
    turned = " ".join([words[-1], *words[:-1]])  # "nguyen thi huong" as it stands in the key
    for beginning in dict.fromkeys((turned, words[-1], " ".join(words), words[0], "")):
        if not beginning:
            # The start of the index is no fair sample of family names: "nguyen" stands behind "bui" there.
            phrase = " ".join(words)
            first = rows.filter(name_folded__gte=phrase, name_folded__lt=behind(phrase)).order_by("name_folded")
            hits += [(pk, key, "") for pk, key in first.values_list("pk", "search_key")[:most]]
            if len(hits) >= most:
                return _best(hits, words, near, most, has_more=True)
        walked, is_sparse = _walk(rows, beginning, words, most)
        if is_sparse:
            few = None
            if units is None or words_are_read_in_part():
                few = _rare_hits(rows, words, RARE if units is None else RARE // 5)
            if few is None and units is not None:
                few = _hits_of_units(by_unit, words)
            if few is not None:
                return _best(few + hits, words, near, most)
            walked = _walked(_beginning(named(rows, words), beginning), most)
        hits += walked
        if len(walked) >= most:
            return _best(hits, words, near, most, has_more=True)
    return _best(hits, words, near, most)


def _hits(rows: QuerySet[Person]) -> list[Hit]:
    return list(rows.order_by().values_list("pk", "search_key", "unit__path"))


def _walked(rows: QuerySet[Person], most: int) -> list[Hit]:
    # Without the path of the unit, so that the index alone is read.
    return [(pk, key, "") for pk, key in rows.order_by("search_key").values_list("pk", "search_key")[:most]]


def _beginning(rows: QuerySet[Person], beginning: str) -> QuerySet[Person]:
    return rows.filter(search_key__gte=beginning, search_key__lt=behind(beginning)) if beginning else rows


def _walk(rows: QuerySet[Person], beginning: str, words: list[str], most: int) -> tuple[list[Hit], bool]:
    """The first that fit along the search keys that begin so; true when there is more to read, but little to find."""
    ahead = _beginning(Person.objects.order_by("search_key"), beginning).values_list("search_key", flat=True)
    end = next(iter(ahead[SAMPLE : SAMPLE + 1]), None)
    fitting = _beginning(named(rows, words), beginning)
    if end is None:
        return _walked(fitting, most), False
    # One upper bound alone: of two SQLite may take the far one.
    sample = _walked(named(rows, words).filter(search_key__gte=beginning, search_key__lt=end), most)
    if len(sample) >= most:
        return sample, False
    if len(sample) < SEEN_OFTEN:
        return sample, True
    return _walked(fitting, most), False


def _rare_hits(rows: QuerySet[Person], words: list[str], most: int) -> list[Hit] | None:
    """All that have the words, looked up in the index of words; None when these are not rare: as many as `most` have them."""
    whole = words[:-1] if len(words) > 1 and len(words[-1]) < SHORT else words
    keys = keys_having_words(Person._meta.db_table, "search_key", whole, limit=most)
    return None if len(keys) == most else _hits(named(rows.filter(pk__in=keys), words))


def _hits_of_units(by_unit: QuerySet[Person], words: list[str]) -> list[Hit] | None:
    """All that have the words, looked for unit by unit; None when they are many."""
    hits = list(named(by_unit, words).order_by().values_list("pk", "search_key", "unit__path")[:FROM_UNITS])
    return None if len(hits) == FROM_UNITS else hits


def _neighbourhood(near: Unit | None) -> list[int]:
    """The units around: those under the unit next above, or under the unit itself; none where that is a large part."""
    for around in (near and near.parent, near):
        if around:
            units = list(Unit.objects.under(around).order_by().values_list("pk", flat=True)[:NEIGHBOURS])
            if len(units) < NEIGHBOURS:
                return units
    return []


def _best(hits: list[Hit], words: list[str], near: Unit | None, most: int, *, has_more: bool = False) -> Found:
    """The best of what was found: by the given name, then by nearness, then by name."""
    known: dict[int, Hit] = {}
    for hit in hits:  # those looked up first know their unit
        known.setdefault(hit[0], hit)
    ranked = sorted(known.values(), key=lambda hit: (_rank(hit[1], words), -_shared(hit[2], near), hit[1], hit[0]))
    return Found([key for key, *_ in ranked[:most]], has_more or len(ranked) > most)


def _rank(search_key: str, words: list[str]) -> int:
    """Whose given name was typed last, whole or begun; typed first, whole or begun; whose other names were typed."""
    given = search_key.partition(" ")[0]
    for rank, word in enumerate((words[-1], words[0])):
        if given.startswith(word):
            return 2 * rank + (given != word)
    return 4


def _shared(path: str, near: Unit | None) -> int:
    """How many units, from the root down, a path has in common with that of the unit near by."""
    if near is None or not path:
        return 0
    shared = 0
    for one, other in zip(path.split("."), near.path.split("."), strict=False):
        if one != other:
            break
        shared += 1
    return shared
