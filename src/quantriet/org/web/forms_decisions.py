"""Forms of decisions on the organisation: the head, and one form for each kind of event."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from quantriet.kit import text, time
from quantriet.org.models import OrgDecision, Unit, UnitKind
from quantriet.org.queries import units as unit_queries
from quantriet.org.rules.events import Change, Part
from quantriet.org.vocab import OrgEventKind, Permission
from quantriet.org.web.choosing import placed_name
from quantriet.org.web.forms import SEPARATOR, UnitField, UnitInput

_SPLIT_INTO = 4
_TYPE = _("Type a code or a few words of the name.")
_SEVERAL = _("One unit a line: code or name.")


class DecisionForm(forms.Form):
    """Number and dates of a decision; over which unit is asked of a new one only."""

    unit = UnitField(label=_("Unit"), help_text=_("Everything the decision changes lies under this unit."))
    number = forms.CharField(label=_("Decision number"), max_length=60)
    decided_on = forms.DateField(label=_("Date of the decision"), initial=time.today)
    effective_on = forms.DateField(
        label=_("In force from"), initial=time.today,
        help_text=_("A day still to come: the decision is carried out by itself on that day."),
    )  # fmt: skip
    issued_by = forms.CharField(label=_("Issued by"), max_length=160, required=False)
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, units: QuerySet[Unit] | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if units is None:
            del self.fields["unit"]
        else:
            self.fields["unit"].scoped(units, Permission.UNIT_EDIT)  # type: ignore[attr-defined]
            del self.fields["revision"]


class DecisionFileForm(DecisionForm):
    """A list of events as an Excel file; the number beside it holds for rows without one."""

    file = forms.FileField(
        label=_("Excel file"), help_text=_("One row an event. The empty list shows the columns."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.ods,.csv"}),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["number"].required = False


class CodeField(forms.CharField):
    """A unit of the decision by code or name, also one that the decision itself founds: gives the code."""

    widget = UnitInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(help_text=kwargs.pop("help_text", _TYPE), **kwargs)
        self.widget.permission = Permission.UNIT_EDIT  # type: ignore[attr-defined]
        self.units: QuerySet[Unit] = Unit.objects.none()
        self.founded: dict[str, str] = {}

    def to_python(self, value: Any) -> str:
        return self.code_of(super().to_python(value))

    def code_of(self, typed: str) -> str:
        typed = text.squeeze(typed)
        code = typed.split(SEPARATOR)[0].strip()
        if not code or code.casefold() in self.founded:
            return self.founded.get(code.casefold(), code)
        known = self.units.filter(code__iexact=code).values_list("code", flat=True).first()
        if known:
            return known
        found = unit_queries.named_units(self.units.filter(closed_on__isnull=True), typed, limit=6)
        same = [unit for unit in found if unit.name_folded == text.fold(typed)]
        if len(same or found) == 1:
            return (same or found)[0].code
        if not found:
            raise forms.ValidationError(f"Không tìm thấy đơn vị “{typed}” trong phạm vi của quyết định.")
        names = "; ".join(f"{placed_name(unit)} ({unit.code})" for unit in (same or found)[:5])
        raise forms.ValidationError(f"Có nhiều đơn vị khớp với “{typed}”: {names}. Hãy gõ mã của đơn vị cần chọn.")


class CodesField(CodeField):
    """Several units, one a line."""

    widget = forms.Textarea(attrs={"rows": 4})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(help_text=kwargs.pop("help_text", _SEVERAL), **kwargs)

    def to_python(self, value: Any) -> Any:
        return tuple(self.code_of(line) for line in str(value or "").splitlines() if text.squeeze(line))

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, tuple | list) else value


class EventForm(forms.Form):
    """What every form of an event shares: it knows the decision, and gives a `Change`."""

    kind: OrgEventKind
    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, decision: OrgDecision, units: QuerySet[Unit], founded: dict[str, str], **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, CodeField):
                field.units, field.founded = units, founded
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = unit_queries.kinds_in_force(on=decision.effective_on).order_by("pk")

    def change(self) -> Change:
        raise NotImplementedError


def _kind(**given: Any) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        label=_("Kind of unit"), queryset=UnitKind.objects.none(), to_field_name="code", **given
    )


class EstablishForm(EventForm):
    kind = OrgEventKind.ESTABLISH
    parent = CodeField(label=_("Superior unit"))
    name = forms.CharField(label=_("Name"), max_length=200)
    code = forms.CharField(label=_("Unit code"), max_length=40)
    unit_kind = _kind()

    def change(self) -> Change:
        given = self.cleaned_data
        return Change(self.kind, (), (Part(given["code"], given["name"], given["unit_kind"].code, given["parent"]),))


class MergeForm(EventForm):
    fieldsets = [
        (_("Units that merge"), ["units"]),
        (_("Into a unit that stands already"), ["into"]),
        (_("Or into a new unit"), ["name", "code", "unit_kind", "parent"]),
    ]
    kind = OrgEventKind.MERGE
    units = CodesField(label=_("Units"))
    into = CodeField(label=_("Unit that takes the others"), required=False)
    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    code = forms.CharField(label=_("Unit code"), max_length=40, required=False)
    unit_kind = _kind(required=False)
    parent = CodeField(
        label=_("Superior unit"), required=False, help_text=_("Left empty: the superior of the first of the units.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("into", "name", "code", "unit_kind"):
            self.fields[name].one_of_several = True  # type: ignore[attr-defined]  # one of the two ways is needed

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("into") and "into" not in self.errors:
            for name in ("name", "code", "unit_kind"):
                if not given.get(name) and name not in self.errors:
                    self.add_error(name, "Cần cho đơn vị mới; hoặc chọn một đơn vị đang có ở trên.")
        return given

    def change(self) -> Change:
        given = self.cleaned_data
        if given["into"]:
            return Change(self.kind, given["units"], (Part(given["into"], is_new=False),))
        part = Part(given["code"], given["name"], given["unit_kind"].code, given["parent"])
        return Change(self.kind, given["units"], (part,))


class SplitForm(EventForm):
    kind = OrgEventKind.SPLIT
    unit = CodeField(label=_("Unit that is split"))
    keeps = forms.BooleanField(label=_("The unit lives on with the rest"), required=False)
    unit_kind = _kind()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fieldsets = [(_("Unit that is split"), ["unit", "keeps", "unit_kind"])]
        for number in range(1, _SPLIT_INTO + 1):
            names = [f"{name}{number}" for name in ("name", "code", "units", "people")]
            self.fields[names[0]] = forms.CharField(label=_("Name"), max_length=200, required=False)
            self.fields[names[1]] = forms.CharField(label=_("Unit code"), max_length=40, required=False)
            below = CodesField(label=_("Units below that go here"), required=False)
            some = self.fields["unit"]
            below.units, below.founded = some.units, some.founded  # type: ignore[attr-defined]
            self.fields[names[2]] = below
            self.fields[names[3]] = forms.CharField(
                label=_("People who go here"), required=False, widget=forms.Textarea(attrs={"rows": 3}),
                help_text=_("Of a cell: member codes, one a line. Whoever is named nowhere goes to the first new unit."),
            )  # fmt: skip
            self.fieldsets.append((_("New unit %(number)s") % {"number": number}, names))

    def change(self) -> Change:
        given = self.cleaned_data
        parts = tuple(
            Part(
                given[f"code{number}"], given[f"name{number}"], given["unit_kind"].code, "", given[f"units{number}"],
                tuple(re.split(r"[\s,;]+", given[f"people{number}"].strip())) if given[f"people{number}"].strip() else (),
            )
            for number in range(1, _SPLIT_INTO + 1)
            if given[f"code{number}"] or given[f"name{number}"]
        )  # fmt: skip
        return Change(self.kind, (given["unit"],), parts, keeps=given["keeps"])


class RenameForm(EventForm):
    kind = OrgEventKind.RENAME
    unit = CodeField(label=_("Unit"))
    name = forms.CharField(label=_("New name"), max_length=200)

    def change(self) -> Change:
        return Change(self.kind, (self.cleaned_data["unit"],), name=self.cleaned_data["name"])


class MoveForm(EventForm):
    kind = OrgEventKind.MOVE
    units = CodesField(label=_("Units"))
    parent = CodeField(label=_("New superior unit"))

    def change(self) -> Change:
        return Change(self.kind, self.cleaned_data["units"], parent=self.cleaned_data["parent"])


class ChangeKindForm(EventForm):
    kind = OrgEventKind.CHANGE_KIND
    unit = CodeField(label=_("Unit"))
    unit_kind = _kind()

    def change(self) -> Change:
        return Change(self.kind, (self.cleaned_data["unit"],), unit_kind=self.cleaned_data["unit_kind"].code)


class DissolveForm(EventForm):
    kind = OrgEventKind.DISSOLVE
    unit = CodeField(label=_("Unit"))
    receiver = CodeField(
        label=_("Who takes over"), required=False,
        help_text=_("Units below it and its people go there. Left empty, the unit must have neither."),
    )  # fmt: skip

    def change(self) -> Change:
        return Change(self.kind, (self.cleaned_data["unit"],), receiver=self.cleaned_data["receiver"])


EVENT_FORMS: dict[str, type[EventForm]] = {
    form.kind.value: form
    for form in (MergeForm, EstablishForm, SplitForm, MoveForm, RenameForm, ChangeKindForm, DissolveForm)
}


def initial_of(change: Change) -> dict[str, Any]:
    """What the form of a known event begins with."""
    part = change.parts[0] if change.parts else None
    initial: dict[str, Any] = {
        "units": "\n".join(change.units), "unit": change.units[0] if change.units else "", "name": change.name,
        "parent": change.parent, "receiver": change.receiver, "keeps": change.keeps, "unit_kind": change.unit_kind,
    }  # fmt: skip
    if part:
        new = part.is_new
        initial |= {"into": "" if new else part.code, "unit_kind": part.kind}
        if new:
            initial |= {"code": part.code, "name": part.name, "parent": part.parent}
    for number, one in enumerate(change.parts[:_SPLIT_INTO], 1):
        initial |= {
            f"code{number}": one.code, f"name{number}": one.name, f"units{number}": "\n".join(one.units),
            f"people{number}": "\n".join(one.people),
        }  # fmt: skip
    return initial


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=250)


class TermForm(forms.Form):
    name = forms.CharField(
        label=_("Name of the term"), max_length=120, help_text=_("For instance: Nhiệm kỳ 2025–2030.")
    )
    valid_from = forms.DateField(label=_("From date"))
    valid_to = forms.DateField(label=_("To date"))


class TreeDayForm(forms.Form):
    """The date picker of the tree: as it was at the end of a day."""

    on = forms.DateField(label=_("Tree as of"), required=False)


def day_in(address: str) -> dt.date | None:
    """A day in an address: typed as 12/01/2026 or by the picker as 2026-01-12."""
    try:
        return time.parse_day(address) or dt.date.fromisoformat(address)
    except ValueError:
        return None
