"""The tree as it was: on a day, by ranges of dated paths; and what became of a unit, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Min, Q, QuerySet

from quantriet.kit.time import show_day, today
from quantriet.org.models import (
    MembershipTransfer,
    OrgDecision,
    OrgEvent,
    Person,
    Term,
    Unit,
    UnitKind,
    UnitPlace,
    UnitSuccession,
    UnitVersion,
    path_end,
)
from quantriet.org.queries.units import UnitCounts
from quantriet.org.rules import events as rules
from quantriet.org.vocab import MEMBER_KINDS, DecisionState, Level


def past_day(day: date | None) -> date | None:
    """The day whose tree is asked for; today and later days mean the tree of today (None)."""
    return None if day is None or day >= today() else day


def tree_began() -> date | None:
    """The first day of which the tree is known."""
    first: date | None = UnitPlace.objects.filter(unit__parent__isnull=True).aggregate(first=Min("valid_from"))["first"]
    return first


def before_beginning(day: date | None) -> str:
    """A sentence when nothing is known of that day, else empty."""
    began = tree_began()
    if day is None or began is None or day >= began:
        return ""
    return f"Hệ thống có cây tổ chức từ ngày {show_day(began)}; trước ngày đó chưa có số liệu."


def places_on(day: date) -> QuerySet[UnitPlace]:
    return UnitPlace.objects.on(day)


def place_of(unit: Unit, day: date | None) -> UnitPlace | None:
    """Where a unit stood on a day; None before it was."""
    if day is None:
        return UnitPlace(unit=unit, path=unit.path, is_active=unit.closed_on is None, valid_from=today())
    return places_on(day).filter(unit=unit).first()


def tops_on(scope: Sequence[str], day: date) -> list[str]:
    """Today's paths of the units under `scope` that stood topmost on that day: what somebody sees of that day's tree."""
    inside = Q(pk__in=[])
    for top in scope:
        inside |= Q(unit__path__gte=top, unit__path__lt=path_end(top))
    found: list[str] = []
    last = ""
    for then, now in places_on(day).filter(inside, is_active=True).order_by("path").values_list("path", "unit__path"):
        if not last or not then.startswith(last):
            last = then
            found.append(now)
    return found


def changed_since(day: date | None) -> bool:
    """Whether any unit that stood on that day has another place today: else today's paths answer for that day too."""
    return day is not None and places_on(day).filter(valid_to__isnull=False).exists()


def keys_under(path: str, day: date | None) -> QuerySet[UnitPlace, int] | QuerySet[Unit, int]:
    """The units in a range of paths on a day, as a subquery of their keys."""
    if day is None:
        return Unit.objects.filter(path__gte=path, path__lt=path_end(path)).order_by().values_list("pk", flat=True)
    return places_on(day).filter(path__gte=path, path__lt=path_end(path)).order_by().values_list("unit_id", flat=True)


def paths_on(units: Collection[int], day: date | None) -> dict[int, str]:
    """The path of each of these units on a day."""
    if day is None:
        return dict(Unit.objects.filter(pk__in=units).values_list("pk", "path"))
    return dict(places_on(day).filter(unit__in=units).values_list("unit_id", "path"))


def units_at(paths: Collection[str], day: date) -> dict[str, Unit]:
    """The unit at each of these paths of a day, called as it was then."""
    rows = {place.path: place.unit for place in places_on(day).filter(path__in=paths).select_related("unit__kind")}
    as_it_was(rows.values(), day)
    return rows


def as_it_was(units: Iterable[Unit], day: date | None) -> None:
    """Give units (in memory) the name, kind and superior that they had on a day; what is shown is then of that day.

    Before the first version the first is shown, after the last the last: so a closed unit keeps its name.
    """
    by_key: dict[int, list[Unit]] = defaultdict(list)
    for unit in units:
        by_key[unit.pk].append(unit)
    if day is None or not by_key:
        return
    said = UnitVersion.objects.filter(unit__in=list(by_key)).select_related("kind").order_by("unit_id", "valid_from")
    chosen: dict[int, UnitVersion] = {}
    for version in said:
        if version.unit_id not in chosen or version.valid_from <= day:
            chosen[version.unit_id] = version
    for key, version in chosen.items():
        for unit in by_key[key]:
            if unit.name != version.name:
                unit.short_name = ""
            unit.name, unit.kind, unit.parent_id = version.name, version.kind, version.parent_id
            if unit.closed_on is not None and unit.closed_on >= day:
                unit.closed_on = None


def children_on(unit: Unit, day: date) -> QuerySet[Unit]:
    """Units that stood directly under a unit on a day."""
    below = UnitVersion.objects.on(day).filter(parent=unit).order_by().values("unit_id")
    there = places_on(day).filter(is_active=True).order_by().values("unit_id")
    return Unit.objects.filter(pk__in=below).filter(pk__in=there)


def counts_on(units: Collection[Unit], top: str, day: date) -> dict[int, UnitCounts]:
    """Grassroots organisations, cells and members at and under each unit on a day (R-001); `top` is the path of that day above all.

    Members are told by the moves recorded until that day; what kind of member somebody was then is not kept.
    """
    inside = places_on(day).filter(is_active=True)
    if top:
        inside = inside.filter(path__gte=top, path__lt=path_end(top))
    rows = list(inside.order_by().values_list("unit_id", "path"))
    kinds = {kind.pk: kind for kind in UnitKind.objects.all()}
    keys = inside.order_by().values("unit_id")
    kind_of = dict(UnitVersion.objects.on(day).filter(unit__in=keys).values_list("unit_id", "kind_id"))
    members: dict[int, int] = defaultdict(int)
    moves = MembershipTransfer.objects.done().filter(on__lte=day, person__kind__in=MEMBER_KINDS).order_by()
    for column, sign in (("to_unit", 1), ("from_unit", -1)):
        for key, number in moves.filter(**{f"{column}__in": keys}).values_list(column).annotate(number=Count("pk")):
            members[key] += sign * number
    left = Person.objects.filter(left_on__lte=day, kind__in=MEMBER_KINDS, unit__in=keys).order_by()
    for key, number in left.values_list("unit").annotate(number=Count("pk")):
        members[key] -= number
    path_of = dict(rows)
    wanted = {path_of[unit.pk]: UnitCounts() for unit in units if unit.pk in path_of}
    for unit_id, path in rows:
        kind = kinds.get(kind_of.get(unit_id, 0))
        place = 0
        while place := path.find(".", place) + 1:
            counts = wanted.get(path[:place])
            if counts is not None:
                counts.units += 1
                counts.members += members[unit_id]
                counts.grassroots += bool(kind and kind.is_grassroots)
                counts.cells += bool(kind and not kind.is_grassroots and kind.level == Level.CELL)
    return {unit.pk: wanted[path_of[unit.pk]] for unit in units if unit.pk in path_of}


# ------------------------------------------------------------------------------------------------------- what became of it


@dataclass
class Moment:
    """One line of a unit's history."""

    day: date
    sentence: str
    decision: OrgDecision | None = None
    links: list[Unit] = field(default_factory=list)  # predecessors or successors


def predecessors(unit: Unit) -> list[Unit]:
    """Units out of which this one came, by decisions that are in force."""
    links = UnitSuccession.objects.filter(successor=unit, event__decision__state=DecisionState.IN_FORCE)
    return [one.origin for one in links.select_related("origin").order_by("origin__sort_key")]


def successors(unit: Unit) -> list[Unit]:
    """Units that came out of this one, by decisions that are in force."""
    links = UnitSuccession.objects.filter(origin=unit, event__decision__state=DecisionState.IN_FORCE)
    return [one.successor for one in links.select_related("successor").order_by("successor__sort_key")]


def unit_history(unit: Unit) -> list[Moment]:
    """The life of a unit in words, the latest first: how it began, each version, the decisions that concerned it, its end."""
    told: list[Moment] = []
    events = (
        OrgEvent.objects.filter(units=unit, decision__state=DecisionState.IN_FORCE)
        .select_related("decision")
        .prefetch_related("successions__origin", "successions__successor")
        .defer("decision__undo")
    )
    found = list(events)
    codes = {code.casefold() for event in found for code in _codes(rules.Change.from_json(event.details))}
    names = {
        code.casefold(): name
        for code, name in Unit.objects.filter(code__in=_spelled(found, codes)).values_list("code", "name")
    }
    by_day: set[date] = set()
    for event in found:
        decision = event.decision
        links = {link.origin_id: link.origin for link in event.successions.all() if link.successor_id == unit.pk}
        links |= {link.successor_id: link.successor for link in event.successions.all() if link.origin_id == unit.pk}
        words = rules.sentence(rules.Change.from_json(event.details), event.details.get("names") or names)
        told.append(
            Moment(decision.effective_on, words, decision, sorted(links.values(), key=lambda one: one.sort_key))
        )
        if unit.code in _codes(rules.Change.from_json(event.details)):
            by_day.add(decision.effective_on)  # the event says it all
    versions = list(unit.versions.select_related("kind", "parent").order_by("valid_from"))
    for number, version in enumerate(versions):
        if version.valid_from in by_day:
            continue
        if number == 0:
            under = f", trực thuộc {version.parent.name}" if version.parent else ""
            told.append(
                Moment(version.valid_from, f"Có trong hệ thống với tên “{version.name}” ({version.kind.name}){under}.")
            )
        else:
            told.append(Moment(version.valid_from, _difference(versions[number - 1], version)))
    if unit.closed_on and not any(one.decision and one.day > unit.closed_on for one in told):
        told.append(Moment(unit.closed_on, "Ngày hoạt động cuối cùng."))
    return sorted(told, key=lambda one: one.day, reverse=True)


def _codes(change: rules.Change) -> set[str]:
    return {*change.units, *(part.code for part in change.parts), change.parent, change.receiver} - {""}


def _spelled(events: list[OrgEvent], folded: set[str]) -> set[str]:
    return {
        code for event in events for code in _codes(rules.Change.from_json(event.details)) if code.casefold() in folded
    }


def _difference(before: UnitVersion, after: UnitVersion) -> str:
    words = []
    if before.name != after.name:
        words.append(f"đổi tên từ “{before.name}” thành “{after.name}”")
    if before.kind_id != after.kind_id:
        words.append(f"đổi loại từ “{before.kind.name}” thành “{after.kind.name}”")
    if before.parent_id != after.parent_id and after.parent:
        words.append(f"về trực thuộc {after.parent.name}")
    said = "; ".join(words) or "ghi lại thông tin"
    number = f" (quyết định {after.decision_number})" if after.decision_number else ""
    return f"{said[:1].upper()}{said[1:]}{number}."


# -------------------------------------------------------------------------------------------------------------------- terms


def term_on(unit: Unit, day: date) -> Term | None:
    """The committee's term that a day lies in: of the unit, else of the nearest unit above that keeps terms."""
    return (
        Term.objects.on(day).filter(unit__in=unit.ancestor_ids).select_related("unit").order_by("-unit__depth").first()
    )


def own_term_on(unit: Unit, day: date) -> Term | None:
    """The term of this very unit that a day lies in."""
    return Term.objects.on(day).filter(unit=unit).first()


def waiting_transfers(people: Q | None = None) -> QuerySet[MembershipTransfer]:
    """Moves dated ahead that still wait for their day."""
    rows = MembershipTransfer.objects.filter(is_waiting=True)
    return rows.filter(people) if people is not None else rows
