"""List calls of the API at the server: 95 in 100 under 50 ms, at the top of a province, in a commune, deep into the list."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Iterator
from typing import Any

from bench.province import make_province
from bench.registry import Figure, program

CELLS, PEOPLE = 8000, 165_000
LIMIT = 50.0  # ms
CALLS = 60  # of each list


@program("api")
def api() -> Iterator[Figure]:
    yield from measure(CELLS, PEOPLE)


def measure(cells: int, people: int) -> Iterator[Figure]:
    """Make the province with a campaign, call every list with several filters and some pages on; yields figures."""
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.test.utils import override_settings

    from quantriet.campaigns import actions
    from quantriet.kit.time import now, today
    from quantriet.library.models import GuidingDocument
    from quantriet.org import actions as org_actions
    from quantriet.org.models import Unit
    from quantriet.org.vocab import SCOPES

    call_command("migrate", verbosity=0)
    top = make_province(cells=cells, people=people)
    at = now()
    commune = Unit.objects.filter(parent=top).order_by("pk").first()
    accounts = {}
    for name, role, unit in (("officer", "board_officer", top), ("organiser", "organiser", commune)):
        account = org_actions.add_account(
            by=None, at=at, username=name, display_name=name, password="mat-khau-do-tai-01", is_demo=True
        )
        org_actions.give_appointment(
            account, by=None, at=at, role=role, unit=unit, valid_from=today() - dt.timedelta(days=1)
        )
        scopes = [one for one in SCOPES if may(account, one)]
        _token, secret = org_actions.make_token(
            account, name="đo", scopes=scopes, ends_on=today() + dt.timedelta(days=30), at=at
        )
        accounts[name] = (account, secret)
    officer = accounts["officer"][0]
    documents = [
        GuidingDocument(
            unit=top, type_code="NQ", reference_number=f"{number:02d}-NQ/TU", reference_folded=f"{number:02d}-nq/tu",
            issuing_body="Tỉnh ủy", level="province", issued_on=dt.date(2026, 1, 1) + dt.timedelta(days=number % 300),
            subject=f"Nghị quyết số {number}", subject_folded=f"nghi quyet so {number}", registered_at=at,
            registered_by=officer,
        )
        for number in range(1, 501)
    ]  # fmt: skip
    GuidingDocument.objects.bulk_create(documents)
    rulebook = actions.add_rulebook(unit=top, name="Quy tắc chung", by=officer, at=at)
    campaign = actions.add_campaign(
        unit=top, name="Đợt học tập", rulebook=rulebook, documents=[GuidingDocument.objects.latest("pk")],
        planned_from=today(), planned_to=today() + dt.timedelta(days=60), duty_kinds=["read"], by=officer, at=at,
    )  # fmt: skip
    actions.add_audience_rule(campaign, name="Toàn thể đảng viên", basis="Kế hoạch", by=officer, at=at)
    actions.open_campaign(campaign, by=officer, at=at)
    analyse = "ANALYZE"
    with connection.cursor() as cursor:
        cursor.execute(analyse)

    dice = random.Random(7)
    duties = f"/campaigns/{campaign.pk}/duties"
    lists: dict[str, list[tuple[str, dict[str, Any]]]] = {
        "people": [("/people", {}), ("/people", {"under": commune.pk})],
        "people by name": [("/people", {"q": words}) for words in ("binh", "nguyen van", "thi huong", "ho", "an")],
        "units": [("/units", {}), ("/units", {"q": "thon 7"}), (f"/units/{commune.pk}/children", {})],
        "documents": [("/documents", {}), ("/documents", {"q": "so 4"})],
        "duties": [(duties, {}), (duties, {"state": "owing"}), (duties, {"under": commune.pk})],
        "plans": [(f"/campaigns/{campaign.pk}/plans", {})],
        "classes, excuses, reports": [("/classes", {}), ("/excuses", {}), ("/reports", {})],
    }
    with override_settings(API_REQUESTS_A_MINUTE=1_000_000, ALLOWED_HOSTS=["*"]):
        everything: list[float] = []
        for what, calls in lists.items():
            took: list[float] = []
            for who in accounts:
                client = Client(headers={"Authorization": f"Bearer {accounts[who][1]}"})
                for path, values in calls:
                    took += _walk(client, f"/api/v1{path}", values, CALLS // len(calls), dice)
            everything += took
            yield Figure(f"{people:,} people: {what}, 95 in 100", _p95(took), unit="ms")
        yield Figure(f"{people:,} people: all list calls, 95 in 100", _p95(everything), limit=LIMIT, unit="ms")


def may(account: Any, permission: Any) -> bool:
    from quantriet.org import access

    return access.may_anywhere(account, permission)


def _walk(client: Any, path: str, values: dict[str, Any], count: int, dice: random.Random) -> list[float]:
    """Call a list and follow its pages, beginning anew at its end or now and then; milliseconds of each call."""
    took, address, given = [], path, values
    for number in range(count + 1):
        begun = time.perf_counter()
        answer = client.get(address, given)
        milliseconds = (time.perf_counter() - begun) * 1000
        assert answer.status_code == 200, answer.content[:300]
        if number:  # the first warms the process
            took.append(milliseconds)
        following = answer.json()["next"]
        if following and dice.random() < 0.9:
            address, given = following.replace("http://testserver", ""), {}
        else:
            address, given = path, values
    return took


def _p95(took: list[float]) -> float:
    return sorted(took)[int(len(took) * 0.95)]
