"""Units and people for machines. The rows are those of `access`, the writers those of the desk."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Status
from pydantic import Field

from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now
from quantriet.kit.vocab import gettext_noop
from quantriet.kit.web.api import LIMIT, Body, Cursor, Key, Limit, Line, Named, Page, Row, Words, paged
from quantriet.org import access, actions
from quantriet.org.models import ActivityExemption, Person, PostHeld, PostKind, Unit
from quantriet.org.queries import people as people_queries
from quantriet.org.queries import units as unit_queries
from quantriet.org.vocab import BirthPrecision, Gender, Level, Permission, PersonKind
from quantriet.org.web.door import ApiRequest, Door

units = Door(tags=["units"])
people = Door(tags=["people"])


# --- units --------------------------------------------------------------------------------------------------------


class UnitKindOut(Row):
    code: str
    name: str
    level: str
    holds_members: bool


class UnitOut(Row):
    id: int
    code: str
    name: str
    short_name: str
    kind: UnitKindOut
    parent_id: int | None
    depth: int
    established_on: dt.date | None
    closed_on: dt.date | None


class UnitCountsOut(Row):
    """What stands at and under the unit: members, cells, grassroots organisations, units (itself included)."""

    members: int
    cells: int
    grassroots: int
    units: int


class HeadOut(Row):
    person: Named
    post: str


class UnitDetail(UnitOut):
    email: str
    phone: str
    address: str
    above: list[Named] = Field(description="Units above, from the root down.")
    counts: UnitCountsOut
    heads: list[HeadOut]


def _unit_rows(rows: Any, request: HttpRequest, limit: int, cursor: str) -> dict[str, Any]:
    return paged(request, rows.select_related("kind"), ["sort_key", "pk"], limit=limit, cursor=cursor)


@units.read("/units", Permission.UNIT_VIEW, Page[UnitOut], gettext_noop("List units"))
def list_units(
    request: ApiRequest, q: Words = "", kind: Words = "", under: Key | None = None, closed: bool = False,
    limit: Limit = LIMIT, cursor: Cursor = "",
) -> Any:  # fmt: skip
    """Units in the scope of the token, by name. `q` finds a code or words of a name without marks; `under` a subtree."""
    rows = access.units_seen_by(request.account)
    if under is not None:
        rows = rows.under(access.get_unit(request.account, under))  # type: ignore[attr-defined]
    if kind:
        rows = rows.filter(kind__code=kind)
    rows = unit_queries.found_units(rows.filter(closed_on__isnull=not closed), q)
    return _unit_rows(rows, request, limit, cursor)


@units.read("/units/{pk}", Permission.UNIT_VIEW, UnitDetail, gettext_noop("One unit"))
def get_unit(request: ApiRequest, pk: Key) -> Any:
    """The unit with its counts, its accountable heads and the units above it."""
    unit = access.get_unit(request.account, pk)
    heads = unit_queries.unit_heads([unit]).get(unit.pk, [])
    return {
        **UnitOut.model_validate(unit).model_dump(),
        "email": unit.email,
        "phone": unit.phone,
        "address": unit.address,
        "above": [{"id": one.pk, "name": one.name} for one in unit_queries.superiors([unit])[unit.pk]],
        "counts": unit_queries.unit_counts([unit])[unit.pk],
        "heads": [
            {"person": {"id": one.person_id, "name": one.person.full_name}, "post": one.post.name} for one in heads
        ],
    }


@units.read("/units/{pk}/children", Permission.UNIT_VIEW, Page[UnitOut], gettext_noop("Units directly below"))
def list_children(request: ApiRequest, pk: Key, limit: Limit = LIMIT, cursor: Cursor = "") -> Any:
    """One level of the tree; units that ended are left out."""
    unit = access.get_unit(request.account, pk)
    return _unit_rows(Unit.objects.active().filter(parent=unit), request, limit, cursor)


# --- people -------------------------------------------------------------------------------------------------------


class PersonOut(Row):
    id: int
    code: str
    full_name: str
    birth_date: dt.date | None = Field(description="1 January when `birth_precision` is “year”.")
    birth_precision: str
    gender: str
    kind: str
    unit: Named
    left_on: dt.date | None


class PostOut(Row):
    id: int
    post: str = Field(description="Code of the post.")
    name: str
    unit: Named
    managed_by: str
    valid_from: dt.date
    valid_to: dt.date | None


class PostKindOut(Row):
    code: str
    name: str
    rank: int
    is_head: bool


class ExemptionOut(Row):
    id: int
    reason: str
    basis: str
    valid_from: dt.date
    valid_to: dt.date | None


class TransferOut(Row):
    id: int
    from_unit: Named | None
    to_unit: Named
    on: dt.date
    basis: str


class PersonDetail(PersonOut):
    ethnicity: str
    joined_on: dt.date | None
    official_on: dt.date | None
    occupation: str
    phone: str
    email: str
    address: str
    left_reason: str
    posts: list[PostOut]
    exemptions: list[ExemptionOut]
    transfers: list[TransferOut]


def _post(held: PostHeld) -> dict[str, Any]:
    return {
        "id": held.pk,
        "post": held.post.code,
        "name": held.post.name,
        "unit": held.unit,
        "managed_by": held.managed_by,
        "valid_from": held.valid_from,
        "valid_to": held.valid_to,
    }


def _detail(person: Person) -> dict[str, Any]:
    names = (
        "ethnicity", "joined_on", "official_on", "occupation", "phone", "email", "address", "left_reason",
    )  # fmt: skip
    return {
        **PersonOut.model_validate(person).model_dump(),
        **{name: getattr(person, name) for name in names},
        "posts": [_post(one) for one in person.posts.select_related("post", "unit").order_by("-valid_from", "pk")],
        "exemptions": list(person.exemptions.order_by("-valid_from", "pk")),
        "transfers": list(person.transfers.select_related("from_unit", "to_unit").order_by("-on", "-pk")),
    }


class PersonFacts(Body):
    """What is written about a person. Dates are 2026-03-09."""

    birth_date: dt.date | None = None
    birth_precision: BirthPrecision = BirthPrecision.DAY
    gender: Gender = Gender.UNKNOWN
    ethnicity: Annotated[Line, Field(max_length=40)] = ""
    kind: PersonKind = PersonKind.MEMBER
    joined_on: dt.date | None = None
    official_on: dt.date | None = None
    occupation: Annotated[Line, Field(max_length=160)] = ""
    phone: Annotated[Line, Field(max_length=20)] = ""
    email: Annotated[Line, Field(max_length=254, pattern=r"^$|^[^@\s]+@[^@\s]+\.[^@\s]+$")] = ""
    address: Annotated[Line, Field(max_length=200)] = ""


Name = Annotated[Line, Field(min_length=1, max_length=160)]
Code = Annotated[Line, Field(max_length=40)]


class PersonIn(PersonFacts):
    full_name: Name
    unit: Key = Field(description="The cell.")
    code: Code = Field("", description="Left empty, a code is made.")


class PersonChange(PersonFacts):
    """Only what is sent is changed; another cell is a transfer."""

    full_name: Name | None = None
    code: Annotated[Line, Field(min_length=1, max_length=40)] | None = None


class TransferIn(Body):
    to: Key = Field(description="The new cell.")
    on: dt.date
    basis: Annotated[Line, Field(max_length=160)] = ""


class PostIn(Body):
    post: Annotated[Words, Field(description="Code of the post.")]
    unit: Key
    managed_by: Level | None = None
    valid_from: dt.date
    valid_to: dt.date | None = None
    basis: Annotated[Line, Field(max_length=160)] = ""


class ExemptionIn(Body):
    reason: Annotated[Line, Field(min_length=1, max_length=200)]
    valid_from: dt.date
    valid_to: dt.date | None = None
    basis: Annotated[Line, Field(max_length=160)] = ""


class EndIn(Body):
    on: dt.date = Field(description="The last day.")


def _to_change(request: ApiRequest, pk: int) -> Person:
    person = access.get_person(request.account, pk)
    access.require(request.account, Permission.PERSON_EDIT, person.unit)
    return person


def _cell(request: ApiRequest, pk: int, field: str) -> Unit:
    """A unit of the body, in which the account may change people; otherwise nothing is said about it."""
    units = access.units_seen_by(request.account, Permission.PERSON_EDIT).select_related("kind", "parent")
    unit = units.filter(pk=pk).first()
    if unit is None:
        raise Refusal("unit.unknown", "Không tìm thấy đơn vị trong phạm vi được giao.", field=field)
    return unit


@people.read("/people", Permission.PERSON_VIEW, Page[PersonOut], gettext_noop("List people"))
def list_people(
    request: ApiRequest, q: Words = "", under: Key | None = None, kind: PersonKind | None = None,
    exempt: bool | None = None, gone: bool = False, limit: Limit = LIMIT, cursor: Cursor = "",
) -> Any:  # fmt: skip
    """People in the scope of the token, by given name. `q` finds names without marks, codes and telephone numbers."""
    inside = access.get_unit(request.account, under, Permission.PERSON_VIEW) if under is not None else None
    wanted = people_queries.PeopleFilter(search=q, kind=kind or "", exempt=exempt, gone=gone)
    rows = people_queries.filtered_people(access.people_list(request.account, under=inside), wanted)
    return paged(request, rows.select_related("unit"), ["sort_key", "pk"], limit=limit, cursor=cursor)


@people.read("/people/{pk}", Permission.PERSON_VIEW, PersonDetail, gettext_noop("One person"))
def get_person(request: ApiRequest, pk: Key) -> Any:
    """The person with posts, exemptions and moves, the latest first."""
    return _detail(access.get_person(request.account, pk))


@people.write("/people", Permission.PERSON_EDIT, PersonDetail, gettext_noop("Enter a person"), status=201)
def add_person(request: ApiRequest, payload: PersonIn) -> Any:
    """Enter somebody into a cell; without a code the product makes one."""
    given = payload.model_dump()
    unit = _cell(request, given.pop("unit"), "unit")
    return Status(201, _detail(actions.add_person(by=request.account, at=now(), unit=unit, **given)))


@people.write("/people/{pk}", Permission.PERSON_EDIT, PersonDetail, gettext_noop("Change a person"), method="PATCH")
def change_person(request: ApiRequest, pk: Key, payload: PersonChange) -> Any:
    """Correct what is written; only the fields that are sent."""
    person = _to_change(request, pk)
    given = payload.model_dump(exclude_unset=True)
    given = {name: value for name, value in given.items() if value is not None or name not in ("full_name", "code")}
    return _detail(actions.change_person(person, by=request.account, at=now(), **given))


@people.write(
    "/people/{pk}/transfers", Permission.PERSON_EDIT, TransferOut, gettext_noop("Transfer a person"), status=201
)
def transfer_person(request: ApiRequest, pk: Key, payload: TransferIn) -> Any:
    """Move a person to another cell from a day on; both cells lie in the scope of the token."""
    person = _to_change(request, pk)
    to = _cell(request, payload.to, "to")
    return Status(
        201, actions.transfer_person(person, by=request.account, at=now(), to=to, on=payload.on, basis=payload.basis)
    )


@people.read("/posts", Permission.PERSON_VIEW, list[PostKindOut], gettext_noop("Kinds of posts"))
def list_post_kinds(request: ApiRequest) -> Any:
    """Every kind of post by rank, with the code by which posts are recorded."""
    return list(PostKind.objects.order_by("rank", "pk"))


@people.write("/people/{pk}/posts", Permission.PERSON_EDIT, PostOut, gettext_noop("Record a post"), status=201)
def give_post(request: ApiRequest, pk: Key, payload: PostIn) -> Any:
    """Record that a person holds a post in a unit from a day on."""
    person = _to_change(request, pk)
    post = PostKind.objects.filter(code=payload.post).first()
    if post is None:
        raise Refusal("post.unknown", "Không có mã chức vụ này.", field="post")
    unit = _cell(request, payload.unit, "unit")
    given = payload.model_dump(exclude={"post", "unit", "managed_by"})
    return Status(
        201,
        _post(
            actions.give_post(
                person, by=request.account, at=now(), post=post, unit=unit, managed_by=payload.managed_by or "", **given
            )
        ),
    )


@people.write("/people/posts/{pk}/end", Permission.PERSON_EDIT, PostOut, gettext_noop("End a post"))
def end_post(request: ApiRequest, pk: Key, payload: EndIn) -> Any:
    """Record the last day of a post."""
    seen = access.people_seen_by(request.account)
    held = access.one_of(PostHeld.objects.filter(person__in=seen).select_related("person__unit", "post", "unit"), pk)
    access.require(request.account, Permission.PERSON_EDIT, held.person.unit)
    access.require(request.account, Permission.PERSON_EDIT, held.unit)
    return _post(actions.end_post(held, by=request.account, at=now(), on=payload.on))


@people.write(
    "/people/{pk}/exemptions", Permission.PERSON_EDIT, ExemptionOut, gettext_noop("Exempt a person"), status=201
)
def give_exemption(request: ApiRequest, pk: Key, payload: ExemptionIn) -> Any:
    """Record an exemption from activities, with its reason and paper."""
    person = _to_change(request, pk)
    return Status(201, actions.give_exemption(person, by=request.account, at=now(), **payload.model_dump()))


@people.write("/people/exemptions/{pk}/end", Permission.PERSON_EDIT, ExemptionOut, gettext_noop("End an exemption"))
def end_exemption(request: ApiRequest, pk: Key, payload: EndIn) -> Any:
    """Record the last day of an exemption."""
    seen = access.people_seen_by(request.account)
    rows = ActivityExemption.objects.filter(person__in=seen).select_related("person__unit")
    exemption = access.one_of(rows, pk)
    access.require(request.account, Permission.PERSON_EDIT, exemption.person.unit)
    return actions.end_exemption(exemption, by=request.account, at=now(), on=payload.on)
