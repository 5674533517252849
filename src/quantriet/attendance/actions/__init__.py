"""The only writer of presence: marks, verdicts, excuses, the catch-up chain, notes on conduct; one module a subject."""

from quantriet.attendance.actions.catch_ups import invite_absentees, place_catch_up
from quantriet.attendance.actions.chains import step_catch_ups
from quantriet.attendance.actions.closing import close_roll, reclose_roll, recompute_class
from quantriet.attendance.actions.conduct import note_conduct
from quantriet.attendance.actions.excuses import ask_excuse, decide_excuse, take_back_approval
from quantriet.attendance.actions.marks import mark_rest_present, record_marks, record_pasted, record_slips, void_mark
from quantriet.attendance.actions.proxies import Entered, choose_catch_up, enter_replies, print_reply_forms
from quantriet.attendance.actions.reopening import ask_reopening, decide_reopening

__all__ = [
    "Entered",
    "ask_excuse",
    "ask_reopening",
    "choose_catch_up",
    "close_roll",
    "decide_excuse",
    "decide_reopening",
    "enter_replies",
    "invite_absentees",
    "mark_rest_present",
    "note_conduct",
    "place_catch_up",
    "print_reply_forms",
    "reclose_roll",
    "recompute_class",
    "record_marks",
    "record_pasted",
    "record_slips",
    "step_catch_ups",
    "take_back_approval",
    "void_mark",
]
