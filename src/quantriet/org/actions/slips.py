"""Activation slips: printed for people, used once to set a password."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Model

from quantriet.audit.actions import record, record_many
from quantriet.kit.db import named_lock
from quantriet.kit.refusal import Refusal
from quantriet.kit.sealing import digest, digests
from quantriet.kit.time import local, show_day
from quantriet.org import access
from quantriet.org.actions.doors import claim_try
from quantriet.org.actions.rights import add_account, change_password, give_appointment
from quantriet.org.actions.sessions import place_of
from quantriet.org.models import Account, ActivationSlip, Person, Unit
from quantriet.org.rules.slips import MOST_SLIP_DAYS, clear_code, code_key, refuse_dead_slip
from quantriet.org.rules.tries import Door, username_key
from quantriet.org.vocab import Permission, Role

_SLIP = "quantriet.org.slip"


@dataclass(frozen=True)
class PrintedSlip:
    """What stands on one slip; the code is nowhere else."""

    person: Person
    username: str
    code: str
    ends_on: date


def print_slips(people: Sequence[Person], *, by: Account, at: datetime, ends_on: date) -> list[PrintedSlip]:
    """Make one new slip for each person; the person's earlier slip is void at once.

    Refuses a person outside the scope of whoever prints, one who has left, one whose account may do more than the
    printer governs (a slip would hand that account over), and a last day that is over or too far off. Effects: slips; audit "slip.printed" on each person.
    """
    why_not = access.slip_hindrances(by, people)
    for person in people:
        if not access.may(by, Permission.SLIP_PRINT, person.unit) or person.left_on:
            raise Refusal("slip.outside_scope", f"{person.full_name} ngoài phạm vi được in phiếu.")
        if person.pk in why_not:
            raise Refusal("slip.wider", f"{person.full_name}: {why_not[person.pk]}")
    today = local(at).date()
    if ends_on < today:
        raise Refusal("slip.past", "Hạn dùng phải từ hôm nay trở đi.", field="ends_on")
    latest = today + timedelta(days=MOST_SLIP_DAYS)
    if ends_on > latest:
        raise Refusal(
            "slip.too_long", f"Phiếu có hạn nhiều nhất {MOST_SLIP_DAYS} ngày, đến {show_day(latest)}.", field="ends_on"
        )
    with named_lock("activation-slips"):
        names = _usernames(people)
        made = [PrintedSlip(person, names[person.pk], clear_code(), ends_on) for person in people]
        ActivationSlip.objects.filter(person__in=people, used_at=None, voided_at=None).update(voided_at=at)
        ActivationSlip.objects.bulk_create(
            [
                ActivationSlip(
                    person=one.person, unit=one.person.unit, digest=digest(code_key(one.code), _SLIP),
                    username=one.username, printed_at=at, printed_by=by, ends_on=ends_on,
                )
                for one in made
            ]
        )  # fmt: skip
        lines: list[tuple[Model, Unit | None, dict[str, Any], dict[str, Any]]] = [
            (one.person, one.person.unit, {}, {"username": one.username, "ends_on": ends_on}) for one in made
        ]
        record_many("slip.printed", by=by, at=at, lines=lines, of_people=True)
    return made


def find_slip(code: str, *, address: str, at: datetime) -> ActivationSlip:
    """The slip of this code, good today by the server's clock. Refuses an unknown, used, void or late one, and guessing."""
    claim_try(Door.SLIP, username="", address=address, at=at)
    slip = _slip_of(code)
    if slip is None:
        raise Refusal("slip.unknown", "Mã chưa đúng; so lại từng chữ với phiếu.", field="code")
    _refuse_dead(slip, at)
    return slip


def use_slip(slip_id: int, *, at: datetime, password: str) -> Account:
    """Set the password that the slip is for; a person without an account gets one, as a member of the unit.

    Refuses a slip that meanwhile was used, replaced or ended, and a weak password; nothing is then changed.
    Effects: account and its appointment where there was none; password, other sessions ended; audit "slip.used".
    """
    with transaction.atomic():
        slip = ActivationSlip.objects.select_related("person__unit").get(pk=slip_id)
        _refuse_dead(slip, at)
        if not ActivationSlip.objects.filter(pk=slip.pk, used_at=None, voided_at=None).update(used_at=at):
            slip.refresh_from_db()
            _refuse_dead(slip, at)
        person = slip.person
        account = Account.objects.filter(person=person).first()
        if account is None:
            account = add_account(
                by=None, at=at, username=slip.username, display_name=person.full_name, password=password, person=person,
                email=person.email, unit=person.unit,
            )  # fmt: skip
            give_appointment(account, by=None, at=at, role=Role.MEMBER, unit=person.unit, valid_from=local(at).date())
        else:
            if not account.is_active:
                raise Refusal("slip.at_rest", "Tài khoản này đang ngừng; hỏi người quản trị của đơn vị.", field=None)
            change_password(account, by=None, at=at, password=password)
        record("slip.used", by=account, at=at, thing=account, unit=place_of(account), person_id=person.pk)
    return account


def _slip_of(code: str) -> ActivationSlip | None:
    kept = digests(code_key(code), _SLIP)
    return ActivationSlip.objects.filter(digest__in=kept).select_related("person__unit").first()


def _refuse_dead(slip: ActivationSlip, at: datetime) -> None:
    refuse_dead_slip(
        used_at=slip.used_at, voided_at=slip.voided_at, ends_on=slip.ends_on, has_left=slip.person.left_on is not None,
        on=local(at).date(),
    )  # fmt: skip


def _usernames(people: Sequence[Person]) -> dict[int, str]:
    """The user name printed for each person: that of their account, else their member code, made different where taken."""
    names = dict(Account.objects.filter(person__in=people).values_list("person_id", "username"))
    wanted = {person.pk: username_key(person.code) for person in people if person.pk not in names}
    taken = set(Account.objects.filter(username__in=set(wanted.values())).values_list("username", flat=True))
    for person_id, name in wanted.items():
        free = name if name and name not in taken else f"{name[:60]}.{person_id}"
        taken.add(free)
        names[person_id] = free
    return {person_id: name for person_id, name in names.items() if person_id is not None}
