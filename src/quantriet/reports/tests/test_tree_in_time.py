"""B-07: after a merger last year's report re-renders on last year's tree, the new unit shows one continuous series, totals agree."""

import datetime as dt
import itertools

import pytest
import time_machine
from django.urls import reverse

from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.models import DutyChange, StudyCampaign, StudyDuty, Tally, TallyDay
from quantriet.campaigns.tests import factories
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import VIETNAM, now
from quantriet.org import actions as org_actions
from quantriet.org.models import Unit
from quantriet.org.rules.events import Change, Part
from quantriet.org.tests.factories import an_account
from quantriet.reports import actions, queries
from quantriet.reports.vocab import Figures

pytestmark = pytest.mark.django_db
_numbers = itertools.count(1678)
BEFORE, REFORM = dt.date(2026, 1, 20), dt.date(2026, 3, 1)


def clock(month: int, day: int, hour: int = 9) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, tzinfo=VIETNAM)


def settle(campaign, *codes):
    duties = StudyDuty.objects.filter(campaign=campaign, person__code__in=codes)
    campaign_actions.settle_duties([factories.done(duty) for duty in duties], by=None, at=now())


def reform(cast, *changes, day=REFORM):
    decision = org_actions.draft_decision(
        unit=cast.units["T"], number=f"{next(_numbers)}-QĐ/TU", decided_on=day, effective_on=day, changes=changes, by=cast.officer, at=now(),
    )  # fmt: skip
    return org_actions.confirm_decision(decision, revision=decision.revision, by=cast.accounts["admin"], at=now())


MERGER = (
    Change("merge", ("X1", "X2"), (Part("X9", "Đảng ủy xã Ea Ngần", "DANG_UY_XA", "T"),)),
    Change("merge", ("CB11", "CB21"), (Part("CB91", "Chi bộ thôn Liên Kết", "CHI_BO", "X9"),)),
)


@pytest.fixture
def last_year(cast):
    """A campaign run and closed before the merger of two communes and of two of their cells."""
    with time_machine.travel(clock(1, 5), tick=False):
        campaign = factories.open_campaign(cast.units["T"], cast.officer)
        for model in (StudyDuty, DutyChange, Tally, TallyDay):  # presence, without the classes that prove it
            model.objects.filter(campaign=campaign).update(kind="attend")
        StudyCampaign.objects.filter(pk=campaign.pk).update(duty_kinds=["attend"])
    with time_machine.travel(clock(1, 10), tick=False):
        settle(campaign, "M1", "M2", "M7", "M10")
    with time_machine.travel(clock(1, 25), tick=False):
        settle(campaign, "M3")
        StudyCampaign.objects.filter(pk=campaign.pk).update(state="closed", closed_at=now())
    campaign.refresh_from_db()
    return campaign


def rows(campaign, unit, at):
    board = campaign_queries.board(campaign, unit, "attend", at)
    return {row.unit.code: (row.unit.name, row.count.done, row.count.owing) for row in board.rows}, board.total


@pytest.mark.req("B-07")
def test_last_years_report_stands_on_last_years_tree_and_totals_agree(cast, last_year):
    top = cast.units["T"]
    with time_machine.travel(clock(2, 1), tick=False):
        first = actions.draft_report(last_year, top, by=cast.officer, at=now(), day=BEFORE)
        wanted, total = rows(last_year, top, campaign_queries.as_of(BEFORE))
    with time_machine.travel(clock(3, 2), tick=False):
        reform(cast, *MERGER)
        then, now_mapped = campaign_queries.as_of(BEFORE), campaign_queries.as_of(BEFORE, todays_tree=True)
        found, same = rows(last_year, top, then)
        assert found == wanted == {
            "X1": ("Đảng ủy xã Ea Tam", 3, 6), "X2": ("Đảng ủy xã Suối Ngần", 1, 1),
            "DN": ("Đảng ủy khối doanh nghiệp Tân Lĩnh", 0, 1),
        }  # fmt: skip
        assert same == total
        mapped, sums = rows(last_year, top, now_mapped)
        assert mapped == {"X9": ("Đảng ủy xã Ea Ngần", 4, 7), "DN": ("Đảng ủy khối doanh nghiệp Tân Lĩnh", 0, 1)}
        assert sums == total
        again = queries.figures(last_year, top, then)
        kept = Figures.from_json(first.figures)
        assert again.units == kept.units
        assert again.people == kept.people
        assert again.silent == kept.silent
        assert again.as_of == f"{kept.as_of}, theo cơ cấu tổ chức ngày đó"
        today_says = queries.figures(last_year, top, now_mapped)
        assert today_says.people == kept.people
        assert [row.name for row in today_says.units] == ["Đảng ủy khối doanh nghiệp Tân Lĩnh", "Đảng ủy xã Ea Ngần"]
        assert campaign_queries.audit_ledger(last_year) == []


@pytest.mark.req("B-07")
def test_the_new_unit_shows_one_continuous_series(cast, last_year):
    with time_machine.travel(clock(3, 2), tick=False):
        reform(cast, *MERGER)
        made = Unit.objects.get(code="X9")
        days = campaign_queries.progress(last_year, made, "attend")
        assert [point for point in days if point[1]] == [
            (dt.date(2026, 1, 10), 4), (dt.date(2026, 1, 25), 5), (dt.date(2026, 3, 2), 5),
        ]  # fmt: skip
        names = campaign_queries.names(last_year, made, "attend")
        assert names.count() == 11
        cell = Unit.objects.get(code="CB91")
        assert campaign_queries.board(last_year, cell, "attend").total.roster == 8
        then = campaign_queries.as_of(BEFORE)
        for code, number in (("CB11", 6), ("CB12", 3), ("CB21", 2), ("X1", 9), ("X2", 2), ("T", 12)):
            unit = Unit.objects.get(code=code)
            assert campaign_queries.board(last_year, unit, "attend", then).total.roster == number, code
            assert campaign_queries.names(last_year, unit, "attend", then).count() == number, code


@pytest.mark.req("B-07")
def test_scope_follows_the_date(cast, last_year, client):
    with time_machine.travel(clock(3, 2), tick=False):
        an_account("xa-moi", "organiser", cast.units["X1"])
        reform(cast, *MERGER)
        # The right went over to the successor: today one node, on the day of then the two it came from.
        client.force_login(type(cast.officer).objects.get(username="xa-moi"))
        address = reverse("campaign-board", args=[last_year.pk])
        page = client.get(address).content.decode()
        assert "Chi bộ thôn Liên Kết" in page
        page = client.get(address, {"as_of": "2026-01-20"}).content.decode()
        assert "Đảng ủy xã Ea Tam" in page
        assert "Cơ cấu" in page
        first = client.get(address, {"as_of": "2026-01-20", "unit": cast.units["X2"].pk}).content.decode()
        assert "Chi bộ thôn Thượng" in first
        assert client.get(address, {"as_of": "2026-01-20", "unit": cast.units["DN"].pk}).status_code == 404
        page = client.get(address, {"as_of": "2026-01-20", "tree": "today"}).content.decode()
        assert "Đảng ủy xã Ea Ngần" in page
        for name in ("campaign-names", "campaign-silent"):
            assert client.get(reverse(name, args=[last_year.pk]), {"as_of": "2026-01-20"}).status_code == 200


@pytest.mark.req("P-01")
def test_running_work_follows_at_once(cast):
    with time_machine.travel(clock(2, 1), tick=False):
        campaign = factories.open_campaign(cast.units["T"], cast.officer)
        settle(campaign, "M1", "M10")
    with time_machine.travel(clock(3, 2), tick=False):
        reform(cast, *MERGER)
        cell = Unit.objects.get(code="CB91")
        owing = StudyDuty.objects.filter(campaign=campaign, state="owing", unit=cell)
        assert owing.count() == 6
        assert StudyDuty.objects.filter(campaign=campaign, state="done", unit=cast.units["CB11"]).count() == 1
        assert campaign_queries.audit_ledger(campaign) == []
        board = campaign_queries.board(campaign, cast.units["T"], "read")
        assert (board.total.done, board.total.owing) == (2, 10)
        plans = {plan.unit.code: plan.parent for plan in campaign.plans.select_related("unit", "parent")}
        assert set(plans) == {"X9", "DN", "CS1"}
        for tally in Tally.objects.select_related("unit"):
            assert tally.path == tally.unit.path


def test_a_running_campaign_keeps_its_organiser_and_its_people(cast):
    with time_machine.travel(clock(2, 1), tick=False):
        factories.open_campaign(cast.units["X1"], cast.officer, name="Đợt của xã")
    with time_machine.travel(clock(3, 2), tick=False):
        with pytest.raises(Refusal) as refusal:
            reform(cast, *MERGER)
        assert "“Đợt của xã” do Đảng ủy xã Ea Tam tổ chức đang thực hiện" in refusal.value.sentence
        with pytest.raises(Refusal) as refusal:
            reform(cast, Change("move", ("CB12",), parent="X2"))
        assert "có 3 người ở đơn vị chuyển ra ngoài" in refusal.value.sentence


def test_a_decision_on_which_results_rest_is_not_taken_back(cast):
    with time_machine.travel(clock(2, 1), tick=False):
        campaign = factories.open_campaign(cast.units["T"], cast.officer)
    with time_machine.travel(clock(3, 2), tick=False):
        decision = reform(cast, *MERGER)
    with time_machine.travel(clock(3, 3), tick=False):
        other = decision
        settle(campaign, "M3")
        assert "1 kết quả học tập đã ghi ở đơn vị mới." in org_actions.what_rests_on(other)
        StudyDuty.objects.filter(campaign=campaign, person__code="M3").update(settled_at=clock(2, 2))
        org_actions.ask_reversal(other, by=cast.accounts["admin"], at=now(), reason="Ghi nhầm")
        org_actions.reverse_decision(other, by=cast.officer, at=now())
        assert StudyDuty.objects.filter(campaign=campaign, state="owing", unit=cast.units["CB11"]).count() == 5


@pytest.mark.req("P-02")
def test_report_numbers_begin_anew_with_the_term(cast):
    from quantriet.reports.rules import numbering

    assert numbering.next_number(["08-BC/ĐU"], "ĐU") == "09-BC/ĐU"
    assert numbering.next_number([], "ĐU", begins_anew=True) == "01-BC/ĐU"
    unit = cast.units["T"]
    org_actions.add_term(
        unit=unit, name="Nhiệm kỳ 2025–2030", valid_from=dt.date(2025, 9, 1), valid_to=dt.date(2030, 8, 31), by=cast.officer, at=now(),
    )  # fmt: skip
    with pytest.raises(Refusal) as refusal:
        org_actions.add_term(
            unit=unit, name="Nhiệm kỳ khác", valid_from=dt.date(2029, 1, 1), valid_to=dt.date(2033, 1, 1), by=cast.officer, at=now(),
        )  # fmt: skip
    assert "Trùng với Nhiệm kỳ 2025–2030" in refusal.value.sentence
