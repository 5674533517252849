"""Figures of an earlier day and silent cells: what is counted is what is named and what is messaged (B-08)."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse

from quantriet.campaigns import actions, queries
from quantriet.campaigns.models import StudyDuty
from quantriet.campaigns.tests import factories
from quantriet.campaigns.web.boards import _recipients
from quantriet.kit.time import VIETNAM, now
from quantriet.org import actions as org_actions
from quantriet.org.rules.events import Change
from quantriet.org.tests.test_decisions import confirmed

pytestmark = [pytest.mark.django_db, pytest.mark.req("B-08")]


def clock(day: int, hour: int = 9) -> dt.datetime:
    return dt.datetime(2026, 1, day, hour, tzinfo=VIETNAM)


@pytest.fixture
def running(cast):
    with time_machine.travel(clock(5), tick=False):
        yield factories.open_campaign(cast.units["T"], cast.officer)


def strike(cast, campaign, *codes):
    for code in codes:
        actions.adjust_audience(
            campaign, person=cast.people[code], kind="remove", reason="chuyển đi", by=cast.officer, at=now()
        )
    actions.sync_audience(campaign, by=cast.officer, at=now())


def test_figures_of_an_earlier_day_open_into_their_names_after_a_move(cast, running, as_user):
    with time_machine.travel(clock(10), tick=False):
        org_actions.transfer_person(
            cast.people["M1"], to=cast.units["CB12"], on=clock(10).date(), by=cast.officer, at=now()
        )
        actions.sync_audience(running, by=cast.officer, at=now())
        for at in (queries.as_of(dt.date(2026, 1, 8)), queries.as_of()):
            for code in ("CB11", "CB12", "X1", "X2", "T"):
                unit = cast.units[code]
                roster = queries.board(running, unit, "read", at).total.roster
                assert queries.names(running, unit, "read", at).count() == roster, (code, at)
        earlier = queries.names(running, cast.units["CB11"], "read", queries.as_of(dt.date(2026, 1, 8)))
        assert earlier.get(person=cast.people["M1"]).unit_then == cast.units["CB11"].name
        client = as_user("officer")
        address = reverse("campaign-names", args=[running.pk]) + f"?unit={cast.units['CB11'].pk}&as_of=2026-01-08"
        assert "Nguyễn Thị Hường" in client.get(address).content.decode()


def test_names_of_an_earlier_day_stand_under_the_unit_of_that_day(cast, running):
    with time_machine.travel(clock(10), tick=False):
        confirmed(cast, Change("move", ("CB11",), parent="X2"), day=clock(10).date())
        key = cast.units["CB11"].pk
        for at, above in (
            (queries.as_of(dt.date(2026, 1, 8)), "Đảng ủy xã Ea Tam"),
            (queries.as_of(), "Đảng ủy xã Suối Ngần"),
        ):
            assert queries.superiors_of([key], cast.units["T"], at) == {key: above}


def test_silence_of_an_earlier_day_is_no_zero_though_the_people_have_left_since(cast, running, as_user):
    with time_machine.travel(clock(10), tick=False):
        strike(cast, running, "M10", "M11")
        at = queries.as_of(dt.date(2026, 1, 8))
        row = next(row for row in queries.board(running, cast.units["T"], "read", at).rows if row.unit.code == "X2")
        assert (row.cells, row.is_silent, row.count.owing) == (1, True, 2)
        silent = queries.silent_units(running, cast.units["X2"], "read", at)
        assert [one.obliged for one in silent] == [2]
        client = as_user("officer")
        page = client.get(reverse("campaign-silent", args=[running.pk]) + "?as_of=2026-01-08")
        assert cast.units["CB21"].name in page.content.decode()
        assert not queries.silent_units(running, cast.units["X2"], "read").exists()


def test_a_silent_cell_under_a_unit_that_reported_is_counted_told_and_messaged(cast, running):
    with time_machine.travel(clock(8), tick=False):
        duty = StudyDuty.objects.get(campaign=running, person=cast.people["M7"])
        actions.settle_duties([factories.done(duty)], by=cast.officer, at=now())  # CB12 reports, CB11 stays silent
    with time_machine.travel(clock(8, 10), tick=False):
        unit = cast.units["X1"]
        found = queries.board(running, unit, "read")
        silent = list(queries.silent_units(running, unit, "read").order_by("path"))
        assert [one.unit.code for one in silent] == ["CB11"]
        assert found.silent_cells == 1
        assert "1 đơn vị chưa báo cáo" in found.sentence or found.unorganised
        top = cast.units["T"]
        told = _recipients(running, top, "read", queries.as_of(), "silent")
        counted = queries.silent_units(running, top, "read")
        assert {one.pk for one in told} == {one.unit_id for one in counted}
        assert queries.board(running, top, "read").silent_cells == counted.count()


def test_a_cell_that_reported_and_whose_people_have_left_does_not_hide_a_silent_one(cast, running):
    with time_machine.travel(clock(8), tick=False):
        for code in ("M7", "M8", "M9"):
            duty = StudyDuty.objects.get(campaign=running, person=cast.people[code])
            actions.settle_duties([factories.absent(duty)], by=cast.officer, at=now())
        strike(cast, running, "M7", "M8", "M9")
    with time_machine.travel(clock(8, 10), tick=False):
        row = next(row for row in queries.board(running, cast.units["T"], "read").rows if row.unit.code == "X1")
        assert (row.cells, row.reported, row.is_silent) == (1, 0, True)


@pytest.mark.parametrize(
    ("typed", "words"), [("31/02/2026", "Lịch không có ngày “31/02/2026”"), ("01/01/2200", "Ngày 01/01/2200 chưa đến")]
)
def test_a_day_that_is_none_or_has_not_come_is_told(as_user, running, typed, words):
    page = as_user("officer").get(reverse("campaign-board", args=[running.pk]), {"as_of": typed}).content.decode()
    assert words in page
    assert "tính đến lúc này" in page
