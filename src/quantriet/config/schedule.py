"""What runs when: one table for the whole house."""

from __future__ import annotations

from datetime import timedelta

from quantriet.kit.jobs import Scheduled, prune_queue_job


def schedule() -> list[Scheduled]:
    """The timed jobs of all rooms."""
    # Jobs are found only once the apps are loaded.
    from quantriet.campaigns.jobs import follow_audiences_job
    from quantriet.library.jobs import sweep_staged_job
    from quantriet.notify.jobs import send_waiting_job
    from quantriet.org.jobs import do_what_is_due_job

    return [
        Scheduled(send_waiting_job, every=timedelta(minutes=1)),
        Scheduled(sweep_staged_job, every=timedelta(hours=1)),
        # Decisions and moves of the day: shortly after midnight, or when the machine is next on.
        Scheduled(do_what_is_due_job, every=timedelta(minutes=10)),
        # Looks every hour which campaigns have not followed their people today: the night may find the machine off.
        Scheduled(follow_audiences_job, every=timedelta(hours=1)),
        Scheduled(prune_queue_job, every=timedelta(hours=1)),
    ]
