import os
import socket
from datetime import timedelta

import pytest
from django.db import transaction
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
    row.claim(f"{socket.gethostname()}:{os.getpid()}:abcd")
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
