"""What is proposed after absences without reason, and what a person decided."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quantriet.attendance import access, actions
from quantriet.attendance.models import AbsenceProposal
from quantriet.attendance.rules.absences import Absence
from quantriet.attendance.vocab import AbsenceDecision, AbsenceGrade, ProposalState
from quantriet.attendance.web.frame import page, workbook
from quantriet.classes.models import StudyClass
from quantriet.kit.numbers import whole_number
from quantriet.kit.refusal import refusals_on
from quantriet.kit.spreadsheets import OutColumn
from quantriet.kit.text import fold
from quantriet.kit.time import now, today
from quantriet.kit.web import Chip, listing, query, saved
from quantriet.org import access as org_access
from quantriet.org.actions import privacy as privacy_actions
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page

SORTS = {
    "name": ["entry__person__sort_key"],
    "unit": ["entry__unit__path", "entry__person__sort_key"],
    "day": ["proposed_at"],
    "grade": ["grade", "entry__person__sort_key"],
}


class DecisionForm(forms.Form):
    decision = forms.ChoiceField(label=gettext_lazy("Decision"), widget=forms.RadioSelect)
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=400, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Ngày họp, hình thức; không kiểm điểm, xử lý thì phải ghi vì sao.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].one_of_several = True  # type: ignore[attr-defined]  # the hint says which answer needs it
        self.fields["decision"].choices = AbsenceDecision.labels()  # type: ignore[attr-defined]


@desk_page(Permission.CLASS_VIEW)
def proposal_list(request: DeskRequest) -> HttpResponse:
    """Proposals about the account's people, those that wait for a decision first."""
    rows = access.absence_proposals_seen_by(request.account).select_related(
        "entry__person", "entry__unit", "entry__study_class", "decided_by"
    )
    words = request.GET.get("q", "").strip()
    chips = []
    for word in fold(words).split():
        rows = rows.filter(Q(entry__person__name_folded__contains=word) | Q(entry__unit__name_folded__contains=word))
    if words:
        chips.append(Chip(f"{_('Search')}: {words}", query(request, q=None, page=None)))
    of_class = StudyClass.objects.filter(
        pk=whole_number(request.GET.get("class")), pk__in=rows.values("entry__study_class")
    ).first()
    if of_class is not None:
        rows = rows.filter(entry__study_class=of_class)
        chips.append(Chip(of_class.title, query(request, **{"class": None}, page=None)))
    state = request.GET.get("state", ProposalState.OPEN.value)
    if state in list(ProposalState):
        rows = rows.filter(state=state)
    grade = request.GET.get("grade")
    if grade in list(AbsenceGrade):
        rows = rows.filter(grade=grade)
        chips.append(Chip(AbsenceGrade(grade).label, query(request, grade=None, page=None)))
    if request.GET.get("format") == "xlsx":
        return _workbook(request, rows)
    if request.GET.get("format") == "print":
        return _print(request, rows)
    shown = listing(request, rows, sorts=SORTS, default_sort="unit", chips=chips)
    return page(
        request,
        "attendance/desk/absences.html",
        {
            "heading": _("Proposals after absence"),
            "rows": shown,
            "lines": [_line(one) for one in shown],
            "q": words,
            "state": state,
            "tabs": [
                {
                    "label": label,
                    "url": query(request, state=value, page=None),
                    "current": value == state,
                }
                for value, label in [*ProposalState.labels(), ("all", _("All"))]
            ],
        },
    )


def _line(one: AbsenceProposal) -> dict[str, Any]:
    state = ProposalState(one.state)
    return {
        "proposal": one,
        "grade": AbsenceGrade(one.grade),
        "state": state,
        "decision": AbsenceDecision(one.decision).label if one.decision else "",
    }


def _workbook(request: DeskRequest, rows: QuerySet[AbsenceProposal]) -> HttpResponse:
    home = org_access.home_unit(request.account)
    privacy_actions.note_list(request.account, home, "tải đề xuất sau khi vắng ra Excel", rows.count(), at=now())
    columns = [
        OutColumn("code", "Mã đảng viên", kind="code"),
        OutColumn("name", "Họ và tên", width=28),
        OutColumn("cell", "Chi bộ", width=32),
        OutColumn("class", "Lớp vắng", width=36),
        OutColumn("grade", "Đề xuất", width=32),
        OutColumn("why", "Căn cứ", width=80),
        OutColumn("at", "Ngày đề xuất", kind="moment"),
        OutColumn("decision", "Quyết định", width=28),
        OutColumn("note", "Ghi chú", width=36),
    ]
    lines = (
        {
            "code": one.entry.person.code,
            "name": one.entry.person.full_name,
            "cell": one.entry.unit.name,
            "class": one.entry.study_class.title,
            "grade": AbsenceGrade(one.grade).label,
            "why": one.sentence,
            "at": one.proposed_at,
            "decision": AbsenceDecision(one.decision).label if one.decision else "",
            "note": one.note,
        }
        for one in rows.order_by("entry__unit__path", "entry__person__sort_key", "pk")
    )
    return workbook("de-xuat-sau-khi-vang.xlsx", "Đề xuất sau khi vắng", columns, lines)


def _print(request: DeskRequest, rows: QuerySet[AbsenceProposal]) -> HttpResponse:
    home = org_access.home_unit(request.account)
    found = list(rows.order_by("entry__unit__path", "entry__person__sort_key", "pk")[:1000])
    privacy_actions.note_list(request.account, home, "in đề xuất sau khi vắng", len(found), at=now())
    return page(
        request,
        "attendance/desk/absences_print.html",
        {
            "heading": _("Proposals after absence"),
            "lines": [_line(one) for one in found],
            "day": today(),
            "place": {"unit": home.name if home else ""},
            "paper": {},
            "back_url": reverse("absence-list"),
        },
    )


@desk_page(Permission.CLASS_VIEW)
def proposal(request: DeskRequest, pk: int) -> HttpResponse:
    """One proposal with the facts it rests on; who approves excuses in the person's unit decides."""
    permission = Permission.EXCUSE_APPROVE if request.method == "POST" else Permission.CLASS_VIEW
    found = access.get_absence_proposal(request.account, pk, permission)
    may_decide = org_access.may(request.account, Permission.EXCUSE_APPROVE, found.entry.unit)
    form = DecisionForm(request.POST or None, initial={"decision": found.decision, "note": found.note})
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.decide_absence(
                found, decision=AbsenceDecision(form.cleaned_data["decision"]), note=form.cleaned_data["note"],
                by=request.account, at=now(),
            )  # fmt: skip
            return saved(request, to=reverse("absence", args=[pk]), message="Đã ghi quyết định.")
    return page(
        request,
        "attendance/desk/absence.html",
        {
            "heading": found.entry.person.full_name,
            **_line(found),
            "absences": [Absence.from_json(one) for one in found.absences],
            "form": form,
            "may_decide": may_decide and found.state != ProposalState.WITHDRAWN,
            "place": {"unit": found.entry.unit.name},
        },
    )
