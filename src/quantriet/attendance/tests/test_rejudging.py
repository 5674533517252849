"""Verdicts follow the timetable and the rule they rest on (decision 0006)."""

import datetime as dt

import pytest
from django.urls import reverse

from quantriet.attendance import actions
from quantriet.attendance.models import ClassVerdict
from quantriet.attendance.tests.factories import clock, duty_of, make_campaign, make_class
from quantriet.attendance.vocab import FactKind
from quantriet.audit.models import AuditEvent
from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.vocab import DutyState, RuleKey
from quantriet.classes import actions as class_actions
from quantriet.classes.models import ProgrammeItem
from quantriet.classes.vocab import ItemKind
from quantriet.kit.jobs import Worker
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now, show_day

pytestmark = pytest.mark.django_db


@pytest.fixture
def hall(cast):
    return make_class(cast, make_campaign(cast), ["M1", "M2"])  # 07:30 – 11:00, 210 minutes


@pytest.fixture
def left_early(cast, hall):
    """M1 was there from 07:30 to 09:00: 90 of 210 minutes."""
    by = cast.accounts["organiser1"]
    for kind, at in ((FactKind.ARRIVE, clock(7, 30)), (FactKind.LEAVE, clock(9))):
        actions.record_marks([hall.mark("M1", kind, at)], by=by, at=clock(11))
    assert "57,1%" in sentence_of(hall)
    return hall


def sentence_of(made, code="M1"):
    return ClassVerdict.objects.get(entry=made.entries[code]).sentence


def correct(made, **hours):
    session = made.session
    session.refresh_from_db()
    given = {"title": session.title, "starts_at": session.starts_at, "ends_at": session.ends_at} | hours
    return class_actions.change_session(session, by=None, at=now(), **given)


@pytest.mark.req("B-01")
def test_the_verdict_follows_a_session_that_ended_earlier(left_early):
    assert duty_of(left_early, "M1").state == DutyState.OWING
    correct(left_early, ends_at=clock(10))
    Worker([]).run_all()
    assert "Vắng 60/150 phút (40,0%), không quá 40% nên không phải học lại" in sentence_of(left_early)
    assert duty_of(left_early, "M1").state == DutyState.DONE
    assert AuditEvent.objects.filter(verb="session.changed").count() == 1


def test_the_verdict_follows_a_break_that_was_longer(cast, left_early):
    session = left_early.session
    pause = ProgrammeItem.objects.create(
        session=session, kind=ItemKind.BREAK, starts_at=clock(10), ends_at=clock(10, 15), title="Giải lao"
    )
    class_actions.change_item(
        pause, by=None, at=now(), kind=pause.kind, title=pause.title, starts_at=clock(10), ends_at=clock(11)
    )
    Worker([]).run_all()
    assert "60/150" in sentence_of(left_early)


def test_the_verdict_follows_the_rule(cast, left_early):
    rulebook = left_early.campaign.rulebook
    campaign_actions.set_rule_value(
        rulebook, key=RuleKey.RETAKE_LIMIT_PERCENT, value=60, basis="Quy chế 2-QC/ĐU", valid_from=clock(7).date(),
        by=None, at=now(),
    )  # fmt: skip
    Worker([]).run_all()
    assert duty_of(left_early, "M1").state == DutyState.DONE
    assert AuditEvent.objects.filter(verb="roll.recomputed").count() == 1


def test_another_rule_asks_for_no_new_verdict(left_early):
    campaign_actions.set_rule_value(
        left_early.campaign.rulebook, key=RuleKey.ESSAY_DAYS, value=9, basis="Quy chế", valid_from=clock(7).date(),
        by=None, at=now(),
    )  # fmt: skip
    Worker([]).run_all()
    assert not AuditEvent.objects.filter(verb="roll.recomputed").exists()


def test_a_marked_class_keeps_its_day_and_its_sessions(left_early):
    session = left_early.session
    with pytest.raises(Refusal) as refusal:
        correct(left_early, starts_at=clock(7) + dt.timedelta(days=1), ends_at=clock(10) + dt.timedelta(days=1))
    assert refusal.value.code == "session.marked_day"
    for step in (
        lambda: class_actions.remove_session(session, by=None, at=now()),
        lambda: class_actions.add_item(
            session, by=None, at=now(), kind=ItemKind.BREAK, starts_at=clock(8), ends_at=clock(9)
        ),
    ):
        with pytest.raises(Refusal) as refusal:
            step()
        assert refusal.value.code == "class.released"


def test_a_released_class_without_a_mark_is_reopened_instead(hall):
    with pytest.raises(Refusal) as refusal:
        correct(hall, ends_at=clock(10))
    assert refusal.value.code == "class.released"


def test_hours_are_corrected_on_the_programme_page(as_user, left_early):
    client = as_user("organiser1")
    pk = left_early.study_class.pk
    page = client.get(reverse("class-programme", args=[pk])).content.decode()
    address = reverse("session", args=[pk, left_early.session.pk])
    assert address in page
    assert reverse("session-new", args=[pk]) not in page
    assert reverse("session-remove", args=[pk, left_early.session.pk]) not in client.get(address).content.decode()
    sent = {"title": "Buổi sáng", "day": show_day(clock(7).date()), "starts": "07:30", "ends": "10:00"}
    assert client.post(address, sent).status_code == 303
