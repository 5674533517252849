"""Invitations on the desk: asked by one's units, asked of one's registers; outline, rating, assessment."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quantriet.kit.refusal import Refusal, refusals_on
from quantriet.kit.spreadsheets import OutColumn
from quantriet.kit.time import now, parse_day, show_day, today
from quantriet.kit.web import Chip, listing, page, query, saved
from quantriet.kit.web.sheets import workbook
from quantriet.org import access as org_access
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page
from quantriet.speakers import access
from quantriet.speakers.actions import invitations as actions
from quantriet.speakers.actions import ratings
from quantriet.speakers.models import SpeakerInvitation
from quantriet.speakers.queries import invitations as queries
from quantriet.speakers.queries.search import busy_days_of, engagements, promised_days_of
from quantriet.speakers.vocab import OPEN_STATES, Half, InvitationState
from quantriet.speakers.web.forms import (
    AnswerForm,
    AssessmentForm,
    InvitationFilter,
    InvitationForm,
    OutlineForm,
    ReasonForm,
)
from quantriet.speakers.web.frame import brought, form_page, outline_download, room_page, trail

# How an invitation stands, as a sign of the house.
_SIGNS = {
    InvitationState.ASKED: "owing", InvitationState.ACCEPTED: "done", InvitationState.DECLINED: "exempt",
    InvitationState.WITHDRAWN: "exempt", InvitationState.CALLED_OFF: "late",
}  # fmt: skip


def sign_of(invitation: SpeakerInvitation) -> str:
    return _SIGNS[InvitationState(invitation.state)]


@desk_page(Permission.SPEAKER_VIEW)
def invitation_list(request: DeskRequest) -> HttpResponse:
    """Both sides: what one's units asked (`side=out`) and what was asked of one's registers."""
    day = today()
    side = "out" if request.GET.get("side") == "out" else "in"
    asked, sent = access.sent_to_units_of(request.account), access.sent_by_units_of(request.account)
    rows = sent if side == "out" else asked
    chips = []
    state = request.GET.get("state", "")
    if state == "no_outline":
        rows = queries.without_outline(rows, day)
        chips.append(Chip(_("Accepted, no outline yet"), query(request, state=None, page=None)))
    elif state in list(InvitationState):
        rows = rows.filter(state=state)
        chips.append(Chip(InvitationState(state).label, query(request, state=None, page=None)))
    for name, lookup, words in (("first", "gte", _("Day from")), ("last", "lte", _("Day until"))):
        bound = parse_day(request.GET.get(name, ""))
        if bound is not None:
            rows = rows.filter(**{f"held_on__{lookup}": bound})
            chips.append(Chip(f"{words} {show_day(bound)}", query(request, page=None, **{name: None})))
    words = request.GET.get("q", "").strip()[:100]
    if words:
        rows = queries.worded(rows, words)
        chips.append(Chip(f"“{words}”", query(request, q=None, page=None)))
    rows = queries.with_outline(rows).select_related("person", "unit", "reporter__unit")
    if request.GET.get("format") == "xlsx":
        return _excel(rows.order_by("-held_on", "-pk"))
    found = listing(
        request, rows, sorts={"day": ["held_on", "half"], "name": ["person__sort_key"], "unit": ["unit__path"]},
        default_sort="-day", chips=chips,
    )  # fmt: skip
    marks = queries.ratings_of(found.rows, day)
    waits, missing = queries.waiting(asked, day).count(), queries.without_outline(sent, day).count()
    context = {
        "invitations": found, "side": side, "q": words, "filters": InvitationFilter(request.GET),
        "lines": [
            (one, sign_of(one), queries.outline_sentence(one, day, one.has_outline), marks[one.pk]) for one in found.rows
        ],
        "sentence": " ".join(
            [
                f"{waits} lời mời đang chờ cấp mình trả lời." if waits else "Không có lời mời nào chờ cấp mình trả lời.",
                f"{missing} buổi mình mời chưa có đề cương." if missing else "",
            ]
        ),
        "sides": [
            {"label": _("Asked of my registers"), "url": "?", "current": side == "in"},
            {"label": _("Asked by my units"), "url": "?side=out", "current": side == "out"},
        ],
        "clear_url": "?side=out" if side == "out" else "?",
    }  # fmt: skip
    return room_page(request, "invitations.html", context, tab="speaker-invitation-list")


def _excel(rows: Any) -> HttpResponse:
    columns = [
        OutColumn("day", "Ngày", kind="day"), OutColumn("half", "Buổi", width=10), OutColumn("topic", "Chuyên đề", width=50),
        OutColumn("person", "Báo cáo viên", width=26), OutColumn("register", "Sổ của", width=30),
        OutColumn("unit", "Đơn vị mời", width=30), OutColumn("place", "Địa điểm", width=30),
        OutColumn("audience", "Người nghe", width=30), OutColumn("state", "Trạng thái", width=20),
        OutColumn("reason", "Lý do", width=30), OutColumn("due", "Hạn đề cương", kind="day"),
        OutColumn("outline", "Đề cương", width=12),
    ]  # fmt: skip
    lines = (
        {
            "day": one.held_on, "half": one.half_label, "topic": one.topic, "person": one.person.full_name,
            "register": one.reporter.unit.name, "unit": one.unit.name, "place": one.place, "audience": one.audience,
            "state": one.state_label, "reason": one.reason, "due": one.outline_due_on,
            "outline": "đã gửi" if one.has_outline else "",
        }
        for one in rows.iterator(chunk_size=1000)
    )  # fmt: skip
    return workbook("loi-moi-bao-cao-vien.xlsx", "Lời mời báo cáo viên", columns, lines)


@desk_page(Permission.SPEAKER_INVITE)
def invite(request: DeskRequest, pk: int) -> HttpResponse:
    """Ask somebody for a part of a day."""
    reporter = access.get_reporter(request.account, pk)
    initial = {"held_on": request.GET.get("day", ""), "half": request.GET.get("half", "")}
    form = InvitationForm(request.POST or None, account=request.account, initial=initial)
    back = reverse("speaker", args=[reporter.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            given = form.cleaned_data | {"half": Half(form.cleaned_data["half"])}
            made = actions.invite_reporter(reporter, by=request.account, at=now(), **given)
            told = f"Đã gửi lời mời tới {reporter.person.full_name} và {reporter.unit.name}."
            return saved(request, to=reverse("speaker-invitation", args=[made.pk]), message=told)
    day = today()
    notes = (
        [
            f"Bận: {show_day(one.first_on)} – {show_day(one.last_on)} {one.half_label.lower()}".strip()
            for one in busy_days_of(reporter.person_id, day)
        ]
        + [
            f"Đã nhận lời: {one.half_label.lower()} {show_day(one.held_on)}"
            for one in promised_days_of(reporter.person_id, day)
        ]
        + [
            f"{one.words[:1].upper()}{one.words[1:]}: {one.half.label.lower()} {show_day(one.held_on)}"
            for one in engagements(day, day + actions.FURTHEST, [reporter.person_id])
        ]
    )
    lead = f"{reporter}, {reporter.unit.name}. Người báo cáo và cấp ủy quản lý cùng nhận được lời mời."
    return form_page(
        request, form, _("Invite a reporter"), back, lead=lead, crumbs=[(reporter.person.full_name, back)],
        submit=_("Send the invitation"), notes=notes,
    )  # fmt: skip


@desk_page(Permission.SPEAKER_VIEW)
def invitation(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_invitation(request.account, pk)
    day = today()
    outlines = list(found.outlines.select_related("filed_by"))
    is_to_come = found.held_on >= day
    asks = org_access.may(request.account, Permission.SPEAKER_INVITE, found.unit)
    answers = org_access.may(request.account, Permission.SPEAKER_EDIT, found.reporter.unit)
    is_accepted = found.state == InvitationState.ACCEPTED
    context = {
        "invitation": found, "sign": sign_of(found), "outlines": outlines,
        "outline_sentence": queries.outline_sentence(found, day, bool(outlines)),
        "rating": queries.rating_of(found, day),
        "assessment": getattr(found, "assessment", None),
        "may_answer": answers and found.state == InvitationState.ASKED and is_to_come,
        "may_call_off": answers and is_accepted,
        "may_file": answers and is_accepted and is_to_come,
        "may_withdraw": asks and found.state in OPEN_STATES,
        "may_remind": asks and is_accepted and is_to_come and not outlines,
        "may_assess": asks and is_accepted and found.held_on <= day,
        "breadcrumb": trail((_("Invitations"), reverse("speaker-invitation-list"))),
    }  # fmt: skip
    return page(request, "speakers/desk/invitation.html", context)


def _crumbs(found: SpeakerInvitation) -> list[tuple[str, str]]:
    return [
        (_("Invitations"), reverse("speaker-invitation-list")),
        (found.topic, reverse("speaker-invitation", args=[found.pk])),
    ]


def _lead(found: SpeakerInvitation) -> str:
    return f"{found.person.full_name}, {found.half_label.lower()} ngày {show_day(found.held_on)}, {found.place}; {found.unit.name} mời."


@desk_page(Permission.SPEAKER_EDIT)
def answer(request: DeskRequest, pk: int) -> HttpResponse:
    """The committee answers for its reporter."""
    found = access.get_answered(request.account, pk)
    form = AnswerForm(request.POST or None)
    back = reverse("speaker-invitation", args=[found.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            told = answered(found, form, request)
            return saved(request, to=back, message=told)
    return form_page(
        request, form, _("Answer the invitation"), back, lead=_lead(found), crumbs=_crumbs(found), submit=_("Send the answer")
    )  # fmt: skip


def answered(found: SpeakerInvitation, form: AnswerForm, request: DeskRequest) -> str:
    """Do what the form says; returns what is told afterwards."""
    if form.cleaned_data["answer"] == "accept":
        actions.accept_invitation(found, by=request.account, at=now())
        return f"Đã nhận lời. Gửi đề cương báo cáo trước hết ngày {show_day(found.outline_due_on or found.held_on)}."
    actions.decline_invitation(found, reason=form.cleaned_data["reason"], by=request.account, at=now())
    return _("Invitation declined.")


@desk_page(Permission.SPEAKER_EDIT)
def call_off(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_answered(request.account, pk)
    form = ReasonForm(request.POST or None)
    back = reverse("speaker-invitation", args=[found.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.call_off_invitation(found, reason=form.cleaned_data["reason"], by=request.account, at=now())
            return saved(request, to=back, message=_("The unit that invited is told."))
    return form_page(
        request, form, _("Call off the acceptance"), back, lead=_lead(found), crumbs=_crumbs(found), danger=True,
        submit=_("Call off the acceptance"),
    )  # fmt: skip


@desk_page(Permission.SPEAKER_INVITE)
def withdraw(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_sent(request.account, pk)
    form = ReasonForm(request.POST or None)
    back = reverse("speaker-invitation", args=[found.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.withdraw_invitation(found, reason=form.cleaned_data["reason"], by=request.account, at=now())
            return saved(request, to=back, message=_("The reporter and the committee are told."))
    return form_page(
        request, form, _("Withdraw the invitation"), back, lead=_lead(found), crumbs=_crumbs(found), danger=True,
        submit=_("Withdraw the invitation"),
    )  # fmt: skip


@desk_page(Permission.SPEAKER_INVITE)
@require_POST
def remind(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_sent(request.account, pk)
    try:
        actions.remind_reporter(found, by=request.account, at=now())
        told = f"Đã nhắc {found.person.full_name} gửi đề cương."
    except Refusal as refusal:
        told = refusal.sentence
    return saved(request, to=reverse("speaker-invitation", args=[found.pk]), message=told)


@desk_page(Permission.SPEAKER_EDIT)
def outline_new(request: DeskRequest, pk: int) -> HttpResponse:
    """The committee files the outline that its reporter brought."""
    found = access.get_answered(request.account, pk)
    form = OutlineForm(request.POST or None, request.FILES or None)
    back = reverse("speaker-invitation", args=[found.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            filed(found, form, request)
            return saved(request, to=back, message=_("The outline is filed."))
    return form_page(
        request,
        form,
        _("File the outline"),
        back,
        lead=_lead(found),
        crumbs=_crumbs(found),
        submit=_("File the outline"),
    )


def filed(found: SpeakerInvitation, form: OutlineForm, request: DeskRequest) -> None:
    """File what the form brings."""
    given = form.cleaned_data
    with brought(given["file"], given["slides"]) as (file, slides):
        assert file is not None
        actions.file_outline(
            found, file=file, slides=slides, checks=form.ticked, note=given["note"], by=request.account, at=now()
        )


@desk_page(Permission.SPEAKER_VIEW)
def outline_file(request: DeskRequest, pk: int, number: int) -> HttpResponse:
    """An outline as it was filed, or its slides (`?part=slides`)."""
    found = access.get_invitation(request.account, pk)
    outline = get_object_or_404(found.outlines.all(), number=number)
    return outline_download(outline, request.GET.get("part", ""))


@desk_page(Permission.SPEAKER_INVITE)
def assess(request: DeskRequest, pk: int) -> HttpResponse:
    """What the officer of the unit that invited says of the report."""
    found = access.get_sent(request.account, pk)
    known = getattr(found, "assessment", None)
    initial = {**known.scores, "remark": known.remark} if known else {}
    form = AssessmentForm(request.POST or None, initial=initial)
    back = reverse("speaker-invitation", args=[found.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            ratings.assess_report(found, form.scores, remark=form.cleaned_data["remark"], by=request.account, at=now())
            return saved(request, to=back, message=_("Saved."))
    return form_page(request, form, _("Assess the report"), back, lead=_lead(found), crumbs=_crumbs(found))
