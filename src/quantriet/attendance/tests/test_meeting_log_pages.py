"""Pages of meeting logs, questionnaires and suggestions as browsers ask them."""

import datetime as dt
import io
import re
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from quantriet.attendance import actions
from quantriet.attendance.models import MeetingLog, PresenceFact, Questionnaire, QuestionnaireAnswer, Suggestion
from quantriet.attendance.rules import codes
from quantriet.attendance.tests.factories import make_campaign, make_class
from quantriet.attendance.vocab import LogMeaning, MeetingLogState, Method
from quantriet.attendance.web.check_in import keys
from quantriet.classes.models import Venue
from quantriet.kit.time import local, now, today

pytestmark = pytest.mark.django_db
EVERY_HOUR = ((dt.time(0, 0), dt.time(23, 59)),)
HEAD = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest\n"


@pytest.fixture
def hall(cast):
    return make_class(cast, make_campaign(cast), ["M1", "M2", "M7"], times=EVERY_HOUR)


def log_file(*names, name="nhat-ky.csv"):
    """A log of yesterday's midnight to now, so that these tests run at any hour."""
    start, end = f"{today():%Y-%m-%d} 00:00:00", f"{local(now()):%Y-%m-%d %H:%M:%S}"
    lines = "".join(f"{one},,{start},{end},,Yes\n" for one in names)
    return SimpleUploadedFile(name, (HEAD + lines).encode())


def bring(client, hall, *names, **given):
    return client.post(reverse("meeting-logs", args=[hall.study_class.pk]), {"file": log_file(*names, **given)})


def text_of(response) -> str:
    return response.content.decode()


@pytest.mark.req("B-06")
def test_upload_preview_decide_confirm_and_take_back(as_user, hall):
    client = as_user("organiser1")
    answer = bring(client, hall, "Nguyễn Thị Hường", "Trần Văn Bình", "Otter.ai", "<b>Bông</b>")
    log = MeetingLog.objects.get()
    home = reverse("meeting-log", args=[hall.study_class.pk, log.pk])
    assert answer.url == home
    shown = text_of(client.get(home))
    assert "Nhận ra 1 người. Sẽ ghi 2 lượt (giờ đến, giờ về từng buổi) của 1 người và kết nối của 0 điểm cầu." in shown
    assert "2 người có thể" in shown
    assert "&lt;b&gt;Bông" in text_of(client.get(f"{home}?tab=unknown"))
    assert "không phải người dự" in text_of(client.get(f"{home}?tab=ignored"))

    name = log.names.get(said="Trần Văn Bình")
    page = reverse("meeting-log-name", args=[hall.study_class.pk, log.pk, name.pk])
    asked = text_of(client.get(page))
    assert "M2" in asked
    assert "M7" in asked
    assert "Nguyễn Thị Hường" in text_of(client.get(f"{page}?q=huong"))
    answer = client.post(page, {"choice": "person", "key": hall.entries["M7"].pk})
    assert answer.url == f"{home}?tab=unknown"
    assert client.post(page, {"choice": "person", "key": 10**9}).status_code == 404

    told = client.post(reverse("meeting-log-confirm", args=[hall.study_class.pk, log.pk]), follow=True)
    assert "Đã ghi 4 lượt (giờ đến, giờ về từng buổi) của 2 người. Kết quả phút" in text_of(told)
    assert "Đã ghi 4 lượt (giờ đến, giờ về từng buổi) của 2 người." in text_of(
        client.get(reverse("meeting-logs", args=[hall.study_class.pk]))
    )
    assert set(PresenceFact.objects.values_list("entry_id", flat=True)) == {
        hall.entries["M1"].pk,
        hall.entries["M7"].pk,
    }
    assert "Thu hồi 4 lượt (giờ đến, giờ về từng buổi) của 2 người đã ghi theo nhật ký này." in text_of(
        client.get(home)
    )
    sheet = load_workbook(io.BytesIO(b"".join(client.get(f"{home}?format=xlsx").streaming_content))).active
    assert "Trần Văn Bình" in {cell for row in sheet.iter_rows(values_only=True) for cell in row}

    again = bring(client, hall, "Nguyễn Thị Hường")
    assert MeetingLog.objects.count() == 2
    assert again.url != home
    client.post(reverse("meeting-log-undo", args=[hall.study_class.pk, MeetingLog.objects.latest("pk").pk]))
    client.post(reverse("meeting-log-undo", args=[hall.study_class.pk, log.pk]))
    assert MeetingLog.objects.get(pk=log.pk).state == MeetingLogState.UNDONE
    listed = text_of(client.get(reverse("meeting-logs", args=[hall.study_class.pk])))
    assert "nhat-ky.csv" in listed


def test_a_refused_file_says_why_and_what_to_choose(as_user, hall):
    client = as_user("organiser1")
    totals = SimpleUploadedFile(
        "x.csv", b"Name (Original Name),User Email,Total Duration (Minutes),Guest\nNguyen Van A,,20,Yes\n"
    )
    answer = client.post(reverse("meeting-logs", args=[hall.study_class.pk]), {"file": totals})
    assert "Show unique users" in text_of(client.get(answer.url))
    picture = SimpleUploadedFile("x.csv", b"\x89PNG\r\n\x1a\n" + b"\x00" * 60)
    answer = client.post(reverse("meeting-logs", args=[hall.study_class.pk]), {"file": picture})
    assert answer.status_code == 200
    assert "hình ảnh" in text_of(answer)


def test_another_clock_is_asked_and_answered(as_user, hall):
    client = as_user("organiser1")
    tomorrow = today() + dt.timedelta(days=1)
    file = SimpleUploadedFile(
        "x.csv", (HEAD + f"Nguyễn Thị Hường,,{tomorrow} 08:00:00,{tomorrow} 09:00:00,,Yes\n").encode()
    )
    home = client.post(reverse("meeting-logs", args=[hall.study_class.pk]), {"file": file}).url
    assert "không trùng buổi nào của lớp" in text_of(client.get(home))
    wrong = client.post(home, {"zone": "other", "other": "xyz"})
    assert "Hãy ghi múi giờ như" in text_of(wrong)
    assert client.post(home, {"zone": "540"}).status_code in (302, 303)
    client.post(reverse("meeting-log-undo", args=[hall.study_class.pk, MeetingLog.objects.get().pk]))
    assert MeetingLog.objects.get().state == MeetingLogState.CANCELLED


def test_a_large_file_is_read_by_a_job_with_its_progress(as_user, hall, monkeypatch):
    from quantriet.attendance.actions import meeting_logs

    monkeypatch.setattr(meeting_logs, "AT_ONCE_BYTES", 10)
    client = as_user("organiser1")
    home = bring(client, hall, "Nguyễn Thị Hường").url
    log = MeetingLog.objects.get()
    assert log.state == MeetingLogState.READING
    assert "data-poll" in text_of(client.get(home))
    assert client.get(reverse("meeting-log-progress", args=[hall.study_class.pk, log.pk])).status_code == 200
    actions.read_meeting_log(log.pk, at=now())
    assert (
        "Nhận ra 1 người. Sẽ ghi 2 lượt (giờ đến, giờ về từng buổi) của 1 người và kết nối của 0 điểm cầu."
        in text_of(client.get(home))
    )


def test_the_clerk_of_a_venue_has_no_log_of_the_whole_class(as_user, hall, cast):
    Venue.objects.filter(pk=hall.venue.pk).update(clerk=cast.accounts["member1"])
    client = as_user("member1")
    assert client.get(reverse("roll", args=[hall.study_class.pk])).status_code == 200
    assert client.get(reverse("meeting-logs", args=[hall.study_class.pk])).status_code in (403, 404)


@pytest.mark.parametrize("address", ["meeting-logs", "questionnaires", "suggestions"])
def test_lists_ask_as_many_statements_for_three_rows_as_for_one(as_user, hall, cast, address):
    client = as_user("organiser1")
    counts = []
    for number in (0, 1, 2):
        clerk = cast.accounts["organiser1"]
        if address == "meeting-logs":
            bring(client, hall, f"Người lạ {number}", name=f"{number}.csv")
        elif address == "questionnaires":
            make_questionnaire(hall, clerk)
        else:
            actions.switch_suggestions(hall.study_class, is_open=True, by=clerk, at=now())
            entry = list(hall.entries.values())[number]
            text = f"Góp ý số {number} của một người dự học"
            Suggestion.objects.create(
                nonce=f"n{number}", entry=entry, session=hall.session, text=text, at=now(), method=Method.SLIP
            )
        with CaptureQueriesContext(connection) as asked:
            assert client.get(reverse(address, args=[hall.study_class.pk])).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[2]


def test_names_ask_as_many_statements_for_many_as_for_few(as_user, hall):
    client = as_user("organiser1")
    counts = []
    for many in (1, 30):
        home = bring(client, hall, *(f"Trần Văn {number} Bình" for number in range(many)), name=f"{many}.csv").url
        with CaptureQueriesContext(connection) as asked:
            client.get(f"{home}?tab=doubtful")
        counts.append(len(asked))
    assert counts[0] == counts[1]


# --- questionnaires and suggestions -----------------------------------------------------------------------------


def make_questionnaire(hall, clerk, **given) -> Questionnaire:
    from quantriet.attendance.rules.questionnaires import read_questions

    return actions.prepare_questionnaire(
        hall.session, hall.venue, title="Hỏi nhanh", questions=read_questions("Hạn là bao lâu?\nA. 15 ngày\nB. 30 ngày *\n\nViệc nào trước?"),
        is_presence=True, minutes=5, by=clerk, at=now(), **given,
    )  # fmt: skip


def scan(client, hall):
    code = codes.hall_code(keys()[0], hall.venue.pk, hall.session.pk, codes.hall_step(time.time()))
    return client.get(reverse("check-in", args=[code]))


def another(cast, username) -> Client:
    """A browser of its own beside the desk's."""
    browser = Client()
    browser.force_login(cast.accounts[username], backend="quantriet.org.web.sign_in.AccountBackend")
    return browser


def tickets(response) -> list[str]:
    return re.findall(r'name="ticket" value="([^"]+)"', text_of(response))


@pytest.mark.req("R-068")
def test_a_questionnaire_from_the_desk_to_the_phone_and_back(as_user, hall, cast):
    desk = as_user("organiser1")
    where = f"?session={hall.session.pk}&venue={hall.venue.pk}"
    page = reverse("questionnaires", args=[hall.study_class.pk]) + where
    bad = desk.post(page, {"title": "", "questions": "Hỏi?\nA. một", "minutes": 5, "is_presence": "on"})
    assert "từ 2 đến 6 phương án" in text_of(bad)
    made = desk.post(page, {"title": "Hạn?", "questions": "Hạn?\nA. 15\nB. 30 *", "minutes": 5, "is_presence": "on"})
    row = Questionnaire.objects.get()
    assert "Mở phiếu" in text_of(desk.get(made.url))
    assert "Trả lời xong là được ghi có mặt" not in text_of(scan(Client(), hall))
    desk.post(reverse("questionnaire-open", args=[hall.study_class.pk, row.pk]) + where)
    assert "Phiếu hỏi: đề nghị" in text_of(desk.get(reverse("code-screen", args=[hall.study_class.pk]) + where))

    phone = another(cast, "member1")
    shown = scan(phone, hall)
    assert "Trả lời xong là được ghi có mặt" in text_of(shown)
    assert "data-check-in-own" not in text_of(shown)  # nobody is recorded by opening it
    own, other = tickets(shown)[:2]
    late = phone.post(reverse("check-in-answers"), {"ticket": own, "questionnaire": row.pk, "q1": ""})
    assert late.status_code == 422
    assert "hãy chọn một phương án" in text_of(late)
    done = phone.post(
        reverse("check-in-answers"),
        {"ticket": own, "questionnaire": row.pk, "q1": "1"},
        headers={"Accept": "application/json"},
    )
    assert done.json()["sentence"].startswith("Đã nhận trả lời của Nguyễn Thị Hường và được ghi có mặt lúc ")
    card = codes.personal_code(keys()[0], hall.entries["M2"].pk)
    assert "Trần Văn Bình" in text_of(
        phone.post(reverse("check-in-answers"), {"ticket": other, "questionnaire": row.pk, "q1": "0", "code": card})
    )
    assert PresenceFact.objects.filter(method=Method.QUESTION).count() == QuestionnaireAnswer.objects.count() == 2
    told = text_of(desk.get(reverse("questionnaire", args=[hall.study_class.pk, row.pk]) + where))
    assert "Trả lời đúng: 1/2 (50,0%)" in told
    slip = desk.post(
        reverse("questionnaire", args=[hall.study_class.pk, row.pk]) + where,
        {"entry": hall.entries["M7"].pk, "q1": "1"},
    )
    assert slip.status_code in (302, 303)
    book = desk.get(reverse("questionnaire", args=[hall.study_class.pk, row.pk]) + where + "&format=xlsx")
    cells = {
        cell
        for line in load_workbook(io.BytesIO(b"".join(book.streaming_content))).active.iter_rows(values_only=True)
        for cell in line
    }
    assert {"B. 30", "Phiếu giấy", "Điện thoại"} <= cells
    desk.post(reverse("questionnaire-call-off", args=[hall.study_class.pk, row.pk]) + where)
    assert Questionnaire.objects.get().called_off_at


def test_a_forged_ticket_answers_nothing(client, hall, cast):
    row = actions.open_questionnaire(
        make_questionnaire(hall, cast.accounts["organiser1"]), by=cast.accounts["organiser1"], at=now()
    )
    answer = client.post(
        reverse("check-in-answers"),
        {"ticket": "T.1.2.3.4", "questionnaire": row.pk, "q1": "1"},
        headers={"Accept": "application/json"},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "ticket.forged")
    assert client.get(reverse("check-in-answers")).status_code == 200
    assert not QuestionnaireAnswer.objects.exists()


@pytest.mark.req("R-071")
def test_a_suggestion_from_the_phone_to_the_desk(as_user, hall, cast):
    desk = as_user("organiser1")
    page = reverse("suggestions", args=[hall.study_class.pk])
    phone = another(cast, "member1")
    assert "Viết góp ý" not in text_of(scan(phone, hall))
    desk.post(reverse("suggestions-switch", args=[hall.study_class.pk]), {"open": "1"})
    shown = scan(phone, hall)
    assert "Viết góp ý" in text_of(shown)
    own = tickets(shown)[0]
    short = phone.post(reverse("check-in-suggest"), {"ticket": own, "text": "ngắn quá"})
    assert short.status_code == 422
    assert "ngắn quá" in text_of(short)  # what was typed is still there
    text = 'Đề nghị in tài liệu chữ to hơn.\n=HYPERLINK("x")'
    assert phone.post(reverse("check-in-suggest"), {"ticket": own, "text": text}).status_code == 200
    told = text_of(desk.get(page))
    assert "Đề nghị in tài liệu chữ to hơn." in told
    book = load_workbook(io.BytesIO(b"".join(desk.get(f"{page}?format=xlsx").streaming_content))).active
    assert any("HYPERLINK" in str(cell.value) and cell.data_type == "s" for line in book.iter_rows() for cell in line)
    moment = f"{local(now()):%H:%M}"
    paper = desk.post(
        page,
        {
            "entry": hall.entries["M7"].pk,
            "session": hall.session.pk,
            "clock": moment,
            "text": "Mong lớp sau bắt đầu muộn hơn.",
        },
    )
    assert paper.status_code in (302, 303)
    assert Suggestion.objects.count() == 2
    assert LogMeaning.SURE.label
