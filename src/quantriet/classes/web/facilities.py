"""The register of rooms and equipment, and the share of communes with an online meeting room."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quantriet.classes import access, actions, queries
from quantriet.classes.models import Facility, FacilityDeclaration
from quantriet.classes.queries.facilities import LINE_WORDS, OUT_COLUMNS, ListedFacility
from quantriet.classes.vocab import LineKind, OnlineRoom
from quantriet.classes.web import tables
from quantriet.classes.web.conference_forms import FacilityFilter, FacilityForm, TableConfirmForm, TableForm
from quantriet.kit.refusal import Refusal, refusals_on
from quantriet.kit.spreadsheets import OutColumn
from quantriet.kit.text import fold
from quantriet.kit.time import now
from quantriet.kit.web import Chip, listing, page, query, saved
from quantriet.kit.web.sheets import workbook
from quantriet.org import access as org_access
from quantriet.org.models import Unit, path_end
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page

_SALT = "facilities"
ANSWER_SIGNS = {OnlineRoom.YES: "done", OnlineRoom.NO: "owing", OnlineRoom.SILENT: "silent"}


def _facility_page(request: DeskRequest, template: str, context: dict[str, Any], *, part: str) -> HttpResponse:
    parts = [
        {"label": label, "url": reverse(name), "current": name == part}
        for name, label in (
            ("facility-list", _("Rooms and equipment")),
            ("facility-share", _("Online rooms by commune")),
        )
    ]
    may_change = org_access.may_anywhere(request.account, Permission.CLASS_EDIT)
    return page(request, template, {"parts": parts, "may_change": may_change, **context})


@desk_page(Permission.CLASS_VIEW)
def facility_list(request: DeskRequest) -> HttpResponse:
    rows = access.facilities_seen_by(request.account)
    units = Unit.objects.filter(pk__in=rows.order_by().values("unit_id")).order_by("path")
    answers = [("yes", _("Yes")), ("no", _("No")), ("none", _("Not stated"))]
    filters = FacilityFilter(request.GET, units=units, answers=answers)
    filters.is_valid()
    chosen = filters.cleaned_data
    chips: list[Chip] = []
    words = request.GET.get("q", "").strip()
    if words:
        rows = rows.filter(Q(name__icontains=words) | Q(unit__name_folded__contains=fold(words)))
        chips.append(Chip(f"{_('Search')}: {words}", query(request, q=None, page=None)))
    if answer := chosen.get("answer"):
        rows = rows.filter(is_online={"yes": True, "no": False, "none": None}[answer])
        chips.append(
            Chip(f"{_('Online meeting room')}: {dict(answers)[answer]}", query(request, answer=None, page=None))
        )
    if unit := chosen.get("unit"):
        rows = rows.filter(unit__path__gte=unit.path, unit__path__lt=path_end(unit.path))
        chips.append(Chip(unit.name, query(request, unit=None, page=None)))
    if request.GET.get("format") == "xlsx":
        return workbook("phong-hop.xlsx", "Sổ phòng họp, cơ sở vật chất", OUT_COLUMNS, queries.facility_export(rows))
    shown = listing(
        request, queries.facility_rows(rows), sorts={"unit": ["unit__path", "name"], "name": ["name"], "seats": ["seats"]},
        default_sort="unit", chips=chips,
    )  # fmt: skip
    for row in shown:
        row.line_words = LINE_WORDS[LineKind(row.line)] if row.line else ""  # type: ignore[attr-defined]
    context = {
        "listing": shown, "chips": shown.chips, "filters": filters, "q": words, "declarable": (own := _declarable(request)),
        "declaration": FacilityDeclaration.objects.filter(unit=own).first() if own else None,
        "has_any": bool(shown.total) or bool(chips),
    }  # fmt: skip
    return _facility_page(request, "classes/desk/facilities.html", context, part="facility-list")


def _declarable(request: DeskRequest) -> Unit | None:
    """The unit whose register the account answers for as a whole."""
    home = org_access.home_unit(request.account)
    return home if home and org_access.may(request.account, Permission.CLASS_EDIT, home) else None


@desk_page(Permission.CLASS_VIEW)
def facility_share(request: DeskRequest) -> HttpResponse:
    """Of how many communes how many have an online room; who has not reported is never counted as having none (R-063)."""
    units = org_access.units_seen_by(request.account, Permission.CLASS_VIEW)
    found = queries.online_rooms(units)
    answer = request.GET.get("answer")
    shown = [one for one in found if answer not in list(OnlineRoom) or one.answer == answer]
    if request.GET.get("format") == "xlsx":
        columns = [
            OutColumn("code", "Mã đơn vị", kind="code"), OutColumn("unit", "Xã, phường", width=36),
            OutColumn("answer", "Phòng họp trực tuyến", width=24), OutColumn("rooms", "Số phòng trong sổ", kind="number"),
        ]  # fmt: skip
        lines = (
            {"code": one.unit.code, "unit": one.unit.name, "answer": one.answer.label, "rooms": one.rooms}
            for one in shown
        )
        return workbook("phong-hop-truc-tuyen.xlsx", "Phòng họp trực tuyến cấp xã", columns, lines)
    home = org_access.home_unit(request.account)
    share = queries.online_share(home, found) if home else None
    shares = queries.online_shares(home, found) if home else []
    here = reverse("facility-share")
    context = {
        "share": share,
        "counts": [
            {"label": one.label, "value": sum(two.answer == one for two in found), "url": f"{here}?answer={one.value}"}
            for one in OnlineRoom
        ],
        "bars": [
            {
                "label": one.unit.name, "value": one.having, "total": one.total,
                "kind": "silent" if not one.reported else "owing" if one.none or one.silent else "",
            }
            for one in shares[:40]
        ]
        if len(shares) != len(found)
        else [],
        "chips": [Chip(OnlineRoom(answer).label, query(request, answer=None))] if answer in list(OnlineRoom) else [],
        "shown": len(shown),
        "rows": [
            {"unit": one.unit, "rooms": one.rooms, "sign": ANSWER_SIGNS[one.answer], "word": one.answer.label}
            for one in shown[:500]
        ],
    }  # fmt: skip
    return _facility_page(request, "classes/desk/facility_share.html", context, part="facility-share")


@desk_page(Permission.CLASS_EDIT)
def new_facility(request: DeskRequest) -> HttpResponse:
    units = access.units_with_registers(request.account)
    form = FacilityForm(request.POST or None, units=units, initial={"unit": org_access.home_unit(request.account)})
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            given = dict(form.cleaned_data)
            actions.add_facility(given.pop("unit"), by=request.account, at=now(), **given)
            return saved(request, to=reverse("facility-list"), message=_("Saved."))
    context = {"form": form, "title": _("Add a room")}
    return _facility_page(request, "classes/desk/facility.html", context, part="facility-list")


@desk_page(Permission.CLASS_EDIT)
def facility(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_facility(request.account, pk, Permission.CLASS_EDIT)
    form = FacilityForm(request.POST or None, units=None, facility=found)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.change_facility(found, by=request.account, at=now(), **form.cleaned_data)
            return saved(request, to=reverse("facility-list"), message=_("Saved."))
    context = {"form": form, "title": found.name, "facility": found, "place": {"unit": found.unit.name}}
    return _facility_page(request, "classes/desk/facility.html", context, part="facility-list")


@desk_page(Permission.CLASS_EDIT)
@require_POST
def remove_facility(request: DeskRequest, pk: int) -> HttpResponse:
    found: Facility = access.get_facility(request.account, pk, Permission.CLASS_EDIT)
    actions.remove_facility(found, by=request.account, at=now())
    return saved(request, to=reverse("facility-list"), message=_("Removed."))


@desk_page(Permission.CLASS_EDIT)
@require_POST
def declare(request: DeskRequest) -> HttpResponse:
    """The account's own unit says that its register is complete."""
    unit = _declarable(request)
    if unit is None:
        messages.error(request, "Tài khoản không giữ sổ của đơn vị nào.")
        return saved(request, to=reverse("facility-list"))
    actions.declare_facilities(unit, by=request.account, at=now())
    return saved(request, to=reverse("facility-list"), message=f"Đã xác nhận sổ phòng họp của {unit.name} là đủ.")


@desk_page(Permission.CLASS_EDIT)
def import_facilities(request: DeskRequest) -> HttpResponse:
    """A register from a file: what was understood, then written. Nothing is written before the confirmation."""
    units = access.units_with_registers(request.account)
    context: dict[str, Any]
    if request.method == "POST" and "lines" in request.POST:
        confirmed = TableConfirmForm(request.POST)
        if confirmed.is_valid():
            with refusals_on(confirmed):
                said = tables.unpack(confirmed.cleaned_data["lines"], salt=_SALT, owner=request.account.pk)
                lines = [ListedFacility(*one) for one in said]
                if {one.unit_id for one in lines} - set(units.values_list("pk", flat=True)):
                    raise Refusal("list.stale", "Phần xem trước có đơn vị ngoài phạm vi của đồng chí; hãy đọc lại tệp.")
                added, changed = actions.write_facilities(lines, by=request.account, at=now())
                message = tables.written_sentence("phòng", added, changed)
                return saved(request, to=reverse("facility-list"), message=message)
        context = {"form": confirmed, "is_preview": True, "can_confirm": False}
        return _facility_page(request, "classes/desk/facility_import.html", context, part="facility-list")
    form = TableForm(request.POST or None, request.FILES or None)
    context = {"form": form}
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            found = tables.read_upload(
                form.cleaned_data["file"], lambda path, name: queries.read_facilities(path, name, units=units)
            )
            packed = tables.pack(
                [[one.number, one.unit_id, one.name, one.facility_id, dict(one.said)] for one in found.lines],
                salt=_SALT, owner=request.account.pk,
            )  # fmt: skip
            named = Unit.objects.in_bulk([one.unit_id for one in found.lines[: tables.SHOWN]])
            context = {
                "form": TableConfirmForm(initial={"lines": packed}),
                "is_preview": True,
                "can_confirm": bool(found.lines) and not found.wrong,
                "lines": [
                    {"line": one, "unit": named[one.unit_id], "is_new": one.facility_id is None, "said": one.said}
                    for one in found.lines[: tables.SHOWN]
                ],
                "wrong": found.wrong[: tables.SHOWN],
                "sentence": tables.read_sentence(
                    "phòng", total=len(found.lines), added=found.added, same=found.same, wrong=len(found.wrong)
                ),
            }
    return _facility_page(request, "classes/desk/facility_import.html", context, part="facility-list")
