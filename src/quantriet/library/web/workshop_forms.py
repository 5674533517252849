"""Forms of the workshop."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from quantriet.kit.refusal import Refusal
from quantriet.kit.time import at_local, local
from quantriet.library.actions.masters import PartText, parse_value
from quantriet.library.models import Clause, GuidingDocument
from quantriet.library.vocab import Audience, MasterState, PartKind

# Beside the states: what waits for the one who looks, as the second person.
TO_APPROVE, WORKS_TO_APPROVE = "to_approve", "works_to_approve"
WAITING = ((TO_APPROVE, "Chờ đồng chí duyệt"), (WORKS_TO_APPROVE, "Có văn vần, clip, ảnh chờ đồng chí duyệt"))


class FilterForm(forms.Form):
    """Filters of the list."""

    state = forms.ChoiceField(label=_("State"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["state"].choices = [("", _("All")), *MasterState.labels(), *WAITING]  # type: ignore[attr-defined]


class PartForm(forms.Form):
    """One part; which fields it has depends on its kind, which stands in the address."""

    _NAMES = {
        PartKind.CORE: {"text": _("Content")},
        PartKind.NEW: {"text": _("Content")},
        PartKind.FIGURE: {"title": _("What it measures"), "text": _("Explanation in one or two sentences")},
        PartKind.QUESTION: {"title": _("Question"), "text": _("Answer")},
        PartKind.MEANING: {"title": _("Heading"), "text": _("What it means for the reader")},
        PartKind.GOAL: {"title": _("Heading"), "text": _("The goal")},
        PartKind.TASK: {"title": _("What to do"), "text": _("Who does it, how, by when")},
        PartKind.EXPLANATION: {"title": _("The claim"), "text": _("What the document says"), "source": _("Source")},
    }
    _OPTIONAL = {
        (PartKind.FIGURE, "text"), (PartKind.MEANING, "title"), (PartKind.GOAL, "title"), (PartKind.TASK, "text"),
    }  # fmt: skip

    title = forms.CharField(max_length=300)
    value = forms.CharField(label=_("Number"), max_length=30, help_text=_("For example 98 or 1.234,5"))
    measure = forms.CharField(
        label=_("Unit of the number"), max_length=40, required=False, help_text=_("For example %, days, people")
    )
    text = forms.CharField(widget=forms.Textarea(attrs={"rows": 6}))
    source = forms.CharField(max_length=300, help_text=_("Document, clause, page: so that readers can check."))
    clause = forms.ModelChoiceField(label=_("From clause"), queryset=Clause.objects.none(), required=False)
    audiences = forms.MultipleChoiceField(label=_("For whom"), widget=forms.CheckboxSelectMultiple)
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, *args: Any, kind: PartKind, document: GuidingDocument, clauses: QuerySet[Clause], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        names = self._NAMES[kind]
        for name in ("title", "text", "source"):
            if name in names:
                self.fields[name].label = names[name]
                self.fields[name].required = (kind, name) not in self._OPTIONAL
            else:
                del self.fields[name]
        if kind != PartKind.FIGURE:
            del self.fields["value"], self.fields["measure"]
        field = self.fields["clause"]
        field.queryset = clauses  # type: ignore[attr-defined]
        field.required = kind.must_cite
        field.empty_label = _("No clause")  # type: ignore[attr-defined]
        field.label_from_instance = (
            lambda clause: (  # type: ignore[attr-defined]
                ("" if clause.document_id == document.pk else f"{clause.document.reference_number}, ")
                + f"{clause.label} – {(clause.heading or clause.text)[:80]}"
            )
        )
        self.fields["audiences"].choices = Audience.labels()  # type: ignore[attr-defined]

    def clean_value(self) -> Any:
        try:
            return parse_value(self.cleaned_data["value"])
        except Refusal as refusal:
            raise forms.ValidationError(refusal.sentence) from None

    def said(self) -> PartText:
        """What the form says."""
        given = self.cleaned_data
        return PartText(
            self.kind, tuple(Audience(one) for one in given["audiences"]), given.get("title", ""), given.get("text", ""),
            given.get("value"), given.get("measure", ""), given.get("source", ""), given["clause"],
        )  # fmt: skip


class TitleForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
    revision = forms.IntegerField(widget=forms.HiddenInput)


class ImageForm(forms.Form):
    """A photo with its words."""

    file = forms.FileField(label=_("Photo"), help_text=_("JPG, PNG or WebP. Place and camera data are taken out."))
    alt = forms.CharField(
        label=_("What the picture shows"), max_length=300, help_text=_("Read aloud to those who do not see it."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip


class QuestionsForm(forms.Form):
    """A list of questions and answers."""

    file = forms.FileField(label=_("Excel file"))
    audiences = forms.MultipleChoiceField(
        label=_("For whom, where the row does not say"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["audiences"].choices = Audience.labels()  # type: ignore[attr-defined]


class RevisionForm(forms.Form):
    """A step that needs no words: only that the page shows what stands."""

    revision = forms.IntegerField(widget=forms.HiddenInput)


class RemarkForm(forms.Form):
    remark = forms.CharField(label=_("What is to be mended, or why"), widget=forms.Textarea(attrs={"rows": 4}))


class PublishForm(forms.Form):
    """Now, or at an hour; where an hour is set already it stands in the boxes and may be dropped."""

    NOW, LATER, NEVER = "now", "later", "never"

    how = forms.ChoiceField(label=_("When to publish"), widget=forms.RadioSelect)
    on = forms.DateField(label=_("Day of publication"), required=False)
    clock = forms.TimeField(label=_("Hour"), required=False)

    def __init__(self, *args: Any, planned: datetime | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(self.NOW, "Ngay bây giờ"), (self.LATER, "Vào lúc ghi dưới đây")]
        if planned is not None:
            choices.append((self.NEVER, "Bỏ hẹn, chưa công bố"))
            moment = local(planned)
            self.initial |= {"how": self.LATER, "on": moment.date(), "clock": f"{moment:%H:%M}"}
        self.fields["how"].choices = choices  # type: ignore[attr-defined]

    @property
    def drops_the_hour(self) -> bool:
        return bool(self.cleaned_data["how"] == self.NEVER)

    def when(self) -> datetime | None:
        """The hour that was chosen; None for now."""
        given = self.cleaned_data
        return at_local(given["on"], given["clock"]) if given["how"] == self.LATER else None

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("how") == self.LATER:
            for name in ("on", "clock"):
                if not given.get(name) and name not in self.errors:
                    self.add_error(name, "Hẹn giờ thì ghi cả ngày và giờ.")
        return given


class TakeOverForm(forms.Form):
    """Which parts of a source's published master to bring in."""

    parts = forms.MultipleChoiceField(label=_("Content parts"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parts"].choices = choices  # type: ignore[attr-defined]
