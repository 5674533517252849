"""Excuses: asked with a reason and a paper, decided, looked up."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quantriet.attendance import access, actions, queries
from quantriet.attendance.vocab import ExcuseState
from quantriet.attendance.web.frame import page, workbook
from quantriet.classes.models import RosterEntry, StudyClass
from quantriet.kit.refusal import NotAllowed, refusals_on
from quantriet.kit.spreadsheets import OutColumn
from quantriet.kit.text import fold
from quantriet.kit.time import now
from quantriet.kit.web import Chip, download, listing, query, saved
from quantriet.org import access as org_access
from quantriet.org.actions import privacy as privacy_actions
from quantriet.org.rules import paper as paper_rules
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page, member_page


class ExcuseForm(forms.Form):
    session = forms.ChoiceField(label=gettext_lazy("Absent from"), required=False)
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=250, help_text="Ví dụ: nằm viện điều trị; đi công tác theo quyết định."
    )
    paper = forms.FileField(
        label=gettext_lazy("Paper"),
        required=False,
        help_text="Tệp PDF hoặc ảnh JPG, PNG, không quá 10 MB.",
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png"}),
    )

    def __init__(self, *args: Any, study_class: StudyClass, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sessions = {str(one.pk): one for one in study_class.sessions.order_by("starts_at", "pk")}
        self.fields["session"].choices = [
            ("", _("The whole class")),
            *((key, one.title) for key, one in self.sessions.items()),
        ]


class DecisionForm(forms.Form):
    is_approved = forms.ChoiceField(label=gettext_lazy("Approval"), widget=forms.RadioSelect)
    note = forms.CharField(label=gettext_lazy("Remark, needed when not agreed"), max_length=250, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].one_of_several = True  # no "(optional)" beside what one of two answers needs
        self.fields["is_approved"].choices = [("yes", _("Approve")), ("no", _("Do not approve"))]


class TakeBackForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=250)


def asked(request: DeskRequest, form: ExcuseForm, entry: RosterEntry) -> bool:
    """Whether the sent form has asked for the excuse; else its errors say why, also that a file must be chosen again."""
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            upload = form.cleaned_data["paper"]
            if upload is not None:
                paper_rules.check_upload(upload)
            actions.ask_excuse(
                entry,
                session=form.sessions.get(form.cleaned_data["session"]),
                reason=form.cleaned_data["reason"],
                paper=upload,
                by=request.account,
                at=now(),
            )
            return True
    if form.errors and request.FILES and "paper" not in form.errors:
        # A browser never fills a file box again: without this word the paper would silently be missing.
        form.add_error("paper", "Tệp chưa được giữ lại; hãy chọn lại tệp rồi gửi.")
    return False


@member_page
def new(request: DeskRequest, pk: int) -> HttpResponse:
    """Ask for an excused absence of one person."""
    entry = access.get_entry(request.account, pk)
    if not access.may_ask_excuse(request.account, entry):
        raise NotAllowed
    form = ExcuseForm(request.POST or None, request.FILES or None, study_class=entry.study_class)
    if asked(request, form, entry):
        return saved(
            request, to=reverse("evidence", args=[entry.pk]), message="Đã ghi xin vắng, chờ người có quyền duyệt."
        )
    return page(
        request,
        "attendance/desk/excuse_new.html",
        {"heading": _("Ask to be excused"), "entry": entry, "form": form, "place": {"unit": entry.unit.name}},
    )


@desk_page(Permission.CLASS_VIEW)
def excuse_list(request: DeskRequest) -> HttpResponse:
    """Excuses the account sees; those that wait first."""
    rows = access.excuses_seen_by(request.account).select_related(
        "entry__person", "entry__unit", "entry__study_class", "session"
    )
    chips = []
    state = request.GET.get("state", "")
    if state == "to_decide":
        rows = rows.filter(pk__in=access.excuses_to_decide(request.account).values("pk"))
        chips.append(Chip(_("For you to decide"), query(request, state=None, page=None)))
    elif state in list(ExcuseState):
        rows = rows.filter(state=state)
        chips.append(Chip(ExcuseState(state).label, query(request, state=None, page=None)))
    words = request.GET.get("q", "").strip()
    if words:
        rows = rows.filter(entry__person__name_folded__contains=fold(words))
        chips.append(Chip(f"{_('Search')}: {words}", query(request, q=None, page=None)))
    if request.GET.get("format") == "xlsx":
        told = "tải đơn xin vắng ra Excel"
        privacy_actions.note_list(request.account, None, told, rows.count(), at=now(), permission=Permission.CLASS_VIEW)
        return _excel(rows.order_by("-asked_at", "pk"))
    shown = listing(
        request,
        rows,
        sorts={"at": ["asked_at"], "name": ["entry__person__sort_key"], "state": ["state"]},
        default_sort="-at",
        chips=chips,
    )
    return page(
        request,
        "attendance/desk/excuses.html",
        {
            "heading": _("Excuses"),
            "rows": shown,
            "lines": [(one, ExcuseState(one.state), ExcuseState(one.state).sign) for one in shown],
            "q": words,
            "states": [
                {"label": one.label, "url": query(request, state=one.value, page=None), "current": state == one.value}
                for one in ExcuseState
            ],
        },
    )


def _excel(rows: Any) -> HttpResponse:
    columns = [
        OutColumn("code", "Mã đảng viên", kind="code"),
        OutColumn("name", "Họ và tên"),
        OutColumn("unit", "Chi bộ"),
        OutColumn("study_class", "Lớp"),
        OutColumn("session", "Vắng buổi"),
        OutColumn("reason", "Lý do", width=40),
        OutColumn("asked", "Ghi lúc", kind="moment"),
        OutColumn("state", "Tình trạng"),
        OutColumn("note", "Ý kiến duyệt"),
    ]
    lines = (
        {
            "code": one.entry.person.code,
            "name": one.entry.person.full_name,
            "unit": one.entry.unit.name,
            "study_class": one.entry.study_class.title,
            "session": one.session.title if one.session else "Cả lớp học",
            "reason": one.reason,
            "asked": one.asked_at,
            "state": ExcuseState(one.state).label,
            "note": one.decision_note,
        }
        for one in rows
    )
    return workbook("don-xin-vang.xlsx", "Đơn xin vắng", columns, lines)


@desk_page(Permission.CLASS_VIEW)
def excuse(request: DeskRequest, pk: int) -> HttpResponse:
    """One excuse; whoever approves in the class's unit decides here."""
    deciding = request.method == "POST"
    found = access.get_excuse(request.account, pk, Permission.EXCUSE_APPROVE if deciding else Permission.CLASS_VIEW)
    taking_back = deciding and "reason" in request.POST
    form = DecisionForm(None if taking_back else request.POST or None)
    take_back = TakeBackForm(request.POST if taking_back else None)
    if taking_back and take_back.is_valid():
        with refusals_on(take_back):
            actions.take_back_approval(found, reason=take_back.cleaned_data["reason"], by=request.account, at=now())
            return saved(request, to=request.path, message="Đã thu hồi ý kiến duyệt; kết quả đã tính lại.")
    if deciding and not taking_back and form.is_valid():
        with refusals_on(form):
            actions.decide_excuse(
                found,
                is_approved=form.cleaned_data["is_approved"] == "yes",
                note=form.cleaned_data["note"],
                by=request.account,
                at=now(),
            )
            return saved(request, to=request.path, message="Đã ghi ý kiến duyệt; kết quả đã tính lại.")
    privacy_actions.note_look(request.account, found.entry.person, "xem đơn xin vắng", at=now())
    state = ExcuseState(found.state)
    may_approve = org_access.may(request.account, Permission.EXCUSE_APPROVE, found.entry.study_class.unit)
    return page(
        request,
        "attendance/desk/excuse.html",
        {
            "heading": _("Excuse"),
            "excuse": found,
            "state": state,
            "sign": state.sign,
            "proxy": found.proxies.order_by("pk").first(),
            "form": form,
            "take_back": take_back,
            "is_own": found.asked_by_id == request.account.pk,
            "may_decide": state == ExcuseState.ASKED and may_approve,
            "may_take_back": state == ExcuseState.APPROVED and may_approve,
            "may_be_asked_again": state == ExcuseState.REFUSED and queries.may_be_asked_again(found),
            "may_ask": access.may_ask_excuse(request.account, found.entry),
            "place": {"unit": found.entry.unit.name},
        },
    )


@desk_page(Permission.CLASS_VIEW)
def paper(request: DeskRequest, pk: int) -> HttpResponse:
    """The paper, as an attachment only."""
    found = access.get_excuse(request.account, pk)
    if not found.paper:
        raise Http404
    privacy_actions.note_look(request.account, found.entry.person, "tải giấy xin vắng", at=now())
    return download(found.paper.open("rb"), name=found.paper_name or "giay-xin-vang", kind="application/octet-stream")
