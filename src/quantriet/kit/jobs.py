"""Background work on django-tasks' database backend: jobs that are queued with the transaction that asked for them.

    @background
    def send_message_job(message_id: int) -> None: ...

    enqueue(send_message_job, message.pk)        # rolled back together with the message

A job takes ids, calls one action and may run twice: a worker that was killed leaves its job to the next one. A job that
fails or loses its worker is tried again, three times in all; a Refusal is an answer, not a failure, and is not tried again.
Rows of finished jobs are pruned: what succeeded after a day, what failed after thirty.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import close_old_connections, connection, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks import task
from django_tasks.base import Task, TaskResultStatus

from quantriet.kit.db import learn_sizes, named_lock
from quantriet.kit.refusal import Refusal

log = logging.getLogger(__name__)

ATTEMPTS = 3
PAUSES = (timedelta(seconds=20), timedelta(minutes=2))
# A running job of another host is given up after this long; one of this host as soon as its process is gone.
LEASE = timedelta(hours=2)
KEEP_DONE = timedelta(days=1)
KEEP_FAILED = timedelta(days=30)
_ROUND = 20.0  # seconds between two looks at the clock and at lost workers

# What stands as the error of a job whose every worker was lost while at it.
WORKER_LOST = "quantriet.kit.jobs.WorkerLost"
_TOKEN = secrets.token_hex(4)

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
        self.name = f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"
        self.running = True
        self._next_round = 0.0
        self._not_before: dict[str, datetime] = {}  # timed jobs known to be queued, by path

    def run(self) -> None:
        """Work until `running` turns false."""
        while self.running:
            close_old_connections()
            if time.monotonic() >= self._next_round:
                reclaim()
                self._tick()
                self._next_round = time.monotonic() + _ROUND
            if not self.run_one():
                time.sleep(self.interval)

    def run_all(self) -> int:
        """Run what is queued now, and what lost workers left; returns how many jobs that were."""
        reclaim()
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
            path, at = entry.job.module_path, timezone.now()
            if at < self._not_before.get(path, at):
                continue  # without asking the database: most rounds find nothing due
            with named_lock(path):  # several workers on PostgreSQL queue it once
                rows = DBTaskResult.objects.filter(task_path=path, enqueued_at__gt=at - entry.every)
                last = rows.order_by("-enqueued_at").values_list("enqueued_at", flat=True).first()
                if last is None:
                    enqueue(entry.job)
            self._not_before[path] = (last or at) + entry.every


def _try_again(row: Any) -> None:
    attempt = len(row.worker_ids)
    if attempt >= ATTEMPTS:
        return
    row.status = TaskResultStatus.READY
    row.run_after = timezone.now() + PAUSES[attempt - 1]
    row.save(update_fields=["status", "run_after"])


def reclaim() -> int:
    """Give jobs of lost workers back to the queue and fail those that lost one with every attempt; returns how many."""
    from django_tasks_db.models import DBTaskResult

    changed = 0
    for row in DBTaskResult.objects.running():
        overdue = row.started_at and timezone.now() - row.started_at > LEASE
        if not (overdue or _is_lost((row.worker_ids or [""])[-1])):
            continue
        # Only as it was read: another worker may have given it back, and a third have taken it, meanwhile.
        same = DBTaskResult.objects.filter(pk=row.pk, status=TaskResultStatus.RUNNING, started_at=row.started_at)
        if len(row.worker_ids) < ATTEMPTS:
            changed += same.update(status=TaskResultStatus.READY, run_after=timezone.now())
        else:
            log.error("job %s lost its worker %s times and is given up", row.task_path, len(row.worker_ids))
            changed += same.update(
                status=TaskResultStatus.FAILED, finished_at=timezone.now(), exception_class_path=WORKER_LOST
            )
    return changed


def _is_lost(worker: str) -> bool:
    """Whether the worker of this name is a process of this host that is gone; a pid alone is soon another's."""
    host, _, rest = worker.partition(":")
    pid, _, started = rest.partition(":")
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    return not _alive(int(pid)) or started != _started(int(pid))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _started(pid: int) -> str:
    """What tells a process from a later one with its pid: boot of the machine and moment of its start in it."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()[:8]
        return f"{boot}.{Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[19]}"
    except (OSError, IndexError):
        # No such window into processes here (macOS, Windows): this process knows itself at least.
        return _TOKEN if pid == os.getpid() else "?"


def awaited(job: Job | str) -> set[Any]:
    """The first argument of every queued or running job of this kind."""
    from django_tasks_db.models import DBTaskResult

    path = job if isinstance(job, str) else job.module_path
    rows = DBTaskResult.objects.filter(task_path=path, status__in=[TaskResultStatus.READY, TaskResultStatus.RUNNING])
    return {found["args"][0] for found in rows.values_list("args_kwargs", flat=True) if found["args"]}


def prune() -> int:
    """Drop the rows of jobs finished long enough ago; returns how many."""
    from django_tasks_db.models import DBTaskResult

    pruned = 0
    for status, keep in ((TaskResultStatus.SUCCESSFUL, KEEP_DONE), (TaskResultStatus.FAILED, KEEP_FAILED)):
        old = DBTaskResult.objects.filter(status=status, finished_at__lt=timezone.now() - keep).order_by()
        # Part by part, so that nobody waits long for the write lock.
        while ids := list(old.values_list("pk", flat=True)[:1000]):
            pruned += old.filter(pk__in=ids).delete()[0]
    return pruned


@background
def prune_queue_job() -> None:
    prune()


@background
def learn_sizes_job() -> None:
    learn_sizes()


@dataclass(frozen=True)
class Failure:
    """A job that failed for good."""

    path: str
    finished_at: datetime
    error: str


def failures() -> list[Failure]:
    """Jobs given up within the days that failures are kept, the latest first; refusals are answers and not told."""
    from django_tasks_db.models import DBTaskResult

    rows = DBTaskResult.objects.filter(status=TaskResultStatus.FAILED)
    rows = rows.exclude(exception_class_path__startswith=Refusal.__module__ + ".").order_by("-finished_at")
    found = rows.values_list("task_path", "finished_at", "exception_class_path")[:100]
    return [Failure(path, finished_at, error) for path, finished_at, error in found if finished_at]


def retry_failures() -> int:
    """Queue the jobs that failed for good once more, with fresh attempts; returns how many."""
    from django_tasks_db.models import DBTaskResult

    rows = DBTaskResult.objects.filter(status=TaskResultStatus.FAILED)
    rows = rows.exclude(exception_class_path__startswith=Refusal.__module__ + ".")
    return rows.update(status=TaskResultStatus.READY, run_after=timezone.now(), worker_ids=[])


def worker_seen_at() -> Any:
    """When a worker last took or ended a job, or None; for `doctor`."""
    from django_tasks_db.models import DBTaskResult

    # Asked status by status, which is how the index goes.
    moments = [
        DBTaskResult.objects.filter(status=status).aggregate(last=Max("finished_at"))["last"]
        for status in (TaskResultStatus.SUCCESSFUL, TaskResultStatus.FAILED, TaskResultStatus.READY)
    ]
    moments.append(DBTaskResult.objects.running().aggregate(last=Max("started_at"))["last"])
    return max((moment for moment in moments if moment), default=None)


def queue_length() -> int:
    """How many jobs wait to be run now."""
    from django_tasks_db.models import DBTaskResult

    return int(DBTaskResult.objects.ready().count()) if connection.introspection.table_names() else 0
