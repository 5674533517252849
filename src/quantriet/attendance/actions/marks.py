"""Marks of the roll: facts come in, are never changed, and are taken back only by a further fact."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from quantriet.attendance import access, queries
from quantriet.attendance.actions.catch_ups import follow_absentees
from quantriet.attendance.actions.verdicts import FACT, ClassFrame, fill, frames_of, judge
from quantriet.attendance.models import ExcusedAbsence, PresenceFact
from quantriet.attendance.rules.paste import read_codes
from quantriet.attendance.rules.slips import SlipCell
from quantriet.attendance.vocab import ExcuseState, FactKind, Mark, MarkResult, Method
from quantriet.audit.actions import record, record_many
from quantriet.campaigns.vocab import CampaignState
from quantriet.classes.models import ClassSession, RosterEntry, StudyClass, Venue
from quantriet.classes.vocab import ClassState
from quantriet.kit.db import select
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import local, show_clock, show_day, show_moment
from quantriet.org import access as org_access
from quantriet.org.models import Account, Person
from quantriet.org.rules.secrecy import refuse_if_marked
from quantriet.org.vocab import Permission

NONCE_LENGTH = 40
# A device's clock may be a little ahead of ours.
AHEAD = dt.timedelta(minutes=10)


def record_marks(
    marks: Sequence[Mark], *, within: StudyClass | int | None = None, by: Account | None, at: dt.datetime
) -> list[MarkResult]:
    """Take marks, all or none, and say what each person's facts come to now; the same mark again changes nothing.

    Refuses marks of people outside the class named by `within` or outside the clerk's classes and venues, without saying
    who they are; on a class that is not released, closed or cancelled, in a campaign that is not open, on another day
    than the session's, an arrival at or after its end, in the future, and under the nonce of another mark.
    Two clerks who mark one person at once both succeed: both facts stay and the result is what they cover together.
    Effects in one transaction: facts, audit "roll.marked", records and verdicts of the people marked, their duties.
    Basis: R-065, R-069, R-072, B-01.
    """
    if not marks:
        return []
    with transaction.atomic():
        class_id = within.pk if isinstance(within, StudyClass) else within
        frames = frames_of(sorted({mark.entry_id for mark in marks}), within=class_id, filled=False)
        _refuse_strangers(marks, frames, by)
        for frame in frames:
            fill(frame)
        _refuse_unfit(marks, frames, at)
        fresh = insert_facts(marks, by, at)
        results: list[MarkResult] = []
        for frame in frames:
            own = [mark for mark in marks if mark.entry_id in frame.entries]
            _tell(frame, [mark for mark in fresh if mark.entry_id in frame.entries], by, at)
            results += judge_again(frame, {mark.session_id for mark in own}, by, at)
    return results


def void_mark(fact: PresenceFact, *, nonce: str, by: Account | None, at: dt.datetime) -> MarkResult:
    """Take one fact back by a further fact; the first stays readable. Done twice it changes nothing.

    Refuses a void of a void, and what `record_marks` refuses about class, campaign and scope.
    """
    if fact.kind == FactKind.VOID:
        raise Refusal("mark.is_void", "Lượt này là lượt bỏ điểm danh nên không bỏ tiếp được; hãy ghi lại lượt mới.")
    with transaction.atomic():
        frame = _frame_of(fact.entry_id)
        refuse_outsiders(frame, [fact.entry_id], by)
        refuse_class(frame, at)
        return void_facts(frame, [fact], nonces=[nonce], by=by, at=at)[0]


def mark_rest_present(
    study_class: StudyClass, session: ClassSession, venue: Venue, *, nonce: str, by: Account | None, at: dt.datetime
) -> int:
    """Tick "whole session" for everybody of the venue who has neither a mark nor an approved excuse; returns how many."""
    with transaction.atomic():
        frames_of(class_id=study_class.pk)  # nobody else marks in between
        marked = PresenceFact.objects.filter(session=session, kind__in=_STANDING, voided_by__isnull=True)
        excused = ExcusedAbsence.objects.filter(
            Q(session__isnull=True) | Q(session=session),
            entry__study_class=study_class,
            state=ExcuseState.APPROVED,
        )
        rest = (
            RosterEntry.objects.filter(study_class=study_class, venue=venue)
            .exclude(pk__in=marked.values("entry_id"))
            .exclude(pk__in=excused.values("entry_id"))
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        marks = [
            # Whoever is marked is left out, so a repeated order finds nobody; but a mark taken back may be given again.
            Mark(entry, session.pk, FactKind.WHOLE, at, f"{nonce[:12]}-{secrets.token_hex(4)}-{entry}", Method.ROLL)
            for entry in rest
        ]
        record_marks(marks, within=study_class, by=by, at=at)
    return len(marks)


def record_slips(
    study_class: StudyClass,
    cells: Mapping[tuple[int, int], SlipCell],
    *,
    nonce: str,
    by: Account | None,
    at: dt.datetime,
    method: Method = Method.SLIP,
) -> int:
    """Enter paper slips (R-069): `cells` gives for (entry, session) what the slip says; returns how many cells changed.

    What stood in a changed cell is taken back and the slip's facts take its place. A cell that says what is known
    already is left alone, so that the same table sent twice changes nothing.
    """
    with transaction.atomic():
        if not cells:
            return 0
        frame = next(iter(frames_of(sorted({entry for entry, _ in cells}), within=study_class.pk)), None)
        if frame is None or any(entry not in frame.entries for entry, _ in cells):
            raise Refusal(
                "mark.not_on_roster", "Có người không còn trong danh sách lớp; hãy mở lại trang rồi ghi tiếp."
            )
        refuse_outsiders(frame, list(frame.entries), by)
        refuse_class(frame, at)
        standing, counts = _facts_of(list(cells))
        marks: list[Mark] = []
        gone: list[PresenceFact] = []
        changed = 0
        for (entry_id, session_id), cell in cells.items():
            session = frame.sessions.get(session_id)
            if session is None:
                raise Refusal("mark.wrong_session", "Buổi học này không thuộc lớp.")
            old = standing.get((entry_id, session_id), [])
            new = cell.facts(session)
            if sorted((fact.kind, fact.at) for fact in old) == sorted(new):
                continue
            if cell.says_the_same([(FactKind(fact.kind), fact.at) for fact in old], session):
                continue
            changed += 1
            gone += old
            marks += [
                # A cell that says something else is a new mark, though it comes from the same page: numbered by what
                # was ever written in it.
                Mark(entry_id, session_id, kind, moment, f"{nonce[:12]}-{entry_id}-{session_id}-{number}", method)
                for number, (kind, moment) in enumerate(new, start=counts.get((entry_id, session_id), 0))
            ]
        replace_marks(
            frame, gone, marks, sessions={session_id for _, session_id in cells} if changed else set(), nonce=nonce, by=by,
            at=at,
        )  # fmt: skip
    return changed


def replace_marks(
    frame: ClassFrame,
    gone: Sequence[PresenceFact],
    marks: Sequence[Mark],
    *,
    sessions: set[int],
    nonce: str,
    by: Account | None,
    at: dt.datetime,
) -> None:
    """Take back `gone` and write `marks` in their place, then judge once; inside the transaction that locked the frame.

    Refuses what `record_marks` refuses about people and times. Without `sessions` nobody is judged again.
    """
    _refuse_strangers(marks, [frame], by)
    _refuse_unfit(marks, [frame], at)
    void_facts(frame, gone, nonces=[f"{nonce[:12]}-void-{fact.pk}" for fact in gone], by=by, at=at, judged=False)
    _tell(frame, insert_facts(marks, by, at), by, at)
    if sessions:
        judge_again(frame, sessions, by, at)


def record_pasted(
    study_class: StudyClass,
    session: ClassSession,
    kind: FactKind,
    text: str,
    *,
    moment: dt.datetime,
    nonce: str,
    by: Account | None,
    at: dt.datetime,
) -> int:
    """Mark everybody whose code stands in pasted lines; returns how many (P-09).

    All or nothing: unknown codes are refused with the numbers of their lines. Lines that name a person twice count once.
    """
    refuse_if_marked(text, "nội dung dán")
    with transaction.atomic():
        called = RosterEntry.objects.filter(study_class=study_class)
        if by is not None:
            called = called.filter(pk__in=access.entries_marked_by(by).values("pk"))
        found, wrong = read_codes(text, dict(called.values_list("person__code", "pk")))
        if wrong:
            raise Refusals([Refusal("paste.unknown", line.sentence, field="codes", row=line.number) for line in wrong])
        if not found:
            raise Refusal("paste.empty", "Chưa dán mã nào; mỗi dòng một mã đảng viên.", field="codes")
        hour = "" if kind in (FactKind.WHOLE, FactKind.ABSENT) else moment.isoformat()
        what = hashlib.blake2b(f"{session.pk} {kind} {hour}".encode(), digest_size=5).hexdigest()
        marks = [Mark(entry, session.pk, kind, moment, f"{nonce[:16]}-{what}-{entry}", Method.PASTE) for entry in found]
        record_marks(marks, within=study_class, by=by, at=at)
    return len(marks)


# --- what is refused --------------------------------------------------------------------------------------------

_STANDING = (FactKind.ARRIVE, FactKind.LEAVE, FactKind.WHOLE, FactKind.ABSENT)


def _refuse_strangers(marks: Sequence[Mark], frames: Sequence[ClassFrame], by: Account | None) -> None:
    """First who may be marked at all: of anybody else not even the class is named, nor is anything more read."""
    known = {entry_id for frame in frames for entry_id in frame.entries}
    if any(mark.entry_id not in known for mark in marks):
        raise _stranger()
    for frame in frames:
        refuse_outsiders(frame, [mark.entry_id for mark in marks if mark.entry_id in frame.entries], by)


def _refuse_unfit(marks: Sequence[Mark], frames: Sequence[ClassFrame], at: dt.datetime) -> None:
    homes = {entry_id: frame for frame in frames for entry_id in frame.entries}
    for frame in frames:
        refuse_class(frame, at)
    refusals: list[Refusal] = []
    for mark in marks:
        try:
            refuse_time(homes[mark.entry_id], mark, at)
        except Refusal as refusal:
            refusals.append(refusal)
    if len(refusals) == 1:
        raise refusals[0]
    if refusals:
        raise Refusals(refusals)


def refuse_class(frame: ClassFrame, at: dt.datetime) -> None:
    if frame.state == ClassState.DRAFT:
        raise Refusal("mark.class_not_released", f"Lớp “{frame.title}” chưa chốt danh sách nên chưa điểm danh được.")
    if frame.state == ClassState.CANCELLED:
        raise Refusal("mark.class_cancelled", f"Lớp “{frame.title}” đã hủy nên không điểm danh.")
    if frame.state == ClassState.CLOSED and not queries.takes_corrections(frame.class_id, at=at):
        raise Refusal("mark.class_closed", f"Lớp “{frame.title}” đã chốt điểm danh; hãy mở lại điểm danh để sửa.")
    if frame.campaign.state != CampaignState.OPEN:
        raise Refusal("campaign.not_open", "Đợt học tập chưa mở hoặc đã khép nên không ghi được kết quả.")


def refuse_outsiders(frame: ClassFrame, entries: Iterable[int], by: Account | None) -> None:
    """The organiser's scope covers the class, that of a venue's unit and its clerk the venue; nobody else is known here."""
    if by is None:
        return
    tops: list[str] | None = None
    for entry_id in entries:
        entry = frame.entries[entry_id]
        if entry.venue_clerk_id == by.pk:
            continue
        if tops is None:
            tops = org_access.paths_with(by, Permission.ROLL_TAKE)
        if not any(path.startswith(top) for path in (frame.unit_path, entry.venue_path) for top in tops):
            raise _stranger()


def _stranger() -> Refusal:
    return Refusal("mark.not_on_roster", "Người này không có trong danh sách được giao điểm danh nên chưa ghi được.")


def refuse_time(frame: ClassFrame, mark: Mark, at: dt.datetime) -> None:
    session = frame.sessions.get(mark.session_id)
    if session is None:
        raise Refusal("mark.wrong_session", "Buổi học này không thuộc lớp.")
    if not mark.nonce or len(mark.nonce) > NONCE_LENGTH:
        raise Refusal("mark.nonce", "Lượt điểm danh thiếu mã lượt; hãy tải lại trang rồi điểm danh tiếp.")
    if mark.kind == FactKind.VOID:
        raise Refusal("mark.void", "Muốn bỏ một lượt thì chọn đúng lượt ấy.")
    title = frame.session_titles[mark.session_id]
    first, last = local(session.start).date(), local(session.end).date()
    day = local(mark.at).date()
    if mark.kind in (FactKind.WHOLE, FactKind.ABSENT):
        if at + AHEAD < session.start:
            raise Refusal(
                "mark.before_session",
                f"“{title}” bắt đầu {show_moment(session.start)}, chưa diễn ra nên chưa ghi có mặt cả buổi hay vắng được.",
            )
        return
    if not first <= day <= last:
        raise Refusal(
            "mark.wrong_day",
            f"“{title}” học ngày {show_day(first)}; giờ {show_moment(mark.at)} không thuộc ngày đó. "
            "Buổi đã qua thì nhập theo phiếu của buổi.",
        )
    if mark.kind == FactKind.ARRIVE and mark.at >= session.end:
        raise Refusal(
            "mark.session_over",
            f"“{title}” đã kết thúc lúc {show_clock(session.end)}; ai dự cả buổi thì bấm “Cả buổi”, "
            "ai đến muộn thì nhập giờ đến.",
        )
    if mark.at > at + AHEAD:
        raise Refusal("mark.in_future", f"Giờ {show_moment(mark.at)} còn ở phía trước nên chưa ghi được.")


# --- writing ----------------------------------------------------------------------------------------------------


def insert_facts(marks: Sequence[Mark], by: Account | None, at: dt.datetime, *, is_followed: bool = True) -> list[Mark]:
    """Insert facts whose nonce is not known yet, in as few statements as may be; returns the marks that were new.

    `is_followed` is false for facts whose log line and verdict somebody else writes soon (`check_ins.follow_check_ins`).
    Refuses when a known nonce stands for another mark: to answer "done" would lose this one.
    """
    fresh: set[str] = set()
    recorded = connection.ops.adapt_datetimefield_value(at)
    account = by.pk if by else None
    for start in range(0, len(marks), 500):
        part = marks[start : start + 500]
        row = "(%s,%s,%s,%s,%s,%s,%s,%s,NULL,%s,%s)"
        params: list[Any] = []
        for mark in part:
            params += [
                mark.nonce, mark.entry_id, mark.session_id, mark.kind.value,
                connection.ops.adapt_datetimefield_value(mark.at), recorded, mark.method.value, account,
                mark.device, is_followed,
            ]  # fmt: skip
        fresh.update(
            nonce
            for (nonce,) in select(
                f"INSERT INTO {FACT} (nonce, entry_id, session_id, kind, at, recorded_at, method, account_id, voids_id,"  # noqa: S608
                f" device, is_followed) VALUES {','.join([row] * len(part))} ON CONFLICT (nonce) DO NOTHING RETURNING nonce",
                params,
                often=len(part) == 1,
            )
        )
    if len(fresh) == len(marks):
        return list(marks)
    _refuse_reused(marks, fresh)
    return list({mark.nonce: mark for mark in marks if mark.nonce in fresh}.values())


def _refuse_reused(marks: Sequence[Mark], fresh: set[str]) -> None:
    """A mark sent again is the same mark: same person, same session, same kind."""
    counts = Counter(mark.nonce for mark in marks)
    known = [mark for mark in marks if mark.nonce not in fresh or counts[mark.nonce] > 1]
    for start in range(0, len(known), 500):
        part = known[start : start + 500]
        stored = {
            nonce: what
            for nonce, *what in PresenceFact.objects.filter(nonce__in=[mark.nonce for mark in part]).values_list(
                "nonce", "entry_id", "session_id", "kind"
            )
        }
        if any(stored.get(mark.nonce) != [mark.entry_id, mark.session_id, mark.kind] for mark in part):
            raise _reused()


def _reused() -> Refusal:
    return Refusal(
        "mark.nonce_reused",
        "Mã lượt này đã dùng cho một lượt điểm danh khác nên chưa ghi; hãy tải lại trang rồi ghi lại.",
    )


def _tell(frame: ClassFrame, marks: Sequence[Mark], by: Account | None, at: dt.datetime) -> None:
    """The log: a line per person marked."""
    lines: list[Any] = []
    for mark in marks:
        entry = frame.entries[mark.entry_id]
        after = {
            "class": frame.title,
            "session": frame.session_titles[mark.session_id],
            "mark": mark.kind.label,
            "at": mark.at,
            "method": mark.method.label,
        }
        person = Person(pk=entry.person_id, full_name=entry.full_name)
        if len(marks) == 1:
            record("roll.marked", by=by, at=at, thing=person, unit=frame.unit, person_id=entry.person_id, after=after)
            return
        lines.append((person, frame.unit, {}, after))
    if lines:
        record_many("roll.marked", by=by, at=at, lines=lines)  # type: ignore[arg-type]


def _frame_of(entry_id: int) -> ClassFrame:
    frames = frames_of([entry_id])
    if not frames:
        raise _stranger()
    return frames[0]


def _facts_of(
    cells: Sequence[tuple[int, int]],
) -> tuple[dict[tuple[int, int], list[PresenceFact]], dict[tuple[int, int], int]]:
    """The facts that stand in these cells, and how many were ever written there."""
    standing: dict[tuple[int, int], list[PresenceFact]] = {}
    counts: Counter[tuple[int, int]] = Counter()
    entries, sessions = {entry for entry, _ in cells}, {session for _, session in cells}
    rows = list(PresenceFact.objects.filter(entry_id__in=entries, session_id__in=sessions))
    gone = {fact.voids_id for fact in rows}
    for fact in rows:
        cell = (fact.entry_id, fact.session_id)
        counts[cell] += 1
        if fact.kind in _STANDING and fact.pk not in gone:
            standing.setdefault(cell, []).append(fact)
    return standing, counts


def void_facts(
    frame: ClassFrame,
    facts: Sequence[PresenceFact],
    *,
    nonces: Sequence[str],
    by: Account | None,
    at: dt.datetime,
    judged: bool = True,
) -> list[MarkResult]:
    known = PresenceFact.objects.filter(Q(voids__in=[fact.pk for fact in facts]) | Q(nonce__in=nonces))
    stored = dict(known.values_list("nonce", "voids_id"))
    if any(stored.get(nonce, fact.pk) != fact.pk for fact, nonce in zip(facts, nonces, strict=True)):
        raise _reused()
    gone = set(stored.values())
    fresh = [
        PresenceFact(
            nonce=nonce,
            entry_id=fact.entry_id,
            session_id=fact.session_id,
            kind=FactKind.VOID,
            at=at,
            recorded_at=at,
            method=fact.method,
            account=by,
            voids=fact,
        )
        for fact, nonce in zip(facts, nonces, strict=True)
        if fact.pk not in gone
    ]
    PresenceFact.objects.bulk_create(fresh, ignore_conflicts=True)
    for void, fact in ((one, one.voids) for one in fresh):
        entry = frame.entries[void.entry_id]
        record(
            "roll.voided",
            by=by,
            at=at,
            thing=Person(pk=entry.person_id, full_name=entry.full_name),
            unit=frame.unit,
            person_id=entry.person_id,
            before={
                "class": frame.title,
                "session": frame.session_titles[void.session_id],
                "mark": FactKind(fact.kind).label if fact else "",
                "at": fact.at if fact else None,
            },
        )
    if not judged:
        return []
    return judge_again(frame, {fact.session_id for fact in facts}, by, at)


def judge_again(frame: ClassFrame, sessions: set[int], by: Account | None, at: dt.datetime) -> list[MarkResult]:
    is_closed = frame.state == ClassState.CLOSED
    outcomes = judge(frame, by=by, at=at, is_closed=is_closed, only_sessions=sessions)
    if is_closed:  # a reopened roll: the chains follow each correction
        follow_absentees(frame, outcomes, by=by, at=at)
    return [outcome.result for outcome in outcomes]
