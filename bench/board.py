"""The board of a province: any node's page under 100 ms at the server; opening in well under a minute."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from bench.province import make_province
from bench.registry import Figure, program

CELLS, PEOPLE = 8000, 165_000
KINDS = ["read", "essay", "plan"]
PAGE_LIMIT, OPENING_LIMIT, RESULT_LIMIT = 100.0, 60.0, 10.0


Told = tuple[str, float, float | None, str]


def run(cells: int = CELLS, people: int = PEOPLE) -> Iterator[Told]:
    """Make the province, open a campaign of three duties, enter results, ask for pages; yields figures."""
    import time_machine
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.test.utils import override_settings

    from quantriet.campaigns import actions, queries
    from quantriet.campaigns.models import StudyDuty
    from quantriet.campaigns.vocab import DutyReason, DutyResult, DutyState
    from quantriet.kit.time import now
    from quantriet.library.models import GuidingDocument
    from quantriet.org import actions as org_actions
    from quantriet.org.models import Unit

    call_command("migrate", verbosity=0)
    top = make_province(cells=cells, people=people)
    analyse = "ANALYZE"
    with connection.cursor() as cursor:
        cursor.execute(analyse)
    opened = dt.datetime(2026, 10, 1, 2, tzinfo=dt.UTC)
    account = org_actions.add_account(
        by=None, at=opened, username="officer", display_name="Cán bộ Ban", password="mat-khau-do-tai"
    )
    org_actions.give_appointment(
        account, by=None, at=opened, role="board_officer", unit=top, valid_from=dt.date(2020, 1, 1)
    )
    document = GuidingDocument.objects.create(
        unit=top, type_code="NQ", reference_number="01-NQ/TU", reference_folded="01-nq/tu", issuing_body="Tỉnh ủy",
        level="province", issued_on=dt.date(2026, 9, 1), subject="Nghị quyết", subject_folded="nghi quyet",
        registered_at=opened, registered_by=account,
    )  # fmt: skip
    rulebook = actions.add_rulebook(unit=top, name="Quy tắc chung", by=account, at=opened)
    campaign = actions.add_campaign(
        unit=top, name="Đợt học tập quý IV/2026", rulebook=rulebook, documents=[document],
        planned_from=dt.date(2026, 10, 1), planned_to=dt.date(2026, 12, 31), duty_kinds=KINDS, by=account, at=opened,
    )  # fmt: skip
    for preset in ("upper_venue", "commune_venue", "remaining"):
        actions.add_audience_preset(campaign, preset, by=account, at=opened)

    def timed(what: str, act: Callable[[], Any], limit: float | None) -> Told:
        start = time.perf_counter()
        act()
        return what, time.perf_counter() - start, limit, "s"

    size = f"{people:,} people"
    yield timed(
        f"{size}: counting the audience by 9 rules", lambda: queries.audience_count(queries.audience(campaign)), None
    )
    yield timed(
        f"{size}: preparing 3 duties each",
        lambda: actions.prepare_duties(campaign, by=account, at=opened),
        OPENING_LIMIT,
    )
    yield timed(f"{size}: opening", lambda: actions.open_campaign(campaign, by=account, at=opened), OPENING_LIMIT)
    dice = random.Random(1)
    batches = []
    for kind in KINDS:
        keys = list(
            StudyDuty.objects.filter(campaign=campaign, kind=kind).order_by("unit_id").values_list("pk", flat=True)
        )
        for start in range(0, int(len(keys) * 0.7), 2000):
            batch = []
            for key in keys[start : start + 2000]:
                came = dice.random() < 0.95
                state, reason = (
                    (DutyState.DONE, DutyReason.ATTENDED) if came else (DutyState.OWING, DutyReason.ABSENT_UNEXCUSED)
                )
                said = "Có mặt 210/210 phút (100%)." if came else "Vắng không có lý do."
                batch.append(DutyResult(key, state, reason, said))
            batches.append(batch)
    start = time.perf_counter()
    for number, batch in enumerate(batches):
        # Three weeks of classes, day after day.
        with time_machine.travel(opened + dt.timedelta(days=3 + number % 21), tick=False):
            actions.settle_duties(batch, by=account, at=now())
    spent = time.perf_counter() - start
    yield f"entering {sum(map(len, batches)):,} results", spent, None, "s"
    one = StudyDuty.objects.filter(campaign=campaign, kind="read", state="owing").last()
    singles = []
    for number in range(40):
        result = DutyResult(one.pk, DutyState.OWING, DutyReason.NOT_YET, f"Lần {number}")
        start = time.perf_counter()
        actions.settle_duties([result], by=account, at=opened)
        singles.append((time.perf_counter() - start) * 1000)
    yield "entering one result", statistics.median(singles), RESULT_LIMIT, "ms"
    assert queries.audit_ledger(campaign) == []
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else analyse)

    client = Client()
    client.force_login(account, backend="quantriet.org.web.sign_in.AccountBackend")
    commune = Unit.objects.filter(parent=top).order_by("path")[50]
    cell = Unit.objects.filter(parent=commune).order_by("path")[5]
    board, behind = f"/desk/campaigns/{campaign.pk}/board/", f"/desk/campaigns/{campaign.pk}/names/"
    static = "django.contrib.staticfiles.storage.StaticFilesStorage"
    from django.conf import settings

    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": {"BACKEND": static}}):
        for what, address, limit in (
            ("board of the province", board, PAGE_LIMIT),
            ("board of the province, a week ago", f"{board}?as_of=2026-10-15", PAGE_LIMIT),
            ("board of the province, the second duty", f"{board}?kind=essay", PAGE_LIMIT),
            ("board of a commune", f"{board}?unit={commune.pk}", PAGE_LIMIT),
            ("board of a commune, a week ago", f"{board}?unit={commune.pk}&as_of=2026-10-15", PAGE_LIMIT),
            ("names of a cell", f"{behind}?unit={cell.pk}", PAGE_LIMIT),
            ("names of a commune", f"{behind}?unit={commune.pk}", PAGE_LIMIT),
            ("names of the province", behind, None),
        ):
            times = []
            for _round in range(9):
                start = time.perf_counter()
                answer = client.get(address)
                times.append((time.perf_counter() - start) * 1000)
                assert answer.status_code == 200, (address, answer.status_code)
            yield what, statistics.median(times), limit, "ms"


def _figures(told: Iterable[Any], where: str) -> Iterator[Figure]:
    for what, value, limit, unit in told:
        yield Figure(f"{where}: {what}", value, limit, unit)


@program("board-sqlite")
def board_sqlite() -> Iterator[Figure]:
    yield from _figures(run(), "SQLite")


@program("board-postgres")
def board_postgres() -> Iterator[Figure]:
    from scripts.suite import own_postgres

    with own_postgres() as leading_there:
        order = "import django; django.setup(); import json; from bench.board import run; [print(json.dumps(one), flush=True) for one in run()]"
        done = subprocess.run(
            [sys.executable, "-c", order], capture_output=True, text=True, env={**os.environ, **leading_there}
        )
    if done.returncode:
        sys.exit(done.stderr)
    yield from _figures(map(json.loads, done.stdout.splitlines()), "PostgreSQL")
