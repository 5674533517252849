"""The result of a roll, closing it and opening it again."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from quantriet.attendance import access, actions, queries
from quantriet.attendance.vocab import Verdict
from quantriet.attendance.web.frame import VERDICT_SIGNS, is_reopened, roll_page, workbook
from quantriet.campaigns.vocab import CampaignState
from quantriet.classes.vocab import ClassState
from quantriet.kit.numbers import share
from quantriet.kit.refusal import Refusal
from quantriet.kit.spreadsheets import OutColumn
from quantriet.kit.time import now
from quantriet.kit.web import Chip, listing, query, saved
from quantriet.org.actions import privacy as privacy_actions
from quantriet.org.web.pages import DeskRequest, member_page

SORTS = {
    "name": ["person__sort_key"],
    "unit": ["unit__path", "person__sort_key"],
    "minutes": ["verdict__seconds_present"],
    "verdict": ["verdict__verdict", "person__sort_key"],
}


class ReopenForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=250)


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
        return saved(
            request,
            to=to,
            message=f"Đã chốt điểm danh: {closing.present} người đủ thời gian, {closing.owing} người còn nợ, "
            f"{closing.catch_ups} người mới vào danh sách học bù.",
        )
    undecided = queries.undecided(study_class)
    total = undecided.count()
    return roll_page(
        request,
        "attendance/desk/close.html",
        study_class,
        {
            "heading": study_class.title,
            "undecided": undecided[:200],
            "undecided_total": total,
            "counts": queries.class_result(study_class),
            "sentence": f"Chốt điểm danh lớp “{study_class.title}”: "
            + (f"{total} người chưa đủ dữ liệu sẽ bị tính vắng ở các buổi không có lượt điểm danh; " if total else "")
            + "người còn nợ vào danh sách học bù.",
        },
        part="roll-result",
    )


@require_POST
@member_page
def reopen(request: DeskRequest, pk: int) -> HttpResponse:
    """Open a closed roll again, with the reason."""
    study_class = access.get_whole_roll(request.account, pk)
    to = reverse("roll-result", args=[study_class.pk])
    try:
        actions.reopen_roll(study_class, reason=request.POST.get("reason", ""), by=request.account, at=now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=to)
    return saved(request, to=to, message="Đã mở lại điểm danh; sửa xong thì chốt lại.")
