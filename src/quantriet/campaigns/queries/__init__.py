"""Reads of the spine for whole pages and numbers; one module a subject, one door outside."""

from quantriet.campaigns.queries.audience import (
    Audience,
    AudienceCount,
    as_rule,
    audience,
    audience_count,
    describe,
)
from quantriet.campaigns.queries.boards import (
    AsOf,
    Board,
    BoardRow,
    answerable,
    as_of,
    board,
    names,
    progress,
    repeat_absentees,
    silent_units,
    unorganised,
)
from quantriet.campaigns.queries.campaigns import (
    campaign_due_on,
    deadline_warnings,
    duties_of,
    earlier_lessons,
    form_changes,
    problems_before_opening,
    totals,
    unstudied,
)
from quantriet.campaigns.queries.ledger import Discrepancy, audit_ledger
from quantriet.campaigns.queries.plans import nearest_plan
from quantriet.campaigns.queries.rulebooks import RuleInForce, rule_in_force

__all__ = [
    "AsOf",
    "Audience",
    "AudienceCount",
    "Board",
    "BoardRow",
    "Discrepancy",
    "RuleInForce",
    "answerable",
    "as_of",
    "as_rule",
    "audience",
    "audience_count",
    "audit_ledger",
    "board",
    "campaign_due_on",
    "deadline_warnings",
    "describe",
    "duties_of",
    "earlier_lessons",
    "form_changes",
    "names",
    "nearest_plan",
    "problems_before_opening",
    "progress",
    "repeat_absentees",
    "rule_in_force",
    "silent_units",
    "totals",
    "unorganised",
    "unstudied",
]
