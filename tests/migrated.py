"""The tables of an empty SQLite database, kept between runs: making them takes longer than most rooms' tests.

A copy's name holds the digest of every migration and lock, so a changed one is made anew; `migrate` still runs on the copy and
finds nothing left to do. `make clean` removes it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def kept_tables() -> Path:
    """Where the copy for the migrations of now lies, or will lie."""
    digest = hashlib.sha256(sqlite3.sqlite_version.encode())
    for path in sorted([*ROOT.glob("src/quantriet/*/migrations/*.py"), ROOT / "requirements/core.txt"]):
        digest.update(path.name.encode() + path.read_bytes())
    folder = ROOT / ".pytest_cache" / "d" / "migrated"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{digest.hexdigest()[:32]}.sqlite3"


def migrate_from_kept(connection: Any, migrate: Callable[[], None]) -> None:
    """Migrate a database; an empty one on SQLite begins as the kept copy, or becomes it while others wait for it."""
    kept = kept_tables()
    is_empty = connection.vendor == "sqlite" and not connection.introspection.table_names()
    with _alone(kept) if is_empty and not kept.exists() else contextlib.nullcontext():
        if is_empty and kept.exists():
            with contextlib.closing(sqlite3.connect(kept)) as copy:
                copy.backup(connection.connection)
        migrate()
        if is_empty and not kept.exists():
            part = kept.with_suffix(f".{os.getpid()}")
            with contextlib.closing(sqlite3.connect(part)) as copy:
                connection.connection.backup(copy)
            part.replace(kept)


@contextlib.contextmanager
def _alone(kept: Path) -> Iterator[None]:
    """One process makes the copy: two that make it side by side take longer than one after the other."""
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # freed with the file, also by a kill
        yield


def make_tables() -> None:
    """`migrate` of a process of its own, which the test has started."""
    from django.core.management import call_command
    from django.db import connection

    migrate_from_kept(connection, lambda: call_command("migrate", verbosity=0))
