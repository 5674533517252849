"""Figures as data, the share trained, the days of outlines and ratings, words of lists."""

import datetime as dt

import pytest

from quantriet.speakers.rules.figures import (
    SOURCE_FIGURES,
    Figure,
    TrainedShare,
    figure_on,
    is_reminded_on,
    outline_due_on,
)
from quantriet.speakers.rules.lists import read_kind, read_names, read_source, read_theory
from quantriet.speakers.vocab import ReporterKind, SourceGroup, SpeakerRuleKey, TheoryLevel

KEY = SpeakerRuleKey.TRAINED_SHARE


def day(number, month=3):
    return dt.date(2026, month, number)


@pytest.mark.req("R-111")
def test_the_nearest_and_latest_figure_holds_else_that_of_the_source():
    own = [
        (0, Figure(KEY, 85, "QĐ của tỉnh", day(1))),
        (0, Figure(KEY, 95, "QĐ về sau", day(20))),
        (1, Figure(KEY, 90, "QĐ của xã", day(10))),
        (1, Figure(SpeakerRuleKey.OUTLINE_DAYS, 5, "khác", day(1))),
    ]
    assert figure_on(dt.date(2026, 2, 1), own, KEY) == SOURCE_FIGURES[KEY]
    assert SOURCE_FIGURES[KEY].value == 80
    assert figure_on(day(5), own, KEY).value == 85
    assert figure_on(day(25), own, KEY).value == 90


@pytest.mark.req("R-111")
@pytest.mark.parametrize("both, met, lacking", [(8, True, 0), (7, False, 1), (0, False, 8)])
def test_the_share_counts_who_was_informed_and_trained(both, met, lacking):
    share = TrainedShare(10, 9, 8, both, 80, "chỉ tiêu Đề án 07-ĐA/TU")
    assert (share.is_met, share.lacking) == (met, lacking)
    sentence = share.sentence(2026)
    assert f"{both}/10" in sentence
    assert "80% theo chỉ tiêu Đề án 07-ĐA/TU" in sentence
    assert (f"còn thiếu {lacking} người" in sentence) is not met


def test_a_share_of_a_small_register_is_not_rounded_up():
    assert not TrainedShare(3, 3, 3, 2, 80, "x").is_met  # 66,7 %
    assert TrainedShare(3, 3, 3, 2, 80, "x").lacking == 1


def test_an_empty_register_says_so():
    assert "chưa có" in TrainedShare(0, 0, 0, 0, 80, "x").sentence(2026)


@pytest.mark.req("R-114")
def test_who_has_filed_nothing_is_reminded_before_on_and_after_the_due_day_until_the_report():
    held = day(20)
    due = outline_due_on(held, 3)
    assert due == day(17)
    reminded = [number for number in range(10, 25) if is_reminded_on(day(number), due_on=due, held_on=held)]
    assert reminded == [15, 17, 18, 19, 20]


def test_words_of_offices_are_understood():
    assert read_kind("BCV") is ReporterKind.REPORTER
    assert read_kind("Tuyên truyền viên") is ReporterKind.PROPAGANDIST
    assert read_kind("giảng viên") is None
    assert read_theory("Cao cấp LLCT") is None
    assert read_theory("cao cấp") is TheoryLevel.ADVANCED
    assert read_source("Bộ đội Biên phòng") is SourceGroup.BORDER
    assert read_source("MTTQ") is SourceGroup.FRONT
    assert read_names("Kinh tế; Y tế, dân số;  Kinh tế") == ["Kinh tế", "Y tế, dân số"]
