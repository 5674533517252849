"""Who may do what where. Roles flow down the tree: an appointment in a unit covers everything under it.

One filter, two uses: a list is `scope(...)`, a single row is the same set narrowed to its key.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import Http404

from quantriet.kit.refusal import NotAllowed
from quantriet.org.models import Account, Appointment, ImportRun, Person, Unit, path_end
from quantriet.org.vocab import ROLES, Permission, Role

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Grant:
    """One appointment as the rest of the house needs it."""

    role: Role
    unit_id: int
    unit_path: str
    permissions: frozenset[Permission]


def grants_of(account: Account) -> list[Grant]:
    """The account's appointments valid today; read once per request (a changed right acts on the next)."""
    cached: list[Grant] | None = getattr(account, "_grants", None)
    if cached is None:
        rows = Appointment.objects.on().filter(account_id=account.pk).values_list("role", "unit_id", "unit__path")
        cached = [Grant(Role(role), unit_id, path, ROLES[Role(role)].permissions) for role, unit_id, path in rows]
        account._grants = cached  # type: ignore[attr-defined]
    return cached


def paths_with(account: Account, permission: Permission) -> list[str]:
    """The topmost paths under which the account has the permission, without nested ones."""
    paths = sorted({grant.unit_path for grant in grants_of(account) if permission in grant.permissions})
    top: list[str] = []
    for path in paths:
        if not top or not path.startswith(top[-1]):
            top.append(path)
    return top


def may_anywhere(account: Account, permission: Permission) -> bool:
    """Whether the account has the permission in at least one unit."""
    return any(permission in grant.permissions for grant in grants_of(account))


def may(account: Account, permission: Permission, unit: Unit) -> bool:
    """Whether the account has the permission in this unit."""
    return any(unit.path.startswith(path) for path in paths_with(account, permission))


def require(account: Account, permission: Permission, unit: Unit) -> None:
    """Raise NotAllowed unless the account has the permission in this unit."""
    if not may(account, permission, unit):
        raise NotAllowed


def scope_q(account: Account, permission: Permission, path: str) -> Q:
    """The condition "lies under a unit where the account has the permission"; `path` names the path column."""
    ranges = [Q(**{f"{path}__gte": top, f"{path}__lt": path_end(top)}) for top in paths_with(account, permission)]
    return reduce(or_, ranges) if ranges else Q(pk__in=[])


def scope(rows: QuerySet[M], account: Account, permission: Permission, path: str = "unit__path") -> QuerySet[M]:
    """Narrow rows to those under the account's units."""
    return rows.filter(scope_q(account, permission, path))


def one_of(rows: QuerySet[M], pk: int | str) -> M:
    """The row of this key inside a set already narrowed to what the account may see; a stranger gets "no such page"."""
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def units_seen_by(account: Account, permission: Permission = Permission.UNIT_VIEW) -> QuerySet[Unit]:
    return scope(Unit.objects.all(), account, permission, "path")


def get_unit(account: Account, pk: int | str, permission: Permission = Permission.UNIT_VIEW) -> Unit:
    """A unit the account may see; NotAllowed when seen but without the permission asked for."""
    unit = one_of(units_seen_by(account).select_related("kind", "parent"), pk)
    require(account, permission, unit)
    return unit


def people_seen_by(account: Account, permission: Permission = Permission.PERSON_VIEW) -> QuerySet[Person]:
    return scope(Person.objects.all(), account, permission)


def get_person(account: Account, pk: int | str, permission: Permission = Permission.PERSON_VIEW) -> Person:
    person = one_of(people_seen_by(account).select_related("unit__kind"), pk)
    require(account, permission, person.unit)
    return person


def import_runs_seen_by(account: Account) -> QuerySet[ImportRun]:
    return scope(ImportRun.objects.all(), account, Permission.PERSON_EDIT)


def home_unit(account: Account) -> Unit | None:
    """The unit whose desk opens first: the highest one the account is appointed to, else its person's cell."""
    grants = [grant for grant in grants_of(account) if grant.permissions]
    if grants:
        return Unit.objects.select_related("kind").get(pk=min(grants, key=lambda grant: len(grant.unit_path)).unit_id)
    return account.person.unit if account.person_id and account.person else None
