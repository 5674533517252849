"""The proof of the ledger: done + exempt + owing = roster at every unit (B-02)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, F, Q

from quantriet.campaigns.models import StudyCampaign, StudyDuty, Tally
from quantriet.campaigns.vocab import DutyState

Counts = tuple[int, int, int]  # done, exempt, owing


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
    duties = {(kind, unit, path): (done, exempt, owing) for kind, unit, path, done, exempt, owing in counted}
    tallies = {
        (kind, unit, path): (done, exempt, owing)
        for kind, unit, path, done, exempt, owing in Tally.objects.filter(campaign=campaign).values_list(
            "kind", "unit_id", "path", "done", "exempt", "owing"
        )
    }
    nothing = (0, 0, 0)
    return [
        Discrepancy(place[0], place[1], place[2], duties.get(place, nothing), tallies.get(place, nothing))
        for place in sorted(duties.keys() | tallies.keys())
        if duties.get(place, nothing) != tallies.get(place, nothing)
    ]
