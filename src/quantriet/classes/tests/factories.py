"""One factory per model of the room; each goes through the actions every user goes through."""

from __future__ import annotations

import datetime as dt

from quantriet.campaigns.models import StudyCampaign
from quantriet.classes import actions
from quantriet.classes.models import ClassSession, ProgrammeItem, RosterEntry, StudyClass, TimetablePlan, Venue
from quantriet.classes.vocab import REQUIRED_ROLES, ItemKind
from quantriet.kit.time import at_local, now
from quantriet.org.models import Account, Person, Unit

HALVES = (
    actions.Half("Buổi sáng", dt.time(7, 30), dt.time(11)),
    actions.Half("Buổi chiều", dt.time(13, 30), dt.time(17)),
)


def clock(day: dt.date, text: str) -> dt.datetime:
    return at_local(day, dt.time.fromisoformat(text))


def study_class(
    campaign: StudyCampaign, unit: Unit, by: Account | None = None, *, title: str = "", **given
) -> StudyClass:
    """A draft with its main venue and nothing else."""
    number = StudyClass.objects.count() + 1
    return actions.add_class(
        by=by, at=now(), campaign=campaign, unit=unit, title=title or f"Lớp học tập số {number}", **given
    )


def venue(study_class: StudyClass, by: Account | None = None, *, name: str = "Điểm cầu 2", **given) -> Venue:
    return actions.add_venue(study_class, by=by, at=now(), name=name, **given)


def session(
    study_class: StudyClass,
    by: Account | None = None,
    *,
    day: dt.date | None = None,
    start: str = "07:30",
    end: str = "11:00",
    title: str = "Buổi sáng",
) -> ClassSession:
    day = day or study_class.campaign.planned_from
    return actions.add_session(
        study_class, by=by, at=now(), title=title, starts_at=clock(day, start), ends_at=clock(day, end)
    )


def item(
    session: ClassSession, kind: str, start: str, end: str, by: Account | None = None, title: str = ""
) -> ProgrammeItem:
    day = (session.starts_at + dt.timedelta(hours=7)).date()
    return actions.add_item(
        session, by=by, at=now(), kind=kind, starts_at=clock(day, start), ends_at=clock(day, end), title=title
    )


def programme(study_class: StudyClass, by: Account | None = None) -> ClassSession:
    """A morning of 210 minutes: 195 of class with 30 of discussion (15,4%) and a break of 15."""
    morning = session(study_class, by)
    item(morning, ItemKind.LECTURE, "07:30", "09:00", by)
    item(morning, ItemKind.BREAK, "09:00", "09:15", by)
    item(morning, ItemKind.LECTURE, "09:15", "10:30", by)
    item(morning, ItemKind.DISCUSSION, "10:30", "11:00", by)
    return morning


def leading_roles(study_class: StudyClass, leader: Person, by: Account | None = None) -> None:
    for kind in REQUIRED_ROLES:
        actions.give_role(study_class, by=by, at=now(), kind=kind, person=leader)


def roster_entry(study_class: StudyClass, person: Person, by: Account | None = None, **given) -> RosterEntry:
    return actions.add_to_roster(study_class, by=by, at=now(), person=person, **given)


def ready_class(campaign: StudyCampaign, unit: Unit, leader: Person, by: Account | None = None, **given) -> StudyClass:
    """A draft with programme, parts and everybody under the unit on the roster."""
    made = study_class(campaign, unit, by, **{"capacity": 200, **given})
    programme(made, by)
    leading_roles(made, leader, by)
    actions.fill_roster(made, by=by, at=now())
    return made


def released_class(
    campaign: StudyCampaign, unit: Unit, leader: Person, by: Account | None = None, **given
) -> StudyClass:
    return actions.release_class(ready_class(campaign, unit, leader, by, **given), by=by, at=now())


def timetable(
    campaign: StudyCampaign,
    unit: Unit,
    by: Account | None = None,
    *,
    days: int = 2,
    halls: tuple[tuple[str, int], ...] = (("Hội trường xã", 5), ("Nhà văn hóa thôn 1", 4)),
    reporters: list[Person] | None = None,
    percent: int = 50,
    **given,
) -> TimetablePlan:
    """A timetable with mornings and afternoons of the first days of the campaign, two halls and its reporters."""
    plan = actions.add_timetable(
        by=by, at=now(), campaign=campaign, unit=unit, title="Lịch học Nghị quyết", percent=percent, **given
    )
    first = campaign.planned_from
    actions.add_plan_days(
        plan, by=by, at=now(), first=first, last=first + dt.timedelta(days=days - 1), weekdays=range(7), halves=HALVES
    )
    for name, capacity in halls:
        actions.add_plan_hall(plan, by=by, at=now(), name=name, capacity=capacity)
    for person in reporters or []:
        actions.add_plan_reporter(plan, by=by, at=now(), person=person)
    actions.change_timetable(plan, by=by, at=now(), seconds=2)
    return plan
