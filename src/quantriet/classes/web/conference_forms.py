"""Forms of conferences and of the register of rooms. Choices are narrowed by `access` before they reach a form."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from quantriet.campaigns.models import StudyCampaign
from quantriet.campaigns.vocab import StudyForm
from quantriet.classes.models import Facility, OnlineConference, Venue, VenueReadiness
from quantriet.classes.queries import RulePlace
from quantriet.classes.vocab import (
    DEFAULT_EQUIPMENT,
    ConferenceLevel,
    EquipmentKind,
    LineKind,
    SeatPlace,
)
from quantriet.classes.web.forms import CLASS_TIERS, ClockField, _day_field, _Rows
from quantriet.kit.time import at_local
from quantriet.org.models import Account, Unit

_SHORT = {"class": "short"}


def _number(label: Any, *, least: int = 0, most: int = 100_000, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=least, max_value=most, required=False, help_text=help_text,
        widget=forms.NumberInput(attrs=_SHORT),
    )  # fmt: skip


def _equipment(label: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=EquipmentKind.labels, required=False, widget=forms.CheckboxSelectMultiple
    )


class ConferenceForm(forms.Form):
    """A new conference with its main venue and first session."""

    campaign = _Rows(StudyCampaign.objects.none(), label=_("Study campaign"))
    unit = _Rows(Unit.objects.none(), label=_("Organised by"))
    title = forms.CharField(label=_("Name of the conference"), max_length=250)
    host_name = forms.CharField(
        label=_("Held by"), max_length=160, required=False,
        help_text=_("Only when a body outside this system holds it, for example a national conference."),
    )  # fmt: skip
    form = forms.ChoiceField(
        label=_("Form of study"),
        choices=lambda: [(one.value, one.label) for one in (StudyForm.ONLINE, StudyForm.MIXED)],
    )
    level = forms.ChoiceField(label=_("Conference level"), choices=ConferenceLevel.labels)
    tier = forms.ChoiceField(label=_("Learners"), choices=lambda: [(tier.value, tier.label) for tier in CLASS_TIERS])
    venue_name = forms.CharField(label=_("Main venue"), max_length=160)
    address = forms.CharField(label=_("Address"), max_length=200, required=False)
    capacity = _number(_("Seats"), least=1)
    session_title = forms.CharField(label=_("First session"), max_length=120)
    day = _day_field(label=_("Day"))
    starts = ClockField(label=_("Starts at"))
    ends = ClockField(label=_("Ends at"))
    last_day = _day_field(
        label=_("Venues are added until"), help_text=_("The last day on which units below add venues.")
    )
    equipment = _equipment(_("What every venue must have"))

    fieldsets = [
        (_("The conference"), ["campaign", "unit", "title", "host_name", "form", "level", "tier"]),
        (_("Main venue"), ["venue_name", "address", "capacity"]),
        (_("First session"), ["session_title", "day", "starts", "ends"]),
        (_("Venues of other units"), ["last_day", "equipment"]),
    ]

    def __init__(self, *args: Any, campaigns: QuerySet[StudyCampaign], units: QuerySet[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["campaign"].queryset = campaigns
        self.fields["unit"].queryset = units
        self.fields["equipment"].initial = [kind.value for kind in DEFAULT_EQUIPMENT]

    def session_times(self) -> tuple[dt.datetime, dt.datetime]:
        data = self.cleaned_data
        return at_local(data["day"], data["starts"]), at_local(data["day"], data["ends"])


class ConferenceSettingsForm(forms.Form):
    host_name = forms.CharField(
        label=_("Held by"), max_length=160, required=False,
        help_text=_("Only when a body outside this system holds it, for example a national conference."),
    )  # fmt: skip
    last_day = _day_field(label=_("Venues are added until"), required=False)
    equipment = _equipment(_("What every venue must have"))

    def __init__(self, *args: Any, conference: OnlineConference, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {name: getattr(conference, name) for name in ("host_name", "last_day", "equipment")}


class ConferenceVenueForm(forms.Form):
    """A venue of a unit: new, or being prepared."""

    unit = _Rows(Unit.objects.none(), label=_("Unit"))
    name = forms.CharField(
        label=_("Name of the venue"), max_length=160, required=False,
        help_text=_("Left empty, it is called after its unit: “Điểm cầu …”."),
    )  # fmt: skip
    facility = _Rows(
        Facility.objects.none(), label=_("Room of the register"), required=False,
        help_text=_("Fills hall, address, seats and equipment that are left empty."),
    )  # fmt: skip
    hall = forms.CharField(label=_("Hall"), max_length=160, required=False)
    address = forms.CharField(label=_("Address"), max_length=200, required=False)
    capacity = _number(_("Seats"), least=1)
    quota = _number(_("Seats allotted"), help_text=_("Delegates allotted to this venue; empty when it is not limited."))
    clerk = _Rows(
        Account.objects.none(), label=_("Clerk"), required=False,
        help_text=_("The account that takes the roll at this venue."),
    )  # fmt: skip
    equipment = _equipment(_("Equipment that is there and works"))
    distance_km = _number(
        _("Way to the main venue (km)"),
        most=5_000,
        help_text=_("One way; what the conference saves is counted from it."),
    )
    travel_minutes = _number(_("Time of the way (minutes)"), most=5_000)

    def __init__(
        self,
        *args: Any,
        units: QuerySet[Unit] | None,
        facilities: QuerySet[Facility],
        clerks: QuerySet[Account],
        venue: Venue | None = None,
        readiness: VenueReadiness | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if units is None:
            del self.fields["unit"]
            self.fields["name"].required, self.fields["name"].help_text = True, ""
        else:
            self.fields["unit"].queryset = units
        self.fields["facility"].queryset = facilities
        self.fields["clerk"].queryset = clerks
        if venue is not None:
            self.initial = {name: getattr(venue, name) for name in ("name", "address", "capacity", "clerk")}
        if readiness is not None:
            names = ("facility", "hall", "quota", "equipment", "distance_km", "travel_minutes")
            self.initial |= {name: getattr(readiness, name) for name in names}


class ConnectionForm(forms.Form):
    result = forms.ChoiceField(
        label=_("Result of the check"), widget=forms.RadioSelect,
        choices=lambda: [("passed", _("Sound and picture both ways")), ("failed", _("Failed"))],
    )  # fmt: skip
    note = forms.CharField(
        label=_("What failed"), max_length=250, required=False, help_text=_("Needed when the check failed.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].one_of_several = True  # type: ignore[attr-defined]  # the hint says which result needs it


class SeatingForm(forms.Form):
    """One choice for each rule of the audience."""

    def __init__(self, *args: Any, places: Sequence[RulePlace], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in places:
            self.fields[f"rule-{one.rule.pk}"] = forms.ChoiceField(
                label=one.rule.name, choices=SeatPlace.labels(), initial=one.place.value, help_text=one.rule.basis
            )

    def places(self) -> dict[int, str]:
        return {int(name.removeprefix("rule-")): value for name, value in self.cleaned_data.items()}


class TableForm(forms.Form):
    """A list as a file."""

    file = forms.FileField(
        label=_("File"), help_text=_("Excel (.xlsx, .xls), LibreOffice (.ods) or .csv, with a header row."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.ods,.csv"}),
    )  # fmt: skip


class TableConfirmForm(forms.Form):
    """What was understood of a list, signed, on its way to being written."""

    lines = forms.CharField(widget=forms.HiddenInput, max_length=2_000_000)


class VenueFilter(forms.Form):
    part = forms.ChoiceField(label=_("Still missing"), required=False)
    unit = _Rows(Unit.objects.none(), label=_("Unit"), required=False)

    def __init__(self, *args: Any, parts: Sequence[tuple[str, Any]], units: QuerySet[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["part"].choices = [("", _("All")), *parts]
        self.fields["unit"].queryset = units
        self.fields["unit"].empty_label = _("All")


_TOLD = [("", _("Not stated")), ("yes", _("Yes")), ("no", _("No"))]


class _Stated(forms.TypedChoiceField):
    """Yes, no, or not stated: the third is not the second."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            choices=_TOLD,
            required=False,
            coerce=lambda said: {"yes": True, "no": False}[said],
            empty_value=None,
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        return {True: "yes", False: "no", None: ""}.get(value, value)


class FacilityForm(forms.Form):
    unit = _Rows(Unit.objects.none(), label=_("Unit"))
    name = forms.CharField(label=_("Name of the room"), max_length=160)
    address = forms.CharField(label=_("Address"), max_length=200, required=False)
    seats = _number(_("Seats"))
    is_online = _Stated(label=_("Online meeting room"))
    screens = _number(_("Screens"), most=1_000)
    speakers = _number(_("Loudspeakers"), most=1_000)
    microphones = _number(_("Microphones"), most=1_000)
    cameras = _number(_("Cameras"), most=1_000)
    line = forms.ChoiceField(
        label=_("Internet line"), required=False, choices=lambda: [("", _("Not stated")), *LineKind.labels()]
    )
    has_power = _Stated(label=_("Power in reserve"))
    note = forms.CharField(label=_("Note"), max_length=250, required=False)

    def __init__(
        self, *args: Any, units: QuerySet[Unit] | None, facility: Facility | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if units is None:
            del self.fields["unit"]
        else:
            self.fields["unit"].queryset = units
        if facility is not None:
            self.initial = {name: getattr(facility, name) for name in self.fields}


class FacilityFilter(forms.Form):
    answer = forms.ChoiceField(label=_("Online meeting room"), required=False)
    unit = _Rows(Unit.objects.none(), label=_("Unit"), required=False)

    def __init__(self, *args: Any, units: QuerySet[Unit], answers: Sequence[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["answer"].choices = [("", _("All")), *answers]
        self.fields["unit"].queryset = units
        self.fields["unit"].empty_label = _("All")
