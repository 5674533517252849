"""Forms of units and people, and the field with which they ask for a unit."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from quantriet.kit import text, time
from quantriet.kit.numbers import whole_number
from quantriet.kit.spreadsheets import parse_phone
from quantriet.org.models import Person, PostKind, Unit, UnitKind
from quantriet.org.queries import units as unit_queries
from quantriet.org.vocab import (
    BirthPrecision,
    Gender,
    LeavingReason,
    Level,
    Permission,
    PersonKind,
    ResponsibilityKind,
)

SEPARATOR = " – "


def shown_unit(unit: Unit) -> str:
    """How a unit stands in its field: the code first, which alone is read back."""
    return f"{unit.code}{SEPARATOR}{unit.name}"


class UnitInput(forms.TextInput):
    """A box for a unit's code or name; with scripts it proposes units while one types."""

    permission: Permission = Permission.UNIT_VIEW

    def format_value(self, value: Any) -> str | None:
        return shown_unit(value) if isinstance(value, Unit) else super().format_value(value)

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> str:  # type: ignore[override]
        attrs = dict(attrs or {})
        target = f"{attrs.get('id', name)}_units"
        try:
            source = f"{reverse('unit-switch')}?pick={self.permission}&field={name}"
        except NoReverseMatch:
            return super().render(name, value, attrs, renderer)
        attrs |= {
            "list": target,
            "autocomplete": "off",
            "hx-get": source,
            "hx-trigger": "input changed delay:250ms",
            "hx-target": f"#{target}",
            "hx-swap": "innerHTML",
        }
        box = super().render(name, value, attrs, renderer)
        return format_html('{}<datalist id="{}"></datalist>', box, target)


class UnitField(forms.Field):
    """A unit by its code, or by a name that only one unit of the scope has; the scope is set by the form."""

    widget = UnitInput
    units: QuerySet[Unit] = Unit.objects.none()

    def scoped(self, units: QuerySet[Unit], permission: Permission) -> None:
        self.units = units
        self.widget.permission = permission  # type: ignore[attr-defined]

    def to_python(self, value: Any) -> Unit | None:
        typed = text.squeeze(str(value or ""))
        if not typed:
            return None
        rows = self.units.select_related("kind", "parent")
        code = typed.split(SEPARATOR)[0].strip()
        found = rows.filter(code=code).first() or rows.filter(code__iexact=code).first()
        if found is None:
            found = rows.filter(pk=whole_number(code)).first()
        if found is not None:
            return found
        several = unit_queries.named_units(rows, typed, limit=6)
        same = [unit for unit in several if unit.name_folded == text.fold(typed)]
        if len(same or several) == 1:
            return (same or several)[0]
        if not several:
            raise forms.ValidationError(f"Không tìm thấy đơn vị “{typed}” trong phạm vi được giao.")
        names = "; ".join(
            f"{unit.name} ({unit.code}{', ' + unit.parent.name if unit.parent else ''})"
            for unit in (same or several)[:5]
        )
        raise forms.ValidationError(f"Có nhiều đơn vị khớp với “{typed}”: {names}. Hãy gõ mã của đơn vị cần chọn.")


class BirthField(forms.CharField):
    """A birth date, or the year alone when no more is known: gives (date, precision)."""

    def to_python(self, value: Any) -> Any:
        typed = super().to_python(value)
        if not typed:
            return None
        year = whole_number(typed, most=9999) if len(typed) == 4 else None
        if year is not None:
            day, precision = dt.date(max(1, year), 1, 1), BirthPrecision.YEAR
        else:
            read = time.parse_day(typed)
            if read is None:
                raise forms.ValidationError("Ghi ngày sinh dạng 09/03/1958, hoặc chỉ ghi năm sinh.")
            day, precision = read, BirthPrecision.DAY
        if day.year < 1890 or day > time.today():
            raise forms.ValidationError(f"Ngày sinh {typed} không thể có.")
        return day, precision


def _pairs(enum: Any, empty: Any = None) -> Any:
    """Choices in the reader's language, read when the form is shown."""
    return lambda: [*([("", empty)] if empty is not None else []), *enum.labels()]


class UnitForm(forms.Form):
    """A unit as entered; `parent` and the dates are asked for a new one only."""

    fieldsets = [
        (_("Organisation"), ["parent", "name", "short_name", "code", "kind", "valid_from", "decision_number"]),
        (_("Contact"), ["phone", "email", "address"]),
    ]
    parent = UnitField(label=_("Superior unit"), help_text=_("Type a code or a few words of the name."))
    name = forms.CharField(label=_("Name"), max_length=200)
    short_name = forms.CharField(label=_("Short name"), max_length=80, required=False)
    code = forms.CharField(label=_("Unit code"), max_length=40, help_text=_("Imports find the unit by it."))
    kind = forms.ModelChoiceField(label=_("Kind of unit"), queryset=UnitKind.objects.none())
    valid_from = forms.DateField(label=_("Founded on"), initial=time.today)
    decision_number = forms.CharField(label=_("Decision number"), max_length=60, required=False)
    phone = forms.CharField(label=_("Telephone"), max_length=30, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    address = forms.CharField(label=_("Address"), max_length=200, required=False)

    def __init__(self, *args: Any, parents: QuerySet[Unit] | None = None, kind: UnitKind | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        kinds = unit_queries.kinds_in_force()
        if kind is not None:
            kinds = kinds | UnitKind.objects.filter(pk=kind.pk)
        self.fields["kind"].queryset = kinds.order_by("pk")  # type: ignore[attr-defined]
        if parents is None:
            for name in ("parent", "valid_from", "decision_number"):
                del self.fields[name]
        else:
            self.fields["parent"].scoped(parents, Permission.UNIT_EDIT)  # type: ignore[attr-defined]


class UnitCloseForm(forms.Form):
    on = forms.DateField(label=_("Last day"), initial=time.today)
    decision_number = forms.CharField(label=_("Decision number"), max_length=60)


class PersonForm(forms.Form):
    """A person as entered; the cell is asked for a new one only, later it changes by a transfer."""

    fieldsets = [
        (_("Person"), ["full_name", "birth", "gender", "ethnicity"]),
        (_("Membership"), ["unit", "kind", "code", "joined_on", "official_on"]),
        (_("Contact"), ["occupation", "phone", "email", "address"]),
    ]
    full_name = forms.CharField(label=_("Full name"), max_length=160, help_text=_("With all marks, as in the papers."))
    birth = BirthField(label=_("Born on"), required=False, help_text=_("Day/month/year, or the year alone."))
    gender = forms.ChoiceField(label=_("Gender"), required=False, choices=_pairs(Gender))
    ethnicity = forms.CharField(label=_("Ethnicity"), max_length=40, required=False)
    unit = UnitField(label=_("Cell"), help_text=_("Type a code or a few words of the name."))
    kind = forms.ChoiceField(label=_("Kind of person"), choices=_pairs(PersonKind))
    code = forms.CharField(
        label=_("Member code"), max_length=40, required=False, help_text=_("Left empty, a code is made.")
    )
    joined_on = forms.DateField(label=_("Joined the Party on"), required=False)
    official_on = forms.DateField(label=_("Full member since"), required=False)
    occupation = forms.CharField(label=_("Occupation"), max_length=160, required=False)
    phone = forms.CharField(label=_("Telephone"), max_length=20, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    address = forms.CharField(label=_("Address"), max_length=200, required=False)

    def __init__(
        self,
        *args: Any,
        cells: QuerySet[Unit] | None = None,
        people: QuerySet[Person] | None = None,
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.people = people
        if cells is None:
            del self.fields["unit"]
            self.fields["code"].required = True
            self.fields["code"].help_text = ""
        else:
            self.fields["unit"].scoped(cells, Permission.PERSON_EDIT)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        joined, official = given.get("joined_on"), given.get("official_on")
        if joined and official and official < joined:
            self.add_error("official_on", "Ngày chính thức không thể trước ngày vào Đảng.")
        self._ask_about_namesakes(given)
        return given

    def clean_phone(self) -> str:
        """Read as in a list from Excel: what is no number is said, never dropped."""
        said = parse_phone(self.cleaned_data["phone"])
        if said.error:
            raise forms.ValidationError(said.error)
        return said.value or ""

    def _ask_about_namesakes(self, given: dict[str, Any]) -> None:
        """The same name and year of birth is asked about once, with the cells, before somebody is entered twice."""
        name, birth = given.get("full_name"), given.get("birth")
        if self.people is None or not name or "birth" in self.errors or self.data.get("another"):
            return
        same = self.people.filter(name_folded=text.fold(name), left_on__isnull=True)
        if birth:
            same = same.filter(Q(birth_date__year=birth[0].year) | Q(birth_date__isnull=True))
        known = [
            f"{one.full_name}{f', sinh năm {one.birth_date.year}' if one.birth_date else ''}, {_place(one.unit)} ({one.code})"
            for one in same.select_related("unit__parent").order_by("sort_key", "pk")[:5]
        ]
        if known:
            self.add_error(None, f"Đã có người trùng họ tên và năm sinh: {'; '.join(known)}.")
            self.fields["another"] = forms.BooleanField(label=_("This is somebody else"), required=False)

    def facts(self) -> dict[str, Any]:
        """The values as the actions take them."""
        given = dict(self.cleaned_data)
        birth = given.pop("birth")
        given["birth_date"], given["birth_precision"] = birth or (None, BirthPrecision.DAY)
        return given


class TransferForm(forms.Form):
    to = UnitField(label=_("To cell"), help_text=_("Type a code or a few words of the name."))
    on = forms.DateField(label=_("Transfer date"), initial=time.today)
    basis = forms.CharField(
        label=_("Basis"), max_length=160, required=False, help_text=_("Number and date of the paper.")
    )

    def __init__(self, *args: Any, cells: QuerySet[Unit], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["to"].scoped(cells, Permission.PERSON_EDIT)  # type: ignore[attr-defined]


class LeaveForm(forms.Form):
    reason = forms.ChoiceField(label=_("Reason"), choices=_pairs(LeavingReason, _("Choose a reason")))
    on = forms.DateField(label=_("From date"), initial=time.today)


class PostForm(forms.Form):
    post = forms.ModelChoiceField(label=_("Post"), queryset=PostKind.objects.none())
    unit = UnitField(label=_("In unit"), help_text=_("Type a code or a few words of the name."))
    managed_by = forms.ChoiceField(
        label=_("Managed by level"),
        required=False,
        choices=_pairs(Level, _("Not stated")),
        help_text=_("The level that manages the post decides who is summoned."),
    )
    valid_from = forms.DateField(label=_("From date"), initial=time.today)
    valid_to = forms.DateField(label=_("To date"), required=False)
    basis = forms.CharField(
        label=_("Basis"), max_length=160, required=False, help_text=_("Number and date of the paper.")
    )

    def __init__(self, *args: Any, units: QuerySet[Unit], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["unit"].scoped(units, Permission.PERSON_EDIT)  # type: ignore[attr-defined]
        self.fields["post"].queryset = PostKind.objects.order_by("rank", "name")  # type: ignore[attr-defined]


class ExemptionForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=200)
    valid_from = forms.DateField(label=_("From date"), initial=time.today)
    valid_to = forms.DateField(label=_("To date"), required=False)
    basis = forms.CharField(
        label=_("Basis"), max_length=160, required=False, help_text=_("Number and date of the paper.")
    )


class ResponsibilityForm(forms.Form):
    unit = UnitField(label=_("Unit"), help_text=_("Type a code or a few words of the name."))
    kind = forms.ChoiceField(label=_("Kind of responsibility"), choices=_pairs(ResponsibilityKind))
    valid_from = forms.DateField(label=_("From date"), initial=time.today)
    basis = forms.CharField(
        label=_("Basis"), max_length=160, required=False, help_text=_("Number and date of the paper.")
    )

    def __init__(self, *args: Any, units: QuerySet[Unit], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["unit"].scoped(units, Permission.PERSON_EDIT)  # type: ignore[attr-defined]


class EndForm(forms.Form):
    on = forms.DateField(label=_("Last day"), initial=time.today)


class PeopleFilterForm(forms.Form):
    """What the list of people can be narrowed to, from the address."""

    unit = UnitField(label=_("Unit"), required=False)
    kind = forms.ChoiceField(label=_("Kind of person"), required=False, choices=_pairs(PersonKind, _("All")))
    post = forms.ModelChoiceField(
        label=_("Post"), required=False, queryset=PostKind.objects.none(), to_field_name="code", empty_label=_("All")
    )
    managed_by = forms.ChoiceField(label=_("Managed by level"), required=False, choices=_pairs(Level, _("All")))
    exempt = forms.ChoiceField(
        label=_("Exempt from activities"), required=False, choices=[("", _("All")), ("1", _("Yes")), ("0", _("No"))]
    )
    age_from = forms.IntegerField(
        label=_("Age from"), required=False, min_value=0, max_value=130, widget=forms.NumberInput({"class": "short"})
    )
    age_to = forms.IntegerField(
        label=_("Age to"), required=False, min_value=0, max_value=130, widget=forms.NumberInput({"class": "short"})
    )
    gone = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("In the list")), ("1", _("No longer in the list"))]
    )

    def __init__(self, *args: Any, units: QuerySet[Unit], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["unit"].scoped(units, Permission.PERSON_VIEW)  # type: ignore[attr-defined]
        self.fields["post"].queryset = PostKind.objects.order_by("rank", "name")  # type: ignore[attr-defined]


class UnitFilterForm(forms.Form):
    kind = forms.ModelChoiceField(
        label=_("Kind of unit"),
        required=False,
        queryset=UnitKind.objects.order_by("pk"),
        to_field_name="code",
        empty_label=_("All"),
    )
    closed = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("Working")), ("1", _("Closed"))])


def _place(unit: Unit) -> str:
    return f"{unit.name}, {unit.parent.short_name or unit.parent.name}" if unit.parent else unit.name


def initial_of_person(person: Person) -> dict[str, Any]:
    """What the form of a known person begins with."""
    names = ("full_name", "code", "gender", "ethnicity", "kind", "joined_on", "official_on", "occupation", "phone")
    birth = ""
    if person.birth_date:
        year_only = person.birth_precision == BirthPrecision.YEAR
        birth = str(person.birth_date.year) if year_only else time.show_day(person.birth_date)
    return {name: getattr(person, name) for name in (*names, "email", "address")} | {"birth": birth}
