"""Reads of the unit tree: counts, heads, who answers for a unit, search."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Func, IntegerField, OuterRef, Q, QuerySet, Subquery, Value

from quantriet.kit import text
from quantriet.kit.time import today
from quantriet.org.models import (
    Account,
    Appointment,
    Person,
    PostHeld,
    Unit,
    UnitKind,
    UnitResponsibility,
    UnitVersion,
    path_end,
)
from quantriet.org.vocab import ROLES, Level, Permission


@dataclass
class UnitCounts:
    """What stands at and under a unit: grassroots organisations, cells directly under them, members (R-001)."""

    grassroots: int = 0
    cells: int = 0
    members: int = 0
    units: int = 0  # the unit itself included


def unit_counts(units: Iterable[Unit]) -> dict[int, UnitCounts]:
    """Counts at and under each unit, from two statements however many units are asked for.

    The people are counted from their index alone, unit by unit, and pushed up along the paths in memory: a province of
    8,000 cells and 165,000 people takes some 50 ms.
    """
    wanted = {unit.path: UnitCounts() for unit in units}
    found = {unit.pk: wanted[unit.path] for unit in units}
    if not wanted:
        return found
    first, last = min(wanted), max(wanted)  # whatever these two share, all between them share
    alike = next(
        (place for place, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last))
    )
    shared = first[: first.rfind(".", 0, alike) + 1]
    inside = Q(path__gte=shared, path__lt=path_end(shared)) if shared else Q()
    grassroots, cells = set(), set()
    for pk, level, is_grassroots in UnitKind.objects.values_list("pk", "level", "is_grassroots"):
        if is_grassroots:
            grassroots.add(pk)
        elif level == Level.CELL:
            cells.add(pk)
    members = (
        Person.objects.active()
        .members()
        .filter(unit=OuterRef("pk"))
        .order_by()
        # Not Count: its GROUP BY would build a little table for each unit.
        .annotate(number=Func(Value(1), function="COUNT", output_field=IntegerField()))
        .values("number")
    )
    rows = Unit.objects.active().filter(inside).values_list("path", "kind_id", Subquery(members))
    for path, kind, number in rows.order_by():
        place = 0
        while place := path.find(".", place) + 1:
            counts = wanted.get(path[:place])
            if counts is not None:
                counts.units += 1
                counts.members += number
                counts.grassroots += kind in grassroots
                counts.cells += kind in cells
    return found


def unit_heads(units: Iterable[Unit], *, on: date | None = None) -> dict[int, list[PostHeld]]:
    """Who heads each unit and so answers for every campaign in it (R-006), the first in protocol first."""
    found: dict[int, list[PostHeld]] = defaultdict(list)
    held = PostHeld.objects.on(on).filter(
        unit__in=[unit.pk for unit in units], post__is_head=True, person__left_on__isnull=True
    )
    for one in held.select_related("person", "post").order_by("post__rank", "valid_from", "pk"):
        found[one.unit_id].append(one)
    return found


def responsible_leaders(unit: Unit, *, on: date | None = None) -> list[UnitResponsibility]:
    """Leaders who answer for the unit, or for a unit above it, nearest first (R-005)."""
    given = UnitResponsibility.objects.on(on).filter(unit__in=unit.ancestor_ids, person__left_on__isnull=True)
    return list(given.select_related("person__unit", "unit").order_by("-unit__depth", "kind", "person__sort_key"))


def unit_versions(unit: Unit) -> list[UnitVersion]:
    """How the unit was called, of which kind and under whom, the latest first."""
    return list(unit.versions.select_related("kind", "parent").order_by("-valid_from"))


def unit_posts(unit: Unit) -> list[PostHeld]:
    """Posts held in the unit today, in order of protocol."""
    held = PostHeld.objects.on().filter(unit=unit, person__left_on__isnull=True)
    return list(held.select_related("person__unit", "post").order_by("post__rank", "person__sort_key"))


def superiors(units: Iterable[Unit]) -> dict[int, list[Unit]]:
    """The units above each unit, from the root down."""
    units = list(units)
    above = {one for unit in units for one in unit.ancestor_ids[:-1]}
    known = {unit.pk: unit for unit in Unit.objects.filter(pk__in=above)} if above else {}
    return {unit.pk: [known[one] for one in unit.ancestor_ids[:-1] if one in known] for unit in units}


def found_units(rows: QuerySet[Unit], typed: str) -> QuerySet[Unit]:
    """Units whose code is what was typed, or whose name has all its words, marks and capitals aside."""
    words = text.fold(typed).split()
    if not words:
        return rows
    named = Q()
    for word in words:
        named &= Q(name_folded__contains=word)
    return rows.filter(named | Q(code__iexact=text.squeeze(typed)))


def named_units(rows: QuerySet[Unit], typed: str, *, limit: int = 20) -> list[Unit]:
    """The first units that fit what was typed, those that begin so before the others, the higher before the lower."""
    found = found_units(rows.select_related("kind", "parent"), typed).order_by("depth", "sort_key", "pk")[: limit * 5]
    begin = text.fold(typed)
    return sorted(found, key=lambda unit: (unit.code != typed, not unit.name_folded.startswith(begin)))[:limit]


def kinds_in_force(*, on: date | None = None) -> QuerySet[UnitKind]:
    """Kinds of units that exist on a day, from the top of the tree down (P-01)."""
    day = on or today()
    return UnitKind.objects.filter(Q(valid_from__isnull=True) | Q(valid_from__lte=day)).filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=day)
    )


def holders_above(unit: Unit, permission: Permission, *, besides: Account) -> list[tuple[Unit, list[str]]]:
    """Who holds a permission in this unit or above it, besides one account: units from the nearest up, with names."""
    parts = unit.path.rstrip(".").split(".")
    paths = [".".join(parts[: depth + 1]) + "." for depth in range(len(parts))]
    roles = [role for role, spec in ROLES.items() if permission in spec.permissions]
    rows = (
        Appointment.objects.on()
        .filter(role__in=roles, unit__path__in=paths, account__is_active=True)
        .exclude(account=besides)
        .select_related("account", "unit")
        .order_by("account__display_name")
    )
    found: dict[int, tuple[Unit, list[str]]] = {}
    for row in rows:
        names = found.setdefault(row.unit_id, (row.unit, []))[1]
        if row.account.display_name not in names:
            names.append(row.account.display_name)
    return sorted(found.values(), key=lambda one: -len(one[0].path))
