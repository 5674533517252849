"""Praise and breaches noted in class (R-056, R-073)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext_lazy

from quantriet.attendance import access, actions
from quantriet.attendance.vocab import ConductKind
from quantriet.attendance.web.frame import roll_page, workbook
from quantriet.classes.models import RosterEntry
from quantriet.kit.refusal import Refusal, refusals_on
from quantriet.kit.spreadsheets import OutColumn
from quantriet.kit.time import at_local, local, now, parse_clock
from quantriet.kit.web import listing, saved
from quantriet.org.web.pages import DeskRequest, member_page


class ConductForm(forms.Form):
    """Who, what, when."""

    entry = forms.ModelChoiceField(queryset=RosterEntry.objects.none(), label=gettext_lazy("Full name"))
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), widget=forms.RadioSelect)
    text = forms.CharField(
        label=gettext_lazy("What happened"), max_length=400, widget=forms.Textarea(attrs={"rows": 3})
    )
    day = forms.DateField(label=gettext_lazy("Day"))
    clock = forms.CharField(label=gettext_lazy("Time"), max_length=5, widget=forms.TextInput(attrs={"class": "short"}))

    def __init__(self, *args: Any, entries: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["entry"]
        field.queryset = entries
        field.label_from_instance = lambda entry: f"{entry.person.full_name} – {entry.unit.name}"
        self.fields["kind"].choices = ConductKind.labels()

    @property
    def noted_at(self) -> dt.datetime:
        clock = parse_clock(self.cleaned_data["clock"])
        if clock is None:
            raise Refusal("conduct.clock", "Hãy ghi giờ như 07:30.", field="clock")
        return at_local(self.cleaned_data["day"], clock)


@member_page
def conduct(request: DeskRequest, pk: int) -> HttpResponse:
    """The notes of a class, and a new one."""
    study_class = access.get_roll(request.account, pk)
    entries = (
        access.entries_marked_by(request.account)
        .filter(study_class=study_class)
        .select_related("person", "unit", "venue")
        .order_by("person__sort_key", "pk")
    )
    at = now()
    form = ConductForm(
        request.POST or None,
        entries=entries,
        initial={"day": local(at).date(), "clock": f"{local(at):%H:%M}"},
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            values = form.cleaned_data
            actions.note_conduct(
                study_class,
                entry=values["entry"],
                kind=ConductKind(values["kind"]),
                text=values["text"],
                noted_at=form.noted_at,
                by=request.account,
                at=at,
            )
            return saved(request, to=request.path, message="Đã ghi nhận.")
    notes = access.conduct_seen_by(request.account, study_class).select_related("person", "venue", "by")
    if request.GET.get("format") == "xlsx":
        columns = [
            OutColumn("code", "Mã đảng viên", kind="code"),
            OutColumn("name", "Họ và tên"),
            OutColumn("kind", "Loại"),
            OutColumn("text", "Việc được ghi nhận", width=60),
            OutColumn("at", "Lúc", kind="moment"),
            OutColumn("where", "Ở đâu"),
        ]
        lines = (
            {
                "code": note.person.code,
                "name": note.person.full_name,
                "kind": ConductKind(note.kind).label,
                "text": note.text,
                "at": note.at,
                "where": note.venue.name if note.venue else "",
            }
            for note in notes.order_by("at", "pk")
        )
        heading = f"Ghi nhận nền nếp: {study_class.title}"
        return workbook(f"nen-nep-{study_class.code}.xlsx", "Ghi nhận nền nếp", columns, lines, heading=(heading,))
    rows = listing(request, notes, sorts={"at": ["at"], "name": ["person__sort_key"]}, default_sort="-at")
    return roll_page(
        request,
        "attendance/desk/conduct.html",
        study_class,
        {
            "heading": study_class.title,
            "form": form,
            "rows": rows,
            "lines": [(note, ConductKind(note.kind), ConductKind(note.kind).sign) for note in rows],
        },
        part="conduct",
    )
