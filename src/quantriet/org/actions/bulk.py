"""Writers of a whole tree or list at once, for set-up and demo data: the same rows as one by one, in few statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction

from quantriet.audit.actions import record_many
from quantriet.kit import text
from quantriet.kit.db import rows_were_written
from quantriet.org.actions.places import settle_units
from quantriet.org.models import (
    Account,
    ActivityExemption,
    MembershipTransfer,
    Person,
    PostHeld,
    PostKind,
    Unit,
    UnitKind,
    path_segment,
)

BATCH = 2000


@dataclass(frozen=True)
class NewUnit:
    """A unit to enter; its parent stands before it in the list or in the tree already."""

    code: str
    name: str
    kind: str
    parent: str
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NewPerson:
    """A person to enter; `posts` are (post code, unit code, managing level), `exempt` a reason or nothing."""

    code: str
    full_name: str
    unit: str
    joined_on: date
    details: dict[str, Any] = field(default_factory=dict)
    posts: tuple[tuple[str, str, str], ...] = ()
    exempt: str = ""


def add_units_at_once(
    new: Sequence[NewUnit], *, under: Unit | None, by: Account | None, at: datetime, valid_from: date
) -> dict[str, Unit]:
    """Enter units in one transaction, a level of the tree at a time; returns them by code."""
    kinds = {kind.code: kind for kind in UnitKind.objects.all()}
    done: dict[str, Unit] = {under.code: under} if under else {}
    waiting = list(new)
    with transaction.atomic():
        while waiting:
            ready = [one for one in waiting if not one.parent or one.parent in done]
            if not ready:
                raise ValueError(f"units without a parent: {[one.code for one in waiting[:5]]}")
            rows = [_unit(one, kinds[one.kind], done.get(one.parent), valid_from) for one in ready]
            rows = Unit.objects.bulk_create(rows, batch_size=BATCH)
            for row in rows:
                row.path = (row.parent.path if row.parent else "") + path_segment(row.pk)
                done[row.code] = row
            Unit.objects.bulk_update(rows, ["path"], batch_size=500)
            taken = {one.code for one in ready}
            waiting = [one for one in waiting if one.code not in taken]
            settle_units(rows, valid_from)
        made = [done[one.code] for one in new]
        record_many(
            "unit.added",
            by=by,
            at=at,
            lines=[(unit, unit, {}, {"code": unit.code, "name": unit.name}) for unit in made],
        )
    return {unit.code: unit for unit in made}


def _unit(new: NewUnit, kind: UnitKind, parent: Unit | None, day: date) -> Unit:
    name = text.squeeze(new.name)
    return Unit(
        code=new.code,
        name=name,
        name_folded=text.fold(name),
        sort_key=text.natural_key(name),
        kind=kind,
        parent=parent,
        path=f"new:{new.code}",
        depth=parent.depth + 1 if parent else 0,
        established_on=day,
        **new.details,
    )


def add_people_at_once(
    new: Sequence[NewPerson], *, units: dict[str, Unit], by: Account | None, at: datetime
) -> dict[str, Person]:
    """Enter people with their first transfer, posts and exemptions in one transaction; returns them by code."""
    with transaction.atomic():
        rows = [
            Person(
                code=one.code,
                full_name=text.squeeze(one.full_name),
                name_folded=text.fold(one.full_name),
                sort_key=text.name_key(one.full_name),
                search_key=text.search_key(one.full_name),
                unit=units[one.unit],
                joined_on=one.joined_on,
                **one.details,
            )
            for one in new
        ]
        people = {row.code: row for row in Person.objects.bulk_create(rows, batch_size=BATCH)}
        MembershipTransfer.objects.bulk_create(
            (MembershipTransfer(person=row, to_unit=row.unit, on=row.joined_on) for row in people.values()),  # type: ignore[misc]
            batch_size=BATCH,
        )
        rows_were_written(Person, len(people))
        _hold_posts(new, people, units)
        ActivityExemption.objects.bulk_create(
            (
                ActivityExemption(person=people[one.code], valid_from=one.joined_on, reason=one.exempt)
                for one in new
                if one.exempt
            ),
            batch_size=BATCH,
        )
        record_many(
            "person.added", by=by, at=at, lines=[(row, row.unit, {}, {"code": row.code}) for row in people.values()]
        )
    return people


def _hold_posts(new: Sequence[NewPerson], people: dict[str, Person], units: dict[str, Unit]) -> None:
    posts = {post.code: post for post in PostKind.objects.all()}
    PostHeld.objects.bulk_create(
        (
            PostHeld(
                person=people[one.code],
                post=posts[post],
                unit=units[unit],
                managed_by=level,
                valid_from=max(one.joined_on, units[unit].established_on or one.joined_on),
            )
            for one in new
            for post, unit, level in one.posts
        ),
        batch_size=BATCH,
    )
