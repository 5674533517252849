"""A real Chromium for the journeys: the system's own, in Vietnamese, cut off from the network."""

import os
import shutil
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection, connections
from django.test import Client
from playwright.sync_api import Browser, Page, Route, sync_playwright

# Playwright keeps a loop in this thread, which Django would else take for an asynchronous caller.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings, tmp_path_factory) -> None:
    """The browser's requests come on threads of their own: a database in a file, as in real use, not one shared in memory."""
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("journeys") / "test.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup) -> None:
    """Once Playwright's loop runs, this thread gets another connection object; what the migrations wrote is kept on the
    class, where every one of them finds it again after a flush."""
    made = connections["default"]
    contents = getattr(made, "_test_serialized_contents", None)
    if contents is not None:
        type(made)._test_serialized_contents = contents


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if path is None:
        pytest.fail("No Chromium on this machine: `make test` installs it, or: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def _only_loopback(route: Route) -> None:
    host = urlsplit(route.request.url).hostname
    if host in ("localhost", "127.0.0.1", "::1", None):
        route.continue_()
    else:
        route.abort()


@pytest.fixture
def open_page(chromium: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """A page of its own (own cookies) in a window of the given size; addresses may be relative."""
    contexts = []

    def opened(width: int, height: int, **options) -> Page:
        # A service worker answers before the routes of a test do: only the journeys of the handbook let one in.
        options.setdefault("service_workers", "block")
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": height},
            locale="vi-VN",
            timezone_id="Asia/Ho_Chi_Minh",
            **options,
        )
        context.set_default_timeout(15_000)
        context.route("**/*", _only_loopback)
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def desk(open_page) -> Page:
    """The officer's screen."""
    return open_page(1280, 900)


@pytest.fixture
def phone(open_page) -> Page:
    """The member's telephone."""
    return open_page(390, 844, has_touch=True, is_mobile=True)


@pytest.fixture
def sign_in(live_server) -> Callable[[Page, object], None]:
    """Give a page the session of an account, without going through the form each time."""

    def signed_in(page: Page, account: object) -> None:
        client = Client()
        client.force_login(account)
        page.context.add_cookies(
            [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
        )

    return signed_in


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Fail on any violation that axe finds on the page as it stands."""

    def no_violations(page: Page) -> None:
        # Without preload: axe would fetch and insert each style sheet anew, which the content policy rightly blocks.
        found = Axe().run(page, options={"preload": False})
        assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"

    return no_violations
