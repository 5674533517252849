"""Attendance answers for the classes of a campaign when it closes, is called off or changes its form."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from quantriet.attendance import queries
from quantriet.campaigns.models import StudyCampaign
from quantriet.campaigns.vocab import Problem, StudyEvent
from quantriet.classes import actions as class_actions
from quantriet.classes import queries as class_queries
from quantriet.org.models import Account, Unit


class ClassEvents:
    """The classes of a campaign as `campaigns` asks for them (`campaigns.vocab.EventHolder`)."""

    def before_closing(self, campaign: StudyCampaign, *, at: datetime) -> list[Problem]:
        return queries.problems_before_closing(campaign, at=at)

    def before_cancelling(self, campaign: StudyCampaign) -> list[Problem]:
        return queries.problems_before_cancelling(campaign)

    def in_ledger(self, campaign: StudyCampaign) -> list[Problem]:
        return queries.problems_in_ledger(campaign)

    def running(self, campaign: StudyCampaign, unit: Unit) -> list[StudyEvent]:
        return class_queries.running_events(campaign, unit)

    def judged_for(self, duties: Sequence[int]) -> list[int]:
        return queries.judged_for(duties)

    def call_off(
        self, campaign: StudyCampaign, *, reason: str, by: Account | None, at: datetime,
        only: Collection[int] | None = None,
    ) -> int:  # fmt: skip
        return class_actions.cancel_classes(campaign, reason=reason, by=by, at=at, only=only)

    def change_form(
        self, campaign: StudyCampaign, form: str, *, only: Collection[int], by: Account | None, at: datetime
    ) -> int:
        return class_actions.change_forms(campaign, form, only=only, by=by, at=at)
