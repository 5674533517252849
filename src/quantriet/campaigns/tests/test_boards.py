"""The board: sums of tallies by child, exact at an earlier day, silent units apart from zero."""

import datetime as dt

import pytest
import time_machine

from quantriet.campaigns import actions, queries
from quantriet.campaigns.models import StudyDuty
from quantriet.campaigns.tests import factories
from quantriet.campaigns.vocab import DutyState
from quantriet.kit.time import VIETNAM, now

DAY = dt.date(2026, 1, 12)


def clock(day: int, hour: int = 9) -> dt.datetime:
    return dt.datetime(2026, 1, day, hour, tzinfo=VIETNAM)


@pytest.fixture
def running(cast):
    with time_machine.travel(clock(5), tick=False):
        return factories.open_campaign(cast.units["T"], cast.officer)


def settle(cast, campaign, code, result=factories.done):
    duty = StudyDuty.objects.get(campaign=campaign, person=cast.people[code])
    return actions.settle_duties([result(duty)], by=cast.officer, at=now())


def test_board_rolls_up_by_child(cast, running):
    with time_machine.travel(clock(8), tick=False):
        settle(cast, running, "M1")
        settle(cast, running, "M10")
    board = queries.board(running, cast.units["T"], "read")
    rows = {row.unit.code: row.count for row in board.rows if not row.is_own}
    assert (rows["X1"].done, rows["X1"].owing) == (1, 8)
    assert (rows["X2"].done, rows["X2"].owing) == (1, 1)
    assert board.total.roster == 12


@pytest.mark.req("B-08")
def test_a_silent_unit_is_apart_from_zero(cast, running):
    with time_machine.travel(clock(8), tick=False):
        settle(cast, running, "M10", factories.absent)
    rows = {row.unit.code: row for row in queries.board(running, cast.units["T"], "read").rows}
    assert rows["DN"].is_silent
    assert rows["X1"].is_silent
    assert not rows["X2"].is_silent  # it reported, and the report says zero
    assert rows["X2"].count.done == 0
    silent = queries.silent_units(running, cast.units["T"], "read")
    assert {tally.unit.code for tally in silent} == {"CB11", "CB12", "CS1"}


@pytest.mark.req("R-031")
def test_the_board_of_an_earlier_day_is_exact(cast, running):
    for day, code in [(8, "M1"), (10, "M2"), (12, "M7"), (14, "M10")]:
        with time_machine.travel(clock(day, 23), tick=False):
            settle(cast, running, code)
    with time_machine.travel(clock(20), tick=False):
        done = {
            day: queries.board(running, cast.units["T"], "read", queries.as_of(dt.date(2026, 1, day))).total.done
            for day in (4, 7, 8, 9, 10, 12, 13, 14, 20)
        }
        assert done == {4: 0, 7: 0, 8: 1, 9: 1, 10: 2, 12: 3, 13: 3, 14: 4, 20: 4}
        before = queries.board(running, cast.units["T"], "read", queries.as_of(dt.date(2026, 1, 4)))
        assert before.total.roster == 0
        then = queries.names(running, cast.units["X1"], "read", queries.as_of(DAY))
        assert then.filter(state_then=DutyState.DONE).count() == 3
        assert queries.progress(running, cast.units["T"], "read") == [
            (dt.date(2026, 1, 5), 0), (dt.date(2026, 1, 8), 1), (dt.date(2026, 1, 10), 2),
            (dt.date(2026, 1, 12), 3), (dt.date(2026, 1, 14), 4),
            (dt.date(2026, 1, 20), 4),  # flat until the day shown
        ]  # fmt: skip


@pytest.mark.req("R-030", "R-031")
def test_units_that_have_not_organised_are_known_at_a_day(cast, running):
    with time_machine.travel(clock(8), tick=False):
        actions.mark_held(running, cast.units["CB11"], at=now())
    with time_machine.travel(clock(12, 16), tick=False):
        board = queries.board(running, cast.units["T"], "read")
        assert board.sentence == "Còn 3 đơn vị chưa tổ chức, tính đến 16:00 ngày 12/01/2026."
        left = {plan.unit.code for plan in queries.unorganised(running, cast.units["T"])}
        assert left == {"X2", "DN", "CS1"}
        earlier = queries.as_of(dt.date(2026, 1, 7))
        assert queries.board(running, cast.units["T"], "read", earlier).unorganised == 4


def test_board_costs_the_same_for_few_and_many_units(cast, running, django_assert_num_queries):
    with django_assert_num_queries(7):  # one asks for kept sums
        queries.board(running, cast.units["X2"], "read")
    with django_assert_num_queries(7):
        queries.board(running, cast.units["T"], "read")
