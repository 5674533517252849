"""Whose outbox an account sees: what its units, or units below, sent or had sent for them."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from quantriet.notify.models import Message, Notice
from quantriet.org import access
from quantriet.org.models import Account, Person
from quantriet.org.vocab import Permission


def messages_seen_by(account: Account, permission: Permission = Permission.MESSAGE_SEND) -> QuerySet[Message]:
    return access.scope(Message.objects.all(), account, permission)


def get_message(account: Account, pk: int | str) -> Message:
    """A message the account sees."""
    seen = messages_seen_by(account).select_related(
        "unit", "to_unit", "to_person__unit", "to_account", "queued_by", "carrier"
    )
    return access.one_of(seen, pk)


def get_notice(account: Account, pk: int | str) -> Notice:
    """A notice to the account or to its person; another's is not there."""
    mine = Q(account=account)
    if account.person_id:
        mine |= Q(person=account.person_id)
    return access.one_of(Notice.objects.filter(mine).select_related("unit"), pk)


def people_told_by(account: Account) -> QuerySet[Person]:
    """People in the list of the units on whose behalf the account sends messages."""
    return access.people_seen_by(account, Permission.MESSAGE_SEND).filter(left_on__isnull=True)
