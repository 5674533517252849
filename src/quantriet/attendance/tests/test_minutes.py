"""Minutes and verdicts on plain data."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantriet.attendance.rules.minutes import (
    Fact,
    Limit,
    SessionMinutes,
    SessionTime,
    decide,
    is_over,
    measure,
    presence,
    standing,
)
from quantriet.attendance.rules.slips import show_cell
from quantriet.attendance.vocab import FactKind, Standing, Verdict

START = dt.datetime(2026, 3, 9, 0, 30, tzinfo=dt.UTC)  # 07:30 in Vietnam
BASIS = "mục 3 Hướng dẫn 26-HD/BTGTU"
LIMIT = Limit(Decimal("40.00"), BASIS)


def at(minutes: float) -> dt.datetime:
    return START + dt.timedelta(seconds=round(minutes * 60))


def morning(length: int = 210, *breaks: tuple[int, int]) -> SessionTime:
    return SessionTime.of(at(0), at(length), [(at(start), at(end)) for start, end in breaks])


def arrive(minutes: float) -> Fact:
    return Fact(FactKind.ARRIVE, at(minutes))


def leave(minutes: float) -> Fact:
    return Fact(FactKind.LEAVE, at(minutes))


def whole(minutes: float) -> Fact:
    return Fact(FactKind.WHOLE, at(minutes))


def absent(minutes: float) -> Fact:
    return Fact(FactKind.ABSENT, at(minutes))


WHOLE = Fact(FactKind.WHOLE, at(0))
ABSENT = Fact(FactKind.ABSENT, at(0))


def judged(*facts: Fact, closed: bool = True, excused: bool = False, session: SessionTime | None = None):
    return decide([measure(facts, session or morning(), is_excused=excused)], LIMIT, is_closed=closed)


@pytest.mark.req("B-01")
@pytest.mark.parametrize(
    "facts, minutes",
    [
        ([], 0),
        ([WHOLE], 210),
        ([ABSENT], 0),
        ([arrive(20)], 190),  # an open arrival runs to the end
        ([leave(100)], 100),  # a departure without arrival begins at the start
        ([arrive(10), leave(100)], 90),
        ([arrive(10), leave(60), arrive(90), leave(120)], 80),  # out and in again
        ([arrive(-30), leave(500)], 210),  # clipped to the session
        ([arrive(10), arrive(12), leave(50), leave(55)], 45),  # two clerks: the first arrival, the last departure
        ([arrive(10), leave(30), whole(40)], 210),  # "whole session" overrules what came before it
        ([WHOLE, leave(100)], 100),  # and is cut by a later departure
        ([whole(30), leave(100), arrive(150)], 160),  # who then came back
        ([whole(220), leave(100)], 210),
        ([arrive(0), absent(50)], 0),  # a later "absent" says the arrival was wrong
        ([whole(30), absent(50)], 0),
        ([arrive(0), leave(40), absent(50), arrive(60)], 150),
        ([ABSENT, arrive(60)], 150),  # evidence of presence beats "absent"
        ([arrive(300)], 0),  # after the end
        ([leave(-10)], 0),
        ([arrive(10), leave(50), arrive(50)], 200),  # out and in at the same moment
        ([arrive(50), leave(50)], 0),  # a passing visit
    ],
)
def test_presence_is_clipped_and_united(facts, minutes):
    assert presence(facts, morning()) == minutes * 60


@pytest.mark.req("B-01")
def test_breaks_count_for_nobody():
    session = morning(210, (90, 105), (95, 110))
    assert session.planned == 190 * 60
    assert presence([WHOLE], session) == 190 * 60
    assert presence([arrive(0), leave(100)], session) == 90 * 60
    assert session.after(95 * 60) == at(115)
    assert session.after(10**6) == at(210)


@pytest.mark.req("R-072", "B-01")
def test_exactly_the_limit_is_no_retake_and_one_minute_more_is():
    exactly = judged(arrive(84))
    assert exactly.verdict == Verdict.PRESENT
    assert exactly.sentence == f"Vắng 84/210 phút (40,0%), không quá 40% nên không phải học lại, theo {BASIS}."
    more = judged(arrive(85))
    assert more.verdict == Verdict.RETAKE
    assert more.sentence == f"Vắng 85/210 phút (40,5%), quá 40% nên phải học lại, theo {BASIS}."


@pytest.mark.req("R-072")
def test_one_second_over_the_limit_is_a_retake_and_the_sentence_shows_why():
    decision = judged(Fact(FactKind.ARRIVE, at(84) + dt.timedelta(seconds=1)))
    assert decision.verdict == Verdict.RETAKE
    assert decision.sentence.startswith("Vắng 84 phút 01 giây trên 210 phút (40,01%), quá 40%")


@pytest.mark.req("B-01")
def test_the_sentences_of_the_looks():
    assert judged(arrive(95)).sentence == f"Vắng 95/210 phút (45,2%), quá 40% nên phải học lại, theo {BASIS}."
    assert judged(arrive(20)).sentence == "Có mặt 190/210 phút (90,5%), đủ thời gian."
    assert judged(WHOLE).sentence == "Có mặt 210/210 phút (100%), đủ thời gian."
    assert judged().sentence == f"Vắng cả lớp (210 phút), không có lý do nên phải học lại, theo {BASIS}."
    # Odd seconds are rounded as long as that tells the same story.
    assert judged(Fact(FactKind.ARRIVE, at(20) + dt.timedelta(seconds=17))).sentence.startswith(
        "Có mặt 190/210 phút (90,3%)"
    )


@pytest.mark.req("R-072")
def test_the_limit_is_on_time_not_on_sessions():
    long, short = morning(300), morning(60)
    missed_one_of_two = decide([measure([WHOLE], long), measure([ABSENT], short)], LIMIT, is_closed=True)
    assert missed_one_of_two.verdict == Verdict.PRESENT
    missed_the_long_one = decide([measure([ABSENT], long), measure([WHOLE], short)], LIMIT, is_closed=True)
    assert missed_the_long_one.verdict == Verdict.RETAKE


def test_an_open_roll_decides_only_what_cannot_change():
    whole, none, gone = measure([WHOLE], morning()), measure([], morning()), measure([ABSENT], morning())
    assert decide([none, none], LIMIT, is_closed=False).sentence == "Chưa điểm danh."
    undecided = decide([whole, none], LIMIT, is_closed=False)
    assert undecided.verdict == Verdict.UNDECIDED
    assert undecided.sentence == "Đã ghi có mặt 210 phút, còn 1 buổi (210 phút) chưa điểm danh nên chưa kết luận."
    assert decide([whole, whole, none], LIMIT, is_closed=False).verdict == Verdict.PRESENT
    assert decide([gone, none], LIMIT, is_closed=False).verdict == Verdict.RETAKE
    assert decide([gone, gone], LIMIT, is_closed=False).verdict == Verdict.ABSENT
    assert decide([none, none], LIMIT, is_closed=True).verdict == Verdict.ABSENT
    assert decide([], LIMIT, is_closed=True).verdict == Verdict.UNDECIDED


@pytest.mark.req("R-066")
def test_excused_is_not_exempt():
    assert judged(excused=True, closed=False).verdict == Verdict.EXCUSED
    assert judged(excused=True).sentence == (
        f"Vắng 210/210 phút (100%), có lý do được duyệt; không được miễn học nên phải học bù, theo {BASIS}."
    )
    assert judged(arrive(20), excused=True).verdict == Verdict.PRESENT  # who came after all came
    assert judged(arrive(100), excused=True).verdict == Verdict.EXCUSED  # all that was missed is excused
    excused, missed = measure([], morning(), is_excused=True), measure([ABSENT], morning())
    assert decide([excused, missed], LIMIT, is_closed=True).verdict == Verdict.ABSENT
    half = measure([arrive(120)], morning())
    assert decide([excused, half], LIMIT, is_closed=True).verdict == Verdict.RETAKE


def test_standing_is_said_in_words():
    session = morning()
    assert standing([], session) == (Standing.NONE, "Chưa điểm danh")
    assert standing([arrive(2)], session) == (Standing.PRESENT, "Có mặt từ 07:32")
    assert standing([arrive(2), leave(155)], session) == (Standing.LEFT, "Đã về lúc 10:05")
    assert standing([WHOLE], session) == (Standing.WHOLE, "Có mặt cả buổi")
    assert standing([ABSENT], session) == (Standing.ABSENT, "Vắng buổi này")
    assert standing([arrive(2), leave(60), arrive(70)], session) == (Standing.PRESENT, "Có mặt từ 08:40")


moves = st.lists(
    st.builds(
        Fact,
        st.sampled_from([FactKind.ARRIVE, FactKind.LEAVE, FactKind.WHOLE, FactKind.ABSENT]),
        st.integers(-60 * 60, 300 * 60).map(lambda seconds: START + dt.timedelta(seconds=seconds)),
    ),
    max_size=12,
)


@pytest.mark.req("B-01")
@given(moves, st.randoms(use_true_random=False))
def test_minutes_do_not_depend_on_the_order_of_delivery(facts, random):
    session = morning(210, (90, 105))
    shuffled = list(facts)
    random.shuffle(shuffled)
    assert presence(shuffled, session) == presence(facts, session)
    assert presence([*facts, *facts], session) == presence(facts, session)  # repeats add nothing
    assert 0 <= presence(facts, session) <= session.planned


@given(moves, st.integers(-30, 240))
def test_an_arrival_more_never_takes_minutes_away_from_one_who_never_left(facts, minute):
    staying = [fact for fact in facts if fact.kind != FactKind.LEAVE]
    assert presence([*staying, arrive(minute)], morning()) >= presence(staying, morning())


@pytest.mark.req("R-072")
@given(st.integers(1, 10**6), st.integers(0, 10**6), st.decimals(0, 100, places=2))
def test_the_decision_is_exact(planned, absent, percent):
    absent = min(absent, planned)
    # Integers against the schoolbook definition in exact decimals.
    assert is_over(absent, planned, percent) == (Decimal(absent) * 100 > percent * Decimal(planned))
    assert not is_over(0, planned, percent)
    assert is_over(absent + 1, planned, percent) >= is_over(absent, planned, percent)


@given(
    st.lists(
        st.tuples(st.integers(60, 20_000), st.integers(0, 20_000), st.booleans(), st.booleans()), min_size=1, max_size=5
    ),
    st.booleans(),
)
def test_a_decision_given_before_the_end_stays(rows, excused_all):
    """What an open roll decides is what the closed roll says, if the unknown sessions turn out either way."""
    sessions = [
        SessionMinutes(planned, min(present, planned) if marked else 0, marked, excused or excused_all)
        for planned, present, marked, excused in rows
    ]
    early = decide(sessions, LIMIT, is_closed=False)
    missed_rest = decide(sessions, LIMIT, is_closed=True)
    if early.verdict == Verdict.PRESENT:
        assert missed_rest.verdict == Verdict.PRESENT
    if early.verdict in (Verdict.RETAKE, Verdict.ABSENT, Verdict.EXCUSED):
        full = [
            one if one.is_marked or one.is_excused else SessionMinutes(one.planned, one.planned, True)
            for one in sessions
        ]
        assert decide(full, LIMIT, is_closed=True).verdict != Verdict.PRESENT
    assert len(early.sentence) < 400


_facts = st.lists(
    st.tuples(
        st.sampled_from([FactKind.ARRIVE, FactKind.LEAVE, FactKind.WHOLE, FactKind.ABSENT]), st.integers(-20, 230)
    ).map(lambda pair: Fact(pair[0], at(pair[1]))),
    max_size=6,
)


def test_a_coming_and_a_going_of_one_moment_cancel_each_other():
    session = morning()
    for both in ([arrive(60), leave(60)], [leave(60), arrive(60)]):
        assert standing([arrive(2), *both], session) == (Standing.PRESENT, "Có mặt từ 07:32")
        assert standing([whole(1), *both], session) == (Standing.PRESENT, "Có mặt từ 07:30")
        assert standing(both, session) == (Standing.LEFT, "Đã về lúc 08:30")


@given(_facts, st.randoms())
def test_the_order_in_which_marks_come_in_changes_nothing(facts, chance):
    mixed = list(facts)
    chance.shuffle(mixed)
    assert presence(mixed, morning()) == presence(facts, morning())
    assert standing(mixed, morning()) == standing(facts, morning())


@given(_facts)
def test_a_last_absent_leaves_nothing_and_a_last_whole_everything(facts):
    session = morning()
    assert measure([*facts, absent(230)], session) == SessionMinutes(session.planned, 0, True)
    assert standing([*facts, absent(230)], session)[0] == Standing.ABSENT
    assert presence([*facts, whole(231)], session) == session.planned
    assert standing([*facts, whole(231)], session)[0] == Standing.WHOLE


@given(st.integers(0, 209), st.integers(1, 210))
def test_a_departure_after_whole_session_cuts_it_there(ticked, gone):
    facts = [whole(ticked), leave(gone)]
    assert presence(facts, morning()) == (gone if gone > ticked else 210) * 60
    assert standing(facts, morning())[0] == (Standing.LEFT if gone > ticked else Standing.WHOLE)


def test_a_slip_shows_what_counts():
    def cell(*facts):
        return show_cell([(fact.kind, fact.at) for fact in facts], morning())

    assert (cell(WHOLE), cell(ABSENT), cell(arrive(10), absent(20))) == ("x", "v", "v")
    assert (cell(WHOLE, leave(60)), cell(arrive(15), leave(60))) == ("-08:30", "07:45-08:30")
    assert (cell(whole(30), leave(100), arrive(150)), cell(absent(5), arrive(15))) == ("160", "07:45")
