"""Whatever a member can do on a phone the cell's secretary can enter for them, marked as such, or print with a code (P-08)."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quantriet.attendance import actions, queries
from quantriet.attendance.models import CatchUp, ExcusedAbsence, ProxyEntry, ReplyForm
from quantriet.attendance.rules import replies as rules
from quantriet.attendance.tests.factories import clock, duty_of, make_campaign, make_class
from quantriet.classes.models import RosterEntry, Venue
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import now, show_day, today
from quantriet.org import actions as org_actions
from quantriet.org.vocab import Role

pytestmark = [pytest.mark.django_db, pytest.mark.req("P-08")]

TOMORROW = dt.timedelta(days=1)


@pytest.fixture
def secretary(cast):
    return cast.accounts["secretary11"]


@pytest.fixture
def missed(cast):
    made = make_class(cast, make_campaign(cast), ["M1", "M3", "M8"])
    actions.close_roll(made.study_class, by=cast.officer, at=clock(12))
    return made


@pytest.fixture
def later(cast, missed):
    return make_class(
        cast, missed.campaign, [], title="Lớp học bù", is_catch_up=True, day=today() + dt.timedelta(days=5)
    ).study_class


def link_of(made, code):
    return CatchUp.objects.get(duty=duty_of(made, code))


# --- on the phone -----------------------------------------------------------------------------------------------------


def test_a_member_asks_to_be_excused_and_chooses_a_class_on_the_phone(cast, as_user, missed, later):
    client, duty = as_user("member1"), duty_of(missed, "M1")
    page = client.get(reverse("my-duty", args=[duty.pk])).content.decode()
    for name in ("my-excuse", "my-catch-up"):
        assert reverse(name, args=[duty.pk]) in page
    answer = client.post(reverse("my-excuse", args=[duty.pk]), {"session": "", "reason": "Nằm viện"})
    assert answer.status_code == 303
    excuse = ExcusedAbsence.objects.get()
    assert (excuse.entry, excuse.asked_by) == (missed.entries["M1"], cast.accounts["member1"])
    assert client.get(reverse("my-excuse", args=[duty.pk])).status_code == 404  # one waits already
    answer = client.get(reverse("my-catch-up", args=[duty.pk]))
    assert "Lớp học bù" in answer.content.decode()
    assert client.post(reverse("my-catch-up", args=[duty.pk]), {"study_class": later.pk}).status_code == 303
    assert RosterEntry.objects.filter(study_class=later, person=cast.people["M1"]).exists()
    assert client.get(reverse("my-catch-up", args=[duty.pk])).status_code == 404
    assert not ProxyEntry.objects.exists()  # one's own doing is nobody's entry for one


def test_nobody_answers_for_the_duty_of_another(as_user, missed, later):
    client, other = as_user("member10"), duty_of(missed, "M1")
    for name in ("my-excuse", "my-catch-up"):
        assert client.get(reverse(name, args=[other.pk])).status_code == 404
        assert client.post(reverse(name, args=[other.pk]), {"reason": "x", "study_class": later.pk}).status_code == 404


def test_only_classes_with_a_seat_of_the_own_branch_that_have_not_begun_are_offered(cast, missed, later):
    link = link_of(missed, "M1")
    assert queries.offered_classes(link, now()) == [later]
    make_class(
        cast, missed.campaign, [], unit="CB12", title="Chi bộ khác", is_catch_up=True, day=today() + 3 * TOMORROW
    )
    make_class(cast, missed.campaign, [], title="Không phải học bù", day=today() + 3 * TOMORROW)
    make_class(cast, missed.campaign, [], title="Đã qua", is_catch_up=True, day=today() - TOMORROW)
    assert queries.offered_classes(link, now()) == [later]
    Venue.objects.filter(study_class=later).update(capacity=1)
    actions.choose_catch_up(link_of(missed, "M3"), later, by=cast.officer, at=now())
    assert queries.offered_classes(link, now()) == []
    with pytest.raises(Refusal) as refused:
        actions.choose_catch_up(link, later, by=cast.officer, at=now())
    assert refused.value.code == "catch_up.not_offered"


# --- entered for them -------------------------------------------------------------------------------------------------


def test_the_secretary_enters_it_for_them_within_the_cell_and_they_see_who(cast, as_user, missed, later):
    client = as_user("secretary11")
    page = client.get(reverse("proxy-list")).content.decode()
    assert "Nguyễn Thị Hường" in page
    assert "Vàng A Pao" not in page  # of the other cell
    assert client.post(
        reverse("excuse-new", args=[missed.entries["M1"].pk]), {"session": "", "reason": "Đi công tác"}
    ).status_code == 303  # fmt: skip
    assert client.post(
        reverse("catch-up-choose", args=[link_of(missed, "M1").pk]), {"study_class": later.pk}
    ).status_code == 303  # fmt: skip
    assert [(one.role, one.person.code) for one in ProxyEntry.objects.all()] == [("bí thư chi bộ nhập thay", "M1")] * 2
    me = as_user("member1").get(reverse("me")).content.decode()
    assert f"Trần Văn Bình, bí thư chi bộ nhập thay, {show_day(today())}" in me
    assert "Đi công tác" in me
    excuse = ExcusedAbsence.objects.get()
    assert "bí thư chi bộ nhập thay" in as_user("organiser1").get(reverse("excuse", args=[excuse.pk])).content.decode()
    client = as_user("secretary11")
    assert client.get(reverse("catch-up-choose", args=[link_of(missed, "M8").pk])).status_code == 404
    assert client.get(reverse("excuse-new", args=[missed.entries["M8"].pk])).status_code == 404


def test_what_was_entered_stays_on_the_list_and_says_who_entered_it(cast, as_user, missed, later):
    client, entry = as_user("secretary11"), missed.entries["M1"]
    client.post(reverse("excuse-new", args=[entry.pk]), {"session": "", "reason": "Đi công tác"})
    client.post(reverse("catch-up-choose", args=[link_of(missed, "M1").pk]), {"study_class": later.pk})
    excuse = ExcusedAbsence.objects.get()
    page = client.get(reverse("proxy-list") + "?q=huong").content.decode()
    for words in ("Nguyễn Thị Hường", "Đã xin vắng, chờ duyệt", reverse("excuse", args=[excuse.pk]), "Đã đăng ký thay"):
        assert words in page
    assert reverse("excuse-new", args=[entry.pk]) not in page
    assert client.get(reverse("excuse", args=[excuse.pk])).status_code == 200
    told = "nhập thay: Trần Văn Bình, "
    assert told in page
    assert told in client.get(reverse("evidence", args=[entry.pk])).content.decode()
    assert told in as_user("member1").get(reverse("my-duty", args=[entry.duty_id])).content.decode()


def test_what_a_member_asked_alone_is_not_said_to_be_entered_by_another(cast, as_user, missed):
    entry = missed.entries["M1"]
    as_user("member1").post(reverse("my-excuse", args=[entry.duty_id]), {"session": "", "reason": "Nằm viện"})
    client = as_user("secretary11")
    page = client.get(reverse("proxy-list") + "?q=huong").content.decode()
    assert "Đã xin vắng, chờ duyệt" in page
    for text in (page, client.get(reverse("evidence", args=[entry.pk])).content.decode()):
        assert "nhập thay:" not in text


def test_an_officer_who_is_not_the_secretary_is_named_as_officer(cast, missed):
    actions.ask_excuse(missed.entries["M1"], session=None, reason="Ốm", by=cast.accounts["organiser1"], at=now())
    assert ProxyEntry.objects.get().role == "cán bộ nhập thay"


# --- on paper ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def papers(cast, secretary, missed, later):
    coming = make_class(cast, make_campaign(cast, name="Đợt khác"), ["M4"], title="Lớp sắp tới", day=today() + TOMORROW)
    forms = actions.print_reply_forms([coming.entries["M4"]], [link_of(missed, "M1")], by=secretary, at=now())
    return {form.person.code: form for form in forms}


def test_printed_forms_carry_a_code_and_come_back_once(cast, as_user, papers, later):
    client = as_user("secretary11")
    lines = f"{rules.shown(papers['M4'].code).lower()} nằm viện điều trị\n{papers['M1'].code}; lớp 1"
    answer = client.post(reverse("reply-forms-enter"), {"pasted": lines})
    assert answer.status_code == 303, answer.context["form"].errors
    assert ExcusedAbsence.objects.get().reason == "nằm viện điều trị"
    assert RosterEntry.objects.filter(study_class=later, person=cast.people["M1"]).exists()
    assert {one.form.code for one in ProxyEntry.objects.all()} == {form.code for form in papers.values()}
    assert client.post(reverse("reply-forms-enter"), {"pasted": lines}).status_code == 303
    assert (ExcusedAbsence.objects.count(), ProxyEntry.objects.count()) == (1, 2)


def test_one_wrong_line_and_nothing_is_entered(cast, as_user, papers):
    client = as_user("secretary11")
    lines = f"{papers['M4'].code} nằm viện\n{papers['M1'].code} 7\nABCD-2345 ốm\nkhông mã"
    answer = client.post(reverse("reply-forms-enter"), {"pasted": lines})
    assert "Dòng 4" in str(answer.context["form"].errors)
    answer = client.post(reverse("reply-forms-enter"), {"pasted": lines.removesuffix("\nkhông mã")})
    errors = " ".join(answer.context["form"].errors["pasted"])
    assert "Dòng 2" in errors
    assert "1 đến 1" in errors
    assert "Dòng 3: Không có phiếu ABCD-2345" in errors
    assert not ExcusedAbsence.objects.exists()
    assert not ReplyForm.objects.filter(used_at__isnull=False).exists()


def test_a_form_past_its_day_or_of_another_cell_is_refused(cast, as_user, papers, secretary):
    code = papers["M4"].code
    reply = rules.Reply(1, code, "ốm")
    with pytest.raises(Refusals) as refused:
        actions.enter_replies([reply], {code: papers["M4"]}, by=secretary, at=now() + dt.timedelta(days=50))
    assert "hết hạn" in refused.value.sentence
    assert ReplyForm.objects.filter(code=code, used_at=None).exists()
    client = as_user("secretary21")
    assert client.get(reverse("reply-form", args=[code])).status_code == 404
    answer = client.post(reverse("reply-forms-enter"), {"pasted": f"{code} ốm"})
    assert "Không có phiếu" in str(answer.context["form"].errors)


def test_the_paper_has_a_square_that_leads_to_its_code(cast, as_user, missed, later):
    client = as_user("secretary11")
    page = client.post(
        reverse("reply-forms-print"), {"ids": [cast.people["M1"].pk, cast.people["M8"].pk]}
    ).content.decode()
    form = ReplyForm.objects.get()  # M8 is of another cell
    assert rules.shown(form.code) in page
    assert "<svg" in page
    assert not re.search(r"<svg[^>]*style=", page)
    assert "☐ 1. Lớp học bù" in page
    opened = client.get(reverse("reply-form", args=[form.code])).content.decode()
    assert "Nguyễn Thị Hường" in opened
    assert client.post(reverse("reply-forms-print"), {}).status_code == 303


@pytest.mark.parametrize(
    ("pasted", "expected"),
    [
        ("K7PM-3XQD nằm viện", ("K7PM3XQD", "nằm viện")),
        ("k7pm 3xqd; 2", ("K7PM3XQD", "2")),
        ("K7PM3XQD\t2", ("K7PM3XQD", "2")),
    ],
)
def test_codes_are_read_as_people_type_them(pasted, expected):
    (reply,), wrong = rules.read_replies(pasted)
    assert (reply.code, reply.text, wrong) == (*expected, [])


def test_a_code_twice_and_a_number_that_is_none_are_told():
    _replies, (wrong,) = rules.read_replies("K7PM-3XQD a\n\nk7pm3xqd b")
    assert wrong.sentence == "Dòng 3: phiếu K7PM-3XQD đã ghi ở dòng 1."
    assert [rules.chosen(text, 3) for text in ("2", "lớp 3.", "4", "0", "1 2", "", "hai")] == [
        2, 3, None, None, None, None, None,
    ]  # fmt: skip


def test_the_list_costs_the_same_for_three(cast, as_user, missed):
    org_actions.give_appointment(
        cast.accounts["secretary11"], by=None, at=now(), role=Role.CELL_SECRETARY, unit=cast.units["CB12"],
        valid_from=today(),
    )  # fmt: skip
    client = as_user("secretary11")
    counts = []
    for words in ("huong", ""):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(reverse("proxy-list") + f"?q={words}").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
