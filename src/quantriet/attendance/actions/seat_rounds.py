"""Presence by the seat plan: rounds, taps on empty seats, and the confirmation of a block, which alone writes facts."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Max

from quantriet.attendance import queries
from quantriet.attendance.actions.marks import NONCE_LENGTH, refuse_class, refuse_outsiders, replace_marks
from quantriet.attendance.actions.verdicts import ClassFrame, frames_of
from quantriet.attendance.models import PresenceFact, SeatConfirmation, SeatRound, SeatTap
from quantriet.attendance.queries.seat_rounds import round_prefix
from quantriet.attendance.rules.minutes import Fact
from quantriet.attendance.rules.seat_rounds import hour_refusal, seen
from quantriet.attendance.vocab import FactKind, Mark, Method
from quantriet.audit.actions import record
from quantriet.classes import actions as class_actions
from quantriet.classes import queries as class_queries
from quantriet.classes.models import ClassSession, RosterEntry, Seat, SeatMap, StudyClass, Venue
from quantriet.classes.rules.halls import Layout, Spot, from_json
from quantriet.kit.db import named_lock
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import show_clock
from quantriet.org.models import Account, Person

# How long an order may be under way: a phone waits 15 seconds for an answer, then the radio itself takes its time.
SLOW_LINE = dt.timedelta(seconds=30)


@dataclass(frozen=True)
class Confirmed:
    """What confirming a block came to, in persons; questions that a person must answer; whether it was known already."""

    block: int
    taken: int
    empty: int
    questions: tuple[str, ...] = ()
    is_repeat: bool = False


def begin_round(
    session: ClassSession, venue: Venue, *, as_of: dt.datetime, number: int, by: Account, at: dt.datetime
) -> SeatRound:
    """Begin to go through the seats; `number` is the round that the page offered, so that two ushers begin one together.

    Refuses a venue without seat plan, a class that takes no roll, and a moment outside the session or before the last round.
    """
    study_class = session.study_class
    with named_lock(f"seat-rounds:{session.pk}:{venue.pk}"):
        _refuse_state(study_class, venue, by, at)
        known = SeatRound.objects.filter(session=session, venue=venue, number=number).first()
        if known is not None:
            return known
        last = SeatRound.objects.filter(session=session, venue=venue).order_by("-number").first()
        if number != (last.number + 1 if last else 1):
            raise Refusal("seats.round", "Lượt này không còn; hãy tải lại trang.")
        time = queries.session_times(study_class)[session.pk]
        why = hour_refusal(time, as_of, at, last.as_of if last else None)
        if why:
            raise Refusal("seats.hour", why, field="hour")
        made = SeatRound.objects.create(
            session=session, venue=venue, number=number, as_of=as_of, begun_at=at, begun_by=by
        )
        record(
            "seats.round_begun", by=by, at=at, thing=study_class, unit=study_class.unit,
            after={"venue": venue.name, "session": session.title, "round": number, "as_of": as_of},
        )  # fmt: skip
    return made


def tap_seat(
    seat_round: SeatRound,
    entry_id: int,
    *,
    is_empty: bool,
    nonce: str,
    by: Account,
    at: dt.datetime,
    seen_at: dt.datetime | None = None,
) -> bool:
    """Note that the seat of somebody was seen empty, or taken after all; returns whether that was new.

    `seen_at` is when, as the phone says that sends it later: of several taps the last one seen holds, not the last one sent.
    Whether the class takes marks is asked of `at` alone. The same tap again changes nothing. Refuses who has no seat in the
    venue, and what `record_marks` refuses about class and scope. Effects: one row; facts come with the block's confirmation.
    """
    if not nonce or len(nonce) > NONCE_LENGTH:
        raise Refusal("mark.nonce", "Lượt điểm danh thiếu mã lượt; hãy tải lại trang rồi điểm danh tiếp.")
    with transaction.atomic():
        _frame(seat_round, [entry_id], by, at)
        if not Seat.objects.filter(seat_map__venue=seat_round.venue_id, entry=entry_id).exists():
            raise Refusal("seats.no_seat", "Người này không có chỗ trong sơ đồ; hãy điểm danh theo tên.")
        known = SeatTap.objects.filter(nonce=nonce).first()
        if known is None:
            mine = SeatTap.objects.filter(seat_round=seat_round, entry=entry_id, account=by)
            tap = SeatTap(
                nonce=nonce, seat_round=seat_round, entry_id=entry_id, is_empty=is_empty, account=by,
                at=_in_turn(seen_at, at, mine.aggregate(last=Max("at"))["last"]),
            )  # fmt: skip
            SeatTap.objects.bulk_create([tap], ignore_conflicts=True)
            return True
        if (known.seat_round_id, known.entry_id, known.is_empty) != (seat_round.pk, entry_id, is_empty):
            raise _reused()
    return False


def confirm_block(
    seat_round: SeatRound,
    block: int,
    *,
    empty: Collection[int] | None,
    nonce: str,
    by: Account,
    at: dt.datetime,
    seen_at: dt.datetime | None = None,
) -> Confirmed:
    """Write down a block: who sits there by the plan is present, but for the seats tapped as empty.

    `empty` are the roster lines whose seats this usher saw marked as empty: when another usher tapped meanwhile, nothing is
    written and the sentence says whose seat it is about. `seen_at` is when the usher confirmed, as the phone says that sends
    it later; what is written, logged and allowed goes by `at`, and a confirmation made before the one that stands is refused.
    Confirmed again after a correction, only what changed is taken back and written anew; the same order sent again (its
    nonce) changes nothing. Marks of other ways are never overwritten: what contradicts them comes back as a question.
    Effects in one transaction: facts, verdicts, audit lines, the confirmation.
    Basis: R-070, B-04.
    """
    if not nonce or len(nonce) > NONCE_LENGTH:
        raise Refusal("mark.nonce", "Lượt điểm danh thiếu mã lượt; hãy tải lại trang rồi điểm danh tiếp.")
    with transaction.atomic():
        seat_map = class_queries.seat_map_of(seat_round.venue)
        if seat_map is None:
            raise _no_map()
        layout = from_json(seat_map.layout)
        sitting = _sitting(seat_map, layout, block)
        frame = _frame(seat_round, list(sitting), by, at)
        known = SeatConfirmation.objects.filter(nonce=nonce).first()
        if known is not None:
            if (known.seat_round_id, known.block) != (seat_round.pk, block):
                raise _reused()
            return Confirmed(block, known.taken, known.empty, is_repeat=True)
        stands = (
            SeatConfirmation.objects.filter(seat_round=seat_round, block=block)
            .select_related("account")
            .order_by("at", "pk")
            .last()
        )
        moment = _in_turn(seen_at, at, stands.at if stands and stands.account_id == by.pk else None)
        if stands and moment < stands.at:
            raise _confirmed_meanwhile(stands, moment)
        taps = _last_taps(seat_round, list(sitting))
        seen_empty = {key for key, tap in taps.items() if tap.is_empty}
        if empty is not None and set(empty) & set(sitting) != seen_empty:
            raise _tapped_meanwhile(set(empty) & set(sitting), seen_empty, taps, sitting, frame)
        questions = _write(seat_round, frame, sitting, seen_empty, nonce, by, at)
        made = SeatConfirmation.objects.create(
            nonce=nonce, seat_round=seat_round, block=block, taken=len(sitting) - len(seen_empty), empty=len(seen_empty),
            last_tap=max((tap.pk for tap in taps.values()), default=0), at=moment, account=by,
        )  # fmt: skip
        record(
            "seats.confirmed", by=by, at=at, thing=StudyClass(pk=frame.class_id, title=frame.title), unit=frame.unit,
            after={
                "venue": seat_round.venue.name, "round": seat_round.number, "block": block, "taken": made.taken,
                "empty": made.empty,
            },
        )  # fmt: skip
    return Confirmed(block, made.taken, made.empty, tuple(questions))


def set_sitter_right(
    seat_round: SeatRound, entry_id: int, sits_here: RosterEntry, *, nonce: str, by: Account, at: dt.datetime
) -> str:
    """Somebody else sits on the seat of `entry_id`: the two change seats in the plan, with what was seen of their seats.

    What this round has written of the two is taken back until their blocks are confirmed again. Done twice it changes
    nothing. Refuses somebody of another venue.
    """
    with transaction.atomic():
        frame = _frame(seat_round, [entry_id, sits_here.pk], by, at)
        seat_map = class_queries.seat_map_of(seat_round.venue)
        if seat_map is None:
            raise _no_map()
        first = f"{nonce[:36]}-r1"
        if SeatTap.objects.filter(nonce=first).exists():
            return f"{sits_here.person.full_name} đã được ghi ở ghế ấy rồi."
        places = {
            row.entry_id: Spot(row.row, row.number)
            for row in Seat.objects.filter(seat_map=seat_map, entry__in=[entry_id, sits_here.pk])
        }
        spot, other = places.get(entry_id), places.get(sits_here.pk)
        if spot is None:
            raise Refusal("seats.no_seat", "Ghế này vừa đổi người; hãy tải lại trang.")
        taps = _last_taps(seat_round, [entry_id, sits_here.pk])
        was_empty = {key: key in taps and taps[key].is_empty for key in (entry_id, sits_here.pk)}
        if other is None:
            class_actions.free_seat(seat_map, spot.code, by=by, at=at)
            told = class_actions.give_seat(seat_map, sits_here, spot.code, by=by, at=at)
        else:
            told = class_actions.move_seat(seat_map, spot.code, other.code, by=by, at=at)
        swapped = [SeatTap(nonce=first, entry=sits_here, is_empty=was_empty[entry_id])]
        if other is not None:
            swapped.append(SeatTap(nonce=f"{nonce[:36]}-r2", entry_id=entry_id, is_empty=was_empty[sits_here.pk]))
        for tap in swapped:
            tap.seat_round, tap.at, tap.account = seat_round, at, by
        SeatTap.objects.bulk_create(swapped)
        own = [fact for facts in _facts_of_round(seat_round, [entry_id, sits_here.pk])[0].values() for fact in facts]
        sessions = {seat_round.session_id} if own else set()
        replace_marks(frame, own, [], sessions=sessions, nonce=round_prefix(seat_round), by=by, at=at)
        entry = frame.entries[sits_here.pk]
        record(
            "seats.set_right", by=by, at=at, thing=Person(pk=entry.person_id, full_name=entry.full_name), unit=frame.unit,
            person_id=entry.person_id, after={"class": frame.title, "seat": spot.code},
        )  # fmt: skip
    return told


# --- one block ----------------------------------------------------------------------------------------------------


def _write(
    seat_round: SeatRound,
    frame: ClassFrame,
    sitting: Mapping[int, Spot],
    empty: Collection[int],
    nonce: str,
    by: Account,
    at: dt.datetime,
) -> list[str]:
    own, counts = _facts_of_round(seat_round, list(sitting))
    others: dict[int, list[Fact]] = defaultdict(list)
    ours = {fact.pk for facts in own.values() for fact in facts}
    for pk, entry, kind, moment in queries.standing_facts(list(sitting), seat_round.session_id).values_list(
        "pk", "entry_id", "kind", "at"
    ):
        if pk not in ours:
            others[entry].append(Fact(FactKind(kind), moment))
    session = frame.sessions[seat_round.session_id]
    gone: list[PresenceFact] = []
    marks: list[Mark] = []
    questions: list[str] = []
    for entry, spot in sorted(sitting.items(), key=lambda one: one[1]):
        result = seen(
            others[entry], session, is_empty=entry in empty, is_first=seat_round.number == 1, as_of=seat_round.as_of
        )
        if result.question:
            questions.append(f"Ghế {spot.code}, {frame.entries[entry].full_name}: {result.question}.")
        before = [(FactKind(fact.kind), fact.at) for fact in own.get(entry, [])]
        now = [(fact.kind, fact.at) for fact in result.facts]
        if before == now:
            continue
        gone += own.get(entry, [])
        marks += [
            Mark(
                entry, seat_round.session_id, kind, moment,
                f"{round_prefix(seat_round)}{entry}-{number}", Method.SEAT,
            )
            for number, (kind, moment) in enumerate(now, start=counts.get(entry, 0))
        ]  # fmt: skip
    changed = {seat_round.session_id} if gone or marks else set()
    replace_marks(frame, gone, marks, sessions=changed, nonce=round_prefix(seat_round), by=by, at=at)
    return questions


def _facts_of_round(
    seat_round: SeatRound, entries: Collection[int]
) -> tuple[dict[int, list[PresenceFact]], dict[int, int]]:
    """The facts of this round that stand, and how many it ever wrote, by roster line."""
    rows = PresenceFact.objects.filter(
        entry__in=list(entries),
        session=seat_round.session_id,
        method=Method.SEAT,
        nonce__startswith=round_prefix(seat_round),
    ).exclude(kind=FactKind.VOID)
    counts = dict(rows.order_by().values("entry").annotate(n=Count("pk")).values_list("entry", "n"))
    found: dict[int, list[PresenceFact]] = defaultdict(list)
    for fact in rows.filter(voided_by__isnull=True).order_by("pk"):
        found[fact.entry_id].append(fact)
    return found, counts


def _last_taps(seat_round: SeatRound, entries: Collection[int]) -> dict[int, SeatTap]:
    """The last tap of each person by the moment it was made; a phone that was without a line sends old ones late."""
    taps = SeatTap.objects.filter(seat_round=seat_round, entry__in=list(entries)).select_related("account")
    return {tap.entry_id: tap for tap in taps.order_by("at", "pk")}


def _in_turn(seen_at: dt.datetime | None, at: dt.datetime, mine: dt.datetime | None) -> dt.datetime:
    """The moment that an order stands for; `mine` is that of the same usher's last one about the same thing.

    A phone says how long ago it was, and the time on the line counts as part of the moment: one that sent the first of two
    taps slowly must not have it outrun the second. Orders of one phone come in their order.
    """
    moment = min(seen_at or at, at)
    return mine if mine is not None and moment < mine <= moment + SLOW_LINE else moment


def _sitting(seat_map: SeatMap, layout: Layout, block: int) -> dict[int, Spot]:
    """Who sits in a block, by roster line; who is exempt by now, or was moved to another venue, does not."""
    rows = (
        Seat.objects.filter(seat_map=seat_map, entry__venue=seat_map.venue_id)
        .filter(class_queries.seated("entry__"))
        .values_list("entry_id", "row", "number")
    )
    found = {entry: Spot(row, number) for entry, row, number in rows}
    mine = {entry: spot for entry, spot in found.items() if layout.block_of.get(spot) == block}
    if not mine:
        raise Refusal("seats.no_block", f"Khối {block} không có ai ngồi theo sơ đồ.")
    return mine


def _frame(seat_round: SeatRound, entries: Collection[int], by: Account, at: dt.datetime) -> ClassFrame:
    keys = sorted(set(entries))
    frames = frames_of(keys, within=seat_round.session.study_class_id)
    if not frames or any(key not in frames[0].entries for key in keys):
        raise Refusal("mark.not_on_roster", "Người này không có trong danh sách được giao điểm danh nên chưa ghi được.")
    refuse_outsiders(frames[0], keys, by)
    refuse_class(frames[0], at)
    return frames[0]


def _refuse_state(study_class: StudyClass, venue: Venue, by: Account, at: dt.datetime) -> None:
    first = Seat.objects.filter(seat_map__venue=venue, entry__isnull=False).values_list("entry_id", flat=True).first()
    if first is None:
        raise _no_map()
    (frame,) = frames_of([first], within=study_class.pk, filled=False)
    refuse_outsiders(frame, [first], by)
    refuse_class(frame, at)


def _no_map() -> Refusal:
    return Refusal(
        "seats.no_map", "Điểm cầu chưa xếp chỗ; người phụ trách lớp chọn hội trường và xếp chỗ ở trang Sơ đồ chỗ ngồi."
    )


def _reused() -> Refusal:
    return Refusal(
        "mark.nonce_reused",
        "Mã lượt này đã dùng cho một lượt điểm danh khác nên chưa ghi; hãy tải lại trang rồi ghi lại.",
    )


def _confirmed_meanwhile(stands: SeatConfirmation, moment: dt.datetime) -> Refusal:
    return Refusal(
        "seats.changed",
        f"{stands.account.display_name} đã xác nhận khối {stands.block} lúc {show_clock(stands.at)}, sau lượt xác nhận lúc "
        f"{show_clock(moment)} của máy này nên lượt này không ghi. Hãy nhìn lại rồi xác nhận nếu cần.",
    )


def _tapped_meanwhile(
    saw: Collection[int],
    empty: Collection[int],
    taps: Mapping[int, SeatTap],
    sitting: Mapping[int, Spot],
    frame: ClassFrame,
) -> Refusal:
    different = sorted(set(saw) ^ set(empty), key=lambda key: sitting[key])
    parts = []
    for key in different[:5]:
        tap = taps.get(key)
        who = f"{tap.account.display_name} ({show_clock(tap.at)})" if tap else "người khác"
        what = "trống" if key in empty else "có người"
        parts.append(f"ghế {sitting[key].code} của {frame.entries[key].full_name} là {what}")
        parts[-1] = f"{who} vừa ghi {parts[-1]}"
    return Refusal(
        "seats.changed", f"Khối vừa có thay đổi nên chưa xác nhận: {'; '.join(parts)}. Hãy nhìn lại rồi xác nhận."
    )
