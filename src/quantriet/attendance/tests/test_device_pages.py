"""The page of the clerk's device and what it asks: who may, hostile bodies, conflicts and lost devices at the desk."""

import datetime as dt
import json
import secrets
import time

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quantriet.attendance.models import DeviceFact, PresenceConflict, PresenceFact, RollDevice
from quantriet.attendance.rules import codes
from quantriet.attendance.rules.devices import MOST_BYTES
from quantriet.attendance.tests.factories import add_entry, make_campaign, make_class
from quantriet.attendance.web.check_in import keys
from quantriet.classes.models import Venue
from quantriet.kit.time import at_local, now, today

pytestmark = pytest.mark.django_db
EVERY_HOUR = ((dt.time(0, 0), dt.time(23, 59)),)
PEOPLE = ["M1", "M2", "M7"]


@pytest.fixture
def hall(cast):
    return make_class(cast, make_campaign(cast), PEOPLE, times=EVERY_HOUR)


def post(client, name: str, body, **headers):
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(reverse(name), text, content_type="application/json", **headers)


def opened(client, hall, **given):
    answer = post(
        client, "station-open", {"class": hall.study_class.pk, "venue": hall.venue.pk, "label": "Thử", **given}
    )
    assert answer.status_code == 200, answer.content
    return answer.json()


def ms(at: dt.datetime | None = None) -> int:
    return int((at or now()).timestamp() * 1000)


def fact(hall, person: str, kind: str = "arrive", **given) -> dict:
    return {
        "nonce": secrets.token_hex(16), "kind": kind, "entry": hall.entries[person].pk, "session": hall.session.pk,
        "made": ms(), "offset": 0, "known": ms() - 1000, "way": "roll",
    } | given  # fmt: skip


def send(client, device: str, *facts, **given):
    return post(client, "station-sync", {"device": device, "now": ms(), "waiting": len(facts), "session": None, "facts": facts} | given)  # fmt: skip


# --- what a device is given -----------------------------------------------------------------------------------------


@pytest.mark.req("B-03")
def test_a_device_is_given_its_venues_names_and_no_secret(as_user, hall, cast):
    other = Venue.objects.create(study_class=hall.study_class, unit=cast.units["X1"], name="Hội trường 2")
    add_entry(cast, hall, "M4", venue=other)
    answer = post(as_user("organiser1"), "station-open", {"class": hall.study_class.pk, "venue": hall.venue.pk})
    given = answer.json()
    assert {row[0] for row in given["people"]} == {hall.entries[code].pk for code in PEOPLE}
    text = answer.content.decode()
    for key in keys():
        assert key.hex() not in text
        for code in PEOPLE:
            printed = codes.personal_code(key, hall.entries[code].pk)
            assert printed not in text
            assert printed.replace("-", "") not in text
    for code in PEOPLE:
        assert cast.people[code].code not in text
        line = next(row for row in given["people"] if row[0] == hall.entries[code].pk)
        assert line[4] == [codes.card_digest(given["device"].encode(), codes.personal_code(keys()[0], line[0]))]
        step = codes.live_step(time.time())
        assert codes.read_scanned([keys()[0]], codes.live_code(keys()[0], line[0], step), time.time()) == line[0]
    again = opened(as_user("organiser1"), hall, device=given["device"])
    assert (again["device"], again["grant"]) == (given["device"], given["grant"])
    theirs = opened(as_user("officer"), hall, device=given["device"])
    assert theirs["device"] != given["device"]
    assert theirs["grant"] != given["grant"]


def test_the_page_and_its_worker_name_nobody(client, as_user, hall):
    for browser in (client, as_user("organiser1")):
        page = browser.get(reverse("station"))
        assert page.status_code == 200
        text = page.content.decode()
        assert "Nguyễn" not in text
        assert "csrfmiddlewaretoken" not in text
        assert "X-Handbook" not in page
    worker = client.get(reverse("station-worker"))
    assert worker["Content-Type"].startswith("text/javascript")
    assert reverse("station-sync") in worker.content.decode()
    assert client.get(reverse("station-manifest")).json()["scope"] == reverse("station")


def test_here_tells_who_is_signed_in_by_a_mark(client, as_user, cast):
    nobody = client.get(reverse("station-here")).json()
    assert (nobody["account"], nobody["name"]) == ("", "")
    assert abs(nobody["server"] - ms()) < 60_000
    mine = as_user("organiser1").get(reverse("station-here"))
    assert mine["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert mine.json()["account"]
    assert mine.json()["account"] != as_user("officer").get(reverse("station-here")).json()["account"]


@pytest.mark.parametrize(
    ("name", "status"), [("organiser1", 200), ("officer", 200), ("organiser2", 404), ("member1", 404)]
)
def test_who_may_open_a_device(as_user, hall, name, status):
    answer = post(as_user(name), "station-open", {"class": hall.study_class.pk, "venue": hall.venue.pk})
    assert answer.status_code == status
    assert RollDevice.objects.exists() == (status == 200)


@pytest.mark.parametrize(
    "body", ["", "null", "[]", "7", '{"class": "x"}', '{"class": 1e99, "venue": {}}', "[" * 20_000]
)
def test_an_opening_that_is_none(as_user, hall, body):
    assert post(as_user("organiser1"), "station-open", body).status_code == 400
    assert not RollDevice.objects.exists()


# --- deliveries, hostile ones too -----------------------------------------------------------------------------------


@pytest.mark.req("B-03")
def test_a_delivery_is_acknowledged_and_tells_how_everybody_stands(as_user, hall):
    client = as_user("organiser1")
    device = opened(client, hall)["device"]
    one = fact(hall, "M1")
    for _ in range(2):
        told = send(client, device, one, session=hall.session.pk).json()
        assert told["told"] == [[one["nonce"], "recorded", ""]]
        assert told["rows"][str(hall.entries["M1"].pk)][0] == "present"
        assert told["rows"][str(hall.entries["M2"].pk)][0] == "none"
    assert PresenceFact.objects.count() == 1
    assert (told["ended"], told["conflicts"]) == ("", 0)


def test_a_signed_out_browser_is_sent_to_the_sign_in_and_stores_nothing(as_user, hall):
    device = opened(as_user("organiser1"), hall)["device"]
    answer = send(Client(), device, fact(hall, "M1"))
    assert answer.status_code == 302
    assert send(as_user("officer"), device, fact(hall, "M1")).status_code == 404
    assert send(as_user("organiser1"), "f" * 32, fact(hall, "M1")).status_code == 404
    assert not DeviceFact.objects.exists()


def test_hostile_deliveries_store_nothing_and_are_no_server_error(as_user, hall, cast):
    client = as_user("organiser1")
    device = opened(client, hall)["device"]
    good = fact(hall, "M1")
    bodies = [
        "", "null", "[]", "{", "\x00", '{"facts": NaN}', "[" * 50_000, b"\xff\xfe", json.dumps([good]),
        json.dumps({"device": device, "now": ms(), "facts": [good] * 2}),
        json.dumps({"device": device, "now": ms(), "facts": [good | {"entry": "1; DROP TABLE"}]}),
        json.dumps({"device": device, "now": ms(), "facts": [good | {"made": 1e300}]}),
        json.dumps({"device": device, "now": ms(), "facts": [fact(hall, "M1") for _ in range(501)]}),
        json.dumps({"device": {"$ne": None}, "now": ms(), "facts": [good]}),
    ]  # fmt: skip
    for body in bodies:
        answer = post(client, "station-sync", body)
        assert answer.status_code == 400, body[:80]
        assert answer.json()["sentence"]
    assert client.post(reverse("station-sync"), {"device": device}).status_code == 400
    assert client.get(reverse("station-sync")).status_code == 405
    other = make_class(cast, make_campaign(cast), ["M9"], title="Lớp khác", times=EVERY_HOUR)
    foreign = [
        good | {"entry": other.entries["M9"].pk},
        fact(hall, "M2", session=other.session.pk),
        fact(hall, "M2", entry=0),
    ]
    told = send(client, device, *foreign).json()["told"]
    assert [one[1] for one in told] == ["refused"] * 3
    assert not DeviceFact.objects.exists()
    assert not PresenceFact.objects.exists()


def test_a_body_of_a_hundred_megabytes_is_turned_away_unread(as_user, hall):
    client = as_user("organiser1")
    device = opened(client, hall)["device"]

    class Unread:
        def read(self, *_):
            raise AssertionError("the body was read")

        readline = read

    answer = client.generic(
        "POST", reverse("station-sync"), b"{}", content_type="application/json",
        **{"CONTENT_LENGTH": str(100 * 1024 * 1024), "wsgi.input": Unread()},
    )  # fmt: skip
    assert answer.status_code == 413
    big = send(client, device, fact(hall, "M1") | {"way": "x" * MOST_BYTES})
    assert big.status_code == 413
    assert not DeviceFact.objects.exists()


# --- at the desk ----------------------------------------------------------------------------------------------------


def conflicting(as_user, hall, *people) -> str:
    """A delivery with hours that cannot be, of these people."""
    client = as_user("organiser1")
    device = opened(client, hall)["device"]
    long_ago = ms(at_local(today() - dt.timedelta(days=3), dt.time(8)))
    told = send(client, device, *(fact(hall, one, made=long_ago, offset=0) for one in people)).json()
    assert [one[1] for one in told["told"]] == ["conflict"] * len(people)
    return device


@pytest.mark.req("B-03")
def test_a_conflict_is_shown_and_settled_and_the_second_is_told(as_user, hall):
    conflicting(as_user, hall, "M1")
    one = PresenceConflict.objects.get()
    first, second = as_user("organiser1"), as_user("officer")
    address = reverse("roll-conflicts", args=[hall.study_class.pk])
    page = first.get(address).content.decode()
    assert "Nguyễn Thị Hường" in page
    assert "không thuộc ngày đó" in page
    answer = first.post(address, {"conflict": one.pk, "outcome": "taken", "clock": "00:01"}, follow=True)
    assert "Đã giải quyết xung đột." in answer.content.decode()
    late = second.post(address, {"conflict": one.pk, "outcome": "left_out"}, follow=True)
    assert "đã giải quyết xung đột này lúc" in late.content.decode()
    assert PresenceFact.objects.get().entry == hall.entries["M1"]
    settled = first.get(address, {"state": "settled"}).content.decode()
    assert "Nguyễn Thị Hường" in settled
    assert first.get(address, {"state": "settled", "format": "xlsx"}).status_code == 200
    assert first.post(address, {"conflict": one.pk, "outcome": "undone"}).status_code == 404
    assert as_user("organiser2").post(address, {"conflict": one.pk, "outcome": "taken"}).status_code == 404


def test_the_list_of_conflicts_costs_the_same_for_one_and_for_three(as_user, hall):
    client = as_user("organiser1")
    address = reverse("roll-conflicts", args=[hall.study_class.pk])

    def statements() -> int:
        with CaptureQueriesContext(connection) as taken:
            client.get(address)
        return len(taken)

    conflicting(as_user, hall, "M1")
    statements()
    one = statements()
    conflicting(as_user, hall, "M2", "M7")
    assert statements() == one


@pytest.mark.req("B-03")
def test_a_lost_device_says_what_is_missing_and_leads_to_the_paper(as_user, hall):
    client = as_user("organiser1")
    device = opened(client, hall)["device"]
    send(client, device, fact(hall, "M1"), waiting=5)
    address = reverse("roll-devices", args=[hall.study_class.pk])
    assert "Báo mất máy này" in client.get(address).content.decode()
    row = RollDevice.objects.get()
    assert row.waiting == 4
    lost = client.post(reverse("roll-device-lost", args=[hall.study_class.pk, row.pk]), follow=True)
    page = lost.content.decode()
    assert "Còn thiếu sau khi mất máy: 2 người" in page
    assert reverse("slips", args=[hall.study_class.pk]) in page
    told = send(client, device, fact(hall, "M2")).json()
    assert (told["ended"], told["told"][0][1]) == ("lost", "conflict")
    assert told["rows"] is None
    assert post(client, "station-open", {"class": hall.study_class.pk, "venue": hall.venue.pk, "device": device}).status_code == 409  # fmt: skip
    assert (
        as_user("organiser2").post(reverse("roll-device-lost", args=[hall.study_class.pk, row.pk])).status_code == 404
    )


def test_the_list_of_devices_costs_the_same_for_one_and_for_three(as_user, hall):
    client = as_user("organiser1")
    address = reverse("roll-devices", args=[hall.study_class.pk])

    def statements() -> int:
        with CaptureQueriesContext(connection) as taken:
            client.get(address)
        return len(taken)

    opened(client, hall)
    statements()
    one = statements()
    opened(client, hall)
    opened(as_user("officer"), hall)
    assert statements() == one
