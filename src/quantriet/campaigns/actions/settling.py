"""Results enter the ledger here and nowhere else: the row, its change line and the tally move together.

Plain statements, for one mark of a roll ends here as well as the move of a whole province.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import connection, transaction

from quantriet.audit.actions import record
from quantriet.campaigns.models import DutyChange, StudyCampaign, StudyDuty, Tally, TallyDay
from quantriet.campaigns.queries.credits import credit_says
from quantriet.campaigns.vocab import CampaignState, DutyReason, DutyResult, DutyState
from quantriet.kit.db import execute, insert_many, select, upsert
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local
from quantriet.org.models import Account, Unit

_CHUNK = 500
Place = tuple[int, str, int]  # campaign, kind, unit

DUTY, CAMPAIGN, UNIT, TALLY, TALLY_DAY = (
    model._meta.db_table for model in (StudyDuty, StudyCampaign, Unit, Tally, TallyDay)
)


@dataclass(frozen=True)
class Shift:
    """What a duty becomes; without `unit_id` and `tier` it stays where it is."""

    duty_id: int
    state: DutyState
    reason: DutyReason
    sentence: str
    tier: str | None = None
    unit_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Duty:
    """A row of the ledger as it stood, with what the log and the tally need beside it."""

    pk: int
    campaign_id: int
    kind: str
    person_id: int
    unit_id: int
    unit_path: str
    tier: str
    state: str
    reason: str
    sentence: str
    settled_at: Any  # as the database gives it, and so takes it
    campaign_name: str
    campaign_state: str
    campaign_unit_id: int
    campaign_path: str


@dataclass(frozen=True, slots=True)
class _Settled:
    """One duty after its shift, for the log."""

    duty: _Duty
    reason: str
    unit: Unit


@dataclass(slots=True)
class _Moves:
    """What tallies gain and lose, gathered over all duties of one call.

    They are written once and in one order: were they written by portions of duties, two large writers could each hold what
    the other waits for.
    """

    deltas: dict[Place, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    paths: dict[Place, str] = field(default_factory=dict)
    new: set[Place] = field(default_factory=set)  # where duties move to: perhaps there is no tally yet


def settle_duties(results: Sequence[DutyResult], *, by: Account | None, at: datetime) -> int:
    """Take results into the ledger; returns how many duties changed.

    Refuses for a campaign that is not open. An exempt duty stays exempt, and no absence stands against a recognised study
    elsewhere (R-045); the same result again changes nothing, so a retry is harmless. Effects in one transaction, that of
    the caller where there is one: the duty, its change line, the tally of its unit (reported from now on), one audit line
    per campaign.
    """
    with transaction.atomic(savepoint=False):
        _hold(one.duty_id for one in results)  # before asking what is recognised: a grant holds them, too
        shifts = [Shift(one.duty_id, one.state, one.reason, one.sentence[:400]) for one in _with_credits(results)]
        changed = _shift(shifts, by=by, at=at, reporting=True)
        for _, settled in groupby(sorted(changed, key=_campaign), key=_campaign):
            _audit(list(settled), by, at)
    return len(changed)


def _with_credits(results: Sequence[DutyResult]) -> list[DutyResult]:
    """The results as recognitions of study elsewhere leave them; of who has no verdict the ledger speaks in its own words."""
    owing = [one.duty_id for one in results if one.state == DutyState.OWING]
    says = credit_says(owing) if owing else {}
    told = []
    for one in results:
        said = says.get(one.duty_id) if one.state == DutyState.OWING else None
        if said is not None and (said.state == DutyState.DONE or one.reason == DutyReason.NOT_YET):
            told.append(said)
        elif one.state == DutyState.OWING and one.reason == DutyReason.NOT_YET:
            told.append(DutyResult(one.duty_id, one.state, one.reason, ""))
        else:
            told.append(one)
    return told


def correct_duties(shifts: Sequence[Shift], *, by: Account | None, at: datetime) -> int:
    """Put duties right that say something else than the facts, whatever state they are in; each leaves its change line."""
    with transaction.atomic(savepoint=False):
        _hold(one.duty_id for one in shifts)
        return len(_shift(shifts, by=by, at=at, reporting=False, forced=True))


def shift_duties(shifts: Sequence[Shift], *, by: Account | None, at: datetime) -> int:
    """Let duties follow the audience: other state, tier or unit. Nothing of this is a report of the unit."""
    with transaction.atomic(savepoint=False):
        _hold(one.duty_id for one in shifts)
        return len(_shift(shifts, by=by, at=at, reporting=False))


def mark_reported(campaign: StudyCampaign, kind: str, units: Iterable[Unit], *, at: datetime) -> int:
    """Note that these units have reported, though perhaps nothing changed: "not reported" is never zero (B-08)."""
    return Tally.objects.filter(
        campaign=campaign, kind=kind, unit__in=[unit.pk for unit in units], reported_at__isnull=True
    ).update(reported_at=at)


def _campaign(settled: _Settled) -> int:
    return settled.duty.campaign_id


def _shift(
    shifts: Sequence[Shift], *, by: Account | None, at: datetime, reporting: bool, forced: bool = False
) -> list[_Settled]:
    """Write the shifts that change something; the caller holds their duties."""
    wanted = {one.duty_id: one for one in shifts}
    keys = sorted(wanted)
    changed: list[_Settled] = []
    moves = _Moves()
    for start in range(0, len(keys), _CHUNK):
        batch = []
        for duty in _standing(keys[start : start + _CHUNK]):
            shift = wanted[duty.pk]
            if duty.campaign_state != CampaignState.OPEN:
                raise Refusal("campaign.not_open", "Đợt học tập chưa mở hoặc đã khép nên không ghi được kết quả.")
            if reporting and duty.state == DutyState.EXEMPT:
                continue
            if (
                duty.state == shift.state
                and duty.reason == shift.reason
                and duty.sentence == shift.sentence
                and shift.unit_id in (None, duty.unit_id)
                and shift.tier in (None, duty.tier)
            ):
                continue
            batch.append((duty, shift))
        if batch:
            changed += _write(batch, moves, by, at, reporting, forced)
    _move_tallies(moves, at, reporting)
    return changed


def _hold(duties: Iterable[int]) -> None:
    """Lock the duties in the order of their keys, so that two rolls closed at once do not wait for each other.

    A statement of its own: one that locked and joined at once would, after waiting, join a duty whose unit has changed with
    its former unit, and leave it out without a word.
    """
    if connection.vendor == "postgresql":
        keys = sorted(set(duties))
        for start in range(0, len(keys), _CHUNK):
            some = keys[start : start + _CHUNK]
            marks = ",".join(["%s"] * len(some))
            select(f"SELECT id FROM {DUTY} WHERE id IN ({marks}) ORDER BY id FOR NO KEY UPDATE", some)  # noqa: S608


def _standing(keys: Sequence[int]) -> list[_Duty]:
    rows = select(
        f"SELECT d.id, d.campaign_id, d.kind, d.person_id, d.unit_id, u.path, d.tier, d.state, d.reason, d.sentence, d.settled_at,"  # noqa: S608
        f" c.name, c.state, c.unit_id, cu.path FROM {DUTY} d JOIN {UNIT} u ON u.id = d.unit_id"
        f" JOIN {CAMPAIGN} c ON c.id = d.campaign_id JOIN {UNIT} cu ON cu.id = c.unit_id"
        f" WHERE d.id IN ({','.join(['%s'] * len(keys))}) ORDER BY d.id",
        keys,
    )
    return [_Duty(*row) for row in rows]


def _write(
    batch: list[tuple[_Duty, Shift]], moves: _Moves, by: Account | None, at: datetime, reporting: bool, forced: bool
) -> list[_Settled]:
    """Write the duties and their change lines, and note in `moves` what the tallies are to follow."""
    moment = connection.ops.adapt_datetimefield_value(at)
    account = by.pk if by else None
    away = {shift.unit_id for duty, shift in batch if shift.unit_id not in (None, duty.unit_id)}
    targets = {unit.pk: unit for unit in Unit.objects.filter(pk__in=away)} if away else {}
    settled: list[_Settled] = []
    updates: list[tuple[Any, ...]] = []
    lines: list[tuple[Any, ...]] = []
    for duty, shift in batch:
        home = Unit(pk=duty.unit_id, path=duty.unit_path)
        unit = targets.get(shift.unit_id or 0, home)
        # An owing duty that only moves keeps what is known about it.
        keeps = not (reporting or forced) and shift.state == duty.state == DutyState.OWING
        reason, sentence = (duty.reason, duty.sentence) if keeps else (shift.reason.value, shift.sentence)
        # Another tier alone is no change of what is known: no line tells of it, and the moment stays.
        is_quiet = (unit.pk, shift.state, reason, sentence) == (home.pk, duty.state, duty.reason, duty.sentence)
        settled_at = None if shift.state == DutyState.OWING else duty.settled_at if is_quiet else moment
        updates.append(
            (
                shift.state.value, reason, sentence, shift.tier or duty.tier, unit.pk, settled_at,
                duty.pk, duty.state, duty.reason,
            )
        )  # fmt: skip
        settled.append(_Settled(duty, reason, unit))
        if is_quiet:
            continue
        before, after = (duty.campaign_id, duty.kind, home.pk), (duty.campaign_id, duty.kind, unit.pk)
        steps = [(unit.pk, duty.state, shift.state.value)]
        if unit.pk != home.pk:
            steps = [(home.pk, duty.state, ""), (unit.pk, "", shift.state.value)]
            moves.new.add(after)
        lines += [
            (duty.pk, duty.campaign_id, duty.kind, place, moment, was, now, reason, sentence, account)
            for place, was, now in steps
        ]
        moves.paths[before], moves.paths[after] = home.path, unit.path
        moves.deltas[before][duty.state] -= 1
        moves.deltas[after][shift.state.value] += 1
    execute(
        f"UPDATE {DUTY} SET state = %s, reason = %s, sentence = %s, tier = %s, unit_id = %s, settled_at = %s"  # noqa: S608
        " WHERE id = %s AND state = %s AND reason = %s",
        updates,
    )
    insert_many(DutyChange, _LINE, lines)
    return settled


_LINE = (
    "duty_id", "campaign_id", "kind", "unit_id", "at", "state_before", "state_after", "reason", "sentence", "account_id",
)  # fmt: skip


def _move_tallies(moves: _Moves, at: datetime, reporting: bool) -> None:
    reported = connection.ops.adapt_datetimefield_value(at) if reporting else None
    day = connection.ops.adapt_datefield_value(local(at).date())
    places = sorted(moves.deltas)
    moved = {
        place: tuple(moves.deltas[place][state.value] for state in (DutyState.DONE, DutyState.EXEMPT, DutyState.OWING))
        for place in places
    }
    if moves.new:
        Tally.objects.bulk_create(
            (
                Tally(campaign_id=campaign, kind=kind, unit_id=unit_id, path=moves.paths[campaign, kind, unit_id])
                for campaign, kind, unit_id in sorted(moves.new)
            ),
            ignore_conflicts=True,
        )
    execute(
        f"UPDATE {TALLY} SET done = done + %s, exempt = exempt + %s, owing = owing + %s,"  # noqa: S608
        " reported_at = COALESCE(reported_at, %s) WHERE campaign_id = %s AND kind = %s AND unit_id = %s",
        [(*moved[place], reported, *place) for place in places],
    )
    paths = {**moves.paths, **_paths_now(places)}
    upsert(
        f"{TALLY_DAY} (campaign_id, kind, unit_id, path, day, done, exempt, owing)",
        [(*place, paths[place], day, *moved[place]) for place in places if any(moved[place])],
        f"(campaign_id, kind, unit_id, day) DO UPDATE SET done = {TALLY_DAY}.done + excluded.done,"
        f" exempt = {TALLY_DAY}.exempt + excluded.exempt, owing = {TALLY_DAY}.owing + excluded.owing",
    )


def _paths_now(places: Sequence[Place]) -> dict[Place, str]:
    """Where the tallies stand that we hold; a decision that has moved their units meanwhile has moved them, too.

    On SQLite nobody writes beside us: what was read with the duties is still true.
    """
    found: dict[Place, str] = {}
    if connection.vendor != "postgresql":
        return found
    for (campaign, kind), some in groupby(places, key=lambda place: place[:2]):
        units = [unit for _campaign, _kind, unit in some]
        rows = select(
            f"SELECT unit_id, path FROM {TALLY} WHERE campaign_id = %s AND kind = %s AND unit_id = ANY(%s)",  # noqa: S608
            [campaign, kind, units],
        )
        found |= {(campaign, kind, unit): path for unit, path in rows}
    return found


def _audit(settled: list[_Settled], by: Account | None, at: datetime) -> None:
    """One line for all of one campaign, at the unit they share or else at the campaign's own."""
    first = settled[0].duty
    campaign = StudyCampaign(pk=first.campaign_id, name=first.campaign_name)
    one_unit = len({one.unit.pk for one in settled}) == 1
    record(
        "duty.settled", by=by, at=at, thing=campaign,
        unit=settled[0].unit if one_unit else Unit(pk=first.campaign_unit_id, path=first.campaign_path),
        person_id=first.person_id if len(settled) == 1 else None,
        after={"count": len(settled), **Counter(one.reason for one in settled)},
    )  # fmt: skip
