"""Halls of a unit: their seats typed row by row, drawn, tapped out of use."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from quantriet.classes import access, actions, queries
from quantriet.classes.models import Hall
from quantriet.classes.rules.halls import Layout, from_json, read_layout, show_layout
from quantriet.classes.vocab import StageSide
from quantriet.classes.web.desk import workbook
from quantriet.kit import spreadsheets
from quantriet.kit.refusal import Refusal, Refusals, refusals_on
from quantriet.kit.text import fold
from quantriet.kit.time import now
from quantriet.kit.web import listing, page, saved
from quantriet.org import access as org_access
from quantriet.org.models import Unit
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page

SORTS = {"name": ["name"], "unit": ["unit__path", "name"], "seats": ["seats", "name"]}
_FIRST = "A-B: 6 | 8 | 6\nC-H: 6 | 8 | 6\n\nI-O: 6 | 8 | 6"


class HallForm(forms.Form):
    name = forms.CharField(label=_("Hall"), max_length=160)
    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Unit"), empty_label=None)
    address = forms.CharField(label=_("Address"), max_length=200, required=False)
    stage = forms.ChoiceField(label=_("Stage in the drawing"), choices=StageSide.labels)
    layout = forms.CharField(
        label=_("Rows of seats"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false", "class": "mono"}),
        help_text="Mỗi dòng một hàng, hoặc một loạt hàng giống nhau: A-D: 6 | 8 | 6. Dấu | là lối đi dọc, dòng trống là lối "
        "đi ngang. Ghế không dùng ghi ở cuối dòng: bỏ 3, 17-18.",
    )

    def __init__(self, *args: Any, units: Any, hall: Hall | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        if hall is not None:
            del self.fields["unit"]

    def read(self) -> Layout:
        """Refuses all lines that cannot be read, together."""
        return read_layout(self.cleaned_data["layout"], StageSide(self.cleaned_data["stage"]))


@desk_page(Permission.CLASS_VIEW)
def hall_list(request: DeskRequest) -> HttpResponse:
    halls = queries.hall_rows(access.halls_seen_by(request.account))
    words = request.GET.get("q", "").strip()
    if words:
        halls = halls.filter(Q(name__icontains=words) | Q(unit__name_folded__contains=fold(words)))
    if request.GET.get("format") == "xlsx":
        columns = [
            spreadsheets.OutColumn("name", "Hội trường", width=32),
            spreadsheets.OutColumn("unit", "Đơn vị", width=36),
            spreadsheets.OutColumn("address", "Địa chỉ", width=36),
            spreadsheets.OutColumn("seats", "Số ghế", kind="whole"),
        ]
        lines = (
            {"name": one.name, "unit": one.unit.name, "address": one.address, "seats": one.seats}
            for one in halls.order_by("unit__path", "name")
        )
        return workbook("hoi-truong.xlsx", "Hội trường", columns, lines, heading=("Hội trường và số ghế",))
    shown = listing(request, halls, sorts=SORTS, default_sort="unit")
    may_add = org_access.may_anywhere(request.account, Permission.CLASS_EDIT)
    return page(request, "classes/desk/halls.html", {"listing": shown, "q": words, "may_add": may_add})


@desk_page(Permission.CLASS_EDIT)
def new_hall(request: DeskRequest) -> HttpResponse:
    units = access.units_to_organise(request.account)
    home = org_access.home_unit(request.account)
    form = HallForm(request.POST or None, units=units, initial={"unit": home, "stage": StageSide.TOP, "layout": _FIRST})
    if request.method == "POST" and form.is_valid():
        org_access.require(request.account, Permission.CLASS_EDIT, form.cleaned_data["unit"])
        with refusals_on(form):
            layout = _read(form)
            hall = actions.add_hall(
                form.cleaned_data["unit"], name=form.cleaned_data["name"], address=form.cleaned_data["address"],
                layout=layout, by=request.account, at=now(),
            )  # fmt: skip
            return saved(request, to=reverse("hall", args=[hall.pk]), message=f"Đã lưu, {hall.seats} ghế dùng được.")
    return page(request, "classes/desk/hall.html", {"form": form, "may_edit": True})


@desk_page(Permission.CLASS_VIEW)
def hall(request: DeskRequest, pk: int) -> HttpResponse:
    """The hall as typed and as drawn; who may change it taps a seat to put it out of use."""
    if request.method == "POST":
        found = access.get_hall(request.account, pk, Permission.CLASS_EDIT)
    else:
        found = access.get_hall(request.account, pk)
    layout = from_json(found.layout)
    form = HallForm(
        request.POST or None, units=Unit.objects.none(), hall=found,
        initial={
            "name": found.name, "address": found.address, "stage": layout.stage, "layout": show_layout(layout),
        },
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            changed = actions.change_hall(
                found, name=form.cleaned_data["name"], address=form.cleaned_data["address"], layout=_read(form),
                by=request.account, at=now(),
            )  # fmt: skip
            return saved(request, to=reverse("hall", args=[pk]), message=f"Đã lưu, {changed.seats} ghế dùng được.")
    context = {
        "form": form,
        "hall": found,
        "layout": layout,
        "drawn": queries.drawn_rows(layout),
        "may_edit": org_access.may(request.account, Permission.CLASS_EDIT, found.unit),
        "place": {"unit": found.unit.name},
    }
    return page(request, "classes/desk/hall.html", context)


def _read(form: HallForm) -> Layout:
    try:
        return form.read()
    except Refusals as several:
        more = len(several.several) - 20
        sentences = [one.sentence for one in several.several[:20]] + ([f"Còn {more} dòng khác."] if more > 0 else [])
        raise Refusal("hall.lines", " ".join(sentences), field="layout") from None


@require_POST
@desk_page(Permission.CLASS_EDIT)
def switch(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_hall(request.account, pk, Permission.CLASS_EDIT)
    code = request.POST.get("seat", "")
    try:
        actions.switch_seat(found, code, by=request.account, at=now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    return saved(request, to=f"{reverse('hall', args=[pk])}#drawing")


@require_POST
@desk_page(Permission.CLASS_EDIT)
def remove(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_hall(request.account, pk, Permission.CLASS_EDIT)
    actions.remove_hall(found, by=request.account, at=now())
    return saved(request, to=reverse("hall-list"), message=_t("Removed."))
