"""Sealing the log of a large import, and checking it from outside: how long, on either database.

The import writes 165,000 lines as `record_many` does; sealing reads them once and adds a row for a thousand. Told beside
it: the same lines written while another process seals all the time, against written alone (the hot path must not wait).
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.registry import Figure, program
from bench.roll import database_of

LINES = 165_000


@program("seal")
def seal() -> Iterator[Figure]:
    for database in ("SQLite", "PostgreSQL"):
        with database_of(database) as environment:
            done = subprocess.run(
                [sys.executable, "-m", "bench.seal"], env=environment, stdout=subprocess.PIPE, text=True
            )
            if done.returncode:
                raise SystemExit(f"the measurement on {database} broke off")
            found = json.loads(done.stdout.strip().splitlines()[-1])
        yield Figure(f"{database}: {LINES:,} lines written", found["alone"], unit="s")
        yield Figure(f"{database}: sealed", found["sealed"], unit="s")
        yield Figure(f"{database}: written while sealing goes on", found["beside"], 1.5 * found["alone"], unit="s")
        if "verified" in found:
            yield Figure(f"{database}: checked by the independent verifier", found["verified"], unit="s")


def measure() -> dict[str, float]:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import transaction

    from quantriet.audit.actions import record_many
    from quantriet.audit.actions.chain import seal_log
    from quantriet.audit.models import AuditEvent
    from quantriet.kit.time import now

    call_command("migrate", verbosity=0)
    thing = AuditEvent.objects.create(at=now(), verb="x.y", thing_kind="x", thing_id="1", thing_label="Vật")

    def write() -> float:
        start = time.monotonic()
        for part in range(LINES // 1000):
            values = [(thing, None, {}, {"code": f"TL{part}{n}", "full_name": "Nguyễn Thị Hường"}) for n in range(1000)]
            with transaction.atomic():  # as every action does
                record_many("person.added", by=None, at=now(), lines=values, of_people=True)
        return time.monotonic() - start

    found = {"alone": write()}
    start = time.monotonic()
    seal_log(at=now())
    found["sealed"] = time.monotonic() - start
    beside = subprocess.Popen([sys.executable, "-m", "bench.seal", "again"])
    try:
        found["beside"] = write()
    finally:
        beside.terminate()
        beside.wait()
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite"):
        seal_log(at=now())
        script = Path(__file__).resolve().parent.parent / "scripts/verify_log.py"
        start = time.monotonic()
        subprocess.run([sys.executable, script, settings.DATABASES["default"]["NAME"]], check=True, stdout=sys.stderr)
        found["verified"] = time.monotonic() - start
    return found


def again() -> None:
    """Seal over and over, until ended."""
    import django

    django.setup()
    from quantriet.audit.actions.chain import seal_log
    from quantriet.kit.time import now

    while True:
        seal_log(at=now())
        time.sleep(0.05)


if __name__ == "__main__":
    if sys.argv[1:] == ["again"]:
        again()
    else:
        print(json.dumps(measure()))
