"""A timetable as its rules see it, and as its pages show it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, QuerySet, Sum

from quantriet.campaigns.models import StudyDuty
from quantriet.classes.models import (
    TimetableCell,
    TimetableClass,
    TimetableDemand,
    TimetableHall,
    TimetablePlan,
    TimetableReporter,
    TimetableSession,
    TimetableShare,
)
from quantriet.classes.queries.placements import placed
from quantriet.classes.queries.rosters import find_people
from quantriet.classes.rules import planning
from quantriet.classes.vocab import PlanDemandKind, TimetableState
from quantriet.kit.time import local, show_day
from quantriet.org.models import Person, PostHeld
from quantriet.speakers.models import Reporter

_FOUND = 20  # people whom a search for reporters shows
_FEWEST_OUTSIDE = 5  # of whoever is on no register, also where the register fills the list
_BUSY_DAY = {PlanDemandKind.OFF, PlanDemandKind.HALL_OFF, PlanDemandKind.SPEAKER_OFF}


def plan_rows(plans: QuerySet[TimetablePlan]) -> QuerySet[TimetablePlan]:
    """Timetables as a list shows them."""
    return plans.select_related("campaign", "unit").annotate(
        class_count=Count("classes", distinct=True), session_count=Count("sessions", distinct=True)
    )


def owing_in(plan: TimetablePlan) -> QuerySet[StudyDuty]:
    """Duties of whoever the plan is to give a place: owing, of its tier, under its unit, in no running class."""
    return placed(plan.campaign, "none", plan.unit).filter(tier=plan.tier)


def counted_cells(plan: TimetablePlan) -> dict[int, tuple[int, int]]:
    """For each cell of whom somebody is to study: how many, and how many are on its list altogether."""
    people = _waiting(plan)
    members = Person.objects.active().filter(unit__in=list(people)).order_by()
    strength = dict(members.values_list("unit_id").annotate(n=Count("pk")))
    return {unit: (count, max(count, strength.get(unit, 0))) for unit, count in people.items()}


def _waiting(plan: TimetablePlan) -> Counter[int]:
    """For each cell how many wait for a class now, as the ledger and the rosters have it."""
    return Counter(dict(owing_in(plan).order_by().values_list("unit_id").annotate(n=Count("pk"))))


def plan_drift(plan: TimetablePlan) -> planning.Drift:
    """How a computed plan differs from the ledger of now, cell by cell. Two counts, whatever the size of the plan."""
    shares = TimetableShare.objects.filter(timetable_class__plan=plan).order_by()
    planned = Counter(dict(shares.values_list("cell__unit_id").annotate(n=Sum("count"))))
    return planning.drift(planned, _waiting(plan))


def want_of_reporters(plan: TimetablePlan) -> str:
    """Why no plan can come of the reporters that are entered, as far as it shows before computing; empty when it may.

    At most five statements. Without sessions, halls or people only a missing reporter is told, the rest is not known yet.
    """
    if not plan.demands.filter(kind=PlanDemandKind.SPEAKER).exists():
        return ""
    people = plan.cells.aggregate(n=Sum("people"))["n"] or 0
    seats = list(plan.halls.values_list("capacity", flat=True))
    most = list(plan.reporters.values_list("most_classes", flat=True))
    return planning.want_of_reporters(people, seats, plan.sessions.count(), most)


def find_reporters(
    people: QuerySet[Person], entries: QuerySet[Reporter] | None, words: str
) -> list[tuple[Person, str | None]]:
    """People who fit what was typed with the registers on which they stand: those first, whoever is on none after them.

    Without `entries` nothing can be said of registers, and nobody is told to be outside.
    """
    if entries is None:
        return [(one, None) for one in find_people(people, words)]
    inside = find_people(people.filter(pk__in=entries.values("person")), words, limit=_FOUND)
    told = registers_of(entries, [one.pk for one in inside])
    outside = find_people(
        people.exclude(pk__in=entries.values("person")), words, limit=max(_FEWEST_OUTSIDE, _FOUND - len(inside))
    )
    return [*((one, told[one.pk]) for one in inside), *((one, "") for one in outside)]


def registers_of(entries: QuerySet[Reporter], people: Collection[int]) -> dict[int, str]:
    """On whose register each of these people stands and as what, in words; nothing of whoever is on none."""
    found: dict[int, list[str]] = defaultdict(list)
    for one in entries.filter(person__in=people).select_related("unit").order_by("unit__depth", "kind", "pk"):
        found[one.person_id].append(f"{one.kind_label.lower()}, {one.unit.short_name or one.unit.name}")
    return {person: "; ".join(words) for person, words in found.items()}


def session_words(session: TimetableSession) -> str:
    """ "buổi sáng 07/12/2026"."""
    title = session.title[:1].lower() + session.title[1:]
    return f"{title} {show_day(local(session.starts_at).date())}"


def place_words(session: TimetableSession, hall: TimetableHall) -> str:
    """ "Hội trường xã, buổi sáng 07/12/2026"."""
    return f"{hall.name}, {session_words(session)}"


@dataclass(frozen=True)
class Loaded:
    """A timetable read whole, in a fixed number of statements: its rows, its problem and its present plan."""

    plan: TimetablePlan
    sessions: list[TimetableSession]
    halls: list[TimetableHall]
    reporters: list[TimetableReporter]
    cells: list[TimetableCell]
    demands: list[TimetableDemand]
    classes: list[TimetableClass]
    shares: list[TimetableShare]
    problem: planning.Problem
    present: planning.Plan

    @property
    def conflicts(self) -> list[planning.Conflict]:
        return planning.conflicts(self.problem, self.present)


def load_timetable(plan: TimetablePlan) -> Loaded:
    """Read a timetable; the key of a cell's group is the cell's, that of a person alone is the person's with a minus."""
    sessions, halls = list(plan.sessions.all()), list(plan.halls.all())
    reporters = list(plan.reporters.select_related("person"))
    cells = list(plan.cells.select_related("unit__parent").order_by("unit__path"))
    demands = list(plan.demands.all())
    problem = _problem(plan, sessions, halls, reporters, cells, demands)
    classes = list(plan.classes.select_related("session", "hall", "reporter__person", "study_class"))
    shares = list(TimetableShare.objects.filter(timetable_class__plan=plan).select_related("person"))
    where = {one.pk: (one.session_id, one.hall_id) for one in classes}
    seats: dict[tuple[int, int, int], int] = defaultdict(int)
    for share in shares:
        key = -share.person_id if share.person_id and -share.person_id in problem.group_of else share.cell_id
        seats[(key, *where[share.timetable_class_id])] += share.count
    present = planning.Plan(dict(seats), {(one.session_id, one.hall_id): one.reporter_id for one in classes})
    return Loaded(plan, sessions, halls, reporters, cells, demands, classes, shares, problem, present)


def _problem(
    plan: TimetablePlan,
    sessions: list[TimetableSession],
    halls: list[TimetableHall],
    reporters: list[TimetableReporter],
    cells: list[TimetableCell],
    rows: list[TimetableDemand],
) -> planning.Problem:
    slots = tuple(planning.Slot(one.pk, session_words(one), one.starts_at, one.ends_at) for one in sessions)
    on_day: dict[date, set[int]] = defaultdict(set)
    for one in sessions:
        on_day[local(one.starts_at).date()].add(one.pk)
    kinds = {row.kind for row in rows}
    singles = _singles(plan, cells, reporters, kinds)
    alone: Counter[int] = Counter(single.cell for single in singles)
    guests: Counter[int] = Counter(single.second for single in singles if single.second is not None)
    wishes: dict[int, set[int]] = defaultdict(set)
    demands = [planning.Demand(PlanDemandKind.SEATS, hall=hall.pk) for hall in halls]
    demands += [
        planning.Demand(PlanDemandKind.SPEAKER_LOAD, speaker=one.pk, amount=one.most_classes)
        for one in reporters
        if one.most_classes is not None
    ]
    minutes: dict[tuple[str, str], int] = {}
    # A demand of a cell's own goes before that for all cells.
    own = {(row.kind, row.cell_id) for row in rows if row.cell_id is not None}
    for row in rows:
        kind = PlanDemandKind(row.kind)
        days = frozenset(on_day.get(row.day, ())) if row.day else frozenset()
        words = show_day(row.day) if row.day else ""
        if kind == PlanDemandKind.WAY:
            minutes[row.place, row.other_place] = row.amount or 0
        elif kind == PlanDemandKind.WISH and row.cell_id:
            wishes[row.cell_id] |= days
        elif kind in (PlanDemandKind.DUTY, PlanDemandKind.TRAVEL):
            demands += [
                planning.Demand(kind, office=cell.pk, amount=row.amount or 0, basis=row.basis)
                for cell in cells
                if cell.people and (row.cell_id == cell.pk or (row.cell_id is None and (kind, cell.pk) not in own))
            ]
        elif kind in _BUSY_DAY:
            demands.append(
                planning.Demand(
                    kind,
                    office=row.cell_id,
                    hall=row.hall_id,
                    speaker=row.reporter_id,
                    slots=days,
                    words=words,
                    basis=row.basis,
                )
            )
        elif kind in (PlanDemandKind.SPEAKER, PlanDemandKind.SPEAKER_WAY):
            demands.append(planning.Demand(kind, basis=row.basis))
        elif kind == PlanDemandKind.TWO_POSTS:
            demands += [
                planning.Demand(kind, groups=(-single.person,), basis=row.basis)
                for single in singles
                if single.second is not None or single.reporter is not None
            ]
        elif kind == PlanDemandKind.APART:
            leaders: dict[int, list[int]] = defaultdict(list)
            for single in singles:
                if single.leads:
                    leaders[single.cell].append(-single.person)
            demands += [
                planning.Demand(kind, office=cell, groups=tuple(keys), basis=row.basis)
                for cell, keys in leaders.items()
                if len(keys) > 1
            ]
    # Also of a cell in which nobody waits any more: who is still placed there is told as too many.
    groups = [planning.Group(cell.pk, cell.pk, max(0, cell.people - alone[cell.pk])) for cell in cells]
    groups += [
        planning.Group(-one.person, one.cell, 1, one.name, second_office=one.second, speaker=one.reporter)
        for one in singles
    ]
    return planning.Problem(
        slots,
        tuple(planning.Hall(one.pk, one.name, one.capacity, one.place) for one in halls),
        tuple(planning.Speaker(one.pk, one.person.full_name) for one in reporters),
        tuple(
            planning.Office(
                cell.pk, cell.unit.name, max(cell.people, cell.strength) + guests[cell.pk], cell.place,
                frozenset(wishes[cell.pk]),
            )
            for cell in cells
        ),
        tuple(groups),
        tuple(demands),
        minutes,
        plan.usual_minutes,
    )  # fmt: skip


@dataclass(frozen=True)
class _Single:
    person: int
    name: str
    cell: int
    second: int | None = None
    reporter: int | None = None
    leads: bool = False


def _singles(
    plan: TimetablePlan, cells: list[TimetableCell], reporters: list[TimetableReporter], kinds: set[str]
) -> list[_Single]:
    """Those who are to study and whom a demand names: with a post elsewhere, as reporters, as leaders of their cell."""
    if not kinds & {PlanDemandKind.TWO_POSTS, PlanDemandKind.APART} or not cells:
        return []
    cell_of = {cell.unit_id: cell.pk for cell in cells}
    posts: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    held = PostHeld.objects.on().filter(unit__in=list(cell_of))
    for person_id, unit_id, *leads in held.values_list(
        "person_id", "unit_id", "post__is_head", "post__is_leader", "post__is_standing"
    ):
        posts[person_id].append((unit_id, any(leads)))
    speaks = {one.person_id: one.pk for one in reporters}
    wanted = posts.keys() | speaks.keys()
    owing: list[tuple[int, int, str]] = []
    keys = sorted(wanted)
    for start in range(0, len(keys), 500):
        portion = owing_in(plan).filter(person_id__in=keys[start : start + 500])
        owing += list(portion.order_by("person_id").values_list("person_id", "unit_id", "person__full_name"))
    found = []
    for person_id, unit_id, name in owing:
        if unit_id not in cell_of:
            continue
        others = [cell_of[unit] for unit, _leads in posts[person_id] if unit != unit_id]
        leads = any(is_leader for unit, is_leader in posts[person_id] if unit == unit_id)
        has_two = PlanDemandKind.TWO_POSTS in kinds
        second = min(others) if others and has_two else None
        reporter = speaks.get(person_id) if has_two else None
        leads = leads and PlanDemandKind.APART in kinds
        if second is not None or reporter is not None or leads:
            found.append(_Single(person_id, name, cell_of[unit_id], second, reporter, leads))
    return found


# --- for pages --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ClassLine:
    """One class of a timetable on its page."""

    row: TimetableClass
    people: int
    conflicts: tuple[str, ...] = ()

    @property
    def over(self) -> int:
        return max(0, self.people - self.row.hall.capacity)


@dataclass(frozen=True)
class SessionLine:
    """A session of a timetable with its classes; `cells` go with the halls of the table, None where nothing is held."""

    session: TimetableSession
    words: str
    cells: list[ClassLine | None] = field(default_factory=list)

    @property
    def held(self) -> list[ClassLine]:
        return [one for one in self.cells if one is not None]

    @property
    def people(self) -> int:
        return sum(one.people for one in self.held)


def session_lines(loaded: Loaded) -> list[SessionLine]:
    """The plan as a table: a line for each session, a column for each hall."""
    people = loaded.present.filled()
    told: dict[tuple[int, int], list[str]] = defaultdict(list)
    for conflict in loaded.conflicts:
        for place in conflict.places:
            told[place].append(conflict.sentence)
    classes = {(one.session_id, one.hall_id): one for one in loaded.classes}
    lines = []
    for session in loaded.sessions:
        line = SessionLine(session, session_words(session))
        for hall in loaded.halls:
            place = (session.pk, hall.pk)
            row = classes.get(place)
            line.cells.append(ClassLine(row, people.get(place, 0), tuple(told[place])) if row else None)
        lines.append(line)
    return lines


def cell_rows(plan: TimetablePlan) -> QuerySet[TimetableCell]:
    """The cells of a plan with how many have a place."""
    return plan.cells.select_related("unit").annotate(seated=Sum("shares__count"))


def demand_words(row: TimetableDemand) -> str:
    """A written demand as one line of the page: what, of whom, when, how much."""
    parts: list[str] = []
    if row.cell_id and row.cell:
        parts.append(row.cell.unit.name)
    if row.hall_id and row.hall:
        parts.append(row.hall.name)
    if row.reporter_id and row.reporter:
        parts.append(row.reporter.person.full_name)
    if row.kind in (PlanDemandKind.DUTY, PlanDemandKind.TRAVEL) and not row.cell_id:
        parts.append("mọi chi bộ")
    if row.kind == PlanDemandKind.WAY:
        parts.append(f"{row.place} – {row.other_place}")
    if row.day:
        parts.append(show_day(row.day))
    if row.amount is not None:
        parts.append(f"{row.amount}%" if row.kind == PlanDemandKind.DUTY else f"{row.amount} phút")
    return ", ".join(parts)


def gap_percent(plan: TimetablePlan) -> float | None:
    """How much dearer than the proved bound the plan is at most, in per cent; None when no plan was computed."""
    if not plan.cost or plan.bound is None or plan.state == TimetableState.DRAFT:
        return None
    return max(0.0, (plan.cost - plan.bound) * 100 / plan.cost)


def wish_lines(loaded: Loaded) -> list[dict[str, Any]]:
    """What cells wished and cannot, a line for each cell: what goes into Excel and comes back from it."""
    by_cell: dict[tuple[int, str], list[TimetableDemand]] = defaultdict(list)
    for row in loaded.demands:
        if row.cell_id:
            by_cell[row.cell_id, row.kind].append(row)
    lines = []
    for cell in loaded.cells:
        off = sorted({row.day for row in by_cell[cell.pk, PlanDemandKind.OFF] if row.day})
        wish = sorted({row.day for row in by_cell[cell.pk, PlanDemandKind.WISH] if row.day})
        duty = by_cell[cell.pk, PlanDemandKind.DUTY]
        lines.append(
            {
                "code": cell.unit.code, "name": cell.unit.name, "people": cell.people, "place": cell.place,
                "off": "; ".join(map(show_day, off)), "wish": "; ".join(map(show_day, wish)),
                "duty": duty[0].amount if duty else None,
            }
        )  # fmt: skip
    return lines
