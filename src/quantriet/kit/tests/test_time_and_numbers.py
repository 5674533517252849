import datetime as dt
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantriet.kit import intervals, numbers, time

T0 = dt.datetime(2026, 1, 12, tzinfo=dt.UTC)
MINUTES = st.integers(0, 600)
SPANS = st.lists(st.tuples(MINUTES, MINUTES), max_size=12)


def span(start: int, end: int) -> tuple[dt.datetime, dt.datetime]:
    return T0 + dt.timedelta(minutes=start), T0 + dt.timedelta(minutes=end)


@pytest.mark.parametrize(
    "text, day", [("9/3/2026", (2026, 3, 9)), (" 01-12-2026 ", (2026, 12, 1)), ("25.12.2026", (2026, 12, 25))]
)
def test_parse_day_reads_day_first(text, day):
    assert time.parse_day(text) == dt.date(*day)


@pytest.mark.parametrize("text", ["", "31/02/2026", "13/13/2026", "2026", "1/2/26x"])
def test_parse_day_knows_what_is_no_date(text):
    assert time.parse_day(text) is None


@pytest.mark.parametrize(
    "text, clock", [("07:30", dt.time(7, 30)), ("7h30", dt.time(7, 30)), ("7h", dt.time(7)), ("13g05", dt.time(13, 5))]
)
def test_parse_clock(text, clock):
    assert time.parse_clock(text) == clock


def test_moments_are_shown_on_a_vietnamese_clock():
    assert time.show_moment(dt.datetime(2026, 1, 11, 23, 5, tzinfo=dt.UTC)) == "06:05 ngày 12/01/2026"
    assert time.start_of(dt.date(2026, 1, 12)) == dt.datetime(2026, 1, 11, 17, tzinfo=dt.UTC)


def test_age_counts_completed_years():
    assert time.age_on(dt.date(1958, 3, 9), dt.date(2026, 3, 8)) == 67
    assert time.age_on(dt.date(1958, 3, 9), dt.date(2026, 3, 9)) == 68


def test_numbers_in_vietnamese_form():
    assert numbers.show_number(4412) == "4.412"
    assert numbers.show_number(Decimal("1234567.55"), 1) == "1.234.567,6"
    assert numbers.show_percent(95, 210) == "45,2%"
    assert numbers.show_percent(1, 2) == "50,0%"
    assert numbers.show_percent(3, 0) == "–"


def test_a_share_that_is_not_whole_never_shows_as_whole():
    assert numbers.show_percent(99_999, 100_000) == "99,9%"
    assert numbers.show_percent(100_000, 100_000) == "100%"
    assert numbers.show_share(Decimal("99.96")) == "99,9%"
    assert numbers.printed_share(9_996, 10_000) == Decimal("99.9")


def test_a_share_that_is_something_never_shows_as_nothing():
    assert numbers.show_percent(4, 10_000) == "0,1%"
    assert numbers.show_percent(0, 10_000) == "0%"
    assert numbers.show_share(0.04) == "0,1%"
    assert numbers.show_percent(4, 10_000, 2) == "0,04%"


@given(st.integers(0, 5000), st.integers(1, 5000))
def test_shares_have_one_decimal_save_all_and_nothing(part, rest):
    shown = numbers.show_percent(part, part + rest)
    assert (shown == "0%") == (part == 0)
    assert shown != "100%"
    assert part == 0 or re.fullmatch(r"\d{1,2},\d%", shown)
    assert shown == numbers.show_share(numbers.printed_share(part, part + rest))


@given(SPANS, SPANS)
def test_union_is_clipped_sorted_and_measured_like_minute_sets(present, sessions):
    def minutes(spans):
        return {minute for start, end in spans for minute in range(start, end)}

    united = intervals.clipped_union([span(*one) for one in present], [span(*one) for one in sessions])
    assert intervals.seconds(united) == 60 * len(minutes(present) & minutes(sessions))
    assert all(first[1] < second[0] for first, second in zip(united, united[1:], strict=False))
