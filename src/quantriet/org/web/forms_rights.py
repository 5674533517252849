"""Forms of accounts and appointments."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from quantriet.kit import text, time
from quantriet.org.models import Person, Unit
from quantriet.org.vocab import ROLES, Permission, Role
from quantriet.org.web.forms import UnitField


def _roles(empty: Any = None) -> Any:
    return [*([("", empty)] if empty is not None else []), *((role.value, spec.label) for role, spec in ROLES.items())]


class AccountFilterForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), required=False, choices=_roles(_("All")))
    rest = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("Working")), ("1", _("At rest"))])


class AppointmentForm(forms.Form):
    """A role in a unit for a time; the unit lies in the scope of whoever appoints."""

    role = forms.ChoiceField(label=_("Role"), choices=_roles(_("Choose a role")))
    unit = UnitField(label=_("In unit"), help_text=_("Type a code or a few words of the name."))
    valid_from = forms.DateField(label=_("From date"), initial=time.today)
    valid_to = forms.DateField(label=_("To date"), required=False, help_text=_("Left empty: until it is ended."))

    def __init__(self, *args: Any, units: QuerySet[Unit], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["unit"].scoped(units, Permission.ACCOUNT_MANAGE)  # type: ignore[attr-defined]

    def clean_role(self) -> Role:
        return Role(self.cleaned_data["role"])


class AccountForm(AppointmentForm):
    """A login with its first appointment; it belongs to a person, or to nobody (a shared desk)."""

    fieldsets = [
        (_("Account"), ["person", "username", "display_name", "email"]),
        (_("First appointment"), ["role", "unit", "valid_from", "valid_to"]),
    ]
    person = forms.CharField(
        label=_("Member code"), required=False, max_length=40, help_text=_("Left empty: an account without a person.")
    )
    username = forms.CharField(
        label=_("User name"),
        max_length=80,
        help_text=_("Letters, digits and dots; marks and capitals make no difference."),
    )
    display_name = forms.CharField(
        label=_("Shown name"), max_length=160, required=False, help_text=_("Left empty: the name of the person.")
    )
    email = forms.EmailField(label=_("E-mail"), required=False)

    def __init__(self, *args: Any, people: QuerySet[Person], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.people = people

    def clean_person(self) -> Person | None:
        code = text.squeeze(self.cleaned_data["person"])
        if not code:
            return None
        person = self.people.filter(code=code, left_on__isnull=True).select_related("unit").first()
        if person is None:
            raise forms.ValidationError(f"Không tìm thấy người có mã “{code}” trong phạm vi được giao.")
        return person

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("display_name"):
            person = given.get("person")
            given["display_name"] = person.full_name if person else given.get("username", "")
        return given


class AccountEditForm(forms.Form):
    """What may be corrected about an account; its user name stays."""

    display_name = forms.CharField(label=_("Shown name"), max_length=160)
    email = forms.EmailField(label=_("E-mail"), required=False)


class AppointmentEndForm(forms.Form):
    on = forms.DateField(label=_("Last day"), required=False, help_text=_("Left empty: it ends at once."))
