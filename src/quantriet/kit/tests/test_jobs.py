import os
import socket
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from quantriet.kit import jobs
from quantriet.kit.refusal import Refusal

done: list[int] = []


@jobs.background
def remember_job(number: int) -> None:
    done.append(number)


@jobs.background
def failing_job(number: int) -> None:
    done.append(number)
    raise OSError("no line")


@jobs.background
def refusing_job(number: int) -> None:
    done.append(number)
    raise Refusal("thing.refused", "Không được.")


@jobs.background
def ticking_job() -> None:
    done.append(0)


@pytest.fixture(autouse=True)
def forget(settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}
    done.clear()


pytestmark = pytest.mark.django_db


def test_job_runs_once_and_by_its_dotted_path_too():
    jobs.enqueue(remember_job, 1)
    jobs.enqueue(f"{remember_job.module_path}", 2)
    assert jobs.Worker([]).run_all() == 2
    assert done == [1, 2]


def test_job_is_rolled_back_with_its_transaction():
    with transaction.atomic():
        jobs.enqueue(remember_job, 1)
        transaction.set_rollback(True)
    assert jobs.Worker([]).run_all() == 0


def test_failing_job_is_tried_three_times_with_pauses(time_machine):
    time_machine.move_to("2026-01-12 01:00:00+00:00", tick=False)
    jobs.enqueue(failing_job, 7)
    worker = jobs.Worker([])
    assert worker.run_all() == 1  # the second attempt waits
    for pause in jobs.PAUSES:
        time_machine.shift(pause + timedelta(seconds=1))
        assert worker.run_all() == 1
    time_machine.shift(timedelta(days=1))
    assert worker.run_all() == 0
    assert done == [7, 7, 7]
    assert DBTaskResult.objects.get().status == "FAILED"


def test_refusal_is_an_answer_and_is_not_tried_again():
    jobs.enqueue(refusing_job, 1)
    assert jobs.Worker([]).run_all() == 1
    assert DBTaskResult.objects.get().run_after.year == 9999


def test_job_of_a_dead_worker_is_given_back_and_of_a_living_one_is_not():
    jobs.enqueue(remember_job, 1)
    row = DBTaskResult.objects.get()
    row.claim(jobs.Worker([]).name)
    assert jobs.reclaim() == 0
    row.worker_ids = [f"{socket.gethostname()}:999999999:abcd"]
    row.save()
    assert jobs.reclaim() == 1
    assert jobs.Worker([]).run_all() == 1
    assert done == [1]


def test_job_of_another_host_is_given_back_after_its_lease():
    jobs.enqueue(remember_job, 1)
    row = DBTaskResult.objects.get()
    row.claim("another-host:1:abcd")
    assert jobs.reclaim() == 0
    DBTaskResult.objects.update(started_at=timezone.now() - jobs.LEASE - timedelta(minutes=1))
    assert jobs.reclaim() == 1


def test_tick_queues_a_timed_job_once_in_its_time(time_machine):
    time_machine.move_to("2026-01-12 01:00:00+00:00", tick=False)
    worker = jobs.Worker([jobs.Scheduled(ticking_job, every=timedelta(minutes=5))])
    worker._tick()
    worker._tick()
    assert DBTaskResult.objects.count() == 1
    time_machine.shift(timedelta(minutes=6))
    worker._tick()
    assert DBTaskResult.objects.count() == 2


def test_job_of_a_process_before_this_one_with_the_same_pid_is_given_back():
    """A container started again has its host name and its pids again."""
    jobs.enqueue(remember_job, 1)
    row = DBTaskResult.objects.get()
    row.claim(f"{socket.gethostname()}:{os.getpid()}:abcd")
    assert jobs.reclaim() == 1
    assert jobs.Worker([]).run_all() == 1


def test_job_that_always_loses_its_worker_is_given_up_and_told():
    jobs.enqueue(remember_job, 1)
    for attempt in range(jobs.ATTEMPTS):
        row = DBTaskResult.objects.get()
        assert row.status == "READY"
        row.claim(f"{socket.gethostname()}:999999999:{attempt}")
        assert jobs.reclaim() == 1
    assert DBTaskResult.objects.get().status == "FAILED"
    assert jobs.Worker([]).run_all() == 0
    assert [one.error for one in jobs.failures()] == [jobs.WORKER_LOST]
    assert jobs.retry_failures() == 1
    assert jobs.Worker([]).run_all() == 1
    assert done == [1]


def test_finished_jobs_are_pruned_and_failures_kept_a_month(time_machine):
    time_machine.move_to("2026-01-12 01:00:00+00:00", tick=False)
    jobs.enqueue(remember_job, 1)
    jobs.enqueue(refusing_job, 1)
    jobs.Worker([]).run_all()
    time_machine.shift(timedelta(hours=23))
    jobs.enqueue(remember_job, 2)
    assert jobs.prune() == 0
    time_machine.shift(timedelta(hours=2))
    assert jobs.prune() == 1
    time_machine.shift(timedelta(days=27))
    assert jobs.prune() == 0
    time_machine.shift(timedelta(days=3))
    assert jobs.prune() == 1
    assert [row.status for row in DBTaskResult.objects.all()] == ["READY"]


def test_tick_with_nothing_due_asks_the_database_nothing(django_assert_num_queries, time_machine):
    time_machine.move_to("2026-01-12 01:00:00+00:00", tick=False)
    jobs.Worker([jobs.Scheduled(ticking_job, every=timedelta(minutes=5))])._tick()
    worker = jobs.Worker([jobs.Scheduled(ticking_job, every=timedelta(minutes=5))])
    time_machine.shift(timedelta(minutes=2))
    worker._tick()
    with django_assert_num_queries(0):
        worker._tick()
    time_machine.shift(timedelta(minutes=4))
    worker._tick()
    assert DBTaskResult.objects.count() == 2


@pytest.mark.parametrize(
    "rows",
    [
        lambda: DBTaskResult.objects.filter(task_path="x", enqueued_at__gt=timezone.now()),
        lambda: DBTaskResult.objects.running().order_by(),
        lambda: DBTaskResult.objects.filter(status="SUCCESSFUL", finished_at__lt=timezone.now()).order_by(),
    ],
    ids=["tick", "running", "prune"],
)
def test_what_the_worker_asks_again_and_again_goes_by_an_index(rows):
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    assert "queue_by_" in rows().explain()
