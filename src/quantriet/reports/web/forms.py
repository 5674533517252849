"""Forms of reports."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from quantriet.campaigns.models import StudyCampaign
from quantriet.org.models import Unit
from quantriet.reports.models import Report
from quantriet.reports.vocab import ReportState, Section


class NewForm(forms.Form):
    """Of which campaign, for which unit, as of when."""

    campaign = forms.ModelChoiceField(label=_("Campaign"), queryset=StudyCampaign.objects.none())
    unit = forms.ModelChoiceField(
        label=_("Reporting unit"), queryset=Unit.objects.none(), help_text=_("Its figures hold everything below it.")
    )
    as_of = forms.DateField(
        label=_("As of the end of day"), required=False, help_text=_("Leave empty for the figures of this moment.")
    )
    tree = forms.ChoiceField(
        label=_("Structure"), required=False, help_text=_("Which units the figures of an earlier day are told by."),
        choices=[("", _("As of that day")), ("today", _("Mapped to today's"))],
    )  # fmt: skip

    def __init__(self, *args: Any, campaigns: QuerySet[StudyCampaign], units: QuerySet[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["campaign"].queryset = campaigns  # type: ignore[attr-defined]
        self.fields["campaign"].empty_label = None  # type: ignore[attr-defined]
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.fields["unit"].empty_label = None  # type: ignore[attr-defined]


class FilterForm(forms.Form):
    """Filters of the list."""

    campaign = forms.ModelChoiceField(
        label=_("Campaign"), queryset=StudyCampaign.objects.none(), required=False, empty_label=_("All")
    )
    state = forms.ChoiceField(label=_("State"), required=False)
    receive = forms.BooleanField(label=_("Waiting to be received"), required=False)

    def __init__(self, *args: Any, campaigns: QuerySet[StudyCampaign], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["campaign"].queryset = campaigns  # type: ignore[attr-defined]
        self.fields["state"].choices = [("", _("All")), *ReportState.labels()]  # type: ignore[attr-defined]


class ReportForm(forms.Form):
    """The head, every section with its confirmation, the foot. A field `text_…` and `confirmed_…` per section."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    superior = forms.CharField(label=_("Superior body (first line)"), max_length=200, required=False)
    body = forms.CharField(label=_("Issuing body"), max_length=200)
    number = forms.CharField(
        label=_("Number and symbol"),
        max_length=60,
        required=False,
        help_text=_("For example 26-BC/BTGTU"),
        widget=forms.TextInput(attrs={"class": "short"}),
    )
    place = forms.CharField(label=_("Place"), max_length=80, required=False)
    signed_on = forms.DateField(label=_("Date of signing"), required=False)
    subject = forms.CharField(label=_("Subject"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}))
    recipients = forms.CharField(
        label=_("Recipients"), required=False, widget=forms.Textarea(attrs={"rows": 4}), help_text=_("One a line.")
    )
    authority = forms.CharField(
        label=_("Authority"), max_length=160, required=False, help_text=_("For example T/M BAN THƯỜNG VỤ")
    )
    signer_title = forms.CharField(label=_("Post of the signer"), max_length=160, required=False)
    signer_name = forms.CharField(label=_("Name of the signer"), max_length=160, required=False)

    def __init__(self, *args: Any, report: Report, **kwargs: Any) -> None:
        initial = {name: getattr(report, name) for name in self.base_fields}
        for section in Section:
            stored = report.narrative.get(section.value, {})
            initial[f"text_{section.value}"] = stored.get("text", "")
            initial[f"confirmed_{section.value}"] = stored.get("confirmed", False)
        super().__init__(*args, initial=initial, **kwargs)
        self.report = report
        for section in Section:
            text = initial[f"text_{section.value}"]
            # The whole text stands open; a browser that knows how fits the box to it exactly.
            rows = max(3, 1 + sum(1 + len(line) // 56 for line in text.split("\n")))
            self.fields[f"text_{section.value}"] = forms.CharField(
                label=section.label, required=False, strip=False, widget=forms.Textarea(attrs={"rows": rows})
            )
            self.fields[f"confirmed_{section.value}"] = forms.BooleanField(
                label=_("I have read and confirmed this section"), required=False
            )
        self.fields["subject"].strip = True  # type: ignore[attr-defined]

    @property
    def top(self) -> list[forms.BoundField]:
        return [self[name] for name in ("superior", "body", "number", "place", "signed_on", "subject")]

    @property
    def foot(self) -> list[forms.BoundField]:
        return [self[name] for name in ("recipients", "authority", "signer_title", "signer_name")]

    @property
    def sections(self) -> list[dict[str, Any]]:
        """Each section with its two fields, and the proposal when the words have left it."""
        found = []
        for section in Section:
            stored = self.report.narrative.get(section.value, {})
            proposed = stored.get("proposed", "")
            found.append(
                {
                    "section": section,
                    "text": self[f"text_{section.value}"],
                    "confirmed": self[f"confirmed_{section.value}"],
                    "proposed": proposed if proposed and proposed != stored.get("text") else "",
                }
            )
        return found

    def head(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.base_fields if name != "revision"}

    def texts(self) -> dict[Section, str]:
        return {section: self.cleaned_data[f"text_{section.value}"] for section in Section}

    def confirmed(self) -> set[Section]:
        return {section for section in Section if self.cleaned_data[f"confirmed_{section.value}"]}


class RefreshForm(forms.Form):
    """As of when the figures are taken anew."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    as_of = forms.DateField(
        label=_("As of the end of day"), required=False, help_text=_("Leave empty for the figures of this moment.")
    )


class TemplateForm(forms.Form):
    """An office's own template."""

    not_secret = forms.BooleanField(
        label=_("The document carries no secrecy mark"),
        error_messages={"required": "Chỉ tải lên mẫu không có độ mật. Hãy xác nhận trước khi tải tệp."},
    )
    file = forms.FileField(label=_("Word template"), help_text=_("A .docx file made from the template above."))
