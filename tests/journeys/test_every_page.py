"""Every page that a person can reach by its links, at both screens: no violation, nothing sticking out, no broken promise.

With QUANTRIET_SHOTS set to a folder, a picture of each page is put there (`make shots`).
"""

import os
import re
from collections import deque
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command, get_commands
from django.urls import Resolver404, resolve
from playwright.sync_api import APIResponse, Error

from quantriet.org.models import Account
from quantriet.org.vocab import Role

pytestmark = pytest.mark.journey

SHOTS = os.environ.get("QUANTRIET_SHOTS")
STARTS = ["/", "/desk/", "/me/"]
# Downloads and the way out are links, not pages.
NO_PAGES = re.compile(r"format=|download|/sign-out|\.(xlsx|docx|pdf|ics|csv|ods|png|svg|webmanifest)(\?|$)")
SIZES = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
MOST_PAGES = 400  # a guard against going in circles; more kinds of pages than this fail the test


@pytest.fixture
def people(request) -> dict[str, Account | None]:
    """One account a role, in the demo organisation of a commune; the stranger has none."""
    if "seed" in get_commands():
        call_command("seed", size="commune", verbosity=0)
    else:
        request.getfixturevalue("cast")
    roles = {"officer": Role.BOARD_OFFICER, "organiser": Role.ORGANISER, "secretary": Role.CELL_SECRETARY}
    found: dict[str, Account | None] = {"stranger": None}
    for name, role in {**roles, "admin": Role.ADMINISTRATOR, "leader": Role.LEADER, "member": Role.MEMBER}.items():
        found[name] = Account.objects.filter(appointments__role=role, is_active=True).order_by("pk").first()
        assert found[name] is not None, f"the demo organisation has nobody with the role {role}"
    return found


def page_kind(address: str) -> str | None:
    """Pages of one route are one kind; None for what is no page of ours."""
    parts = urlsplit(address)
    if NO_PAGES.search(address):
        return None
    try:
        return resolve(parts.path).route
    except Resolver404:
        return None


def is_file(answer: APIResponse) -> bool:
    return answer.ok and answer.headers.get("content-disposition", "").startswith("attachment")


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    "who",
    [
        "stranger",
        "member",
        # Scores of pages each, twice measured: minutes a role, in `make test-slow`.
        *(
            pytest.param(who, marks=pytest.mark.slow)
            for who in ("secretary", "organiser", "leader", "officer", "admin")
        ),
    ],
)
def test_every_page_reached_by_links(who, people, desk, sign_in, axe, live_server):
    if people[who]:
        sign_in(desk, people[who])
    problems: list[str] = []
    desk.on(
        "console", lambda said: said.type == "error" and problems.append(f"{desk.url}: {said.text} {said.location}")
    )
    desk.on("pageerror", lambda error: problems.append(f"{desk.url}: {error}"))
    waiting, seen = deque(STARTS), set()
    for start in STARTS:
        seen.add(page_kind(start))
    visited = 0
    while waiting and visited < MOST_PAGES:
        address = waiting.popleft()
        mark = len(problems)
        desk.set_viewport_size(SIZES["desk"])
        try:
            answer = desk.goto(address)
        except Error as refused:
            # A link to a file: the browser would save it, so it is asked for as a file.
            file = desk.request.get(address)
            if "Download is starting" not in str(refused) or not is_file(file):
                problems.append(f"{address}: {refused}")
            continue
        if address in STARTS and answer.status in (403, 404):
            del problems[mark:]  # not every role has each of the three homes
            continue
        if answer.status >= 400:
            problems.append(f"{address}: answered {answer.status}")
            continue
        if "html" not in (answer.headers.get("content-type") or ""):
            continue
        visited += 1
        for size, viewport in SIZES.items():
            desk.set_viewport_size(viewport)
            over = desk.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if over > 1:
                problems.append(f"{desk.url}: sticks out by {over} px on the {size}")
            try:
                axe(desk)
            except AssertionError as found:
                problems.append(f"{size}: {found}")
            if SHOTS:
                name = re.sub(r"\W+", "-", urlsplit(desk.url).path).strip("-") or "home"
                Path(SHOTS).mkdir(parents=True, exist_ok=True)
                desk.screenshot(path=f"{SHOTS}/{who}-{name}-{size}.png", full_page=True)
        for link in desk.eval_on_selector_all("a[href]", "links => links.map(link => link.href)"):
            if link.startswith(live_server.url):
                kind = page_kind(link)
                if kind is not None and kind not in seen:
                    seen.add(kind)
                    waiting.append(link.removeprefix(live_server.url))
        for problem in problems[mark:]:
            print(problem)  # seen at once with -s, and in the report
    # What waits is of a kind that no page visited was: each stands here once, so a limit reached is a page unseen.
    problems += [f"{address}: never visited, the limit of {MOST_PAGES} pages is too low" for address in waiting]
    assert visited, "no page at all"
    assert not problems, "\n".join(problems)
