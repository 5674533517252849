"""Closing a roll, the chain of catch-ups, excuses, conduct, repeat absentees."""

import datetime as dt
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from quantriet.attendance import actions, queries
from quantriet.attendance.models import AttendanceRecord, CatchUp, ClassVerdict, ConductNote, ExcusedAbsence
from quantriet.attendance.tests.factories import (
    AFTERNOON,
    MORNING,
    add_entry,
    clock,
    duty_of,
    make_campaign,
    make_class,
    reopen,
)
from quantriet.attendance.vocab import CatchUpState, ConductKind, ExcuseState, FactKind, InvitedBy, Verdict
from quantriet.audit.models import AuditEvent
from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.models import Tally
from quantriet.campaigns.vocab import CampaignState, DutyReason, DutyState
from quantriet.classes.models import RosterEntry
from quantriet.classes.vocab import ClassState, RosterOrigin
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import today
from quantriet.notify.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(cast):
    return cast.accounts["organiser1"]


@pytest.fixture
def campaign(cast):
    return make_campaign(cast)


@pytest.fixture
def hall(cast, campaign):
    return make_class(cast, campaign, ["M1", "M2", "M3", "M7"])


def close(made, by, at=None):
    return actions.close_roll(made.study_class, by=by, at=at or clock(11))


@pytest.mark.req("R-067", "R-072", "B-02")
def test_closing_decides_about_everybody_and_follows_the_absentees(hall, by):
    actions.record_marks(
        [hall.mark("M1", FactKind.WHOLE, clock(8)), hall.mark("M2", FactKind.ARRIVE, clock(9, 5))],
        by=by,
        at=clock(9, 5),
    )
    closing = close(hall, by)
    assert (closing.present, closing.retake, closing.absent, closing.catch_ups) == (1, 1, 2, 3)
    hall.study_class.refresh_from_db()
    assert hall.study_class.state == ClassState.CLOSED
    assert AttendanceRecord.objects.count() == 4
    assert duty_of(hall, "M3").reason == DutyReason.ABSENT_UNEXCUSED
    assert duty_of(hall, "M3").sentence == (
        "Vắng cả lớp (210 phút), không có lý do nên phải học lại, theo mục 3 Hướng dẫn 26-HD/BTGTU."
    )
    link = CatchUp.objects.get(missed=hall.entries["M3"])
    assert (link.state, link.invite_before_on) == (CatchUpState.OPEN, today() + dt.timedelta(days=10))
    assert not queries.unfollowed(hall.campaign).exists()
    assert not campaign_queries.audit_ledger(hall.campaign)
    assert (
        Tally.objects.filter(reported_at__isnull=False).count() == 2
    )  # both cells reported, also the one without success
    assert AuditEvent.objects.filter(verb="roll.closed").count() == 1


def test_a_roll_is_not_closed_too_early_twice_or_in_a_draft(hall, by):
    with pytest.raises(Refusal) as early:
        close(hall, by, clock(7))
    assert early.value.code == "roll.too_early"
    with pytest.raises(Refusal) as running:
        close(hall, by, clock(10, 59))
    assert "“Buổi sáng” học đến 11:00" in running.value.sentence
    assert "Chương trình" in running.value.sentence
    close(hall, by)
    with pytest.raises(Refusal) as twice:
        close(hall, by)
    assert twice.value.code == "roll.closed"
    hall.study_class.state = ClassState.DRAFT
    hall.study_class.save()
    with pytest.raises(Refusal) as draft:
        close(hall, by)
    assert draft.value.code == "roll.not_released"


@pytest.mark.req("R-067")
def test_an_absentee_is_followed_from_class_to_class_until_done(cast, campaign, hall, by):
    close(hall, by)
    first = CatchUp.objects.get(missed=hall.entries["M1"])
    tomorrow = today() + dt.timedelta(days=1)
    second = make_class(cast, campaign, [], title="Lớp học bù 1", is_catch_up=True, day=tomorrow)
    assert actions.place_catch_up([first], second.study_class, by=by, at=clock(12)) == 1
    first.refresh_from_db()
    assert (first.state, first.placed.origin) == (CatchUpState.PLACED, RosterOrigin.CATCH_UP)
    waiting = queries.catch_up_list(CatchUp.objects.all()).filter(is_waiting=True)
    assert waiting.count() == 3

    # Absent again: the chain grows by a link, and the list shows the last link alone.
    actions.close_roll(second.study_class, by=by, at=clock(12, day=tomorrow))
    later = CatchUp.objects.get(missed=first.placed)
    assert later.duty_id == first.duty_id
    listed = queries.catch_up_list(CatchUp.objects.filter(duty=first.duty))
    assert [link.pk for link in listed] == [later.pk]

    third = make_class(cast, campaign, [], title="Lớp học bù 2", is_catch_up=True, day=tomorrow + dt.timedelta(days=1))
    actions.place_catch_up([later], third.study_class, by=by, at=clock(13, day=tomorrow))
    later.refresh_from_db()
    third.entries["M1"] = later.placed
    # While the later class is only being held, the ledger still says why the person was called to it.
    day = tomorrow + dt.timedelta(days=1)
    actions.record_marks([third.mark("M1", FactKind.ARRIVE, clock(7, 40, day))], by=by, at=clock(7, 40, day))
    assert duty_of(hall, "M1").state == DutyState.DONE
    actions.close_roll(third.study_class, by=by, at=clock(11, day=day))
    assert set(CatchUp.objects.filter(duty=first.duty).values_list("state", flat=True)) == {CatchUpState.DONE}
    assert not queries.unfollowed(campaign).exists()
    assert not campaign_queries.audit_ledger(campaign)


def test_a_later_class_being_held_does_not_wipe_out_the_earlier_verdict(cast, campaign, hall, by):
    close(hall, by)
    tomorrow = today() + dt.timedelta(days=1)
    later = make_class(cast, campaign, [], title="Học bù", times=(MORNING, AFTERNOON), day=tomorrow)
    actions.place_catch_up([CatchUp.objects.get(missed=hall.entries["M1"])], later.study_class, by=by, at=clock(12))
    later.entries["M1"] = RosterEntry.objects.get(study_class=later.study_class)
    mark = later.mark("M1", FactKind.ARRIVE, clock(8, day=tomorrow))
    (result,) = actions.record_marks([mark], by=by, at=clock(8, day=tomorrow))
    assert result.verdict == Verdict.UNDECIDED
    assert duty_of(hall, "M1").reason == DutyReason.ABSENT_UNEXCUSED


@pytest.mark.req("R-067")
def test_placing_is_refused_where_it_makes_no_sense(cast, campaign, hall, by):
    close(hall, by)
    link = CatchUp.objects.get(missed=hall.entries["M1"])
    other = make_class(
        cast, make_campaign(cast, name="Đợt khác"), [], title="Lớp đợt khác", day=today() + dt.timedelta(days=1)
    )
    with pytest.raises(Refusal) as refused:
        actions.place_catch_up([link], other.study_class, by=by, at=clock(12))
    assert refused.value.code == "catch_up.other_campaign"
    over = make_class(cast, campaign, [], title="Đã qua")
    with pytest.raises(Refusal) as refused:
        actions.place_catch_up([link], over.study_class, by=by, at=clock(12))
    assert refused.value.code == "catch_up.class_over"
    good = make_class(cast, campaign, [], title="Sắp tới", day=today() + dt.timedelta(days=1))
    actions.place_catch_up([link], good.study_class, by=by, at=clock(12))
    with pytest.raises(Refusal) as refused:
        actions.place_catch_up([link], good.study_class, by=by, at=clock(12))
    assert refused.value.code == "catch_up.placed"


def test_who_is_cancelled_out_of_a_later_class_waits_again(cast, campaign, hall, by):
    from quantriet.classes import actions as class_actions

    close(hall, by)
    link = CatchUp.objects.get(missed=hall.entries["M1"])
    later = make_class(cast, campaign, [], title="Sắp tới", day=today() + dt.timedelta(days=1))
    actions.place_catch_up([link], later.study_class, by=by, at=clock(12))
    class_actions.cancel_class(later.study_class, by=by, at=clock(13), reason="Bão")
    assert queries.catch_up_list(CatchUp.objects.filter(pk=link.pk)).get().is_waiting
    again = make_class(cast, campaign, [], title="Sau bão", day=today() + dt.timedelta(days=5))
    assert actions.place_catch_up([link], again.study_class, by=by, at=clock(13)) == 1


@pytest.mark.req("R-067")
def test_invitations_by_mail_and_on_paper(cast, campaign, hall, by, as_user):
    person = cast.people["M1"]
    person.email = "huong@example.com"
    person.save()
    close(hall, by)
    later = make_class(cast, campaign, [], title="Lớp học bù", day=today() + dt.timedelta(days=1))
    links = list(CatchUp.objects.filter(missed__in=[hall.entries["M1"], hall.entries["M2"]]))
    actions.place_catch_up(links, later.study_class, by=by, at=clock(12))
    for _ in range(2):
        count, without = actions.invite_absentees(links, way=InvitedBy.MAIL, by=by, at=clock(12))
    # M2 has no mail address but an account: told in the inbox, and the list says so.
    assert (count, without) == (2, [])
    assert dict(
        CatchUp.objects.filter(pk__in=[link.pk for link in links]).values_list("duty__person__code", "invited_by")
    ) == {
        "M1": "mail",
        "M2": "inbox",
    }
    message = Message.objects.get()
    assert "Lớp học bù" in message.subject
    assert "07:30 – 11:00" in message.body
    assert "không có lý do" in message.body
    page = as_user("organiser1").post(reverse("catch-up-print"), {"ids": [link.pk for link in links]})
    assert page.status_code == 200
    assert "Trần Văn Bình" in page.content.decode()
    assert set(CatchUp.objects.filter(pk__in=[link.pk for link in links]).values_list("invited_by", flat=True)) == {
        "print"
    }


def test_the_catch_up_list_places_in_bulk(cast, campaign, hall, by, as_user):
    close(hall, by)
    later = make_class(cast, campaign, [], title="Lớp học bù", day=today() + dt.timedelta(days=1))
    client = as_user("organiser1")
    ids = list(CatchUp.objects.values_list("pk", flat=True))
    choose = client.post(reverse("catch-up-place"), {"ids": ids})
    assert "Lớp học bù" in choose.content.decode()
    assert client.post(reverse("catch-up-place"), {"ids": ids, "study_class": later.study_class.pk}).status_code == 303
    assert RosterEntry.objects.filter(study_class=later.study_class).count() == 4
    assert client.post(reverse("catch-up-place"), {}).status_code == 303  # nobody ticked: told, not broken
    # The neighbour sees nothing of it, an inspector may only look.
    neighbour = as_user("organiser2")
    assert "Hường" not in neighbour.get(reverse("catch-up-list")).content.decode()
    neighbour.post(reverse("catch-up-print"), {"ids": ids})
    assert CatchUp.objects.filter(invited_at__isnull=False).count() == 0
    inspector = as_user("inspector")
    assert "Hường" in inspector.get(reverse("catch-up-list")).content.decode()
    assert inspector.post(reverse("catch-up-place"), {"ids": ids}).status_code == 403


def test_a_reopened_roll_mends_verdicts_and_chains(cast, hall, by):
    close(hall, by)
    reopen(cast, hall, at=clock(12))
    actions.record_marks([hall.mark("M1", FactKind.WHOLE, clock(12))], by=by, at=clock(12))
    assert CatchUp.objects.get(missed=hall.entries["M1"]).state == CatchUpState.DONE
    fact = hall.entries["M1"].facts.get()
    actions.void_mark(fact, nonce="v", by=by, at=clock(12, 5))
    assert CatchUp.objects.get(missed=hall.entries["M1"]).state == CatchUpState.OPEN
    assert ClassVerdict.objects.get(entry=hall.entries["M1"]).verdict == Verdict.ABSENT
    actions.reclose_roll(hall.study_class, by=by, at=clock(12, 10))
    with pytest.raises(Refusal):
        actions.reclose_roll(hall.study_class, by=by, at=clock(12, 10))
    hall.campaign.state = CampaignState.CLOSED
    hall.campaign.save()
    with pytest.raises(Refusal) as refused:
        actions.ask_reopening(hall.study_class, reason="Muộn rồi", by=by, at=clock(13))
    assert refused.value.code == "roll.campaign_over"


def test_recomputing_follows_a_changed_rule(hall, by):
    from quantriet.campaigns.models import RuleValue

    actions.record_marks([hall.mark("M1", FactKind.ARRIVE, clock(8, 30))], by=by, at=clock(8, 30))
    RuleValue.objects.filter(key="retake_limit_percent").update(value=20)
    actions.recompute_class(hall.study_class, by=by, at=clock(9))
    assert ClassVerdict.objects.get(entry=hall.entries["M1"]).verdict == Verdict.RETAKE
    assert duty_of(hall, "M1").reason == DutyReason.OVER_LIMIT


# --- excuses ----------------------------------------------------------------------------------------------------


@pytest.mark.req("R-066")
def test_an_approved_excuse_is_seen_and_still_owes(hall, by, cast):
    secretary = cast.accounts["secretary11"]
    excuse = actions.ask_excuse(hall.entries["M1"], session=None, reason="Nằm viện", by=secretary, at=clock(6))
    assert not ClassVerdict.objects.exists()
    actions.decide_excuse(excuse, is_approved=True, by=by, at=clock(7, 30))
    assert ClassVerdict.objects.get(entry=hall.entries["M1"]).verdict == Verdict.EXCUSED
    duty = duty_of(hall, "M1")
    assert (duty.state, duty.reason) == (DutyState.OWING, DutyReason.ABSENT_EXCUSED)
    rows = {row.entry_id: row for row in queries.roll(hall.study_class, hall.venue, hall.session).rows}
    assert rows[hall.entries["M1"].pk].words == "Vắng có lý do"
    assert close(hall, by).excused == 1
    assert CatchUp.objects.filter(missed=hall.entries["M1"]).exists()
    with pytest.raises(Refusal) as refused:
        actions.decide_excuse(excuse, is_approved=False, note="Thôi", by=by, at=clock(12))
    assert refused.value.code == "excuse.decided_already"


def test_an_excuse_after_closing_changes_the_reason_not_the_debt(hall, by):
    close(hall, by)
    excuse = actions.ask_excuse(hall.entries["M2"], session=None, reason="Đi công tác", by=by, at=clock(12))
    actions.decide_excuse(excuse, is_approved=True, by=by, at=clock(12))
    assert ClassVerdict.objects.get(entry=hall.entries["M2"]).verdict == Verdict.EXCUSED
    assert duty_of(hall, "M2").state == DutyState.OWING
    assert CatchUp.objects.filter(missed=hall.entries["M2"]).count() == 1


def test_excuses_are_asked_once_with_a_reason_and_refused_with_one(hall, by):
    entry = hall.entries["M1"]
    with pytest.raises(Refusal) as refused:
        actions.ask_excuse(entry, session=None, reason=" ", by=by, at=clock(6))
    assert refused.value.code == "excuse.reason_missing"
    excuse = actions.ask_excuse(entry, session=None, reason="Ốm", by=by, at=clock(6))
    with pytest.raises(Refusal) as refused:
        actions.ask_excuse(entry, session=None, reason="Ốm", by=by, at=clock(6))
    assert refused.value.code == "excuse.asked_already"
    with pytest.raises(Refusal) as refused:
        actions.decide_excuse(excuse, is_approved=False, by=by, at=clock(7))
    assert refused.value.code == "excuse.note_missing"
    actions.decide_excuse(excuse, is_approved=False, note="Không có giấy", by=by, at=clock(7))
    assert not ClassVerdict.objects.exists()
    actions.ask_excuse(entry, session=None, reason="Ốm, có giấy viện", by=by, at=clock(8))  # may be asked anew


def picture(size=(30, 30)) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", size, "white").save(file, "PNG")
    return file.getvalue()


@pytest.mark.req("B-18", "P-05")
@pytest.mark.parametrize(
    "name, content, reason, code",
    [
        ("giay.png", b"\x89PNG\r\n\x1a\n" + b"rubbish" * 30, "Ốm", "hỏng"),
        ("giay.exe", b"MZ\x90\x00" * 10, "Ốm", "Chỉ nhận tệp PDF hoặc ảnh"),
        ("giay.pdf", b"\x89PNG\r\n\x1a\n", "Ốm", "Chỉ nhận tệp PDF hoặc ảnh"),
        ("giay.png", None, "MẬT", "Mật"),
    ],
)
def test_a_bad_paper_or_marked_text_is_refused_and_nothing_kept(as_user, hall, name, content, reason, code):
    client = as_user("organiser1")
    form = {"session": "", "reason": reason, "paper": SimpleUploadedFile(name, content or picture())}
    page = client.post(reverse("excuse-new", args=[hall.entries["M1"].pk]), form)
    assert page.status_code == 200
    assert code.lower() in page.content.decode().lower()
    assert not ExcusedAbsence.objects.exists()


def test_a_good_paper_is_kept_and_given_back_as_an_attachment(as_user, hall):
    client = as_user("organiser1")
    form = {"session": hall.session.pk, "reason": "Ốm", "paper": SimpleUploadedFile("giấy viện.PNG", picture())}
    assert client.post(reverse("excuse-new", args=[hall.entries["M1"].pk]), form).status_code == 303
    excuse = ExcusedAbsence.objects.get()
    assert (excuse.paper_name, excuse.session) == ("giấy viện.PNG", hall.session)
    answer = client.get(reverse("excuse-paper", args=[excuse.pk]))
    assert answer["Content-Disposition"].startswith("attachment")
    assert b"".join(answer.streaming_content) == picture()
    assert as_user("organiser2").get(reverse("excuse-paper", args=[excuse.pk])).status_code == 404


def test_who_decides_on_an_excuse(as_user, hall, cast):
    excuse = actions.ask_excuse(
        hall.entries["M1"], session=None, reason="Ốm", by=cast.accounts["secretary11"], at=clock(6)
    )
    url = reverse("excuse", args=[excuse.pk])
    for username, status in (("secretary11", 403), ("inspector", 403), ("organiser2", 404), ("member10", 403)):
        assert as_user(username).post(url, {"is_approved": "yes"}).status_code == status, username
    assert as_user("secretary11").get(url).status_code == 200
    assert as_user("organiser1").post(url, {"is_approved": "yes"}).status_code == 303
    excuse.refresh_from_db()
    assert excuse.state == ExcuseState.APPROVED


# --- conduct, repeat absentees, opening ----------------------------------------------------------------------------


@pytest.mark.req("R-056", "R-073")
def test_conduct_is_recorded_with_time_and_place(hall, by, as_user):
    client = as_user("organiser1")
    form = {
        "entry": hall.entries["M2"].pk, "kind": "breach", "text": "Làm việc riêng trong giờ thảo luận",
        "day": "01/09/2026", "clock": "9h15",
    }  # fmt: skip
    assert client.post(reverse("conduct", args=[hall.study_class.pk]), form).status_code == 303
    note = ConductNote.objects.get()
    assert (note.kind, note.venue, note.at) == (ConductKind.BREACH, hall.venue, clock(9, 15, dt.date(2026, 9, 1)))
    assert AuditEvent.objects.get(verb="conduct.noted").person_id == note.person_id
    text = client.get(reverse("conduct", args=[hall.study_class.pk])).content.decode()
    assert "Làm việc riêng trong giờ thảo luận" in text
    # At the closing it stands before whoever closes the roll, to be said again with its time and place.
    closing = client.get(reverse("roll-close", args=[hall.study_class.pk])).content.decode()
    said = closing.partition('id="aloud"')[2]
    assert re.search(
        r"Trần Văn Bình.*Làm việc riêng trong giờ thảo luận.*09:15 ngày 01/09/2026, " + hall.venue.name, said
    )
    for bad, code in (({"text": ""}, 200), ({"clock": "chín giờ"}, 200), ({"day": "01/01/2099"}, 200)):
        assert client.post(reverse("conduct", args=[hall.study_class.pk]), form | bad).status_code == code
    assert ConductNote.objects.count() == 1


@pytest.mark.req("R-076")
def test_repeat_absentees_are_found_across_campaigns(cast, by, as_user):
    for number, present in enumerate((["M2"], ["M1", "M2"], ["M2"])):
        made = make_class(cast, make_campaign(cast, name=f"Đợt {number}"), ["M1", "M2", "M3", "M7"])
        marks = [made.mark(code, FactKind.WHOLE, clock(8)) for code in present]
        actions.record_marks(marks, by=by, at=clock(8))
        if number < 2:  # twice excused, once not: no repeat absentee
            excuse = actions.ask_excuse(made.entries["M7"], session=None, reason="Ốm", by=by, at=clock(8))
            actions.decide_excuse(excuse, is_approved=True, by=by, at=clock(8))
        close(made, by)
    from quantriet.org.models import Person

    found = {person.code: person.missed for person in queries.repeat_absentees(Person.objects.all())}
    assert found == {"M1": 2, "M3": 3}
    text = as_user("organiser1").get(reverse("repeat-absentees")).content.decode()
    assert "Hen Niê" in text
    assert "Vàng A Pao" not in text
    assert "Hen Niê" not in as_user("organiser2").get(reverse("repeat-absentees")).content.decode()


@pytest.mark.req("B-02")
def test_a_campaign_does_not_open_while_somebody_has_no_class(cast):
    campaign = make_campaign(cast, is_open=False)
    (problem,) = queries.problems_before_opening(campaign)
    assert (problem.count, problem.sentence) == (9, "9 người phải học chưa ở lớp nào.")
    made = make_class(cast, campaign, [f"M{number}" for number in range(1, 9)])
    assert queries.problems_before_opening(campaign)[0].count == 1
    add_entry(cast, made, "M9")
    assert queries.problems_before_opening(campaign) == []


@pytest.mark.req("B-02")
def test_nobody_falls_out_whatever_happens_to_them(cast, campaign, by):
    """done + exempt + owing = roster at every unit, and each absentee of a closed class is in a chain."""
    people = [f"M{number}" for number in range(1, 10)]
    made = make_class(cast, campaign, people)
    actions.record_marks(
        [made.mark(code, FactKind.WHOLE, clock(8)) for code in people[:3]]
        + [made.mark(people[3], FactKind.ARRIVE, clock(10))],
        by=by,
        at=clock(10),
    )
    excuse = actions.ask_excuse(made.entries[people[4]], session=None, reason="Ốm", by=by, at=clock(8))
    actions.decide_excuse(excuse, is_approved=True, by=by, at=clock(8))
    close(made, by)
    assert not campaign_queries.audit_ledger(campaign)
    owing = sum(Tally.objects.filter(campaign=campaign).values_list("owing", flat=True))
    assert owing == 6 == queries.still_owing(queries.catch_up_list(CatchUp.objects.all())).count()
    assert not queries.unfollowed(campaign).exists()
    CatchUp.objects.first().delete()
    assert queries.unfollowed(campaign).count() == 1  # the proof would see it
