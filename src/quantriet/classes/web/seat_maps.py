"""Who sits where in a venue of a class: the drawing that one taps, automatic seating, paper, Excel in and out."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from quantriet.classes import access, actions, queries
from quantriet.classes.models import Hall, RosterEntry, SeatMap, StudyClass, Venue
from quantriet.classes.rules.halls import Spot
from quantriet.classes.vocab import RUNNING_STATES, StageSide
from quantriet.classes.web.desk import workbook
from quantriet.classes.web.forms import ListForm
from quantriet.classes.web.frame import class_page
from quantriet.kit import spreadsheets
from quantriet.kit.numbers import show_number, whole_number
from quantriet.kit.refusal import NotAllowed, Refusal, Refusals, refusals_on
from quantriet.kit.time import now
from quantriet.kit.web import page, saved
from quantriet.org.access import one_of
from quantriet.org.actions import privacy as privacy_actions
from quantriet.org.models import Unit
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page

_SALT = "quantriet.seats.listed"
_SHOWN = 200
_PAPERS = ("a4", "a3")


class HallChoice(forms.Form):
    hall = forms.ModelChoiceField(Hall.objects.none(), label=_("Hall"), empty_label=None)

    def __init__(self, *args: Any, halls: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["hall"].queryset = halls  # type: ignore[attr-defined]
        self.fields["hall"].label_from_instance = (  # type: ignore[attr-defined]
            lambda hall: f"{hall.name}, {show_number(hall.seats)} ghế ({hall.unit.name})"
        )


@dataclass(frozen=True)
class Cell:
    """A seat as the page draws it."""

    spot: Spot
    kind: str  # taken, open, kept, off
    name: str = ""
    full: str = ""
    unit: str = ""
    tone: int = 0  # units beside each other are told apart by one of six tones, and by their words


def _venue(
    request: DeskRequest, study_class: StudyClass, permission: Permission = Permission.CLASS_VIEW
) -> tuple[Venue, list[Venue]]:
    """The venue that is asked for, else the first, and all that the account may treat so; of another's no seat is told.

    Raises NotAllowed where the account sees the class for its own people in it and looks after none of its venues.
    """
    seen = access.venues_seen_by(request.account, permission).filter(study_class=study_class)
    venues = list(seen.select_related("unit").order_by("-is_main", "name"))
    asked = whole_number(request.GET.get("venue") or request.POST.get("venue"))
    chosen = next((one for one in venues if one.pk == asked), None)
    if asked is not None and chosen is None:
        raise Http404
    if not venues:
        raise NotAllowed
    venue = chosen or venues[0]
    venue.study_class = study_class
    return venue, venues


def _cells(plan: queries.Seating, only: int | None = None) -> list[dict[str, Any]]:
    """The drawing; a constant amount of work for each seat."""
    tones: dict[str, int] = {}
    for one in plan.sitters:
        tones.setdefault(plan.people[one.entry_id].place, len(tones) % 6 + 1)
    rows = []
    for label, is_after_aisle, parts in queries.drawn_rows(plan.layout, only):
        drawn = []
        for part in parts:
            cells = []
            for spot, is_used in part:
                placed = plan.people.get(plan.on.get(spot, 0))
                if placed is not None:
                    cells.append(
                        Cell(spot, "taken", placed.short, placed.name, placed.place, tones.get(placed.place, 0))
                    )
                else:
                    cells.append(Cell(spot, "kept" if spot in plan.kept_free else "open" if is_used else "off"))
            drawn.append(cells)
        rows.append({"label": label, "is_after_aisle": is_after_aisle, "parts": drawn})
    return rows


@desk_page(Permission.CLASS_VIEW)
def seats(request: DeskRequest, pk: int) -> HttpResponse:
    study_class = access.get_class(request.account, pk)
    venue, venues = _venue(request, study_class)
    seat_map = queries.seat_map_of(venue)
    may_change = access.may_change(request.account, study_class) and study_class.state in RUNNING_STATES
    halls = access.halls_to_choose(request.account, venue)
    context: dict[str, Any] = {
        "venue": venue,
        "venue_tabs": [{"label": one.name, "url": f"?venue={one.pk}", "current": one == venue} for one in venues]
        if len(venues) > 1
        else [],
        "seat_map": seat_map,
        "may_seat": may_change,
        "has_halls": may_change and halls.exists(),
        "hall_form": HallChoice(halls=halls, initial={"hall": seat_map.hall_id if seat_map else None})
        if may_change
        else None,
    }
    if seat_map is not None:
        plan = queries.seating(seat_map)
        if request.GET.get("format") == "xlsx":
            privacy_actions.note_list(
                request.account, study_class.unit, "tải sơ đồ chỗ ngồi ra Excel", len(plan.places), at=now()
            )
            return _workbook(study_class, venue, plan)
        context |= _shown(request, seat_map, plan, venue, may_change=may_change)
    return class_page(request, "classes/desk/seats.html", study_class, context, part="class-seats")


def _shown(
    request: DeskRequest, seat_map: SeatMap, plan: queries.Seating, venue: Venue, *, may_change: bool
) -> dict[str, Any]:
    only = whole_number(request.GET.get("block"))
    only = only if any(block.number == only for block in plan.layout.blocks) else None
    where = f"?venue={venue.pk}" + (f"&block={only}" if only else "")
    chosen = plan.layout.find(request.GET["seat"]) if may_change and request.GET.get("seat") else None
    person = plan.people.get(whole_number(request.GET.get("person")) or 0) if may_change else None
    owners = {block.number: block.unit for block in plan.blocks}
    taken = set(plan.places.values())
    return {
        "plan": plan,
        "rows": _cells(plan, only),
        "where": where,
        "only": only,
        "stage": StageSide(plan.layout.stage),
        "chosen": chosen,
        "chosen_kept": chosen in plan.kept_free,
        "chosen_person": plan.people.get(plan.on.get(chosen, 0)) if chosen else None,
        "person": None if chosen else person,
        "blocks": [
            {
                "block": block,
                "unit": owners.get(block.number),
                "unit_name": plan.units.get(owners[block.number].pk, "") if block.number in owners else "",
                "taken": sum(1 for spot in block.spots if spot in taken),
                "size": len(block.spots),
                "url": f"?venue={venue.pk}&block={block.number}",
                "current": block.number == only,
            }
            for block in plan.layout.blocks
        ],
        "units": list(plan.units.items()) if may_change else [],
        "is_outdated": queries.is_outdated(seat_map),
        "seated": len(plan.places),
        "seats": len(plan.layout.spots),
        "without": plan.without[:_SHOWN],
        "without_more": max(0, len(plan.without) - _SHOWN),
    }


def _workbook(study_class: StudyClass, venue: Venue, plan: queries.Seating) -> HttpResponse:
    column = spreadsheets.OutColumn
    columns = [
        column("block", "Khối", kind="whole", width=8),
        column("row", "Hàng", width=8),
        column("number", "Ghế số", kind="whole", width=8),
        column("seat", "Chỗ ngồi", kind="code"),
        column("code", "Mã đảng viên", kind="code"),
        column("name", "Họ và tên", width=28),
        column("post", "Chức vụ", width=28),
        column("cell", "Chi bộ", width=32),
        column("above", "Cấp trên", width=32),
    ]

    def line(spot: Spot | None, placed: queries.Placed | None) -> dict[str, Any]:
        name = placed.name if placed else "(giữ trống)" if spot in plan.kept_free else ""
        return {
            "block": plan.layout.block_of.get(spot) if spot else None,
            "row": spot.row if spot else "",
            "number": spot.number if spot else None,
            "seat": spot.code if spot else "",
            "code": placed.code if placed else "",
            "name": name,
            "post": placed.post if placed else "",
            "cell": placed.cell if placed else "",
            "above": placed.above if placed else "",
        }

    lines = [line(spot, placed) for spot, placed in queries.seat_rows(plan)]
    lines += [line(None, placed) for placed in plan.without]
    return workbook(
        f"cho-ngoi-{study_class.code}.xlsx", "Chỗ ngồi", columns, lines,
        heading=(f"Sơ đồ chỗ ngồi: {study_class.title}", venue.name),
    )  # fmt: skip


# --- what is done with it ---------------------------------------------------------------------------------------


def _mapped(request: DeskRequest, pk: int) -> tuple[StudyClass, Venue, SeatMap | None]:
    study_class = access.get_class(request.account, pk, Permission.CLASS_EDIT)
    venue, _venues = _venue(request, study_class, Permission.CLASS_EDIT)
    return study_class, venue, queries.seat_map_of(venue)


def _no_map(request: DeskRequest, pk: int, venue: Venue) -> HttpResponse:
    messages.error(request, f"{venue.name} chưa chọn hội trường; hãy chọn ở đây trước.")
    return saved(request, to=f"{reverse('class-seats', args=[pk])}?venue={venue.pk}")


def _back(request: DeskRequest, pk: int, venue: Venue, seat: str = "") -> str:
    block = whole_number(request.POST.get("block"))
    where = f"?venue={venue.pk}" + (f"&block={block}" if block else "") + (f"&seat={seat}" if seat else "")
    return f"{reverse('class-seats', args=[pk])}{where}"


def _done(request: DeskRequest, to: str, do: Callable[[], str]) -> HttpResponse:
    try:
        told = do()
    except Refusal as refusal:
        several = refusal.several if isinstance(refusal, Refusals) else [refusal]
        for one in several[:20]:
            messages.error(request, one.sentence)
        return saved(request, to=to)
    return saved(request, to=to, message=told)


@require_POST
@desk_page(Permission.CLASS_EDIT)
def hall(request: DeskRequest, pk: int) -> HttpResponse:
    study_class = access.get_class(request.account, pk, Permission.CLASS_EDIT)
    venue, _venues = _venue(request, study_class, Permission.CLASS_EDIT)
    chosen = one_of(access.halls_to_choose(request.account, venue), whole_number(request.POST.get("hall")) or 0)

    def do() -> str:
        given_up = actions.choose_hall(venue, chosen, by=request.account, at=now())
        told = f"{venue.name} dùng sơ đồ {chosen.name}, {show_number(chosen.seats)} ghế."
        if given_up:
            told += f" Các khối đã đổi nên bỏ {show_number(given_up)} khối dành riêng cho đơn vị; hãy chọn lại nếu cần."
        return told

    return _done(request, _back(request, pk, venue), do)


@require_POST
@desk_page(Permission.CLASS_EDIT)
def fill(request: DeskRequest, pk: int) -> HttpResponse:
    _study_class, venue, seat_map = _mapped(request, pk)
    if seat_map is None:
        return _no_map(request, pk, venue)

    def do() -> str:
        done = actions.fill_seats(seat_map, anew="anew" in request.POST, by=request.account, at=now())
        told = f"Đã xếp {show_number(len(done.places))} người, đổi chỗ {show_number(len(done.moved))} người."
        return told + (f" Còn {show_number(len(done.without))} người không còn ghế." if done.without else "")

    return _done(request, _back(request, pk, venue), do)


@require_POST
@desk_page(Permission.CLASS_EDIT)
def move(request: DeskRequest, pk: int) -> HttpResponse:
    """What was tapped second: another seat for whoever was chosen first, or what to do with the chosen seat."""
    study_class, venue, seat_map = _mapped(request, pk)
    if seat_map is None:
        return _no_map(request, pk, venue)
    seat, to = request.POST.get("seat", "")[:20], request.POST.get("to", "")[:20]
    what = request.POST.get("do", "")
    by, at = request.account, now()

    def do() -> str:
        if what == "free":
            return actions.free_seat(seat_map, seat, by=by, at=at)
        if what in ("keep", "unkeep"):
            actions.keep_free(seat_map, seat, is_kept=what == "keep", by=by, at=at)
            return f"Ghế {seat} giữ trống." if what == "keep" else f"Ghế {seat} xếp người được."
        person = whole_number(request.POST.get("person"))
        if person is not None:
            entry = one_of(RosterEntry.objects.filter(study_class=study_class).select_related("person"), person)
            return actions.give_seat(seat_map, entry, to, by=by, at=at)
        return actions.move_seat(seat_map, seat, to, by=by, at=at)

    return _done(request, _back(request, pk, venue), do)


@require_POST
@desk_page(Permission.CLASS_EDIT)
def block(request: DeskRequest, pk: int) -> HttpResponse:
    study_class, venue, seat_map = _mapped(request, pk)
    if seat_map is None:
        return _no_map(request, pk, venue)
    number = whole_number(request.POST.get("number")) or 0
    key = whole_number(request.POST.get("unit"))
    called = Unit.objects.filter(pk__in=study_class.roster.filter(venue=venue).values("unit"))
    unit = one_of(called, key) if key is not None else None

    def do() -> str:
        actions.keep_block(seat_map, number, unit, by=request.account, at=now())
        return f"Khối {number} dành cho {unit.name}." if unit else f"Khối {number} không dành cho đơn vị nào."

    return _done(request, _back(request, pk, venue) + "#blocks", do)


# --- paper --------------------------------------------------------------------------------------------------------


@desk_page(Permission.CLASS_VIEW)
def print_seats(request: DeskRequest, pk: int) -> HttpResponse:
    """The plan on paper: the whole hall on one A3 sheet, or a block a sheet on A4."""
    study_class = access.get_class(request.account, pk)
    venue, _venues = _venue(request, study_class)
    seat_map = queries.seat_map_of(venue)
    if seat_map is None:
        return _no_map(request, pk, venue)
    plan = queries.seating(seat_map)
    asked = request.GET.get("paper", "")
    paper = asked if asked in _PAPERS else _PAPERS[0]
    privacy_actions.note_list(request.account, study_class.unit, "in sơ đồ chỗ ngồi", len(plan.places), at=now())
    if paper == "a3":
        sheets = [{"title": "", "rows": _cells(plan)}]
    else:
        sheets = [{"title": one.words, "rows": _cells(plan, one.number)} for one in plan.layout.blocks]
    context = {
        "title": _t("Seat plan"),
        "study_class": study_class,
        "venue": venue,
        "seat_map": seat_map,
        "plan": plan,
        "sheets": sheets,
        "sheet": paper,
        "stage": StageSide(plan.layout.stage),
        "place": {"unit": study_class.unit.name},
        "paper": {},
        "papers": [
            {"label": one.upper(), "url": f"?venue={venue.pk}&paper={one}", "current": one == paper} for one in _PAPERS
        ],
        "back_url": f"{reverse('class-seats', args=[pk])}?venue={venue.pk}",
    }
    return page(request, "classes/desk/seats_print.html", context)


# --- a seating made elsewhere -------------------------------------------------------------------------------------


@desk_page(Permission.CLASS_EDIT)
def listed(request: DeskRequest, pk: int) -> HttpResponse:
    """Seats from a file: what was understood is shown first, with each fault by its row; then all or nothing."""
    study_class, venue, seat_map = _mapped(request, pk)
    if seat_map is None:
        return _no_map(request, pk, venue)
    back = f"{reverse('class-seats', args=[pk])}?venue={venue.pk}"
    if request.method == "POST" and "listed" in request.POST:
        try:
            places = signing.loads(request.POST["listed"], salt=_SALT, max_age=86_400)
        except signing.BadSignature:
            messages.error(request, "Bản xem trước đã quá một ngày hoặc không đọc được; hãy chọn lại tệp.")
            return saved(request, to=back)
        if places["map"] != seat_map.pk:
            raise Http404

        def do() -> str:
            given = {int(key): code for key, code in places["seats"]}
            changed = actions.take_listed_seats(seat_map, given, by=request.account, at=now())
            return f"Đã xếp theo danh sách: {show_number(changed)} người đổi chỗ."

        return _done(request, back, do)
    form = ListForm(request.POST or None, request.FILES or None)
    form.fields["file"].help_text = (
        "Excel (.xlsx, .xls), .ods hoặc .csv có dòng tiêu đề: mã đảng viên hoặc họ tên và chi bộ; chỗ ngồi như C5, hoặc hai "
        "cột hàng, ghế số. Tệp tải ra từ trang này dùng lại được."
    )
    context: dict[str, Any] = {"form": form, "venue": venue, "back": back}
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            upload = form.cleaned_data["file"]
            with tempfile.NamedTemporaryFile(prefix="quantriet-seats-", suffix=Path(upload.name).suffix) as kept:
                for piece in upload.chunks():
                    kept.write(piece)
                kept.flush()
                read = queries.read_seats(seat_map, Path(kept.name), upload.name)
            context |= {
                "read": read,
                "lines": read.lines[:_SHOWN],
                "wrong": read.wrong[:_SHOWN],
                "ousted": read.ousted[:_SHOWN],
                "listed": signing.dumps(
                    {"map": seat_map.pk, "seats": [(one.entry_id, one.seat) for one in read.lines]}, salt=_SALT,
                    compress=True,
                ),
                "changed": sum(1 for one in read.lines if one.before != one.seat),
                "name": upload.name,
            }  # fmt: skip
    return class_page(request, "classes/desk/seats_list.html", study_class, context, part="class-seats")
