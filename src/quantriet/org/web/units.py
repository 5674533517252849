"""Pages of the unit tree: one level at a time, search, the unit itself, its forms, and the finder of the switcher."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from quantriet.audit import queries as audit_queries
from quantriet.kit import time
from quantriet.kit.numbers import show_number, whole_number
from quantriet.kit.refusal import refusals_on
from quantriet.kit.spreadsheets import OutColumn
from quantriet.kit.web import Chip, listing, page, safe_next, saved
from quantriet.org import access, actions
from quantriet.org.models import Unit, UnitKind
from quantriet.org.queries import history
from quantriet.org.queries import imports as import_queries
from quantriet.org.queries import units as unit_queries
from quantriet.org.vocab import DecisionBody, Level, Permission, ResponsibilityKind
from quantriet.org.web.forms import UnitCloseForm, UnitField, UnitFilterForm, UnitForm, shown_unit
from quantriet.org.web.forms_decisions import TreeDayForm, day_in
from quantriet.org.web.frame import crumbs, danger_page, excel, form_page, without
from quantriet.org.web.log import told
from quantriet.org.web.pages import DeskRequest, desk_page

SORTS = {"name": ["sort_key"], "code": ["code"], "kind": ["kind__pk", "sort_key"]}


def _unit_asked_for(request: DeskRequest, permission: Permission) -> Unit | None:
    """The unit that `?unit=` names by code or number, when the account sees it."""
    typed = request.GET.get("unit", "")
    if not typed:
        return None
    field = UnitField(required=False)
    field.units = access.units_seen_by(request.account, permission)
    try:
        return field.clean(typed)
    except ValidationError:
        return None


@desk_page(Permission.UNIT_VIEW)
def unit_list(request: DeskRequest) -> HttpResponse:
    seen = access.units_seen_by(request.account)
    typed = request.GET.get("q", "").strip()
    here = _unit_asked_for(request, Permission.UNIT_VIEW)
    tops = access.paths_with(request.account, Permission.UNIT_VIEW)
    if here is None and not typed and len(tops) == 1:
        here = seen.filter(path=tops[0]).select_related("kind", "parent").first()
    asked = day_in(request.GET.get("on", ""))
    day = history.past_day(asked)
    said = request.GET.get("on", "").strip()
    if day is not None:
        return _tree_on(request, here, day)
    filters = UnitFilterForm(request.GET)
    filters.is_valid()
    kind, closed = filters.cleaned_data.get("kind"), filters.cleaned_data.get("closed") == "1"
    inside = seen.under(here) if here else seen  # type: ignore[attr-defined]
    state = inside.filter(closed_on__isnull=not closed)
    if request.GET.get("format") == "xlsx":
        rows = unit_queries.found_units(state.filter(kind=kind) if kind else state, typed)
        listed = import_queries.unit_rows(rows)
        return excel(_("List of units"), here.name if here else "", import_queries.unit_columns(), listed)
    level_by_level = not typed and not kind and not closed
    if not level_by_level:
        rows = unit_queries.found_units(state.filter(kind=kind) if kind else state, typed)
    elif here:
        rows = state.filter(parent=here)
    else:
        rows = state.filter(path__in=tops)
    totals: dict[str, Any] = {}

    def prepare(units: list[Unit]) -> None:
        asked = [*units, here] if here and level_by_level else units
        counts = unit_queries.unit_counts(asked)
        heads = unit_queries.unit_heads(units)
        above = {} if level_by_level else unit_queries.superiors(units)
        for unit in units:
            unit.counts, unit.heads = counts[unit.pk], heads.get(unit.pk, [])  # type: ignore[attr-defined]
            unit.above = " / ".join(one.short_name or one.name for one in above.get(unit.pk, [])[-2:])  # type: ignore[attr-defined]
        if here and level_by_level:
            totals["all"] = counts[here.pk]

    chips = []
    if typed:
        chips.append(Chip(_("Words: “%(words)s”") % {"words": typed}, without(request, "q")))
    if here and not level_by_level:
        chips.append(Chip(_("Under %(unit)s") % {"unit": here.name}, without(request, "unit")))
    if kind:
        chips.append(Chip(_("Kind: %(kind)s") % {"kind": kind.name}, without(request, "kind")))
    if closed:
        chips.append(Chip(_("Closed"), without(request, "closed")))
    shown = listing(
        request, rows.select_related("kind"), sorts=SORTS, default_sort="name", chips=chips, prepare=prepare
    )
    may_edit = access.may(request.account, Permission.UNIT_EDIT, here) if here else False
    context = {
        "units": shown,
        "page": shown,
        "here": here if level_by_level else None,
        "sums": totals.get("all"),
        "typed": typed,
        "filters": filters,
        "breadcrumb": crumbs(request.account, here),
        "new_url": f"{reverse('unit-new')}?parent={here.pk}"
        if may_edit and here and not here.closed_on and here.kind.level != Level.CELL
        else "",
        "tree_day": TreeDayForm(initial={"on": time.today()}),
        "not_that_day": _why_today(said, asked) if said else "",
    }
    return page(request, "org/units/list.html", context, partial="rows")


def _why_today(said: str, asked: dt.date | None) -> str:
    """Why the tree of today is shown though another day was typed; empty when it was not."""
    if asked is None:
        return f"“{said[:40]}” không phải một ngày có trong lịch, nên đây là cây hôm nay. Ghi ngày như 01/07/2025."
    if asked > time.today():
        return f"Ngày {time.show_day(asked)} chưa đến, nên đây là cây hôm nay. Việc sắp có hiệu lực thì xem ở Quyết định về tổ chức."
    return ""


def _tree_on(request: DeskRequest, here: Unit | None, day: dt.date) -> HttpResponse:
    """One level of the tree as it was at the end of a day: names, kinds, superiors and counts of that day."""
    seen = access.units_seen_by(request.account)
    place = history.place_of(here, day) if here else None
    if here is not None and place is not None and place.is_active:
        rows = history.children_on(here, day).filter(pk__in=seen.order_by().values("pk"))
    else:
        here = None
        rows = seen.filter(path__in=history.tops_on(access.paths_with(request.account, Permission.UNIT_VIEW), day))
    top = place.path if here is not None and place is not None else ""
    totals: dict[str, Any] = {}

    def prepare(units: list[Unit]) -> None:
        asked = [*units, here] if here else units
        counts = history.counts_on(asked, top, day)
        heads = unit_queries.unit_heads(units, on=day)
        history.as_it_was([unit for unit in asked if unit is not None], day)
        for unit in units:
            unit.counts, unit.heads = counts.get(unit.pk, unit_queries.UnitCounts()), heads.get(unit.pk, [])  # type: ignore[attr-defined]
        if here:
            totals["all"] = counts.get(here.pk)

    shown = listing(
        request, rows.select_related("kind"), sorts=SORTS, default_sort="name", prepare=prepare,
        chips=[Chip(_("Tree as of %(day)s") % {"day": time.show_day(day)}, without(request, "on"))],
    )  # fmt: skip
    way = crumbs(request.account, here) if here else crumbs(request.account, None)
    context = {
        "units": shown, "page": shown, "here": here, "sums": totals.get("all"), "breadcrumb": way, "day": day,
        "on": f"&on={day.isoformat()}", "tree_day": TreeDayForm(initial={"on": day}),
        "before": history.before_beginning(day), "new_url": "",
    }  # fmt: skip
    if request.GET.get("format") == "xlsx":
        columns = [
            OutColumn("code", _("Unit code"), kind="code"), OutColumn("name", _("Unit"), 40), OutColumn("kind", _("Kind"), 26),
            OutColumn("grassroots", _("Grassroots organisations"), kind="whole"), OutColumn("cells", _("Cells"), kind="whole"),
            OutColumn("members", _("Members"), kind="whole"),
        ]  # fmt: skip
        whole = list(rows.select_related("kind").order_by("sort_key", "pk"))
        prepare(whole)
        lines = (
            {
                "code": one.code, "name": one.name, "kind": one.kind.name, "grassroots": one.counts.grassroots,  # type: ignore[attr-defined]
                "cells": one.counts.cells, "members": one.counts.members,  # type: ignore[attr-defined]
            }
            for one in whole
        )  # fmt: skip
        return excel(_("Tree as of %(day)s") % {"day": time.show_day(day)}, here.name if here else "", columns, lines)
    return page(request, "org/units/list.html", context, partial="rows")


@desk_page(Permission.UNIT_VIEW)
def unit(request: DeskRequest, pk: int) -> HttpResponse:
    account = request.account
    shown = access.get_unit(account, pk)
    below = list(Unit.objects.active().filter(parent=shown).select_related("kind").order_by("sort_key")[:51])
    counts = unit_queries.unit_counts([shown, *below])
    heads = unit_queries.unit_heads([shown, *below])
    for one in below:
        one.counts, one.heads = counts[one.pk], heads.get(one.pk, [])  # type: ignore[attr-defined]
    responsible = unit_queries.responsible_leaders(shown)
    for given in responsible:
        given.kind_label = ResponsibilityKind(given.kind).label  # type: ignore[attr-defined]
    may_edit = access.may(account, Permission.UNIT_EDIT, shown)
    sees_people = access.may(account, Permission.PERSON_VIEW, shown)
    sees_log = access.may(account, Permission.LOG_VIEW, shown)
    kind: UnitKind = shown.kind
    facts: list[Any] = [
        (_("Unit code"), shown.code),
        (_("Kind of unit"), kind.name),
        (_("Level"), Level(kind.level).label),
        (_("Who decides"), DecisionBody(kind.decision_body).label),
        (_("Territory"), _("Of a territory") if kind.is_territorial else _("Of a sector, agency or enterprise")),
        {
            "label": _("Superior unit"),
            "value": shown.parent.name if shown.parent else None,
            "url": reverse("unit", args=[shown.parent.pk])
            if shown.parent and access.units_seen_by(account).filter(pk=shown.parent.pk).exists()
            else "",
        },
        (_("Founded on"), time.show_day(shown.established_on) if shown.established_on else None),
        (_("Telephone"), shown.phone or None),
        (_("E-mail"), shown.email or None),
        (_("Address"), shown.address or None),
    ]
    context = {
        "unit": shown,
        "counts": counts[shown.pk],
        "heads": heads.get(shown.pk, []),
        "posts": unit_queries.unit_posts(shown) if sees_people else [],
        "responsible": responsible,
        "below": below[:50],
        "more_below": len(below) > 50,
        "versions": unit_queries.unit_versions(shown),
        "successors": history.successors(shown) if shown.closed_on else [],
        "predecessors": history.predecessors(shown),
        "terms": list(shown.terms.order_by("-valid_from")),
        "has_terms": kind.level != Level.CELL,
        "facts": facts,
        "history": told(audit_queries.thing_history("org.unit", shown.pk, limit=10), account) if sees_log else [],
        "sees_people": sees_people,
        "sees_log": sees_log,
        "may_edit": may_edit and not shown.closed_on,
        "may_add": may_edit and not shown.closed_on and kind.level != Level.CELL,
        "may_add_person": kind.holds_members
        and not shown.closed_on
        and access.may(account, Permission.PERSON_EDIT, shown),
        "breadcrumb": crumbs(account, shown),
    }
    return page(request, "org/units/unit.html", context)


@desk_page(Permission.UNIT_EDIT)
def unit_new(request: DeskRequest) -> HttpResponse:
    parents = access.units_seen_by(request.account, Permission.UNIT_EDIT)
    wanted = whole_number(request.GET.get("parent"))
    parent = None if wanted is None else access.one_of(parents, wanted)
    form = UnitForm(request.POST or None, parents=parents, initial={"parent": parent})
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            made = actions.add_unit(by=request.account, at=time.now(), **form.cleaned_data)
            return saved(
                request, to=reverse("unit", args=[made.pk]), message=_("%(unit)s is entered.") % {"unit": made.name}
            )
    back = reverse("unit", args=[parent.pk]) if parent else reverse("unit-list")
    return form_page(
        request,
        form,
        heading=_("New unit"),
        submit=_("Enter unit"),
        cancel=back,
        breadcrumb=crumbs(request.account, parent, (_("New unit"), "")),
        keep="unit-new",
    )


@desk_page(Permission.UNIT_EDIT)
def unit_edit(request: DeskRequest, pk: int) -> HttpResponse:
    known = access.get_unit(request.account, pk)
    access.require(request.account, Permission.UNIT_EDIT, known)
    names = ("code", "name", "short_name", "kind", "phone", "email", "address")
    form = UnitForm(request.POST or None, initial={name: getattr(known, name) for name in names}, kind=known.kind)
    back = reverse("unit", args=[known.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.change_unit(known, by=request.account, at=time.now(), **form.cleaned_data)
            return saved(request, to=safe_next(request, back), message=_("Saved."))
    return form_page(
        request,
        form,
        heading=_("Change %(unit)s") % {"unit": known.name},
        cancel=safe_next(request, back),
        breadcrumb=crumbs(request.account, known, (_("Change"), "")),
        keep=f"unit-{known.pk}",
    )


@desk_page(Permission.UNIT_EDIT)
def unit_close(request: DeskRequest, pk: int) -> HttpResponse:
    known = access.get_unit(request.account, pk)
    access.require(request.account, Permission.UNIT_EDIT, known)
    form = UnitCloseForm(request.POST or None)
    back = reverse("unit", args=[known.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.close_unit(known, by=request.account, at=time.now(), **form.cleaned_data)
            return saved(request, to=back, message=_("%(unit)s is closed.") % {"unit": known.name})
    counts = unit_queries.unit_counts([known])[known.pk]
    return danger_page(
        request,
        form,
        heading=_("Close %(unit)s") % {"unit": known.name},
        sentence=f"Ngừng hoạt động {known.name} (mã {known.code}), hiện có {show_number(counts.members)} đảng viên "
        f"và {show_number(max(0, counts.units - 1))} đơn vị trực thuộc. Đơn vị không còn trong cây từ ngày đó, quá trình cũ vẫn giữ.",
        submit=_("Close unit"),
        cancel=back,
        breadcrumb=crumbs(request.account, known, (_("Close"), "")),
    )


@desk_page(Permission.UNIT_VIEW)
def unit_switch(request: DeskRequest) -> HttpResponse:
    """Find a unit: a page of links, JSON for machines, or the proposals of a unit field."""
    pick = request.GET.get("pick", "")
    permission = Permission(pick) if pick in list(Permission) else Permission.UNIT_VIEW
    typed = request.GET.get(request.GET.get("field", "q"), "") or request.GET.get("q", "")
    seen = access.units_seen_by(request.account, permission).active()  # type: ignore[attr-defined]
    units = unit_queries.named_units(seen, typed.split(" – ")[0]) if typed.strip() else []
    if pick:
        lines = [{"value": shown_unit(one), "note": one.parent.name if one.parent else ""} for one in units]
        return render(request, "org/units/_options.html", {"lines": lines})
    above = unit_queries.superiors(units)
    for one in units:
        one.above = " / ".join(up.short_name or up.name for up in above[one.pk])  # type: ignore[attr-defined]
    if request.GET.get("format") == "json" or "application/json" in request.headers.get("Accept", ""):
        found = [
            {
                "id": one.pk,
                "code": one.code,
                "name": one.name,
                "above": one.above,  # type: ignore[attr-defined]
                "url": reverse("unit", args=[one.pk]),
            }
            for one in units
        ]
        return JsonResponse({"units": found})
    context = {"units": units, "typed": typed.strip(), "breadcrumb": crumbs(request.account, None)}
    return page(request, "org/units/switch.html", context)


urlpatterns = [
    path("desk/units/", unit_list, name="unit-list"),
    path("desk/units/switch/", unit_switch, name="unit-switch"),
    path("desk/units/new/", unit_new, name="unit-new"),
    path("desk/units/<int:pk>/", unit, name="unit"),
    path("desk/units/<int:pk>/edit/", unit_edit, name="unit-edit"),
    path("desk/units/<int:pk>/close/", unit_close, name="unit-close"),
]
