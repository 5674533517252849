"""Pages and searches of a whole country, on SQLite and on PostgreSQL: each under 100 ms at the server.

Whole pages through Django's handler, the median of nine after one that warms; searches and parts of pages are asked of
the queries themselves as well, so that a slow one is seen apart from writing the page out. The country stands between runs
(bench/country.py). QUANTRIET_COUNTRY_PART=20 measures a twentieth, to develop with.

    country-board     the board at every height of the tree, today, a week ago, the second duty, the names behind it
    country-search    people by every way of typing, over the country, a province, a commune; the box that searches all
    country-member    the member's page, and the first pages of an officer of the country and of a commune
    country-tallies   all tallies thrown away and counted again from the duties
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from bench.country import ROOT, Country, known_country, standing_country
from bench.registry import Figure, program

PAGE_LIMIT, TALLY_LIMIT, GROWTH = 100.0, 300.0, 2.0
ROUNDS = int(os.environ.get("QUANTRIET_COUNTRY_ROUNDS", "9"))
PART = int(os.environ.get("QUANTRIET_COUNTRY_PART", "1"))
SEARCHES = (
    "huong", "hường nguyễn thị", "nguyen thi huong", "nguyen", "thi", "huu", "van nguyen", "kbuor", "K' Brêu", "H'Hen", "hhen nie",
    "dang duong", "h", "kbuor h", "khong ai ca", "xuan quach", "00012345", "0912345678",
)  # fmt: skip


def on_both(what: str) -> Iterator[Figure]:
    for database in os.environ.get("QUANTRIET_COUNTRY_ON", "SQLite PostgreSQL").split():
        with standing_country(database, PART) as environment:
            done = subprocess.run(
                [sys.executable, "-m", "bench.country_pages", what],
                env=environment,
                cwd=ROOT,
                stdout=subprocess.PIPE,
                text=True,
            )
        if done.returncode:
            raise SystemExit(f"the measurement on {database} broke off")
        for line in done.stdout.splitlines():
            words, value, limit, unit = json.loads(line)
            yield Figure(f"{database}: {words}", value, limit, unit)


Told = tuple[str, float, float | None, str]


def timed(act: Callable[[], Any]) -> float:
    """Milliseconds, the median of nine after one."""
    act()
    times = []
    for _round in range(ROUNDS):
        start = time.perf_counter()
        act()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


class Reader:
    """A signed-in browser without a network."""

    def __init__(self, account_id: int) -> None:
        from django.test import Client

        from quantriet.org.models import Account

        self.client = Client()
        self.account = Account.objects.get(pk=account_id)
        self.client.force_login(self.account, backend="quantriet.org.web.sign_in.AccountBackend")

    def page(self, address: str) -> Callable[[], Any]:
        def ask() -> None:
            answer = self.client.get(address)
            assert answer.status_code == 200, (address, answer.status_code)

        return ask


def board(country: Country) -> Iterator[Told]:
    from quantriet.campaigns import queries
    from quantriet.campaigns.models import StudyCampaign
    from quantriet.org.models import Unit

    reader = Reader(country.officer_id)
    root = Unit.objects.get(pk=country.root_id)
    province = Unit.objects.filter(parent=root).order_by("path")[0]
    commune = Unit.objects.filter(parent=province).order_by("path")[0]
    cell = Unit.objects.filter(parent=commune).order_by("path")[0]
    address = f"/desk/campaigns/{country.campaign_id}/board/"
    behind = f"/desk/campaigns/{country.campaign_id}/names/"
    found: dict[str, float] = {}
    for words, where in (
        ("board of the country", address),
        ("board of the country, a week ago", f"{address}?as_of=2026-10-15"),
        ("board of the country, the second duty", f"{address}?kind=essay"),
        ("board of a province", f"{address}?unit={province.pk}"),
        ("board of a province, a week ago", f"{address}?unit={province.pk}&as_of=2026-10-15"),
        ("board of a commune", f"{address}?unit={commune.pk}"),
        ("board of a cell", f"{address}?unit={cell.pk}"),
        ("names of a cell", f"{behind}?unit={cell.pk}"),
        ("names of a commune", f"{behind}?unit={commune.pk}"),
    ):
        found[words] = timed(reader.page(where))
        yield words, found[words], PAGE_LIMIT, "ms"
    for words, where in (("names of a province", f"{behind}?unit={province.pk}"), ("names of the country", behind)):
        yield words, timed(reader.page(where)), None, "ms"
    yield (
        "board of the country against that of a province",
        found["board of the country"] / found["board of a province"],
        GROWTH,
        "×",
    )
    campaign = StudyCampaign.objects.select_related("unit").get(pk=country.campaign_id)
    yield "of that the sums of the country", timed(lambda: queries.board(campaign, root, "attend")), None, "ms"


def search(country: Country) -> Iterator[Told]:
    from quantriet.org import access
    from quantriet.org.models import Account, Unit
    from quantriet.org.queries.search import search_people

    province = Unit.objects.filter(depth=1).order_by("path")[0]
    for who, account_id, under in (
        ("country", country.officer_id, None),
        ("province", country.officer_id, province),
        ("commune", country.local_officer_id, None),
    ):
        slowest = 0.0
        for typed in SEARCHES:

            def ask(typed: str = typed, account_id: int = account_id, under: Unit | None = under) -> Any:
                account = Account.objects.get(pk=account_id)
                scope = access.people_scope(account, under=under)
                rows, by_unit = scope.rows.filter(left_on=None), scope.by_unit.filter(left_on=None)
                return search_people(rows, typed, by_unit=by_unit, units=scope.units, near=access.own_unit(account))

            value = timed(ask)
            slowest = max(slowest, value)
            yield f"{who}: “{typed}”", value, PAGE_LIMIT, "ms"
        yield f"{who}: the slowest", slowest, PAGE_LIMIT, "ms"
    reader, local = Reader(country.officer_id), Reader(country.local_officer_id)
    yield "list of people of the country, page", timed(reader.page("/desk/people/")), PAGE_LIMIT, "ms"
    yield (
        "list of people of a province, page",
        timed(reader.page(f"/desk/people/?unit={province.code}")),
        PAGE_LIMIT,
        "ms",
    )
    yield (
        "“nguyen thi huong” in the list, page",
        timed(reader.page("/desk/people/?q=nguyen+thi+huong")),
        PAGE_LIMIT,
        "ms",
    )
    yield (
        "“nguyen thi huong” in the box, page",
        timed(reader.page("/desk/search/?q=nguyen+thi+huong")),
        PAGE_LIMIT,
        "ms",
    )
    yield "“thon 12” in the box, page", timed(reader.page("/desk/search/?q=thon+12")), PAGE_LIMIT, "ms"
    yield "“hường” in the box of a commune, page", timed(local.page("/desk/search/?q=hường")), PAGE_LIMIT, "ms"


def member(country: Country) -> Iterator[Told]:
    reader, local, one = Reader(country.officer_id), Reader(country.local_officer_id), Reader(country.member_id)
    yield "the member's page", timed(one.page("/me/")), PAGE_LIMIT, "ms"
    for who, its in (("the country", reader), ("a commune", local)):
        for words, address, limit in (
            ("first page", "/", PAGE_LIMIT),
            ("find a unit", "/desk/units/switch/?q=thon+12", PAGE_LIMIT),
            ("log", "/desk/log/", PAGE_LIMIT),
            ("documents", "/desk/documents/", PAGE_LIMIT),
            ("campaigns", "/desk/campaigns/", PAGE_LIMIT),
            ("classes", "/desk/classes/", PAGE_LIMIT),
            ("units", "/desk/units/", None if its is reader else PAGE_LIMIT),
        ):
            yield f"{words} of an officer of {who}", timed(its.page(address)), limit, "ms"


def tallies(country: Country) -> Iterator[Told]:
    from django.core.management import call_command

    from quantriet.campaigns import queries
    from quantriet.campaigns.models import StudyCampaign, Tally

    campaign = StudyCampaign.objects.get(pk=country.campaign_id)
    start = time.perf_counter()
    call_command("rebuild-tallies", stdout=sys.stderr)
    yield "all tallies compared with 15 million duties", time.perf_counter() - start, TALLY_LIMIT, "s"
    kept = dict(Tally.objects.filter(campaign=campaign).values_list("pk", "reported_at"))
    Tally.objects.filter(campaign=campaign).update(done=0, exempt=0, owing=0)
    start = time.perf_counter()
    call_command("rebuild-tallies", stdout=sys.stderr)
    yield "all tallies counted again from nothing", time.perf_counter() - start, TALLY_LIMIT, "s"
    assert queries.audit_ledger(campaign) == []
    assert kept == dict(Tally.objects.filter(campaign=campaign).values_list("pk", "reported_at"))


MEASURED = {"board": board, "search": search, "member": member, "tallies": tallies}
for _what in MEASURED:
    program(f"country-{_what}")(lambda what=_what: on_both(what))


def main() -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.test.utils import override_settings

    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": static}):
        for told in MEASURED[sys.argv[1]](known_country()):
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
