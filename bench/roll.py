"""One mark of the roll, acknowledged and durable, against a minimal view that inserts one row.

Both views stand in one server (granian, one worker), behind the same middleware, session, CSRF check and question for
the account's right to take rolls (that question is asked of every page of the desk), and are asked
by real HTTP over one connection, turn by turn, so that a busy machine burdens both alike. Counted is the CPU (user and
system) of the server's processes, from /proc. The minimal view reads its JSON, inserts one fact in a transaction and
answers; the mark comes from the script of the roll page: in a class of two sessions each person is marked twice, so that
half of the marks also settle a duty, move the tally and write the change line. (Whole-session ticks, so that the bench may
run at any hour; an arrival asks the same statements.)
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.registry import Figure, program

PEOPLE = 600
ROUNDS = 12
LIMIT = 2.0
_TOKEN = "a" * 32


@program("roll")
def roll() -> Iterator[Figure]:
    for database in ("SQLite", "PostgreSQL"):
        with database_of(database) as environment:
            done = subprocess.run(
                [sys.executable, "-m", "bench.roll", "measure"], env=environment, stdout=subprocess.PIPE, text=True
            )
            if done.returncode:
                raise SystemExit(f"the measurement on {database} broke off")
            found = json.loads(done.stdout.strip().splitlines()[-1])
        yield Figure(f"{database}: minimal view", found["minimal"], unit="ms CPU")
        yield Figure(f"{database}: mark, duty unchanged", found["first"], unit="ms CPU")
        yield Figure(f"{database}: mark, duty settled", found["second"], unit="ms CPU")
        yield Figure(f"{database}: one mark", found["ratio"], limit=LIMIT, unit="× minimal")


@contextmanager
def database_of(which: str) -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="quantriet-bench-roll-", ignore_cleanup_errors=True) as folder:
        environment = {
            **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
            "QUANTRIET_DATA": folder,
            "DJANGO_SETTINGS_MODULE": "quantriet.config.settings",
        }
        if which == "SQLite":
            yield environment
            return
        from scripts.suite import own_postgres

        with own_postgres() as leading_there:
            yield {**environment, **leading_there}


# --- the server -------------------------------------------------------------------------------------------------


def make_application() -> Any:
    """The product with one more address: the minimal view."""
    import types

    import django

    django.setup()
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.db import transaction
    from django.http import HttpRequest, JsonResponse
    from django.urls import include, path

    from quantriet.attendance.models import PresenceFact
    from quantriet.kit.time import now
    from quantriet.org.vocab import Permission
    from quantriet.org.web.pages import desk_page

    @desk_page(Permission.ROLL_TAKE)
    def minimal(request: HttpRequest) -> JsonResponse:
        one = json.loads(request.body)["marks"][0]
        at = now()
        with transaction.atomic():
            PresenceFact.objects.create(
                nonce=one["nonce"], entry_id=one["entry"], session_id=one["session"], kind=one["kind"], at=at,
                recorded_at=at, method="roll", account_id=request.user.pk,
            )  # fmt: skip
        return JsonResponse({"marks": [{"nonce": one["nonce"], "ok": True}]})

    urls = types.ModuleType("bench_urls")
    urls.urlpatterns = [path("minimal/", minimal), path("", include("quantriet.config.urls"))]  # type: ignore[attr-defined]
    sys.modules["bench_urls"] = urls
    settings.ROOT_URLCONF = "bench_urls"
    return get_wsgi_application()


class Server:
    """Granian with one worker; `cpu` is what its processes have used so far, in seconds."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "bench.roll:make_application",
                "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1", "--blocking-threads", "1",
                "--no-ws", "--log-level", "error",
            ]
        )  # fmt: skip
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def cpu(self) -> float:
        ticks = 0
        for pid in (self.process.pid, *_children(self.process.pid)):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def post(self, path: str, body: dict[str, Any], cookies: str) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "Cookie": cookies, "X-CSRFToken": _TOKEN}
        self.connection.request("POST", path, json.dumps(body), headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {text[:300]!r}")
        return json.loads(text)

    def stop(self) -> None:
        self.connection.close()
        self.process.terminate()
        self.process.wait(20)


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *_children(int(child))]
    return found


# --- the measurement --------------------------------------------------------------------------------------------


def measure() -> dict[str, float]:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    study_class, entries, sessions, session_key = _hall()
    server = Server()
    cookies = f"sessionid={session_key}; csrftoken={_TOKEN}"
    url = f"/desk/classes/{study_class}/roll/mark/"
    spare = sessions[2]  # the minimal view's facts lie in a session that no verdict asks for

    def ask(path: str, entry: int, session: int) -> None:
        mark = {"nonce": secrets.token_hex(16), "kind": "whole", "entry": entry, "session": session, "ago": 0}
        answer = server.post(path, {"marks": [mark]}, cookies)["marks"][0]
        assert answer["ok"], answer

    try:
        for entry in entries[:40]:  # warm both
            ask("/minimal/", entry, spare)
            ask(url, entry, sessions[0])
            ask(url, entry, sessions[1])
        entries = entries[40:]
        size = len(entries) // ROUNDS
        costs: dict[str, list[float]] = {"minimal": [], "first": [], "second": []}
        for number in range(ROUNDS):
            part = entries[number * size : (number + 1) * size]
            for name, path, session in (
                ("minimal", "/minimal/", spare),
                ("first", url, sessions[0]),
                ("second", url, sessions[1]),
                ("minimal", "/minimal/", spare),
            ):
                before = server.cpu()
                for entry in part:
                    ask(path, entry, session)
                costs[name].append((server.cpu() - before) / len(part) * 1000)
        _all_settled(study_class)
    finally:
        server.stop()
    found = {name: statistics.mean(values) for name, values in costs.items()}
    return {**found, "ratio": (found["first"] + found["second"]) / 2 / found["minimal"]}


def _all_settled(study_class: int) -> None:
    """What was measured was the real thing: every mark has its record, verdict and settled duty."""
    from quantriet.attendance.models import AttendanceRecord, ClassVerdict
    from quantriet.campaigns import queries as campaign_queries
    from quantriet.campaigns.models import StudyCampaign, StudyDuty

    done = 40 + (PEOPLE - 40) // ROUNDS * ROUNDS
    assert AttendanceRecord.objects.filter(is_marked=True).count() == 2 * done
    assert ClassVerdict.objects.filter(verdict="present").count() == done
    assert StudyDuty.objects.filter(state="done").count() == done
    assert not campaign_queries.audit_ledger(StudyCampaign.objects.get())


def _hall() -> tuple[int, list[int], list[int], str]:
    """A released class of yesterday with three sessions of which the last is a minute long; its clerk's session."""
    import datetime as dt

    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from quantriet.attendance.tests.factories import make_campaign, make_class
    from quantriet.campaigns.models import StudyDuty
    from quantriet.classes.models import RosterEntry
    from quantriet.kit.text import fold, name_key, search_key
    from quantriet.kit.time import today
    from quantriet.org.models import Person
    from tests.cast import make_cast

    cast = make_cast()
    Person.objects.bulk_create(
        Person(
            code=f"B{number:05d}", full_name=f"Nguyễn Văn {number}", name_folded=fold(f"Nguyễn Văn {number}"),
            sort_key=name_key(f"Nguyễn Văn {number}"), search_key=search_key(f"Nguyễn Văn {number}"), unit=cast.units["CB11" if number % 2 else "CB12"],
        )
        for number in range(PEOPLE)
    )  # fmt: skip
    campaign = make_campaign(cast)
    times = ((dt.time(0, 0), dt.time(11, 59)), (dt.time(12, 0), dt.time(23, 58)), (dt.time(23, 58), dt.time(23, 59)))
    # The pauses make the reading of the timetable as long as in real life.
    yesterday = today() - dt.timedelta(days=1)  # a whole session is ticked only once it has begun
    made = make_class(cast, campaign, [], times=times, breaks=((dt.time(9, 0), dt.time(9, 15)),), day=yesterday)
    RosterEntry.objects.bulk_create(
        RosterEntry(study_class=made.study_class, venue=made.venue, person=duty.person, unit=duty.unit, duty=duty)
        for duty in StudyDuty.objects.filter(campaign=campaign, person__code__startswith="B").select_related(
            "person", "unit"
        )
    )
    account = cast.accounts["organiser1"]
    session = SessionStore()
    session[SESSION_KEY] = str(account.pk)
    session[BACKEND_SESSION_KEY] = "quantriet.org.web.sign_in.AccountBackend"
    session[HASH_SESSION_KEY] = account.get_session_auth_hash()
    session.save()
    entries = list(RosterEntry.objects.order_by("pk").values_list("pk", flat=True))
    return made.study_class.pk, entries, [one.pk for one in made.sessions], session.session_key


if __name__ == "__main__":
    assert sys.argv[1:] == ["measure"]
    print(json.dumps(measure()))
