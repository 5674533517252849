"""The only writers of the outbox."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F

from quantriet.audit.actions import record
from quantriet.kit.jobs import enqueue
from quantriet.kit.refusal import Refusal
from quantriet.notify.models import Message
from quantriet.notify.vocab import MessageState
from quantriet.org.models import Account, Person, Unit
from quantriet.org.rules.secrecy import refuse_if_marked

SEND_JOB = "quantriet.notify.jobs.send_message_job"
ATTEMPTS = 5
FIRST_PAUSE = timedelta(minutes=1)


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
) -> Message | None:
    """Put one mail into the outbox; it leaves after the transaction commits.

    `attachment` is (file name, content type, text). None when a mail with the same `dedupe_key` was queued before.
    Refuses an empty address and content marked as a state secret (B-18).
    """
    if not address:
        raise Refusal("message.no_address", "Nơi nhận chưa có địa chỉ thư điện tử.", field="address")
    refuse_if_marked(subject + "\n" + body, "nội dung thư")
    name, content_type, content = attachment or ("", "", "")
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
            dedupe_key=dedupe_key,
        )
        record(
            "message.queued", by=by, at=at, thing=message, unit=unit,
            person_id=to_person.pk if to_person else None, after={"address": address},
        )  # fmt: skip
        enqueue(SEND_JOB, message.pk)
    return message


def deliver(message_id: int, *, at: datetime) -> Message:
    """Try to send one message now; on failure note why and when to try again. A sent one is never sent twice."""
    # Claim by a conditional update: two workers, or a retry beside the tick, send one mail once.
    claimed = Message.objects.filter(pk=message_id, state=MessageState.QUEUED).update(
        attempts=F("attempts") + 1, state=MessageState.FAILED, last_error="đang gửi", next_try_at=at + timedelta(minutes=15)
    )
    message = Message.objects.get(pk=message_id)
    if not claimed:
        return message
    mail = EmailMessage(message.subject, message.body, to=[message.address])
    if message.attachment:
        mail.attach(message.attachment_name, message.attachment, message.attachment_kind)
    try:
        mail.send()
    except OSError as error:  # smtplib's errors are OSErrors
        message.last_error = str(error)[:300] or type(error).__name__
        message.next_try_at = at + FIRST_PAUSE * 2 ** (message.attempts - 1) if message.attempts < ATTEMPTS else None
        message.save(update_fields=["last_error", "next_try_at"])
    else:
        message.state, message.sent_at, message.last_error, message.next_try_at = MessageState.SENT, at, "", None
        message.save(update_fields=["state", "sent_at", "last_error", "next_try_at"])
    return message


def requeue_due(*, at: datetime) -> list[int]:
    """Put failed messages whose pause is over back into the queue; returns their ids."""
    due = list(Message.objects.filter(state=MessageState.FAILED, next_try_at__lte=at).values_list("pk", flat=True)[:500])
    Message.objects.filter(pk__in=due, state=MessageState.FAILED).update(state=MessageState.QUEUED)
    return due


def retry_message(message: Message, *, by: Account, at: datetime) -> None:
    """A person sends a failed message again, with a fresh count of attempts. Refuses one already sent."""
    with transaction.atomic():
        changed = Message.objects.filter(pk=message.pk, state=MessageState.FAILED).update(
            state=MessageState.QUEUED, attempts=0, next_try_at=None
        )
        if not changed:
            raise Refusal("message.not_failed", "Thư này đã gửi hoặc đang chờ gửi.")
        record("message.retried", by=by, at=at, thing=message, unit=message.unit)
        enqueue(SEND_JOB, message.pk)
