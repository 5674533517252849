"""Study elsewhere that need not be repeated (R-045): what may be recognised, and the sentences that say it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from quantriet.campaigns.vocab import CreditKind
from quantriet.kit.numbers import show_number
from quantriet.kit.time import show_day

BASIS = "mục 2 Hướng dẫn 26-HD/BTGTU"
_CLASS = {CreditKind.SECTOR: "lớp ngành dọc", CreditKind.LOCAL: "lớp ở địa phương"}


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def why_not_day(studied_on: date, *, begins: date, today: date, months: int, basis: str) -> str:
    """Why a study on that day is not recognised for a campaign that begins on `begins`; empty when it is."""
    if studied_on > today:
        return f"Ngày học {show_day(studied_on)} chưa tới."
    earliest = months_before(begins, months)
    if studied_on < earliest:
        return (
            f"Đã học từ ngày {show_day(studied_on)}, quá {show_number(months)} tháng trước ngày mở đợt "
            f"({show_day(begins)}), theo {basis}; chỉ công nhận từ ngày {show_day(earliest)}."
        )
    return ""


def why_not_documents(missing: Sequence[str]) -> str:
    """Why a class that left out some documents of the campaign is not recognised; empty when it left out none."""
    if not missing:
        return ""
    return f"Lớp ấy chưa học {'; '.join(missing)}; chỉ công nhận khi đã học đủ các văn bản của đợt."


def why_not_rule(name: str, basis: str) -> str:
    """The exception of a campaign: people of this condition study locally whatever they studied elsewhere."""
    return f"Điều kiện “{name}” của đợt không công nhận đã học nơi khác" + (f", theo {basis}." if basis else ".")


def granted_sentence(
    kind: str, held_by: str, studied_on: date, evidence: str, decided_by: str, decided_on: date
) -> str:
    """What the ledger says of a duty while the recognition stands."""
    return (
        f"Đã học nơi khác: {_CLASS[CreditKind(kind)]} do {held_by} tổ chức ngày {show_day(studied_on)} ({evidence}); "
        f"không phải học lại theo {BASIS}. {decided_by} công nhận ngày {show_day(decided_on)}."
    )[:400]


def withdrawn_sentence(held_by: str, reason: str, withdrawn_by: str, withdrawn_on: date) -> str:
    """What the ledger says after the recognition was taken back, until a class says more."""
    return (
        f"Còn nợ học tập: {withdrawn_by} đã thu hồi việc công nhận học tại lớp của {held_by} ngày {show_day(withdrawn_on)}"
        f" ({reason})."
    )[:400]
