"""Reads of sign-in: second factors, open sessions, who has activated the account."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, QuerySet

from quantriet.kit.time import today
from quantriet.org.models import (
    Account,
    AccountSession,
    ActivationSlip,
    AuthenticatorKey,
    Passkey,
    Person,
    RecoveryCode,
)
from quantriet.org.vocab import SlipState


def has_second_factor(account: Account) -> bool:
    """Whether the account has an authenticator app or a passkey, either of which is then asked for."""
    return AuthenticatorKey.objects.filter(account=account).exists() or Passkey.objects.filter(account=account).exists()


def open_sessions(account: Account, *, at: datetime) -> list[AccountSession]:
    """Sign-ins of an account that are still open, the latest used first."""
    alive = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=at)
    return list(AccountSession.objects.filter(Exists(alive), account=account).order_by("-seen_at", "-pk"))


def codes_left(account: Account) -> int:
    """Recovery codes not used yet."""
    return RecoveryCode.objects.filter(account=account, used_at=None).count()


@dataclass(frozen=True)
class Activation:
    """How far a person's account has come."""

    state: SlipState
    username: str
    activated_at: datetime | None
    printed_at: datetime | None
    ends_on: date | None


def activations_of(people: Iterable[Person]) -> dict[int, Activation]:
    """The state of each person's account and latest slip, in two queries."""
    people = list(people)
    accounts = {one.person_id: one for one in Account.objects.filter(person__in=people)}
    slips: dict[int, ActivationSlip] = {}
    used: dict[int, datetime] = {}
    for slip in ActivationSlip.objects.filter(person__in=people).order_by("printed_at", "pk"):
        slips[slip.person_id] = slip
        if slip.used_at:
            used[slip.person_id] = slip.used_at
    return {one.pk: _activation(accounts.get(one.pk), slips.get(one.pk), used.get(one.pk)) for one in people}


def _activation(account: Account | None, slip: ActivationSlip | None, used_at: datetime | None) -> Activation:
    live = slip if slip and not slip.used_at and not slip.voided_at else None
    activated_at = used_at or (account.created_at if account and account.last_login else None)
    if activated_at:
        state = SlipState.ACTIVE
    elif live is None:
        state = SlipState.NONE
    else:
        state = SlipState.PRINTED if live.ends_on >= today() else SlipState.ENDED
    name = account.username if account else live.username if live else ""
    return Activation(
        state, name, activated_at, live.printed_at if live else None, live.ends_on if live else None
    )  # fmt: skip


def people_in_state(rows: QuerySet[Person], state: str) -> QuerySet[Person]:
    """Narrow people to those whose account has come so far."""
    slips = ActivationSlip.objects.filter(person=OuterRef("pk"))
    live = slips.filter(used_at=None, voided_at=None)
    active = Q(Exists(slips.filter(used_at__isnull=False))) | Q(
        Exists(Account.objects.filter(person=OuterRef("pk"), last_login__isnull=False))
    )
    if state == SlipState.ACTIVE:
        return rows.filter(active)
    if state == SlipState.PRINTED:
        return rows.filter(Exists(live.filter(ends_on__gte=today()))).exclude(active)
    if state == SlipState.ENDED:
        return rows.filter(Exists(live.filter(ends_on__lt=today()))).exclude(active)
    if state == SlipState.NONE:
        return rows.exclude(Exists(live)).exclude(active)
    return rows
