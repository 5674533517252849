"""Recomputing all verdicts of a class of 1,000 people from 10,000 facts, on SQLite and on PostgreSQL.

Four sessions with a break each; every person has ten facts (arrivals, departures, ticks, and some taken back). Measured
is `recompute_class`, from the facts to the ledger: once from nothing (every record, verdict and duty is written) and
once again (everything is read and compared, nothing changes).
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator

from bench.registry import Figure, program
from bench.roll import database_of

PEOPLE = 1000
LIMIT = 1.0


@program("verdicts")
def verdicts() -> Iterator[Figure]:
    for database in ("SQLite", "PostgreSQL"):
        with database_of(database) as environment:
            done = subprocess.run(
                [sys.executable, "-m", "bench.verdicts", "measure"], env=environment, stdout=subprocess.PIPE, text=True
            )
            if done.returncode:
                raise SystemExit(f"the measurement on {database} broke off")
            found = json.loads(done.stdout.strip().splitlines()[-1])
        yield Figure(f"{database}: 1,000 verdicts from 10,000 facts, first time", found["first"], limit=LIMIT, unit="s")
        yield Figure(f"{database}: the same again", found["again"], limit=LIMIT, unit="s")


def measure() -> dict[str, float]:
    import django

    django.setup()
    import datetime as dt
    import random

    from django.core.management import call_command

    from quantriet.attendance import actions
    from quantriet.attendance.models import ClassVerdict, PresenceFact
    from quantriet.attendance.tests.factories import clock, make_campaign, make_class
    from quantriet.campaigns import queries as campaign_queries
    from quantriet.campaigns.models import StudyDuty
    from quantriet.classes.models import RosterEntry
    from quantriet.kit.text import fold, name_key, search_key
    from quantriet.org.models import Person
    from tests.cast import make_cast

    call_command("migrate", verbosity=0)
    cast = make_cast()
    names = [f"Nguyễn Văn {number}" for number in range(PEOPLE)]
    Person.objects.bulk_create(
        Person(
            code=f"B{number:05d}", full_name=name, name_folded=fold(name), sort_key=name_key(name),
            search_key=search_key(name),
            unit=cast.units["CB11" if number % 2 else "CB12"],
        )
        for number, name in enumerate(names)
    )  # fmt: skip
    campaign = make_campaign(cast)
    times = tuple((dt.time(hour), dt.time(hour + 3)) for hour in (1, 5, 9, 13))
    pauses = tuple((dt.time(hour + 1), dt.time(hour + 1, 15)) for hour in (1, 5, 9, 13))
    made = make_class(cast, campaign, [], times=times, breaks=pauses)
    RosterEntry.objects.bulk_create(
        RosterEntry(study_class=made.study_class, venue=made.venue, person=duty.person, unit=duty.unit, duty=duty)
        for duty in StudyDuty.objects.filter(campaign=campaign, person__code__startswith="B").select_related(
            "person", "unit"
        )
    )
    chance = random.Random(1)
    facts = []
    for number, entry in enumerate(RosterEntry.objects.order_by("pk")):
        for turn in range(9):
            session = made.sessions[turn % 4]
            moment = session.starts_at + dt.timedelta(minutes=chance.randrange(-20, 200))
            kind = chance.choice(["arrive", "arrive", "leave", "whole"])
            facts.append(
                PresenceFact(
                    nonce=f"{number}-{turn}", entry=entry, session=session, kind=kind, at=moment,
                    recorded_at=moment, method="roll", account=cast.officer,
                )
            )  # fmt: skip
    PresenceFact.objects.bulk_create(facts, batch_size=1000)
    PresenceFact.objects.bulk_create(
        [
            PresenceFact(
                nonce=f"v-{fact.pk}", entry=fact.entry, session=fact.session, kind="void", at=fact.at, voids=fact,
                recorded_at=fact.at, method="roll", account=cast.officer,
            )
            for fact in facts[::9]
        ],
        batch_size=1000,
    )  # fmt: skip
    assert PresenceFact.objects.count() == 10 * PEOPLE

    def timed() -> float:
        start = time.perf_counter()
        actions.recompute_class(made.study_class, by=cast.officer, at=clock(23))
        return time.perf_counter() - start

    first = timed()
    assert ClassVerdict.objects.count() == PEOPLE
    assert len(set(ClassVerdict.objects.values_list("verdict", flat=True))) > 1
    assert not campaign_queries.audit_ledger(campaign)
    return {"first": first, "again": timed()}


if __name__ == "__main__":
    assert sys.argv[1:] == ["measure"]
    print(json.dumps(measure()))
