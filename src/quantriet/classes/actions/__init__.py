"""The only writers of classes, timetables, parts, venues and rosters; one module a subject, one door outside."""

from quantriet.classes.actions.campaign_wide import cancel_classes, change_forms
from quantriet.classes.actions.lifecycle import (
    add_class,
    cancel_class,
    change_class,
    close_class,
    count_outsiders,
    release_class,
    reopen_class,
)
from quantriet.classes.actions.parts import give_role, remove_role
from quantriet.classes.actions.programme import (
    add_item,
    add_session,
    change_item,
    change_session,
    move_item_earlier,
    remove_item,
    remove_session,
)
from quantriet.classes.actions.roster import (
    Called,
    add_to_roster,
    call_people,
    fill_roster,
    move_to_venue,
    remove_many_from_roster,
)
from quantriet.classes.actions.summons import Sent, mark_printed, note_arrivals, send_summons, tell_cancelled
from quantriet.classes.actions.venues import add_venue, change_venue, remove_venue

__all__ = [
    "Called",
    "Sent",
    "add_class",
    "add_item",
    "add_session",
    "add_to_roster",
    "add_venue",
    "call_people",
    "cancel_class",
    "cancel_classes",
    "change_class",
    "change_forms",
    "change_item",
    "change_session",
    "change_venue",
    "close_class",
    "count_outsiders",
    "fill_roster",
    "give_role",
    "mark_printed",
    "move_item_earlier",
    "move_to_venue",
    "note_arrivals",
    "release_class",
    "remove_item",
    "remove_many_from_roster",
    "remove_role",
    "remove_session",
    "remove_venue",
    "reopen_class",
    "send_summons",
    "tell_cancelled",
]
