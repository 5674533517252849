"""The register for machines: documents, their clauses and key points."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from quantriet.kit.time import now
from quantriet.kit.vocab import gettext_noop
from quantriet.kit.web.api import LIMIT, Cursor, Key, Limit, Named, Page, Row, Words, paged
from quantriet.library import access, queries
from quantriet.library.models import GuidingDocument
from quantriet.library.queries import masters
from quantriet.library.queries import publication as publication_queries
from quantriet.library.vocab import ActivityForm, Audience, Channel, DocumentStatus
from quantriet.org.vocab import Level, Permission
from quantriet.org.web.door import ApiRequest, Door

door = Door(tags=["documents"])


class DocumentOut(Row):
    id: int
    reference_number: str
    type_code: str
    issuing_body: str
    level: str
    issued_on: dt.date
    subject: str
    status: str
    finish_before_on: dt.date | None
    unit: Named


class RelationOut(Row):
    kind: str
    document: int
    reference_number: str
    note: str


class DocumentDetail(DocumentOut):
    needs_no_programme: bool
    file_name: str
    registered_at: dt.datetime
    relations: list[RelationOut]


class ClauseOut(Row):
    id: int
    parent_id: int | None
    order: int
    depth: int
    number: str
    label: str
    heading: str
    text: str


class PointOut(Row):
    id: int
    kind: str
    theme: str
    text: str
    order: int
    clause_id: int | None


@door.read("/documents", Permission.DOCUMENT_VIEW, Page[DocumentOut], gettext_noop("List documents"))
def list_documents(
    request: ApiRequest, q: Words = "", type: Words = "", level: Level | None = None,
    status: DocumentStatus | None = None, limit: Limit = LIMIT, cursor: Cursor = "",
) -> Any:  # fmt: skip
    """The register of the token's units, of those below and above, latest issue first. `q`: number or subject, no marks."""
    rows = queries.searched(access.documents_seen_by(request.account), q)
    given = {"type_code": type, "level": level, "status": status}
    rows = rows.filter(**{name: value for name, value in given.items() if value})
    rows = rows.select_related("unit").defer("text", "subject_folded")
    return paged(request, rows, ["-issued_on", "-pk"], limit=limit, cursor=cursor)


@door.read("/documents/{pk}", Permission.DOCUMENT_VIEW, DocumentDetail, gettext_noop("One document"))
def get_document(request: ApiRequest, pk: Key) -> Any:
    """The document with its relations to others."""
    document = access.get_document(request.account, pk)
    relations = [
        {
            "kind": one.kind,
            "document": one.target_id,
            "reference_number": one.target.reference_number,
            "note": one.note,
        }
        for one in document.relations.select_related("target").order_by("pk")
    ]
    names = ("needs_no_programme", "file_name", "registered_at")
    return {
        **DocumentOut.model_validate(document).model_dump(),
        **{name: getattr(document, name) for name in names},
        "relations": relations,
    }


def _document(request: ApiRequest, pk: int) -> GuidingDocument:
    return access.get_document(request.account, pk)


@door.read("/documents/{pk}/clauses", Permission.DOCUMENT_VIEW, Page[ClauseOut], gettext_noop("Clauses of a document"))
def list_clauses(request: ApiRequest, pk: Key, limit: Limit = LIMIT, cursor: Cursor = "") -> Any:
    """Clauses in reading order."""
    rows = _document(request, pk).clauses.all()
    return paged(request, rows, ["order", "pk"], limit=limit, cursor=cursor)


@door.read("/documents/{pk}/points", Permission.DOCUMENT_VIEW, Page[PointOut], gettext_noop("Key points of a document"))
def list_points(request: ApiRequest, pk: Key, limit: Limit = LIMIT, cursor: Cursor = "") -> Any:
    """Core and new points, each with the clause it comes from."""
    rows = _document(request, pk).points.all()
    return paged(request, rows, ["order", "pk"], limit=limit, cursor=cursor)


class MasterPartOut(Row):
    id: int
    kind: str
    audiences: list[str]
    title: str
    text: str
    value: Decimal | None
    measure: str
    source: str
    cites: str
    clause: str
    document: int | None


class MasterOut(Row):
    document: int
    version: int
    title: str
    unit: Named
    published_at: dt.datetime
    parts: list[MasterPartOut]


@door.read(
    "/documents/{pk}/master",
    Permission.DOCUMENT_VIEW,
    MasterOut | None,
    gettext_noop("The published master of a document"),
)
def get_master(request: ApiRequest, pk: Key, audience: Audience | None = None) -> Any:
    """What is published of a document: core and new points, figures, questions, each citing its clause; null when nothing is."""
    version = masters.published_master(_document(request, pk), now())
    if version is None:
        return None
    return {
        "document": pk,
        "version": version.number,
        "title": version.content["title"],
        "unit": version.master.unit,
        "published_at": version.published_at,
        "parts": list(masters.parts_for(version, audience)),
    }


class PlacementOut(Row):
    id: int
    document_id: int
    unit: Named
    channel: str
    placed_on: dt.date
    title: str
    url: str
    note: str
    reach_as_of: dt.date | None
    views: int | None
    reactions: int | None
    shares: int | None
    copies: int | None


class ActivityOut(Row):
    id: int
    document_id: int | None
    unit: Named
    body: str
    form: str
    held_on: dt.date
    place: str
    people: int
    words: str


@door.read("/placements", Permission.DOCUMENT_VIEW, Page[PlacementOut], gettext_noop("List placements"))
def list_placements(
    request: ApiRequest, document: Key | None = None, channel: Channel | None = None, since: dt.date | None = None,
    limit: Limit = LIMIT, cursor: Cursor = "",
) -> Any:  # fmt: skip
    """Where documents were published, latest first, with the latest figures of each. `since`: posted on or after that day."""
    rows = access.placements_seen_by(request.account).filter(withdrawn_at__isnull=True)
    given = {"document_id": document, "channel": channel, "placed_on__gte": since}
    rows = rows.filter(**{name: value for name, value in given.items() if value})
    rows = publication_queries.with_reach(rows).select_related("unit")
    return paged(request, rows, ["-placed_on", "-pk"], limit=limit, cursor=cursor)


@door.read("/activities", Permission.DOCUMENT_VIEW, Page[ActivityOut], gettext_noop("List dissemination activities"))
def list_activities(
    request: ApiRequest, document: Key | None = None, form: ActivityForm | None = None, since: dt.date | None = None,
    limit: Limit = LIMIT, cursor: Cursor = "",
) -> Any:  # fmt: skip
    """Activities that spread documents, latest first; never presence in classes. `since`: held on or after that day."""
    rows = access.activities_seen_by(request.account).filter(withdrawn_at__isnull=True)
    given = {"document_id": document, "form": form, "held_on__gte": since}
    rows = rows.filter(**{name: value for name, value in given.items() if value})
    return paged(request, rows.select_related("unit"), ["-held_on", "-pk"], limit=limit, cursor=cursor)
