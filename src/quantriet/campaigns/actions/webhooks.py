"""Telling other programs of changed duties: who is told, what is gathered for them, sending it until it has arrived.

Nothing happens where duties are settled. A job reads the change lines behind the last one it saw, so that a settled
duty costs no more with a hundred subscriptions than without any; the price is a minute.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, Q

from quantriet.audit.actions import record
from quantriet.campaigns.models import DutyChange, WebhookDelivery, WebhookSubscription
from quantriet.campaigns.queries.webhooks import secret_key
from quantriet.campaigns.rules import webhooks as rules
from quantriet.campaigns.vocab import DUTY_KINDS, DeliveryState, WebhookState
from quantriet.kit import outbound, text
from quantriet.kit.db import named_lock, reread, writers_have_ended
from quantriet.kit.jobs import awaited, enqueue
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now
from quantriet.notify import actions as notify_actions
from quantriet.org import access
from quantriet.org.models import Account, Unit
from quantriet.org.rules.secrecy import refuse_if_marked
from quantriet.org.vocab import Permission

SEND_JOB = "quantriet.campaigns.jobs.send_webhook_job"
MOST = 20  # subscriptions of one unit
BATCH = 100  # changes of one message
_LOOKED_AT = 2000  # change lines read at a time
_MOST_LOOKED_AT = 50_000  # of one subscription in one go
LEASE = timedelta(minutes=5)  # a sending that takes longer was broken off
KEEP = timedelta(days=30)
TURN = timedelta(seconds=20)  # one receiver holds the worker no longer than this at a time


def add_webhook(
    *, unit: Unit, name: str, url: str, kinds: Sequence[str], by: Account, at: datetime
) -> WebhookSubscription:
    """Let another program be told of duties under a unit, from now on.

    Refuses without the right to plan there, an address that is not public (`kit.outbound`), an unknown kind of duty,
    and more than can be overlooked. Effects: the row, audit "webhook.added".
    """
    name = text.squeeze(name)[:80]
    if not name:
        raise Refusal("webhook.name_missing", "Phải đặt tên cho nơi nhận.", field="name")
    if not access.may(by, Permission.CAMPAIGN_PLAN, unit):
        raise Refusal("webhook.outside_scope", f"{unit.name} ngoài phạm vi được giao.", field="unit")
    outbound.check_url(url, allowed=outbound.networks(settings.WEBHOOK_NETWORKS))
    unknown = [one for one in kinds if one not in DUTY_KINDS]
    if unknown:
        raise Refusal("webhook.kind_unknown", "Có loại nghĩa vụ không có trong hệ thống.", field="kinds")
    with named_lock(f"webhooks-{unit.pk}"):
        if WebhookSubscription.objects.filter(unit=unit).count() >= MOST:
            raise Refusal("webhook.too_many", f"Đơn vị đã có {MOST} nơi nhận; hãy bỏ nơi không dùng nữa.")
        last = DutyChange.objects.aggregate(last=Max("pk"))["last"] or 0
        made = WebhookSubscription.objects.create(
            account=by, unit=unit, name=name, url=url, kinds=list(kinds), salt=secrets.token_hex(16), last_change=last,
            created_at=at,
        )  # fmt: skip
        record(
            "webhook.added",
            by=by,
            at=at,
            thing=made,
            unit=unit,
            after={"url": url, "kinds": [DUTY_KINDS[one].label for one in kinds]},
        )
    return made


def renew_webhook_secret(webhook: WebhookSubscription, *, by: Account, at: datetime) -> WebhookSubscription:
    """Give it another secret; messages are signed with it from now on."""
    with transaction.atomic():
        reread(webhook)
        webhook.salt = secrets.token_hex(16)
        webhook.save(update_fields=["salt"])
        record("webhook.changed", by=by, at=at, thing=webhook, unit=webhook.unit, after={"secret": True})
    return webhook


def pause_webhook(webhook: WebhookSubscription, *, by: Account, at: datetime) -> None:
    """Send nothing until somebody lets it run again; what changes meanwhile is told then."""
    with transaction.atomic():
        running = WebhookSubscription.objects.filter(pk=webhook.pk, state=WebhookState.RUNNING)
        if running.update(state=WebhookState.PAUSED):
            record("webhook.changed", by=by, at=at, thing=webhook, unit=webhook.unit, after={"state": "paused"})


def resume_webhook(webhook: WebhookSubscription, *, by: Account, at: datetime) -> None:
    """Let it run (again): given-up messages come first, then everything since. The rights are those of `by` from now on.

    Refuses without the right to plan in its unit.
    """
    if not access.may(by, Permission.CAMPAIGN_PLAN, webhook.unit):
        raise Refusal("webhook.outside_scope", f"{webhook.unit.name} ngoài phạm vi được giao.")
    with transaction.atomic():
        resting = WebhookSubscription.objects.filter(pk=webhook.pk).exclude(state=WebhookState.RUNNING)
        if resting.update(state=WebhookState.RUNNING, stopped_because="", next_try_at=None, account=by):
            dead = WebhookDelivery.objects.filter(subscription=webhook, state=DeliveryState.DEAD)
            dead.update(state=DeliveryState.WAITING, attempts=0)
            record("webhook.changed", by=by, at=at, thing=webhook, unit=webhook.unit, after={"state": "running"})
            enqueue(SEND_JOB, webhook.pk)


def remove_webhook(webhook: WebhookSubscription, *, by: Account, at: datetime) -> None:
    """Forget it with its messages."""
    with transaction.atomic():
        record("webhook.removed", by=by, at=at, thing=webhook, unit=webhook.unit, before={"url": webhook.url})
        WebhookSubscription.objects.filter(pk=webhook.pk).delete()


def try_webhook(webhook: WebhookSubscription, *, by: Account, at: datetime) -> WebhookDelivery:
    """Send a message that says nothing but that it is a test. Refuses while it does not run."""
    if webhook.state != WebhookState.RUNNING:
        raise Refusal("webhook.not_running", "Nơi nhận đang ngừng; hãy cho chạy lại rồi gửi thử.")
    with transaction.atomic():
        delivery = _write(webhook, "webhook.test", {"by": str(by)}, changes=0, at=at, is_test=True)
        enqueue(SEND_JOB, webhook.pk)
    return delivery


def send_delivery_again(delivery: WebhookDelivery, *, by: Account, at: datetime) -> None:
    """Send a delivered or given-up message once more, under the same identifier. Refuses one that waits."""
    with transaction.atomic():
        settled = WebhookDelivery.objects.filter(
            pk=delivery.pk, state__in=[DeliveryState.DELIVERED, DeliveryState.DEAD]
        )
        if not settled.update(state=DeliveryState.WAITING, attempts=0, delivered_at=None):
            raise Refusal("delivery.waiting", "Tin này đang chờ gửi.")
        WebhookSubscription.objects.filter(pk=delivery.subscription_id).update(next_try_at=None)
        enqueue(SEND_JOB, delivery.subscription_id)


def _write(
    webhook: WebhookSubscription, kind: str, data: dict[str, Any], *, changes: int, at: datetime, is_test: bool = False
) -> WebhookDelivery:
    body = json.dumps({"type": kind, "timestamp": at.isoformat(), "data": data}, ensure_ascii=False)
    return WebhookDelivery.objects.create(
        subscription=webhook, uid=f"msg_{secrets.token_hex(12)}", body=body, changes=changes, created_at=at,
        is_test=is_test,
    )  # fmt: skip


def gather_changes(webhook_id: int, *, at: datetime) -> int:
    """Write messages about the changes behind the last one looked at; returns how many changes they tell.

    The messages and the new place of the cursor are one transaction. Stops it, with the reason, when the account that
    entered it has lost the right or rests. Keys of persons and units only: whoever may know more asks the API.
    """
    # The newest line first and then the writers: a line with a lower key may still be on its way on PostgreSQL.
    newest = DutyChange.objects.aggregate(last=Max("pk"))["last"] or 0
    if not writers_have_ended():
        return 0  # somebody writes for long; the next round tells it
    with named_lock(f"webhook-{webhook_id}"):
        webhook = (
            WebhookSubscription.objects.select_related("account", "unit")
            .filter(pk=webhook_id, state=WebhookState.RUNNING)
            .first()
        )
        if webhook is None or webhook.last_change >= newest:
            return 0
        if not webhook.account.is_active or not access.may(webhook.account, Permission.CAMPAIGN_PLAN, webhook.unit):
            _stop(webhook, "Tài khoản lập nơi nhận này không còn quyền ở đơn vị.", at)
            return 0
        told: list[dict[str, Any]] = []
        seen = webhook.last_change
        until = min(newest, seen + _MOST_LOOKED_AT)
        while seen < until:
            lines = list(
                DutyChange.objects.filter(pk__gt=seen, pk__lte=until)
                .select_related("duty", "unit")
                .order_by("pk")[:_LOOKED_AT]
            )
            if not lines:
                seen = until
                break
            seen = lines[-1].pk
            told += [
                _told(line)
                for line in lines
                if line.unit.path.startswith(webhook.unit.path) and (not webhook.kinds or line.kind in webhook.kinds)
            ]
        for start in range(0, len(told), BATCH):
            part = told[start : start + BATCH]
            _write(webhook, "duty.changed", {"changes": part}, changes=len(part), at=at)
        WebhookSubscription.objects.filter(pk=webhook.pk).update(last_change=seen)
    return len(told)


def _told(line: DutyChange) -> dict[str, Any]:
    return {
        "id": line.pk,
        "duty": line.duty_id,
        "campaign": line.campaign_id,
        "kind": line.kind,
        "person": line.duty.person_id,
        "unit": line.unit_id,
        "state_before": line.state_before,
        "state_after": line.state_after,
        "reason": line.reason,
        "at": line.at.isoformat(),
    }


def queue_webhooks(*, at: datetime) -> int:
    """Gather for every running subscription and queue the sending of those with something to send; returns how many."""
    count = 0
    overdue = WebhookDelivery.objects.filter(state=DeliveryState.SENDING, claimed_at__lt=at - LEASE)
    overdue.update(state=DeliveryState.WAITING)
    running = WebhookSubscription.objects.filter(state=WebhookState.RUNNING)
    for pk in running.order_by("pk").values_list("pk", flat=True):
        gather_changes(pk, at=at)
    due = running.filter(Q(next_try_at__isnull=True) | Q(next_try_at__lte=at))
    waiting = WebhookDelivery.objects.filter(state=DeliveryState.WAITING).values("subscription")
    queued = awaited(SEND_JOB)
    for pk in due.filter(pk__in=waiting).values_list("pk", flat=True):
        if pk not in queued:
            enqueue(SEND_JOB, pk)
            count += 1
    return count


def send_deliveries(webhook_id: int, *, at: datetime) -> int:
    """Send what waits for one program, in order, until one fails or its turn is over; returns how many arrived."""
    begun, arrived = now(), 0
    while now() - begun < TURN:
        webhook = WebhookSubscription.objects.filter(pk=webhook_id, state=WebhookState.RUNNING).first()
        if webhook is None or (webhook.next_try_at and webhook.next_try_at > at):
            return arrived
        waiting = WebhookDelivery.objects.filter(subscription=webhook, state=DeliveryState.WAITING)
        delivery = waiting.order_by("pk").first()
        if delivery is None:
            return arrived
        # Claim by a conditional update: two workers send one message once.
        if not waiting.filter(pk=delivery.pk).update(
            state=DeliveryState.SENDING, claimed_at=at, attempts=F("attempts") + 1
        ):
            continue
        delivery.refresh_from_db()
        if not _send(webhook, delivery, at):
            return arrived
        arrived += 1
    enqueue(SEND_JOB, webhook_id)
    return arrived


def _send(webhook: WebhookSubscription, delivery: WebhookDelivery, at: datetime) -> bool:
    body, timestamp = delivery.body.encode(), int(at.timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "quantriet-webhooks/1",
        "webhook-id": delivery.uid,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": rules.signature(secret_key(webhook), delivery.uid, timestamp, body),
    }
    code, said = None, ""
    try:
        answer = outbound.post(webhook.url, body, headers, allowed=outbound.networks(settings.WEBHOOK_NETWORKS))
        code, said, is_good = answer.status, answer.text, answer.is_good
    except outbound.Unreachable as error:
        said, is_good = str(error), False
    except Refusal as refusal:
        said, is_good = refusal.sentence, False
    values: dict[str, Any] = {"response_code": code, "said": _kept(said), "claimed_at": None}
    pause = rules.pause_after(delivery.attempts)
    if is_good:
        values |= {"state": DeliveryState.DELIVERED, "delivered_at": at}
    else:
        values |= {"state": DeliveryState.WAITING if pause else DeliveryState.DEAD}
    with transaction.atomic():
        # Only while the claim is still ours.
        mine = WebhookDelivery.objects.filter(pk=delivery.pk, state=DeliveryState.SENDING, attempts=delivery.attempts)
        if mine.update(**values) and not is_good:
            if pause:
                WebhookSubscription.objects.filter(pk=webhook.pk).update(next_try_at=at + pause)
            else:
                _stop(webhook, f"Gửi {delivery.attempts} lần không được. {rules.failure(code, _kept(said))}", at)
    return is_good


def _kept(said: str) -> str:
    """How an answer began; marked content is not kept (B-18)."""
    try:
        refuse_if_marked(said, "câu trả lời")
    except Refusal:
        return "…"
    return text.squeeze(said.replace("\0", ""))[:300]


def _stop(webhook: WebhookSubscription, because: str, at: datetime) -> None:
    """Stop it and tell whoever entered it: on its page, in the log, in the inbox, and by mail where there is an address."""
    WebhookSubscription.objects.filter(pk=webhook.pk).update(
        state=WebhookState.STOPPED, stopped_because=because[:300], next_try_at=None
    )
    record("webhook.stopped", by=None, at=at, thing=webhook, unit=webhook.unit, after={"because": because})
    subject = f"Ngừng báo tự động tới “{webhook.name}”"
    body = (
        f"Hệ thống đã ngừng báo tự động tới “{webhook.name}” ({webhook.url}).\n{because}\n\n"
        "Những thay đổi từ lúc này vẫn được giữ. Sửa xong nơi nhận thì mở trang “Báo cho phần mềm khác” và bấm “Chạy lại”."
    )
    told = notify_actions.send_notice(
        kind="webhook", unit=webhook.unit, to=webhook.account, by=None, at=at, subject=subject, body=body,
        link=f"/desk/webhooks/{webhook.pk}/",
    )  # fmt: skip
    if not told.channels and webhook.unit.email:
        notify_actions.send_mail(
            kind="webhook", unit=webhook.unit, address=webhook.unit.email, by=None, at=at, subject=subject, body=body
        )


def prune_deliveries(*, at: datetime) -> int:
    """Drop delivered messages after a while; what was given up stays until somebody decides."""
    pruned = 0
    old = WebhookDelivery.objects.filter(state=DeliveryState.DELIVERED, created_at__lt=at - KEEP).order_by()
    while ids := list(old.values_list("pk", flat=True)[:1000]):
        pruned += old.filter(pk__in=ids).delete()[0]
    return pruned
