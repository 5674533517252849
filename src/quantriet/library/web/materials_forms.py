"""Forms of products."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from quantriet.library.vocab import MaterialKind


class BroughtForm(forms.Form):
    """A verse, a clip or a picture that somebody made; which file it takes depends on its kind."""

    _FILES = {
        MaterialKind.VERSE: _("Word, PDF, plain text or a picture; may be left out when the words stand below."),
        MaterialKind.CLIP: _("MP4. Place and device are taken out of it."),
        MaterialKind.PANEL: _("JPG, PNG or WebP. Place and camera data are taken out."),
    }

    title = forms.CharField(label=_("Title of the work"), max_length=200)
    file = forms.FileField(label=_("File"), required=False)
    words = forms.CharField(label=_("Words"), required=False, widget=forms.Textarea(attrs={"rows": 8}))
    author = forms.CharField(label=_("Author"), max_length=200)
    source = forms.CharField(label=_("Source"), max_length=300, required=False)
    basis = forms.CharField(
        label=_("Why it may be used"), max_length=300,
        help_text=_("For example: author and those shown agreed in writing on 12/11/2026."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip

    def __init__(self, *args: Any, kind: MaterialKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = self._FILES[kind]
        if kind != MaterialKind.VERSE:  # of a verse one of the two suffices
            self.fields["file"].required = self.fields["words"].required = True
            self.fields["words"].label = _("What is seen and said in it")
            self.fields["words"].widget.attrs["rows"] = 4


class LookForm(forms.Form):
    """Colour and logo of a unit's products."""

    colour = forms.CharField(
        label=_("Colour"), max_length=7, widget=forms.ColorInput,
        help_text=_("White words stand on it, so it must be dark enough."),
    )  # fmt: skip
    logo = forms.FileField(
        label=_("Logo"), required=False, help_text=_("PNG, JPG or WebP; best with a transparent background.")
    )
    drop_logo = forms.BooleanField(label=_("Without a logo"), required=False)
