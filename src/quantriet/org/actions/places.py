"""Rows of the dated tree: where a unit stands from a day on. A subtree moves by its prefix, in few statements."""
# ruff: noqa: S608  (every word of these statements is ours; whatever a person gave is a parameter)

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q

from quantriet.kit.db import execute
from quantriet.org.models import Unit, UnitPlace, UnitVersion, path_end, path_segment

UNIT, PLACE = Unit._meta.db_table, UnitPlace._meta.db_table


def settle_units(units: Sequence[Unit], since: date) -> None:
    """Write the first version and places of units that are new, each below a superior that has its own already.

    `units` come with the day they were founded (`established_on`). The tree knows nothing of a unit before its superior
    stands in it, so that on each day every path is the chain of its superiors.
    """
    parents = {unit.parent_id for unit in units if unit.parent_id is not None}
    above: dict[int, list[UnitPlace]] = {}
    for place in UnitPlace.objects.filter(unit__in=parents).order_by("valid_from"):
        above.setdefault(place.unit_id, []).append(place)
    versions, places = [], []
    for unit in units:
        first = unit.established_on or since
        segment = path_segment(unit.pk)
        if unit.parent_id is None:
            made = [UnitPlace(unit=unit, path=unit.path, valid_from=first)]
        else:
            made = [
                UnitPlace(
                    unit=unit, path=one.path + segment, valid_from=max(first, one.valid_from), valid_to=one.valid_to,
                    is_active=one.is_active,
                )
                for one in above[unit.parent_id]
                if one.valid_to is None or one.valid_to >= first
            ]  # fmt: skip
        places += made
        versions.append(
            UnitVersion(
                unit=unit, valid_from=made[0].valid_from, name=unit.name, kind_id=unit.kind_id, parent_id=unit.parent_id,
                decision_number=getattr(unit, "founding_decision", ""),
            )
        )  # fmt: skip
    UnitPlace.objects.bulk_create(places, batch_size=2000)
    UnitVersion.objects.bulk_create(versions, batch_size=2000)


def new_version(unit: Unit, day: date, *, decision_number: str, **new: Any) -> None:
    """Let a unit be called, be of a kind or stand under somebody else from `day` on; the page of before is kept."""
    open_one = UnitVersion.objects.get(unit=unit, valid_to__isnull=True)
    if open_one.valid_from == day:
        UnitVersion.objects.filter(pk=open_one.pk).update(decision_number=decision_number, **new)
    else:
        UnitVersion.objects.filter(pk=open_one.pk).update(valid_to=day - timedelta(days=1))
        kept = {"name": open_one.name, "kind_id": open_one.kind_id, "parent_id": open_one.parent_id}
        UnitVersion.objects.create(unit=unit, valid_from=day, decision_number=decision_number, **{**kept, **new})
    Unit.objects.filter(pk=unit.pk).update(**{name: value for name, value in new.items() if name != "parent_id"})


def move_subtree(unit: Unit, parent: Unit, day: date) -> None:
    """Hang a unit with everything below it under another from `day` on: today's paths and those of the days since.

    `unit` and `parent` know their present path and depth and know the new ones afterwards.
    """
    before, after = unit.path, parent.path + path_segment(unit.pk)
    end, rest = path_end(before), len(before) + 1
    start = connection.ops.adapt_datefield_value(day)
    eve = connection.ops.adapt_datefield_value(day - timedelta(days=1))
    deeper = parent.depth + 1 - unit.depth
    execute(
        f"UPDATE {UNIT} SET path = %s || SUBSTR(path, %s), depth = depth + %s WHERE path >= %s AND path < %s",
        [(after, rest, deeper, before, end)],
    )
    Unit.objects.filter(pk=unit.pk).update(parent_id=parent.pk)
    lasting = "path >= %s AND path < %s AND valid_from < %s AND (valid_to IS NULL OR valid_to >= %s)"
    execute(
        f"INSERT INTO {PLACE} (unit_id, path, is_active, valid_from, valid_to)"
        f" SELECT unit_id, %s || SUBSTR(path, %s), is_active, %s, valid_to FROM {PLACE} WHERE {lasting}",
        [(after, rest, start, before, end, start, start)],
    )
    execute(f"UPDATE {PLACE} SET valid_to = %s WHERE {lasting}", [(eve, before, end, start, start)])
    execute(
        f"UPDATE {PLACE} SET path = %s || SUBSTR(path, %s) WHERE path >= %s AND path < %s AND valid_from >= %s",
        [(after, rest, before, end, start)],
    )
    unit.path, unit.depth, unit.parent_id = after, unit.depth + deeper, parent.pk


def close_place(unit: Unit, day: date, successor: Unit | None) -> None:
    """End a unit on the day before `day`; from then on its figures count under the unit that follows it, if one does."""
    eve = day - timedelta(days=1)
    # What began on this very day has not lasted one; the version before it ended on the eve.
    UnitVersion.objects.filter(unit=unit, valid_from=day).delete()
    UnitVersion.objects.filter(unit=unit, valid_to__isnull=True).update(valid_to=eve)
    Unit.objects.filter(pk=unit.pk).update(closed_on=eve)
    unit.closed_on = eve
    if successor is not None:
        move_subtree(unit, successor, day)
    elif UnitPlace.objects.filter(unit=unit, valid_to__isnull=True, valid_from__lt=day).update(valid_to=eve):
        UnitPlace.objects.create(unit=unit, path=unit.path, valid_from=day)
    UnitPlace.objects.filter(unit=unit, valid_from__gte=day).update(is_active=False)


Rows = list[list[Any]]


def keep_rows(units: Sequence[int], day: date) -> dict[str, Rows]:
    """The rows of these units that a change from `day` on may touch, as plain values, for `put_rows_back`."""

    def plain(rows: Any) -> Rows:
        return [[value.isoformat() if isinstance(value, date) else value for value in row] for row in rows]

    lasting = Q(valid_to__isnull=True) | Q(valid_to__gte=day)
    kept: dict[str, Rows] = {"units": [], "versions": [], "places": []}
    for start in range(0, len(units), 2000):
        some = list(units[start : start + 2000])
        kept["units"] += plain(Unit.objects.filter(pk__in=some).order_by("pk").values_list(*_UNIT))
        kept["versions"] += plain(UnitVersion.objects.filter(lasting, unit__in=some).values_list(*_VERSION))
        kept["places"] += plain(UnitPlace.objects.filter(lasting, unit__in=some).values_list(*_PLACE))
    return kept


_UNIT = ("pk", "parent_id", "path", "depth", "closed_on", "name", "kind_id")
_VERSION = ("unit_id", "valid_from", "valid_to", "name", "kind_id", "parent_id", "decision_number")
_PLACE = ("unit_id", "valid_from", "valid_to", "path", "is_active")


def put_rows_back(kept: dict[str, Rows], day: date) -> None:
    """Bring rows back to what `keep_rows` saw; nothing may have been built on them since (the caller has made sure)."""
    keys = [row[0] for row in kept["units"]]
    lasting = Q(valid_to__isnull=True) | Q(valid_to__gte=day)
    for start in range(0, len(keys), 2000):
        some = keys[start : start + 2000]
        UnitVersion.objects.filter(lasting, unit__in=some).delete()
        UnitPlace.objects.filter(lasting, unit__in=some).delete()
    # What was cut short on the eve of the day comes back whole.
    dated: list[tuple[Any, Rows, tuple[str, ...]]] = [
        (UnitVersion, kept["versions"], _VERSION), (UnitPlace, kept["places"], _PLACE),
    ]  # fmt: skip
    for model, rows, names in dated:
        execute(
            f"DELETE FROM {model._meta.db_table} WHERE unit_id = %s AND valid_from = %s",
            [(row[0], row[1]) for row in rows],
        )
        model.objects.bulk_create((model(**dict(zip(names, row, strict=True))) for row in rows), batch_size=2000)
    # Paths are unique: the old ones may be taken by units that move back in the same statement's reach.
    execute(f"UPDATE {UNIT} SET path = %s WHERE id = %s", [(f"back:{row[0]}", row[0]) for row in kept["units"]])
    execute(
        f"UPDATE {UNIT} SET parent_id = %s, path = %s, depth = %s, closed_on = %s WHERE id = %s",
        [(row[1], row[2], row[3], row[4], row[0]) for row in kept["units"]],
    )
