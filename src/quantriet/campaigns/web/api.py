"""Campaigns for machines: what is studied, who, how far each unit is, and who owes what."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import Http404
from pydantic import Field

from quantriet.campaigns import access, queries
from quantriet.campaigns.models import CampaignPlan, StudyCampaign
from quantriet.campaigns.vocab import CampaignState, DutyReason, DutyState, PlanState
from quantriet.kit.vocab import gettext_noop
from quantriet.kit.web.api import LIMIT, Cursor, Key, Limit, Named, Page, Row, Words, paged
from quantriet.org.models import Unit, path_end
from quantriet.org.vocab import Permission
from quantriet.org.web.door import ApiRequest, Door

campaigns = Door(tags=["campaigns"])
duties = Door(tags=["duties"])
boards = Door(tags=["boards"])


class CampaignOut(Row):
    id: int
    name: str
    unit: Named = Field(description="The organiser.")
    state: str
    form: str
    planned_from: dt.date
    planned_to: dt.date
    duty_kinds: list[str]
    opened_at: dt.datetime | None
    closed_at: dt.datetime | None


class CampaignDetail(CampaignOut):
    plan_number: str
    instructions: str
    is_quick_briefing: bool
    has_current_affairs: bool
    handed_down_at: dt.datetime | None
    due_on: dt.date


class CampaignDocumentOut(Row):
    id: int
    reference_number: str
    subject: str
    issued_on: dt.date
    order: int


class RuleOut(Row):
    name: str
    effect: str
    tier: str
    basis: str
    people: int | None = Field(description="Null for who does not see the organiser.")
    exempt: int | None


class AudienceOut(Row):
    """Who must study, by the rules in their order; the counts stand for who sees the organiser, else null."""

    rules: list[RuleOut]
    people: int | None
    obliged: int | None
    exempt: int | None
    added: int | None
    removed: int | None


class PlanOut(Row):
    id: int
    campaign_id: int
    unit: Named
    state: str
    form: str
    planned_from: dt.date | None
    planned_to: dt.date | None
    plan_number: str
    responsible: Named | None
    scheduled_at: dt.datetime | None
    first_held_at: dt.datetime | None


class DutyOut(Row):
    id: int
    person: Named
    unit: Named
    kind: str
    tier: str
    state: str
    reason: str
    sentence: str
    due_on: dt.date
    settled_at: dt.datetime | None


class BoardCount(Row):
    """People of a roll-up. `done` is null where nothing has been reported: not reported is not zero."""

    roster: int
    obliged: int
    done: int | None
    exempt: int
    owing: int
    cells: int = Field(description="Units with people who must study.")
    reported: int = Field(description="Of these, how many have reported anything.")
    is_silent: bool
    plans: int = Field(description="Units that must organise.")
    held: int = Field(description="Of these, how many have.")


class BoardRowOut(BoardCount):
    unit: Named
    is_own: bool = Field(description="The people of the node itself, not of a unit below.")


class BoardOut(Row):
    campaign_id: int
    unit: Named
    kind: str
    as_of: dt.datetime
    sentence: str
    total: BoardCount
    rows: list[BoardRowOut]


@campaigns.read("/campaigns", Permission.CAMPAIGN_VIEW, Page[CampaignOut], gettext_noop("List campaigns"))
def list_campaigns(
    request: ApiRequest, state: CampaignState | None = None, limit: Limit = LIMIT, cursor: Cursor = ""
) -> Any:
    """Campaigns of the token's units, of those below, and what superiors handed down; the latest first."""
    rows = access.campaigns_seen_by(request.account).select_related("unit")
    if state:
        rows = rows.filter(state=state)
    return paged(request, rows, ["-planned_from", "-pk"], limit=limit, cursor=cursor)


@campaigns.read("/campaigns/{pk}", Permission.CAMPAIGN_VIEW, CampaignDetail, gettext_noop("One campaign"))
def get_campaign(request: ApiRequest, pk: Key) -> Any:
    """The campaign with the last day for its duties."""
    campaign = access.get_campaign(request.account, pk)
    names = ("plan_number", "instructions", "is_quick_briefing", "has_current_affairs", "handed_down_at")
    return {
        **CampaignOut.model_validate(campaign).model_dump(),
        **{name: getattr(campaign, name) for name in names},
        "due_on": queries.campaign_due_on(campaign),
    }


@campaigns.read(
    "/campaigns/{pk}/documents",
    Permission.CAMPAIGN_VIEW,
    list[CampaignDocumentOut],
    gettext_noop("Documents of a campaign"),
)
def list_campaign_documents(request: ApiRequest, pk: Key) -> Any:
    """What is studied, in the order of the campaign."""
    campaign = access.get_campaign(request.account, pk)
    return [
        {
            "id": one.document_id,
            "reference_number": one.document.reference_number,
            "subject": one.document.subject,
            "issued_on": one.document.issued_on,
            "order": one.order,
        }
        for one in campaign.campaign_documents.select_related("document")
    ]


@campaigns.read(
    "/campaigns/{pk}/audience", Permission.CAMPAIGN_VIEW, AudienceOut, gettext_noop("Audience of a campaign")
)
def get_audience(request: ApiRequest, pk: Key) -> Any:
    """The rules with what each decides."""
    campaign = access.get_campaign(request.account, pk)
    found = queries.audience(campaign)
    count = queries.audience_count(found) if access.sees_whole(request.account, campaign) else None
    rules = []
    for position, rule in enumerate(found.rules):
        decided = count.by_rule.get(position) if count else None
        rules.append(
            {
                "name": rule.name,
                "effect": rule.effect,
                "tier": rule.tier,
                "basis": rule.basis,
                "people": (decided.people if decided else 0) if count else None,
                "exempt": (decided.exempt if decided else 0) if count else None,
            }
        )
    names = ("people", "obliged", "exempt", "added", "removed")
    return {"rules": rules, **{name: getattr(count, name) if count else None for name in names}}


@campaigns.read(
    "/campaigns/{pk}/plans", Permission.CAMPAIGN_VIEW, Page[PlanOut], gettext_noop("Plans of the units in a campaign")
)
def list_plans(
    request: ApiRequest, pk: Key, under: Key | None = None, state: PlanState | None = None, limit: Limit = LIMIT,
    cursor: Cursor = "",
) -> Any:  # fmt: skip
    """How far each lower unit is with organising, in the order of the tree."""
    campaign, unit = _place(request, pk, under)
    rows = access.plans_seen_by(request.account).filter(
        campaign=campaign, unit__path__gte=unit.path, unit__path__lt=path_end(unit.path)
    )
    if state:
        rows = rows.filter(state=state)

    def show(plans: list[CampaignPlan]) -> list[Any]:
        return [
            {
                **{name: getattr(one, name) for name in PlanOut.model_fields if name != "responsible"},
                "responsible": {"id": one.responsible.pk, "name": one.responsible.full_name}
                if one.responsible
                else None,
            }
            for one in plans
        ]

    rows = rows.select_related("unit", "responsible")
    return paged(request, rows, ["unit__path", "pk"], limit=limit, cursor=cursor, show=show)


def _place(request: ApiRequest, pk: int, under: int | None) -> tuple[StudyCampaign, Unit]:
    campaign = access.get_campaign(request.account, pk)
    return campaign, access.get_board_unit(request.account, campaign, under)


def _kind(campaign: StudyCampaign, asked: str) -> str:
    """The kind of duty asked for, the first one without; one the campaign does not have is not there."""
    if not asked:
        return str(campaign.duty_kinds[0]) if campaign.duty_kinds else ""
    if asked not in campaign.duty_kinds:
        raise Http404
    return asked


@duties.read("/campaigns/{pk}/duties", Permission.CAMPAIGN_VIEW, Page[DutyOut], gettext_noop("Duties of a campaign"))
def list_duties(
    request: ApiRequest, pk: Key, under: Key | None = None, kind: Words = "", state: DutyState | None = None,
    reason: DutyReason | None = None, limit: Limit = LIMIT, cursor: Cursor = "",
) -> Any:  # fmt: skip
    """Who owes what and why, unit by unit; `under` is a unit of the token's scope."""
    campaign, unit = _place(request, pk, under)
    rows = access.duties_seen_by(request.account).filter(campaign=campaign, kind=_kind(campaign, kind))
    if unit.pk != campaign.unit_id:
        rows = rows.filter(unit__in=Unit.objects.under(unit).order_by().values("pk"))
    if state:
        rows = rows.filter(state=state)
    if reason:
        rows = rows.filter(reason=reason)

    def show(found: list[Any]) -> list[Any]:
        names = [name for name in DutyOut.model_fields if name != "person"]
        return [
            {
                **{name: getattr(one, name) for name in names},
                "person": {"id": one.person_id, "name": one.person.full_name},
            }
            for one in found
        ]

    rows = rows.select_related("person", "unit")
    return paged(request, rows, ["unit_id", "pk"], limit=limit, cursor=cursor, show=show)


def _count(count: Any, row: Any) -> dict[str, Any]:
    is_silent = row.cells > 0 and row.reported == 0
    return {
        "roster": count.roster,
        "obliged": count.obliged,
        "done": None if is_silent else count.done,
        "exempt": count.exempt,
        "owing": count.owing,
        "cells": row.cells,
        "reported": row.reported,
        "is_silent": is_silent,
        "plans": row.plans,
        "held": row.held,
    }


@boards.read("/campaigns/{pk}/board", Permission.CAMPAIGN_VIEW, BoardOut, gettext_noop("Board of a campaign"))
def get_board(
    request: ApiRequest, pk: Key, unit: Key | None = None, kind: Words = "", as_of: dt.date | None = None
) -> Any:
    """The board of a node with the units below it, now or at the end of a day."""
    campaign, node = _place(request, pk, unit)
    board = queries.board(campaign, node, _kind(campaign, kind), queries.as_of(as_of))
    return {
        "campaign_id": campaign.pk,
        "unit": node,
        "kind": board.kind,
        "as_of": board.as_of.moment,
        "sentence": board.sentence,
        "total": _count(board.total, board),
        "rows": [{"unit": row.unit, "is_own": row.is_own, **_count(row.count, row)} for row in board.rows],
    }
