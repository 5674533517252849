"""Demo data: a fictitious city, commune or province, the same at every run.

Every unit, person, document and figure here is invented; the names only look Vietnamese. Written through the rooms' own
actions, so that a demo is at the same time a test of them.
"""

from __future__ import annotations

from quantriet.config.demo.people import LOGINS, PASSWORD
from quantriet.org.models import Unit


def is_empty() -> bool:
    """Whether nothing has been entered yet."""
    return not Unit.objects.exists()


def login_table() -> str:
    """The demo logins, one per role, as `serve` prints them."""
    width = max(len(one.label) for one in LOGINS)
    lines = [f"  {one.label:<{width}}  {one.username:<12} {PASSWORD}" for one in LOGINS]
    return "Tài khoản mẫu (chỉ có trong dữ liệu mẫu; vai trò, tên đăng nhập, mật khẩu):\n" + "\n".join(lines) + "\n"
