"""The only writer of the log; call it inside the transaction of the write it tells of."""

import json
import math
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from django.db import connection
from django.db.models import Model

from quantriet.audit import queries
from quantriet.audit.models import AuditEvent, Look
from quantriet.kit.db import insert_many
from quantriet.kit.time import local

_MANY = (
    "verb", "at", "actor_id", "actor_label", "thing_kind", "thing_id", "thing_label", "unit_id", "unit_path", "person_id",
    "before", "after",
)  # fmt: skip


class Actor(Protocol):
    """What the log needs of an account; who acts without one (a card) has no key and is named."""

    pk: Any

    def __str__(self) -> str: ...


class Place(Protocol):
    """What the log needs of a unit."""

    pk: Any
    path: str


def record(
    verb: str,
    *,
    by: Actor | None,
    at: datetime,
    thing: Model,
    unit: Place | None = None,
    person_id: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEvent:
    """Write one line of the log; `by=None` is the product acting by itself."""
    return AuditEvent.objects.create(
        **_columns(verb, by, at, thing, unit, person_id, before or {}, after or {}),
    )


def record_many(
    verb: str,
    *,
    by: Actor | None,
    at: datetime,
    lines: Sequence[tuple[Model, Place | None, dict[str, Any], dict[str, Any]]],
    of_people: bool = False,
) -> None:
    """Write many lines in few statements: (thing, unit, before, after) each, for imports and other bulk work.

    `of_people`: each thing is a person, whose own record the line belongs to.
    """
    moment = connection.ops.adapt_datetimefield_value(at)
    actor_id, actor = (by.pk, str(by)[:200]) if by else (None, "Hệ thống")
    insert_many(
        AuditEvent,
        _MANY,
        [
            (
                verb, moment, actor_id, actor, thing._meta.label_lower, str(thing.pk), str(thing)[:300],
                unit.pk if unit else None, unit.path if unit else "", thing.pk if of_people else None,
                json.dumps(plain(before), ensure_ascii=False), json.dumps(plain(after), ensure_ascii=False),
            )
            for thing, unit, before, after in lines
        ],
    )  # fmt: skip


class Line(NamedTuple):
    """A line of the log about one person's thing, with its own actor and moment."""

    by: Actor | None
    at: datetime
    thing: Model
    unit: Place | None
    person_id: int | None
    after: dict[str, Any]


def record_each(verb: str, lines: Sequence[Line]) -> None:
    """Write many lines in few statements, each by its own actor at its own moment: acts of many people that one job takes up."""
    insert_many(
        AuditEvent,
        _MANY,
        [
            (
                verb, connection.ops.adapt_datetimefield_value(one.at), one.by.pk if one.by else None,
                str(one.by)[:200] if one.by else "Hệ thống", one.thing._meta.label_lower, str(one.thing.pk),
                str(one.thing)[:300], one.unit.pk if one.unit else None, one.unit.path if one.unit else "", one.person_id,
                "{}", json.dumps(plain(one.after), ensure_ascii=False),
            )
            for one in lines
        ],
    )  # fmt: skip


class Watcher(Protocol):
    """Who looks: an account with its name; `post` is said beside it."""

    pk: Any

    def __str__(self) -> str: ...


def write_look(*, by: Watcher, post: Callable[[], str], what: str, person_id: int, at: datetime) -> bool:
    """Note that somebody looked at one person's record; once a day and page, so that a page seen again writes nothing."""
    day = local(at).date()
    if Look.objects.filter(person_id=person_id, viewer_id=by.pk, day=day, what=what).exists():
        return False
    _, made = Look.objects.get_or_create(
        person_id=person_id,
        viewer_id=by.pk,
        day=day,
        what=what,
        defaults={"at": at, "viewer_label": str(by)[:200], "viewer_post": post()[:300]},
    )
    return made


def write_list_look(
    *, by: Watcher, post: str, what: str, unit_path: str, unit_label: str, count: int, at: datetime
) -> None:
    """Note that somebody took along a list with people of a place in the tree; one line a list, however long it is."""
    Look.objects.create(
        at=at, day=local(at).date(), viewer_id=by.pk, viewer_label=str(by)[:200], viewer_post=post[:300], what=what[:80],
        unit_path=unit_path, unit_label=unit_label[:200], count=count,
    )  # fmt: skip


def prune_looks(*, at: datetime) -> int:
    """Drop looks older than the time for which they are kept; returns how many."""
    old = Look.objects.filter(day__lt=queries.looks_kept_from(on=local(at).date())).order_by()
    pruned = 0
    while ids := list(old.values_list("pk", flat=True)[:1000]):
        pruned += old.filter(pk__in=ids).delete()[0]
    return pruned


def changes(thing: Model, new: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What of `new` differs from `thing`'s present values, as (before, after) for the log."""
    old = {name: getattr(thing, name) for name in new}
    different = [name for name in new if old[name] != new[name]]
    return {name: old[name] for name in different}, {name: new[name] for name in different}


def _columns(
    verb: str,
    by: Actor | None,
    at: datetime,
    thing: Model,
    unit: Place | None,
    person_id: int | None,
    before: dict[str, Any],
    after: dict[str, Any],
) -> dict[str, Any]:
    return {
        "verb": verb,
        "at": at,
        "actor_id": by.pk if by else None,
        "actor_label": str(by)[:200] if by else "Hệ thống",
        "thing_kind": thing._meta.label_lower,
        "thing_id": str(thing.pk),
        "thing_label": str(thing)[:300],
        "unit_id": unit.pk if unit else None,
        "unit_path": unit.path if unit else "",
        "person_id": person_id,
        "before": plain(before),
        "after": plain(after),
    }


def plain(value: Any) -> Any:
    """The value as JSON can hold it."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(one) for one in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Model):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # no JSON, and PostgreSQL refuses it
    if isinstance(value, str):
        return value.replace("\0", "") if "\0" in value else value
    return value if isinstance(value, int | float | bool | type(None)) else str(value)
