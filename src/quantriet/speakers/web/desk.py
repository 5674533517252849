"""The register on the desk: list, entry, search, list from Excel, days on which somebody is not free."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quantriet.kit import staging
from quantriet.kit.numbers import show_number, whole_number
from quantriet.kit.refusal import NotAllowed, Refusal, refusals_on
from quantriet.kit.spreadsheets import OutColumn
from quantriet.kit.time import now, show_day, today
from quantriet.kit.web import Chip, listing, page, query, saved
from quantriet.kit.web.sheets import workbook
from quantriet.org import access as org_access
from quantriet.org.queries.sheets import MOST_TOLD, kept_rows, rows_of
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page
from quantriet.speakers import access, actions
from quantriet.speakers.actions import lists, training
from quantriet.speakers.models import Reporter, ReporterField, SpeakerBusy
from quantriet.speakers.queries import search as searching
from quantriet.speakers.queries.search import Wanted
from quantriet.speakers.rules.figures import years_of
from quantriet.speakers.rules.lists import REPORTER_COLUMNS
from quantriet.speakers.vocab import THEORY_ORDER, EndReason, Half, ReporterKind, TheoryLevel
from quantriet.speakers.web.forms import (
    BusyForm,
    ConfirmForm,
    EndForm,
    ListForm,
    RegisterFilter,
    ReporterForm,
    SearchForm,
)
from quantriet.speakers.web.frame import form_page, room_page, trail

_PURPOSE = "reporters"
_SHOWN = 200
_SORTS = {"name": ["person__sort_key"], "unit": ["unit__path", "person__sort_key"], "from": ["valid_from"]}


# --- the list -------------------------------------------------------------------------------------------------------------


@desk_page(Permission.SPEAKER_VIEW)
def register(request: DeskRequest) -> HttpResponse:
    """The registers of the account's units."""
    rows, chips = _filtered(request, access.registers_kept_by(request.account))
    if request.GET.get("format") == "xlsx":
        return _excel(rows.order_by("unit__path", "person__sort_key", "pk"))
    found = listing(
        request, rows.select_related("person__unit", "unit").prefetch_related("fields"), sorts=_SORTS,
        default_sort="name", chips=chips,
    )  # fmt: skip
    context = {
        "reporters": found,
        "filters": RegisterFilter(request.GET, account=request.account),
        "q": request.GET.get("q", "").strip()[:100],
        "may_edit": org_access.may_anywhere(request.account, Permission.SPEAKER_EDIT),
        "today": today(),
    }
    return room_page(request, "register.html", context, tab="speaker-list")


def _filtered(request: DeskRequest, rows: QuerySet[Reporter]) -> tuple[QuerySet[Reporter], list[Chip]]:
    chips = []

    def chip(label: str, *names: str) -> None:
        chips.append(Chip(label, query(request, page=None, **dict.fromkeys(names))))

    asked = request.GET
    if asked.get("state") == "ended":
        rows = rows.filter(valid_to__isnull=False)
        chip(_("Taken off"), "state")
    else:
        rows = rows.filter(valid_to__isnull=True)
    if asked.get("kind") in list(ReporterKind):
        rows = rows.filter(kind=asked["kind"])
        chip(ReporterKind(asked["kind"]).label, "kind")
    if asked.get("theory") in list(TheoryLevel):
        level = TheoryLevel(asked["theory"])
        rows = rows.filter(theory_level__in=THEORY_ORDER[THEORY_ORDER.index(level) :])
        chip(level.label, "theory")
    field = _field(request)
    if field is not None:
        rows = rows.filter(fields=field)
        chip(field.name, "field")
    unit = access.reporters_seen_by(request.account).filter(unit=whole_number(asked.get("unit")) or 0).first()
    if unit is not None:
        rows = rows.filter(unit=unit.unit_id)
        chip(unit.unit.name, "unit")
    words = asked.get("q", "").strip()[:100]
    if words:
        rows = searching.searched(rows, words)
        chip(f"“{words}”", "q")
    return rows, chips


def _field(request: DeskRequest) -> ReporterField | None:
    return access.fields_offered_to(request.account).filter(pk=whole_number(request.GET.get("field")) or 0).first()


def _excel(rows: QuerySet[Reporter]) -> HttpResponse:
    """In the columns in which the list is read back."""
    kinds = {"unit": "code", "code": "code", "born": "day", "since": "whole", "decision": "code", "decided": "day",
             "from": "day"}  # fmt: skip
    columns = [OutColumn(one.key, one.label, kind=kinds.get(one.key, "text"), width=20) for one in REPORTER_COLUMNS]
    columns += [OutColumn("to", "Đến ngày", kind="day"), OutColumn("reason", "Lý do thôi", width=24)]
    lines = (_line(one) for one in rows.select_related("person__unit", "unit").prefetch_related("fields").iterator(500))
    return workbook("so-bao-cao-vien.xlsx", "Báo cáo viên, tuyên truyền viên", columns, lines)


def _line(one: Reporter) -> dict[str, Any]:
    names = ("profession", "experience", "prestige", "practice")
    return {
        "unit": one.unit.code, "kind": one.kind_label, "code": one.person.code, "name": one.person.full_name,
        "cell": one.person.unit.name, "fields": "; ".join(field.name for field in one.fields.all()),
        "specialist": "x" if one.is_specialist else "", "theory": one.theory_label, "since": one.since_year,
        "source": one.source_label, "decision": one.decision_number, "decided": one.decided_on, "from": one.valid_from,
        "to": one.valid_to, "reason": one.end_label,
    } | {name: getattr(one, name) for name in names}  # fmt: skip


# --- one entry --------------------------------------------------------------------------------------------------------------


@desk_page(Permission.SPEAKER_VIEW)
def speaker(request: DeskRequest, pk: int) -> HttpResponse:
    """One entry: what the person can speak about, days taken, training, reviews."""
    found = access.get_reporter(request.account, pk)
    day = today()
    may_edit = org_access.may(request.account, Permission.SPEAKER_EDIT, found.unit)
    may_look = org_access.may(request.account, Permission.SPEAKER_VIEW, found.unit)
    context = {
        "reporter": found,
        "fields": list(found.fields.all()),
        "years": years_of(found.since_year, day),
        "busy": searching.busy_days_of(found.person_id, day),
        "promised": searching.promised_days_of(found.person_id, day),
        # What was said in reviews and given in training is the business of the committee that keeps the register.
        "reviews": list(found.review_items.select_related("review").order_by("-review__year")) if may_look else [],
        "trainings": [one.event for one in _trainings(found)] if may_look else [],
        "may_edit": may_edit and found.valid_to is None,
        "may_look": may_look,
        "may_invite": found.valid_to is None and org_access.may_anywhere(request.account, Permission.SPEAKER_INVITE),
        "breadcrumb": trail((found.unit.name, "")),
    }
    return page(request, "speakers/desk/speaker.html", context)


def _trainings(reporter: Reporter) -> Any:
    rows = reporter.trainings.filter(event__withdrawn_at__isnull=True).select_related("event")
    return rows.order_by("-event__held_on", "-pk")[:20]


@desk_page(Permission.SPEAKER_EDIT)
def speaker_new(request: DeskRequest) -> HttpResponse:
    form = ReporterForm(request.POST or None, account=request.account)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            given = form.cleaned_data
            made = actions.add_reporter(
                given["unit"], given["person"], ReporterKind(given["kind"]), form.profile, valid_from=given["valid_from"],
                by=request.account, at=now(),
            )  # fmt: skip
            return saved(request, to=reverse("speaker", args=[made.pk]), message=_("Entered on the register."))
    return form_page(request, form, _("Enter a reporter"), reverse("speaker-list"))


@desk_page(Permission.SPEAKER_EDIT)
def speaker_edit(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_reporter(request.account, pk, Permission.SPEAKER_EDIT)
    names = (
        "is_specialist", "theory_level", "profession", "since_year", "experience", "prestige", "practice", "source",
        "decision_number",
    )  # fmt: skip
    initial = {name: getattr(found, name) for name in names} | {"subjects": list(found.fields.all())}
    initial["decided_on"] = show_day(found.decided_on) if found.decided_on else ""
    form = ReporterForm(request.POST or None, account=request.account, reporter=found, initial=initial)
    back = reverse("speaker", args=[found.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.change_reporter(found, form.profile, by=request.account, at=now())
            return saved(request, to=back, message=_("Saved."))
    return form_page(
        request, form, _("Change the entry"), back, lead=str(found), crumbs=[(found.person.full_name, back)]
    )


@desk_page(Permission.SPEAKER_EDIT)
def speaker_end(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_reporter(request.account, pk, Permission.SPEAKER_EDIT)
    form = EndForm(request.POST or None)
    back = reverse("speaker", args=[found.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            given = form.cleaned_data
            actions.end_reporter(
                found, valid_to=given["valid_to"], reason=EndReason(given["reason"]), note=given["note"],
                by=request.account, at=now(),
            )  # fmt: skip
            return saved(request, to=back, message=_("Taken off the register."))
    lead = f"Đưa {found} ra khỏi sổ của {found.unit.name}. Hồ sơ vẫn giữ để tra cứu."
    return form_page(
        request, form, _("Take off the register"), back, lead=lead, crumbs=[(found.person.full_name, back)],
        submit=_("Take off the register"), danger=True,
    )  # fmt: skip


@desk_page(Permission.SPEAKER_EDIT)
def speaker_busy(request: DeskRequest, pk: int) -> HttpResponse:
    """Days on which somebody is not free, entered by the committee."""
    found = access.get_reporter(request.account, pk, Permission.SPEAKER_EDIT)
    form = BusyForm(request.POST or None)
    back = reverse("speaker", args=[found.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            training.enter_busy(found.person, by=request.account, at=now(), **form.values)
            return saved(request, to=back, message=_("Saved."))
    lead = f"Những ngày này {found.person.full_name} không hiện ra khi tìm người còn trống lịch."
    return form_page(
        request, form, _("Days not free"), back, lead=lead, crumbs=[(found.person.full_name, back)]
    )  # fmt: skip


@desk_page(Permission.SPEAKER_EDIT)
@require_POST
def speaker_free(request: DeskRequest, pk: int, busy_pk: int) -> HttpResponse:
    found = access.get_reporter(request.account, pk, Permission.SPEAKER_EDIT)
    busy = get_object_or_404(SpeakerBusy.objects.select_related("person__unit"), pk=busy_pk, person=found.person_id)
    training.remove_busy(busy, by=request.account, at=now())
    return saved(request, to=reverse("speaker", args=[found.pk]), message=_("The days are free again."))


# --- the search -------------------------------------------------------------------------------------------------------------


@desk_page(Permission.SPEAKER_VIEW)
def search(request: DeskRequest) -> HttpResponse:
    """Who fits and is free: on the registers of one's own units and of the committees above."""
    form = SearchForm(request.GET or None, account=request.account)
    wanted = _wanted(form.cleaned_data) if form.is_bound and form.is_valid() else Wanted()
    day = today()
    if wanted.free_on is not None and wanted.free_on < day and form.is_bound:
        form.add_error("day", "Ngày cần người báo cáo đã qua.")
    rows = searching.fitting(access.reporters_seen_by(request.account), wanted, day=day)
    found = listing(
        request,
        rows.select_related("person__unit", "unit").prefetch_related("fields"),
        sorts=_SORTS,
        default_sort="name",
    )
    asked = ""
    if wanted.free_on is not None:
        part = wanted.half.label.lower() if wanted.half else "cả ngày"
        asked = f"{show_number(found.total)} người còn trống lịch {part} {show_day(wanted.free_on)}."
    context = {
        "form": form, "reporters": found, "sentence": asked, "wanted": wanted, "years_on": day.year,
        "may_invite": org_access.may_anywhere(request.account, Permission.SPEAKER_INVITE),
    }  # fmt: skip
    return room_page(request, "search.html", context, tab="speaker-search")


def _wanted(given: dict[str, Any]) -> Wanted:
    return Wanted(
        words=given["q"], kind=ReporterKind(given["kind"]) if given["kind"] else None, field=given["field"],
        theory=TheoryLevel(given["theory"]) if given["theory"] else None, years=given["years"],
        is_specialist=given["specialist"], unit=given["unit"], free_on=given["day"],
        half=Half(given["half"]) if given["half"] else None,
    )  # fmt: skip


# --- the list from Excel ------------------------------------------------------------------------------------------------------


@desk_page(Permission.SPEAKER_EDIT)
def speaker_import(request: DeskRequest) -> HttpResponse:
    """A register from Excel: read, shown beside what stands, confirmed, written all or nothing."""
    back = reverse("speaker-list")
    context: dict[str, Any] = {
        "heading": _("Reporters from Excel"), "back": back, "breadcrumb": trail(), "sample": f"{back}?format=xlsx",
        "columns": [one.label for one in REPORTER_COLUMNS],
        "needed": [one.label for one in REPORTER_COLUMNS if one.required],
    }  # fmt: skip
    if "staged" in request.POST:
        return _confirmed(request, context)
    form = ListForm(request.POST or None, request.FILES or None, account=request.account)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            upload, unit = form.cleaned_data["file"], form.cleaned_data["unit"]
            read = lists.understand_reporters(
                rows_of(upload, REPORTER_COLUMNS), unit=unit, by=request.account, at=now()
            )
            if read.faults:
                return _faulty(request, read.faults, context)
            confirm = ConfirmForm(initial={"staged": staging.stage(upload, purpose=_PURPOSE), "unit": unit.pk})
            new = [one for one in read.lines if one.known is None]
            changed = [one for one in read.lines if one.known is not None and one.changed]
            same = [one for one in read.lines if one.is_same]
            sentence = (
                f"Đọc được {show_number(len(read.lines))} dòng của “{upload.name}”: {show_number(len(new))} người mới, "
                f"{show_number(len(changed))} người thay đổi, {show_number(len(same))} dòng đã có sẵn. Chưa ghi gì."
            )
            groups = [(_("New"), new), (_("Changed"), changed), (_("There already"), same)]
            told = {
                "form": confirm, "sentence": sentence, "can_confirm": bool(new or changed),
                "groups": [(label, some[:_SHOWN], len(some)) for label, some in groups if some],
            }  # fmt: skip
            return page(request, "speakers/desk/import_preview.html", context | told)
    return page(request, "speakers/desk/import.html", context | {"form": form}, status=422 if form.is_bound else 200)


def _confirmed(request: DeskRequest, context: dict[str, Any]) -> HttpResponse:
    confirm = ConfirmForm(request.POST)
    if confirm.is_valid():
        with refusals_on(confirm):
            unit = (
                access.keeping_units(request.account).filter(pk=whole_number(confirm.cleaned_data["unit"]) or 0).first()
            )
            if unit is None:
                raise NotAllowed
            rows = kept_rows(confirm.cleaned_data["staged"], REPORTER_COLUMNS, purpose=_PURPOSE)
            new, changed = lists.import_reporters(rows, unit=unit, by=request.account, at=now())
            staging.drop(confirm.cleaned_data["staged"], purpose=_PURPOSE)
            told = f"Đã ghi {show_number(new)} người mới, sửa {show_number(changed)} người."
            return saved(request, to=context["back"], message=told)
    return page(request, "speakers/desk/import.html", context | {"form": confirm, "again": True}, status=422)


def _faulty(request: DeskRequest, faults: list[Refusal], context: dict[str, Any]) -> HttpResponse:
    told = {"faults": faults[:MOST_TOLD], "fault_count": len(faults), "form": ListForm(account=request.account)}
    return page(request, "speakers/desk/import.html", context | told, status=422)
