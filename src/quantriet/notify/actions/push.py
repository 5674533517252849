"""Browsers that show notices: their subscriptions, the key of the installation, one message to one of them."""

from __future__ import annotations

import json
import os
import secrets
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import transaction

from quantriet.audit.actions import record
from quantriet.kit import outbound
from quantriet.kit.refusal import Refusal
from quantriet.kit.sealing import seal, unseal
from quantriet.notify.actions.gateways import GatewayError, Receipt
from quantriet.notify.models import Message, PushSubscription
from quantriet.notify.queries import push_digest
from quantriet.notify.rules import web_push
from quantriet.notify.vocab import SUBSCRIPTION_GONE
from quantriet.org.models import Account

LIVES = 24 * 60 * 60  # seconds that a push service keeps a message for a phone that is off
MOST_BROWSERS = 10  # of one account


def push_key() -> ec.EllipticCurvePrivateKey:
    """The key by which push services know this installation, made once and kept in its own file.

    A new one would silence every browser that has subscribed, so it does not hang on SECRET_KEY, and several processes
    that start together take the same: the file appears whole or not at all.
    """
    return _read_key(settings.PUSH_KEY_FILE)


@lru_cache(maxsize=4)
def _read_key(name: str) -> ec.EllipticCurvePrivateKey:
    path = Path(name)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(made)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was first: its key holds
        finally:
            draft.unlink()
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise ValueError(f"{path} holds no key of the curve P-256")
    return key


def public_key() -> str:
    """What the browser is told as `applicationServerKey`."""
    return web_push.encode(web_push.public_bytes(push_key().public_key()))


def subscribe_browser(
    account: Account, *, endpoint: str, p256dh: str, auth: str, device: str, at: datetime
) -> PushSubscription:
    """Let a browser show the account's notices. The same browser again renews its row, also for another account.

    Refuses an address that is none of a known push service (`PUSH_HOSTS`, or one's own network), and keys that are none.
    Effects: the row; beyond ten browsers the oldest end; audit "push.subscribed".
    """
    own = outbound.networks(settings.PUSH_NETWORKS)
    try:
        parts = outbound.check_url(endpoint, allowed=own)
    except Refusal:
        raise Refusal("push.address", "Trình duyệt gửi địa chỉ không dùng được nên chưa bật được thông báo.") from None
    # Else whoever signs in could have this server call any host.
    host = parts.hostname or ""
    if not (outbound.is_literal_in(host, own) or web_push.is_service(host, settings.PUSH_HOSTS)):
        raise Refusal(
            "push.service",
            "Dịch vụ thông báo của trình duyệt này chưa được cơ quan cho phép; hãy dùng Chrome, Edge, Firefox hoặc Safari.",
        )
    web_push.read_keys(p256dh, auth)
    values = {
        "account": account,
        "sealed": seal(json.dumps({"endpoint": endpoint, "p256dh": p256dh, "auth": auth})),
        "host": host[:120],
        "device": " ".join(device.split())[:80],
        "made_at": at,
        "ended_at": None,
        "ended_because": "",
    }
    with transaction.atomic():
        digest = push_digest(endpoint)
        was_anothers = PushSubscription.objects.filter(digest=digest, ended_at=None).exclude(account=account).exists()
        made, is_new = PushSubscription.objects.update_or_create(digest=digest, defaults=values)
        running = PushSubscription.objects.filter(account=account, ended_at__isnull=True).order_by("-made_at", "-pk")
        for old in running[MOST_BROWSERS:]:
            _end(old, "quá 10 trình duyệt", at)
        if is_new or was_anothers:
            record("push.subscribed", by=account, at=at, thing=made, after={"device": made.device})
    return made


def end_subscription(subscription: PushSubscription, *, by: Account, at: datetime) -> None:
    """Show nothing in that browser any more."""
    with transaction.atomic():
        if _end(subscription, "người dùng tắt", at):
            record("push.ended", by=by, at=at, thing=subscription, after={"device": subscription.device})


def _end(subscription: PushSubscription, because: str, at: datetime) -> bool:
    rows = PushSubscription.objects.filter(pk=subscription.pk, ended_at__isnull=True)
    # What a browser that is gone was known by is of no more use, and a secret.
    return bool(rows.update(ended_at=at, ended_because=because, sealed=""))


def send_push(message: Message, *, at: datetime) -> Receipt:
    """One message to one browser: its title and where it leads, nothing else. GatewayError when it did not go."""
    subscription = message.subscription
    if subscription is None or subscription.ended_at is not None:
        raise GatewayError(SUBSCRIPTION_GONE, is_permanent=True)
    account = subscription.account
    mine = account.pk == message.to_account_id or (
        account.person_id is not None and account.person_id == message.to_person_id
    )
    if not mine or not account.is_active:  # another has signed in there since, or nobody signs in any more
        raise GatewayError(SUBSCRIPTION_GONE, is_permanent=True)
    opened = unseal(subscription.sealed)
    if opened is None:
        raise GatewayError("subscription cannot be opened: the secret key has changed", is_permanent=True)
    told = json.loads(opened)
    point, secret = web_push.read_keys(told["p256dh"], told["auth"])
    notice = message.notice_id
    where = f"/me/notices/{notice}/" if notice else "/me/notices/"
    payload = {"title": message.subject[:120], "url": where, "tag": f"n{notice or ''}"}
    body = web_push.seal_for(json.dumps(payload, ensure_ascii=False).encode(), point=point, secret=secret)
    is_urgent = message.notice is not None and message.notice.is_urgent
    headers = {
        "Authorization": web_push.proof(
            told["endpoint"], key=push_key(), contact=settings.PUSH_CONTACT, at=at.timestamp()
        ),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(LIVES),
        "Urgency": "high" if is_urgent else "normal",
    }
    try:
        answer = outbound.post(told["endpoint"], body, headers, allowed=outbound.networks(settings.PUSH_NETWORKS))
    except outbound.Unreachable as error:
        raise GatewayError(f"push service: {error}", is_permanent=False) from None
    except Refusal as refusal:
        raise GatewayError(f"push service: {refusal.code}", is_permanent=True) from None
    if answer.status in (404, 410):
        with transaction.atomic():
            _end(subscription, f"dịch vụ của trình duyệt báo {answer.status}", at)
        raise GatewayError(f"{SUBSCRIPTION_GONE}: {answer.status}", is_permanent=True)
    if not answer.is_good:
        is_busy = answer.status in (408, 425, 429) or answer.status >= 500
        raise GatewayError(f"push service {answer.status}: {answer.text[:150]}", is_permanent=not is_busy)
    with transaction.atomic():
        PushSubscription.objects.filter(pk=subscription.pk).update(last_sent_at=at)
    return Receipt("")
