"""A clerk's device comes back to the line with 500 facts: how long until the server has acknowledged all of them.

`offline-sync`: the product as it is served, worker included, by real HTTP. A venue of 500 people; a device opened as the page
does it; its 500 facts delivered in the page's own parts of 200, one after the other over one connection, from the first
question (`here`) to the last acknowledgement, which comes after the disk. Each round is another device that saw the same
people come, so that later rounds also look for contradictions among what stands. Told beside it, without a limit: the same
delivery once more (all known), and 500 in one body, the most that a body may bring. At the end acknowledged is held against
stored.
"""

from __future__ import annotations

import http.client
import json
import secrets
import statistics
import time
from collections.abc import Iterator
from typing import Any

from bench.kills import Ground, ground
from bench.registry import Figure, program

FACTS = 500
PART = 200  # as in attendance/station/outbox.js
ROUNDS = 5
LIMIT = 2.0

PREPARING = """
import json
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from bench.checkin import make_hall
print(json.dumps(make_hall(500, 1)))
"""
COUNTING = """
import django
django.setup()
from quantriet.attendance.models import DeviceFact, PresenceConflict, PresenceFact
print(DeviceFact.objects.count(), PresenceFact.objects.filter(from_device__isnull=False).count(), PresenceConflict.objects.count())
"""


@program("offline-sync")
def measure() -> Iterator[Figure]:
    for name in ("sqlite", "postgres"):
        with ground(name) as (place, _):
            hall = json.loads(place.run("-c", PREPARING).strip().splitlines()[-1])
            place.serve()
            parts, again, whole, told = [], [], [], 0
            for _round in range(ROUNDS):
                device = Device(place, hall)
                facts = device.made()
                parts.append(device.deliver(facts, PART))
                again.append(device.deliver(facts, PART))
                more = device.made()
                whole.append(device.deliver(more, FACTS))
                told += len(facts) + len(more)
            place.kill()
            stored, facts_of, conflicts = map(int, place.run("-c", COUNTING).split())
        where = {"sqlite": "SQLite", "postgres": "PostgreSQL"}[name]
        yield Figure(
            f"{where}: {FACTS} facts in parts of {PART}, the slowest of {ROUNDS}", max(parts), limit=LIMIT, unit="s"
        )
        yield Figure(f"{where}: the median", statistics.median(parts), unit="s")
        yield Figure(f"{where}: the same once more", statistics.median(again), unit="s")
        yield Figure(f"{where}: {FACTS} in one body", statistics.median(whole), unit="s")
        yield Figure(f"{where}: acknowledged and not stored", abs(told - stored) + abs(told - facts_of), limit=0.0)
        yield Figure(f"{where}: conflicts among facts that agree", conflicts, limit=0.0)


class Device:
    """One device of the clerk, as its page asks the server."""

    def __init__(self, place: Ground, hall: dict[str, Any]) -> None:
        self.place, self.hall = place, hall
        self.connection = http.client.HTTPConnection("127.0.0.1", place.port, timeout=120)
        self.cookie = f"sessionid={hall['signed_in']}"
        self.token = ""
        self.here()
        venue = hall["seats"][0][1]
        self.key = self.ask("POST", "/station/open/", {"class": hall["class"], "venue": venue, "label": "bench"})[
            "device"
        ]

    def here(self) -> None:
        self.connection.request("GET", "/station/here/", headers={"Cookie": self.cookie})
        answer = self.connection.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie" and value.startswith("csrftoken="):
                self.cookie = f"sessionid={self.hall['signed_in']}; {value.partition(';')[0]}"
        self.token = json.loads(answer.read())["token"]

    def ask(self, method: str, path: str, body: dict[str, Any]) -> Any:
        headers = {"Cookie": self.cookie, "X-CSRFToken": self.token, "Content-Type": "application/json"}
        self.connection.request(method, path, json.dumps(body), headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {text[:300]!r}")
        return json.loads(text)

    def made(self) -> list[dict[str, Any]]:
        """An arrival of each person, which the device saw a second ago and knew of nobody else's."""
        now = int(time.time() * 1000)
        return [
            {
                "nonce": secrets.token_hex(16), "kind": "arrive", "entry": entry,
                "session": self.hall["session"], "made": now - 1000, "offset": 0, "known": now - 3_600_000, "way": "roll",
            }
            for entry, _venue in self.hall["seats"][:FACTS]
        ]  # fmt: skip

    def deliver(self, facts: list[dict[str, Any]], size: int) -> float:
        began = time.monotonic()
        self.here()
        told = []
        for start in range(0, len(facts), size):
            part = facts[start : start + size]
            body = {
                "device": self.key, "now": int(time.time() * 1000), "waiting": len(facts) - start,
                "session": self.hall["session"], "facts": part,
            }  # fmt: skip
            told += self.ask("POST", "/station/sync/", body)["told"]
        lasted = time.monotonic() - began
        wrong = [one for one in told if one[1] != "recorded"]
        if wrong or len(told) != len(facts):
            raise SystemExit(f"{len(told)} of {len(facts)} acknowledged, not recorded: {wrong[:3]}")
        return lasted
