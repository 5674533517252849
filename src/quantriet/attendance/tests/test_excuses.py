"""Excuses are evidence: they stay, count from the beginning of the session, and an approval can be taken back."""

import pytest
from django.urls import reverse

from quantriet.attendance import actions
from quantriet.attendance.models import CatchUp, ClassVerdict, ExcusedAbsence
from quantriet.attendance.tests.factories import clock, duty_of, make_campaign, make_class
from quantriet.attendance.vocab import ExcuseState, Verdict
from quantriet.audit.models import AuditEvent
from quantriet.campaigns.models import Tally
from quantriet.campaigns.vocab import DutyReason, DutyState
from quantriet.classes import actions as class_actions
from quantriet.classes.vocab import ClassState
from quantriet.kit.jobs import Worker
from quantriet.kit.refusal import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(cast):
    return cast.accounts["organiser1"]


@pytest.fixture
def hall(cast):
    return make_class(cast, make_campaign(cast), ["M1", "M2"])


def excused(made, by, at):
    excuse = actions.ask_excuse(made.entries["M1"], session=None, reason="Nằm viện", by=by, at=clock(6))
    return actions.decide_excuse(excuse, is_approved=True, by=by, at=at)


def owes_because(made):
    duty = duty_of(made, "M1")
    assert duty.state == DutyState.OWING
    return duty.reason


@pytest.mark.req("R-066", "B-08")
def test_an_approval_before_the_session_reports_nothing_and_counts_at_the_close(hall, by):
    excused(hall, by, clock(6))
    assert owes_because(hall) == DutyReason.NOT_YET
    assert not Tally.objects.filter(campaign=hall.campaign, reported_at__isnull=False).exists()
    actions.close_roll(hall.study_class, by=by, at=clock(12))
    assert owes_because(hall) == DutyReason.ABSENT_EXCUSED


def test_a_line_with_an_excuse_and_its_session_are_not_removed(hall, by):
    excused(hall, by, clock(6))
    with pytest.raises(Refusal) as refused:
        class_actions.remove_many_from_roster(
            [hall.entries["M1"]], hall.study_class, by=by, at=clock(6, 30), reason="Chuyển lớp"
        )
    assert refused.value.code == "roster.excused"
    class_actions.reopen_class(hall.study_class, by=by, at=clock(6, 30))
    ExcusedAbsence.objects.update(session=hall.session)
    with pytest.raises(Refusal) as refused:
        class_actions.remove_session(hall.session, by=by, at=clock(6, 30))
    assert refused.value.code == "session.excused"
    assert ExcusedAbsence.objects.count() == 1


@pytest.mark.req("R-066", "B-02")
@pytest.mark.parametrize("step", ["cancel", "reopen"])
def test_a_class_called_off_leaves_no_sentence_of_its_excuse_in_the_ledger(hall, by, step):
    excused(hall, by, clock(8))  # the session has begun
    assert owes_because(hall) == DutyReason.ABSENT_EXCUSED
    if step == "cancel":
        class_actions.cancel_class(hall.study_class, by=by, at=clock(8, 30), reason="Mưa lớn")
    else:
        class_actions.reopen_class(hall.study_class, by=by, at=clock(8, 30))
    Worker([]).run_all()
    assert owes_because(hall) == DutyReason.NOT_YET
    assert "Nằm viện" not in duty_of(hall, "M1").sentence
    assert ClassVerdict.objects.get(entry=hall.entries["M1"]).verdict == Verdict.UNDECIDED
    assert ExcusedAbsence.objects.get().state == ExcuseState.APPROVED
    hall.study_class.refresh_from_db()
    assert hall.study_class.state in (ClassState.CANCELLED, ClassState.DRAFT)


@pytest.mark.req("R-066")
def test_an_approval_in_error_is_taken_back_with_the_reason(hall, by):
    excuse = excused(hall, by, clock(8))
    actions.close_roll(hall.study_class, by=by, at=clock(12))
    with pytest.raises(Refusal) as refused:
        actions.take_back_approval(excuse, reason=" ", by=by, at=clock(13))
    assert refused.value.code == "excuse.reason_missing"
    actions.take_back_approval(excuse, reason="Duyệt nhầm người", by=by, at=clock(13))
    assert (excuse.state, excuse.decision_note) == (ExcuseState.REFUSED, "Duyệt nhầm người")
    assert owes_because(hall) == DutyReason.ABSENT_UNEXCUSED
    assert CatchUp.objects.filter(missed=hall.entries["M1"]).count() == 1
    assert AuditEvent.objects.get(verb="excuse.taken_back").after["reason"] == "Duyệt nhầm người"
    with pytest.raises(Refusal) as refused:
        actions.take_back_approval(excuse, reason="Lần nữa", by=by, at=clock(13))
    assert refused.value.code == "excuse.not_approved"


def test_the_page_takes_an_approval_back_for_who_approves(hall, by, as_user):
    excuse = excused(hall, by, clock(8))
    url = reverse("excuse", args=[excuse.pk])
    assert 'name="reason"' in as_user("organiser1").get(url).content.decode()
    assert 'name="reason"' not in as_user("inspector").get(url).content.decode()
    assert as_user("inspector").post(url, {"reason": "Thử"}).status_code == 403
    assert as_user("organiser1").post(url, {"reason": ""}).status_code == 200
    assert as_user("organiser1").post(url, {"reason": "Duyệt nhầm"}).status_code == 303
    excuse.refresh_from_db()
    assert excuse.state == ExcuseState.REFUSED


def test_the_page_says_when_the_remark_is_needed_and_what_a_refusal_leaves_open(hall, by, as_user):
    excuse = actions.ask_excuse(hall.entries["M1"], session=None, reason="Ốm", by=by, at=clock(7))
    url = reverse("excuse", args=[excuse.pk])
    page = as_user("organiser1").get(url).content.decode()
    assert "Ý kiến (bắt buộc khi không đồng ý)" in page
    assert "(không bắt buộc)" not in page
    assert ">Duyệt xin vắng</h2>" in page
    again = reverse("excuse-new", args=[hall.entries["M1"].pk])
    assert again not in page
    actions.decide_excuse(excuse, is_approved=False, note="Thiếu giấy", by=by, at=clock(8))
    assert again in as_user("organiser1").get(url).content.decode()
    page = as_user("inspector").get(url).content.decode()  # sees, and asks for nobody
    assert "xin vắng lại" in page
    assert again not in page
    actions.ask_excuse(hall.entries["M1"], session=None, reason="Có giấy viện", by=by, at=clock(9))
    assert again not in as_user("organiser1").get(url).content.decode()
