"""Sections, time, order, tries and the verdict of self-study, as pure rules."""

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantriet.attendance.rules import self_study as rules
from quantriet.attendance.rules.self_study import (
    MOST_WORDS,
    Check,
    PartText,
    Section,
    StudyFact,
    answered_rightly,
    changed_sections,
    cut,
    finished_sentence,
    measure_course,
    question_fault,
    read_choices,
    read_right,
    shortest_seconds,
)
from quantriet.attendance.vocab import SelfStudyStep
from quantriet.library.vocab import Audience, PartKind

START = dt.datetime(2026, 11, 20, 1, tzinfo=dt.UTC)
STEP = SelfStudyStep


def at(seconds):
    return START + dt.timedelta(seconds=seconds)


def text(pk, words=100, kind=PartKind.CORE):
    return PartText(pk, kind, " ".join([f"chữ{pk}"] * words))


texts = st.lists(
    st.builds(PartText, st.integers(1, 50), st.sampled_from(PartKind), st.text("ab ", min_size=1, max_size=900)),
    max_size=25, unique_by=lambda one: one.id,
)  # fmt: skip


@given(texts, st.integers(60, 600))
def test_every_part_stands_in_exactly_one_section_of_readable_size(parts, speed):
    sections = cut(parts, version=7, speed=speed)
    marks = [mark for one in sections for mark in one.parts]
    assert sorted(marks) == sorted(one.mark for one in parts)
    length = {one.mark: rules.syllables(one.words) for one in parts}
    for one in sections:
        size = sum(length[mark] for mark in one.parts)
        assert len(one.parts) == 1 or size <= MOST_WORDS
        assert one.seconds == shortest_seconds(size, speed) >= rules.SHORTEST_SECONDS
        assert Section.from_json(one.as_json()) == one


def test_sections_stand_in_the_order_of_a_course_with_their_titles():
    parts = [
        text(5, 20, PartKind.QUESTION), text(4, 20, PartKind.MEANING), text(3, 20, PartKind.NEW), text(1, 300), text(2, 200),
        text(6, 20, PartKind.FIGURE),
    ]  # fmt: skip
    assert [one.title for one in cut(parts, version=1, speed=240)] == [
        "Nội dung cốt lõi (1/2)", "Nội dung cốt lõi (2/2)", "Điểm mới", "Ý nghĩa đối với tôi", "Hỏi – đáp",
    ]  # fmt: skip
    assert cut(parts, version=1, speed=240, document="57-NQ/TW")[0].title == "57-NQ/TW: Nội dung cốt lõi (1/2)"


def test_every_kind_of_part_has_its_place_in_a_course():
    kinds = [kind for kinds, _label in rules.ORDER for kind in kinds]
    assert set(kinds) == set(PartKind)
    assert len(kinds) == len(PartKind)
    parts = [text(1, 20, PartKind.TASK), text(2, 20), text(3, 20, PartKind.GOAL), text(4, 20, PartKind.MEANING)]
    assert [one.title for one in cut(parts, version=1, speed=240)] == [
        "Mục tiêu", "Nội dung cốt lõi", "Ý nghĩa đối với tôi", "Việc cấp ủy cần làm",
    ]  # fmt: skip


def test_the_shortest_time_follows_the_reading_speed():
    assert shortest_seconds(240, 240) == 60
    assert shortest_seconds(241, 240) == 61
    assert shortest_seconds(1, 240) == rules.SHORTEST_SECONDS


@pytest.mark.parametrize(("seconds", "words"), [(0, "0 giây"), (26, "26 giây"), (60, "1 phút"), (85, "1 phút 25 giây")])
def test_times_are_told_in_minutes_and_seconds(seconds, words):
    assert rules.show_time(seconds) == words


def test_the_grassroots_tier_reads_the_variant_of_the_permission():
    assert rules.audience_of("grassroots", Audience.OFFICIALS) == Audience.OFFICIALS
    assert rules.audience_of("key_cadre", Audience.RURAL) == Audience.KEY_CADRE


TWO = cut([text(1, 300), text(2, 300)], version=1, speed=300)
FIRST, SECOND = TWO


def passed(section, opened, answered, step=STEP.READ):
    return [StudyFact(STEP.OPENED, section.parts, at(opened)), StudyFact(step, section.parts, at(answered))]


def test_sections_are_passed_one_after_the_other():
    course = measure_course(TWO, [], longest=1800)
    assert (course.passed, course.total, course.current.number, course.is_finished) == (0, 2, 1, False)
    course = measure_course(TWO, passed(FIRST, 0, 70), longest=1800)
    assert (course.passed, course.current.number, course.seconds, course.finished_at) == (1, 2, 70, None)
    course = measure_course(TWO, [*passed(FIRST, 0, 70), *passed(SECOND, 100, 190)], longest=1800)
    assert (course.passed, course.current, course.is_finished) == (2, None, True)
    assert (course.seconds, course.finished_at) == (160, at(190))


def test_wrong_answers_are_counted_and_pass_nothing():
    facts = [StudyFact(STEP.OPENED, FIRST.parts, at(0))]
    facts += [StudyFact(STEP.WRONG, FIRST.parts, at(second)) for second in (70, 80)]
    course = measure_course(TWO, facts, longest=1800)
    assert (course.tries, course.current.number, course.current.wrong) == (2, 1, 2)
    course = measure_course(TWO, [*facts, StudyFact(STEP.RIGHT, FIRST.parts, at(95))], longest=1800)
    assert (course.tries, course.passed, course.seconds) == (3, 1, 95)


def test_time_of_a_section_counts_up_to_the_longest():
    assert measure_course(TWO, passed(FIRST, 0, 86_400), longest=1800).seconds == 1800


def test_a_second_opening_does_not_begin_the_time_anew():
    facts = [StudyFact(STEP.OPENED, FIRST.parts, at(0)), StudyFact(STEP.OPENED, FIRST.parts, at(500))]
    (first, _second) = measure_course(TWO, facts, longest=1800).sections
    assert first.opened_at == at(0)


@pytest.mark.parametrize(("second", "left"), [(0, 60), (1, 59), (59, 1), (59.2, 1), (60, 0), (4000, 0)])
def test_an_answer_may_come_when_the_shortest_time_is_over(second, left):
    (first, _second) = measure_course(TWO, [StudyFact(STEP.OPENED, FIRST.parts, at(0))], longest=1800).sections
    assert first.seconds_left(at(second)) == left


def test_an_unopened_section_has_its_whole_time_before_it():
    (first, _second) = measure_course(TWO, [], longest=1800).sections
    assert first.seconds_left(at(0)) == FIRST.seconds


facts_made = st.lists(
    st.tuples(st.sampled_from(SelfStudyStep), st.sampled_from(TWO), st.integers(0, 5000)), max_size=12
).map(lambda rows: [StudyFact(step, section.parts, at(second)) for step, section, second in rows])


@given(facts_made, st.randoms(use_true_random=False))
def test_the_order_in_which_facts_arrive_changes_nothing(facts, dice):
    mixed = list(facts)
    dice.shuffle(mixed)
    assert measure_course(TWO, facts, longest=600) == measure_course(TWO, mixed, longest=600)


@given(facts_made)
def test_facts_twice_count_time_and_sections_once(facts):
    once, twice = measure_course(TWO, facts, longest=600), measure_course(TWO, facts + facts, longest=600)
    assert (once.passed, once.seconds, once.finished_at) == (twice.passed, twice.seconds, twice.finished_at)


@given(facts_made, facts_made)
def test_more_facts_never_take_back_what_was_passed(facts, later):
    before, after = measure_course(TWO, facts, longest=600), measure_course(TWO, facts + later, longest=600)
    assert after.passed >= before.passed
    assert after.seconds <= 600 * len(TWO)
    assert after.is_finished == (after.passed == after.total)


def test_a_new_version_asks_only_for_changed_sections():
    old = cut([text(1, 300), text(2, 300), text(3, 300)], version=1, speed=300)
    facts = list(itertools.chain(*(passed(one, 0, 100) for one in old[:2])))
    before = measure_course(old, facts, longest=1800)
    new = cut([text(1, 300), text(2, 310), text(3, 300), text(4, 300)], version=2, speed=300)
    assert changed_sections(before, new) == 3  # the second changed, the third not read yet, the fourth new
    after = measure_course(new, facts, longest=1800)
    assert [one.is_passed for one in after.sections] == [True, False, False, False]
    # Cut together otherwise, what was read stays read.
    merged = cut([text(1, 300), text(5, 50), text(2, 300)], version=3, speed=300)
    assert [one.is_passed for one in measure_course(merged, facts, longest=1800).sections] == [False, True]


ONE = Check(1, "Hạn?", ("5", "10", "15"), frozenset({2}))
SEVERAL = Check(2, "Ai?", ("Bí thư", "Chi ủy", "Khách"), frozenset({0, 1}))


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ({1: [2], 2: [0, 1]}, []),
        ({1: [2], 2: [1, 0]}, []),
        ({1: [1], 2: [0, 1]}, [1]),
        ({1: [2], 2: [0]}, [2]),
        ({1: [2], 2: [0, 1, 2]}, [2]),
        ({1: [0, 2], 2: [2]}, [1, 2]),
        ({}, [1, 2]),
    ],
)
def test_exactly_the_right_choices_are_right(answers, wrong):
    assert answered_rightly([ONE, SEVERAL], answers) == wrong
    assert (ONE.is_single, SEVERAL.is_single) == (True, False)


@pytest.mark.req("R-133")
def test_the_verdict_says_sections_minutes_days_tries_and_ground():
    facts = [
        *passed(FIRST, 0, 90),
        StudyFact(STEP.WRONG, SECOND.parts, at(86_500)),
        *passed(SECOND, 86_400, 86_520, STEP.RIGHT),
    ]
    course = measure_course(TWO, facts, longest=1800)
    assert finished_sentence(course, "Kế hoạch 15-KH/ĐU") == (
        "Tự học xong 2/2 mục trong 4 phút, từ ngày 20/11/2026 đến ngày 21/11/2026, trả lời kiểm tra 2 lượt; "
        "được tự học theo Kế hoạch 15-KH/ĐU."
    )
    one_day = measure_course(TWO, [*passed(FIRST, 0, 90), *passed(SECOND, 100, 200)], longest=1800)
    assert "trong 3 phút, ngày 20/11/2026; được" in finished_sentence(one_day, "Kế hoạch 15-KH/ĐU")
    assert finished_sentence(measure_course(TWO, facts[:2], longest=1800), "x") == ""


@given(st.text("ăê kế hoạch.", min_size=1, max_size=250))
def test_the_verdict_fits_the_ledger(basis):
    course = measure_course(TWO, [*passed(FIRST, 0, 90), *passed(SECOND, 86_400, 90_000)], longest=1800)
    assert len(finished_sentence(course, basis)) <= 400


@pytest.mark.parametrize(
    ("typed", "choices"),
    [
        ("A. 5 ngày\nB. 10 ngày", ["5 ngày", "10 ngày"]),
        ("5 ngày; 10 ngày ;15 ngày", ["5 ngày", "10 ngày", "15 ngày"]),
        ("a) Bí thư\r\nb) Chi ủy", ["Bí thư", "Chi ủy"]),
        ("1. Có\n2. Không", ["Có", "Không"]),
        ("1.200 người\n1.300 người", ["1.200 người", "1.300 người"]),  # numbers that begin like a sign
        ("", []),
    ],
)
def test_choices_are_read_as_offices_write_them(typed, choices):
    assert read_choices(typed) == choices


@pytest.mark.parametrize(
    ("typed", "places"),
    [
        ("B", [1]), ("b.", [1]), ("A, C", [0, 2]), ("1;3", [0, 2]), ("C,A", [0, 2]), ("A và B", [0, 1]), ("A,A", [0]),
        ("D", None), ("4", None), ("0", None), ("", None), ("đúng", None), ("A, x", None), ("AB", None),
    ],
)  # fmt: skip
def test_right_choices_are_read_as_offices_write_them(typed, places):
    assert read_right(typed, 3) == places


@pytest.mark.parametrize(
    ("question", "choices", "right", "field"),
    [
        ("Hạn?", ["5", "10"], [0], None),
        ("", ["5", "10"], [0], "question"),
        ("x" * 501, ["5", "10"], [0], "question"),
        ("Hạn?", ["5"], [0], "choices"),
        ("Hạn?", [str(one) for one in range(9)], [0], "choices"),
        ("Hạn?", ["5", "x" * 301], [0], "choices"),
        ("Hạn?", ["Có", "có"], [0], "choices"),
        ("Hạn?", ["5", "10"], None, "right"),
        ("Hạn?", ["5", "10"], [0, 1], "right"),
    ],
)
def test_a_faulty_question_is_told_by_its_field(question, choices, right, field):
    fault = question_fault(question, choices, right)
    assert (fault and fault[0]) == field
