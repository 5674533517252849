"""Study elsewhere counts both ways, with proof, age and names, and its withdrawal opens the chain again (R-045)."""

import datetime as dt
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from quantriet.attendance import actions as attendance_actions
from quantriet.attendance import queries as attendance_queries
from quantriet.attendance.models import CatchUp
from quantriet.attendance.tests.factories import clock, duty_of, make_campaign, make_class
from quantriet.attendance.vocab import CatchUpState
from quantriet.audit.models import AuditEvent
from quantriet.campaigns import actions, queries
from quantriet.campaigns.models import AudienceRule, StudyCredit, StudyDuty, Tally
from quantriet.campaigns.rules import credits as rules
from quantriet.campaigns.vocab import CreditKind, CreditState, DutyReason, DutyState
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import show_day, today

pytestmark = [pytest.mark.django_db, pytest.mark.req("R-045")]


@pytest.fixture
def by(cast):
    return cast.accounts["organiser1"]


@pytest.fixture
def running(cast):
    return make_campaign(cast)


def said(campaign, **given):
    values = {
        "kind": CreditKind.SECTOR,
        "held_by": "Đảng ủy Công an tỉnh",
        "studied_on": today(),
        "evidence": "Giấy chứng nhận số 12",
        "documents": list(campaign.documents.all()),
        **given,
    }
    return actions.StudiedElsewhere(**values)


def grant(campaign, people, by, **given):
    return actions.grant_credits(campaign, people, said(campaign, **given), by=by, at=clock(9))


def the_duty(campaign, person):
    return StudyDuty.objects.get(campaign=campaign, person=person)


@pytest.mark.parametrize("kind", list(CreditKind))
def test_recognised_both_ways_it_need_not_be_repeated_and_says_by_whom(cast, running, by, kind):
    person = cast.people["M1"]
    assert grant(running, [person], by, kind=kind) == actions.Credited(1, 0)
    duty = the_duty(running, person)
    assert (duty.state, duty.reason) == (DutyState.DONE, DutyReason.CREDIT)
    for words in ("Đảng ủy Công an tỉnh", "Giấy chứng nhận số 12", rules.BASIS, str(by)):
        assert words in duty.sentence
    assert ("lớp ngành dọc" in duty.sentence) is (kind == CreditKind.SECTOR)
    line = AuditEvent.objects.get(verb="credit.granted")
    assert (line.person_id, line.actor_id) == (person.pk, by.pk)
    assert queries.audit_ledger(running) == []
    assert queries.credited(running, cast.units["X1"], "attend") == 1
    assert queries.credited(running, cast.units["CB12"], "attend") == 0


@pytest.mark.parametrize("state", ["draft", "open"])
def test_a_list_of_many_costs_no_more_statements_than_one_person(cast, running, by, state):
    type(running).objects.filter(pk=running.pk).update(state=state)
    running.refresh_from_db()

    def cost(*codes):
        paper = SimpleUploadedFile("giấy chứng nhận.pdf", b"%PDF-1.4")
        people = [cast.people[code] for code in codes]
        with CaptureQueriesContext(connection) as asked:
            actions.grant_credits(running, people, said(running), paper=paper, by=by, at=clock(9))
        return len(asked)

    one = cost("M1")
    assert cost("M2", "M3", "M4") <= one
    made = StudyCredit.objects.all()
    assert {one.documents.count() for one in made} == {running.documents.count()}
    assert len({one.paper.name for one in made}) == 2  # kept once with each list
    assert queries.audit_ledger(running) == []


def test_the_same_again_changes_nothing_and_one_who_fits_not_stops_all(cast, running, by):
    first, second = cast.people["M1"], cast.people["M2"]
    grant(running, [first], by)
    assert grant(running, [first, second], by) == actions.Credited(1, 1)
    assert StudyCredit.objects.count() == 2
    with pytest.raises(Refusals) as refused:
        grant(running, [cast.people["M3"], cast.people["M10"]], by)
    assert "không thuộc đối tượng" in refused.value.sentence
    assert StudyCredit.objects.count() == 2


def test_age_documents_and_proof_are_asked_for_all_at_once(cast, running, by):
    too_old = rules.months_before(running.planned_from, 12) - dt.timedelta(days=1)
    with pytest.raises(Refusals) as refused:
        grant(running, [cast.people["M1"]], by, studied_on=too_old, documents=[], evidence=" ", held_by="")
    assert {one.field for one in refused.value.several} == {"held_by", "evidence", "studied_on", "documents"}
    assert "12 tháng" in refused.value.sentence
    assert "do cấp ủy quy định" in refused.value.sentence
    grant(running, [cast.people["M1"]], by, studied_on=too_old + dt.timedelta(days=1))
    with pytest.raises(Refusals, match="chưa tới"):
        grant(running, [cast.people["M2"]], by, studied_on=today() + dt.timedelta(days=1))


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (dt.date(2026, 3, 31), 1, dt.date(2026, 2, 28)),
        (dt.date(2026, 1, 15), 12, dt.date(2025, 1, 15)),
        (dt.date(2024, 2, 29), 12, dt.date(2023, 2, 28)),
        (dt.date(2026, 1, 31), 2, dt.date(2025, 11, 30)),
    ],
)
def test_months_are_counted_by_the_calendar(day, months, expected):
    assert rules.months_before(day, months) == expected


def test_a_condition_of_the_campaign_may_say_otherwise(cast, running, by):
    AudienceRule.objects.filter(campaign=running).update(accepts_credit=False, basis="Kế hoạch 05-KH/TU")
    with pytest.raises(Refusals) as refused:
        grant(running, [cast.people["M1"]], by)
    assert "không công nhận" in refused.value.sentence
    assert "Kế hoạch 05-KH/TU" in refused.value.sentence


def test_a_secretary_proposes_an_organiser_decides_and_nobody_about_himself(cast, running, by):
    secretary = cast.accounts["secretary11"]
    credit = actions.propose_credit(running, cast.people["M1"], said(running), by=secretary, at=clock(8))
    assert the_duty(running, cast.people["M1"]).state == DutyState.OWING
    with pytest.raises(Refusal) as refused:
        actions.propose_credit(running, cast.people["M1"], said(running), by=secretary, at=clock(8))
    assert "chờ quyết định" in refused.value.sentence
    actions.decide_credit(credit, is_granted=True, by=by, at=clock(9))
    assert the_duty(running, cast.people["M1"]).reason == DutyReason.CREDIT
    with pytest.raises(Refusal):
        actions.decide_credit(credit, is_granted=False, note="Nhầm", by=by, at=clock(9))
    own = actions.propose_credit(running, secretary.person, said(running), by=secretary, at=clock(8))
    with pytest.raises(Refusal) as refused:
        actions.decide_credit(own, is_granted=True, by=secretary, at=clock(9))
    assert refused.value.code == "credit.own"
    with pytest.raises(Refusal):
        actions.decide_credit(own, is_granted=False, by=by, at=clock(9))
    actions.decide_credit(own, is_granted=False, note="Thiếu giấy", by=by, at=clock(9))
    assert the_duty(running, secretary.person).state == DutyState.OWING


@pytest.mark.req("R-067", "B-02")
def test_an_absentee_recognised_leaves_the_chain_and_comes_back_when_it_is_taken_back(cast, by):
    made = make_class(cast, make_campaign(cast), ["M1", "M2"])
    attendance_actions.close_roll(made.study_class, by=by, at=clock(12))
    link = CatchUp.objects.get(duty=duty_of(made, "M1"))
    grant(made.campaign, [cast.people["M1"]], by)
    link.refresh_from_db()
    assert link.state == CatchUpState.DONE
    # The roll corrected and judged again: no absence stands against a recognised study.
    attendance_actions.recompute_class(made.study_class, by=None, at=clock(13))
    assert duty_of(made, "M1").reason == DutyReason.CREDIT
    credit = StudyCredit.objects.get()
    with pytest.raises(Refusal):
        actions.withdraw_credit(credit, reason=" ", by=by, at=clock(14))
    actions.withdraw_credit(credit, reason="Giấy của người khác", by=by, at=clock(14))
    link.refresh_from_db()
    assert (duty_of(made, "M1").reason, link.state) == (DutyReason.ABSENT_UNEXCUSED, CatchUpState.OPEN)
    assert not attendance_queries.unfollowed(made.campaign).exists()
    with pytest.raises(Refusal):
        actions.withdraw_credit(credit, reason="Lần nữa", by=by, at=clock(14))
    assert AuditEvent.objects.filter(verb="credit.withdrawn").count() == 1


def test_taken_back_without_a_class_the_ledger_says_why_it_is_owed(cast, running, by):
    grant(running, [cast.people["M1"]], by)
    actions.withdraw_credit(StudyCredit.objects.get(), reason="Giấy giả", by=by, at=clock(10))
    duty = the_duty(running, cast.people["M1"])
    assert (duty.state, duty.reason) == (DutyState.OWING, DutyReason.NOT_YET)
    assert "thu hồi" in duty.sentence
    assert "Giấy giả" in duty.sentence


@pytest.mark.req("B-02")
def test_recognised_before_opening_nobody_waits_for_a_place(cast, by):
    campaign = make_campaign(cast, is_open=False)
    grant(campaign, [cast.people["M1"]], by)
    tally = Tally.objects.get(campaign=campaign, unit=cast.units["CB11"])
    assert (tally.done, tally.owing) == (1, 5)
    actions.prepare_duties(campaign, by=by, at=clock(10))  # the audience is followed again
    duty = the_duty(campaign, cast.people["M1"])
    assert (duty.state, duty.reason) == (DutyState.DONE, DutyReason.CREDIT)
    assert queries.audit_ledger(campaign) == []
    assert queries.places(campaign).missing == 8
    actions.withdraw_credit(StudyCredit.objects.get(), reason="Nhầm", by=by, at=clock(11))
    assert queries.places(campaign).missing == 9
    assert queries.audit_ledger(campaign) == []


def test_one_who_attends_as_well_has_attended_and_falls_back_on_the_recognition(cast, by):
    from quantriet.attendance.vocab import FactKind

    made = make_class(cast, make_campaign(cast), ["M1"])
    grant(made.campaign, [cast.people["M1"]], by)
    mark = made.mark("M1", FactKind.WHOLE, clock(8))
    attendance_actions.record_marks([mark], by=by, at=clock(11, 30))
    assert duty_of(made, "M1").reason == DutyReason.ATTENDED
    fact = made.entries["M1"].facts.get()
    attendance_actions.void_mark(fact, nonce="void", by=by, at=clock(11, 40))
    assert duty_of(made, "M1").reason == DutyReason.CREDIT


# --- pages ------------------------------------------------------------------------------------------------------------


def form_of(campaign, **given):
    return {
        "campaign": campaign.pk,
        "kind": "sector",
        "held_by": "Bộ Chỉ huy Quân sự tỉnh",
        "studied_on": f"{today():%d/%m/%Y}",
        "documents": [one.pk for one in campaign.documents.all()],
        "evidence": "Danh sách 05",
        **given,
    }


def a_list(*rows):
    book = Workbook()
    for row in (("Mã đảng viên", "Họ và tên", "Chi bộ"), *rows):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return SimpleUploadedFile("Lớp quân sự.xlsx", content.getvalue())


def test_one_person_is_entered_with_a_paper_that_is_given_back(cast, running, as_user):
    client = as_user("secretary11")
    paper = SimpleUploadedFile("chứng nhận.png", _png())
    answer = client.post(reverse("credit-new"), form_of(running, person="H'Hen Niê", paper=paper))
    assert answer.status_code == 303, answer.context["form"].errors
    credit = StudyCredit.objects.get()
    assert (credit.state, credit.paper_name) == (CreditState.PROPOSED, "chứng nhận.png")
    client = as_user("organiser1")
    assert "chờ quyết định" in client.get(reverse("home")).content.decode()
    page = client.get(reverse("credit", args=[credit.pk])).content.decode()
    assert "Danh sách 05" in page
    assert client.get(reverse("credit-paper", args=[credit.pk])).status_code == 200
    assert client.post(reverse("credit", args=[credit.pk]), {"is_granted": "yes", "note": ""}).status_code == 303
    credit.refresh_from_db()
    assert credit.decided_by == cast.accounts["organiser1"]
    stranger = as_user("organiser2")
    assert stranger.get(reverse("credit", args=[credit.pk])).status_code == 404
    assert stranger.get(reverse("credit-paper", args=[credit.pk])).status_code == 404
    secretary = as_user("secretary11")
    assert secretary.post(reverse("credit", args=[credit.pk]), {"reason": "x"}).status_code == 403


def _png():
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    return out.getvalue()


def test_a_name_borne_by_several_asks_for_the_code(cast, as_user):
    campaign = make_campaign(cast, unit="X1")
    answer = as_user("organiser1").post(reverse("credit-new"), form_of(campaign, person="tran van binh"))
    (error,) = answer.context["form"].errors["person"]
    assert "M2 (Chi bộ thôn 1, Đảng ủy xã Ea Tam)" in error
    assert "M7 (Chi bộ thôn 2, Đảng ủy xã Ea Tam)" in error
    answer = as_user("organiser1").post(reverse("credit-new"), form_of(campaign, person="M10"))
    assert "trong phạm vi được giao" in str(answer.context["form"].errors)


@pytest.mark.req("P-09")
def test_a_list_is_shown_in_four_groups_then_written_all_or_nothing_and_once(cast, running, as_user, by):
    grant(running, [cast.people["M4"]], by)
    client = as_user("organiser1")
    answer = client.post(
        reverse("credit-many"),
        form_of(
            running,
            file=a_list(("M1", None, None), (None, "Vàng A Pao", "thôn 2"), ("M4", None, None), ("M99", "Ai đó", None)),
        ),
    )
    page = answer.content.decode()
    for words in ("2 người sẽ được công nhận", "1 người đã có", "1 dòng chưa nhận ra ai", "Công nhận 2 người"):
        assert words in page
    assert StudyCredit.objects.count() == 1
    form = answer.context["form"]
    sent = {**form.initial, "campaign": running.pk, "documents": [one.pk for one in form.initial["documents"]]}
    sent["studied_on"] = f"{today():%d/%m/%Y}"
    assert client.post(reverse("credit-many"), sent).status_code == 303
    assert StudyCredit.objects.filter(state=CreditState.GRANTED).count() == 3
    client.post(reverse("credit-many"), sent)
    assert StudyCredit.objects.count() == 3
    pasted = client.post(reverse("credit-many"), form_of(running, pasted="M9\nĐỗ Thị Ỷ; thôn 2\n12345; Không ai"))
    assert "1 người sẽ được công nhận" in pasted.content.decode()
    nothing = client.post(reverse("credit-many"), form_of(running))
    assert nothing.context["form"].errors["file"]
    assert as_user("secretary11").get(reverse("credit-many")).status_code == 403


def test_the_list_filters_and_goes_out_as_excel_at_a_constant_price(cast, running, as_user, by):
    client = as_user("officer")
    counts = []
    for people in (["M1"], ["M2", "M3"]):
        grant(running, [cast.people[code] for code in people], by)
        with CaptureQueriesContext(connection) as asked:
            page = client.get(reverse("credit-list") + f"?campaign={running.pk}&state=granted&kind=sector")
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert "H&#x27;Hen Niê" in page.content.decode()
    book = load_workbook(io.BytesIO(client.get(reverse("credit-list") + "?format=xlsx&q=hen").getvalue()))
    cells = [str(cell.value) for row in book.active for cell in row]
    assert "H'Hen Niê" in cells
    assert "Nguyễn Thị Hường" not in cells


def test_the_board_its_names_and_the_member_read_of_it(cast, running, as_user, by):
    grant(running, [cast.people["M1"]], by)
    client = as_user("officer")
    board = client.get(reverse("campaign-board", args=[running.pk])).content.decode()
    assert "trong đó đã học nơi khác" in board
    names = client.get(reverse("campaign-names", args=[running.pk]) + "?reason=credit").content.decode()
    assert "Nguyễn Thị Hường" in names
    me = as_user("member1").get(reverse("my-duty", args=[the_duty(running, cast.people["M1"]).pk])).content.decode()
    assert "Đảng ủy Công an tỉnh" in me
    assert str(by) in me


def test_the_page_of_a_credit_has_two_heads_and_says_what_a_refusal_leaves_open(cast, running, as_user, by):
    person = cast.people["M1"]
    credit = actions.propose_credit(running, person, said(running), by=cast.accounts["secretary11"], at=clock(8))
    url, again = reverse("credit", args=[credit.pk]), reverse("credit-new") + f"?campaign={running.pk}&amp;person=M1"
    page = as_user("organiser1").get(url).content.decode()
    for words in (
        ">Quyết định việc công nhận</h2>",
        "<legend>Ý kiến duyệt</legend>",
        "Ý kiến (bắt buộc khi không đồng ý)",
    ):
        assert words in page
    for words in ("Phân định", "(không bắt buộc)", again):
        assert words not in page
    with pytest.raises(Refusal) as refused:
        actions.propose_credit(running, person, said(running), by=by, at=clock(8))
    assert refused.value.sentence.endswith("đã có đề nghị công nhận học nơi khác, đang chờ quyết định.")
    actions.decide_credit(credit, is_granted=False, note="Thiếu giấy", by=by, at=clock(9))
    assert again in as_user("secretary11").get(url).content.decode()
    me = as_user("member1").get(reverse("my-duty", args=[credit.duty_id])).content.decode()
    assert f"Không công nhận: {by}, {show_day(today())}, lý do: Thiếu giấy" in me
    grant(running, [person], by)
    assert again not in as_user("secretary11").get(url).content.decode()


def test_a_member_reads_who_recognised_and_who_took_back(cast, running, as_user, by):
    grant(running, [cast.people["M1"]], by)
    credit = StudyCredit.objects.get()
    actions.withdraw_credit(credit, reason="Nhầm người", by=cast.officer, at=clock(10))
    me = as_user("member1").get(reverse("my-duty", args=[credit.duty_id])).content.decode()
    day = show_day(today())
    assert f"Công nhận: {by}, {day}; thu hồi: {cast.officer}, {day}, lý do: Nhầm người" in me
