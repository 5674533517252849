"""A real server on a file, two clerks at once, killed in the middle: what was acknowledged is there, once."""

import http.client
import json
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

TOKEN = "a" * 32


class Clerk(threading.Thread):
    """Marks people one after the other, each by a nonce of its own, and remembers what was acknowledged."""

    def __init__(self, port: int, hall: dict, key: str) -> None:
        super().__init__()
        self.port, self.hall, self.key = port, hall, key
        self.sent: list[str] = []
        self.acknowledged: list[str] = []
        self.errors: list[str] = []

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {
            "Content-Type": "application/json",
            "Cookie": f"sessionid={self.key}; csrftoken={TOKEN}",
            "X-CSRFToken": TOKEN,
        }
        try:
            for turn in range(10_000):
                entry = self.hall["entries"][turn % 9]
                nonce = secrets.token_hex(16)
                mark = {
                    "nonce": nonce,
                    "kind": ("arrive", "leave")[turn // 9 % 2],
                    "entry": entry,
                    "session": self.hall["session"],
                    "ago": 0,
                }
                self.sent.append(nonce)
                connection.request(
                    "POST", f"/desk/classes/{self.hall['class']}/roll/mark/", json.dumps({"marks": [mark]}), headers
                )
                answer = connection.getresponse()
                body = answer.read()
                if answer.status != 200 or not json.loads(body)["marks"][0]["ok"]:
                    self.errors.append(f"{answer.status} {body[:200]!r}")
                    return
                self.acknowledged.append(nonce)
        except (OSError, http.client.HTTPException):
            return  # the server is gone


@pytest.fixture
def hall(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PGHOST")}
    environment |= {"QUANTRIET_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "quantriet.config.settings"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.served_class"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return {**json.loads(done.stdout.strip().splitlines()[-1]), "environment": environment, "folder": tmp_path}


def started(hall: dict) -> tuple[subprocess.Popen, int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-W", "ignore", "-m", "granian", "--interface", "wsgi", "quantriet.config.wsgi:application",
        "--host", "127.0.0.1", "--port", str(port), "--workers", "2", "--blocking-threads", "2", "--no-ws",
        "--log-level", "critical",
    ]  # fmt: skip
    server = subprocess.Popen(
        command, env=hall["environment"], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return server, port
        except OSError:
            time.sleep(0.1)
    pytest.fail("the server did not come up")


@pytest.mark.req("B-01")
def test_what_was_acknowledged_survives_sigkill_and_two_clerks_see_no_error(hall):
    acknowledged: list[str] = []
    sent: list[str] = []
    for _ in range(2):
        server, port = started(hall)
        clerks = [Clerk(port, hall, key) for key in hall["keys"]]
        try:
            for clerk in clerks:
                clerk.start()
            deadline = time.monotonic() + 60
            while min(len(clerk.acknowledged) for clerk in clerks) < 15 and time.monotonic() < deadline:
                assert not any(clerk.errors for clerk in clerks), [clerk.errors for clerk in clerks]
                time.sleep(0.02)
        finally:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
        for clerk in clerks:
            clerk.join(30)
            assert not clerk.errors
            acknowledged += clerk.acknowledged
            sent += clerk.sent
    assert len(acknowledged) >= 60
    database = sqlite3.connect(hall["folder"] / "quantriet.sqlite3")
    try:
        stored = [row[0] for row in database.execute("SELECT nonce FROM attendance_presencefact")]
        assert len(stored) == len(set(stored))
        assert set(acknowledged) <= set(stored) <= set(sent)
        # Nothing half saved: each fact has its line in the log, each person one verdict, each tally its sum.
        (lines,) = database.execute("SELECT COUNT(*) FROM audit_auditevent WHERE verb = 'roll.marked'").fetchone()
        assert lines == len(stored)
        (odd,) = database.execute(
            "SELECT COUNT(*) FROM attendance_classverdict v WHERE v.seconds_present <>"
            " (SELECT SUM(r.seconds_present) FROM attendance_attendancerecord r WHERE r.entry_id = v.entry_id)"
        ).fetchone()
        assert odd == 0
        (done,) = database.execute("SELECT COUNT(*) FROM campaigns_studyduty WHERE state = 'done'").fetchone()
        assert (done,) == database.execute("SELECT SUM(done) FROM campaigns_tally").fetchone()
    finally:
        database.close()
