"""Deadlines of requests about personal data, and what a proposed value means. Plain data, each with its basis."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from quantriet.kit import text
from quantriet.kit.refusal import Refusal
from quantriet.kit.spreadsheets import parse_phone
from quantriet.kit.time import parse_day
from quantriet.org.rules.members import GENDER_WORDS
from quantriet.org.vocab import Gender, RequestKind

_DECREE_13 = "Điều 14 và Điều 16 Nghị định 13/2023/NĐ-CP (72 giờ)"
_LAW_91 = "Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15; số ngày do cơ quan quy định"


@dataclass(frozen=True)
class DeadlineRule:
    """So many days to settle a kind of request received from a day on."""

    kind: RequestKind
    valid_from: dt.date
    days: int
    basis: str


# Dated, the latest that began counts. Of the law of 2025 the product knows no certain figure: its values are the office's
# own (QUANTRIET_REQUEST_DAYS), these are what holds until it sets them.
DEADLINES = (
    *(DeadlineRule(kind, dt.date(2023, 7, 1), 3, _DECREE_13) for kind in RequestKind),
    DeadlineRule(RequestKind.ACCESS, dt.date(2026, 1, 1), 10, _LAW_91),
    DeadlineRule(RequestKind.CORRECTION, dt.date(2026, 1, 1), 10, _LAW_91),
    DeadlineRule(RequestKind.ERASURE, dt.date(2026, 1, 1), 20, _LAW_91),
)


def deadline(kind: RequestKind, received: dt.date, *, own_days: str = "", own_basis: str = "") -> tuple[dt.date, str]:
    """The last day for a request received on a day, and the basis; `own_days` as "access=10,correction=10,erasure=20".

    The office's own days count only under the present law, which leaves them to it. Refuses days that are no number.
    """
    rule = max(
        (one for one in DEADLINES if one.kind == kind and one.valid_from <= received),
        key=lambda one: one.valid_from,
        default=None,
    )
    days, basis = (rule.days, rule.basis) if rule else (3, _DECREE_13)
    if rule and rule.basis == _LAW_91:
        for part in filter(None, (part.strip() for part in own_days.split(","))):
            name, _, number = part.partition("=")
            if name.strip() not in list(RequestKind) or not re.fullmatch(r"[1-9]\d{0,2}", number.strip()):
                raise Refusal("request.days_unread", f"Không đọc được số ngày “{part}” (QUANTRIET_REQUEST_DAYS).")
            if name.strip() == kind:
                days, basis = int(number), own_basis or basis
    return received + dt.timedelta(days=days), basis


# Fields that a person may ask to have corrected, with their words.
CORRECTABLE = {
    "full_name": "Họ và tên",
    "birth_date": "Ngày sinh",
    "gender": "Giới tính",
    "ethnicity": "Dân tộc",
    "joined_on": "Ngày vào Đảng",
    "official_on": "Ngày chính thức",
    "occupation": "Nghề nghiệp",
    "phone": "Điện thoại",
    "email": "Thư điện tử",
    "address": "Nơi ở",
}
_DAYS = ("birth_date", "joined_on", "official_on")
_LONGEST = {"full_name": 160, "ethnicity": 40, "occupation": 160, "phone": 20, "email": 254, "address": 200}


def read_proposed(about: str, proposed: str) -> str | dt.date:
    """The proposed value as the person's row takes it. Refuses what is no date, no gender, no address or too long."""
    said = text.squeeze(proposed)
    label = CORRECTABLE.get(about)
    if label is None:
        raise Refusal("request.field_unknown", "Phải chọn thông tin cần sửa.", field="about")
    if not said:
        raise Refusal("request.proposed_missing", "Phải ghi nội dung đúng.", field="proposed")
    if about in _DAYS:
        day = parse_day(said)
        if day is None:
            raise Refusal(
                "request.no_day", f"{label} phải ghi dạng ngày/tháng/năm, ví dụ 09/03/1958.", field="proposed"
            )
        return day
    if about == "gender":
        found = next((key for key, word in GENDER_WORDS.items() if key and text.fold(word) == text.fold(said)), None)
        if found is None:
            raise Refusal("request.no_gender", "Giới tính ghi là Nam hoặc Nữ.", field="proposed")
        return Gender(found).value
    if about == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", said):
        raise Refusal("request.no_email", f"“{said}” không phải địa chỉ thư điện tử.", field="proposed")
    if len(said) > _LONGEST[about]:
        raise Refusal("request.too_long", f"{label} dài quá {_LONGEST[about]} chữ.", field="proposed")
    if about == "phone":
        number = parse_phone(said)
        if not number.value:
            raise Refusal(
                "request.no_phone", number.error or f"“{said}” không phải là số điện thoại.", field="proposed"
            )
        return number.value
    return said
