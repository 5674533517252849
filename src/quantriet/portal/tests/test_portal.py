"""The first page by role, and what a member sees of their own."""

import datetime as dt
import re
from html import unescape

import pytest
import time_machine
from django.urls import get_resolver, reverse

from quantriet.attendance import actions as attendance_actions
from quantriet.attendance.models import AbsenceProposal, MeetingLog, MeetingLogName
from quantriet.attendance.tests.factories import clock, make_campaign, make_class
from quantriet.attendance.vocab import AbsenceGrade, LogMeaning, MeetingLogState
from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.models import StudyCampaign, StudyDuty
from quantriet.campaigns.vocab import DutyReason, DutyResult, DutyState
from quantriet.classes import actions as class_actions
from quantriet.classes.vocab import ClassRoleKind, ItemKind
from quantriet.kit.time import at_local, now, today
from quantriet.library.actions import masters, materials
from quantriet.library.actions.masters import PartText
from quantriet.library.tests.factories import make_document
from quantriet.library.vocab import Audience, ContentTier, MaterialKind, PartKind
from quantriet.org import actions as org_actions
from quantriet.org.models import PostKind
from quantriet.org.rules.events import Change, Part
from quantriet.org.tests.factories import an_account
from quantriet.org.vocab import Role
from quantriet.portal import queries
from quantriet.portal.actions import questions
from quantriet.portal.models import PublicQuestion
from quantriet.portal.tests.factories import make_question
from quantriet.portal.web import chrome
from quantriet.speakers.tests.factories import a_reporter, an_invitation

pytestmark = pytest.mark.django_db


@pytest.fixture
def running(cast):
    """A campaign for the commune X1 with one class tomorrow, open."""
    by, at = cast.officer, now()
    rulebook = campaign_actions.add_rulebook(unit=cast.units["T"], name="Quy tắc", by=by, at=at)
    campaign = campaign_actions.add_campaign(
        unit=cast.units["T"], name="Đợt học tập thử", rulebook=rulebook, documents=[make_document(cast)],
        planned_from=today(), planned_to=today() + dt.timedelta(days=30), by=by, at=at,
    )  # fmt: skip
    campaign_actions.add_audience_rule(
        campaign,
        name="Chi bộ thôn 1",
        criteria={"units": [cast.units["CB11"].pk]},
        tier=ContentTier.GRASSROOTS,
        by=by,
        at=at,
    )
    campaign_actions.prepare_duties(campaign, by=by, at=at)
    study_class = class_actions.add_class(
        by=by, at=at, campaign=campaign, unit=cast.units["X1"], title="Lớp học tại xã", venue_name="Nhà văn hóa thôn 1"
    )
    day = today() + dt.timedelta(days=1)
    start, end = at_local(day, dt.time(7, 30)), at_local(day, dt.time(11, 0))
    session = class_actions.add_session(study_class, by=by, at=at, title="Buổi sáng", starts_at=start, ends_at=end)
    class_actions.add_item(
        session, by=by, at=at, kind=ItemKind.DISCUSSION, starts_at=start, ends_at=start + dt.timedelta(hours=1)
    )
    for post, person in (("PHO_BI_THU", "M5"),):
        org_actions.give_post(
            cast.people[person],
            by=None,
            at=at,
            post=PostKind.objects.get(code=post),
            unit=cast.units["X1"],
            valid_from=dt.date(2025, 1, 1),
        )
    for kind in (ClassRoleKind.CHAIR, ClassRoleKind.OPENING, ClassRoleKind.CLOSING, ClassRoleKind.LEADER_PRESENTER):
        class_actions.give_role(study_class, by=by, at=at, kind=kind, person=cast.people["M5"])
    class_actions.fill_roster(study_class, by=by, at=at, units=[cast.units["CB11"]])
    campaign_actions.open_campaign(campaign, by=by, at=at)
    class_actions.release_class(study_class, by=by, at=at)
    return campaign


def duty_of(cast, code):
    return StudyDuty.objects.get(person=cast.people[code])


def test_stranger_gets_the_door(client):
    page = client.get(reverse("home"))
    assert page.status_code == 200
    assert reverse("sign-in") in page.content.decode()


@pytest.mark.parametrize("address", ["home", "sign-in", None])
def test_titles_of_public_pages_name_the_page_and_the_product_once(client, address):
    page = client.get(reverse(address) if address else "/khong-co/").content.decode()
    found = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    parts = found[1].split(" – ")
    assert len(parts) == 2
    assert parts[0] != parts[1] == "Quán triệt"


def test_every_entry_of_the_navigation_has_an_address():
    """Also those that no role of the cast may see: a name that is gone must not pass unnoticed."""
    for _label, name, _permission in chrome.DESK + chrome.ORGANISATION:
        assert reverse(name)
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    assert set().union(*chrome._LIVES_IN.values()) | set(chrome._LIVES_IN) <= names


@pytest.mark.parametrize("username", ["officer", "leader", "inspector", "organiser1", "secretary11"])
@pytest.mark.req("R-031", "B-08")
def test_first_page_answers_who_has_not_done_it(as_user, running, username):
    page = as_user(username).get(reverse("home")).content.decode()
    assert "Đợt học tập thử" in page
    assert reverse("campaign-names", args=[running.pk]) in page
    assert "chưa" in page


@pytest.mark.req("R-031")
def test_first_page_of_a_secretary_names_who_still_owes(as_user, cast, running):
    page = unescape(as_user("secretary11").get(reverse("home")).content.decode())
    owing = StudyDuty.objects.filter(campaign=running, unit=cast.units["CB11"], state=DutyState.OWING)
    names = [duty.person.full_name for duty in owing.select_related("person")]
    assert names
    assert all(f"<strong>{name}</strong>" in page for name in names)
    assert "Ai chưa học xong?" in page
    assert f"{reverse('campaign-names', args=[running.pk])}?unit={cast.units['CB11'].pk}&state=owing" in page.replace(
        "&amp;", "&"
    )
    done = owing.first()
    campaign_actions.settle_duties(
        [DutyResult(done.pk, DutyState.DONE, DutyReason.ATTENDED, "Có mặt.")], by=cast.officer, at=now()
    )
    assert (
        f"<strong>{done.person.full_name}</strong>" not in as_user("secretary11").get(reverse("home")).content.decode()
    )


@pytest.mark.req("R-031")
def test_a_campaign_without_a_line_for_the_cell_shows_a_sentence_and_no_empty_table(as_user, cast, running):
    cast.accounts["secretary12"] = an_account("secretary12", Role.CELL_SECRETARY, cast.units["CB12"])
    page = unescape(as_user("secretary12").get(reverse("home")).content.decode())
    assert "Đợt học tập thử" in page
    assert "Đợt này không có ai của Chi bộ thôn 2 phải học." in page
    assert "<thead>" not in page
    assert "<thead>" in as_user("officer").get(reverse("home")).content.decode()  # who has units below keeps the table


@pytest.mark.req("R-031")
def test_who_has_not_done_it_stands_before_the_other_work(as_user, running):
    page = as_user("officer").get(reverse("home")).content.decode()
    assert "Việc cần làm" not in page or page.index("Ai chưa học xong?") < page.index("Việc cần làm")


def test_where_most_is_owed_stands_on_top_whatever_was_opened_last(as_user, cast):
    few, many = (make_campaign(cast, unit=unit, name=f"Đợt {unit}") for unit in ("X2", "X1"))  # two people, nine
    for order in ((few, many), (many, few)):
        for minutes, campaign in enumerate(order):
            StudyCampaign.objects.filter(pk=campaign.pk).update(opened_at=now() + dt.timedelta(minutes=minutes))
        boards = as_user("officer").get(reverse("home")).context["boards"]
        assert [one["board"].campaign for one in boards] == [many, few]


def test_first_page_of_another_branch_shows_nothing_of_this_one(as_user, running):
    assert "Chi bộ thôn 1" not in as_user("secretary21").get(reverse("home")).content.decode()


@pytest.mark.parametrize("username", ["admin", "editor"])
def test_first_page_of_who_sees_no_campaign_leads_on(as_user, running, username):
    page = as_user(username).get(reverse("home")).content.decode()
    assert "Bắt đầu từ đây" in page or "Việc cần làm" in page


def test_member_is_sent_to_their_own_page(as_user, running):
    assert as_user("member1").get(reverse("home")).url == reverse("me")


@pytest.mark.req("R-155")
def test_member_sees_what_is_owed_when_and_where(as_user, cast, running):
    page = as_user("member1").get(reverse("me")).content.decode()
    assert "còn 1 việc" in page
    assert "Nhà văn hóa thôn 1" in page
    assert "07:30" in page


@pytest.mark.req("R-155")
def test_member_reads_why_it_counted(as_user, cast, running):
    duty = duty_of(cast, "M1")
    sentence = "Có mặt 190/210 phút (90,5%), đủ thời gian."
    campaign_actions.settle_duties(
        [DutyResult(duty.pk, DutyState.DONE, DutyReason.ATTENDED, sentence)], by=cast.officer, at=now()
    )
    client = as_user("member1")
    assert sentence in client.get(reverse("me")).content.decode()
    assert sentence in client.get(reverse("my-duty", args=[duty.pk])).content.decode()


def test_member_sees_what_became_of_an_excuse_and_that_the_class_is_over(as_user, cast, running):
    duty = duty_of(cast, "M1")
    entry = duty.roster_entries.get()
    ends = entry.study_class.sessions.get().ends_at
    asked = attendance_actions.ask_excuse(entry, session=None, reason="Nằm viện", by=cast.accounts["member1"], at=now())

    def shown():
        answer = as_user("member1").get(reverse("my-duty", args=[duty.pk]))
        return unescape(re.sub(r"<[^>]+>", " ", answer.content.decode().partition("<main")[2]))

    before = shown()
    assert "Nằm viện" in before
    assert "Chờ duyệt" in before
    assert "Lớp đã học xong" not in before
    attendance_actions.decide_excuse(
        asked, is_approved=False, note="Thiếu giấy của bệnh viện", by=cast.officer, at=now()
    )
    with time_machine.travel(ends + dt.timedelta(minutes=1), tick=False):
        after = shown()
    assert "Không duyệt" in after
    assert "Thiếu giấy của bệnh viện" in after
    assert "Lớp đã học xong" in after


def test_member_sees_nobody_elses_duty(as_user, cast, running):
    other = duty_of(cast, "M2")
    client = as_user("member1")
    assert client.get(reverse("my-duty", args=[other.pk])).status_code == 404
    assert client.get(reverse("my-calendar", args=[other.pk])).status_code == 404
    outsider = as_user("member10")
    assert outsider.get(reverse("my-duty", args=[duty_of(cast, "M1").pk])).status_code == 404
    document = running.documents.get()
    assert outsider.get(reverse("my-reading", args=[document.pk])).status_code == 404


def test_member_takes_the_class_into_a_calendar(as_user, cast, running):
    response = as_user("member1").get(reverse("my-calendar", args=[duty_of(cast, "M1").pk]))
    content = b"".join(response.streaming_content).decode()
    assert "BEGIN:VEVENT" in content
    assert "VALARM" not in content


def test_member_reads_the_document_of_the_campaign(as_user, cast, running):
    page = as_user("member1").get(reverse("my-reading", args=[running.documents.get().pk])).content.decode()
    assert "26-HD/BTGTU" in page
    assert "quá 40%" in page or "trên 40%" in page


def test_account_without_a_person_is_told_what_to_do(as_user):
    assert "chưa gắn với đảng viên" in as_user("speaker").get(reverse("me")).content.decode()


def test_text_size_and_contrast_work_without_scripts(client):
    response = client.post(reverse("display"), {"text": "3", "next": "/"})
    assert response.status_code in (302, 303)
    assert 'data-text="3"' in client.get(reverse("home")).content.decode()


def test_missing_page_says_so_in_vietnamese(client):
    page = client.get("/khong-co/")
    assert page.status_code == 404
    assert "Không" in page.content.decode()


def test_queries_of_the_member_page_do_not_grow(as_user, cast, running, django_assert_max_num_queries):
    client = as_user("member1")
    client.get(reverse("me"))
    with django_assert_max_num_queries(16):
        client.get(reverse("me"))


def test_first_visit_of_the_member_page_is_light(as_user, running):
    """Without pictures and fonts the page itself stays far below the 100 kB that also hold its style and scripts."""
    assert len(as_user("member1").get(reverse("me")).content) < 20_000


def test_task_of_catching_up_counts_what_its_list_shows(cast, as_user):
    by = cast.accounts["officer"]
    campaign = make_campaign(cast)
    made = make_class(cast, campaign, ["M1", "M2"])
    attendance_actions.close_roll(made.study_class, by=by, at=clock(12))
    campaign_actions.adjust_audience(
        campaign, person=cast.people["M1"], kind="remove", reason="nhầm", by=by, at=clock(13)
    )
    campaign_actions.sync_audience(campaign, by=by, at=clock(13))
    task = next(one for one in queries.tasks_of(by, at=now()) if "học bù" in one.words)
    rows = as_user("officer").get(task.url).context["rows"]
    assert task.count == rows.total == 1


def test_organiser_is_told_of_people_who_changed_since_the_list_was_made(cast):
    by = cast.accounts["officer"]
    campaign = make_campaign(cast)
    type(campaign).objects.update(audience_synced_at=now())
    org_actions.transfer_person(cast.people["M1"], to=cast.units["CB12"], on=today(), by=by, at=now())
    task = next(one for one in queries.tasks_of(by, at=now()) if campaign.name in one.words)
    assert (task.count, task.url) == (1, reverse("campaign-audience", args=[campaign.pk]))
    campaign_actions.sync_audience(campaign, by=by, at=now())
    assert not [one for one in queries.tasks_of(by, at=now()) if campaign.name in one.words]


def test_an_excuse_waits_on_the_first_page_of_whoever_approves_it(cast, as_user):
    made = make_class(cast, make_campaign(cast), ["M1", "M2"])
    asked = attendance_actions.ask_excuse(
        made.entries["M1"], session=None, reason="Nằm viện", by=cast.accounts["secretary11"], at=clock(6)
    )

    def told(name):
        return [one for one in queries.tasks_of(cast.accounts[name], at=now()) if "xin vắng" in one.words]

    (task,) = told("officer")
    assert task.count == 1
    assert list(as_user("officer").get(task.url).context["rows"]) == [asked]
    assert not told("secretary11")  # who asks for others approves nothing
    attendance_actions.decide_excuse(asked, is_approved=True, by=cast.officer, at=clock(6))
    assert not told("officer")


def test_a_merger_waits_on_the_first_page_of_the_second_person_alone(cast, as_user):
    first = an_account("officer9", Role.BOARD_OFFICER, cast.units["T"])
    merger = Change("merge", ("CB11", "CB12"), (Part("M1", "Chi bộ thôn Hợp Nhất", "CHI_BO", ""),))
    decision = org_actions.draft_decision(
        unit=cast.units["T"], number="12-QĐ/TU", decided_on=today(), effective_on=today(), changes=(merger,),
        by=first, at=now(),
    )  # fmt: skip

    def told(account):
        return [one for one in queries.tasks_of(account, at=now()) if "quyết định về tổ chức" in one.words]

    (task,) = told(cast.officer)
    assert task.count == 1
    assert [one.pk for one in as_user("officer").get(task.url).context["decisions"]] == [decision.pk]
    assert not told(first)
    org_actions.confirm_decision(decision, revision=decision.revision, by=cast.officer, at=now())
    assert not told(cast.officer)


@pytest.mark.req("R-031")
def test_the_first_page_calls_a_unit_unorganised_as_board_and_report_do(cast, running, as_user):
    page = as_user("officer").get(reverse("home")).content.decode()
    row = page.split("Đảng ủy xã Ea Tam</a>")[1].split("</tr>")[0]
    assert "Chưa tổ chức, chưa báo cáo" in row
    assert "chưa có lớp nào của đơn vị chốt điểm danh" in page
    duty = duty_of(cast, "M1")
    result = DutyResult(duty.pk, DutyState.DONE, DutyReason.ATTENDED, "Theo điểm danh.")
    campaign_actions.settle_duties([result], by=cast.officer, at=now())
    page = as_user("officer").get(reverse("home")).content.decode()
    row = page.split("Đảng ủy xã Ea Tam</a>")[1].split("</tr>")[0]
    assert "Chưa tổ chức" in row
    assert "Còn nợ" not in row.split('data-label="Tình trạng"')[-1].split("status", 1)[-1]


@pytest.mark.req("R-030")
def test_a_unit_scheduled_by_its_class_shows_when_it_studies(cast, running, as_user):
    page = as_user("officer").get(reverse("campaign-plans", args=[running.pk])).content.decode()
    row = page.split("Đảng ủy xã Ea Tam</a>")[1].split("</tr>")[0]
    day = (today() + dt.timedelta(days=1)).strftime("%d/%m/%Y")
    assert f"{day} – {day}, Trực tiếp" in row


# --- the second person --------------------------------------------------------------------------------------------------------


def waiting_for(account):
    return {one.url: one.count for one in queries.tasks_of(account, at=now()) if "người thứ hai" in one.words}


@pytest.mark.req("R-118")
def test_the_second_person_is_told_what_waits_and_never_of_their_own(cast, as_user):
    """A master, a verse and an answer of the editor wait for the officer; each task leads to a list of as many rows."""
    editor, officer = cast.accounts["editor"], cast.officer
    master = masters.compose_master(make_document(cast), by=editor, at=now())
    masters.add_part(
        master, PartText(PartKind.MEANING, (Audience.PUBLIC,), text="Ai cũng được nghe."), by=editor, at=now()
    )
    masters.submit_master(master, revision=master.revision, by=editor, at=now())
    record = {"title": "Vè", "words": "Lời", "author": "Khuyết danh", "source": "", "basis": "Đồng ý"}
    verse = materials.bring(master, MaterialKind.VERSE, **record, by=editor, at=now())
    question = make_question(cast)
    make_question(cast, "Chỉ hỏi riêng thôi, được không?", may_publish=False, nonce="n22")
    for one in PublicQuestion.objects.all():
        questions.answer_question(one, answer="Ở lớp gần nhất.", by=editor, at=now())
    addresses = [
        f"{reverse('master-list')}?state=to_approve", f"{reverse('master-list')}?state=works_to_approve",
        f"{reverse('public-question-list')}?state=to_publish",
    ]  # fmt: skip
    assert waiting_for(officer) == dict.fromkeys(addresses, 1)
    assert waiting_for(editor) == {}
    assert waiting_for(cast.accounts["organiser1"]) == {}
    for name, rows in (("officer", 1), ("editor", 0)):
        client = as_user(name)
        assert [
            len(client.get(address).context[key].rows)
            for address, key in zip(addresses, ("masters", "masters", "questions"), strict=True)
        ] == [rows] * 3
    masters.approve_master(master, revision=master.revision, by=officer, at=now())
    materials.approve_brought(verse, by=officer, at=now())
    question.refresh_from_db()
    questions.publish_answer(question, shown="Học bù ở đâu?", by=officer, at=now())
    assert waiting_for(officer) == {}


def test_names_of_a_log_wait_on_the_first_page_of_whoever_answers_for_the_roll(cast, as_user):
    study_class = make_class(cast, make_campaign(cast), ["M1"]).study_class
    log = MeetingLog.objects.create(
        study_class=study_class,
        state=MeetingLogState.DONE,
        uploaded_by=cast.officer,
        uploaded_at=now(),
        file_name="a.csv",
    )
    MeetingLogName.objects.create(
        log=log, key="a", said="Nguyễn Thu", meaning=LogMeaning.DOUBTFUL, why="Gần giống tên."
    )

    def waiting(name):
        return [one for one in queries.tasks_of(cast.accounts[name], at=now()) if "nhật ký họp" in one.words]

    (task,) = waiting("organiser1")
    assert task.count == 1
    assert study_class.title in task.words
    assert as_user("organiser1").get(task.url).status_code == 200
    assert waiting("secretary21") == []


def test_a_proposal_after_an_absence_waits_for_whoever_decides_on_it(cast):
    made = make_class(cast, make_campaign(cast), ["M1"])
    AbsenceProposal.objects.create(
        entry=made.entries["M1"],
        grade=AbsenceGrade.REVIEW,
        sentence="Vắng không lý do.",
        absences=[],
        proposed_at=now(),
    )
    waiting = {
        name: [one.count for one in queries.tasks_of(account, at=now()) if "đề xuất sau khi vắng" in one.words]
        for name, account in cast.accounts.items()
    }
    assert waiting["organiser1"] == [1]
    assert waiting["secretary21"] == waiting["member1"] == []


def test_an_invitation_waits_on_the_first_page_of_the_reporter(cast):
    invitation = an_invitation(cast, a_reporter(cast))
    account = an_account(person=invitation.person, username="reporter")
    (task,) = [one for one in queries.tasks_of(account, at=now()) if "lời mời báo cáo" in one.words]
    assert (task.count, task.url) == (1, reverse("my-speaking"))


def test_a_class_of_today_leads_to_its_roll_until_it_is_over(cast, as_user):
    study_class = make_class(cast, make_campaign(cast), ["M1"]).study_class
    start, end = study_class.sessions.values_list("starts_at", "ends_at").get()

    def waiting(name, at):
        return [one for one in queries.tasks_of(cast.accounts[name], at=at) if "học hôm nay" in one.words]

    (task,) = waiting("organiser1", start - dt.timedelta(hours=1))
    assert (task.count, task.url) == (1, reverse("roll-today"))
    assert study_class.title in as_user("organiser1").get(task.url).content.decode()
    assert waiting("organiser1", start + dt.timedelta(minutes=1))
    assert waiting("organiser1", end) == waiting("organiser1", start - dt.timedelta(days=1)) == []
    assert waiting("secretary21", start) == []
