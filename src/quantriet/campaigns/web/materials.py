"""Who was given the material of a campaign: the figures by unit, the people behind them, the ticks of what was handed out."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quantriet.campaigns import access, actions, queries
from quantriet.campaigns.models import MaterialReceipt, StudyDuty
from quantriet.campaigns.vocab import CampaignState, ReceiptHow
from quantriet.campaigns.web.desk import frame
from quantriet.campaigns.web.excel import workbook
from quantriet.kit.numbers import show_number, show_percent, whole_number, whole_numbers
from quantriet.kit.refusal import Refusal
from quantriet.kit.spreadsheets import OutColumn, Sheet
from quantriet.kit.text import fold
from quantriet.kit.time import now, show_day
from quantriet.kit.web import Chip, listing, page, query, saved
from quantriet.library.vocab import MaterialKind
from quantriet.org.access import may, may_anywhere, require
from quantriet.org.actions import privacy as privacy_actions
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page

_STATES = ("given", "missing")


def _place(request: DeskRequest, pk: int) -> tuple[Any, Any]:
    campaign = access.get_campaign(request.account, pk)
    asked = whole_number(request.GET.get("unit") or request.POST.get("unit"))
    return campaign, access.get_board_unit(request.account, campaign, asked)


@desk_page(Permission.CAMPAIGN_VIEW)
def supply(request: DeskRequest, pk: int) -> HttpResponse:
    """How many learners were given the material, by the units below a node (`?unit=`)."""
    campaign, unit = _place(request, pk)
    found = queries.supply(campaign, unit, now())
    if request.GET.get("format") == "xlsx":
        columns = [
            OutColumn("unit", _("Unit"), 40),
            OutColumn("roster", _("Must study"), kind="whole"),
            OutColumn("given", _("Were given the material"), kind="whole"),
            OutColumn("missing", _("Not given yet"), kind="whole"),
            OutColumn("share", _("Share"), 12),
        ]
        lines = (
            {
                "unit": one.unit.name, "roster": one.count.roster, "given": one.count.given, "missing": one.count.missing,
                "share": show_percent(one.count.given, one.count.roster),
            }
            for one in found.rows
        )  # fmt: skip
        heading = (campaign.name, unit.name, found.sentence)
        return workbook(_("Materials handed out"), [Sheet(_("Materials handed out"), columns, lines, heading=heading)])
    people = reverse("campaign-materials-people", args=[pk])
    return page(
        request,
        "campaigns/desk/materials.html",
        frame(
            request, campaign, "campaign-materials", unit=unit, supply=found,
            people_url=f"{people}?unit={unit.pk}", missing_url=f"{people}?unit={unit.pk}&state=missing",
            may_hand=may_anywhere(request.account, Permission.ROLL_TAKE) and campaign.state == CampaignState.OPEN,
            rows=[
                {
                    "one": one, "people": f"{people}?unit={one.unit.pk}", "share": show_percent(one.count.given, one.count.roster),
                    "url": "" if one.is_own else f"{request.path}?unit={one.unit.pk}",
                    "reaches": found.target is None or one.count.reaches(found.target),
                }
                for one in found.rows
            ],
        ),
    )  # fmt: skip


def _receipt_words(one: MaterialReceipt) -> str:
    what = f": {MaterialKind(one.kind).label}" if one.kind else ""
    who = f", {one.by}" if one.how == ReceiptHow.HANDED else ""
    return f"{ReceiptHow(one.how).label}{what} {one.document.reference_number} ({show_day(one.at)}{who})"


@desk_page(Permission.CAMPAIGN_VIEW)
def people(request: DeskRequest, pk: int, refusal: str = "") -> HttpResponse:
    """The people behind a figure: `?unit=`, `?state=given|missing`, `?q=`; ticks are offered where the account keeps the roll."""
    campaign, unit = _place(request, pk)
    documents = queries.documents_to_supply(campaign, now())
    asked = request.POST if refusal else request.GET
    rows = queries.learners(campaign, unit).select_related("person", "unit")
    chips = []
    state = asked.get("state", "")
    if state in _STATES:
        condition = queries.given(documents)
        rows = rows.filter(condition) if state == "given" else rows.exclude(condition)
        words = _("Were given the material") if state == "given" else _("Not given yet")
        chips.append(Chip(words, query(request, state=None, page=None)))
    said = asked.get("q", "").strip()
    if said:
        rows = rows.filter(person__name_folded__contains=fold(said))
        chips.append(Chip(f"{_('Search')}: {said}", query(request, q=None, page=None)))
    if asked.get("format") == "xlsx":
        privacy_actions.note_list(request.account, unit, "tải danh sách nhận tài liệu ra Excel", rows.count(), at=now())
        return _excel(campaign, unit, rows.order_by("unit__path", "person__sort_key", "pk"), documents)

    def prepare(shown: list[StudyDuty]) -> None:
        queries.add_receipts(shown, documents)
        for duty in shown:
            duty.lines = [_receipt_words(one) for one in duty.receipts]  # type: ignore[attr-defined]

    may_hand = campaign.state == CampaignState.OPEN and may(request.account, Permission.ROLL_TAKE, unit)
    context = frame(
        request, campaign, "campaign-materials", unit=unit, documents=documents, q=said, state=state, may_hand=may_hand,
        rows=listing(
            request, rows, sorts={"name": ["person__sort_key"], "unit": ["unit__path", "person__sort_key"]}, default_sort="unit",
            chips=chips, prepare=prepare, total=rows.count(),
        ),
        actions=[{"name": "do", "value": "hand", "label": _("Tick as handed out")}],
        nonce=secrets.token_urlsafe(12), refusal=refusal,
        supply_url=f"{reverse('campaign-materials', args=[pk])}?unit={unit.pk}",
    )  # fmt: skip
    return page(request, "campaigns/desk/materials_people.html", context, status=422 if refusal else 200)


def _excel(campaign: Any, unit: Any, rows: Any, documents: Any) -> HttpResponse:
    def lines() -> Iterator[dict[str, Any]]:
        batch: list[StudyDuty] = []
        for duty in [*rows.iterator(chunk_size=1000), None]:
            if duty is not None:
                batch.append(duty)
            if batch and (duty is None or len(batch) == 500):
                queries.add_receipts(batch, documents)
                for one in batch:
                    yield {
                        "code": one.person.code, "name": one.person.full_name, "unit": one.unit.name,
                        "given": _("Given") if one.is_given else _("Not given yet"),  # type: ignore[attr-defined]
                        "receipts": "; ".join(_receipt_words(row) for row in one.receipts),  # type: ignore[attr-defined]
                    }  # fmt: skip
                batch = []

    columns = [
        OutColumn("code", _("Code"), kind="code"),
        OutColumn("name", _("Full name"), 28),
        OutColumn("unit", _("Unit"), 32),
        OutColumn("given", _("Material"), 16),
        OutColumn("receipts", _("Receipts"), 70),
    ]
    heading = (campaign.name, unit.name, ", ".join(one.reference_number for one in documents))
    return workbook(_("Materials handed out"), [Sheet(_("Names"), columns, lines(), heading=heading)])


def _hands(request: DeskRequest, campaign: Any, unit: Any, keys: list[int]) -> list[StudyDuty]:
    """Those of these duties whose roll the account keeps, inside the unit shown."""
    seen = access.duties_seen_by(request.account, Permission.ROLL_TAKE).values("pk")
    rows = queries.learners(campaign, unit).filter(pk__in=keys).filter(pk__in=seen)
    return list(rows.select_related("person", "unit").order_by("pk"))


@desk_page(Permission.ROLL_TAKE)
@require_POST
def hand(request: DeskRequest, pk: int) -> HttpResponse:
    """Tick the people of a list as handed out."""
    campaign, unit = _place(request, pk)
    require(request.account, Permission.ROLL_TAKE, unit)
    keys = whole_numbers(request.POST.getlist("ids"))
    nonce = request.POST.get("nonce", "")[:40] or secrets.token_urlsafe(12)
    try:
        done = actions.hand_out(
            campaign, _hands(request, campaign, unit, keys), queries.documents_to_supply(campaign, now()), nonce=nonce,
            by=request.account, at=now(),
        )  # fmt: skip
    except Refusal as refusal:
        return people(request, pk, refusal=refusal.sentence)
    message = f"Đã ghi {show_number(done.written)} người được phát tài liệu"
    message += f"; {show_number(done.already)} người đã ghi từ trước." if done.already else "."
    return saved(request, to=_back(request, pk, unit), message=message)


@desk_page(Permission.ROLL_TAKE)
@require_POST
def undo(request: DeskRequest, pk: int, duty_pk: int) -> HttpResponse:
    """Take back the tick of one person."""
    campaign, unit = _place(request, pk)
    require(request.account, Permission.ROLL_TAKE, unit)
    found = _hands(request, campaign, unit, [duty_pk])
    duty = found[0] if found else get_object_or_404(StudyDuty.objects.none(), pk=duty_pk)
    try:
        # Of every document: what had material when it was ticked may have none today.
        actions.take_back(campaign, duty, list(campaign.documents.all()), by=request.account, at=now())
    except Refusal as refusal:
        return people(request, pk, refusal=refusal.sentence)
    return saved(request, to=_back(request, pk, unit), message=f"Đã bỏ ghi phát tài liệu cho {duty.person.full_name}.")


def _back(request: DeskRequest, pk: int, unit: Any) -> str:
    state = request.POST.get("state", "")
    suffix = f"&state={state}" if state in _STATES else ""
    return f"{reverse('campaign-materials-people', args=[pk])}?unit={unit.pk}{suffix}"
