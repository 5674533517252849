"""Sums kept for units of the top three levels, exact at any moment: what is folded, and what the few rows that are behind say beyond it.

A node's sum is that of what its tallies *say is folded* (`Tally.folded_…`), and stays true to it whoever writes meanwhile.
The database itself tells which tallies say something else than what is folded (`is_behind`). So the truth is the kept sum,
less what those few had folded, plus what they say; asked in one statement, which sees one moment.
"""
# ruff: noqa: S608  (every word of these statements is ours; values are parameters)

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from quantriet.campaigns.models import NodeDay, NodeTally, StudyCampaign, Tally, TallyDay
from quantriet.kit.db import named_lock, select
from quantriet.kit.time import local
from quantriet.org.models import Unit, UnitPlace, path_end

NODE, NODE_DAY, TALLY, TALLY_DAY, PLACE = (
    model._meta.db_table for model in (NodeTally, NodeDay, Tally, TallyDay, UnitPlace)
)
DEPTHS = 3  # sums are kept for the top unit, its children and theirs
Five = tuple[int, int, int, int, int]  # done, exempt, owing, cells, cells that have reported
ZERO: Five = (0, 0, 0, 0, 0)

_BEHIND = f"""
    SELECT unit_id FROM {TALLY} WHERE campaign_id = %s AND kind = %s AND is_behind
    UNION SELECT unit_id FROM {TALLY_DAY} WHERE campaign_id = %s AND kind = %s AND is_behind
"""
# Of an earlier day's tree, all that have come, moved or closed since are looked at one by one as well.
_MOVED = f" UNION SELECT unit_id FROM {PLACE} WHERE valid_from > %s OR valid_to >= %s"


def is_kept(campaign: StudyCampaign, unit: Unit, kind: str) -> bool:
    """Whether the sums of a unit's children are kept in this campaign."""
    if unit.path.count(".") >= DEPTHS:
        return False
    return NodeTally.objects.filter(campaign=campaign, kind=kind, steps=unit.path.count("."), path=unit.path).exists()


def _ordered() -> str:
    return "JOIN" if connection.vendor == "postgresql" else "CROSS JOIN"  # SQLite keeps this order of the loops


def _joined(tree: date | None) -> tuple[str, str, list[Any]]:
    """SQL of a leaf's path in the tree shown, the join it needs, and its parameters."""
    if tree is None:
        return "tally.path", "", []
    then = connection.ops.adapt_datefield_value(tree)
    return (
        "COALESCE(place.path, '')",
        f"LEFT JOIN {PLACE} AS place ON place.unit_id = behind.unit_id AND place.valid_from <= %s"
        " AND (place.valid_to IS NULL OR place.valid_to >= %s)",
        [then, then],
    )


def node_of(path: str, depths: int) -> str:
    """The path of so many steps under which a path lies; a shorter path stays itself."""
    end = -1
    for _depth in range(depths):
        step = path.find(".", end + 1)
        if step < 0:
            break
        end = step
    return path[: end + 1]


_LEAVES = """
WITH behind (unit_id) AS ({behind})
SELECT 0, path, '', 0, done, exempt, owing, told, cells, 0, 0, 0
FROM {node} WHERE campaign_id = %s AND kind = %s AND steps IN (%s, %s) AND path >= %s AND path < %s
{kept_days}
UNION ALL
SELECT 1, {path}, tally.folded_path, tally.unit_id, tally.done, tally.exempt, tally.owing,
    CASE WHEN tally.reported_at < %s THEN 1 ELSE 0 END, tally.folded_done, tally.folded_exempt, tally.folded_owing,
    CASE WHEN tally.folded_reported_at < %s THEN 1 ELSE 0 END
FROM behind {join} {tally} AS tally ON tally.campaign_id = %s AND tally.kind = %s AND tally.unit_id = behind.unit_id
{place}
{leaf_days}
"""
_KEPT_DAYS = f"""
UNION ALL
SELECT 0, path, '', 0, -SUM(done), -SUM(exempt), -SUM(owing), -SUM(told), -SUM(cells), 0, 0, 0
FROM {NODE_DAY} WHERE campaign_id = %s AND kind = %s AND steps IN (%s, %s) AND path >= %s AND path < %s AND day > %s GROUP BY path
"""
_LEAF_DAYS = f"""
UNION ALL
SELECT 2, '', '', since.unit_id, -SUM(since.done), -SUM(since.exempt), -SUM(since.owing), 0,
    -SUM(since.folded_done), -SUM(since.folded_exempt), -SUM(since.folded_owing), 0
FROM behind {{join}} {TALLY_DAY} AS since
    ON since.campaign_id = %s AND since.kind = %s AND since.unit_id = behind.unit_id AND since.day > %s
GROUP BY since.unit_id
"""


def sums(
    campaign: StudyCampaign, top: Unit, kind: str, moment: datetime, day: date | None, tree: date | None
) -> dict[str, Five]:
    """By path of the child (of the top unit itself: its own people): the sums at a moment, the end of `day` where it is past.

    `tree` is the day whose places are joined; None: today's.
    """
    place = [campaign.pk, kind]
    steps = top.path.count(".") + 1
    inside = [steps - 1, steps, top.path, path_end(top.path)]
    at = connection.ops.adapt_datetimefield_value(moment)
    path, join, joined = _joined(tree)
    then = [connection.ops.adapt_datefield_value(day)] if day else []
    statement = _LEAVES.format(
        behind=_BEHIND + (_MOVED if tree else ""), node=NODE, tally=TALLY, path=path, place=join, join=_ordered(),
        kept_days=_KEPT_DAYS if day else "", leaf_days=_LEAF_DAYS.format(join=_ordered()) if day else "",
    )  # fmt: skip
    rows = select(
        statement,
        [
            *place, *place, *joined, *place, *inside, *([*place, *inside, *then] if day else []),
            at, at, *place, *joined, *([*place, *then] if day else []),
        ],
    )  # fmt: skip
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    leaves: dict[int, list[Any]] = {}
    since: list[tuple[int, tuple[Any, ...]]] = []
    for part, real, folded, unit, *counts in rows:
        if part == 0:
            done, exempt, owing, told, cells = counts[:5]
            _add(found[real], (int(done), int(exempt), int(owing), int(cells), int(told)), 1)
        elif part == 1:
            leaves[unit] = [real, folded, *counts]
        else:
            since.append((unit, tuple(counts)))
    for unit, changes in since:
        if unit in leaves:
            leaf = leaves[unit]
            leaf[2:] = [int(one) + int(more) for one, more in zip(leaf[2:], changes, strict=True)]
    # The kept sum of the top holds all; what is left of it beside its children are its own people.
    own = found.pop(top.path, [0, 0, 0, 0, 0])
    for child in list(found.values()):
        _add(own, child, -1)
    found[top.path] = own
    for real, folded, *counts in leaves.values():
        for at_path, (done, exempt, owing, told), sign in ((real, counts[:4], 1), (folded, counts[4:], -1)):
            if at_path.startswith(top.path):
                is_cell = done + owing > 0
                _add(found[node_of(at_path, steps)], (done, exempt, owing, int(is_cell), int(is_cell and told)), sign)
    return {path: (one[0], one[1], one[2], one[3], one[4]) for path, one in found.items() if any(one)}


def _add(to: list[int], what: tuple[int, ...] | list[int], sign: int) -> None:
    for index, value in enumerate(what):
        to[index] += sign * value


_PROGRESS = """
WITH behind (unit_id) AS ({behind})
SELECT day, done FROM {node_day} WHERE campaign_id = %s AND kind = %s AND steps = %s AND path = %s
UNION ALL
SELECT since.day, SUM(
    CASE WHEN {path} >= %s AND {path} < %s THEN since.done ELSE 0 END
    - CASE WHEN tally.folded_path >= %s AND tally.folded_path < %s THEN since.folded_done ELSE 0 END)
FROM behind {join} {tally} AS tally ON tally.campaign_id = %s AND tally.kind = %s AND tally.unit_id = behind.unit_id
    {join} {tally_day} AS since
    ON since.campaign_id = %s AND since.kind = %s AND since.unit_id = behind.unit_id
{place}
GROUP BY since.day
"""


def done_by_day(campaign: StudyCampaign, top: Unit, kind: str, tree: date | None) -> dict[date, int]:
    """By how many the done under a top unit changed on each day."""
    place, inside = [campaign.pk, kind], [top.path, path_end(top.path)]
    path, join, joined = _joined(tree)
    statement = _PROGRESS.format(
        behind=_BEHIND + (_MOVED if tree else ""), node_day=NODE_DAY, tally=TALLY, tally_day=TALLY_DAY, path=path,
        place=join, join=_ordered(),
    )  # fmt: skip
    rows = select(
        statement,
        [*place, *place, *joined, *place, top.path.count("."), top.path, *inside, *inside, *place, *place, *joined],
    )
    days: dict[date, int] = defaultdict(int)
    for day, done in rows:
        days[day if isinstance(day, date) else date.fromisoformat(day)] += int(done)
    return days


# --- what is folded ---------------------------------------------------------------------------------------------


@dataclass
class Leaf:
    """What one tally says, or what of it is folded: where it counts, its counts, its first report, its days."""

    path: str
    counts: tuple[int, int, int]
    reported_at: datetime | None
    days: dict[date, tuple[int, int, int]]


def nodes_of(path: str) -> list[str]:
    """The nodes for which sums are kept above a unit: the top and its child."""
    return list(dict.fromkeys(node_of(path, depth) for depth in range(1, DEPTHS + 1))) if path else []


def what_it_adds(leaf: Leaf) -> tuple[Five, dict[date, Five]]:
    """What a leaf adds to its nodes: today's sums, and by how much they changed on each day, from today backwards."""
    done, exempt, owing = leaf.counts
    reported = local(leaf.reported_at).date() if leaf.reported_at else None
    obliged = done + owing
    cells, told = int(obliged > 0), int(obliged > 0 and reported is not None)
    today: Five = (done, exempt, owing, cells, told)
    changes: dict[date, Five] = {}
    for day in sorted({*leaf.days, *([reported] if reported else [])}, reverse=True):
        moved = leaf.days.get(day, (0, 0, 0))
        obliged -= moved[0] + moved[2]
        before = int(obliged > 0), int(obliged > 0 and reported is not None and reported < day)
        change: Five = (*moved, cells - before[0], told - before[1])
        if any(change):
            changes[day] = change
        cells, told = before
    return today, changes


@dataclass(frozen=True)
class NodeFault:
    """A kept sum that is not that of what its tallies say is folded; `day` None: today's."""

    kind: str
    path: str
    day: date | None


def wrong_nodes(campaign: StudyCampaign) -> Iterator[NodeFault]:
    """Every kept sum against what the tallies say is folded; nothing found is the proof, for the rest is read off them."""
    with named_lock(f"nodes-{campaign.pk}"):
        kept = {
            (kind, path, None): tuple(counts)
            for kind, path, *counts in NodeTally.objects.filter(campaign=campaign).values_list("kind", "path", *_FIVE)
        } | {
            (kind, path, day): tuple(counts)
            for kind, path, day, *counts in NodeDay.objects.filter(campaign=campaign).values_list(
                "kind", "path", "day", *_FIVE
            )
        }
        wanted: dict[tuple[str, str, date | None], list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
        days: dict[tuple[str, int], dict[date, tuple[int, int, int]]] = defaultdict(dict)
        tallies = Tally.objects.filter(campaign=campaign).exclude(folded_path="")
        if tallies.exists():
            for kind, unit, day, *counts in (
                TallyDay.objects.filter(campaign=campaign)
                .values_list("kind", "unit_id", "day", "folded_done", "folded_exempt", "folded_owing")
                .iterator()
            ):
                days[kind, unit][day] = (counts[0], counts[1], counts[2])
        for kind, unit, path, told, *counts in tallies.values_list(
            "kind", "unit_id", "folded_path", "folded_reported_at", "folded_done", "folded_exempt", "folded_owing"
        ).iterator():
            today, changes = what_it_adds(Leaf(path, (counts[0], counts[1], counts[2]), told, days[kind, unit]))
            for node in nodes_of(path):
                _add(wanted[kind, node, None], today, 1)
                for day, change in changes.items():
                    _add(wanted[kind, node, day], change, 1)
    for kind, path, when in sorted(kept.keys() | wanted.keys(), key=lambda one: (one[0], one[1], str(one[2]))):
        if kept.get((kind, path, when), ZERO) != tuple(wanted.get((kind, path, when), ZERO)):
            yield NodeFault(kind, path, when)


_FIVE = ("done", "exempt", "owing", "cells", "told")
