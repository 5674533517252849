"""The only writers of the outbox; notices and their preferences stand in `notices`, browsers in `push`."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import F, Q

from quantriet.audit.actions import record
from quantriet.kit.db import named_lock
from quantriet.kit.jobs import awaited, enqueue
from quantriet.kit.refusal import Refusal
from quantriet.notify import queries
from quantriet.notify.actions.gateways import GatewayError, Receipt, gateway_for
from quantriet.notify.actions.notices import (
    LEASE,
    Told,
    gather_digests,
    mark_read,
    prune_notices,
    save_preferences,
    send_notice,
    tell_keepers,
)
from quantriet.notify.actions.push import end_subscription, public_key, send_push, subscribe_browser
from quantriet.notify.models import CalendarFeed, CopyText, Message
from quantriet.notify.queries import feed_digest
from quantriet.notify.rules import texts
from quantriet.notify.vocab import BROKE_OFF, NO_ADDRESS, NO_GATEWAY, SEND_JOB, MessageState, NoticeChannel
from quantriet.org.models import Account, Person, Unit
from quantriet.org.rules.secrecy import refuse_if_marked

__all__ = [
    "LEASE",
    "Told",
    "end_subscription",
    "gather_digests",
    "mark_read",
    "prune_notices",
    "public_key",
    "save_preferences",
    "send_notice",
    "subscribe_browser",
    "tell_keepers",
]

ATTEMPTS = 5
FIRST_PAUSE = timedelta(minutes=1)
SERVER_TIMEOUT = 60  # seconds
BATCH = 500
FEED_READ_NOTED = timedelta(hours=1)


def send_mail(
    *,
    kind: str,
    unit: Unit,
    address: str,
    subject: str,
    body: str,
    by: Account | None,
    at: datetime,
    to_unit: Unit | None = None,
    to_person: Person | None = None,
    attachment: tuple[str, str, str] | None = None,
    dedupe_key: str | None = None,
    log_address: bool = True,
) -> Message | None:
    """Put one mail into the outbox; it leaves after the transaction commits.

    `attachment` is (file name, content type, text). The log names the address unless `log_address` says that it is to be
    forgotten (`forget_mails`). None when a mail with the same `dedupe_key` was queued before.
    Refuses an empty address and content marked as a state secret (B-18).
    """
    if not address:
        raise Refusal("message.no_address", "Nơi nhận chưa có địa chỉ thư điện tử.", field="address")
    name, content_type, content = attachment or ("", "", "")
    for words in (subject, body, name, content):
        refuse_if_marked(words, "Nội dung thư")
    with transaction.atomic():
        if dedupe_key and Message.objects.filter(dedupe_key=dedupe_key).exists():
            return None
        message = Message.objects.create(
            kind=kind,
            unit=unit,
            to_unit=to_unit,
            to_person=to_person,
            address=address,
            subject=" ".join(subject.split())[:250],
            body=body,
            attachment_name=name,
            attachment_kind=content_type,
            attachment=content,
            queued_at=at,
            queued_by=by,
            next_try_at=at + LEASE,
            dedupe_key=dedupe_key,
        )
        record(
            "message.queued", by=by, at=at, thing=message, unit=unit,
            person_id=to_person.pk if to_person else None, after={"address": address} if log_address else {},
        )  # fmt: skip
        enqueue(SEND_JOB, message.pk)
    return message


def forget_mails(kind: str, *, before: datetime) -> int:
    """Take address and words out of the settled mails of a kind that were queued before a moment; returns how many.

    For mails to people who are in no register; that a mail was sent, and when, stays.
    """
    settled = Message.objects.filter(kind=kind, queued_at__lt=before, next_try_at=None).exclude(address="")
    return settled.exclude(state__in=[MessageState.QUEUED, MessageState.SENDING]).update(address="", body="")


def deliver(message_id: int, *, at: datetime) -> Message:
    """Try to send one message now; on failure note why and when to try again. A sent one is never sent twice.

    In the receiver's quiet hours it is held instead, unless it is urgent; what a gateway calls permanent is not tried
    again by itself.
    """
    waiting = Message.objects.filter(pk=message_id, state=MessageState.QUEUED)
    quiet_until = queries.quiet_until(message_id, at=at)
    if quiet_until is not None:
        waiting.update(state=MessageState.HELD, next_try_at=quiet_until)
        return Message.objects.get(pk=message_id)
    # Claim by a conditional update: two workers, or a retry beside the tick, send one mail once.
    claimed = waiting.update(
        attempts=F("attempts") + 1, state=MessageState.SENDING, last_error="", next_try_at=at + LEASE
    )
    message = Message.objects.select_related("notice", "subscription__account").get(pk=message_id)
    if not claimed:
        return message
    try:
        receipt = _send(message, at)
    except Exception as error:  # noqa: BLE001 whatever a server or its library says, a person must see it
        is_final = message.attempts >= ATTEMPTS or (isinstance(error, GatewayError) and error.is_permanent)
        again = None if is_final else at + FIRST_PAUSE * 2 ** (message.attempts - 1)
        values = {"state": MessageState.FAILED, "last_error": _said(error), "next_try_at": again}
    else:
        values = {
            "state": MessageState.SENT, "sent_at": at, "last_error": "", "next_try_at": None,
            "reference": receipt.reference, "is_fake": receipt.is_fake,
        }  # fmt: skip
    # Only while the claim is still ours: a worker that was given up must not write over the one that took its place.
    Message.objects.filter(pk=message.pk, state=MessageState.SENDING, attempts=message.attempts).update(**values)
    message.refresh_from_db()
    return message


def _send(message: Message, at: datetime) -> Receipt:
    """Over its channel; raises whatever the other side, or its library, says."""
    if not message.address and message.channel != NoticeChannel.PUSH:
        raise GatewayError(NO_ADDRESS, is_permanent=True)  # erased since with the receiver's other details
    if message.channel == NoticeChannel.MAIL:
        mail = EmailMessage(
            message.subject, message.body, to=[message.address], connection=get_connection(timeout=SERVER_TIMEOUT)
        )
        if message.attachment:
            mail.attach(message.attachment_name, message.attachment, message.attachment_kind)
        mail.send()
        return Receipt("")
    if message.channel == NoticeChannel.PUSH:
        return send_push(message, at=at)
    gateway = gateway_for(NoticeChannel(message.channel))
    if gateway is None:
        raise GatewayError(NO_GATEWAY, is_permanent=True)
    return gateway.send(message.address, message.body, f"qt-{message.pk}")


def _said(error: Exception) -> str:
    if isinstance(error, GatewayError):
        return str(error)[:300]
    return f"{type(error).__name__}: {error}"[:300].rstrip(": ")


def requeue_due(*, at: datetime) -> list[int]:
    """Queue again what is due, together with its job; returns the ids.

    Due are failed messages whose pause is over, those held whose quiet hours have ended, those whose sending broke off,
    and waiting ones whose job was lost. A message that broke off its sending with every attempt is given up, for a person to look at.
    """
    due = Message.objects.filter(
        state__in=[MessageState.FAILED, MessageState.SENDING, MessageState.QUEUED, MessageState.HELD]
    )
    # Rows without a moment are those that an older version left waiting.
    forgotten = Q(state=MessageState.QUEUED, next_try_at=None, queued_at__lte=at - LEASE)
    found = list(
        due.filter(Q(next_try_at__lte=at) | forgotten)
        .order_by("next_try_at", "pk")
        .values_list("pk", "state", "attempts", "next_try_at")[:BATCH]
    )
    queued = awaited(SEND_JOB) if any(state == MessageState.QUEUED for _, state, _, _ in found) else set()
    taken = []
    for message_id, state, attempts, moment in found:
        # One by one and conditionally, so that two ticks never both own a message; state and job in one transaction, so
        # that a worker killed in between leaves the message due.
        same = Message.objects.filter(pk=message_id, state=state, attempts=attempts, next_try_at=moment)
        with transaction.atomic():
            if state == MessageState.SENDING and attempts >= ATTEMPTS:
                same.update(state=MessageState.FAILED, last_error=BROKE_OFF, next_try_at=None)
            elif same.update(state=MessageState.QUEUED, next_try_at=at + LEASE) and message_id not in queued:
                enqueue(SEND_JOB, message_id)
                taken.append(message_id)
    return taken


def retry_message(message: Message, *, by: Account, at: datetime) -> None:
    """A person sends a failed message again, with a fresh count of attempts. Refuses one already sent."""
    if not retry_messages([message], by=by, at=at):
        raise Refusal("message.not_failed", "Thư này đã gửi hoặc đang chờ gửi.")


def retry_messages(messages: Iterable[Message], *, by: Account, at: datetime) -> int:
    """Send failed messages again and return how many were; what is sent or waiting is left alone.

    Effects: state and count of attempts, audit "message.retried", the sending jobs.
    """
    count = 0
    with transaction.atomic():
        for message in messages:
            changed = Message.objects.filter(pk=message.pk, state=MessageState.FAILED).update(
                state=MessageState.QUEUED, attempts=0, next_try_at=at + LEASE
            )
            if changed:
                record("message.retried", by=by, at=at, thing=message, unit=message.unit)
                enqueue(SEND_JOB, message.pk)
                count += 1
    return count


# --- texts to copy --------------------------------------------------------------------------------------------------------


def save_copy_text(
    unit: Unit, kind: str, body: str, *, known: Mapping[str, str], by: Account, at: datetime
) -> CopyText | None:
    """A unit's own words for a text to copy; the words of the house, or an empty text, take them away again.

    `known` are the places that the text may fill. Refuses unknown places and marked content (B-18).
    """
    body = body.replace("\r\n", "\n").strip()
    refuse_if_marked(body, "Mẫu lời nhắn")
    with transaction.atomic():
        if not body:
            CopyText.objects.filter(unit=unit, kind=kind).delete()
            kept = None
        else:
            texts.check_template(body, known)
            kept, _is_new = CopyText.objects.update_or_create(
                unit=unit, kind=kind, defaults={"body": body, "changed_at": at, "changed_by": by}
            )
        record("copy_text.edited", by=by, at=at, thing=unit, unit=unit, after={"text": body[:500]})
    return kept


# --- calendar feeds -----------------------------------------------------------------------------------------------


def make_feed(person: Person, *, by: Account, at: datetime) -> tuple[CalendarFeed, str]:
    """Give a person's calendar a secret address; the one before ends at once. Returns it with the secret, kept nowhere."""
    secret = secrets.token_urlsafe(24)
    with named_lock(f"calendar-{person.pk}"):
        CalendarFeed.objects.filter(person=person).delete()
        feed = CalendarFeed.objects.create(person=person, digest=feed_digest(secret), made_at=at, changed_at=at)
        record("calendar.made", by=by, at=at, thing=person, unit=person.unit, person_id=person.pk)
    return feed, secret


def end_feed(person: Person, *, by: Account, at: datetime) -> None:
    """Let the address end; without one nothing changes."""
    with transaction.atomic():
        ended, _ = CalendarFeed.objects.filter(person=person).delete()
        if ended:
            record("calendar.ended", by=by, at=at, thing=person, unit=person.unit, person_id=person.pk)


def note_feed_read(feed: CalendarFeed, *, content_digest: str, at: datetime) -> CalendarFeed:
    """Note when the calendar became another, and to an hour that it was read; most readings write nothing."""
    changed = feed.content_digest != content_digest
    if changed or feed.last_read_at is None or at - feed.last_read_at > FEED_READ_NOTED:
        moments = {"content_digest": content_digest, "changed_at": at} if changed else {}
        with transaction.atomic():
            CalendarFeed.objects.filter(pk=feed.pk).update(last_read_at=at, **moments)
        feed.last_read_at = at
        feed.changed_at = at if changed else feed.changed_at
    return feed
