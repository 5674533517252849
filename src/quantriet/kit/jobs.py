"""Background work on django-tasks' database backend: jobs that are queued with the transaction that asked for them.

    @background
    def send_message_job(message_id: int) -> None: ...

    enqueue(send_message_job, message.pk)        # rolled back together with the message

A job takes ids, calls one action and may run twice: a worker that was killed leaves its job to the next one. A job that
fails is tried again after a pause, three times in all; a Refusal is an answer, not a failure, and is not tried again.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import close_old_connections, connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks import task
from django_tasks.base import Task, TaskResultStatus

from quantriet.kit.refusal import Refusal

log = logging.getLogger(__name__)

ATTEMPTS = 3
PAUSES = (timedelta(seconds=20), timedelta(minutes=2))
# A running job of another host is given up after this long; one of this host as soon as its process is gone.
LEASE = timedelta(hours=2)

Job = Task[..., Any]


def background(job: Callable[..., None]) -> Job:
    """Make a function of ids a background job."""
    made: Job = task()(job)
    return made


def enqueue(job: Job | str, *ids: int | str) -> str:
    """Queue a job inside the present transaction and return its id.

    `job` may be a dotted path: an action names the job that calls it back without importing the storey above.
    """
    found: Job = import_string(job) if isinstance(job, str) else job
    return str(found.enqueue(*ids).id)


@dataclass(frozen=True)
class Scheduled:
    """A job that runs again and again, at least `every` apart."""

    job: Job
    every: timedelta


class Worker:
    """Takes queued jobs one by one. One worker is right for SQLite; several may share a PostgreSQL."""

    def __init__(self, schedule: list[Scheduled], *, interval: float = 0.3) -> None:
        self.schedule = schedule
        self.interval = interval
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"[:64]
        self.running = True
        self._next_round = 0.0

    def run(self) -> None:
        """Work until `running` turns false."""
        while self.running:
            close_old_connections()
            if time.monotonic() >= self._next_round:
                reclaim()
                self._tick()
                self._next_round = time.monotonic() + 20
            if not self.run_one():
                time.sleep(self.interval)

    def run_all(self) -> int:
        """Run what is queued now and return how many jobs that were."""
        count = 0
        while self.run_one():
            count += 1
        return count

    def run_one(self) -> bool:
        """Claim and run one job; false when nothing is ready."""
        from django_tasks_db.models import DBTaskResult  # models exist only once the apps are loaded

        if not DBTaskResult.objects.ready().exists():
            return False
        with transaction.atomic():
            row = DBTaskResult.objects.ready().get_locked()
            if row is None:
                return False
            row.claim(self.name)
        try:
            row.task.call(*row.args_kwargs["args"], **row.args_kwargs["kwargs"])
        except Refusal as refusal:
            log.info("job %s refused: %s", row.task_path, refusal.code)
            row.set_failed(refusal)
        except Exception as error:
            log.exception("job %s failed, attempt %s", row.task_path, len(row.worker_ids))
            row.set_failed(error)
            _try_again(row)
        else:
            row.set_successful(None)
        return True

    def _tick(self) -> None:
        from django_tasks_db.models import DBTaskResult

        for entry in self.schedule:
            path = entry.job.module_path
            recent = timezone.now() - entry.every
            if not DBTaskResult.objects.filter(task_path=path, enqueued_at__gt=recent).exists():
                enqueue(entry.job)


def _try_again(row: Any) -> None:
    attempt = len(row.worker_ids)
    if attempt >= ATTEMPTS:
        return
    row.status = TaskResultStatus.READY
    row.run_after = timezone.now() + PAUSES[attempt - 1]
    row.save(update_fields=["status", "run_after"])


def reclaim() -> int:
    """Give jobs of dead workers back to the queue; returns how many."""
    from django_tasks_db.models import DBTaskResult

    host, given_back = socket.gethostname(), 0
    for row in DBTaskResult.objects.running():
        owner_host, _, rest = (row.worker_ids or [""])[-1].partition(":")
        pid = rest.partition(":")[0]
        gone = owner_host == host and pid.isdigit() and not _alive(int(pid))
        if gone or (row.started_at and timezone.now() - row.started_at > LEASE):
            given_back += DBTaskResult.objects.filter(pk=row.pk, status=TaskResultStatus.RUNNING).update(
                status=TaskResultStatus.READY, run_after=timezone.now()
            )
    return given_back


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def worker_seen_at() -> Any:
    """When a worker last took a job, or None; for `doctor`."""
    from django_tasks_db.models import DBTaskResult

    return (
        DBTaskResult.objects.exclude(started_at=None)
        .order_by("-started_at")
        .values_list("started_at", flat=True)
        .first()
    )


def queue_length() -> int:
    """How many jobs wait to be run now."""
    from django_tasks_db.models import DBTaskResult

    return int(DBTaskResult.objects.ready().count()) if connection.introspection.table_names() else 0
