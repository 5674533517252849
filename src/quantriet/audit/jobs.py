"""Timed work of the log; each may run twice."""

from __future__ import annotations

from quantriet.audit.actions import prune_looks
from quantriet.audit.actions.chain import anchor_log, seal_log
from quantriet.kit.jobs import background
from quantriet.kit.time import now


@background
def seal_log_job() -> None:
    """Put the lines of the last minute under seal."""
    seal_log(at=now())


@background
def anchor_log_job() -> None:
    """Carry the newest seal out of the database."""
    anchor_log(at=now())


@background
def prune_looks_job() -> None:
    """Drop looks whose time is over."""
    prune_looks(at=now())
