"""Invitations across levels, what both sides see, two acceptances at one time; outlines filed before the day."""

import datetime as dt

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse

from quantriet.kit.refusal import Refusal
from quantriet.kit.time import at_local, now, today
from quantriet.notify.models import Message, Notice
from quantriet.org import actions as org_actions
from quantriet.org.models import Unit
from quantriet.speakers import actions
from quantriet.speakers.actions import invitations, training
from quantriet.speakers.actions.invitations import Brought
from quantriet.speakers.models import SpeakerInvitation, SpeakerOutline
from quantriet.speakers.tests.factories import a_held_report, a_reporter, an_invitation
from quantriet.speakers.vocab import EndReason, Half, InvitationState, OutlineCheck, SpeakerRuleKey

pytestmark = pytest.mark.django_db


def refused(call, *args, **given):
    with pytest.raises(Refusal) as found:
        call(*args, **given)
    return found.value


def accept(cast, invitation, by="officer", at=None):
    return invitations.accept_invitation(invitation, by=cast.accounts[by], at=at or now())


@pytest.mark.req("R-113")
def test_a_commune_invites_a_reporter_of_the_province_and_both_sides_see_how_it_stands(cast, as_user):
    reporter = a_reporter(cast, person="M1")
    Unit.objects.filter(pk=cast.units["T"].pk).update(email="tinh@example.test")
    client = as_user("organiser1")
    day = today() + dt.timedelta(days=9)
    answer = client.post(
        reverse("speaker-invite", args=[reporter.pk]),
        {"unit": cast.units["X1"].pk, "held_on": f"{day:%d/%m/%Y}", "half": "evening", "topic": "Nghị quyết 15-NQ/TU",
         "place": "Nhà văn hóa thôn 1", "audience": "45 đảng viên"},
    )  # fmt: skip
    made = SpeakerInvitation.objects.get()
    assert answer.url == reverse("speaker-invitation", args=[made.pk])
    assert Notice.objects.get(person=cast.people["M1"]).link == f"/me/speaking/{made.pk}/"
    assert Message.objects.filter(to_unit=cast.units["T"], address="tinh@example.test").count() == 1
    phone = as_user("member1")
    assert "Nghị quyết 15-NQ/TU" in phone.get(reverse("my-speaking")).content.decode()
    assert phone.post(reverse("my-invitation", args=[made.pk]), {"answer": "decline"}).status_code == 422  # no reason
    phone.post(reverse("my-invitation", args=[made.pk]), {"answer": "accept"})
    made.refresh_from_db()
    assert (made.state, made.answered_by) == (InvitationState.ACCEPTED, cast.accounts["member1"])
    told = Notice.objects.filter(account=cast.accounts["organiser1"])
    assert [one.subject for one in told] == ["Đã nhận lời: Nghị quyết 15-NQ/TU"]
    for name, side in (("organiser1", "?side=out"), ("officer", "")):
        page = as_user(name).get(reverse("speaker-invitation-list") + side).content.decode()
        assert "Nghị quyết 15-NQ/TU" in page
    assert as_user("organiser2").get(reverse("speaker-invitation", args=[made.pk])).status_code == 404
    # Who asked does not answer for the register of the province.
    assert as_user("organiser1").get(reverse("speaker-answer", args=[made.pk])).status_code == 403


@pytest.mark.req("R-113")
def test_the_committee_declines_with_a_reason_and_who_asked_is_told(cast):
    made = an_invitation(cast, a_reporter(cast))
    assert refused(invitations.decline_invitation, made, reason=" ", by=cast.officer, at=now()).field == "reason"
    invitations.decline_invitation(made, reason="Trùng hội nghị", by=cast.officer, at=now())
    assert "Trùng hội nghị" in Notice.objects.get(account=cast.accounts["organiser1"]).body
    assert refused(accept, cast, made).code == "invitation.state"
    with pytest.raises(IntegrityError), transaction.atomic():
        SpeakerInvitation.objects.filter(pk=made.pk).update(reason="")


@pytest.mark.req("R-113")
def test_nobody_is_promised_twice_at_one_time_not_even_by_two_answers_at_one_moment(cast, monkeypatch):
    reporter = a_reporter(cast)
    other = a_reporter(cast, unit="X1")  # the same person, on the register of the commune
    first, second = an_invitation(cast, reporter), an_invitation(cast, other, unit="CB11", by="secretary11")
    accept(cast, first)
    fault = refused(accept, cast, second)
    assert fault.code == "invitation.not_free"
    # As if the other acceptance had come between the look and the write: the database refuses it all the same.
    monkeypatch.setattr(invitations.search, "hindrance", lambda *args, **given: "")
    assert refused(accept, cast, second).code == "invitation.not_free"
    second.refresh_from_db()
    assert (second.state, second.outline_due_on) == (InvitationState.ASKED, None)
    monkeypatch.undo()
    invitations.call_off_invitation(first, reason="Ốm", by=cast.officer, at=now())
    accept(cast, second)
    assert SpeakerInvitation.objects.filter(state=InvitationState.ACCEPTED).count() == 1


@pytest.mark.req("R-113")
def test_who_cannot_come_is_not_asked(cast):
    reporter = a_reporter(cast)
    day = today() + dt.timedelta(days=10)
    training.enter_busy(reporter.person, first_on=day, half=Half.MORNING, by=cast.officer, at=now())
    assert refused(an_invitation, cast, reporter).code == "invitation.not_free"
    an_invitation(cast, reporter, half=Half.EVENING)
    assert refused(an_invitation, cast, reporter, half=Half.EVENING).code == "invitation.asked_already"
    assert refused(an_invitation, cast, reporter, days=-1).field == "held_on"
    beside = a_reporter(cast, person="M10", unit="X2")
    assert refused(an_invitation, cast, beside).code == "invitation.other_branch"


def test_who_cannot_come_after_all_is_told_to_everybody_concerned_also_after_the_day(cast, monkeypatch):
    first, second = an_invitation(cast, a_reporter(cast, person="M1")), None
    accept(cast, first)
    invitations.call_off_invitation(first, reason="Đi công tác", by=cast.officer, at=now())
    assert Notice.objects.filter(person=cast.people["M1"], subject__startswith="Không đến được").count() == 1
    second = an_invitation(cast, a_reporter(cast, person="M3"))
    accept(cast, second)
    with time_machine.travel(now() + dt.timedelta(days=60)):
        reporter = second.reporter
        ended = {"valid_to": today() - dt.timedelta(days=1), "reason": EndReason.MOVED, "by": cast.officer, "at": now()}
        actions.end_reporter(reporter, **ended)  # what lies in the past does not hold it up
        # The notices go with the state: what breaks on the way leaves it as it was.
        with monkeypatch.context() as broken:
            broken.setattr(invitations.notify_actions, "send_notice", None)
            with pytest.raises(TypeError):
                invitations.call_off_invitation(second, reason="Đã mất", by=cast.officer, at=now())
        second.refresh_from_db()
        assert second.state == InvitationState.ACCEPTED
        invitations.call_off_invitation(second, reason="Đã mất", by=cast.officer, at=now())
    assert second.state == InvitationState.CALLED_OFF


def test_who_has_left_the_list_of_members_is_not_invited(cast):
    reporter = a_reporter(cast, person="M1")
    org_actions.remove_person(cast.people["M1"], by=cast.officer, at=now(), on=today(), reason="died")
    reporter.person.refresh_from_db()
    assert refused(an_invitation, cast, reporter).code == "invitation.ended"


def test_who_asked_takes_it_back_and_the_reporter_is_told(cast):
    made = an_invitation(cast, a_reporter(cast, person="M1"))
    accept(cast, made)
    invitations.withdraw_invitation(made, reason="Hoãn lớp", by=cast.accounts["organiser1"], at=now())
    assert Notice.objects.filter(person=cast.people["M1"], subject__startswith="Rút lời mời").count() == 1
    again = {"reason": "x", "by": cast.accounts["organiser1"], "at": now()}
    assert refused(invitations.withdraw_invitation, made, **again).code == "invitation.state"


# --- outlines -----------------------------------------------------------------------------------------------------------------------


def brought(tmp_path, words="ĐỀ CƯƠNG BÁO CÁO\nNăm điểm mới, số liệu của xã.", name="de-cuong.txt"):
    path = tmp_path / name
    path.write_text(words, encoding="utf-8")
    return Brought(path, name)


def slides(tmp_path, words):
    import pptx

    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = words
    path = tmp_path / "trinh-chieu.pptx"
    deck.save(path)
    return Brought(path, path.name)


@pytest.mark.req("R-114")
def test_the_outline_is_due_some_days_before_by_the_figure_of_the_unit(cast):
    made = accept(cast, an_invitation(cast, a_reporter(cast)))
    assert made.outline_due_on == made.held_on - dt.timedelta(days=3)
    training.set_speaker_rule(
        cast.units["X1"],
        SpeakerRuleKey.OUTLINE_DAYS,
        7,
        basis="Kế hoạch của xã",
        valid_from=today(),
        by=cast.officer,
        at=now(),
    )
    later = accept(cast, an_invitation(cast, made.reporter, days=20))
    assert later.outline_due_on == later.held_on - dt.timedelta(days=7)
    soon = accept(cast, an_invitation(cast, made.reporter, days=1))
    assert soon.outline_due_on == today()  # asked at the last moment


@pytest.mark.req("R-114")
def test_an_outline_is_filed_with_its_checklist_and_a_better_one_takes_its_place(cast, tmp_path, as_user):
    made = an_invitation(cast, a_reporter(cast, person="M1"))
    given = {"by": cast.accounts["member1"], "at": now(), "checks": [OutlineCheck.FIGURES]}
    assert refused(invitations.file_outline, made, file=brought(tmp_path), **given).code == "outline.not_accepted"
    accept(cast, made)
    invitations.file_outline(made, file=brought(tmp_path), **given)
    client = as_user("member1")
    deck = slides(tmp_path, "Năm điểm mới")
    answer = client.post(
        reverse("my-outline-new", args=[made.pk]),
        {"file": SimpleUploadedFile("ban-hai.txt", "Đề cương lần hai, có ảnh".encode()),
         "slides": SimpleUploadedFile(deck.name, deck.path.read_bytes()), "checks": ["images", "local"]},
    )  # fmt: skip
    assert answer.status_code == 303
    last, first = SpeakerOutline.objects.order_by("-number")
    assert (first.number, last.number, last.file_name, last.slides_name) == (1, 2, "ban-hai.txt", "trinh-chieu.pptx")
    assert OutlineCheck.SHORT in last.missing
    file = as_user("organiser1").get(reverse("speaker-outline", args=[made.pk, 2]))
    assert b"".join(file.streaming_content).decode() == "Đề cương lần hai, có ảnh"
    assert as_user("organiser2").get(reverse("speaker-outline", args=[made.pk, 2])).status_code == 404


@pytest.mark.req("R-114")
def test_marked_outlines_and_slides_are_refused_and_nothing_of_them_is_kept(cast, tmp_path):
    made = accept(cast, an_invitation(cast, a_reporter(cast)))
    given = {"by": cast.officer, "at": now(), "checks": []}
    secret = refused(invitations.file_outline, made, file=brought(tmp_path, "TỐI MẬT\nNội dung"), **given)
    assert (secret.code[:6], secret.field) == ("secret", "file")
    secret = refused(
        invitations.file_outline, made, file=brought(tmp_path), slides=slides(tmp_path, "TỐI MẬT"), **given
    )
    assert (secret.code[:6], secret.field) == ("secret", "slides")
    fake = brought(tmp_path, "không phải", "gia.pptx")
    assert refused(invitations.file_outline, made, file=brought(tmp_path), slides=fake, **given).field == "slides"
    assert not SpeakerOutline.objects.exists()


@pytest.mark.req("R-114")
def test_a_missing_outline_is_reminded_once_a_day_and_past_its_day_told_to_who_asked(cast, tmp_path):
    made = accept(cast, an_invitation(cast, a_reporter(cast, person="M1")))

    def remind(days, hour=8):
        return invitations.remind_outlines(at=at_local(made.outline_due_on + dt.timedelta(days=days), dt.time(hour, 0)))

    assert remind(-3) == 0
    assert remind(-2, hour=5) == 0  # nobody at night
    assert (remind(-2), remind(-2)) == (1, 0)
    assert remind(0) == 1
    asked = Notice.objects.filter(account=cast.accounts["organiser1"], kind="speaker_outline")
    assert not asked.exists()
    assert remind(1) == 1
    assert "quá hạn 1 ngày" in asked.get().body
    invitations.file_outline(made, file=brought(tmp_path), checks=[], by=cast.officer, at=now())
    assert remind(2) == 0


@pytest.mark.req("R-114")
def test_who_has_not_filed_is_found_on_the_list(cast, as_user, tmp_path):
    one = accept(cast, an_invitation(cast, a_reporter(cast), topic="Chưa có đề cương"))
    two = accept(cast, an_invitation(cast, a_reporter(cast, person="M6"), topic="Có đề cương rồi"))
    invitations.file_outline(two, file=brought(tmp_path), checks=[], by=cast.officer, at=now())
    client = as_user("organiser1")
    page = client.get(reverse("speaker-invitation-list") + "?side=out&state=no_outline").content.decode()
    assert "Chưa có đề cương" in page
    assert "Có đề cương rồi" not in page
    client.post(reverse("speaker-remind", args=[one.pk]))
    assert Notice.objects.filter(person=one.person, kind="speaker_outline").count() == 1


def test_the_list_of_invitations_asks_no_more_for_more_rows(cast, as_user, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, reporter = as_user("officer"), a_reporter(cast)
    a_held_report(cast, reporter, days_ago=1)
    client.get(reverse("speaker-invitation-list"))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("speaker-invitation-list"))
    for ago in (2, 3):
        a_held_report(cast, reporter, days_ago=ago)
    with django_assert_max_num_queries(len(one)):
        client.get(reverse("speaker-invitation-list"))
