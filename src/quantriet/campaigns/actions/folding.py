"""Tallies that are behind are folded into the sums of their top nodes: every minute, some hundred a transaction."""
# ruff: noqa: S608  (every word of these statements is ours; values are parameters)

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from quantriet.campaigns.models import NodeDay, NodeTally, StudyCampaign, Tally, TallyDay
from quantriet.campaigns.queries.nodes import Leaf, nodes_of, what_it_adds
from quantriet.kit.db import execute, named_lock, upsert

LARGE = 5_000  # tallies of one duty, from which on sums of higher nodes are kept
STEP = 500
NODE, NODE_DAY, TALLY, TALLY_DAY = (model._meta.db_table for model in (NodeTally, NodeDay, Tally, TallyDay))


def fold_tallies(*, at: datetime, large: int = LARGE) -> int:
    """Fold what is behind in every opened campaign of `large` tallies a duty; returns how many tallies were folded.

    Keeps nobody from marking: only columns of folding are written, with the very values that went into the sums, so that
    whatever is written meanwhile is merely behind again. Broken off anywhere, the sums are as true as before.
    """
    folded = 0
    for campaign in StudyCampaign.objects.filter(opened_at__isnull=False):
        for kind in campaign.duty_kinds:
            if Tally.objects.filter(campaign=campaign, kind=kind).order_by()[:large].count() == large:
                last = 0
                while found := _fold(campaign, kind, last, at):
                    folded += len(found)
                    last = found[-1]
    return folded


def forget_nodes(campaign: StudyCampaign) -> None:
    """Drop the kept sums of a campaign: boards sum the tallies themselves until the next folding."""
    with named_lock(f"nodes-{campaign.pk}"):
        NodeTally.objects.filter(campaign=campaign).delete()
        NodeDay.objects.filter(campaign=campaign).delete()
        Tally.objects.filter(campaign=campaign).exclude(folded_path="").update(folded_path="")


def _fold(campaign: StudyCampaign, kind: str, after: int, at: datetime) -> list[int]:
    """Fold the next tallies that are behind; returns their units, rising."""
    place = {"campaign": campaign, "kind": kind}
    with named_lock(f"nodes-{campaign.pk}"):
        behind = Tally.objects.filter(**place, is_behind=True, unit_id__gt=after).order_by("unit_id")
        days_behind = TallyDay.objects.filter(**place, is_behind=True, unit_id__gt=after).order_by("unit_id")
        units = sorted(
            {
                *behind.values_list("unit_id", flat=True)[:STEP],
                *days_behind.values_list("unit_id", flat=True).distinct()[:STEP],
            }
        )[:STEP]
        if units:
            _fold_units(campaign, kind, units, at)
    return units


def _fold_units(campaign: StudyCampaign, kind: str, units: Sequence[int], at: datetime) -> None:
    days: dict[int, list[TallyDay]] = defaultdict(list)
    for one in TallyDay.objects.filter(campaign=campaign, kind=kind, unit__in=units):
        days[one.unit_id].append(one)
    # A first report of the future, by a clock that was put back, is no report yet: such a tally stays behind.
    known = Q(reported_at__isnull=True) | Q(reported_at__lt=at)
    nodes: dict[str, list[int]] = defaultdict(lambda: [0] * 5)
    node_days: dict[tuple[str, date], list[int]] = defaultdict(lambda: [0] * 5)
    written: list[tuple[Any, ...]] = []
    days_written: list[tuple[Any, ...]] = []
    for tally in Tally.objects.filter(known, campaign=campaign, kind=kind, unit__in=units).order_by("unit_id"):
        own = days[tally.unit_id]
        before = Leaf(
            tally.folded_path, (tally.folded_done, tally.folded_exempt, tally.folded_owing), tally.folded_reported_at,
            {one.day: (one.folded_done, one.folded_exempt, one.folded_owing) for one in own},
        )  # fmt: skip
        after = Leaf(
            tally.path, (tally.done, tally.exempt, tally.owing), tally.reported_at,
            {one.day: (one.done, one.exempt, one.owing) for one in own},
        )  # fmt: skip
        for leaf, sign in ((before, -1), (after, 1)):
            today, changes = what_it_adds(leaf)
            for node in nodes_of(leaf.path):
                for index in range(5):
                    nodes[node][index] += sign * today[index]
                for day, change in changes.items():
                    for index in range(5):
                        node_days[node, day][index] += sign * change[index]
        told = connection.ops.adapt_datetimefield_value(tally.reported_at) if tally.reported_at else None
        written.append((tally.path, tally.done, tally.exempt, tally.owing, told, tally.pk))
        days_written += [
            (one.done, one.exempt, one.owing, one.pk) for one in sorted(own, key=lambda one: one.day) if one.is_behind
        ]
    place = [campaign.pk, kind]
    upsert(
        f"{NODE} (campaign_id, kind, steps, path, done, exempt, owing, cells, told)",
        [(*place, path.count("."), path, *counts) for path, counts in sorted(nodes.items())],
        f"(campaign_id, kind, steps, path) DO UPDATE SET {_added(NODE)}",
    )
    upsert(
        f"{NODE_DAY} (campaign_id, kind, steps, path, day, done, exempt, owing, cells, told)",
        [
            (*place, path.count("."), path, connection.ops.adapt_datefield_value(day), *counts)
            for (path, day), counts in sorted(node_days.items())
            if any(counts)
        ],
        f"(campaign_id, kind, steps, path, day) DO UPDATE SET {_added(NODE_DAY)}",
    )
    execute(
        f"UPDATE {TALLY} SET folded_path = %s, folded_done = %s, folded_exempt = %s, folded_owing = %s,"
        " folded_reported_at = %s WHERE id = %s",
        written,
    )
    execute(
        f"UPDATE {TALLY_DAY} SET folded_done = %s, folded_exempt = %s, folded_owing = %s WHERE id = %s", days_written
    )


def _added(table: str) -> str:
    return ", ".join(
        f"{name} = {table}.{name} + excluded.{name}" for name in ("done", "exempt", "owing", "cells", "told")
    )
