"""The people whom no message finds: who they are, how far their account has come, and where an address is entered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quantriet.kit import spreadsheets
from quantriet.kit.numbers import show_number
from quantriet.kit.text import fold
from quantriet.kit.time import now
from quantriet.kit.web import Chip, listing, page, query
from quantriet.kit.web.sheets import workbook
from quantriet.notify import access, queries
from quantriet.notify.vocab import NoticeChannel
from quantriet.org import access as org_access
from quantriet.org.actions import privacy as privacy_actions
from quantriet.org.models import Account, Person, Unit
from quantriet.org.queries import sign_in as sign_in_queries
from quantriet.org.vocab import Permission, SlipState
from quantriet.org.web.choosing import offer_units
from quantriet.org.web.pages import DeskRequest, desk_page

AT_ONCE = 20_000  # rows of a file that is written inside a request
SORTS = {"name": ["sort_key"], "unit": ["unit__path", "sort_key"], "code": ["code"]}
# Whose account may be used, by what the address asks.
_INBOX = {"none": False, "inbox": True}


class FilterForm(forms.Form):
    """What the list can be narrowed to, from the address."""

    unit = forms.ModelChoiceField(
        label=gettext_lazy("Unit"), required=False, queryset=Unit.objects.none(), empty_label=gettext_lazy("All")
    )
    account = forms.ChoiceField(
        label=gettext_lazy("Account"),
        required=False,
        choices=[
            ("", gettext_lazy("All")),
            ("none", gettext_lazy("Not in use: nothing reaches them")),
            ("inbox", gettext_lazy("In use: they see notices when they sign in")),
        ],
    )

    def __init__(self, *args: Any, units: QuerySet[Unit], **kwargs: Any):
        super().__init__(*args, **kwargs)
        offer_units(self, "unit", units, None)
        self.fields["unit"].required = False
        self.fields["unit"].widget.attrs["placeholder"] = _("Code or whole name")
        if isinstance(self.fields["unit"], forms.ModelChoiceField):
            self.fields["unit"].empty_label = _("All")


@desk_page(Permission.MESSAGE_SEND)
def unreached_list(request: DeskRequest) -> HttpResponse:
    """`?unit=`, `?account=none|inbox`, `?q=`; as Excel with telephone numbers where the account may see them."""
    units = org_access.units_seen_by(request.account, Permission.MESSAGE_SEND).filter(closed_on__isnull=True)
    form = FilterForm(request.GET, units=units)
    form.is_valid()
    unit, account = form.cleaned_data.get("unit"), form.cleaned_data.get("account", "")
    words = request.GET.get("q", "").strip()
    rows = queries.unreached(access.people_told_by(request.account))
    chips = []
    if words:
        for word in words.split():
            rows = rows.filter(name_folded__contains=fold(word))
        chips.append(Chip(f"“{words}”", query(request, q=None, page=None)))
    if unit is not None:
        rows = rows.under(unit)  # type: ignore[attr-defined]
        chips.append(Chip(f"{_('Unit')}: {unit.name}", query(request, unit=None, page=None)))
    elif form.errors.get("unit"):
        rows = rows.none()
    if account in _INBOX:
        rows = rows.filter(reads_inbox=_INBOX[account])
        chips.append(Chip(str(dict(form.fields["account"].choices)[account]), query(request, account=None, page=None)))  # type: ignore[attr-defined]
    rows = rows.select_related("unit__parent")
    if request.GET.get("format") == "xlsx":
        total = rows.count()
        if total > AT_ONCE:
            told = f"Danh sách dài hơn {show_number(AT_ONCE)} người; chọn một đơn vị rồi tải Excel."
            messages.info(request, told)
            return HttpResponseRedirect(query(request, format=None))
        privacy_actions.note_list(
            request.account, unit, "tải danh sách người chưa liên lạc được ra Excel", total, at=now(),
            permission=Permission.MESSAGE_SEND,
        )  # fmt: skip
        return _excel(request.account, rows.order_by("unit__path", "sort_key", "pk"), unit)
    people = listing(
        request, rows, sorts=SORTS, default_sort="unit", chips=chips,
        prepare=lambda shown: _tell(shown, request.account),
    )  # fmt: skip
    context = {
        "people": people,
        "q": words,
        "filters": form,
        "unit": unit,
        "ways": ", ".join(one.label for one in queries.channels_set_up() if one != NoticeChannel.MAIL),
    }
    return page(request, "notify/desk/unreached.html", context)


def _tell(people: Sequence[Person], reader: Account) -> None:
    """Beside each person: how far the account has come, and what the reader may do about it."""
    editing, printing = (org_access.paths_with(reader, one) for one in (Permission.PERSON_EDIT, Permission.SLIP_PRINT))
    activations = sign_in_queries.activations_of(people)
    for person in people:
        state, path = activations[person.pk].state, person.unit.path
        person.told = _account_words(person, state)  # type: ignore[attr-defined]
        person.may_edit = any(path.startswith(top) for top in editing)  # type: ignore[attr-defined]
        person.may_print = state != SlipState.ACTIVE and any(path.startswith(top) for top in printing)  # type: ignore[attr-defined]


def _account_words(person: Person, state: SlipState) -> str:
    if person.reads_inbox:  # type: ignore[attr-defined]  # annotated
        return _("Account in use; sees notices only when signed in")
    return _("Account locked") if state == SlipState.ACTIVE else state.label


def _excel(reader: Account, rows: QuerySet[Person], unit: Unit | None) -> HttpResponse:
    sight = org_access.FieldSight(reader)
    people = list(rows)
    _tell(people, reader)
    columns = [
        spreadsheets.OutColumn("code", _("Member code"), 16),
        spreadsheets.OutColumn("name", _("Full name"), 30),
        spreadsheets.OutColumn("unit", _("Cell"), 34),
        spreadsheets.OutColumn("superior", _("Superior unit"), 34),
        spreadsheets.OutColumn("account", _("Account"), 44),
        spreadsheets.OutColumn("phone", _("Telephone"), 16),
    ]
    lines = (
        {
            "code": one.code,
            "name": one.full_name,
            "unit": one.unit.name,
            "superior": one.unit.parent.name if one.unit.parent else "",
            "account": one.told,  # type: ignore[attr-defined]
            "phone": "" if sight.hides("phone", one.unit.path) else one.phone,
        }
        for one in people
    )
    heading = (unit.name,) if unit else ()
    return workbook("chua-lien-lac-duoc.xlsx", _("Not reached yet"), columns, lines, heading=heading)
