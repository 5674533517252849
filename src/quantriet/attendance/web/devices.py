"""The device that takes a roll without a line: its page and what it asks of the server; and the desk's view of devices.

The page itself (`/station/`) names nobody: a browser may keep it as it is. Whom it shows, it has from `open_station`, sealed on
the device (decision 0029). It and its worker live under one address of their own, beside the handbook and its worker.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from quantriet import __version__
from quantriet.attendance import access, actions, queries
from quantriet.attendance.models import PresenceConflict, RollDevice
from quantriet.attendance.queries import devices as device_queries
from quantriet.attendance.rules import codes
from quantriet.attendance.rules.devices import MOST_BYTES, read_batch
from quantriet.attendance.vocab import ConflictOutcome, ConflictReason, ConflictState
from quantriet.attendance.web.check_in import keys
from quantriet.attendance.web.frame import place_of, roll_page, workbook
from quantriet.classes.models import StudyClass, Venue
from quantriet.kit.numbers import whole_number
from quantriet.kit.refusal import Refusal
from quantriet.kit.sealing import digest, keys_for
from quantriet.kit.spreadsheets import OutColumn
from quantriet.kit.time import now
from quantriet.kit.web import listing, page, saved
from quantriet.org.models import Account
from quantriet.org.web.pages import DeskRequest, member_page, public_page

USE = "attendance.devices"  # what the half of a device's key is made for
WORKER = "attendance/station/worker.js"
# What the page needs without a line.
SHELL = (
    "kit/css/quantriet.css", "attendance/css/roll.css", "attendance/css/codes.css", "attendance/css/station.css",
    "kit/js/display.js", "attendance/js/answers.js", "attendance/station/outbox.js", "attendance/station/seal.js",
    "attendance/station/station.js", "kit/icon.svg", "kit/icons/icon-192.png",
)  # fmt: skip


# --- what a browser keeps -----------------------------------------------------------------------------------------


@public_page
def station(request: HttpRequest) -> HttpResponse:
    """The page of the clerk's device; the same for everybody, for it may stand in a browser's store."""
    answer = page(request, "attendance/station.html", {"without_csrf": True, "hide_sign_in": True})
    answer["Cache-Control"] = "no-cache"
    return answer


@public_page
def manifest(request: HttpRequest) -> HttpResponse:
    """What a phone needs in order to put the page among its programs."""
    said = {
        "id": "/station/", "name": "Điểm danh – Quán triệt", "short_name": "Điểm danh", "lang": "vi", "dir": "ltr",
        "description": "Điểm danh ở điểm cầu, có mạng hay không có mạng đều dùng được.",
        "start_url": "/station/", "scope": "/station/", "display": "standalone", "theme_color": "#9c1620",
        "background_color": "#ffffff",
        "icons": [
            {"src": static("kit/icons/icon-192.png"), "sizes": "192x192", "type": "image/png", "purpose": "any"},
            {"src": static("kit/icons/icon-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "any"},
            {"src": static("kit/icons/maskable-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
        ],
    }  # fmt: skip
    answer = JsonResponse(said, content_type="application/manifest+json")
    answer["Cache-Control"] = "public, max-age=3600"
    return answer


@public_page
def worker(request: HttpRequest) -> HttpResponse:
    """The worker of the page, with the addresses it works with."""
    setup = {
        "version": _version(), "page": reverse("station"), "here": reverse("station-here"), "sync": reverse("station-sync"),
        "static": settings.STATIC_URL, "hashed": bool(getattr(staticfiles_storage, "manifest_hash", "")),
        "shell": [static(name) for name in SHELL],
    }  # fmt: skip
    lines = [
        f"self.STATION = {json.dumps(setup, sort_keys=True)};",
        f"importScripts({json.dumps(static('attendance/station/outbox.js'))}, {json.dumps(static(WORKER))});",
    ]
    answer = HttpResponse("\n".join(lines) + "\n", content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer


def _version() -> str:
    """Changes with every asset: a browser fetches the worker, and with it the page, anew when this does."""
    made = hashlib.sha256(__version__.encode())
    made.update(str(getattr(staticfiles_storage, "manifest_hash", "")).encode())
    if not getattr(staticfiles_storage, "manifest_hash", ""):
        for name in (*SHELL, WORKER):
            path = finders.find(name)
            if path:
                with open(path, "rb") as file:
                    made.update(file.read())
    return made.hexdigest()[:16]


# --- what a device asks -------------------------------------------------------------------------------------------


@never_cache
@require_GET
@public_page
def here(request: HttpRequest) -> HttpResponse:
    """Whether there is a line, what hour it is, who is signed in, and the token of forms; asked before anything is sent."""
    user = request.user
    is_signed = user.is_authenticated
    return JsonResponse(
        {
            "server": _milliseconds(),
            "token": get_token(request),
            "account": account_mark(user) if is_signed and isinstance(user, Account) else "",
            "name": str(user) if is_signed else "",
        }
    )


def account_mark(account: Account) -> str:
    """Whose device it is, as the device remembers it: no name, no number, and no way back to either."""
    return digest(str(account.pk), "attendance.devices.account")[:24]


@require_POST
@member_page
def open_station(request: DeskRequest) -> HttpResponse:
    """Give a device the names of a venue, and the server's half of the key that seals them there."""
    body = _body(request)
    if body is None or not isinstance(body, dict):
        return _unreadable()
    class_id, venue_id = (whole_number(str(body.get(name, ""))) for name in ("class", "venue"))
    if class_id is None or venue_id is None:
        return _unreadable()
    study_class = access.get_roll(request.account, class_id)
    venue = _venue(request, study_class, venue_id)
    key, label = body.get("device"), body.get("label")
    try:
        device = actions.open_device(
            study_class, venue, key=key if isinstance(key, str) else "",
            label=label if isinstance(label, str) else "Trình duyệt", by=request.account, at=now(),
        )  # fmt: skip
    except Refusal as refusal:
        return JsonResponse({"code": refusal.code, "sentence": refusal.sentence}, status=409)
    return JsonResponse(_given(request.account, study_class, venue, device))


def _given(account: Account, study_class: StudyClass, venue: Venue, device: RollDevice) -> dict[str, Any]:
    where = f"?venue={venue.pk}"
    return {
        "server": _milliseconds(),
        "device": device.key,
        "account": account_mark(account),
        "grant": hmac.digest(keys_for(USE)[0], f"{device.key}.{account.pk}".encode(), "sha256").hex(),
        "until": int(device.names_until.timestamp() * 1000),
        "title": study_class.title,
        "venue": venue.name,
        "sessions": [
            [one.pk, one.title, int(one.starts_at.timestamp() * 1000), int(one.ends_at.timestamp() * 1000)]
            for one in study_class.sessions.order_by("starts_at", "pk")
        ],
        "people": [
            [one.line, one.name, one.cell, one.born, list(one.cards), one.live]
            for one in device_queries.people_given(venue, device, keys())
        ],
        "live": {"step": codes.LIVE_STEP, "back": codes.LIVE_BACK},
        "conflicts": reverse("roll-conflicts", args=[study_class.pk]) + where,
        "desk": reverse("roll-devices", args=[study_class.pk]) + where,
    }


@require_POST
@member_page
def sync(request: DeskRequest) -> HttpResponse:
    """A delivery of facts, perhaps of none: then it only asks how things stand. The answer comes after the data is on disk."""
    if (whole_number(request.headers.get("Content-Length", "")) or 0) > MOST_BYTES:
        return JsonResponse(
            {"code": "device.too_large", "sentence": "Gói dữ liệu quá lớn; máy sẽ tự chia nhỏ rồi gửi lại."}, status=413
        )
    body = _body(request)
    try:
        batch = read_batch(body)
        synced = actions.sync_device(batch, by=request.account, at=now())
    except Refusal as refusal:
        status = 404 if refusal.code == "device.unknown" else 400
        return JsonResponse({"code": refusal.code, "sentence": refusal.sentence}, status=status)
    device = synced.device
    answer: dict[str, Any] = {
        "server": _milliseconds(),
        "account": account_mark(request.account),
        "told": [[one.nonce, one.received.value, one.sentence] for one in synced.told],
        "ended": synced.ended,
        "conflicts": 0,
        "rows": None,
    }
    if synced.ended in ("", "closed"):
        answer["conflicts"] = device_queries.open_conflicts(device.venue)
        study_class = device.venue.study_class
        session = study_class.sessions.filter(pk=batch.session_id).first() if batch.session_id is not None else None
        if session is not None:
            shown = queries.roll(study_class, device.venue, session)
            answer["rows"] = {row.entry_id: [row.standing, row.words] for row in shown.rows}
    return JsonResponse(answer)


def _body(request: HttpRequest) -> Any:
    """The decoded body; None when it is no JSON, or deeper than a reader goes."""
    if request.content_type != "application/json":
        return None
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        return None


def _unreadable() -> JsonResponse:
    return JsonResponse(
        {"code": "device.unreadable", "sentence": "Dữ liệu gửi lên không đọc được; hãy tải lại trang."}, status=400
    )


def _milliseconds() -> int:
    return int(now().timestamp() * 1000)


def _venue(request: DeskRequest, study_class: StudyClass, pk: int | None) -> Venue:
    venue = access.venues_marked_by(request.account, study_class).filter(pk=pk).first()
    if venue is None:
        raise Http404
    return venue


# --- at the desk --------------------------------------------------------------------------------------------------


@member_page
def devices(request: DeskRequest, pk: int) -> HttpResponse:
    """The devices of a venue: when each was heard of, what it had not sent, which is lost and what is missing with it."""
    study_class = access.get_roll(request.account, pk)
    place = place_of(request, study_class, now())
    context: dict[str, Any] = {**place.context, "heading": study_class.title}
    if place.session and place.venue:
        rows = list(device_queries.devices_of(place.venue)[:100])
        missing = (
            device_queries.people_without_mark(place.venue, place.session) if any(one.lost_at for one in rows) else []
        )
        context |= {
            "devices": rows,
            "missing": missing,
            "open_conflicts": device_queries.open_conflicts(place.venue),
            "station_url": f"{reverse('station')}?class={pk}&venue={place.venue.pk}",
        }
    return roll_page(request, "attendance/desk/devices.html", study_class, context, part="roll-devices")


@require_POST
@member_page
def lost(request: DeskRequest, pk: int, device_pk: int) -> HttpResponse:
    """Declare a device lost, so that paper stands in for it."""
    study_class = access.get_roll(request.account, pk)
    device = (
        RollDevice.objects.filter(pk=device_pk, venue__in=access.venues_marked_by(request.account, study_class))
        .select_related("venue__study_class__unit")
        .first()
    )
    if device is None:
        raise Http404
    back = f"{reverse('roll-devices', args=[pk])}?venue={device.venue_id}"
    try:
        actions.lose_device(device, by=request.account, at=now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=back)
    return saved(
        request, to=back, message="Đã báo mất máy. Nhập phiếu giấy thay; lượt nào máy còn gửi về sẽ vào mục xung đột."
    )


@member_page
def conflicts(request: DeskRequest, pk: int) -> HttpResponse:
    """Conflicts of a venue with both sides, and their settling."""
    study_class = access.get_roll(request.account, pk)
    if request.method == "POST":
        return _settle(request, study_class)
    place = place_of(request, study_class, now())
    context: dict[str, Any] = {**place.context, "heading": study_class.title}
    if place.venue:
        is_settled = request.GET.get("state") == ConflictState.SETTLED
        state = ConflictState.SETTLED if is_settled else ConflictState.OPEN
        found = device_queries.conflicts_at(place.venue, state)
        if request.GET.get("format") == "xlsx":
            return _workbook(study_class, list(found.order_by("raised_at", "pk")))
        rows = listing(
            request, found, sorts={"raised": ["raised_at"]}, default_sort="-raised" if is_settled else "raised"
        )
        sides = device_queries.sides_of(rows.rows)
        address = f"?venue={place.venue.pk}"
        context |= {
            "rows": rows,
            "lines": [
                (one, *sides[one.pk], _choices(one), ConflictOutcome(one.outcome).label if one.outcome else "")
                for one in rows
            ],
            "together": [] if is_settled else device_queries.held_together(place.venue),
            "is_settled": is_settled,
            "states": [
                {"label": _("To be settled"), "url": address, "current": not is_settled},
                {"label": _("Already settled"), "url": f"{address}&state=settled", "current": is_settled},
            ],
        }
    return roll_page(request, "attendance/desk/conflicts.html", study_class, context, part="roll-conflicts")


def _choices(one: PresenceConflict) -> list[tuple[str, str]]:
    """The buttons of a conflict: in words that say whom they follow."""
    words = {
        ConflictOutcome.FIRST: "Theo bên thứ nhất",
        ConflictOutcome.SECOND: "Theo bên thứ hai",
        ConflictOutcome.BOTH: "Cả hai đều đúng",
        ConflictOutcome.TAKEN: "Ghi nhận lượt này",
        ConflictOutcome.LEFT_OUT: "Không ghi",
    }
    return [(choice.value, words[choice]) for choice in device_queries.choices_of(one)]


def _settle(request: DeskRequest, study_class: StudyClass) -> HttpResponse:
    mine = access.venues_marked_by(request.account, study_class)
    outcome = request.POST.get("outcome", "")
    if outcome not in list(ConflictOutcome) or outcome == ConflictOutcome.UNDONE:
        raise Http404
    together, at = whole_number(request.POST.get("device")), now()
    if together is not None:
        device = (
            RollDevice.objects.filter(pk=together, venue__in=mine).select_related("venue__study_class__unit").first()
        )
        reason = request.POST.get("reason", "")
        if device is None or reason not in list(ConflictReason):
            raise Http404
        back, count = f"{reverse('roll-conflicts', args=[study_class.pk])}?venue={device.venue_id}", 0
        try:
            count = actions.settle_held(
                device, ConflictReason(reason), ConflictOutcome(outcome), by=request.account, at=at
            )
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
            return saved(request, to=back)
        return saved(request, to=back, message=f"Đã giải quyết {count} lượt.")
    one = (
        PresenceConflict.objects.filter(pk=whole_number(request.POST.get("conflict")), venue__in=mine)
        .select_related("held", "venue__study_class__unit")
        .first()
    )
    if one is None:
        raise Http404
    back = f"{reverse('roll-conflicts', args=[study_class.pk])}?venue={one.venue_id}"
    try:
        actions.settle_conflict(
            one, ConflictOutcome(outcome), clock=request.POST.get("clock", "").strip()[:5], by=request.account, at=at
        )
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=back)
    return saved(request, to=back, message="Đã giải quyết xung đột.")


def _workbook(study_class: StudyClass, rows: list[PresenceConflict]) -> HttpResponse:
    columns = [
        OutColumn("name", "Họ và tên"),
        OutColumn("cell", "Chi bộ"),
        OutColumn("session", "Buổi học"),
        OutColumn("reason", "Vì sao"),
        OutColumn("first", "Bên thứ nhất"),
        OutColumn("second", "Bên thứ hai"),
        OutColumn("raised", "Lúc", kind="moment"),
        OutColumn("result", "Kết quả"),
    ]
    sides = device_queries.sides_of(rows)

    def told(side: device_queries.Side | None) -> str:
        return f"{side.title}: {'; '.join(side.says)}" if side else ""

    lines = (
        {
            "name": one.entry.person.full_name if one.entry else "",
            "cell": one.entry.unit.name if one.entry else "",
            "session": one.session.title if one.session else "",
            "reason": one.sentence,
            "first": told(sides[one.pk][0]),
            "second": told(sides[one.pk][1]),
            "raised": one.raised_at,
            "result": ConflictOutcome(one.outcome).label if one.outcome else "",
        }
        for one in rows
    )
    title = "Xung đột điểm danh"
    return workbook(
        f"xung-dot-{study_class.code}.xlsx", title, columns, lines, heading=(f"{title}: {study_class.title}",)
    )
