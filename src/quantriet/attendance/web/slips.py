"""Slips entered later (R-069), and codes pasted from a list (P-09)."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy

from quantriet.attendance import access, actions, queries
from quantriet.attendance.rules.slips import SlipCell, read_cell
from quantriet.attendance.vocab import FactKind
from quantriet.attendance.web.frame import roll_page
from quantriet.classes.models import StudyClass
from quantriet.kit.refusal import Refusal, Refusals, refusals_on
from quantriet.kit.text import fold
from quantriet.kit.time import at_local, local, now, parse_clock
from quantriet.kit.web import listing, saved
from quantriet.org.web.pages import DeskRequest, member_page


@member_page
def slips(request: DeskRequest, pk: int) -> HttpResponse:
    """The table people × sessions; each cell as the paper slip says it."""
    study_class = access.get_roll(request.account, pk)
    people = _people(request, study_class)
    rows = listing(
        request,
        people,
        sorts={"name": ["person__sort_key"], "unit": ["unit__path", "person__sort_key"]},
        default_sort="unit",
    )
    typed: dict[str, str] = {}
    errors: dict[str, str] = {}
    if request.method == "POST":
        answer = _save(request, study_class, rows.rows, typed, errors)
        if answer:
            return answer
    table = [
        (
            row.entry,
            [
                {
                    "name": f"c-{row.entry.pk}-{session.pk}",
                    "value": typed.get(f"c-{row.entry.pk}-{session.pk}", value),
                    "error": errors.get(f"c-{row.entry.pk}-{session.pk}", ""),
                    "label": f"{row.entry.person.full_name}, {session.title}",
                    "session": session.title,
                    "was": value,
                }
                for session, value in row.cells
            ],
        )
        for row in queries.slips(study_class, list(rows))
    ]
    return roll_page(
        request,
        "attendance/desk/slips.html",
        study_class,
        {
            "heading": study_class.title,
            "rows": rows,
            "table": table,
            "sessions": study_class.sessions.order_by("starts_at", "pk"),
            "nonce": secrets.token_hex(6),
            "errors": list(errors.values()),
            "q": request.GET.get("q", ""),
        },
        part="slips",
    )


def _people(request: DeskRequest, study_class: StudyClass) -> Any:
    people = (
        access.entries_marked_by(request.account)
        .filter(study_class=study_class)
        .select_related("person", "unit", "venue")
    )
    words = fold(request.GET.get("q", ""))
    if words:
        people = people.filter(
            Q(person__name_folded__contains=words)
            | Q(person__code__iexact=request.GET["q"].strip())
            | Q(unit__name_folded__contains=words)
        )
    return people


def _save(
    request: DeskRequest, study_class: StudyClass, entries: Any, typed: dict[str, str], errors: dict[str, str]
) -> HttpResponse | None:
    """Read the changed cells of the page shown; an unreadable one keeps everything as typed and saves nothing."""
    cells: dict[tuple[int, int], SlipCell] = {}
    known = {row.entry.pk: row for row in queries.slips(study_class, list(entries))}
    for entry_id, row in known.items():
        for session, value in row.cells:
            name = f"c-{entry_id}-{session.pk}"
            written = request.POST.get(name)
            # The value shown when the page was made: a cell that another clerk filled meanwhile is left alone.
            if written is None or written.strip() == request.POST.get(f"w-{entry_id}-{session.pk}", value):
                continue
            typed[name] = written
            try:
                cells[entry_id, session.pk] = read_cell(written, f"{row.entry.person.full_name}, {session.title}")
            except Refusal as refusal:
                errors[name] = refusal.sentence
    if errors:
        return None
    try:
        changed = actions.record_slips(
            study_class,
            cells,
            nonce=request.POST.get("nonce", "") or secrets.token_hex(6),
            by=request.account,
            at=now(),
        )
    except Refusals as several:
        errors |= {str(number): one.sentence for number, one in enumerate(several.several)}
        return None
    except Refusal as refusal:
        errors[""] = refusal.sentence
        return None
    return saved(request, to=request.get_full_path(), message=f"Đã ghi {changed} ô của phiếu theo dõi.")


class PasteForm(forms.Form):
    """A session, what to record, and codes, one a line."""

    session = forms.ChoiceField(label=gettext_lazy("Session"))
    kind = forms.ChoiceField(label=gettext_lazy("Record as"), widget=forms.RadioSelect)
    clock = forms.CharField(
        label=gettext_lazy("Time"),
        required=False,
        help_text="Chỉ cần khi ghi đến hoặc về, ví dụ 07:30.",
        widget=forms.TextInput(attrs={"class": "short", "inputmode": "numeric"}),
    )
    codes = forms.CharField(
        label=gettext_lazy("Member codes"),
        help_text="Mỗi dòng một mã; có thể dán cả cột hoặc cả bảng từ Excel, cột đầu là mã. Có một mã sai thì chưa ghi gì.",
        widget=forms.Textarea(attrs={"rows": 12}),
        max_length=200_000,
    )
    nonce = forms.CharField(widget=forms.HiddenInput, max_length=32)

    def __init__(self, *args: Any, study_class: StudyClass, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sessions = {str(one.pk): one for one in study_class.sessions.order_by("starts_at", "pk")}
        self.fields["session"].choices = [(key, one.title) for key, one in self.sessions.items()]
        kinds = (FactKind.WHOLE, FactKind.ARRIVE, FactKind.LEAVE, FactKind.ABSENT)
        self.fields["kind"].choices = [(kind.value, kind.label) for kind in kinds]

    def moment(self, at: dt.datetime) -> dt.datetime:
        """When the marks were true: the clock given on the day of the session, else its start or end, or now."""
        session = self.sessions[self.cleaned_data["session"]]
        kind = FactKind(self.cleaned_data["kind"])
        written = self.cleaned_data["clock"].strip()
        if kind in (FactKind.WHOLE, FactKind.ABSENT):
            return at
        if not written:
            raise Refusal("paste.clock_missing", "Ghi đến hoặc về thì phải có giờ, ví dụ 07:30.", field="clock")
        clock = parse_clock(written)
        if clock is None:
            raise Refusal("paste.clock_wrong", f"Không hiểu giờ “{written}”; hãy ghi như 07:30.", field="clock")
        return at_local(local(session.starts_at).date(), clock)


@member_page
def paste(request: DeskRequest, pk: int) -> HttpResponse:
    """Codes pasted from a list: all are marked or, with the numbers of the wrong lines, none."""
    study_class = access.get_roll(request.account, pk)
    at = now()
    current = queries.current_session(list(study_class.sessions.order_by("starts_at", "pk")), at)
    form = PasteForm(
        request.POST or None,
        study_class=study_class,
        initial={
            "session": current.pk if current else None,
            "kind": FactKind.WHOLE.value,
            "nonce": secrets.token_hex(8),
        },
    )
    wrong: list[Refusal] = []
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            try:
                count = actions.record_pasted(
                    study_class,
                    form.sessions[form.cleaned_data["session"]],
                    FactKind(form.cleaned_data["kind"]),
                    form.cleaned_data["codes"],
                    moment=form.moment(at),
                    nonce=form.cleaned_data["nonce"],
                    by=request.account,
                    at=at,
                )
            except Refusals as several:
                wrong = several.several
                form.add_error("codes", f"Có {len(wrong)} dòng chưa đúng nên chưa ghi gì; xem danh sách bên dưới.")
            else:
                to = f"{reverse('roll', args=[study_class.pk])}?session={form.cleaned_data['session']}"
                return saved(request, to=to, message=f"Đã ghi {count} người theo mã dán vào.")
    return roll_page(
        request,
        "attendance/desk/paste.html",
        study_class,
        {"heading": study_class.title, "form": form, "wrong": wrong[:100], "wrong_more": max(0, len(wrong) - 100)},
        part="paste",
    )
