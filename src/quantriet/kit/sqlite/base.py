"""Django's SQLite backend with one blocking lock round every write and every checkpoint.

A write is a transaction, from BEGIN IMMEDIATE to its end, or a single statement outside of one (`row.save()`).

Why not SQLite's own busy wait: it sleeps and is unfair (p99 328 ms at 8 clients against 35 ms with one blocking lock).
Why checkpoints under the lock: versions up to 3.51.2 can corrupt a WAL database when one connection resets the WAL while
another writes; automatic checkpoints are therefore off, and this backend checkpoints itself after a commit.
"""

import os
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

from quantriet.kit.sqlite.turn import Turn, turn_of

# Bytes of WAL after which a commit also checkpoints; about a thousand pages, SQLite's own habit.
CHECKPOINT_BYTES = 4 * 1024 * 1024
# A write waits so many seconds for its turn (a large import may hold it for half a minute), then says that it could not.
LONGEST_WAIT = float(os.environ.get("QUANTRIET_LOCK_WAIT", "60"))
# Only for bench/marks.py, which measures what the lock is worth: SQLite's own busy wait instead.
_WITHOUT_LOCK = os.environ.get("QUANTRIET_BENCH_WITHOUT_WRITE_LOCK") == "1"


# First words of statements that change nothing. Whatever else comes takes the lock, needed or not.
_READS = frozenset({"SELECT", "EXPLAIN", "PRAGMA", "VALUES"})


class Cursor(base.SQLiteCursorWrapper):
    """Takes the lock round a statement that writes outside of a transaction."""

    owner: "DatabaseWrapper"
    _kept: Iterator[Any] | None = None

    def execute(self, query: str, params: Any = None) -> Any:
        owner = self.owner
        if self._kept is not None:
            self._forget()
        if owner._lock_held or query.startswith("SELECT") or not owner._needs_lock(query):
            return super().execute(query, params)
        return owner._locked(lambda: self._run_to_the_end(query, params))

    def executemany(self, query: str, param_list: Any) -> Any:
        if self._kept is not None:
            self._forget()
        if self.owner._lock_held or not self.owner._needs_lock(query):
            return super().executemany(query, param_list)
        return self.owner._locked(lambda: super(Cursor, self).executemany(query, param_list))

    def _run_to_the_end(self, query: str, params: Any) -> Any:
        """Run a single write; its RETURNING rows are read at once, for it is committed only after the last of them."""
        result = super().execute(query, params)
        if self.description is not None:
            rows = super().fetchall()
            # On the one cursor that has them, so that no other pays for the detour.
            self._kept = kept = iter(rows)
            self.fetchone = lambda: next(kept, None)  # type: ignore[method-assign]
            self.fetchmany = lambda size=1: list(islice(kept, size))  # type: ignore[method-assign, misc]
            self.fetchall = lambda: list(kept)  # type: ignore[method-assign]
        return result

    def _forget(self) -> None:
        self._kept = None
        del self.fetchone, self.fetchmany, self.fetchall

    def __iter__(self) -> Any:
        return self if self._kept is None else self._kept


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection; holds the file lock from BEGIN IMMEDIATE to COMMIT or ROLLBACK, and round a single write."""

    _turn: Turn | None = None
    _lock_held = False

    def _path(self) -> str | None:
        name = str(self.settings_dict["NAME"])
        return None if name == ":memory:" or "mode=memory" in name else name

    def _take_lock(self) -> None:
        path = self._path()
        if path is None or self._lock_held:
            return
        if not _WITHOUT_LOCK:
            turn = turn_of(path + ".lock")
            if not turn.take(LONGEST_WAIT):
                # In SQLite's own words, so that whoever knows them knows these.
                raise OperationalError(f"database is locked (another process has written for {LONGEST_WAIT:g} seconds)")
            self._turn = turn
        self._lock_held = True

    def _free_lock(self) -> None:
        if self._lock_held:
            self._lock_held = False
            if self._turn is not None:
                turn, self._turn = self._turn, None
                turn.free()

    def create_cursor(self, name: str | None = None) -> Any:
        cursor = self.connection.cursor(factory=Cursor)
        cursor.owner = self
        return cursor

    def _needs_lock(self, query: str) -> bool:
        return self._path() is not None and query.split(None, 1)[0].upper() not in _READS

    def _locked(self, write: Callable[[], Any]) -> Any:
        """Run a single write under the lock; one that opened a transaction leaves the lock to its end."""
        self._take_lock()
        try:
            result = write()
            if not self.connection.in_transaction:
                self._checkpoint_if_grown()
            return result
        finally:
            if not self.connection.in_transaction:
                self._free_lock()

    def _start_transaction_under_autocommit(self) -> None:
        self._take_lock()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # missing in the stubs
        except BaseException:
            self._free_lock()
            raise

    def _commit(self) -> Any:
        try:
            result = super()._commit()  # type: ignore[misc]
            self._checkpoint_if_grown()
            return result
        finally:
            if self.connection is None or not self.connection.in_transaction:
                self._free_lock()

    def _rollback(self) -> Any:
        try:
            return super()._rollback()  # type: ignore[misc]
        finally:
            self._free_lock()

    def close(self) -> None:
        try:
            super().close()
        finally:
            # Inside an atomic block Django only marks the connection for closing; then the lock stays with it.
            if self.connection is None:
                self._free_lock()

    def _checkpoint_if_grown(self) -> None:
        path = self._path()
        if path is None or not self._lock_held or self.connection is None:
            return
        try:
            grown = os.stat(path + "-wal").st_size > CHECKPOINT_BYTES
        except FileNotFoundError:
            return
        if grown:
            # PASSIVE never waits for readers; what they still need stays in the WAL for the next commit.
            self.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
