"""quantriet serve: bring the database up to date, then run the web server and the worker."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from quantriet.config import demo
from quantriet.org.models import Account


class Command(BaseCommand):
    help = "Chạy Quán triệt: cập nhật cơ sở dữ liệu, mở máy chủ web và tiến trình việc nền."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=2, help="số tiến trình web")
        parser.add_argument("--web-only", action="store_true", help="không chạy việc nền (đã có tiến trình work riêng)")
        parser.add_argument("--demo", action="store_true", help="nếu cơ sở dữ liệu còn trống thì tạo tổ chức mẫu")

    def handle(
        self, *args: Any, host: str, port: int, workers: int, demo: bool, web_only: bool, **options: Any
    ) -> None:
        if _in_use(host, port):
            raise CommandError(f"Cổng {port} đang có chương trình khác dùng. Chọn cổng khác: make run PORT={port + 1}")
        call_command("migrate", verbosity=0)
        if not settings.DEBUG:
            call_command("collectstatic", verbosity=0, interactive=False)
        self._fill(wanted=demo)
        if settings.PRODUCTION and Account.objects.filter(is_demo=True).exists():
            raise CommandError(
                "Cơ sở dữ liệu còn tài khoản mẫu nên không chạy ở chế độ thật. Dùng cơ sở dữ liệu mới rồi chạy: quantriet createadmin"
            )
        self._greet(host, port)
        self._run(host, port, workers, web_only=web_only)

    def _fill(self, *, wanted: bool) -> None:
        if wanted and not settings.PRODUCTION and demo.is_empty():
            self.stdout.write("Đang tạo tổ chức mẫu (thành phố hư cấu, 4.400 đảng viên) ...")
            call_command("seed", size="city", stdout=self.stdout)

    def _greet(self, host: str, port: int) -> None:
        shown = "localhost" if host in ("127.0.0.1", "0.0.0.0") else host  # noqa: S104 (an address to show, not to bind)
        self.stdout.write(f"\nQuán triệt: http://{shown}:{port}/\n")
        if Account.objects.filter(is_demo=True).exists():
            self.stdout.write(demo.login_table())
        elif not Account.objects.exists():
            self.stdout.write("Chưa có tài khoản nào. Tạo tài khoản quản trị: quantriet createadmin")
        self.stdout.write("Dừng: Ctrl+C\n")
        self.stdout.flush()

    def _run(self, host: str, port: int, workers: int, *, web_only: bool = False) -> None:
        web = [
            sys.executable, "-m", "granian", "--interface", "wsgi", "quantriet.config.wsgi:application",
            "--host", host, "--port", str(port), "--workers", str(workers),
            # One pool of threads a process, chosen by hand: left alone it may open a connection a thread.
            "--blocking-threads", "16", "--backlog", "1024", "--no-ws", "--log-level", "warning", "--respawn-failed-workers",
        ]  # fmt: skip
        work = [sys.executable, "-m", "quantriet", "work"]
        # Nobody has said how the product is reached: then it is where it serves, and slips and mails lead there.
        own = settings.SITE_ADDRESS.replace("http://localhost:8000", f"http://localhost:{port}")
        environment = {**os.environ, "QUANTRIET_ADDRESS": own}
        running = {"web": subprocess.Popen(web, env=environment)}  # noqa: S603
        if not web_only:
            running["work"] = subprocess.Popen(work, env=environment)  # noqa: S603
        stopping = False

        def stop(*_: object) -> None:
            nonlocal stopping
            stopping = True
            for process in running.values():
                process.terminate()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        while not stopping:
            time.sleep(0.5)
            if running["web"].poll() is not None:
                stop()
            elif "work" in running and running["work"].poll() is not None:
                # The worker holds nothing of its own: a new one takes over its job. The pause keeps a worker that
                # cannot start from filling the screen.
                time.sleep(3)
                running["work"] = subprocess.Popen(work, env=environment)  # noqa: S603
        for process in running.values():
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()


def _in_use(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False
