"""What every test stands on: fast passwords, files in a folder of their own, no network but loopback."""

import gc
import ipaddress
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import hypothesis
import pytest

from scripts import bootstrap
from scripts.suite import LONG, PAGES
from tests.migrated import migrate_from_kept

hypothesis.settings.register_profile("house", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("house")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        bootstrap.compile_catalogues()
    from django.conf import settings  # after pytest-django has named them

    folder = Path(tempfile.mkdtemp(prefix="quantriet-test-"))
    config.add_cleanup(partial(shutil.rmtree, folder, ignore_errors=True))
    settings.DATA_DIR = folder
    settings.MEDIA_ROOT = str(folder / "files")
    settings.EMAIL_FILE_PATH = str(folder / "mail")
    settings.BACKUP_FOLDER = str(folder / "backups")
    database = settings.DATABASES["default"]
    if "sqlite" in database["ENGINE"]:
        # Said aloud: each of several test processes would else be given a file of its own.
        database.setdefault("TEST", {})["NAME"] = ":memory:"
    # Argon2 takes 0.2 s a password, which is its purpose and not ours here.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Names with a digest need `collectstatic` first.
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def pytest_collection_finish() -> None:
    """What is loaded stays loaded: a collection that walks all of it after every few hundred objects finds nothing there."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


ASK_A_DATABASE = {"db", "transactional_db", "live_server"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run on PostgreSQL what asks the database, the long ones only with the slow; give back to tests that commit what the
    migrations wrote, which flushing the tables takes away."""
    on_postgres = os.environ.get("DATABASE_URL", "").startswith("postgres")
    elsewhere, long = [], []
    for item in items:
        marker = item.get_closest_marker("django_db")
        asks = ASK_A_DATABASE & set(getattr(item, "fixturenames", ()))
        if item.nodeid.startswith(LONG) and not (marker or asks):
            long.append(item)
        if on_postgres and item.nodeid.startswith((*LONG, *PAGES)):
            item.add_marker(pytest.mark.slow)
        elif on_postgres and not (marker or asks):
            elsewhere.append(item)
        if asks - {"db"} or (marker and marker.kwargs.get("transaction")):
            item.add_marker(pytest.mark.django_db(transaction=True, serialized_rollback=True), append=False)
    # What starts the product by itself is handed out first, one after the other: at the end one process would wait for it.
    first, left_out = set(long), set(elsewhere)
    items[:] = [*long, *(item for item in items if item not in first)]
    if elsewhere:
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    from django.db import connection  # which one was really used is worth a line

    # Of the driver: asking the server would open a connection, which pytest-django forbids here.
    driver = connection.Database
    version = getattr(driver, "sqlite_version", None) or getattr(driver, "__version__", "")
    terminalreporter.write_line(f"database: {connection.vendor} ({driver.__name__} {version})")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings) -> Iterator[None]:
    """On SQLite the tables are kept between runs (tests/migrated.py)."""
    from django.core.management.commands.migrate import Command
    from django.db import connections

    handle = Command.handle

    def handled(self, *args, database: str, **options) -> None:
        migrate_from_kept(connections[database], lambda: handle(self, *args, database=database, **options))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Command, "handle", handled)
        yield


def _is_loopback(host: object) -> bool:
    try:
        return host in ("localhost", "") or ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session", autouse=True)
def no_network():
    """A test that reaches for an outside host fails at once, on every machine alike."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise RuntimeError(f"A test reached for the outside host {address[0]!r}.")
        return connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(autouse=True)
def no_page_of_another_test():
    """Public pages stay in memory for a second, which is longer than a test; what was counted of them is not this one's."""
    fresh, reads = (sys.modules.get(f"quantriet.portal.{name}") for name in ("web.fresh", "actions.reads"))
    if fresh is not None:
        fresh.forget_pages()
    if reads is not None:
        reads._waiting = reads._Waiting()


@pytest.fixture(scope="session")
def kept_cast():
    from tests.cast import KeptCast  # models exist only once Django is set up

    return KeptCast()


@pytest.fixture
def cast(db, kept_cast):
    """The permanent cast, fresh for this test."""
    return kept_cast.write()


@pytest.fixture
def as_user(cast, client):
    """Sign the test client in as one of the cast: `as_user("officer")` gives the client back."""

    def sign_in(username: str):
        client.force_login(cast.accounts[username], backend="quantriet.org.web.sign_in.AccountBackend")
        session = client.session
        session["confirmed"] = time.time()  # as if the password had just been typed
        session.save()
        return client

    return sign_in
