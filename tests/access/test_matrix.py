"""Every address, asked by every kind of reader about a thing in every place of the tree, is answered as the specification says."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.access import matrix, oracle
from tests.access.asking import Asker, Told
from tests.access.conftest import Planted
from tests.access.matrix import Case, cases
from tests.access.oracle import PUBLIC, SIGNED_IN, Answer, Reader
from tests.access.things import NAMES_NOTHING, NO_THING, THINGS, Thing
from tests.access.world import AFTER, PLACES, READERS

pytestmark = [pytest.mark.django_db, pytest.mark.req("R-005", "P-06")]


def test_every_address_has_a_row():
    assert not matrix.gaps(), "\n".join(matrix.gaps())


def test_the_page_to_read_is_in_step():
    written = matrix.PAGE.read_text("utf-8") if matrix.PAGE.exists() else ""
    assert written == matrix.page(), "docs/access-matrix.md is out of step: make access"


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.name)
def test_who_may_open_what(planted: Planted, asker: Asker, thing: Thing):
    """A sample that turns with the address; the whole of it is asked below."""
    wrong = [one for case, method in _of(thing) for one in _sampled(planted, asker, case, method)]
    assert not wrong, "\n".join(wrong)


def _of(thing: Thing) -> list[tuple[Case, str]]:
    return [(case, method) for case in cases() if case.thing is thing for method in ("get", "post")]


def _sampled(planted: Planted, asker: Asker, case: Case, method: str) -> list[str]:
    """Readers to whom the address answers the same stand for each other, and so do places that are answered the same."""
    if method == "post" and case.thing.acts_at:
        return []  # asked about the other kind of thing under the same addresses
    turn = sum(map(ord, case.id + method))
    constant, varied = [], []
    for reader in matrix.alike(list(READERS.values()), case, method):
        by_answer: dict[Answer, list[str]] = {}
        for place in PLACES:
            by_answer.setdefault(case.expected(reader, place, method), []).append(place)
        (varied if len(by_answer) > 1 else constant).append((reader, by_answer))
    wrong = []
    # Who is told the same at every place costs the sample most: two of them, or one who posts, turning with the address.
    few = 2 if method == "get" else 1
    for reader, by_answer in (
        (constant[turn % len(constant) :] + constant[: turn % len(constant)])[:few] if constant else []
    ):
        chosen = [places[turn % len(places)] for places in by_answer.values()]
        wrong += _asked(planted, asker, case, reader, method, chosen)
    if varied:
        reader, by_answer = varied[turn % len(varied)]
        chosen = [places[turn % len(places)] for places in by_answer.values()]
        wrong += _asked(planted, asker, case, reader, method, chosen)
    return wrong


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("reader", READERS.values(), ids=lambda reader: reader.name)
@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.name)
def test_who_may_open_what_in_full(planted: Planted, asker: Asker, thing: Thing, reader: Reader):
    """Every reader at every place; who is told the same at all of them is asked at two, which turn with address and reader."""
    wrong = []
    for case, method in _of(thing):
        places = list(PLACES)
        if len({case.expected(reader, place, method) for place in places}) == 1:
            turn = sum(map(ord, case.id + method + reader.name))
            places = [places[(turn + step) % len(places)] for step in (0, len(places) // 2)]
        wrong += _asked(planted, asker, case, reader, method, places)
    assert not wrong, "\n".join(wrong)


def _asked(planted: Planted, asker: Asker, case: Case, reader: Reader, method: str, places: list[str]) -> list[str]:
    """What is wrong with the answers about the thing at these places, and beside them about one that nobody has."""
    keys = planted.keys[case.thing.name]
    forgotten = matrix.incomplete(case, keys["own"])
    if forgotten:
        return [forgotten]
    wrong = []
    nobody = asker.ask(reader, case.missing_url(keys["own"]), method)
    for place, told in [(None, nobody)] + [
        (place, asker.ask(reader, case.url(keys[place]), method)) for place in places
    ]:
        where = f"{case.thing.name} at {place or 'no place'}: {method.upper()} {case.name} by {reader.name}"
        expected = case.expected(reader, place, method)
        if told.error or told.status >= 500:
            wrong.append(f"{where} breaks: {told.error or told.status}")
            continue
        if told.kind is not None and told.kind is not expected:
            named = method == "post" and case.name in NAMES_NOTHING and told.kind is Answer.MISSING
            if not (named and expected is Answer.ALLOWED):
                wrong.append(f"{where}: {told.status} instead of {expected}")
        if expected is not Answer.ALLOWED and told.written:
            wrong.append(f"{where} is refused and yet writes to {', '.join(told.written)}")
        if expected is Answer.MISSING or (
            expected is Answer.FORBIDDEN and case.expected(reader, None, method) is expected
        ):
            wrong += [f"{where}: {difference}" for difference in _differences(nobody, told)]
    return wrong


def _differences(nobody: Told, told: Told) -> list[str]:
    """What tells a thing that the reader may not know from one that does not exist."""
    (status, headers, body), (status_there, headers_there, body_there) = nobody.without_its_own, told.without_its_own
    found = []
    if status != status_there:
        found.append(f"answers {status_there}, to a number nobody has {status}")
    if headers != headers_there:
        found.append(f"headers differ: {dict(set(headers_there.items()) ^ set(headers.items()))}")
    if body != body_there:
        pairs = enumerate(zip(body, body_there, strict=False))
        at = next((number for number, (one, other) in pairs if one != other), min(len(body), len(body_there)))
        found.append(
            f"the pages differ: …{body_there[max(0, at - 60) : at + 60]!r}, …{body[max(0, at - 60) : at + 60]!r}"
        )
    if nobody.statements != told.statements:
        found.append(f"{len(told.statements)} statements, to a number nobody has {len(nobody.statements)}")
    return found


@pytest.mark.parametrize("method", ["get", "post"])
def test_addresses_of_no_thing_turn_away_who_has_no_right_today(asker: Asker, method: str):
    """Lists and forms, for those without any right: signed out, without an appointment, past and to come."""
    wrong = []
    for address in matrix.plain_addresses():
        if address.claim in (PUBLIC, SIGNED_IN) or not address.name:
            continue
        url = reverse(address.name, kwargs=NO_THING.get(address.name))
        for name in ("stranger", "without appointment", "ended", "to come"):
            told, expected = (
                asker.ask(READERS[name], url, method),
                oracle.answer(AFTER, READERS[name], address.claim, None),
            )
            if (told.kind is not None and told.kind is not expected) or told.error or told.written:
                wrong.append(
                    f"{method.upper()} {address.name} by {name}: {told.status} {told.error} instead of {expected}"
                )
    assert not wrong, "\n".join(wrong)
