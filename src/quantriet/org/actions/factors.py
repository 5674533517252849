"""Second factors: the authenticator app, recovery codes, passkeys."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.db import transaction
from django.utils.crypto import constant_time_compare

from quantriet.audit.actions import record
from quantriet.kit import text
from quantriet.kit.db import reread
from quantriet.kit.refusal import Refusal
from quantriet.kit.sealing import digest, digests, seal, unseal
from quantriet.org import access
from quantriet.org.actions.letters import tell_account
from quantriet.org.actions.sessions import end_sessions, forget_devices, place_of
from quantriet.org.models import Account, AuthenticatorKey, Passkey, RecoveryCode
from quantriet.org.rules.slips import clear_code, code_key

STEP = 30  # seconds a code of the app stands for
RECOVERY_CODES = 10
MOST_PASSKEYS = 20
_RECOVERY = "quantriet.org.recovery"


def new_secret() -> str:
    """A fresh key for an authenticator app: 160 bits in base 32, as the apps take it."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def provisioning_uri(secret: str, account: Account) -> str:
    """What the QR code holds."""
    return _totp(secret).get_provisioning_uri(account.username, "Quán triệt")


def set_authenticator(account: Account, *, secret: str, code: str, at: datetime) -> list[str]:
    """Bind an authenticator app to one's account and return its recovery codes, to be shown this once.

    Refuses a code that the app of this key would not show now, and an account that has an app already.
    Effects: key, recovery codes; audit "account.factor_set"; a notice to the account's mail.
    """
    step = _step_of(secret, code, at)
    if step is None:
        raise Refusal(
            "factor.code",
            "Mã chưa khớp. Kiểm tra giờ trên điện thoại (đặt tự động), chờ mã mới hiện ra rồi gõ lại.",
            field="code",
        )
    with transaction.atomic():
        made = AuthenticatorKey.objects.bulk_create(
            [AuthenticatorKey(account=account, sealed=seal(secret), set_at=at, last_step=step)], ignore_conflicts=True
        )
        if not made or not AuthenticatorKey.objects.filter(account=account, set_at=at, last_step=step).exists():
            raise Refusal("factor.has_one", "Tài khoản đã có ứng dụng xác minh; gỡ cái cũ trước khi lập cái mới.")
        _log("account.factor_set", account, account, at)
        tell_account(account, "factor", at=at)
        return make_recovery_codes(account, by=account, at=at)


def make_recovery_codes(account: Account, *, by: Account, at: datetime) -> list[str]:
    """Ten new recovery codes, shown once and kept as digests; earlier ones end."""
    codes = [clear_code(3) for _ in range(RECOVERY_CODES)]
    with transaction.atomic():
        RecoveryCode.objects.filter(account=account).delete()
        RecoveryCode.objects.bulk_create(
            [RecoveryCode(account=account, digest=_recovery_digest(account, code), made_at=at) for code in codes]
        )
        _log("account.recovery_codes", account, by, at)
    return codes


def take_second_code(account: Account, *, code: str, at: datetime) -> bool:
    """Whether this is the app's code of now or an unused recovery code. Either is taken once; a repeated one is refused."""
    typed = code_key(code)
    if len(typed) == 6 and typed.isdecimal():
        key = AuthenticatorKey.objects.filter(account=account).first()
        secret = unseal(key.sealed) if key else None
        step = _step_of(secret, typed, at) if secret else None
        # Conditional on the step itself: of two who send one code at once, one comes in.
        return step is not None and bool(
            AuthenticatorKey.objects.filter(account=account, last_step__lt=step).update(last_step=step)
        )
    with transaction.atomic():
        kept = digests(f"{account.pk}:{typed}", _RECOVERY)
        if not RecoveryCode.objects.filter(account=account, digest__in=kept, used_at=None).update(used_at=at):
            return False
        _log("account.recovery_used", account, account, at)
        tell_account(account, "recovery", at=at)
    return True


def remove_authenticator(account: Account, *, by: Account, at: datetime) -> None:
    """Take the app off one's account. Refuses while it is the only second factor of an account that must have one."""
    with transaction.atomic():
        reread(account)  # of two factors taken off at once the second one sees that the first is gone
        if access.needs_second_factor(account) and not Passkey.objects.filter(account=account).exists():
            raise Refusal(
                "factor.needed",
                "Vai trò của đồng chí phải có lớp xác minh thứ hai; thêm khóa đăng nhập trước rồi mới gỡ ứng dụng.",
            )
        if AuthenticatorKey.objects.filter(account=account).delete()[0]:
            if not Passkey.objects.filter(account=account).exists():
                RecoveryCode.objects.filter(account=account).delete()
            _log("account.factor_removed", account, by, at)
            tell_account(account, "factor_removed", at=at)


def reset_second_factor(account: Account, *, by: Account, at: datetime) -> None:
    """Take every second factor off another's account, which must then set up a new one before anything else.

    Refuses one's own account and one outside the scope of whoever does it.
    Effects: app, recovery codes, passkeys, sessions and known devices gone; audit "account.factor_reset"; a notice.
    """
    if not access.may_govern(by, account):
        raise Refusal(
            "factor.outside_scope", "Chỉ đặt lại được cho tài khoản nằm trọn trong phạm vi quản trị được giao."
        )
    with transaction.atomic():
        AuthenticatorKey.objects.filter(account=account).delete()
        RecoveryCode.objects.filter(account=account).delete()
        Passkey.objects.filter(account=account).delete()
        end_sessions(account)
        forget_devices(account)
        _log("account.factor_reset", account, by, at)
        tell_account(account, "factor_removed", at=at)


def add_passkey(
    account: Account, *, at: datetime, credential_id: str, public_key: bytes, sign_count: int, name: str
) -> Passkey:
    """Keep a passkey that the browser has made. Refuses one that is known already, and more than twenty."""
    name = text.squeeze(name)[:60] or "Khóa đăng nhập"
    with transaction.atomic():
        if Passkey.objects.filter(credential_id=credential_id).exists():
            raise Refusal("passkey.known", "Khóa này đã có trong danh sách.")
        if Passkey.objects.filter(account=account).count() >= MOST_PASSKEYS:
            raise Refusal("passkey.many", f"Mỗi tài khoản có nhiều nhất {MOST_PASSKEYS} khóa; gỡ bớt khóa không dùng.")
        passkey = Passkey.objects.create(
            account=account, credential_id=credential_id, public_key=public_key, sign_count=sign_count, name=name,
            made_at=at,
        )  # fmt: skip
        _log("account.passkey_added", account, account, at, name=name)
        tell_account(account, "passkey", at=at, detail=name)
    return passkey


def remove_passkey(passkey: Passkey, *, by: Account, at: datetime) -> None:
    """Take a passkey off one's account. Refuses the only second factor of an account that must have one."""
    account = passkey.account
    with transaction.atomic():
        reread(account)
        others = Passkey.objects.filter(account=account).exclude(pk=passkey.pk).exists()
        if (
            not others
            and access.needs_second_factor(account)
            and not AuthenticatorKey.objects.filter(account=account).exists()
        ):
            raise Refusal(
                "factor.needed",
                "Vai trò của đồng chí phải có lớp xác minh thứ hai; lập ứng dụng xác minh hoặc thêm khóa khác trước khi gỡ.",
            )
        Passkey.objects.filter(pk=passkey.pk).delete()
        _log("account.passkey_removed", account, by, at, name=passkey.name)
        tell_account(account, "passkey_removed", at=at, detail=passkey.name)


def note_passkey_use(passkey: Passkey, *, sign_count: int, at: datetime) -> None:
    """Keep the counter of a used passkey. Refuses one that has not moved on: two devices would hold the same key."""
    rows = Passkey.objects.filter(pk=passkey.pk)
    if sign_count or passkey.sign_count:
        rows = rows.filter(sign_count__lt=sign_count)
    if not rows.update(sign_count=sign_count, used_at=at):
        raise Refusal(
            "passkey.copied", "Khóa này có dấu hiệu bị sao chép nên không nhận; hãy đăng nhập bằng cách khác."
        )


def _totp(secret: str) -> TOTP:
    return TOTP(base64.b32decode(secret), 6, SHA1(), STEP, enforce_key_length=False)  # noqa: S303 (RFC 6238; what apps do)


def _step_of(secret: str, code: str, at: datetime) -> int | None:
    """The 30-second step whose code this is: now, the one before or the one after."""
    now, typed = int(at.timestamp()) // STEP, code_key(code)
    totp = _totp(secret)
    found = [
        step for step in (now - 1, now, now + 1) if constant_time_compare(totp.generate(step * STEP).decode(), typed)
    ]
    return found[-1] if found else None


def _recovery_digest(account: Account, code: str) -> str:
    return digest(f"{account.pk}:{code_key(code)}", _RECOVERY)


def _log(verb: str, account: Account, by: Account, at: datetime, **after: str) -> None:
    record(
        verb, by=by, at=at, thing=account, unit=place_of(account), person_id=account.person_id, after=dict(after)
    )  # fmt: skip
