"""The seat plan as register: an usher taps only the empty seats, block by block, and confirms each block."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from quantriet.attendance import access, actions, queries
from quantriet.attendance.models import SeatRound
from quantriet.attendance.queries import seat_rounds as reads
from quantriet.attendance.rules.seat_rounds import default_hour
from quantriet.attendance.web.frame import asked_place, place_of, roll_page, workbook
from quantriet.classes import queries as class_queries
from quantriet.classes.models import StudyClass
from quantriet.kit.numbers import show_number, whole_number, whole_numbers
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.spreadsheets import OutColumn
from quantriet.kit.text import fold
from quantriet.kit.time import at_local, local, now, parse_clock, show_clock
from quantriet.kit.web import saved
from quantriet.org.access import one_of
from quantriet.org.web.pages import DeskRequest, member_page

_LONGEST_DELAY = dt.timedelta(days=2)
_MOST_ORDERS = 500
_FOUND = 12


@member_page
def seats(request: DeskRequest, pk: int) -> HttpResponse:
    """The hall in one round: all blocks one below the other, so that a phone without a line can go on."""
    study_class = access.get_roll(request.account, pk)
    at = now()
    place = place_of(request, study_class, at)
    context: dict[str, Any] = {**place.context, "heading": study_class.title, "nonce": secrets.token_hex(8)}
    if place.session and place.venue:
        seat_map = class_queries.seat_map_of(place.venue)
        rounds = reads.seat_rounds(place.session, place.venue)
        chosen = whole_number(request.GET.get("round"))
        current = next((one for one in rounds if one.number == chosen), rounds[-1] if rounds else None)
        context |= {"seat_map": seat_map, "round": current}
        if seat_map is not None:
            shown = queries.roll(study_class, place.venue, place.session)
            register = reads.seat_register(seat_map, shown, current)
            hour = default_hour(shown.time, at, is_first=not rounds)
            context |= {
                "roll": shown,
                "register": register,
                "next_number": len(rounds) + 1,
                "hour": show_clock(hour),
                "rounds": [
                    {
                        "label": f"{_('Round')} {one.number} ({show_clock(one.as_of)})",
                        "url": f"?{context['where']}&round={one.number}",
                        "current": one == current,
                    }
                    for one in rounds
                ],
                **_asked_seat(request, shown, register),
            }
    return roll_page(request, "attendance/desk/seats.html", study_class, context, part="seats")


def _asked_seat(request: DeskRequest, shown: queries.Roll, register: reads.SeatRegister) -> dict[str, Any]:
    """The seat on which somebody else sits, and whom the usher may mean."""
    entry = whole_number(request.GET.get("entry"))
    if entry is None:
        return {}
    cells = {cell.row.entry_id: cell for block in register.blocks for cell in block.cells}
    cell = cells.get(entry)
    if cell is None:
        return {}
    words = fold(request.GET.get("q", ""))
    found = [row for row in shown.rows if row.entry_id != entry and words and words in row.key][:_FOUND]
    return {
        "asked": cell,
        "q": request.GET.get("q", ""),
        "found": [(row, cells[row.entry_id].spot.code if row.entry_id in cells else "") for row in found],
    }


@require_GET
@member_page
def state(request: DeskRequest, pk: int) -> HttpResponse:
    """What all ushers of a venue have tapped and confirmed, for the script to keep their pages alike."""
    if "round_id" not in request.GET:
        access.get_roll(request.account, pk)
        return JsonResponse({"came": 0, "seats": {}, "blocks": {}, "warnings": {}})
    study_class, seat_round = _round(request, pk, request.GET.get("round_id"))
    seat_map = class_queries.seat_map_of(seat_round.venue)
    if seat_map is None:
        raise Http404
    shown = queries.roll(study_class, seat_round.venue, seat_round.session)
    register = reads.seat_register(seat_map, shown, seat_round)
    return JsonResponse(
        {
            "came": shown.came,
            "seats": {
                cell.row.entry_id: [int(cell.is_empty), cell.tapped_by]
                for block in register.blocks
                for cell in block.cells
                if cell.tapped_by
            },
            "blocks": {
                block.block.number: [int(block.is_done), _said(block)] for block in register.blocks if block.confirmed
            },
            "warnings": {block.block.number: block.warning for block in register.blocks if block.warning},
        }
    )


def _said(block: reads.SeenBlock) -> str:
    one = block.confirmed
    if one is None:
        return ""
    told = f"{show_number(one.taken)} có người, {show_number(one.empty)} trống; {one.account.display_name} {show_clock(one.at)}"
    return f"{told}; có thay đổi, cần xác nhận lại" if block.is_changed else told


def _round(request: DeskRequest, pk: int, asked: Any) -> tuple[StudyClass, SeatRound]:
    """A round of a venue whose roll the account takes."""
    study_class = access.get_roll(request.account, pk)
    mine = SeatRound.objects.filter(
        session__study_class=study_class, venue__in=access.venues_marked_by(request.account, study_class)
    )
    rows = mine.select_related(
        "session__study_class__campaign", "session__study_class__unit", "venue__study_class__unit"
    )
    return study_class, one_of(rows, whole_number(str(asked)) or 0)


@require_POST
@member_page
def begin(request: DeskRequest, pk: int) -> HttpResponse:
    """Begin the round of arrival, or a later one, for the hour that is written."""
    study_class = access.get_roll(request.account, pk)
    sessions = {one.pk: one for one in study_class.sessions.all()}
    session = sessions.get(whole_number(request.POST.get("session")) or 0)
    venues = access.venues_marked_by(request.account, study_class)
    venue = venues.filter(pk=whole_number(request.POST.get("venue"))).first()
    if session is None or venue is None:
        raise Http404
    back = f"{reverse('seats', args=[pk])}?session={session.pk}&venue={venue.pk}"
    clock = parse_clock(request.POST.get("hour", "")[:8])
    try:
        if clock is None:
            raise Refusal("seats.hour", "Giờ ghi như 07:30.", field="hour")
        session.study_class = study_class
        made = actions.begin_round(
            session, venue, as_of=at_local(local(session.starts_at).date(), clock),
            number=whole_number(request.POST.get("number")) or 1, by=request.account, at=now(),
        )  # fmt: skip
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=back)
    return saved(request, to=f"{back}&round={made.number}#usher")


@require_POST
@member_page
def tap(request: DeskRequest, pk: int) -> HttpResponse:
    """Taps and confirmations: one from a form, or several from the script in their order; each answered by its nonce."""
    if request.content_type == "application/json":
        return _by_script(request, pk)
    _study_class, seat_round = _round(request, pk, request.POST.get("round_id"))
    what, _sign, key = request.POST.get("do", "").partition(":")
    number = whole_number(key)
    nonce = request.POST.get("nonce", "")[:16] or secrets.token_hex(8)
    back = f"{reverse('seats', args=[pk])}?session={seat_round.session_id}&venue={seat_round.venue_id}&round={seat_round.number}"
    if number is None or what not in ("empty", "taken", "confirm"):
        raise Http404
    try:
        if what == "confirm":
            empty = whole_numbers(request.POST.get(f"empty-{number}", "").split(","))
            done = actions.confirm_block(
                seat_round, number, empty=empty, nonce=f"{nonce}-c{number}", by=request.account, at=now()
            )
            for question in done.questions:
                messages.warning(request, question)
            return saved(request, to=f"{back}#block-{number}", message=_done(done))
        actions.tap_seat(
            seat_round, number, is_empty=what == "empty", nonce=f"{nonce}-{number}-{what}", by=request.account, at=now()
        )
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=back)
    return saved(request, to=f"{back}#seat-{number}")


def _done(done: actions.Confirmed) -> str:
    told = f"Khối {done.block}: {show_number(done.taken)} ghế có người, {show_number(done.empty)} ghế trống."
    return told + (f" {show_number(len(done.questions))} ghế cần xem lại." if done.questions else "")


def _by_script(request: DeskRequest, pk: int) -> HttpResponse:
    at = now()
    try:
        asked = json.loads(request.body)
        orders = asked["orders"]
        if not isinstance(orders, list) or len(orders) > _MOST_ORDERS:
            raise ValueError
        read = [_order(one, at) for one in orders]
    except (ValueError, KeyError, TypeError, OverflowError):
        return JsonResponse({"error": "Dữ liệu điểm danh không đọc được; hãy tải lại trang."}, status=400)
    _study_class, seat_round = _round(request, pk, asked.get("round_id"))
    answers = []
    for nonce, what, key, value, moment in read:
        answer: dict[str, Any] = {"nonce": nonce, "ok": True}
        try:
            if what == "confirm":
                done = actions.confirm_block(
                    seat_round, key, empty=value, nonce=nonce, by=request.account, at=at, seen_at=moment
                )
                answer |= {"sentence": _done(done), "questions": done.questions}
            else:
                actions.tap_seat(
                    seat_round, key, is_empty=bool(value), nonce=nonce, by=request.account, at=at, seen_at=moment
                )
        except Refusal as refusal:
            one = refusal.several[0] if isinstance(refusal, Refusals) else refusal
            answer = {"nonce": nonce, "ok": False, "code": one.code, "sentence": one.sentence}
        answers.append(answer)
    return JsonResponse({"orders": answers})


Order = tuple[
    str, str, int, Any, dt.datetime
]  # nonce, what, seat's roster line or block, empty or not or all empty, when


def _order(one: dict[str, Any], at: dt.datetime) -> Order:
    ago = dt.timedelta(seconds=max(0.0, float(one.get("ago", 0))))
    moment = at - min(ago, _LONGEST_DELAY)
    if one["do"] == "confirm":
        return str(one["nonce"]), "confirm", int(one["block"]), [int(key) for key in one["empty"]], moment
    return str(one["nonce"]), "tap", int(one["entry"]), bool(one["empty"]), moment


@require_POST
@member_page
def swap(request: DeskRequest, pk: int) -> HttpResponse:
    """Somebody else sits on this seat."""
    study_class, seat_round = _round(request, pk, request.POST.get("round_id"))
    entry = whole_number(request.POST.get("entry")) or 0
    back = f"{reverse('seats', args=[pk])}?session={seat_round.session_id}&venue={seat_round.venue_id}&round={seat_round.number}"
    mine = access.entries_marked_by(request.account).filter(study_class=study_class, venue=seat_round.venue_id)
    sitter = one_of(mine.select_related("person"), whole_number(request.POST.get("sitter")) or 0)
    one_of(mine, entry)
    try:
        told = actions.set_sitter_right(
            seat_round, entry, sitter, nonce=request.POST.get("nonce", "") or secrets.token_hex(8), by=request.account,
            at=now(),
        )  # fmt: skip
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=back)
    return saved(request, to=f"{back}#seat-{sitter.pk}", message=f"{told} Xác nhận lại khối để ghi kết quả.")


@member_page
def missing(request: DeskRequest, pk: int) -> HttpResponse:
    """Who of a venue is not in the hall, by unit, with the seat; on the page, on paper and as Excel."""
    study_class = access.get_roll(request.account, pk)
    place = asked_place(request, study_class, now())
    if place.session is None or place.venue is None:
        raise Http404
    shown = queries.roll(study_class, place.venue, place.session)
    units = reads.missing_by_unit(place.venue, shown)
    if request.GET.get("format") == "xlsx":
        columns = [
            OutColumn("cell", "Chi bộ", width=32),
            OutColumn("code", "Mã đảng viên", kind="code"),
            OutColumn("name", "Họ và tên", width=28),
            OutColumn("seat", "Chỗ ngồi", kind="code"),
            OutColumn("state", "Tình trạng", width=28),
        ]
        lines = (
            {"cell": unit.cell, "code": row.code, "name": row.name, "seat": seat, "state": row.words}
            for unit in units
            for row, seat in unit.missing
        )
        title = "Người không có mặt"
        return workbook(
            f"khong-co-mat-{study_class.code}.xlsx", title, columns, lines,
            heading=(f"{title}: {study_class.title}", f"{place.venue.name}, {place.session.title}"),
        )  # fmt: skip
    context = {
        **place.context,
        "heading": study_class.title,
        "roll": shown,
        "units": units,
        "missing_count": sum(len(unit.missing) for unit in units),
    }
    return roll_page(request, "attendance/desk/missing.html", study_class, context, part="seats")
