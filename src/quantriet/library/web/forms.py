"""Forms of the register."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from quantriet.library.models import Clause, GuidingDocument
from quantriet.library.vocab import CHANGES_STATUS, DocumentStatus, PointKind, PointTheme, RelationKind, ReviewOutcome
from quantriet.org.models import Unit
from quantriet.org.vocab import Level


class DocumentForm(forms.Form):
    """The register's entry; the text comes from a file or is pasted, is read first, and fills the rest."""

    fieldsets = [
        (_("Text of the document"), ["not_secret", "file", "body"], "library/desk/_read.html"),
        (
            _("Entry of the register"),
            [
                "unit", "reference_number", "issued_on", "issuing_body", "level", "subject", "finish_before_on",
                "needs_no_programme", "scanned_seen",
            ],
        ),
    ]  # fmt: skip
    not_secret = forms.BooleanField(
        label=_("The document carries no secrecy mark"),
        help_text=_("Documents marked Mật, Tối mật or Tuyệt mật must not be entered on this system."),
        error_messages={"required": "Chỉ đăng ký văn bản không có độ mật. Hãy xác nhận trước khi tải tệp."},
    )
    file = forms.FileField(
        label=_("Word or PDF file"),
        required=False,
        help_text=_("docx, or PDF with text. Or leave empty and paste the text below."),
    )
    unit = forms.ModelChoiceField(label=_("Register of"), queryset=Unit.objects.none(), empty_label=None)
    reference_number = forms.CharField(
        label=_("Number and symbol"), max_length=60, help_text=_("For example 26-HD/BTGTU")
    )
    issued_on = forms.DateField(label=_("Date of issue"))
    issuing_body = forms.CharField(label=_("Issuing body"), max_length=160)
    level = forms.ChoiceField(label=_("Level"), choices=Level.labels)
    subject = forms.CharField(label=_("Subject"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    finish_before_on = forms.DateField(
        label=_("Deadline for lower units to finish"), required=False, help_text=_("Only if the document sets one.")
    )
    needs_no_programme = forms.BooleanField(
        label=_("No programme of its own needed"),
        required=False,
        help_text=_("The document says so; its content goes into later programmes."),
    )
    body = forms.CharField(
        label=_("Text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=_("Numbered parts become clauses that others can cite."),
    )
    scanned_seen = forms.BooleanField(
        label=_("I have looked at the scanned pages; they carry no secrecy mark"),
        error_messages={"required": "Hãy mở tệp, xem các trang chụp nêu trên rồi xác nhận không có dấu chỉ độ mật."},
    )
    staged = forms.CharField(required=False, widget=forms.HiddenInput)
    legacy = forms.CharField(required=False, widget=forms.HiddenInput)
    adapts = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, units: QuerySet[Unit], editing: bool = False, scanned: list[int] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if not scanned:
            del self.fields["scanned_seen"]
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        if editing:
            for name in ("not_secret", "file", "unit", "body", "staged", "legacy", "adapts"):
                del self.fields[name]


class FilterForm(forms.Form):
    """Filters of the list."""

    type = forms.ChoiceField(label=_("Type"), required=False)
    level = forms.ChoiceField(label=_("Level"), required=False)
    status = forms.ChoiceField(label=_("Status"), required=False)

    def __init__(self, *args: Any, types: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["type"].choices = [("", _("All")), *types]  # type: ignore[attr-defined]
        self.fields["level"].choices = [("", _("All")), *Level.labels()]  # type: ignore[attr-defined]
        self.fields["status"].choices = [("", _("All")), *DocumentStatus.labels()]  # type: ignore[attr-defined]


class PointForm(forms.Form):
    """A core or new point."""

    kind = forms.ChoiceField(label=_("Kind"), choices=PointKind.labels)
    theme = forms.ChoiceField(label=_("Theme"), choices=PointTheme.labels)
    clause = forms.ModelChoiceField(
        label=_("From clause"), queryset=Clause.objects.none(), required=False, empty_label=_("Whole document")
    )
    body = forms.CharField(label=_("Content"), widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: Any, document: GuidingDocument, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["clause"]
        field.queryset = document.clauses.all()  # type: ignore[attr-defined]
        field.label_from_instance = lambda clause: f"{clause.label} – {clause.heading or clause.text[:80]}"  # type: ignore[attr-defined]


class RelationForm(forms.Form):
    """How this document stands to another, which was found and chosen before."""

    kind = forms.ChoiceField(label=_("This document"), choices=RelationKind.labels)
    since_on = forms.DateField(
        label=_("In force from"), required=False,
        help_text=_("Of an amendment or replacement; empty: the day of its issue."),
    )  # fmt: skip
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    target = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, may_change_target: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [kind for kind in RelationKind if may_change_target or kind not in CHANGES_STATUS]
        # Only the offer is narrower; what is posted all the same is refused by the action, with its sentence.
        self.fields["kind"].widget.choices = [(kind.value, kind.label) for kind in offered]  # type: ignore[attr-defined]
        if not may_change_target:
            self.fields["kind"].help_text = _("Amending or replacing it is recorded by those who may edit it.")


class ExpiryForm(forms.Form):
    """The end of a document's life."""

    expires_on = forms.DateField(
        label=_("No longer in force from"), required=False, help_text=_("Empty: no end is known.")
    )
    expiry_basis = forms.CharField(
        label=_("Basis"), max_length=200, required=False, help_text=_("The paper or clause that says so.")
    )


class ReviewOfRuleForm(forms.Form):
    outcome = forms.ChoiceField(label=_("Result of the review"), widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("What is to be done, by whom, until when"), max_length=400, required=False,
        help_text="Kết quả khác “Còn phù hợp, giữ nguyên” thì phải ghi.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].one_of_several = True  # type: ignore[attr-defined]  # the hint says which result needs it
        self.fields["outcome"].choices = ReviewOutcome.labels()  # type: ignore[attr-defined]


class TextForm(forms.Form):
    """The whole text, to be split again."""

    body = forms.CharField(label=_("Text"), strip=False, widget=forms.Textarea(attrs={"rows": 24}))
