"""The write lock of SQLite, against real threads, real processes and a real kill."""

import ast
import fcntl
import os
import select
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time

import pytest
from django.db import connection, transaction

from quantriet.kit import db
from quantriet.kit.db import named_lock

WRITER = textwrap.dedent(
    """
    import os, sys, time
    import django
    from django.conf import settings
    settings.configure(
        DATABASES={"default": {"ENGINE": "quantriet.kit.sqlite", "NAME": sys.argv[1], "OPTIONS": {
            "transaction_mode": "IMMEDIATE", "timeout": 0.01,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0"}}},
        USE_TZ=True)
    django.setup()
    from django.db import connection, transaction
    hold, count = float(sys.argv[2]), int(sys.argv[3])
    print("ready", flush=True)
    for number in range(count):
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT n FROM counter")
                n = cursor.fetchone()[0]
                time.sleep(hold)
                cursor.execute("UPDATE counter SET n = %s", [n + 1])
    print("done", flush=True)
    """
)


@pytest.fixture
def counter(tmp_path):
    path = tmp_path / "counter.sqlite3"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE counter (n INTEGER)")
        database.execute("INSERT INTO counter VALUES (0)")
    return path


def start(path, hold, count):
    command = [sys.executable, "-c", WRITER, str(path), str(hold), str(count)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


def value(path):
    with sqlite3.connect(path) as database:
        return database.execute("SELECT n FROM counter").fetchone()[0]


def test_processes_wait_for_each_other_and_lose_nothing(counter):
    # Each holds its transaction longer than SQLite's own busy wait (10 ms): without the lock this is "database is locked".
    writers = [start(counter, 0.03, 10) for _ in range(3)]
    for writer in writers:
        out, _ = writer.communicate(timeout=60)
        assert (writer.returncode, out) == (0, "done\n")
    assert value(counter) == 30


def test_a_killed_writer_frees_the_lock_and_leaves_nothing_half_written(counter):
    stuck = start(counter, 60, 1)
    time.sleep(0.5)
    stuck.kill()
    stuck.wait()
    after = start(counter, 0, 1)
    out, _ = after.communicate(timeout=30)
    assert out == "done\n"
    assert value(counter) == 1


def test_the_wal_does_not_grow_for_ever(counter):
    writer = start(counter, 0, 3000)
    writer.communicate(timeout=120)
    with sqlite3.connect(counter) as database:
        database.execute("CREATE TABLE pad (text TEXT)")
    wal = counter.with_name(counter.name + "-wal")
    assert not wal.exists() or wal.stat().st_size < 3 * 4 * 1024 * 1024


SINGLE = textwrap.dedent(
    """
    import fcntl, os, sys
    import django
    from django.conf import settings
    settings.configure(
        DATABASES={"default": {"ENGINE": "quantriet.kit.sqlite", "NAME": sys.argv[1], "OPTIONS": {
            "transaction_mode": "IMMEDIATE", "timeout": 0.01,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA wal_autocheckpoint=0"}}},
        INSTALLED_APPS=["django.contrib.contenttypes"], USE_TZ=True)
    django.setup()
    from django.core.management import call_command
    from django.db import connection, transaction
    from django.contrib.contenttypes.models import ContentType as Thing

    def free():
        with open(sys.argv[1] + ".lock") as other:
            try:
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

    call_command("migrate", verbosity=0)
    print("ready", flush=True)
    sys.stdin.readline()
    one = Thing(app_label="a", model="b")
    one.save()  # INSERT … RETURNING, outside of any transaction
    assert one.pk and free()
    print("saved", flush=True)
    Thing.objects.filter(pk=one.pk).update(model="c")
    Thing.objects.bulk_create([Thing(app_label="a", model=str(n)) for n in range(5)])
    assert free()
    assert Thing.objects.get(pk=one.pk).model == "c"
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_content_type (app_label, model) VALUES ('d', 'e'), ('d', 'f') RETURNING model")
        assert free() and cursor.fetchmany(1) == [("e",)] and [row for row in cursor] == [("f",)]
        assert cursor.fetchone() is None and cursor.fetchall() == []
        cursor.execute("SELECT model FROM django_content_type WHERE app_label = 'd' ORDER BY model")
        assert cursor.fetchone() == ("e",) and cursor.fetchmany(5) == [("f",)]
        cursor.executemany("DELETE FROM django_content_type WHERE app_label = %s", [("d",), ("x",)])
        try:
            cursor.execute("INSERT INTO nowhere VALUES (1)")
        except Exception:
            pass
    assert free()
    with transaction.atomic():
        Thing.objects.get(pk=one.pk).delete()
        assert not free()
    assert free()
    for _ in range(3000):  # single writes take care of the WAL as well
        Thing.objects.filter(model="1").update(app_label="a" * 100)
    print(os.stat(sys.argv[1] + "-wal").st_size, flush=True)
    """
)


def test_a_single_write_outside_a_transaction_takes_the_lock_and_frees_it(tmp_path):
    path = tmp_path / "single.sqlite3"
    process = subprocess.Popen(
        [sys.executable, "-c", SINGLE, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    with open(f"{path}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process.stdin.write("go\n")
        process.stdin.flush()
        assert not select.select([process.stdout], [], [], 0.7)[0]  # it waits, without SQLite's own impatience
        with sqlite3.connect(path) as database:
            assert database.execute("SELECT count(*) FROM django_content_type WHERE app_label = 'a'").fetchone() == (0,)
        fcntl.flock(lock, fcntl.LOCK_UN)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    saved, size = out.split()
    assert saved == "saved"
    assert int(size) < 3 * 4 * 1024 * 1024


@pytest.mark.django_db(transaction=True)
def test_named_lock_lets_one_transaction_pass_at_a_time():
    inside, most, guard = 0, 0, threading.Lock()

    def work():
        nonlocal inside, most
        for _ in range(5):
            with named_lock("one thing"):
                with guard:
                    inside += 1
                    most = max(most, inside)
                time.sleep(0.005)
                with guard:
                    inside -= 1
        connection.close()

    if connection.vendor == "sqlite" and "memory" in str(connection.settings_dict["NAME"]):
        pytest.skip("a database in memory has one connection")
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert most == 1


@pytest.mark.django_db
def test_nested_transactions_keep_the_outer_lock():
    with transaction.atomic(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


# Which of the duties of everybody below a unit have a catch-up: few have, and none before the first class.
FEW_OF_MANY = """EXPLAIN QUERY PLAN SELECT COUNT(*) FROM attendance_catchup AS link
    JOIN campaigns_studyduty AS duty ON link.duty_id = duty.id JOIN org_unit AS unit ON duty.unit_id = unit.id
    WHERE duty.state = 'owing' AND unit.path >= '1.' AND unit.path < '1/' AND NOT link.state = 'done'"""


LEARN_SIZES = "import django; django.setup(); from quantriet.kit import db; db.learn_sizes(); print(db.select(%r))"


@pytest.mark.req("B-19")
@pytest.mark.skipif("connection.vendor == 'postgresql'", reason="PostgreSQL counts for itself")
@pytest.mark.django_db(transaction=True)
def test_sqlite_begins_with_the_table_that_is_small(tmp_path):
    path = tmp_path / "quantriet.sqlite3"
    db.execute("VACUUM INTO %s", [(str(path),)])
    environment = {**os.environ, "QUANTRIET_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "quantriet.config.settings"}
    environment.pop("DATABASE_URL", None)

    def learn_sizes():
        """As the job does, in a process of its own; the first table it then asks itself."""
        order = [sys.executable, "-c", LEARN_SIZES % FEW_OF_MANY]
        done = subprocess.run(order, env=environment, capture_output=True, text=True, check=True)
        return first(ast.literal_eval(done.stdout))

    def first(asked):
        return next(line[-1].split()[1] for line in asked if line[-1].startswith(("SCAN", "SEARCH")))

    def fill(table):
        """Rows of numbers, a hundred of one unit; what they mean is no matter here."""
        needed = [column[1] for column in beside.execute(f"PRAGMA table_info({table})") if column[3]]
        marks = ", ".join("?1 / 100" if name == "unit_id" else "?1" for name in needed)
        rows = ((n,) for n in range(20_000))
        beside.executemany(f"INSERT INTO {table} ({', '.join(needed)}) VALUES ({marks})", rows)
        beside.commit()

    def known(table):
        return beside.execute("SELECT idx, stat FROM sqlite_stat1 WHERE tbl = ?", [table]).fetchall()

    # A process of the server, which has read the schema already. (EXPLAIN kept from before would tell the plan of before.)
    with sqlite3.connect(path, cached_statements=0) as beside:
        beside.execute("PRAGMA ignore_check_constraints = 1")
        assert learn_sizes() == "unit", "nothing is there yet, and all tables are alike"
        fill("org_unit")
        fill("campaigns_studyduty")
        assert first(beside.execute(FEW_OF_MANY)) == "unit"
        assert learn_sizes() == "link"
        beside.execute("SELECT 1 FROM org_unit")  # any question but one for a plan looks whether the schema is the same
        assert first(beside.execute(FEW_OF_MANY)) == "link"
        assert known("attendance_catchup") == [(None, "1000")]  # it is empty, and may fill
        assert all(index for index, _rows in known("org_unit"))
        fill("attendance_catchup")
        learn_sizes()
        assert all(index for index, _rows in known("attendance_catchup"))
    beside.close()
