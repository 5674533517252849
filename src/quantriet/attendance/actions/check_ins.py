"""Check-in by code: one question, one row, then the answer; log line, minutes and verdict follow within seconds.

A hall of sixty scans in two minutes, a province in twenty. What must be on the disk before the phone says "recorded" is the
fact, which carries who, when, on which phone and by which account; everything else is computed from it and is written by
`follow_check_ins`, class by class, marked on the fact itself in the same transaction (decision 0024).
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass, field

from django.db import transaction

from quantriet.attendance.actions.marks import insert_facts, judge_again, refuse_class, refuse_outsiders
from quantriet.attendance.actions.verdicts import (
    CAMPAIGN,
    CLASS,
    ENTRY,
    FACT,
    PERSON,
    SESSION,
    UNIT,
    VENUE,
    CalledPerson,
    ClassFrame,
    frames_of,
)
from quantriet.attendance.models import PresenceFact
from quantriet.attendance.rules.codes import Ticket
from quantriet.attendance.rules.minutes import Fact, SessionTime, standing
from quantriet.attendance.vocab import CheckedIn, FactKind, Mark, Method, Standing, Turn
from quantriet.audit.actions import Line, record_each
from quantriet.campaigns.models import StudyCampaign
from quantriet.campaigns.vocab import CampaignState
from quantriet.kit.db import select
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local, show_clock, show_day
from quantriet.org.models import Account, Person

log = logging.getLogger(__name__)

# Two scans of one person at the desk within so long are one: the code was held before the scanner a little longer.
DOUBLE_SCAN = dt.timedelta(seconds=10)
# In turns nobody is written as gone who was written as come so shortly before, at the hall's screen or by the clerk.
JUST_ARRIVED = dt.timedelta(minutes=5)
_BATCH = 400  # facts whose verdicts one transaction writes: longer, and a hall waits for the write lock


@dataclass
class _Seat:
    """A roster line as a check-in needs it, with what is known of the person in the session."""

    frame: ClassFrame
    entry: CalledPerson
    cell: str
    venue_id: int
    venue: str
    session_title: str
    time: SessionTime | None  # None when the session is none of the class's
    facts: list[Fact] = field(default_factory=list)
    last_scan_at: dt.datetime | None = None
    by_nonce: dict[str, tuple[FactKind, dt.datetime]] = field(default_factory=dict)
    voided: set[str] = field(default_factory=set)  # of these the ones a clerk has taken back


def check_in_by_code(ticket: Ticket, entry_id: int, *, by: Account | None, at: dt.datetime) -> CheckedIn:
    """Record that the person of a roster line was in the hall when the hall's code was opened; the same again is one.

    Refuses somebody on no roster, of another class or venue than the code's, a class that takes no roll, and a session that
    is over or on another day. Effects: one fact; what follows from it is written by `follow_check_ins`.
    Basis: R-065, P-10, B-01.
    """
    # Made of who, where and which code: a reload, a second phone or a lost answer within one code is one fact.
    nonce = f"c-{ticket.session_id}-{entry_id}-{ticket.step}"
    return be_present_by_ticket(ticket, entry_id, nonce=nonce, method=Method.CODE, by=by, at=at)


def be_present_by_ticket(
    ticket: Ticket, entry_id: int, *, nonce: str, method: Method, by: Account | None, at: dt.datetime
) -> CheckedIn:
    """As `check_in_by_code`, for whatever else is done in the hall by its code and proves presence under a nonce of its own."""
    seat = _seat(entry_id, ticket.session_id)
    moment = dt.datetime.fromtimestamp(ticket.opened, dt.UTC)
    _refuse_place(
        seat,
        ticket.venue_id,
        elsewhere="Mã trên màn chiếu này là của lớp khác. Người này không có trong danh sách lớp đang họp ở đây; hãy xem lại "
        "giấy mời hoặc báo cán bộ điểm danh.",
    )
    _refuse_moment(seat, FactKind.ARRIVE, moment, at)
    absent = max((fact.at for fact in seat.facts if fact.kind == FactKind.ABSENT), default=None)
    if absent is not None and absent >= moment:
        # Marked absent while the code was being typed: the arrival comes after that mark, else it would count for nothing.
        moment = max(at.replace(microsecond=0), absent + dt.timedelta(seconds=1))
    mark = Mark(entry_id, ticket.session_id, FactKind.ARRIVE, moment, nonce, method, ticket.device)
    return _written(seat, mark, by, at)


def scan_at_desk(
    entry_id: int,
    *,
    class_id: int,
    session_id: int,
    venue_id: int,
    turn: Turn,
    nonce: str,
    by: Account,
    at: dt.datetime,
) -> CheckedIn:
    """Record an arrival or a departure of whose code was scanned at the desk of a venue.

    In turns, who is in the room leaves and who is not arrives. Two scans of one person within ten seconds are one, and so
    is a scan sent again under its nonce. Refuses what `check_in_by_code` refuses, and a venue that is not the clerk's.
    """
    seat = _seat(entry_id, session_id)
    if seat.frame.class_id != class_id:
        raise _other_class()
    refuse_outsiders(seat.frame, [entry_id], by)
    _refuse_place(seat, venue_id, elsewhere=_other_class().sentence)
    _refuse_voided(seat, nonce)
    known = seat.by_nonce.get(nonce)
    last = max(seat.facts, key=lambda fact: fact.at) if seat.facts else None
    if known is None and last and seat.last_scan_at is not None and at - seat.last_scan_at < DOUBLE_SCAN:
        known = (last.kind, last.at)
    kind = FactKind.LEAVE if turn == Turn.LEAVE else FactKind.ARRIVE
    if turn == Turn.BOTH and seat.time and standing(seat.facts, seat.time)[0] in (Standing.PRESENT, Standing.WHOLE):
        if last and (at < seat.time.start or at - last.at < JUST_ARRIVED):
            known = known or (last.kind, last.at)  # nobody leaves who has only just come, by whatever way
        kind = FactKind.LEAVE
    if known is not None:
        return _told(seat, entry_id, *known, is_repeat=True)
    moment = at.replace(microsecond=0)
    _refuse_moment(seat, kind, moment, at)
    return _written(seat, Mark(entry_id, session_id, kind, moment, nonce, Method.STATION), by, at)


def follow_check_ins(*, at: dt.datetime) -> int:
    """Write what follows from check-ins by code: log lines, minutes, verdicts, duties; returns of how many.

    A class in a transaction of its own, with the facts marked as followed in it: killed at any moment, nothing is left out
    and nothing is told twice. A class in which something breaks keeps its facts waiting and does not hold up the others.
    """
    done = 0
    broken: set[int] = set()  # waiting on: `doctor` tells of check-ins that nobody follows
    # What comes while this runs is for the next time: the worker has other work, and crumbs cost a transaction each.
    newest = PresenceFact.objects.filter(is_followed=False).order_by("-pk").values_list("pk", flat=True).first() or 0
    while True:
        waiting: dict[int, list[int]] = {}
        rows = PresenceFact.objects.filter(is_followed=False, pk__lte=newest)
        rows = rows.exclude(entry__study_class__in=broken).order_by("pk")
        for class_id, entry_id in rows.values_list("entry__study_class", "entry")[:_BATCH]:
            waiting.setdefault(class_id, []).append(entry_id)
        if not waiting:
            break
        for class_id, entries in waiting.items():
            try:
                done += _follow(class_id, sorted(set(entries)), at)
            except Exception:
                log.exception("check-ins of class %s could not be followed", class_id)
                broken.add(class_id)
    return done


def _follow(class_id: int, entries: list[int], at: dt.datetime) -> int:
    with transaction.atomic():
        (frame,) = frames_of(entries, within=class_id)  # locked: whoever marks or closes comes before or after
        facts = list(
            PresenceFact.objects.filter(entry__in=entries, is_followed=False).select_related("account").order_by("pk")
        )
        lines: dict[str, list[Line]] = {"roll.marked": [], "roll.voided": []}
        for fact in facts:
            entry = frame.entries[fact.entry_id]
            after = {
                "class": frame.title,
                "session": frame.session_titles.get(fact.session_id, ""),
                "mark": FactKind(fact.kind).label,
                "at": fact.at,
                "method": Method(fact.method).label,
            }
            person = Person(pk=entry.person_id, full_name=entry.full_name)
            verb = "roll.voided" if fact.kind == FactKind.VOID else "roll.marked"
            lines[verb].append(Line(fact.recorder, fact.recorded_at, person, frame.unit, entry.person_id, after))
        for verb, told in lines.items():
            if told:
                record_each(verb, told)
        if facts and frame.campaign.state == CampaignState.OPEN:  # a campaign that is over keeps its results
            judge_again(frame, {fact.session_id for fact in facts}, None, at)
        PresenceFact.objects.filter(pk__in=[fact.pk for fact in facts]).update(is_followed=True)
    return len(facts)


# --- one question -----------------------------------------------------------------------------------------------


def _seat(entry_id: int, session_id: int) -> _Seat:
    # What hangs on one row alone is asked beside it, not joined: the more tables, the more ways there are to plan it.
    rows = select(
        f"SELECT e.person_id, (SELECT full_name FROM {PERSON} WHERE id = e.person_id),"  # noqa: S608
        f" (SELECT CASE WHEN short_name = '' THEN name ELSE short_name END FROM {UNIT} WHERE id = e.unit_id), e.venue_id, v.name,"
        f" v.clerk_id, (SELECT path FROM {UNIT} WHERE id = v.unit_id), c.id, c.title, c.state, c.campaign_id,"
        f" (SELECT state FROM {CAMPAIGN} WHERE id = c.campaign_id), c.unit_id, (SELECT path FROM {UNIT} WHERE id = c.unit_id),"
        " s.title, s.starts_at, s.ends_at, s.study_class_id, f.nonce, f.kind, f.at, f.method, f.recorded_at,"
        f" (SELECT id FROM {FACT} WHERE voids_id = f.id)"
        f" FROM {ENTRY} e JOIN {VENUE} v ON v.id = e.venue_id JOIN {CLASS} c ON c.id = e.study_class_id"
        f" LEFT JOIN {SESSION} s ON s.id = %s"
        f" LEFT JOIN {FACT} f ON f.entry_id = e.id AND f.session_id = s.id AND f.kind <> %s WHERE e.id = %s",
        [session_id, FactKind.VOID.value, entry_id],
        often=True,
    )
    if not rows:
        raise Refusal(
            "check_in.not_called",
            "Mã này không còn trong danh sách lớp nào, có thể thẻ in từ trước khi danh sách thay đổi; hãy báo cán bộ điểm danh.",
        )
    (person, name, cell, venue_id, venue, clerk, venue_path, class_id, title, state, campaign, campaign_state,
     unit, path, session_title, starts, ends, session_class, *_) = rows[0]  # fmt: skip
    frame = ClassFrame(class_id, title, state, StudyCampaign(pk=campaign, state=campaign_state), unit, path)
    entry = CalledPerson(entry_id, person, name, None, unit, clerk, venue_path, None, None, None)
    frame.entries[entry_id] = entry
    time = None
    if session_class == class_id:
        time = SessionTime.of(_aware(starts), _aware(ends))
        frame.session_titles[session_id] = session_title
    seat = _Seat(frame, entry, cell, venue_id, venue, session_title or "", time)
    for nonce, kind, moment, method, recorded, gone in (row[18:] for row in rows if row[18] is not None):
        fact = Fact(FactKind(kind), _aware(moment))
        seat.by_nonce[nonce] = (fact.kind, fact.at)
        if gone is not None:
            seat.voided.add(nonce)
        else:
            seat.facts.append(fact)
            if method == Method.STATION:
                seat.last_scan_at = max(filter(None, (seat.last_scan_at, _aware(recorded))))
    return seat


def _aware(value: dt.datetime) -> dt.datetime:
    """SQLite gives a moment without its zone, which is UTC."""
    return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value


# --- what is refused --------------------------------------------------------------------------------------------


def _other_class() -> Refusal:
    return Refusal(
        "check_in.other_class",
        "Mã này của lớp khác, người này không có trong danh sách lớp đang điểm danh; hãy xem lại giấy mời của đảng viên.",
    )


def _refuse_place(seat: _Seat, venue_id: int, *, elsewhere: str) -> None:
    if seat.time is None:
        raise Refusal("check_in.other_class", elsewhere)
    if seat.venue_id != venue_id:
        raise Refusal(
            "check_in.other_venue",
            f"{seat.entry.full_name} được xếp ở {seat.venue}, không phải điểm cầu này. Nếu dự ở đây, cán bộ điểm danh đổi "
            "điểm cầu trong danh sách lớp trước.",
        )


def _refuse_moment(seat: _Seat, kind: FactKind, moment: dt.datetime, at: dt.datetime) -> None:
    assert seat.time is not None
    refuse_class(seat.frame, at)
    first, last = local(seat.time.start).date(), local(seat.time.end).date()
    if not first <= local(moment).date() <= last:
        raise Refusal(
            "check_in.other_day",
            f"“{seat.session_title}” học ngày {show_day(first)}, không phải hôm nay, nên mã này chưa dùng hoặc không dùng được nữa.",
        )
    if kind == FactKind.ARRIVE and moment >= seat.time.end:
        raise Refusal(
            "check_in.session_over",
            f"“{seat.session_title}” đã kết thúc lúc {show_clock(seat.time.end)} nên không quét mã đến được nữa; ai đã dự mà "
            "quên quét thì báo cán bộ điểm danh.",
        )


def _refuse_voided(seat: _Seat, nonce: str) -> None:
    if nonce in seat.voided:
        raise Refusal(
            "check_in.voided", "Cán bộ điểm danh đã bỏ lượt quét này; hãy quét lại mã mới, hoặc báo cán bộ điểm danh."
        )


# --- one row ----------------------------------------------------------------------------------------------------


def _written(seat: _Seat, mark: Mark, by: Account | None, at: dt.datetime) -> CheckedIn:
    """Outside of a transaction the one statement is its own: on the disk when it comes back.

    A class that is closed in this very moment keeps the fact: the closing counts it, or the follower does as a correction.
    """
    _refuse_voided(seat, mark.nonce)
    known = seat.by_nonce.get(mark.nonce)
    if known is not None:
        return _told(seat, mark.entry_id, *known, is_repeat=True)
    fresh = insert_facts([mark], by, at, is_followed=False)
    if fresh:
        seat.facts.append(Fact(mark.kind, mark.at))
    return _told(seat, mark.entry_id, mark.kind, mark.at, is_repeat=not fresh)


def _told(seat: _Seat, entry_id: int, kind: FactKind, moment: dt.datetime, *, is_repeat: bool) -> CheckedIn:
    assert seat.time is not None
    return CheckedIn(
        entry_id=entry_id, name=seat.entry.full_name, cell=seat.cell, venue=seat.venue, session=seat.session_title,
        kind=kind, at=moment, words=standing(seat.facts, seat.time)[1], is_repeat=is_repeat,
    )  # fmt: skip
