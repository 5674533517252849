"""A timetable computed for those who still owe the class: sessions, two halls, reporters of the register, what they ask for."""

from __future__ import annotations

import datetime as dt

from quantriet.campaigns.models import StudyCampaign
from quantriet.classes import actions
from quantriet.classes.actions import Half
from quantriet.classes.models import TimetablePlan
from quantriet.classes.vocab import PlanDemandKind
from quantriet.kit.time import now, today
from quantriet.org.models import Account, Unit
from quantriet.speakers.models import Reporter

_HALVES = (
    Half("Buổi sáng", dt.time(7, 30), dt.time(11, 0)),
    Half("Buổi chiều", dt.time(13, 30), dt.time(17, 0)),
)
_HALLS = (("Hội trường lớn", 90), ("Hội trường tầng 2", 60), ("Trung tâm chính trị", 45))
_SECONDS = 10  # of search, for a first start that is not kept waiting


def catch_up(root: Unit, campaign: StudyCampaign, *, officer: Account) -> TimetablePlan:
    """Four days of sessions from the day after tomorrow, computed and ready to be looked at, changed by hand and confirmed."""
    at, first = now(), today() + dt.timedelta(days=2)
    plan = actions.add_timetable(
        by=officer, at=at, campaign=campaign, unit=root, title="Lịch học bù", basis="Quy chế làm việc (hư cấu)"
    )
    actions.change_timetable(plan, by=officer, at=at, seconds=_SECONDS)
    actions.add_plan_days(
        plan, by=officer, at=at, first=first, last=first + dt.timedelta(days=3), halves=_HALVES, weekdays=range(7)
    )
    for name, seats in _HALLS:
        hall = actions.add_plan_hall(plan, by=officer, at=at, name=name, capacity=seats)
    actions.add_plan_demand(plan, by=officer, at=at, kind=PlanDemandKind.HALL_OFF, hall=hall, day=first)
    for reporter in Reporter.objects.filter(unit=root).select_related("person").order_by("pk"):
        actions.add_plan_reporter(plan, by=officer, at=at, person=reporter.person, most_classes=4)
    for cell in plan.cells.order_by("unit__path")[:3]:
        actions.add_plan_demand(
            plan, by=officer, at=at, kind=PlanDemandKind.WISH, cell=cell, day=first + dt.timedelta(days=3)
        )
    plan = actions.start_timetable(plan, by=officer, at=at)
    actions.compute_timetable(plan.pk, plan.run)
    plan.refresh_from_db()
    return plan
