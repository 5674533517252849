"""A meeting's log of 20,000 lines against a class of 94,938 people: read and told against the roster, then written.

Floor, in the same run: reading the file with the csv module and inserting bare rows, one arrival and one departure a line.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.imports import FAMILIES, GIVEN, MIDDLES
from bench.registry import Figure, program

PEOPLE, LINES, CELLS = 94_938, 20_000, 4_700
LIMIT = 10.0


@program("meeting-log")
def meeting_log() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="quantriet-bench-log-", ignore_cleanup_errors=True) as folder:
        environment = {
            **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
            "QUANTRIET_DATA": folder,
            "DJANGO_SETTINGS_MODULE": "quantriet.config.settings",
        }
        command = [sys.executable, "-m", "bench.meeting_log", "measure", folder]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            raise SystemExit("the measurement broke off")
        found = json.loads(done.stdout.strip().splitlines()[-1])
    yield Figure("floor: csv and bare rows", found["floor"], unit="s")
    yield Figure("read and matched", found["read"], limit=LIMIT, unit="s")
    yield Figure("read and matched", found["read"] / found["floor"], unit="× floor")
    yield Figure("confirmed and written", found["written"], unit="s")
    yield Figure("names recognised", found["sure"], unit="names")


def _name(luck: random.Random) -> str:
    return f"{luck.choice(FAMILIES)} {luck.choice(MIDDLES)} {luck.choice(GIVEN)} {luck.choice(GIVEN)}"


def _conference() -> tuple[int, list[tuple[str, int]]]:
    """A released class of yesterday with everybody on its roster; returns its key, and names with their cells."""
    from quantriet.attendance.tests.factories import make_campaign, make_class
    from quantriet.classes.models import RosterEntry
    from quantriet.kit.text import fold, name_key, search_key
    from quantriet.kit.time import today
    from quantriet.org.models import Person, Unit
    from tests.cast import make_cast

    cast = make_cast()
    made = make_class(cast, make_campaign(cast), [], day=today() - dt.timedelta(days=1))
    root = cast.units["X1"]
    model = Unit.objects.get(pk=cast.units["CB11"].pk)
    copied = {
        field.attname: getattr(model, field.attname) for field in Unit._meta.concrete_fields if field.attname != "id"
    }
    Unit.objects.bulk_create(
        Unit(
            **{
                **copied,
                "code": f"B{number:05d}",
                "name": f"Chi bộ thôn {number + 100}",
                "path": f"{root.path}z{number:05d}.",
            }
        )
        for number in range(CELLS)
    )
    cells = list(Unit.objects.filter(code__startswith="B0").order_by("code").values_list("pk", flat=True))
    luck = random.Random(7)
    told = []
    for start in range(0, PEOPLE, 5_000):
        part = []
        for number in range(start, min(start + 5_000, PEOPLE)):
            name, cell = _name(luck), number % len(cells)
            told.append((name, cell + 100))
            part.append(
                Person(
                    code=f"L{number:06d}", full_name=name, name_folded=fold(name), sort_key=name_key(name),
                    search_key=search_key(name), unit_id=cells[cell],
                )
            )  # fmt: skip
        Person.objects.bulk_create(part)
    people = Person.objects.filter(code__startswith="L0").order_by("pk").values_list("pk", "unit_id")
    RosterEntry.objects.bulk_create(
        (
            RosterEntry(study_class=made.study_class, venue=made.venue, person_id=pk, unit_id=unit)
            for pk, unit in people
        ),
        batch_size=5_000,
    )
    return made.study_class.pk, told


def _write_log(path: Path, people: list[tuple[str, int]]) -> None:
    """Names as members type them: with and without marks and cells, some on two devices, strangers, halls, recorders."""
    from quantriet.kit.text import fold
    from quantriet.kit.time import today

    luck = random.Random(11)
    day = (today() - dt.timedelta(days=1)).strftime("%m/%d/%Y")
    with path.open("w", encoding="utf-8", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(["Name (Original Name)", "User Email", "Join Time", "Leave Time", "Duration (Minutes)", "Guest"])
        for _ in range(LINES):
            name, cell = luck.choice(people)
            chance = luck.random()
            if chance < 0.5:
                said = f"CB thôn {cell} - {name}"
            elif chance < 0.75:
                said = f"CB thon {cell}_{fold(name).title()}"
            elif chance < 0.9:
                said = name
            elif chance < 0.96:
                said = f"iPhone {luck.randrange(10**6)}"
            else:
                said = f"Điểm cầu số {luck.randrange(3_000)}"
            begun = luck.randrange(40)
            sheet.writerow(
                [said, "", f"{day} 07:{begun:02d}:00 AM", f"{day} 10:{luck.randrange(60):02d}:00 AM", 150, "Yes"]
            )


def measure(folder: Path) -> dict[str, float]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import transaction

    call_command("migrate", verbosity=0)
    from quantriet.attendance import actions
    from quantriet.attendance.models import MeetingLog, PresenceFact
    from quantriet.classes.models import ClassSession, RosterEntry, StudyClass
    from quantriet.kit.time import now
    from quantriet.org.models import Account

    key, people = _conference()
    path = folder / "log.csv"
    _write_log(path, people)
    study_class = StudyClass.objects.select_related("campaign", "unit").get(pk=key)
    by = Account.objects.get(username="organiser1")
    session = ClassSession.objects.get(study_class=study_class)
    entry = RosterEntry.objects.filter(study_class=study_class).values_list("pk", flat=True)[0]

    begun = time.perf_counter()
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))[1:]
    with transaction.atomic():
        PresenceFact.objects.bulk_create(
            (
                PresenceFact(
                    nonce=f"floor-{number}-{kind}", entry_id=entry, session_id=session.pk, kind=kind, at=session.starts_at,
                    recorded_at=session.starts_at, method="log", account=by,
                )
                for number in range(len(lines))
                for kind in ("arrive", "leave")
            ),
            batch_size=2_000,
        )  # fmt: skip
    floor = time.perf_counter() - begun
    PresenceFact.objects.all().delete()

    begun = time.perf_counter()
    log, _ = actions.take_meeting_log(study_class, file_name="log.csv", source=path, by=by, at=now())
    actions.read_meeting_log(log.pk, at=now())
    log = MeetingLog.objects.select_related("study_class__campaign", "study_class__unit").get(pk=log.pk)
    read = time.perf_counter() - begun
    assert log.state == "ready", (log.state, log.refusal, log.understood)

    begun = time.perf_counter()
    actions.confirm_meeting_log(log, by=by, at=now())
    actions.apply_meeting_log(log.pk, at=now())
    written = time.perf_counter() - begun
    log.refresh_from_db()
    assert log.state == "done", log.refusal
    # What was measured was the real thing: a line in two is told apart by its cell, and each person has both facts.
    assert log.counts["sure"] > LINES // 2
    assert PresenceFact.objects.count() == log.counts["facts"] >= log.counts["written"] * 2
    return {"floor": floor, "read": read, "written": written, "sure": float(log.counts["sure"])}


if __name__ == "__main__":
    assert sys.argv[1] == "measure"
    print(json.dumps(measure(Path(sys.argv[2]))))
