"""The only writer of presence: marks, verdicts, excuses, the catch-up chain, notes on conduct; one module a subject."""

from quantriet.attendance.actions.absences import decide_absence
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
from quantriet.attendance.actions.head_counts import report_head_counts
from quantriet.attendance.actions.marks import mark_rest_present, record_marks, record_pasted, record_slips, void_mark
from quantriet.attendance.actions.meeting_logs import (
    ENCODING_QUESTION,
    Understood,
    answer_log_questions,
    apply_meeting_log,
    confirm_meeting_log,
    decide_log_name,
    foresee_meeting_log,
    give_up_log,
    read_meeting_log,
    take_meeting_log,
    undo_meeting_log,
)
from quantriet.attendance.actions.paper_slips import read_paper_slips
from quantriet.attendance.actions.presence_checks import (
    LEAST_MINUTES,
    MOST_MINUTES,
    call_off_check,
    set_presence_check,
)
from quantriet.attendance.actions.proxies import Entered, choose_catch_up, enter_replies, print_reply_forms
from quantriet.attendance.actions.questionnaires import (
    answer_questionnaire,
    call_off_questionnaire,
    enter_questionnaire_slip,
    open_questionnaire,
    prepare_questionnaire,
)
from quantriet.attendance.actions.reopening import ask_reopening, decide_reopening
from quantriet.attendance.actions.seat_rounds import (
    Confirmed,
    begin_round,
    confirm_block,
    set_sitter_right,
    tap_seat,
)
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
from quantriet.attendance.actions.suggestions import enter_suggestion, switch_suggestions, write_suggestion

__all__ = [
    "ENCODING_QUESTION",
    "LEAST_MINUTES",
    "MOST_MINUTES",
    "MOST_QUESTIONS",
    "Answered",
    "Confirmed",
    "Entered",
    "Synced",
    "Understood",
    "add_check_questions",
    "allow_self_study",
    "answer_log_questions",
    "answer_questionnaire",
    "answer_section",
    "apply_meeting_log",
    "ask_excuse",
    "ask_reopening",
    "begin_course",
    "begin_round",
    "call_off_check",
    "call_off_questionnaire",
    "check_in_by_code",
    "choose_catch_up",
    "close_roll",
    "confirm_block",
    "confirm_meeting_log",
    "decide_absence",
    "decide_excuse",
    "decide_log_name",
    "decide_reopening",
    "enter_questionnaire_slip",
    "enter_replies",
    "enter_suggestion",
    "follow_check_ins",
    "follow_lapsed",
    "foresee_meeting_log",
    "give_up_log",
    "invite_absentees",
    "judge_self_study",
    "lose_device",
    "mark_rest_present",
    "move_course",
    "note_conduct",
    "open_device",
    "open_questionnaire",
    "open_section",
    "place_catch_up",
    "prepare_questionnaire",
    "print_reply_forms",
    "read_meeting_log",
    "read_paper_slips",
    "reclose_roll",
    "recompute_class",
    "record_marks",
    "record_pasted",
    "record_slips",
    "report_head_counts",
    "retire_check_question",
    "scan_at_desk",
    "set_presence_check",
    "set_sitter_right",
    "settle_conflict",
    "settle_held",
    "settle_self_study",
    "step_catch_ups",
    "switch_suggestions",
    "sync_device",
    "take_back_approval",
    "take_meeting_log",
    "tap_seat",
    "undo_meeting_log",
    "void_mark",
    "withdraw_self_study",
    "write_suggestion",
]
