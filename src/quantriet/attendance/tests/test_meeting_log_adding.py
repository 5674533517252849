"""What a log adds to what is known: always the union, never the sum, never less; the same log again adds nothing."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantriet.attendance.rules.meeting_logs.adding import Known, add_connections
from quantriet.attendance.rules.minutes import Fact, SessionTime, presence, stretches
from quantriet.attendance.vocab import FactKind
from quantriet.kit.intervals import clipped_union, seconds, unite

START = dt.datetime(2026, 11, 28, 0, 30, tzinfo=dt.UTC)
SESSION = SessionTime.of(START, START + dt.timedelta(minutes=210))


def minute(number: int) -> dt.datetime:
    return START + dt.timedelta(minutes=number)


def facts_of(known):
    return [one.fact for one in known]


moments = st.integers(-30, 260).map(minute)
intervals = st.lists(st.tuples(moments, moments).filter(lambda pair: pair[0] < pair[1]), max_size=5)
other_ways = st.lists(
    st.builds(
        lambda kind, at: Known(Fact(kind, at), is_of_log=False),
        st.sampled_from([FactKind.ARRIVE, FactKind.LEAVE]),
        st.integers(0, 209).map(minute),
    ),
    max_size=4,
)


def after(known, spans, opened=()):
    added = add_connections(known, spans, opened, SESSION).facts
    return [*known, *(Known(fact, is_of_log=True) for fact in added)]


@pytest.mark.req("B-05")
@given(st.lists(intervals, min_size=1, max_size=4))
def test_devices_and_logs_are_united_in_whatever_order(logs):
    """Several devices, several logs: presence is their union, however they are cut into files and in whatever order."""
    everything = [span for log in logs for span in log]
    wanted = seconds(clipped_union(everything, [(SESSION.start, SESSION.end)]))
    for order in (logs, logs[::-1]):
        known = []
        for log in order:
            known = after(known, log)
        assert presence(facts_of(known), SESSION) == wanted


@given(other_ways, intervals)
def test_a_log_joins_other_ways_and_never_takes_time_away(known, spans):
    had = clipped_union(stretches(facts_of(known), SESSION), [(SESSION.start, SESSION.end)])
    joined = after(known, spans)
    wanted = seconds(unite([*had, *clipped_union(spans, [(SESSION.start, SESSION.end)])]))
    # Beside a visit of one moment an arrival stands a second later: nothing more is ever lost.
    assert 0 <= wanted - presence(facts_of(joined), SESSION) <= 5


@given(other_ways, intervals, st.lists(moments, max_size=2))
def test_the_same_log_again_adds_nothing(known, spans, opened):
    once = after(known, spans, opened)
    assert add_connections(once, spans, opened, SESSION).facts == []


@given(intervals, intervals)
def test_a_longer_log_only_adds(short, more):
    first = after([], short)
    second = after(first, [*short, *more])
    assert set(facts_of(first)) <= set(facts_of(second))
    assert presence(facts_of(second), SESSION) >= presence(facts_of(first), SESSION)


def test_absent_by_the_clerk_stands():
    known = [Known(Fact(FactKind.ABSENT, minute(230)), is_of_log=False)]
    told = add_connections(known, [(minute(0), minute(200))], [], SESSION)
    assert told.is_absent
    assert not told.facts


def test_an_end_nobody_knows_is_an_arrival_until_a_later_log_tells_it():
    first = after([], [], [minute(5)])
    assert [(one.fact.kind, one.fact.at) for one in first] == [(FactKind.ARRIVE, minute(5))]
    second = after(first, [(minute(5), minute(100))])
    assert presence(facts_of(second), SESSION) == 95 * 60
