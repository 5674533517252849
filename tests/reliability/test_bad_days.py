"""Bad days of the machine: the disk is full, the database is busy or gone. Told in a sentence, nothing half saved, and well again."""

import ctypes
import fcntl
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.parse
from contextlib import contextmanager

import pytest

from bench.kills import _FORM, Clerk, ground
from quantriet.kit.sqlite.turn import Turn
from quantriet.kit.trouble import Trouble, trouble_of

ON_POSTGRES = "DATABASE_URL" in os.environ
MB = 1024 * 1024


class Caller(Clerk):
    """A client used by hand: one request after the other."""

    def mark(self, nonce: str, turn: int = 0):
        mark = {
            "nonce": nonce, "kind": "arrive", "ago": 0, "entry": self.hall["entries"][turn], "session": self.hall["session"],
        }  # fmt: skip
        return self.ask(
            "POST", f"/desk/classes/{self.hall['class']}/roll/mark/", json.dumps({"marks": [mark]}), "application/json"
        )

    def import_list(self, name: str):
        rows = [
            f"{name}-{row:02d}\tNhập {one}\t01/02/1980\tCB11" for row, one in enumerate(("An An", "Chi Chi", "Nga Nga"))
        ]
        pasted = "\n".join(["Mã đảng viên\tHọ và tên\tNgày sinh\tMã chi bộ", *rows])
        return self.ask(
            "POST",
            "/desk/imports/new/",
            urllib.parse.urlencode({"kind": "members", "unit": "X1", "pasted": pasted}),
            _FORM,
        )

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.ledger.close()


@contextmanager
def serving(**more: str):
    with ground("here") as (place, _):
        hall = place.prepare()
        place.serve(**more)
        caller = Caller(place, hall, 0)
        try:
            yield place, hall, caller
        finally:
            caller.close()


def sentence_of(answer) -> str:
    status, headers, text = answer
    assert status == 503, (status, text[:300])
    assert int(headers["Retry-After"]) > 0
    return text


# ------------------------------------------------------------------------------------------------------- a full disk


def may_mount() -> bool:
    return os.geteuid() == 0 and shutil.which("mount") is not None


@contextmanager
def small_disk(folder, size: int):
    """A file system of so many bytes over a folder whose files are moved onto it."""
    libc = ctypes.CDLL(None, use_errno=True)
    kept = folder.with_name("kept")
    shutil.copytree(folder, kept)
    if libc.mount(b"tmpfs", str(folder).encode(), b"tmpfs", 0, f"size={size}".encode()):
        pytest.skip("no right to mount a file system here")
    try:
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        yield
    finally:
        libc.umount2(str(folder).encode(), 2)
        shutil.rmtree(kept, ignore_errors=True)


def free_of(folder) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


FACTS = """
import json
import django
django.setup()
from quantriet.attendance.models import PresenceFact
from quantriet.audit.models import AuditEvent
from quantriet.org.models import Person
print(json.dumps({
    "nonces": sorted(PresenceFact.objects.values_list("nonce", flat=True)),
    "lines": AuditEvent.objects.filter(verb="roll.marked").count(),
    "people": Person.objects.filter(code__startswith="FULL").count(),
}))
"""


def facts(place) -> dict:
    return json.loads(place.run("-c", FACTS).strip().splitlines()[-1])


@pytest.mark.timeout(300)
@pytest.mark.skipif(
    ON_POSTGRES, reason="the disk of the database server is its own; the other full disks are the same code"
)
@pytest.mark.skipif(not may_mount(), reason="only who may mount can have a small disk")
def test_a_full_disk_is_told_nothing_is_half_saved_and_it_works_again():
    with ground("here") as (place, _):
        hall = place.prepare()
        data = place.folder / "var"
        used = sum(path.stat().st_size for path in data.rglob("*") if path.is_file())
        with small_disk(data, used + 24 * MB):
            place.serve()
            caller = Caller(place, hall, 0)
            try:
                assert caller.mark("before")[0] == 200
                filler = data / "filler"
                with filler.open("wb") as file:
                    while free_of(data) > 0:
                        try:
                            file.write(b"x" * min(MB, free_of(data)))
                            file.flush()
                        except OSError:
                            break
                answers = [caller.mark(f"full-{number}", number % 9) for number in range(30)]
                refused = [answer for answer in answers if answer[0] != 200]
                assert refused, "the disk was not full"
                for answer in refused:
                    assert Trouble.FULL.value in sentence_of(answer)
                    assert "hết chỗ trên đĩa" in json.loads(answer[2])["sentence"]
                imported = caller.import_list("FULL")
                assert imported[0] in (422, 503), imported[2][-500:]
                assert "hết chỗ trên đĩa" in imported[2]
                backup = subprocess.run(
                    [sys.executable, "-W", "ignore", "-m", "quantriet", "backup"], env=place.environment,
                    capture_output=True, text=True,
                )  # fmt: skip
                assert backup.returncode == 1
                assert "dọn đĩa" in backup.stderr, backup.stderr[-1500:]
                assert not [path.name for path in (data / "backups").iterdir() if "quantriet-" in path.name]
                filler.unlink()
                acknowledged = {f"full-{number}" for number, answer in enumerate(answers) if answer[0] == 200} | {
                    "before"
                }
                found = facts(place)
                assert set(found["nonces"]) == acknowledged
                assert found["lines"] == len(acknowledged)
                assert found["people"] == 0
                # The same marks, sent again as a phone would, are taken once.
                for number in range(30):
                    assert caller.mark(f"full-{number}", number % 9)[0] == 200
                assert len(facts(place)["nonces"]) == 31
                assert caller.import_list("FULL")[0] == 303
                place.quantriet("backup")
                place.quantriet("audit-ledger")
            finally:
                caller.close()
                place.kill()


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (sqlite3.OperationalError("database or disk is full"), Trouble.FULL),
        (OSError(28, "No space left on device"), Trouble.FULL),
        (sqlite3.OperationalError("database is locked"), Trouble.BUSY),
        (sqlite3.OperationalError("unable to open database file"), Trouble.GONE),
        (sqlite3.OperationalError("no such table: x"), None),
        (ValueError("database is locked"), None),
        (None, None),
    ],
    ids=str,
)
def test_bad_days_are_told_from_faults(error, trouble):
    from django.db.utils import OperationalError

    assert trouble_of(error) == trouble
    if isinstance(error, sqlite3.OperationalError):
        outer = OperationalError(str(error))
        outer.__cause__ = error
        assert trouble_of(outer) == trouble


def test_the_page_of_a_bad_day_needs_no_database(client, monkeypatch, settings):
    from django.db.utils import OperationalError

    from quantriet.portal.web import public

    def broken(*_: object, **__: object) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(public, "front", broken)
    client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr("django.contrib.sessions.backends.base.SessionBase.get", lambda *_: None)
        answer = client.get("/")
    assert answer.status_code == 503
    assert "Lúc này chưa làm được" in answer.content.decode()
    assert "hết chỗ trên đĩa" in answer.content.decode()


# ----------------------------------------------------------------------------------------------------- a busy database


@pytest.mark.timeout(300)
@pytest.mark.skipif(ON_POSTGRES, reason="the write lock is SQLite's")
def test_a_database_locked_for_a_while_is_waited_for_then_told():
    with serving(QUANTRIET_LOCK_WAIT="3") as (place, _hall, caller):
        assert caller.mark("warm")[0] == 200
        with (place.folder / "var" / "quantriet.sqlite3.lock").open("rb+") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            threading.Timer(1.0, lambda: fcntl.flock(held, fcntl.LOCK_UN)).start()
            started = time.monotonic()
            assert caller.mark("waited", 1)[0] == 200
            assert time.monotonic() - started > 0.7
            fcntl.flock(held, fcntl.LOCK_EX)
            started = time.monotonic()
            answer = caller.mark("told", 2)
            assert time.monotonic() - started >= 2.5
            assert json.loads(sentence_of(answer))["error"] == Trouble.BUSY
            fcntl.flock(held, fcntl.LOCK_UN)
        assert caller.mark("told", 2)[0] == 200
        assert facts(place)["nonces"] == ["told", "waited", "warm"]


def test_a_turn_is_given_up_in_time_and_not_kept_by_nobody(tmp_path):
    path = str(tmp_path / "lock")
    with open(path, "w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        turn = Turn(path)
        assert not turn.take(0.1)
        assert not turn.take(0.1)
        fcntl.flock(other, fcntl.LOCK_UN)
        # Nobody waits any more: the helper gives back what it was sent for, and another process gets it.
        deadline = time.monotonic() + 10
        while True:
            try:
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                assert time.monotonic() < deadline
                time.sleep(0.01)
        waited: list[bool] = []
        thread = threading.Thread(target=lambda: waited.append(turn.take(20)))
        thread.start()
        time.sleep(0.1)
        fcntl.flock(other, fcntl.LOCK_UN)
        thread.join()
        assert waited == [True]
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        turn.free()
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_turn_is_had_by_one_thread_of_any_process_at_a_time(tmp_path):
    path, seen = str(tmp_path / "lock"), tmp_path / "inside"
    turns = [Turn(path), Turn(path)]  # two descriptions of the file stand for two processes
    inside, most, lost = [0], [0], [0]

    def work(turn: Turn) -> None:
        for _ in range(150):
            if not turn.take(30):
                lost[0] += 1
                continue
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            seen.touch()
            inside[0] -= 1
            turn.free()

    threads = [threading.Thread(target=work, args=[turns[number % 2]]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most[0], lost[0]) == (1, 0)


# ----------------------------------------------------------------------------------------- PostgreSQL goes and comes back


@pytest.mark.timeout(400)
@pytest.mark.skipif(not ON_POSTGRES, reason="a server that can go away is PostgreSQL's")
def test_postgres_restarted_under_load_is_told_and_recovered_from_without_restarting_the_product():
    with ground("postgres") as (place, postgres):
        hall = place.prepare()
        place.serve()
        clerks = [Clerk(place, hall, number) for number in range(3)]
        caller = Caller(place, hall, 7)
        try:
            for clerk in clerks:
                clerk.start()
            time.sleep(1)
            pid = place.process.pid
            postgres.kill()
            # "When in doubt nothing was acknowledged": 503 with a sentence, or no answer where the line broke in the midst.
            answer = caller.mark("while-away")
            if answer is not None:
                assert json.loads(sentence_of(answer))["error"] == Trouble.GONE
            postgres.start()
            deadline = time.monotonic() + 60
            while (answer := caller.mark("back")) is None or answer[0] != 200:
                assert time.monotonic() < deadline, answer
                time.sleep(0.2)
            assert place.process.poll() is None
            assert place.process.pid == pid
            # The worker is well too: a list asked for now is read by it.
            where = caller.import_list("BACK")
            assert where[0] == 303
            path = where[1]["Location"]
            deadline = time.monotonic() + 120
            while 'name="plan"' not in (page := caller.ask("GET", path)[2]):
                if f"{path}preview/" in page:
                    caller.ask("POST", f"{path}preview/", "", _FORM)
                assert time.monotonic() < deadline
                time.sleep(0.5)
        finally:
            for clerk in clerks:
                clerk.stopping.set()
            for clerk in clerks:
                clerk.join(60)
            caller.close()
        assert not [error for clerk in clerks for error in clerk.errors]


@pytest.mark.skipif(not ON_POSTGRES, reason="SQLite's switches stand in its init_command")
@pytest.mark.django_db
def test_what_postgres_commits_is_on_its_disk():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)
        cursor.execute("SHOW fsync")
        assert cursor.fetchone() == ("on",)


@pytest.mark.skipif(ON_POSTGRES, reason="PostgreSQL's switches are asked of the server")
def test_what_sqlite_commits_is_on_its_disk(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SWITCHES], env={**os.environ, "QUANTRIET_DATA": str(tmp_path)},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout.split() == ["2", "wal", "0"], done.stderr


SWITCHES = """
import django
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    for name in ("synchronous", "journal_mode", "wal_autocheckpoint"):
        print(cursor.execute(f"PRAGMA {name}").fetchone()[0])
"""


# ------------------------------------------------------------------------------------------- a worker killed in its job


# The worker, which kills itself before its so-manieth statement; prints how many there were when it lives to the end.
WORKING = """
import os, signal, sys
import django
django.setup()
from django.db import connection
from quantriet.kit.jobs import Worker

left, count = int(sys.argv[1]), 0

def counted(execute, sql, params, many, context):
    global left, count
    count += 1
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return execute(sql, params, many, context)

connection.ensure_connection()
with connection.execute_wrapper(counted):
    Worker([]).run_all()
print(count)
"""

WHAT_IS_THERE = """
import json
import django
django.setup()
from quantriet.audit.models import AuditEvent
from quantriet.notify.models import Message
from quantriet.org.models import ImportRun, Person
print(json.dumps({
    "people": Person.objects.filter(code__startswith="DIE").count(),
    "lines": AuditEvent.objects.filter(verb="person.added", thing_label__startswith="Nhập ").count(),
    "state": ImportRun.objects.order_by("-pk").values_list("state", flat=True).first(),
    "mails": list(Message.objects.values_list("state", flat=True)),
}))
"""

ASKING = """
import sys
from pathlib import Path
import django
django.setup()
from quantriet.kit.time import now
from quantriet.notify.actions import send_mail
from quantriet.org.actions import imports
from quantriet.org.models import Account, ImportRun, Unit
by, unit = Account.objects.get(username="officer"), Unit.objects.get(code="X1")
if sys.argv[1] == "preview":
    rows = [f"DIE-{n}\\tNhập {name}\\t01/02/1980\\tCB11" for n, name in enumerate(("An An", "Chi Chi", "Nga Nga", "Hà Hà"))]
    path = Path(sys.argv[2]) / "list.csv"
    path.write_text("\\n".join(["Mã đảng viên\\tHọ và tên\\tNgày sinh\\tMã chi bộ", *rows]), "utf-8")
    run = imports.start_import(kind="members", unit=unit, file_name=path.name, source=path, by=by, at=now())
    imports.start_preview(run, by=by, at=now())
elif sys.argv[1] == "write":
    run = ImportRun.objects.order_by("-pk")[0]
    imports.confirm_import(run, by=by, at=now(), plan_digest=run.plan_digest)
else:
    send_mail(kind="x", unit=unit, address="a@example.org", subject="Thử", body="Thử", by=by, at=now())
"""


def there(place) -> dict:
    return json.loads(place.run("-c", WHAT_IS_THERE).strip().splitlines()[-1])


def killed_worker(place, statement: int) -> int | None:
    """The worker, killed before this statement; how many it would have asked when it lived to the end."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WORKING, str(statement)],
        env=place.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr[-2000:]
    return int(done.stdout.strip().splitlines()[-1]) if done.returncode == 0 else None


def worked_off(place) -> None:
    """What an operator's worker does in the end; a job that lost three workers is given another go by hand."""
    place.quantriet("work", "--again")
    place.quantriet("work", "--once")


def each_phase(points: list[float]) -> None:
    with ground("here") as (place, _):
        place.prepare()
        place.run("-c", ASKING, "preview", str(place.folder))
        whole = {"preview": killed_worker(place, 0)}
        place.run("-c", ASKING, "write")
        whole["write"] = killed_worker(place, 0)
        place.run("-c", ASKING, "mail")
        whole["mail"] = killed_worker(place, 0)
        assert there(place) == {"people": 4, "lines": 4, "state": "done", "mails": ["sent"]}
    for point in points:
        with ground("here") as (place, _):
            place.prepare()
            for step, count in whole.items():
                place.run("-c", ASKING, step, str(place.folder))
                assert count is not None
                killed_worker(place, max(1, round(count * point)))
                found = there(place)
                assert found["people"] in (0, 4), (step, point, found)
                assert found["lines"] == found["people"]
                worked_off(place)
                found = there(place)
                if step == "preview":
                    assert found["state"] == "ready", (point, found)
                else:
                    assert (found["state"], found["people"], found["lines"]) == ("done", 4, 4), (step, point, found)
            # A mail whose sending broke off is due again by its clock; it is never lost.
            assert found["mails"] in (["sent"], ["sending"], ["queued"])


@pytest.mark.timeout(400)
def test_a_worker_killed_in_its_job_leaves_all_or_nothing_and_the_next_one_ends_it():
    each_phase([0.75])


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_worker_killed_at_many_points_of_each_job():
    each_phase([number / 12 for number in range(1, 13)])
