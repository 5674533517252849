"""Reads of the dissemination log: sums by unit and form, which never mix with attendance of classes (R-044)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Q, QuerySet, Sum

from quantriet.kit import text
from quantriet.kit.numbers import show_number
from quantriet.library.models import DisseminationActivity
from quantriet.library.vocab import ActivityForm
from quantriet.org.models import Unit, path_end


@dataclass
class ActivityCount:
    """Of one unit with everything below it: activities and people by form; people are turns, not heads."""

    unit: Unit | None
    activities: dict[ActivityForm, int] = field(default_factory=dict)
    people: dict[ActivityForm, int] = field(default_factory=dict)

    def add(self, form: ActivityForm, activities: int, people: int) -> None:
        self.activities[form] = self.activities.get(form, 0) + activities
        self.people[form] = self.people.get(form, 0) + people

    @property
    def activities_total(self) -> int:
        return sum(self.activities.values())

    @property
    def people_total(self) -> int:
        return sum(self.people.values())


@dataclass
class ActivitySums:
    """The sums of a list of activities, in all and by unit directly below, those with most people first."""

    total: ActivityCount
    rows: list[ActivityCount]
    forms: list[ActivityForm]  # those that occur

    @property
    def sentence(self) -> str:
        if not self.total.activities_total:
            return "Chưa có hoạt động tuyên truyền nào được báo cáo."
        return (
            f"{show_number(self.total.activities_total)} hoạt động, {show_number(self.total.people_total)} lượt người tham gia; "
            "không tính vào số dự lớp học tập."
        )

    def cells(self, count: ActivityCount) -> list[tuple[ActivityForm, int, int]]:
        """Of one unit: (form, activities, people) for the forms that occur there."""
        return [(form, count.activities[form], count.people[form]) for form in self.forms if form in count.activities]

    @property
    def lines(self) -> list[tuple[ActivityCount, list[tuple[ActivityForm, int, int]]]]:
        return [(one, self.cells(one)) for one in self.rows]

    @property
    def total_cells(self) -> list[tuple[ActivityForm, int, int]]:
        return self.cells(self.total)


def standing(activities: QuerySet[DisseminationActivity]) -> QuerySet[DisseminationActivity]:
    """Those that nobody withdrew."""
    return activities.filter(withdrawn_at__isnull=True)


def of_unit(activities: QuerySet[DisseminationActivity], unit: Unit) -> QuerySet[DisseminationActivity]:
    """Those of a unit and everything below it."""
    return activities.filter(unit__path__gte=unit.path, unit__path__lt=path_end(unit.path))


def held_between(
    activities: QuerySet[DisseminationActivity], first: date | None, last: date | None
) -> QuerySet[DisseminationActivity]:
    """Those held in a period; both ends count."""
    if first:
        activities = activities.filter(held_on__gte=first)
    return activities.filter(held_on__lte=last) if last else activities


def worded(activities: QuerySet[DisseminationActivity], words: str) -> QuerySet[DisseminationActivity]:
    """Those whose place, document or unit holds all words, without regard to marks."""
    for word in text.fold(words).split():
        activities = activities.filter(
            Q(place_folded__contains=word)
            | Q(unit__name_folded__contains=word)
            | Q(document__reference_folded__contains=word)
        )
    return activities


def sums(activities: QuerySet[DisseminationActivity], unit: Unit | None) -> ActivitySums:
    """Sums by form, for the units directly below a unit (or each unit) and in all; three statements at most."""
    grouped = list(activities.order_by().values("unit_id", "form").annotate(number=Count("pk"), turns=Sum("people")))
    units = Unit.objects.in_bulk({row["unit_id"] for row in grouped})
    depth = len(unit.ancestor_ids) if unit else 0
    total = ActivityCount(unit)
    rows: dict[int, ActivityCount] = {}
    for row in grouped:
        place = units[row["unit_id"]].ancestor_ids
        head = place[depth] if unit and len(place) > depth else row["unit_id"]
        form = ActivityForm(row["form"])
        for count in (total, rows.setdefault(head, ActivityCount(units.get(head)))):
            count.add(form, row["number"], row["turns"] or 0)
    unnamed = [key for key, count in rows.items() if count.unit is None]
    for key, found in Unit.objects.in_bulk(unnamed).items() if unnamed else ():
        rows[key].unit = found
    ordered = sorted(rows.values(), key=lambda one: (-one.people_total, one.unit.path if one.unit else ""))
    return ActivitySums(total, ordered, [form for form in ActivityForm if form in total.activities])
