"""The clerk's day: today's classes, the roll of one venue in one session, a mark, its undoing."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from quantriet.attendance import access, actions, queries
from quantriet.attendance.models import PresenceFact
from quantriet.attendance.rules.slips import read_times
from quantriet.attendance.vocab import FactKind, Mark, MarkResult, Method, Standing
from quantriet.attendance.web.frame import STANDING_SIGNS, page, place_of, roll_page
from quantriet.classes.models import ClassSession, StudyClass, Venue
from quantriet.kit.numbers import whole_number
from quantriet.kit.refusal import NotAllowed, Refusal, Refusals
from quantriet.kit.templatetags.ui import status
from quantriet.kit.text import fold
from quantriet.kit.time import local, now
from quantriet.kit.web import listing, safe_next, saved
from quantriet.org.access import may_anywhere
from quantriet.org.models import Account
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, member_page

# A phone that had no line sends its marks later, with how long ago each was made.
_LONGEST_DELAY = dt.timedelta(days=2)
_MOST_MARKS = 500
_TIMES = "times"  # beside the kinds of marks: the hours of coming and leaving, written by hand


@member_page
def today(request: DeskRequest) -> HttpResponse:
    """Classes whose roll is open and taken by this account, today's first; also for the clerk of a single venue."""
    if not access.may_take_rolls(request.account):
        raise NotAllowed
    at = now()
    mine = access.rolls_taken_by(request.account)
    state = request.GET.get("state")
    is_asked = state == "asked"
    is_closed, is_ended = state == "closed" or is_asked, state == "ended"
    rows = (
        listing(
            request,
            queries.asked_rolls(mine, at) if is_asked else queries.closed_rolls(mine),
            sorts={"day": ["first_at"], "title": ["title"]},
            default_sort="-day",
        )
        if is_closed
        else listing(
            request,
            queries.ended_rolls(mine, at) if is_ended else queries.open_rolls(mine, at),
            sorts={"day": ["-today", "first_at"], "title": ["title"]},
            default_sort="day",
        )
    )
    tabs = [
        {"label": _("Open rolls"), "url": reverse("roll-today"), "current": not (is_closed or is_ended)},
        {"label": _("Ended, not closed"), "url": f"{reverse('roll-today')}?state=ended", "current": is_ended},
        {
            "label": _("Closed rolls"),
            "url": f"{reverse('roll-today')}?state=closed",
            "current": is_closed and not is_asked,
        },
    ]
    if may_anywhere(request.account, Permission.ROLL_UNLOCK):
        tabs.append(
            {"label": _("Reopening asked for"), "url": f"{reverse('roll-today')}?state=asked", "current": is_asked}
        )
    if may_anywhere(request.account, Permission.CLASS_VIEW):
        tabs.append({"label": _("Excuses"), "url": reverse("excuse-list"), "current": False})
    return page(
        request,
        "attendance/desk/today.html",
        {
            "rows": rows,
            "day": local(at).date(),
            "heading": _("Roll call"),
            "tabs": tabs,
            "is_closed": is_closed,
            "is_ended": is_ended,
            "is_asked": is_asked,
        },
    )


# --- the page ---------------------------------------------------------------------------------------------------


@member_page
def roll(request: DeskRequest, pk: int) -> HttpResponse:
    """The roll of one venue in one session; works by forms alone, quicker with the script."""
    study_class = access.get_roll(request.account, pk)
    at = now()
    place = place_of(request, study_class, at)
    session, venue = place.session, place.venue
    context: dict[str, Any] = {**place.context, "heading": study_class.title}
    if session and venue:
        shown = queries.roll(study_class, venue, session)
        words = fold(request.GET.get("q", ""))
        rows = [row for row in shown.rows if words in row.key] if words else shown.rows
        counted = shown.time
        first, last = local(session.starts_at).date(), local(session.ends_at).date()
        day = local(at).date()
        context |= {
            "roll": shown,
            "lines": _lines(rows),
            "q": request.GET.get("q", ""),
            "is_running": first <= day <= last and at < session.ends_at,
            "is_over": at >= session.ends_at,
            "is_before": day < first,
            "runs_for": max(0, int((session.ends_at - at).total_seconds())),
            "timed": whole_number(request.GET.get("time")),
            "came": request.GET.get("came", "")[:5],
            "left": request.GET.get("left", "")[:5],
            "planned_minutes": counted.planned // 60,
            "pause_minutes": int((counted.end - counted.start).total_seconds() - counted.planned) // 60,
            "nonce": secrets.token_hex(8),
            "last": _last_mark(request, study_class),
        }
    return roll_page(request, "attendance/desk/roll.html", study_class, context, part="roll")


@dataclass(frozen=True)
class _Line:
    """One person as the page shows it: what a template would look up a thousand times is text already."""

    row: queries.RollRow
    key: str
    url: str
    born: str
    standing: str
    status: SafeString


def _lines(rows: Sequence[queries.RollRow]) -> list[_Line]:
    before, after = reverse("evidence", args=[0]).rsplit("0", 1)
    return [
        _Line(
            row=row,
            key=str(row.entry_id),
            url=f"{before}{row.entry_id}{after}",
            born=str(row.birth_year or ""),
            standing=row.standing.value,
            status=status(
                "exempt" if row.is_excused and row.standing == Standing.NONE else STANDING_SIGNS[row.standing],
                row.words,
            ),
        )
        for row in rows
    ]


def _last_mark(request: DeskRequest, study_class: StudyClass) -> PresenceFact | None:
    """The mark just made by a plain form, so that it can be undone at once."""
    nonce = request.GET.get("last")
    if not nonce:
        return None
    return (
        PresenceFact.objects.filter(
            nonce=nonce,
            entry__study_class=study_class,
            account=request.account,
            voided_by__isnull=True,
            recorded_at__gte=now() - dt.timedelta(minutes=10),
        )
        .select_related("entry__person")
        .first()
    )


@require_GET
@member_page
def state(request: DeskRequest, pk: int) -> HttpResponse:
    """How everybody of a venue stands in a session, for the script to keep two clerks' pages alike."""
    study_class = access.get_roll(request.account, pk)
    session, venue = _session_of(study_class, request.GET), _venue_of(request.account, study_class, request.GET)
    shown = queries.roll(study_class, venue, session)
    return JsonResponse(
        {"rows": {row.entry_id: [row.standing, row.words, row.is_excused, row.why] for row in shown.rows}}
    )


def _session_of(study_class: StudyClass, values: Any) -> ClassSession:
    session = study_class.sessions.filter(pk=whole_number(values.get("session"))).first()
    if session is None:
        raise Http404
    return session


def _venue_of(account: Account, study_class: StudyClass, values: Any) -> Venue:
    venue = access.venues_marked_by(account, study_class).filter(pk=whole_number(values.get("venue"))).first()
    if venue is None:
        raise Http404
    return venue


# --- a mark -----------------------------------------------------------------------------------------------------


@require_POST
@member_page
def mark(request: DeskRequest, pk: int) -> HttpResponse:
    """One mark from a form, or several from the script as JSON; the answer comes after the data is on disk."""
    if request.content_type == "application/json":
        return _mark_by_script(request, pk)
    study_class = access.get_roll(request.account, pk)
    kind, _sign, entry = request.POST.get("mark", "").partition(":")
    back = _back(request, study_class)
    entry_id, session_id = whole_number(entry), whole_number(request.POST.get("session"))
    if kind == _TIMES and entry_id is not None:
        return _record_times(request, study_class, entry_id, back)
    if kind not in list(FactKind) or entry_id is None or session_id is None:
        raise Http404
    at = now()
    nonce = f"{request.POST.get('nonce', '')[:16] or secrets.token_hex(8)}-{entry_id}-{kind}"
    one = Mark(entry_id, session_id, FactKind(kind), at.replace(microsecond=0), nonce)
    try:
        (result,) = actions.record_marks([one], within=study_class, by=request.account, at=at)
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=back)
    return saved(request, to=f"{back}&last={nonce}#e{result.entry_id}")


def _record_times(request: DeskRequest, study_class: StudyClass, entry_id: int, back: str) -> HttpResponse:
    """When somebody came and left, written by hand; without any hour yet the page opens the boxes beside the name."""
    came, left = (request.POST.get(name, "").strip()[:5] for name in ("came", "left"))
    boxes = f"{back}&time={entry_id}"
    if "came" in request.POST:
        session = _session_of(study_class, request.POST)
        try:
            cell = read_times(came, left, queries.session_times(study_class)[session.pk])
            actions.record_slips(
                study_class,
                {(entry_id, session.pk): cell},
                nonce=request.POST.get("nonce", "") or secrets.token_hex(8),
                by=request.account,
                at=now(),
                method=Method.ROLL,
            )
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
            return saved(request, to=f"{boxes}&{urlencode({'came': came, 'left': left})}#e{entry_id}")
        return saved(request, to=f"{back}#e{entry_id}")
    return saved(request, to=f"{boxes}#e{entry_id}")


def _back(request: DeskRequest, study_class: StudyClass) -> str:
    asked = {name: whole_number(request.POST.get(name)) for name in ("session", "venue")}
    query = "&".join(f"{name}={value}" for name, value in asked.items() if value is not None)
    return f"{reverse('roll', args=[study_class.pk])}?{query}"


def _mark_by_script(request: DeskRequest, pk: int) -> HttpResponse:
    """Marks and undoings in the order they were made; each is acknowledged or refused by its nonce."""
    at = now()
    try:
        asked = json.loads(request.body)["marks"]
        if not isinstance(asked, list) or len(asked) > _MOST_MARKS:
            raise ValueError
        orders = [_order(one, at) for one in asked]
    except (ValueError, KeyError, TypeError, OverflowError):
        return JsonResponse({"error": "Dữ liệu điểm danh không đọc được; hãy tải lại trang."}, status=400)
    if not any(isinstance(what, Mark) for _nonce, what in orders):
        access.get_roll(request.account, pk)  # a mark asks for the right itself, and a batch without one must as well
    answers: list[dict[str, Any]] = []
    for order in orders:
        try:
            answers.append(_answer(order, _take(request.account, pk, order, at)))
        except Refusal as refusal:
            # Only here is asked whether the class may be known at all: a mark in order costs no extra statement.
            access.get_roll(request.account, pk)
            one = refusal.several[0] if isinstance(refusal, Refusals) else refusal
            answers.append({"nonce": order[0], "ok": False, "code": one.code, "sentence": one.sentence})
    return JsonResponse({"marks": answers})


Order = tuple[str, Mark | str]  # nonce; a mark, or the nonce of the one to take back


def _order(one: dict[str, Any], at: dt.datetime) -> Order:
    nonce = str(one["nonce"])
    if one["kind"] == "undo":
        return nonce, str(one["of"])
    ago = dt.timedelta(seconds=max(0.0, float(one.get("ago", 0))))
    moment = at - min(ago, _LONGEST_DELAY)
    return nonce, Mark(
        int(one["entry"]), int(one["session"]), FactKind(one["kind"]), moment.replace(microsecond=0), nonce, Method.ROLL
    )


def _take(account: Account, class_id: int, order: Order, at: dt.datetime) -> MarkResult | None:
    nonce, what = order
    if isinstance(what, Mark):
        return actions.record_marks([what], within=class_id, by=account, at=at)[0]
    fact = PresenceFact.objects.filter(nonce=what, account=account, entry__study_class_id=class_id).first()
    # An unknown mark was refused before, so that there is nothing to take back.
    return actions.void_mark(fact, nonce=nonce, by=account, at=at) if fact else None


def _answer(order: Order, result: MarkResult | None) -> dict[str, Any]:
    answer: dict[str, Any] = {"nonce": order[0], "ok": True}
    if result:
        answer |= {"entry": result.entry_id, "verdict": result.verdict, "sentence": result.sentence}
        answer["rows"] = {session: [stands, words] for session, stands, words in result.standings}
    return answer


@require_POST
@member_page
def undo(request: DeskRequest, pk: int) -> HttpResponse:
    """Take back the mark just made."""
    study_class = access.get_roll(request.account, pk)
    nonce = request.POST.get("of", "")
    fact = PresenceFact.objects.filter(nonce=nonce, account=request.account, entry__study_class=study_class).first()
    back = safe_next(request, _back(request, study_class))
    if fact is None:
        raise Http404
    try:
        actions.void_mark(fact, nonce=f"undo-{fact.pk}", by=request.account, at=now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=back)
    return saved(request, to=back, message="Đã bỏ lượt điểm danh vừa ghi.")


@require_POST
@member_page
def rest(request: DeskRequest, pk: int) -> HttpResponse:
    """Whole session for everybody of the venue not marked yet."""
    study_class = access.get_roll(request.account, pk)
    session, venue = _session_of(study_class, request.POST), _venue_of(request.account, study_class, request.POST)
    back = _back(request, study_class)
    try:
        count = actions.mark_rest_present(
            study_class,
            session,
            venue,
            nonce=request.POST.get("nonce", "") or secrets.token_hex(8),
            by=request.account,
            at=now(),
        )
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=back)
    return saved(request, to=back, message=f"Đã ghi có mặt cả buổi cho {count} người chưa điểm danh.")
