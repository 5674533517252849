"""Pages of timetables: the list, what goes in, the plan with its conflicts, hand edits, and the classes that come of it."""

from __future__ import annotations

import datetime as dt
import io
import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core import signing
from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quantriet.campaigns import access as campaign_access
from quantriet.campaigns.vocab import CampaignState
from quantriet.classes import access, actions, queries
from quantriet.classes.models import TimetablePlan
from quantriet.classes.rules import planning
from quantriet.classes.vocab import PlanDemandKind, TimetableState
from quantriet.classes.web.desk import XLSX
from quantriet.classes.web.forms import ReasonForm
from quantriet.classes.web.planning_forms import (
    DaysForm,
    DemandForm,
    HallForm,
    MoveShareForm,
    PlaceForm,
    ReporterChoiceForm,
    ReporterForm,
    SearchForm,
    TimetableForm,
    WishConfirmForm,
    WishFileForm,
)
from quantriet.kit import spreadsheets
from quantriet.kit.numbers import show_number, show_share
from quantriet.kit.refusal import Refusal, Refusals, refusals_on
from quantriet.kit.text import fold
from quantriet.kit.time import now, show_day, today
from quantriet.kit.web import download, listing, page, saved
from quantriet.library.vocab import ContentTier
from quantriet.org import access as org_access
from quantriet.org.access import one_of
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page

SIGNS = {
    TimetableState.DRAFT: "silent",
    TimetableState.COMPUTING: "owing",
    TimetableState.READY: "owing",
    TimetableState.CONFIRMED: "done",
}
SORTS = {
    "title": ["title"],
    "unit": ["unit__path"],
    "campaign": ["campaign__name"],
    "state": ["state"],
    "made": ["created_at"],
}
WIDE = 6  # so many halls stand beside each other as columns; of more, classes are lines
_SALT = "quantriet.timetable.wishes"
_SHOWN = 200
_REFUSALS = 10  # of the reasons why something is not done, each in a box; of more their number
PARTS = {
    "sessions": "timetable-inputs",
    "halls": "timetable-inputs",
    "reporters": "timetable-inputs",
    "demands": "timetable-demands",
}


def _plan_page(
    request: DeskRequest, template: str, plan: TimetablePlan, context: dict[str, Any], *, part: str, partial: str = ""
) -> HttpResponse:
    may_change = org_access.may(request.account, Permission.CLASS_EDIT, plan.unit)
    names = (
        ("timetable", _("The plan")), ("timetable-inputs", _("Sessions, halls, reporters")),
        ("timetable-demands", _("Demands")), ("timetable-cells", _("Cells of the plan")),
    )  # fmt: skip
    return page(
        request,
        template,
        {
            "plan": plan,
            "state": TimetableState(plan.state),
            "state_sign": SIGNS[TimetableState(plan.state)],
            "is_open": plan.state in (TimetableState.DRAFT, TimetableState.READY),
            "may_change": may_change,
            "may_edit": may_change and plan.state in (TimetableState.DRAFT, TimetableState.READY),
            "place": {"unit": plan.unit.name, "campaign": plan.campaign.name},
            "plan_parts": [
                {"label": label, "url": reverse(name, args=[plan.pk]), "current": name == part} for name, label in names
            ],
            **context,
        },
        partial=partial,
    )


@desk_page(Permission.CLASS_VIEW)
def timetable_list(request: DeskRequest) -> HttpResponse:
    plans = access.timetables_seen_by(request.account)
    words = request.GET.get("q", "").strip()
    if words:
        plans = plans.filter(Q(title__icontains=words) | Q(unit__name_folded__contains=fold(words)))
    shown = listing(request, queries.plan_rows(plans), sorts=SORTS, default_sort="-made")
    for row in shown:
        row.sign, row.word = SIGNS[TimetableState(row.state)], TimetableState(row.state).label  # type: ignore[attr-defined]
    may_add = org_access.may_anywhere(request.account, Permission.CLASS_EDIT)
    context = {"listing": shown, "q": words, "may_add": may_add, "has_any": bool(shown.total) or bool(words)}
    return page(request, "classes/desk/timetable_list.html", context)


@desk_page(Permission.CLASS_EDIT)
def new_timetable(request: DeskRequest) -> HttpResponse:
    units = access.units_to_organise(request.account)
    campaigns = campaign_access.campaigns_seen_by(request.account).filter(
        state__in=[CampaignState.DRAFT, CampaignState.OPEN]
    )
    campaigns = campaigns.order_by("-planned_from", "-pk")
    home = org_access.home_unit(request.account)
    initial = {
        "campaign": campaigns.first(), "unit": home, "tier": ContentTier.GRASSROOTS, "percent": 50,
        "title": "Lịch học tập",
    }  # fmt: skip
    form = TimetableForm(request.POST or None, initial=initial, campaigns=campaigns, units=units)
    if request.method == "POST" and form.is_valid():
        org_access.require(request.account, Permission.CLASS_EDIT, form.cleaned_data["unit"])
        with refusals_on(form):
            plan = actions.add_timetable(by=request.account, at=now(), **form.cleaned_data)
            return saved(
                request,
                to=reverse("timetable-inputs", args=[plan.pk]),
                message=_("The timetable is begun; add days, halls and reporters."),
            )
    return page(request, "classes/desk/timetable_new.html", {"form": form, "has_campaign": campaigns.exists()})


@desk_page(Permission.CLASS_VIEW)
def show_timetable(request: DeskRequest, pk: int) -> HttpResponse:
    plan = access.get_timetable(request.account, pk)
    if request.GET.get("format") == "xlsx":
        return _workbook(plan)
    return _shown(request, plan)


def _shown(request: DeskRequest, plan: TimetablePlan, refusals: list[Refusal] | None = None) -> HttpResponse:
    loaded = queries.load_timetable(plan)
    lines = queries.session_lines(loaded)
    is_ready = plan.state == TimetableState.READY
    # Whose people are not those who wait now tells that first; who then has a place too many follows from it.
    drifted = queries.plan_drift(plan) if is_ready else None
    found = loaded.conflicts if is_ready else []
    if drifted:
        found = [one for one in found if one.kind != PlanDemandKind.EVERYBODY]
    told = [one for one in refusals or [] if one.code != "timetable.drifted"]
    gap = queries.gap_percent(plan)
    people = sum(cell.people for cell in loaded.cells)
    held = [one for line in lines for one in line.held]
    return _plan_page(
        request,
        "classes/desk/timetable.html",
        plan,
        {
            "lines": [line for line in lines if line.held] if len(loaded.halls) > WIDE else lines,
            "halls": loaded.halls,
            "is_wide": len(loaded.halls) <= WIDE,
            "has_plan": bool(loaded.classes),
            "conflicts": found[:_SHOWN],
            "conflict_count": len(found),
            "gap": None if gap is None else show_share(gap),
            "people": people,
            "seated": sum(one.people for one in held),
            "class_count": len(held),
            "going": plan.state == TimetableState.COMPUTING,
            "progress": _progress(plan),
            "drifted": drifted.sentence if drifted else "",
            "is_refused": bool(refusals),
            "may_plan_anew": bool(drifted and drifted.waiting),
            "refusals": told[:_REFUSALS],
            "more_refusals": len(told) - _REFUSALS,
            "want": queries.want_of_reporters(plan) if plan.state == TimetableState.DRAFT and not refusals else "",
            "confirm_sentence": f"Lập {show_number(len(held))} lớp nháp theo lịch này, gọi {show_number(people)} người theo tên; "
            "giấy mời chỉ gửi khi từng lớp được chốt.",
            "reopen_form": ReasonForm(prefix="reopen"),
            "reopen_sentence": f"Mở lại lịch: {show_number(len(held))} lớp nháp đã lập bị hủy, người trong đó trở lại “chưa có lớp”. "
            "Lập lại sau khi sửa thì giữ nhiều người ở chỗ cũ nhất.",
            "remove_sentence": f"Bỏ lịch “{plan.title}” cùng các buổi, hội trường và yêu cầu đã ghi. Lớp đã lập không bị động đến.",
        },
        part="timetable",
    )  # fmt: skip


def _progress(plan: TimetablePlan) -> dict[str, Any]:
    """How far a computation is, for its line on the page."""
    since = int((now() - plan.began_at).total_seconds()) if plan.began_at else 0
    gap = queries.gap_percent(plan)
    if gap is None:
        words = f"Đang tìm lịch đầu tiên, hoặc nguyên nhân không xếp được; đã {show_number(since)} giây."
    else:
        words = f"Đã có lịch, còn cách mức tốt nhất có thể nhiều nhất {show_share(gap)}; đang tìm lịch tốt hơn, đã {show_number(since)} giây."
    return {"words": words, "seconds": min(since, plan.seconds), "most": plan.seconds}


@desk_page(Permission.CLASS_VIEW)
def progress(request: DeskRequest, pk: int) -> HttpResponse:
    plan = access.get_timetable(request.account, pk)
    context = {"plan": plan, "going": plan.state == TimetableState.COMPUTING, "progress": _progress(plan)}
    return page(request, "classes/desk/_timetable_progress.html", context)


def _workbook(plan: TimetablePlan) -> HttpResponse:
    loaded = queries.load_timetable(plan)
    column = spreadsheets.OutColumn
    names = {cell.pk: cell.unit.name for cell in loaded.cells}
    rows = {one.pk: one for one in loaded.classes}
    classes = [
        {
            "day": line.session.starts_at, "session": line.session.title, "hall": one.row.hall.name, "place": one.row.hall.place,
            "people": one.people, "seats": one.row.hall.capacity,
            "reporter": one.row.reporter.person.full_name if one.row.reporter else "",
        }
        for line in queries.session_lines(loaded)
        for one in line.held
    ]  # fmt: skip
    shares = sorted(
        loaded.shares,
        key=lambda one: (names[one.cell_id], rows[one.timetable_class_id].session.starts_at, one.person_id or 0),
    )
    cells = [
        {
            "cell": names[one.cell_id], "day": rows[one.timetable_class_id].session.starts_at,
            "session": rows[one.timetable_class_id].session.title, "hall": rows[one.timetable_class_id].hall.name,
            "person": one.person.full_name if one.person else "", "people": one.count,
        }
        for one in shares
    ]  # fmt: skip
    heading = (plan.title, f"{plan.unit.name} – {plan.campaign.name}")
    sheets = [
        spreadsheets.Sheet(
            "Lịch lớp",
            [
                column("day", "Bắt đầu", kind="moment", width=18), column("session", "Buổi", width=16),
                column("hall", "Hội trường", width=30), column("place", "Nơi", width=18),
                column("people", "Số người", kind="number"), column("seats", "Số chỗ", kind="number"),
                column("reporter", "Báo cáo viên", width=28),
            ],
            classes,
            heading=heading,
        ),
        spreadsheets.Sheet(
            "Theo chi bộ",
            [
                column("cell", "Chi bộ", width=36), column("day", "Bắt đầu", kind="moment", width=18),
                column("session", "Buổi", width=16), column("hall", "Hội trường", width=30),
                column("person", "Đích danh", width=28), column("people", "Số người", kind="number"),
            ],
            cells,
            heading=heading,
        ),
    ]  # fmt: skip
    target = io.BytesIO()
    spreadsheets.write_workbook(target, sheets, at=now(), title=plan.title)
    target.seek(0)
    return download(target, name="lich-lop.xlsx", kind=XLSX)


# --- the life of a plan -----------------------------------------------------------------------------------------------


def _stepped(request: DeskRequest, pk: int, step: Any, message: str, **more: Any) -> HttpResponse:
    plan = access.get_timetable(request.account, pk, Permission.CLASS_EDIT)
    try:
        step(plan, by=request.account, at=now(), **more)
    except Refusals as many:
        return _shown(request, access.get_timetable(request.account, pk), many.several)
    except Refusal as one:
        return _shown(request, access.get_timetable(request.account, pk), [one])
    return saved(request, to=reverse("timetable", args=[pk]), message=message)


@desk_page(Permission.CLASS_EDIT)
@require_POST
def start(request: DeskRequest, pk: int) -> HttpResponse:
    keep = bool(request.POST.get("keep"))
    return _stepped(request, pk, actions.start_timetable, _("The plan is being computed."), keep=keep)


@desk_page(Permission.CLASS_EDIT)
@require_POST
def stop(request: DeskRequest, pk: int) -> HttpResponse:
    return _stepped(request, pk, actions.stop_timetable, _("Stopped."))


@desk_page(Permission.CLASS_EDIT)
@require_POST
def confirm(request: DeskRequest, pk: int) -> HttpResponse:
    return _stepped(request, pk, actions.confirm_timetable, _("The classes are planned as drafts."))


@desk_page(Permission.CLASS_EDIT)
@require_POST
def reopen(request: DeskRequest, pk: int) -> HttpResponse:
    reason = request.POST.get("reopen-reason", "")[:250]
    return _stepped(request, pk, actions.reopen_timetable, _("The timetable is open again."), reason=reason)


@desk_page(Permission.CLASS_EDIT)
@require_POST
def remove(request: DeskRequest, pk: int) -> HttpResponse:
    plan = access.get_timetable(request.account, pk, Permission.CLASS_EDIT)
    try:
        actions.remove_timetable(plan, by=request.account, at=now())
    except Refusal as refusal:
        return _shown(request, access.get_timetable(request.account, pk), [refusal])
    return saved(request, to=reverse("timetable-list"), message=_("Removed."))


# --- what goes in -----------------------------------------------------------------------------------------------------


@desk_page(Permission.CLASS_VIEW)
def inputs(request: DeskRequest, pk: int) -> HttpResponse:
    """Sessions, halls and reporters of a plan, each with its form; what the button is called says which was sent."""
    plan = access.get_timetable(request.account, pk)
    what = request.POST.get("what", "") if request.method == "POST" else ""
    if what:
        plan = access.get_timetable(request.account, pk, Permission.CLASS_EDIT)
    start_day = max(plan.campaign.planned_from, today())
    days = DaysForm(
        request.POST if what == "days" else None,
        initial={
            "first": start_day, "last": start_day + dt.timedelta(days=4), "weekdays": ["0", "1", "2", "3", "4"],
            "morning": "Buổi sáng", "starts": "07:30", "ends": "11:00", "afternoon": "Buổi chiều",
            "second_starts": "13:30", "second_ends": "17:00",
        },
        prefix="days",
    )  # fmt: skip
    hall = HallForm(request.POST if what == "hall" else None, prefix="hall")
    search = SearchForm(
        request.POST if what == "search" else None, prefix="search",
        initial={"title": plan.title, "seconds": plan.seconds, "usual_minutes": plan.usual_minutes},
    )  # fmt: skip
    to, at = reverse("timetable-inputs", args=[pk]), now()
    if what == "days" and days.is_valid():
        with refusals_on(days):
            count = actions.add_plan_days(plan, by=request.account, at=at, **days.as_arguments())
            return saved(request, to=to, message=f"Đã thêm {show_number(count)} buổi.")
    if what == "hall" and hall.is_valid():
        with refusals_on(hall):
            actions.add_plan_hall(plan, by=request.account, at=at, **hall.cleaned_data)
            return saved(request, to=to, message=_("Saved."))
    if what == "search" and search.is_valid():
        with refusals_on(search):
            actions.change_timetable(plan, by=request.account, at=at, **search.cleaned_data)
            return saved(request, to=to, message=_("Saved."))
    if what == "reporter":
        form = ReporterForm(request.POST)
        if form.is_valid():
            person = one_of(access.reporters_to_choose(request.account, plan), form.cleaned_data["person"])
            try:
                actions.add_plan_reporter(
                    plan, by=request.account, at=at, person=person, most_classes=form.cleaned_data["most_classes"]
                )
            except Refusal as refusal:
                messages.error(request, refusal.sentence)
            return saved(request, to=to + "#reporters")
        messages.error(request, "Số lớp nhiều nhất là số từ 1 đến 200, hoặc để trống.")
        return saved(request, to=to + "#reporters")
    words = request.GET.get("q", "").strip()
    may_search = words and org_access.may(request.account, Permission.CLASS_EDIT, plan.unit)
    entries = access.register_entries(request.account, today())
    choice = access.reporters_to_choose(request.account, plan)
    found = queries.find_reporters(choice, entries, words) if may_search else []
    reporters = list(plan.reporters.select_related("person__unit"))
    on = None if entries is None else queries.registers_of(entries, [one.person_id for one in reporters])
    context = {
        "days_form": days, "hall_form": hall, "search_form": search, "q": words, "found": found, "searched": bool(words),
        "sessions": [(one, queries.session_words(one)) for one in plan.sessions.all()],
        "halls": list(plan.halls.all()),
        "reporters": [(one, None if on is None else on.get(one.person_id, "")) for one in reporters],
        "knows_registers": on is not None, "want": queries.want_of_reporters(plan) if plan.state != TimetableState.CONFIRMED else "",
    }  # fmt: skip
    return _plan_page(request, "classes/desk/timetable_inputs.html", plan, context, part="timetable-inputs")


@desk_page(Permission.CLASS_EDIT)
@require_POST
def remove_part(request: DeskRequest, pk: int, kind: str, part_pk: int) -> HttpResponse:
    plan = access.get_timetable(request.account, pk, Permission.CLASS_EDIT)
    rows = {
        "sessions": plan.sessions.all(),
        "halls": plan.halls.all(),
        "reporters": plan.reporters.select_related("person"),
        "demands": plan.demands.select_related("cell__unit", "hall", "reporter__person"),
    }
    to = reverse(PARTS[kind], args=[pk])
    try:
        actions.remove_plan_part(plan, one_of(rows[kind], part_pk), by=request.account, at=now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=to)
    return saved(request, to=to, message=_("Removed."))


@desk_page(Permission.CLASS_VIEW)
def demands(request: DeskRequest, pk: int) -> HttpResponse:
    plan = access.get_timetable(request.account, pk)
    if request.method == "POST":
        plan = access.get_timetable(request.account, pk, Permission.CLASS_EDIT)
    form = DemandForm(request.POST or None, plan=plan)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.add_plan_demand(plan, by=request.account, at=now(), **form.cleaned_data)
            return saved(request, to=reverse("timetable-demands", args=[pk]), message=_("Saved."))
    rows = plan.demands.select_related("cell__unit", "hall", "reporter__person").order_by("kind", "day", "pk")
    shown = listing(request, rows, sorts={"kind": ["kind", "day"]}, default_sort="kind")
    for row in shown:
        row.label, row.words = PlanDemandKind(row.kind).label, queries.demand_words(row)  # type: ignore[attr-defined]
    context = {"listing": shown, "form": form}
    return _plan_page(request, "classes/desk/timetable_demands.html", plan, context, part="timetable-demands")


@desk_page(Permission.CLASS_VIEW)
def cells(request: DeskRequest, pk: int) -> HttpResponse:
    """Cells of a plan with where they sit; Excel of what they wish."""
    plan = access.get_timetable(request.account, pk)
    if request.GET.get("format") == "xlsx":
        return _wish_workbook(plan)
    if request.method == "POST":
        plan = access.get_timetable(request.account, pk, Permission.CLASS_EDIT)
        try:
            if "recount" in request.POST:
                people = actions.recount_cells(plan, by=request.account, at=now())
                messages.success(request, f"Đã đếm lại: {show_number(people)} người chờ xếp lớp.")
            else:
                form = PlaceForm(request.POST)
                if form.is_valid():
                    cell = one_of(plan.cells.select_related("unit"), form.cleaned_data["cell"])
                    cell.plan = plan
                    actions.place_cell(cell, by=request.account, at=now(), place=form.cleaned_data["place"])
                    messages.success(request, _("Saved."))
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
        return saved(request, to=request.get_full_path())
    rows = queries.cell_rows(plan)
    words = request.GET.get("q", "").strip()
    if words:
        rows = rows.filter(unit__name_folded__contains=fold(words))
    sorts = {"unit": ["unit__path"], "people": ["people"], "place": ["place", "unit__path"]}
    context = {"listing": listing(request, rows, sorts=sorts, default_sort="unit"), "q": words}
    return _plan_page(request, "classes/desk/timetable_cells.html", plan, context, part="timetable-cells")


def _wish_workbook(plan: TimetablePlan) -> HttpResponse:
    column = spreadsheets.OutColumn
    columns = [
        column("code", "Mã đơn vị", kind="code"), column("name", "Chi bộ", width=36),
        column("people", "Số người học", kind="number"), column("place", "Nơi", width=20),
        column("off", "Ngày bận", width=30), column("wish", "Ngày mong muốn", width=30),
        column("duty", "Trực tối thiểu (%)", kind="number"),
    ]  # fmt: skip
    heading = (f"Nguyện vọng của các chi bộ – {plan.title}",)
    target = io.BytesIO()
    lines = queries.wish_lines(queries.load_timetable(plan))
    spreadsheets.write_workbook(
        target, [spreadsheets.Sheet("Nguyện vọng", columns, lines, heading=heading)], at=now(), title=heading[0]
    )
    target.seek(0)
    return download(target, name="nguyen-vong-chi-bo.xlsx", kind=XLSX)


@desk_page(Permission.CLASS_EDIT)
def wishes(request: DeskRequest, pk: int) -> HttpResponse:
    """Wishes of cells from a file: what was understood, then written. Nothing is written before the confirmation."""
    plan = access.get_timetable(request.account, pk, Permission.CLASS_EDIT)
    to = reverse("timetable-cells", args=[pk])
    if request.method == "POST" and "lines" in request.POST:
        confirmed = WishConfirmForm(request.POST)
        if confirmed.is_valid():
            with refusals_on(confirmed):
                count = actions.write_wishes(
                    plan, _unpacked(confirmed.cleaned_data["lines"], plan), by=request.account, at=now(),
                    basis=confirmed.cleaned_data["basis"],
                )  # fmt: skip
                said = (
                    f"Đã ghi nguyện vọng của {show_number(count)} chi bộ."
                    if count
                    else "Danh sách này không thay đổi gì."
                )
                return saved(request, to=to, message=said)
        context: dict[str, Any] = {"form": confirmed, "can_confirm": True, "is_preview": True}
        return _plan_page(request, "classes/desk/timetable_wishes.html", plan, context, part="timetable-cells")
    form = WishFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            upload = form.cleaned_data["file"]
            with tempfile.NamedTemporaryFile(prefix="quantriet-wishes-", suffix=Path(upload.name).suffix) as kept:
                for piece in upload.chunks():
                    kept.write(piece)
                kept.flush()
                found = queries.read_wishes(plan, Path(kept.name), upload.name)
            packed = signing.dumps(
                [plan.pk, [[one.unit_id, one.place, [d.isoformat() for d in one.off], [d.isoformat() for d in one.wish], one.percent] for one in found.lines]],
                salt=_SALT, compress=True,
            )  # fmt: skip
            context = {
                "form": WishConfirmForm(initial={"lines": packed, "basis": f"danh sách {upload.name}"[:200]}),
                "is_preview": True,
                "can_confirm": bool(found.lines) and not found.wrong,
                "lines": [
                    {
                        "line": one, "off": ", ".join(map(show_day, one.off)) or "–",
                        "wish": ", ".join(map(show_day, one.wish)) or "–",
                        "percent": "–" if one.percent is None else f"{one.percent}%",
                    }
                    for one in found.lines[:_SHOWN]
                ],
                "wrong": found.wrong[:_SHOWN],
                "sentence": f"Đọc được {show_number(len(found.lines))} chi bộ, {show_number(len(found.wrong))} chỗ sai. Chưa ghi gì"
                + ("; hãy sửa tệp rồi đọc lại." if found.wrong else "."),
            }  # fmt: skip
            return _plan_page(request, "classes/desk/timetable_wishes.html", plan, context, part="timetable-cells")
    context = {"form": form}
    return _plan_page(request, "classes/desk/timetable_wishes.html", plan, context, part="timetable-cells")


def _unpacked(packed: str, plan: TimetablePlan) -> list[actions.CellWish]:
    try:
        key, lines = signing.loads(packed, salt=_SALT, max_age=24 * 3600)
    except signing.BadSignature:
        raise Refusal("wishes.stale", "Phần xem trước đã cũ hoặc bị đổi; hãy đọc lại tệp.")
    if key != plan.pk:
        raise Refusal("wishes.stale", "Phần xem trước thuộc lịch khác; hãy đọc lại tệp.")
    return [
        actions.CellWish(
            unit, place, tuple(map(dt.date.fromisoformat, off)), tuple(map(dt.date.fromisoformat, wish)), percent
        )
        for unit, place, off, wish, percent in lines
    ]


# --- one class of the plan --------------------------------------------------------------------------------------------


@desk_page(Permission.CLASS_VIEW)
def timetable_class(request: DeskRequest, pk: int, class_pk: int) -> HttpResponse:
    """Who sits in one class of the plan; moving people, with the conflicts this makes shown before it is done."""
    plan = access.get_timetable(request.account, pk)
    what = request.POST.get("what", "move") if request.method == "POST" else ""
    if what:
        plan = access.get_timetable(request.account, pk, Permission.CLASS_EDIT)
    row = one_of(plan.classes.select_related("session", "hall", "reporter__person", "study_class"), class_pk)
    row.plan = plan
    loaded = queries.load_timetable(plan)
    here = (row.session_id, row.hall_id)
    to = reverse("timetable", args=[pk])
    words = queries.place_words(row.session, row.hall)
    form = MoveShareForm(request.POST if what == "move" else None, loaded=loaded, place=here)
    looked: dict[str, Any] = {}
    if what == "move" and form.is_valid():
        share_pk, session_pk, hall_pk, count = form.as_keys()
        if "look" in request.POST or request.htmx:
            looked = _looked(loaded, share_pk, here, (session_pk, hall_pk), count)
        else:
            share = next(one for one in loaded.shares if one.pk == share_pk)
            share.timetable_class.plan = plan
            with refusals_on(form):
                actions.move_people(
                    share, by=request.account, at=now(), count=count,
                    session=next(one for one in loaded.sessions if one.pk == session_pk),
                    hall=next(one for one in loaded.halls if one.pk == hall_pk),
                )  # fmt: skip
                goes_to = next(label for key, label in form.places if key == (session_pk, hall_pk))
                who = share.person.full_name if share.person else f"{show_number(count)} người"
                moved = f"Đã chuyển {who} của {form.names[share.cell_id]} từ {words} sang {goes_to}."
                return saved(request, to=to, message=moved)
    speaker = ReporterChoiceForm(
        request.POST if what == "reporter" else None, plan=plan, initial={"reporter": row.reporter_id}
    )
    if what == "reporter" and speaker.is_valid():
        with refusals_on(speaker):
            actions.give_reporter(row, by=request.account, at=now(), reporter=speaker.cleaned_data["reporter"])
            return saved(request, to=to, message=_("Saved."))
    cells = {cell.pk: cell for cell in loaded.cells}
    shares = sorted(
        (one for one in loaded.shares if one.timetable_class_id == row.pk),
        key=lambda one: (cells[one.cell_id].unit.name, cells[one.cell_id].unit.path, one.person_id or 0),
    )
    context = {
        "row": row, "words": words, "form": form, "speaker_form": speaker, "looked": looked,
        "shares": [(cells[one.cell_id].unit.name, queries.unit_above(plan.unit_id, cells[one.cell_id].unit), one) for one in shares],
        "people": sum(one.count for one in shares),
        "conflicts": [one.sentence for one in loaded.conflicts if here in one.places],
        "may_move": plan.state == TimetableState.READY,
    }  # fmt: skip
    return _plan_page(
        request, "classes/desk/timetable_class.html", plan, context, part="timetable",
        partial="timetable_look" if what == "move" else "",
    )  # fmt: skip


def _looked(
    loaded: queries.Loaded, share_pk: int, here: tuple[int, int], there: tuple[int, int], count: int
) -> dict[str, Any]:
    """What a move would break that is whole now, and what it would mend."""
    share = next(one for one in loaded.shares if one.pk == share_pk)
    if count > share.count:
        return {"sentence": f"Ở lớp này chi bộ chỉ có {show_number(share.count)} người."}
    key = -share.person_id if share.person_id and -share.person_id in loaded.problem.group_of else share.cell_id
    seats = dict(loaded.present.seats)
    seats[key, *here] -= count
    seats[key, *there] = seats.get((key, *there), 0) + count
    moved = planning.Plan({seat: n for seat, n in seats.items() if n}, loaded.present.speakers)
    before = {one.sentence for one in loaded.conflicts}
    after = [one.sentence for one in planning.conflicts(loaded.problem, moved)]
    return {
        "broken": [one for one in after if one not in before],
        "mended": [one for one in before if one not in after],
        "is_clean": set(after) <= before,
    }
