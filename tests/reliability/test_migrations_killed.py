"""`quantriet migrate` killed half-way and run again comes to the same schema as one that was left in peace."""

import json
import os
import random
import subprocess
import sys
import threading
import time

import pytest

from bench.kills import Ground, ground

# Kills itself, as SIGKILL does, before its so-manieth statement; prints how many there were when it comes to the end.
KILLED = """
import os, signal, sys
import django
django.setup()
from django.core.management import call_command
from django.db import connection

left, count, rooms = int(sys.argv[1]), 0, sys.argv[2:]

def counted(execute, sql, params, many, context):
    global left, count
    count += 1
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return execute(sql, params, many, context)

connection.ensure_connection()
with connection.execute_wrapper(counted):
    call_command("migrate", *rooms, verbosity=0)
print(count)
"""

# Tables, columns, indexes, constraints; and how many rows the steps themselves wrote.
SCHEMA = """
import json
import django
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    tables = sorted(connection.introspection.table_names(cursor))
    found = {}
    for table in tables:
        cursor.execute(f'SELECT COUNT(*) FROM "{table}"')
        (rows,) = cursor.fetchone()
        constraints = connection.introspection.get_constraints(cursor, table)
        found[table] = {
            "rows": rows,
            "columns": sorted(str(tuple(column)) for column in connection.introspection.get_table_description(cursor, table)),
            "constraints": sorted(str((name, sorted(map(str, one.items())))) for name, one in constraints.items()),
        }
print(json.dumps(found))
"""


def schema(place: Ground) -> dict:
    return json.loads(place.run("-c", SCHEMA).strip().splitlines()[-1])


# The room on which all others stand, with the rooms below it: what a short trial migrates, in a fifth of the time.
LOWER = ("org",)


def statements(place: Ground, rooms: tuple[str, ...]) -> int:
    return int(place.run("-c", KILLED, "0", *rooms).strip().splitlines()[-1])


def killed_at(place: Ground, statement: int, rooms: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLED, str(statement), *rooms],
        env=place.environment,
        capture_output=True,
    )
    assert done.returncode in (0, -9), done.stderr[-2000:]


def killed_and_run_again(points: int, rooms: tuple[str, ...] = ()) -> None:
    """Several kills one after the other, each further on, then one run in peace; `rooms` are all when none is named."""
    with ground("here") as (place, _):
        total = statements(place, rooms)
        clean = schema(place)
    chance = random.Random(points)
    with ground("here") as (place, _):
        # What is left to do shrinks as each run goes further, so the points are shares of what is left.
        for _number in range(points):
            killed_at(place, max(1, int(total / points * chance.uniform(0.4, 1.4))), rooms)
        place.quantriet("migrate", *rooms, "--verbosity", "0")
        assert schema(place) == clean


@pytest.mark.timeout(300)
def test_killed_half_way_and_run_again():
    killed_and_run_again(3, LOWER)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_at_many_points_and_run_again():
    for points in (12, 17, 23):
        killed_and_run_again(points)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_at_any_moment_of_the_clock():
    """Not between statements but anywhere: also inside one, and inside a commit."""
    chance = random.Random(5)
    with ground("here") as (place, _):
        started = time.monotonic()
        place.quantriet("migrate", "--verbosity", "0")
        whole = time.monotonic() - started
        clean = schema(place)
    with ground("here") as (place, _):
        for _number in range(15):
            process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "quantriet", "migrate", "--verbosity", "0"],
                env=place.environment,
            )
            time.sleep(whole * chance.uniform(0.2, 0.9))
            process.kill()
            process.wait()
        place.quantriet("migrate", "--verbosity", "0")
        assert schema(place) == clean


@pytest.mark.timeout(300)
def test_two_hosts_do_not_migrate_at_once():
    hosts_migrate_at_once(LOWER)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_hosts_do_not_migrate_the_whole_at_once():
    hosts_migrate_at_once(())


def hosts_migrate_at_once(rooms: tuple[str, ...]) -> None:
    with ground("here") as (place, _):
        failures: list[str] = []

        def migrate() -> None:
            done = subprocess.run(
                [sys.executable, "-W", "ignore", "-m", "quantriet", "migrate", *rooms, "--verbosity", "0"],
                env={**place.environment, "PYTHONUNBUFFERED": "1"}, capture_output=True, text=True,
            )  # fmt: skip
            if done.returncode:
                failures.append(done.stderr[-1000:])

        hosts = [threading.Thread(target=migrate) for _ in range(2)]
        for host in hosts:
            host.start()
        for host in hosts:
            host.join()
        assert failures == []
        assert schema(place)["org_account"]["rows"] == 0
        assert os.environ.get("DATABASE_URL") is None or place.environment["DATABASE_URL"] != os.environ["DATABASE_URL"]
