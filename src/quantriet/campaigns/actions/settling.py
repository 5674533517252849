"""Results enter the ledger here and nowhere else: the row, its change line and the tally move together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from quantriet.audit.actions import record
from quantriet.campaigns.models import DutyChange, StudyCampaign, StudyDuty, Tally
from quantriet.campaigns.vocab import CampaignState, DutyReason, DutyResult, DutyState
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local
from quantriet.org.models import Account, Unit

_CHUNK = 2000
Place = tuple[int, str, int]  # campaign, kind, unit


@dataclass(frozen=True)
class Shift:
    """What a duty becomes; without `unit_id` and `tier` it stays where it is."""

    duty_id: int
    state: DutyState
    reason: DutyReason
    sentence: str
    tier: str | None = None
    unit_id: int | None = None


def settle_duties(results: Sequence[DutyResult], *, by: Account | None, at: datetime) -> int:
    """Take results into the ledger; returns how many duties changed.

    Refuses for a campaign that is not open. An exempt duty stays exempt; the same result again changes nothing, so a
    retry is harmless. Effects in one transaction: the duty, its change line, the tally of its unit (reported from now
    on), one audit line per campaign.
    """
    shifts = [Shift(one.duty_id, one.state, one.reason, one.sentence[:400]) for one in results]
    with transaction.atomic():
        changed = _shift(shifts, by=by, at=at, reporting=True)
        for campaign, duties in changed.items():
            _audit(campaign, duties, by, at)
    return sum(len(duties) for duties in changed.values())


def shift_duties(shifts: Sequence[Shift], *, by: Account | None, at: datetime) -> int:
    """Let duties follow the audience: other state, tier or unit. Nothing of this is a report of the unit."""
    with transaction.atomic():
        return sum(len(duties) for duties in _shift(shifts, by=by, at=at, reporting=False).values())


def mark_reported(campaign: StudyCampaign, kind: str, units: Iterable[Unit], *, at: datetime) -> int:
    """Note that these units have reported, though perhaps nothing changed: "not reported" is never zero (B-08)."""
    return Tally.objects.filter(
        campaign=campaign, kind=kind, unit__in=[unit.pk for unit in units], reported_at__isnull=True
    ).update(reported_at=at)


def _shift(
    shifts: Sequence[Shift], *, by: Account | None, at: datetime, reporting: bool
) -> dict[StudyCampaign, list[StudyDuty]]:
    """Write the shifts that change something; returns the duties as they now are, by campaign."""
    wanted = {one.duty_id: one for one in shifts}
    keys = sorted(wanted)
    changed: dict[StudyCampaign, list[StudyDuty]] = defaultdict(list)
    for start in range(0, len(keys), _CHUNK):
        # Rows are locked in the order of their keys, so that two rolls closed at once do not wait for each other.
        duties = (
            StudyDuty.objects.select_for_update(of=("self",))
            .filter(pk__in=keys[start : start + _CHUNK])
            .select_related("campaign__unit", "unit")
            .order_by("pk")
        )
        batch = []
        for duty in duties:
            shift = wanted[duty.pk]
            if duty.campaign.state != CampaignState.OPEN:
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
        _write(batch, by, at, reporting)
        for duty, _one in batch:
            changed[duty.campaign].append(duty)
    return changed


def _write(batch: list[tuple[StudyDuty, Shift]], by: Account | None, at: datetime, reporting: bool) -> None:
    if not batch:
        return
    moment = connection.ops.adapt_datetimefield_value(at)
    day = connection.ops.adapt_datefield_value(local(at).date())
    moves = {shift.unit_id for duty, shift in batch if shift.unit_id not in (None, duty.unit_id)}
    targets = {unit.pk: unit for unit in Unit.objects.filter(pk__in=moves)} if moves else {}
    updates, lines = [], []
    deltas: dict[Place, Counter[str]] = defaultdict(Counter)
    paths: dict[Place, str] = {}
    new_places: dict[Place, str] = {}
    for duty, shift in batch:
        before_unit, before_state = duty.unit, duty.state
        unit = targets.get(shift.unit_id or 0, before_unit)
        tier = shift.tier or duty.tier
        # An owing duty that only moves keeps what is known about it.
        keeps = not reporting and shift.state == before_state == DutyState.OWING
        reason, sentence = (duty.reason, duty.sentence) if keeps else (shift.reason.value, shift.sentence)
        settled_at = None if shift.state == DutyState.OWING else (duty.settled_at if keeps else at)
        updates.append(
            (
                shift.state.value, reason, sentence, tier, unit.pk,
                connection.ops.adapt_datetimefield_value(settled_at) if settled_at else None,
                duty.pk, before_state, duty.reason,
            )
        )  # fmt: skip
        common = {
            "duty": duty, "campaign_id": duty.campaign_id, "kind": duty.kind, "at": at, "reason": reason,
            "sentence": sentence, "account": by,
        }  # fmt: skip
        if unit.pk == before_unit.pk:
            lines.append(DutyChange(path=unit.path, state_before=before_state, state_after=shift.state.value, **common))
        else:
            lines.append(DutyChange(path=before_unit.path, state_before=before_state, state_after="", **common))
            lines.append(DutyChange(path=unit.path, state_before="", state_after=shift.state.value, **common))
            new_places[duty.campaign_id, duty.kind, unit.pk] = unit.path
        paths[duty.campaign_id, duty.kind, before_unit.pk] = before_unit.path
        paths[duty.campaign_id, duty.kind, unit.pk] = unit.path
        deltas[duty.campaign_id, duty.kind, before_unit.pk][before_state] -= 1
        deltas[duty.campaign_id, duty.kind, unit.pk][shift.state.value] += 1
        duty.state, duty.reason, duty.sentence = shift.state.value, reason, sentence
        duty.tier, duty.unit, duty.settled_at = tier, unit, settled_at
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE campaigns_studyduty SET state = %s, reason = %s, sentence = %s, tier = %s, unit_id = %s,"
            " settled_at = %s WHERE id = %s AND state = %s AND reason = %s",
            updates,
        )
    DutyChange.objects.bulk_create(lines, batch_size=_CHUNK)
    if new_places:
        Tally.objects.bulk_create(
            (
                Tally(campaign_id=campaign, kind=kind, unit_id=unit, path=path)
                for (campaign, kind, unit), path in sorted(new_places.items())
            ),
            ignore_conflicts=True,
        )
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE campaigns_tally SET done = done + %s, exempt = exempt + %s, owing = owing + %s,"
            " reported_at = COALESCE(reported_at, %s) WHERE campaign_id = %s AND kind = %s AND unit_id = %s",
            [
                (
                    delta[DutyState.DONE.value], delta[DutyState.EXEMPT.value], delta[DutyState.OWING.value],
                    moment if reporting else None, *place,
                )
                for place, delta in sorted(deltas.items())
            ],
        )  # fmt: skip
        cursor.executemany(
            "INSERT INTO campaigns_tallyday (campaign_id, kind, unit_id, path, day, done, exempt, owing)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (campaign_id, kind, unit_id, day) DO UPDATE SET"
            " done = campaigns_tallyday.done + excluded.done, exempt = campaigns_tallyday.exempt + excluded.exempt,"
            " owing = campaigns_tallyday.owing + excluded.owing",
            [
                (
                    *place, paths[place], day, delta[DutyState.DONE.value], delta[DutyState.EXEMPT.value],
                    delta[DutyState.OWING.value],
                )
                for place, delta in sorted(deltas.items())
                if any(delta.values())
            ],
        )  # fmt: skip


def _audit(campaign: StudyCampaign, duties: list[StudyDuty], by: Account | None, at: datetime) -> None:
    units = {duty.unit_id: duty.unit for duty in duties}
    record(
        "duty.settled", by=by, at=at, thing=campaign,
        unit=next(iter(units.values())) if len(units) == 1 else campaign.unit,
        person_id=duties[0].person_id if len(duties) == 1 else None,
        after={"count": len(duties), **Counter(duty.reason for duty in duties)},
    )  # fmt: skip
