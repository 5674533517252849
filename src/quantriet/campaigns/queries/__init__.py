"""Reads of the spine for whole pages and numbers; one module a subject, one door outside."""

from quantriet.campaigns.queries.audience import Audience, audience
from quantriet.campaigns.queries.campaigns import campaign_due_on, duties_of, problems_before_opening
from quantriet.campaigns.queries.ledger import Discrepancy, audit_ledger
from quantriet.campaigns.queries.plans import nearest_plan
from quantriet.campaigns.queries.rulebooks import RuleInForce, rule_in_force

__all__ = [
    "Audience",
    "Discrepancy",
    "RuleInForce",
    "audience",
    "audit_ledger",
    "campaign_due_on",
    "duties_of",
    "nearest_plan",
    "problems_before_opening",
    "rule_in_force",
]
