"""Reads of accounts and appointments for whole pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from django.db.models import Q, QuerySet

from quantriet.kit import text
from quantriet.kit.time import today
from quantriet.org.models import Account, Appointment


def filtered_accounts(
    rows: QuerySet[Account], *, search: str = "", role: str = "", rest: bool = False
) -> QuerySet[Account]:
    """Accounts by typed words, by a role held today, and those at rest instead of those that work."""
    rows = rows.filter(is_active=not rest)
    if role:
        held = Appointment.objects.on().filter(role=role).order_by().values("account")
        rows = rows.filter(pk__in=held)
    folded = text.fold(search)
    if folded:
        rows = rows.filter(
            Q(username__contains=folded.replace(" ", ""))
            | Q(person__name_folded__contains=folded)
            | Q(display_name__icontains=text.squeeze(search))
        )
    return rows


def appointments_of(accounts: Iterable[Account], *, on: date | None = None) -> dict[int, list[Appointment]]:
    """Appointments valid on a day, of each account; the higher unit first."""
    found: dict[int, list[Appointment]] = defaultdict(list)
    given = Appointment.objects.on(on).filter(account__in=[account.pk for account in accounts])
    for one in given.select_related("unit").order_by("unit__depth", "unit__sort_key", "role"):
        found[one.account_id].append(one)
    return found


def appointment_history(account: Account) -> list[Appointment]:
    """All appointments of an account, those to come and in force before those that are over."""
    given = list(Appointment.objects.filter(account=account).select_related("unit").order_by("-valid_from", "pk"))
    day = today()
    return sorted(given, key=lambda one: one.valid_to is not None and one.valid_to < day)
