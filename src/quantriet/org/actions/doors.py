"""Tries at the doors of sign-in: counted before anything is looked at, so that the limit is exact however many come at once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, Value, When

from quantriet.kit.db import select
from quantriet.kit.refusal import Refusal
from quantriet.kit.sealing import digests
from quantriet.org.models import KnownDevice, SignInFailure
from quantriet.org.rules.tries import Count, Door, closed_sentence, counts_of, username_key

log = logging.getLogger(__name__)
DEVICE = "quantriet.org.device"  # what the digests of device tokens are made for


def claim_try(door: Door, *, username: str, address: str, at: datetime, token: str = "") -> list[Count]:
    """Take one of the tries left, or refuse; whether the name is anybody's makes no difference.

    Counted by conditional updates: of fifty tries at one moment the database lets as many pass as are left. `token` is
    what the browser keeps; on a device known to the account the try is counted there alone. The result goes to
    `release_try` when the try was right.
    """
    device = _known(username, token)
    counts = counts_of(door, username=username, address=address, device=device)
    with transaction.atomic():
        SignInFailure.objects.bulk_create(
            [SignInFailure(purpose=door, username=one.username, address=one.address, since=at) for one in counts],
            ignore_conflicts=True,
        )
        for one in counts:
            over = Q(since__lte=at - one.limit.window)
            changed = (
                _row(door, one)
                .filter(over | Q(failures__lt=one.limit.most))
                .update(
                    failures=Case(When(over, then=Value(1)), default=F("failures") + 1),
                    since=Case(When(over | Q(failures=one.limit.most - 1), then=Value(at)), default=F("since")),
                )
            )
            if not changed:
                row = _row(door, one).get()
                log.warning("sign-in: door %s is closed for %s", door, one.address or "a name everywhere")
                raise Refusal("sign_in.locked", closed_sentence(door, one, row.since, at))
    return counts


def release_try(door: Door, counts: Sequence[Count]) -> None:
    """Forget the failures of this name from this place after a right try, and take the try off the wide counts."""
    with transaction.atomic():
        for one in counts:
            if one.is_narrow:
                _row(door, one).delete()
            else:
                _row(door, one).filter(failures__gt=0).update(failures=F("failures") - 1)


def refuse_if_closed(door: Door, *, username: str, address: str, at: datetime) -> None:
    """Refuse at a door that is closed for this name or place, in one statement; the try itself is not counted.

    For doors through which hundreds pass at once and where only wrong tries count (`count_wrong`): of tries that come in one
    moment a few more than the limit may pass, which a code too long to guess bears.
    """
    counts = {(one.username, one.address): one for one in counts_of(door, username=username, address=address)}
    if not counts:
        return
    rows = select(  # plain, for this stands before each of a hall's check-ins
        f"SELECT username, address, failures FROM {SignInFailure._meta.db_table} WHERE purpose = %s"  # noqa: S608
        f" AND ({' OR '.join(['(username = %s AND address = %s)'] * len(counts))})",
        [door.value, *(part for key in counts for part in key)],
        often=True,
    )
    for name, place, failures in rows:
        one = counts[name, place]
        if failures >= one.limit.most:
            row = _row(door, one).get()
            if row.since > at - one.limit.window:
                raise Refusal("door.closed", closed_sentence(door, one, row.since, at))


def count_wrong(door: Door, *, username: str, address: str, at: datetime) -> None:
    """Count a wrong try at a door that asks `refuse_if_closed` first."""
    counts = counts_of(door, username=username, address=address)
    with transaction.atomic():
        SignInFailure.objects.bulk_create(
            [SignInFailure(purpose=door, username=one.username, address=one.address, since=at) for one in counts],
            ignore_conflicts=True,
        )
        for one in counts:
            over = Q(since__lte=at - one.limit.window)
            _row(door, one).update(
                failures=Case(When(over, then=Value(1)), default=F("failures") + 1),
                since=Case(When(over | Q(failures=one.limit.most - 1), then=Value(at)), default=F("since")),
            )


def _row(door: Door, one: Count) -> QuerySet[SignInFailure]:
    return SignInFailure.objects.filter(purpose=door, username=one.username, address=one.address)


def _known(username: str, token: str) -> str:
    """The digest of a device on which the account of this name has signed in before, else nothing."""
    if not token:
        return ""
    rows = KnownDevice.objects.filter(account__username=username_key(username), digest__in=digests(token, DEVICE))
    return rows.values_list("digest", flat=True).first() or ""
