"""What may be answered to whom, said once more over plain data and without the product's own queries.

A tree is a mapping of places to the place above. A reader holds appointments (a role at a place, with days). A thing lives
at a place. From these four follows one of five answers; tests/access/matrix.py asks the product for the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from quantriet.org.vocab import ROLES, Permission, Role

Tree = Mapping[str, str | None]
PUBLIC, SIGNED_IN = "public", "signed-in"


class Answer(StrEnum):
    """The kinds of answers an address can give."""

    SIGN_IN = "sign in first"
    MISSING = "404"  # as if the row did not exist
    FORBIDDEN = "403"
    ALLOWED = "allowed"


@dataclass(frozen=True)
class Held:
    """One appointment: a role at a place, from a day to a day (days from today; None is open)."""

    role: Role
    at: str
    since: int = -1000
    until: int | None = None

    def counts(self, day: int) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True)
class Reader:
    """Somebody who opens an address: a stranger has no account; a person may be one of the tree."""

    name: str
    held: tuple[Held, ...] = ()
    is_signed_in: bool = True
    is_active: bool = True
    person_at: str = ""  # the place of the reader's own person, when the account is one person's

    def grants(self, permission: Permission, day: int = 0) -> list[str]:
        """The places at which the reader holds the permission on a day, without what lies below them."""
        return [one.at for one in self.held if one.counts(day) and permission in ROLES[one.role].permissions]


@dataclass(frozen=True)
class World:
    """A tree on a day (0 is today)."""

    tree: Tree
    day: int = 0

    def up(self, place: str) -> Iterator[str]:
        """The place and everything above it."""
        here: str | None = place
        while here is not None:
            yield here
            here = self.tree[here]

    def holds(self, reader: Reader, permission: Permission, place: str) -> bool:
        """A role reaches its place and everything below."""
        return any(one in self.up(place) for one in reader.grants(permission, self.day))

    def is_below(self, reader: Reader, permission: Permission, place: str) -> bool:
        """Whether the reader holds the permission somewhere under the place."""
        return any(place in self.up(one) for one in reader.grants(permission, self.day))

    def anywhere(self, reader: Reader, permission: Permission) -> bool:
        return bool(reader.grants(permission, self.day))


def days_from(today: dt.date, number: int | None) -> dt.date | None:
    return None if number is None else today + dt.timedelta(days=number)


@dataclass(frozen=True)
class See:
    """Who sees a thing: the permission asked for at its place or above, and the few rules that widen or narrow it."""

    permission: Permission | None = None  # None: nobody by appointment
    also_below: bool = False  # superiors' things that hold for the units below them
    only_own: bool = False  # the reader's own person alone
    draft: Permission | None = None  # a draft: who writes with this permission, and who reads at the very unit

    def seen(self, world: World, reader: Reader, place: str) -> bool:
        if not reader.is_signed_in:
            return False
        if self.only_own:
            return reader.person_at == place
        assert self.permission is not None
        if self.draft is not None:
            reads_here = place in reader.grants(self.permission, world.day)
            return reads_here or world.holds(reader, self.draft, place)
        return world.holds(reader, self.permission, place) or (
            self.also_below and world.is_below(reader, self.permission, place)
        )

    @property
    def words(self) -> str:
        if self.only_own:
            return "the person alone"
        if self.draft is not None:
            return f"`{self.draft}` at the unit or above; `{self.permission}` at the very unit"
        below = ", and from every unit below" if self.also_below else ""
        return f"`{self.permission}` at the unit or above{below}"


@dataclass(frozen=True)
class Do:
    """What an address asks beyond seeing: the permission at the thing's place; None asks nothing more."""

    permission: Permission | None = None
    at_board: bool = (
        False  # at the unit from which the reader looks at the campaign: the organiser's or the own below it
    )
    also_below: bool = False  # or at any unit below: what superiors have opened for the units under them

    def done(self, world: World, reader: Reader, place: str, see: See) -> bool:
        if self.permission is None:
            return True
        if not self.at_board:
            return world.holds(reader, self.permission, place) or (
                self.also_below and world.is_below(reader, self.permission, place)
            )
        assert see.permission is not None
        boards = [place] if world.holds(reader, see.permission, place) else _tops(world, reader, see.permission, place)
        return any(world.holds(reader, self.permission, one) for one in boards)

    @property
    def words(self) -> str:
        if self.permission is None:
            return "nothing more than to see it"
        where = "at the unit whose board is shown" if self.at_board else "at the unit or above"
        return f"`{self.permission}` {where}" + (", or at a unit below" if self.also_below else "")


def _tops(world: World, reader: Reader, permission: Permission, place: str) -> list[str]:
    inside = [one for one in reader.grants(permission, world.day) if place in world.up(one)]
    return [one for one in inside if not any(other != one and other in world.up(one) for other in inside)]


def answer(
    world: World, reader: Reader, claim: str, place: str | None, see: See | None = None, do: Do | None = None
) -> Answer:
    """What an address answers; `place` is where its thing lives, None for one that does not exist or for no thing."""
    if claim == PUBLIC:
        return Answer.ALLOWED
    if not reader.is_signed_in or not reader.is_active:
        return Answer.SIGN_IN
    if claim != SIGNED_IN and not world.anywhere(reader, Permission(claim)):
        return Answer.FORBIDDEN
    if see is None:
        return Answer.ALLOWED
    if place is None or not see.seen(world, reader, place):
        return Answer.MISSING
    if do is not None and not do.done(world, reader, place, see):
        return Answer.FORBIDDEN
    return Answer.ALLOWED
