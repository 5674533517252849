"""Who is found by what is typed, in which order, by every way the search may take."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from quantriet.kit import db, text
from quantriet.kit.time import now
from quantriet.org import access, actions
from quantriet.org.models import Person
from quantriet.org.queries import search
from quantriet.org.tests.factories import a_person

# How big a scope and how frequent a word must be for each way: looking at all, the index of words, units, walking on.
WAYS = {
    "all": {},
    "walk": {"FEW_UNITS": 0},
    "words": {"FEW_UNITS": 0, "SAMPLE": 1, "COUNTRY": True},
    "units": {"FEW_UNITS": 0, "SAMPLE": 1, "RARE": 1},
    "dense": {"FEW_UNITS": 0, "SAMPLE": 1, "SEEN_OFTEN": 0},
    "frequent": {"FEW_UNITS": 0, "SAMPLE": 1, "RARE": 1, "FROM_UNITS": 1},
}


@pytest.fixture(params=WAYS)
def way(request, monkeypatch):
    given = dict(WAYS[request.param])
    country = given.pop("COUNTRY", False)
    for name, value in given.items():
        monkeypatch.setattr(search, name, value)
    return country


def found(account, typed, *, way=False, under=None, near=None, most=search.MOST):
    scope = access.people_scope(account, under=under)
    units = None if way else scope.units
    got = search.search_people(scope.rows, typed, by_unit=scope.by_unit, units=units, near=near, most=most)
    names = Person.objects.in_bulk(got.keys)
    return [names[key].full_name for key in got.keys]


SPELLINGS = [
    ("huong", ["Nguyễn Thị Hường"]),
    ("HƯỜNG", ["Nguyễn Thị Hường"]),
    ("hu\u031bo\u031b\u0300ng", ["Nguyễn Thị Hường"]),  # decomposed, as some keyboards send it
    ("hương", ["Nguyễn Thị Hường"]),  # other marks than hers
    ("nguyễn thị h", ["Nguyễn Thị Hường"]),
    ("huong nguyen thi", ["Nguyễn Thị Hường"]),
    ("nguyen thi huong", ["Nguyễn Thị Hường"]),
    ("  Nguyễn   Thị\u200b Hường ", ["Nguyễn Thị Hường"]),
    ("thi huo", ["Nguyễn Thị Hường"]),
    ("huong thi", ["Nguyễn Thị Hường"]),
    ("uong", []),  # not inside a word
    ("van bi", ["Trần Văn Bình", "Trần Văn Bình"]),
    ("tran", ["Trần Văn Bình", "Trần Văn Bình"]),
    ("H'Hen Niê", ["H'Hen Niê"]),
    ("h’hen", ["H'Hen Niê"]),
    ("h hen", ["H'Hen Niê"]),
    ("hhen nie", ["H'Hen Niê"]),
    ("hen", ["H'Hen Niê"]),
    ("nie", ["H'Hen Niê"]),
    ("k' br", ["K' Brêu"]),
    ("K'Brêu", ["K' Brêu"]),
    ("kbreu", ["K' Brêu"]),
    ("breu", ["K' Brêu"]),
    ("ỷ", ["Đỗ Thị Ỷ"]),
    ("do thi y", ["Đỗ Thị Ỷ"]),
    ("ĐỖ", ["Đỗ Thị Ỷ"]),
    ("đại", ["Bùi Quang Đại"]),
    ("Dai", ["Bùi Quang Đại"]),
    ("đai bui", ["Bùi Quang Đại"]),
    ("quang", ["Bùi Quang Đại"]),
    ("M12", ["Bùi Quang Đại"]),
    ("m12", ["Bùi Quang Đại"]),
    ("khong ai", []),
    ("'", []),
    ('"* OR a', []),
    ("a:* | b & !", []),
]


@pytest.mark.req("B-19")
def test_every_spelling_finds_the_person(cast, way):
    assert {typed: found(cast.officer, typed, way=way) for typed, _ in SPELLINGS} == dict(SPELLINGS)


def test_a_telephone_number_finds_its_person_also_when_begun(cast):
    actions.change_person(cast.people["M3"], by=cast.officer, at=now(), phone="0912345678")
    assert found(cast.officer, "0912 345 678") == ["H'Hen Niê"]
    assert found(cast.officer, "09123") == ["H'Hen Niê"]
    assert found(cast.officer, "091") == []  # three digits are nobody's number


@pytest.mark.req("B-19")
def test_given_names_stand_first_then_the_nearer(cast, way):
    units = cast.units
    for code, name, unit in (
        ("S1", "Hường Thị Lan", "CB11"),  # bears it as the family name
        ("S2", "Lê Văn Hưởng", "CB21"),
        ("S3", "Lê Văn Hưởng", "CB11"),
        ("S4", "Phạm Hương Giang", "CB11"),
        ("S5", "Phạm Huongly", "CB11"),  # only begins so
    ):
        a_person(unit=units[unit], code=code, full_name=name)
    scope = access.people_scope(cast.officer)
    got = search.search_people(
        scope.rows, "huong", by_unit=scope.by_unit, units=None if way else scope.units, near=units["CB11"]
    )
    codes = [Person.objects.get(pk=key).code for key in got.keys]
    assert set(codes[:3]) == {cast.people["M1"].code, "S2", "S3"}
    assert codes.index("S3") < codes.index("S2")
    assert codes[3] == "S5"
    assert set(codes[4:]) == {"S1", "S4"}


def test_nobody_outside_the_scope_is_found(cast, way):
    for username in ("organiser1", "secretary11"):
        account = cast.accounts[username]
        mine = set(access.people_seen_by(account).values_list("full_name", flat=True))
        for typed in ("tran", "thi", "h", "M"):
            assert set(found(account, typed, way=way)) <= mine
    assert found(cast.officer, "binh", way=way, under=cast.units["CB11"]) == ["Trần Văn Bình"]


def test_more_than_are_shown_is_said_and_not_counted(cast, way):
    scope = access.people_scope(cast.officer)
    got = search.search_people(scope.rows, "t", by_unit=scope.by_unit, units=None if way else scope.units, most=2)
    assert len(got.keys) == 2
    assert got.has_more


def test_the_index_of_words_follows_every_write(cast):
    def keys(*words):
        return db.keys_having_words("org_person", "search_key", words, limit=10)

    person = a_person(unit=cast.units["CB11"], code="S9", full_name="Lường Kbuôr Xuýnh")
    assert keys("kbuor", "xuy") == [person.pk]
    actions.change_person(person, by=cast.officer, at=now(), full_name="Lường Văn Xuýnh")
    assert keys("kbuor") == []
    assert keys("xuynh") == [person.pk]
    connection.check_constraints()  # PostgreSQL makes no index while a deferred check of the table waits
    db.rebuild_word_index("org_person")
    assert keys("xuynh") == [person.pk]
    db.drop_word_index("org_person")
    db.keep_word_index("org_person", "search_key")
    db.keep_word_index("org_person", "search_key")
    assert keys("luong", "van") == [person.pk]
    Person.objects.filter(pk=person.pk).delete()
    assert keys("xuynh") == []


@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="the index of SQLite is asked by name")
def test_words_that_everybody_has_are_read_from_the_index_too(cast):
    """Else PostgreSQL takes the words of each row apart: 0.6 s for 20,000 documents instead of 8 ms."""
    one = a_person(unit=cast.units["CB11"], code="S9", full_name="Nguyễn Thị Hường")
    Person.objects.bulk_create(
        Person(
            **{f.attname: getattr(one, f.attname) for f in Person._meta.concrete_fields}
            | {"pk": None, "code": f"T{n}", "search_key": f"nguyen thi lan{n} hue{n} mai{n}"}
        )
        for n in range(3000)
    )
    db.rows_were_written(Person, 3000)
    with CaptureQueriesContext(connection) as asked:
        assert len(db.keys_having_words("org_person", "search_key", ["nguyen", "thi"], limit=5000)) > 3000
    plan = "\n".join(line for (line,) in db.select("EXPLAIN " + asked.captured_queries[0]["sql"].replace("%", "%%")))
    assert "Index Scan on org_person_words" in plan, plan


LETTER = st.sampled_from("aàâăđdeêệghiknoôơợtuưựyỷ'- ")


@given(st.text(LETTER, min_size=1, max_size=30))
def test_a_search_key_begins_with_the_given_name_and_holds_every_word(name):
    name = text.squeeze(name)
    key = text.search_key(name)
    assert key.isascii()
    words = key.split()
    assert set(text.search_words(name)) <= set(words)
    last = text.search_words(name.split(" ")[-1]) if name else []
    assert words[: len(last)] == last
