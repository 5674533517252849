"""The hall's screen, the phone that scans it, the desk's scanner, mid-session checks: as they are asked by browsers."""

import datetime as dt
import io
import re
import time

import pytest
import segno
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quantriet.attendance import actions
from quantriet.attendance.models import PresenceCheck, PresenceFact
from quantriet.attendance.rules import codes
from quantriet.attendance.tests.factories import add_entry, make_campaign, make_class
from quantriet.attendance.vocab import FactKind, Mark, Method
from quantriet.attendance.web.check_in import DEVICE_COOKIE, keys
from quantriet.classes.models import Venue
from quantriet.kit.time import local, now
from quantriet.org.rules.tries import NARROW, Door

pytestmark = pytest.mark.django_db
EVERY_HOUR = ((dt.time(0, 0), dt.time(23, 59)),)
JSON = {"headers": {"Accept": "application/json"}}


@pytest.fixture
def hall(cast):
    """A class that lasts the whole of today, so that these tests run at any hour."""
    return make_class(cast, make_campaign(cast), ["M1", "M2", "M7"], times=EVERY_HOUR)


def hall_code(hall, *, ago: int = 0, venue=None) -> str:
    step = codes.hall_step(time.time()) - ago
    return codes.hall_code(keys()[0], (venue or hall.venue).pk, hall.session.pk, step)


def opened(client, hall, **given):
    return client.get(reverse("check-in", args=[hall_code(hall, **given)]))


def tickets(response) -> list[str]:
    return re.findall(r'name="ticket" value="([^"]+)"', response.content.decode())


def card(hall, person: str) -> str:
    return codes.personal_code(keys()[0], hall.entries[person].pk)


def confirm(client, ticket: str, **given):
    return client.post(reverse("check-in-confirm"), {"ticket": ticket, **given}, **JSON)


# --- the phone --------------------------------------------------------------------------------------------------


def test_who_is_signed_in_scans_and_confirms(as_user, hall, cast):
    client = as_user("member1")
    response = opened(client, hall)
    assert "Ghi Nguyễn Thị Hường có mặt" in response.content.decode()
    assert not PresenceFact.objects.exists()  # opening an address writes nothing
    own, _other = tickets(response)
    answer = confirm(client, own).json()
    assert answer["ok"]
    assert answer["sentence"].startswith("Đã ghi Nguyễn Thị Hường có mặt lúc ")
    again = confirm(client, own).json()
    assert again["sentence"].endswith(" rồi.")
    fact = PresenceFact.objects.get()
    assert (fact.account_id, fact.method, fact.device) == (
        cast.accounts["member1"].pk, Method.CODE, client.cookies[DEVICE_COOKIE].value,
    )  # fmt: skip


def test_without_a_script_the_same_by_a_form(client, hall):
    (ticket,) = tickets(opened(client, hall))
    wrong = client.post(reverse("check-in-confirm"), {"ticket": ticket, "code": "0000-0000-0000"})
    assert wrong.status_code == 422
    assert "Mã này không đúng" in wrong.content.decode()
    assert tickets(wrong) == [ticket]  # what was scanned is not asked for again
    right = client.post(reverse("check-in-confirm"), {"ticket": ticket, "code": card(hall, "M1").lower()})
    assert "Đã ghi Nguyễn Thị Hường có mặt lúc" in right.content.decode()
    (more,) = tickets(right)  # one phone for several members
    client.post(reverse("check-in-confirm"), {"ticket": more, "code": card(hall, "M2")})
    assert PresenceFact.objects.values_list("account", flat=True).distinct().get() is None
    assert PresenceFact.objects.values("device").distinct().count() == 1


@pytest.mark.parametrize("ago", [0, 1])
def test_the_present_code_and_the_one_before_are_good(client, hall, ago):
    assert opened(client, hall, ago=ago).status_code == 200


def test_a_forwarded_picture_is_too_old_and_says_what_to_do(client, hall):
    response = opened(client, hall, ago=3)
    assert response.status_code == 410
    assert (
        "ảnh chụp gửi cho nhau không dùng được. Hãy quét lại mã đang hiện trên màn chiếu." in response.content.decode()
    )
    assert not tickets(response)


def test_a_forged_code_is_none(client, hall):
    response = client.get(reverse("check-in", args=[hall_code(hall)[:-1] + "!"]))
    assert response.status_code == 404
    assert "không phải mã điểm danh của hệ thống" in response.content.decode()


def test_a_ticket_sent_to_another_phone_is_none(client, hall):
    (ticket,) = tickets(opened(client, hall))
    elsewhere = Client()
    opened(elsewhere, hall)
    answer = confirm(elsewhere, ticket, code=card(hall, "M1"))
    assert (answer.status_code, answer.json()["code"]) == (422, "ticket.device")
    assert not PresenceFact.objects.exists()


def test_ones_own_ticket_ends_with_the_sign_in(as_user, hall):
    client = as_user("member1")
    own = tickets(opened(client, hall))[0]
    client.logout()
    assert confirm(client, own).json()["code"] in ("ticket.device", "ticket.account")
    assert not PresenceFact.objects.exists()


def test_who_is_called_elsewhere_is_told_so(as_user, hall, cast):
    second = Venue.objects.create(study_class=hall.study_class, unit=cast.units["X1"], name="Điểm cầu thôn 2")
    assert "được xếp ở Hội trường" in opened(as_user("member1"), hall, venue=second).content.decode()
    other = make_class(cast, hall.campaign, [], times=EVERY_HOUR, title="Lớp khác")
    assert "không có trong danh sách lớp đang họp ở đây" in opened(as_user("member1"), other).content.decode()
    (ticket,) = tickets(opened(Client(), other))
    assert ticket


def test_a_card_of_another_class_is_refused(client, hall, cast):
    other = make_class(cast, make_campaign(cast, unit="X2"), ["M6"], unit="X2", times=EVERY_HOUR, title="Lớp khác")
    (ticket,) = tickets(opened(client, hall))
    answer = confirm(client, ticket, code=card(other, "M6")).json()
    assert answer["code"] == "check_in.other_class"
    assert "Lớp khác" not in answer["sentence"]


def test_guessing_cards_ends_soon_and_a_hall_behind_one_address_goes_on(client, hall):
    (ticket,) = tickets(opened(client, hall))
    for _ in range(NARROW[Door.CARD].most):
        assert confirm(client, ticket, code="0000-1111-2222").json()["code"] == "code.unknown"
    closed = confirm(client, ticket, code=card(hall, "M1")).json()
    assert closed["code"] == "door.closed"
    assert not PresenceFact.objects.exists()
    # Sixty phones in the same hall, each with its own cookie, from the same address.
    for number in range(60):
        phone = Client()
        (ticket,) = tickets(opened(phone, hall))
        assert confirm(phone, ticket, code=card(hall, ("M1", "M2", "M7")[number % 3])).json()["ok"]


def test_a_check_in_takes_at_most_five_statements(as_user, hall):
    client = as_user("member1")
    with CaptureQueriesContext(connection) as opening:
        own = tickets(opened(client, hall))[0]
    assert len(opening) <= 5
    with CaptureQueriesContext(connection) as confirming:
        assert confirm(client, own).json()["ok"]
    assert len(confirming) <= 5
    phone = Client()
    (ticket,) = tickets(opened(phone, hall))
    with CaptureQueriesContext(connection) as by_card:
        assert confirm(phone, ticket, code=card(hall, "M2")).json()["ok"]
    assert len(by_card) <= 5
    desk = as_user("organiser1")
    with CaptureQueriesContext(connection) as scanned:
        assert _scan(desk, hall, card(hall, "M7")).json()["ok"]
    assert len(scanned) <= 5


def test_the_members_own_code_is_read_by_the_desk(as_user, hall):
    client = as_user("member1")
    duty = hall.entries["M1"].duty_id
    page = client.get(reverse("my-code", args=[duty]))
    assert page.status_code == 200
    assert "<svg" in page.content.decode()
    assert page["Cache-Control"].startswith("max-age=0")
    text = codes.live_code(keys()[0], hall.entries["M1"].pk, codes.live_step(time.time()))
    assert _scan(as_user("organiser1"), hall, text).json()["ok"]
    assert as_user("secretary21").get(reverse("my-code", args=[duty])).status_code == 404


# --- the desk ---------------------------------------------------------------------------------------------------


def _scan(client, hall, text: str, **given):
    values = {"session": hall.session.pk, "venue": hall.venue.pk, "code": text, "turn": "both", **given}
    return client.post(reverse("scan", args=[hall.study_class.pk]), values, **JSON)


def where(hall) -> str:
    return f"?session={hall.session.pk}&venue={hall.venue.pk}"


@pytest.mark.parametrize("name", ["codes", "code-screen", "code-cards", "scan", "checks"])
@pytest.mark.parametrize("username, status", [("organiser1", 200), ("organiser2", 404), ("leader1", 403)])
def test_who_may_open_the_pages_of_the_desk(as_user, hall, name, username, status):
    url = reverse(name, args=[hall.study_class.pk]) + where(hall)
    assert as_user(username).get(url).status_code == status


def test_the_screen_shows_codes_that_phones_can_open(as_user, hall):
    client = as_user("organiser1")
    page = client.get(reverse("code-screen", args=[hall.study_class.pk]) + where(hall))
    text = page.content.decode()
    seconds = [float(one) for one in re.findall(r'data-seconds="([\d.]+)"', text)]
    assert len(seconds) == 5
    assert 0 < seconds[0] <= 15
    assert seconds[1:] == [15.0] * 4
    assert '<noscript><meta http-equiv="refresh"' in text
    part = client.get(
        reverse("code-screen", args=[hall.study_class.pk]) + where(hall), headers={"X-Poll": "1"}
    ).content.decode()
    assert "<html" not in part
    assert part.count("<svg") == 5


def test_the_screen_says_why_there_is_no_code(as_user, cast):
    client = as_user("organiser1")
    made = make_class(
        cast, make_campaign(cast), ["M1"], times=EVERY_HOUR, day=local(now()).date() + dt.timedelta(days=2)
    )
    page = client.get(reverse("code-screen", args=[made.study_class.pk])).content.decode()
    assert "mã hiện trong ngày học" in page
    assert "<svg" not in page


def test_the_scanner_answers_each_wrong_code_with_its_sentence(as_user, hall, cast):
    client = as_user("organiser1")
    other = make_class(cast, make_campaign(cast, unit="X2"), ["M6"], unit="X2", times=EVERY_HOUR, title="Lớp khác")
    entry = hall.entries["M1"].pk
    old = codes.live_code(keys()[0], entry, codes.live_step(time.time()) - 5)
    for text, code in {
        card(hall, "M1")[:-1] + "#": "code.unknown",
        old[:-1] + ("A" if old[-1] != "A" else "B"): "code.unknown",
        old: "code.old",
        hall_code(hall): "code.of_hall",
        card(other, "M6"): "check_in.other_class",
        "": "code.unknown",
    }.items():
        answer = _scan(client, hall, text).json()
        assert (answer["ok"], answer["code"]) == (False, code), text
    assert not PresenceFact.objects.exists()
    assert _scan(as_user("organiser2"), hall, card(hall, "M1")).status_code == 404


def test_a_scan_by_a_plain_form_comes_back_to_the_same_turn(as_user, hall):
    client = as_user("organiser1")
    values = {"session": hall.session.pk, "venue": hall.venue.pk, "code": card(hall, "M1"), "turn": "arrive"}
    url = reverse("scan", args=[hall.study_class.pk])
    page = client.post(url, values, follow=True)
    assert "turn=arrive" in page.redirect_chain[0][0]
    assert "Nguyễn Thị Hường (" in page.content.decode()
    again = client.post(url, values, follow=True)
    assert "vừa quét rồi" in again.content.decode()
    assert PresenceFact.objects.count() == 1


def test_a_photo_of_a_card_is_read_on_the_server(as_user, hall):
    client = as_user("organiser1")
    picture = io.BytesIO()
    segno.make(card(hall, "M1"), error="m").save(picture, kind="png", scale=6, border=4)
    upload = SimpleUploadedFile("the.png", picture.getvalue(), content_type="image/png")
    values = {"session": hall.session.pk, "venue": hall.venue.pk, "turn": "both", "photo": upload}
    page = client.post(reverse("scan-photo", args=[hall.study_class.pk]), values, follow=True).content.decode()
    assert "Nguyễn Thị Hường (" in page
    assert PresenceFact.objects.get().method == Method.STATION
    bad = SimpleUploadedFile("the.png", b"\x89PNG\r\n\x1a\nnothing", content_type="image/png")
    page = client.post(reverse("scan-photo", args=[hall.study_class.pk]), {**values, "photo": bad}, follow=True)
    assert "không mở được; hãy chụp lại" in page.content.decode()


def test_cards_are_printed_in_few_statements(as_user, hall, cast):
    client = as_user("organiser1")
    url = reverse("code-cards", args=[hall.study_class.pk]) + where(hall)
    client.get(url)
    with CaptureQueriesContext(connection) as three:
        page = client.get(url).content.decode()
    assert all(card(hall, person) in page for person in hall.entries)
    add_entry(cast, hall, "M3")
    with CaptureQueriesContext(connection) as four:
        client.get(url)
    assert len(three) == len(four)


def test_a_phone_of_several_members_stands_on_the_clerks_page(as_user, client, hall):
    (ticket,) = tickets(opened(client, hall))
    for person in ("M1", "M2"):
        confirm(client, ticket, code=card(hall, person))
    desk = as_user("organiser1")
    url = reverse("codes", args=[hall.study_class.pk]) + where(hall)
    page = desk.get(url).content.decode()
    assert "Máy 1: 2 người" in page
    assert "Có mặt 2/3" in page
    assert desk.get(url + "&format=xlsx")["Content-Disposition"].startswith("attachment")


def test_a_check_from_the_form_to_the_departure(as_user, hall, cast):
    client = as_user("organiser1")
    arrived = now() - dt.timedelta(seconds=3)
    marks = [
        Mark(entry.pk, hall.session.pk, FactKind.WHOLE, arrived, f"n-{entry.pk}") for entry in hall.entries.values()
    ]
    actions.record_marks(marks, by=cast.accounts["organiser1"], at=now())
    url = reverse("checks", args=[hall.study_class.pk]) + where(hall)
    assert "Buổi này chưa kiểm tra lần nào" in client.get(url).content.decode()
    wrong = client.post(url, {"when": "drawn", "minutes": "5", "start": "tám", "to": ""}).content.decode()
    assert "Hãy ghi giờ như 08:30." in wrong
    client.post(url, {"when": "now", "minutes": "5"})
    check = PresenceCheck.objects.get()
    screen = client.get(reverse("code-screen", args=[hall.study_class.pk]) + where(hall)).content.decode()
    assert "Kiểm tra giữa buổi: đề nghị các đồng chí quét mã trước" in screen
    phone = Client()
    (ticket,) = tickets(opened(phone, hall))
    assert confirm(phone, ticket, code=card(hall, "M1")).json()["ok"]
    page = client.get(url).content.decode()
    assert "Đã xác nhận 1/3 người" in page
    assert "Còn 2 người cần hỏi" in page
    assert client.get(url + "&format=xlsx")["Content-Disposition"].startswith("attachment")

    answer = reverse("check-answer", args=[hall.study_class.pk, check.pk])
    ids = {"session": hall.session.pk, "venue": hall.venue.pk}
    client.post(
        answer, {**ids, "entry": hall.entries["M2"].pk, "answer": "left", "left": f"{local(check.starts_at):%H:%M}"}
    )
    client.post(answer, {**ids, "entry": hall.entries["M7"].pk, "answer": "here"})
    assert "Đã xác nhận 3/3 người" in client.get(url).content.decode()
    left = PresenceFact.objects.get(kind=FactKind.LEAVE)
    assert (left.entry, left.at, left.method) == (hall.entries["M2"], check.starts_at, Method.ROLL)

    assert as_user("organiser2").post(answer, {**ids, "entry": hall.entries["M2"].pk}).status_code == 404
    client = as_user("organiser1")
    client.post(reverse("check-call-off", args=[hall.study_class.pk, check.pk]), ids)
    assert "Buổi này chưa kiểm tra lần nào" in client.get(url).content.decode()


def test_a_check_of_the_whole_class_is_for_its_organiser(as_user, hall, cast):
    second = Venue.objects.create(
        study_class=hall.study_class, unit=cast.units["X1"], name="Điểm cầu 2", clerk=cast.accounts["member1"]
    )
    check = actions.set_presence_check(hall.session, None, minutes=5, by=cast.accounts["organiser1"], at=now())
    clerk = as_user("member1")
    url = f"{reverse('checks', args=[hall.study_class.pk])}?session={hall.session.pk}&venue={second.pk}"
    page = clerk.get(url).content.decode()
    assert "Ở mọi điểm cầu của lớp" not in page
    assert "Bỏ lượt kiểm tra này" not in page
    off = reverse("check-call-off", args=[hall.study_class.pk, check.pk])
    assert clerk.post(off, {"session": hall.session.pk, "venue": second.pk}).status_code == 403
    assert "Ở mọi điểm cầu của lớp" in as_user("organiser1").get(url).content.decode()
