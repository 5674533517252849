"""The tree in which the matrix is asked, and who asks: places named as seen from "own", one account per role and a few more.

parent
├── own          every role has an account here
│   ├── child
│   │   └── grandchild
│   ├── closed       ended; what was made there stays
│   └── moved in     stood under sibling until yesterday
└── sibling
    ├── niece
    └── moved out    stood under own until yesterday

Everything is made before the two moves and asked for after them, so that a thing follows its unit.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db.models import OuterRef, Subquery

from quantriet.campaigns.models import Tally, TallyDay
from quantriet.kit.time import now, today
from quantriet.org import actions
from quantriet.org.actions.places import move_subtree
from quantriet.org.models import Account, Appointment, Person, Unit, UnitKind, path_end
from quantriet.org.vocab import Role
from tests.access.oracle import Held, Reader, days_from
from tests.access.oracle import World as Plain

LONG_AGO = dt.date(2020, 1, 1)
# place → (kind of unit, the place above when the things are made)
PLACES: dict[str, tuple[str, str | None]] = {
    "parent": ("TINH_UY", None),
    "own": ("DANG_UY_XA", "parent"),
    "sibling": ("DANG_UY_XA", "parent"),
    "child": ("DANG_BO_CO_SO", "own"),
    "grandchild": ("CHI_BO", "child"),
    "niece": ("CHI_BO", "sibling"),
    "moved out": ("DANG_BO_CO_SO", "own"),
    "moved in": ("DANG_BO_CO_SO", "sibling"),
    "closed": ("CHI_BO", "own"),
}
MOVES = {"moved out": "sibling", "moved in": "own"}
BEFORE = Plain({place: above for place, (_kind, above) in PLACES.items()})
AFTER = Plain({**BEFORE.tree, **MOVES})

READERS: dict[str, Reader] = {
    one.name: one
    for one in [
        Reader("stranger", is_signed_in=False),
        Reader("without appointment"),
        *(
            Reader(role.value, (Held(role, "own"),), person_at="grandchild" if role is Role.MEMBER else "")
            for role in Role
        ),
        Reader("ended", (Held(Role.BOARD_OFFICER, "own", until=-1), Held(Role.ADMINISTRATOR, "own", until=-1))),
        Reader("to come", (Held(Role.BOARD_OFFICER, "own", since=1), Held(Role.ADMINISTRATOR, "own", since=1))),
        Reader("organiser elsewhere", (Held(Role.ORGANISER, "sibling"),)),
        Reader("two appointments", (Held(Role.CELL_SECRETARY, "grandchild"), Held(Role.ORGANISER, "sibling"))),
        Reader("nested appointments", (Held(Role.LEADER, "own"), Held(Role.BOARD_OFFICER, "child"))),
        Reader(
            "everything, far down", (Held(Role.BOARD_OFFICER, "grandchild"), Held(Role.ADMINISTRATOR, "grandchild"))
        ),
    ]
}


def mark(kind: str, place: str) -> str:
    """A word that stands in the name of every planted thing and nowhere else: zz<kind, without a q>q<place>zz."""
    return f"zz{kind}q{place.replace(' ', '')}zz"


@dataclass
class World:
    """The tree in the database, and the accounts of the readers."""

    units: dict[str, Unit] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)  # one in each unit
    accounts: dict[str, Account] = field(default_factory=dict)
    officer: Account = None  # type: ignore[assignment]  # makes the things; sees the whole tree
    kept: dict[Any, Any] = field(default_factory=dict)  # what several kinds of things share, by kind and place


def make_tree() -> World:
    """Units, a person in each, and the readers' accounts; nobody and nothing else."""
    world = World()
    kinds = {kind.code: kind for kind in UnitKind.objects.all()}
    for number, (place, (kind, above)) in enumerate(PLACES.items()):
        world.units[place] = actions.add_unit(
            by=None, at=now(), code=f"DV{number}", name=f"Đơn vị {mark('unit', place)}", kind=kinds[kind],
            parent=world.units[above] if above else None, valid_from=LONG_AGO,
        )  # fmt: skip
    for place, unit in world.units.items():
        # An association member may stand in any kind of unit; what matters here is the unit alone.
        world.people[place] = actions.add_person(
            by=None, at=now(), code=f"NG{len(world.people)}", full_name=f"Nguyễn {mark('person', place)}", unit=unit,
            kind="association", joined_on=LONG_AGO, birth_date=dt.date(1980, 1, 1), email=f"{mark('person', place)}@example.test",
        )  # fmt: skip
    world.officer = _account("nguoi-tao")
    appoint(world, world.officer, Held(Role.BOARD_OFFICER, "parent"))
    for reader in READERS.values():
        if reader.is_signed_in:
            person = world.people[reader.person_at] if reader.person_at else None
            world.accounts[reader.name] = _account(f"nguoi-doc-{len(world.accounts)}", person)
            for held in reader.held:
                appoint(world, world.accounts[reader.name], held)
    return world


def _account(username: str, person: Person | None = None) -> Account:
    return Account.objects.create(username=username, display_name=username, person=person)


def appoint(world: World, account: Account, held: Held) -> Appointment:
    """Give an appointment as one gives it, and end it as it is ended when it is over."""
    start, end = days_from(today(), held.since), days_from(today(), held.until)
    return actions.give_appointment(
        account, by=None, at=now(), role=held.role, unit=world.units[held.at], valid_from=start, valid_to=end
    )


def move(world: World, place: str, to: str) -> None:
    """Hang a unit with all below it under another as a decision does: the tree first, then the copies that follow it."""
    unit, parent = Unit.objects.get(pk=world.units[place].pk), Unit.objects.get(pk=world.units[to].pk)
    move_subtree(unit, parent, today())
    here = Unit.objects.filter(pk=OuterRef("unit")).values("path")
    for copy in (Tally, TallyDay):  # campaigns.actions.following
        copy.objects.filter(unit__path__gte=unit.path, unit__path__lt=path_end(unit.path)).update(path=Subquery(here))
    for one in world.units.values():
        one.refresh_from_db()


def settle(world: World) -> None:
    """Let the two units move and one close, after everything has been made."""
    for place, to in MOVES.items():
        move(world, place, to)
    Unit.objects.filter(pk=world.units["closed"].pk).update(closed_on=today() - dt.timedelta(days=1))
    world.units["closed"].refresh_from_db()
