"""A backup of a country's worth of people, and its restore by one command: one million people with what belongs to them.

Written straight into the tables by the database's own means (10,000 cells of 100 people, a duty and a line of the log for
each), backed up by `quantriet backup`, restored into an empty place by `quantriet restore`: checked against the manifest, the
ledger proved, as on a bad day. Limit: 15 minutes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

from bench.kills import Ground, ground
from bench.registry import Figure, program

PEOPLE = int(os.environ.get("BENCH_RESTORE_PEOPLE", "1000000"))
LIMIT_MINUTES = 15.0

FILLING = """
import datetime as dt, sys
import django
django.setup()
from django.core.management import call_command
from django.db import connection, transaction
call_command("migrate", verbosity=0)
from quantriet.audit.models import AuditEvent
from quantriet.kit.db import insert_many
from quantriet.kit.text import fold, name_key, search_key
from quantriet.kit.time import now
from quantriet.org.models import Person, Unit
from tests.cast import make_cast

people = int(sys.argv[1])
cast = make_cast()
top, kind = cast.units["X1"], cast.units["CB11"].kind
moment = connection.ops.adapt_datetimefield_value(now())
FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ")
MIDDLE = ("Văn", "Thị", "Đức", "Minh", "Ngọc", "Hữu", "Quang", "Thanh", "Xuân", "Kim")
GIVEN = ("An", "Bình", "Chi", "Dũng", "Giang", "Hà", "Khánh", "Lan", "Mai", "Nga", "Oanh", "Phúc", "Quân", "Sơn", "Tâm", "Uyên", "Vinh")
names = [f"{a} {b} {c}" for a in FAMILY for b in MIDDLE for c in GIVEN]
known = [(name, fold(name), name_key(name), search_key(name)) for name in names]
cells = []
from quantriet.org.models.units import Unit
from quantriet.org import actions
# One cell through the front door shows what a cell looks like; the others are its copies.
with transaction.atomic():
    for number in range(max(1, people // 1000)):
        cells.append(
            actions.add_unit(
                by=None, at=now(), code=f"R{number:05d}", name=f"Chi bộ số {number}", kind=kind, parent=top,
                valid_from=dt.date(2020, 1, 1),
            ).pk
        )
columns = ("code", "full_name", "name_folded", "sort_key", "search_key", "birth_date", "birth_precision", "gender", "ethnicity", "kind", "unit_id",
           "occupation", "phone", "email", "address", "left_reason")
for start in range(0, people, 50_000):
    with transaction.atomic():
        insert_many(Person, columns, [
            (f"R{number:08d}", *known[number % len(known)], "1980-05-01", "day", "", "Kinh", "member", cells[number % len(cells)],
             "", "", "", "", "")
            for number in range(start, min(people, start + 50_000))
        ])
        insert_many(AuditEvent, ("verb", "at", "actor_label", "thing_kind", "thing_id", "thing_label", "unit_path", "before", "after"), [
            ("person.added", moment, "Hệ thống", "org.person", str(number), known[number % len(known)][0], top.path, "{}", "{}")
            for number in range(start, min(people, start + 50_000))
        ])
from quantriet.attendance.tests.factories import make_campaign
make_campaign(cast)  # a duty for everybody under the commune, by the product's own door
"""


@program("restore")
def measure() -> Iterator[Figure]:
    for name, database in (("SQLite", "sqlite"), ("PostgreSQL", "postgres")):
        with ground(database) as (place, _):
            place.run("-c", FILLING, str(PEOPLE))
            shelf = place.folder / "shelf"
            started = time.monotonic()
            place.quantriet("backup", "--to", str(shelf))
            yield Figure(f"{name}: backup of {PEOPLE:,} people", (time.monotonic() - started) / 60, unit="min")
            (path,) = shelf.glob("*.qtbackup")
            yield Figure(f"{name}: the file", path.stat().st_size / 1e6, unit="MB")
            environment = _empty_place(place)
            started = time.monotonic()
            done = subprocess.run(
                [sys.executable, "-W", "ignore", "-m", "quantriet", "restore", str(path)],
                env=environment, capture_output=True, text=True,
            )  # fmt: skip
            took = (time.monotonic() - started) / 60
            if done.returncode:
                raise SystemExit(f"the restore broke off: {done.stdout[-1500:]}{done.stderr[-1500:]}")
            yield Figure(f"{name}: restore by one command", took, limit=LIMIT_MINUTES, unit="min")


def _empty_place(place: Ground) -> dict[str, str]:
    environment = {**place.environment, "QUANTRIET_DATA": str(place.folder / "new")}
    if "DATABASE_URL" in environment:
        import psycopg

        with psycopg.connect(environment["DATABASE_URL"], host=environment["PGHOST"], autocommit=True) as server:
            server.execute("CREATE DATABASE restored TEMPLATE template0")
        environment["DATABASE_URL"] = environment["DATABASE_URL"].rpartition("/")[0] + "/restored"
    return environment
