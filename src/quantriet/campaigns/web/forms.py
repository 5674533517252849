"""Forms of the desk; labels through the catalogue, rules and refusals through the actions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from quantriet.campaigns import access
from quantriet.campaigns.models import AudienceRule, Rulebook, StudyCampaign
from quantriet.campaigns.rules.audience import Criteria
from quantriet.campaigns.vocab import (
    AdjustmentKind,
    CreditKind,
    CreditState,
    DutyReason,
    DutyState,
    PlanState,
    RuleEffect,
    StudyEvent,
    StudyForm,
)
from quantriet.kit.web.fields import ManyRows
from quantriet.library import access as library_access
from quantriet.library.models import GuidingDocument
from quantriet.library.vocab import ContentTier
from quantriet.org import access as org_access
from quantriet.org.models import Account, Person, PostKind, Unit, UnitKind
from quantriet.org.vocab import Level, Permission, PersonKind
from quantriet.org.web.choosing import list_units

SHORT = {"class": "short"}


def _area(rows: int = 4) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class _DocumentChoice(ManyRows):
    def label_from_instance(self, document: GuidingDocument) -> str:
        level = Level(document.level).label if document.level else ""
        return f"{document.citation} – {document.subject} ({level})"


class _RulebookChoice(forms.ModelChoiceField):
    def label_from_instance(self, rulebook: Rulebook) -> str:
        return f"{rulebook.name} – {rulebook.unit.name}"


class RulebookForm(forms.Form):
    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Unit"))
    name = forms.CharField(label=_("Name of the rulebook"), max_length=160)
    note = forms.CharField(label=_("Note"), widget=_area(3), required=False)

    def __init__(self, *args, account: Account, with_unit: bool = True, **kwargs):
        super().__init__(*args, **kwargs)
        if with_unit:
            list_units(self.fields["unit"], _organisers(account))
        else:
            del self.fields["unit"]


class RuleValueForm(forms.Form):
    value = forms.DecimalField(
        label=_("New value"), max_digits=8, decimal_places=2, localize=True, widget=forms.TextInput(attrs=SHORT)
    )
    valid_from = forms.DateField(label=_("Valid from"), help_text=_("The present value ends the day before."))
    basis = forms.CharField(
        label=_("Legal basis"), max_length=250, help_text=_("As it is quoted in sentences, with clause and number.")
    )


def _organisers(account: Account):
    """Units that organise campaigns: every unit above a cell."""
    return access.planning_units(account).exclude(kind__level=Level.CELL).order_by("path")


class CampaignForm(forms.Form):
    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Organising unit"))
    name = forms.CharField(label=_("Name of the campaign"), max_length=250)
    documents = _DocumentChoice(
        GuidingDocument.objects.none(),
        label=_("Documents to study"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Several documents of different levels may go into one campaign."),
    )
    planned_from = forms.DateField(label=_("From day"))
    planned_to = forms.DateField(label=_("To day"))
    form = forms.ChoiceField(label=_("Form of study"))
    is_quick_briefing = forms.BooleanField(
        label=_("Quick briefing"), required=False, help_text=_("A short conference right after a plenum.")
    )
    has_current_affairs = forms.BooleanField(label=_("Combined with current affairs"), required=False)
    rulebook = _RulebookChoice(Rulebook.objects.none(), label=_("Rulebook"), empty_label=None)
    plan_number = forms.CharField(
        label=_("Number of the plan"), max_length=60, required=False, widget=forms.TextInput(attrs=SHORT)
    )
    instructions = forms.CharField(
        label=_("Requirements to lower units"),
        required=False,
        widget=_area(5),
        help_text=_("Shown at each lower unit when it schedules its own study."),
    )
    fieldsets = [
        (_("Content"), ["unit", "name", "documents", "is_quick_briefing", "has_current_affairs"]),
        (_("Period and form"), ["planned_from", "planned_to", "form"]),
        (_("Basis"), ["rulebook", "plan_number", "instructions"]),
    ]

    def __init__(self, *args, account: Account, campaign: StudyCampaign | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["form"].choices = StudyForm.labels()
        seen = library_access.documents_seen_by(account).order_by("-issued_on", "reference_number")
        self.fields["documents"].queryset = seen
        if campaign is not None:
            del self.fields["unit"]
            self.fields["rulebook"].queryset = access.rulebooks_for(campaign.unit)
        else:
            list_units(self.fields["unit"], _organisers(account))
            self.fields["rulebook"].queryset = access.rulebooks_seen_by(account).select_related("unit")


def _name_of(value: str) -> str:
    """A level or a kind of unit that does not stand in the tree today."""
    if value in set(Level):
        return Level(value).label
    kind = UnitKind.objects.filter(code=value).first()
    return kind.name if kind else value


class AudienceRuleForm(forms.Form):
    name = forms.CharField(label=_("Name of the condition"), max_length=160)
    effect = forms.ChoiceField(label=_("What it means"), widget=forms.RadioSelect)
    tier = forms.ChoiceField(label=_("Content tier"))
    basis = forms.CharField(label=_("Legal basis"), max_length=250, required=False)
    place = forms.ChoiceField(
        label=_("Place in the order"),
        required=False,
        help_text=_("The first condition that matches a person decides; one that exempts usually stands first."),
    )
    posts = forms.MultipleChoiceField(label=_("Posts"), required=False, widget=forms.CheckboxSelectMultiple)
    managed_by = forms.MultipleChoiceField(
        label=_("Post managed by"), required=False, widget=forms.CheckboxSelectMultiple
    )
    post_levels = forms.MultipleChoiceField(
        label=_("Post held at level"), required=False, widget=forms.CheckboxSelectMultiple
    )
    post_unit_kinds = forms.MultipleChoiceField(
        label=_("Post held in"), required=False, widget=forms.CheckboxSelectMultiple
    )
    units = ManyRows(Unit.objects.none(), label=_("Under units"), required=False)
    unit_levels = forms.MultipleChoiceField(label=_("Under level"), required=False, widget=forms.CheckboxSelectMultiple)
    unit_kinds = forms.MultipleChoiceField(
        label=_("Under kinds of units"), required=False, widget=forms.CheckboxSelectMultiple
    )
    person_kinds = forms.MultipleChoiceField(
        label=_("Kinds of people"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Nothing chosen: full and probationary members."),
    )
    age_from = forms.IntegerField(
        label=_("Age from"), required=False, min_value=0, max_value=120, widget=forms.NumberInput(attrs=SHORT)
    )
    age_to = forms.IntegerField(
        label=_("Age to"), required=False, min_value=0, max_value=120, widget=forms.NumberInput(attrs=SHORT)
    )
    exempt = forms.ChoiceField(label=_("Exempt from activities"), required=False)
    accepts_credit = forms.BooleanField(
        label=_("Study elsewhere is recognised for these people"), required=False, initial=True,
        help_text=_("Not ticked: they study locally, whatever they studied in a class of their sector."),
    )  # fmt: skip
    fieldsets = [
        (_("Condition"), ["name", "effect", "tier", "basis", "place", "accepts_credit"]),
        (_("Posts (all of these of one and the same post)"), ["posts", "managed_by", "post_levels", "post_unit_kinds"]),
        (_("Units"), ["units", "unit_levels", "unit_kinds"]),
        (_("Person"), ["person_kinds", "age_from", "age_to", "exempt"]),
    ]

    def __init__(self, *args, campaign: StudyCampaign, rules: Sequence[AudienceRule] | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        if rules is None:
            del self.fields["place"]
        else:
            # Nothing chosen: what exempts goes first, since a wider condition above would decide before it.
            self.fields["place"].choices = [
                ("", _("Exempting first, any other last")),
                ("0", _("First")),
                *(
                    (str(number), _("After %(number)s. %(name)s") % {"number": number, "name": rule.name})
                    for number, rule in enumerate(rules, 1)
                ),
            ]
        # Only what stands in the organiser's tree, and where its posts may be held; thirty kinds would hide the few.
        present = UnitKind.objects.filter(units__path__startswith=campaign.unit.path).order_by("pk").distinct()
        kinds = [(kind.code, kind.name) for kind in present]
        levels = {kind.level for kind in present}
        self.fields["effect"].choices = RuleEffect.labels()
        self.fields["tier"].choices = ContentTier.labels()
        self.fields["posts"].choices = list(PostKind.objects.order_by("rank").values_list("code", "name"))
        self.fields["managed_by"].choices = Level.labels()
        for name in ("post_levels", "unit_levels"):
            self.fields[name].choices = [(level.value, level.label) for level in Level if level.value in levels]
        for name in ("post_unit_kinds", "unit_kinds"):
            self.fields[name].choices = kinds
        # A rule made for another tree keeps what it asks.
        for name in ("post_levels", "unit_levels", "post_unit_kinds", "unit_kinds"):
            known = {value for value, _label in self.fields[name].choices}
            for value in self.initial.get(name, []):
                if value not in known:
                    self.fields[name].choices = [*self.fields[name].choices, (value, _name_of(value))]
        self.fields["person_kinds"].choices = PersonKind.labels()
        self.fields["exempt"].choices = [("", _("No matter")), ("yes", _("Only the exempt")), ("no", _("Only others"))]
        list_units(
            self.fields["units"],
            Unit.objects.active().under(campaign.unit, itself=False).exclude(kind__level=Level.CELL),
        )

    def chosen_place(self) -> int | None:
        """Where a new rule goes: as chosen, else first when it exempts, else last."""
        chosen = self.cleaned_data.get("place")
        if chosen:
            return int(chosen)
        return 0 if self.cleaned_data["effect"] == RuleEffect.EXEMPT else None

    def criteria(self) -> Criteria:
        given = self.cleaned_data
        return Criteria(
            posts=tuple(given["posts"]),
            managed_by=tuple(given["managed_by"]),
            post_levels=tuple(given["post_levels"]),
            post_unit_kinds=tuple(given["post_unit_kinds"]),
            units=tuple(unit.pk for unit in given["units"]),
            unit_levels=tuple(given["unit_levels"]),
            unit_kinds=tuple(given["unit_kinds"]),
            person_kinds=tuple(given["person_kinds"]),
            age_from=given["age_from"],
            age_to=given["age_to"],
            exempt={"yes": True, "no": False}.get(given["exempt"]),
        )

    @staticmethod
    def initial_of(rule) -> dict:
        given = Criteria.from_json(rule.criteria)
        exempt = {True: "yes", False: "no", None: ""}[given.exempt]
        lists = {name: list(value) for name, value in given.as_json().items() if isinstance(value, list)}
        return {
            "name": rule.name, "effect": rule.effect, "tier": rule.tier, "basis": rule.basis, **lists,
            "accepts_credit": rule.accepts_credit,
            "age_from": given.age_from, "age_to": given.age_to, "exempt": exempt,
        }  # fmt: skip


class AdjustForm(forms.Form):
    """Add or remove one person; the person is chosen on the page from those the search found."""

    person = forms.ModelChoiceField(Person.objects.none(), widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=_("What to do"), widget=forms.RadioSelect)
    tier = forms.ChoiceField(label=_("Content tier"))
    reason = forms.CharField(label=_("Reason"), max_length=250)

    def __init__(self, *args, account: Account, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = org_access.people_seen_by(account)
        self.fields["kind"].choices = [
            (AdjustmentKind.ADD.value, _("Add to the list")),
            (AdjustmentKind.REMOVE.value, _("Take off the list")),
        ]
        self.fields["tier"].choices = ContentTier.labels()


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=250)


class PlanForm(forms.Form):
    form = forms.ChoiceField(label=_("Form of study"))
    planned_from = forms.DateField(label=_("From day"))
    planned_to = forms.DateField(label=_("To day"))
    assignment = forms.CharField(
        label=_("Assignment of tasks"), widget=_area(6), help_text=_("Who does what, one task a line.")
    )
    responsible = forms.ModelChoiceField(
        Person.objects.none(), label=_("Responsible person"), required=False,
        help_text=_("People who hold a post in this unit."),
    )  # fmt: skip
    plan_number = forms.CharField(
        label=_("Number of the plan"), max_length=60, required=False, widget=forms.TextInput(attrs=SHORT)
    )

    def __init__(self, *args, plan, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["form"].choices = StudyForm.labels()
        self.fields["responsible"].queryset = (
            Person.objects.active().filter(posts__unit_id=plan.unit_id).distinct().order_by("sort_key")
        )


class FormChangeForm(forms.Form):
    unit = forms.ModelChoiceField(
        Unit.objects.none(), label=_("Where"), help_text=_("It holds for this unit and everything below it.")
    )
    situation = forms.CharField(label=_("Situation"), max_length=160, help_text=_("Storm, epidemic …"))
    instruction = forms.CharField(
        label=_("Instruction it rests on"), max_length=200, help_text=_("Number, date and issuer.")
    )
    instruction_file = forms.FileField(label=_("File of the instruction"), required=False)
    form = forms.ChoiceField(label=_("New form of study"))
    postponed_to = forms.DateField(label=_("Postponed to"), required=False)
    change_classes = forms.TypedMultipleChoiceField(
        label=_("Classes that take the new form"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    call_off_classes = forms.TypedMultipleChoiceField(
        label=_("Classes called off"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Whoever was summoned is told; a new class is made for the new day."),
    )  # fmt: skip

    def __init__(
        self, *args: Any, account: Account, campaign: StudyCampaign, events: Sequence[StudyEvent] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["form"].choices = StudyForm.labels()
        for name in ("change_classes", "call_off_classes"):
            if events:
                self.fields[name].choices = [(one.pk, one.words) for one in events]
            else:
                del self.fields[name]
        units = Unit.objects.active().under(campaign.unit).exclude(kind__level=Level.CELL)
        list_units(self.fields["unit"], org_access.scope(units, account, Permission.PLAN_SCHEDULE, "path"))


class ReviewForm(forms.Form):
    lessons = forms.CharField(label=_("Lessons learnt"), widget=_area(8))
    praise = forms.CharField(label=_("Units and people to praise"), widget=_area(4), required=False)
    criticism = forms.CharField(label=_("Units and people to criticise or remind"), widget=_area(4), required=False)


class NoticeForm(forms.Form):
    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("On behalf of"))
    expected = forms.CharField(
        label=_("Expected time"), max_length=160, help_text=_("For example: first quarter of 2027.")
    )
    text = forms.CharField(
        label=_("Text of the notice"),
        widget=_area(10),
        required=False,
        help_text=_("Leave empty to get a text made from the document."),
    )
    mail = forms.BooleanField(label=_("Mail it to the lower units that have an address"), required=False)

    def __init__(self, *args, account: Account, **kwargs):
        super().__init__(*args, **kwargs)
        units = org_access.units_seen_by(account, Permission.CAMPAIGN_PLAN).active().exclude(kind__level=Level.CELL)
        list_units(self.fields["unit"], units)


class MessageForm(forms.Form):
    subject = forms.CharField(label=_("Subject of the mail"), max_length=250)
    text = forms.CharField(label=_("Text of the message"), widget=_area(12))


class BoardForm(forms.Form):
    as_of = forms.DateField(label=_("As of the end of day"), required=False)
    tree = forms.ChoiceField(
        label=_("Structure"), required=False, choices=[("", _("As of that day")), ("today", _("Mapped to today's"))]
    )
    kind = forms.ChoiceField(label=_("Duty"), required=False)

    def __init__(self, *args, kinds: list[tuple[str, str]], two_trees: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        if not two_trees:
            del self.fields["tree"]
        if len(kinds) > 1:
            self.fields["kind"].choices = kinds
        else:
            del self.fields["kind"]


class NamesForm(forms.Form):
    state = forms.ChoiceField(label=_("State"), required=False)
    reason = forms.ChoiceField(label=_("Reason"), required=False)
    tier = forms.ChoiceField(label=_("Content tier"), required=False)
    as_of = forms.DateField(label=_("As of the end of day"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, labels in (("state", DutyState), ("reason", DutyReason), ("tier", ContentTier)):
            self.fields[name].choices = [("", _("All")), *labels.labels()]


class CreditForm(forms.Form):
    """One class held elsewhere, and who of ours was there: one person, or the people of a list."""

    person = forms.CharField(
        label=_("Person"), max_length=160, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Member code, or full name when nobody else has it."),
    )  # fmt: skip
    file = forms.FileField(
        label=_("List as a file"), required=False,
        help_text=_("Excel (.xlsx, .xls), LibreOffice (.ods) or .csv, with a header row: code, or name with cell or date of birth."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.ods,.csv"}),
    )  # fmt: skip
    pasted = forms.CharField(
        label=_("Or paste the people"), required=False, widget=_area(6),
        help_text=_("One person a line: code, or name; cell."),
    )  # fmt: skip
    kind = forms.ChoiceField(label=_("Which way"), widget=forms.RadioSelect)
    held_by = forms.CharField(label=_("Organiser of that class"), max_length=200)
    studied_on = forms.DateField(label=_("Day of study"))
    documents = _DocumentChoice(
        GuidingDocument.objects.none(), label=_("Documents it covered"), widget=forms.CheckboxSelectMultiple
    )
    evidence = forms.CharField(
        label=_("Basis of recognition"),
        max_length=250,
        help_text=_("Certificate, list, confirmation: number and date."),
    )
    paper = forms.FileField(
        label=_("Paper"), required=False, help_text=_("A PDF or a picture (JPG, PNG) of at most 10 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png"}),
    )  # fmt: skip
    fieldsets = [
        (_("Who"), ["person", "file", "pasted"]),
        (_("The class elsewhere"), ["kind", "held_by", "studied_on", "documents"]),
        (_("Basis of recognition"), ["evidence", "paper"]),
    ]

    def __init__(self, *args: Any, campaign: StudyCampaign, several: bool, hidden: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("person", "paper") if several else ("file", "pasted"):
            del self.fields[name]
        self.fields["kind"].choices = CreditKind.labels()
        covered = campaign.documents.order_by("campaign_documents__order")
        # Which of them that class covered is for a person to say: nothing is ticked beforehand.
        self.fields["documents"].queryset = covered
        if hidden:
            for name in ("file", "pasted"):
                self.fields.pop(name, None)
            self.fieldsets = []
            self.fields["people"] = forms.CharField(max_length=100_000)
            for name, field in self.fields.items():
                field.widget = forms.MultipleHiddenInput() if name == "documents" else forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if "pasted" in self.fields and not given.get("file") and not given.get("pasted", "").strip():
            self.add_error("file", _("Choose a file or paste the people."))
        return given


class CreditDecisionForm(forms.Form):
    is_granted = forms.ChoiceField(label=_("Approval"), widget=forms.RadioSelect)
    note = forms.CharField(label=_("Remark, needed when not agreed"), max_length=250, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].one_of_several = True  # type: ignore[attr-defined]  # one of the two answers needs it
        self.fields["is_granted"].choices = [("yes", _("Recognise")), ("no", _("Do not recognise"))]


class CreditFilterForm(forms.Form):
    campaign = forms.ModelChoiceField(
        StudyCampaign.objects.none(), required=False, empty_label=_("All"), label=_("Study campaign")
    )
    state = forms.ChoiceField(label=_("State"), required=False)
    kind = forms.ChoiceField(label=_("Which way"), required=False)

    def __init__(self, *args: Any, campaigns: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["campaign"].queryset = campaigns
        self.fields["state"].choices = [("", _("All")), *CreditState.labels()]
        self.fields["kind"].choices = [("", _("All")), *CreditKind.labels()]


class PlanFilterForm(forms.Form):
    state = forms.ChoiceField(label=_("State"), required=False)
    as_of = forms.DateField(label=_("As of the end of day"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["state"].choices = [("", _("All")), ("open", _("Not organised yet")), *PlanState.labels()]
