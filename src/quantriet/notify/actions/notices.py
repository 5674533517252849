"""The only writers of notices: one row a person, its ways out, its reading; preferences; digests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from quantriet.audit.actions import record
from quantriet.kit.jobs import enqueue
from quantriet.kit.refusal import Refusal
from quantriet.kit.text import squeeze
from quantriet.notify import queries
from quantriet.notify.models import Message, Notice, NoticePreference
from quantriet.notify.queries import Ways
from quantriet.notify.rules import texts
from quantriet.notify.rules.times import next_digest
from quantriet.notify.rules.ways import Wishes, channels_for
from quantriet.notify.vocab import (
    DIGEST_KIND,
    SEND_JOB,
    DigestPace,
    MessageState,
    NoticeChannel,
    NoticeGroup,
    kind_of,
)
from quantriet.org.models import Account, Person, Unit
from quantriet.org.rules.secrecy import refuse_if_marked

# Longer than any server may take: after it a sending counts as broken off, and the job of a waiting message is looked for.
LEASE = timedelta(minutes=15)
KEPT = timedelta(days=400)  # a notice; what it told of has its own record
BATCH = 500


@dataclass(frozen=True)
class Told:
    """What became of a notice: by which channels it goes, whether its receiver can sign in and read it here."""

    notice: Notice
    channels: tuple[NoticeChannel, ...]
    addresses: tuple[str, ...]
    has_inbox: bool
    is_new: bool = True

    @property
    def is_reached(self) -> bool:
        return bool(self.channels) or self.has_inbox

    @property
    def way(self) -> str:
        """The first way in one word: a channel, "inbox", or "none"."""
        return self.channels[0].value if self.channels else "inbox" if self.has_inbox else "none"


def send_notice(
    *,
    kind: str,
    unit: Unit,
    to: Person | Account,
    subject: str,
    body: str,
    by: Account | None,
    at: datetime,
    link: str = "",
    brief: str = "",
    attachment: tuple[str, str, str] | None = None,
    dedupe_key: str | None = None,
    is_urgent: bool = False,
    channels: Collection[NoticeChannel] = frozenset(NoticeChannel),
    ways: Ways | None = None,
) -> Told:
    """Tell one person, in the inbox and over the channels that the kind, the person's wishes and `channels` allow.

    `brief` is what a text message says (else the subject), `link` an address of this house, `ways` what
    `queries.ways_of` has read for many at once. The same `dedupe_key` goes once over each channel: asked again it sends
    only over those that were not there before, as an address entered since, and else makes nothing (`is_new` is false);
    a mail that an older version sent under the key counts. Refuses marked content (B-18).
    Effects, in order: the notice; one message a channel, waiting, held for the digest, or queued with its job; audit
    "notice.made".
    """
    name, content_type, content = attachment or ("", "", "")
    for words in (subject, body, brief, name, content):
        refuse_if_marked(words, "Nội dung thông báo")
    if link and not (link.startswith("/") and not link.startswith("//")):
        raise ValueError("a notice leads to an address of this house")
    found = ways or queries.ways_to(to)
    wishes = found.wishes
    person = to if isinstance(to, Person) else to.person
    account = None if person is not None else to if isinstance(to, Account) else None
    receiver = (person.pk if person else None, account.pk if account else None)
    reachable = {channel: address for channel, address in found.addresses.items() if channel in channels}
    rule = kind_of(kind)
    taken = channels_for(rule, wishes, reachable=reachable.keys(), has_inbox=found.account is not None)
    addresses = tuple(reachable[channel] for channel in taken)
    with transaction.atomic():
        before = Notice.objects.filter(dedupe_key=dedupe_key).first() if dedupe_key else None
        had = set(before.messages.values_list("channel", flat=True)) if before else set()
        if dedupe_key and Message.objects.filter(dedupe_key=dedupe_key).exists():
            had.add(NoticeChannel.MAIL.value)
        notice = before or Notice.objects.create(
            kind=kind, unit=unit, person=person, account=account, subject=squeeze(subject)[:250], body=body,
            link=link[:300], is_urgent=is_urgent, made_at=at, made_by=by, dedupe_key=dedupe_key,
        )  # fmt: skip
        is_same = before is not None and (before.person_id, before.account_id) == receiver
        if before is not None and is_same and is_urgent and not before.is_urgent:
            before.is_urgent = True  # told again because it has become urgent: it passes quiet hours and digests now
            before.save(update_fields=["is_urgent"])
            for message in before.messages.filter(state__in=[MessageState.HELD, MessageState.DIGEST], carrier=None):
                message.state, message.next_try_at = MessageState.QUEUED, at + LEASE
                message.save(update_fields=["state", "next_try_at"])
                enqueue(SEND_JOB, message.pk)
        made: list[Message] = []
        for channel in taken:
            if channel.value in had:
                continue
            own = Message(
                kind=kind, channel=channel, notice=notice, unit=unit, to_person=person, to_account=account,
                address=reachable[channel], subject=notice.subject, body=_text_for(channel, notice, brief),
                queued_at=at, queued_by=by, state=MessageState.QUEUED, next_try_at=at + LEASE,
            )  # fmt: skip
            if channel == NoticeChannel.MAIL:
                own.attachment_name, own.attachment_kind, own.attachment = name, content_type, content
                own.dedupe_key = dedupe_key
            if channel == NoticeChannel.PUSH:
                made += [_for_browser(own, one.pk, str(one)) for one in found.subscriptions]
            else:
                made.append(own)
        is_new = bool(made) or (before is None and not had)
        if before is not None and (not made or not is_same):
            return Told(before, tuple(taken), addresses, found.account is not None, is_new=False)
        waits = wishes.pace != DigestPace.AT_ONCE and not rule.is_prompt and not is_urgent
        for message in made:
            if waits:
                message.state, message.next_try_at = MessageState.DIGEST, _digest_at(wishes, at)
            message.save(force_insert=True)
            if not waits:
                enqueue(SEND_JOB, message.pk)
        record(
            "notice.made", by=by, at=at, thing=notice, unit=unit, person_id=person.pk if person else None,
            after={"channels": sorted({message.channel for message in made})},
        )  # fmt: skip
    return Told(notice, tuple(taken), addresses, found.account is not None, is_new=is_new)


def _for_browser(message: Message, subscription: int, name: str) -> Message:
    return Message(
        kind=message.kind, channel=message.channel, notice=message.notice, unit=message.unit,
        to_person=message.to_person, to_account=message.to_account, subscription_id=subscription, address=name[:254],
        subject=message.subject, body="", queued_at=message.queued_at, queued_by=message.queued_by,
        state=message.state, next_try_at=message.next_try_at,
    )  # fmt: skip


def _text_for(channel: NoticeChannel, notice: Notice, brief: str) -> str:
    """What goes over a channel: the whole letter by mail alone, one short text by telephone, a title to a browser.

    Over Zalo, a house of somebody else's, goes where the letter is read, never the letter with its names.
    """
    if channel == NoticeChannel.ZALO:
        return f"{brief or notice.subject}\nXem: {settings.SITE_ADDRESS}{notice.link or '/me/notices/'}"
    if channel == NoticeChannel.SMS:
        return short_text(brief or notice.subject)
    if channel == NoticeChannel.PUSH:
        return ""
    return notice.body


def short_text(words: str) -> str:
    """A text message as it goes out: without marks when the office says so, at most three messages long."""
    said = " ".join(words.split())
    if settings.SMS_WITHOUT_MARKS:
        said = texts.without_marks(said)
    while texts.message_length(said).segments > 3:
        said = said[: len(said) - 10].rstrip()
    return said


def tell_keepers(
    *, kind: str, unit: Unit, to: Unit, keepers: Sequence[Account], subject: str, body: str, by: Account | None,
    at: datetime, link: str = "", dedupe_key: str | None = None,
) -> int:  # fmt: skip
    """Tell those who look after a unit's work, beside the letter to the unit itself; returns how many.

    Where the unit has an address the letter goes there, and its keepers find it in their inbox and browser alone.
    """
    channels = {NoticeChannel.PUSH} if to.email else set(NoticeChannel)
    told = 0
    for keeper in keepers:
        if by is not None and keeper.pk == by.pk:
            continue
        key = f"{dedupe_key}:a{keeper.pk}"[:120] if dedupe_key else None
        told += send_notice(
            kind=kind, unit=unit, to=keeper, subject=subject, body=body, by=by, at=at, link=link, dedupe_key=key,
            channels=channels,
        ).is_new  # fmt: skip
    return told


# --- reading --------------------------------------------------------------------------------------------------------------


def mark_read(account: Account, notices: Iterable[Notice] | None, *, at: datetime) -> int:
    """Note that notices of the account were read; None for all of them. Returns how many were unread."""
    rows = queries.inbox(account).filter(read_at__isnull=True)
    if notices is not None:
        rows = rows.filter(pk__in=[one.pk for one in notices])
    with transaction.atomic():
        return Notice.objects.filter(pk__in=rows.values("pk")).update(read_at=at)


def prune_notices(*, at: datetime) -> int:
    """Drop what is older than a notice is kept; returns how many. What it told of has its own record."""
    pruned = 0
    old = Notice.objects.filter(made_at__lt=at - KEPT).order_by()
    while ids := list(old.values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            Message.objects.filter(notice__in=ids).update(notice=None)
            pruned += Notice.objects.filter(pk__in=ids).delete()[1].get("notify.Notice", 0)
    return pruned


# --- preferences ----------------------------------------------------------------------------------------------------------


def save_preferences(
    account: Account,
    *,
    chosen: Mapping[NoticeGroup, Collection[NoticeChannel]],
    is_quiet: bool,
    quiet_from: time | None,
    quiet_to: time | None,
    quiet_mail: bool,
    pace: DigestPace,
    digest_hour: int,
    digest_weekday: int,
    zalo_id: str,
    at: datetime,
) -> NoticePreference:
    """How the account wants to be told from now on; what waits in its digest goes by the new pace.

    Refuses one end of the quiet hours without the other, two that are the same, and a Zalo number that is none.
    """
    if (quiet_from is None) != (quiet_to is None):
        raise Refusal(
            "preferences.quiet", "Giờ yên lặng phải có cả giờ bắt đầu và giờ kết thúc.",
            field="quiet_from" if quiet_from is None else "quiet_to",
        )  # fmt: skip
    if quiet_from is not None and quiet_from == quiet_to:
        raise Refusal(
            "preferences.quiet", "Giờ bắt đầu và giờ kết thúc yên lặng phải khác nhau; không cần giờ yên lặng thì bỏ chọn.",
            field="quiet_to",
        )  # fmt: skip
    zalo_id = squeeze(zalo_id)
    if zalo_id and not (zalo_id.isascii() and zalo_id.isdigit()):
        raise Refusal("preferences.zalo", "Mã người quan tâm Zalo chỉ gồm chữ số.", field="zalo_id")
    values = {
        "choices": {group.value: sorted(channel.value for channel in found) for group, found in chosen.items()},
        "is_quiet": is_quiet, "quiet_from": quiet_from, "quiet_to": quiet_to, "quiet_mail": quiet_mail, "pace": pace,
        "digest_hour": digest_hour, "digest_weekday": digest_weekday, "zalo_id": zalo_id[:60], "changed_at": at,
    }  # fmt: skip
    with transaction.atomic():
        kept, _is_new = NoticePreference.objects.update_or_create(account=account, defaults=values)
        wishes = queries.wishes_of(kept)
        waiting = queries.sent_to(account).filter(state=MessageState.DIGEST, carrier__isnull=True)
        Message.objects.filter(pk__in=waiting.values("pk")).update(next_try_at=_digest_at(wishes, at))
        record(
            "notice.preferences", by=account, at=at, thing=account, person_id=account.person_id,
            after={
                "channels": "; ".join(
                    f"{group.label}: {', '.join(channel.label for channel in NoticeChannel if channel in found) or '–'}"
                    for group, found in chosen.items()
                ),
                "quiet": f"{quiet_from:%H:%M}–{quiet_to:%H:%M}" if is_quiet and quiet_from and quiet_to else is_quiet,
                "pace": pace.label,
            },
        )  # fmt: skip
    return kept


def _digest_at(wishes: Wishes, at: datetime) -> datetime:
    return next_digest(at, pace=wishes.pace, hour=wishes.digest_hour, weekday=wishes.digest_weekday)


# --- digests --------------------------------------------------------------------------------------------------------------


def gather_digests(*, at: datetime) -> int:
    """Send what waits for a digest whose hour has come, as one message a receiver and channel; returns how many.

    Each digest is one transaction: the message, its job, and the rows that it carries, taken by a conditional update, so
    that of two workers one sends it and a killed one has sent nothing.
    """
    due = Message.objects.filter(state=MessageState.DIGEST, carrier__isnull=True, next_try_at__lte=at)
    # Receivers are taken, not rows: whoever has many is told once, and the rest waits for the next minute.
    receivers = list(due.order_by().values_list("to_person", "to_account").distinct()[:BATCH])
    mine = Q(to_person__in={person for person, _ in receivers if person}) | Q(
        to_person=None, to_account__in={account for _, account in receivers if account}
    )
    groups: dict[tuple[object, ...], list[Message]] = defaultdict(list)
    for one in due.filter(mine).select_related("unit", "notice").order_by("queued_at", "pk"):
        groups[(one.to_person_id, one.to_account_id, one.channel, one.subscription_id)].append(one)
    sent = 0
    for some in groups.values():
        first, last = some[0], some[-1]
        subject = first.subject if len(some) == 1 else f"{len(some)} thông báo mới"
        body = _digest_body(NoticeChannel(first.channel), some)
        with transaction.atomic():
            carrier = Message.objects.create(
                kind=DIGEST_KIND, channel=first.channel, unit=last.unit, to_person_id=first.to_person_id,
                to_account_id=first.to_account_id, subscription_id=first.subscription_id, address=last.address,
                subject=subject, body=body, queued_at=at,
                next_try_at=at + LEASE,
            )  # fmt: skip
            same = Message.objects.filter(
                pk__in=[one.pk for one in some], state=MessageState.DIGEST, carrier__isnull=True
            )
            if same.update(carrier=carrier, next_try_at=None) != len(some):
                transaction.set_rollback(True)
                continue
            enqueue(SEND_JOB, carrier.pk)
            sent += 1
    return sent


def _digest_body(channel: NoticeChannel, some: Sequence[Message]) -> str:
    if channel == NoticeChannel.PUSH:
        return ""
    if channel == NoticeChannel.ZALO:
        titles = "\n".join(f"{number}. {one.subject}" for number, one in enumerate(some, 1))
        return f"{len(some)} thông báo mới:\n{titles}\nXem: {settings.SITE_ADDRESS}/me/notices/"
    if channel == NoticeChannel.SMS:
        return short_text(f"{len(some)} thông báo mới: {'; '.join(one.subject for one in some)}")
    parts = [f"{len(some)} thông báo từ lần tổng hợp trước:", ""]
    for number, one in enumerate(some, 1):
        parts += [f"{number}. {one.subject}", *(f"   {line}" if line else "" for line in one.body.splitlines()), ""]
    parts.append(f"Xem tất cả và đổi cách nhận: {settings.SITE_ADDRESS}/me/notices/")
    return "\n".join(parts)
