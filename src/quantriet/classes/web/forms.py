"""Forms of classes. Choices are narrowed by `access` before they reach a form."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from quantriet.campaigns.models import StudyCampaign
from quantriet.campaigns.vocab import StudyForm
from quantriet.classes.models import ClassSession, ProgrammeItem, StudyClass, Venue
from quantriet.classes.vocab import ClassRoleKind, ClassState, ConferenceLevel, Interaction, ItemKind
from quantriet.kit.numbers import whole_numbers
from quantriet.kit.time import at_local, local, parse_clock
from quantriet.kit.web.fields import ManyRows
from quantriet.library.models import GuidingDocument
from quantriet.library.vocab import ContentTier
from quantriet.org.models import Account, Person, Unit

# Levels a member of the class belongs to; the public is reached by other means than classes.
CLASS_TIERS = (ContentTier.KEY_CADRE, ContentTier.GRASSROOTS)


class ClockField(forms.Field):
    """A time of day as people write it: 07:30, 7h30, 14g."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"class": "short", "placeholder": "07:30", "autocomplete": "off", "maxlength": "8"}
        super().__init__(widget=forms.TextInput(attrs=attrs), **kwargs)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, dt.time) or value in self.empty_values:
            return value or None
        found = parse_clock(str(value))
        if found is None:
            raise ValidationError("Giờ ghi như 07:30 hoặc 7h30.")
        return found

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%H:%M}" if isinstance(value, dt.time) else value


def _day_field(**kwargs: Any) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(attrs={"class": "short"}), **kwargs)


class _Rows(forms.ModelChoiceField):
    """A choice of rows that are written in our own words."""

    def label_from_instance(self, row: Any) -> str:
        if isinstance(row, Account):
            place = row.person.unit.name if row.person_id and row.person else ""
            return f"{row.display_name} ({row.username}){' – ' + place if place else ''}"
        if isinstance(row, GuidingDocument):
            return f"{row.reference_number}: {row.subject}"[:120]
        return str(row)


class ClassForm(forms.Form):
    """What a class is; used for a new one with its hall and first session, and for changing one without them."""

    campaign = _Rows(StudyCampaign.objects.none(), label=_("Study campaign"))
    unit = _Rows(Unit.objects.none(), label=_("Organised by"))
    title = forms.CharField(label=_("Name of the class"), max_length=250)
    form = forms.ChoiceField(label=_("Form of study"), choices=StudyForm.labels)
    level = forms.ChoiceField(label=_("Conference level"), choices=ConferenceLevel.labels)
    tier = forms.ChoiceField(
        label=_("Learners"), choices=lambda: [(tier.value, tier.label) for tier in CLASS_TIERS],
        help_text=_("The roster is filled with people of this content tier."),
    )  # fmt: skip
    is_catch_up = forms.BooleanField(label=_("Catch-up class"), required=False)
    host_unit = _Rows(
        Unit.objects.none(), label=_("Host of the conference"), required=False,
        help_text=_("Only when a higher organiser holds the conference and this unit takes part."),
    )  # fmt: skip
    venue_name = forms.CharField(label=_("Hall or main venue"), max_length=160)
    address = forms.CharField(label=_("Address"), max_length=200, required=False)
    capacity = forms.IntegerField(
        label=_("Seats"), min_value=1, required=False, widget=forms.NumberInput(attrs={"class": "short"})
    )
    session_title = forms.CharField(label=_("First session"), max_length=120)
    day = _day_field(label=_("Day"))
    starts = ClockField(label=_("Starts at"))
    ends = ClockField(label=_("Ends at"))
    rules_of_conduct = forms.CharField(
        label=_("Rules of conduct"), required=False, widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("One rule a line; printed on the summons."),
    )  # fmt: skip
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    fieldsets = [
        (_("The class"), ["campaign", "unit", "title", "form", "level", "tier", "is_catch_up", "host_unit"]),
        (_("Venue"), ["venue_name", "address", "capacity"]),
        (_("First session"), ["session_title", "day", "starts", "ends"]),
        (_("Rules and note"), ["rules_of_conduct", "note"]),
    ]

    OF_NEW_ONLY = ("campaign", "unit", "venue_name", "address", "capacity", "session_title", "day", "starts", "ends")

    def __init__(
        self,
        *args: Any,
        campaigns: QuerySet[StudyCampaign] | None = None,
        units: QuerySet[Unit] | None = None,
        hosts: QuerySet[Unit],
        study_class: StudyClass | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["host_unit"].queryset = hosts
        if study_class is not None:
            for name in self.OF_NEW_ONLY:
                del self.fields[name]
            names = ("title", "form", "level", "tier", "is_catch_up", "host_unit", "rules_of_conduct", "note")
            self.initial = {name: getattr(study_class, name) for name in names}
            self.fieldsets = [
                (_("The class"), ["title", "form", "level", "tier", "is_catch_up", "host_unit"]),
                (_("Rules and note"), ["rules_of_conduct", "note"]),
            ]
        else:
            self.fields["campaign"].queryset = campaigns
            self.fields["unit"].queryset = units

    def session_times(self) -> tuple[dt.datetime, dt.datetime]:
        """The first session as moments."""
        data = self.cleaned_data
        return at_local(data["day"], data["starts"]), at_local(data["day"], data["ends"])


class SessionForm(forms.Form):
    title = forms.CharField(label=_("Name of the session"), max_length=120)
    day = _day_field(label=_("Day"))
    starts = ClockField(label=_("Starts at"))
    ends = ClockField(label=_("Ends at"))

    @staticmethod
    def initial_of(session: ClassSession) -> dict[str, Any]:
        start, end = local(session.starts_at), local(session.ends_at)
        return {"title": session.title, "day": start.date(), "starts": start.time(), "ends": end.time()}

    def as_arguments(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "title": data["title"],
            "starts_at": at_local(data["day"], data["starts"]),
            "ends_at": at_local(data["day"], data["ends"]),
        }


class ItemForm(forms.Form):
    kind = forms.ChoiceField(label=_("What happens"), choices=ItemKind.labels)
    starts = ClockField(label=_("Starts at"))
    ends = ClockField(label=_("Ends at"))
    title = forms.CharField(label=_("Content"), max_length=250, required=False)
    document = _Rows(GuidingDocument.objects.none(), label=_("Document"), required=False)
    presenter = _Rows(Person.objects.none(), label=_("Presented by"), required=False)
    interaction = forms.ChoiceField(label=_("Interaction"), required=False)
    equipment = forms.CharField(
        label=_("Audio-visual support"), max_length=200, required=False, help_text="Ví dụ: phim tư liệu, màn hình LED, loa phụ.",
    )  # fmt: skip

    def __init__(self, *args: Any, session: ClassSession, item: ProgrammeItem | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session = session
        self.fields["interaction"].choices = [("", _("None")), *Interaction.labels()]  # type: ignore[attr-defined]
        if item is not None:
            names = ("kind", "title", "document", "presenter", "interaction", "equipment")
            self.initial = {name: getattr(item, name) for name in names}
            self.initial |= {"starts": local(item.starts_at).time(), "ends": local(item.ends_at).time()}
        study_class = session.study_class
        if not study_class.roles.exists():
            roles = reverse("class-roles", args=[study_class.pk])
            self.fields["presenter"].help_text = format_html(
                '{} <a href="{}">{}</a>', _("Nobody has a part in this class yet."), roles, _("Who does what")
            )
        self.fields["document"].queryset = study_class.campaign.documents.all()
        self.fields["presenter"].queryset = (
            Person.objects.filter(Q(class_roles__study_class=study_class) | Q(pk=item.presenter_id if item else None))
            .distinct()
            .order_by("sort_key")
        )

    def as_arguments(self) -> dict[str, Any]:
        data = self.cleaned_data
        day = local(self.session.starts_at).date()
        return {
            "kind": data["kind"],
            "title": data["title"],
            "starts_at": at_local(day, data["starts"]),
            "ends_at": at_local(day, data["ends"]),
            "document": data["document"],
            "presenter": data["presenter"],
            "interaction": data["interaction"],
            "equipment": data["equipment"],
        }


class VenueForm(forms.Form):
    name = forms.CharField(label=_("Name of the venue"), max_length=160)
    unit = _Rows(Unit.objects.none(), label=_("Looked after by"))
    address = forms.CharField(label=_("Address"), max_length=200, required=False)
    capacity = forms.IntegerField(
        label=_("Seats"), min_value=1, required=False, widget=forms.NumberInput(attrs={"class": "short"})
    )
    clerk = _Rows(
        Account.objects.none(), label=_("Clerk"), required=False,
        help_text=_("The account that takes the roll at this venue."),
    )  # fmt: skip

    def __init__(
        self, *args: Any, units: QuerySet[Unit], clerks: QuerySet[Account], venue: Venue | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units
        self.fields["clerk"].queryset = clerks
        if venue is not None:
            names = ("name", "unit", "address", "capacity", "clerk")
            self.initial = {name: getattr(venue, name) for name in names}


class RoleForm(forms.Form):
    kind = forms.MultipleChoiceField(label=_("Part"), choices=ClassRoleKind.labels)
    person = forms.IntegerField(widget=forms.HiddenInput)


class FillForm(forms.Form):
    units = ManyRows(
        Unit.objects.none(), label=_("Units"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Nothing ticked: everybody under the organiser."),
    )  # fmt: skip
    tier = forms.ChoiceField(label=_("Learners"), required=False)

    def __init__(self, *args: Any, units: QuerySet[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["units"].queryset = units
        self.fields["tier"].choices = [("", _("All tiers")), *((tier.value, tier.label) for tier in CLASS_TIERS)]


class CallForm(forms.Form):
    """People called by hand: pasted codes, or the one chosen from a search."""

    venue = _Rows(Venue.objects.none(), label=_("Venue"), empty_label=None)
    reason = forms.CharField(label=_("Reason"), max_length=250)
    codes = forms.CharField(
        label=_("Member codes"), widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=_("Paste from Excel: one person a line; further columns are passed over."),
    )  # fmt: skip

    def __init__(self, *args: Any, study_class: StudyClass, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        venues = study_class.venues.order_by("-is_main", "name")
        self.fields["venue"].queryset = venues
        self.fields["venue"].initial = venues.first()


class ListForm(forms.Form):
    """A list of people as a file."""

    file = forms.FileField(
        label=_("File"), help_text=_("Excel (.xlsx, .xls), LibreOffice (.ods) or .csv, with a header row: code, or name with cell or date of birth."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.ods,.csv"}),
    )  # fmt: skip


class ListConfirmForm(forms.Form):
    """What was understood of a list, on its way to being written; the keys are checked against the account's reach again."""

    people = forms.CharField(required=False, max_length=100_000, widget=forms.HiddenInput)
    guests = forms.CharField(required=False, max_length=100_000, widget=forms.HiddenInput)
    venue = _Rows(Venue.objects.none(), label=_("Venue"), empty_label=None)
    reason = forms.CharField(label=_("Reason"), max_length=250)
    with_guests = forms.BooleanField(label=_("Add also those who do not owe this study"), required=False)

    def __init__(self, *args: Any, study_class: StudyClass, has_guests: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        venues = study_class.venues.order_by("-is_main", "name")
        self.fields["venue"].queryset = venues
        self.fields["venue"].initial = venues.first()
        if not has_guests:
            del self.fields["with_guests"]

    @property
    def keys(self) -> list[int]:
        """The people to add."""
        data = self.cleaned_data
        said = data["people"] + "," + (data["guests"] if data.get("with_guests") else "")
        return whole_numbers(said.split(","))


class MoveForm(forms.Form):
    venue = _Rows(Venue.objects.none(), label=_("To venue"), empty_label=None)

    def __init__(self, *args: Any, study_class: StudyClass, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["venue"].queryset = study_class.venues.order_by("-is_main", "name")


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=250)


class OutsidersForm(forms.Form):
    outsiders = forms.IntegerField(
        label=_("People outside the roster who attended"), min_value=0, max_value=1_000_000,
        widget=forms.NumberInput(attrs={"class": "short"}),
    )  # fmt: skip


class ClassFilter(forms.Form):
    """Filters of the class list, in the address."""

    state = forms.ChoiceField(label=_("State"), required=False)
    campaign = _Rows(StudyCampaign.objects.none(), label=_("Study campaign"), required=False)
    unit = _Rows(Unit.objects.none(), label=_("Organised by"), required=False)
    day = _day_field(label=_("Day"), required=False)

    def __init__(self, *args: Any, campaigns: QuerySet[StudyCampaign], units: QuerySet[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units
        self.fields["unit"].empty_label = _("All")
        self.fields["state"].choices = [("", _("All")), *ClassState.labels()]
        self.fields["campaign"].queryset = campaigns
        self.fields["campaign"].empty_label = _("All")


class RosterFilter(forms.Form):
    venue = _Rows(Venue.objects.none(), label=_("Venue"), required=False)
    summons = forms.ChoiceField(label=_("Summons"), required=False)

    def __init__(self, *args: Any, study_class: StudyClass, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["venue"].queryset = study_class.venues.order_by("-is_main", "name")
        self.fields["venue"].empty_label = _("All")
        self.fields["summons"].choices = [("", _("All")), ("no", _("Not summoned yet")), ("yes", _("Summoned"))]
