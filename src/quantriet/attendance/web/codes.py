"""Check-in by code at the desk: the hall's screen, printed cards, phones that served several members; and the scanner."""

from __future__ import annotations

import math
import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from quantriet.attendance import access, actions
from quantriet.attendance.queries import check_ins as queries
from quantriet.attendance.queries import questionnaires as questionnaire_queries
from quantriet.attendance.rules import codes
from quantriet.attendance.vocab import CheckedIn, FactKind, Turn
from quantriet.attendance.web.check_in import drawn, keys
from quantriet.attendance.web.frame import Place, asked_place, is_reopened, page, place_of, roll_page, why_not, workbook
from quantriet.classes import queries as class_queries
from quantriet.classes.models import ClassSession, RosterEntry, StudyClass, Venue
from quantriet.kit import barcodes
from quantriet.kit.numbers import whole_number
from quantriet.kit.refusal import Refusal
from quantriet.kit.spreadsheets import OutColumn
from quantriet.kit.time import local, now, show_clock, show_moment
from quantriet.kit.web import saved
from quantriet.org.web.pages import DeskRequest, member_page

_AHEAD = 5  # codes that a screen is given at once: a line that is down for half a minute is not seen in the hall
_LOOK_AGAIN = 60  # seconds until a screen asks again, so that a check begun by hand is on it within a minute
_CARDS = 200  # of one printing


@member_page
def overview(request: DeskRequest, pk: int) -> HttpResponse:
    """The ways by code of one venue in one session, and the phones that served several members."""
    study_class = access.get_roll(request.account, pk)
    at = now()
    place = place_of(request, study_class, at)
    context: dict[str, Any] = {**place.context, "heading": study_class.title}
    if place.session and place.venue:
        shared = queries.shared_devices(place.session, place.venue)
        if request.GET.get("format") == "xlsx":
            return _shared_workbook(study_class, shared)
        came, called = queries.checked_in(place.session, place.venue)
        context |= {"shared": shared, "came": came, "called": called, "why_no_code": _no_code(study_class, place, at)}
    return roll_page(request, "attendance/desk/codes.html", study_class, context, part="codes")


def _shared_workbook(study_class: StudyClass, shared: list[queries.SharedDevice]) -> HttpResponse:
    columns = [
        OutColumn("phone", "Máy", kind="number"),
        OutColumn("name", "Họ và tên"),
        OutColumn("cell", "Chi bộ"),
        OutColumn("at", "Quét lúc", kind="moment"),
    ]
    rows = (
        {"phone": number, "name": name, "cell": cell, "at": at}
        for number, one in enumerate(shared, start=1)
        for _entry, name, cell, at in one.people
    )
    title = "Một máy, nhiều người"
    return workbook(
        f"mot-may-{study_class.code}.xlsx", title, columns, rows, heading=(f"{title}: {study_class.title}",)
    )


# --- the hall's screen ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Code:
    """A code on the screen for so many seconds from when it is its turn."""

    svg: SafeString
    seconds: float


@never_cache
@member_page
def screen(request: DeskRequest, pk: int) -> HttpResponse:
    """A whole screen for the projector. With the script it changes by itself and needs the line once a minute; without, the
    page loads anew with each code."""
    study_class = access.get_roll(request.account, pk)
    at = now()
    place = asked_place(request, study_class, at)
    if place.session is None or place.venue is None:
        raise Http404
    reason = _no_code(study_class, place, at)
    shown = [] if reason else _codes(request, place.session, place.venue, at.timestamp())
    check = queries.check_now(place.session, place.venue, at)
    asks = questionnaire_queries.open_now(place.session.pk, place.venue.pk, at)
    look_again: float = _LOOK_AGAIN
    coming = check.ends_at if check else asks.ends_at if asks else None
    if coming is None:
        drawn_one = queries.check_to_come(place.session, place.venue, at)
        coming = drawn_one.starts_at if drawn_one else None
    if coming is not None:
        look_again = min(look_again, max(1, math.ceil((coming - at).total_seconds()) + 1))
    context = {
        **place.context,
        "study_class": study_class,
        "heading": study_class.title,
        "codes": shown,
        "why_no_code": reason,
        "check": check,
        "asks": asks,
        "look_again": look_again,
        "reload": math.ceil(shown[0].seconds) if shown else 60,
    }
    template = "attendance/desk/_screen.html" if request.headers.get("X-Poll") else "attendance/desk/screen.html"
    return page(request, template, context)


def _codes(request: HttpRequest, session: ClassSession, venue: Venue, at: float) -> list[_Code]:
    key, step = keys()[0], codes.hall_step(at)
    shown = []
    for number in range(_AHEAD):
        text = codes.hall_code(key, venue.pk, session.pk, step + number)
        address = request.build_absolute_uri(reverse("check-in", args=[text]))
        seconds = codes.HALL_STEP - at % codes.HALL_STEP if number == 0 else float(codes.HALL_STEP)
        shown.append(_Code(drawn(address, _("Check-in code of the hall")), seconds))
    return shown


def _no_code(study_class: StudyClass, place: Place, at: Any) -> str:
    """Why no code is shown now; empty when it is."""
    session = place.session
    assert session is not None
    reason = why_not(study_class, reopened=is_reopened(study_class))
    if reason:
        return reason
    if local(at).date() < local(session.starts_at).date():
        return f"“{session.title}” bắt đầu {show_moment(session.starts_at)}; mã hiện trong ngày học."
    if at >= session.ends_at:
        return f"“{session.title}” đã kết thúc lúc {show_clock(session.ends_at)} nên không còn mã."
    return ""


# --- printed cards ----------------------------------------------------------------------------------------------


@member_page
def cards(request: DeskRequest, pk: int) -> HttpResponse:
    """Cards of the people of a venue, each with its code, to be cut and handed out or kept at the desk."""
    study_class = access.get_roll(request.account, pk)
    place = asked_place(request, study_class, now())
    if place.session is None or place.venue is None:
        raise Http404
    people = RosterEntry.objects.filter(venue=place.venue).select_related("person", "unit")
    total = people.count()
    parts = max(1, math.ceil(total / _CARDS))
    part = min(whole_number(request.GET.get("part"), least=1) or 1, parts)
    key = keys()[0]
    made = []
    by_seat = request.GET.get("order") == "seat"
    for entry in _in_order(people, place.venue, by_seat=by_seat)[(part - 1) * _CARDS : part * _CARDS]:
        code = codes.personal_code(key, entry.pk)
        made.append({"entry": entry, "code": code, "svg": drawn(code, entry.person.full_name)})
    context = {
        **place.context,
        "heading": _("Attendance cards"),
        "study_class": study_class,
        "sessions": list(study_class.sessions.order_by("starts_at", "pk")),
        "cards": made,
        "parts": [
            {
                "label": f"{one}/{parts}",
                "url": f"?{place.context['where']}&part={one}{'&order=seat' if by_seat else ''}",
                "current": one == part,
            }
            for one in range(1, parts + 1)
        ]
        if parts > 1
        else [],
        "orders": [
            {"label": _("By cell"), "url": f"?{place.context['where']}", "current": not by_seat},
            {"label": _("By seat"), "url": f"?{place.context['where']}&order=seat", "current": by_seat},
        ],
        "place": {"unit": study_class.unit.name},
        "paper": {},
        "back_url": f"{reverse('codes', args=[pk])}?{place.context['where']}",
    }
    return page(request, "attendance/desk/cards_print.html", context)


def _in_order(people: QuerySet[RosterEntry], venue: Venue, *, by_seat: bool) -> Sequence[RosterEntry]:
    """By cell and name; or row by row, as cards are laid on the seats, who has none at the end."""
    known = list(people.order_by("unit__path", "person__sort_key", "pk"))
    seat_map = class_queries.seat_map_of(venue) if by_seat else None
    if seat_map is None:
        return known
    places = class_queries.seat_order(seat_map)
    return sorted(known, key=lambda entry: places.get(entry.pk, len(places)))


# --- the scanner ------------------------------------------------------------------------------------------------


@member_page
def scan(request: DeskRequest, pk: int) -> HttpResponse:
    """The desk at the door: codes by a USB scanner, the camera, a photo, or typed; arrivals and departures."""
    if request.method == "POST":
        return _scan_post(request, pk)
    study_class = access.get_roll(request.account, pk)
    at = now()
    place = place_of(request, study_class, at)
    turn = _turn(request.GET.get("turn"))
    context: dict[str, Any] = {
        **place.context,
        "heading": study_class.title,
        "nonce": secrets.token_hex(8),
        "turn": turn,
        "turns": [(one.value, one.label, one == turn) for one in Turn],
    }
    if place.session and place.venue:
        came, called = queries.checked_in(place.session, place.venue)
        context |= {"came": came, "called": called, "why_no_code": _no_scan(study_class, place, at)}
    return roll_page(request, "attendance/desk/scan.html", study_class, context, part="scan")


def _no_scan(study_class: StudyClass, place: Place, at: Any) -> str:
    """Departures are scanned also after the end; else as for the code of the hall."""
    assert place.session is not None
    if local(at).date() == local(place.session.ends_at).date() and at >= place.session.ends_at:
        return why_not(study_class, reopened=is_reopened(study_class))
    return _no_code(study_class, place, at)


def _turn(value: str | None) -> Turn:
    return Turn(value) if value in list(Turn) else Turn.ARRIVE


def _scan_post(request: DeskRequest, pk: int) -> HttpResponse:
    wants_json = request.headers.get("Accept", "").startswith("application/json")
    session_id, venue_id = (whole_number(request.POST.get(name)) for name in ("session", "venue"))
    if session_id is None or venue_id is None:
        access.get_roll(request.account, pk)
        raise Http404
    turn = _turn(request.POST.get("turn"))
    text = request.POST.get("code", "")[:400]
    nonce = f"s-{request.POST.get('nonce', '')[:32] or secrets.token_hex(16)}"
    try:
        done = _scanned(request, pk, session_id, venue_id, text, turn, nonce)
    except Refusal as refusal:
        # Only here is asked whether the class may be known at all: a scan in order costs no extra statement.
        access.get_roll(request.account, pk)
        if wants_json:
            return JsonResponse({"ok": False, "code": refusal.code, "sentence": refusal.sentence})
        messages.error(request, refusal.sentence)
        return saved(request, to=_back(pk, session_id, venue_id, turn))
    if wants_json:
        return JsonResponse({"ok": True, **_answer(done)})
    return saved(request, to=_back(pk, session_id, venue_id, turn), message=str(_answer(done)["sentence"]))


def _scanned(
    request: DeskRequest, pk: int, session_id: int, venue_id: int, text: str, turn: Turn, nonce: str
) -> CheckedIn:
    at = now()
    entry_id = codes.read_scanned(keys(), text, at.timestamp())
    return actions.scan_at_desk(
        entry_id, class_id=pk, session_id=session_id, venue_id=venue_id, turn=turn, nonce=nonce, by=request.account,
        at=at,
    )  # fmt: skip


def _answer(done: CheckedIn) -> dict[str, Any]:
    verb = {FactKind.ARRIVE: "Đến", FactKind.LEAVE: "Về"}.get(done.kind, done.kind.label)
    again = ", vừa quét rồi" if done.is_repeat else ""
    return {
        "kind": done.kind.value,
        "repeat": done.is_repeat,
        "name": done.name,
        "cell": done.cell,
        "entry": done.entry_id,
        "sentence": f"{verb} {show_clock(done.at)}: {done.name} ({done.cell}){again}.",
    }


def _back(pk: int, session_id: int, venue_id: int, turn: Turn) -> str:
    return f"{reverse('scan', args=[pk])}?session={session_id}&venue={venue_id}&turn={turn.value}"


@require_POST
@member_page
def scan_photo(request: DeskRequest, pk: int) -> HttpResponse:
    """A photo of one code or of a sheet of cards, read on the server; each code is a scan of its own."""
    access.get_roll(request.account, pk)
    session_id, venue_id = (whole_number(request.POST.get(name)) for name in ("session", "venue"))
    if session_id is None or venue_id is None:
        raise Http404
    turn = _turn(request.POST.get("turn"))
    upload = request.FILES.get("photo")
    back = _back(pk, session_id, venue_id, turn)
    if upload is None:
        messages.error(request, "Chưa chọn ảnh; hãy chụp mã hoặc chọn một ảnh có mã.")
        return saved(request, to=back)
    with tempfile.NamedTemporaryFile(suffix=Path(upload.name or "").suffix[:5]) as copy:
        for piece in upload.chunks():
            copy.write(piece)
        copy.flush()
        try:
            texts = barcodes.read(Path(copy.name), upload.name or "")
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
            return saved(request, to=back)
    nonce = request.POST.get("nonce", "")[:16] or secrets.token_hex(8)
    for number, text in enumerate(texts):
        try:
            done = _scanned(request, pk, session_id, venue_id, text, turn, f"p-{nonce}-{number}")
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
        else:
            messages.success(request, str(_answer(done)["sentence"]))
    return saved(request, to=back)
