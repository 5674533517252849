"""The live board of a province's conference: 2,212 venues filling up while hundreds of screens show them.

Quoted are ratios: a page of the board and the fragment that screens ask for, over a page of the product that shows nothing
but its frame, all signed in and asked of one process in turns; a first counting of everything, as after a restart, over
reading the same facts with one bare statement; and how many statements a screen costs. QUANTRIET_BENCH_VENUES takes fewer.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator, Sequence
from typing import Any

from bench.registry import Figure, program

VENUES = int(os.environ.get("QUANTRIET_BENCH_VENUES", "2212"))
PEOPLE_AT_VENUE = 43  # 94,938 people at 2,212 venues
SCREENS = 200
BOARD_LIMIT = 100.0  # ms, as the issue has it


def make_conference(cast: Any, venues: int, people: int) -> Any:
    """A released conference of the province in session now, with so many venues under its communes and so many called.

    Rows are written plainly; its people stand in the cells of the first commune.
    """
    import datetime as dt

    from quantriet.attendance.tests.factories import make_campaign, make_class
    from quantriet.campaigns.models import StudyDuty
    from quantriet.classes import actions
    from quantriet.classes.models import RosterEntry, Venue
    from quantriet.kit.text import fold, name_key, search_key
    from quantriet.kit.time import now, today
    from quantriet.org.models import Person

    name = "Nguyễn Văn An"
    folded, sorted_by, searched = fold(name), name_key(name), search_key(name)
    Person.objects.bulk_create(
        (
            Person(
                code=f"B{number:06d}", full_name=name, name_folded=folded, sort_key=sorted_by, search_key=searched,
                unit=cast.units["CB11" if number % 2 else "CB12"],
            )
            for number in range(people)
        ),
        batch_size=2_000,
    )  # fmt: skip
    made = make_class(
        cast,
        make_campaign(cast, unit="T"),
        [],
        unit="T",
        title="Hội nghị trực tuyến toàn tỉnh",
        times=((dt.time(0), dt.time(23, 59)),),
    )
    actions.make_conference(made.study_class, by=cast.officer, at=now(), last_day=today())
    actions.open_conference(made.study_class.conference, by=cast.officer, at=now())
    units = [cast.units[code] for code in ("X1", "X2", "DN")]
    halls = [made.venue, *(
        Venue(study_class=made.study_class, unit=units[number % 3], name=f"Điểm cầu {number}") for number in range(1, venues)
    )]  # fmt: skip
    Venue.objects.bulk_create(halls[1:], batch_size=500)
    duties = StudyDuty.objects.filter(campaign=made.campaign, person__code__startswith="B").order_by("pk")
    RosterEntry.objects.bulk_create(
        (
            RosterEntry(
                study_class=made.study_class, venue=halls[number % venues], person_id=person, unit_id=unit, duty_id=duty
            )
            for number, (duty, person, unit) in enumerate(duties.values_list("pk", "person_id", "unit_id"))
        ),
        batch_size=2_000,
    )
    return made


def check_in(made: Any, entries: Sequence[int], first: int) -> None:
    """Facts as check-ins by code write them."""
    from quantriet.attendance.models import PresenceFact
    from quantriet.kit.time import now

    at = now()
    PresenceFact.objects.bulk_create(
        [
            PresenceFact(
                nonce=f"live-{first + number}", entry_id=entry, session=made.session, kind="arrive", at=at, recorded_at=at,
                method="code", is_followed=True,
            )
            for number, entry in enumerate(entries)
        ],
        batch_size=1_000,
    )  # fmt: skip


def fill(*, venues: int, people: int, batch: int, cast: Any = None) -> list[Any]:
    """Fill a conference batch by batch and read the board after each, as screens do; returns its figures in turn."""
    from quantriet.attendance.queries import live
    from tests.cast import make_cast

    made = make_conference(cast or make_cast(), venues, people)
    entries = list(made.study_class.roster.order_by("person_id").values_list("pk", flat=True))
    fresh, live.FRESH = live.FRESH, 0.0
    live.forget_boards()
    told = []
    try:
        for start in range(0, len(entries), batch):
            check_in(made, entries[start : start + batch], start)
            told.append(live.summed(live.snapshot(made.study_class, made.session).venues))
    finally:
        live.FRESH = fresh
        live.forget_boards()
    return told


def run(venues: int = VENUES) -> Iterator[tuple[str, float, float | None, str]]:
    """Make the province and measure; yields figures."""
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext, override_settings
    from django.urls import reverse

    from quantriet.attendance.queries import live
    from quantriet.kit.db import select
    from tests.cast import make_cast

    call_command("migrate", verbosity=0)
    cast = make_cast()
    made = make_conference(cast, venues, venues * PEOPLE_AT_VENUE)
    entries = list(made.study_class.roster.order_by("person_id").values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    check_in(made, entries[: len(entries) // 2], 0)
    client = Client()
    client.force_login(cast.officer, backend="quantriet.org.web.sign_in.AccountBackend")
    board, figures = (reverse(f"conference-{name}", args=[made.study_class.pk]) for name in ("live", "figures"))
    frame = reverse("conference-list")

    def ms(act: Any) -> float:
        start = time.perf_counter()
        act()
        return (time.perf_counter() - start) * 1000

    def asked(address: str, **headers: str) -> Any:
        answer = client.get(address, headers=headers)
        assert answer.status_code in (200, 304), (address, answer.status_code)
        return answer

    facts, lines = live._FACTS, live._LINES
    bare = f"SELECT line.venue_id, fact.kind FROM {facts} fact JOIN {lines} line ON line.id = fact.entry_id WHERE fact.session_id = %s"
    from django.conf import settings

    static = "django.contrib.staticfiles.storage.StaticFilesStorage"
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": {"BACKEND": static}}):
        asked(frame)
        first, plain = [], []
        for _round in range(5):
            live.forget_boards()
            first.append(ms(lambda: live.snapshot(made.study_class, made.session)))
            plain.append(ms(lambda: select(bare, [made.session.pk])))
        yield (
            f"{venues:,} venues: counting everything, over reading the facts",
            statistics.median(first) / statistics.median(plain),
            None,
            "×",
        )
        spent: dict[str, list[float]] = {"frame": [], "board": [], "figures": [], "refreshed": []}
        taken = len(entries) // 2
        for _round in range(9):
            spent["frame"].append(ms(lambda: asked(frame)))
            check_in(made, entries[taken : taken + 170], taken)  # what comes in two seconds of the burst
            taken += 170
            time.sleep(live.FRESH)
            spent["refreshed"].append(ms(lambda: asked(figures)))
            spent["figures"].append(ms(lambda: asked(figures)))
            spent["board"].append(ms(lambda: asked(board)))
        usual = {name: statistics.median(times) for name, times in spent.items()}
        for name, words in (
            ("board", "page of the board"), ("figures", "fragment for a screen"), ("refreshed", "fragment after new check-ins"),
        ):  # fmt: skip
            yield f"{venues:,} venues: {words}", usual[name], BOARD_LIMIT, "ms"
            yield f"{venues:,} venues: {words}, over a list page", usual[name] / usual["frame"], None, "×"
        mark = asked(figures)["ETag"]
        counted = []
        time.sleep(live.FRESH)  # the first of them finds an old snapshot
        began = time.monotonic()
        for _screen in range(SCREENS):
            with CaptureQueriesContext(connection) as questions:
                asked(figures, **{"If-None-Match": mark})
            counted.append(sum("presencefact" in one["sql"] for one in questions.captured_queries))
        # One reading in two seconds, however many screens there are; a busy machine takes longer to ask them all.
        turns = (time.monotonic() - began) / live.FRESH + 1
        reads = sum(one > 0 for one in counted)
        yield f"{SCREENS} screens: readings of facts, over the two-second turns they took", reads / turns, 1.0, "×"
    check_in(made, entries[taken:], taken)
    live.forget_boards()
    total = live.summed(live.snapshot(made.study_class, made.session).venues)
    yield (
        "people on the board and not among the facts, or the reverse",
        abs(total.by_roll - len(entries)),
        0.0,
        "people",
    )


@program("live-board")
def live_board() -> Iterator[Figure]:
    for what, value, limit, unit in run():
        yield Figure(f"SQLite: {what}", value, limit, unit)


@program("live-board-postgres")
def live_board_postgres() -> Iterator[Figure]:
    import json
    import subprocess
    import sys

    from scripts.suite import own_postgres

    with own_postgres() as leading_there:
        order = "import django; django.setup(); import json; from bench.live_board import run; [print(json.dumps(one), flush=True) for one in run()]"
        done = subprocess.run(
            [sys.executable, "-c", order], capture_output=True, text=True, env={**os.environ, **leading_there}
        )
    if done.returncode:
        sys.exit(done.stderr)
    for line in done.stdout.splitlines():
        what, value, limit, unit = json.loads(line)
        yield Figure(f"PostgreSQL: {what}", value, limit, unit)
