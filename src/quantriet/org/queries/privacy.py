"""Reads about personal data: the declarations of all rooms, what is kept of one person, who looked, requests."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.db.models import Case, IntegerField, Model, QuerySet, Value, When
from django.utils.translation import gettext

from quantriet.audit import queries as audit_queries
from quantriet.audit.models import AuditEvent, Look
from quantriet.audit.vocab import VERBS
from quantriet.kit.privacy import Group, Holding, Kind
from quantriet.kit.time import local, show_day, show_moment, today
from quantriet.org import access
from quantriet.org.models import Account, Appointment, DataRequest, Person, Unit
from quantriet.org.queries.log_words import LISTS, said_as
from quantriet.org.rules.own_data import SHAPES, UNREADABLE, label_of
from quantriet.org.rules.requests import CORRECTABLE
from quantriet.org.vocab import OPEN_REQUESTS, ROLES, Permission, RequestState, Role


@dataclass(frozen=True)
class Declared:
    """A declaration with the model it is about."""

    room: str
    holding: Holding
    model: type[Model]


@cache
def declarations() -> tuple[Declared, ...]:
    """The declarations of all rooms, in the order of the house; read from each room's `privacy.py`."""
    found = []
    for config in apps.get_app_configs():
        if not config.name.startswith("quantriet.") or find_spec(f"{config.name}.privacy") is None:
            continue
        for holding in getattr(import_module(f"{config.name}.privacy"), "HOLDINGS", ()):  # the toolbox has none
            label = holding.model if "." in holding.model else f"{config.label}.{holding.model}"
            found.append(Declared(config.label, holding, apps.get_model(label)))
    return tuple(found)


def personal() -> list[Declared]:
    """What is kept about people, for the notice about personal data."""
    return [one for one in declarations() if one.holding.is_personal]


def rows_about(one: Declared, person_id: int) -> QuerySet[Model]:
    """The rows of a model that are about a person."""
    if not one.holding.person:
        return one.model._base_manager.none()
    return one.model._base_manager.filter(**{one.holding.person: person_id})


def row_count(person_id: int) -> int:
    """How many rows are kept of a person in all rooms."""
    return sum(rows_about(one, person_id).count() for one in declarations())


@dataclass(frozen=True)
class Kept:
    """What one model keeps of a person: its rows, each as (what it is called, value in words)."""

    declared: Declared
    rows: list[list[tuple[str, str]]]
    data: list[dict[str, Any]]


_SECRET = {"org.account": {"password"}}  # a digest tells the person nothing, and others too much


def kept_of(person_id: int) -> Iterator[Kept]:
    """Everything the product holds on a person, model by model; models without a row are left out."""
    for one in declarations():
        rows = rows_about(one, person_id)
        keys = [field.name for field in one.model._meta.concrete_fields if field.is_relation]
        found = list(rows.select_related(*keys).order_by("pk")) if one.holding.person else []
        if not found:
            continue
        secret = _SECRET.get(one.model._meta.label_lower, set())
        groups = [group for group in one.holding.groups if not set(group.names) <= secret]
        yield Kept(
            one,
            [_lines(row, groups, secret | UNREADABLE) for row in found],
            [_data(row, secret) for row in found],
        )


def _lines(row: Model, groups: Sequence[Group], left_out: Collection[str]) -> list[tuple[str, str]]:
    """The fields of a row that say something, each by its short name."""
    model = type(row).__name__
    names = [name for group in groups for name in group.names if not {name, f"{model}.{name}"} & set(left_out)]
    return [(label_of(model, name), words) for name in names if (words := _words(row, name))]


def _words(row: Model, name: str) -> str:
    value = getattr(row, name)
    field: Any = row._meta.get_field(name)
    if value in (None, "", [], {}):
        return ""
    thing = row._meta.label_lower
    if shape := SHAPES.get(f"{type(row).__name__}.{name}"):
        value = shape(value)
    elif isinstance(row, DataRequest) and name == "about":
        value = CORRECTABLE.get(value) or label_of("Person", value)
    elif isinstance(row, DataRequest) and name in ("old_value", "proposed"):
        value = said_as("org.person", row.about, value)
    elif name == "kind" and isinstance(value, str) and not field.choices:
        words = said_as(thing, name, value)
        value = "" if words == value else words  # the code of a kind that no room registers (any more)
    elif (thing, name) in LISTS:
        value = said_as(thing, name, value)
    elif field.choices:
        value = gettext(str(dict(field.flatchoices).get(value, value)))
    elif isinstance(value, dict | list):
        # A line of the log speaks of the thing it names, any other row of itself.
        value = said_as(getattr(row, "thing_kind", "") or thing, name, value)
    elif isinstance(value, Model) and type(value).__str__ is Model.__str__:
        value = f"số {value.pk}"  # a row without a name of its own
    elif name == "verb":
        value = VERBS.get(value) or value
    elif name == "role" and value in list(Role):
        value = ROLES[Role(value)].label
    elif isinstance(value, bool):
        value = "có" if value else "không"
    return str(_shown(value))


def _shown(value: Any) -> Any:
    if isinstance(value, datetime):
        return show_moment(value)
    return show_day(value) if isinstance(value, date) else value


def _data(row: Model, secret: set[str]) -> dict[str, Any]:
    """All columns of a row as plain values; a key of another row with what it is called."""
    found: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        if field.name in secret:
            continue
        value = getattr(row, field.name)
        if field.is_relation and value is not None:
            found[field.name] = {"id": value.pk, "label": str(value)}
        else:
            found[field.name] = value if isinstance(value, int | float | bool | dict | list | None) else str(value)
    return found


# ----------------------------------------------------------------------------------------------------------------- looks


def viewer_post(account: Account, path: str) -> str:
    """Role and unit with which an account looks at somebody in the unit of this path, as people read it."""
    grants = [grant for grant in access.grants_of(account) if path.startswith(grant.unit_path) and grant.permissions]
    if not grants:
        return ""
    grant = max(grants, key=lambda one: len(one.unit_path))
    name = Unit.objects.filter(pk=grant.unit_id).values_list("name", flat=True).first()
    return f"{ROLES[grant.role].label}, {name}"


def looks_of(person: Person, *, limit: int = 200) -> list[Look]:
    """Who looked at a person's record or took along a list of a unit in which the person then was."""
    moves = list(person.transfers.select_related("to_unit").order_by("on", "pk"))
    stays: list[tuple[str, date | None, date | None]] = [
        (move.to_unit.path, move.on, after.on)
        for move, after in zip(moves, [*moves[1:], None], strict=True)
        if after is not None
    ]
    stays.append((person.unit.path, moves[-1].on if moves else None, person.left_on))
    return audit_queries.looks_at(person.pk, stays, limit=limit)


def changes_of(person: Person, *, limit: int = 200) -> list[AuditEvent]:
    """What was changed in a person's record, the latest first."""
    return list(AuditEvent.objects.filter(person_id=person.pk).order_by("-at", "-pk")[:limit])


# -------------------------------------------------------------------------------------------------------------- requests


def answering_unit(request: DataRequest) -> Unit:
    """The unit in whose name a request was answered: that of the appointment by which the account could answer it.

    The nearest one to the person, of those valid on the day of the answer; without one the account's own unit, and for
    an account of no unit the one above the person's.
    """
    own = request.person.unit
    by, at = request.decided_by, request.decided_at
    if by is not None and at is not None:
        answers = [role for role, one in ROLES.items() if Permission.PRIVACY_ANSWER in one.permissions]
        given = Appointment.objects.on(local(at).date()).filter(account=by, role__in=answers, unit__in=own.ancestor_ids)
        found = given.select_related("unit__kind", "unit__parent").order_by("-unit__depth", "pk").first()
        unit = found.unit if found else access.home_unit(by)
        if unit is not None:
            return unit
    return own.parent or own


def request_list(rows: QuerySet[DataRequest], *, state: str = "", kind: str = "") -> QuerySet[DataRequest]:
    """Requests narrowed; `state` may be "open" or "overdue". Add `urgency`: 0 for open ones, 1 for settled."""
    if state == "open":
        rows = rows.filter(state__in=OPEN_REQUESTS)
    elif state == "overdue":
        rows = overdue(rows)
    elif state in list(RequestState):
        rows = rows.filter(state=state)
    if kind:
        rows = rows.filter(kind=kind)
    return rows.annotate(
        urgency=Case(When(state__in=OPEN_REQUESTS, then=Value(0)), default=Value(1), output_field=IntegerField())
    )


def overdue(rows: QuerySet[DataRequest]) -> QuerySet[DataRequest]:
    """Open requests whose last day is over."""
    return rows.filter(state__in=OPEN_REQUESTS, due_on__lt=today())


def on_time(rows: QuerySet[DataRequest]) -> QuerySet[DataRequest]:
    """Open requests whose last day is still to come."""
    return rows.filter(state__in=OPEN_REQUESTS, due_on__gte=today())


def is_sensitive(one: Declared) -> bool:
    return any(group.kind == Kind.SENSITIVE for group in one.holding.groups)
