"""Reads of the outbox for whole pages."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from quantriet.kit.text import fold
from quantriet.notify.models import CalendarFeed, CopyText, Message, Notice, NoticePreference, PushSubscription
from quantriet.notify.rules.texts import MOBILE, phone_number
from quantriet.notify.rules.times import Quiet, read_quiet
from quantriet.notify.rules.ways import Wishes
from quantriet.notify.vocab import NOTIFICATION_KINDS, DigestPace, MessageState, NoticeChannel, NoticeGroup
from quantriet.org.models import Account, Appointment, Person, Unit
from quantriet.org.vocab import ROLES, Permission


def searched(messages: QuerySet[Message], words: str) -> QuerySet[Message]:
    """Messages whose receiver, address or subject holds all words; names without regard to marks."""
    for word in words.split():
        folded = fold(word)
        messages = messages.filter(
            Q(address__icontains=word)
            | Q(subject__icontains=word)
            | Q(to_unit__name_folded__contains=folded)
            | Q(to_person__name_folded__contains=folded)
            | Q(to_account__display_name__icontains=word)
        )
    return messages


def counts(messages: QuerySet[Message]) -> dict[str, int]:
    """How many wait (or are held, or gathered), are sent, will be tried again, and have failed for good."""
    failed = Q(state=MessageState.FAILED)
    gathered = Q(state=MessageState.DIGEST, carrier__isnull=True)
    found: dict[str, int] = messages.aggregate(
        waiting=Count("pk", filter=Q(state__in=[MessageState.QUEUED, MessageState.SENDING])),
        held=Count("pk", filter=Q(state=MessageState.HELD) | gathered),
        sent=Count("pk", filter=Q(state=MessageState.SENT)),
        again=Count("pk", filter=failed & Q(next_try_at__isnull=False)),
        given_up=Count("pk", filter=failed & Q(next_try_at__isnull=True)),
    )
    return found


def kinds() -> list[tuple[str, str]]:
    """Every kind of notice that rooms have registered, for the filter."""
    return sorted(((key, kind.label) for key, kind in NOTIFICATION_KINDS.items()), key=lambda pair: fold(pair[1]))


def feed_digest(secret: str) -> str:
    """Under which a calendar's secret is kept: it is random and long, so that a plain digest cannot be turned round."""
    return hashlib.sha256(secret.encode()).hexdigest()


def feed_of(person: Person) -> CalendarFeed | None:
    return CalendarFeed.objects.filter(person=person).first()


def find_feed(secret: str) -> CalendarFeed | None:
    """The calendar of this address, of a person who is in the list and whose account, if any, may sign in."""
    rows = CalendarFeed.objects.select_related("person__account").filter(person__left_on__isnull=True)
    rows = rows.exclude(person__account__is_active=False)
    return rows.filter(digest=feed_digest(secret)).first()


# --- who is reached how ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ways:
    """How one receiver can be reached: the account that reads the inbox, what it wishes, the address of each channel."""

    account: Account | None
    wishes: Wishes
    addresses: dict[NoticeChannel, str] = field(default_factory=dict)
    subscriptions: tuple[PushSubscription, ...] = ()


def house_quiet() -> Quiet | None:
    """The quiet hours that hold for whoever has not chosen others."""
    return read_quiet(settings.QUIET_HOURS)


def wishes_of(preference: NoticePreference | None) -> Wishes:
    """What was chosen, in the words of the rules; channels and groups that are no more are left out."""
    if preference is None:
        return Wishes(quiet=house_quiet())
    quiet = house_quiet() if preference.is_quiet else None
    if preference.is_quiet and preference.quiet_from is not None and preference.quiet_to is not None:
        quiet = Quiet(preference.quiet_from, preference.quiet_to)
    channels = {one.value for one in NoticeChannel}
    return Wishes(
        chosen={
            NoticeGroup(group): frozenset(NoticeChannel(one) for one in found if one in channels)
            for group, found in preference.choices.items()
            if group in list(NoticeGroup)
        },
        quiet=quiet,
        quiet_mail=preference.quiet_mail,
        pace=DigestPace(preference.pace),
        digest_hour=preference.digest_hour,
        digest_weekday=preference.digest_weekday,
    )


def preference_of(account: Account) -> NoticePreference | None:
    return NoticePreference.objects.filter(account=account).first()


def ways_of(people: Iterable[Person]) -> dict[int, Ways]:
    """By person: how each can be reached, in two queries for all."""
    found = {one.pk: one for one in people}
    accounts = Account.objects.filter(person__in=list(found), is_active=True).select_related("notice_preference")
    by_person = {account.person_id: account for account in accounts}
    browsers = _browsers(account.pk for account in by_person.values())
    return {pk: _ways(person, by_person.get(pk), browsers) for pk, person in found.items()}


def ways_to(receiver: Person | Account) -> Ways:
    """How one person, or one account, can be reached."""
    if isinstance(receiver, Person):
        return ways_of([receiver])[receiver.pk]
    account = Account.objects.select_related("notice_preference", "person").get(pk=receiver.pk)
    return _ways(account.person, account if account.is_active else None, _browsers([account.pk]), account.email)


def _browsers(accounts: Iterable[int]) -> dict[int, tuple[PushSubscription, ...]]:
    found: dict[int, list[PushSubscription]] = defaultdict(list)
    for one in PushSubscription.objects.filter(account__in=list(accounts), ended_at__isnull=True).order_by("pk"):
        found[one.account_id].append(one)
    return {account: tuple(some) for account, some in found.items()}


def _ways(
    person: Person | None, account: Account | None, browsers: dict[int, tuple[PushSubscription, ...]], mail: str = ""
) -> Ways:
    preference = getattr(account, "notice_preference", None) if account else None
    addresses: dict[NoticeChannel, str] = {}
    if address := mail or (person.email if person else "") or (account.email if account else ""):
        addresses[NoticeChannel.MAIL] = address
    own = browsers.get(account.pk, ()) if account else ()
    if own:
        addresses[NoticeChannel.PUSH] = ", ".join(str(one) for one in own)
    if settings.SMS_GATEWAY and person and (number := phone_number(person.phone)):
        addresses[NoticeChannel.SMS] = number
    if settings.ZALO_GATEWAY and preference and preference.zalo_id:
        addresses[NoticeChannel.ZALO] = preference.zalo_id
    return Ways(account, wishes_of(preference), addresses, own)


def unreached(people: QuerySet[Person]) -> QuerySet[Person]:
    """Of these people those whom no message finds (no address in `ways_of`), each with `reads_inbox`.

    Whoever has signed in with an account that may be used finds notices in the inbox, when they look.
    """
    own = Account.objects.filter(person=OuterRef("pk"), is_active=True)
    browsers = PushSubscription.objects.filter(
        account__person=OuterRef("pk"), account__is_active=True, ended_at__isnull=True
    )
    found = people.filter(~Exists(own.exclude(email="")), ~Exists(browsers), email="")
    if settings.SMS_GATEWAY:
        found = found.exclude(phone__regex=MOBILE)
    if settings.ZALO_GATEWAY:
        chosen = NoticePreference.objects.filter(account__person=OuterRef("pk"), account__is_active=True)
        found = found.filter(~Exists(chosen.exclude(zalo_id="")))
    return found.annotate(reads_inbox=Exists(own.filter(last_login__isnull=False)))


def keepers_of(units: Collection[Unit], *, day: date) -> dict[int, list[Account]]:
    """By unit: who may send messages on its behalf and is appointed at just this unit, at most ten each."""
    roles = [role for role, spec in ROLES.items() if Permission.MESSAGE_SEND in spec.permissions]
    rows = Appointment.objects.on(day).filter(unit__in=[one.pk for one in units], role__in=roles)
    found: dict[int, list[Account]] = defaultdict(list)
    for one in rows.filter(account__is_active=True).select_related("account__person").order_by("pk"):
        if one.account not in found[one.unit_id] and len(found[one.unit_id]) < 10:
            found[one.unit_id].append(one.account)
    return found


def quiet_until(message_id: int, *, at: datetime) -> datetime | None:
    """Until when a waiting message is held by its receiver's quiet hours; None when it may go now."""
    message = (
        Message.objects.filter(pk=message_id, state=MessageState.QUEUED)
        .select_related("notice", "to_account__notice_preference", "to_person__account__notice_preference")
        .defer("body", "attachment")
        .first()
    )
    if message is None or (message.to_person is None and message.to_account is None):
        return None  # a unit's own address, or an asker outside: nobody's phone rings there
    if message.notice is not None and message.notice.is_urgent:
        return None
    account = message.to_account or getattr(message.to_person, "account", None)
    wishes = wishes_of(getattr(account, "notice_preference", None) if account else None)
    if wishes.quiet is None or not wishes.is_quiet_for(NoticeChannel(message.channel)):
        return None
    return wishes.quiet.until(at)


# --- the inbox ------------------------------------------------------------------------------------------------------------


def _own(account: Account, person: str, own: str) -> Q:
    mine = Q(**{own: account})
    return mine | Q(**{person: account.person_id}) if account.person_id else mine


def inbox(account: Account) -> QuerySet[Notice]:
    """What an account was told: as a person, or as itself."""
    return Notice.objects.filter(_own(account, "person", "account"))


def sent_to(account: Account) -> QuerySet[Message]:
    """What goes out to an account, over every channel."""
    return Message.objects.filter(_own(account, "to_person", "to_account"))


def unread_count(account: Account) -> int:
    return inbox(account).filter(read_at__isnull=True).order_by().count()


def ways_that_arrived(kind: str, *, since: datetime, also: Collection[str] = ()) -> dict[str, NoticeChannel | None]:
    """Of the notices of a kind that failed over some channel: by their key the first channel that did arrive, or None.

    Looked at too are those with the keys `also`. Left out are notices of which something is still on its way.
    """
    failed = Message.objects.filter(kind=kind, state=MessageState.FAILED, queued_at__gte=since, notice__isnull=False)
    rows = Message.objects.filter(Q(notice__in=failed.values("notice")) | Q(notice__dedupe_key__in=also))
    arrived: dict[str, NoticeChannel | None] = {}
    on_their_way = set()
    for key, channel, state, next_try_at in rows.order_by("pk").values_list(
        "notice__dedupe_key", "channel", "state", "next_try_at"
    ):
        if key is None:
            continue
        arrived.setdefault(key, None)
        if state == MessageState.SENT:
            arrived[key] = arrived[key] or NoticeChannel(channel)
        elif state != MessageState.FAILED or next_try_at is not None:
            on_their_way.add(key)
    return {key: channel for key, channel in arrived.items() if key not in on_their_way}


def browsers_of(account: Account) -> QuerySet[PushSubscription]:
    return PushSubscription.objects.filter(account=account, ended_at__isnull=True).order_by("-made_at", "-pk")


def push_digest(endpoint: str) -> str:
    """Under which a browser's address is found again."""
    return hashlib.sha256(endpoint.encode()).hexdigest()


def copy_text(unit: Unit, kind: str, default: str) -> str:
    """The words of the nearest unit at or above this one that has its own, else those of the house."""
    above = [unit.pk, *unit.ancestor_ids]
    rows = CopyText.objects.filter(unit__in=above, kind=kind).order_by("-unit__depth")
    found = rows.values_list("body", flat=True).first()
    return found or default


def channels_set_up() -> list[NoticeChannel]:
    """The channels that this installation can send over."""
    ready = {NoticeChannel.MAIL: True, NoticeChannel.PUSH: True}
    ready |= {NoticeChannel.SMS: bool(settings.SMS_GATEWAY), NoticeChannel.ZALO: bool(settings.ZALO_GATEWAY)}
    return [channel for channel in NoticeChannel if ready[channel]]
