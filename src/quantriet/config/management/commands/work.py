"""quantriet work: run background jobs."""

import signal
from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from quantriet.audit.actions.chain import seal_log
from quantriet.config.schedule import schedule
from quantriet.kit.jobs import Worker, retry_failures
from quantriet.kit.time import now


class Command(BaseCommand):
    help = "Chạy các việc nền (một tiến trình là đủ với SQLite)."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--once", action="store_true", help="làm hết việc đang chờ rồi dừng")

        parser.add_argument("--again", action="store_true", help="xếp lại các việc đã hỏng rồi dừng")

    def handle(self, *args: Any, once: bool, again: bool, **options: Any) -> None:
        if again:
            self.stdout.write(f"{retry_failures()} việc được xếp lại")
            return
        worker = Worker(schedule())
        if once:
            self.stdout.write(f"{worker.run_all()} việc")
            return

        def stop(*_: object) -> None:
            worker.running = False

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        worker.run()
        with suppress(DatabaseError):  # a database that went first seals at the next start
            seal_log(at=now())
