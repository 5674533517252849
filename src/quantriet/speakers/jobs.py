"""Background work of reporters."""

from quantriet.kit.jobs import background
from quantriet.kit.time import now
from quantriet.speakers.actions import invitations


@background
def remind_outlines_job() -> None:
    """Reporters are reminded of outlines that are due, the inviting unit of those overdue (R-114)."""
    invitations.remind_outlines(at=now())
