"""Devices that take a roll without a line: opened, delivering what they kept, declared lost; and their conflicts (B-03).

A delivery is one transaction and a constant number of statements however many facts it brings. Whatever was acknowledged is
on the disk, under the nonce of the device: sent again, in another order, or twice at once, it changes nothing. Facts that can
count become `PresenceFact`s at once; log lines, minutes and verdicts follow as after a scan (decision 0024). Facts that
cannot count as they are wait as conflicts; nothing is thrown away (decision 0029).
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from quantriet.attendance import access
from quantriet.attendance.actions.marks import (
    AHEAD,
    insert_facts,
    record_marks,
    refuse_class,
    refuse_outsiders,
    refuse_time,
    void_facts,
)
from quantriet.attendance.actions.verdicts import FACT, ClassFrame, fill, frames_of
from quantriet.attendance.models import DeviceFact, PresenceConflict, PresenceFact, RollDevice
from quantriet.attendance.queries import devices as device_queries
from quantriet.attendance.rules.devices import Batch, Contradiction, contradictions, moment, possible_hours
from quantriet.attendance.vocab import (
    ConflictOutcome,
    ConflictReason,
    ConflictState,
    FactKind,
    Mark,
    Method,
    Received,
    SentFact,
    Told,
)
from quantriet.audit.actions import record
from quantriet.classes.models import RosterEntry, StudyClass, Venue
from quantriet.kit.db import upsert
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import at_local, local, parse_clock, show_day, show_moment
from quantriet.org.models import Account, Person

DEVICE_FACT, CONFLICT = DeviceFact._meta.db_table, PresenceConflict._meta.db_table
_MOST_TOGETHER = 500
_SEEN_EVERY = dt.timedelta(minutes=1)  # how often the contact of a device that brings nothing new is written
Cell = tuple[int, int]  # roster line, session


@dataclass(frozen=True)
class Synced:
    """What a delivery came to; `ended` says why the device is to throw its names away, empty while it may keep them."""

    device: RollDevice
    told: list[Told]
    ended: str  # lost, right, closed


def open_device(
    study_class: StudyClass, venue: Venue, *, key: str, label: str, by: Account, at: dt.datetime
) -> RollDevice:
    """Let a device hold the names of a venue; with the `key` of one opened before by the same person it is that one again.

    Refuses a class that takes no marks, and a device declared lost: what stands in for it has begun.
    Effects: the device with what it is given and until when, audit "device.opened" for a new one. Basis: B-03.
    """
    refuse_class(_bare_frame(study_class), at)
    lines = list(RosterEntry.objects.filter(venue=venue).order_by("pk").values_list("pk", flat=True))
    sessions = list(study_class.sessions.order_by("pk").values_list("pk", flat=True))
    until = at + dt.timedelta(days=settings.DEVICE_DAYS)
    with transaction.atomic():
        device = (
            RollDevice.objects.select_for_update().filter(key=key, venue=venue, account=by).first() if key else None
        )
        if device is None:
            device = RollDevice.objects.create(
                key=secrets.token_hex(16), venue=venue, account=by, label=label[:60], opened_at=at, seen_at=at,
                names_until=until, given={"lines": lines, "sessions": sessions},
            )  # fmt: skip
            after = {"class": study_class.title, "venue": venue.name, "device": device.label}
            record("device.opened", by=by, at=at, thing=study_class, unit=study_class.unit, after=after)
            return device
        if device.lost_at is not None:
            raise Refusal(
                "device.lost",
                f"Máy này đã được báo mất lúc {show_moment(device.lost_at)}; các lượt còn trên máy vẫn gửi được vào mục xung "
                "đột. Muốn điểm danh tiếp thì xóa danh sách trên máy rồi mở lại từ trang điểm danh.",
            )
        device.given = {
            "lines": sorted({*device.given["lines"], *lines}),
            "sessions": sorted({*device.given["sessions"], *sessions}),
        }
        device.seen_at, device.names_until = at, until
        device.save(update_fields=["given", "seen_at", "names_until"])
    return device


def lose_device(device: RollDevice, *, by: Account, at: dt.datetime) -> None:
    """Declare a device lost: paper stands in for it, and whatever it still sends waits for a person.

    Done twice it is refused with who did it. Effects: the device, audit "device.lost".
    """
    with transaction.atomic():
        done = RollDevice.objects.filter(pk=device.pk, lost_at__isnull=True).update(lost_at=at, lost_by=by)
        if not done:
            raise Refusal("device.lost_already", "Máy này đã được báo mất rồi.")
        study_class = device.venue.study_class
        after = {"class": study_class.title, "venue": device.venue.name, "device": device.label}
        record("device.lost", by=by, at=at, thing=study_class, unit=study_class.unit, after=after)


# --- a delivery -------------------------------------------------------------------------------------------------


def sync_device(batch: Batch, *, by: Account, at: dt.datetime) -> Synced:
    """Take what a device kept, and say of each fact what became of it; the same delivery again changes nothing.

    Refuses a device that is unknown or was opened by somebody else. Whether the sender still has the right, the class still
    takes marks and the device was not declared lost decides whether facts count or wait, not whether they are kept.
    Effects in one transaction: facts, conflicts, the device's last contact. Basis: B-03, B-01.
    """
    found = RollDevice.objects.select_related("venue__study_class__campaign", "venue__study_class__unit")
    device = found.filter(key=batch.device, account=by).first()
    if device is None:
        raise Refusal(
            "device.unknown",
            "Máy này do tài khoản khác mở, hoặc chưa được mở; các lượt trên máy chờ đúng người ấy đăng nhập để gửi.",
        )
    delivery = _Delivery(device, batch, by, at)
    if not batch.facts:
        delivery.decide()
        if device.waiting != batch.waiting or not device.seen_at <= at < device.seen_at + _SEEN_EVERY:
            _seen(delivery, batch.waiting)
        return Synced(device, [], delivery.ended)
    with transaction.atomic():
        told = delivery.take()
        _seen(delivery, max(0, batch.waiting - len(told)))
        return Synced(delivery.device, told, delivery.ended)


def _seen(delivery: _Delivery, waiting: int) -> None:
    rows = RollDevice.objects.filter(pk=delivery.device.pk)
    rows.update(seen_at=delivery.at, offset_ms=delivery.offset_now, waiting=waiting)


@dataclass
class _Taken:
    """A fact of a delivery on its way into the tables."""

    sent: SentFact
    at: dt.datetime
    entry_id: int | None
    session_id: int | None
    reason: ConflictReason | None = None
    sentence: str = ""
    is_ruled_out: bool = False


class _Delivery:
    def __init__(self, device: RollDevice, batch: Batch, by: Account, at: dt.datetime) -> None:
        self.device, self.batch, self.by, self.at = device, batch, by, at
        self.study_class: StudyClass = device.venue.study_class
        self.offset_now = _ms(at) - batch.now_ms
        self.frame: ClassFrame | None = None
        # Why its facts wait, if they do; worked out by `decide`.
        self.ended = self.sentence = ""
        self.reason: ConflictReason | None = None

    def decide(self) -> None:
        """Whether what the device sends counts as things stand: asked of a delivery of facts only once the locks are held."""
        device, by, at = self.device, self.by, self.at
        has_right = access.venues_marked_by(by, self.study_class).filter(pk=device.venue_id).exists()
        closed = ""
        try:
            refuse_class(_bare_frame(self.study_class), at)
        except Refusal as refusal:
            closed = refusal.sentence
        # Of several reasons the one that a person must know first.
        if device.lost_at is not None:
            self.ended, self.reason = "lost", ConflictReason.LOST
            self.sentence = f"Máy được báo mất lúc {show_moment(device.lost_at)}, sau đó mới gửi lượt này."
        elif not has_right:
            self.ended, self.reason = "right", ConflictReason.RIGHT
            self.sentence = "Người ghi không còn được giao điểm danh ở điểm cầu này khi lượt được gửi về."
        elif closed:
            self.ended, self.reason = "closed", ConflictReason.CLOSED
            self.sentence = closed

    def take(self) -> list[Told]:
        # Locks in the order of everybody else: the class with its lines, then the device.
        lines = {one.line for one in self.batch.facts}
        frames = frames_of(sorted(lines), within=self.study_class.pk, filled=False)
        if frames:
            self.frame = frames[0]
            fill(self.frame)
        self.device = RollDevice.objects.select_for_update().get(pk=self.device.pk)  # the same delivery twice at once
        # Read anew: a closing, a withdrawn right or a loss may have come while this waited for the locks.
        places = Venue.objects.select_related("study_class__campaign", "study_class__unit")
        self.device.venue = places.get(pk=self.device.venue_id)
        self.study_class = self.device.venue.study_class
        self.decide()
        known = {
            row.nonce: row
            for row in DeviceFact.objects.filter(nonce__in=[one.nonce for one in self.batch.facts])
            .select_related("conflict")
            .order_by()
        }
        given = {name: set(self.device.given.get(name, ())) for name in ("lines", "sessions")}
        told: dict[str, Told] = {}
        fresh: list[SentFact] = []
        for one in self.batch.facts:
            row = known.get(one.nonce)
            if row is not None:
                told[one.nonce] = self._told_again(one, row)
            elif one.line not in given["lines"] or one.session_id not in given["sessions"]:
                told[one.nonce] = Told(
                    one.nonce, Received.REFUSED, "Lượt này không thuộc danh sách đã giao cho máy nên không ghi."
                )
            else:
                fresh.append(one)
        if fresh:
            for taken in self._write(fresh):
                told[taken.sent.nonce] = _told_of(taken)
        return [told[one.nonce] for one in self.batch.facts]

    def _told_again(self, one: SentFact, row: DeviceFact) -> Told:
        if row.device_id != self.device.pk or (row.line, row.kind) != (one.line, one.kind):
            return Told(one.nonce, Received.REFUSED, "Mã lượt này đã dùng cho một lượt khác nên không ghi.")
        conflict = getattr(row, "conflict", None)
        if conflict is not None:
            is_open = conflict.state == ConflictState.OPEN
            return Told(one.nonce, Received.CONFLICT if is_open else Received.SETTLED, conflict.sentence)
        is_done = row.fact_id is not None or one.kind == FactKind.VOID
        return Told(one.nonce, Received.RECORDED if is_done else Received.SETTLED)

    def _write(self, fresh: Sequence[SentFact]) -> list[_Taken]:
        facts = [one for one in fresh if one.kind != FactKind.VOID]
        venues = dict(RosterEntry.objects.filter(pk__in=[one.line for one in fresh]).values_list("pk", "venue_id"))
        ruled = self._ruled_out([one.line for one in facts])
        taken = [self._judged(one, venues, ruled) for one in fresh]
        marks = [_mark(one) for one in taken if _counts(one)]
        keys: dict[str, int] = {}
        if marks:
            insert_facts(marks, self.by, self.at, is_followed=False)
            rows = PresenceFact.objects.filter(nonce__in=[one.nonce for one in marks])
            keys = {nonce[2:]: pk for nonce, pk in rows.values_list("nonce", "pk")}
        self._write_device_facts(taken, keys)
        self._undo([one for one in taken if one.sent.kind == FactKind.VOID], [one.nonce for one in facts])
        if marks and self.frame is not None:
            cells = {(one.entry_id, one.session_id) for one in marks}
            raise_contradictions(self.frame, cells, self.device.venue_id, self.at)
        return taken

    def _judged(self, one: SentFact, venues: Mapping[int, int], ruled: Mapping[Cell, dt.datetime]) -> _Taken:
        """Which hour a fact is of, and why it waits, if it does."""
        frame = self.frame
        has_entry = frame is not None and one.line in frame.entries
        has_session = frame is not None and one.session_id in frame.sessions
        hours = possible_hours(one, self.offset_now)
        taken = _Taken(one, hours[0], one.line if has_entry else None, one.session_id if has_session else None)
        if one.kind == FactKind.VOID:
            return taken
        at = next((hour for hour in hours if frame is not None and not self._impossible(frame, one, hour)), None)
        taken.at = at or hours[0]
        if self.reason is not None:
            taken.reason, taken.sentence = self.reason, self.sentence
        elif frame is None or not has_entry or not has_session:
            taken.reason = ConflictReason.GONE
            taken.sentence = f"Dòng số {one.line} đã đưa ra khỏi danh sách, hoặc buổi học đã bỏ, khi lượt được gửi về."
        elif venues.get(one.line) != self.device.venue_id:
            taken.reason = ConflictReason.MOVED
            taken.sentence = "Người này đã chuyển sang điểm cầu khác khi lượt được gửi về."
        elif at is None:
            taken.reason = ConflictReason.TIME
            made = show_moment(moment(one.made_ms))
            taken.sentence = f"{self._impossible(frame, one, hours[0])} Đồng hồ của máy lúc ghi là {made}."
        elif (absent_at := ruled.get((one.line, one.session_id))) is not None and taken.at <= absent_at:
            taken.is_ruled_out = True
        return taken

    def _impossible(self, frame: ClassFrame, one: SentFact, hour: dt.datetime) -> str:
        """Why a fact cannot be of this hour; empty when it can."""
        session = frame.sessions.get(one.session_id)
        if session is None:
            return ""
        title = frame.session_titles[one.session_id]
        try:
            refuse_time(frame, Mark(one.line, one.session_id, one.kind, hour, one.nonce, one.method), self.at)
        except Refusal as refusal:
            return refusal.sentence
        if hour > self.at + AHEAD:
            return f"Giờ {show_moment(hour)} còn ở phía trước nên chưa ghi được."
        if one.kind in (FactKind.WHOLE, FactKind.ABSENT) and hour + AHEAD < session.start:
            return f"“{title}” học ngày {show_day(local(session.start).date())}, giờ {show_moment(hour)} còn trước buổi học."
        return ""

    def _ruled_out(self, lines: Collection[int]) -> dict[Cell, dt.datetime]:
        """Where a person has settled against this device that somebody was absent, and at which hour they were.

        What the device still holds of that hour or before adds nothing; who came later came, whenever it was settled.
        """
        rows = PresenceConflict.objects.filter(
            entry__in=lines, reason=ConflictReason.ABSENT, outcome=ConflictOutcome.SECOND,
            first__from_device__device=self.device,
        )  # fmt: skip
        hours = rows.order_by().values_list("entry", "session").annotate(hour=Max("second__at"))
        return {(entry, session): hour for entry, session, hour in hours if entry and session and hour}

    def _write_device_facts(self, taken: Sequence[_Taken], keys: Mapping[str, int]) -> None:
        adapt = connection.ops.adapt_datetimefield_value
        received = adapt(self.at)
        upsert(
            f"{DEVICE_FACT} (nonce, device_id, line, entry_id, session_id, kind, method, made_at, offset_ms, at, known_at,"
            " undoes, received_at, fact_id)",
            [
                (
                    one.sent.nonce, self.device.pk, one.sent.line, one.entry_id, one.session_id, one.sent.kind.value,
                    one.sent.method.value, adapt(moment(one.sent.made_ms)), one.sent.offset_ms, adapt(one.at),
                    adapt(_known(one.sent, self.at)), one.sent.undoes, received, keys.get(one.sent.nonce),
                )
                for one in taken
            ],
            "(nonce) DO NOTHING",
        )  # fmt: skip
        held = [one for one in taken if one.reason is not None]
        if held:
            self._hold(held)

    def _hold(self, held: Sequence[_Taken]) -> None:
        rows = DeviceFact.objects.filter(nonce__in=[one.sent.nonce for one in held])
        keys = dict(rows.values_list("nonce", "pk"))
        raised = connection.ops.adapt_datetimefield_value(self.at)
        upsert(
            f"{CONFLICT} (entry_id, session_id, venue_id, reason, sentence, held_id, state, outcome, raised_at)",
            [
                (
                    one.entry_id, one.session_id, self.device.venue_id, (one.reason or ConflictReason.TIME).value,
                    one.sentence[:400], keys[one.sent.nonce], ConflictState.OPEN.value, "", raised,
                )
                for one in held
            ],
            "DO NOTHING",
        )  # fmt: skip

    def _undo(self, undone: Sequence[_Taken], arrived: Sequence[str]) -> None:
        """Take back what the device took back, whichever of the two came first."""
        wanted = {one.sent.undoes: one for one in undone}
        waiting = DeviceFact.objects.filter(device=self.device, kind=FactKind.VOID, fact__isnull=True)
        orders = dict(waiting.filter(undoes__in=[*wanted, *arrived]).values_list("undoes", "nonce"))
        if not orders:
            return
        targets = DeviceFact.objects.filter(device=self.device, nonce__in=list(orders)).exclude(kind=FactKind.VOID)
        facts: list[tuple[DeviceFact, str]] = []
        held: list[_Taken] = []
        settled: list[int] = []
        for target in targets.select_related("conflict", "fact__voided_by").order_by("pk"):
            conflict = getattr(target, "conflict", None)
            if conflict is not None and conflict.state == ConflictState.OPEN:
                settled.append(conflict.pk)
            elif target.fact is not None and getattr(target.fact, "voided_by", None) is None:
                order = wanted.get(target.nonce)
                if self.reason is None:
                    facts.append((target, orders[target.nonce]))
                elif order is not None:
                    order.reason, order.sentence = self.reason, self.sentence
                    held.append(order)
        PresenceConflict.objects.filter(pk__in=settled, state=ConflictState.OPEN).update(
            state=ConflictState.SETTLED, outcome=ConflictOutcome.UNDONE, settled_at=self.at, settled_by=self.by
        )
        if held:
            self._hold(held)
        if facts:
            adapt = connection.ops.adapt_datetimefield_value
            now = adapt(self.at)
            upsert(
                f"{FACT} (nonce, entry_id, session_id, kind, at, recorded_at, method, account_id, voids_id, device, is_followed)",
                [
                    (
                        f"d-{nonce}", target.entry_id, target.session_id, FactKind.VOID.value, now, now, target.method,
                        self.by.pk, target.fact_id, "", False,
                    )
                    for target, nonce in facts
                ],
                "DO NOTHING",
            )  # fmt: skip


def _bare_frame(study_class: StudyClass) -> ClassFrame:
    unit = study_class.unit
    return ClassFrame(study_class.pk, study_class.title, study_class.state, study_class.campaign, unit.pk, unit.path)


def _counts(one: _Taken) -> bool:
    return one.sent.kind != FactKind.VOID and one.reason is None and not one.is_ruled_out


def _mark(one: _Taken) -> Mark:
    sent = one.sent
    return Mark(sent.line, sent.session_id, sent.kind, one.at, f"d-{sent.nonce}", sent.method)


def _told_of(one: _Taken) -> Told:
    if one.reason is not None:
        return Told(one.sent.nonce, Received.CONFLICT, one.sentence)
    return Told(one.sent.nonce, Received.SETTLED if one.is_ruled_out else Received.RECORDED)


def _known(one: SentFact, at: dt.datetime) -> dt.datetime:
    return moment(0) if one.known_ms is None else min(moment(one.known_ms), at)


def _ms(at: dt.datetime) -> int:
    return int(at.timestamp() * 1000)


# --- contradictions ---------------------------------------------------------------------------------------------


def raise_contradictions(frame: ClassFrame, cells: Collection[Cell], venue_id: int, at: dt.datetime) -> None:
    """Write a conflict for every person and session whose sides contradict each other and whom nobody has settled yet."""
    facts = device_queries.sided_facts(cells)
    settled = device_queries.settled_at(cells)
    rows = []
    for cell, own in facts.items():
        before = settled.get(cell)
        seen: set[ConflictReason] = set()
        for one in contradictions(own):
            is_settled = before is not None and max(one.first.learned_at, one.second.learned_at) <= before
            if one.reason in seen or is_settled:
                continue
            seen.add(one.reason)
            rows.append(
                (
                    *cell, venue_id, one.reason.value, _sentence(one), one.first.key, one.second.key,
                    ConflictState.OPEN.value, "", connection.ops.adapt_datetimefield_value(at),
                )
            )  # fmt: skip
    upsert(
        f"{CONFLICT} (entry_id, session_id, venue_id, reason, sentence, first_id, second_id, state, outcome, raised_at)",
        rows,
        "DO NOTHING",
    )


def _sentence(one: Contradiction) -> str:
    first, second = show_moment(one.first.at), show_moment(one.second.at)
    if one.reason == ConflictReason.ABSENT:
        return f"Một bên ghi có mặt lúc {first}, một bên ghi vắng lúc {second}."
    return f"Một bên ghi về lúc {first}, trước khi bên kia ghi đến lúc {second}."


# --- settling ---------------------------------------------------------------------------------------------------


def settle_conflict(
    conflict: PresenceConflict, outcome: ConflictOutcome, *, clock: str = "", by: Account, at: dt.datetime
) -> None:
    """Decide a conflict once and for all.

    Of two sides one is right, and what the other said against it is taken back; or both are, where somebody left and came
    again. A fact that waits is recorded, at the hour `clock` ("07:45") of the session's day when one is given, or left out.
    Refuses whoever comes second, with who was first; a choice that does not fit; and what `record_marks` refuses.
    Effects in one transaction: the conflict, facts and what follows from them, audit "conflict.settled". Basis: B-03.
    """
    _refuse_misfit(conflict, outcome)
    with transaction.atomic():
        frames = frames_of([conflict.entry_id], within=None) if conflict.entry_id else []
        frame = frames[0] if frames else None
        if frame is not None and conflict.entry_id:
            refuse_outsiders(frame, [conflict.entry_id], by)
        done = PresenceConflict.objects.filter(pk=conflict.pk, state=ConflictState.OPEN).update(
            state=ConflictState.SETTLED, outcome=outcome, settled_at=at, settled_by=by
        )
        if not done:
            raise _settled_before(conflict)
        if outcome in (ConflictOutcome.FIRST, ConflictOutcome.SECOND):
            assert frame
            _take_side(frame, conflict, outcome, by, at)
        elif outcome == ConflictOutcome.TAKEN:
            _take_held(frame, conflict, clock, by, at)
        study_class = conflict.venue.study_class
        entry = frame.entries[conflict.entry_id] if frame is not None and conflict.entry_id else None
        record(
            "conflict.settled",
            by=by,
            at=at,
            thing=Person(pk=entry.person_id, full_name=entry.full_name) if entry else study_class,
            unit=study_class.unit,
            person_id=entry.person_id if entry else None,
            after={"class": study_class.title, "reason": conflict.sentence, "outcome": outcome.label},
        )


def settle_held(
    device: RollDevice, reason: ConflictReason, outcome: ConflictOutcome, *, by: Account, at: dt.datetime
) -> int:
    """Record, or leave out, all facts of a device that wait for one and the same reason; returns how many, at most 500.

    All or none: refuses what `record_marks` refuses of any of them. Facts whose line or session is gone cannot be recorded:
    they go on waiting, and when there is none besides them it is refused. What somebody else settles meanwhile is theirs.
    Effects as of `settle_conflict`, with one log line beside those of the people marked.
    """
    is_taken = outcome == ConflictOutcome.TAKEN
    if reason not in device_queries.SETTLED_TOGETHER or outcome not in (
        ConflictOutcome.TAKEN,
        ConflictOutcome.LEFT_OUT,
    ):
        raise Refusal("conflict.misfit", "Những lượt này phải giải quyết từng lượt một.")
    study_class = device.venue.study_class
    with transaction.atomic():
        waiting = PresenceConflict.objects.filter(held__device=device, reason=reason, state=ConflictState.OPEN)
        waiting = waiting.exclude(held__kind=FactKind.VOID)
        wanted = waiting
        if is_taken:
            wanted = waiting.filter(held__entry__isnull=False, held__session__isnull=False)
        found = dict(wanted.order_by("pk").values_list("pk", "held__entry")[:_MOST_TOGETHER])
        frames = frames_of(sorted({entry for entry in found.values() if entry}), within=study_class.pk)
        if frames:
            refuse_outsiders(frames[0], list(frames[0].entries), by)
        # Only now, with the locks, is it sure what still waits.
        rows = list(
            wanted.filter(pk__in=list(found)).select_related("held").select_for_update(of=("self",)).order_by("pk")
        )
        if not rows and is_taken and waiting.exists():
            raise _gone()
        held = [one.held for one in rows if one.held and one.held.entry_id and one.held.session_id]
        PresenceConflict.objects.filter(pk__in=[one.pk for one in rows], state=ConflictState.OPEN).update(
            state=ConflictState.SETTLED, outcome=outcome, settled_at=at, settled_by=by
        )
        if is_taken and held:
            marks = [
                Mark(one.line, one.session_id or 0, FactKind(one.kind), one.at, f"d-{one.nonce}", Method(one.method))
                for one in held
            ]
            record_marks(marks, within=study_class, by=by, at=at)
            facts = {fact.nonce: fact for fact in PresenceFact.objects.filter(nonce__in=[one.nonce for one in marks])}
            for one in held:
                one.fact = facts[f"d-{one.nonce}"]
            DeviceFact.objects.bulk_update(held, ["fact"])
            raise_contradictions(frames[0], {(one.entry_id, one.session_id) for one in marks}, device.venue_id, at)
        if rows:
            after = {"class": study_class.title, "reason": reason.label, "outcome": outcome.label, "count": len(rows)}
            record("conflict.settled", by=by, at=at, thing=study_class, unit=study_class.unit, after=after)
    return len(rows)


def _refuse_misfit(conflict: PresenceConflict, outcome: ConflictOutcome) -> None:
    fitting = device_queries.choices_of(conflict)
    if conflict.state == ConflictState.OPEN and outcome not in fitting:
        raise Refusal("conflict.misfit", "Lựa chọn này không hợp với xung đột; hãy tải lại trang rồi chọn lại.")


def _settled_before(conflict: PresenceConflict) -> Refusal:
    now = PresenceConflict.objects.select_related("settled_by").get(pk=conflict.pk)
    assert now.settled_at
    how = ConflictOutcome(now.outcome).label
    return Refusal(
        "conflict.settled",
        f"{now.settled_by} đã giải quyết xung đột này lúc {show_moment(now.settled_at)} ({how}); kết quả ấy được giữ.",
    )


def _gone() -> Refusal:
    return Refusal(
        "conflict.gone",
        "Người này không còn trong danh sách hoặc buổi học đã bỏ nên không ghi được; hãy thêm lại vào danh sách rồi "
        "điểm danh theo tên.",
    )


def _take_side(
    frame: ClassFrame, conflict: PresenceConflict, outcome: ConflictOutcome, by: Account, at: dt.datetime
) -> None:
    """Take back everything by which the side that is wrong contradicts the other, not only the fact that was shown."""
    refuse_class(frame, at)
    assert conflict.entry_id
    assert conflict.session_id
    cell = (conflict.entry_id, conflict.session_id)
    sided = {one.key: one for one in device_queries.sided_facts([cell]).get(cell, [])}
    first, second = sided.get(conflict.first_id or 0), sided.get(conflict.second_id or 0)
    if first and second:  # else one was taken back meanwhile
        wrong = second if outcome == ConflictOutcome.FIRST else first
        losing: set[int] = set()
        for one in contradictions(list(sided.values())):
            if one.reason == conflict.reason and {one.first.side, one.second.side} == {first.side, second.side}:
                losing.add(one.first.key if one.first.side == wrong.side else one.second.key)
        rows = list(PresenceFact.objects.filter(pk__in=losing).order_by("pk"))
        void_facts(frame, rows, nonces=[f"k-{conflict.pk}-{row.pk}" for row in rows], by=by, at=at)
    raise_contradictions(frame, [cell], conflict.venue_id, at)


def _take_held(frame: ClassFrame | None, conflict: PresenceConflict, clock: str, by: Account, at: dt.datetime) -> None:
    held = conflict.held
    if frame is None or held is None or held.session_id is None or held.entry_id is None:
        raise _gone()
    if held.kind == FactKind.VOID:
        refuse_class(frame, at)
        fact = PresenceFact.objects.filter(from_device__nonce=held.undoes).first()
        if fact is not None:
            void_facts(frame, [fact], nonces=[f"d-{held.nonce}"], by=by, at=at)
        return
    hour = held.at
    if clock:
        typed = parse_clock(clock)
        if typed is None:
            raise Refusal("conflict.clock", "Hãy ghi giờ như 07:45.", field="clock")
        hour = at_local(local(frame.sessions[held.session_id].start).date(), typed)
    mark = Mark(held.entry_id, held.session_id, FactKind(held.kind), hour, f"d-{held.nonce}", Method(held.method))
    record_marks([mark], within=frame.class_id, by=by, at=at)
    DeviceFact.objects.filter(pk=held.pk).update(fact=PresenceFact.objects.get(nonce=mark.nonce))
    raise_contradictions(frame, [(held.entry_id, held.session_id)], conflict.venue_id, at)
