"""Tallies counted again from the duties, while marks come in: what is mended is the difference, never the figure.

`rebuilding` writes tallies too, from the whole truth: it holds the audience still, and sets paths, figures and first reports
as the journal tells them. Neither can do the other's work: that one would keep a province from marking, this one knows
nothing of the past.
"""
# ruff: noqa: S608  (every word of these statements is ours; values are parameters)

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Min

from quantriet.audit.actions import record
from quantriet.campaigns.actions.folding import forget_nodes
from quantriet.campaigns.models import StudyCampaign, StudyDuty, Tally
from quantriet.campaigns.queries.nodes import wrong_nodes
from quantriet.kit.db import execute, named_lock, select, upsert
from quantriet.org.models import Account, Unit

STEP = 2000  # keys of units a statement
DUTY, UNIT, TALLY = (model._meta.db_table for model in (StudyDuty, Unit, Tally))

# One statement sees one moment: a duty and its tally are written together, so the difference of their counts is that
# of the error alone, whatever is being marked meanwhile.
_DIFFERENCES = f"""
SELECT unit_id, SUM(done), SUM(exempt), SUM(owing), MAX(known)
FROM (
    SELECT unit_id, SUM(CASE WHEN state = 'done' THEN 1 ELSE 0 END) AS done,
        SUM(CASE WHEN state = 'exempt' THEN 1 ELSE 0 END) AS exempt,
        SUM(CASE WHEN state = 'owing' THEN 1 ELSE 0 END) AS owing, 0 AS known
    FROM {DUTY} WHERE campaign_id = %s AND kind = %s AND unit_id >= %s AND unit_id < %s GROUP BY unit_id
    UNION ALL
    SELECT unit_id, -done, -exempt, -owing, 1
    FROM {TALLY} WHERE campaign_id = %s AND kind = %s AND unit_id >= %s AND unit_id < %s
) AS both_sides
GROUP BY unit_id
HAVING SUM(done) <> 0 OR SUM(exempt) <> 0 OR SUM(owing) <> 0
"""


@dataclass(frozen=True)
class Step:
    """How far a rebuilding has come: `part` of `parts` ranges of units read, `wrong` tallies found so far."""

    kind: str
    part: int
    parts: int
    wrong: int


Tell = Callable[[Step], None]


def _untold(_step: Step) -> None:
    """Tell nobody."""


def rebuild_tallies(campaign: StudyCampaign, *, by: Account | None, at: datetime, tell: Tell = _untold) -> int:
    """Bring every tally of a campaign to what its duties say; returns how many were wrong.

    Reads range by range without keeping anybody from writing, then mends what was found in one transaction, all or
    nothing: broken off anywhere, it is simply begun again. Kept sums of top units that are wrong are dropped, to be
    folded anew. A tally that was missing has reported when something is
    done in it. Effects: the tallies, an audit line when any was wrong. Earlier days keep their day sums.
    """
    wrong: dict[str, set[int]] = {}
    ranges = list(_ranges())
    kinds = sorted(_kinds(campaign))
    for number, kind in enumerate(kinds):
        for part, (low, high) in enumerate(ranges, 1):
            found = _differences(campaign, kind, low, high)
            if found:
                wrong.setdefault(kind, set()).add(low)
            tell(Step(kind, number * len(ranges) + part, len(kinds) * len(ranges), len(found)))
    if any(wrong_nodes(campaign)):
        forget_nodes(campaign)
    if not wrong:
        return 0
    mended = 0
    with named_lock(f"audience-{campaign.pk}"):
        # Another rebuilding may have mended meanwhile: what is written is what is still wrong now.
        for kind, places in wrong.items():
            for low, high in ranges:
                if low in places:
                    mended += _mend(campaign, kind, low, high)
        if mended:
            record("tallies.rebuilt", by=by, at=at, thing=campaign, unit=campaign.unit, after={"wrong": mended})
    return mended


Difference = tuple[int, int, int, int, int]  # unit, done, exempt, owing, whether there is a tally


def _kinds(campaign: StudyCampaign) -> set[str]:
    duties = StudyDuty.objects.filter(campaign=campaign).order_by().values_list("kind", flat=True).distinct()
    tallies = Tally.objects.filter(campaign=campaign).order_by().values_list("kind", flat=True).distinct()
    return {*campaign.duty_kinds, *duties, *tallies}


def _ranges() -> Iterator[tuple[int, int]]:
    keys = Unit.objects.aggregate(least=Min("pk"), most=Max("pk"))
    if keys["least"] is not None:
        for low in range(keys["least"], keys["most"] + 1, STEP):
            yield low, low + STEP


def _differences(campaign: StudyCampaign, kind: str, low: int, high: int) -> list[Difference]:
    place = [campaign.pk, kind, low, high]
    return [
        (unit, int(done), int(exempt), int(owing), known)
        for unit, done, exempt, owing, known in select(_DIFFERENCES, [*place, *place])
    ]


def _mend(campaign: StudyCampaign, kind: str, low: int, high: int) -> int:
    found = _differences(campaign, kind, low, high)
    execute(
        f"UPDATE {TALLY} SET done = done + %s, exempt = exempt + %s, owing = owing + %s"
        " WHERE campaign_id = %s AND kind = %s AND unit_id = %s",
        [(done, exempt, owing, campaign.pk, kind, unit) for unit, done, exempt, owing, known in found if known],
    )
    missing = [one for one in found if not one[4]]
    if missing:
        paths = dict(Unit.objects.filter(pk__gte=low, pk__lt=high).values_list("pk", "path"))
        told = dict(
            select(
                f"SELECT unit_id, MIN(settled_at) FROM {DUTY} WHERE campaign_id = %s AND kind = %s AND unit_id >= %s"
                " AND unit_id < %s AND state = 'done' GROUP BY unit_id",
                [campaign.pk, kind, low, high],
            )
        )
        upsert(
            f"{TALLY} (campaign_id, kind, unit_id, path, done, exempt, owing, reported_at)",
            [
                (campaign.pk, kind, unit, paths[unit], done, exempt, owing, told.get(unit))
                for unit, done, exempt, owing, _ in missing
            ],
            f"(campaign_id, kind, unit_id) DO UPDATE SET done = {TALLY}.done + excluded.done,"
            f" exempt = {TALLY}.exempt + excluded.exempt, owing = {TALLY}.owing + excluded.owing",
        )
    return len(found)
