"""Addresses that people enter as links: only plain web addresses of public hosts."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from quantriet.kit.outbound import may_reach
from quantriet.kit.refusal import Refusal

LONGEST = 500
# Names that stand for a machine of one's own network, whatever they resolve to.
_INNER = (".local", ".localhost", ".internal", ".intranet", ".lan", ".home", ".corp", ".home.arpa", ".localdomain")
_NAME = re.compile(r"(?=.{4,253}$)([^\W_]([\w-]{0,61}[^\W_])?\.)+[^\W\d_]([\w-]{0,61}[^\W_])?", re.I)


def read_link(typed: str, *, field: str = "url") -> str:
    """The link as it is kept; empty for nothing typed.

    Refuses every scheme but http and https, names and passwords inside, what is no public host (localhost, 10.x,
    numbers in disguise, names without a dot), and what is longer than `LONGEST`.
    """
    link = typed.strip()
    if not link:
        return ""
    try:
        parts = urlsplit(link)
        port = parts.port
    except ValueError:
        raise _no_link(field) from None
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in ("http", "https"):
        raise Refusal("link.scheme", "Đường dẫn phải bắt đầu bằng https:// hoặc http://.", field=field)
    if len(link) > LONGEST or not host or port == 0 or not link.isprintable() or re.search(r"[\s\\<>\"]", link):
        raise _no_link(field)
    if parts.username is not None or parts.password is not None:
        raise Refusal("link.invalid", "Đường dẫn không được kèm tên đăng nhập, mật khẩu.", field=field)
    try:
        is_inner = not may_reach(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        # A name; "2130706433" and "0x7f.1" are numbers that browsers read as addresses.
        is_inner = not _NAME.fullmatch(host) or host.lower().endswith(_INNER)
    if is_inner:
        raise Refusal(
            "link.inner", "Đường dẫn trỏ vào máy hoặc mạng nội bộ nên người ngoài không mở được; hãy ghi địa chỉ công khai.",
            field=field,
        )  # fmt: skip
    return link


def _no_link(field: str) -> Refusal:
    return Refusal(
        "link.invalid",
        f"Đường dẫn không đúng dạng https://tên-miền/đường-dẫn hoặc dài hơn {LONGEST} ký tự.",
        field=field,
    )
