"""Classes for machines: sessions, venues and the people called."""

from __future__ import annotations

import datetime as dt
from typing import Any

from quantriet.classes import access, queries
from quantriet.classes.models import RosterEntry
from quantriet.classes.vocab import ClassState
from quantriet.kit.vocab import gettext_noop
from quantriet.kit.web.api import LIMIT, Cursor, Key, Limit, Named, Page, Row, paged
from quantriet.org import access as org_access
from quantriet.org.vocab import Permission
from quantriet.org.web.door import ApiRequest, Door

door = Door(tags=["classes"])


class ClassOut(Row):
    id: int
    code: str
    title: str
    campaign_id: int
    unit: Named
    form: str
    level: str
    tier: str
    state: str
    is_catch_up: bool
    released_at: dt.datetime | None
    closed_at: dt.datetime | None


class SessionOut(Row):
    id: int
    title: str
    starts_at: dt.datetime
    ends_at: dt.datetime


class VenueOut(Row):
    id: int
    name: str
    address: str
    capacity: int | None
    is_main: bool
    unit: Named


class ClassDetail(ClassOut):
    revision: int
    sessions: list[SessionOut]
    venues: list[VenueOut]


class RosterOut(Row):
    id: int
    person: Named
    code: str
    unit: Named
    venue_id: int
    duty_id: int | None
    origin: str
    seat: str
    summoned_at: dt.datetime | None
    summoned_by: str


@door.read("/classes", Permission.CLASS_VIEW, Page[ClassOut], gettext_noop("List classes"))
def list_classes(
    request: ApiRequest, campaign: Key | None = None, under: Key | None = None, state: ClassState | None = None,
    day: dt.date | None = None, limit: Limit = LIMIT, cursor: Cursor = "",
) -> Any:  # fmt: skip
    """Classes the token sees, the latest made first; `day` those with a session on that Vietnamese day."""
    rows = access.classes_seen_by(request.account).select_related("unit")
    if campaign is not None:
        rows = rows.filter(campaign_id=campaign)
    if under is not None:
        rows = rows.filter(queries.under([org_access.get_unit(request.account, under, Permission.CLASS_VIEW)]))
    if state:
        rows = rows.filter(state=state)
    if day:
        rows = rows.filter(queries.on_day(day))
    return paged(request, rows, ["-pk"], limit=limit, cursor=cursor)


@door.read("/classes/{pk}", Permission.CLASS_VIEW, ClassDetail, gettext_noop("One class"))
def get_class(request: ApiRequest, pk: Key) -> Any:
    """The class with its sessions and venues."""
    found = access.get_class(request.account, pk)
    return {
        **ClassOut.model_validate(found).model_dump(),
        "revision": found.revision,
        "sessions": list(found.sessions.order_by("starts_at", "pk")),
        "venues": list(found.venues.select_related("unit").order_by("-is_main", "name")),
    }


@door.read("/classes/{pk}/roster", Permission.CLASS_VIEW, Page[RosterOut], gettext_noop("Roster of a class"))
def list_roster(
    request: ApiRequest, pk: Key, venue: Key | None = None, limit: Limit = LIMIT, cursor: Cursor = ""
) -> Any:
    """The people called whom the token sees there, by given name."""
    found = access.get_class(request.account, pk)
    rows = access.roster_seen_by(request.account).filter(study_class=found)
    if venue is not None:
        rows = rows.filter(venue_id=venue)

    def show(entries: list[RosterEntry]) -> list[Any]:
        names = [name for name in RosterOut.model_fields if name not in ("person", "code")]
        return [
            {
                **{name: getattr(one, name) for name in names},
                "person": {"id": one.person_id, "name": one.person.full_name},
                "code": one.person.code,
            }
            for one in entries
        ]

    rows = rows.select_related("person", "unit")
    return paged(request, rows, ["person__sort_key", "pk"], limit=limit, cursor=cursor, show=show)
