"""What runs when: one table for the whole house."""

from __future__ import annotations

from datetime import timedelta

from quantriet.kit.jobs import Scheduled, prune_queue_job


def schedule() -> list[Scheduled]:
    """The timed jobs of all rooms."""
    from quantriet.notify.jobs import send_waiting_job  # jobs are found only once the apps are loaded

    return [
        Scheduled(send_waiting_job, every=timedelta(minutes=1)),
        Scheduled(prune_queue_job, every=timedelta(hours=1)),
    ]
