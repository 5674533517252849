"""What a body made by decision needs, and who may be in charge of propaganda work (R-008 to R-010)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from quantriet.org.vocab import BodyKind, Level, MemberCapacity

BASIS = "mục 5 Hướng dẫn 26-HD/BTGTU"
# Secretary or standing deputy secretary: codes of posts that ship with the product.
PROPAGANDA_LEADS = ("BI_THU", "PHO_BI_THU_THUONG_TRUC")


@dataclass(frozen=True)
class Fault:
    """Why a body cannot be made so: code, sentence and the field it is about."""

    code: str
    sentence: str
    field: str


def founding_fault(kind: BodyKind, *, level: str, has_standing_unit: bool, unit: str) -> Fault | None:
    """What stands in the way of a body of this kind in a unit of this level."""
    if kind == BodyKind.STEERING and not has_standing_unit:
        return Fault("body.no_standing_unit", "Ban Chỉ đạo phải có cơ quan thường trực.", "standing_unit")
    if kind == BodyKind.PROPAGANDA and level != Level.COMMUNE:
        return Fault(
            "body.not_a_commune",
            f"Tổ công tác Tuyên giáo lập ở cấp xã theo {BASIS}; {unit} không phải cấp xã.",
            "unit",
        )
    return None


def absent_capacities(kind: BodyKind, present: Collection[str]) -> list[MemberCapacity]:
    """Which of the six kinds of members a propaganda working group still lacks; none for other bodies."""
    return [one for one in MemberCapacity if one not in present] if kind == BodyKind.PROPAGANDA else []


def may_lead_propaganda(posts: Iterable[str]) -> bool:
    """Whether the holder of these posts in the unit may be named in charge of its propaganda work (R-009)."""
    return any(post in PROPAGANDA_LEADS for post in posts)
