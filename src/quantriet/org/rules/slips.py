"""Codes for paper and mail, and what an activation slip says when it does not open the door. Pure."""

from __future__ import annotations

import secrets
from datetime import date, datetime

from quantriet.kit import time
from quantriet.kit.refusal import Refusal
from quantriet.kit.text import fold

# Letters and digits that nobody mistakes for each other when they are read from paper.
CLEAR = "abcdefghkmnpqrstuvwxyz23456789"
SLIP_DAYS = 30  # a slip printed today may be used until that many days later
# At the very most: a slip is a way in that lies about on paper, and whoever has not used it in a quarter asks for a new one.
MOST_SLIP_DAYS = 90
MAIL_CODE_DIGITS = 8


def clear_code(groups: int = 3) -> str:
    """Groups of four clear letters and digits: three are 59 bits, for a slip, a temporary password, a lost telephone."""
    return "-".join("".join(secrets.choice(CLEAR) for _ in range(4)) for _ in range(groups))


def mail_code() -> str:
    """Eight digits, which any telephone types."""
    return f"{secrets.randbelow(10**MAIL_CODE_DIGITS):0{MAIL_CODE_DIGITS}d}"


def code_key(typed: str) -> str:
    """A typed code without capitals, marks, spaces and hyphens, so that it is right in any writing."""
    return "".join(letter for letter in fold(typed) if letter.isalnum())[:40]


def shown_digits(code: str) -> str:
    """1234 5678."""
    return f"{code[:4]} {code[4:]}"


def refuse_dead_slip(
    *, used_at: datetime | None, voided_at: datetime | None, ends_on: date, has_left: bool, on: date
) -> None:
    """Refuse a slip that was used, replaced, is past its date by the server's clock, or whose person has left."""
    if used_at:
        raise Refusal(
            "slip.used",
            f"Phiếu này đã dùng lúc {time.show_moment(used_at)}. Nếu không phải chính chủ dùng, báo ngay bí thư chi bộ; "
            "nếu quên mật khẩu, xin bí thư in phiếu mới.",
            field="code",
        )
    if voided_at:
        raise Refusal(
            "slip.void",
            "Phiếu này không còn dùng được vì đã có phiếu mới hơn hoặc quyền của tài khoản đã đổi; hãy dùng phiếu in sau cùng, "
            "chưa có thì xin phiếu mới.",
            field="code",
        )
    if on > ends_on:
        raise Refusal(
            "slip.ended",
            f"Phiếu này hết hạn ngày {time.show_day(ends_on)}; xin bí thư chi bộ in phiếu mới.",
            field="code",
        )
    if has_left:
        raise Refusal("slip.left", "Người ghi trên phiếu không còn trong danh sách của đơn vị.", field="code")
