"""Rules of devices without a line: what a body must be, at which hour a fact is, when two sides contradict; in any order."""

import contextlib
import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantriet.attendance.rules import codes
from quantriet.attendance.rules.devices import (
    MOST_FACTS,
    SidedFact,
    contradictions,
    moment,
    possible_hours,
    read_batch,
    read_fact,
)
from quantriet.attendance.rules.minutes import Fact, SessionTime, standing, stretches
from quantriet.attendance.vocab import ConflictReason, FactKind, Method, SentFact, Standing
from quantriet.kit.refusal import Refusal

DAY = dt.date(2026, 3, 9)
SESSION = SessionTime.of(
    dt.datetime(2026, 3, 9, 0, 30, tzinfo=dt.UTC), dt.datetime(2026, 3, 9, 4, 0, tzinfo=dt.UTC)
)  # 07:30 to 11:00 in Vietnam
NONCE = "0123456789abcdef0123456789abcdef"


def at(hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime.combine(DAY, dt.time(hour, minute), dt.UTC) - dt.timedelta(hours=7)


def sided(key, kind, when, side, *, learned=None, known=None) -> SidedFact:
    return SidedFact(key, kind, when, side, learned or at(12), known or at(6))


def fact(**given) -> dict:
    one = {
        "nonce": NONCE, "kind": "arrive", "entry": 1, "session": 2, "made": 0, "offset": 5, "known": None, "way": "station",
    }  # fmt: skip
    return one | given


def body(**given) -> dict:
    return {"device": NONCE, "now": 1000, "waiting": 3, "session": 2, "facts": [fact()]} | given


# --- bodies -------------------------------------------------------------------------------------------------------


def test_a_delivery_is_read_as_it_was_sent():
    batch = read_batch(body())
    assert (batch.device, batch.now_ms, batch.waiting, batch.session_id) == (NONCE, 1000, 3, 2)
    assert batch.facts == [SentFact(NONCE, FactKind.ARRIVE, 1, 2, 0, 5, None, Method.STATION)]
    undone = read_fact(fact(kind="void", of="f" * 32))
    assert (undone.kind, undone.undoes) == (FactKind.VOID, "f" * 32)


@pytest.mark.req("B-03")
def test_fractions_of_a_millisecond_lose_no_mark():
    batch = read_batch(body(now=1000.4, facts=[fact(made=12.6, offset=-7_200_000.3000000119, known=8.2)]))
    assert batch.now_ms == 1000
    assert [(one.made_ms, one.offset_ms, one.known_ms) for one in batch.facts] == [(13, -7_200_000, 8)]


@pytest.mark.parametrize(
    "wrong",
    [
        None, [], "text", 7, {}, body(device=None), body(device="x" * 32), body(device=NONCE.upper()), body(now=None),
        body(now=True), body(now=float("inf")), body(waiting=1.5), body(now=10**20), body(waiting=-1), body(session="2"), body(facts=None),
        body(facts={}), body(facts=[None]), body(facts=[[]]), body(facts=[fact(), fact()]),
        body(facts=[fact(nonce=f"{number:032x}") for number in range(MOST_FACTS + 1)]),
    ],
)  # fmt: skip
def test_what_is_no_delivery_is_refused_in_whole(wrong):
    with pytest.raises(Refusal) as refusal:
        read_batch(wrong)
    assert refusal.value.code == "device.unreadable"


@pytest.mark.parametrize(
    "wrong",
    [
        fact(nonce="' OR 1=1 --"), fact(nonce=7), fact(kind="present"), fact(kind=["arrive"]), fact(entry="1"),
        fact(entry=-1), fact(entry=2**63), fact(entry=1.0), fact(session=None), fact(made="2026"), fact(made=10**14),
        fact(offset="0"), fact(known=-1), fact(way="paste"), fact(kind="void"), fact(kind="void", of="x"),
        fact(made=float("nan")), fact(offset=1e300), fact(offset=float("-inf")), {"nonce": NONCE},
    ],
)  # fmt: skip
def test_a_fact_of_wrong_types_is_refused(wrong):
    with pytest.raises(Refusal):
        read_fact(wrong)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["device", "now", "facts", "nonce", "kind"]) | st.text(), inner)))  # fmt: skip
def test_whatever_comes_is_read_or_refused(value):
    with contextlib.suppress(Refusal):
        read_batch(value)


# --- hours --------------------------------------------------------------------------------------------------------


@pytest.mark.req("B-03")
@pytest.mark.parametrize(
    "wrong_by", [dt.timedelta(hours=3), dt.timedelta(hours=-7), dt.timedelta(days=2), dt.timedelta(0)]
)
def test_a_wrong_clock_is_put_right_by_what_was_learned(wrong_by):
    true = at(7, 42)
    made = int((true + wrong_by).timestamp() * 1000)
    one = read_fact(fact(made=made, offset=int(-wrong_by.total_seconds() * 1000)))
    # Put right in between by the network: what is learned at the delivery says another thing, what was learned before counts.
    assert possible_hours(one, 0)[0] == true
    assert moment(one.made_ms) == true + wrong_by  # what the device's clock said is kept


@pytest.mark.req("B-03")
def test_a_clock_that_fell_back_to_1970_is_put_right_by_what_is_learned_at_the_delivery():
    true = at(7, 42)
    one = read_fact(fact(made=5_000, offset=0))
    offset_now = int(true.timestamp() * 1000) - 5_000
    assert possible_hours(one, offset_now) == [moment(5_000), true]
    assert possible_hours(read_fact(fact(made=5_000, offset=None)), offset_now) == [true]


# --- two sides ----------------------------------------------------------------------------------------------------


@pytest.mark.req("B-03")
def test_present_on_one_and_absent_on_the_other_contradict():
    came, absent = sided(1, FactKind.ARRIVE, at(7, 40), 1), sided(2, FactKind.ABSENT, at(8, 10), 2)
    assert contradictions([came, absent]) == [(ConflictReason.ABSENT, came, absent)]
    whole = sided(3, FactKind.WHOLE, at(10), 1)
    assert contradictions([absent, whole]) == [(ConflictReason.ABSENT, whole, absent)]
    left = sided(4, FactKind.LEAVE, at(10), 1)
    assert contradictions([absent, left]) == [(ConflictReason.ABSENT, left, absent)]


def test_an_arrival_after_the_absence_is_no_contradiction():
    absent, came = sided(1, FactKind.ABSENT, at(7, 40), 1), sided(2, FactKind.ARRIVE, at(8, 10), 2)
    left = sided(3, FactKind.LEAVE, at(10), 2)
    assert contradictions([absent, came, left]) == []


@pytest.mark.req("B-03")
def test_a_departure_before_any_arrival_contradicts_the_other_sides_arrival():
    left, came = sided(1, FactKind.LEAVE, at(8), 1), sided(2, FactKind.ARRIVE, at(9), 2)
    assert contradictions([left, came]) == [(ConflictReason.ORDER, left, came)]
    assert contradictions([left, came, sided(3, FactKind.ARRIVE, at(7, 45), 1)]) == []  # came, left, came again


def test_one_side_does_not_contradict_itself_nor_what_it_had_seen():
    assert contradictions([sided(1, FactKind.ARRIVE, at(7, 40), 1), sided(2, FactKind.ABSENT, at(8), 1)]) == []
    seen = sided(2, FactKind.ABSENT, at(8), 0, learned=at(8), known=at(8))
    came = sided(1, FactKind.ARRIVE, at(7, 40), 1, learned=at(7, 41))
    assert contradictions([came, seen]) == []  # the clerk at the desk saw the arrival and overruled it


@pytest.mark.req("B-03", "B-01")
def test_of_two_devices_the_earliest_arrival_and_the_latest_departure_count_in_whatever_order():
    facts = [
        Fact(FactKind.ARRIVE, at(7, 40)), Fact(FactKind.ARRIVE, at(7, 45)), Fact(FactKind.LEAVE, at(10, 50)),
        Fact(FactKind.LEAVE, at(10, 55)),
    ]  # fmt: skip
    found = set()
    for order in itertools.permutations(facts):
        covered = stretches(order, SESSION)
        found.add((min(start for start, _ in covered), max(end for _, end in covered), standing(order, SESSION)[0]))
    assert found == {(at(7, 40), at(10, 55), Standing.LEFT)}


kinds = st.sampled_from([FactKind.ARRIVE, FactKind.LEAVE, FactKind.WHOLE, FactKind.ABSENT])
sided_facts = st.lists(st.tuples(kinds, st.integers(0, 240), st.integers(0, 3)), max_size=8)


@given(sided_facts, st.randoms())
def test_contradictions_do_not_depend_on_the_order(rows, random):
    facts = [
        sided(number, kind, at(7) + dt.timedelta(minutes=minute), side)
        for number, (kind, minute, side) in enumerate(rows)
    ]
    mixed = facts.copy()
    random.shuffle(mixed)
    assert contradictions(facts) == contradictions(mixed)
    for one in contradictions(facts):
        assert one.first.side != one.second.side


# --- codes --------------------------------------------------------------------------------------------------------


@pytest.mark.req("B-03")
def test_a_device_knows_a_card_again_and_cannot_print_one():
    key, salt = b"k" * 32, b"device"
    card = codes.personal_code(key, 12)
    known = codes.card_digest(salt, card)
    assert codes.card_digest(salt, card.lower().replace("-", " ")) == known
    assert codes.card_digest(salt, codes.personal_code(b"x" * 32, 12)) != known
    assert codes.card_digest(b"another", card) != known


def test_the_key_of_a_line_checks_the_live_codes_of_that_line_alone():
    key = b"k" * 32
    code = codes.live_code(key, 12, 100)
    assert codes.read_scanned([key], code, 100 * codes.LIVE_STEP) == 12
    assert codes.live_key(key, 12) != codes.live_key(key, 13)
    forged = codes.live_code(key, 13, 100).rpartition(".")[2]
    with pytest.raises(Refusal):
        codes.read_scanned([key], f"{code.rpartition('.')[0]}.{forged}", 100 * codes.LIVE_STEP)
