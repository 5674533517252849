"""Reads of the outbox for whole pages."""

from __future__ import annotations

import hashlib

from django.db.models import Count, Q, QuerySet

from quantriet.kit.text import fold
from quantriet.notify.models import CalendarFeed, Message
from quantriet.notify.vocab import NOTIFICATION_KINDS, MessageState
from quantriet.org.models import Person


def searched(messages: QuerySet[Message], words: str) -> QuerySet[Message]:
    """Messages whose receiver, address or subject holds all words; names without regard to marks."""
    for word in words.split():
        folded = fold(word)
        messages = messages.filter(
            Q(address__icontains=word)
            | Q(subject__icontains=word)
            | Q(to_unit__name_folded__contains=folded)
            | Q(to_person__name_folded__contains=folded)
        )
    return messages


def counts(messages: QuerySet[Message]) -> dict[str, int]:
    """How many wait, are sent, will be tried again, and have failed for good."""
    failed = Q(state=MessageState.FAILED)
    found: dict[str, int] = messages.aggregate(
        waiting=Count("pk", filter=Q(state__in=[MessageState.QUEUED, MessageState.SENDING])),
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
