"""Pages about personal data: requests for officers, the public notice, seals and anchors of the log for administrators."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quantriet.audit import queries as audit_queries
from quantriet.kit import time
from quantriet.kit.refusal import Refusal, refusals_on
from quantriet.kit.spreadsheets import OutColumn
from quantriet.kit.web import Chip, listing, page, refused, saved
from quantriet.org import access
from quantriet.org.actions import erasure as erasure_actions
from quantriet.org.actions import privacy as actions
from quantriet.org.models import DataRequest, Person
from quantriet.org.queries import privacy as queries
from quantriet.org.queries import units as unit_queries
from quantriet.org.rules import letterhead
from quantriet.org.rules.requests import CORRECTABLE
from quantriet.org.vocab import OPEN_REQUESTS, Permission, RequestKind, RequestState
from quantriet.org.web.frame import crumbs, danger_page, excel, form_page, without
from quantriet.org.web.pages import DeskRequest, desk_page, public_page

SORTS = {
    "due": ["urgency", "due_on", "received_at"],
    "received": ["received_at"],
    "person": ["person__sort_key"],
}
# The sign of a state beside its word.
SIGNS = {"received": "silent", "in_work": "owing", "answered": "owing", "refused": "info", "done": "done"}


class RequestForm(forms.Form):
    """What a person asks; which fields count is said by the kind."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What the request asks"),
        choices=lambda: [(one.value, one.label) for one in RequestKind],
        widget=forms.RadioSelect,
    )
    about = forms.ChoiceField(
        label=gettext_lazy("Detail to correct"),
        required=False,
        choices=lambda: [("", "–"), *CORRECTABLE.items()],
        help_text=gettext_lazy("To have something corrected it must be chosen; else left empty."),
    )
    proposed = forms.CharField(
        label=gettext_lazy("What is right"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Needed for a correction: as it should stand; a date as day/month/year."),
    )
    wish = forms.CharField(
        label=gettext_lazy("In your own words"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("What it is about; for an erasure the reason is needed."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("about", "proposed", "wish"):
            self.fields[name].one_of_several = True  # type: ignore[attr-defined]  # the hint says which kind needs it


class FilterForm(forms.Form):
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=lambda: [
            ("", _("All")),
            ("open", _("Open")),
            ("overdue", _("Overdue")),
            *((one.value, one.label) for one in RequestState),
        ],
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What the request asks"), required=False,
        choices=lambda: [("", _("All")), *((one.value, one.label) for one in RequestKind)],
    )  # fmt: skip


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label=gettext_lazy("Answer"), max_length=8000, widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("Stands in the letter; a refusal names its reason and basis."),
    )  # fmt: skip


class CodeForm(forms.Form):
    typed = forms.CharField(label=gettext_lazy("Type the person's code"), max_length=40)


def told(one: DataRequest) -> dict[str, Any]:
    """A request in words."""
    is_open = one.state in OPEN_REQUESTS
    late = is_open and one.due_on < time.today()
    return {
        "row": one,
        "kind": RequestKind(one.kind).label,
        "state": RequestState(one.state).label,
        "sign": "late" if late else SIGNS[one.state],
        "is_open": is_open,
        "late": late,
        "about": CORRECTABLE.get(one.about, ""),
    }


@desk_page(Permission.PRIVACY_ANSWER)
def request_list(request: DeskRequest) -> HttpResponse:
    form = FilterForm(request.GET)
    form.is_valid()
    given = form.cleaned_data
    rows = queries.request_list(
        access.requests_seen_by(request.account), state=given.get("state", ""), kind=given.get("kind", "")
    ).select_related("person__unit", "taken_by")
    if request.GET.get("format") == "xlsx":
        return _excel(rows.order_by("urgency", "due_on", "pk"))
    chips = [
        Chip(f"{field.label}: {dict(field.choices)[given[name]]}", without(request, name))
        for name, field in form.fields.items()
        if given.get(name)
    ]
    shown = listing(request, rows, sorts=SORTS, default_sort="due", chips=chips)
    context = {
        "filters": form,
        "page": shown,
        "requests": [told(one) for one in shown],
        "overdue": queries.overdue(access.requests_seen_by(request.account)).count(),
        "breadcrumb": [{"label": _("Requests about personal data"), "url": ""}],
    }
    return page(request, "org/privacy/requests.html", context)


def _excel(rows: Any) -> HttpResponse:
    columns = [
        OutColumn("received", _("Request received"), kind="moment"),
        OutColumn("person", _("Full name"), width=28),
        OutColumn("code", _("Code"), kind="code"),
        OutColumn("unit", _("Unit"), width=32),
        OutColumn("kind", _("What the request asks"), width=24),
        OutColumn("about", _("Detail to correct"), width=18),
        OutColumn("state", _("State"), width=18),
        OutColumn("due", _("Last day"), kind="day"),
        OutColumn("basis", _("Basis"), width=48),
        OutColumn("proxy", _("Entered for the person by"), width=24),
        OutColumn("answer", _("Answer"), width=60),
        OutColumn("done", _("Request settled"), kind="moment"),
    ]
    lines = (
        {
            "received": one.received_at, "person": one.person.full_name, "code": one.person.code, "unit": one.person.unit.name,
            "kind": RequestKind(one.kind).label, "about": CORRECTABLE.get(one.about, ""), "state": RequestState(one.state).label,
            "due": one.due_on, "basis": one.basis, "proxy": str(one.entered_by) if one.is_proxy else "", "answer": one.answer, "done": one.done_at,
        }
        for one in rows.select_related("person__unit", "entered_by").iterator(chunk_size=500)
    )  # fmt: skip
    return excel(_("Requests about personal data"), "", columns, lines)


@desk_page(Permission.PRIVACY_ANSWER)
def request_page(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_request(request.account, pk)
    form = AnswerForm(request.POST if request.POST.get("step") in ("answer", "refuse") else None)
    errors: list[str] = []
    if request.method == "POST":
        by, at, step = request.account, time.now(), request.POST.get("step")
        here = reverse("request", args=[pk])
        if step in ("answer", "refuse"):
            if form.is_valid():
                with refusals_on(form):
                    words = form.cleaned_data["answer"]
                    if step == "answer":
                        actions.answer_request(found, by=by, at=at, answer=words)
                    else:
                        actions.refuse_request(found, by=by, at=at, reason=words)
                    return saved(request, to=here, message=_("Saved. Print the letter of answer."))
        else:
            try:
                if step == "take":
                    actions.take_request(found, by=by, at=at)
                elif step == "apply":
                    access.require(by, Permission.PERSON_EDIT, found.person.unit)
                    actions.apply_correction(found, by=by, at=at)
                elif step == "finish":
                    actions.finish_request(found, by=by, at=at)
                return saved(request, to=here, message=_("Saved."))
            except Refusal as no:
                errors = [no.sentence]
                found = access.get_request(request.account, pk)
    person = found.person
    actions.note_look(request.account, person, "xem yêu cầu về thông tin cá nhân", at=time.now())
    about = found.about
    is_erasure = found.kind == RequestKind.ERASURE
    context = {
        **told(found),
        "person": person,
        "form": form,
        "errors": errors,
        "now_value": actions.current_value(person, about) if about else "",
        "can_take": found.state == RequestState.RECEIVED,
        "can_decide": found.state in (RequestState.RECEIVED, RequestState.IN_WORK),
        "can_apply": bool(about)
        and found.state in OPEN_REQUESTS
        and access.may(request.account, Permission.PERSON_EDIT, person.unit),
        "can_finish": found.state == RequestState.ANSWERED and not is_erasure,
        "can_erase": found.state == RequestState.ANSWERED and is_erasure,
        "has_letter": bool(found.answer) and found.decided_at is not None,
        "erased": queries.personal() if is_erasure else [],
        "breadcrumb": [
            {"label": _("Requests about personal data"), "url": reverse("request-list")},
            {"label": person.full_name, "url": ""},
        ],
    }
    return page(request, "org/privacy/request.html", context, status=422 if errors or form.errors else 200)


@desk_page(Permission.PERSON_CONTACT)
def request_new(request: DeskRequest, pk: int) -> HttpResponse:
    """A request that somebody else enters for the person, marked as such."""
    person = access.get_person(request.account, pk)
    access.require(request.account, Permission.PERSON_CONTACT, person.unit)
    form = RequestForm(request.POST or None, initial={"kind": RequestKind.CORRECTION})
    back = reverse("person", args=[person.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            made = actions.enter_request(person, by=request.account, at=time.now(), **form.cleaned_data)
            told_day = time.show_day(made.due_on)
            return saved(request, to=back, message=_("The request is entered; last day: %(day)s.") % {"day": told_day})
    return form_page(
        request,
        form,
        heading=_("Request of %(person)s about personal data") % {"person": person.full_name},
        lead=_("Entered for the person and marked so; the person sees it on their own page."),
        submit=_("Enter request"),
        cancel=back,
        breadcrumb=crumbs(request.account, person.unit, (person.full_name, back), (_("Request"), "")),
        keep=f"request-{person.pk}",
    )


@desk_page(Permission.PRIVACY_ANSWER)
def request_letter(request: DeskRequest, pk: int) -> HttpResponse:
    return letter(request, access.get_request(request.account, pk), back=reverse("request", args=[pk]))


def letter(request: HttpRequest, found: DataRequest, *, back: str) -> HttpResponse:
    """The letter of answer, for the office's paper; 404 words when there is no answer yet."""
    if not found.answer or found.decided_at is None:
        return refused(request, "Yêu cầu này chưa có lời trả lời nên chưa có công văn.", 404)
    unit = queries.answering_unit(found)
    above = unit_queries.superiors([unit])[unit.pk]
    names = [unit.name, *(one.name for one in reversed(above))]
    context = {
        **told(found),
        "person": found.person,
        "back_url": back,
        "place": {"unit": unit.name},
        "paper": {
            "superior": above[-1].name if above else "",
            "unit": unit.name,
            "number": f"Số {letterhead.BLANK}-CV/{letterhead.BLANK}",
            "party": "ĐẢNG CỘNG SẢN VIỆT NAM",
            "place_and_date": letterhead.place_and_day(names, time.local(found.decided_at).date()),
        },
        "signed_for": letterhead.signed_for(unit.name, is_cell=unit.kind.holds_members, body=unit.kind.decision_body),
    }
    return page(request, "org/privacy/letter.html", context)


@desk_page(Permission.PRIVACY_ANSWER)
def request_erase(request: DeskRequest, pk: int) -> HttpResponse:
    """The second step of an erasure: names the person and what goes, and asks for the code."""
    found = access.get_request(request.account, pk)
    person: Person = found.person
    back = reverse("request", args=[pk])
    if found.kind != RequestKind.ERASURE or found.state != RequestState.ANSWERED:
        return refused(request, "Chỉ xóa được khi yêu cầu xóa đã được trả lời đồng ý.", 404)
    breadcrumb = [
        {"label": _("Requests about personal data"), "url": reverse("request-list")},
        {"label": person.full_name, "url": back},
        {"label": _("Erase"), "url": ""},
    ]
    heading = _("Erase the data of %(person)s") % {"person": person.full_name}
    if person.left_on is None:
        # Said before anything is typed: the action would refuse every code.
        context = {
            "heading": heading,
            "person": person,
            "back_url": back,
            "may_remove": access.may(request.account, Permission.PERSON_EDIT, person.unit),
            "breadcrumb": breadcrumb,
        }
        status = 422 if request.method == "POST" else 200
        return page(request, "org/privacy/erase_later.html", context, status=status)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            erasure_actions.erase_person(found, by=request.account, at=time.now(), **form.cleaned_data)
            return saved(request, to=back, message=_("The person is erased; figures of the past stay right."))
    return danger_page(
        request,
        form,
        heading=heading,
        sentence=f"Xóa vĩnh viễn thông tin của 1 người: {person.full_name} (mã {person.code}), {person.unit.name}, "
        f"trong {queries.row_count(person.pk)} dòng dữ liệu. Tên và mã được thay bằng chữ vô danh; kết quả đã tính vào số liệu "
        "được giữ lại không còn tên. Không khôi phục được, kể cả từ bản sao lưu. In công văn trả lời trước khi xóa.",
        submit=_("Erase for good"),
        cancel=back,
        breadcrumb=breadcrumb,
    )


@public_page
def notice(request: HttpRequest) -> HttpResponse:
    """What is kept about people, why, how long, and what they may ask."""
    return page(request, "org/privacy/notice.html", {"kept": queries.personal()})


@desk_page(Permission.SYSTEM)
def seals(request: DeskRequest) -> HttpResponse:
    from django.conf import settings  # only this page tells where the anchors go

    database = settings.DATABASES["default"]
    context = {
        "state": audit_queries.chain_state(at=time.now()),
        "anchors": audit_queries.latest_anchors(),
        "mail": settings.ANCHOR_MAIL,
        "database": database["NAME"] if "sqlite" in database["ENGINE"] else "postgres://…",
        "folder": f"{settings.DATA_DIR}/anchors",
        "breadcrumb": [{"label": _("Log"), "url": reverse("log")}, {"label": _("Seals and anchors"), "url": ""}],
    }
    return page(request, "org/log/seals.html", context)


urlpatterns = [
    path("privacy/", notice, name="privacy"),
    path("desk/log/seals/", seals, name="log-seals"),
    path("desk/requests/", request_list, name="request-list"),
    path("desk/requests/<int:pk>/", request_page, name="request"),
    path("desk/requests/<int:pk>/letter/", request_letter, name="request-letter"),
    path("desk/requests/<int:pk>/erase/", request_erase, name="request-erase"),
    path("desk/people/<int:pk>/request/", request_new, name="request-new"),
]
