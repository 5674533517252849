"""A campaign ends with its classes: it does not close over open rolls, and called off it calls off what it called to."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from quantriet.attendance import actions, queries
from quantriet.attendance.jobs import rejudge_job
from quantriet.attendance.models import CatchUp, ClassVerdict
from quantriet.attendance.tests.factories import clock, duty_of, make_campaign, make_class, reopen
from quantriet.attendance.vocab import FactKind
from quantriet.audit.models import AuditEvent
from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.models import CampaignPlan
from quantriet.campaigns.vocab import CampaignState, DutyState, PlanState
from quantriet.classes import actions as class_actions
from quantriet.classes.vocab import ClassState
from quantriet.kit.jobs import Worker
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import now, today
from quantriet.notify.models import Message

pytestmark = pytest.mark.django_db


@pytest.mark.req("B-02")
def test_campaign_with_an_open_roll_does_not_close(cast, as_user):
    by = cast.accounts["officer"]
    campaign = make_campaign(cast)
    made = make_class(cast, campaign, ["M1", "M2"])
    with pytest.raises(Refusals, match="“Lớp học tập xã Ea Tam”"):
        campaign_actions.close_campaign(campaign, by=by, at=clock(12))
    page = as_user("officer").get(reverse("campaign", args=[campaign.pk])).content.decode()
    assert "Lớp học tập xã Ea Tam" in page
    assert reverse("campaign-close", args=[campaign.pk]) not in page
    actions.close_roll(made.study_class, by=by, at=clock(13))
    campaign_actions.close_campaign(campaign, by=by, at=clock(14))
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.CLOSED


def test_campaign_with_a_reopened_roll_does_not_close(cast):
    by = cast.accounts["officer"]
    campaign = make_campaign(cast)
    made = make_class(cast, campaign, ["M1"])
    actions.close_roll(made.study_class, by=by, at=clock(12))
    reopen(cast, made, at=clock(13))
    with pytest.raises(Refusals, match="đang mở lại điểm danh"):
        campaign_actions.close_campaign(campaign, by=by, at=clock(14))
    actions.reclose_roll(made.study_class, by=by, at=clock(15))
    campaign_actions.close_campaign(campaign, by=by, at=clock(16))


@pytest.mark.req("B-02")
def test_campaign_with_an_absentee_nobody_follows_does_not_close(cast, as_user, capsys):
    from django.core.management import call_command

    by = cast.accounts["officer"]
    campaign = make_campaign(cast)
    made = make_class(cast, campaign, ["M1"])
    actions.close_roll(made.study_class, by=by, at=clock(12))
    CatchUp.objects.all().delete()
    with pytest.raises(Refusals, match="1 người vắng còn nợ mà chưa vào danh sách học bù"):
        campaign_actions.close_campaign(campaign, by=by, at=clock(14))
    with pytest.raises(SystemExit):
        call_command("audit-ledger")
    assert "1 người vắng còn nợ mà chưa vào danh sách học bù" in capsys.readouterr().out
    proof = as_user("officer").get(reverse("campaign-proof", args=[campaign.pk])).content.decode()
    assert "1 người vắng còn nợ mà chưa vào danh sách học bù" in proof


def test_closed_campaign_is_reopened_with_a_reason_and_judges_again(cast, as_user):
    by = cast.accounts["officer"]
    campaign = make_campaign(cast)
    made = make_class(cast, campaign, ["M1"])
    actions.close_roll(made.study_class, by=by, at=clock(12))
    campaign_actions.close_campaign(campaign, by=by, at=clock(13))
    ClassVerdict.objects.update(computed_at=clock(12))
    rejudge_job.call(campaign.pk, 0)
    Worker([]).run_all()
    assert not AuditEvent.objects.filter(verb="roll.recomputed").exists()
    web = as_user("officer")
    web.post(reverse("campaign-reopen", args=[campaign.pk]), {"reason": " "})
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.CLOSED
    web.post(reverse("campaign-reopen", args=[campaign.pk]), {"reason": "ghi sót kết quả"})
    campaign.refresh_from_db()
    assert (campaign.state, campaign.closed_at) == (CampaignState.OPEN, None)
    assert AuditEvent.objects.get(verb="campaign.reopened").after == {"reason": "ghi sót kết quả"}
    Worker([]).run_all()
    assert AuditEvent.objects.filter(verb="roll.recomputed").exists()


def test_cancelled_campaign_cancels_its_classes_and_tells_whoever_was_summoned(cast):
    by = cast.accounts["officer"]
    campaign = make_campaign(cast)
    released = make_class(cast, campaign, ["M1", "M2"])
    draft = make_class(cast, campaign, ["M3"], title="Lớp đang soạn", state=ClassState.DRAFT)
    person = cast.people["M1"]
    person.email = "m1@example.test"
    person.save(update_fields=["email"])
    class_actions.send_summons(released.study_class, by=by, at=clock(6))
    campaign_actions.cancel_campaign(campaign, reason="bão", by=by, at=clock(7))
    for made in (released, draft):
        made.study_class.refresh_from_db()
        assert made.study_class.state == ClassState.CANCELLED
        assert not made.study_class.roster.filter(is_running=True).exists()
    assert not queries.open_rolls(type(released.study_class).objects.all(), now()).exists()
    Worker([]).run_all()
    assert Message.objects.filter(address="m1@example.test", subject__startswith="Hủy lớp").count() == 1


def test_campaign_with_marks_is_not_cancelled(cast):
    by = cast.accounts["officer"]
    campaign = make_campaign(cast)
    made = make_class(cast, campaign, ["M1"])
    make_class(cast, campaign, ["M2"], title="Lớp khác")
    actions.record_marks([made.mark("M1", FactKind.WHOLE, clock(8))], by=None, at=clock(11))
    with pytest.raises(Refusals, match="hãy chốt điểm danh rồi khép đợt thay vì hủy"):
        campaign_actions.cancel_campaign(campaign, reason="bão", by=by, at=clock(12))
    assert list(campaign.classes.values_list("state", flat=True)) == [ClassState.RELEASED, ClassState.RELEASED]


def test_no_summons_go_out_for_a_campaign_that_does_not_run(cast):
    campaign = make_campaign(cast, is_open=False)
    made = make_class(cast, campaign, ["M1"])
    with pytest.raises(Refusal, match="không gửi giấy mời được"):
        class_actions.send_summons(made.study_class, by=None, at=clock(6))
    campaign.handed_down_at = clock(5)
    campaign.save(update_fields=["handed_down_at"])
    class_actions.send_summons(made.study_class, by=None, at=clock(6))


@pytest.mark.req("R-030")
def test_plan_without_its_only_class_waits_to_be_scheduled_again(cast):
    by = cast.accounts["officer"]
    campaign = make_campaign(cast, unit="T")
    campaign_actions.make_plans(campaign, by=by, at=now())
    first, second = (make_class(cast, campaign, [who], unit="X1", title=who) for who in ("M1", "M2"))
    campaign_actions.mark_scheduled(campaign, cast.units["X1"], at=now())

    def state() -> str:
        return CampaignPlan.objects.get(campaign=campaign, unit=cast.units["X1"]).state

    class_actions.cancel_class(first.study_class, by=by, at=now(), reason="mưa lớn")
    assert state() == PlanState.SCHEDULED
    class_actions.cancel_class(second.study_class, by=by, at=now(), reason="mưa lớn")
    assert state() == PlanState.TO_SCHEDULE


@pytest.mark.parametrize("few", [20, 0])
def test_whoever_is_obliged_again_is_judged_again(cast, few, monkeypatch):
    """Marked while struck off by mistake: back on the list the mark counts, at once for few people, for many by the queue."""
    monkeypatch.setattr("quantriet.campaigns.actions.duties._FEW", few)
    by = cast.accounts["officer"]
    campaign = make_campaign(cast)
    made = make_class(cast, campaign, ["M1", "M2"])
    struck = campaign_actions.adjust_audience(
        campaign, person=cast.people["M1"], kind="remove", reason="nhầm", by=by, at=clock(7)
    )
    campaign_actions.sync_audience(campaign, by=by, at=clock(7))
    actions.record_marks([made.mark("M1", FactKind.WHOLE, clock(8))], by=None, at=clock(11))
    actions.close_roll(made.study_class, by=None, at=clock(12))
    assert duty_of(made, "M1").state == DutyState.EXEMPT
    campaign_actions.undo_adjustment(struck, by=by, at=clock(13))
    campaign_actions.sync_audience(campaign, by=by, at=clock(13))
    assert duty_of(made, "M1").state == (DutyState.DONE if few else DutyState.OWING)
    Worker([]).run_all()
    assert duty_of(made, "M1").state == DutyState.DONE


@pytest.mark.req("R-034")
def test_change_of_form_carries_the_running_classes_along(cast, as_user):
    """Postponed and put online: one class takes the form, one is called off with the instruction as the reason."""
    by = cast.accounts["officer"]
    campaign = make_campaign(cast, unit="T")
    campaign_actions.make_plans(campaign, by=by, at=now())
    soon = today() + dt.timedelta(days=1)
    kept, off = (make_class(cast, campaign, [who], unit="X1", title=who, day=soon) for who in ("M1", "M2"))
    elsewhere = make_class(cast, campaign, ["M10"], unit="X2", title="Lớp nơi khác", day=soon)
    campaign_actions.mark_scheduled(campaign, cast.units["X1"], at=now())
    web = as_user("organiser1")
    address = reverse("campaign-form", args=[campaign.pk])
    shown = web.get(address).content.decode()
    assert "Lớp nơi khác" not in shown
    assert f"M1 – {cast.units['X1'].name}" in shown
    given = {
        "unit": cast.units["X1"].pk, "situation": "Bão số 10", "instruction": "05-CV/ĐU ngày 21/11/2026",
        "form": "online", "postponed_to": (today() + dt.timedelta(days=10)).strftime("%d/%m/%Y"),
        "change_classes": [kept.study_class.pk], "call_off_classes": [off.study_class.pk],
    }  # fmt: skip
    assert web.post(address, given | {"change_classes": [elsewhere.study_class.pk]}).status_code == 200
    assert web.post(address, given).status_code == 303
    for made in (kept, off, elsewhere):
        made.study_class.refresh_from_db()
    assert (kept.study_class.state, kept.study_class.form) == (ClassState.RELEASED, "online")
    assert off.study_class.state == ClassState.CANCELLED
    assert (elsewhere.study_class.state, elsewhere.study_class.form) == (ClassState.RELEASED, "in_person")
    assert AuditEvent.objects.get(verb="class.cancelled").after["reason"] == "Bão số 10, theo 05-CV/ĐU ngày 21/11/2026"
    assert CampaignPlan.objects.get(campaign=campaign, unit=cast.units["X1"]).state == PlanState.POSTPONED


@pytest.mark.req("R-034")
def test_postponing_never_moves_a_plan_to_an_earlier_day(cast):
    by = cast.accounts["officer"]
    campaign = make_campaign(cast, unit="T")
    campaign_actions.make_plans(campaign, by=by, at=now())
    plan = CampaignPlan.objects.get(campaign=campaign, unit=cast.units["X1"])
    late = today() + dt.timedelta(days=20)
    CampaignPlan.objects.filter(pk=plan.pk).update(state=PlanState.SCHEDULED, planned_from=late, planned_to=late)
    new = {"situation": "Bão", "instruction": "1-CV/ĐU", "form": "online", "by": by, "at": now()}
    with pytest.raises(Refusal, match="ngày hoãn đến phải sau ngày đó"):
        campaign_actions.change_form(campaign, cast.units["X1"], postponed_to=today() + dt.timedelta(days=10), **new)
    campaign_actions.change_form(campaign, cast.units["T"], postponed_to=today() + dt.timedelta(days=10), **new)
    plan.refresh_from_db()
    assert (plan.state, plan.planned_from) == (PlanState.SCHEDULED, late)
    campaign_actions.change_form(campaign, cast.units["X1"], postponed_to=late + dt.timedelta(days=5), **new)
    plan.refresh_from_db()
    assert (plan.state, plan.planned_from) == (PlanState.POSTPONED, late + dt.timedelta(days=5))


@pytest.mark.req("R-034")
def test_instruction_of_a_sibling_unit_is_not_downloaded_by_its_key(cast, as_user, settings, tmp_path):
    from django.core.files.base import ContentFile

    settings.MEDIA_ROOT = tmp_path
    by = cast.accounts["organiser1"]
    campaign = make_campaign(cast, unit="T")
    campaign_actions.make_plans(campaign, by=by, at=now())
    change = campaign_actions.change_form(
        campaign, cast.units["X1"], situation="Lũ quét", instruction="05-CV/ĐU", form="online", by=by, at=now()
    )
    change.instruction_file.save("chi-dao.pdf", ContentFile(b"%PDF-"), save=True)
    address = reverse("campaign-form-file", args=[campaign.pk, change.pk])
    assert as_user("organiser2").get(address).status_code == 404
    assert as_user("organiser1").get(address).status_code == 200
    assert as_user("officer").get(address).status_code == 200
