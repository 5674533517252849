"""Web push: opened again by the receiver's side written down apart, the proof checked by another library."""

import base64
import json
import os

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from quantriet.audit.models import AuditEvent
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now
from quantriet.notify import actions
from quantriet.notify.actions import push
from quantriet.notify.models import Message, PushSubscription
from quantriet.notify.rules import explain_error, web_push
from quantriet.notify.tests.fakes import Server
from quantriet.notify.vocab import MessageState, NoticeChannel


def b64(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unb64(text):
    return base64.urlsafe_b64decode(text + "==")


def mac(key, data):
    made = hmac.HMAC(key, hashes.SHA256())
    made.update(data)
    return made.finalize()


def open_message(body, key, auth):
    """RFC 8291 as the receiver does it, by plain HMAC and counter mode (no HKDF, no AESGCM of a library).

    Returns the message without its padding; the tag is checked by sealing again.
    """
    salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
    sender, sealed = body[21 : 21 + length], body[21 + length :]
    assert size == 4096
    assert len(sealed) <= size
    own = web_push.public_bytes(key.public_key())
    shared = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
    ikm = mac(mac(auth, shared), b"WebPush: info\x00" + own + sender + b"\x01")
    prk = mac(salt, ikm)
    cek = mac(prk, b"Content-Encoding: aes128gcm\x00\x01")[:16]
    nonce = mac(prk, b"Content-Encoding: nonce\x00\x01")[:12]
    opener = Cipher(algorithms.AES(cek), modes.GCM(nonce, sealed[-16:])).decryptor()
    plain = opener.update(sealed[:-16]) + opener.finalize()
    message, mark, rest = plain.rpartition(b"\x02")
    assert mark
    assert not rest.strip(b"\x00")
    return message


def test_the_example_of_the_standard_comes_out_byte_by_byte():
    """RFC 8291, section 5."""
    sender = ec.derive_private_key(
        int.from_bytes(unb64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"), ec.SECP256R1()
    )
    sealed = web_push.seal_for(
        b"When I grow up, I want to be a watermelon",
        point=unb64("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        secret=unb64("BTBZMqHH6r4Tts7J_aSIgg"), sender=sender, salt=unb64("DGv6ra1nlYgDCS1FRnbzlw"), pad=0,
    )  # fmt: skip
    assert b64(sealed) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
        "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@pytest.mark.parametrize("length", [0, 1, 200, 255, 256, 4000, web_push.MOST - 1])
def test_a_message_of_any_length_opens_again_and_its_length_tells_little(length):
    key, auth = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
    told = os.urandom(length).replace(b"\x02", b"\x03")
    body = web_push.seal_for(told, point=web_push.public_bytes(key.public_key()), secret=auth)
    assert open_message(body, key, auth) == told
    assert (len(body) - 86 - 16) % web_push.PAD == 0 or length > 3800
    with pytest.raises(ValueError, match="too long"):
        web_push.seal_for(b"x" * 4080, point=web_push.public_bytes(key.public_key()), secret=auth)


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path, settings):
    settings.PUSH_KEY_FILE = str(tmp_path / "deep" / "push-key")
    first = actions.public_key()
    push._read_key.cache_clear()
    assert actions.public_key() == first
    assert (tmp_path / "deep" / "push-key").stat().st_mode & 0o077 == 0
    assert [one.name for one in (tmp_path / "deep").iterdir()] == ["push-key"]


class Browser:
    """A browser with its push service on the loopback."""

    def __init__(self):
        self.key, self.auth, self.status = ec.generate_private_key(ec.SECP256R1()), os.urandom(16), 201
        self.server = Server(lambda _path, _headers, _body: (self.status, ""))
        self.endpoint = f"{self.server.url}/push/abc"

    @property
    def keys(self):
        return {"p256dh": b64(web_push.public_bytes(self.key.public_key())), "auth": b64(self.auth)}


@pytest.fixture
def browser(settings, tmp_path):
    settings.PUSH_NETWORKS = ["127.0.0.0/8"]
    settings.PUSH_KEY_FILE = str(tmp_path / "push-key")
    settings.PUSH_CONTACT = "mailto:quantri@tanlinh.example"
    made = Browser()
    yield made
    made.server.stop()


def pushed(cast, browser, **more):
    account = cast.accounts["member1"]
    actions.subscribe_browser(
        account, endpoint=browser.endpoint, device="Chrome trên Android", at=now(), **browser.keys
    )
    told = actions.send_notice(
        kind="catch_up", unit=cast.units["X1"], to=cast.people["M1"], subject="Giấy mời: Lớp số 1",
        body="Kính gửi đồng chí Nguyễn Thị Hường, bí mật riêng.", link="/me/", by=cast.officer, at=now(), is_urgent=True, **more,
    )  # fmt: skip
    return told, Message.objects.get(channel=NoticeChannel.PUSH)


@pytest.mark.django_db
def test_a_browser_is_told_the_title_alone_and_the_proof_holds(cast, browser):
    told, message = pushed(cast, browser)
    assert actions.deliver(message.pk, at=now()).state == MessageState.SENT
    [(path, headers, body)] = browser.server.asked
    assert path == "/push/abc"
    said = json.loads(open_message(body, browser.key, browser.auth))
    assert said == {
        "title": "Giấy mời: Lớp số 1", "url": f"/me/notices/{told.notice.pk}/", "tag": f"n{told.notice.pk}"
    }  # fmt: skip
    assert (headers["content-encoding"], headers["ttl"], headers["urgency"]) == ("aes128gcm", "86400", "high")
    token, _, key = headers["authorization"].removeprefix("vapid t=").partition(", k=")
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(key))
    claims = jwt.decode(token, public, algorithms=["ES256"], audience=browser.server.url)
    assert claims["sub"] == "mailto:quantri@tanlinh.example"
    assert 0 < claims["exp"] - now().timestamp() <= 24 * 60 * 60
    assert key == actions.public_key()
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(
            token,
            ec.generate_private_key(ec.SECP256R1()).public_key(),
            algorithms=["ES256"],
            audience=browser.server.url,
        )


@pytest.mark.django_db
@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_is_gone_ends_and_its_secret_goes(cast, browser, status):
    _told, message = pushed(cast, browser)
    browser.status = status
    failed = actions.deliver(message.pk, at=now())
    assert (failed.state, failed.next_try_at) == (MessageState.FAILED, None)
    assert "tắt thông báo" in explain_error(failed.last_error)
    kept = PushSubscription.objects.get()
    assert kept.ended_at is not None
    assert kept.sealed == ""
    actions.retry_message(failed, by=cast.officer, at=now())
    assert actions.deliver(message.pk, at=now()).state == MessageState.FAILED
    assert len(browser.server.asked) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("why", ["another signed in there", "the account is closed"])
def test_a_browser_shows_only_what_is_for_the_account_it_belongs_to(cast, browser, why):
    _told, message = pushed(cast, browser)
    if why == "another signed in there":
        other = cast.accounts["member10"]
        actions.subscribe_browser(other, endpoint=browser.endpoint, device="Chrome", at=now(), **browser.keys)
        assert AuditEvent.objects.filter(verb="push.subscribed").count() == 2
    else:
        type(cast.accounts["member1"]).objects.filter(pk=cast.accounts["member1"].pk).update(is_active=False)
    failed = actions.deliver(message.pk, at=now())
    assert (failed.state, failed.next_try_at) == (MessageState.FAILED, None)
    assert not browser.server.asked


@pytest.mark.django_db
def test_a_busy_push_service_is_asked_again(cast, browser):
    _told, message = pushed(cast, browser)
    browser.status = 429
    failed = actions.deliver(message.pk, at=now())
    assert failed.next_try_at is not None
    assert "đang bận" in explain_error(failed.last_error)
    browser.status = 403
    actions.requeue_due(at=failed.next_try_at)
    assert actions.deliver(message.pk, at=failed.next_try_at).next_try_at is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "endpoint",
    ["http://push.example/x", "https://127.0.0.1/x", "https://10.1.2.3/x", "https://[::1]/x", "https://a:b@push.example/", "ftp://x/", ""],
)  # fmt: skip
def test_an_address_that_is_no_push_service_is_refused(cast, endpoint):
    keys = Browser().keys
    with pytest.raises(Refusal) as refused:
        actions.subscribe_browser(cast.officer, endpoint=endpoint, device="", at=now(), **keys)
    assert refused.value.code == "push.address"
    assert not PushSubscription.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "endpoint",
    ["https://push.example/x", "https://evil-fcm.googleapis.com.example/x", "https://notfcm.googleapis.com/x"],
)
def test_a_host_that_is_no_known_push_service_is_refused(cast, endpoint):
    keys = Browser().keys
    with pytest.raises(Refusal) as refused:
        actions.subscribe_browser(cast.officer, endpoint=endpoint, device="", at=now(), **keys)
    assert refused.value.code == "push.service"
    kept = actions.subscribe_browser(
        cast.officer, endpoint="https://wns2-sg2p.notify.windows.com/w/?token=x", device="", at=now(), **keys
    )
    assert kept.host == "wns2-sg2p.notify.windows.com"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong", [{"p256dh": "AAAA"}, {"auth": "AAAA"}, {"p256dh": "%%"}, {"p256dh": b64(b"\x04" + b"\x01" * 64)}]
)
def test_keys_that_are_none_are_refused(cast, wrong):
    keys = Browser().keys | wrong
    with pytest.raises(Refusal) as refused:
        actions.subscribe_browser(
            cast.officer, endpoint="https://updates.push.services.mozilla.com/x", device="", at=now(), **keys
        )
    assert refused.value.code == "push.keys"


@pytest.mark.django_db
def test_the_same_browser_is_one_row_and_its_address_is_sealed(cast, browser):
    for account in (cast.officer, cast.officer, cast.accounts["leader"]):
        actions.subscribe_browser(account, endpoint=browser.endpoint, device="Chrome", at=now(), **browser.keys)
    kept = PushSubscription.objects.get()
    assert kept.account == cast.accounts["leader"]
    assert browser.endpoint not in kept.sealed
    for number in range(12):
        actions.subscribe_browser(
            cast.officer, endpoint=f"{browser.endpoint}{number}", device="", at=now(), **browser.keys
        )
    assert PushSubscription.objects.filter(account=cast.officer, ended_at__isnull=True).count() == push.MOST_BROWSERS
