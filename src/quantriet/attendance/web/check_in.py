"""What a phone does in a hall: opens the code of the screen, confirms; and the member's own code for the desk's scanner."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import segno
from django.conf import settings
from django.db.models import Exists, OuterRef, Q, Subquery
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from quantriet.attendance import actions
from quantriet.attendance.models import Questionnaire, SuggestionBox
from quantriet.attendance.rules import codes
from quantriet.attendance.rules.codes import Ticket
from quantriet.attendance.rules.questionnaires import Question
from quantriet.attendance.vocab import CheckedIn
from quantriet.campaigns.models import StudyDuty
from quantriet.classes.models import ClassSession, RosterEntry
from quantriet.classes.vocab import ClassState
from quantriet.kit import web
from quantriet.kit.numbers import whole_number
from quantriet.kit.refusal import Refusal
from quantriet.kit.sealing import keys_for
from quantriet.kit.time import now, show_clock
from quantriet.org import actions as org_actions
from quantriet.org.models import Account
from quantriet.org.rules.tries import Door
from quantriet.org.web.pages import DeskRequest, client_address, member_page, public_page

DEVICE_COOKIE = "check_in_device"  # a random word by which the clerk sees that one phone served several members
_DEVICE = re.compile(r"[0-9a-f]{16}")
_DEVICE_AGE = 180 * 24 * 60 * 60


def keys() -> list[bytes]:
    return keys_for(codes.USE)


def drawn(text: str, label: str) -> SafeString:
    """A QR code as SVG, as wide as its box; `label` is what a screen reader says."""
    svg = segno.make(text, error="m").svg_inline(border=4, dark="#000", light="#fff", title=label, omitsize=True)
    return mark_safe(svg.replace("<svg ", '<svg role="img" ', 1))  # noqa: S308 (drawn by segno)


# --- the code of a hall -----------------------------------------------------------------------------------------


@never_cache
@public_page
def check_in(request: HttpRequest, code: str) -> HttpResponse:
    """Opened by the camera of a phone: nothing is written yet, the page only asks to confirm.

    Whoever is signed in and called to this hall confirms with one touch (with the script: at once); anybody else types the
    code of their card. What the code proves is kept in a ticket of this phone for five minutes.
    """
    at = now()
    try:
        hall = codes.read_hall_code(keys(), code, at.timestamp())
    except Refusal as refusal:
        return _page(request, _Shown(refusal=refusal.sentence), status=410 if refusal.code == "code.old" else 404)
    # What else may be done by this code is asked with it: a questionnaire that is open, suggestions.
    mine = Q(venue=hall.venue_id) | Q(venue__isnull=True)
    asked = Questionnaire.objects.filter(
        mine, session=OuterRef("pk"), called_off_at__isnull=True, opens_at__lte=at, ends_at__gt=at
    )
    box = SuggestionBox.objects.filter(study_class=OuterRef("study_class"), is_open=True)
    where = (
        ClassSession.objects.filter(pk=hall.session_id, study_class__venues=hall.venue_id)
        .annotate(asks=Subquery(asked.order_by("-opens_at").values("pk")[:1]), takes=Exists(box))
        .values_list("title", "study_class__title", "study_class__venues__name", "asks", "takes")
        .first()
    )
    if where is None:
        return _page(request, _Shown(refusal="Lớp hoặc điểm cầu của mã này không còn nữa."), status=404)
    device = request.COOKIES.get(DEVICE_COOKIE, "")
    if not _DEVICE.fullmatch(device):
        device = secrets.token_hex(8)
    key = keys()[0]
    ticket = Ticket(hall.venue_id, hall.session_id, hall.step, int(at.timestamp()), device)
    shown = _Shown(where=where[:3], open_ticket=codes.make_ticket(key, ticket), takes=where[4])
    if where[3] is not None:
        shown.ask(Questionnaire.objects.get(pk=where[3]))
    account: Account | None = request.account if request.user.is_authenticated else None  # type: ignore[attr-defined]
    if account is not None and account.person_id:
        own = (
            RosterEntry.objects.filter(person_id=account.person_id, study_class__sessions=hall.session_id)
            .values_list("pk", "person__full_name", "venue_id", "venue__name")
            .first()
        )
        if own is None:
            shown.refusal = (
                "Đồng chí không có trong danh sách lớp đang họp ở đây; hãy xem lại giấy mời hoặc báo cán bộ điểm danh."
            )
        elif own[2] != hall.venue_id:
            shown.refusal = f"Đồng chí được xếp ở {own[3]}, không phải điểm cầu này; hãy báo cán bộ điểm danh."
        else:
            shown.name = own[1]
            mine = ticket._replace(entry_id=own[0], account_id=account.pk)
            shown.own_ticket = codes.make_ticket(key, mine)
    response = _page(request, shown)
    response.set_cookie(
        DEVICE_COOKIE, device, max_age=_DEVICE_AGE, httponly=True, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax"
    )
    return response


@never_cache
@public_page
def confirm(request: HttpRequest) -> HttpResponse:
    """Write the check-in of a ticket; asked again it answers the same. For the script as JSON, else as a page."""
    if request.method != "POST":
        return _page(request, _Shown())
    wants_json = request.headers.get("Accept", "").startswith("application/json")
    at = now()
    ticket_text = request.POST.get("ticket", "")[:300]
    device = request.COOKIES.get(DEVICE_COOKIE, "")
    try:
        ticket = codes.read_ticket(keys(), ticket_text, device=device, at=at.timestamp())
    except Refusal as refusal:
        return _refused(request, refusal, wants_json, "")
    try:
        done = _confirmed(request, ticket, at)
    except Refusal as refusal:
        # Whose ticket it was by name cannot be typed again; what was typed wrong can.
        again = "" if ticket.entry_id else ticket_text
        return _refused(request, refusal, wants_json, again, typed=request.POST.get("code", "")[:40])
    if wants_json:
        return JsonResponse({"ok": True, "sentence": _sentence(done), "note": _note(done)})
    other = ticket._replace(entry_id=0, account_id=0)
    shown = _Shown(done=_sentence(done), note=_note(done), open_ticket=codes.make_ticket(keys()[0], other))
    return _page(request, shown)


def _confirmed(request: HttpRequest, ticket: Ticket, at: Any) -> CheckedIn:
    entry_id, by = _whose(request, ticket, at)
    return actions.check_in_by_code(ticket, entry_id, by=by, at=at)


def _whose(request: HttpRequest, ticket: Ticket, at: Any) -> tuple[int, Account | None]:
    """The roster line that a ticket or the typed card names, and the account that speaks for it."""
    if ticket.entry_id:
        account: Account = request.account  # type: ignore[attr-defined]
        if account.pk != ticket.account_id:
            raise Refusal(
                "ticket.account", "Tài khoản trên máy này vừa thay đổi; hãy quét lại mã đang hiện trên màn chiếu."
            )
        return ticket.entry_id, account
    address = client_address(request)
    org_actions.refuse_if_closed(Door.CARD, username=ticket.device, address=address, at=at)
    try:
        entry_id = codes.read_personal_code(keys(), request.POST.get("code", "")[:40])
    except Refusal:
        org_actions.count_wrong(Door.CARD, username=ticket.device, address=address, at=at)
        raise
    return entry_id, None


@never_cache
@public_page
def answers(request: HttpRequest) -> HttpResponse:
    """Answers to the questionnaire of the hall, by a ticket; asked again it answers the same."""
    key = whole_number(request.POST.get("questionnaire"))

    def act(ticket: Ticket, at: Any, shown: _Shown) -> tuple[str, str]:
        row = (
            Questionnaire.objects.select_related("session").filter(pk=key, opens_at__isnull=False).first()
            if key
            else None
        )
        if row is None:
            raise Refusal(
                "questionnaire.gone", "Phiếu hỏi này không còn nữa; hãy quét lại mã đang hiện trên màn chiếu."
            )
        given = [request.POST.get(f"q{number}", "")[:600] for number in range(1, len(row.questions) + 1)]
        shown.ask(row, given)
        entry_id, by = _whose(request, ticket, at)
        done = actions.answer_questionnaire(row, ticket, entry_id, given, by=by, at=at)
        counted = " và được ghi có mặt" if row.is_presence else ""
        if done.is_repeat:
            return f"{done.name} đã trả lời phiếu này lúc {show_clock(done.at)} rồi.", "Mỗi người trả lời một lần."
        return f"Đã nhận trả lời của {done.name}{counted} lúc {show_clock(done.at)}.", "Có thể tắt trang này."

    return _by_ticket(request, act, lasts=codes.TICKET_LASTS)


@never_cache
@public_page
def suggest(request: HttpRequest) -> HttpResponse:
    """A suggestion written in the hall, by a ticket that lasts as long as one writes."""

    def act(ticket: Ticket, at: Any, shown: _Shown) -> tuple[str, str]:
        shown.takes, shown.text = True, request.POST.get("text", "")[:4000]
        entry_id, by = _whose(request, ticket, at)
        done = actions.write_suggestion(ticket, entry_id, shown.text, by=by, at=at)
        shown.text = ""
        return f"Đã nhận góp ý của {done.name}.", f"{done.session}, {done.venue}. {done.words}."

    return _by_ticket(request, act, lasts=codes.WRITING_LASTS)


def _by_ticket(
    request: HttpRequest, act: Callable[[Ticket, Any, _Shown], tuple[str, str]], *, lasts: int
) -> HttpResponse:
    """What a phone sends with its ticket: done, or refused with what was typed still there."""
    if request.method != "POST":
        return _page(request, _Shown())
    wants_json = request.headers.get("Accept", "").startswith("application/json")
    at, shown = now(), _Shown(typed=request.POST.get("code", "")[:40])
    text = request.POST.get("ticket", "")[:300]
    try:
        ticket = codes.read_ticket(
            keys(), text, device=request.COOKIES.get(DEVICE_COOKIE, ""), at=at.timestamp(), lasts=lasts
        )
        if ticket.entry_id:
            shown.own_ticket, shown.is_typing = text, True
        else:
            shown.open_ticket = text
        sentence, note = act(ticket, at, shown)
    except Refusal as refusal:
        if wants_json:
            return JsonResponse({"ok": False, "code": refusal.code, "sentence": refusal.sentence}, status=422)
        shown.refusal = refusal.sentence
        return _page(request, shown, status=422)
    if wants_json:
        return JsonResponse({"ok": True, "sentence": sentence, "note": note})
    return _page(request, _Shown(done=sentence, note=note))


def _sentence(done: CheckedIn) -> str:
    if done.is_repeat:
        return f"{done.name} đã được ghi có mặt lúc {show_clock(done.at)} rồi."
    return f"Đã ghi {done.name} có mặt lúc {show_clock(done.at)}."


def _note(done: CheckedIn) -> str:
    return f"{done.session}, {done.venue}. {done.words}. Có thể tắt trang này."


@dataclass
class _Shown:
    """What the phone's page holds: a refusal, a way to confirm, or what was done."""

    refusal: str = ""
    where: tuple[str, str, str] | None = None  # session, class, venue
    name: str = ""
    own_ticket: str = ""
    open_ticket: str = ""
    typed: str = ""
    done: str = ""
    note: str = ""
    asks: Questionnaire | None = None  # a questionnaire that is open in this hall
    questions: list[dict[str, Any]] = field(default_factory=list)
    takes: bool = False  # suggestions
    text: str = ""
    is_typing: bool = False  # an answer was refused: nothing is sent by itself

    def ask(self, row: Questionnaire, given: list[str] | None = None) -> None:
        self.asks = row
        read = [Question.from_json(one) for one in row.questions]
        self.questions = [
            {
                "number": number, "name": f"q{number}", "text": one.text, "given": (given or [""] * len(read))[number - 1],
                "choices": [(str(place), words) for place, words in enumerate(one.choices)],
            }
            for number, one in enumerate(read, start=1)
        ]  # fmt: skip


def _refused(request: HttpRequest, refusal: Refusal, as_json: bool, again: str, typed: str = "") -> HttpResponse:
    if as_json:
        return JsonResponse({"ok": False, "code": refusal.code, "sentence": refusal.sentence}, status=422)
    return _page(request, _Shown(refusal=refusal.sentence, open_ticket=again, typed=typed), status=422)


def _page(request: HttpRequest, shown: _Shown, status: int = 200) -> HttpResponse:
    context = {"shown": shown, "title": _("Check-in"), "heading": _("Check-in")}
    return web.page(request, "attendance/member/check_in.html", context, status=status)


# --- the member's own code --------------------------------------------------------------------------------------


@never_cache
@member_page
def my_code(request: DeskRequest, pk: int) -> HttpResponse:
    """The code of one's own place in a class, for the scanner at the desk; a new one every half minute."""
    person_id = request.account.person_id
    duty = StudyDuty.objects.filter(pk=pk, person_id=person_id).first() if person_id else None
    if duty is None:
        raise Http404
    entry = (
        RosterEntry.objects.filter(duty=duty, study_class__state=ClassState.RELEASED)
        .select_related("study_class", "venue", "person")
        .first()
    )
    context: dict[str, Any] = {
        "title": _("My check-in code"),
        "heading": _("My check-in code"),
        "entry": entry,
        "duty": duty,
        "refresh": codes.LIVE_STEP,
    }
    if entry is not None:
        text = codes.live_code(keys()[0], entry.pk, codes.live_step(now().timestamp()))
        context["svg"] = drawn(text, f"{_('Check-in code')}: {entry.person.full_name}")
    return web.page(request, "attendance/member/my_code.html", context, partial="my_code")
