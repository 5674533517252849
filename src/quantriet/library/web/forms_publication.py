"""Forms of publication and of the dissemination log."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from quantriet.library import access
from quantriet.library.models import ActivityPhoto, DisseminationActivity, GuidingDocument
from quantriet.library.vocab import ActivityBody, ActivityForm, Channel, PublicationState, ReachKind
from quantriet.org import access as org_access
from quantriet.org.models import Account, Unit
from quantriet.org.web.choosing import offer_units

MOST_LISTED = 200  # documents that a list to choose from shows
MOST_PHOTOS = 3


def _documents(account: Account) -> QuerySet[GuidingDocument]:
    seen = access.documents_seen_by(account)
    latest = list(seen.order_by("-issued_on", "-pk").values_list("pk", flat=True)[:MOST_LISTED])
    return seen.filter(pk__in=latest).defer("text").order_by("-issued_on", "-pk")


def _home(account: Account) -> Unit | None:
    home = org_access.home_unit(account)
    return home if home and access.reporting_units(account).filter(pk=home.pk).exists() else None


class BoardFilter(forms.Form):
    """Filters of the board of publication."""

    state = forms.ChoiceField(label=_("Publication"), required=False)
    first = forms.DateField(label=_("Issued from"), required=False)
    last = forms.DateField(label=_("Issued until"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        states = [("open", _("Not published yet")), *PublicationState.labels()]
        self.fields["state"].choices = [("", _("All")), *states]  # type: ignore[attr-defined]


class PlacementFilter(forms.Form):
    channel = forms.ChoiceField(label=_("Channel"), required=False)
    first = forms.DateField(label=_("Posted from"), required=False)
    last = forms.DateField(label=_("Posted until"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channel"].choices = [("", _("All")), *Channel.labels()]  # type: ignore[attr-defined]


class PlacementForm(forms.Form):
    """Where a document was published."""

    unit = forms.ModelChoiceField(label=_("Unit that posted it"), queryset=Unit.objects.none())
    channel = forms.ChoiceField(label=_("Channel"), choices=Channel.labels)
    placed_on = forms.DateField(label=_("Day of posting"))
    title = forms.CharField(label=_("Title of the article or broadcast"), max_length=250)
    url = forms.CharField(
        label=_("Link"), max_length=500, required=False, widget=forms.TextInput(attrs={"inputmode": "url"}),
        help_text=_("Public address, for example https://tanlinh.gov.vn/tin-tuc/15-nq-tu; empty for radio or paper."),
    )  # fmt: skip
    note = forms.CharField(label=_("Note"), max_length=400, required=False)
    reason = forms.CharField(label=_("Reason of the correction"), max_length=250)

    def __init__(self, *args: Any, account: Account, correcting: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if correcting:
            del self.fields["unit"]
        else:
            del self.fields["reason"]
            offer_units(self, "unit", access.reporting_units(account), _home(account))


class ReachForm(forms.Form):
    """Figures as they stand on a day."""

    as_of = forms.DateField(label=_("Figures as of"))
    views = forms.IntegerField(label=_("Views or listeners"), min_value=0, required=False)
    reactions = forms.IntegerField(label=_("Interactions"), min_value=0, required=False)
    shares = forms.IntegerField(label=_("Shares"), min_value=0, required=False)
    copies = forms.IntegerField(label=_("Copies"), min_value=0, required=False)

    @property
    def numbers(self) -> dict[ReachKind, int]:
        return {kind: value for kind in ReachKind if (value := self.cleaned_data.get(kind.value)) is not None}


class ExemptForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it is not published"), max_length=250, help_text=_("For example: internal paper of the committee.")
    )
    basis = forms.CharField(
        label=_("Basis"), max_length=200, help_text=_("Who decided it, or the paper and clause that says so.")
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=250)


class PublicationRuleForm(forms.Form):
    """Another deadline for a unit and everything below it."""

    unit = forms.ModelChoiceField(label=_("Unit"), queryset=Unit.objects.none())
    remind_days = forms.IntegerField(label=_("Reminded after (days)"), min_value=0, max_value=365)
    due_days = forms.IntegerField(label=_("Published within (days)"), min_value=0, max_value=365)
    basis = forms.CharField(label=_("Basis"), max_length=250, help_text=_("The paper or clause that says so."))
    valid_from = forms.DateField(label=_("For documents issued from"))

    def __init__(self, *args: Any, units: QuerySet[Unit], home: Unit | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_units(self, "unit", units, home)


class ListForm(forms.Form):
    """A list from Excel."""

    unit = forms.ModelChoiceField(
        label=_("Unit of rows that name none"), queryset=Unit.objects.none(),
        help_text=_("Rows with a unit of their own keep it."),
    )  # fmt: skip
    file = forms.FileField(
        label=_("Excel file"), widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.ods,.csv"})
    )

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_units(self, "unit", access.reporting_units(account), _home(account))


class ConfirmForm(forms.Form):
    """The second step of a list: only what is needed to read it again."""

    staged = forms.CharField(widget=forms.HiddenInput)
    unit = forms.CharField(widget=forms.HiddenInput)


class ActivityFilter(forms.Form):
    form = forms.ChoiceField(label=_("Form"), required=False)
    body = forms.ChoiceField(label=_("Held by"), required=False)
    first = forms.DateField(label=_("Held from"), required=False)
    last = forms.DateField(label=_("Held until"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["form"].choices = [("", _("All")), *ActivityForm.labels()]  # type: ignore[attr-defined]
        self.fields["body"].choices = [("", _("All")), *ActivityBody.labels()]  # type: ignore[attr-defined]


def _photo() -> forms.FileField:
    return forms.FileField(
        label=_("Photo"), required=False, widget=forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png"})
    )


def _alt() -> forms.CharField:
    return forms.CharField(label=_("What the photo shows"), max_length=200, required=False)


class ActivityReportForm(forms.Form):
    """A short report, made to be filled standing, on a phone."""

    fieldsets = [
        (_("Activity"), ["unit", "body", "form", "document", "held_on", "place", "people", "words", "reason"]),
        (_("Photos (up to 3)"), ["without", "photo1", "alt1", "photo2", "alt2", "photo3", "alt3"]),
    ]
    unit = forms.ModelChoiceField(label=_("Unit"), queryset=Unit.objects.none())
    body = forms.ChoiceField(label=_("Held by"), choices=ActivityBody.labels)
    form = forms.ChoiceField(label=_("Form"), choices=ActivityForm.labels)
    document = forms.ModelChoiceField(
        label=_("Document"),
        queryset=GuidingDocument.objects.none(),
        required=False,
        empty_label=_("No single document"),
    )
    held_on = forms.DateField(label=_("Day"))
    place = forms.CharField(
        label=_("Place of the activity"), max_length=200, help_text=_("For example: culture house of thôn 2.")
    )
    people = forms.IntegerField(label=_("Number of people"), min_value=1, max_value=1_000_000)
    words = forms.CharField(
        label=_("In short"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What was spread, what people asked."),
    )  # fmt: skip
    reason = forms.CharField(label=_("Reason of the correction"), max_length=250)
    without = forms.MultipleChoiceField(
        label=_("Photos to delete"), required=False, widget=forms.CheckboxSelectMultiple
    )
    photo1, photo2, photo3 = _photo(), _photo(), _photo()
    alt1, alt2, alt3 = _alt(), _alt(), _alt()
    nonce = forms.CharField(widget=forms.HiddenInput, max_length=40, initial=lambda: secrets.token_hex(16))

    def __init__(
        self, *args: Any, account: Account, activity: DisseminationActivity | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        document: Any = self.fields["document"]
        document.queryset = _documents(account)
        document.label_from_instance = lambda one: f"{one.citation} – {one.subject[:70]}"
        self.kept: dict[str, ActivityPhoto] = {}
        if activity is None:
            del self.fields["reason"]
            offer_units(self, "unit", access.reporting_units(account), _home(account))
        else:
            del self.fields["unit"]
            del self.fields["nonce"]
            self.kept = {str(one.pk): one for one in activity.photos.all()}
            if activity.document_id:
                # A document that is no longer among the latest stays what it was.
                document.queryset = (
                    document.queryset | access.documents_seen_by(account).filter(pk=activity.document_id)
                ).order_by("-issued_on", "-pk")
        if self.kept:
            self.fields["without"].choices = [(key, one.alt) for key, one in self.kept.items()]  # type: ignore[attr-defined]
        else:
            del self.fields["without"]
        for place in range(1, MOST_PHOTOS + 1):
            self.fields[f"photo{place}"].label = f"{_('Photo')} {place}"
            self.fields[f"alt{place}"].label = f"{_('What the photo shows')} ({place})"

    def clean(self) -> dict[str, Any] | None:
        given = super().clean()
        for place in range(1, MOST_PHOTOS + 1):
            if self.cleaned_data.get(f"photo{place}") and not self.cleaned_data.get(f"alt{place}", "").strip():
                self.add_error(f"alt{place}", "Phải ghi ảnh chụp gì, cho người không nhìn được ảnh.")
        return given

    @property
    def removed(self) -> list[ActivityPhoto]:
        return [self.kept[key] for key in self.cleaned_data.get("without", ())]
