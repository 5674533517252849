"""Who gets which material, and when the share of learners who were given it is enough (R-125)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from quantriet.kit.numbers import share, show_number, show_percent
from quantriet.library.vocab import Audience, ContentTier

_ORDER = (ContentTier.PUBLIC, ContentTier.GRASSROOTS, ContentTier.KEY_CADRE)


def audiences_for(tier: str) -> tuple[Audience, ...]:
    """For whom the material is that a person of this tier gets: of the own tier and of those below it, the own first."""
    reach = _ORDER.index(ContentTier(tier))
    return tuple(one for one in Audience if _ORDER.index(one.tier) <= reach)


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
