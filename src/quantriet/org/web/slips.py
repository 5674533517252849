"""Activation slips: who has activated the account, and the sheet of slips to cut."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from quantriet.kit import spreadsheets, time
from quantriet.kit.refusal import refusals_on
from quantriet.kit.web import Chip, listing, page, query
from quantriet.kit.web.once import first_time, made_already
from quantriet.org import access, actions
from quantriet.org.models import Person, Unit
from quantriet.org.queries import sign_in as sign_in_queries
from quantriet.org.vocab import Permission, SlipState
from quantriet.org.web.entering import confirmed_first
from quantriet.org.web.forms_sign_in import ActivationFilterForm, SlipPrintForm
from quantriet.org.web.frame import AT_ONCE, crumbs, excel, without
from quantriet.org.web.pages import DeskRequest, desk_page
from quantriet.org.web.security import qr_svg

SORTS = {"name": ["sort_key"], "unit": ["unit__sort_key", "sort_key"], "code": ["code"]}
MOST_SLIPS = 500  # on one sheet; a cell has some thirty members


def _narrowed(request: DeskRequest) -> tuple[ActivationFilterForm, Unit | None, Any]:
    units = access.units_seen_by(request.account, Permission.SLIP_PRINT)
    form = ActivationFilterForm(request.GET, units=units)
    form.is_valid()
    unit, state = form.cleaned_data.get("unit"), form.cleaned_data.get("state", "")
    people = access.slip_people(request.account)
    if form.errors.get("unit"):
        people = people.none()
    if unit is None:
        unit = _only_cell(request)
    if unit is not None:
        people = people.under(unit)
    return form, unit, sign_in_queries.people_in_state(people, state)


def _only_cell(request: DeskRequest) -> Unit | None:
    """The cell of a secretary, who has no other."""
    units = access.units_seen_by(request.account, Permission.SLIP_PRINT).select_related("kind", "parent")
    found = list(units.order_by("path")[:2])
    return found[0] if len(found) == 1 else None


@desk_page(Permission.SLIP_PRINT)
def activation_list(request: DeskRequest) -> HttpResponse:
    form, unit, people = _narrowed(request)
    if request.GET.get("format") == "xlsx":
        if people.count() > AT_ONCE:
            messages.info(
                request, f"Danh sách dài hơn {AT_ONCE:,} người; chọn một đơn vị rồi tải Excel.".replace(",", ".")
            )
            return HttpResponseRedirect(query(request, format=None))
        return _excel(people, unit)

    def prepare(shown: list[Person]) -> None:
        activations = sign_in_queries.activations_of(shown)
        for person in shown:
            person.activation = activations[person.pk]  # type: ignore[attr-defined]

    chips = []
    if form.cleaned_data.get("unit"):
        chips.append(Chip(f"{_('Unit')}: {form.cleaned_data['unit'].name}", without(request, "unit")))
    if form.cleaned_data.get("state"):
        chips.append(
            Chip(f"{_('State')}: {SlipState(form.cleaned_data['state']).label}", without(request, "state"))
        )  # fmt: skip
    shown = listing(
        request, people.select_related("unit"), sorts=SORTS, default_sort="unit", chips=chips, prepare=prepare
    )
    state = form.cleaned_data.get("state", "")
    asked = "&".join([*([f"unit={unit.code}"] if unit else []), *([f"state={state}"] if state else [])])
    context = {
        "people": shown,
        "page": shown,
        "filters": form,
        "unit": unit,
        "print_url": f"{reverse('slip-print')}?{asked}" if shown.total else "",
        "breadcrumb": crumbs(request.account, unit, (_("Activation slips"), "")),
    }
    return page(request, "org/slips/list.html", context)


def _excel(people: Any, unit: Unit | None) -> HttpResponse:
    columns = [
        spreadsheets.OutColumn("code", _("Member code")),
        spreadsheets.OutColumn("name", _("Full name")),
        spreadsheets.OutColumn("unit", _("Cell")),
        spreadsheets.OutColumn("state", _("State")),
        spreadsheets.OutColumn("username", _("User name")),
        spreadsheets.OutColumn("activated", _("Activated on")),
        spreadsheets.OutColumn("printed", _("Slip printed on")),
        spreadsheets.OutColumn("ends", _("Usable until")),
    ]
    listed = list(people.select_related("unit").order_by("unit__sort_key", "sort_key", "pk"))
    activations = sign_in_queries.activations_of(listed)
    rows = []
    for person in listed:
        one = activations[person.pk]
        rows.append(
            {
                "code": person.code,
                "name": person.full_name,
                "unit": person.unit.name,
                "state": one.state.label,
                "username": one.username,
                "activated": time.local(one.activated_at).date() if one.activated_at else None,
                "printed": time.local(one.printed_at).date() if one.printed_at else None,
                "ends": one.ends_on,
            }
        )
    return excel(_("Activation of accounts"), unit.name if unit else "", columns, rows)


@desk_page(Permission.SLIP_PRINT)
@confirmed_first
@never_cache
def slip_print(request: DeskRequest) -> HttpResponse:
    """Say whose slips will be printed and who gets none and why; the answer to the button is the sheet itself."""
    _form, unit, rows = _narrowed(request)
    picked = request.GET.get("person", "")
    if picked:
        rows = access.slip_people(request.account).filter(code=picked)
    people = list(rows.select_related("unit__parent").order_by("unit__sort_key", "sort_key", "pk")[: MOST_SLIPS + 1])
    many, people = len(people) > MOST_SLIPS, people[:MOST_SLIPS]
    why_not = access.slip_hindrances(request.account, people)
    able = [person for person in people if person.pk not in why_not]
    form = SlipPrintForm(request.POST or None, request=request)
    back = reverse("activation-list") + (f"?unit={unit.code}" if unit else "")
    if request.method == "POST" and form.is_valid() and not many and able:
        with refusals_on(form), first_time(request) as is_first:
            if not is_first:
                return made_already(
                    request,
                    "Tờ phiếu này đã lập rồi nên không lập lại; phiếu đã in trên tờ ấy vẫn dùng được. "
                    "Chưa kịp in thì bấm in phiếu để lập tờ mới: phiếu của tờ cũ khi đó hết dùng.",
                    to=back,
                )
            made = actions.print_slips(
                able, by=request.account, at=time.now(), ends_on=form.cleaned_data["ends_on"]
            )  # fmt: skip
            return _sheet(request, made, unit)
    context = {
        "form": form,
        "able": able,
        "many": many,
        "most": MOST_SLIPS,
        "hindered": [(person, why_not[person.pk]) for person in people if person.pk in why_not],
        "unit": unit,
        "cancel_url": back,
        "breadcrumb": crumbs(
            request.account, unit, (_("Activation slips"), reverse("activation-list")), (_("Print"), "")
        ),
    }
    return page(request, "org/slips/print.html", context, status=422 if form.is_bound else 200)


def _sheet(request: DeskRequest, made: list[actions.PrintedSlip], unit: Unit | None) -> HttpResponse:
    address = f"{settings.SITE_ADDRESS.rstrip('/')}{reverse('activate')}"
    slips = [
        # Behind the #, so that the code stands in no log of any server.
        {"slip": one, "code": one.code.upper(), "qr": qr_svg(f"{address}#{one.code}", "Mã QR của phiếu")}
        for one in made
    ]
    context = {
        "slips": slips,
        "address": address,
        "shown_address": address.partition("://")[2],
        "unit": unit,
        "heading": _("Activation slips"),
        "back_url": reverse("activation-list") + (f"?unit={unit.code}" if unit else ""),
    }
    return page(request, "org/slips/sheet.html", context)


urlpatterns = [
    path("desk/activation/", activation_list, name="activation-list"),
    path("desk/activation/print/", slip_print, name="slip-print"),
]
