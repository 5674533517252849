"""Writers of accounts and appointments."""

from __future__ import annotations

from datetime import date, datetime

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import transaction

from quantriet.audit.actions import record
from quantriet.kit import text
from quantriet.kit.refusal import Refusal
from quantriet.org.models import Account, Appointment, Person, Unit
from quantriet.org.vocab import ROLES, Role


def add_account(
    *,
    by: Account | None,
    at: datetime,
    username: str,
    display_name: str,
    password: str,
    person: Person | None = None,
    email: str = "",
    must_change_password: bool = False,
    is_demo: bool = False,
) -> Account:
    """Make a login. Refuses a user name already taken and a person who has one; demo data may use short passwords."""
    username = text.fold(username).replace(" ", "")
    if not username:
        raise Refusal("account.username_missing", "Thiếu tên đăng nhập.", field="username")
    account = Account(
        username=username,
        display_name=text.squeeze(display_name) or username,
        person=person,
        email=email,
        must_change_password=must_change_password,
        is_demo=is_demo,
        created_at=at,
    )
    if not is_demo:
        _refuse_weak(password, account)
    account.set_password(password)
    with transaction.atomic():
        if Account.objects.filter(username=username).exists():
            raise Refusal("account.username_taken", f"Tên đăng nhập “{username}” đã có người dùng.", field="username")
        if person and Account.objects.filter(person=person).exists():
            raise Refusal("account.person_has_one", f"{person.full_name} đã có tài khoản.", field="person")
        account.save(force_insert=True)
        record("account.added", by=by, at=at, thing=account, unit=person.unit if person else None)
    return account


def change_password(account: Account, *, by: Account | None, at: datetime, password: str) -> Account:
    """Set a new password; sessions of the account elsewhere end by Django's session hash."""
    _refuse_weak(password, account)
    with transaction.atomic():
        account.set_password(password)
        account.must_change_password = by is not None and by.pk != account.pk
        account.save(update_fields=["password", "must_change_password"])
        record("account.password", by=by, at=at, thing=account)
    return account


def give_appointment(
    account: Account,
    *,
    by: Account | None,
    at: datetime,
    role: Role,
    unit: Unit,
    valid_from: date,
    valid_to: date | None = None,
) -> Appointment:
    """Give an account a role in a unit and everything below it, from a day to a day."""
    with transaction.atomic():
        if Appointment.objects.on(valid_from).filter(account=account, role=role, unit=unit).exists():
            raise Refusal(
                "appointment.given_already",
                f"{account} đang có vai trò {ROLES[role].label} ở {unit.name}.",
                field="role",
            )
        given = Appointment.objects.create(
            account=account, role=role, unit=unit, valid_from=valid_from, valid_to=valid_to
        )
        record(
            "appointment.given", by=by, at=at, thing=account, unit=unit,
            after={"role": ROLES[role].label, "unit": unit.name, "from": valid_from, "to": valid_to},
        )  # fmt: skip
    return given


def end_appointment(given: Appointment, *, by: Account, at: datetime, on: date) -> Appointment:
    """End an appointment; its last day is `on`."""
    with transaction.atomic():
        given.valid_to = max(on, given.valid_from)
        given.save(update_fields=["valid_to"])
        record("appointment.ended", by=by, at=at, thing=given.account, unit=given.unit, after={"on": on})
    return given


def _refuse_weak(password: str, account: Account) -> None:
    try:
        password_validation.validate_password(password, account)
    except ValidationError as problem:
        raise Refusal("account.password_weak", " ".join(problem.messages), field="password") from problem
