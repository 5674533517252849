"""The board: range reads over tallies only, so that any node of a province answers at once; then the names behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Any, cast

from django.db import connection
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, StrIndex, Substr

from quantriet.campaigns.models import (
    CampaignPlan,
    DutyChange,
    StudyCampaign,
    StudyDuty,
    Tally,
    TallyDay,
    TallyQuerySet,
)
from quantriet.campaigns.queries import nodes
from quantriet.campaigns.rules import boards as rules
from quantriet.campaigns.rules.boards import Count
from quantriet.kit.db import select
from quantriet.kit.time import now, start_of, today
from quantriet.org.models import PostHeld, Unit, UnitPlace, UnitResponsibility, UnitVersion, ancestor_ids, path_end
from quantriet.org.queries import history
from quantriet.org.vocab import ResponsibilityKind


@dataclass(frozen=True)
class AsOf:
    """The moment a board shows: now, or the end of an earlier day; and the tree by which it is shown.

    `tree` is the day whose places are joined, None where today's paths answer: today, when today's structure is asked
    for, or when nothing has moved since. `words` is the day whose names are used.
    """

    moment: datetime  # everything before it counts
    day: date | None = None  # None: now
    tree: date | None = None
    words: date | None = None
    _spans: dict[int, list[str | None]] = field(default_factory=dict, compare=False, repr=False)  # asked once a page

    @property
    def phrase(self) -> str:
        return rules.as_of_phrase(self.moment, self.day)


def as_of(day: date | None = None, *, todays_tree: bool = False) -> AsOf:
    """The end of `day`; today and later days mean now. An earlier day is shown on its own tree unless today's is asked for."""
    if day is None or day >= today():
        return AsOf(now())
    moment = start_of(day + timedelta(days=1))
    if todays_tree:
        return AsOf(moment, day)
    return AsOf(moment, day, day if history.changed_since(day) else None, day)


def path_then(unit: Unit, at: AsOf) -> str:
    """The unit's path in the tree that is shown; a path under which nothing lies where it did not stand yet."""
    if at.tree is None:
        return unit.path
    place = history.place_of(unit, at.tree)
    return place.path if place else "-."


def _inside(unit: Unit, at: AsOf) -> Q:
    """The condition of a row with `unit` and a copied `path` that it counts under this node of the tree shown."""
    path = path_then(unit, at)
    if at.tree is None:
        return Q(path__gte=path, path__lt=path_end(path))
    return Q(unit__in=history.keys_under(path, at.tree))


def holds_all(campaign: StudyCampaign, unit: Unit, at: AsOf) -> bool:
    """Whether everybody of the campaign counts under this unit: of the organiser then, of whatever spans its tallies today."""
    if at.tree is not None:
        return unit.pk == campaign.unit_id
    if campaign.pk not in at._spans:
        rows = Tally.objects.filter(campaign=campaign, kind__in=campaign.duty_kinds[:1]).order_by("path")
        ends = rows.values_list("path", flat=True)
        at._spans[campaign.pk] = [ends.first(), ends.last()]
    return all(path is None or path.startswith(unit.path) for path in at._spans[campaign.pk])


@dataclass
class BoardRow:
    """One child unit of the board, or the node's own people."""

    unit: Unit
    count: Count = field(default_factory=Count)
    cells: int = 0  # units with people who must study, then
    reported: int = 0  # of these, how many had reported anything
    plan: CampaignPlan | None = None
    plans: int = 0  # units here and below that must organise
    held: int = 0  # of these, how many have
    waits: bool = False  # the unit itself must organise and had not
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
    def waiting_below(self) -> int:
        """Units further down that must organise and had not."""
        return self.plans - self.held - self.waits


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
    credited: int = 0  # of the done, who studied elsewhere; filled where a page shows it

    @property
    def silent_cells(self) -> int:
        return self.cells - self.reported

    @property
    def unorganised(self) -> int:
        return self.plans - self.held

    @property
    def meanings(self) -> list[str]:
        """What the counts of units on this board mean, one sentence each."""
        return [
            words
            for words, count in ((rules.UNORGANISED, self.unorganised), (rules.SILENT, self.silent_cells))
            if count
        ]

    @property
    def sentence(self) -> str:
        return rules.sentence(
            self.total,
            unorganised=self.unorganised,
            organising=self.plans,
            silent=self.silent_cells,
            when=self.as_of.phrase,
        )


def counts_under(campaign: StudyCampaign, unit: Unit) -> bool:
    """Whether the unit belongs to the campaign's branch: it lies under the organiser, or has people of it in today's tree."""
    if unit.path.startswith(campaign.unit.path):
        return True
    return Tally.objects.filter(campaign=campaign, kind__in=campaign.duty_kinds[:1]).under(unit).exists()


def _child_of(path: str, column: str = "path") -> Substr:
    """SQL for the path of the child of the unit at `path` under which a path lies; the unit's own path stays itself."""
    length = len(path)
    return Substr(column, 1, StrIndex(Substr(column, length + 1), Value(".")) + length)


def board(campaign: StudyCampaign, unit: Unit, kind: str, at: AsOf | None = None) -> Board:
    """The node `unit` of a campaign's board with its children, sorted by what needs a hand."""
    at = at or as_of()
    own = path_then(unit, at)
    below = Unit.objects.filter(parent=unit) if at.tree is None else history.children_on(unit, at.tree)
    fields = (
        "name",
        "short_name",
        "path",
        "sort_key",
        "email",
        "depth",
        "closed_on",
        "parent_id",
        "kind__name",
        "kind__level",
    )
    children = list(below.select_related("kind").only(*fields))
    if at.tree is None:
        rows = {child.path: BoardRow(child) for child in children}
    else:
        places = history.paths_on([child.pk for child in children], at.tree)
        rows = {places[child.pk]: BoardRow(child) for child in children}
    if own == unit.path and nodes.is_kept(campaign, unit, kind):
        kept = nodes.sums(campaign, unit, kind, at.moment, at.day, at.tree)
        found = {path: (Count(*five[:3]), five[3], five[4]) for path, five in kept.items()}
    elif at.day:
        found = _sums_then(campaign, unit, kind, at, at.day)
    else:
        found = _sums(campaign, unit, kind, at, rows)
    if at.tree is not None:
        # What has closed by then counts under the unit that followed it, and stands there as a row of its own.
        rows |= {
            path: BoardRow(closed)
            for path, closed in history.units_at(found.keys() - rows.keys() - {own}, at.tree).items()
        }
    history.as_it_was([row.unit for row in rows.values()], at.words)
    if own in found:
        rows[own] = BoardRow(unit, is_own=True)
    for path, (count, cells, told) in found.items():
        if path in rows:
            row = rows[path]
            row.count, row.cells, row.reported = count, cells, told
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


# A unit counts as a cell, and is silent or has reported, only where somebody must study.
_IS_CELL = Q(obliged__gt=0)


def _obliged(campaign: StudyCampaign, unit: Unit, kind: str, at: AsOf) -> TallyQuerySet:
    """The tallies under a unit with `obliged`: how many of their people had to study at that moment.

    Asked of every leaf, because a difference of sums does not tell which of the cells had people then.
    """
    tallies: TallyQuerySet = Tally.objects.filter(_inside(unit, at), campaign=campaign, kind=kind)
    if at.day is None:
        return cast(TallyQuerySet, tallies.annotate(obliged=F("done") + F("owing")))
    later = (
        TallyDay.objects.filter(campaign=campaign, kind=kind, unit=OuterRef("unit"), day__gt=at.day)
        .order_by()
        .values("unit")
        .annotate(change=Sum(F("done") + F("owing")))
        .values("change")
    )
    return cast(TallyQuerySet, tallies.annotate(obliged=F("done") + F("owing") - Coalesce(Subquery(later), 0)))


Sums = dict[str, tuple[Count, int, int]]  # child path → people, cells, cells that have reported


TALLY, TALLY_DAY, PLACE = (model._meta.db_table for model in (Tally, TallyDay, UnitPlace))
# Range by range of the children: grouped by a part of its path, each of a country's 60,000 tallies would be cut and compared.
_NOW = """
WITH child (path, behind) AS (VALUES {ranges})
SELECT child.path, SUM(tally.done), SUM(tally.exempt), SUM(tally.owing),
    SUM(CASE WHEN tally.done + tally.owing > 0 THEN 1 ELSE 0 END),
    SUM(CASE WHEN tally.done + tally.owing > 0 AND tally.reported_at < %s THEN 1 ELSE 0 END)
FROM child {each} {tally} AS tally {where} tally.campaign_id = %s AND tally.kind = %s
    AND tally.path >= child.path AND tally.path < child.behind {end_of_tally}
GROUP BY child.path
"""
_PLANS = """
WITH child (path, behind) AS (VALUES {ranges})
SELECT child.path, COUNT(*), SUM(CASE WHEN plan.first_held_at < %s THEN 1 ELSE 0 END)
FROM child {each} {plan} AS plan {where} plan.campaign_id = %s
    AND plan.path >= child.path AND plan.path < child.behind {end_of_plan}
GROUP BY child.path
"""
# Of an earlier day's tree: what has come, moved or closed since is taken from where it is and put where it was then.
_PLANS_THEN = """
UNION ALL
SELECT plan.path, -1, CASE WHEN plan.first_held_at < %s THEN -1 ELSE 0 END
FROM (SELECT DISTINCT unit_id FROM {place} WHERE valid_from > %s OR valid_to >= %s) AS moved
    JOIN {plan} AS plan ON plan.campaign_id = %s AND plan.unit_id = moved.unit_id
UNION ALL
SELECT place.path, 1, CASE WHEN plan.first_held_at < %s THEN 1 ELSE 0 END
FROM {place} AS place JOIN {plan} AS plan ON plan.campaign_id = %s AND plan.unit_id = place.unit_id
WHERE place.valid_from <= %s AND place.valid_to >= %s
"""


def _by_child(statement: str, own: str, children: Iterable[str], parameters: list[Any]) -> list[tuple[Any, ...]]:
    """Rows of a statement that sums over the ranges of these children and, apart, over the node's own place."""
    ranges = [(path, path_end(path)) for path in children] + [(own, own + "!")]
    # Both are made to look into the index once a child: left to themselves they read every row and compare it with each.
    if connection.vendor == "postgresql":
        text = 'CAST(%s AS text) COLLATE "C"'
        loops = {"each": "CROSS JOIN LATERAL (SELECT * FROM", "where": "WHERE"}
        loops |= {f"end_of_{name}": f"OFFSET 0) AS {name}" for name in ("tally", "plan")}
    else:
        text, loops = "%s", {"each": "CROSS JOIN", "where": "ON", "end_of_tally": "", "end_of_plan": ""}
    shown = ", ".join([f"({text}, {text})"] * len(ranges))
    return select(
        statement.format(ranges=shown, tally=TALLY, plan=CampaignPlan._meta.db_table, place=PLACE, **loops),
        [*(end for one in ranges for end in one), *parameters],
    )


def _sums(campaign: StudyCampaign, unit: Unit, kind: str, at: AsOf, children: Iterable[str]) -> Sums:
    moment = connection.ops.adapt_datetimefield_value(at.moment)
    rows = _by_child(_NOW, unit.path, children, [moment, campaign.pk, kind])
    return {
        child: (Count(int(done), int(exempt), int(owing)), int(cells), int(told))
        for child, done, exempt, owing, cells, told in rows
    }


# Leaf by leaf today's tally less the days since, then the leaves of each child: one pass over both tables.
_THEN = """
SELECT SUBSTR(path, 1, {index}(SUBSTR(path, %s), '.') + %s) AS child, SUM(done), SUM(exempt), SUM(owing),
    SUM(CASE WHEN done + owing > 0 THEN 1 ELSE 0 END), SUM(CASE WHEN done + owing > 0 AND told = 1 THEN 1 ELSE 0 END)
FROM (
    SELECT path, SUM(done) AS done, SUM(exempt) AS exempt, SUM(owing) AS owing, MAX(told) AS told
    FROM (
        SELECT path, done, exempt, owing, CASE WHEN reported_at < %s THEN 1 ELSE 0 END AS told FROM {tally}
        WHERE campaign_id = %s AND kind = %s AND path >= %s AND path < %s
        UNION ALL
        SELECT path, -done, -exempt, -owing, 0 FROM {tally_day}
        WHERE campaign_id = %s AND kind = %s AND day > %s AND path >= %s AND path < %s
    ) AS moves
    GROUP BY path
) AS leaves
GROUP BY child
"""


# The same on the tree of that day: the places of the day say where each unit counted, so its rows are found by their unit.
_THEN_THERE = """
SELECT SUBSTR(path, 1, {index}(SUBSTR(path, %s), '.') + %s) AS child, SUM(done), SUM(exempt), SUM(owing),
    SUM(CASE WHEN done + owing > 0 THEN 1 ELSE 0 END), SUM(CASE WHEN done + owing > 0 AND told = 1 THEN 1 ELSE 0 END)
FROM (
    SELECT path, SUM(done) AS done, SUM(exempt) AS exempt, SUM(owing) AS owing, MAX(told) AS told
    FROM (
        SELECT place.path, tally.done, tally.exempt, tally.owing, CASE WHEN tally.reported_at < %s THEN 1 ELSE 0 END AS told
        FROM {place} AS place JOIN {tally} AS tally
            ON tally.campaign_id = %s AND tally.kind = %s AND tally.unit_id = place.unit_id
        WHERE place.path >= %s AND place.path < %s AND place.valid_from <= %s
            AND (place.valid_to IS NULL OR place.valid_to >= %s)
        UNION ALL
        SELECT place.path, -since.done, -since.exempt, -since.owing, 0
        FROM {place} AS place JOIN {tally_day} AS since
            ON since.campaign_id = %s AND since.kind = %s AND since.unit_id = place.unit_id AND since.day > %s
        WHERE place.path >= %s AND place.path < %s AND place.valid_from <= %s
            AND (place.valid_to IS NULL OR place.valid_to >= %s)
    ) AS moves
    GROUP BY path
) AS leaves
GROUP BY child
"""


def _sums_then(campaign: StudyCampaign, unit: Unit, kind: str, at: AsOf, day: date) -> Sums:
    path = path_then(unit, at)
    length, end = len(path), path_end(path)
    statement = (_THEN if at.tree is None else _THEN_THERE).format(
        index="STRPOS" if connection.vendor == "postgresql" else "INSTR", tally=TALLY, tally_day=TALLY_DAY, place=PLACE
    )
    place, then = [campaign.pk, kind], connection.ops.adapt_datefield_value(day)
    inside = [path, end] if at.tree is None else [path, end, then, then]
    rows = select(
        statement,
        [
            length + 1, length, connection.ops.adapt_datetimefield_value(at.moment), *place, *inside, *place, then, *inside,
        ],
    )  # fmt: skip
    return {
        child: (Count(int(done), int(exempt), int(owing)), int(cells), int(told))
        for child, done, exempt, owing, cells, told in rows
    }


def plans_inside(campaign: StudyCampaign, unit: Unit, at: AsOf) -> QuerySet[CampaignPlan]:
    """The plans of a campaign at and under a node of the tree shown."""
    path = path_then(unit, at)
    plans = CampaignPlan.objects.filter(campaign=campaign)
    if at.tree is None:
        return plans.filter(unit__path__gte=path, unit__path__lt=path_end(path))
    return plans.filter(unit__in=history.keys_under(path, at.tree))


def _add_plans(campaign: StudyCampaign, unit: Unit, at: AsOf, rows: dict[str, BoardRow]) -> None:
    moment = connection.ops.adapt_datetimefield_value(at.moment)
    own = path_then(unit, at)
    statement, parameters = _PLANS, [moment, campaign.pk]
    if at.tree is not None:
        then = connection.ops.adapt_datefield_value(at.tree)
        statement += _PLANS_THEN
        parameters += [moment, then, then, campaign.pk, moment, campaign.pk, then, then]
    children = [path for path, row in rows.items() if not row.is_own]
    for path, number, held in _by_child(statement, own, children, parameters):
        row = rows.get(path[: path.find(".", len(own)) + 1]) if path.startswith(own) and path != own else None
        if row is not None:  # the unit's own plan is no row of its board
            row.plans += int(number)
            row.held += int(held)
    by_unit = {row.unit.pk: row for row in rows.values() if not row.is_own}
    for plan in CampaignPlan.objects.filter(campaign=campaign, unit__in=list(by_unit)).only(
        "unit_id", "state", "first_held_at"
    ):
        row = by_unit[plan.unit_id]
        row.plan, row.waits = plan, plan.first_held_at is None or plan.first_held_at >= at.moment


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
        .exclude(kind=ResponsibilityKind.PROPAGANDA)  # answers for other work
        .select_related("person")
        .only("unit_id", "person__full_name")
        .order_by("kind", "pk")
    ):
        leaders.setdefault(given.unit_id, []).append(given)
    return heads, leaders


def progress(campaign: StudyCampaign, unit: Unit, kind: str, at: AsOf | None = None) -> list[tuple[date, int]]:
    """How many were done at the end of each day on which that changed, and on the day shown."""
    at = at or as_of()
    if path_then(unit, at) == unit.path and nodes.is_kept(campaign, unit, kind):
        by_day = nodes.done_by_day(campaign, unit, kind, at.tree)
        return _line(sorted((day, done) for day, done in by_day.items() if at.day is None or day <= at.day), at)
    days = TallyDay.objects.filter(_inside(unit, at), campaign=campaign, kind=kind)
    if at.day:
        days = days.filter(day__lte=at.day)
    sums = list(days.order_by("day").values("day").annotate(change=Sum("done")).values_list("day", "change"))
    return _line(sums, at)


def _line(sums: Sequence[tuple[date, int]], at: AsOf) -> list[tuple[date, int]]:
    points = list(zip([day for day, _ in sums], accumulate(change for _, change in sums), strict=True))
    shown = at.day or today()
    if points and points[-1][0] < shown:
        points.append((shown, points[-1][1]))
    return points


def names(campaign: StudyCampaign, unit: Unit, kind: str, at: AsOf | None = None) -> QuerySet[StudyDuty]:
    """The duties behind a figure, with `state_then`, `reason_then`, `unit_then` and `unit_key_then` of the moment shown.

    Of an earlier day these are the duties that counted under the unit then, wherever their people are now.
    """
    at = at or as_of()
    duties = StudyDuty.objects.filter(campaign=campaign, kind=kind).select_related("person", "unit")
    is_whole = holds_all(campaign, unit, at)
    here = history.keys_under(path_then(unit, at), at.tree)  # the keys of the units lead to the index
    if at.day is None:
        if not is_whole:
            duties = duties.filter(unit__in=here)
        return duties.annotate(
            state_then=F("state"), reason_then=F("reason"), sentence_then=F("sentence"), unit_then=F("unit__name"),
            unit_key_then=F("unit_id"),
        )  # fmt: skip
    before = (
        DutyChange.objects.filter(duty=OuterRef("pk"), at__lt=at.moment).exclude(state_after="").order_by("-at", "-pk")
    )
    if not is_whole:
        # Who counted here then is here now, or has left since; the place itself is asked of these few.
        left = DutyChange.objects.filter(campaign=campaign, kind=kind, at__gte=at.moment, state_after="", unit__in=here)
        duties = duties.filter(Q(unit__in=here) | Q(pk__in=left.order_by().values("duty")))
    duties = duties.annotate(
        state_then=Subquery(before.values("state_after")[:1]),
        reason_then=Subquery(before.values("reason")[:1]),
        sentence_then=Coalesce(Subquery(before.values("sentence")[:1]), Value("")),
        unit_key_then=Subquery(before.values("unit")[:1]),
    ).filter(state_then__isnull=False)
    if not is_whole:
        duties = duties.filter(unit_key_then__in=here)
    name = Unit.objects.filter(pk=OuterRef("unit_key_then")).order_by().values("name")[:1]
    if at.words is None:
        return duties.annotate(unit_then=Coalesce(Subquery(name), F("unit__name")))
    version = UnitVersion.objects.on(at.words).filter(unit=OuterRef("unit_key_then")).order_by().values("name")[:1]
    return duties.annotate(unit_then=Coalesce(Subquery(version), Subquery(name), F("unit__name")))


def superiors_of(units: Iterable[int], unit: Unit, at: AsOf) -> dict[int, str]:
    """What stands between the node shown and each of these units (keys), nearest first, called as it was at that moment.

    Cells of one name are told apart by it; empty for what lies directly under the node, or is the node.
    """
    keys = sorted(set(units))
    paths: dict[int, str] = {}
    for start in range(0, len(keys), 5000):  # so many keys a statement
        paths |= history.paths_on(keys[start : start + 5000], at.tree)
    own = set(ancestor_ids(path_then(unit, at)))
    between = {key: [pk for pk in ancestor_ids(path)[-2::-1] if pk not in own] for key, path in paths.items()}
    known = Unit.objects.in_bulk({pk for above in between.values() for pk in above})
    history.as_it_was(known.values(), at.words)
    return {key: ", ".join(known[pk].name for pk in above if pk in known) for key, above in between.items()}


def silent_units(campaign: StudyCampaign, unit: Unit, kind: str, at: AsOf | None = None) -> QuerySet[Any]:
    """Units with people who must study from which nothing has come at that moment (B-08); adds `obliged`.

    The one definition of silence: the sentence and the figure of a board count these, a message goes to these.
    """
    at = at or as_of()
    return (
        _obliged(campaign, unit, kind, at)
        .filter(_IS_CELL)
        .exclude(reported_at__lt=at.moment)
        .select_related("unit__parent")
    )


def unorganised(campaign: StudyCampaign, unit: Unit, at: AsOf | None = None) -> QuerySet[CampaignPlan]:
    """Plans under a unit that have not been carried out at that moment: the live list of R-031."""
    at = at or as_of()
    return (
        plans_inside(campaign, unit, at)
        .exclude(first_held_at__lt=at.moment)
        .select_related("unit__parent", "unit__kind", "responsible")
    )
