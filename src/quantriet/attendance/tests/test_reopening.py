"""A closed roll is opened again by two persons."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from quantriet.attendance import actions, queries
from quantriet.attendance.models import RollReopening
from quantriet.attendance.tests.factories import clock, make_campaign, make_class, reopen
from quantriet.attendance.vocab import FactKind, ReopeningState
from quantriet.audit.models import AuditEvent
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now
from quantriet.org.tests.factories import an_account
from quantriet.org.vocab import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(cast):
    return cast.accounts["organiser1"]


@pytest.fixture
def closed(cast, by):
    made = make_class(cast, make_campaign(cast), ["M1", "M2"])
    actions.close_roll(made.study_class, by=by, at=clock(11))
    made.study_class.refresh_from_db()
    return made


def code_of(call):
    with pytest.raises(Refusal) as refused:
        call()
    return refused.value.code


def test_who_asks_does_not_decide(cast, closed, by):
    asked = actions.ask_reopening(closed.study_class, reason="Sót phiếu", by=by, at=clock(12))
    mark = [closed.mark("M1", FactKind.WHOLE, clock(12))]
    assert code_of(lambda: actions.record_marks(mark, by=by, at=clock(12))) == "mark.class_closed"
    grant = {"is_granted": True, "note": "", "at": clock(12)}
    assert code_of(lambda: actions.decide_reopening(asked, by=by, **grant)) == "reopening.same_person"
    assert (
        code_of(lambda: actions.decide_reopening(asked, by=cast.accounts["organiser2"], **grant))
        == "reopening.no_right"
    )
    secretary = cast.accounts["secretary11"]
    assert code_of(lambda: actions.decide_reopening(asked, by=secretary, **grant)) == "reopening.no_right"
    actions.decide_reopening(asked, by=cast.officer, **grant)
    actions.record_marks(mark, by=by, at=clock(12))
    line = AuditEvent.objects.get(verb="roll.reopened")
    assert (line.actor_id, line.after["asked_by"]) == (cast.officer.pk, str(by))
    assert AuditEvent.objects.get(verb="roll.reopening_asked").actor_id == by.pk
    assert code_of(lambda: actions.decide_reopening(asked, by=cast.officer, **grant)) == "reopening.decided"


def test_the_database_itself_knows_two_persons(closed, by):
    asked = actions.ask_reopening(closed.study_class, reason="Sót phiếu", by=by, at=clock(12))
    with pytest.raises(IntegrityError), transaction.atomic():
        RollReopening.objects.filter(pk=asked.pk).update(decided_by=by)
    assert (
        code_of(lambda: actions.ask_reopening(closed.study_class, reason="Nữa", by=by, at=clock(12)))
        == "roll.asked_already"
    )


def test_a_reason_is_needed_and_a_word_why_not(cast, closed, by):
    ask = actions.ask_reopening
    assert code_of(lambda: ask(closed.study_class, reason=" ", by=by, at=clock(12))) == "roll.reason_missing"
    asked = ask(closed.study_class, reason="Sót phiếu", by=by, at=clock(12))
    refuse = {"is_granted": False, "by": cast.officer, "at": clock(12)}
    assert code_of(lambda: actions.decide_reopening(asked, note=" ", **refuse)) == "reopening.note_missing"
    actions.decide_reopening(asked, note="Phiếu đã đủ", **refuse)
    assert AuditEvent.objects.get(verb="roll.reopening_refused").after["note"] == "Phiếu đã đủ"
    ask(closed.study_class, reason="Còn một phiếu nữa", by=by, at=clock(13))
    assert code_of(lambda: queries_open(cast, closed)) == "mark.class_closed"


def queries_open(cast, closed):
    actions.record_marks([closed.mark("M1", FactKind.WHOLE, clock(13))], by=cast.officer, at=clock(13))


def test_question_and_opening_expire(cast, closed, by):
    asked = actions.ask_reopening(closed.study_class, reason="Sót phiếu", by=by, at=clock(12))
    later = clock(12) + dt.timedelta(days=4)
    assert (
        code_of(lambda: actions.decide_reopening(asked, is_granted=True, note="", by=cast.officer, at=later))
        == "reopening.expired"
    )
    again = actions.ask_reopening(closed.study_class, reason="Sót phiếu", by=by, at=later)
    asked.refresh_from_db()
    assert asked.state == ReopeningState.EXPIRED
    actions.decide_reopening(again, is_granted=True, note="", by=cast.officer, at=later)
    assert queries.takes_corrections(closed.study_class.pk, at=later + dt.timedelta(days=2))
    assert not queries.takes_corrections(closed.study_class.pk, at=later + dt.timedelta(days=4))
    # Past its time it takes no marks, and is still to be closed.
    mark = [closed.mark("M1", FactKind.WHOLE, clock(12))]
    late = later + dt.timedelta(days=4)
    assert code_of(lambda: actions.record_marks(mark, by=by, at=late)) == "mark.class_closed"
    actions.reclose_roll(closed.study_class, by=by, at=late)
    again.refresh_from_db()
    assert (again.state, again.closed_at) == (ReopeningState.CLOSED, late)


def test_where_one_has_the_right_alone_the_superior_decides_and_the_page_says_so(cast, closed, by, as_user):
    second = queries.second_persons(closed.study_class, asked_by=by)
    assert (second.unit, second.is_superior) == (cast.units["T"].name, True)
    url = reverse("roll-result", args=[closed.study_class.pk])
    text = as_user("organiser1").get(url).content.decode()
    assert "không còn ai khác có quyền nên cán bộ cấp trên quyết định: officer (Tỉnh ủy Tân Lĩnh)" in text
    an_account("pho-xa", Role.ORGANISER, cast.units["X1"])
    second = queries.second_persons(closed.study_class, asked_by=by)
    assert (second.unit, second.is_superior) == (cast.units["X1"].name, False)
    assert "Người thứ hai quyết định" in as_user("organiser1").get(url).content.decode()


def test_the_second_person_is_told_on_the_first_page_and_the_asker_is_not(cast, closed, by, as_user):
    actions.ask_reopening(closed.study_class, reason="Sót phiếu", by=by, at=now())
    words = "đề nghị mở lại điểm danh chờ người thứ hai quyết định"
    assert words in as_user("officer").get("/").content.decode()
    assert words not in as_user("organiser1").get("/").content.decode()
    text = as_user("officer").get(reverse("roll-today") + "?state=asked").content.decode()
    assert closed.study_class.title in text


def test_names_of_both_stand_on_the_page(cast, closed, by, as_user):
    reopen(cast, closed, at=now())
    text = as_user("organiser1").get(reverse("roll-result", args=[closed.study_class.pk])).content.decode()
    assert "organiser1" in text
    assert "officer" in text
    assert "Đang mở lại" in text


def test_a_stranger_does_not_decide(closed, by, as_user):
    asked = actions.ask_reopening(closed.study_class, reason="Sót phiếu", by=by, at=now())
    url = reverse("roll-reopen-decide", args=[closed.study_class.pk])
    assert as_user("organiser2").post(url, {"asked": asked.pk, "decision": "yes"}).status_code == 404
    assert as_user("secretary11").post(url, {"asked": asked.pk, "decision": "yes"}).status_code in (403, 404)
    asked.refresh_from_db()
    assert asked.state == ReopeningState.ASKED
