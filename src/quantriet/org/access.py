"""Who may do what where. Roles flow down the tree: an appointment in a unit covers everything under it.

One filter, two uses: a list is `scope(...)`, a single row is the same set narrowed to its key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TypeVar

from django.conf import settings
from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from django.http import Http404

from quantriet.audit.models import AuditEvent
from quantriet.kit.refusal import NotAllowed
from quantriet.kit.time import today
from quantriet.org.models import (
    Account,
    ApiToken,
    Appointment,
    DataRequest,
    IdentityDecision,
    ImportRun,
    OrgDecision,
    OrgEvent,
    Person,
    Unit,
    UnitPlace,
    WorkingBody,
    path_end,
)
from quantriet.org.rules import second_factor
from quantriet.org.rules.fields import FIELD_RIGHTS
from quantriet.org.vocab import ROLES, DecisionState, OrgEventKind, Permission, Role

# From this many units on, people are read along the order of names and checked for their unit, not gathered unit by unit.
WIDE_SCOPE = 500
# From this many on, not even an index of all their people is read for one question: more than any province has.
COUNTRY_SCOPE = 3000

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Grant:
    """One appointment as the rest of the house needs it."""

    role: Role
    unit_id: int
    unit_path: str
    permissions: frozenset[Permission]
    level: str = ""
    has_units_below: bool = False


def grants_of(account: Account) -> list[Grant]:
    """The account's appointments valid today; read once per request (a changed right acts on the next)."""
    cached: list[Grant] | None = getattr(account, "_grants", None)
    if cached is None:
        below = Exists(Unit.objects.filter(parent=OuterRef("unit"), closed_on__isnull=True))
        rows = Appointment.objects.on().filter(account_id=account.pk)
        found = rows.values_list("role", "unit_id", "unit__path", "unit__kind__level", below)
        cached = [
            Grant(Role(role), unit, path, ROLES[Role(role)].permissions, *more) for role, unit, path, *more in found
        ]
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


@dataclass(frozen=True)
class PeopleScope:
    """The people an account sees, read in the order of a list (`rows`) or unit by unit (`by_unit`).

    Both databases would collect a whole province and sort it to show fifty names. Where the scope is wide, the sum
    `unit_id + 0` keeps the index of units out of the plan of `rows`, so that a list is read in the order of its own index.
    """

    rows: QuerySet[Person]
    by_unit: QuerySet[Person]
    units: int | None  # how many; None where there are `COUNTRY_SCOPE` or more


def people_list(account: Account, *, under: Unit | None = None) -> QuerySet[Person]:
    """The people an account sees, under a unit when given, in the form that long lists are read fastest."""
    return people_scope(account, under=under).rows


def people_scope(account: Account, *, under: Unit | None = None) -> PeopleScope:
    """The people an account sees, under a unit when given, for reads that choose their way by the size of the scope."""
    tops = paths_with(account, Permission.PERSON_VIEW)
    units = units_seen_by(account, Permission.PERSON_VIEW)
    if under is not None:
        tops = [under.path] if any(under.path.startswith(top) for top in tops) else tops
        units = units.under(under)  # type: ignore[attr-defined]
    inside = units.order_by().values("pk")
    by_unit = Person.objects.filter(unit__in=inside)
    number = inside[:COUNTRY_SCOPE].count()
    held = number if number < COUNTRY_SCOPE else None
    if _are_whole_tree(tops):
        return PeopleScope(Person.objects.all(), by_unit, held)
    if number < WIDE_SCOPE:
        return PeopleScope(by_unit, by_unit, held)
    walked = Person.objects.alias(unit_key=F("unit_id") + 0).filter(unit_key__in=inside)
    return PeopleScope(walked, by_unit, held)


def get_person(account: Account, pk: int | str, permission: Permission = Permission.PERSON_VIEW) -> Person:
    person = one_of(people_seen_by(account).select_related("unit__kind", "unit__parent"), pk)
    require(account, permission, person.unit)
    return person


class FieldSight:
    """Which details of people an account may see, asked person by person without a query (P-06)."""

    def __init__(self, account: Account) -> None:
        self._tops = {permission: paths_with(account, permission) for permission in set(FIELD_RIGHTS.values())}

    def hides(self, field: str, path: str) -> bool:
        """Whether this detail of a person in the unit of this path is not for the account."""
        permission = FIELD_RIGHTS.get(field)
        return permission is not None and not any(path.startswith(top) for top in self._tops[permission])

    def hidden(self, path: str) -> list[str]:
        return [field for field in FIELD_RIGHTS if self.hides(field, path)]


def requests_seen_by(account: Account) -> QuerySet[DataRequest]:
    """Requests about personal data from people of the account's units."""
    return scope(DataRequest.objects.all(), account, Permission.PRIVACY_ANSWER, "person__unit__path")


def get_request(account: Account, pk: int | str) -> DataRequest:
    rows = requests_seen_by(account).select_related("person__unit__parent", "entered_by", "taken_by", "decided_by")
    return one_of(rows, pk)


def own_requests(account: Account) -> QuerySet[DataRequest]:
    """The account's own person's requests, whoever entered them."""
    return DataRequest.objects.filter(person_id=account.person_id) if account.person_id else DataRequest.objects.none()


def _are_whole_tree(tops: list[str]) -> bool:
    """Whether everything lies under these paths: then no condition is faster than a true one."""
    roots = set(Unit.objects.filter(parent__isnull=True).values_list("path", flat=True)[: len(tops) + 1])
    return bool(roots) and roots <= set(tops)


def accounts_seen_by(account: Account) -> QuerySet[Account]:
    """Accounts at home under the account's units: by their person, by a live appointment, or (with neither) by a past one."""
    mine = scope_q(account, Permission.ACCOUNT_MANAGE, "unit__path")
    given = Appointment.objects.filter(account=OuterRef("pk"))
    live = given.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=today()))
    homeless = Q(person__isnull=True) & ~Exists(live) & Exists(given.filter(mine))
    return Account.objects.filter(
        scope_q(account, Permission.ACCOUNT_MANAGE, "person__unit__path") | Exists(live.filter(mine)) | homeless
    )


def get_account(account: Account, pk: int | str) -> Account:
    """An account that this one may look after, as a row; changing it also asks `may_govern`."""
    return one_of(accounts_seen_by(account).select_related("person__unit"), pk)


def may_govern(account: Account, other: Account) -> bool:
    """Whether every live appointment of `other`, and the unit of its person, lie inside the account's own scope.

    Otherwise the administrator of a commune could take over a provincial account that also has a duty in the commune,
    or the sign-in of somebody from elsewhere.
    """
    if account.pk == other.pk:
        return False
    if other.person_id and other.person and not may(account, Permission.ACCOUNT_MANAGE, other.person.unit):
        return False
    live = Appointment.objects.filter(account=other).filter(Q(valid_to__isnull=True) | Q(valid_to__gte=today()))
    outside = live.exclude(scope_q(account, Permission.ACCOUNT_MANAGE, "unit__path"))
    return not outside.exists()


def tokens_seen_by(account: Account) -> QuerySet[ApiToken]:
    """Keys for machines: one's own, and those of the accounts one looks after."""
    return ApiToken.objects.filter(Q(account=account) | Q(account__in=accounts_seen_by(account).values("pk")))


def former_paths(tops: list[str]) -> list[str]:
    """Where units that stand under these paths today have stood elsewhere before, topmost first without nested ones."""
    inside, outside = Q(pk__in=[]), Q()
    for top in tops:
        inside |= Q(unit__path__gte=top, unit__path__lt=path_end(top))
        outside &= ~Q(path__gte=top, path__lt=path_end(top))
    rows = UnitPlace.objects.filter(inside, outside, valid_to__isnull=False).order_by().values_list("path", flat=True)
    found: list[str] = []
    for path in sorted(set(rows)):
        if not found or not path.startswith(found[-1]):
            found.append(path)
    return found


def events_seen_by(account: Account) -> QuerySet[AuditEvent]:
    """Lines of the log about the account's units; what belongs to no unit is read at the top of the tree.

    Lines are never rewritten: of a unit that has moved or merged they are read where it stood before.
    """
    tops = paths_with(account, Permission.LOG_VIEW)
    if _are_whole_tree(tops):
        return AuditEvent.objects.all()
    seen = scope_q(account, Permission.LOG_VIEW, "unit_path")
    for path in former_paths(tops):
        seen |= Q(unit_path__gte=path, unit_path__lt=path_end(path))
    if any("." not in path[:-1] for path in tops):
        seen |= Q(unit_path="")
    return AuditEvent.objects.filter(seen)


def bodies_seen_by(account: Account, permission: Permission = Permission.UNIT_VIEW) -> QuerySet[WorkingBody]:
    """Steering committees and propaganda groups of the account's units."""
    return scope(WorkingBody.objects.all(), account, permission)


def get_body(account: Account, pk: int | str, permission: Permission = Permission.UNIT_VIEW) -> WorkingBody:
    body = one_of(bodies_seen_by(account).select_related("unit__kind", "standing_unit"), pk)
    require(account, permission, body.unit)
    return body


def decisions_seen_by(account: Account, permission: Permission = Permission.UNIT_VIEW) -> QuerySet[OrgDecision]:
    """Decisions made over the account's units, and those of superiors that concerned them."""
    own = scope_q(account, permission, "unit__path")
    touching = OrgEvent.objects.filter(scope_q(account, permission, "units__path")).order_by().values("decision_id")
    if permission != Permission.UNIT_VIEW:
        return OrgDecision.objects.filter(own)
    return OrgDecision.objects.filter(own | Q(pk__in=touching))


def decisions_to_confirm(account: Account) -> QuerySet[OrgDecision]:
    """Mergers that other people prepared, or asked to take back, over units that this account edits.

    They wait for just such a second person; every other draft is confirmed by whoever prepared it.
    """
    merges = OrgEvent.objects.filter(decision=OuterRef("pk"), kind=OrgEventKind.MERGE)
    draft = Q(Exists(merges), state=DecisionState.DRAFTED) & ~Q(prepared_by=account)
    back = Q(state=DecisionState.IN_FORCE, reversal_asked_by__isnull=False) & ~Q(reversal_asked_by=account)
    return decisions_seen_by(account, Permission.UNIT_EDIT).filter(draft | back)


def decisions_blocked(account: Account) -> QuerySet[OrgDecision]:
    """Confirmed decisions over units that this account edits which the tree as it is now does not let be carried out."""
    rows = decisions_seen_by(account, Permission.UNIT_EDIT).filter(state=DecisionState.SCHEDULED)
    return rows.exclude(problem="")


def get_decision(account: Account, pk: int | str, permission: Permission = Permission.UNIT_VIEW) -> OrgDecision:
    """A decision the account may see; NotAllowed when it is seen but another permission is asked for and missing."""
    decision = one_of(
        decisions_seen_by(account).select_related(
            "unit__kind", "prepared_by", "confirmed_by", "reversal_asked_by", "ended_by"
        ),
        pk,
    )
    if permission != Permission.UNIT_VIEW:
        require(account, permission, decision.unit)
    return decision


def import_runs_seen_by(account: Account) -> QuerySet[ImportRun]:
    return scope(ImportRun.objects.all(), account, Permission.PERSON_EDIT)


def get_import_run(account: Account, pk: int | str) -> ImportRun:
    """An import into one of the account's units."""
    return one_of(import_runs_seen_by(account).select_related("unit__kind", "account"), pk)


def identity_questions_seen_by(account: Account) -> QuerySet[IdentityDecision]:
    """Doubtful rows of imports into the account's units (B-06)."""
    return scope(IdentityDecision.objects.all(), account, Permission.PERSON_EDIT)


def needs_second_factor(account: Account) -> bool:
    """Whether what the account may do today reaches beyond its own unit, and the installation asks for a second factor."""
    if not settings.SECOND_FACTOR_REQUIRED:
        return False
    places = [
        second_factor.Place(grant.permissions, grant.unit_id, grant.level, grant.has_units_below)
        for grant in grants_of(account)
    ]
    own = account.person.unit_id if account.person_id and account.person and places else None
    return second_factor.needs_second_factor(places, own)


def slip_people(account: Account) -> QuerySet[Person]:
    """People for whom the account may print activation slips, those apart for whom `slip_hindrances` gives a reason."""
    return people_seen_by(account, Permission.SLIP_PRINT).filter(left_on__isnull=True)


def slip_hindrances(account: Account, people: Sequence[Person]) -> dict[int, str]:
    """Why no slip may be printed for a person, by the person's key: whoever holds the slip holds the account.

    A secretary prints for members; the account of somebody with a further role is handed over only by an administrator
    within whose scope all of it lies.
    """
    accounts = {one.person_id: one for one in Account.objects.filter(person__in=people).select_related("person__unit")}
    live = Appointment.objects.filter(account__in=accounts.values()).exclude(role=Role.MEMBER)
    live = live.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=today())).select_related("unit")
    further: dict[int, list[Unit]] = {}
    for given in live:
        further.setdefault(given.account_id, []).append(given.unit)
    reasons: dict[int, str] = {}
    for person in people:
        one = accounts.get(person.pk)
        if one is None:
            continue
        places = [*further.get(one.pk, []), *([person.unit] if one.pk in further else [])]
        if one.pk == account.pk:
            reasons[person.pk] = "tài khoản của chính người in; đổi mật khẩu ở trang “Đăng nhập và bảo mật”."
        elif not one.is_active:
            reasons[person.pk] = "tài khoản đang ngừng."
        elif not all(may(account, Permission.ACCOUNT_MANAGE, unit) for unit in places):
            reasons[person.pk] = "tài khoản còn vai trò khác; người quản trị của đơn vị đó mới cấp lại được."
    return reasons


def own_unit(account: Account) -> Unit | None:
    """The unit from which this account looks at others: its person's cell, else the unit of its lowest appointment."""
    if account.person_id and account.person:
        return Unit.objects.select_related("parent").get(pk=account.person.unit_id)
    grants = grants_of(account)
    if not grants:
        return None
    return Unit.objects.select_related("parent").get(pk=max(grants, key=lambda grant: len(grant.unit_path)).unit_id)


def home_unit(account: Account) -> Unit | None:
    """The unit whose desk opens first: the highest one the account is appointed to, else its person's cell."""
    grants = [grant for grant in grants_of(account) if grant.permissions]
    if grants:
        return Unit.objects.select_related("kind").get(pk=min(grants, key=lambda grant: len(grant.unit_path)).unit_id)
    return account.person.unit if account.person_id and account.person else None
