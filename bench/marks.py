"""Waiting for a mark at 64 clients: with the product's write lock, with SQLite's own busy wait instead, and on PostgreSQL.

The product as it is served (`quantriet serve`: two web processes of 16 threads and the worker) is asked by 64 connections at
once from four client processes; each sends its next mark as soon as the last is acknowledged. Rounds with and without the lock
alternate in one run over one database, so that a busy machine burdens both alike. Without the lock means
QUANTRIET_BENCH_WITHOUT_WRITE_LOCK=1: every connection waits by SQLite's busy handler, 30 seconds at most. Counted is from
sending to the whole answer; an answer that is a refusal (503) counts with the time it took, and is told apart.
"""

from __future__ import annotations

import http.client
import json
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from bench.kills import Ground, ground
from bench.registry import Figure, program

CLIENTS = 64
PROCESSES = 4
SECONDS = 20.0
ROUNDS = 2
SHARE = 1 / 3
_TOKEN = "a" * 32

PREPARING = """
import json
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from bench.roll import _hall
study_class, entries, sessions, key = _hall()
print(json.dumps({"class": study_class, "entries": entries, "session": sessions[0], "key": key}))
"""


@program("marks")
def measure() -> Iterator[Figure]:
    with ground("sqlite") as (place, _):
        hall = _prepared(place)
        held: list[float] = []
        free: list[float] = []
        refused = {"held": 0, "free": 0}
        for _number in range(ROUNDS):
            waits, away = _round(place, hall, {"QUANTRIET_BENCH_WITHOUT_WRITE_LOCK": "0"})
            held += waits
            refused["held"] += away
            waits, away = _round(place, hall, {"QUANTRIET_BENCH_WITHOUT_WRITE_LOCK": "1"})
            free += waits
            refused["free"] += away
    yield from _figures("SQLite", held, refused["held"])
    yield from _figures("SQLite without the write lock", free, refused["free"])
    yield Figure("SQLite: p99 with the lock", _p(held, 99) / _p(free, 99), limit=SHARE, unit="× without")
    with ground("postgres") as (place, _):
        hall = _prepared(place)
        waits, away = _round(place, hall, {})
    yield from _figures("PostgreSQL", waits, away)


def _figures(name: str, waits: list[float], refused: int) -> Iterator[Figure]:
    yield Figure(f"{name}: marks answered", len(waits), unit=f"by {CLIENTS} clients")
    for percent in (50, 99):
        yield Figure(f"{name}: p{percent} of a mark", _p(waits, percent) * 1000, unit="ms")
    yield Figure(f"{name}: marks refused", refused)


def _p(waits: list[float], percent: int) -> float:
    ordered = sorted(waits)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def _prepared(place: Ground) -> dict[str, Any]:
    return json.loads(place.run("-c", PREPARING).strip().splitlines()[-1])


def _round(place: Ground, hall: dict[str, Any], more: dict[str, str]) -> tuple[list[float], int]:
    place.serve(**more)
    try:
        _burst(place, hall, 2.0)  # warm
        return _burst(place, hall, SECONDS)
    finally:
        place.kill()


def _burst(place: Ground, hall: dict[str, Any], seconds: float) -> tuple[list[float], int]:
    order = json.dumps({**hall, "port": place.port, "seconds": seconds, "clients": CLIENTS // PROCESSES})
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.marks", str(number)],
            env=place.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for number in range(PROCESSES)
    ]  # fmt: skip
    waits: list[float] = []
    refused = 0
    try:
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(order)
            process.stdin.close()
            process.stdin = None
        for process in processes:
            said, _ = process.communicate(timeout=seconds + 120)
            found = json.loads(said)
            waits += found["waits"]
            refused += found["refused"]
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.wait()
    return waits, refused


# --- a client process -------------------------------------------------------------------------------------------


def clients(number: int, order: dict[str, Any]) -> dict[str, Any]:
    waits: list[float] = []
    refused = [0]
    end = time.monotonic() + order["seconds"]

    def one(place: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", order["port"], timeout=90)
        headers = {
            "Content-Type": "application/json",
            "Cookie": f"sessionid={order['key']}; csrftoken={_TOKEN}",
            "X-CSRFToken": _TOKEN,
        }
        turn = place * 37
        while time.monotonic() < end:
            turn += 1
            mark = {
                "nonce": secrets.token_hex(16), "kind": "whole", "ago": 0, "session": order["session"],
                "entry": order["entries"][turn % len(order["entries"])],
            }  # fmt: skip
            started = time.perf_counter()
            connection.request(
                "POST", f"/desk/classes/{order['class']}/roll/mark/", json.dumps({"marks": [mark]}), headers
            )
            answer = connection.getresponse()
            text = answer.read()
            waits.append(time.perf_counter() - started)
            if answer.status != 200 or not json.loads(text)["marks"][0]["ok"]:
                refused[0] += 1
        connection.close()

    threads = [
        threading.Thread(target=one, args=[number * order["clients"] + each]) for each in range(order["clients"])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"waits": waits, "refused": refused[0]}


if __name__ == "__main__":
    print(json.dumps(clients(int(sys.argv[1]), json.load(sys.stdin))))
