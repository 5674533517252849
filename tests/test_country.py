"""A country in small: generated straight into a database, its pages answer, its tallies are proved and counted again.

`make test` makes a five-hundredth on SQLite; `make test-slow` a tenth on both databases, with the limits of the benches, and lets
a server work for two minutes. The whole country is for `make bench NAME="country-board …"`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from bench import country_pages, soak
from bench.country import ROOT, standing_country

WHAT = ("board", "search", "member", "tallies")


@pytest.fixture
def folder():
    """A place with a short name that others may enter: a socket takes a hundred letters, the server of root is another user."""
    with tempfile.TemporaryDirectory(prefix="country-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield made


def measured(database, part, folder, monkeypatch):
    """What each program of a country says: words, value, limit, unit."""
    monkeypatch.setenv("QUANTRIET_COUNTRY_FOLDER", folder)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    told = []
    with standing_country(database, part) as environment:
        for what in WHAT:
            done = subprocess.run(
                [sys.executable, "-m", "bench.country_pages", what],
                env={**environment, "QUANTRIET_COUNTRY_ROUNDS": "1"},
                cwd=ROOT, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            told += [json.loads(line) for line in done.stdout.splitlines()]
    return told


@pytest.mark.req("B-19")
@pytest.mark.timeout(900)
def test_a_five_hundredth_of_a_country_is_made_and_answers(folder, monkeypatch):
    told = measured("SQLite", 500, folder, monkeypatch)
    words = {one[0] for one in told}
    assert {"board of the country", "the member's page", "commune: “huong”"} <= words
    assert "all tallies counted again from nothing" in words  # and proved there against every duty


@pytest.mark.slow
@pytest.mark.req("B-19")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("database", ["SQLite", "PostgreSQL"])
def test_a_tenth_of_a_country_keeps_the_limits(database, folder, monkeypatch):
    told = measured(database, 10, folder, monkeypatch)
    slow = [f"{words}: {value:.0f} {unit}" for words, value, limit, unit in told if limit is not None and value > limit]
    assert slow == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_memory_of_a_server_stays_over_two_minutes_of_load(tmp_path):
    order = (
        "import django; django.setup(); import json; from bench.soak import soak;"
        " [print(json.dumps([one.what, one.value, one.held])) for one in soak(2)]"
    )
    done = subprocess.run(
        [sys.executable, "-c", order], env=soak.apart(tmp_path), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [what for what, _value, held in told if not held] == []
    assert told[0][1] > 100  # requests were answered


def test_a_program_of_a_country_is_known_by_its_name():
    from bench.registry import PROGRAMS

    assert {f"country-{what}" for what in country_pages.MEASURED} <= PROGRAMS.keys()
