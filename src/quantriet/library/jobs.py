"""Background work of the register."""

from quantriet.kit.jobs import background
from quantriet.kit.time import now
from quantriet.library import actions


@background
def sweep_staged_job() -> None:
    actions.sweep_staged(at=now())


@background
def follow_lifecycles_job() -> None:
    """Documents whose replacement, amendment or end has come change their status by themselves."""
    actions.follow_lifecycles(at=now())
