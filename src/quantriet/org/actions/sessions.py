"""Open sign-ins and the devices an account is known on."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef

from quantriet.audit.actions import record
from quantriet.kit.sealing import digest, digests
from quantriet.kit.time import show_moment
from quantriet.org.actions.doors import DEVICE
from quantriet.org.actions.letters import tell_account
from quantriet.org.models import Account, AccountSession, Appointment, KnownDevice, MailCode, SignInFailure, Unit
from quantriet.org.rules.devices import device_in_words
from quantriet.org.vocab import SignInMethod

FORGET_DEVICE = timedelta(days=400)  # browsers keep no cookie longer


def place_of(account: Account) -> Unit | None:
    """The unit under which the log keeps what an account does: its person's, else that of its widest appointment."""
    if account.person_id and account.person:
        return account.person.unit
    given = Appointment.objects.filter(account=account).select_related("unit").order_by("unit__depth", "pk").first()
    return given.unit if given else None


def begin_session(
    account: Account,
    *,
    at: datetime,
    session_key: str,
    method: SignInMethod,
    user_agent: str = "",
    address: str = "",
    token: str = "",
) -> AccountSession:
    """Keep a new sign-in and the device it came from.

    Effects: session, known device; audit "account.signed_in"; a notice to the account's mail when it has signed in
    before, but never on this device.
    """
    device = device_in_words(user_agent)
    with transaction.atomic():
        session = AccountSession.objects.create(
            account=account, session_key=session_key, device=device, address=address[:45], method=method,
            began_at=at, seen_at=at,
        )  # fmt: skip
        if token:
            known = KnownDevice.objects.filter(account=account)
            if not known.filter(digest__in=digests(token, DEVICE)).update(last_at=at):
                if known.exists():
                    tell_account(account, "device", at=at, detail=f"{device}, lúc {show_moment(at)}")
                KnownDevice.objects.bulk_create(
                    [KnownDevice(account=account, digest=digest(token, DEVICE), first_at=at, last_at=at)],
                    ignore_conflicts=True,
                )
        record(
            "account.signed_in", by=account, at=at, thing=account, unit=place_of(account), person_id=account.person_id,
            after={"from_address": address, "way_in": method.label, "device": device},
        )  # fmt: skip
    return session


def touch_session(pk: int, *, at: datetime) -> None:
    """Note that a session is in use."""
    AccountSession.objects.filter(pk=pk).update(seen_at=at)


def follow_session(pk: int, session_key: str) -> None:
    """Django gives a session a new key when the password changes; the row follows."""
    AccountSession.objects.filter(pk=pk).update(session_key=session_key)


def close_sessions(account: Account, *, by: Account, at: datetime, only: int | None = None, keep: str = "") -> int:
    """End one session of an account, or all but the one of key `keep`; returns how many. The next request is a stranger's."""
    with transaction.atomic():
        ended = end_sessions(account, only=only, keep=keep)
        if ended:
            record(
                "account.session_ended", by=by, at=at, thing=account, unit=place_of(account),
                person_id=account.person_id, after={"sessions": ended},
            )  # fmt: skip
    return ended


def end_sessions(account: Account, *, only: int | None = None, keep: str = "") -> int:
    """Take sessions away without a line in the log; part of what else ends them (a new password, a lost factor)."""
    rows = AccountSession.objects.filter(account=account)
    if only is not None:
        rows = rows.filter(pk=only)
    if keep:
        rows = rows.exclude(session_key=keep)
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    AccountSession.objects.filter(session_key__in=keys).delete()
    return len(keys)


def forget_devices(account: Account, *, keep: str = "") -> None:
    """Know an account on no device any more but the one of token `keep`."""
    rows = KnownDevice.objects.filter(account=account)
    if keep:
        rows = rows.exclude(digest__in=digests(keep, DEVICE))
    rows.delete()


def prune_sign_in(*, at: datetime) -> None:
    """Throw away what sign-in no longer needs: sessions over, counts and codes of yesterday, devices of last year."""
    Session.objects.filter(expire_date__lt=at).delete()
    stale = AccountSession.objects.filter(seen_at__lt=at - timedelta(hours=1))
    stale.filter(~Exists(Session.objects.filter(session_key=OuterRef("session_key")))).delete()
    SignInFailure.objects.filter(since__lt=at - timedelta(days=1)).delete()
    MailCode.objects.filter(ends_at__lt=at).delete()
    KnownDevice.objects.filter(last_at__lt=at - FORGET_DEVICE).delete()
