"""The database door: one blocking write lock on SQLite, and the few places where the two databases differ."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

from quantriet.kit.refusal import Refusal


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


def reread(row: Model) -> None:
    """Bring a row that was read before the transaction to what stands now, and keep others from it until the commit.

    An action checks and writes what is true at its moment: the page read its row earlier, and somebody else may have
    written in between. (SQLite has no row locks and needs none: its write transaction is the only one.)
    Refuses when the row is gone.
    """
    try:
        row.refresh_from_db(from_queryset=type(row)._base_manager.select_for_update())
    except type(row).DoesNotExist:  # type: ignore[attr-defined]
        raise Refusal("row.gone", "Mục này vừa bị người khác bỏ nên không ghi được; hãy tải lại trang.") from None


def writers_have_ended(*, wait: float = 2.0) -> bool:
    """Whether every transaction that was writing at the call has ended since; waits up to so many seconds for it.

    Whoever reads rows by their growing keys needs it: on PostgreSQL a transaction may have taken a lower key and commit
    later. (SQLite has one writer at a time: keys grow in the order of commits.)
    """
    if connection.vendor != "postgresql":
        return True
    [(limit,)] = select("SELECT txid_snapshot_xmax(txid_current_snapshot())")
    deadline = time.monotonic() + wait
    while True:
        [(running,)] = select(
            "SELECT count(*) FROM txid_snapshot_xip(txid_current_snapshot()) AS id"
            " WHERE id < %s AND id IS DISTINCT FROM txid_current_if_assigned()",
            [limit],
        )
        if not running or time.monotonic() > deadline:
            return not running
        time.sleep(0.05)


def byte_order(table: str, column: str, length: int = 255) -> str:
    """SQL that gives a text column byte order, so that a prefix is an index range; empty where it has it already."""
    if connection.vendor != "postgresql":
        return ""
    return f'ALTER TABLE "{table}" ALTER COLUMN "{column}" TYPE varchar({length}) COLLATE "C"'


def insert_many(model: type[Model], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows of plain values, for actions that write by the hundred thousand; `names` are attributes of the model.

    `bulk_create` without the instances: a fifth of its time. Every column without a default in the database is named by
    the caller; dates may be ISO text; keys of the new rows are not returned.
    """
    if not rows:
        return
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({', '.join(['%s'] * len(fields))})"  # noqa: S608
    execute(statement, rows)


def select(sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """The rows of a plain statement, where building model instances would cost more than the question itself."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def execute(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run a plain statement once for each row of parameters; nothing for none."""
    if not rows:
        return
    with connection.cursor() as cursor:
        if len(rows) == 1:  # psycopg opens a pipeline for executemany, dearer than the statement
            cursor.execute(sql, rows[0])
        else:
            cursor.executemany(sql, rows)


def upsert(into: str, rows: Sequence[Sequence[Any]], on_conflict: str) -> None:
    """Insert plain rows, hundreds a statement; `into` is "table (columns)", `on_conflict` what follows ON CONFLICT."""
    if not rows:
        return
    row = f"({','.join(['%s'] * len(rows[0]))})"
    size = 20_000 // len(rows[0])  # SQLite takes 32,766 parameters
    with connection.cursor() as cursor:
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            cursor.execute(
                f"INSERT INTO {into} VALUES {','.join([row] * len(part))} ON CONFLICT {on_conflict}",  # noqa: S608
                [value for values in part for value in values],
            )
