"""The only writers of the tree, its people and their rights; one module a subject, one door outside."""

from quantriet.org.actions.bulk import NewPerson, NewUnit, add_people_at_once, add_units_at_once
from quantriet.org.actions.people import (
    add_person,
    change_person,
    end_exemption,
    end_post,
    end_responsibility,
    give_exemption,
    give_post,
    give_responsibility,
    remove_person,
    transfer_person,
)
from quantriet.org.actions.rights import add_account, change_password, end_appointment, give_appointment
from quantriet.org.actions.units import add_unit, change_unit, close_unit

__all__ = [
    "NewPerson",
    "NewUnit",
    "add_account",
    "add_people_at_once",
    "add_person",
    "add_unit",
    "add_units_at_once",
    "change_password",
    "change_person",
    "change_unit",
    "close_unit",
    "end_appointment",
    "end_exemption",
    "end_post",
    "end_responsibility",
    "give_appointment",
    "give_exemption",
    "give_post",
    "give_responsibility",
    "remove_person",
    "transfer_person",
]
