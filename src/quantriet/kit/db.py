"""The database door: one blocking write lock on SQLite, and the few places where the two databases differ."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def named_lock(name: str) -> Iterator[None]:
    """Let one transaction at a time pass for `name`, until it commits.

    SQLite needs nothing: a write transaction already holds the one write lock. PostgreSQL takes an advisory lock.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            key = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
        yield


def byte_order(table: str, column: str, length: int = 255) -> str:
    """SQL that gives a text column byte order, so that a prefix is an index range; empty where it has it already."""
    if connection.vendor != "postgresql":
        return ""
    return f'ALTER TABLE "{table}" ALTER COLUMN "{column}" TYPE varchar({length}) COLLATE "C"'
