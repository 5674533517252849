"""The ledger made anew from the facts; on a sound ledger nothing changes (B-02).

Facts are the audience with its exemptions, recognised study elsewhere, the marks and excuses of the rolls (asked of the rooms
that prove the duties), and the journal of changes, which is append-only and tells what was known when.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Subquery

from quantriet.audit.actions import record
from quantriet.campaigns import queries
from quantriet.campaigns.actions.duties import prepare_duties, sync_audience
from quantriet.campaigns.actions.folding import forget_nodes
from quantriet.campaigns.actions.settling import Shift, correct_duties
from quantriet.campaigns.models import CampaignPlan, StudyCampaign, StudyDuty, Tally, TallyDay
from quantriet.campaigns.queries import ledger
from quantriet.campaigns.queries.audience import audience
from quantriet.campaigns.queries.ledger import NOTHING, Journal, Line, Place
from quantriet.campaigns.queries.nodes import wrong_nodes
from quantriet.campaigns.vocab import CampaignState, DutyState
from quantriet.kit.db import named_lock, reread
from quantriet.org.models import Account, Unit


@dataclass(frozen=True)
class Rebuilt:
    """How many rows were put right."""

    duties: int = 0
    tallies: int = 0
    days: int = 0

    @property
    def is_sound(self) -> bool:
        return not (self.duties or self.tallies or self.days)


class _Undo(Exception):
    """Takes a dry run back."""


def rebuild_ledger(
    campaign: StudyCampaign, *, by: Account | None, at: datetime, dry_run: bool = False,
    progress: Callable[[str, int], object] | None = None,
) -> Rebuilt:  # fmt: skip
    """Recompute duties, tallies, sums by day and first reports of one campaign, all or nothing.

    Order: rows as their journal tells them; every event judged again from its marks; the audience followed; whatever
    still says something else than the facts corrected, with a change line; then the sums. A campaign that is over keeps
    the results it was closed with, and gets them back from its journal; a draft is prepared anew. `progress` is told the
    step and how many rows it has done. Killed half-way, the campaign stands as before, and the same call does it again.
    """
    tell = progress or (lambda _step, _rows: None)
    result = Rebuilt()
    try:
        with transaction.atomic(), named_lock(f"audience-{campaign.pk}"):
            reread(campaign)
            _set_plans(campaign)
            result = _draft(campaign, by, at) if campaign.opened_at is None else _opened(campaign, by, at, tell)
            if not result.is_sound:
                record(
                    "ledger.rebuilt", by=by, at=at, thing=campaign, unit=campaign.unit,
                    after={"duties": result.duties, "tallies": result.tallies, "days": result.days},
                )  # fmt: skip
            if any(wrong_nodes(campaign)):
                forget_nodes(campaign)
            if dry_run:
                raise _Undo
    except _Undo:
        campaign.refresh_from_db()
    return result


def _set_plans(campaign: StudyCampaign) -> None:
    """Plans stand where their units stand."""
    wrong = CampaignPlan.objects.filter(campaign=campaign).exclude(path=F("unit__path"))
    wrong.update(path=Subquery(Unit.objects.filter(pk=OuterRef("unit_id")).values("path")))


def _draft(campaign: StudyCampaign, by: Account | None, at: datetime) -> Rebuilt:
    """Nothing has been done yet: the audience alone decides."""
    if campaign.state != CampaignState.DRAFT or not StudyDuty.objects.filter(campaign=campaign).exists():
        return Rebuilt(tallies=_tallies(campaign, {}))
    before, sums = _snapshot(campaign), _sums(campaign)
    prepare_duties(campaign, by=by, at=at)
    after = _snapshot(campaign)
    changed = sum(1 for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    return Rebuilt(changed, sum(1 for place, counts in _sums(campaign).items() if sums.get(place) != counts))


def _snapshot(campaign: StudyCampaign) -> dict[int, tuple[Any, ...]]:
    rows = StudyDuty.objects.filter(campaign=campaign).order_by()
    return {
        row[0]: row[1:] for row in rows.values_list("pk", "unit_id", "tier", "state", "reason", "sentence", "due_on")
    }


def _sums(campaign: StudyCampaign) -> dict[Place, tuple[Any, ...]]:
    rows = Tally.objects.filter(campaign=campaign).values_list("kind", "unit_id", "path", "done", "exempt", "owing")
    return {(kind, unit): counts for kind, unit, *counts in rows}  # type: ignore[misc]


def _opened(campaign: StudyCampaign, by: Account | None, at: datetime, tell: Callable[[str, int], object]) -> Rebuilt:
    duties = _from_journal(campaign, tell)
    if campaign.state == CampaignState.OPEN:
        for holder in queries.event_holders(campaign):
            tell("events", holder.judge_all(campaign, by=by, at=at))
        duties += sync_audience(campaign, by=by, at=at)
        duties += _from_facts(campaign, by, at, tell)
    journal = Journal.empty()
    for batch in ledger.duty_batches(campaign):
        kinds = {duty.pk: duty.kind for duty in batch}
        for key, lines in ledger.journal_lines(list(kinds)).items():
            for line in lines:
                journal.add(kinds[key], line)
    tallies = _tallies(campaign, _reports(campaign, journal), set(journal.first_at))
    return Rebuilt(duties, tallies, _days(campaign, journal))


def _from_journal(campaign: StudyCampaign, tell: Callable[[str, int], object]) -> int:
    """Give every row what the last line of its journal says; returns how many said something else."""
    due_on = queries.campaign_due_on(campaign)
    changed = looked = 0
    for batch in ledger.duty_batches(campaign):
        lines = ledger.journal_lines([duty.pk for duty in batch])
        wrong = []
        for duty in batch:
            own = lines.get(duty.pk)
            if not own:
                continue
            last = own[-1]
            right = (
                last.after, last.reason, last.sentence, last.unit_id, _settled_at(own),
                due_on if campaign.state == CampaignState.OPEN else duty.due_on,
            )  # fmt: skip
            if (duty.state, duty.reason, duty.sentence, duty.unit_id, duty.settled_at, duty.due_on) != right:
                duty.state, duty.reason, duty.sentence, duty.unit_id, duty.settled_at, duty.due_on = right
                wrong.append(duty)
        StudyDuty.objects.bulk_update(
            wrong, ["state", "reason", "sentence", "unit", "settled_at", "due_on"], batch_size=500
        )
        changed += len(wrong)
        looked += len(batch)
        tell("journal", looked)
    return changed


def _settled_at(lines: list[Line]) -> datetime | None:
    """When the last settling was, as the ledger writes it: nothing for what is owed or came exempt into the world."""
    last = lines[-1]
    return None if last.after == DutyState.OWING or len(lines) == 1 else last.at


def _from_facts(campaign: StudyCampaign, by: Account | None, at: datetime, tell: Callable[[str, int], object]) -> int:
    """Correct what neither the events nor the audience have put right: results and recognitions that nothing proves."""
    decided = audience(campaign)
    changed = looked = 0
    for batch in ledger.duty_batches(campaign):
        lines = ledger.journal_lines([duty.pk for duty in batch])
        was = {key: own[-1].after for key, own in lines.items()}
        told = ledger.expected(campaign, batch, was, decided)
        shifts = []
        for duty in batch:
            right = told[duty.pk]
            if (duty.state, duty.reason, duty.sentence, duty.tier, duty.unit_id) != (
                right.standing.state, right.standing.reason, right.standing.sentence, right.tier, right.unit_id,
            ):  # fmt: skip
                shifts.append(
                    Shift(
                        duty.pk, right.standing.state, right.standing.reason, right.standing.sentence, right.tier,
                        right.unit_id,
                    )
                )  # fmt: skip
        changed += correct_duties(shifts, by=by, at=at)
        looked += len(batch)
        tell("facts", looked)
    return changed


def _reports(campaign: StudyCampaign, journal: Journal) -> dict[Place, datetime]:
    """When each unit first reported: its first result, or the closing of an event with its people on the roster."""
    first: dict[Place, datetime] = dict(journal.reported_at)
    known = journal.first_at
    for unit, at in ledger.reports_of_events(campaign):
        for kind in campaign.duty_kinds:
            place = (kind, unit)
            # A unit whose people came only afterwards had nothing to report then.
            if place in known and known[place] <= at and (place not in first or at < first[place]):
                first[place] = at
    return first


def _tallies(campaign: StudyCampaign, reports: dict[Place, datetime], places: set[Place] | None = None) -> int:
    """Write the tallies that say something else than the duties; returns how many."""
    counted = ledger.counted_duties(campaign)
    kept = {(one.kind, one.unit_id): one for one in Tally.objects.filter(campaign=campaign)}
    wanted = {*counted, *(places or ()), *kept}
    paths = dict(Unit.objects.filter(pk__in={unit for _kind, unit in wanted}).values_list("pk", "path"))
    changed, fresh = [], []
    for kind, unit in sorted(wanted):
        _path, (done, exempt, owing) = counted.get((kind, unit), ("", NOTHING))
        row = kept.get((kind, unit))
        at = reports.get((kind, unit)) if campaign.opened_at else None
        if row is None:
            fresh.append(
                Tally(
                    campaign=campaign, kind=kind, unit_id=unit, path=paths[unit], done=done, exempt=exempt, owing=owing,
                    reported_at=at,
                )
            )  # fmt: skip
        elif (row.path, row.done, row.exempt, row.owing, row.reported_at) != (paths[unit], done, exempt, owing, at):
            row.path, row.done, row.exempt, row.owing, row.reported_at = paths[unit], done, exempt, owing, at
            changed.append(row)
    Tally.objects.bulk_create(fresh, batch_size=500)
    Tally.objects.bulk_update(changed, ["path", "done", "exempt", "owing", "reported_at"], batch_size=500)
    return len(fresh) + len(changed)


def _days(campaign: StudyCampaign, journal: Journal) -> int:
    """Write the sums by day that say something else than the journal; returns how many. A row of nothing is left alone."""
    wanted = {place: ledger.as_counts(counts) for place, counts in journal.days.items()}
    paths = dict(Unit.objects.filter(pk__in={unit for _kind, unit, _day in wanted}).values_list("pk", "path"))
    kept = {(one.kind, one.unit_id, one.day): one for one in TallyDay.objects.filter(campaign=campaign)}
    changed, fresh = [], []
    for place in sorted(wanted.keys() | kept.keys()):
        counts = wanted.get(place, NOTHING)
        row = kept.get(place)
        if row is None:
            if counts != NOTHING:
                kind, unit, day = place
                fresh.append(
                    TallyDay(
                        campaign=campaign, kind=kind, unit_id=unit, path=paths[unit], day=day, done=counts[0],
                        exempt=counts[1], owing=counts[2],
                    )
                )  # fmt: skip
        elif (row.done, row.exempt, row.owing) != counts or row.path != paths.get(row.unit_id, row.path):
            row.done, row.exempt, row.owing = counts
            row.path = paths.get(row.unit_id, row.path)
            changed.append(row)
    TallyDay.objects.bulk_create(fresh, batch_size=500)
    TallyDay.objects.bulk_update(changed, ["path", "done", "exempt", "owing"], batch_size=500)
    return len(fresh) + len(changed)
