"""What runs when: one table for the whole house."""

from __future__ import annotations

from datetime import timedelta

from quantriet.kit.jobs import Scheduled, learn_sizes_job, prune_queue_job


def schedule() -> list[Scheduled]:
    """The timed jobs of all rooms."""
    # Jobs are found only once the apps are loaded.
    from quantriet.attendance.jobs import follow_absentees_job, follow_check_ins_job
    from quantriet.audit.jobs import anchor_log_job, prune_looks_job, seal_log_job
    from quantriet.campaigns.jobs import (
        fold_tallies_job,
        follow_audiences_job,
        prune_deliveries_job,
        queue_webhooks_job,
    )
    from quantriet.classes.jobs import note_arrivals_job
    from quantriet.library.jobs import (
        alert_publication_job,
        follow_lifecycles_job,
        publish_due_masters_job,
        sweep_staged_job,
    )
    from quantriet.notify.jobs import prune_notices_job, send_waiting_job
    from quantriet.org.jobs import do_what_is_due_job, drop_exports_job, prune_answers_job, prune_sign_in_job
    from quantriet.portal.jobs import (
        forget_senders_job,
        keep_backups_job,
        publish_due_news_job,
        sweep_orphans_job,
    )
    from quantriet.speakers.jobs import remind_outlines_job

    return [
        Scheduled(send_waiting_job, every=timedelta(minutes=1)),
        Scheduled(note_arrivals_job, every=timedelta(minutes=10)),
        Scheduled(fold_tallies_job, every=timedelta(minutes=1)),
        Scheduled(queue_webhooks_job, every=timedelta(minutes=1)),
        Scheduled(prune_deliveries_job, every=timedelta(hours=6)),
        Scheduled(sweep_staged_job, every=timedelta(hours=1)),
        # Decisions and moves of the day: shortly after midnight, or when the machine is next on.
        Scheduled(do_what_is_due_job, every=timedelta(minutes=10)),
        # Looks every hour which campaigns have not followed their people today: the night may find the machine off.
        Scheduled(follow_audiences_job, every=timedelta(hours=1)),
        Scheduled(seal_log_job, every=timedelta(minutes=1)),
        Scheduled(anchor_log_job, every=timedelta(hours=1)),
        Scheduled(drop_exports_job, every=timedelta(hours=1)),
        Scheduled(prune_looks_job, every=timedelta(days=1)),
        # Check-ins by code are acknowledged at once; their verdicts come with the next look.
        Scheduled(follow_check_ins_job, every=timedelta(seconds=20)),
        # A step is taken once however often it is looked for; the night may find the machine off.
        Scheduled(follow_absentees_job, every=timedelta(hours=1)),
        Scheduled(publish_due_masters_job, every=timedelta(minutes=1)),
        Scheduled(publish_due_news_job, every=timedelta(minutes=1)),
        Scheduled(forget_senders_job, every=timedelta(hours=6)),
        Scheduled(follow_lifecycles_job, every=timedelta(hours=1)),
        # A day's mail goes once however often it is looked for, and never before the morning.
        Scheduled(alert_publication_job, every=timedelta(hours=1)),
        # Likewise: reporters who have filed no outline are reminded once a day, in the morning.
        Scheduled(remind_outlines_job, every=timedelta(hours=1)),
        Scheduled(prune_notices_job, every=timedelta(days=1)),
        Scheduled(prune_queue_job, every=timedelta(hours=1)),
        Scheduled(learn_sizes_job, every=timedelta(hours=1)),
        # The day's backup and the week's rehearsal of a restore, each at the first hour at which it is due.
        Scheduled(keep_backups_job, every=timedelta(hours=1)),
        Scheduled(sweep_orphans_job, every=timedelta(days=1)),
        Scheduled(prune_answers_job, every=timedelta(hours=1)),
        Scheduled(prune_sign_in_job, every=timedelta(hours=1)),
    ]
