import io

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quantriet.kit.time import now
from quantriet.notify.models import Message
from quantriet.notify.tests.factories import make_message
from quantriet.notify.vocab import MessageState

pytestmark = pytest.mark.django_db


def failed(message: Message, said="ConnectionRefusedError: [Errno 111] Connection refused", again=None) -> Message:
    Message.objects.filter(pk=message.pk).update(
        state=MessageState.FAILED, last_error=said, attempts=5, next_try_at=again
    )
    message.refresh_from_db()
    return message


def test_list_tells_what_failed_and_why(as_user, cast):
    failed(make_message(cast, to_unit=cast.units["X1"]))
    text = as_user("officer").get(reverse("message-list")).content.decode()
    assert "Có 1 thư không gửi được" in text
    assert "Không nối được với máy chủ thư" in text
    assert "Đảng ủy xã Ea Tam" in text


def test_empty_list_says_what_will_be_here(as_user):
    assert "Chưa có thư nào" in as_user("officer").get(reverse("message-list")).content.decode()


def test_filters_search_and_order(as_user, cast):
    failed(make_message(cast, subject="Nhắc lần hai", to_unit=cast.units["X2"]))
    make_message(cast, subject="Giấy mời", kind="summons", address="b@example.test")
    client = as_user("officer")

    def subjects(**query):
        return [one.subject for one in client.get(reverse("message-list"), query).context["outbox"]]

    assert subjects(state="failed") == ["Nhắc lần hai"]
    assert subjects(given_up="1") == ["Nhắc lần hai"]
    assert subjects(again="1") == []
    Message.objects.filter(subject="Nhắc lần hai").update(next_try_at=now())
    assert (subjects(given_up="1"), subjects(again="1")) == ([], ["Nhắc lần hai"])
    assert subjects(kind="summons") == ["Giấy mời"]
    assert subjects(q="suoi ngan") == ["Nhắc lần hai"]
    assert subjects(q="b@example") == ["Giấy mời"]
    assert subjects(q="không có") == []
    assert subjects(sort="subject") == ["Giấy mời", "Nhắc lần hai"]
    assert subjects(state="xx", kind="yy", sort="zz") == ["Giấy mời", "Nhắc lần hai"]


def test_excel_holds_the_same_rows(as_user, cast):
    failed(make_message(cast, subject="=1+1"))
    answer = as_user("officer").get(reverse("message-list"), {"format": "xlsx"})
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    cells = [cell.value for row in sheet.iter_rows() for cell in row]
    assert "=1+1" in cells
    assert "Chưa gửi được" in cells


@pytest.mark.parametrize(
    ("username", "unit", "status"),
    [
        ("officer", "X1", 200),
        ("organiser1", "X1", 200),
        ("organiser1", "T", 404),
        ("organiser1", "X2", 404),
        ("secretary11", "CB11", 200),
        ("secretary11", "X1", 404),
        ("leader", "T", 403),
        ("inspector", "T", 403),
        ("admin", "T", 403),
        ("member1", "CB11", 403),
    ],
)
def test_message_is_seen_in_the_branch_that_sends_messages(as_user, cast, username, unit, status):
    message = failed(make_message(cast, unit=unit))
    client = as_user(username)
    assert client.get(reverse("message", args=[message.pk])).status_code == status
    assert client.get(reverse("message-retry", args=[message.pk])).status_code == status
    assert client.post(reverse("message-retry", args=[message.pk])).status_code == (303 if status == 200 else status)
    listed = client.get(reverse("message-list"))
    assert listed.status_code == (403 if status == 403 else 200)
    if status != 403:
        assert listed.context["outbox"].total == (1 if status == 200 else 0)


def test_send_again_from_the_message_page(as_user, cast):
    message = failed(make_message(cast))
    client = as_user("officer")
    page = client.get(reverse("message", args=[message.pk])).content.decode()
    assert "Gửi lại" in page
    assert "Errno 111" in page
    answer = client.post(reverse("message-retry", args=[message.pk]))
    assert answer.status_code == 303
    message.refresh_from_db()
    assert message.state == MessageState.QUEUED
    again = client.post(reverse("message-retry", args=[message.pk]))
    assert again.status_code == 422
    assert "đã gửi hoặc đang chờ gửi" in again.content.decode()


def test_ticked_failed_messages_are_sent_again_and_others_left_alone(as_user, cast):
    mine = [failed(make_message(cast, unit="X1")) for _ in range(2)]
    strange = failed(make_message(cast, unit="X2"))
    waiting = make_message(cast, unit="X1")
    ids = [one.pk for one in (*mine, strange, waiting)]
    answer = as_user("organiser1").post(reverse("messages-retry"), {"ids": ids, "next": reverse("message-list")})
    assert answer.status_code == 303
    states = dict(Message.objects.values_list("pk", "state"))
    assert [states[one.pk] for one in mine] == [MessageState.QUEUED] * 2
    assert states[strange.pk] == MessageState.FAILED
    assert "2 thư" in as_user("organiser1").get(reverse("message-list")).content.decode()


def test_retry_does_not_lead_to_an_outside_address(as_user, cast):
    message = failed(make_message(cast))
    answer = as_user("officer").post(reverse("message-retry", args=[message.pk]), {"next": "https://example.test/"})
    assert answer.url == reverse("message", args=[message.pk])


def test_text_of_a_message_is_never_markup(as_user, cast):
    message = make_message(cast, subject="<script>alert(1)</script>", body="<b>đậm</b>")
    text = as_user("officer").get(reverse("message", args=[message.pk])).content.decode()
    assert "<script>alert" not in text
    assert "&lt;b&gt;đậm" in text


def test_list_asks_the_same_number_of_queries_for_one_and_three_rows(as_user, cast):
    client = as_user("officer")

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert client.get(reverse("message-list")).status_code == 200
        return len(caught)

    failed(make_message(cast, to_unit=cast.units["X1"], to_person=cast.people["M1"]))
    queries()
    one = queries()
    for code in ("M2", "M3"):
        failed(make_message(cast, to_unit=cast.units["X2"], to_person=cast.people[code]), again=now())
    assert queries() == one
