"""Reads of presence for whole pages."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from django.db.models import Count, Exists, F, IntegerField, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import NoReverseMatch, reverse

from quantriet.attendance.models import (
    CatchUp,
    CatchUpStep,
    ClassVerdict,
    ExcusedAbsence,
    PresenceFact,
    ProxyEntry,
    RollReopening,
    SelfStudyCourse,
)
from quantriet.attendance.queries import self_study
from quantriet.attendance.rules.chain import StepRule
from quantriet.attendance.rules.letters import Invitation
from quantriet.attendance.rules.minutes import (
    EXCUSED_WORDS,
    SOON_WORDS,
    Fact,
    SessionMinutes,
    SessionTime,
    measure,
    overruled,
    standing,
)
from quantriet.attendance.rules.slips import show_cell
from quantriet.attendance.vocab import (
    LEDGER_SAYS,
    STEP_RULES,
    CatchUpState,
    ExcuseState,
    FactKind,
    Method,
    ProxyKind,
    ReopeningState,
    Standing,
    StepKind,
    Verdict,
)
from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.models import StudyCampaign, StudyDuty
from quantriet.campaigns.vocab import CampaignState, DutyResult, DutyState, EventDays, Places, Problem, UnitPlaces
from quantriet.classes import queries as class_queries
from quantriet.classes.models import ClassSession, ProgrammeItem, RosterEntry, StudyClass, Venue
from quantriet.classes.vocab import ClassState, ItemKind
from quantriet.kit.numbers import show_number
from quantriet.kit.refusal import Refusal
from quantriet.kit.text import fold
from quantriet.kit.time import local, start_of, today
from quantriet.org.models import Account, Person
from quantriet.org.queries import units as unit_queries
from quantriet.org.vocab import Permission

STANDING_KINDS = (FactKind.ARRIVE, FactKind.LEAVE, FactKind.WHOLE, FactKind.ABSENT)


# --- what the ledger asks ---------------------------------------------------------------------------------------


def member_link(duty: StudyDuty) -> str:
    """Where a member reads about this duty."""
    return f"/me/duties/{duty.pk}/"


def problems_before_opening(campaign: StudyCampaign) -> list[Problem]:
    """What stands in the way of opening: people in no class or in two (B-02)."""
    placement = class_queries.placement(campaign)
    found = []
    in_none = placement.in_none and placement.in_none - _need_no_class(campaign).count()
    if in_none > 0:
        found.append(
            Problem(
                f"{show_number(in_none)} người phải học chưa ở lớp nào.",
                in_none,
                _placement_url(campaign, "none"),
            )
        )
    if placement.in_several:
        found.append(
            Problem(
                f"{show_number(placement.in_several)} người ở hai lớp trở lên.",
                placement.in_several,
                _placement_url(campaign, "several"),
            )
        )
    return found


def places(campaign: StudyCampaign) -> Places:
    """By unit who stands in a class and who in none; rosters of classes still being drafted count, and who is allowed to
    study alone needs no class (R-133)."""
    whole, branches = class_queries.placement_by_branch(campaign, campaign.unit)
    alone: Counter[int] = Counter()
    if whole.in_none:
        for path, number in _need_no_class(campaign).order_by().values_list("unit__path").annotate(n=Count("pk")):
            # Deepest first: the organiser's own line stands above all others.
            for one in sorted(branches, key=lambda branch: -len(branch.unit.path)):
                if path.startswith(one.unit.path):
                    alone[one.unit.pk] += number
                    break
    drafts = StudyClass.objects.filter(campaign=campaign, state=ClassState.DRAFT).count()
    return Places(
        tuple(
            UnitPlaces(
                one.unit, max(0, one.in_none - alone[one.unit.pk]), one.in_one + one.in_several + alone[one.unit.pk]
            )
            for one in branches
        ),
        drafts,
        f"{_url('class-list')}?campaign={campaign.pk}&state={ClassState.DRAFT.value}",
    )


def _need_no_class(campaign: StudyCampaign) -> QuerySet[StudyDuty]:
    return self_study.unplaced_but_allowed(campaign, class_queries.placed(campaign, "none"))


def event_days(campaigns: Collection[int]) -> list[EventDays]:
    """When the released and closed classes of these campaigns take place."""
    rows = (
        StudyClass.objects.filter(campaign__in=campaigns, state__in=[ClassState.RELEASED, ClassState.CLOSED])
        .annotate(first=Min("sessions__starts_at"), last=Max("sessions__ends_at"))
        .filter(first__isnull=False)
        .order_by("pk")
        .values_list("campaign_id", "unit__path", "form", "first", "last")
    )
    return [
        EventDays(campaign, path, form, local(first).date(), local(last).date())
        for campaign, path, form, first, last in rows
    ]


def problems_before_closing(campaign: StudyCampaign, *, at: dt.datetime) -> list[Problem]:
    """What would stay without an end if the campaign closed now: it takes no result afterwards."""
    released = StudyClass.objects.filter(campaign=campaign, state=ClassState.RELEASED).order_by("pk")
    begun = released.filter(Exists(ClassSession.objects.filter(study_class=OuterRef("pk"), starts_at__lte=at)))
    reopened = StudyClass.objects.filter(campaign=campaign, roll_reopenings__state=ReopeningState.OPEN).order_by("pk")
    alone = self_study.still_reading(campaign, at)
    return [
        *(
            [Problem(f"{show_number(alone)} người còn trong thời hạn tự học.", alone, _url("self-study", campaign.pk))]
            if alone
            else []
        ),
        *_of_classes(begun, "đã học nhưng chưa chốt điểm danh", "roll-result"),
        *_of_classes(released.exclude(pk__in=begun.values("pk")), "đã chốt mà chưa học, hãy chờ học hoặc hủy", "class"),
        *_of_classes(reopened, "đang mở lại điểm danh, hãy chốt lại", "roll-result"),
        *problems_in_ledger(campaign),
    ]


def problems_before_cancelling(campaign: StudyCampaign) -> list[Problem]:
    """Classes with results and finished self-study: they are evidence, so the campaign is closed instead of cancelled."""
    marked = Exists(PresenceFact.objects.filter(entry__study_class=OuterRef("pk")))
    classes = StudyClass.objects.filter(Q(state=ClassState.CLOSED) | marked, campaign=campaign).order_by("pk")
    alone = SelfStudyCourse.objects.filter(duty__campaign=campaign, finished_at__isnull=False).count()
    sentence = f"{show_number(alone)} người đã tự học xong; hãy khép đợt thay vì hủy."
    return [
        *_of_classes(classes, "đã có điểm danh; hãy chốt điểm danh rồi khép đợt thay vì hủy", "roll-result"),
        *([Problem(sentence, alone, _url("self-study", campaign.pk))] if alone else []),
    ]


def problems_in_ledger(campaign: StudyCampaign) -> list[Problem]:
    """Absentees of closed classes who owe and whom no catch-up follows (B-02)."""
    people = unfollowed(campaign).values("duty").distinct().count()
    if not people:
        return []
    sentence = f"{show_number(people)} người vắng còn nợ mà chưa vào danh sách học bù."
    return [Problem(sentence, people, _url("catch-up-list"))]


def _of_classes(classes: QuerySet[StudyClass], what: str, page: str) -> list[Problem]:
    """One problem that names up to three of these classes and leads to the first; none for no class."""
    found = list(classes.values_list("pk", "title"))
    if not found:
        return []
    named = ", ".join(f"“{title}”" for _, title in found[:3])
    more = f" và {show_number(len(found) - 3)} lớp khác" if len(found) > 3 else ""
    return [Problem(f"{show_number(len(found))} lớp {what}: {named}{more}.", len(found), _url(page, found[0][0]))]


def _url(page: str, *args: int) -> str:
    try:
        return reverse(page, args=args)
    except NoReverseMatch:
        return ""


def judged_for(duties: Sequence[int]) -> list[int]:
    """Keys of the classes in which somebody with one of these duties has a verdict."""
    return list(
        ClassVerdict.objects.filter(entry__duty__in=duties)
        .order_by("entry__study_class")
        .values_list("entry__study_class", flat=True)
        .distinct()
    )


def voices(duties: Sequence[int]) -> dict[int, DutyResult]:
    """What the verdicts say of each duty, as `actions.verdicts` joins them: attended once is done, else a finished
    self-study, else the class held last that came to a verdict speaks. A duty without any of them is left out."""
    best: dict[int, tuple[tuple[bool, bool, dt.datetime, int], Verdict, str]] = {}
    keys = list(duties)
    long_ago = dt.datetime.min.replace(tzinfo=dt.UTC)
    for start in range(0, len(keys), 900):
        rows = (
            ClassVerdict.objects.filter(entry__duty__in=keys[start : start + 900])
            .annotate(ended_at=Max("entry__study_class__sessions__ends_at"))
            .values_list("entry__duty_id", "entry_id", "verdict", "sentence", "ended_at")
        )
        for duty, entry, told, sentence, ended in rows:
            verdict = Verdict(told)
            rank = (verdict == Verdict.PRESENT, verdict != Verdict.UNDECIDED, ended or long_ago, entry)
            if duty not in best or rank > best[duty][0]:
                best[duty] = (rank, verdict, sentence)
    said = {
        duty: DutyResult(duty, *LEDGER_SAYS[verdict], sentence if verdict != Verdict.UNDECIDED else "")
        for duty, (_rank, verdict, sentence) in best.items()
    }
    alone = self_study.finished_says(keys)
    return said | {key: one for key, one in alone.items() if key not in said or said[key].state != DutyState.DONE}


def reported(campaign: StudyCampaign) -> list[tuple[int, dt.datetime]]:
    """The units whose people stood on the roster of a closed class, with the moment its roll was closed."""
    rows = (
        RosterEntry.objects.filter(
            study_class__campaign=campaign, study_class__closed_at__isnull=False, duty__isnull=False
        )
        .order_by()
        .values("unit_id")
        .annotate(first_at=Min("study_class__closed_at"))
    )
    return [(row["unit_id"], row["first_at"]) for row in rows]


def _placement_url(campaign: StudyCampaign, how: str) -> str:
    try:
        return f"{reverse('class-placement', args=[campaign.pk])}?how={how}"
    except NoReverseMatch:
        return ""


# --- sessions ---------------------------------------------------------------------------------------------------


def session_times(study_class: StudyClass) -> dict[int, SessionTime]:
    """The time that counts of each session, in their order."""
    breaks: dict[int, list[tuple[dt.datetime, dt.datetime]]] = defaultdict(list)
    pauses = ProgrammeItem.objects.filter(session__study_class=study_class, kind=ItemKind.BREAK)
    for session_id, start, end in pauses.values_list("session_id", "starts_at", "ends_at"):
        breaks[session_id].append((start, end))
    return {
        session.pk: SessionTime.of(session.starts_at, session.ends_at, breaks[session.pk])
        for session in ClassSession.objects.filter(study_class=study_class).order_by("starts_at", "pk")
    }


def standing_facts(entries: Iterable[int], session_id: int | None = None) -> QuerySet[PresenceFact]:
    """Facts that were not taken back."""
    facts = PresenceFact.objects.filter(entry_id__in=entries, kind__in=STANDING_KINDS, voided_by__isnull=True)
    return facts if session_id is None else facts.filter(session_id=session_id)


# --- the roll page ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RollRow:
    """One person on the roll page."""

    entry_id: int
    name: str
    code: str
    unit_id: int
    cell: str
    above: str  # the organisation above the cell, empty where that is the host of the class
    birth_year: int | None
    key: str  # folded name and code, what three typed letters are looked for in
    standing: Standing
    words: str
    why: str  # minutes and verdict in one sentence, of whoever is marked
    is_namesake: bool  # somebody else on this page has the same name
    is_excused: bool
    is_in_room: bool

    @property
    def place(self) -> str:
        """The cell with the organisation above it: cells of one name are told apart."""
        return f"{self.cell}, {self.above}" if self.above else self.cell


@dataclass(frozen=True)
class Roll:
    """One venue in one session; present, absent, excused and not marked together are everybody."""

    rows: list[RollRow]
    time: SessionTime
    counts: dict[Standing, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return len(self.rows)

    @property
    def came(self) -> int:
        """Whoever was seen, also when gone by now."""
        return sum(self.counts.get(one, 0) for one in (Standing.PRESENT, Standing.LEFT, Standing.WHOLE))

    @property
    def absent(self) -> int:
        return sum(1 for row in self.rows if row.standing == Standing.ABSENT and not row.is_excused)

    @property
    def excused(self) -> int:
        """Whoever has an approved excuse and did not come after all."""
        return sum(1 for row in self.rows if row.standing in (Standing.NONE, Standing.ABSENT) and row.is_excused)

    @property
    def unmarked(self) -> int:
        """Whoever "whole session for the rest" would mark: not marked and not excused."""
        return sum(1 for row in self.rows if row.standing == Standing.NONE and not row.is_excused)


def roll(study_class: StudyClass, venue: Venue, session: ClassSession) -> Roll:
    """Everybody of a venue with how they stand in a session; few statements however many people."""
    time = session_times(study_class)[session.pk]
    people = list(
        RosterEntry.objects.filter(venue=venue)
        .order_by("person__sort_key", "pk")
        .values_list(
            "pk",
            "person__full_name",
            "person__code",
            "unit_id",
            "unit__name",
            "unit__short_name",
            "unit__parent_id",
            "unit__parent__name",
            "unit__parent__short_name",
            "person__birth_date",
        )
    )
    of_venue = RosterEntry.objects.filter(venue=venue).values("pk")
    facts: dict[int, list[Fact]] = defaultdict(list)
    soon: set[int] = set()
    for entry_id, kind, moment, is_followed in PresenceFact.objects.filter(
        entry__in=of_venue, session=session, kind__in=STANDING_KINDS, voided_by__isnull=True
    ).values_list("entry_id", "kind", "at", "is_followed"):
        facts[entry_id].append(Fact(FactKind(kind), moment))
        if not is_followed:
            soon.add(entry_id)
    excused = set(
        ExcusedAbsence.objects.filter(
            Q(session__isnull=True) | Q(session=session), entry__in=of_venue, state=ExcuseState.APPROVED
        ).values_list("entry_id", flat=True)
    )
    why = dict(ClassVerdict.objects.filter(entry__in=of_venue).values_list("entry_id", "sentence"))
    names = Counter(fold(row[1]) for row in people)
    rows = []
    counts: Counter[Standing] = Counter()
    for pk, name, code, unit, cell, short, parent, parent_name, parent_short, born in people:
        stands, words = standing(facts.get(pk, []), time)
        if stands == Standing.NONE and pk in excused:
            words = EXCUSED_WORDS
        counts[stands] += 1
        folded = fold(name)
        rows.append(
            RollRow(
                entry_id=pk,
                name=name,
                code=code,
                unit_id=unit,
                cell=short or cell,
                above=class_queries.organisation_above(study_class.unit_id, unit, parent, parent_name, parent_short),
                birth_year=born.year if born else None,
                key=f"{folded} {fold(code)}",
                standing=stands,
                words=words,
                why=SOON_WORDS if pk in soon else why.get(pk, "") if stands != Standing.NONE else "",
                is_namesake=names[folded] > 1,
                is_excused=pk in excused,
                is_in_room=stands in (Standing.PRESENT, Standing.WHOLE),
            )
        )
    return Roll(rows, time, dict(counts))


def current_session(sessions: Sequence[ClassSession], at: dt.datetime) -> ClassSession | None:
    """The session the roll page opens on: the one now or next today, else the last that began, else the first."""
    for session in sessions:
        if at < session.ends_at and local(session.starts_at).date() <= local(at).date():
            return session
    begun = [session for session in sessions if session.starts_at <= at]
    return begun[-1] if begun else next(iter(sessions), None)


def open_rolls(classes: QuerySet[StudyClass], at: dt.datetime) -> QuerySet[StudyClass]:
    """Released classes whose roll is not closed yet, today's first."""
    day = local(at).date()
    tomorrow = start_of(day + dt.timedelta(days=1))
    return (
        classes.filter(state=ClassState.RELEASED)
        .select_related("unit", "campaign")
        .annotate(
            first_at=Min("sessions__starts_at"),
            last_at=Max("sessions__ends_at"),
            today=Count(
                "sessions",
                filter=Q(sessions__starts_at__lt=tomorrow, sessions__ends_at__gte=start_of(day)),
                distinct=True,
            ),
            people=_people_called(),
        )
        .order_by(F("today").desc(), "first_at", "pk")
    )


def rolls_of_today(classes: QuerySet[StudyClass], at: dt.datetime) -> QuerySet[StudyClass]:
    """Released classes that meet today, now or later."""
    tomorrow = start_of(local(at).date() + dt.timedelta(days=1))
    left = ClassSession.objects.filter(study_class=OuterRef("pk"), starts_at__lt=tomorrow, ends_at__gt=at)
    return classes.filter(Exists(left), state=ClassState.RELEASED)


def ended_rolls(classes: QuerySet[StudyClass], at: dt.datetime) -> QuerySet[StudyClass]:
    """Released classes whose last session is over: what waits is to close the roll."""
    to_come = ClassSession.objects.filter(study_class=OuterRef("pk"), ends_at__gt=at)
    return open_rolls(classes, at).filter(~Exists(to_come))


def closed_rolls(classes: QuerySet[StudyClass]) -> QuerySet[StudyClass]:
    """Classes whose roll was closed, the last first."""
    return (
        classes.filter(state=ClassState.CLOSED)
        .select_related("unit", "campaign")
        .annotate(first_at=Min("sessions__starts_at"), people=_people_called())
        .order_by("-closed_at", "pk")
    )


def asked_rolls(classes: QuerySet[StudyClass], at: dt.datetime) -> QuerySet[StudyClass]:
    """Closed classes whose reopening was asked for and waits for a second person."""
    asked = RollReopening.objects.filter(study_class=OuterRef("pk"), state=ReopeningState.ASKED, expires_at__gt=at)
    return closed_rolls(classes).filter(Exists(asked))


def asked_by(account: Account) -> QuerySet[RollReopening]:
    """What this account asked for itself, on which others decide."""
    return RollReopening.objects.filter(asked_by=account, state=ReopeningState.ASKED)


def takes_corrections(class_id: int, *, at: dt.datetime) -> bool:
    """Whether a closed class is reopened and its time for corrections is not over."""
    return RollReopening.objects.filter(study_class_id=class_id, state=ReopeningState.OPEN, expires_at__gt=at).exists()


def reopenings(study_class: StudyClass) -> list[RollReopening]:
    """Everything that was asked about this closed roll, the latest first."""
    return list(study_class.roll_reopenings.select_related("asked_by", "decided_by").order_by("-asked_at", "-pk"))


@dataclass(frozen=True)
class SecondPersons:
    """Who may decide on a reopening besides the one who asks: the nearest unit that has somebody, and their names."""

    unit: str
    names: list[str]
    is_superior: bool  # the class's own unit has nobody else


def second_persons(study_class: StudyClass, *, asked_by: Account) -> SecondPersons | None:
    """The second persons of the class's unit; of the nearest unit above when it has nobody else; None when there is none."""
    found = unit_queries.holders_above(study_class.unit, Permission.ROLL_UNLOCK, besides=asked_by)
    if not found:
        return None
    unit, names = found[0]
    return SecondPersons(unit.name, names, unit.pk != study_class.unit_id)


def judged_classes(classes: QuerySet[StudyClass]) -> QuerySet[StudyClass]:
    """Classes in which somebody has a verdict."""
    return classes.filter(Exists(ClassVerdict.objects.filter(entry__study_class=OuterRef("pk")))).order_by("pk")


def _people_called() -> Coalesce:
    lines = RosterEntry.objects.filter(study_class=OuterRef("pk")).order_by().values("study_class")
    return Coalesce(Subquery(lines.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0)


@dataclass(frozen=True)
class Result:
    """What the roll of a class comes to so far, in persons."""

    total: int
    by_verdict: dict[Verdict, int]

    def __getitem__(self, verdict: str) -> int:
        wanted = Verdict(verdict)
        # Whoever has no verdict row yet is undecided too; a template asks this way before it asks the property.
        return self.undecided if wanted == Verdict.UNDECIDED else self.by_verdict.get(wanted, 0)

    @property
    def owing(self) -> int:
        return self["retake"] + self["excused"] + self["absent"]

    @property
    def undecided(self) -> int:
        return self.total - self["present"] - self.owing


def class_result(study_class: StudyClass, among: QuerySet[RosterEntry] | None = None) -> Result:
    """Counts by verdict, of the whole roster or of the lines `among`; whoever has none yet is undecided."""
    lines = RosterEntry.objects.filter(study_class=study_class)
    counts = ClassVerdict.objects.filter(entry__study_class=study_class).values_list("verdict").annotate(n=Count("pk"))
    if among is not None:
        lines, counts = lines.filter(pk__in=among.values("pk")), counts.filter(entry__in=among.values("pk"))
    total = lines.count()
    return Result(total, {Verdict(verdict): n for verdict, n in counts})


def undecided(study_class: StudyClass) -> QuerySet[RosterEntry]:
    """People about whom the facts do not yet say enough; closing the roll counts their unmarked sessions as missed."""
    return (
        RosterEntry.objects.filter(study_class=study_class)
        .filter(Q(verdict__isnull=True) | Q(verdict__verdict=Verdict.UNDECIDED))
        .select_related("person", "unit", "venue", "verdict")
        .order_by("venue__name", "unit__path", "person__sort_key", "pk")
    )


def verdicts(study_class: StudyClass) -> QuerySet[RosterEntry]:
    """The whole roster with its verdicts, for lists and Excel."""
    return RosterEntry.objects.filter(study_class=study_class).select_related("person", "unit", "venue", "verdict")


# --- evidence (B-01) --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FactLine:
    fact: PresenceFact
    kind: FactKind
    method: Method
    void: PresenceFact | None  # what took it back
    is_overruled: bool = False  # a later "absent" says it was wrong


@dataclass(frozen=True)
class SessionEvidence:
    session: ClassSession
    minutes: SessionMinutes
    facts: list[FactLine]
    excuse: ExcusedAbsence | None

    @property
    def present_minutes(self) -> int:
        return (self.minutes.present + 30) // 60

    @property
    def planned_minutes(self) -> int:
        return self.minutes.planned // 60

    @property
    def pause_minutes(self) -> int:
        """Minutes of breaks, which is why fewer count than the clock says."""
        return int((self.session.ends_at - self.session.starts_at).total_seconds() - self.minutes.planned) // 60


@dataclass(frozen=True)
class Evidence:
    """Everything one person's result in one class rests on."""

    entry: RosterEntry
    verdict: ClassVerdict | None
    sessions: list[SessionEvidence]
    excuses: list[ExcusedAbsence]
    chain: list[CatchUp]
    is_waiting: bool = False  # the newest marks are not in the verdict yet

    @property
    def sentence(self) -> str:
        if self.is_waiting:
            return SOON_WORDS
        return self.verdict.sentence if self.verdict else "Chưa điểm danh."

    @property
    def present_minutes(self) -> int:
        return (sum(one.minutes.present for one in self.sessions) + 30) // 60

    @property
    def planned_minutes(self) -> int:
        return sum(one.minutes.planned for one in self.sessions) // 60


def evidence(entry: RosterEntry) -> Evidence:
    """The facts, minutes per session, excuses and catch-ups of one person in one class."""
    times = session_times(entry.study_class)
    rows = list(
        PresenceFact.objects.filter(entry=entry)
        .select_related("account", "voided_by__account")
        .order_by("at", "recorded_at", "pk")
    )
    excuses = list(
        ExcusedAbsence.objects.filter(entry=entry)
        .select_related("session", "decided_by")
        .prefetch_related("proxies__by")
        .order_by("pk")
    )
    lines: dict[int, list[FactLine]] = defaultdict(list)
    standing_ones: dict[int, list[Fact]] = defaultdict(list)
    for fact in rows:
        if fact.kind == FactKind.VOID:
            continue
        void = getattr(fact, "voided_by", None)
        lines[fact.session_id].append(FactLine(fact, FactKind(fact.kind), Method(fact.method), void))
        if void is None:
            standing_ones[fact.session_id].append(Fact(FactKind(fact.kind), fact.at))
    sessions = []
    for session in ClassSession.objects.filter(study_class_id=entry.study_class_id).order_by("starts_at", "pk"):
        excuse = next(
            (one for one in excuses if one.state == ExcuseState.APPROVED and one.session_id in (None, session.pk)),
            None,
        )
        wrong = set(overruled(standing_ones[session.pk]))
        facts = [
            replace(line, is_overruled=line.void is None and Fact(line.kind, line.fact.at) in wrong)
            for line in lines[session.pk]
        ]
        minutes = measure(standing_ones[session.pk], times[session.pk], is_excused=excuse is not None)
        sessions.append(SessionEvidence(session, minutes, facts, excuse))
    chain = list(
        CatchUp.objects.filter(duty_id=entry.duty_id)
        .select_related("missed__study_class", "placed__study_class", "lapsed")
        .order_by("opened_at", "pk")
        if entry.duty_id
        else []
    )
    verdict = ClassVerdict.objects.filter(entry=entry).first()
    return Evidence(entry, verdict, sessions, excuses, chain, any(not fact.is_followed for fact in rows))


# --- slips (R-069) ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SlipRow:
    entry: RosterEntry
    cells: list[tuple[ClassSession, str]]


def slips(study_class: StudyClass, entries: Sequence[RosterEntry]) -> list[SlipRow]:
    """The table people × sessions with what is known, in the writing of slips."""
    times = session_times(study_class)
    sessions = list(ClassSession.objects.filter(study_class=study_class).order_by("starts_at", "pk"))
    known: dict[tuple[int, int], list[tuple[FactKind, dt.datetime]]] = defaultdict(list)
    for entry_id, session_id, kind, at in standing_facts([entry.pk for entry in entries]).values_list(
        "entry_id", "session_id", "kind", "at"
    ):
        known[entry_id, session_id].append((FactKind(kind), at))
    return [
        SlipRow(
            entry,
            [(session, show_cell(known.get((entry.pk, session.pk), []), times[session.pk])) for session in sessions],
        )
        for entry in entries
    ]


# --- catching up (R-067) ----------------------------------------------------------------------------------------


def catch_up_list(links: QuerySet[CatchUp]) -> QuerySet[CatchUp]:
    """The last link of each chain with all that the list shows; `is_waiting` tells who has no later class.

    Placed is who stands on a running roster for the duty, by whatever way: by hand here, by filling, from a file. When
    that class is cancelled the person waits again.
    """
    later = CatchUp.objects.filter(missed=OuterRef("placed"))
    running = RosterEntry.objects.filter(duty=OuterRef("duty"), is_running=True)
    return (
        links.alias(has_later=Exists(later))
        .filter(has_later=False)
        .annotate(is_waiting=~Exists(running))
        .select_related(
            "duty__person", "duty__unit", "duty__campaign", "missed__study_class", "missed__verdict", "lapsed",
            "placed__study_class", "placed__venue",
        )
    )  # fmt: skip


def with_places(links: Iterable[CatchUp]) -> list[CatchUp]:
    """The links, each with the running roster line of its duty as its place, however the person came there."""
    found = list(links)
    keys = [link.duty_id for link in found]
    lines: dict[int | None, RosterEntry] = {}
    for start in range(0, len(keys), 900):
        for line in (
            RosterEntry.objects.filter(duty_id__in=keys[start : start + 900], is_running=True)
            .select_related("study_class__unit", "venue")
            .prefetch_related("study_class__sessions")
        ):
            lines[line.duty_id] = line
    for link in found:
        link.placed = lines.get(link.duty_id, link.placed)
    return found


def still_owing(links: QuerySet[CatchUp]) -> QuerySet[CatchUp]:
    """Links whose person still owes the study."""
    return links.exclude(state=CatchUpState.DONE).filter(duty__state=DutyState.OWING)


def step_rules(campaign: StudyCampaign, day: dt.date) -> dict[StepKind, StepRule]:
    """After how many days each step is due, by the campaign's rulebook; a step it says nothing about is left out."""
    found = {}
    for kind, key in STEP_RULES.items():
        try:
            rule = campaign_queries.rule_in_force(campaign, key, on=day)
        except Refusal:
            continue
        found[kind] = StepRule(int(rule.value), rule.basis)
    return found


def links_to_follow(campaign: StudyCampaign) -> QuerySet[CatchUp]:
    """The last link of each chain whose person owes and has no later class, with its steps and all a letter needs.

    Nobody is called to a class in or before the days in which self-study is allowed (R-133).
    """
    waiting = still_owing(catch_up_list(CatchUp.objects.filter(duty__campaign=campaign))).filter(is_waiting=True)  # type: ignore[misc]
    waiting = waiting.filter(~self_study.is_spared(campaign, today(), "duty"))
    return (
        waiting.select_related(
            "duty__unit__parent", "duty__campaign__unit", "missed__study_class__unit", "missed__unit"
        )
        .prefetch_related("steps")
        .order_by("duty__unit__path", "duty__person__sort_key", "pk")
    )


def stepped(links: QuerySet[CatchUp], kind: StepKind) -> QuerySet[CatchUp]:
    """Links without a later class for which this step was taken."""
    return links.filter(Exists(CatchUpStep.objects.filter(link=OuterRef("pk"), kind=kind)), is_waiting=True)  # type: ignore[misc]


def steps_of(links: Sequence[CatchUp]) -> dict[int, list[CatchUpStep]]:
    """The steps taken for these links, in their order."""
    found: dict[int, list[CatchUpStep]] = defaultdict(list)
    keys = [link.pk for link in links]
    for start in range(0, len(keys), 900):
        rows = CatchUpStep.objects.filter(link__in=keys[start : start + 900]).select_related("by")
        for step in rows.order_by("at", "pk"):
            found[step.link_id].append(step)
    return found


def offered_classes(link: CatchUp, at: dt.datetime) -> list[StudyClass]:
    """Catch-up classes in which the person of this link may take a place: see `offered_by_link`."""
    return offered_by_link([link], at)[link.pk]


def offered_by_link(links: Sequence[CatchUp], at: dt.datetime) -> dict[int, list[StudyClass]]:
    """By link: released catch-up classes of the campaign, of the person's own unit or of one above it, that have not begun
    and have a seat left in the main hall; the first day first."""
    seats = (
        RosterEntry.objects.filter(venue=OuterRef("pk")).order_by().values("venue").annotate(n=Count("pk")).values("n")
    )
    halls = Venue.objects.filter(study_class=OuterRef("pk"), is_main=True).annotate(
        taken=Coalesce(Subquery(seats, output_field=IntegerField()), 0)
    )
    classes = list(
        StudyClass.objects.filter(
            campaign__in={link.duty.campaign_id for link in links}, is_catch_up=True, state=ClassState.RELEASED
        )
        .annotate(first_at=Min("sessions__starts_at"), has_seat=Exists(halls.filter(Q(capacity=None) | Q(capacity__gt=F("taken")))))
        .filter(first_at__gt=at, has_seat=True)
        .select_related("unit")
        .prefetch_related("sessions", "venues")
        .order_by("first_at", "pk")
    )  # fmt: skip
    return {
        link.pk: [
            one
            for one in classes
            if one.campaign_id == link.duty.campaign_id and link.duty.unit.path.startswith(one.unit.path)
        ]
        for link in links
    }


def chain_of(duty: StudyDuty) -> list[tuple[CatchUp, list[CatchUpStep]]]:
    """The chain of one duty, each link with the steps taken."""
    links = list(
        CatchUp.objects.filter(duty=duty)
        .select_related("missed__study_class", "placed__study_class", "lapsed")
        .order_by("opened_at", "pk")
    )
    steps = steps_of(links)
    return [(link, steps.get(link.pk, [])) for link in links]


def open_link(duty: StudyDuty) -> CatchUp | None:
    """The last link of this duty's chain while it is owed and has no later class."""
    found = still_owing(catch_up_list(CatchUp.objects.filter(duty=duty))).filter(is_waiting=True)  # type: ignore[misc]
    return found.order_by("-pk").first()


def proxies_of(person: Person) -> list[ProxyEntry]:
    """What others entered for this person, the latest first."""
    return list(ProxyEntry.objects.filter(person=person).select_related("by").order_by("-at", "-pk")[:20])


def excusable(entries: QuerySet[RosterEntry]) -> QuerySet[RosterEntry]:
    """Lines of released or closed classes of running campaigns whose study is owed, without an excuse that waits or holds."""
    asked = ExcusedAbsence.objects.filter(entry=OuterRef("pk"), session__isnull=True).exclude(state=ExcuseState.REFUSED)
    return entries.filter(
        ~Exists(asked),
        study_class__state__in=[ClassState.RELEASED, ClassState.CLOSED],
        study_class__campaign__state=CampaignState.OPEN,
        duty__state=DutyState.OWING,
    )


def excuses_waiting(entries: QuerySet[RosterEntry]) -> QuerySet[ExcusedAbsence]:
    """Excuses of these lines that nobody has decided, each with who entered it in the person's place."""
    waiting = ExcusedAbsence.objects.filter(
        entry__in=entries.filter(study_class__campaign__state=CampaignState.OPEN, duty__state=DutyState.OWING).values(
            "pk"
        ),
        state=ExcuseState.ASKED,
    )
    return waiting.select_related("entry__study_class", "session").prefetch_related("proxies__by")


def chosen_for(links: QuerySet[CatchUp]) -> QuerySet[CatchUp]:
    """Of these links (of `catch_up_list`) those whose later class somebody chose in the person's place and is to come."""
    entered = ProxyEntry.objects.filter(link=OuterRef("pk"), kind=ProxyKind.CATCH_UP)
    return links.filter(Exists(entered), is_waiting=False).prefetch_related("proxies__by")  # type: ignore[misc]


def may_be_asked_again(excuse: ExcusedAbsence) -> bool:
    """Whether the absence of a refused excuse may be asked for anew: the study is owed and no other one waits or holds."""
    entries = excusable(RosterEntry.objects.filter(pk=excuse.entry_id))
    same = ExcusedAbsence.objects.filter(entry=excuse.entry_id, session=excuse.session_id)
    return entries.exists() and not same.exclude(state=ExcuseState.REFUSED).exists()


def excuses_of(duty: StudyDuty) -> list[ExcusedAbsence]:
    """What was asked for from the classes of a duty, the latest first, with what became of it."""
    found = ExcusedAbsence.objects.filter(entry__duty=duty).select_related("session", "entry__study_class")
    return list(found.prefetch_related("proxies__by").order_by("-asked_at", "-pk"))


def unfollowed(campaign: StudyCampaign) -> QuerySet[RosterEntry]:
    """Absentees of closed classes who owe and are in no chain: there must be none (B-02)."""
    followed = CatchUp.objects.filter(duty=OuterRef("duty")).exclude(state=CatchUpState.DONE)
    return RosterEntry.objects.filter(
        ~Exists(followed),
        study_class__campaign=campaign,
        study_class__state=ClassState.CLOSED,
        duty__state=DutyState.OWING,
    )


def with_first_day(classes: QuerySet[StudyClass], at: dt.datetime) -> QuerySet[StudyClass]:
    """Classes still to come, catch-up classes first, each with `first_at`."""
    return (
        classes.select_related("unit")
        .annotate(first_at=Min("sessions__starts_at"), last_at=Max("sessions__ends_at"))
        .filter(Q(last_at__isnull=True) | Q(last_at__gt=at))
        .order_by("-is_catch_up", "first_at", "pk")
    )


def invitation(link: CatchUp) -> Invitation:
    """What the invitation of this link says; the link must come with its duty, classes and verdict."""
    placed = link.placed
    return Invitation(
        full_name=link.duty.person.full_name,
        cell=link.duty.unit.name if link.missed is None else link.missed.unit.name,
        campaign=link.duty.campaign.name,
        missed_class=link.missed.study_class.title if link.missed else "",
        why=link.why or f"{link.cause}.",
        invite_before_on=link.invite_before_on,
        inviting_unit=placed.study_class.unit.name if placed else "",
        later_class=placed.study_class.title if placed else "",
        place=", ".join(filter(None, (placed.venue.name, placed.venue.address))) if placed else "",
        sessions=tuple(
            (session.title, session.starts_at, session.ends_at)
            for session in sorted(placed.study_class.sessions.all(), key=lambda one: one.starts_at)
        )
        if placed
        else (),
    )


def link_of(link: CatchUp) -> str:
    """Where the absentee reads of it and chooses a later class."""
    return f"/me/duties/{link.duty_id}/"


# --- repeat absentees (R-076) -----------------------------------------------------------------------------------


def repeat_absentees(people: QuerySet[Person], *, least: int = 2, since: dt.date | None = None) -> QuerySet[Person]:
    """People who missed at least `least` closed classes without reason or over the limit, the most often first.

    Excused absences do not count, nor an absence that was made up since: what is done is not stayed away from. Each
    comes with `missed`, `called`, `last_missed_at`.
    """
    since = since or today().replace(year=today().year - 3, day=1)
    closed = Q(
        roster_entries__study_class__state=ClassState.CLOSED,
        roster_entries__study_class__closed_at__gte=start_of(since),
    ) & (Q(roster_entries__duty__isnull=True) | Q(roster_entries__duty__state__in=(DutyState.OWING, DutyState.EXEMPT)))
    missing = closed & Q(roster_entries__verdict__verdict__in=(Verdict.RETAKE, Verdict.ABSENT))
    return (
        people.filter(missing)
        .select_related("unit")
        .annotate(
            missed=Count("roster_entries", filter=missing, distinct=True),
            without_reason=Count(
                "roster_entries", filter=closed & Q(roster_entries__verdict__verdict=Verdict.ABSENT), distinct=True
            ),
            last_missed_at=Max("roster_entries__study_class__closed_at", filter=missing),
        )
        .filter(missed__gte=least)
    )


def seconds_missed(people: Sequence[Person]) -> dict[int, int]:
    """Seconds missed in closed classes by each of these people."""
    rows = (
        ClassVerdict.objects.filter(
            entry__person__in=[person.pk for person in people], entry__study_class__state=ClassState.CLOSED
        )
        .values_list("entry__person_id")
        .annotate(total=Sum(F("seconds_planned") - F("seconds_present")))
    )
    return {person_id: total or 0 for person_id, total in rows}
