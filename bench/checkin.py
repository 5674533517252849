"""Check-in by code against a minimal view that inserts one row; and a province that checks in within twenty minutes.

`checkin`: both views stand in one server (granian, two processes of 16 threads, as the product is served), behind the same
middleware and CSRF check, and are asked by real HTTP at 1, 8 and 64 clients, turn by turn, so that a busy machine burdens
both alike. The phone is not signed in and types the code of a card, which leaves the minimal view nothing to do beside its
row: no session and no account is read, the hardest yardstick. Counted is the CPU (user and system) of the server's
processes, from /proc, and each answer's time at the client. Beside it stand, without a limit: opening the code of the
screen (the page before the check-in), a scan at the desk by a signed-in clerk, and what follows from a check-in (log line,
minutes, verdict, duty, tally), which the worker writes later in batches.

`checkin-burst`: the product as it is served, worker included; 100,000 people of 2,212 venues, from 64 connections, each
opens the code on the screen of its venue and sends the code of its card, while 200 screens show the live board. Acknowledged is held against stored, and stored
against log lines and verdicts after the worker has followed. QUANTRIET_BENCH_CHECK_INS takes fewer people, for a trial.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import secrets
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator
from typing import Any

from bench.kills import Ground, ground
from bench.registry import Figure, program
from bench.roll import _children, database_of

CLIENTS = (1, 8, 64)
PROCESSES = 4
SECONDS = 4.0
ROUNDS = 3
LIMIT = 2.0
PEOPLE = 2_000
BURST = int(os.environ.get("QUANTRIET_BENCH_CHECK_INS", "100000"))
VENUES = 2_212
SCREENS = 200
BURST_MINUTES = 20.0
_TOKEN = "a" * 32


# --- one check-in -----------------------------------------------------------------------------------------------


@program("checkin")
def checkin() -> Iterator[Figure]:
    for database in ("SQLite", "PostgreSQL"):
        with database_of(database) as environment:
            done = subprocess.run(
                [sys.executable, "-m", "bench.checkin", "measure"], env=environment, stdout=subprocess.PIPE, text=True
            )
            if done.returncode:
                raise SystemExit(f"the measurement on {database} broke off")
            found = json.loads(done.stdout.strip().splitlines()[-1])
        for clients in CLIENTS:
            one = found[str(clients)]
            floor, mine = one["minimal"], one["check-in"]
            where = f"{database}, {clients} clients"
            yield Figure(f"{where}: minimal view", floor["cpu"], unit="ms CPU")
            yield Figure(f"{where}: check-in", mine["cpu"], unit="ms CPU")
            yield Figure(f"{where}: check-in, CPU", mine["cpu"] / floor["cpu"], limit=LIMIT, unit="× minimal")
            # The rate of the minimal view over the check-in's: at most twice, for at least half of it.
            yield Figure(f"{where}: minimal view", floor["rate"], unit="/s")
            yield Figure(f"{where}: check-in, rate", floor["rate"] / mine["rate"], limit=LIMIT, unit="× slower")
            yield Figure(
                f"{where}: check-in, p99", mine["p99"], limit=1000.0 if clients == max(CLIENTS) else None, unit="ms"
            )
            yield Figure(f"{where}: refused or broken", floor["errors"] + mine["errors"], limit=0.0)
        yield Figure(f"{database}: opening the code of the screen", found["open"], unit="ms CPU")
        yield Figure(f"{database}: scan at the desk, signed in", found["desk"], unit="ms CPU")
        yield Figure(f"{database}: what follows, by the worker", found["following"], unit="ms CPU a check-in")
        yield Figure(f"{database}: acknowledged and not stored", found["lost"], limit=0.0)


def make_application() -> Any:
    """The product with one more address: the minimal view."""
    import types

    import django

    django.setup()
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpRequest, JsonResponse
    from django.urls import include, path

    from quantriet.attendance.models import PresenceFact
    from quantriet.kit.time import now
    from quantriet.org.web.pages import public_page

    @public_page
    def minimal(request: HttpRequest) -> JsonResponse:
        at = now()
        PresenceFact.objects.create(
            nonce=request.POST["ticket"], entry_id=request.POST["code"], session_id=request.POST["session"],
            kind="arrive", at=at, recorded_at=at, method="code",
        )  # fmt: skip
        return JsonResponse({"ok": True})

    urls = types.ModuleType("bench_urls")
    urls.urlpatterns = [path("minimal/", minimal), path("", include("quantriet.config.urls"))]  # type: ignore[attr-defined]
    sys.modules["bench_urls"] = urls
    settings.ROOT_URLCONF = "bench_urls"
    return get_wsgi_application()


class Server:
    """The product's own numbers of processes and threads; `cpu` is what they have used so far, in seconds."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "bench.checkin:make_application",
                "--host", "127.0.0.1", "--port", str(self.port), "--workers", "2", "--blocking-threads", "16",
                "--backlog", "1024", "--no-ws", "--log-level", "error",
            ]
        )  # fmt: skip
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit("the server did not come up")

    def cpu(self) -> float:
        ticks = 0
        for pid in (self.process.pid, *_children(self.process.pid)):
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                fields = file.read().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def measure() -> dict[str, Any]:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)  # pages name their static files by these
    from quantriet.attendance import actions
    from quantriet.attendance.models import PresenceFact
    from quantriet.attendance.rules import codes
    from quantriet.kit.sealing import keys_for
    from quantriet.kit.time import now

    hall = make_hall(PEOPLE, 1)
    key = keys_for(codes.USE)[0]
    server = Server()
    order = {**hall, "key": key.hex(), "port": server.port}
    found: dict[str, Any] = {}
    told: set[str] = set()
    try:
        for what in ("minimal", "check-in", "open", "desk") * 2:  # warm every thread of both processes
            told |= _run(order, what, max(CLIENTS), 2.0, server)[1] if what == "check-in" else set()
            if what != "check-in":
                _run(order, what, max(CLIENTS), 2.0, server)
        for clients in CLIENTS:
            several: dict[str, list[dict[str, float]]] = {"minimal": [], "check-in": []}
            for _ in range(ROUNDS):
                for what, figures in several.items():
                    one, acknowledged = _run(order, what, clients, SECONDS, server)
                    figures.append(one)
                    told |= acknowledged if what == "check-in" else set()
            found[str(clients)] = {
                what: {name: statistics.mean(one[name] for one in figures) for name in ("cpu", "rate", "p99")}
                | {"errors": sum(one["errors"] for one in figures)}
                for what, figures in several.items()
            }
        found["open"] = _run(order, "open", 8, SECONDS, server)[0]["cpu"]
        found["desk"] = _run(order, "desk", 8, SECONDS, server)[0]["cpu"]
    finally:
        server.stop()
    stored = set(PresenceFact.objects.filter(method="code", is_followed=False).values_list("nonce", flat=True))
    found["lost"] = len(told - stored)
    began = time.process_time()
    followed = actions.follow_check_ins(at=now())
    found["following"] = (time.process_time() - began) / max(1, followed) * 1000
    return found


def make_hall(people: int, venues: int) -> dict[str, Any]:
    """A conference that lasts all day with so many people in so many venues, and the sign-in of who looks after it."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from bench.live_board import make_conference
    from tests.cast import make_cast

    cast = make_cast()
    made = make_conference(cast, venues, people)
    account, session = cast.officer, SessionStore()
    session[SESSION_KEY] = str(account.pk)
    session[BACKEND_SESSION_KEY] = "quantriet.org.web.sign_in.AccountBackend"
    session[HASH_SESSION_KEY] = account.get_session_auth_hash()
    session.save()
    seats = list(made.study_class.roster.order_by("pk").values_list("pk", "venue_id"))
    return {"class": made.study_class.pk, "session": made.session.pk, "seats": seats, "signed_in": session.session_key}


def _run(
    order: dict[str, Any], what: str, clients: int, seconds: float, server: Server
) -> tuple[dict[str, float], set[str]]:
    before = server.cpu()
    began = time.monotonic()
    said = _asked({**order, "what": what, "seconds": seconds}, clients)
    lasted = time.monotonic() - began
    waits = sorted(wait for one in said for wait in one["waits"])
    busy = min(lasted, seconds)
    return {
        "cpu": (server.cpu() - before) / len(waits) * 1000,
        "rate": len(waits) / busy,
        "p99": waits[min(len(waits) - 1, len(waits) * 99 // 100)] * 1000,
        "errors": sum(one["errors"] for one in said),
    }, {nonce for one in said for nonce in one["told"]}


def _asked(order: dict[str, Any], clients: int) -> list[dict[str, Any]]:
    """What client processes say that share so many connections and, each its own part of them, the seats."""
    number = min(PROCESSES, clients)
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.checkin", "clients"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(number)
    ]
    said: list[dict[str, Any]] = []
    try:
        for place, process in enumerate(processes):
            assert process.stdin is not None
            mine = {**order, "seats": order["seats"][place::number], "clients": clients // number, "place": place}
            process.stdin.write(json.dumps(mine))
            process.stdin.close()
            process.stdin = None
        for process in processes:
            answer, _ = process.communicate(timeout=order["seconds"] + 300)
            said.append(json.loads(answer))
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.wait()
    return said


# --- a client process -------------------------------------------------------------------------------------------


def clients(order: dict[str, Any]) -> dict[str, Any]:
    """Threads that ask as soon as they are answered, until the time is over or (in a burst) everybody is checked in."""
    from quantriet.attendance.rules import codes

    key = bytes.fromhex(order["key"])
    seats, session, what = order["seats"], order["session"], order["what"]
    waits: list[float] = []
    told: list[str] = []
    errors = [0]
    turn = iter(range(10**9))
    lock = threading.Lock()
    end = time.monotonic() + order["seconds"]

    def one() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", order["port"], timeout=120)
        while time.monotonic() < end:
            with lock:
                number = next(turn)
            if what == "burst" and number >= len(seats):
                break
            entry, venue = seats[number % len(seats)]
            device = secrets.token_hex(8)
            cookies = f"csrftoken={_TOKEN}; check_in_device={device}"
            at = time.time()
            # Each round over the seats as if at another step, so that each check-in is a new fact.
            step = codes.hall_step(at) - number // len(seats) - order["place"] * 1_000_000 - int(at * 1000) % 10**9
            path, values = "/check-in/", {"code": codes.personal_code(key, entry)}
            nonce = f"c-{session}-{entry}-{step}"
            if what == "minimal":
                path, values = (
                    "/minimal/",
                    {"code": str(entry), "session": str(session), "ticket": secrets.token_hex(20)},
                )
            elif what == "desk":
                path = f"/desk/classes/{order['class']}/roll/scan/"
                cookies += f"; sessionid={order['signed_in']}"
                values |= {"session": str(session), "venue": str(venue), "turn": "both", "nonce": secrets.token_hex(16)}
            elif what == "check-in":
                ticket = codes.Ticket(venue, session, step, int(at), device)
                values["ticket"] = codes.make_ticket(key, ticket)
            started = time.perf_counter()
            try:
                if what in ("open", "burst"):
                    step = codes.hall_step(at)
                    nonce = f"c-{session}-{entry}-{step}"
                    page = _ask(connection, "GET", f"/c/{codes.hall_code(key, venue, session, step)}/", None, cookies)
                    values["ticket"] = re.findall(r'name="ticket" value="([^"]+)"', page)[0]
                if what != "open":
                    answer = json.loads(_ask(connection, "POST", path, urllib.parse.urlencode(values), cookies))
                    if not answer["ok"]:
                        raise ValueError(answer)
                    told.append(nonce)
            except (OSError, http.client.HTTPException, ValueError, IndexError) as error:
                errors[0] += 1
                if errors[0] < 4:
                    print(f"{what}: {error!r}", file=sys.stderr)
                connection.close()
            waits.append(time.perf_counter() - started)
        connection.close()

    threads = [threading.Thread(target=one) for _ in range(order["clients"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"waits": waits, "errors": errors[0], "told": told}


def _ask(connection: http.client.HTTPConnection, method: str, path: str, body: str | None, cookies: str) -> str:
    headers = {"Cookie": cookies, "X-CSRFToken": _TOKEN}
    if body is not None:
        headers |= {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status != 200:
        raise ValueError(f"{method} {path}: {answer.status} {text[:200]}")
    return text


# --- a province -------------------------------------------------------------------------------------------------

PREPARING = f"""
import json
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from bench.checkin import make_hall
from quantriet.attendance.rules import codes
from quantriet.kit.sealing import keys_for
print(json.dumps({{**make_hall({BURST}, min({VENUES}, {BURST})), "key": keys_for(codes.USE)[0].hex()}}))
"""
COUNTING = """
import json, sys
import django
django.setup()
from quantriet.attendance.models import ClassVerdict, PresenceFact
from quantriet.audit.models import AuditEvent
told = set(json.load(sys.stdin))
stored = list(PresenceFact.objects.filter(method="code").values_list("nonce", "entry_id"))
print(json.dumps({
    "stored": len(stored),
    "lost": len(told - {nonce for nonce, _ in stored}),
    "waiting": PresenceFact.objects.filter(is_followed=False).count(),
    "lines": AuditEvent.objects.filter(verb="roll.marked").count(),
    "without a verdict": len({entry for _, entry in stored}
        - set(ClassVerdict.objects.filter(seconds_present__gt=0).values_list("entry_id", flat=True))),
}))
"""


class Screens:
    """Live boards that stand open: each asks for its figures every five seconds, as its page does, until `close`.

    `waits` are the seconds each answer took, `wrong` the answers that were neither figures nor "nothing new".
    """

    EVERY = 5.0  # seconds, as data-live of the board's page

    def __init__(self, port: int, hall: dict[str, Any], number: int) -> None:
        self.port, self.hall = port, hall
        self.waits: list[float] = []
        self.wrong: list[str] = []
        self.last = ""
        self._closing = threading.Event()
        self._threads = [threading.Thread(target=self._stand, args=(place / number,)) for place in range(number)]
        for thread in self._threads:
            thread.start()

    def _stand(self, turn: float) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        headers = {"Cookie": f"sessionid={self.hall['signed_in']}"}
        self._closing.wait(turn * self.EVERY)
        while not self._closing.is_set():
            began = time.monotonic()
            try:
                line.request("GET", f"/desk/conferences/{self.hall['class']}/live/figures/", headers=headers)
                answer = line.getresponse()
                text = answer.read().decode()
                if answer.status == 200:
                    headers["If-None-Match"], self.last = answer.headers["ETag"], text
                elif answer.status != 304:
                    self.wrong.append(f"{answer.status} {text[:200]}")
            except (OSError, http.client.HTTPException) as error:
                self.wrong.append(repr(error))
                line.close()
            self.waits.append(time.monotonic() - began)
            self._closing.wait(max(0.0, self.EVERY - self.waits[-1]))
        line.close()

    def close(self) -> None:
        self._closing.set()
        for thread in self._threads:
            thread.join()


@program("checkin-burst")
def burst() -> Iterator[Figure]:
    for database in ("sqlite", "postgres"):
        with ground(database) as (place, _):
            yield from _burst({"sqlite": "SQLite", "postgres": "PostgreSQL"}[database], place)


def _burst(name: str, place: Ground) -> Iterator[Figure]:
    hall = json.loads(place.run("-c", PREPARING).strip().splitlines()[-1])
    place.serve()
    try:
        screens = Screens(place.port, hall, SCREENS)
        began = time.monotonic()
        try:
            said = _asked({**hall, "port": place.port, "what": "burst", "seconds": BURST_MINUTES * 120}, max(CLIENTS))
            minutes = (time.monotonic() - began) / 60
            time.sleep(2 * Screens.EVERY)  # the last figures come to every screen
        finally:
            screens.close()
        told = [nonce for one in said for nonce in one["told"]]
        waits = sorted(wait for one in said for wait in one["waits"])
        counted: dict[str, int] = {}
        for _ in range(600):
            counted = json.loads(place.run("-c", COUNTING, text=json.dumps(told)))
            if not counted["waiting"]:
                break
            time.sleep(5)
        followed = (time.monotonic() - began) / 60
    finally:
        place.kill()
    yield Figure(f"{name}: check-ins acknowledged", len(told), unit=f"of {BURST:,}, {min(VENUES, BURST):,} venues")
    yield Figure(
        f"{name}: all of them within", minutes * 100_000 / BURST, limit=BURST_MINUTES, unit="minutes a 100,000"
    )
    yield Figure(f"{name}: p99, opening the code and confirming", waits[len(waits) * 99 // 100] * 1000, unit="ms")
    yield Figure(f"{name}: refused or broken", sum(one["errors"] for one in said), limit=0.0)
    shown = sorted(screens.waits)
    yield Figure(f"{name}: {SCREENS} screens meanwhile, figures asked for", len(shown))
    yield Figure(f"{name}: p99 of a screen", shown[len(shown) * 99 // 100] * 1000, unit="ms")
    yield Figure(f"{name}: screens told something else", len(screens.wrong), limit=0.0)
    yield Figure(f"{name}: people missing on the screen at the end", len(told) - _people_on(screens.last), limit=0.0)
    yield Figure(f"{name}: acknowledged and not stored", counted["lost"], limit=0.0)
    yield Figure(f"{name}: stored and not acknowledged", counted["stored"] - len(set(told)), limit=0.0)
    yield Figure(f"{name}: still without log line and verdict", counted["waiting"], limit=0.0)
    yield Figure(f"{name}: log lines too few or too many", abs(counted["lines"] - counted["stored"]), limit=0.0)
    yield Figure(f"{name}: people without their verdict", counted["without a verdict"], limit=0.0)
    yield Figure(f"{name}: verdicts of all written after", followed, unit="minutes")


def _people_on(board: str) -> int:
    """The people that a board's sentence tells are there."""
    sentence = re.sub("<[^>]+>", "", board.partition("</strong>")[0])
    return int(re.findall(r"[\d.]*\d", sentence)[-1].replace(".", "") if sentence else 0)


if __name__ == "__main__":
    if sys.argv[1:] == ["clients"]:
        print(json.dumps(clients(json.load(sys.stdin))))
    else:
        print(json.dumps(measure()))
