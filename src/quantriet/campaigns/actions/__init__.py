"""The only writers of the spine; one module a subject, one door outside."""

from quantriet.campaigns.actions.assignments import assign_task, set_steering, withdraw_task
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
from quantriet.campaigns.actions.credits import (
    Credited,
    StudiedElsewhere,
    decide_credit,
    grant_credits,
    propose_credit,
    withdraw_credit,
)
from quantriet.campaigns.actions.duties import hand_down, open_campaign, prepare_duties, sync_audience
from quantriet.campaigns.actions.folding import fold_tallies, forget_nodes
from quantriet.campaigns.actions.materials import Handed, hand_out, note_opened, take_back
from quantriet.campaigns.actions.notices import message_units, send_study_notice
from quantriet.campaigns.actions.plans import make_plans, mark_called_off, mark_held, mark_scheduled, schedule_plan
from quantriet.campaigns.actions.rebuilding import Rebuilt, rebuild_ledger
from quantriet.campaigns.actions.rejudging import rejudge_duties
from quantriet.campaigns.actions.rulebooks import add_rulebook, change_rulebook, set_rule_value
from quantriet.campaigns.actions.settling import mark_reported, settle_duties
from quantriet.campaigns.actions.tallies import rebuild_tallies
from quantriet.campaigns.actions.webhooks import (
    add_webhook,
    gather_changes,
    pause_webhook,
    prune_deliveries,
    queue_webhooks,
    remove_webhook,
    renew_webhook_secret,
    resume_webhook,
    send_deliveries,
    send_delivery_again,
    try_webhook,
)

__all__ = [
    "Credited",
    "Handed",
    "Rebuilt",
    "StudiedElsewhere",
    "add_audience_preset",
    "add_audience_rule",
    "add_campaign",
    "add_rulebook",
    "add_webhook",
    "adjust_audience",
    "assign_task",
    "cancel_campaign",
    "change_audience_rule",
    "change_campaign",
    "change_form",
    "change_rulebook",
    "close_campaign",
    "decide_credit",
    "fold_tallies",
    "forget_nodes",
    "gather_changes",
    "grant_credits",
    "hand_down",
    "hand_out",
    "make_plans",
    "mark_called_off",
    "mark_held",
    "mark_reported",
    "mark_scheduled",
    "message_units",
    "move_audience_rule",
    "note_opened",
    "open_campaign",
    "pause_webhook",
    "prepare_duties",
    "propose_credit",
    "prune_deliveries",
    "queue_webhooks",
    "rebuild_ledger",
    "rebuild_tallies",
    "rejudge_duties",
    "remove_audience_rule",
    "remove_webhook",
    "renew_webhook_secret",
    "reopen_campaign",
    "resume_webhook",
    "review_campaign",
    "schedule_plan",
    "send_deliveries",
    "send_delivery_again",
    "send_study_notice",
    "set_rule_value",
    "set_steering",
    "settle_duties",
    "sync_audience",
    "take_back",
    "try_webhook",
    "undo_adjustment",
    "withdraw_credit",
    "withdraw_task",
]
