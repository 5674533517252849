"""Pages of the dissemination log: reported from a phone, listed and summed on the desk."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from quantriet.kit import photos, staging
from quantriet.kit.numbers import show_number
from quantriet.kit.spreadsheets import OutColumn
from quantriet.kit.time import now, show_day, today
from quantriet.kit.web import Chip, listing, page, query, saved
from quantriet.kit.web.sheets import workbook
from quantriet.library import access
from quantriet.library.actions import activities, lists
from quantriet.library.actions.activities import NewPhoto
from quantriet.library.models import ActivityPhoto, DisseminationActivity
from quantriet.library.queries import activities as queries
from quantriet.library.rules.lists import ACTIVITY_COLUMNS
from quantriet.library.vocab import ActivityBody, ActivityForm
from quantriet.library.web.forms_publication import (
    MOST_PHOTOS,
    ActivityFilter,
    ActivityReportForm,
    ConfirmForm,
    ListForm,
    ReasonForm,
)
from quantriet.library.web.frame import form_page, noted, trail
from quantriet.library.web.publication import chosen_unit, faulty, listed_unit, read_period
from quantriet.org import access as org_access
from quantriet.org.queries.sheets import kept_rows, rows_of
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page

_PURPOSE = "activities"
_SHOWN = 200
_MINE = 30  # of the latest reports that the phone's page lists


def _read(form: ActivityReportForm) -> dict[str, Any]:
    given = form.cleaned_data
    return {
        "form": ActivityForm(given["form"]), "body": ActivityBody(given["body"]), "held_on": given["held_on"],
        "place": given["place"], "people": given["people"], "words": given["words"], "document": given["document"],
        "photos": _photos(form),
    }  # fmt: skip


def _photos(form: ActivityReportForm) -> list[NewPhoto]:
    """The photos of a form, upright and small; refused beside their own field."""
    found = []
    for place in range(1, MOST_PHOTOS + 1):
        upload = form.cleaned_data.get(f"photo{place}")
        if upload is None:
            continue
        with tempfile.NamedTemporaryFile(prefix="quantriet-photo-") as copy:
            for piece in upload.chunks():
                copy.write(piece)
            copy.flush()
            photo = photos.tidy(Path(copy.name), upload.name or "", field=f"photo{place}")
        found.append(NewPhoto(photo, form.cleaned_data[f"alt{place}"], upload.name or ""))
    return found


def _say_photos_are_lost(request: DeskRequest, form: ActivityReportForm) -> None:
    """A browser never fills a file box again: without this word the photo would silently be missing."""
    if form.errors:
        for name in request.FILES:
            if name in form.fields and name not in form.errors:
                form.add_error(name, "Ảnh chưa được giữ lại; hãy chọn lại ảnh rồi gửi.")


# --- on the phone -----------------------------------------------------------------------------------------------------------


@desk_page(Permission.PROPAGANDA_REPORT)
def mine(request: DeskRequest) -> HttpResponse:
    """What this account reported lately, and the button for the next report."""
    rows = access.activities_seen_by(request.account).filter(reported_by=request.account)
    latest = list(rows.select_related("document", "unit").order_by("-held_on", "-pk")[:_MINE])
    context = {"lines": [(one, ActivityForm(one.form)) for one in latest]}
    return page(request, "library/member/activities.html", context)


@desk_page(Permission.PROPAGANDA_REPORT)
def new(request: DeskRequest) -> HttpResponse:
    """Report an activity; the same form sent twice reports once."""
    initial = {"held_on": show_day(today()), "document": request.GET.get("document", "")}
    form = ActivityReportForm(request.POST or None, request.FILES or None, account=request.account, initial=initial)
    if request.method == "POST" and form.is_valid():
        with noted(request, form, "báo cáo hoạt động tuyên truyền"):
            made = activities.report_activity(
                form.cleaned_data["unit"], nonce=form.cleaned_data["nonce"], by=request.account, at=now(), **_read(form)
            )
            told = f"Đã báo cáo: {ActivityForm(made.form).label.lower()}, {show_number(made.people)} người."
            return saved(request, to=reverse("my-activities"), message=told)
    _say_photos_are_lost(request, form)
    return page(request, "library/member/activity_new.html", {"form": form}, status=422 if form.is_bound else 200)


# --- on the desk ------------------------------------------------------------------------------------------------------------


@desk_page(Permission.DOCUMENT_VIEW)
def activity_list(request: DeskRequest) -> HttpResponse:
    """Activities by period, unit, form and document, with their sums by unit and form."""
    unit = chosen_unit(request)
    rows = queries.standing(access.activities_seen_by(request.account))
    if unit is not None:
        rows = queries.of_unit(rows, unit)
    first, last, chips = read_period(request)
    rows = queries.held_between(rows, first, last)
    for name, kinds in (("form", ActivityForm), ("body", ActivityBody)):
        value = request.GET.get(name, "")
        if value in list(kinds):
            rows = rows.filter(**{name: value})
            chips.append(Chip(kinds(value).label, query(request, page=None, **{name: None})))
    words = request.GET.get("q", "").strip()
    if words:
        rows = queries.worded(rows, words)
        chips.append(Chip(f"“{words}”", query(request, q=None, page=None)))
    if request.GET.get("format") == "xlsx":
        return _excel(rows.select_related("document", "unit", "reported_by").order_by("-held_on", "-pk"))
    sums = queries.sums(rows, unit)
    found = listing(
        request, rows.select_related("document", "unit").prefetch_related("photos"),
        sorts={"held": ["held_on"], "people": ["people"], "unit": ["unit__path"]}, default_sort="-held", chips=chips,
    )  # fmt: skip
    context = {
        "sums": sums,
        "sum_lines": [
            (one, query(request, unit=one.unit.pk if one.unit else None, page=None), cells) for one, cells in sums.lines
        ],
        "forms": [
            (one, query(request, form=one.value, page=None), number, people) for one, number, people in sums.total_cells
        ],
        "activities": found,
        "lines": [(one, ActivityForm(one.form), ActivityBody(one.body)) for one in found.rows],
        "filters": ActivityFilter(request.GET),
        "unit": unit,
        "unit_asked": request.GET.get("unit", ""),
        "all_url": query(request, unit="all", page=None) if unit is not None else "",
        "own_url": query(request, unit=None, page=None) if request.GET.get("unit") else "",
        "q": words,
        "may_report": org_access.may_anywhere(request.account, Permission.PROPAGANDA_REPORT),
    }
    return page(request, "library/desk/activities.html", context)


def _excel(rows: Any) -> HttpResponse:
    """In the columns in which the list is read back."""
    columns = [
        OutColumn("unit", "Mã đơn vị", kind="code", width=16),
        OutColumn("unit_name", "Tên nơi báo cáo", width=30),
        OutColumn("body", "Cơ quan, đoàn thể", width=24),
        OutColumn("form", "Hình thức", width=28),
        OutColumn("held", "Ngày tổ chức", kind="day"),
        OutColumn("place", "Nơi tổ chức", width=36),
        OutColumn("people", "Số người", kind="whole"),
        OutColumn("document", "Số, ký hiệu văn bản", kind="code", width=20),
        OutColumn("issued", "Ngày ban hành", kind="day"),
        OutColumn("words", "Nội dung", width=50),
        OutColumn("by", "Người báo cáo", width=24),
    ]
    lines = (
        {
            "unit": one.unit.code,
            "unit_name": one.unit.name,
            "body": ActivityBody(one.body).label,
            "form": ActivityForm(one.form).label,
            "held": one.held_on,
            "place": one.place,
            "people": one.people,
            "document": one.document.reference_number if one.document else "",
            "issued": one.document.issued_on if one.document else None,
            "words": one.words,
            "by": str(one.reported_by),
        }
        for one in rows.iterator(chunk_size=1000)
    )
    return workbook("hoat-dong-tuyen-truyen.xlsx", "Hoạt động tuyên truyền", columns, lines)


@desk_page(Permission.DOCUMENT_VIEW)
def activity(request: DeskRequest, pk: int) -> HttpResponse:
    """One activity with its photos."""
    found = access.get_activity(request.account, pk)
    context = {
        "activity": found,
        "form": ActivityForm(found.form),
        "body": ActivityBody(found.body),
        "photos": list(found.photos.all()),
        "may_change": found.withdrawn_at is None
        and org_access.may(request.account, Permission.PROPAGANDA_REPORT, found.unit),
        **trail([(_("Dissemination"), reverse("activity-list"))]),
    }
    return page(request, "library/desk/activity.html", context)


def _of(found: DisseminationActivity) -> list[tuple[str, str]]:
    return [(_("Dissemination"), reverse("activity-list")), (found.place, reverse("activity", args=[found.pk]))]


@desk_page(Permission.PROPAGANDA_REPORT)
def activity_edit(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_activity(request.account, pk, Permission.PROPAGANDA_REPORT)
    names = ("form", "body", "place", "people", "words")
    initial = {name: getattr(found, name) for name in names}
    initial |= {"held_on": show_day(found.held_on), "document": found.document_id}
    form = ActivityReportForm(
        request.POST or None, request.FILES or None, account=request.account, activity=found, initial=initial
    )
    back = reverse("activity", args=[found.pk])
    if request.method == "POST" and form.is_valid():
        with noted(request, form, "báo cáo hoạt động tuyên truyền"):
            activities.correct_activity(
                found, reason=form.cleaned_data["reason"], without=form.removed, by=request.account, at=now(),
                **_read(form),
            )  # fmt: skip
            return saved(request, to=back, message=_("Saved."))
    _say_photos_are_lost(request, form)
    return form_page(request, form, _("Correct the report"), back, crumbs=_of(found), lead=found.unit.name)


@desk_page(Permission.PROPAGANDA_REPORT)
def activity_withdraw(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_activity(request.account, pk, Permission.PROPAGANDA_REPORT)
    form = ReasonForm(request.POST or None)
    back = reverse("activity", args=[found.pk])
    if request.method == "POST" and form.is_valid():
        with noted(request, form, "lý do"):
            activities.withdraw_activity(found, reason=form.cleaned_data["reason"], by=request.account, at=now())
            return saved(request, to=back, message=_("The report is withdrawn."))
    lead = f"{ActivityForm(found.form).label}, {found.place}, ngày {show_day(found.held_on)}, {show_number(found.people)} người. Rút rồi thì không tính vào tổng hợp, ảnh kèm theo bị xóa."
    return form_page(
        request, form, _("Withdraw the report"), back, crumbs=_of(found), lead=lead, submit=_("Withdraw"), danger=True
    )


@desk_page(Permission.DOCUMENT_VIEW)
def photo(request: DeskRequest, pk: int) -> FileResponse:
    """A photo of an activity. We drew it ourselves, so that it may stand inside a page."""
    seen = access.activities_seen_by(request.account)
    found = get_object_or_404(ActivityPhoto, pk=pk, activity__in=seen)
    response = FileResponse(found.image.open("rb"), content_type="image/jpeg")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@desk_page(Permission.PROPAGANDA_REPORT)
def activity_import(request: DeskRequest) -> HttpResponse:
    """Activities of an Excel list: read, shown, confirmed, written all or nothing."""
    back = reverse("activity-list")
    context: dict[str, Any] = {
        "heading": _("Activities from Excel"), "back": back, **trail([(_("Dissemination"), back)]),
        "sample": f"{back}?format=xlsx", "columns": [one.label for one in ACTIVITY_COLUMNS],
        "needed": [one.label for one in ACTIVITY_COLUMNS if one.required],
    }  # fmt: skip
    if "staged" in request.POST:
        confirm = ConfirmForm(request.POST)
        if confirm.is_valid():
            with noted(request, confirm, "danh sách hoạt động tuyên truyền"):
                rows = kept_rows(confirm.cleaned_data["staged"], ACTIVITY_COLUMNS, purpose=_PURPOSE)
                new = lists.import_activities(rows, unit=listed_unit(request, confirm), by=request.account, at=now())
                staging.drop(confirm.cleaned_data["staged"], purpose=_PURPOSE)
                told = (
                    f"Đã ghi {show_number(new)} hoạt động." if new else "Mọi dòng đã có từ trước; không có gì thay đổi."
                )
                return saved(request, to=back, message=told)
        return page(request, "library/desk/list_new.html", context | {"form": confirm, "again": True}, status=422)
    form = ListForm(request.POST or None, request.FILES or None, account=request.account)
    if request.method == "POST" and form.is_valid():
        with noted(request, form, "danh sách hoạt động tuyên truyền"):
            upload, unit = form.cleaned_data["file"], form.cleaned_data["unit"]
            read = lists.understand_activities(
                rows_of(upload, ACTIVITY_COLUMNS), unit=unit, by=request.account, at=now()
            )
            if read.faults:
                return faulty(request, read.faults, context)
            fresh = [one for one in read.lines if not one.is_known]
            same = [one for one in read.lines if one.is_known]
            confirm = ConfirmForm(initial={"staged": staging.stage(upload, purpose=_PURPOSE), "unit": unit.pk})
            people = sum(one.values["people"] for one in fresh)
            sentence = (
                f"Đọc được {show_number(len(read.lines))} dòng của “{upload.name}”: {show_number(len(fresh))} hoạt động mới "
                f"với {show_number(people)} lượt người, {show_number(len(same))} dòng đã có sẵn. Chưa ghi gì."
            )
            groups = [(_("New"), fresh[:_SHOWN], len(fresh)), (_("There already"), same[:_SHOWN], len(same))]
            return page(
                request, "library/desk/activity_list_preview.html",
                context | {"form": confirm, "sentence": sentence, "groups": [one for one in groups if one[2]], "can_confirm": bool(fresh)},
            )  # fmt: skip
    return page(request, "library/desk/list_new.html", context | {"form": form}, status=422 if form.is_bound else 200)
