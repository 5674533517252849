"""Suggestions written in class at the desk: read, exported, entered from paper; whether they count as presence (R-071)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from quantriet.attendance import access, actions
from quantriet.attendance.queries import questionnaires as queries
from quantriet.attendance.vocab import Method
from quantriet.attendance.web.frame import roll_page, workbook
from quantriet.classes.models import ClassSession, RosterEntry
from quantriet.kit.refusal import Refusal, refusals_on
from quantriet.kit.spreadsheets import OutColumn
from quantriet.kit.time import at_local, local, now, parse_clock
from quantriet.kit.web import listing, saved
from quantriet.org.web.pages import DeskRequest, member_page


class PaperForm(forms.Form):
    """A suggestion on paper: whose, in which session, when it was written."""

    entry = forms.ModelChoiceField(queryset=RosterEntry.objects.none(), label=gettext_lazy("Full name"))
    session = forms.ModelChoiceField(
        queryset=ClassSession.objects.none(), label=gettext_lazy("Session"), empty_label=None
    )
    clock = forms.CharField(
        label=gettext_lazy("Written at"), max_length=5, widget=forms.TextInput(attrs={"class": "short"}),
        help_text="Ví dụ 09:15; người viết được tính có mặt từ lúc ấy.",
    )  # fmt: skip
    text = forms.CharField(
        label=gettext_lazy("Suggestion or comment"), max_length=4000, widget=forms.Textarea(attrs={"rows": 5})
    )

    def __init__(self, *args: Any, entries: Any, sessions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["entry"]
        field.queryset = entries
        field.label_from_instance = lambda entry: f"{entry.person.full_name} – {entry.unit.name}"
        self.fields["session"].queryset = sessions
        self.fields["session"].label_from_instance = lambda one: one.title

    @property
    def moment(self) -> dt.datetime:
        clock = parse_clock(self.cleaned_data["clock"])
        if clock is None:
            raise Refusal("suggestion.clock", "Hãy ghi giờ như 09:15.", field="clock")
        return at_local(local(self.cleaned_data["session"].starts_at).date(), clock)


@member_page
def suggestions(request: DeskRequest, pk: int) -> HttpResponse:
    """What was written by the people whose roll the account takes; a new one from paper."""
    study_class = access.get_roll(request.account, pk)
    at = now()
    mine = access.entries_marked_by(request.account).filter(study_class=study_class)
    written = queries.suggestions_in(study_class).filter(entry__in=mine.values("pk"))
    if request.GET.get("format") == "xlsx":
        columns = [
            OutColumn("code", "Mã đảng viên", kind="code"), OutColumn("name", "Họ và tên", 28), OutColumn("cell", "Chi bộ", 28),
            OutColumn("session", "Buổi"), OutColumn("at", "Lúc", kind="moment"), OutColumn("way", "Cách viết"),
            OutColumn("text", "Góp ý, kiến nghị", 90),
        ]  # fmt: skip
        lines = (
            {
                "code": one.entry.person.code, "name": one.entry.person.full_name, "cell": one.entry.unit.name,
                "session": one.session.title, "at": one.at, "way": _way(one.method), "text": one.text,
            }
            for one in written.order_by("at", "pk")
        )  # fmt: skip
        heading = (f"Góp ý, kiến nghị tại lớp: {study_class.title}",)
        return workbook(f"gop-y-{study_class.code}.xlsx", "Góp ý", columns, lines, heading=heading)
    is_open = queries.takes_suggestions(study_class)
    entries = mine.select_related("person", "unit").order_by("person__sort_key", "pk")
    form = PaperForm(request.POST or None, entries=entries, sessions=study_class.sessions.order_by("starts_at", "pk"))
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            given = form.cleaned_data
            actions.enter_suggestion(
                given["entry"], given["session"], given["text"], moment=form.moment, by=request.account, at=at
            )
            return saved(request, to=request.path, message=f"Đã nhập góp ý của {given['entry'].person.full_name}.")
    rows = listing(request, written, sorts={"at": ["at"], "name": ["entry__person__sort_key"]}, default_sort="-at")
    context = {
        "heading": study_class.title,
        "form": form,
        "rows": rows,
        "lines": [(one, _way(one.method)) for one in rows],
        "is_open": is_open,
    }
    return roll_page(request, "attendance/desk/suggestions.html", study_class, context, part="suggestions")


def _way(method: str) -> str:
    return "Viết trên giấy" if method == Method.SLIP else "Viết trên điện thoại"


@require_POST
@member_page
def switch(request: DeskRequest, pk: int) -> HttpResponse:
    """Whether suggestions count as presence in this class: the organiser's decision."""
    study_class = access.get_whole_roll(request.account, pk)
    is_open = request.POST.get("open") == "1"
    actions.switch_suggestions(study_class, is_open=is_open, by=request.account, at=now())
    told = (
        "Từ giờ góp ý viết trong buổi học được tính có mặt."
        if is_open
        else "Lớp không nhận góp ý tính có mặt nữa; góp ý đã có vẫn giữ."
    )
    return saved(request, to=reverse("suggestions", args=[pk]), message=told)
