"""Sessions of a class, what happens in them, and the share of discussion."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Min, Q, QuerySet

from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.vocab import RuleKey
from quantriet.classes.models import ClassSession, ProgrammeItem, StudyClass
from quantriet.classes.rules import timetable
from quantriet.classes.vocab import (
    DiscussionShare,
)
from quantriet.kit.intervals import Interval
from quantriet.kit.time import local, today


def timetable_of(study_class: StudyClass) -> tuple[list[Interval], list[timetable.Item]]:
    """Sessions and programme items of a class as plain intervals."""
    sessions = list(ClassSession.objects.filter(study_class=study_class).values_list("starts_at", "ends_at"))
    items = list(
        ProgrammeItem.objects.filter(session__study_class=study_class).values_list("kind", "starts_at", "ends_at")
    )
    return sessions, items


def planned_seconds(study_class: StudyClass) -> int:
    """Class time in seconds: all sessions without their breaks."""
    return timetable.class_seconds(*timetable_of(study_class))


def first_day(study_class: StudyClass) -> date:
    """The day of the class on a Vietnamese calendar; today while it has no session."""
    start: datetime | None = ClassSession.objects.filter(study_class=study_class).aggregate(first=Min("starts_at"))[
        "first"
    ]
    return local(start).date() if start else today()


def discussion_share(study_class: StudyClass) -> DiscussionShare:
    """Discussion minutes of class minutes against the campaign's rulebook on the day of the class (B-10)."""
    rule = campaign_queries.rule_in_force(
        study_class.campaign, RuleKey.DISCUSSION_SHARE_PERCENT, on=first_day(study_class)
    )
    sessions, items = timetable_of(study_class)
    return timetable.discussion_share(sessions, items, least_percent=rule.value, basis=rule.basis)


def items_of(study_class: StudyClass) -> QuerySet[ProgrammeItem]:
    return ProgrammeItem.objects.filter(session__study_class=study_class).select_related("session__study_class__unit")


def means_of(study_class: StudyClass) -> list[ProgrammeItem]:
    """Items that name an interactive form or audio-visual support, in the order of the programme (R-054)."""
    named = ~Q(interaction="") | ~Q(equipment="")
    items = ProgrammeItem.objects.filter(named, session__study_class=study_class).select_related("session")
    return list(items.order_by("starts_at", "pk"))
