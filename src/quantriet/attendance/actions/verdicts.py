"""Facts to records, records to verdicts, verdicts to the ledger: read and written as sets, in few plain statements.

The hot path of the roll goes through here with one person, the closing of a class with a thousand; hence plain SQL.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection

from quantriet.attendance.models import AttendanceRecord, ClassVerdict, ExcusedAbsence, PresenceFact
from quantriet.attendance.queries.self_study import finished_says
from quantriet.attendance.rules.minutes import (
    EXCUSED_WORDS,
    Decision,
    Fact,
    Limit,
    SessionMinutes,
    SessionTime,
    decide,
    measure,
    standing,
)
from quantriet.attendance.vocab import LEDGER_SAYS, ExcuseState, FactKind, MarkResult, Standing, Verdict
from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.models import RuleValue, StudyCampaign, StudyDuty
from quantriet.campaigns.vocab import DutyResult, DutyState, RuleKey
from quantriet.classes.models import ClassSession, ProgrammeItem, RosterEntry, StudyClass, Venue
from quantriet.classes.vocab import ClassState, ItemKind
from quantriet.kit.db import select, upsert
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local
from quantriet.org.models import Account, Person, Unit

FACT, RECORD, VERDICT, EXCUSE, ENTRY, SESSION, ITEM, CLASS, VENUE, CAMPAIGN, UNIT, PERSON, RULE, DUTY = (
    model._meta.db_table
    for model in (
        PresenceFact, AttendanceRecord, ClassVerdict, ExcusedAbsence, RosterEntry, ClassSession, ProgrammeItem,
        StudyClass, Venue, StudyCampaign, Unit, Person,
        RuleValue, StudyDuty,
    )
)  # fmt: skip

_NO_LIMIT = Limit(Decimal(100), "")  # of a class without sessions, where there is nothing to judge
_LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)
# Above this many people a statement names the class instead of each of them.
_BY_NAME = 500


@dataclass(frozen=True)
class CalledPerson:
    """A roster line as the roll needs it."""

    entry_id: int
    person_id: int
    full_name: str
    duty_id: int | None
    unit_id: int
    venue_clerk_id: int | None
    venue_path: str
    # What the ledger says of the duty now: only who differs from it costs a statement.
    duty_state: str | None
    duty_reason: str | None
    duty_sentence: str | None


@dataclass
class ClassFrame:
    """What is the same for everybody of a class: its sessions, its limit, its place."""

    class_id: int
    title: str
    state: str
    campaign: StudyCampaign
    unit_id: int
    unit_path: str
    entries: dict[int, CalledPerson] = field(default_factory=dict)
    sessions: dict[int, SessionTime] = field(default_factory=dict)
    session_titles: dict[int, str] = field(default_factory=dict)
    limit: Limit | None = None
    no_limit: str = ""  # why there is no limit

    @property
    def unit(self) -> Unit:
        return Unit(pk=self.unit_id, path=self.unit_path)


@dataclass(frozen=True)
class Outcome:
    """What became of one person: before and after."""

    entry: CalledPerson
    before: Verdict | None
    decision: Decision
    standings: tuple[tuple[int, Standing, str], ...] = ()

    @property
    def result(self) -> MarkResult:
        return MarkResult(
            self.entry.entry_id,
            self.decision.verdict,
            self.decision.present,
            self.decision.planned,
            self.decision.sentence,
            self.standings,
        )


def frames_of(
    entry_ids: Sequence[int] = (), class_id: int | None = None, *, within: int | None = None, filled: bool = True
) -> list[ClassFrame]:
    """The classes of these roster lines (or one class with its whole roster), locked against each other's writers.

    `within` leaves out lines of any other class. Without `filled` the times and the limit are not read yet: who may not
    know of a class shall not be able to tell by the work done that it exists.

    On PostgreSQL the rows of the class and its lines are locked, so that two clerks who mark one person at once follow
    one another and each sees the other's fact; the campaign is shared, so that none is closed under a mark. On SQLite the
    one write lock does that.
    """
    where, params = _which(entry_ids, class_id)
    if within is not None:
        where, params = f"{where} AND e.study_class_id = %s", [*params, within]
    lock = " FOR NO KEY UPDATE OF c FOR SHARE OF k" if connection.vendor == "postgresql" else ""
    rows = select(
        f"SELECT e.id, e.person_id, p.full_name, e.duty_id, e.unit_id, v.clerk_id, vu.path, d.state, d.reason, d.sentence,"  # noqa: S608
        f" c.id, c.title, c.state, k.id, k.state, k.rulebook_id, cu.id, cu.path FROM {ENTRY} e JOIN {CLASS} c ON c.id = e.study_class_id"
        f" JOIN {PERSON} p ON p.id = e.person_id JOIN {VENUE} v ON v.id = e.venue_id JOIN {UNIT} vu ON vu.id = v.unit_id"
        f" JOIN {CAMPAIGN} k ON k.id = c.campaign_id JOIN {UNIT} cu ON cu.id = c.unit_id"
        f" LEFT JOIN {DUTY} d ON d.id = e.duty_id WHERE {where}"
        f" ORDER BY c.id, e.id{lock}",
        params,
    )
    frames: dict[int, ClassFrame] = {}
    for *person, key, title, state, campaign_id, campaign_state, rulebook_id, unit_id, unit_path in rows:
        frame = frames.get(key)
        if frame is None:
            campaign = StudyCampaign(pk=campaign_id, state=campaign_state, rulebook_id=rulebook_id)
            frame = frames[key] = ClassFrame(key, title, state, campaign, unit_id, unit_path)
        frame.entries[person[0]] = CalledPerson(*person)
    if filled:
        for frame in frames.values():
            fill(frame)
    return list(frames.values())


def fill(frame: ClassFrame) -> None:
    """Read the times of the class's sessions and the limit that holds for it."""
    times: dict[int, tuple[dt.datetime, dt.datetime, list[tuple[dt.datetime, dt.datetime]]]] = {}
    for pk, title, start, end, pause_start, pause_end in select(
        f"SELECT s.id, s.title, s.starts_at, s.ends_at, i.starts_at, i.ends_at FROM {SESSION} s"  # noqa: S608
        f" LEFT JOIN {ITEM} i ON i.session_id = s.id AND i.kind = %s WHERE s.study_class_id = %s"
        " ORDER BY s.starts_at, s.id",
        [ItemKind.BREAK.value, frame.class_id],
    ):
        if pk not in times:
            times[pk] = (_moment(start), _moment(end), [])
            frame.session_titles[pk] = title
        if pause_start is not None:
            times[pk][2].append((_moment(pause_start), _moment(pause_end)))
    frame.sessions = {pk: SessionTime.of(*time) for pk, time in times.items()}
    if frame.sessions:
        day = local(next(iter(frame.sessions.values())).start).date()
        try:
            frame.limit = _limit(frame.campaign, day)
        except Refusal as refusal:
            # The marks of a full hall are not turned away because a setting is missing; the verdict waits.
            frame.no_limit = refusal.sentence


def _limit(campaign: StudyCampaign, day: dt.date) -> Limit:
    """The retake limit in force; what `rule_in_force` reads, without building a row for each mark of the roll."""
    found = select(
        f"SELECT value, basis FROM {RULE} WHERE rulebook_id = %s AND key = %s AND valid_from <= %s"  # noqa: S608
        " AND (valid_to IS NULL OR valid_to >= %s) ORDER BY valid_from DESC LIMIT 1",
        [
            campaign.rulebook_id,
            RuleKey.RETAKE_LIMIT_PERCENT.value,
            connection.ops.adapt_datefield_value(day),
            connection.ops.adapt_datefield_value(day),
        ],
    )
    if not found:
        rule = campaign_queries.rule_in_force(campaign, RuleKey.RETAKE_LIMIT_PERCENT, on=day)  # says what is missing
        return Limit(rule.value, rule.basis)
    value, basis = found[0]
    return Limit(value if isinstance(value, Decimal) else Decimal(str(value)), basis)


def judge(
    frame: ClassFrame,
    *,
    by: Account | None,
    at: dt.datetime,
    is_closed: bool,
    only_sessions: Iterable[int] | None = None,
) -> list[Outcome]:
    """Recompute the records and verdicts of the frame's people; the ledger follows wherever it says something else.

    `only_sessions` limits which records are written, for the hot path; verdicts always rest on all sessions. An excuse
    counts from the beginning of its session: before, nobody is known to have missed anything.
    """
    ids = list(frame.entries)
    where, params = _which(ids, frame.class_id)
    facts = _facts(frame, where, params)
    known = _known(frame, where, params)
    written = set(frame.sessions if only_sessions is None else only_sessions)
    outcomes: list[Outcome] = []
    records: list[tuple[Any, ...]] = []
    verdicts: list[tuple[Any, ...]] = []
    moment = connection.ops.adapt_datetimefield_value(at)
    nothing: list[Fact] = []
    begun = {pk for pk, session in frame.sessions.items() if session.start <= at}
    for entry_id, entry in frame.entries.items():
        own, away = facts.get(entry_id, {}), known.excused.get(entry_id, ())
        minutes = {
            pk: measure(own.get(pk, nothing), session, is_excused=pk in begun and (pk in away or None in away))
            for pk, session in frame.sessions.items()
        }
        decision = _decide(frame, list(minutes.values()), is_closed=is_closed)
        was = known.before.get(entry_id)
        stands = () if only_sessions is None else _standings(frame, own, away, written)
        outcomes.append(Outcome(entry, was[0] if was else None, decision, stands))
        records += [
            (entry_id, pk, one.present, one.planned, one.is_marked) for pk, one in minutes.items() if pk in written
        ]
        if was != (decision.verdict, decision.present, decision.planned, decision.sentence):
            verdicts.append(
                (entry_id, decision.verdict.value, decision.present, decision.planned, decision.sentence, moment)
            )
    upsert(
        f"{RECORD} (entry_id, session_id, seconds_present, seconds_planned, is_marked)",
        records,
        "(entry_id, session_id) DO UPDATE SET seconds_present = excluded.seconds_present,"
        " seconds_planned = excluded.seconds_planned, is_marked = excluded.is_marked"
        # A class judged again mostly stays as it is; rows that would be the same are not written.
        f" WHERE {RECORD}.seconds_present <> excluded.seconds_present"
        f" OR {RECORD}.seconds_planned <> excluded.seconds_planned OR {RECORD}.is_marked <> excluded.is_marked",
    )
    upsert(
        f"{VERDICT} (entry_id, verdict, seconds_present, seconds_planned, sentence, computed_at)",
        verdicts,
        "(entry_id) DO UPDATE SET verdict = excluded.verdict, seconds_present = excluded.seconds_present,"
        " seconds_planned = excluded.seconds_planned, sentence = excluded.sentence, computed_at = excluded.computed_at",
    )
    _settle(frame, outcomes, known, by=by, at=at)
    return outcomes


def _standings(
    frame: ClassFrame, own: dict[int, list[Fact]], away: Collection[int | None], sessions: Iterable[int]
) -> tuple[tuple[int, Standing, str], ...]:
    """How one person stands in these sessions, as the row of the roll says it."""
    told = []
    for pk in sessions:
        if pk in frame.sessions:
            stands, words = standing(own.get(pk, []), frame.sessions[pk])
            if stands == Standing.NONE and (pk in away or None in away):
                words = EXCUSED_WORDS
            told.append((pk, stands, words))
    return tuple(told)


def _decide(frame: ClassFrame, minutes: list[SessionMinutes], *, is_closed: bool) -> Decision:
    if frame.state in (ClassState.DRAFT, ClassState.CANCELLED):
        # Nothing marked can stand here; an excuse approved before says nothing of a class that is not held.
        return Decision(Verdict.UNDECIDED, 0, sum(one.planned for one in minutes), "Lớp không tổ chức theo lịch này.")
    if frame.limit is None and frame.sessions:
        present, planned = sum(one.present for one in minutes), sum(one.planned for one in minutes)
        return Decision(Verdict.UNDECIDED, present, planned, frame.no_limit[:400])
    return decide(minutes, frame.limit or _NO_LIMIT, is_closed=is_closed)


def _settle(
    frame: ClassFrame, outcomes: Sequence[Outcome], known: Known, *, by: Account | None, at: dt.datetime
) -> None:
    """Bring the ledger in step with the verdicts, joined with what other classes of the same duty came to.

    Everybody is looked at, not only whose verdict changed: a duty comes back from an exemption, or a guest's line gets
    its duty, long after the verdict was given. Attended once is done, and so is a finished self-study; else the class held last that came to a verdict
    speaks, for a later class that is only being held does not wipe out why the person was called to it.
    """
    last = max((session.end for session in frame.sessions.values()), default=_LONG_AGO)
    results = []
    for one in outcomes:
        entry, decision = one.entry, one.decision
        if entry.duty_id is None or entry.duty_state == DutyState.EXEMPT:  # an exempt duty stays exempt
            continue
        said = [
            *known.elsewhere.get(entry.duty_id, ()), (last, entry.entry_id, decision.verdict, decision.sentence[:400]),
        ]  # fmt: skip
        *_order, verdict, sentence = max(
            said,
            key=lambda voice: (voice[2] == Verdict.PRESENT, voice[2] != Verdict.UNDECIDED, voice[0], voice[1]),
        )
        state, reason = LEDGER_SAYS[verdict]
        # Of who has no verdict yet the ledger says in its own words why the study is owed.
        if (entry.duty_state, entry.duty_reason) != (state, reason) or (
            verdict != Verdict.UNDECIDED and entry.duty_sentence != sentence
        ):
            results.append(DutyResult(entry.duty_id, state, reason, sentence))
    if results:
        # Whoever finished the study alone owes nothing, though a class was missed; asked only where it is owed.
        alone = finished_says([one.duty_id for one in results if one.state == DutyState.OWING])
        results = [alone.get(one.duty_id, one) for one in results]
        campaign_actions.settle_duties(results, by=by, at=at)


# --- plain statements -------------------------------------------------------------------------------------------


def _facts(frame: ClassFrame, where: str, params: list[Any]) -> dict[int, dict[int, list[Fact]]]:
    found: dict[int, dict[int, list[Fact]]] = {}
    kinds = {kind.value: kind for kind in FactKind}
    for entry_id, session_id, kind, moment in select(
        f"SELECT x.entry_id, x.session_id, x.kind, x.at FROM {_on_entry(FACT)} LEFT JOIN {FACT} gone ON gone.voids_id = x.id"  # noqa: S608
        f" WHERE gone.id IS NULL AND x.kind <> %s AND {where}",
        [FactKind.VOID.value, *params],
    ):
        sessions = found.setdefault(entry_id, {})
        sessions.setdefault(session_id, []).append(Fact(kinds[kind], _moment(moment)))
    return found


@dataclass
class Known:
    """What stood before: approved excuses by line, the line's own verdict, verdicts of the same duty in other classes, each
    with the end of that class."""

    excused: dict[int, set[int | None]] = field(default_factory=lambda: defaultdict(set))
    before: dict[int, tuple[Verdict, int, int, str]] = field(default_factory=dict)
    elsewhere: dict[int, list[tuple[dt.datetime, int, Verdict, str]]] = field(default_factory=lambda: defaultdict(list))


def _known(frame: ClassFrame, where: str, params: list[Any]) -> Known:
    """Excuses and verdicts in one statement."""
    if len(frame.entries) > _BY_NAME:
        mine = f"SELECT duty_id FROM {ENTRY} WHERE study_class_id = %s AND duty_id IS NOT NULL"  # noqa: S608
        others, other_params = f"(o.study_class_id = %s OR o.duty_id IN ({mine}))", [frame.class_id, frame.class_id]
    else:
        duties = [entry.duty_id for entry in frame.entries.values() if entry.duty_id is not None]
        others = f"(o.id IN ({_marks(list(frame.entries))}) OR o.duty_id IN ({_marks(duties)}))"
        other_params = [*frame.entries, *duties]
    found = Known()
    last = f"(SELECT MAX(s.ends_at) FROM {SESSION} s WHERE s.study_class_id = o.study_class_id)"  # noqa: S608
    for entry_id, other_id, verdict, present, planned, sentence, ended in select(
        f"SELECT x.entry_id, x.session_id, '', 0, 0, '', NULL FROM {_on_entry(EXCUSE)} WHERE x.state = %s AND {where}"  # noqa: S608
        f" UNION ALL SELECT o.id, o.duty_id, x.verdict, x.seconds_present, x.seconds_planned, x.sentence,"
        f" CASE WHEN o.study_class_id <> %s THEN {last} END FROM {ENTRY} o JOIN {VERDICT} x ON x.entry_id = o.id WHERE {others}",
        [ExcuseState.APPROVED.value, *params, frame.class_id, *other_params],
    ):
        if not verdict:
            found.excused[entry_id].add(other_id)
        elif entry_id in frame.entries:
            found.before[entry_id] = (Verdict(verdict), present, planned, sentence)
        elif other_id is not None:
            found.elsewhere[other_id].append((_moment(ended or _LONG_AGO), entry_id, Verdict(verdict), sentence))
    return found


def _on_entry(table: str) -> str:
    return f"{ENTRY} e JOIN {table} x ON x.entry_id = e.id"


def _which(ids: Sequence[int], class_id: int | None) -> tuple[str, list[Any]]:
    """The condition on roster lines `e`, by name for a few people and by class for a whole hall."""
    if class_id is not None and (not ids or len(ids) > _BY_NAME):
        return "e.study_class_id = %s", [class_id]
    return f"e.id IN ({_marks(ids)})", list(ids)


def _marks(values: Sequence[Any]) -> str:
    return ",".join(["%s"] * len(values)) or "NULL"


def _moment(value: dt.datetime | str) -> dt.datetime:
    """A moment from a plain statement: SQLite gives it without its zone, which is UTC, and a computed one as text."""
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value
