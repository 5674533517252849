"""The only writers of the spine; one module a subject, one door outside."""

from quantriet.campaigns.actions.audience import (
    add_audience_preset,
    add_audience_rule,
    adjust_audience,
    change_audience_rule,
    move_audience_rule,
    remove_audience_rule,
    undo_adjustment,
)
from quantriet.campaigns.actions.campaigns import (
    add_campaign,
    cancel_campaign,
    change_campaign,
    change_form,
    close_campaign,
    reopen_campaign,
    review_campaign,
)
from quantriet.campaigns.actions.duties import hand_down, open_campaign, prepare_duties, sync_audience
from quantriet.campaigns.actions.notices import message_units, send_study_notice
from quantriet.campaigns.actions.plans import make_plans, mark_called_off, mark_held, mark_scheduled, schedule_plan
from quantriet.campaigns.actions.rejudging import rejudge_duties
from quantriet.campaigns.actions.rulebooks import add_rulebook, change_rulebook, set_rule_value
from quantriet.campaigns.actions.settling import mark_reported, settle_duties
from quantriet.campaigns.actions.tallies import rebuild_tallies

__all__ = [
    "add_audience_preset",
    "add_audience_rule",
    "add_campaign",
    "add_rulebook",
    "adjust_audience",
    "cancel_campaign",
    "change_audience_rule",
    "change_campaign",
    "change_form",
    "change_rulebook",
    "close_campaign",
    "hand_down",
    "make_plans",
    "mark_called_off",
    "mark_held",
    "mark_reported",
    "mark_scheduled",
    "message_units",
    "move_audience_rule",
    "open_campaign",
    "prepare_duties",
    "rebuild_tallies",
    "rejudge_duties",
    "remove_audience_rule",
    "reopen_campaign",
    "review_campaign",
    "schedule_plan",
    "send_study_notice",
    "set_rule_value",
    "settle_duties",
    "sync_audience",
    "undo_adjustment",
]
