"""The board: range reads over tallies only, so that any node of a province answers at once; then the names behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate

from django.db.models import Count as Counted
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, StrIndex, Substr

from quantriet.campaigns.models import CampaignPlan, DutyChange, StudyCampaign, StudyDuty, Tally, TallyDay
from quantriet.campaigns.rules import boards as rules
from quantriet.campaigns.rules.boards import Count
from quantriet.campaigns.vocab import CampaignState, DutyReason, DutyState
from quantriet.kit.time import now, start_of, today
from quantriet.org.models import Person, PostHeld, Unit, UnitResponsibility, path_end


@dataclass(frozen=True)
class AsOf:
    """The moment a board shows: now, or the end of an earlier day."""

    moment: datetime  # everything before it counts
    day: date | None = None  # None: now

    @property
    def phrase(self) -> str:
        return rules.as_of_phrase(self.moment, self.day)


def as_of(day: date | None = None) -> AsOf:
    """The end of `day`; today and later days mean now."""
    if day is None or day >= today():
        return AsOf(now())
    return AsOf(start_of(day + timedelta(days=1)), day)


@dataclass
class BoardRow:
    """One child unit of the board, or the node's own people."""

    unit: Unit
    count: Count = field(default_factory=Count)
    cells: int = 0  # units with people who must study
    reported: int = 0  # of these, how many have reported anything
    plan: CampaignPlan | None = None
    plans: int = 0  # units here and below that must organise
    held: int = 0  # of these, how many have
    head: PostHeld | None = None  # accountable
    leaders: list[UnitResponsibility] = field(default_factory=list)  # follow and urge
    is_own: bool = False

    @property
    def is_silent(self) -> bool:
        """Nothing has come from here: apart from zero (B-08)."""
        return self.cells > 0 and self.reported == 0

    @property
    def silent_cells(self) -> int:
        return self.cells - self.reported

    @property
    def is_organised(self) -> bool:
        return self.held > 0 or (self.plans == 0 and self.reported > 0)


@dataclass
class Board:
    """Everything one board page shows."""

    campaign: StudyCampaign
    unit: Unit
    kind: str
    as_of: AsOf
    total: Count
    rows: list[BoardRow]
    cells: int
    reported: int
    plans: int
    held: int

    @property
    def silent_cells(self) -> int:
        return self.cells - self.reported

    @property
    def unorganised(self) -> int:
        return self.plans - self.held

    @property
    def silent_rows(self) -> list[BoardRow]:
        return [row for row in self.rows if row.is_silent]

    @property
    def sentence(self) -> str:
        return rules.sentence(
            self.total,
            unorganised=self.unorganised,
            organising=self.plans,
            silent=len(self.silent_rows),
            parts=len(self.rows),
            when=self.as_of.phrase,
        )


def _child_of(unit: Unit, column: str = "path") -> Substr:
    """SQL for the path of the child of `unit` under which a path lies; the unit's own path stays itself."""
    length = len(unit.path)
    return Substr(column, 1, StrIndex(Substr(column, length + 1), Value(".")) + length)


def board(campaign: StudyCampaign, unit: Unit, kind: str, at: AsOf | None = None) -> Board:
    """The node `unit` of a campaign's board with its children, sorted by what needs a hand."""
    at = at or as_of()
    tallies = (
        Tally.objects.filter(campaign=campaign, kind=kind)
        .under(unit)
        .annotate(child=_child_of(unit))
        .order_by()
        .values("child")
        .annotate(
            done_sum=Sum("done"),
            exempt_sum=Sum("exempt"),
            owing_sum=Sum("owing"),
            cells=Counted("pk", filter=Q(done__gt=0) | Q(owing__gt=0)),
            told=Counted("pk", filter=Q(reported_at__lt=at.moment)),
        )
        .values_list("child", "done_sum", "exempt_sum", "owing_sum", "cells", "told")
    )
    found = {child: (Count(done, exempt, owing), cells, told) for child, done, exempt, owing, cells, told in tallies}
    if at.day:
        for child, later in _changed_since(campaign, unit, kind, at.day).items():
            count, cells, told = found.get(child, (Count(), 0, 0))
            found[child] = (count - later, cells, told)
    rows = {
        child.path: BoardRow(child) for child in Unit.objects.filter(parent=unit).select_related("kind").only(
            "name", "short_name", "path", "sort_key", "email", "depth", "closed_on", "kind__name", "kind__level"
        )
    }  # fmt: skip
    if unit.path in found:
        rows[unit.path] = BoardRow(unit, is_own=True)
    for path, (count, cells, told) in found.items():
        if path in rows:
            row = rows[path]
            row.count, row.cells, row.reported = count, cells if count.roster else 0, min(told, cells)
    _add_plans(campaign, unit, at, rows)
    shown = [row for row in rows.values() if row.cells or row.plans or row.count.roster]
    _add_people(shown)
    shown.sort(key=lambda row: (*rules.needs_a_hand(row.count, silent=row.is_silent), row.unit.sort_key))
    total = Count()
    for row in shown:
        total += row.count
    return Board(
        campaign, unit, kind, at, total, shown,
        cells=sum(row.cells for row in shown), reported=sum(row.reported for row in shown),
        plans=sum(row.plans for row in shown), held=sum(row.held for row in shown),
    )  # fmt: skip


def _changed_since(campaign: StudyCampaign, unit: Unit, kind: str, day: date) -> dict[str, Count]:
    later = (
        TallyDay.objects.filter(campaign=campaign, kind=kind, day__gt=day)
        .under(unit)
        .annotate(child=_child_of(unit))
        .order_by()
        .values("child")
        .annotate(done_sum=Sum("done"), exempt_sum=Sum("exempt"), owing_sum=Sum("owing"))
        .values_list("child", "done_sum", "exempt_sum", "owing_sum")
    )
    return {child: Count(done, exempt, owing) for child, done, exempt, owing in later}


def _add_plans(campaign: StudyCampaign, unit: Unit, at: AsOf, rows: dict[str, BoardRow]) -> None:
    plans = CampaignPlan.objects.filter(campaign=campaign, unit__path__gt=unit.path, unit__path__lt=path_end(unit.path))
    grouped = (
        plans.annotate(child=_child_of(unit, "unit__path"))
        .order_by()
        .values("child")
        .annotate(plans=Counted("pk"), held=Counted("pk", filter=Q(first_held_at__lt=at.moment)))
        .values_list("child", "plans", "held")
    )
    for path, number, held in grouped:
        if path in rows:
            rows[path].plans, rows[path].held = number, held
    by_unit = {row.unit.pk: row for row in rows.values() if not row.is_own}
    for plan in plans.filter(unit__parent=unit).only("unit_id", "state"):
        by_unit[plan.unit_id].plan = plan


def _add_people(rows: Sequence[BoardRow]) -> None:
    """Who answers for each unit: its accountable head and the leaders who follow it, read for all rows at once."""
    heads, leaders = answerable([row.unit.pk for row in rows])
    for row in rows:
        row.head = heads.get(row.unit.pk)
        row.leaders = leaders.get(row.unit.pk, [])


def answerable(units: Iterable[int]) -> tuple[dict[int, PostHeld], dict[int, list[UnitResponsibility]]]:
    """The accountable head (R-006) and the responsible leaders (R-005) of each unit today."""
    keys = list(units)
    heads: dict[int, PostHeld] = {}
    for held in (
        PostHeld.objects.on()
        .filter(unit__in=keys, post__is_head=True, person__left_on__isnull=True)
        .select_related("person", "post")
        .only("unit_id", "person__full_name", "post__name")
        .order_by("post__rank", "valid_from")
    ):
        heads.setdefault(held.unit_id, held)
    leaders: dict[int, list[UnitResponsibility]] = {}
    for given in (
        UnitResponsibility.objects.on()
        .filter(unit__in=keys)
        .select_related("person")
        .only("unit_id", "person__full_name")
        .order_by("kind", "pk")
    ):
        leaders.setdefault(given.unit_id, []).append(given)
    return heads, leaders


def progress(campaign: StudyCampaign, unit: Unit, kind: str, at: AsOf | None = None) -> list[tuple[date, int]]:
    """How many were done at the end of each day on which that changed, up to the day shown."""
    days = TallyDay.objects.filter(campaign=campaign, kind=kind).under(unit)
    if at and at.day:
        days = days.filter(day__lte=at.day)
    sums = list(days.order_by("day").values("day").annotate(change=Sum("done")).values_list("day", "change"))
    return list(zip([day for day, _ in sums], accumulate(change for _, change in sums), strict=True))


def names(campaign: StudyCampaign, unit: Unit, kind: str, at: AsOf | None = None) -> QuerySet[StudyDuty]:
    """The duties behind a figure, with `state_then` and `reason_then` as they were at the moment shown."""
    duties = StudyDuty.objects.filter(campaign=campaign, kind=kind).select_related("person", "unit")
    if unit.pk != campaign.unit_id:
        # Everybody of a campaign lies under its organiser; below it the keys of the units lead to the index.
        duties = duties.filter(unit__in=Unit.objects.under(unit).order_by().values("pk"))
    if at is None or at.day is None:
        return duties.annotate(state_then=F("state"), reason_then=F("reason"), sentence_then=F("sentence"))
    before = (
        DutyChange.objects.filter(duty=OuterRef("pk"), at__lt=at.moment).exclude(state_after="").order_by("-at", "-pk")
    )
    return duties.annotate(
        state_then=Subquery(before.values("state_after")[:1]),
        reason_then=Subquery(before.values("reason")[:1]),
        sentence_then=Coalesce(Subquery(before.values("sentence")[:1]), Value("")),
    ).filter(state_then__isnull=False)


def silent_units(campaign: StudyCampaign, unit: Unit, kind: str, at: AsOf | None = None) -> QuerySet[Tally]:
    """Units with people on the list from which nothing has come at that moment (B-08)."""
    at = at or as_of()
    return (
        Tally.objects.filter(campaign=campaign, kind=kind)
        .under(unit)
        .filter(Q(done__gt=0) | Q(owing__gt=0))
        .exclude(reported_at__lt=at.moment)
        .select_related("unit__parent")
    )


def unorganised(campaign: StudyCampaign, unit: Unit, at: AsOf | None = None) -> QuerySet[CampaignPlan]:
    """Plans under a unit that have not been carried out at that moment: the live list of R-031."""
    at = at or as_of()
    return (
        CampaignPlan.objects.filter(campaign=campaign, unit__path__gte=unit.path, unit__path__lt=path_end(unit.path))
        .exclude(first_held_at__lt=at.moment)
        .select_related("unit__parent", "unit__kind", "responsible")
    )


def repeat_absentees(unit: Unit, *, least: int = 2) -> QuerySet[Person]:
    """People under a unit who stayed away without reason, or never came, in several campaigns (R-076).

    Counts campaigns that run or have ended; of running ones only absence without reason counts, because who has not had
    a class yet is no absentee. Adds `times` and `last_on`.
    """
    missed = Q(duties__reason=DutyReason.ABSENT_UNEXCUSED) | Q(
        duties__campaign__state=CampaignState.CLOSED, duties__state=DutyState.OWING
    )
    live = Q(duties__state=DutyState.OWING) & Q(duties__campaign__state__in=[CampaignState.OPEN, CampaignState.CLOSED])
    return (
        Person.objects.active()
        .under(unit)
        .filter(live & missed)
        .annotate(times=Counted("duties__campaign", distinct=True))
        .filter(times__gte=least)
        .select_related("unit")
    )
