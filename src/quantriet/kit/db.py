"""The database door: one blocking write lock on SQLite, and the few places where the two databases differ."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Model, QuerySet

from quantriet.kit.numbers import MoreThan
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
        row.refresh_from_db(from_queryset=type(row)._base_manager.select_for_update(no_key=True))
    except type(row).DoesNotExist:  # type: ignore[attr-defined]
        raise Refusal("row.gone", "Mục này vừa bị người khác bỏ nên không ghi được; hãy tải lại trang.") from None


MOST_COUNTED = 20_000  # rows that are counted out; a country would take a second


def counted(rows: QuerySet[Any]) -> int:
    """How many rows there are, as lists and first pages say it: beyond `MOST_COUNTED` that there are more."""
    total = rows.order_by()[: MOST_COUNTED + 1].count()
    return MoreThan(MOST_COUNTED) if total > MOST_COUNTED else total


def writers_have_ended(*, wait: float = 2.0) -> bool:
    """Whether every transaction that was writing at the call has ended since; waits up to so many seconds for it.

    Whoever reads rows by their growing keys needs it: on PostgreSQL a transaction may have taken a lower key and commit
    later. (SQLite has one writer at a time: keys grow in the order of commits.)
    """
    if connection.vendor != "postgresql":
        return True
    writers = {number for (number,) in select(_WRITERS)}
    deadline = time.monotonic() + wait
    while writers:
        writers &= {number for (number,) in select(_WRITERS)}
        if time.monotonic() > deadline:
            break
        if writers:
            time.sleep(0.05)
    return not writers


# Numbers of the other transactions that are writing in this database. A snapshot would name those of the whole server;
# the database's own vacuum writes no row of ours, and may hold a number for seconds while it waits to cut a table's end.
_WRITERS = """
    SELECT held.transactionid::text FROM pg_locks AS held JOIN pg_stat_activity AS session USING (pid)
    WHERE held.locktype = 'transactionid' AND held.mode = 'ExclusiveLock' AND held.granted
        AND session.datname = current_database() AND session.backend_type = 'client backend' AND held.pid <> pg_backend_pid()
"""


def byte_order(table: str, column: str, length: int = 255) -> str:
    """SQL that gives a text column byte order, so that a prefix is an index range; empty where it has it already."""
    if connection.vendor != "postgresql":
        return ""
    return f'ALTER TABLE "{table}" ALTER COLUMN "{column}" TYPE varchar({length}) COLLATE "C"'


MANY_ROWS = 1_000  # from so many new rows on, what the planner believes of a table may be far from the truth


def rows_were_written(model: type[Model], count: int) -> None:
    """Tell the planner about `count` new rows of a table, where they are many.

    Autovacuum of PostgreSQL comes a minute later, and only after the commit; until then a table that was empty still counts
    as empty, and the first question after a large import or the opening of a campaign walks it once a row.
    """
    if count < MANY_ROWS:
        return
    if connection.vendor == "postgresql":
        _run(f'ANALYZE "{model._meta.db_table}"')
    else:
        learn_sizes()


# Entries of each index from which the whole is estimated: 0.1 s for a country, half a minute without.
_LOOKED_AT = 1_000


def learn_sizes() -> None:
    """Have SQLite learn how large its tables are and how many rows a key has. (PostgreSQL does so by itself.)

    A database that was never told takes every table for one of a million rows and every key for one of ten: it walks the
    duties of five million people to find which of them have a catch-up, where nobody has one (the first page of a country:
    13 s instead of 0.1). Small tables are all described by one number, the empty ones, which ANALYZE leaves out, with
    them: a table that fills is not taken for empty until the next look.
    """
    if connection.vendor != "sqlite":
        return
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    with transaction.atomic():
        _run(f"PRAGMA analysis_limit = {_LOOKED_AT}")
        _run("ANALYZE")
        for table in tables:
            if not select(f'SELECT 1 FROM "{table}" LIMIT 1 OFFSET {MANY_ROWS - 1}'):  # noqa: S608
                execute("DELETE FROM sqlite_stat1 WHERE tbl = %s", [(table,)])
                execute("INSERT INTO sqlite_stat1 (tbl, stat) VALUES (%s, %s)", [(table, str(MANY_ROWS))])
        _run("ANALYZE sqlite_schema")  # read by this connection
        # Other connections read it together with the schema, and that anew after any change of it.
        _run("CREATE TABLE kit_known (id INTEGER)")
        _run("DROP TABLE kit_known")


# --- words of a column ------------------------------------------------------------------------------------------


def keep_word_index(table: str, column: str) -> None:
    """Make the index of the words of a column of folded text, unless it is there; from then on the database keeps it.

    PostgreSQL: a GIN index of `to_tsvector('simple', …)`, which needs no extension. SQLite: an FTS5 table without a copy
    of the text, kept by triggers in the transaction that writes the row. A migration that makes a table of SQLite anew
    takes its triggers away: called again after it, this makes both anew.
    """
    if connection.vendor == "postgresql":
        # Asked first: even IF NOT EXISTS waits for every writer of the table, and each start comes by here.
        if select("SELECT to_regclass(%s)", [f'"{table}_words"']) == [(None,)]:
            _run(f'CREATE INDEX "{table}_words" ON "{table}" USING gin (to_tsvector(\'simple\', "{column}"))')
        return
    kept = {
        name for (name,) in select("SELECT name FROM sqlite_master WHERE tbl_name = %s AND type = 'trigger'", [table])
    }
    if {f"{table}_words_{when}" for when in ("in", "out", "new")} <= kept:
        return
    drop_word_index(table)
    words = f"{table}_words"
    _run(
        f'CREATE VIRTUAL TABLE "{words}" USING fts5("{column}", content="{table}", content_rowid="id",'
        " detail=none, columnsize=0, prefix='2 3')"
    )
    gone = f'INSERT INTO "{words}" ("{words}", rowid, "{column}") VALUES (\'delete\', old.id, old."{column}");'  # noqa: S608
    come = f'INSERT INTO "{words}" (rowid, "{column}") VALUES (new.id, new."{column}");'  # noqa: S608
    _run(f'CREATE TRIGGER "{words}_in" AFTER INSERT ON "{table}" BEGIN {come} END')
    _run(f'CREATE TRIGGER "{words}_out" AFTER DELETE ON "{table}" BEGIN {gone} END')
    _run(
        f'CREATE TRIGGER "{words}_new" AFTER UPDATE OF "{column}" ON "{table}"'
        f' WHEN old."{column}" <> new."{column}" BEGIN {gone} {come} END'
    )
    rebuild_word_index(table)


def rebuild_word_index(table: str) -> None:
    """Read the words of every row again."""
    if connection.vendor == "postgresql":
        _run(f'REINDEX INDEX "{table}_words"')
    else:
        _run(f'INSERT INTO "{table}_words" ("{table}_words") VALUES (\'rebuild\')')  # noqa: S608


def drop_word_index(table: str) -> None:
    """Take the index of words away, as before writing millions of rows; `keep_word_index` makes it again."""
    if connection.vendor == "postgresql":
        _run(f'DROP INDEX IF EXISTS "{table}_words"')
        return
    for when in ("in", "out", "new"):
        _run(f'DROP TRIGGER IF EXISTS "{table}_words_{when}"')
    _run(f'DROP TABLE IF EXISTS "{table}_words"')


def keys_having_words(
    table: str, column: str, words: Sequence[str], *, limit: int, unfinished: bool = True
) -> list[int]:
    """The keys of at most `limit` rows whose column has every one of the words, the last of them perhaps `unfinished`.

    Of words that half of a table of millions has PostgreSQL reads all places first (0.1 s for two million).
    """
    plain = [one for one in ("".join(letter for letter in word if letter.isalnum()) for word in words) if one]
    if not plain:
        return []
    if connection.vendor == "postgresql":
        # What would lead PostgreSQL to take the words of row after row apart instead of reading the index, seventy times
        # dearer: a limit beside the question, so the list is one of its own; and knowing how common the words are, so the
        # question comes from a SELECT that the planner does not look into.
        found = select(
            f'WITH found AS MATERIALIZED (SELECT id FROM "{table}"'  # noqa: S608
            f" WHERE to_tsvector('simple', \"{column}\") @@ (SELECT to_tsquery('simple', %s))) SELECT id FROM found LIMIT %s",
            [" & ".join([*plain[:-1], plain[-1] + (":*" if unfinished else "")]), limit],
        )
    else:
        found = select(
            f'SELECT rowid FROM "{table}_words" WHERE "{table}_words" MATCH %s LIMIT %s',  # noqa: S608
            [" AND ".join(f'"{word}"' for word in plain) + ("*" if unfinished else ""), limit],
        )
    return [key for (key,) in found]


def words_are_read_in_part() -> bool:
    """Whether a limit of `keys_having_words` saves reading the places of common words."""
    return connection.vendor == "sqlite"


def _run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


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


def select(sql: str, params: Sequence[Any] = (), *, often: bool = False) -> list[tuple[Any, ...]]:
    """The rows of a plain statement, where building model instances would cost more than the question itself.

    `often` has PostgreSQL keep the statement and its plan in each connection: for the few that stand before every check-in,
    which take longer to plan than to answer (0.5 instead of 0.07 ms).
    """
    keeps = often and connection.vendor == "postgresql" and not connection.queries_logged
    with _keeping_cursor() if keeps else connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def _keeping_cursor() -> CursorWrapper:
    """Django's own cursors write parameters into the statement, so that no two are the same; of this PostgreSQL sees them apart."""
    from django.db.backends.postgresql.base import ServerBindingCursor  # only where the driver is installed

    connection.ensure_connection()
    cursor: Any = ServerBindingCursor(connection.connection)  # type: ignore[call-arg]  # stubs: it is psycopg's
    return connection.make_cursor(cursor)


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
