"""Self-study on the phone and on the desk: order, time, repeats, questions from Excel, proofs, who sees whom (R-133)."""

import datetime as dt
import io
import re

import openpyxl
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from quantriet.attendance import actions
from quantriet.attendance.models import SelfStudyCourse, SelfStudyFact, SelfStudyPermission, SelfStudyQuestion
from quantriet.attendance.queries import self_study as reads
from quantriet.attendance.rules.self_study import WrittenQuestion
from quantriet.attendance.tests.factories import clock, make_class
from quantriet.attendance.tests.self_study_factories import THREE, allow, duty, part, publish, study, study_campaign
from quantriet.attendance.vocab import FactKind
from quantriet.campaigns.tests import factories as campaign_factories
from quantriet.campaigns.vocab import CampaignState, DutyReason, DutyState
from quantriet.kit.time import show_day, today
from quantriet.library.models import MasterVersion

pytestmark = pytest.mark.django_db

ASK = WrittenQuestion("Thời hạn nộp bài thu hoạch?", ("5 ngày", "15 ngày", "30 ngày"), (1,))
BOTH = WrittenQuestion("Ai chịu trách nhiệm?", ("Bí thư", "Khách mời", "Chi ủy"), (0, 2))


@pytest.fixture
def campaign(cast):
    return study_campaign(cast)


@pytest.fixture
def travel():
    with time_machine.travel(clock(8), tick=False) as clockwork:
        yield clockwork


@pytest.fixture
def phone(as_user):
    return as_user("member1")  # M1


class Reader:
    """A member with a browser, who does what pages offer."""

    def __init__(self, client, owed, clockwork):
        self.client, self.owed, self.clockwork = client, owed, clockwork

    def at(self, name, *more):
        return reverse(f"my-self-study{name}", args=[self.owed.pk, *more])

    def see(self, name="", *more, status=200):
        page = self.client.get(self.at(name, *more))
        assert page.status_code == status, page.status_code
        return page.content.decode()

    def post(self, name, *more, **given):
        return self.client.post(self.at(name, *more), given, follow=True)

    def begin(self):
        return self.post("-begin", nonce="begin").content.decode()

    def nonce(self, page):
        return re.search(r'name="nonce" value="(\w+)"', page)[1]

    def wait(self, seconds=100):
        self.clockwork.shift(dt.timedelta(seconds=seconds))


@pytest.fixture
def reader(cast, campaign, phone, travel):
    allow(cast, campaign, "M1")
    return Reader(phone, duty(cast, campaign, "M1"), travel)


# --- the member ---------------------------------------------------------------------------------------------------


@pytest.mark.req("R-133")
def test_a_member_reads_section_by_section_to_the_proof(cast, campaign, reader):
    actions.add_check_questions(campaign, [(1, ASK), (2, BOTH)], by=cast.officer, at=clock(7))
    duty_page = reader.client.get(reverse("my-duty", args=[reader.owed.pk])).content.decode()
    assert reader.at("") in duty_page
    assert "Bắt đầu tự học" in duty_page
    before = reader.see()
    assert re.search(r"3 mục, đọc ít nhất 2 phút \d+ giây\.", before)
    first = reader.begin()
    assert "Nội dung cốt lõi" in first
    assert "Phần 1" in first
    assert "trả lời được từ 08:01:37" in first
    check = reader.see("-answer", 1)
    question = SelfStudyQuestion.objects.get(part=1)
    reader.wait(30)
    early = reader.client.post(reader.at("-answer", 1), {"nonce": "a", f"q{question.pk}": "1"})
    assert early.status_code == 422
    assert "còn 1 phút 7 giây nữa" in early.content.decode()
    assert re.search(r'value="1"[^>]*checked', early.content.decode())  # nothing lost
    reader.wait()
    wrong = reader.post("-answer", 1, nonce=reader.nonce(check), **{f"q{question.pk}": "0"})
    assert "Câu trả lời chưa đúng" in wrong.content.decode()
    assert wrong.redirect_chain[-1][0] == reader.at("-section", 1)
    right = reader.post("-answer", 1, nonce="b", **{f"q{question.pk}": "1"})
    assert right.redirect_chain[-1][0] == reader.at("-section", 2)
    assert "Mở mục" in right.content.decode()
    assert "Phần 2" not in right.content.decode()  # time begins with the button, not with the address
    reader.post("-section", 2, nonce="c")
    reader.wait()
    second = SelfStudyQuestion.objects.get(part=2)
    reader.post("-answer", 2, nonce="d", **{f"q{second.pk}": ["0", "2"]})
    reader.post("-section", 3, nonce="e")
    reader.wait()
    assert "Tôi đã đọc hết mục này" in reader.see("-answer", 3)
    done = reader.post("-answer", 3, nonce="f", is_read="on").content.decode()
    assert "Tự học xong 3/3 mục" in done
    owed = duty(cast, campaign, "M1")
    assert (owed.state, owed.reason) == (DutyState.DONE, DutyReason.SELF_STUDY)
    assert "trả lời kiểm tra 3 lượt" in owed.sentence
    proof = reader.see("-proof")
    code = SelfStudyCourse.objects.get().code
    assert f"{code[:4]} {code[4:8]} {code[8:]}" in proof
    assert "Nguyễn Thị Hường" in proof
    assert "Xem giấy xác nhận tự học" in reader.client.get(reverse("my-duty", args=[owed.pk])).content.decode()


def test_later_sections_wait_and_earlier_ones_can_be_read_again(cast, campaign, reader):
    study(cast, campaign, "M1", sections=1, at=clock(7))
    later = reader.client.get(reader.at("-section", 3), follow=True)
    assert later.redirect_chain[-1][0] == reader.at("")
    assert "chưa đến lượt" in later.content.decode()
    assert reader.client.get(reader.at("-answer", 9)).status_code == 303
    earlier = reader.see("-section", 1)
    assert "Phần 1" in earlier
    assert "Mục tiếp theo" in earlier
    assert reader.client.get(reader.at("-answer", 1)).status_code == 303


def test_what_is_sent_twice_changes_nothing_twice(cast, campaign, reader):
    actions.add_check_questions(campaign, [(1, ASK)], by=cast.officer, at=clock(7))
    reader.begin()
    reader.begin()
    assert (SelfStudyCourse.objects.count(), SelfStudyFact.objects.count()) == (1, 1)
    reader.wait()
    question = SelfStudyQuestion.objects.get()
    for _ in range(3):
        told = reader.post("-answer", 1, nonce="same", **{f"q{question.pk}": "2"})
        assert "chưa đúng" in told.content.decode()
    assert SelfStudyFact.objects.count() == 2
    for _ in range(2):
        told = reader.post("-answer", 1, nonce="right", **{f"q{question.pk}": "1"})
        assert told.redirect_chain[-1][0] == reader.at("-section", 2)
    assert SelfStudyFact.objects.count() == 3


def test_another_device_shows_the_same_course(cast, campaign, reader, as_user):
    reader.begin()
    tablet = Reader(as_user("member1"), reader.owed, reader.clockwork)
    assert "Học tiếp mục 1" in re.sub(r"\s+", " ", tablet.see())
    tablet.wait()
    tablet.post("-answer", 1, nonce="t", is_read="on")
    assert "Mục 2/3" in reader.see("-section", 2)


def test_answering_needs_a_choice_and_says_where(cast, campaign, reader):
    actions.add_check_questions(campaign, [(1, ASK)], by=cast.officer, at=clock(7))
    reader.begin()
    reader.wait()
    page = reader.client.post(reader.at("-answer", 1), {"nonce": "x"})
    assert (page.status_code, "Câu này chưa chọn phương án nào." in page.content.decode()) == (422, True)
    strange = reader.client.post(
        reader.at("-answer", 1), {"nonce": "y", f"q{SelfStudyQuestion.objects.get().pk}": "77"}
    )
    assert strange.status_code == 422


def test_a_new_version_is_told_calmly(cast, campaign, reader):
    study(cast, campaign, "M1", sections=2, at=clock(6))
    publish(cast, campaign, [THREE[0], part(2, "new", words=91), THREE[2]], at=clock(7))
    page = reader.see()
    assert "Tài liệu có bản mới" in page
    assert "Bản mới có 2 mục cần học." in page
    moved = reader.post("-move", nonce="m").content.decode()
    assert "Tài liệu có bản mới" not in moved
    assert "Mục đã qua" in moved


def test_a_withdrawn_text_is_told_and_not_shown(cast, campaign, reader):
    reader.begin()
    MasterVersion.objects.update(withdrawn_at=clock(8))
    page = reader.see("-section", 1)
    assert "đã gỡ khỏi công bố" in page
    assert "chữ chữ" not in page


def test_who_is_not_allowed_is_told_what_to_do(cast, campaign, phone, travel):
    mine = Reader(phone, duty(cast, campaign, "M1"), travel)
    assert "Đợt này không có tự học" in mine.see()
    assert "Đợt này không có tự học" in mine.begin()
    assert mine.client.get(mine.at("-proof"), follow=True).redirect_chain[-1][0] == mine.at("")
    assert mine.client.get(mine.at("-section", 1), follow=True).redirect_chain[-1][0] == mine.at("")
    assert mine.client.post(mine.at("-move"), follow=True).redirect_chain[-1][0] == mine.at("")
    allow(cast, campaign, "M1", from_on=today() + dt.timedelta(days=2))
    assert "Thời hạn tự học bắt đầu từ ngày" in mine.see()


def test_after_its_days_the_course_stays_readable_and_says_why_it_ended(cast, campaign, reader):
    study(cast, campaign, "M1", sections=1, at=clock(7))
    SelfStudyPermission.objects.update(from_on=today() - dt.timedelta(days=5), to_on=today() - dt.timedelta(days=1))
    page = reader.see()
    assert "Thời hạn tự học đã hết" in page
    assert "Học tiếp mục" not in page
    assert "Thời hạn tự học đã hết" in reader.post("-section", 2, nonce="z").content.decode()
    duty_page = reader.client.get(reverse("my-duty", args=[reader.owed.pk])).content.decode()
    assert "Thời hạn tự học đã hết; phần đã học vẫn được giữ." in duty_page


def test_who_attended_meanwhile_is_told_so(cast, campaign, reader):
    study(cast, campaign, "M1", sections=1, at=clock(6))
    made = make_class(cast, campaign, ["M1"])
    actions.record_marks([made.mark("M1", FactKind.WHOLE, clock(9))], by=cast.officer, at=clock(11))
    actions.close_roll(made.study_class, by=cast.officer, at=clock(12))
    assert "Không phải tự học nữa" in reader.see()


def test_a_course_of_somebody_else_does_not_exist(cast, campaign, as_user, reader):
    other = Reader(as_user("secretary11"), reader.owed, reader.clockwork)
    for name, more in (("", ()), ("-section", (1,)), ("-answer", (1,)), ("-proof", ())):
        other.see(name, *more, status=404)
    for name, more in (("-begin", ()), ("-move", ()), ("-section", (1,)), ("-answer", (1,))):
        assert other.client.post(other.at(name, *more)).status_code == 404
    assert not SelfStudyCourse.objects.exists()


def test_a_button_is_no_address(reader):
    for name in ("-begin", "-move"):
        assert reader.client.get(reader.at(name)).status_code == 405


def test_the_first_page_says_that_one_may_study_alone(cast, campaign, client):
    allow(cast, campaign, "M1")
    client.force_login(cast.accounts["member1"])
    page = client.get("/me/").content.decode()
    assert "Đồng chí được tự học, lúc nào thuận tiện thì học." in page
    assert "giấy mời sẽ gửi sau" not in page


def test_the_proof_stays_when_the_campaign_has_closed(cast, campaign, reader):
    study(cast, campaign, "M1", at=clock(6))
    campaign.state = CampaignState.CLOSED
    campaign.save(update_fields=["state"])
    assert "Mã xác nhận" in reader.see("-proof")


def test_the_proof_names_the_documents_of_the_course(cast, campaign, reader):
    read = campaign.documents.get()
    second = campaign_factories.document(campaign.unit, cast.officer, "31-KL/TW")
    campaign.campaign_documents.create(document=second, order=1)
    publish(cast, campaign, (part(7, words=30),), document=second)
    study(cast, campaign, "M1", at=clock(6))
    later = campaign_factories.document(campaign.unit, cast.officer, "99-CT/TW")
    campaign.campaign_documents.create(document=later, order=2)
    campaign.campaign_documents.filter(document=second).delete()
    proof = reader.see("-proof")
    assert later.citation not in proof  # came after it was finished
    assert 0 < proof.index(f"{read.citation} – ") < proof.index(f"{second.citation} – ")


# --- the desk -----------------------------------------------------------------------------------------------------


def fill(**given):
    return {
        "people": "", "cause": "transport", "reason": "Lái tàu Bắc – Nam", "basis": "Kế hoạch 15-KH/ĐU", "nonce": "n",
        "from_on": show_day(today()), "to_on": show_day(today() + dt.timedelta(days=9)), "variant": "officials", **given,
    }  # fmt: skip


@pytest.mark.req("R-133")
def test_the_organiser_allows_by_name_and_sees_how_far_people_are(cast, campaign, as_user):
    client, address = as_user("officer"), reverse("self-study-allow", args=[campaign.pk])
    assert client.get(address).status_code == 200
    two = f"{cast.people['M1'].code}\nH'Hen Niê; Chi bộ thôn 1"
    page = client.post(address, fill(people=two), follow=True).content.decode()
    assert "2 người ghi tên" in page
    client.post(address, fill(people=two))  # the same form again
    assert SelfStudyPermission.objects.count() == 1
    study(cast, campaign, "M1")
    page = client.get(reverse("self-study", args=[campaign.pk])).content.decode()
    assert "1/2 người được tự học đã học xong; 1 chưa bắt đầu." in page
    assert "Chi bộ thôn 1" in page


def test_every_line_that_names_nobody_is_told(cast, campaign, as_user):
    client, address = as_user("officer"), reverse("self-study-allow", args=[campaign.pk])
    page = client.post(
        address, fill(people=f"{cast.people['M1'].code}\n999999\n{cast.people['M12'].code}")
    ).content.decode()
    assert "Dòng 2:" in page
    assert "Dòng 3:" in page
    assert not SelfStudyPermission.objects.exists()
    page = client.post(address, fill(reason="", from_on="32/01/2026")).content.decode()
    assert page.count("field--wrong") == 2


def test_by_unit_kind_and_post(cast, campaign, as_user):
    client, address = as_user("officer"), reverse("self-study-allow", args=[campaign.pk])
    client.post(address, fill(units=[cast.units["CB12"].pk], unit_kinds=["CHI_BO"]))
    assert reads.allowed_duties(campaign, today()).count() == 3


def test_a_permission_is_withdrawn_with_its_reason(cast, campaign, as_user):
    made = allow(cast, campaign, "M1")
    client, address = as_user("officer"), reverse("self-study-withdraw", args=[campaign.pk, made.pk])
    assert "ai chưa xong thì vào danh sách học bù" in client.get(address).content.decode()
    page = client.post(address, {"reason": "Tàu đã về bến"}, follow=True).content.decode()
    assert "1 người vào danh sách học bù" in page
    assert "Tàu đã về bến" in page
    assert "đã rút từ trước" in client.post(address, {"reason": "x"}).content.decode()
    listed = as_user("organiser1").get(reverse("catch-up-list")).content.decode()
    assert "Tự học chưa xong khi hết hạn ngày" in listed
    assert "Nguyễn Thị Hường" in listed


def test_the_secretary_sees_the_own_cell_alone(cast, campaign, as_user):
    allow(cast, campaign, "M1", "M7")
    page = as_user("secretary11").get(reverse("self-study", args=[campaign.pk]))
    assert [row.person_id for row in page.context["rows"]] == [cast.people["M1"].pk]
    words = page.content.decode()
    assert "Chi bộ thôn 2" not in words
    assert reverse("self-study-allow", args=[campaign.pk]) not in words
    assert as_user("secretary11").get(reverse("self-study-allow", args=[campaign.pk])).status_code == 403
    assert as_user("organiser2").get(reverse("self-study", args=[campaign.pk])).status_code == 404


def test_the_list_is_filtered_and_goes_out_as_excel(cast, campaign, as_user):
    allow(cast, campaign, "M1", "M2", "M7")
    study(cast, campaign, "M1")
    client, address = as_user("organiser1"), reverse("self-study", args=[campaign.pk])
    assert len(client.get(address, {"stage": "not_begun"}).context["rows"]) == 2
    assert len(client.get(address, {"unit": cast.units["CB12"].pk}).context["rows"]) == 1
    assert len(client.get(address, {"q": "hường"}).context["rows"]) == 1
    assert len(client.get(address, {"stage": "?", "unit": "x"}).context["rows"]) == 3
    book = openpyxl.load_workbook(io.BytesIO(b"".join(client.get(address, {"format": "xlsx"}).streaming_content)))
    cells = [[cell.value for cell in row] for row in book.active.iter_rows()]
    (row,) = [one for one in cells if cast.people["M1"].full_name in one]
    assert row[3:8] == ["Tự học xong", 3, 3, 2, None] or row[3:7] == ["Tự học xong", 3, 3, 2]


def test_the_list_takes_as_many_statements_for_three_as_for_one(cast, campaign, as_user, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, address = as_user("organiser1"), reverse("self-study", args=[campaign.pk])
    counts = []
    for people in (("M1",), ("M2", "M3")):
        allow(cast, campaign, *people)
        for one in people:
            study(cast, campaign, one, sections=1)
        SelfStudyPermission.objects.exclude(pk=SelfStudyPermission.objects.latest("pk").pk).update(criteria={})
        client.get(address)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get(address).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("several", [1, 3])
def test_a_section_takes_few_statements(cast, reader, campaign, several, django_assert_max_num_queries):
    actions.add_check_questions(
        campaign,
        [(1, WrittenQuestion(f"Câu {one}?", ("a", "b"), (0,))) for one in range(several)],
        by=cast.officer,
        at=clock(7),
    )
    reader.begin()
    reader.see("-section", 1)
    with django_assert_max_num_queries(18):
        reader.see("-section", 1)
    with django_assert_max_num_queries(18):
        reader.see("-answer", 1)


def test_questions_are_written_shown_and_taken_out(cast, campaign, as_user):
    client, address = as_user("officer"), reverse("self-study-questions", args=[campaign.pk])
    assert "Chưa có câu hỏi" in client.get(address).content.decode()
    given = {"section": 1, "question": "Hạn?", "choices": "5\n15", "right": "B"}
    assert "Đã thêm câu hỏi." in client.post(address, given, follow=True).content.decode()
    assert "đã có từ trước" in client.post(address, given, follow=True).content.decode()
    page = client.post(address, {**given, "right": "C"}).content.decode()
    assert "Phải là chữ cái của phương án đúng, từ A đến B" in page
    question = SelfStudyQuestion.objects.get()
    retire = reverse("self-study-retire", args=[campaign.pk, question.pk])
    client.post(retire)
    question.refresh_from_db()
    assert question.retired_at is not None
    assert client.get(retire).status_code == 405


def sheet(*rows, head=("Mục", "Câu hỏi", "Phương án", "Đáp án đúng")):
    book = openpyxl.Workbook()
    for row in (head, *rows):
        book.active.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return SimpleUploadedFile("cau-hoi.xlsx", kept.getvalue())


@pytest.mark.req("R-133")
def test_questions_come_from_excel_all_or_none(cast, campaign, as_user):
    client, address = as_user("officer"), reverse("self-study-questions-import", args=[campaign.pk])
    good = [
        (1, "Hạn?", "A. 5 ngày\nB. 15 ngày", "B"),
        ("Phần 2", "Ai?", "Bí thư; Chi ủy; Khách", "A, B"),
        (3, "", "", ""),
    ]
    bad = [(9, "Hạn?", "5;15", "B"), (1, "", "5;15", "A"), (1, "Hạn?", "5", "A"), (1, "Hạn?", "5;15", "D")]
    page = client.post(address, {"file": sheet(*good, *bad)}).content.decode()
    for row, column in ((5, "Mục"), (6, "Câu hỏi"), (7, "Phương án"), (8, "Đáp án đúng")):
        assert f"Dòng {row}, cột “{column}”" in page
    assert not SelfStudyQuestion.objects.exists()
    assert "Đã thêm 2 câu hỏi." in client.post(address, {"file": sheet(*good)}, follow=True).content.decode()
    again = client.post(address, {"file": sheet(*good)}, follow=True).content.decode()
    assert "Đã thêm 0 câu hỏi, 2 câu đã có từ trước." in again
    assert list(SelfStudyQuestion.objects.values_list("part", "right")) == [(1, [1]), (2, [0, 1])]


def test_a_file_without_its_columns_or_questions_is_refused(cast, campaign, as_user):
    client, address = as_user("officer"), reverse("self-study-questions-import", args=[campaign.pk])
    page = client.post(address, {"file": sheet((1, "Hạn?"), head=("Mục", "Câu hỏi"))}).content.decode()
    assert "thiếu cột “Phương án”, “Đáp án đúng”" in page
    empty = client.post(address, {"file": sheet((1, "", "", ""))}).content.decode()
    assert "Không có câu hỏi nào trong tệp." in empty
    assert client.post(address, {"file": SimpleUploadedFile("x.xlsx", b"no")}).status_code == 200
    marked = client.post(address, {"file": sheet((1, "TUYỆT MẬT", "a;b", "A"))}).content.decode()
    assert "errors" in marked
    assert not SelfStudyQuestion.objects.exists()


def test_the_sample_is_read_back(cast, campaign, as_user):
    actions.add_check_questions(campaign, [(1, ASK), (2, BOTH)], by=cast.officer, at=clock(7))
    client = as_user("officer")
    out = client.get(reverse("self-study-questions", args=[campaign.pk]), {"format": "xlsx"})
    file = SimpleUploadedFile("cau-hoi.xlsx", b"".join(out.streaming_content))
    page = client.post(reverse("self-study-questions-import", args=[campaign.pk]), {"file": file}, follow=True)
    assert "Đã thêm 0 câu hỏi, 2 câu đã có từ trước." in page.content.decode()


def test_a_proof_is_checked_by_its_code_within_the_own_people(cast, campaign, as_user):
    allow(cast, campaign, "M1", "M2")
    study(cast, campaign, "M1")
    study(cast, campaign, "M2", sections=1)
    code, address = SelfStudyCourse.objects.get(finished_at__isnull=False).code, reverse("self-study-check")
    assert (
        "Giấy xác nhận đúng"
        in as_user("secretary11").get(address, {"code": f" {code[:4]}-{code[4:].lower()}"}).content.decode()
    )
    assert "Không có giấy xác nhận nào" in as_user("secretary21").get(address, {"code": code}).content.decode()
    unfinished = SelfStudyCourse.objects.get(finished_at__isnull=True).code
    assert "Không có giấy xác nhận nào" in as_user("officer").get(address, {"code": unfinished}).content.decode()


def test_the_campaign_leads_to_self_study(cast, campaign, as_user):
    page = as_user("organiser1").get(reverse("campaign", args=[campaign.pk])).content.decode()
    assert reverse("self-study", args=[campaign.pk]) in page
    assert "Chưa có ai tự học" in as_user("organiser1").get(reverse("self-study", args=[campaign.pk])).content.decode()
