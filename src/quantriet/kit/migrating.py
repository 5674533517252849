"""Steps of the schema: one host at a time, and each step whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from quantriet.kit.refusal import Refusal
from quantriet.kit.sqlite.turn import turn_of

# A key of its own among PostgreSQL's advisory locks.
_KEY = 0x7175616E_74726965
WAIT_SECONDS = 30 * 60
# After a power cut the database and the product are started together, and the database first reads its journal.
START_SECONDS = 60
_STARTING = (
    "connection refused", "no such file or directory", "is starting up", "is shutting down", "recovery", "not yet accepting",
)  # fmt: skip


class WholeSteps(MigrationExecutor):
    """Writes that a step is done inside the step's own transaction.

    Django runs the deferred statements and commits, and only then notes the step; killed in between, the next run would
    begin the step again over the tables it has already made.
    """

    def apply_migration(self, state: Any, migration: Any, fake: bool = False, fake_initial: bool = False) -> Any:
        if fake or fake_initial or not migration.atomic:
            return super().apply_migration(state, migration, fake=fake, fake_initial=fake_initial)
        if self.progress_callback:
            self.progress_callback("apply_start", migration, fake)
        with self.connection.schema_editor(atomic=True) as editor:
            state = migration.apply(state, editor)
            deferred, editor.deferred_sql = editor.deferred_sql, []
            for statement in deferred:
                editor.execute(statement, None)
            self.record_migration(migration)  # type: ignore[call-arg]  # the stubs know an older signature
        if self.progress_callback:
            self.progress_callback("apply_success", migration, fake)
        return state


@contextmanager
def alone(alias: str) -> Iterator[None]:
    """Keep every other `migrate` of this database waiting; a killed one frees its place by itself."""
    connection = connections[alias]
    if connection.vendor == "postgresql":
        # On a connection of its own: the lock must neither wait in a transaction nor end with one.
        keeper = connection.copy()
        keeper.settings_dict = {**keeper.settings_dict, "OPTIONS": {**keeper.settings_dict["OPTIONS"], "pool": None}}
        try:
            _reach(keeper)
            with keeper.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, false)", [f"{WAIT_SECONDS}s"])
                cursor.execute("SELECT pg_advisory_lock(%s)", [_KEY])
            yield
        finally:
            keeper.close()
        return
    path = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or path == ":memory:" or "mode=memory" in path:
        yield
        return
    turn = turn_of(path + ".migrating")
    if not turn.take(WAIT_SECONDS):
        raise Refusal(
            "migrate.busy",
            "Một tiến trình khác đang cập nhật cấu trúc bảng quá lâu; hãy xem tiến trình đó rồi chạy lại.",
        )
    try:
        yield
    finally:
        turn.free()


def _reach(connection: BaseDatabaseWrapper) -> None:
    """Connect, waiting for a server that is still being started; a wrong password or name is told at once."""
    last = time.monotonic() + START_SECONDS
    while True:
        try:
            connection.ensure_connection()
            return
        except OperationalError as error:
            if not any(words in str(error).lower() for words in _STARTING):
                raise
            if time.monotonic() >= last:
                raise Refusal(
                    "migrate.no_database",
                    f"Đã chờ {START_SECONDS} giây mà cơ sở dữ liệu chưa mở: hãy xem máy chủ PostgreSQL có đang chạy và "
                    "DATABASE_URL có đúng không, rồi chạy lại.",
                ) from error
            time.sleep(0.5)
