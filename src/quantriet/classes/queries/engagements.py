"""Who leads or speaks in a class on which part of a day: what `speakers` asks before somebody is invited (B-09)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta

from quantriet.classes.models import ClassRole, ClassSession, ProgrammeItem, StudyClass, TimetableClass
from quantriet.classes.vocab import RUNNING_STATES, ClassRoleKind, TimetableState
from quantriet.kit.time import at_local, local
from quantriet.speakers.vocab import Engagement, Half

_ENDS = {Half.MORNING: time(12), Half.AFTERNOON: time(18), Half.EVENING: time.max}
# Who directs a class need not be there.
_THERE = [kind for kind in ClassRoleKind if kind != ClassRoleKind.DIRECTOR]


def engagements(first: date, last: date, people: Collection[int] | None = None) -> list[Engagement]:
    """Parts and presentations in classes that are planned or released, and reporters of timetables of which no classes
    were made yet. Four statements, however many classes there are.
    """
    within = {
        "starts_at__lt": at_local(last + timedelta(days=1), time.min), "ends_at__gt": at_local(first, time.min),
        "study_class__state__in": RUNNING_STATES,
    }  # fmt: skip
    sessions = ClassSession.objects.filter(**within)
    parts = ClassRole.objects.filter(kind__in=_THERE, study_class__in=sessions.order_by().values("study_class"))
    items = ProgrammeItem.objects.filter(
        presenter__isnull=False, session__study_class__state__in=RUNNING_STATES,
        starts_at__lt=within["starts_at__lt"], ends_at__gt=within["ends_at__gt"],
    )  # fmt: skip
    planned = TimetableClass.objects.filter(
        plan__state=TimetableState.READY, reporter__isnull=False,
        session__starts_at__lt=within["starts_at__lt"], session__ends_at__gt=within["ends_at__gt"],
    )  # fmt: skip
    if people is not None:
        parts, items = parts.filter(person__in=people), items.filter(presenter__in=people)
        planned = planned.filter(reporter__person__in=people)
    of_class: dict[int, set[int]] = defaultdict(set)
    for class_id, person_id in parts.order_by().values_list("study_class_id", "person_id"):
        of_class[class_id].add(person_id)
    found: set[Engagement] = set()
    if of_class:
        for one in sessions.filter(study_class__in=list(of_class)).select_related("study_class__unit"):
            held = one.study_class
            for day, half in _parts_of_days(one.starts_at, one.ends_at):
                found |= {Engagement(person, held.unit_id, day, half, _of(held)) for person in of_class[held.pk]}
    for item in items.select_related("session__study_class__unit"):
        held = item.session.study_class
        for day, half in _parts_of_days(item.starts_at, item.ends_at):
            if item.presenter_id is not None:
                found.add(Engagement(item.presenter_id, held.unit_id, day, half, _of(held)))
    for row in planned.select_related("plan__unit", "session", "reporter"):
        words = f"là báo cáo viên theo lịch lớp “{row.plan.title}” của {row.plan.unit.name}"
        for day, half in _parts_of_days(row.session.starts_at, row.session.ends_at):
            if row.reporter is not None:
                found.add(Engagement(row.reporter.person_id, row.plan.unit_id, day, half, words))
    return [one for one in found if first <= one.held_on <= last]


def _of(held: StudyClass) -> str:
    return f"có việc trong lớp “{held.title}” của {held.unit.name}"


def _parts_of_days(starts_at: datetime, ends_at: datetime) -> Iterator[tuple[date, Half]]:
    """Parts of its day that a session touches; one that goes on past midnight takes the evening with it."""
    starts, ends = local(starts_at), local(ends_at)
    day, begin = starts.date(), time.min
    until = ends.time() if ends.date() == day else time.max
    for half, end in _ENDS.items():
        if starts.time() < end and until > begin:
            yield day, half
        begin = end
