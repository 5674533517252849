"""Short ways to more rows beside the permanent cast, through the actions every user goes through."""

import datetime as dt
import itertools

from quantriet.kit.time import now
from quantriet.org import actions
from quantriet.org.models import PostKind, UnitKind
from quantriet.org.vocab import Role
from tests.cast import LONG_AGO, PASSWORD

_numbers = itertools.count(1)


def a_unit(parent, kind="CHI_BO", **given):
    number = next(_numbers)
    given = {"code": f"U{number}", "name": f"Chi bộ số {number}"} | given
    return actions.add_unit(
        by=None, at=now(), kind=UnitKind.objects.get(code=kind), parent=parent, valid_from=LONG_AGO, **given
    )


def a_person(unit, full_name="Nguyễn Văn An", **given):
    given = {"birth_date": dt.date(1980, 1, 1), "joined_on": LONG_AGO, "code": f"P{next(_numbers)}"} | given
    return actions.add_person(by=None, at=now(), full_name=full_name, unit=unit, **given)


def a_post(person, unit, post="BI_THU", **given):
    given = {"valid_from": LONG_AGO, "managed_by": "province"} | given
    return actions.give_post(person, by=None, at=now(), post=PostKind.objects.get(code=post), unit=unit, **given)


def an_account(username, role: Role | None = None, unit=None, **given):
    account = actions.add_account(
        by=None, at=now(), username=username, display_name=username, password=PASSWORD, **given
    )
    if role:
        actions.give_appointment(account, by=None, at=now(), role=role, unit=unit, valid_from=LONG_AGO)
    return account
