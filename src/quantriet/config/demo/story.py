"""What happened in the demo until today: the organisation, its accounts, and three weeks of a campaign."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from quantriet.config.demo import people as made
from quantriet.kit.time import now, today
from quantriet.org import actions as org_actions
from quantriet.org.models import Account, Person, Unit


@dataclass
class Organisation:
    """The tree with its people and accounts, by code and user name."""

    units: dict[str, Unit]
    people: dict[str, Person]
    accounts: dict[str, Account]

    @property
    def root(self) -> Unit:
        return self.units["TL"]


def tell(size: str, *, say: Callable[[str], object]) -> Organisation:
    """Write the whole demo of that size, all or nothing."""
    with transaction.atomic():
        return found(made.SIZES[size], say=say)


def found(size: made.Size, *, say: Callable[[str], object]) -> Organisation:
    """Units, people, accounts."""
    at = now()
    new_units = made.tree(size)
    units = org_actions.add_units_at_once(new_units, under=None, by=None, at=at, valid_from=made.FOUNDED)
    say(f"  {len(units)} đơn vị")
    new_people = made.members(size, new_units, today=today())
    people = org_actions.add_people_at_once(new_people, units=units, by=None, at=at)
    say(f"  {len(people)} đảng viên")
    cell = next(unit.code for unit in new_units if unit.kind == "CHI_BO")
    in_cell = [one.code for one in new_people if one.unit == cell]
    committee = next((unit.code for unit in new_units if unit.kind in ("DANG_UY_XA", "DANG_UY_PHUONG")), "TL")
    places = {"root": "TL", "committee": committee, "cell": cell}
    persons = {"bithu": in_cell[0], "dangvien": in_cell[5]}
    accounts = {}
    for login in made.LOGINS:
        person = people.get(persons.get(login.username, ""))
        account = org_actions.add_account(
            by=None, at=at, username=login.username, display_name=person.full_name if person else f"{login.label} (mẫu)",
            password=made.PASSWORD, person=person, is_demo=True,
        )  # fmt: skip
        org_actions.give_appointment(
            account,
            by=None,
            at=at,
            role=login.role,
            unit=units[places[login.at]],
            valid_from=today() - dt.timedelta(days=30),
        )
        accounts[login.username] = account
    return Organisation(units, people, accounts)
