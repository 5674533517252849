"""Who must show a second factor: whoever sees or changes more than their own unit. Pure.

Basis: issue of the ground, point 3; decision 3 on OWASP ASVS 5.0 (6.3.3); P-06.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from quantriet.org.vocab import Level, Permission

# Reading documents shows nothing of a unit or a person: every speaker and member reads them.
SHOWS_NOTHING = frozenset({Permission.DOCUMENT_VIEW})
# Whoever holds one of these rules over others' rights or over the installation, however small the unit.
RULES_OTHERS = frozenset({Permission.ACCOUNT_MANAGE, Permission.SYSTEM})


@dataclass(frozen=True)
class Place:
    """An appointment as this rule needs it: what may be done, and how large the unit is."""

    permissions: frozenset[Permission]
    unit_id: int
    level: str
    has_units_below: bool


def needs_second_factor(places: Iterable[Place], own_unit_id: int | None) -> bool:
    """Whether these appointments together reach beyond one's own unit.

    Own is the cell of the account's person; of an account without a person, the only unit it is appointed to. A cell or
    a grassroots organisation without units under it is one unit; everything above holds others.
    """
    reaching = [place for place in places if place.permissions - SHOWS_NOTHING]
    if any(place.permissions & RULES_OTHERS for place in reaching):
        return True
    if any(place.has_units_below or place.level not in (Level.CELL, Level.GRASSROOTS) for place in reaching):
        return True
    units = {place.unit_id for place in reaching} | ({own_unit_id} if own_unit_id and reaching else set())
    return len(units) > 1
