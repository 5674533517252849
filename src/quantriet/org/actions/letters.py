"""Mail about an account's own sign-in. It goes straight to the mail server and is kept nowhere: the outbox of `notify` is
read by staff, who must see neither a code nor on which device somebody signed in."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from quantriet.kit.jobs import enqueue
from quantriet.kit.time import show_moment
from quantriet.org.models import Account

NOTICE_JOB = "quantriet.org.jobs.send_account_notice_job"
SERVER_TIMEOUT = 60  # seconds

# kind → what happened
NOTICES = {
    "password": "Mật khẩu của tài khoản vừa được đổi.",
    "mail": "Địa chỉ thư của tài khoản vừa được đổi; từ nay mã và thông báo gửi về địa chỉ mới.",
    "device": "Tài khoản vừa đăng nhập trên một thiết bị mới",
    "passkey": "Tài khoản vừa có thêm một khóa đăng nhập",
    "passkey_removed": "Một khóa đăng nhập của tài khoản vừa bị gỡ",
    "factor": "Ứng dụng xác minh của tài khoản vừa được thiết lập.",
    "factor_removed": "Lớp xác minh thứ hai của tài khoản vừa bị gỡ hoặc đặt lại.",
    "recovery": "Một mã dự phòng của tài khoản vừa được dùng để đăng nhập.",
}


def tell_account(account: Account, kind: str, *, at: datetime, detail: str = "", address: str = "") -> None:
    """Queue a notice to the account's mail (or to `address`); nothing for an account without one."""
    if address or account.email:
        enqueue(NOTICE_JOB, account.pk, kind, show_moment(at), detail, address or account.email)


def send_account_notice(account_id: int, kind: str, moment: str, detail: str, address: str) -> None:
    """Send a queued notice; an account that is gone gets none."""
    account = Account.objects.filter(pk=account_id).first()
    if account is None:
        return
    what = f"{NOTICES[kind].rstrip('.')}: {detail}." if detail else f"{NOTICES[kind].rstrip('.')}."
    post(
        address,
        "Quán triệt: thông báo về đăng nhập",
        f"Kính gửi {account.display_name},\n\n{what}\nThời điểm: {moment}. Tên đăng nhập: {account.username}.\n\n"
        "Nếu chính chủ đã làm việc này thì không phải làm gì thêm. Nếu không, hãy đổi mật khẩu và kết thúc các phiên lạ ở "
        f"trang “Đăng nhập và bảo mật”, rồi báo người quản trị:\n{settings.SITE_ADDRESS}/me/sign-in/\n",
    )


def post(address: str, subject: str, body: str) -> None:
    """Hand one mail to the mail server now; a job that fails is tried again by the queue."""
    EmailMessage(subject, body, to=[address], connection=get_connection(timeout=SERVER_TIMEOUT)).send()
