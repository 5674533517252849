"""Forms of timetables."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from quantriet.campaigns.models import StudyCampaign
from quantriet.classes import actions, queries
from quantriet.classes.models import TimetableCell, TimetableHall, TimetableReporter
from quantriet.classes.vocab import WRITTEN_DEMANDS
from quantriet.classes.web.forms import CLASS_TIERS, ClockField, _day_field, _Rows
from quantriet.kit.vocab import LabelledEnum, gettext_noop
from quantriet.org.models import Unit

_SHORT = {"class": "short"}


class Weekday(LabelledEnum):
    """Days of the week by Python's numbers."""

    MONDAY = "0", gettext_noop("Monday")
    TUESDAY = "1", gettext_noop("Tuesday")
    WEDNESDAY = "2", gettext_noop("Wednesday")
    THURSDAY = "3", gettext_noop("Thursday")
    FRIDAY = "4", gettext_noop("Friday")
    SATURDAY = "5", gettext_noop("Saturday")
    SUNDAY = "6", gettext_noop("Sunday")


class TimetableForm(forms.Form):
    """A new timetable."""

    campaign = _Rows(StudyCampaign.objects.none(), label=_("Study campaign"))
    unit = _Rows(Unit.objects.none(), label=_("Organised by"))
    title = forms.CharField(
        label=_("Name of the timetable"), max_length=200, help_text=_("The classes will be called after it.")
    )
    tier = forms.ChoiceField(label=_("Learners"), choices=lambda: [(tier.value, tier.label) for tier in CLASS_TIERS])
    percent = forms.IntegerField(
        label=_("Share of each cell that stays on duty, in per cent"), min_value=0, max_value=99, widget=forms.NumberInput(attrs=_SHORT),
        help_text=_("In every session at least so many of each cell are at work; a cell may have a share of its own later."),
    )  # fmt: skip
    basis = forms.CharField(
        label=_("Basis"), max_length=200, required=False, help_text=_("The plan or decision that asks for it; told wherever the demand is named."),
    )  # fmt: skip

    def __init__(self, *args: Any, campaigns: QuerySet[StudyCampaign], units: QuerySet[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["campaign"].queryset = campaigns
        self.fields["unit"].queryset = units


class DaysForm(forms.Form):
    """Sessions of many days at once: a morning, an afternoon, or both."""

    first = _day_field(label=_("From"))
    last = _day_field(label=_("To"))
    weekdays = forms.MultipleChoiceField(
        label=_("Days of the week"), choices=Weekday.labels, widget=forms.CheckboxSelectMultiple
    )
    morning = forms.CharField(label=_("First session of the day"), max_length=120)
    starts = ClockField(label=_("Starts at"))
    ends = ClockField(label=_("Ends at"))
    afternoon = forms.CharField(
        label=_("Second session of the day"), max_length=120, required=False, help_text=_("Leave its hours empty when there is only one.")
    )  # fmt: skip
    second_starts = ClockField(label=_("Starts at"), required=False)
    second_ends = ClockField(label=_("Ends at"), required=False)

    fieldsets = [
        (_("Days"), ["first", "last", "weekdays"]),
        (_("First session of the day"), ["morning", "starts", "ends"]),
        (_("Second session of the day"), ["afternoon", "second_starts", "second_ends"]),
    ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if bool(data.get("second_starts")) != bool(data.get("second_ends")):
            self.add_error("second_ends", "Ghi cả giờ bắt đầu và giờ kết thúc của buổi thứ hai, hoặc để trống cả hai.")
        return data

    def as_arguments(self) -> dict[str, Any]:
        data = self.cleaned_data
        halves = [actions.Half(data["morning"], data["starts"], data["ends"])]
        if data["second_starts"]:
            halves.append(actions.Half(data["afternoon"] or "Buổi chiều", data["second_starts"], data["second_ends"]))
        return {
            "first": data["first"], "last": data["last"], "halves": halves,
            "weekdays": [int(one) for one in data["weekdays"]],
        }  # fmt: skip


class HallForm(forms.Form):
    name = forms.CharField(label=_("Name of the hall"), max_length=160)
    capacity = forms.IntegerField(
        label=_("Seats"), min_value=1, max_value=100_000, widget=forms.NumberInput(attrs=_SHORT)
    )
    place = forms.CharField(
        label=_("Location"), max_length=80, required=False, help_text=_("Commune, village or cluster; ways are counted between places.")
    )  # fmt: skip
    address = forms.CharField(label=_("Address"), max_length=200, required=False)


class ReporterForm(forms.Form):
    person = forms.IntegerField(widget=forms.HiddenInput)
    most_classes = forms.IntegerField(min_value=1, max_value=200, required=False)


class SearchForm(forms.Form):
    """How long to look and how far places lie apart."""

    title = forms.CharField(label=_("Name of the timetable"), max_length=200)
    seconds = forms.IntegerField(
        label=_("Seconds to look for a better plan"), min_value=1, max_value=600, widget=forms.NumberInput(attrs=_SHORT)
    )
    usual_minutes = forms.IntegerField(
        label=_("Minutes between two places"), min_value=0, max_value=600, widget=forms.NumberInput(attrs=_SHORT),
        help_text=_("Where no way is written among the demands."),
    )  # fmt: skip


class DemandForm(forms.Form):
    kind = forms.ChoiceField(label=_("Demand"), choices=lambda: [(kind.value, kind.label) for kind in WRITTEN_DEMANDS])
    cell = _Rows(TimetableCell.objects.none(), label=_("Cell"), required=False, empty_label=_("All cells"))
    hall = _Rows(TimetableHall.objects.none(), label=_("Hall"), required=False, empty_label="–")
    reporter = _Rows(TimetableReporter.objects.none(), label=_("Reporter"), required=False, empty_label="–")
    day = _day_field(label=_("Day"), required=False)
    amount = forms.IntegerField(
        label=_("Per cent or minutes"),
        min_value=0,
        max_value=1000,
        required=False,
        widget=forms.NumberInput(attrs=_SHORT),
    )
    place = forms.CharField(label=_("Location"), max_length=80, required=False)
    other_place = forms.CharField(label=_("Other location"), max_length=80, required=False)
    basis = forms.CharField(label=_("Basis"), max_length=200, required=False)

    def __init__(self, *args: Any, plan: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cell"].queryset = plan.cells.select_related("unit").order_by("unit__path")
        self.fields["cell"].label_from_instance = lambda cell: cell.unit.name
        self.fields["hall"].queryset = plan.halls.all()
        self.fields["hall"].label_from_instance = lambda hall: hall.name
        self.fields["reporter"].queryset = plan.reporters.select_related("person")
        self.fields["reporter"].label_from_instance = lambda one: one.person.full_name


class PlaceForm(forms.Form):
    cell = forms.IntegerField(widget=forms.HiddenInput)
    place = forms.CharField(max_length=80, required=False)


class MoveShareForm(forms.Form):
    """So many of a cell to another session or hall."""

    share = forms.ChoiceField(label=_("Cell or person"))
    count = forms.IntegerField(label=_("How many"), min_value=1, widget=forms.NumberInput(attrs=_SHORT))
    target = forms.ChoiceField(label=_("To session and hall"))

    def __init__(self, *args: Any, loaded: queries.Loaded, place: tuple[int, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        where = {one.pk: (one.session_id, one.hall_id) for one in loaded.classes}
        self.names = {cell.pk: queries.unit_words(loaded.plan.unit_id, cell.unit) for cell in loaded.cells}
        names = self.names
        here = [one for one in loaded.shares if where[one.timetable_class_id] == place]
        self.fields["share"].choices = [
            (one.pk, f"{names[one.cell_id]}: {one.person.full_name if one.person else one.count}")
            for one in sorted(here, key=lambda one: (names[one.cell_id], one.person_id or 0))
        ]
        filled = loaded.present.filled()
        self.places = [
            ((session.pk, hall.pk), queries.place_words(session, hall))
            for session in loaded.sessions
            for hall in loaded.halls
        ]
        seats = {hall.pk: hall.capacity for hall in loaded.halls}
        self.fields["target"].choices = [
            (f"{key[0]}-{key[1]}", f"{words} ({filled.get(key, 0)}/{seats[key[1]]})")
            for key, words in self.places
            if key != place
        ]

    def as_keys(self) -> tuple[int, int, int, int]:
        """Keys of the share, the session and the hall, and how many."""
        session, hall = self.cleaned_data["target"].split("-")
        return int(self.cleaned_data["share"]), int(session), int(hall), self.cleaned_data["count"]


class ReporterChoiceForm(forms.Form):
    reporter = _Rows(TimetableReporter.objects.none(), label=_("Reporter"), required=False, empty_label="–")

    def __init__(self, *args: Any, plan: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reporter"].queryset = plan.reporters.select_related("person")
        self.fields["reporter"].label_from_instance = lambda one: one.person.full_name


class WishFileForm(forms.Form):
    file = forms.FileField(
        label=_("File"), help_text=_("Excel (.xlsx, .xls), LibreOffice (.ods) or .csv with the columns of the list that can be downloaded here."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.ods,.csv"}),
    )  # fmt: skip


class WishConfirmForm(forms.Form):
    """What was understood of a list, signed, on its way to being written."""

    lines = forms.CharField(widget=forms.HiddenInput, max_length=2_000_000)
    basis = forms.CharField(label=_("Basis"), max_length=200, required=False)
