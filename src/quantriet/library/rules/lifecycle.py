"""Whether a document is in force on a day, and what says so (R-021)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from quantriet.kit.time import show_day
from quantriet.library.vocab import DocumentStatus, RelationKind


@dataclass(frozen=True)
class Change:
    """Another document that amends or replaces this one from a day on; `citation` names it."""

    kind: str
    since: dt.date
    citation: str


@dataclass(frozen=True)
class Life:
    """How a document stands on a day: the state, since when, and what says so."""

    status: DocumentStatus
    since: dt.date | None = None
    because: str = ""


def life_on(day: dt.date, changes: Sequence[Change], expires_on: dt.date | None, expiry_basis: str = "") -> Life:
    """A replaced document is replaced, whatever else befell it; else it has ended, else it is amended, else in force."""
    begun = sorted((one for one in changes if one.since <= day), key=lambda one: one.since)
    replaced = [one for one in begun if one.kind == RelationKind.REPLACES]
    if replaced:
        return Life(DocumentStatus.REPLACED, replaced[0].since, replaced[0].citation)
    if expires_on is not None and expires_on <= day:
        return Life(DocumentStatus.EXPIRED, expires_on, expiry_basis)
    amended = [one for one in begun if one.kind == RelationKind.AMENDS]
    if amended:
        return Life(DocumentStatus.AMENDED, amended[-1].since, amended[-1].citation)
    return Life(DocumentStatus.IN_FORCE)


def sentence(citation: str, life: Life) -> str:
    """What a page warns of; empty for a document in force."""
    if life.since is None:
        return ""
    when = f"từ ngày {show_day(life.since)}"
    return {
        DocumentStatus.REPLACED: f"{citation} đã được thay thế bằng {life.because} {when}; hãy xem lại có còn học văn bản này.",
        DocumentStatus.AMENDED: f"{citation} đã được sửa đổi, bổ sung bởi {life.because} {when}; cần học kèm nội dung sửa đổi.",
        DocumentStatus.EXPIRED: f"{citation} hết hiệu lực {when}"
        + (f", theo {life.because}" if life.because else "")
        + "; hãy xem lại có còn học văn bản này.",
    }.get(life.status, "")


def coming(
    citation: str, changes: Sequence[Change], expires_on: dt.date | None, *, day: dt.date, until: dt.date
) -> list[str]:
    """What will happen to a document between two days, for a plan that reaches so far."""
    told = [
        f"{citation} sẽ được {'thay thế bằng' if one.kind == RelationKind.REPLACES else 'sửa đổi, bổ sung bởi'} "
        f"{one.citation} từ ngày {show_day(one.since)}."
        for one in changes
        if day < one.since <= until and one.kind in (RelationKind.REPLACES, RelationKind.AMENDS)
    ]
    if expires_on is not None and day < expires_on <= until:
        told.append(f"{citation} sẽ hết hiệu lực từ ngày {show_day(expires_on)}.")
    return told
