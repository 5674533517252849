"""Forms of the register of reporters, of invitations and of what is said after a report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from quantriet.kit.numbers import whole_number
from quantriet.kit.text import fold
from quantriet.kit.time import show_day, today
from quantriet.kit.web.fields import ManyRows
from quantriet.org import access as org_access
from quantriet.org.models import Account, Unit
from quantriet.org.vocab import Permission
from quantriet.org.web.choosing import PersonField, offer_units
from quantriet.speakers import access
from quantriet.speakers.actions import Profile
from quantriet.speakers.models import Reporter, ReporterField
from quantriet.speakers.vocab import (
    HIGHEST_SCORE,
    Criterion,
    EndReason,
    EntryOutcome,
    Half,
    InvitationState,
    OutlineCheck,
    ReporterKind,
    SourceGroup,
    SpeakerRuleKey,
    TheoryLevel,
    TrainingKind,
)

ALL = [("", _("All"))]
MOST_TICKED = 60  # people whom a list of boxes shows; of more, words choose which


def _home(account: Account, units: QuerySet[Unit]) -> Unit | None:
    home = org_access.home_unit(account)
    return home if home and units.filter(pk=home.pk).exists() else None


def _offer_kept(form: forms.Form, account: Account, name: str = "unit") -> None:
    units = access.keeping_units(account)
    offer_units(form, name, units, _home(account, units))


class ReporterForm(forms.Form):
    """An entry of the register; unit, person, kind and first day are asked once, for a new one."""

    fieldsets = [
        (_("Who"), ["unit", "person", "kind", "valid_from"]),
        (_("What the person can speak about"), ["subjects", "is_specialist"]),
        (_("Ability"), ["theory_level", "profession", "since_year", "experience", "prestige", "practice"]),
        (_("Decision"), ["source", "decision_number", "decided_on"]),
    ]
    unit = forms.ModelChoiceField(label=_("Committee that keeps the register"), queryset=Unit.objects.none())
    person = PersonField(label=_("Person"), help_text=_("Member code, or the full name when nobody shares it."))
    kind = forms.ChoiceField(label=_("Kind"), choices=ReporterKind.labels, initial=ReporterKind.REPORTER)
    valid_from = forms.DateField(label=_("On the register from"), initial=today)
    subjects = ManyRows(
        label=_("Fields"), queryset=ReporterField.objects.none(), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Not every field or place needs a reporter."),
    )  # fmt: skip
    is_specialist = forms.BooleanField(
        label=_("Specialist: reports on many fields in depth"), required=False,
        help_text=_("At least two fields."),
    )  # fmt: skip
    theory_level = forms.ChoiceField(label=_("Level of political theory"), choices=TheoryLevel.labels)
    profession = forms.CharField(label=_("Profession"), max_length=160, required=False)
    since_year = forms.IntegerField(label=_("In oral propaganda since (year)"), required=False)
    experience = forms.CharField(label=_("Experience"), max_length=400, required=False)
    prestige = forms.CharField(label=_("Prestige"), max_length=400, required=False)
    practice = forms.CharField(label=_("Knowledge of local practice"), max_length=400, required=False)
    source = forms.ChoiceField(
        label=_("Group from which the propagandist comes"), required=False, help_text=_("Of propagandists alone.")
    )
    decision_number = forms.CharField(
        label=_("Number of the decision"), max_length=60, required=False,
        help_text=_("Of the grassroots committee, needed for propagandists."),
    )  # fmt: skip
    decided_on = forms.DateField(label=_("Day of the decision"), required=False)

    def __init__(self, *args: Any, account: Account, reporter: Reporter | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named: dict[str, Any] = self.fields
        offered = access.fields_offered_to(account)
        named["source"].choices = [("", _("None")), *SourceGroup.labels()]
        if reporter is None:
            _offer_kept(self, account)
            named["person"].people = org_access.people_seen_by(account).filter(left_on__isnull=True)
        else:
            for name in ("unit", "person", "kind", "valid_from"):
                del named[name]
            kept = reporter.fields.values("pk")
            offered = ReporterField.objects.filter(pk__in=offered.values("pk")) | ReporterField.objects.filter(
                pk__in=kept
            )
        named["subjects"].queryset = offered.order_by("name_folded", "pk")

    @property
    def profile(self) -> Profile:
        given = self.cleaned_data
        return Profile(
            fields=tuple(given["subjects"]), theory_level=TheoryLevel(given["theory_level"]),
            source=SourceGroup(given["source"]) if given["source"] else None,
            **{name: given[name] for name in ("is_specialist", "profession", "since_year", "experience", "prestige", "practice",
                                              "decision_number", "decided_on")},
        )  # fmt: skip


class EndForm(forms.Form):
    valid_to = forms.DateField(label=_("Last day on the register"), initial=today)
    reason = forms.ChoiceField(label=_("Reason"))
    note = forms.CharField(label=_("Note"), max_length=250, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].choices = [(one.value, one.label) for one in EndReason if one != EndReason.REVIEW]  # type: ignore[attr-defined]


class RegisterFilter(forms.Form):
    """Filters of the register; words are typed in the box beside them."""

    kind = forms.ChoiceField(label=_("Kind"), required=False)
    field = forms.ModelChoiceField(label=_("Field of reports"), queryset=ReporterField.objects.none(), required=False)
    theory = forms.ChoiceField(label=_("Theory at least"), required=False)
    state = forms.ChoiceField(label=_("Status"), required=False)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [*ALL, *ReporterKind.labels()]  # type: ignore[attr-defined]
        self.fields["theory"].choices = [*ALL, *TheoryLevel.labels()[1:]]  # type: ignore[attr-defined]
        self.fields["state"].choices = [("", _("On the register")), ("ended", _("Taken off"))]  # type: ignore[attr-defined]
        self.fields["field"].queryset = access.fields_offered_to(account)  # type: ignore[attr-defined]


class SearchForm(forms.Form):
    """What a unit looks for in a reporter (R-112), and when."""

    q = forms.CharField(label=_("Name, profession, experience …"), max_length=100, required=False)
    day = forms.DateField(label=_("Free on"), required=False)
    half = forms.ChoiceField(label=_("Part of the day"), required=False)
    field = forms.ModelChoiceField(label=_("Field of reports"), queryset=ReporterField.objects.none(), required=False)
    theory = forms.ChoiceField(label=_("Theory at least"), required=False)
    years = forms.IntegerField(label=_("Years of experience, at least"), min_value=1, max_value=80, required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    unit = forms.ModelChoiceField(label=_("Register of"), queryset=Unit.objects.none(), required=False)
    specialist = forms.BooleanField(label=_("Specialists only"), required=False)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["half"].choices = [("", _("Whole day")), *Half.labels()]  # type: ignore[attr-defined]
        self.fields["kind"].choices = [*ALL, *ReporterKind.labels()]  # type: ignore[attr-defined]
        self.fields["theory"].choices = [*ALL, *TheoryLevel.labels()[1:]]  # type: ignore[attr-defined]
        self.fields["field"].queryset = access.fields_offered_to(account)  # type: ignore[attr-defined]
        kept = access.reporters_seen_by(account).filter(valid_to__isnull=True).order_by().values("unit")
        self.fields["unit"].queryset = Unit.objects.filter(pk__in=kept).order_by("path")  # type: ignore[attr-defined]


class BusyForm(forms.Form):
    first_on = forms.DateField(label=_("Not free from"))
    last_on = forms.DateField(label=_("Until"), required=False, help_text=_("Empty: that one day."))
    half = forms.ChoiceField(label=_("Part of the day"), required=False)
    note = forms.CharField(label=_("Note"), max_length=160, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["half"].choices = [("", _("Whole day")), *Half.labels()]  # type: ignore[attr-defined]

    @property
    def values(self) -> dict[str, Any]:
        given = self.cleaned_data
        return given | {"half": Half(given["half"]) if given["half"] else None}


class InvitationForm(forms.Form):
    unit = forms.ModelChoiceField(label=_("Unit that invites"), queryset=Unit.objects.none())
    held_on = forms.DateField(label=_("Day"))
    half = forms.ChoiceField(label=_("Part of the day"), choices=Half.labels)
    topic = forms.CharField(
        label=_("Topic"),
        max_length=250,
        help_text=_("For example: Resolution 15-NQ/TU, new points on cell activities."),
    )
    place = forms.CharField(label=_("Place of the report"), max_length=200)
    audience = forms.CharField(
        label=_("Who listens"), max_length=250, help_text=_("How many, who they are: the report is fitted to them.")
    )

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = access.inviting_units(account)
        offer_units(self, "unit", units, _home(account, units))


class InvitationFilter(forms.Form):
    state = forms.ChoiceField(label=_("Status"), required=False)
    first = forms.DateField(label=_("Day from"), required=False)
    last = forms.DateField(label=_("Day until"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        more = [("no_outline", _("Accepted, no outline yet"))]
        self.fields["state"].choices = [*ALL, *more, *InvitationState.labels()]  # type: ignore[attr-defined]


class AnswerForm(forms.Form):
    answer = forms.ChoiceField(
        label=_("Answer"), choices=[("accept", _("Accept")), ("decline", _("Decline"))], widget=forms.RadioSelect
    )
    reason = forms.CharField(label=_("Reason, when declining"), max_length=250, required=False)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=250)


class OutlineForm(forms.Form):
    file = forms.FileField(
        label=_("Outline (Word, PDF with text)"), widget=forms.ClearableFileInput(attrs={"accept": ".docx,.pdf,.txt"})
    )
    slides = forms.FileField(
        label=_("Slides (PowerPoint)"), required=False, widget=forms.ClearableFileInput(attrs={"accept": ".pptx"}),
        help_text=_("Slides are encouraged."),
    )  # fmt: skip
    checks = forms.MultipleChoiceField(
        label=_("The outline is"), choices=OutlineCheck.labels, required=False, widget=forms.CheckboxSelectMultiple
    )
    note = forms.CharField(label=_("Note"), max_length=400, required=False)

    @property
    def ticked(self) -> list[OutlineCheck]:
        return [OutlineCheck(one) for one in self.cleaned_data["checks"]]


def _score(one: Criterion) -> forms.TypedChoiceField:
    words = {1: _("1 – poor"), 3: _("3 – fair"), 5: _("5 – very good")}
    choices = [(number, words.get(number, str(number))) for number in range(HIGHEST_SCORE, 0, -1)]
    return forms.TypedChoiceField(label=one.label, choices=choices, coerce=int, widget=forms.RadioSelect)


class RatingForm(forms.Form):
    """Five criteria from 1 to 5."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scores = {one.value: _score(one) for one in Criterion}
        self.fields = scores | self.fields

    @property
    def scores(self) -> dict[Criterion, int]:
        return {one: self.cleaned_data[one.value] for one in Criterion}


class AssessmentForm(RatingForm):
    remark = forms.CharField(
        label=_("Remark"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )


class TrainingForm(forms.Form):
    unit = forms.ModelChoiceField(label=_("Unit that gave it"), queryset=Unit.objects.none())
    kind = forms.ChoiceField(label=_("Kind"), choices=TrainingKind.labels)
    held_on = forms.DateField(label=_("Day"), initial=today)
    topic = forms.CharField(label=_("Topic"), max_length=250)
    materials = forms.CharField(
        label=_("Materials"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What was handed out."),
    )  # fmt: skip
    link = forms.CharField(
        label=_("Link"), max_length=500, required=False, widget=forms.TextInput(attrs={"inputmode": "url"})
    )
    reporters = ManyRows(
        label=_("Who took part"), queryset=Reporter.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    words = forms.CharField(
        label=_("Find whom to tick"), max_length=100, required=False, widget=forms.TextInput(attrs={"type": "search"}),
        help_text=_("Name of the person or of the unit, without diacritics too. Who is ticked stays ticked."),
    )  # fmt: skip

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer_kept(self, account)
        rows = access.reporters_seen_by(account, Permission.SPEAKER_EDIT).filter(valid_to__isnull=True)
        rows = rows.select_related("person", "unit").order_by("unit__path", "person__sort_key", "pk")
        field: Any = self.fields["reporters"]
        field.queryset = rows
        self.total = rows.count()
        self.left_off = 0
        if self.total <= MOST_TICKED:
            del self.fields["words"]
            field.label_from_instance = _entry_words
        else:
            field.widget.choices = self._shown(rows)

    def _shown(self, rows: QuerySet[Reporter]) -> list[tuple[int, str]]:
        """Of a whole province those that are ticked already, then those that fit the words; never all."""
        asked = self.data if self.is_bound else self.initial
        typed = asked.getlist("reporters") if hasattr(asked, "getlist") else asked.get("reporters", [])
        ticked = {key for one in typed if (key := whole_number(str(one))) is not None}
        found = rows.exclude(pk__in=ticked)
        for word in fold(str(asked.get("words", ""))).split():
            found = found.filter(Q(person__name_folded__contains=word) | Q(unit__name_folded__contains=word))
        self.left_off = max(0, found.count() - MOST_TICKED)
        shown = [*rows.filter(pk__in=ticked), *found[:MOST_TICKED]]
        return [(one.pk, _entry_words(one)) for one in shown]


def _entry_words(one: Reporter) -> str:
    return f"{one.person.full_name} ({one.kind_label.lower()}, {one.unit.name})"


class SourceForm(forms.Form):
    unit = forms.ModelChoiceField(label=_("Unit"), queryset=Unit.objects.none())
    title = forms.CharField(label=_("Name of the source"), max_length=200)
    link = forms.CharField(
        label=_("Link"), max_length=500, required=False, widget=forms.TextInput(attrs={"inputmode": "url"})
    )
    note = forms.CharField(label=_("What is found there"), max_length=400, required=False)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer_kept(self, account)


class UnitForm(forms.Form):
    unit = forms.ModelChoiceField(label=_("Unit"), queryset=Unit.objects.none())

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer_kept(self, account)


class ReviewOpenForm(forms.Form):
    """Whose register is reviewed, and for which year; `unit` is the one from whose line somebody came."""

    unit = forms.ModelChoiceField(label=_("Unit"), queryset=Unit.objects.none())
    year = forms.IntegerField(label=_("Year"), min_value=2000, max_value=2100)

    def __init__(self, *args: Any, account: Account, unit: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = access.reviewing_units(account)
        chosen = units.filter(pk=unit).first() if unit is not None else None
        offer_units(self, "unit", units, chosen or _home(account, units))
        field: Any = self.fields["unit"]
        if isinstance(field, forms.ModelChoiceField):
            field.label_from_instance = lambda one: (
                f"{one.name} (kết thúc ngày {show_day(one.closed_on)})" if one.closed_on else one.name
            )


class ReviewCloseForm(forms.Form):
    basis = forms.CharField(
        label=_("Basis"), max_length=200, required=False, help_text=_("The paper with which the committee decided.")
    )


class ReviewForm(forms.Form):
    """Outcome and remark of each entry that stands; what nobody chose stays open."""

    def __init__(self, *args: Any, entries: Sequence[Reporter], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entries = entries
        choices = [("", _("Not judged yet")), *EntryOutcome.labels()]
        for one in entries:
            self.fields[f"outcome_{one.pk}"] = forms.ChoiceField(label=_("Outcome"), choices=choices, required=False)
            self.fields[f"remark_{one.pk}"] = forms.CharField(label=_("Remark"), max_length=250, required=False)
            for name in (f"outcome_{one.pk}", f"remark_{one.pk}"):
                self.fields[name].show_hidden_initial = True  # what the page showed comes back with it

    @property
    def judged(self) -> dict[int, tuple[EntryOutcome, str]]:
        """What was chosen on this page; what somebody else has answered meanwhile and nobody touched here is not sent back."""
        found = {}
        for one in self.entries:
            names = (f"outcome_{one.pk}", f"remark_{one.pk}")
            if self.cleaned_data[names[0]] and any(name in self.changed_data for name in names):
                found[one.pk] = (EntryOutcome(self.cleaned_data[names[0]]), self.cleaned_data[names[1]])
        return found


class FieldForm(UnitForm):
    name = forms.CharField(label=_("Name of the field"), max_length=120)


class RuleForm(UnitForm):
    key = forms.ChoiceField(label=_("Figure set"), choices=SpeakerRuleKey.labels)
    value = forms.IntegerField(label=_("Value"), min_value=0, max_value=100)
    basis = forms.CharField(label=_("Basis"), max_length=250, help_text=_("The paper or clause that says so."))
    valid_from = forms.DateField(label=_("Valid from"), initial=today)


class ListForm(UnitForm):
    """A list from Excel."""

    unit = forms.ModelChoiceField(
        label=_("Unit of rows that name none"), queryset=Unit.objects.none(),
        help_text=_("Rows with a unit of their own keep it."),
    )  # fmt: skip
    file = forms.FileField(
        label=_("Excel file"), widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.ods,.csv"})
    )


class ConfirmForm(forms.Form):
    """The second step of a list: only what is needed to read it again."""

    staged = forms.CharField(widget=forms.HiddenInput)
    unit = forms.CharField(widget=forms.HiddenInput)


def year_of(typed: str | None, day: dt.date) -> int:
    """The year asked for in an address; this year for anything else."""
    return whole_number(typed, least=2000, most=day.year) or day.year


class EmptyForm(forms.Form):
    """A button alone."""
