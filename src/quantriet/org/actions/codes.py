"""One-time codes by mail, for sign-in, for a lost password, and to prove that a new address is one's own.

Asking does the same for every name: it queues a job. Only the job looks whether the name is anybody's.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.crypto import constant_time_compare

from quantriet.kit.jobs import enqueue
from quantriet.kit.sealing import digest
from quantriet.org.actions.doors import claim_try, release_try
from quantriet.org.actions.letters import post
from quantriet.org.actions.rights import change_account
from quantriet.org.models import Account, MailCode
from quantriet.org.rules import slips as codes
from quantriet.org.rules.tries import Door, username_key

CODE_JOB = "quantriet.org.jobs.send_mail_code_job"
PROOF_JOB = "quantriet.org.jobs.send_mail_proof_job"
CODE_LIFE = timedelta(minutes=10)
CODE_TRIES = 5
_CODE, _ASKED, _PROOF = "quantriet.org.mail-code", "quantriet.org.mail-code.asked", "quantriet.org.mail-proof"


def ask_mail_code(*, username: str, browser: str, address: str, at: datetime, token: str = "") -> None:
    """Ask for a code to the mail of this user name. `browser` is a random word that only the asking browser keeps.

    Refuses too many askings. For a name of nobody, or one without a mail, the same is done and nothing comes.
    """
    with transaction.atomic():
        claim_try(Door.ASK, username=username, address=address, at=at, token=token)
        enqueue(CODE_JOB, username_key(username), digest(browser, _ASKED))


def send_mail_code(username: str, asked_by: str, *, at: datetime) -> None:
    """Make a code and mail it; the account's earlier code ends. Tried again after a failure, it makes another one."""
    account = Account.objects.filter(username=username, is_active=True).exclude(email="").first()
    if account is None or (settings.PRODUCTION and account.is_demo):
        return
    code = codes.mail_code()
    MailCode.objects.update_or_create(
        account=account,
        defaults={
            "asked_by": asked_by,
            "digest": digest(code, _CODE),
            "made_at": at,
            "ends_at": at + CODE_LIFE,
            "tries": 0,
        },
    )
    minutes = int(CODE_LIFE.total_seconds() // 60)
    post(
        account.email,
        f"Quán triệt: mã đăng nhập {codes.shown_digits(code)}",
        f"Kính gửi {account.display_name},\n\nMã đăng nhập: {codes.shown_digits(code)}\n\nMã dùng một lần, trong {minutes} "
        f"phút, ở đúng trình duyệt đã xin mã. Tên đăng nhập: {account.username}.\n\nKhông đọc mã này cho bất cứ ai, kể cả "
        "người xưng là cán bộ quản trị. Nếu không xin mã thì bỏ qua thư này.\n",
    )


def take_mail_code(
    *, username: str, browser: str, code: str, address: str, at: datetime, token: str = ""
) -> Account | None:
    """The account whose live code this is; the code is then used up. None for a wrong one, a late one, a name of nobody.

    Refuses when the tries are used up. Five tries a code, counted in the transaction that counts tries at the door.
    """
    asked, typed = digest(browser, _ASKED), digest(codes.code_key(code), _CODE)
    with transaction.atomic():
        counts = claim_try(Door.CODE, username=username, address=address, at=at, token=token)
        live = MailCode.objects.filter(account__username=username_key(username), asked_by=asked, ends_at__gt=at)
        claimed = live.filter(tries__lt=CODE_TRIES).update(tries=F("tries") + 1)
        found = live.select_related("account__person__unit").first()
    if found is None or not claimed or not constant_time_compare(found.digest, typed) or not found.account.is_active:
        return None
    with transaction.atomic():
        if not MailCode.objects.filter(pk=found.pk, digest=typed).delete()[0]:
            return None  # used by another request at the same moment
        release_try(Door.CODE, counts)
    return found.account


def ask_mail_proof(account: Account, email: str, *, address: str, at: datetime, token: str = "") -> None:
    """Send a code to an address that the account wants to take, so that a slip of the finger gives no stranger its codes.

    `at` belongs to the code: the same moment proves it. Refuses too many askings.
    """
    with transaction.atomic():
        claim_try(Door.ASK, username=account.username, address=address, at=at, token=token)
        enqueue(PROOF_JOB, account.pk, email, at.isoformat())


def send_mail_proof(account_id: int, email: str, asked_at: str) -> None:
    """Mail the code. It follows from account, address and moment, so that it stands in no table and no queue."""
    account = Account.objects.filter(pk=account_id, is_active=True).first()
    if account is None:
        return
    code = codes.shown_digits(_proof(account_id, email, asked_at))
    post(
        email,
        f"Quán triệt: mã xác nhận địa chỉ thư {code}",
        f"Kính gửi {account.display_name},\n\nMã xác nhận: {code}\n\nNhập mã này vào trang đang mở để nhận mã đăng nhập và "
        f"thông báo tại địa chỉ này. Mã dùng trong {int(CODE_LIFE.total_seconds() // 60)} phút. Tên đăng nhập: "
        f"{account.username}.\n\nNếu không có tài khoản này thì bỏ qua thư: không có mã, địa chỉ không được ghi.\n",
    )


def take_proven_mail(
    account: Account,
    email: str,
    *,
    code: str,
    asked_at: datetime,
    by: Account,
    address: str,
    at: datetime,
    token: str = "",
) -> bool:
    """Give an account the address whose code was typed; False for a wrong code or a late one.

    Refuses when the tries are used up. Effects: as `change_account`.
    """
    right = _proof(account.pk, email, asked_at.isoformat())
    with transaction.atomic():
        counts = claim_try(Door.CODE, username=account.username, address=address, at=at, token=token)
    if at > asked_at + CODE_LIFE or not constant_time_compare(codes.code_key(code), right):
        return False
    with transaction.atomic():
        change_account(account, by=by, at=at, email=email)
        release_try(Door.CODE, counts)
    return True


def _proof(account_id: int, email: str, asked_at: str) -> str:
    made = int(digest(f"{account_id} {email} {asked_at}", _PROOF), 16) % 10**codes.MAIL_CODE_DIGITS
    return f"{made:0{codes.MAIL_CODE_DIGITS}d}"
