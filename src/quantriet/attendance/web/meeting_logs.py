"""Logs of online meetings at the desk: upload, what was understood, preview, decisions on names, confirmation, undo."""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from quantriet.attendance import access, actions
from quantriet.attendance.models import MeetingLog, MeetingLogName
from quantriet.attendance.queries import meeting_logs as queries
from quantriet.attendance.rules.meeting_logs.moments import Order
from quantriet.attendance.rules.meeting_logs.reading import Program, Question
from quantriet.attendance.vocab import LogMeaning, MeetingLogState
from quantriet.attendance.web.frame import roll_page, workbook
from quantriet.classes.models import StudyClass
from quantriet.kit.numbers import show_number, whole_number
from quantriet.kit.refusal import Refusal, refusals_on
from quantriet.kit.spreadsheets import OutColumn
from quantriet.kit.time import local, now, show_clock, show_day, show_moment
from quantriet.kit.web import listing, page, saved
from quantriet.org.access import one_of
from quantriet.org.web.pages import DeskRequest, member_page

_SIGNS = {
    LogMeaning.SURE: "done", LogMeaning.DOUBTFUL: "owing", LogMeaning.UNKNOWN: "silent", LogMeaning.VENUE: "done",
    LogMeaning.IGNORED: "exempt",
}  # fmt: skip
_ZONES = [
    ("420", "Giờ Việt Nam (UTC+7)"),
    ("0", "Giờ quốc tế (UTC)"),
    ("480", "UTC+8"),
    ("540", "UTC+9"),
    ("other", "Múi giờ khác"),
]
_OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+-]?)(\d{1,2})(?::?(\d{2}))?", re.I)


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Log of the meeting"),
        help_text="Tệp xuất từ Zoom, Microsoft Teams hoặc Google Meet (.csv, .tsv, .xlsx), để nguyên như khi tải về. Tệp phải có giờ vào, giờ ra của từng người.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.xls,.ods"}),
    )


class ReadingForm(forms.Form):
    """How the file is to be read: only what is open, or may be wrong, is asked."""

    order = forms.ChoiceField(label=gettext_lazy("Dates in the file"), required=False, widget=forms.RadioSelect)
    day = forms.DateField(label=gettext_lazy("Day of the meeting"), required=False)
    zone = forms.ChoiceField(label=gettext_lazy("Clock of the file"), choices=_ZONES, widget=forms.RadioSelect)
    other = forms.CharField(
        label=gettext_lazy("Other time zone"), required=False, max_length=9, help_text="Ví dụ +05:30 hoặc -8.",
        widget=forms.TextInput(attrs={"class": "short"}),
    )  # fmt: skip
    legacy = forms.ChoiceField(label=gettext_lazy("Letters of the file"), required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, told: actions.Understood, days: list[dt.date], **kwargs: Any) -> None:
        offset = str(told.offset)
        known = {key for key, _label in _ZONES}
        initial = {
            "zone": offset if offset in known else "other", "other": "" if offset in known else _shown_offset(told.offset),
            "order": told.order, "day": told.day or (days[0] if len(days) == 1 else None), "legacy": told.legacy or (told.encoding or {}).get("choice", ""),
        }  # fmt: skip
        super().__init__(*args, initial=initial, **kwargs)
        if len(told.orders) > 1:
            example = f", “{told.example}”" if told.example else ""
            self.fields["order"].choices = [  # type: ignore[attr-defined]
                (Order.DAY_FIRST.value, f"Ngày trước, tháng sau{example and _read_as(told.example, day_first=True)}"),
                (
                    Order.MONTH_FIRST.value,
                    f"Tháng trước, ngày sau{example and _read_as(told.example, day_first=False)}",
                ),
            ]
            self.fields["order"].required = True
        else:
            del self.fields["order"]
        if Question.DAY not in told.questions and not told.day:
            del self.fields["day"]
        if told.encoding or told.legacy:
            choice = told.legacy if told.legacy and told.legacy != "none" else (told.encoding or {}).get("choice", "")
            self.fields["legacy"].choices = [(choice, "Chuyển sang Unicode"), ("none", "Giữ nguyên chữ trong tệp")]  # type: ignore[attr-defined]
        else:
            del self.fields["legacy"]
        if actions.ENCODING_QUESTION in told.questions:  # nothing of the times is known yet
            for name in ("zone", "other"):
                del self.fields[name]

    @property
    def offset(self) -> int | None:
        zone = self.cleaned_data.get("zone")
        if not zone:
            return None
        if zone != "other":
            return int(zone)
        found = _OFFSET.fullmatch(self.cleaned_data["other"].strip())
        if found is None:
            raise Refusal("log.offset", "Hãy ghi múi giờ như +05:30 hoặc -8.", field="other")
        minutes = int(found[2]) * 60 + int(found[3] or 0)
        return -minutes if found[1] == "-" else minutes


def _shown_offset(minutes: int) -> str:
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _read_as(example: str, *, day_first: bool) -> str:
    first, second, year = example.split("/")
    day, month = (first, second) if day_first else (second, first)
    return f": “{example}” là ngày {int(day)} tháng {int(month)} năm {year}"


# --- list and upload --------------------------------------------------------------------------------------------


@member_page
def logs(request: DeskRequest, pk: int) -> HttpResponse:
    """The logs of a class, and a new one."""
    study_class = access.get_whole_roll(request.account, pk)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        with refusals_on(form), tempfile.NamedTemporaryFile(prefix="quantriet-log-") as kept:
            for piece in upload.chunks():
                kept.write(piece)
            kept.flush()
            try:
                log, is_new = actions.take_meeting_log(
                    study_class, file_name=upload.name or "", source=Path(kept.name), by=request.account, at=now()
                )
            except Refusal as refusal:
                raise Refusal(refusal.code, refusal.sentence, field="file") from None
            told = "" if is_new else "Tệp này đã tải lên trước đây; đây là lần nhập ấy, không có gì thay đổi."
            return saved(request, to=_url(log), message=told)
    rows = listing(
        request, queries.logs_of(study_class), sorts={"at": ["uploaded_at"], "file": ["file_name"]}, default_sort="-at"
    )
    context = {
        "heading": study_class.title,
        "form": form,
        "rows": rows,
        "lines": [(one, MeetingLogState(one.state), _outcome(one)) for one in rows],
    }
    return roll_page(request, "attendance/desk/logs.html", study_class, context, part="meeting-logs")


def _url(log: MeetingLog) -> str:
    return reverse("meeting-log", args=[log.study_class_id, log.pk])


def _outcome(log: MeetingLog) -> str:
    if log.state == MeetingLogState.REFUSED:
        return log.refusal
    if log.state == MeetingLogState.DONE:
        return _wrote(log)
    if log.state == MeetingLogState.READY:
        return f"Nhận ra {show_number(log.counts.get('people', 0))} người."
    return ""


# --- one log ----------------------------------------------------------------------------------------------------


def _log(request: DeskRequest, pk: int, log_pk: int) -> tuple[StudyClass, MeetingLog]:
    study_class = access.get_whole_roll(request.account, pk)
    rows = MeetingLog.objects.filter(study_class=study_class).select_related(
        "study_class__unit", "study_class__campaign", "uploaded_by", "confirmed_by", "undone_by"
    )
    return study_class, one_of(rows, log_pk)


@member_page
def log(request: DeskRequest, pk: int, log_pk: int) -> HttpResponse:
    """One address for the whole life of a log: the page shows the step at which it is."""
    study_class, row = _log(request, pk, log_pk)
    state = MeetingLogState(row.state)
    told = actions.Understood.of(row)
    context: dict[str, Any] = {"heading": row.file_name, "log": row, "state": state}
    if state in (MeetingLogState.READING, MeetingLogState.APPLYING):
        context |= {"going": True, "progress": row.counts}
        return roll_page(request, "attendance/desk/log_waiting.html", study_class, context, part="meeting-logs")
    days = sorted({local(one.starts_at).date() for one in study_class.sessions.all()})
    if state in (MeetingLogState.ASKING, MeetingLogState.READY):
        form = ReadingForm(request.POST or None, told=told, days=days)
        if request.method == "POST" and form.is_valid():
            with refusals_on(form):
                given = form.cleaned_data
                actions.answer_log_questions(
                    row, order=given.get("order") or "", offset=form.offset, day=given.get("day"),
                    legacy=given.get("legacy") or "", by=request.account, at=now(),
                )  # fmt: skip
                return saved(request, to=_url(row), message="Đã đọc lại tệp theo lựa chọn mới.")
        context |= {"form": form, "questions": _questions(told, study_class), "encoding": told.encoding}
        if told.encoding:
            context["samples"] = list(zip(told.encoding["before"], told.encoding["after"], strict=True))
    if request.GET.get("format") == "xlsx":
        return _workbook(study_class, row)
    context |= _names(request, row) | {
        "understood": _understood(told), "told": told, "venues": queries.venues_connected(row),
        "sentence": _promise(row) if state == MeetingLogState.READY else "",
        "wrote": _wrote(row) if state == MeetingLogState.DONE else "",
        "undo_sentence": _undo_sentence(row) if state == MeetingLogState.DONE else "",
    }  # fmt: skip
    return roll_page(request, "attendance/desk/log.html", study_class, context, part="meeting-logs")


def _names(request: DeskRequest, row: MeetingLog) -> dict[str, Any]:
    counts = row.counts
    present = [one for one in LogMeaning if counts.get(one.value)]
    asked = request.GET.get("tab", "")
    waiting = [one for one in (LogMeaning.DOUBTFUL, LogMeaning.UNKNOWN) if counts.get(one.value)]
    tab = LogMeaning(asked) if asked in set(LogMeaning) else (waiting or present or [LogMeaning.SURE])[0]
    rows = listing(
        request, queries.names_of(row).filter(meaning=tab),
        sorts={"name": ["said"], "time": ["seconds"]}, default_sort="name",
    )  # fmt: skip
    lines = queries.lines_named(rows)
    return {
        "rows": rows,
        "tab": tab,
        "names": [
            {
                "row": one, "sign": _SIGNS[tab], "minutes": one.seconds // 60,
                "candidates": [(lines[entry], why) for entry, why in one.candidates if entry in lines],
                "span": _span(one),
            }
            for one in rows
        ],
        "name_tabs": [
            {"label": one.label, "url": f"?tab={one.value}", "current": one == tab, "count": show_number(counts[one.value])}
            for one in present
        ],
    }  # fmt: skip


def _span(one: MeetingLogName) -> str:
    if one.hole:
        return f"mất kết nối {show_number(one.hole // 60)} phút không rõ lúc nào nên không ghi; hãy điểm danh người này bằng cách khác"
    moments = [*(moment for span in one.intervals for moment in span), *one.open_since]
    if not moments:
        return ""
    first, last = (dt.datetime.fromtimestamp(moment, dt.UTC) for moment in (min(moments), max(moments)))
    until = "chưa rõ lúc ra" if one.open_since else show_clock(last)
    return f"{show_clock(first)}–{until}"


def _understood(told: actions.Understood) -> list[tuple[str, str]]:
    if not told.first:
        return []
    first, last = dt.datetime.fromisoformat(told.first), dt.datetime.fromisoformat(told.last)
    until = show_clock(last) if local(first).date() == local(last).date() else show_moment(last)
    zone = dict(_ZONES).get(str(told.offset), f"UTC{_shown_offset(told.offset)}")
    order = {"dmy": "ngày trước, tháng sau", "mdy": "tháng trước, ngày sau"}[told.order]
    rows = [
        ("Phần mềm họp", Program(told.program).words),
        ("Cuộc họp", f"{show_clock(first)}–{until} ngày {show_day(local(first).date())}"),
        ("Ngày trong tệp", order),
        ("Giờ trong tệp", zone + (", theo ghi chú trong tệp" if told.is_offset_of_file else "")),
        ("Số dòng kết nối", show_number(told.lines)),
    ]
    if told.waiting:
        rows.append(("Dòng ở phòng chờ", f"{show_number(told.waiting)}, không tính"))
    if told.unread_count:
        which = ", ".join(map(str, told.unread))
        rows.append(
            (
                "Dòng không đọc được giờ",
                f"{show_number(told.unread_count)} (dòng {which}{'…' if told.unread_count > len(told.unread) else ''})",
            )
        )
    return rows


def _questions(told: actions.Understood, study_class: StudyClass) -> list[str]:
    said = []
    for question in told.questions:
        if question == Question.ORDER:
            said.append(
                "Ngày trong tệp hiểu được hai cách và không cách nào trùng ngày học hơn cách kia; hãy chọn cách đọc."
            )
        elif question == Question.DAY:
            said.append("Tệp chỉ có giờ, không có ngày, mà lớp học nhiều ngày; hãy cho biết tệp là của ngày nào.")
        elif question == Question.PLACE:
            sessions = "; ".join(
                f"{one.title} {show_clock(one.starts_at)}–{show_clock(one.ends_at)} ngày {show_day(local(one.starts_at).date())}"
                for one in study_class.sessions.order_by("starts_at", "pk")[:6]
            )
            when = (
                f" ({show_moment(dt.datetime.fromisoformat(told.first))} đến {show_moment(dt.datetime.fromisoformat(told.last))})"
                if told.first
                else ""
            )
            said.append(
                f"Giờ trong tệp{when} không trùng buổi nào của lớp: {sessions}. Hãy chọn múi giờ của tệp; nếu không phải, có thể đây là nhật ký của lớp khác."
            )
        else:
            said.append("Chữ trong tệp không phải Unicode; hãy xem trước và sau khi chuyển rồi chọn.")
    return said


def _marks(marks: int, people: int) -> str:
    """Marks and people in every sentence of a log alike: one person has several, an arrival and a departure a session."""
    return f"{show_number(marks)} lượt (giờ đến, giờ về từng buổi) của {show_number(people)} người"


def _wrote(row: MeetingLog) -> str:
    """What a confirmed log wrote; people recognised without a new mark are told, so that the sums can be followed."""
    facts, people = row.counts.get("facts", 0), row.counts.get("written", 0)
    rest = max(0, row.counts.get("people", 0) - people)
    more = f" {show_number(rest)} người nhận ra mà không có lượt mới." if rest else ""
    return f"Đã ghi {_marks(facts, people)}.{more}"


def _promise(row: MeetingLog) -> str:
    people, halls = row.counts.get("people", 0), row.counts.get(LogMeaning.VENUE.value, 0)
    connected = f"kết nối của {show_number(halls)} điểm cầu"
    found = actions.foresee_meeting_log(row)
    if found is None:
        told = (
            f"Nhận ra {show_number(people)} người. Sẽ ghi giờ đến, giờ về của họ và {connected}; nhật ký lớn nên số lượt được "
            "đếm khi ghi."
        )
    else:
        told = f"Nhận ra {show_number(people)} người. Sẽ ghi {_marks(len(found.marks), found.people)} và {connected}."
        if found.known:
            told += f" {show_number(found.known)} người không có lượt mới: đã được ghi đủ bằng cách khác, hoặc kết nối ngoài giờ học."
        if found.absent:
            told += f" {show_number(len(found.absent))} người cán bộ đã ghi vắng nên không ghi thêm."
    left = row.counts.get(LogMeaning.DOUBTFUL.value, 0) + row.counts.get(LogMeaning.UNKNOWN.value, 0)
    rest = f" {show_number(left)} tên chưa rõ chưa được ghi; xác định lúc nào thì ghi lúc ấy." if left else ""
    return told + rest


def _undo_sentence(row: MeetingLog) -> str:
    standing = queries.written_by(row)
    return (
        f"Thu hồi {_marks(standing.marks, standing.people)} đã ghi theo nhật ký này. Kết quả của họ được tính lại từ những cách "
        "điểm danh khác."
    )


def _workbook(study_class: StudyClass, row: MeetingLog) -> HttpResponse:
    columns = [
        OutColumn("said", "Tên trong cuộc họp", 36), OutColumn("email", "Thư điện tử", 28), OutColumn("meaning", "Kết quả"),
        OutColumn("why", "Lý do", 50), OutColumn("code", "Mã đảng viên", kind="code"), OutColumn("name", "Họ và tên", 28),
        OutColumn("cell", "Chi bộ", 28), OutColumn("venue", "Điểm cầu", 28), OutColumn("span", "Kết nối", 24),
        OutColumn("minutes", "Số phút", kind="whole"),
    ]  # fmt: skip
    lines = (
        {
            "said": one.said, "email": one.email, "meaning": LogMeaning(one.meaning).label, "why": one.why,
            "code": one.entry.person.code if one.entry else "", "name": one.entry.person.full_name if one.entry else "",
            "cell": one.entry.unit.name if one.entry else "", "venue": one.venue.name if one.venue else "", "span": _span(one),
            "minutes": one.seconds // 60,
        }
        for one in queries.names_of(row).order_by("meaning", "said", "pk").iterator(chunk_size=2000)
    )  # fmt: skip
    heading = (f"Nhật ký cuộc họp: {row.file_name}", study_class.title)
    return workbook(f"nhat-ky-{study_class.code}-{row.pk}.xlsx", "Nhật ký cuộc họp", columns, lines, heading=heading)


@member_page
def progress(request: DeskRequest, pk: int, log_pk: int) -> HttpResponse:
    """How far the reading is; asked by the waiting page."""
    study_class, row = _log(request, pk, log_pk)
    going = row.state in (MeetingLogState.READING, MeetingLogState.APPLYING)
    context = {"study_class": study_class, "log": row, "going": going, "progress": row.counts}
    return page(request, "attendance/desk/_log_progress.html", context)


@require_POST
@member_page
def confirm(request: DeskRequest, pk: int, log_pk: int) -> HttpResponse:
    """Write what was recognised."""
    _, row = _log(request, pk, log_pk)
    try:
        row = actions.confirm_meeting_log(row, by=request.account, at=now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=_url(row))
    if row.state == MeetingLogState.READY:
        messages.error(request, row.refusal)
        return saved(request, to=_url(row))
    told = f"{_wrote(row)} Kết quả phút có mặt hiện sau khoảng nửa phút." if row.state == MeetingLogState.DONE else ""
    return saved(request, to=_url(row), message=told)


@require_POST
@member_page
def undo(request: DeskRequest, pk: int, log_pk: int) -> HttpResponse:
    """Take back what a log wrote, or give it up before that."""
    study_class, row = _log(request, pk, log_pk)
    try:
        if row.state in (MeetingLogState.DONE, MeetingLogState.UNDONE):
            done = actions.undo_meeting_log(row, by=request.account, at=now())
            return saved(request, to=_url(row), message=f"Đã thu hồi {_marks(*done)}.")
        actions.give_up_log(row, by=request.account, at=now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=_url(row))
    return saved(request, to=reverse("meeting-logs", args=[study_class.pk]), message="Đã bỏ lần nhập; chưa ghi gì.")


# --- whose name -------------------------------------------------------------------------------------------------


@member_page
def name(request: DeskRequest, pk: int, log_pk: int, name_pk: int) -> HttpResponse:
    """Whom a name stands for: the candidates side by side, anybody else of the roster, a hall, or nobody."""
    study_class, row = _log(request, pk, log_pk)
    one: MeetingLogName = one_of(queries.names_of(row), name_pk)
    one.log = row
    if request.method == "POST":
        try:
            said = _decide(request, study_class, one)
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
            return saved(request, to=request.get_full_path())
        return saved(request, to=f"{_url(row)}?tab={_next_tab(row)}", message=said)
    lines = queries.lines_named([one])
    words = request.GET.get("q", "")
    candidates = [(lines[entry], why) for entry, why in one.candidates if entry in lines]
    known = {line.pk for line, _why in candidates}
    context = {
        "heading": one.said,
        "log": row,
        "one": one,
        "span": _span(one),
        "minutes": one.seconds // 60,
        "candidates": candidates,
        "found": [line for line in queries.lines_found(study_class, words) if line.pk not in known] if words else [],
        "q": words,
        "venues": study_class.venues.order_by("-is_main", "name")[:200],
        "meaning": LogMeaning(one.meaning),
    }
    return roll_page(request, "attendance/desk/log_name.html", study_class, context, part="meeting-logs")


def _next_tab(row: MeetingLog) -> str:
    open_ones = [LogMeaning.DOUBTFUL, LogMeaning.UNKNOWN]
    left = set(row.names.filter(meaning__in=open_ones).values_list("meaning", flat=True).distinct())
    return next((one.value for one in open_ones if one.value in left), LogMeaning.SURE.value)


def _decide(request: DeskRequest, study_class: StudyClass, one: MeetingLogName) -> str:
    choice, key = request.POST.get("choice", ""), whole_number(request.POST.get("key"))
    at = now()
    if choice == "person":
        entry = study_class.roster.filter(pk=key).select_related("person").first() if key else None
        if entry is None:
            raise Http404
        actions.decide_log_name(one, entry=entry, by=request.account, at=at)
        return f"“{one.said}” là {entry.person.full_name}; các lớp sau của đơn vị không phải hỏi lại."
    if choice == "venue":
        venue = study_class.venues.filter(pk=key).first() if key else None
        if venue is None:
            raise Refusal("log.venue", "Hãy chọn điểm cầu.")
        actions.decide_log_name(one, venue=venue, by=request.account, at=at)
        return f"“{one.said}” là {venue.name}: tính là điểm cầu có kết nối, không tính là một người."
    if choice != "nobody":
        raise Refusal("log.choice", "Hãy chọn một người, một điểm cầu, hoặc không phải người của danh sách.")
    actions.decide_log_name(one, by=request.account, at=at)
    return f"“{one.said}” không phải người của danh sách."
