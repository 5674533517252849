"""Who gets which material, and when the share of learners who were given it is enough (R-125)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from quantriet.kit.numbers import share, show_number, show_percent
from quantriet.library.vocab import Audience, ContentTier


def own_audience(tier: str, *, is_territorial: bool) -> Audience:
    """As whom a person of this tier reads: the grassroots tier has two variants (R-117).

    `is_territorial`: every organisation from the cell up is of a village, commune or ward; who belongs to an agency, an
    enterprise or a grassroots organisation of another sector is an official or a worker.
    """
    if tier == ContentTier.GRASSROOTS:
        return Audience.RURAL if is_territorial else Audience.OFFICIALS
    return Audience(tier)


def audiences_for(tier: str, *, is_territorial: bool) -> tuple[Audience, ...]:
    """For whom the material is that a person of this tier gets: what is for them, then what is for everybody."""
    return tuple(dict.fromkeys((own_audience(tier, is_territorial=is_territorial), Audience.PUBLIC)))


@dataclass(frozen=True)
class Supplied:
    """How many of those who must study were given the material, in persons."""

    given: int = 0
    roster: int = 0

    def __add__(self, other: Supplied) -> Supplied:
        return Supplied(self.given + other.given, self.roster + other.roster)

    @property
    def missing(self) -> int:
        return self.roster - self.given

    def reaches(self, target: Decimal) -> bool:
        """Whether the share is at least `target` per cent; nobody to supply reaches every target."""
        exact = share(self.given, self.roster)
        return exact is None or exact >= target

    def sentence(self, target: Decimal | None, basis: str) -> str:
        """The figure against the target, in one sentence with its basis; without a target the figure alone."""
        if not self.roster:
            return "Chưa có người phải học."
        said = (
            f"{show_number(self.given)}/{show_number(self.roster)} người học đã được cung cấp tài liệu "
            f"({show_percent(self.given, self.roster)})"
        )
        if target is None:
            return f"{said}."
        verdict = "đạt" if self.reaches(target) else "chưa đạt"
        return f"{said}, {verdict} {show_number(target)}% theo {basis}."
