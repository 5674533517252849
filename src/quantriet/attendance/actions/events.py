"""Attendance answers for the classes of a campaign when it closes, is called off or changes its form."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from quantriet.attendance import queries
from quantriet.attendance.actions.catch_ups import end_chains
from quantriet.attendance.actions.closing import recompute_class
from quantriet.attendance.actions.self_study import judge_self_study, settle_self_study
from quantriet.attendance.queries import self_study as self_study_queries
from quantriet.campaigns.models import StudyCampaign, StudyDuty
from quantriet.campaigns.vocab import DutyResult, DutyState, Problem, StudyEvent
from quantriet.classes import actions as class_actions
from quantriet.classes import queries as class_queries
from quantriet.classes.models import StudyClass
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
        # 0 stands for every event: what was studied alone belongs to no class.
        alone = [0] if self_study_queries.finished_says(duties) else []
        return alone or queries.judged_for(duties)

    def voices(self, duties: Sequence[int]) -> dict[int, DutyResult]:
        return queries.voices(duties)

    def reported(self, campaign: StudyCampaign) -> list[tuple[int, datetime]]:
        return queries.reported(campaign)

    def judge_all(self, campaign: StudyCampaign, *, by: Account | None, at: datetime) -> int:
        # First, for a class asks what of a missed study was made good alone.
        alone = judge_self_study(campaign, by=by, at=at)
        judged = list(queries.judged_classes(StudyClass.objects.filter(campaign=campaign)))
        for study_class in judged:
            recompute_class(study_class, by=by, at=at)
        return len(judged) + alone

    def follow(self, campaign: StudyCampaign, duties: Sequence[int], *, by: Account | None, at: datetime) -> None:
        end_chains(duties, by=by, at=at)
        owing = StudyDuty.objects.filter(pk__in=duties, state=DutyState.OWING).values_list("pk", flat=True)
        for study_class in StudyClass.objects.filter(pk__in=queries.judged_for(list(owing))).order_by("pk"):
            recompute_class(study_class, by=by, at=at)
        settle_self_study(list(owing), by=by, at=at)

    def call_off(
        self, campaign: StudyCampaign, *, reason: str, by: Account | None, at: datetime,
        only: Collection[int] | None = None,
    ) -> int:  # fmt: skip
        return class_actions.cancel_classes(campaign, reason=reason, by=by, at=at, only=only)

    def change_form(
        self, campaign: StudyCampaign, form: str, *, only: Collection[int], by: Account | None, at: datetime
    ) -> int:
        return class_actions.change_forms(campaign, form, only=only, by=by, at=at)
