"""Background sending."""

from quantriet.kit.jobs import background
from quantriet.kit.time import now
from quantriet.notify import actions


@background
def send_message_job(message_id: int) -> None:
    actions.deliver(message_id, at=now())


@background
def send_waiting_job() -> None:
    at = now()
    actions.gather_digests(at=at)
    actions.requeue_due(at=at)


@background
def prune_notices_job() -> None:
    actions.prune_notices(at=now())
