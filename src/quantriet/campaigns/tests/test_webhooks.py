"""Programs that are told of changed duties: by a receiver on loopback that checks the signature as strangers would."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import time_machine

from quantriet.campaigns import actions, queries
from quantriet.campaigns.models import DutyChange, StudyDuty, WebhookDelivery, WebhookSubscription
from quantriet.campaigns.rules import webhooks as rules
from quantriet.campaigns.tests import factories
from quantriet.campaigns.vocab import DeliveryState, WebhookState
from quantriet.kit import outbound
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now, today
from quantriet.notify.models import Message
from quantriet.org import actions as org_actions
from quantriet.org.models import Account
from tests.once import once


class Receiver:
    """A program elsewhere: keeps what it gets, refuses what is not signed, and answers as it is told to."""

    def __init__(self):
        self.got, self.status, self.secret, self.bad, self.location = [], 200, "", 0, ""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                good = outer.is_signed(self.headers, body)
                outer.bad += not good
                if good and outer.status == 200:
                    outer.got.append((self.headers["webhook-id"], json.loads(body)))
                self.send_response(outer.status if good else 401)
                if outer.location:
                    self.send_header("Location", outer.location)
                self.end_headers()
                self.wfile.write("đã nhận".encode())

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/nhan?x=1"

    def is_signed(self, headers, body):
        """Standard Webhooks, from its text alone: none of the product's code."""
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        given = [one.removeprefix("v1,") for one in headers["webhook-signature"].split(" ")]
        fresh = abs(int(headers["webhook-timestamp"]) - now().timestamp()) < 300
        return expected in given and fresh

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def campaign(cast):
    return factories.open_campaign(cast.units["X1"], cast.officer)


def subscribe(cast, receiver, unit="X1", **given):
    made = actions.add_webhook(
        unit=cast.units[unit], name="Kho dữ liệu", url=receiver.url, by=fresh(cast, "officer"), at=now(),
        **{"kinds": [], **given},
    )  # fmt: skip
    receiver.secret = queries.secret_of(made)
    return made


def fresh(cast, name):
    return Account.objects.get(pk=cast.accounts[name].pk)


def settle(cast, campaign, code):
    duty = StudyDuty.objects.get(campaign=campaign, person=cast.people[code])
    assert actions.settle_duties([factories.done(duty)], by=cast.officer, at=now()) == 1
    return duty


def run(webhook, at=None):
    actions.queue_webhooks(at=at or now())
    return actions.send_deliveries(webhook.pk, at=at or now())


def test_a_changed_duty_arrives_signed(cast, campaign, receiver):
    webhook = subscribe(cast, receiver)
    duty = settle(cast, campaign, "M1")
    assert run(webhook) == 1
    [(uid, told)] = receiver.got
    assert uid.startswith("msg_")
    assert told["type"] == "duty.changed"
    [change] = told["data"]["changes"]
    assert (change["duty"], change["person"], change["unit"]) == (duty.pk, cast.people["M1"].pk, cast.units["CB11"].pk)
    assert (change["state_before"], change["state_after"], change["reason"]) == ("owing", "done", "attended")
    assert "Hường" not in json.dumps(told, ensure_ascii=False)  # keys, no names
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.response_code, delivery.said) == (DeliveryState.DELIVERED, 200, "đã nhận")
    assert run(webhook) == 0
    assert len(receiver.got) == 1


def test_settling_does_not_know_of_subscriptions(cast, campaign, receiver):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for code in ("M1", "M2"):
        with CaptureQueriesContext(connection) as asked:
            settle(cast, campaign, code)
        counts.append(len(asked))
        for _ in range(5):
            subscribe(cast, receiver)
    assert counts[0] == counts[1]


def test_what_happened_before_and_elsewhere_is_not_told(cast, campaign, receiver):
    settle(cast, campaign, "M1")
    webhook = subscribe(cast, receiver, unit="X2")
    settle(cast, campaign, "M2")
    run(webhook)
    assert receiver.got == []
    assert WebhookSubscription.objects.get().last_change == DutyChange.objects.latest("pk").pk


def test_only_the_kinds_asked_for(cast, campaign, receiver):
    webhook = subscribe(cast, receiver, kinds=["attend"])  # the campaign has duties to read
    settle(cast, campaign, "M1")
    run(webhook)
    assert receiver.got == []


def test_many_changes_go_by_the_hundred_and_in_order(cast, campaign, receiver, monkeypatch):
    monkeypatch.setattr("quantriet.campaigns.actions.webhooks.BATCH", 2)
    webhook = subscribe(cast, receiver)
    for code in ("M1", "M2", "M3", "M4", "M5"):
        settle(cast, campaign, code)
    run(webhook)
    keys = [[one["id"] for one in told["data"]["changes"]] for _, told in receiver.got]
    assert [len(one) for one in keys] == [2, 2, 1]
    assert [key for part in keys for key in part] == sorted(key for part in keys for key in part)


def test_a_failure_is_tried_again_later_under_the_same_name(cast, campaign, receiver):
    webhook = subscribe(cast, receiver)
    settle(cast, campaign, "M1")
    receiver.status = 503
    at = now()
    run(webhook, at)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.response_code) == (DeliveryState.WAITING, 1, 503)
    assert actions.send_deliveries(webhook.pk, at=at + dt.timedelta(seconds=30)) == 0
    assert WebhookDelivery.objects.get().attempts == 1
    receiver.status = 200
    assert actions.send_deliveries(webhook.pk, at=at + dt.timedelta(seconds=61)) == 1
    assert receiver.got[0][0] == delivery.uid


def test_after_the_last_attempt_it_stops_and_says_so(cast, campaign, receiver):
    officer = cast.officer
    org_actions.change_account(officer, by=cast.accounts["admin"], at=now(), email="canbo@example.test")
    webhook = subscribe(cast, receiver)
    settle(cast, campaign, "M1")
    receiver.status = 500
    with time_machine.travel(now(), tick=False) as clock:
        for _ in range(rules.ATTEMPTS):
            run(webhook)
            clock.shift(dt.timedelta(hours=25))
        delivery = WebhookDelivery.objects.get()
        assert (delivery.state, delivery.attempts) == (DeliveryState.DEAD, rules.ATTEMPTS)
        webhook.refresh_from_db()
        assert webhook.state == WebhookState.STOPPED
        assert "500" in webhook.stopped_because
        assert Message.objects.get(kind="webhook").address == "canbo@example.test"
        # Nothing is lost meanwhile: it comes when somebody lets it run again, in order.
        settle(cast, campaign, "M2")
        run(webhook)
        assert receiver.got == []
        receiver.status = 200
        actions.resume_webhook(webhook, by=fresh(cast, "officer"), at=now())
        run(webhook)
    people = [told["data"]["changes"][0]["person"] for _, told in receiver.got]
    assert people == [cast.people["M1"].pk, cast.people["M2"].pk]


def test_a_worker_killed_while_sending_loses_nothing(cast, campaign, receiver):
    webhook = subscribe(cast, receiver)
    settle(cast, campaign, "M1")
    actions.queue_webhooks(at=now())
    WebhookDelivery.objects.update(state=DeliveryState.SENDING, claimed_at=now() - dt.timedelta(minutes=6), attempts=1)
    assert run(webhook) == 1


def test_it_ends_with_the_right_of_whoever_entered_it(cast, campaign, receiver):
    webhook = subscribe(cast, receiver)
    given = cast.officer.appointments.get()
    org_actions.end_appointment(given, by=cast.accounts["admin"], at=now(), on=today() - dt.timedelta(days=1))
    settle(cast, campaign, "M1")
    run(webhook)
    webhook.refresh_from_db()
    assert webhook.state == WebhookState.STOPPED
    assert receiver.got == []


def test_redirects_are_not_followed(cast, campaign, receiver):
    webhook = subscribe(cast, receiver)
    settle(cast, campaign, "M1")
    receiver.status, receiver.location = 302, receiver.url
    run(webhook)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.response_code) == (DeliveryState.WAITING, 302)
    assert receiver.got == []


def test_a_wrong_secret_is_noticed(cast, campaign, receiver):
    webhook = subscribe(cast, receiver)
    actions.renew_webhook_secret(webhook, by=cast.officer, at=now())
    settle(cast, campaign, "M1")
    run(webhook)
    assert receiver.bad == 1
    receiver.secret = queries.secret_of(webhook)
    run(webhook, now() + dt.timedelta(minutes=2))
    assert len(receiver.got) == 1


def test_the_secret_is_kept_nowhere(cast, receiver):
    webhook = subscribe(cast, receiver)
    key = base64.b64decode(queries.secret_of(webhook).removeprefix("whsec_"))
    row = str(WebhookSubscription.objects.values().get())
    assert key.hex() not in row
    assert queries.secret_of(webhook) not in row


def test_signature_as_the_standard_says():
    """The example of the Standard Webhooks text."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = rules.signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x", "https://10.0.0.1/", "https://192.168.1.1/", "https://[::1]/", "https://169.254.169.254/",
        "https://[::ffff:127.0.0.1]/", "https://[fc00::1]/", "https://0.0.0.0/", "https://[64:ff9b::7f00:1]/",
        "http://example.org/", "ftp://example.org/", "https://", "x", "https://a b/", "https://u:p@example.org/",
        "https://example.org:0/", "https://example.org:99999/", "https://[::1", "https://example.org/\r\nX: y",
        "https://224.0.0.1/", "https://" + "a" * 600,
    ],
)  # fmt: skip
def test_addresses_behind_our_own_walls_are_refused(url):
    with pytest.raises(Refusal) as refusal:
        outbound.check_url(url)
    assert refusal.value.code.startswith("url.")


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST"])
def test_a_name_is_judged_by_what_it_stands_for(name):
    with pytest.raises(outbound.Unreachable) as error:
        outbound.post(f"https://{name}/x", b"", {})
    assert error.value.args[0] == "private address"


def test_one_private_address_among_public_ones_is_a_trap(monkeypatch):
    found = [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", ("127.0.0.1", 443))]
    monkeypatch.setattr(outbound.socket, "getaddrinfo", lambda *args, **kwargs: found)
    with pytest.raises(outbound.Unreachable) as error:
        outbound.post("https://example.test/", b"", {})
    assert error.value.args[0] == "private address"


def test_nobody_listens(cast, campaign, receiver):
    webhook = subscribe(cast, receiver)
    receiver.server.server_close()
    WebhookSubscription.objects.update(url="http://127.0.0.1:9/x")
    settle(cast, campaign, "M1")
    run(webhook)
    delivery = WebhookDelivery.objects.get()
    assert delivery.state == DeliveryState.WAITING
    assert delivery.response_code is None
    assert "refused" in delivery.said.lower()


@pytest.mark.parametrize(
    ("code", "said", "words"),
    [
        (None, "name not found: [Errno -2] Name or service not known", "Không tìm thấy tên miền"),
        (None, "ConnectionRefusedError: [Errno 111] Connection refused", "Không kết nối được"),
        (None, "OSError: [Errno 113] No route to host", "Không kết nối được"),
        (None, "TimeoutError: timed out", "quá thời gian chờ"),
        (None, "SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "Chứng thư"),
        (None, "SSLError: [SSL: WRONG_VERSION_NUMBER] wrong version number", "kết nối mã hóa"),
        (None, "RemoteDisconnected: Remote end closed connection without response", "ngắt kết nối"),
        (None, "private address", "mạng nội bộ"),
        (None, "SomethingNew: never seen", "Không gửi được"),
        (None, "Địa chỉ thuộc mạng nội bộ nên hệ thống không gửi tới.", "Địa chỉ thuộc mạng nội bộ"),
        (404, "Not Found", "Nơi nhận trả lời mã 404: không có địa chỉ này."),
        (503, "", "Nơi nhận trả lời mã 503: máy chủ của nơi nhận đang lỗi hoặc bận."),
        (302, "", "chuyển hướng"),
        (204, "", ""),
        (None, "", ""),
    ],
)
def test_a_failure_is_told_in_words(code, said, words):
    told = rules.failure(code, said)
    assert words in told
    assert bool(told) == bool(words)
    assert "Errno" not in told


def test_the_page_tells_a_failure_in_words(as_user, cast, receiver, monkeypatch):
    webhook = subscribe(cast, receiver)
    technical = "name not found: [Errno -2] Name or service not known"

    def nobody(*_given, **_more):
        raise outbound.Unreachable(technical)

    monkeypatch.setattr(outbound, "post", nobody)
    actions.try_webhook(webhook, by=cast.officer, at=now())
    actions.send_deliveries(webhook.pk, at=now())
    page = as_user("officer").get(f"/desk/webhooks/{webhook.pk}/").content.decode()
    assert rules.failure(None, technical) in page
    assert page.index("Không tìm thấy tên miền") < page.index("<summary>Chi tiết kỹ thuật") < page.index(technical)
    WebhookDelivery.objects.update(attempts=rules.ATTEMPTS - 1)
    WebhookSubscription.objects.update(next_try_at=None)
    actions.send_deliveries(webhook.pk, at=now())
    webhook.refresh_from_db()
    assert "Không tìm thấy tên miền" in webhook.stopped_because
    assert "Errno" not in webhook.stopped_because


# --- pages --------------------------------------------------------------------------------------------------------


def test_pages(as_user, cast, campaign, receiver):
    client = as_user("officer")
    form = {"unit": cast.units["X1"].pk, "name": "Kho", "url": receiver.url, "kinds": []}
    form |= once(client, "/desk/webhooks/new/")
    page = client.post("/desk/webhooks/new/", form).content.decode()
    assert client.post("/desk/webhooks/new/", form).status_code == 302  # a reload makes no second receiver
    receiver.secret = re.search(r"whsec_[\w+/=]+", page)[0]
    webhook = WebhookSubscription.objects.get()
    assert receiver.secret == queries.secret_of(webhook)
    assert receiver.secret not in client.get(f"/desk/webhooks/{webhook.pk}/").content.decode()
    one_change = once(client, f"/desk/webhooks/{webhook.pk}/")
    assert "whsec_" in client.post(f"/desk/webhooks/{webhook.pk}/secret/", one_change).content.decode()
    webhook.refresh_from_db()
    receiver.secret = queries.secret_of(webhook)
    again = client.post(f"/desk/webhooks/{webhook.pk}/secret/", one_change, follow=True).content.decode()
    assert "Mã bí mật đã đổi rồi" in again
    webhook.refresh_from_db()
    assert queries.secret_of(webhook) == receiver.secret  # what was copied a moment ago still holds
    assert client.post(f"/desk/webhooks/{webhook.pk}/test/").status_code == 303
    assert actions.send_deliveries(webhook.pk, at=now()) == 1
    assert receiver.got[0][1]["type"] == "webhook.test"
    delivery = WebhookDelivery.objects.get()
    assert client.post(f"/desk/webhooks/deliveries/{delivery.pk}/again/").status_code == 303
    assert client.post(f"/desk/webhooks/deliveries/{delivery.pk}/again/").status_code == 403
    assert actions.send_deliveries(webhook.pk, at=now()) == 1
    assert [uid for uid, _ in receiver.got] == [delivery.uid] * 2
    assert client.post(f"/desk/webhooks/{webhook.pk}/state/").status_code == 303
    assert client.post(f"/desk/webhooks/{webhook.pk}/test/").status_code == 403
    assert client.post(f"/desk/webhooks/{webhook.pk}/state/", {"run": "1"}).status_code == 303
    assert "Kho" in client.get("/desk/webhooks/").content.decode()
    assert client.post(f"/desk/webhooks/{webhook.pk}/remove/").status_code == 303
    assert not WebhookDelivery.objects.exists()


def test_a_refused_address_stands_beside_the_field(as_user, cast):
    form = {"unit": cast.units["X1"].pk, "name": "Kho", "url": "https://10.0.0.1/", "kinds": []}
    client = as_user("officer")
    answer = client.post("/desk/webhooks/new/", form | once(client, "/desk/webhooks/new/"))
    assert answer.status_code == 422
    assert "mạng nội bộ" in answer.content.decode()


def test_who_does_not_plan_there_sees_nothing(as_user, cast, receiver):
    webhook = subscribe(cast, receiver)
    assert as_user("organiser1").get("/desk/webhooks/").status_code == 403
    org_actions.give_appointment(
        cast.accounts["organiser2"], by=None, at=now(), role="board_officer", unit=cast.units["X2"],
        valid_from=dt.date(2020, 1, 1),
    )  # fmt: skip
    client = as_user("organiser2")
    assert client.get("/desk/webhooks/").status_code == 200
    assert client.get(f"/desk/webhooks/{webhook.pk}/").status_code == 404


def test_the_list_costs_the_same_for_one_and_three(as_user, cast, receiver):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    client = as_user("officer")
    for number in (1, 2):
        for _ in range(number):
            subscribe(cast, receiver)
        with CaptureQueriesContext(connection) as asked:
            client.get("/desk/webhooks/")
        counts.append(len(asked))
    assert counts[0] == counts[1]
