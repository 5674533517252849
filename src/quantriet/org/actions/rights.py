"""Writers of accounts and appointments."""

from __future__ import annotations

from datetime import date, datetime

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from quantriet.audit.actions import changes, record
from quantriet.kit import text
from quantriet.kit.db import named_lock, reread
from quantriet.kit.refusal import Refusal
from quantriet.org import access
from quantriet.org.actions.letters import tell_account
from quantriet.org.actions.sessions import end_sessions, forget_devices, place_of
from quantriet.org.models import Account, ActivationSlip, Appointment, Person, SignInFailure, Unit
from quantriet.org.rules.passwords import is_word_of_the_house
from quantriet.org.rules.slips import clear_code
from quantriet.org.rules.tries import Door, username_key
from quantriet.org.vocab import ROLES, Permission, Role


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
    unit: Unit | None = None,
) -> Account:
    """Make a login. Refuses a user name already taken and a person who has one; demo data may use short passwords.

    `unit` is where the log keeps the line when the account belongs to no person.
    """
    username = username_key(username)
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
        record(
            "account.added", by=by, at=at, thing=account, unit=person.unit if person else unit,
            person_id=person.pk if person else None, after={"username": username, "display_name": account.display_name},
        )  # fmt: skip
    return account


def temporary_password() -> str:
    """A password to hand over on paper: three groups of four clear letters and digits (59 bits)."""
    return clear_code()


def open_account(
    *,
    by: Account,
    at: datetime,
    username: str,
    display_name: str,
    person: Person | None,
    email: str,
    role: Role,
    unit: Unit,
    valid_from: date,
    valid_to: date | None = None,
) -> tuple[Account, str]:
    """Make a login with its first appointment and a temporary password, all or nothing; returns both."""
    password = temporary_password()
    with transaction.atomic():
        account = add_account(
            by=by, at=at, username=username, display_name=display_name, password=password, person=person, email=email,
            must_change_password=True, unit=unit,
        )  # fmt: skip
        give_appointment(account, by=by, at=at, role=role, unit=unit, valid_from=valid_from, valid_to=valid_to)
    return account, password


def change_account(account: Account, *, by: Account, at: datetime, **new: object) -> Account:
    """Correct the shown name or the mail address, or let an account rest and work again.

    Refuses to let one's own account rest. An inactive account is signed out on its next request.
    """
    with transaction.atomic():
        reread(account)
        before, after = changes(account, new)
        if not after:
            return account
        if after.get("is_active") is False and by.pk == account.pk:
            raise Refusal("account.own", "Không tự ngừng được tài khoản của mình.")
        for name, value in after.items():
            setattr(account, name, value)
        account.save(update_fields=list(after))
        if before.get("email"):
            tell_account(account, "mail", at=at, address=str(before["email"]))
        record(
            "account.changed", by=by, at=at, thing=account, unit=place_of(account), person_id=account.person_id,
            before=before, after=after,
        )  # fmt: skip
    return account


def reset_password(account: Account, *, by: Account, at: datetime) -> str:
    """Give an account a temporary password, which it must change at the next sign-in; returns it to be shown once.

    Effects: password, must_change_password, the lock-out of the name lifted, audit "account.password".
    """
    password = temporary_password()
    with transaction.atomic():
        change_password(account, by=by, at=at, password=password)
        SignInFailure.objects.filter(purpose=Door.PASSWORD, username=account.username).delete()
    return password


def change_password(
    account: Account, *, by: Account | None, at: datetime, password: str, keep: str = "", device: str = ""
) -> Account:
    """Set a new password.

    Effects: password; every session but the one of key `keep` ended, every device but the one of digest `device`
    forgotten; audit "account.password"; a notice to the account's mail.
    """
    _refuse_weak(password, account)
    with transaction.atomic():
        account.set_password(password)
        account.must_change_password = by is not None and by.pk != account.pk
        account.save(update_fields=["password", "must_change_password"])
        end_sessions(account, keep=keep)
        forget_devices(account, keep=device)
        record(
            "account.password", by=by, at=at, thing=account, unit=place_of(account), person_id=account.person_id,
            after={"must_change_password": account.must_change_password},
        )  # fmt: skip
        tell_account(account, "password", at=at)
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
    """Give an account a role in a unit and everything below it, from a day to a day.

    Refuses a unit outside the giver's own scope, an end before the beginning, and the same role there twice at a time.
    """
    if by is not None and not access.may(by, Permission.ACCOUNT_MANAGE, unit):
        raise Refusal(
            "appointment.outside_scope",
            f"{unit.name} ngoài phạm vi quản trị được giao, không phân công quyền ở đó được.",
            field="unit",
        )
    if valid_to and valid_to < valid_from:
        raise Refusal("period.order", f"Ngày kết thúc phải từ ngày {valid_from:%d/%m/%Y} trở đi.", field="valid_to")
    with named_lock(f"appointments-{account.pk}"):
        overlapping = Appointment.objects.filter(account=account, role=role, unit=unit).filter(
            Q(valid_to__isnull=True) | Q(valid_to__gte=valid_from)
        )
        if valid_to:
            overlapping = overlapping.filter(valid_from__lte=valid_to)
        if overlapping.exists():
            raise Refusal(
                "appointment.given_already",
                f"{account} đang có vai trò {ROLES[role].label} ở {unit.name}.",
                field="role",
            )
        given = Appointment.objects.create(
            account=account, role=role, unit=unit, valid_from=valid_from, valid_to=valid_to
        )
        if role != Role.MEMBER:
            # A slip printed before by somebody nearer to the person must not open what was given since.
            live = ActivationSlip.objects.filter(person=account.person_id, used_at=None, voided_at=None)
            live.update(voided_at=at)
        record(
            "appointment.given", by=by, at=at, thing=account, unit=unit, person_id=account.person_id,
            after={"role": ROLES[role].label, "unit": unit.name, "from": valid_from, "to": valid_to},
        )  # fmt: skip
    return given


def end_appointment(given: Appointment, *, by: Account, at: datetime, on: date) -> Appointment:
    """End an appointment; its last day is `on`. One that would end before it began is withdrawn; the log keeps it.

    Refuses outside the ender's own scope, for an appointment already over, and for one's own administration, without
    which nobody might be left to give it back.
    """
    if not access.may(by, Permission.ACCOUNT_MANAGE, given.unit):
        raise Refusal("appointment.outside_scope", f"{given.unit.name} ngoài phạm vi quản trị được giao.")
    if given.account_id == by.pk and given.role == Role.ADMINISTRATOR:
        raise Refusal("appointment.own", "Không tự thôi được quyền quản trị của mình; nhờ một người quản trị khác.")
    with transaction.atomic():
        reread(given)
        if given.valid_to and given.valid_to <= on:
            raise Refusal("appointment.over", f"Phân công này kết thúc ngày {given.valid_to:%d/%m/%Y} rồi.", field="on")
        given.valid_to = on
        if on < given.valid_from:
            Appointment.objects.filter(pk=given.pk).delete()
        else:
            given.save(update_fields=["valid_to"])
        record(
            "appointment.ended", by=by, at=at, thing=given.account, unit=given.unit, person_id=given.account.person_id,
            after={"role": ROLES[Role(given.role)].label, "unit": given.unit.name, "on": on},
        )  # fmt: skip
    return given


# Django's own sentences have no Vietnamese; its codes are stable.
_WEAK = {
    "password_too_short": "Mật khẩu quá ngắn, cần ít nhất 8 ký tự.",
    "password_too_similar": "Mật khẩu quá giống tên hoặc địa chỉ thư của người dùng.",
    "password_too_common": "Mật khẩu này quá phổ biến, dễ bị đoán.",
}


def _refuse_weak(password: str, account: Account) -> None:
    if is_word_of_the_house(password, account.username):
        raise Refusal("account.password_weak", _WEAK["password_too_common"], field="password")
    try:
        password_validation.validate_password(password, account)
    except ValidationError as problem:
        told = [_WEAK.get(one.code or "", "Mật khẩu chưa đủ mạnh.") for one in problem.error_list]
        raise Refusal("account.password_weak", " ".join(told), field="password") from problem
