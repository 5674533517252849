"""Forms of the ways in, of one's own password and second factor, and of activation slips."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from quantriet.kit import time
from quantriet.kit.web.once import OnceForm
from quantriet.org.models import Unit
from quantriet.org.rules.slips import MOST_SLIP_DAYS, SLIP_DAYS
from quantriet.org.vocab import Permission, SlipState
from quantriet.org.web.forms import UnitField


def _password(label: Any, kind: str, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=1000,
        strip=False,
        help_text=help_text,
        widget=forms.PasswordInput({"autocomplete": kind}),
    )


def _code(label: Any, help_text: Any = "", **attributes: str) -> forms.CharField:
    attributes = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "class": "code", **attributes}
    return forms.CharField(label=label, max_length=40, help_text=help_text, widget=forms.TextInput(attributes))


def _username(help_text: Any = "") -> forms.CharField:
    attributes = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
    return forms.CharField(
        label=_("User name"), max_length=150, help_text=help_text, widget=forms.TextInput(attributes)
    )


class SignInForm(forms.Form):
    username = _username()
    password = _password(_("Password"), "current-password")


class AskCodeForm(forms.Form):
    """Whose mail a one-time code goes to."""

    username = _username()


class MailCodeForm(forms.Form):
    code = _code(_("Code from the mail"), _("8 digits."), autocomplete="one-time-code", inputmode="numeric")


class SecondFactorForm(forms.Form):
    code = _code(
        _("Verification code"),
        _("The 6 digits that the app shows now, or one of the recovery codes."),
        autocomplete="one-time-code",
    )


class AuthenticatorForm(forms.Form):
    code = _code(
        _("Code that the app shows"), _("6 digits; they change every 30 seconds."),
        autocomplete="one-time-code", inputmode="numeric",
    )  # fmt: skip


class SlipCodeForm(forms.Form):
    code = _code(_("Code on the slip"), _("12 letters and digits; capitals and hyphens make no difference."))


class ConfirmForm(forms.Form):
    password = _password(_("Password"), "current-password")


class MailForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        help_text=_("One-time codes and notices about sign-in go there."),
        widget=forms.EmailInput({"autocomplete": "email"}),
    )


class MailProofForm(MailCodeForm):
    """The code that was mailed to a new address."""

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        where = f"Thư có mã gửi tới {email}, dùng trong 10 phút. Chưa thấy thì xem cả mục thư rác."
        self.fields["code"].help_text = where


class PasskeyForm(forms.Form):
    name = forms.CharField(label=_("Name of the passkey"), max_length=60, help_text=_("For example: my telephone."))
    credential = forms.CharField(widget=forms.HiddenInput, max_length=20_000)


class NewPasswordForm(forms.Form):
    """A password chosen and typed twice."""

    password = _password(_("New password"), "new-password", _("At least 8 letters, no common word, unlike your name."))
    again = _password(_("New password once more"), "new-password")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("password") and given.get("again") and given["password"] != given["again"]:
            self.add_error("again", "Hai lần gõ mật khẩu mới không giống nhau.")
        return given


class PasswordForm(NewPasswordForm):
    """One's own new password; the view checks the present one, unless it is a temporary one or a code just came by mail."""

    current = _password(_("Present password"), "current-password")
    field_order = ["current", "password", "again"]

    def __init__(self, *args: Any, asks_present: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if not asks_present:
            del self.fields["current"]


class ActivationFilterForm(forms.Form):
    unit = UnitField(label=_("Unit"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False)

    def __init__(self, *args: Any, units: QuerySet[Unit], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["unit"].scoped(units, Permission.SLIP_PRINT)  # type: ignore[attr-defined]
        self.fields["state"].choices = [("", _("All")), *SlipState.labels()]  # type: ignore[attr-defined]


class SlipPrintForm(OnceForm):
    """Until when the slips of a sheet may be used."""

    ends_on = forms.DateField(label=_("Usable until"))

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["ends_on"].initial = time.today() + dt.timedelta(days=SLIP_DAYS)
        self.fields["ends_on"].help_text = _(
            "The last day, at most %(days)s days from today; afterwards a new slip is printed."
        ) % {"days": MOST_SLIP_DAYS}
