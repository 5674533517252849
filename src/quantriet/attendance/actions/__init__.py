"""The only writer of presence: marks, verdicts, excuses, the catch-up chain, notes on conduct; one module a subject."""

from quantriet.attendance.actions.catch_ups import invite_absentees, place_catch_up
from quantriet.attendance.actions.chains import step_catch_ups
from quantriet.attendance.actions.check_ins import check_in_by_code, follow_check_ins, scan_at_desk
from quantriet.attendance.actions.closing import close_roll, reclose_roll, recompute_class
from quantriet.attendance.actions.conduct import note_conduct
from quantriet.attendance.actions.devices import (
    Synced,
    lose_device,
    open_device,
    settle_conflict,
    settle_held,
    sync_device,
)
from quantriet.attendance.actions.excuses import ask_excuse, decide_excuse, take_back_approval
from quantriet.attendance.actions.marks import mark_rest_present, record_marks, record_pasted, record_slips, void_mark
from quantriet.attendance.actions.presence_checks import (
    LEAST_MINUTES,
    MOST_MINUTES,
    call_off_check,
    set_presence_check,
)
from quantriet.attendance.actions.proxies import Entered, choose_catch_up, enter_replies, print_reply_forms
from quantriet.attendance.actions.reopening import ask_reopening, decide_reopening
from quantriet.attendance.actions.self_study import (
    MOST_QUESTIONS,
    Answered,
    add_check_questions,
    allow_self_study,
    answer_section,
    begin_course,
    follow_lapsed,
    judge_self_study,
    move_course,
    open_section,
    retire_check_question,
    settle_self_study,
    withdraw_self_study,
)

__all__ = [
    "LEAST_MINUTES",
    "MOST_MINUTES",
    "MOST_QUESTIONS",
    "Answered",
    "Entered",
    "Synced",
    "add_check_questions",
    "allow_self_study",
    "answer_section",
    "ask_excuse",
    "ask_reopening",
    "begin_course",
    "call_off_check",
    "check_in_by_code",
    "choose_catch_up",
    "close_roll",
    "decide_excuse",
    "decide_reopening",
    "enter_replies",
    "follow_check_ins",
    "follow_lapsed",
    "invite_absentees",
    "judge_self_study",
    "lose_device",
    "mark_rest_present",
    "move_course",
    "note_conduct",
    "open_device",
    "open_section",
    "place_catch_up",
    "print_reply_forms",
    "reclose_roll",
    "recompute_class",
    "record_marks",
    "record_pasted",
    "record_slips",
    "retire_check_question",
    "scan_at_desk",
    "set_presence_check",
    "settle_conflict",
    "settle_held",
    "settle_self_study",
    "step_catch_ups",
    "sync_device",
    "take_back_approval",
    "void_mark",
    "withdraw_self_study",
]
