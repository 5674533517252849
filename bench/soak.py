"""The server's memory over an hour of mixed load: flat, or the slope says by how much it is not.

The product as in real use (granian, two processes, the demo of a commune) under four readers who sign in, look at first
pages, boards, lists, searches, members' pages, Excel files, keep their sessions alive and sign out again, as fast as the
server answers. The resident memory of all its processes is read from /proc every two seconds. The first fifth of the time
fills caches and does not count; through the rest a line is laid by least squares. QUANTRIET_SOAK_MINUTES shortens it
(60 when not given); below 20 minutes caches still fill, and only a leak that nobody could miss breaks the limit.
"""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from bench.member_page import Phone, unpacked
from bench.registry import Figure, program

MINUTES = float(os.environ.get("QUANTRIET_SOAK_MINUTES", "60"))
LIMIT_MB, SHORT_LIMIT_MB = 12.0, 60.0  # by which all processes together may have grown over the time measured
READERS = ("canbo", "capuy", "dangvien", "quantri")
PAGES = {
    "staff": (
        "/", "/desk/campaigns/", "/desk/people/", "/desk/people/?q=huong", "/desk/people/?q=nguyen+thi&sort=born", "/desk/units/",
        "/desk/search/?q=chi+bo", "/desk/documents/", "/desk/classes/", "/desk/reports/", "/desk/people/?format=xlsx", "/me/",
    ),
    "member": ("/me/", "/", "/password/"),
}  # fmt: skip


def resident(pid: int) -> float:
    """Megabytes of a process and all below it."""
    total = 0.0
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                total = int(line.split()[1]) / 1024
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0.0
    return total + sum(resident(int(child)) for child in children)


class Load(threading.Thread):
    """One reader after another, page after page, until told to stop."""

    def __init__(self, port: int, seed: int, until: float, password: str) -> None:
        super().__init__(daemon=True)
        self.port, self.until, self.password = port, until, password
        self.dice = random.Random(seed)
        self.answers = 0
        self.failed: list[str] = []

    def run(self) -> None:
        while time.monotonic() < self.until:
            name = self.dice.choice(READERS)
            try:
                self._read_as(name)
            except (OSError, KeyError, IndexError) as error:
                self.failed.append(f"{name}: {error!r}")
                time.sleep(0.5)

    def _read_as(self, name: str) -> None:
        phone = Phone(self.port)
        phone.ask("/sign-in/")
        answer, body, _ = phone.ask(
            "/sign-in/",
            {"username": name, "password": self.password, "csrfmiddlewaretoken": phone.cookies["csrftoken"]},
        )
        self._count(name, "/sign-in/", answer.status, {302, 303})
        for _page in range(60):
            if time.monotonic() >= self.until:
                return
            address = self.dice.choice(PAGES["member" if name == "dangvien" else "staff"])
            answer, body, _ = phone.ask(address)
            self._count(name, address, answer.status, {200, 302, 403})
            if address == "/" and self.dice.random() < 0.2 and answer.status == 200:
                assert "Quán triệt" in unpacked(answer, body)

    def _count(self, name: str, address: str, status: int, good: set[int]) -> None:
        self.answers += 1
        if status not in good:
            self.failed.append(f"{name} {address}: {status}")


def slope(samples: list[tuple[float, float]]) -> float:
    """Megabytes an hour, by least squares."""
    number = len(samples)
    middle = sum(at for at, _ in samples) / number
    height = sum(size for _, size in samples) / number
    spread = sum((at - middle) ** 2 for at, _ in samples)
    return 3600 * sum((at - middle) * (size - height) for at, size in samples) / spread if spread else 0.0


def soak(minutes: float) -> Iterator[Figure]:
    """Serve, load, sample; the database and files lie in this process's data folder."""
    from django.core.management import call_command

    from quantriet.config.demo.people import PASSWORD

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    with open(os.devnull, "w") as nowhere:
        call_command("seed", size="commune", stdout=nowhere)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [
            sys.executable, "-m", "granian", "--interface", "wsgi", "quantriet.config.wsgi:application", "--port", str(port),
            "--workers", "2", "--blocking-threads", "16", "--no-ws", "--log-level", "error",
        ]
    )  # fmt: skip
    try:
        for _wait in range(150):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        begun = time.monotonic()
        readers = [Load(port, seed, begun + minutes * 60, PASSWORD) for seed in range(4)]
        for reader in readers:
            reader.start()
        samples: list[tuple[float, float]] = []
        while time.monotonic() < begun + minutes * 60:
            time.sleep(min(2.0, minutes * 2))
            samples.append((time.monotonic() - begun, resident(server.pid)))
        for reader in readers:
            reader.join(timeout=30)
    finally:
        server.terminate()
        server.wait(timeout=20)
    failed = [one for reader in readers for one in reader.failed]
    steady = [sample for sample in samples if sample[0] >= minutes * 12]
    an_hour = slope(steady)
    yield Figure(f"requests in {minutes:g} minutes", sum(reader.answers for reader in readers))
    yield Figure("requests that failed", len(failed), limit=0.0)
    for one in failed[:5]:
        print(f"  {one}", file=sys.stderr)
    yield Figure("memory of the server at the end", samples[-1][1], unit="MB")
    yield Figure("growth of memory, an hour at this slope", an_hour, unit="MB")
    yield Figure(
        "growth of memory after the first fifth",
        an_hour * minutes * 0.8 / 60,
        limit=LIMIT_MB if minutes >= 20 else SHORT_LIMIT_MB,
        unit="MB",
    )


def apart(folder: Path) -> dict[str, str]:
    """The environment of a server of its own, on SQLite in this folder."""
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return {**kept, "QUANTRIET_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "quantriet.config.settings"}


@program("soak")
def soak_program() -> Iterator[Figure]:
    yield from soak(MINUTES)
