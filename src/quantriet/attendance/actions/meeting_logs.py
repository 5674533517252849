"""Logs of online meetings: taken in, read against the roster, decided on by a person, written as facts, taken back.

Reading and writing are jobs, queued with the step they belong to; of a small file they are done at once too, and the job then
finds the state moved on. Each may be killed and run again. Nothing counts before it is
confirmed; then the facts are arrivals and departures like all others, and what follows from them (log lines, minutes,
verdicts) is written by `check_ins.follow_check_ins`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.db import transaction

from quantriet.attendance.actions.marks import insert_facts, refuse_class
from quantriet.attendance.actions.verdicts import ClassFrame
from quantriet.attendance.models import LogIdentity, MeetingLog, MeetingLogName, PresenceFact, VenueConnection
from quantriet.attendance.queries import meeting_logs as queries
from quantriet.attendance.rules.meeting_logs import reading
from quantriet.attendance.rules.meeting_logs.adding import Known, add_connections
from quantriet.attendance.rules.meeting_logs.moments import Order
from quantriet.attendance.rules.meeting_logs.names import (
    Called,
    Candidate,
    Found,
    Hall,
    Matcher,
    Meaning,
    Roster,
    log_key,
)
from quantriet.attendance.rules.meeting_logs.reading import Person, Question
from quantriet.attendance.rules.minutes import Fact, SessionTime
from quantriet.attendance.vocab import LIVE_LOGS, FactKind, LogMeaning, Mark, MeetingLogState, Method
from quantriet.audit.actions import record
from quantriet.classes.models import ClassSession, RosterEntry, StudyClass, Venue
from quantriet.kit import spreadsheets
from quantriet.kit.db import insert_many
from quantriet.kit.intervals import Interval, clip, seconds, unite
from quantriet.kit.jobs import enqueue
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local, show_moment
from quantriet.org.models import Account, Unit
from quantriet.org.rules.secrecy import refuse_if_marked

READ_JOB = "quantriet.attendance.jobs.read_meeting_log_job"
APPLY_JOB = "quantriet.attendance.jobs.apply_meeting_log_job"
FOLLOW_JOB = "quantriet.attendance.jobs.follow_check_ins_job"
VIETNAM = 7 * 60  # minutes east of Greenwich
AT_ONCE_BYTES = 256 * 1024  # a larger file is left to the job
_AT_ONCE_NAMES = 1_000
_AHEAD = dt.timedelta(minutes=10)
_MOST_ROWS_TOLD = 20
_HEAD = 30  # rows above and at the beginning of the tables, looked through for stamps
ENCODING_QUESTION = "encoding"


@dataclass
class Understood:
    """What was understood of a file, as it is shown and kept: `questions` wait for an answer."""

    program: str = ""
    shape: str = ""
    lines: int = 0
    orders: list[str] = field(default_factory=list)
    order: str = ""
    offset: int = VIETNAM
    is_offset_of_file: bool = False
    day: str = ""
    first: str = ""  # moments of the first join and the last leave, ISO in UTC
    last: str = ""
    example: str = ""  # a written date that can be read in two ways
    waiting: int = 0
    unread: list[int] = field(default_factory=list)
    unread_count: int = 0
    questions: list[str] = field(default_factory=list)
    encoding: dict[str, Any] | None = None
    legacy: str = ""

    @classmethod
    def of(cls, log: MeetingLog) -> Understood:
        return cls(**log.understood)


# --- taking in --------------------------------------------------------------------------------------------------


def take_meeting_log(
    study_class: StudyClass, *, file_name: str, source: Path, by: Account, at: dt.datetime
) -> tuple[MeetingLog, bool]:
    """Take a log in and read it, at once or by a job; the second value says whether it was new.

    The same bytes again are the same log, unless that was given up or taken back. Refuses what is no table, what is marked
    secret, and a class that takes no roll or has no sessions. Effects: the log with its file, audit "meeting_log.uploaded".
    Basis: R-065, B-05, B-06.
    """
    refuse_if_marked(Path(file_name).stem.replace("_", " "), "Tên tệp")
    spreadsheets.gate(source, file_name, limit=settings.UPLOAD_LIMIT_BYTES)
    refuse_class(_frame(study_class), at)
    if not study_class.sessions.exists():
        raise Refusal(
            "log.no_session", "Lớp chưa có buổi học nên chưa nhập nhật ký được; hãy thêm buổi ở trang Chương trình."
        )
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    with transaction.atomic():
        _lock(study_class)
        same = MeetingLog.objects.filter(study_class=study_class, digest=digest, state__in=LIVE_LOGS).first()
        if same is not None:
            return same, False
        log = MeetingLog(
            study_class=study_class, file_name=file_name[-200:], digest=digest, uploaded_by=by, uploaded_at=at
        )
        with source.open("rb") as content:
            log.file.save(f"{digest[:16]}{Path(file_name).suffix.lower()[:8]}", File(content), save=False)
        try:
            log.save(force_insert=True)
            record(
                "meeting_log.uploaded", by=by, at=at, thing=study_class, unit=study_class.unit, after={"log": log.pk}
            )
            enqueue(READ_JOB, log.pk)
        except BaseException:
            log.file.delete(save=False)
            raise
    _read_if_small(log, at)
    return log, True


def answer_log_questions(
    log: MeetingLog, *, order: str = "", offset: int | None = None, day: dt.date | None = None, legacy: str = "",
    by: Account, at: dt.datetime,
) -> MeetingLog:  # fmt: skip
    """Read the file again by what the clerk says of its dates, clock, day and letters.

    Refuses a log that is written, given up or taken back, and an offset beyond fourteen hours.
    """
    if offset is not None and abs(offset) > 14 * 60:
        raise Refusal("log.offset", "Múi giờ từ -14 đến +14 giờ so với giờ quốc tế.", field="zone")
    said = {"order": order, "offset": offset, "day": day.isoformat() if day else "", "legacy": legacy}
    choices = {**log.choices, **{key: value for key, value in said.items() if value not in ("", None)}}
    with transaction.atomic():
        _move(
            log,
            MeetingLogState.READING,
            frm=(MeetingLogState.ASKING, MeetingLogState.READY),
            choices=choices,
            counts={},
        )
        enqueue(READ_JOB, log.pk)
    _read_if_small(log, at)
    return log


def give_up_log(log: MeetingLog, *, by: Account, at: dt.datetime) -> None:
    """Drop a log that is not written, with its file and names."""
    waiting = (MeetingLogState.READING, MeetingLogState.ASKING, MeetingLogState.READY)
    with transaction.atomic():
        _move(log, MeetingLogState.CANCELLED, frm=waiting)
        log.names.all().delete()
        _drop_file(log)


def _read_if_small(log: MeetingLog, at: dt.datetime) -> None:
    if log.file.size <= AT_ONCE_BYTES:
        read_meeting_log(log.pk, at=at)
        log.refresh_from_db()


# --- reading ----------------------------------------------------------------------------------------------------


def read_meeting_log(log_id: int, *, at: dt.datetime) -> None:
    """Read a file and tell its names against the roster. May run twice; a log in another state is left alone."""
    log = (
        MeetingLog.objects.select_related("study_class__unit").filter(pk=log_id, state=MeetingLogState.READING).first()
    )
    if log is None:
        return
    try:
        understood, people = _understand(log, at)
    except Refusal as refusal:
        with transaction.atomic():
            if _is_still_asked(log) and _move(
                log, MeetingLogState.REFUSED, frm=(MeetingLogState.READING,), refusal=refusal.sentence[:600], must=False
            ):
                _drop_file(log)
        return
    except FileNotFoundError:
        if MeetingLog.objects.filter(pk=log.pk, state=MeetingLogState.READING).exists():
            raise
        return  # it was read, refused or given up meanwhile, and its file is gone with that
    if understood.questions:
        with transaction.atomic():
            if _is_still_asked(log) and _move(
                log, MeetingLogState.ASKING, frm=(MeetingLogState.READING,), understood=asdict(understood), must=False
            ):
                log.names.all().delete()
        return
    rows = _tell(log, people)
    with transaction.atomic():
        # First the state: who comes second, or after it was given up, leaves the names as they are.
        if _is_still_asked(log) and _move(
            log, MeetingLogState.READY, frm=(MeetingLogState.READING,), understood=asdict(understood), refusal="", must=False
        ):  # fmt: skip
            log.names.all().delete()
            insert_many(MeetingLogName, _NAME_COLUMNS, rows)
            log.counts = _counts(log)
            MeetingLog.objects.filter(pk=log.pk).update(counts=log.counts)


def _is_still_asked(log: MeetingLog) -> bool:
    """Whether the clerk has given no other answers since the file was read; those have a reading of their own."""
    row = MeetingLog.objects.select_for_update(of=("self",)).filter(pk=log.pk).values_list("choices", flat=True).first()
    return bool(row == log.choices)


def _understand(log: MeetingLog, at: dt.datetime) -> tuple[Understood, list[Person]]:
    choices = log.choices
    legacy = choices.get("legacy") or None
    _progress(log, "Đang đọc tệp")
    gated = spreadsheets.gate(Path(log.file.path), log.file_name, limit=settings.UPLOAD_LIMIT_BYTES)
    found = spreadsheets.read_cells(gated, legacy=legacy, most_rows=reading.MOST_ROWS)
    understood = Understood(legacy=legacy or "")
    if found.encoding is not None and legacy is None:
        understood.encoding = found.encoding.as_json()
        understood.questions.append(ENCODING_QUESTION)
        return understood, []
    for row in found.rows[:_HEAD]:
        for cell in row.cells:
            refuse_if_marked(cell, f"Dòng {row.number} của tệp")
    sessions = list(log.study_class.sessions.order_by("starts_at", "pk"))
    days = sorted({local(one.starts_at).date() for one in sessions})
    heard = reading.read_log(_one_sheet_after_another(found.rows), days=days)
    understood.program, understood.shape, understood.lines = heard.program.value, heard.shape.value, len(heard.heard)
    understood.orders = [one.value for one in heard.orders]
    understood.waiting, understood.unread_count = heard.waiting, len(heard.unread)
    understood.unread = heard.unread[:_MOST_ROWS_TOLD]
    understood.is_offset_of_file = heard.offset is not None
    understood.offset = int(choices.get("offset", heard.offset if heard.offset is not None else VIETNAM))
    order = choices.get("order") or (heard.orders[0].value if len(heard.orders) == 1 else "")
    day = dt.date.fromisoformat(choices["day"]) if choices.get("day") else (days[0] if len(days) == 1 else None)
    if not order:
        understood.questions.append(Question.ORDER.value)
        stamp = next(one.joined or one.left for one in heard.heard if one.joined or one.left)
        understood.example = f"{stamp.first:02d}/{stamp.second:02d}/{stamp.year}" if stamp else ""
    if heard.needs_day and day is None:
        understood.questions.append(Question.DAY.value)
    if understood.questions:
        return understood, []
    understood.order, understood.day = order, day.isoformat() if day else ""
    people, wrong = reading.connected(heard, order=Order(order), offset=understood.offset, day=day)
    understood.unread_count += len(wrong)
    understood.unread = sorted([*understood.unread, *wrong])[:_MOST_ROWS_TOLD]
    moments = [moment for one in people for moment in (*(m for span in one.intervals for m in span), *one.open_since)]
    if not moments:
        raise Refusal("log.no_times", "Không đọc được giờ vào, giờ ra của người nào trong tệp.")
    first, last = min(moments), max(moments)
    understood.first, understood.last = first.isoformat(), last.isoformat()
    is_ahead = last > at + _AHEAD
    if is_ahead or not any(one.starts_at < last and first < one.ends_at for one in sessions):
        understood.questions.append(Question.PLACE.value)
    return understood, people


def _one_sheet_after_another(rows: Sequence[spreadsheets.RawRow]) -> Iterable[tuple[int, list[str]]]:
    sheet = rows[0].sheet if rows else 0
    for row in rows:
        if row.sheet != sheet:
            sheet = row.sheet
            yield 0, []  # an empty line ends a table
        yield row.number, row.cells


_NAME_COLUMNS = (
    "log_id", "key", "said", "email", "meaning", "why", "entry_id", "venue_id", "candidates", "intervals", "open_since",
    "seconds", "hole", "rows", "is_absent",
)  # fmt: skip


def _tell(log: MeetingLog, people: Sequence[Person]) -> list[tuple[Any, ...]]:
    """What each name stands for: first what was decided before, then by the roster."""
    study_class = log.study_class
    roster, entry_of = _roster(study_class)
    matcher = Matcher(roster)
    decided = {
        one.key: one
        for one in LogIdentity.objects.filter(unit=study_class.unit_id).only(
            "key", "person_id", "venue_name", "is_nobody"
        )
    }
    halls = {hall.name: hall.venue_id for hall in roster.halls}
    found: list[Found] = []
    for number, one in enumerate(people):
        if number % 5_000 == 0:
            _progress(log, "Đang đối chiếu với danh sách lớp", number, len(people))
        known = decided.get(log_key(one.name, one.email))
        meant = _remembered(known, entry_of, halls) if known else None
        if meant is None or (meant.entry_id and (one.is_twice or (not one.email and matcher.is_of_several(one.name)))):
            seen = matcher.find(one.name, one.email)
            # Two devices at once under a name that two of the roster bear: perhaps both are there; and a name typed without
            # marks may be of another this time (B-06).
            if meant is None or len(seen.candidates) > 1:
                meant = seen
        found.append(meant)
    found = _renamed(people, found)
    _progress(log, "Đang lưu bản xem trước", len(people), len(people))
    rows: dict[str, tuple[Any, ...]] = {}
    for one, meant in zip(people, found, strict=True):
        key = log_key(one.name, one.email)
        rows[key] = (
            log.pk, key, one.name, one.email[:254], meant.meaning.value, meant.why[:300], meant.entry_id, meant.venue_id,
            _json([list(candidate) for candidate in meant.candidates]),
            _json([[int(start.timestamp()), int(end.timestamp())] for start, end in one.intervals]),
            _json([int(moment.timestamp()) for moment in one.open_since]),
            seconds(one.intervals), one.hole, one.rows, False,
        )  # fmt: skip
    return list(rows.values())


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _remembered(known: LogIdentity, entry_of: dict[int, int], halls: dict[str, int]) -> Found | None:
    """What was decided before, as far as it fits this class."""
    if known.is_nobody:
        return Found(Meaning.IGNORED, "Lần trước đã xác định: không phải người của danh sách.")
    if known.venue_name:
        venue = halls.get(known.venue_name)
        return Found(Meaning.VENUE, "Lần trước đã xác định là điểm cầu này.", venue_id=venue) if venue else None
    entry = entry_of.get(known.person_id or 0)
    return Found(Meaning.SURE, "Lần trước đã xác định là người này.", entry) if entry else None


def _renamed(people: Sequence[Person], found: list[Found]) -> list[Found]:
    """Names of one e-mail of which one is recognised: a person who changed the name during the meeting.

    Sure only when the two names were never connected at once; else it may be an account that several people share.
    """
    by_email: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(people):
        if one.email:
            by_email[one.email].append(place)
    told = list(found)
    for places in by_email.values():
        entries = {found[place].entry_id for place in places if found[place].meaning == Meaning.SURE}
        if len(places) < 2 or len(entries) != 1:
            continue
        entry = next(iter(entries))
        sure = [place for place in places if found[place].meaning == Meaning.SURE]
        for place in places:
            if found[place].meaning not in (Meaning.DOUBTFUL, Meaning.UNKNOWN):
                continue
            name = people[sure[0]].name
            spans = [*people[place].intervals, *(span for other in sure for span in people[other].intervals)]
            if seconds(unite(spans)) == seconds(spans):
                told[place] = Found(Meaning.SURE, f"Cùng thư điện tử với “{name}”, đã đổi tên trong cuộc họp.", entry)
            elif entry is not None and all(candidate.entry_id != entry for candidate in found[place].candidates):
                added = (Candidate(entry, f"cùng thư điện tử với “{name}”"), *found[place].candidates)
                told[place] = Found(Meaning.DOUBTFUL, "Cùng thư điện tử với một người đã nhận ra.", candidates=added)
    return told


def _roster(study_class: StudyClass) -> tuple[Roster, dict[int, int]]:
    """The called people as names are compared with them, and person → line. Three statements."""
    people: list[Called] = []
    units: set[int] = set()
    entry_of: dict[int, int] = {}
    rows = RosterEntry.objects.filter(study_class=study_class).order_by("pk")
    for entry, person, name, code, email, unit in rows.values_list(
        "pk", "person_id", "person__full_name", "person__code", "person__email", "unit_id"
    ).iterator(chunk_size=5_000):
        people.append(Called(entry, person, name, code, email, unit))
        entry_of[person] = entry
        units.add(unit)
    here = Unit.objects.filter(pk__in=RosterEntry.objects.filter(study_class=study_class).values("unit_id"))
    names = {pk: (name, short, code) for pk, name, short, code in here.values_list("pk", "name", "short_name", "code")}
    halls = [
        Hall(pk, name)
        for pk, name in Venue.objects.filter(study_class=study_class).order_by("pk").values_list("pk", "name")
    ]
    return Roster(people, names, halls), entry_of


def _counts(log: MeetingLog) -> dict[str, int]:
    told: dict[str, int] = defaultdict(int)
    entries: set[int] = set()
    for meaning, entry, hole in log.names.values_list("meaning", "entry_id", "hole"):
        told[meaning] += 1
        if meaning == LogMeaning.SURE and entry:
            entries.add(entry)
        if hole:
            told["hole"] += 1
    return {**told, "people": len(entries)}


# --- deciding ---------------------------------------------------------------------------------------------------


def decide_log_name(
    name: MeetingLogName, *, entry: RosterEntry | None = None, venue: Venue | None = None, by: Account, at: dt.datetime
) -> MeetingLogName:
    """Say whom a name stands for: a person of the roster, a hall, or nobody (neither given). Remembered for the classes of
    this organiser.

    Of a log that is written already the person's facts are added now. Refuses a log that is given up or taken back, a
    person or a hall of another class, and another word about a name by which somebody's presence is already written.
    Effects: the name, the remembered identity, audit "meeting_log.decided", facts. Basis: B-06.
    """
    log = name.log
    study_class = log.study_class
    if (entry and entry.study_class_id != study_class.pk) or (venue and venue.study_class_id != study_class.pk):
        raise Refusal("log.other_class", "Người hoặc điểm cầu này không thuộc lớp đang nhập nhật ký.")
    with transaction.atomic():
        _lock(study_class)
        # Somebody else may have confirmed, given up or read it anew since it was loaded.
        log.refresh_from_db(
            fields=["state", "counts"], from_queryset=MeetingLog.objects.select_for_update(of=("self",))
        )
        if log.state not in (MeetingLogState.READY, MeetingLogState.DONE) or not log.names.filter(pk=name.pk).exists():
            raise _moved_on()
        name.refresh_from_db()
        if log.state == MeetingLogState.DONE:
            refuse_class(_frame(study_class), at)
            if name.meaning == LogMeaning.SURE and name.entry_id != (entry.pk if entry else None):
                raise Refusal(
                    "log.name_written",
                    "Đã ghi có mặt theo tên này. Muốn đổi thì thu hồi lần nhập, xác định lại rồi nhập tệp lần nữa.",
                )
        name.entry, name.venue, name.decided_by, name.decided_at = entry, venue, by, at
        name.meaning = LogMeaning.SURE if entry else LogMeaning.VENUE if venue else LogMeaning.IGNORED
        who = "là người này" if entry else "là điểm cầu này" if venue else "không phải người của danh sách"
        name.why = f"{by} xác định {who}."[:300]
        name.save(update_fields=["entry", "venue", "meaning", "why", "decided_by", "decided_at"])
        LogIdentity.objects.update_or_create(
            unit_id=study_class.unit_id, key=name.key,
            defaults={
                "said": name.said, "person_id": entry.person_id if entry else None, "venue_name": venue.name if venue else "",
                "is_nobody": not entry and not venue, "decided_by": by, "decided_at": at,
            },
        )  # fmt: skip
        record(
            "meeting_log.decided", by=by, at=at, thing=study_class, unit=study_class.unit,
            person_id=entry.person_id if entry else None,
            after={"log": log.pk, "meaning": LogMeaning(name.meaning).label, "venue": venue.name if venue else ""},
        )  # fmt: skip
        if log.state == MeetingLogState.DONE and (entry or venue):
            _write(log, [name], by=by, at=at)
            enqueue(FOLLOW_JOB)
            standing = queries.written_by(log)
            log.counts = {**log.counts, "facts": standing.marks, "written": standing.people}
        MeetingLog.objects.filter(pk=log.pk).update(counts={**log.counts, **_zeros(), **_counts(log)})
    return name


def _zeros() -> dict[str, int]:
    return {one.value: 0 for one in LogMeaning}


# --- writing ----------------------------------------------------------------------------------------------------


def confirm_meeting_log(log: MeetingLog, *, by: Account, at: dt.datetime) -> MeetingLog:
    """Write what is recognised, all or nothing; names still to be decided follow when they are.

    Refuses a log that is not ready or names nobody and no hall, and a class that takes no roll. A large log is left to the job.
    """
    if log.state == MeetingLogState.DONE:
        return log
    refuse_class(_frame(log.study_class), at)
    if not log.names.filter(meaning__in=(LogMeaning.SURE, LogMeaning.VENUE)).exists():
        raise Refusal("log.nobody", "Chưa nhận ra ai trong nhật ký này; hãy xác định các tên cần xem trước.")
    with transaction.atomic():
        _move(log, MeetingLogState.APPLYING, frm=(MeetingLogState.READY,), confirmed_by=by)
        enqueue(APPLY_JOB, log.pk)  # also of a small log: whoever is killed after this leaves it to the job
    if log.names.count() <= _AT_ONCE_NAMES:
        apply_meeting_log(log.pk, at=at)
        log.refresh_from_db()
    return log


def apply_meeting_log(log_id: int, *, at: dt.datetime) -> None:
    """Write a confirmed log in one transaction that ends with the state DONE. May run twice, may be killed at any moment."""
    log = (
        MeetingLog.objects.select_related("study_class__unit", "study_class__campaign", "confirmed_by")
        .filter(pk=log_id, state=MeetingLogState.APPLYING).first()
    )  # fmt: skip
    if log is None or log.confirmed_by is None:
        return
    try:
        with transaction.atomic():
            _lock(log.study_class)
            if not MeetingLog.objects.filter(pk=log.pk, state=MeetingLogState.APPLYING).update(
                state=MeetingLogState.DONE
            ):
                return
            refuse_class(_frame(log.study_class), at)
            names = list(log.names.filter(meaning__in=(LogMeaning.SURE, LogMeaning.VENUE)).order_by("pk"))
            written = _write(log, names, by=log.confirmed_by, at=at)
            counts = {
                **log.counts,
                **_counts(log),
                "facts": written.facts,
                "written": written.people,
                "absent": written.absent,
            }
            MeetingLog.objects.filter(pk=log.pk).update(applied_at=at, counts=counts)
            record(
                "meeting_log.applied", by=log.confirmed_by, at=at, thing=log.study_class, unit=log.study_class.unit,
                after={"log": log.pk, "written": written.people, "facts": written.facts},
            )  # fmt: skip
            _drop_file(log)
            enqueue(FOLLOW_JOB)
    except Refusal as refusal:
        with transaction.atomic():
            _move(
                log, MeetingLogState.READY, frm=(MeetingLogState.APPLYING,), refusal=refusal.sentence[:600], must=False
            )


@dataclass(frozen=True)
class _Written:
    facts: int
    people: int
    absent: int


@dataclass(frozen=True)
class Foreseen:
    """What a log would write now: marks (arrivals and departures), and of the people it names for whom there is nothing new."""

    marks: Sequence[Mark]
    named: int
    absent: frozenset[int]  # marked absent by a clerk, against which a log does not count

    @property
    def people(self) -> int:
        return len({mark.entry_id for mark in self.marks})

    @property
    def known(self) -> int:
        """Recognised, not marked absent, and without a new mark: recorded by another way already, or outside the sessions."""
        return self.named - len({mark.entry_id for mark in self.marks} | self.absent)


def foresee_meeting_log(log: MeetingLog) -> Foreseen | None:
    """What confirming a log would write now; None of one so large that it is counted only in writing. Writes nothing."""
    names = list(log.names.filter(meaning=LogMeaning.SURE).order_by("pk")[: _AT_ONCE_NAMES + 1])
    return _foreseen(log, names) if len(names) <= _AT_ONCE_NAMES else None


def _foreseen(log: MeetingLog, names: Sequence[MeetingLogName]) -> Foreseen:
    sessions = log.study_class.sessions.order_by("starts_at", "pk")
    times = {one.pk: SessionTime.of(one.starts_at, one.ends_at) for one in sessions}
    spans: dict[int, list[Interval]] = defaultdict(list)
    opened: dict[int, list[dt.datetime]] = defaultdict(list)
    for one in names:
        if one.meaning == LogMeaning.SURE and one.entry_id:
            spans[one.entry_id] += [(_moment(start), _moment(end)) for start, end in one.intervals]
            opened[one.entry_id] += [_moment(moment) for moment in one.open_since]
    known = _known(log.study_class, list(spans))
    marks: list[Mark] = []
    absent: set[int] = set()
    for entry_id, intervals in spans.items():
        devices = unite(intervals)
        for pk, time in times.items():
            added = add_connections(known.get((entry_id, pk), ()), devices, opened[entry_id], time)
            if added.is_absent:
                absent.add(entry_id)
            for fact in added.facts:
                letter = "a" if fact.kind == FactKind.ARRIVE else "l"
                # The log is part of it: what was taken back with one log may be written by another.
                nonce = f"l{log.pk}-{entry_id}-{pk}-{letter}{int(fact.at.timestamp()):x}"
                marks.append(Mark(entry_id, pk, fact.kind, fact.at, nonce, Method.LOG))
    return Foreseen(marks, len(spans), frozenset(absent))


def _write(log: MeetingLog, names: Sequence[MeetingLogName], *, by: Account, at: dt.datetime) -> _Written:
    halls = [one for one in names if one.meaning == LogMeaning.VENUE and one.venue_id]
    _connect_venues(log, halls, log.study_class.sessions.order_by("starts_at", "pk"))
    found = _foreseen(log, names)
    insert_facts(found.marks, by, at, is_followed=False)
    if found.absent:
        MeetingLogName.objects.filter(log=log, entry__in=found.absent).update(is_absent=True)
    return _Written(len(found.marks), found.people, len(found.absent))


def _known(study_class: StudyClass, entries: Sequence[int]) -> dict[tuple[int, int], list[Known]]:
    """The facts that stand, by line and session; of many people the whole class in one statement."""
    facts = PresenceFact.objects.filter(session__study_class=study_class, voided_by__isnull=True).exclude(
        kind=FactKind.VOID
    )
    if len(entries) <= 500:
        facts = facts.filter(entry__in=entries)
    found: dict[tuple[int, int], list[Known]] = defaultdict(list)
    for entry, session, kind, moment, method in facts.values_list("entry_id", "session_id", "kind", "at", "method"):
        found[entry, session].append(Known(Fact(FactKind(kind), moment), method == Method.LOG))
    return found


def _connect_venues(log: MeetingLog, names: Sequence[MeetingLogName], sessions: Iterable[ClassSession]) -> None:
    connected: dict[int, list[Interval]] = defaultdict(list)
    for one in names:
        assert one.venue_id is not None
        connected[one.venue_id] += [(_moment(start), _moment(end)) for start, end in one.intervals]
    held = list(sessions)
    VenueConnection.objects.bulk_create(
        [
            VenueConnection(log=log, venue_id=venue, session=session, starts_at=part[0], ends_at=part[1])
            for venue, intervals in connected.items()
            for session in held
            for span in unite(intervals)
            if (part := clip(span, (session.starts_at, session.ends_at)))
        ],
        ignore_conflicts=True,
    )


def _moment(stamp: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(stamp, dt.UTC)


# --- taking back ------------------------------------------------------------------------------------------------


def undo_meeting_log(log: MeetingLog, *, by: Account, at: dt.datetime) -> queries.Written:
    """Take back all facts of a log by further facts; returns how many, and of how many people. Twice changes nothing.

    Refuses when something rests on it: a closed roll, or a later log of the class that was joined to it.
    Effects: the facts, the connections of halls, the state, audit "meeting_log.undone"; verdicts follow.
    """
    study_class = log.study_class
    if log.state == MeetingLogState.UNDONE:
        return queries.Written(0, 0)
    with transaction.atomic():
        _lock(study_class)
        refuse_class(_frame(study_class), at)
        later = (
            MeetingLog.objects.filter(study_class=study_class, state=MeetingLogState.DONE, applied_at__gt=log.applied_at)
            .order_by("-applied_at").first()
            if log.applied_at else None
        )  # fmt: skip
        if later is not None and later.applied_at is not None:
            raise Refusal(
                "log.rests",
                f"Nhật ký “{later.file_name}” nhập sau, lúc {show_moment(later.applied_at)}, đã tính tiếp theo lần nhập này; "
                "hãy thu hồi lần đó trước.",
            )  # fmt: skip
        _move(log, MeetingLogState.UNDONE, frm=(MeetingLogState.DONE,), undone_by=by, undone_at=at)
        facts = list(queries.marks_of(log).only("pk", "entry_id", "session_id"))
        PresenceFact.objects.bulk_create(
            [
                PresenceFact(
                    nonce=f"v{fact.pk}-log", entry_id=fact.entry_id, session_id=fact.session_id, kind=FactKind.VOID, at=at,
                    recorded_at=at, method=Method.LOG, account=by, voids_id=fact.pk, is_followed=False,
                )
                for fact in facts
            ],
            batch_size=500,
            ignore_conflicts=True,
        )  # fmt: skip
        log.venue_connections.all().delete()
        record(
            "meeting_log.undone",
            by=by,
            at=at,
            thing=study_class,
            unit=study_class.unit,
            before={"log": log.pk, "facts": len(facts)},
        )
        enqueue(FOLLOW_JOB)
    return queries.Written(len(facts), len({fact.entry_id for fact in facts}))


# --- shared -----------------------------------------------------------------------------------------------------


def _frame(study_class: StudyClass) -> ClassFrame:
    return ClassFrame(
        study_class.pk,
        study_class.title,
        study_class.state,
        study_class.campaign,
        study_class.unit_id,
        study_class.unit.path,
    )


def _lock(study_class: StudyClass) -> None:
    """Two who write of one class follow one another (on SQLite the one write lock does that), and see its state of now."""
    row = StudyClass.objects.select_for_update(of=("self",)).select_related("campaign").get(pk=study_class.pk)
    study_class.state, study_class.campaign = row.state, row.campaign


def _move(
    log: MeetingLog, to: MeetingLogState, *, frm: Sequence[MeetingLogState], must: bool = True, **new: Any
) -> bool:
    """The one way in which a log changes its state: only from the states named, in one statement."""
    if not MeetingLog.objects.filter(pk=log.pk, state__in=frm).update(state=to, **new):
        if must:
            raise _moved_on()
        return False
    log.state = to
    for name, value in new.items():
        setattr(log, name, value)
    return True


def _moved_on() -> Refusal:
    return Refusal("log.state", "Lần nhập này đã sang bước khác; hãy mở lại trang.")


def _progress(log: MeetingLog, what: str, done: int = 0, total: int = 0) -> None:
    MeetingLog.objects.filter(pk=log.pk, state=MeetingLogState.READING).update(
        counts={"what": what, "done": done, "total": total}
    )


def _drop_file(log: MeetingLog) -> None:
    """The names and times are kept; the file, with whatever else stood in it, is not."""
    if log.file:
        stored, storage = str(log.file.name), log.file.storage
        MeetingLog.objects.filter(pk=log.pk).update(file="")
        transaction.on_commit(lambda: storage.delete(stored))
