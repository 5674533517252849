"""What runs when: one table for the whole house."""

from __future__ import annotations

from datetime import timedelta

from quantriet.kit.jobs import Scheduled, prune_queue_job


def schedule() -> list[Scheduled]:
    """The timed jobs of all rooms."""
    # Jobs are found only once the apps are loaded.
    from quantriet.attendance.jobs import follow_absentees_job
    from quantriet.campaigns.jobs import follow_audiences_job
    from quantriet.library.jobs import follow_lifecycles_job, sweep_staged_job
    from quantriet.notify.jobs import send_waiting_job

    return [
        Scheduled(send_waiting_job, every=timedelta(minutes=1)),
        Scheduled(sweep_staged_job, every=timedelta(hours=1)),
        # Looks every hour which campaigns have not followed their people today: the night may find the machine off.
        Scheduled(follow_audiences_job, every=timedelta(hours=1)),
        # A step is taken once however often it is looked for; the night may find the machine off.
        Scheduled(follow_absentees_job, every=timedelta(hours=1)),
        Scheduled(follow_lifecycles_job, every=timedelta(hours=1)),
        Scheduled(prune_queue_job, every=timedelta(hours=1)),
    ]
