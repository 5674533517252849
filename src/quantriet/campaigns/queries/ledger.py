"""The proof of the ledger: done + exempt + owing = roster at every unit, at every moment, and every row explained (B-02)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Exists, F, OuterRef, Q

from quantriet.campaigns.models import CampaignPlan, DutyChange, StudyCampaign, StudyDuty, Tally, TallyDay
from quantriet.campaigns.queries.audience import Audience, audience
from quantriet.campaigns.queries.campaigns import event_holders, problems_in_ledger
from quantriet.campaigns.queries.credits import credit_says
from quantriet.campaigns.queries.nodes import wrong_nodes
from quantriet.campaigns.rules import ledger as rules
from quantriet.campaigns.rules.ledger import Standing
from quantriet.campaigns.vocab import DUTY_KINDS, CampaignState, DutyReason, DutyState
from quantriet.kit.numbers import show_number
from quantriet.kit.time import local, show_day
from quantriet.org.models import Unit

Counts = tuple[int, int, int]  # done, exempt, owing
Place = tuple[str, int]  # kind, unit
NOTHING: Counts = (0, 0, 0)
AT_ONCE = 2000
_STATES = (DutyState.DONE, DutyState.EXEMPT, DutyState.OWING)


@dataclass(frozen=True)
class Discrepancy:
    """A unit whose tally does not say what its duties say."""

    kind: str
    unit_id: int
    path: str
    in_duties: Counts
    in_tally: Counts


def audit_ledger(campaign: StudyCampaign) -> list[Discrepancy]:
    """Compare every unit's tally with its duties; nothing found is the proof."""
    duties = {(kind, unit, path): counts for (kind, unit), (path, counts) in counted_duties(campaign).items()}
    tallies = {
        (kind, unit, path): (done, exempt, owing)
        for kind, unit, path, done, exempt, owing in Tally.objects.filter(campaign=campaign).values_list(
            "kind", "unit_id", "path", "done", "exempt", "owing"
        )
    }
    return [
        Discrepancy(place[0], place[1], place[2], duties.get(place, NOTHING), tallies.get(place, NOTHING))
        for place in sorted(duties.keys() | tallies.keys())
        if duties.get(place, NOTHING) != tallies.get(place, NOTHING)
    ]


def counted_duties(campaign: StudyCampaign) -> dict[Place, tuple[str, Counts]]:
    """By kind and unit: the unit's path, and its duties by state."""
    counted = (
        StudyDuty.objects.filter(campaign=campaign)
        .order_by()
        .values("kind", "unit_id", path=F("unit__path"))
        .annotate(
            done=Count("pk", filter=Q(state=DutyState.DONE)),
            exempt=Count("pk", filter=Q(state=DutyState.EXEMPT)),
            owing=Count("pk", filter=Q(state=DutyState.OWING)),
        )
        .values_list("kind", "unit_id", "path", "done", "exempt", "owing")
    )
    return {(kind, unit): (path, (done, exempt, owing)) for kind, unit, path, done, exempt, owing in counted}


# --- the journal ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One change line; `unit_id` is where the duty counted."""

    unit_id: int
    at: datetime
    before: str
    after: str
    reason: str
    sentence: str

    @property
    def is_report(self) -> bool:
        """Whether a result of the unit's people stands behind it: following the audience is none (B-08)."""
        return self.before in _RESULTS and self.after in _RESULTS


_RESULTS = (DutyState.DONE, DutyState.OWING)


@dataclass
class Journal:
    """What the change lines of a campaign come to: per unit and day, and the first report of each unit."""

    days: dict[tuple[str, int, date], Counter[str]]  # kind, unit, day → by state
    first_at: dict[tuple[str, int], datetime]  # kind, unit → first line at all
    reported_at: dict[tuple[str, int], datetime]  # kind, unit → first report

    @classmethod
    def empty(cls) -> Journal:
        return cls(defaultdict(Counter), {}, {})

    def add(self, kind: str, line: Line) -> None:
        day = self.days[kind, line.unit_id, local(line.at).date()]
        if line.before and line.after == "":
            day[line.before] -= 1
        elif line.after:
            if line.before:
                day[line.before] -= 1
            day[line.after] += 1
        place = (kind, line.unit_id)
        if place not in self.first_at or line.at < self.first_at[place]:
            self.first_at[place] = line.at
        if line.is_report and (place not in self.reported_at or line.at < self.reported_at[place]):
            self.reported_at[place] = line.at


def journal_lines(duties: Sequence[int]) -> dict[int, list[Line]]:
    """The change lines of these duties, in the order in which they were written."""
    found: dict[int, list[Line]] = defaultdict(list)
    rows = (
        DutyChange.objects.filter(duty__in=duties)
        .order_by("pk")
        .values_list("duty_id", "unit_id", "at", "state_before", "state_after", "reason", "sentence")
    )
    for duty, unit, at, before, after, reason, sentence in rows:
        found[duty].append(Line(unit, at, before, after, reason, sentence))
    return found


def duty_batches(campaign: StudyCampaign) -> Iterator[list[StudyDuty]]:
    """The duties of a campaign by key, so many at once, each with its unit's path."""
    last = 0
    while True:
        batch = list(
            StudyDuty.objects.filter(campaign=campaign, pk__gt=last)
            .select_related("unit", "person")
            .order_by("pk")[:AT_ONCE]
        )
        if not batch:
            return
        yield batch
        last = batch[-1].pk


# --- what a duty must say ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Expected:
    """What a duty of a running campaign must say, and where it must count."""

    standing: Standing
    tier: str
    unit_id: int
    in_audience: bool


def expected(
    campaign: StudyCampaign, duties: Sequence[StudyDuty], was: dict[int, str], found: Audience | None = None
) -> dict[int, Expected]:
    """What each of these duties must say, from audience, exemptions, recognitions and the events' verdicts.

    `was` is the state which the last line of the journal gave. Units stay where the duty stands once it is settled for
    good: what is done stays where it was done, who left the audience where they were.
    """
    found = found or audience(campaign)
    people = found.people.filter(pk__in={duty.person_id for duty in duties}).order_by()
    wanted = {
        pk: (unit, found.outcomes[decided, exempt])
        for pk, unit, decided, exempt in people.values_list("pk", "unit_id", "decided", "is_exempt")  # type: ignore[misc]
    }
    by_kind: dict[str, list[int]] = defaultdict(list)
    for duty in duties:
        by_kind[duty.kind].append(duty.pk)
    voices = {}
    for kind, keys in by_kind.items():
        holder = DUTY_KINDS[kind].events if kind in DUTY_KINDS else None
        if holder is not None:
            voices.update(holder.voices(keys))
    says = credit_says([duty.pk for duty in duties])
    told: dict[int, Expected] = {}
    for duty in duties:
        unit, outcome = wanted.get(duty.person_id, (duty.unit_id, None))
        if duty.kind not in campaign.duty_kinds:
            outcome = None
        # Kinds that no built room proves yet take their results as they are given.
        own = duty.kind in DUTY_KINDS or duty.pk in says
        said = rules.joined(voices.get(duty.pk), says.get(duty.pk)) if own else _as_given(duty)
        stands = rules.standing(outcome, said, was=was.get(duty.pk, duty.state))
        stays = outcome is None or stands.state == DutyState.DONE
        told[duty.pk] = Expected(
            stands,
            duty.tier if stays or outcome is None else outcome.tier,
            duty.unit_id if stays else unit,
            outcome is not None,
        )
    return told


def _as_given(duty: StudyDuty) -> Standing | None:
    if duty.state == DutyState.EXEMPT and duty.reason != DutyReason.CREDIT:
        return None
    return Standing(DutyState(duty.state), DutyReason(duty.reason), duty.sentence)


# --- the proof --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Finding:
    """One thing the proof found; `is_waiting`: it mends itself when the campaign next follows its people."""

    code: str
    sentence: str
    unit: str = ""
    person: str = ""
    is_waiting: bool = False


MOST_TOLD = 200  # findings of one kind that are told one by one


def prove_ledger(campaign: StudyCampaign, *, progress: Callable[[int], object] | None = None) -> list[Finding]:
    """Everything that is wrong with the ledger of a campaign, in words; nothing found is the proof.

    Proved are: every unit's tally against its duties, so that done + exempt + owing = roster at each node; every duty
    against the last line of its journal, and the journal without a gap; every day's sums against the journal, so that
    the same holds at the end of each earlier day; while the campaign runs every duty against what audience, exemptions,
    recognitions and verdicts say; that nobody of the audience is missing; that every absentee is in a chain; that the
    kept sums of top units are those of what their tallies say is folded.
    """
    found: list[Finding] = []
    names = dict(Unit.objects.filter(pk__in=_units(campaign)).values_list("pk", "name"))
    for one in audit_ledger(campaign):
        name = names.get(one.unit_id, str(one.unit_id))
        found.append(
            Finding(
                "ledger.tally",
                f"{name} ({one.kind}): sổ nghĩa vụ {_words(one.in_duties)}, bảng tổng hợp {_words(one.in_tally)}.",
                name,
            )
        )
    if campaign.opened_at is not None:
        found += _journal_and_rows(campaign, progress)
    if campaign.state in (CampaignState.DRAFT, CampaignState.OPEN) and campaign.duty_kinds:
        found += _missing(campaign)
    found += [Finding("ledger.unfollowed", one.sentence) for one in problems_in_ledger(campaign)]
    return found + _nodes_and_plans(campaign)


def _nodes_and_plans(campaign: StudyCampaign) -> list[Finding]:
    """The kept sums of top units against what their tallies say is folded; plans where their units stand."""
    found = []
    for fault in wrong_nodes(campaign):
        unit = Unit.objects.filter(path=fault.path).first()
        name = unit.name if unit else fault.path
        when = f" ngày {show_day(fault.day)}" if fault.day else ""
        found.append(
            Finding(
                "ledger.node", f"{name} ({fault.kind}){when}: số cộng sẵn không bằng tổng các đơn vị bên dưới.", name
            )
        )
    wrong = CampaignPlan.objects.filter(campaign=campaign).exclude(path=F("unit__path"))
    return found + [
        Finding("ledger.plan", f"{name}: kế hoạch ghi sai chỗ của đơn vị trong cây tổ chức.", name)
        for name in wrong.values_list("unit__name", flat=True)
    ]


def _units(campaign: StudyCampaign) -> set[int]:
    tallies = Tally.objects.filter(campaign=campaign).values_list("unit_id", flat=True)
    return {
        *tallies,
        *StudyDuty.objects.filter(campaign=campaign).order_by().values_list("unit_id", flat=True).distinct(),
    }


def _words(counts: Counts) -> str:
    done, exempt, owing = (show_number(one) for one in counts)
    return f"{done} đã học, {exempt} được miễn, {owing} còn nợ"


def _journal_and_rows(campaign: StudyCampaign, progress: Callable[[int], object] | None) -> list[Finding]:
    found: list[Finding] = []
    journal = Journal.empty()
    decided = audience(campaign) if campaign.state == CampaignState.OPEN else None
    looked = 0
    for batch in duty_batches(campaign):
        lines = journal_lines([duty.pk for duty in batch])
        was: dict[int, str] = {}
        for duty in batch:
            own = lines.get(duty.pk, [])
            for line in own:
                journal.add(duty.kind, line)
            if own:
                was[duty.pk] = own[-1].after
            found += _against_journal(duty, own)
        if decided is not None:
            told = expected(campaign, batch, was, decided)
            for duty in batch:
                found += _against_facts(duty, told[duty.pk])
        looked += len(batch)
        if progress:
            progress(looked)
    return [*found, *_days(campaign, journal)]


def _against_journal(duty: StudyDuty, lines: list[Line]) -> list[Finding]:
    who = f"Đồng chí {duty.person.full_name} ({duty.person.code})"
    if not lines:
        return [
            Finding("ledger.no_line", f"{who}: nghĩa vụ không có dòng nhật ký nào.", duty.unit.name, duty.person.code)
        ]
    before = ""
    for line in lines:
        if line.before != before:
            sentence = f"{who}: nhật ký đứt đoạn lúc {show_day(local(line.at).date())}."
            return [Finding("ledger.gap", sentence, duty.unit.name, duty.person.code)]
        before = line.after
    last = lines[-1]
    if (duty.state, duty.reason, duty.sentence, duty.unit_id) != (last.after, last.reason, last.sentence, last.unit_id):
        sentence = f"{who}: sổ ghi “{DutyReason(duty.reason).label}”, nhật ký ghi “{DutyReason(last.reason).label}”" + (
            "." if duty.reason != last.reason else ", khác trạng thái, câu giải thích hoặc đơn vị."
        )
        return [Finding("ledger.row", sentence, duty.unit.name, duty.person.code)]
    return []


def _against_facts(duty: StudyDuty, told: Expected) -> list[Finding]:
    right = told.standing
    if (duty.state, duty.reason, duty.sentence, duty.tier, duty.unit_id) == (
        right.state, right.reason, right.sentence, told.tier, told.unit_id,
    ):  # fmt: skip
        return []
    # The audience is followed once a day; what only that will change is not wrong, it waits.
    owes, must = duty.state != DutyState.EXEMPT, right.state != DutyState.EXEMPT
    of_audience = owes != must or not must or (duty.unit_id, duty.tier) != (told.unit_id, told.tier)
    is_waiting = of_audience and duty.state != DutyState.DONE
    sentence = (
        f"Đồng chí {duty.person.full_name} ({duty.person.code}): sổ ghi “{DutyReason(duty.reason).label}”, dữ kiện gốc cho "
        f"thấy “{right.reason.label}”"
    ) + ("; chờ cập nhật đối tượng." if is_waiting else ".")
    code = "ledger.waiting" if is_waiting else "ledger.unexplained"
    return [Finding(code, sentence, duty.unit.name, duty.person.code, is_waiting)]


def _days(campaign: StudyCampaign, journal: Journal) -> list[Finding]:
    """The sums by day against the journal, and that they add up to today's tally without ever falling below nothing."""
    units = {unit for _kind, unit, _day in journal.days}
    names = dict(Unit.objects.filter(pk__in={*units, *_units(campaign)}).values_list("pk", "name"))
    wanted: dict[tuple[str, int, date], Counts] = {place: as_counts(counts) for place, counts in journal.days.items()}
    kept = {
        (kind, unit, day): (done, exempt, owing)
        for kind, unit, day, done, exempt, owing in TallyDay.objects.filter(campaign=campaign).values_list(
            "kind", "unit_id", "day", "done", "exempt", "owing"
        )
    }
    found = []
    for place in sorted(wanted.keys() | kept.keys()):
        says, stands = wanted.get(place, NOTHING), kept.get(place, NOTHING)
        if says != stands:
            name = names.get(place[1], str(place[1]))
            found.append(
                Finding(
                    "ledger.day",
                    f"{name} ({place[0]}) ngày {show_day(place[2])}: nhật ký thay đổi {says}, bảng theo ngày ghi {stands}.",
                    name,
                )
            )
    running: dict[Place, list[int]] = defaultdict(lambda: [0, 0, 0])
    for kind, unit, day in sorted(kept, key=lambda one: one[2]):
        sums = running[kind, unit]
        for index, change in enumerate(kept[kind, unit, day]):
            sums[index] += change
        if min(sums) < 0:
            name = names.get(unit, str(unit))
            found.append(Finding("ledger.below", f"{name}: đến hết ngày {show_day(day)} số người bị âm.", name))
    tallies = Tally.objects.filter(campaign=campaign).values_list("kind", "unit_id", "done", "exempt", "owing")
    for kind, unit, *today in tallies:
        if running[kind, unit] != today:
            name = names.get(unit, str(unit))
            found.append(
                Finding("ledger.sum", f"{name} ({kind}): cộng các ngày không bằng bảng tổng hợp hôm nay.", name)
            )
    return found


def as_counts(counts: Counter[str]) -> Counts:
    done, exempt, owing = (counts[state.value] for state in _STATES)
    return done, exempt, owing


def _missing(campaign: StudyCampaign) -> list[Finding]:
    found = audience(campaign)
    missing = 0
    for kind in campaign.duty_kinds:
        # Not "not in": PostgreSQL would walk a list of a million keys once for each person.
        there = StudyDuty.objects.filter(campaign=campaign, kind=kind, person=OuterRef("pk"))
        missing += found.people.filter(~Exists(there)).count()
    if not missing or not StudyDuty.objects.filter(campaign=campaign).exists():
        return []
    return [
        Finding(
            "ledger.missing",
            f"{show_number(missing)} người thuộc đối tượng chưa có trong sổ; chờ cập nhật đối tượng.",
            is_waiting=True,
        )
    ]


def reports_of_events(campaign: StudyCampaign) -> list[tuple[int, datetime]]:
    """From which units a closed event has reported, and when."""
    return [one for holder in event_holders(campaign) for one in holder.reported(campaign)]
