"""The only writers of the tree, its people and their rights; one module a subject, one door outside."""

from quantriet.org.actions.bulk import NewPerson, NewUnit, add_people_at_once, add_units_at_once
from quantriet.org.actions.codes import ask_mail_code, send_mail_code, take_mail_code
from quantriet.org.actions.doors import claim_try, release_try
from quantriet.org.actions.factors import (
    add_passkey,
    make_recovery_codes,
    note_passkey_use,
    remove_authenticator,
    remove_passkey,
    reset_second_factor,
    set_authenticator,
    take_second_code,
)
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
from quantriet.org.actions.rights import (
    add_account,
    change_account,
    change_password,
    end_appointment,
    give_appointment,
    open_account,
    reset_password,
    temporary_password,
)
from quantriet.org.actions.sessions import begin_session, close_sessions, follow_session, prune_sign_in, touch_session
from quantriet.org.actions.slips import PrintedSlip, find_slip, print_slips, use_slip
from quantriet.org.actions.units import add_unit, change_unit, close_unit
from quantriet.org.rules.tries import username_key

__all__ = [
    "NewPerson",
    "NewUnit",
    "PrintedSlip",
    "add_account",
    "add_passkey",
    "add_people_at_once",
    "add_person",
    "add_unit",
    "add_units_at_once",
    "ask_mail_code",
    "begin_session",
    "change_account",
    "change_password",
    "change_person",
    "change_unit",
    "claim_try",
    "close_sessions",
    "close_unit",
    "end_appointment",
    "end_exemption",
    "end_post",
    "end_responsibility",
    "find_slip",
    "follow_session",
    "give_appointment",
    "give_exemption",
    "give_post",
    "give_responsibility",
    "make_recovery_codes",
    "note_passkey_use",
    "open_account",
    "print_slips",
    "prune_sign_in",
    "release_try",
    "remove_authenticator",
    "remove_passkey",
    "remove_person",
    "reset_password",
    "reset_second_factor",
    "send_mail_code",
    "set_authenticator",
    "take_mail_code",
    "take_second_code",
    "temporary_password",
    "touch_session",
    "transfer_person",
    "use_slip",
    "username_key",
]
