"""The result of a roll, closing it and opening it again."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from quantriet.attendance import access, actions, queries
from quantriet.attendance.queries import devices as device_queries
from quantriet.attendance.rules.closing import too_early
from quantriet.attendance.vocab import Closing, ConductKind, ReopeningState, Verdict
from quantriet.attendance.web.frame import VERDICT_SIGNS, is_reopened, roll_page, workbook
from quantriet.campaigns.vocab import CampaignState
from quantriet.classes import access as class_access
from quantriet.classes import queries as class_queries
from quantriet.classes.models import StudyClass
from quantriet.classes.vocab import ClassState
from quantriet.kit.numbers import share, show_number, whole_number
from quantriet.kit.refusal import Refusal
from quantriet.kit.spreadsheets import OutColumn
from quantriet.kit.time import now
from quantriet.kit.web import Chip, listing, query, saved
from quantriet.org import access as org_access
from quantriet.org.actions import privacy as privacy_actions
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, member_page

SORTS = {
    "name": ["person__sort_key"],
    "unit": ["unit__path", "person__sort_key"],
    "minutes": ["verdict__seconds_present"],
    "verdict": ["verdict__verdict", "person__sort_key"],
}


class ReopenForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=250)


class DecideForm(forms.Form):
    note = forms.CharField(label=gettext_lazy("Remark, needed when not agreed"), max_length=250, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].one_of_several = True  # no "(optional)" beside what one of two answers needs


_REOPENING_SIGNS = {
    ReopeningState.ASKED: "owing",
    ReopeningState.OPEN: "late",
    ReopeningState.CLOSED: "done",
    ReopeningState.REFUSED: "exempt",
    ReopeningState.EXPIRED: "exempt",
}


def _reopening(request: DeskRequest, study_class: StudyClass) -> dict[str, Any]:
    """How reopening this roll stands: who asked, who may decide, what was decided before."""
    at = now()
    past = queries.reopenings(study_class)
    live = next((one for one in past if one.state == ReopeningState.ASKED and one.expires_at > at), None)
    asker = live.asked_by if live else request.account
    second = queries.second_persons(study_class, asked_by=asker)
    if second is None:
        who = "Chưa có người thứ hai nào có quyền quyết định; hãy nhờ quản trị phân công thêm."
    elif second.is_superior:
        who = (
            f"{study_class.unit.name} không còn ai khác có quyền nên cán bộ cấp trên quyết định: "
            f"{', '.join(second.names)} ({second.unit})."
        )
    else:
        who = f"Người thứ hai quyết định: {', '.join(second.names)} ({second.unit})."
    return {
        "asked": live,
        "who_decides": who,
        "may_decide": live is not None
        and live.asked_by_id != request.account.pk
        and org_access.may(request.account, Permission.ROLL_UNLOCK, study_class.unit),
        "is_own": live is not None and live.asked_by_id == request.account.pk,
        "open_reopening": next((one for one in past if one.state == ReopeningState.OPEN), None),
        "reopenings": [
            (one, state.label, _REOPENING_SIGNS[state])
            for one in past
            for state in [
                ReopeningState.EXPIRED
                if one.state == ReopeningState.ASKED and one.expires_at <= at
                else ReopeningState(one.state)
            ]
        ],
        "decide_form": DecideForm(),
    }


@member_page
def result(request: DeskRequest, pk: int) -> HttpResponse:
    """Everybody with minutes, verdict and sentence; Excel."""
    study_class = access.get_roll(request.account, pk)
    marked = access.entries_marked_by(request.account)
    mine = marked.values("pk")
    rows = queries.verdicts(study_class).filter(pk__in=mine)
    chips = []
    chosen = request.GET.get("verdict", "")
    if chosen in list(Verdict):
        verdict = Verdict(chosen)
        rows = (
            queries.undecided(study_class).filter(pk__in=mine)
            if verdict == Verdict.UNDECIDED
            else rows.filter(verdict__verdict=verdict)
        )
        chips.append(Chip(verdict.label, query(request, verdict=None, page=None)))
    if request.GET.get("format") == "xlsx":
        told = "tải kết quả điểm danh ra Excel"
        privacy_actions.note_list(request.account, study_class.unit, told, rows.count(), at=now())
        return _excel(study_class, rows.order_by("unit__path", "person__sort_key"))
    counts = queries.class_result(study_class, marked)
    shown = listing(request, rows, sorts=SORTS, default_sort="unit", chips=chips)
    lines = []
    for entry in shown:
        own = getattr(entry, "verdict", None)
        verdict = Verdict(own.verdict) if own else Verdict.UNDECIDED
        lines.append((entry, own, verdict, VERDICT_SIGNS[verdict]))
    reopened = is_reopened(study_class)
    return roll_page(
        request,
        "attendance/desk/result.html",
        study_class,
        {
            "heading": study_class.title,
            "rows": shown,
            "lines": lines,
            "counts": counts,
            "stats": [
                {
                    "label": verdict.label,
                    "value": counts.undecided if verdict == Verdict.UNDECIDED else counts[verdict],
                    "url": f"?verdict={verdict}",
                    "kind": VERDICT_SIGNS[verdict],
                }
                for verdict in (Verdict.PRESENT, Verdict.RETAKE, Verdict.EXCUSED, Verdict.ABSENT, Verdict.UNDECIDED)
            ],
            "may_close": study_class.state == ClassState.RELEASED or reopened,
            "may_reopen": study_class.state == ClassState.CLOSED
            and not reopened
            and study_class.campaign.state == CampaignState.OPEN,
            "reopen_form": ReopenForm(),
            **(_reopening(request, study_class) if study_class.state == ClassState.CLOSED else {}),
        },
        part="roll-result",
    )


def _excel(study_class, entries) -> HttpResponse:
    columns = [
        OutColumn("code", "Mã đảng viên", kind="code"),
        OutColumn("name", "Họ và tên"),
        OutColumn("unit", "Chi bộ"),
        OutColumn("venue", "Điểm cầu"),
        OutColumn("present", "Có mặt (phút)", kind="number"),
        OutColumn("planned", "Thời gian lớp (phút)", kind="number"),
        OutColumn("share", "Tỷ lệ có mặt", kind="percent"),
        OutColumn("verdict", "Kết luận"),
        OutColumn("sentence", "Căn cứ", width=60),
    ]

    def lines():
        for entry in entries:
            own = getattr(entry, "verdict", None)
            present, planned = (own.seconds_present, own.seconds_planned) if own else (0, 0)
            yield {
                "code": entry.person.code,
                "name": entry.person.full_name,
                "unit": entry.unit.name,
                "venue": entry.venue.name,
                "present": (present + 30) // 60,
                "planned": planned // 60,
                "share": share(present, planned),
                "verdict": Verdict(own.verdict if own else Verdict.UNDECIDED).label,
                "sentence": own.sentence if own else "Chưa điểm danh.",
            }

    return workbook(
        f"ket-qua-{study_class.code}.xlsx",
        "Kết quả dự học",
        columns,
        lines(),
        heading=(f"Kết quả: {study_class.title}",),
    )


@member_page
def close(request: DeskRequest, pk: int) -> HttpResponse:
    """First who is undecided, then the button that names the numbers."""
    study_class = access.get_whole_roll(request.account, pk)
    to = reverse("roll-result", args=[study_class.pk])
    if request.method == "POST":
        try:
            again = is_reopened(study_class)
            closing = (actions.reclose_roll if again else actions.close_roll)(study_class, by=request.account, at=now())
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
            return saved(request, to=request.get_full_path())
        return saved(request, to=to, message=_closed(request, study_class, closing))
    at = now()
    undecided = queries.undecided(study_class)
    total = undecided.count()
    notes = access.conduct_seen_by(request.account, study_class).select_related("person", "venue", "person__unit")
    return roll_page(
        request,
        "attendance/desk/close.html",
        study_class,
        {
            "heading": study_class.title,
            "undecided": undecided[:200],
            "said_aloud": [
                (kind, kind.sign, some)
                for kind in ConductKind
                if (some := list(notes.filter(kind=kind).order_by("person__sort_key", "at", "pk")[:100]))
            ],
            "means": class_queries.means_of(study_class),
            "undecided_total": total,
            "open_conflicts": device_queries.open_conflicts_of(study_class),
            "unsent": device_queries.unsent_of(study_class),
            "counts": queries.class_result(study_class),
            "too_early": ""
            if is_reopened(study_class)
            else too_early(study_class.sessions.values_list("title", "ends_at"), at),
            "may_edit": class_access.is_host(request.account, study_class),
            "sentence": f"Chốt điểm danh lớp “{study_class.title}”: "
            + (f"{total} người chưa đủ dữ liệu sẽ bị tính vắng ở các buổi không có lượt điểm danh; " if total else "")
            + "người còn nợ vào danh sách học bù, người vắng cả lớp không có lý do có đề xuất sau khi vắng.",
        },
        part="roll-result",
    )


def _closed(request: DeskRequest, study_class: StudyClass, closing: Closing) -> str:
    """What closing came to in one sentence; who sees the proposals after absences is led to them."""
    told = (
        f"Đã chốt điểm danh: {show_number(closing.present)} người đủ thời gian, {show_number(closing.owing)} người còn nợ, "
        f"{show_number(closing.catch_ups)} người mới vào danh sách học bù"
    )
    if not closing.proposals:
        return f"{told}."
    made = f"{show_number(closing.proposals)} đề xuất sau khi vắng"
    seen = access.absence_proposals_seen_by(request.account).filter(entry__study_class=study_class)
    if not seen.exists():
        return f"{told}, {made} để cấp ủy xem xét."
    address = f"{reverse('absence-list')}?{urlencode({'class': study_class.pk})}"
    return format_html('{}, <a href="{}">{}</a> để cấp ủy xem xét.', told, address, made)


@require_POST
@member_page
def reopen(request: DeskRequest, pk: int) -> HttpResponse:
    """Ask for a closed roll to be opened again, with the reason."""
    study_class = access.get_whole_roll(request.account, pk)
    to = reverse("roll-result", args=[study_class.pk])
    try:
        actions.ask_reopening(study_class, reason=request.POST.get("reason", ""), by=request.account, at=now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=to)
    return saved(request, to=to, message="Đã ghi đề nghị mở lại điểm danh; chờ người thứ hai quyết định.")


@require_POST
@member_page
def reopen_decide(request: DeskRequest, pk: int) -> HttpResponse:
    """Decide on it as the second person."""
    study_class = access.get_whole_roll(request.account, pk)
    org_access.require(request.account, Permission.ROLL_UNLOCK, study_class.unit)
    to = reverse("roll-result", args=[study_class.pk])
    asked = org_access.one_of(study_class.roll_reopenings.all(), whole_number(request.POST.get("asked")) or 0)
    is_granted = request.POST.get("decision") == "yes"
    try:
        actions.decide_reopening(
            asked, is_granted=is_granted, note=request.POST.get("note", ""), by=request.account, at=now()
        )
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=to)
    done = "Đã đồng ý mở lại điểm danh; sửa xong thì chốt lại." if is_granted else "Đã ghi không đồng ý mở lại."
    return saved(request, to=to, message=done)
