"""One moment of the database into a backup, and out of it again; the only place where the two databases differ here."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from quantriet.kit.backups.archive import Backup, Manifest, Writer
from quantriet.kit.migrating import WholeSteps
from quantriet.kit.refusal import Refusal
from quantriet.kit.sealing import key_marks

DATABASE = "database.sqlite3"
# Seconds; a database in WAL keeps no reader waiting, so that this is a fault of somebody's.
_LONGEST_BUSY = 60
# Tables in which an installation that is used has rows, and one that was just made has none.
_LIVE_TABLES = ("org_account", "org_unit", "org_person")


# --- out ----------------------------------------------------------------------------------------------------------


def write_database(writer: Writer, scratch: Path) -> None:
    """One moment of the whole database; nobody waits for it. `scratch` is a folder for what lies there meanwhile."""
    if connection.vendor == "postgresql":
        _write_tables(writer)
    else:
        _write_copy(writer, scratch / DATABASE)


def _write_copy(writer: Writer, copy: Path) -> None:
    """SQLite: the backup API in one step, which reads one moment out of the WAL while others write.

    In several steps it would begin again at each write of another process. It takes no checkpoint, so it cannot meet the fault
    of WAL resets that versions up to 3.51.2 have.
    """
    if connection.in_atomic_block:
        raise RuntimeError("a backup is made outside of any transaction: SQLite copies none that is being written")
    connection.ensure_connection()
    source: Any = connection.connection
    end = time.monotonic() + _LONGEST_BUSY

    def _refuse_to_wait_for_ever(status: int, _left: int, _total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > end:
            raise sqlite3.OperationalError("database is locked")

    target = sqlite3.connect(copy, isolation_level=None)
    try:
        source.backup(target, pages=-1, progress=_refuse_to_wait_for_ever)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, without a WAL beside it
        (said,) = target.execute("PRAGMA quick_check(1)").fetchone()
        broken = target.execute("PRAGMA foreign_key_check").fetchone()
        if said != "ok" or broken:
            raise Refusal(
                "backup.database_broken",
                f"Cơ sở dữ liệu có chỗ hỏng ({said if said != 'ok' else broken[0]}); giữ nguyên các bản sao lưu cũ và báo ngay cho người hỗ trợ.",
            )
        names = [
            name for (name,) in target.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        ]
        for name in names:
            if not name.startswith("sqlite_"):
                (count,) = target.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()  # noqa: S608
                writer.manifest.tables[name] = count
        _note_log(writer.manifest, lambda sql: target.execute(sql).fetchone())
    finally:
        target.close()
    with writer.member(DATABASE) as member, copy.open("rb") as file:
        while chunk := file.read(1024 * 1024):
            member.write(chunk)
    copy.unlink()


def _write_tables(writer: Writer) -> None:
    """PostgreSQL: COPY of each table inside one REPEATABLE READ transaction, which sees one moment."""
    with _apart() as raw:
        raw.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for table in _tables(raw):
            columns = _columns(raw, table)
            writer.manifest.columns[table] = columns
            named = ", ".join(f'"{one}"' for one in columns)
            with raw.cursor() as cursor:
                with (
                    writer.member(f"tables/{table}.copy") as member,
                    cursor.copy(f'COPY "{table}" ({named}) TO STDOUT') as out,
                ):
                    for chunk in out:
                        member.write(bytes(chunk))
                writer.manifest.tables[table] = cursor.rowcount
        _note_log(writer.manifest, lambda sql: raw.execute(sql).fetchone())
        raw.execute("ROLLBACK")


def _note_log(manifest: Manifest, ask: Any) -> None:
    """Where the log ended, so that a restored one is known to be neither shorter nor another."""
    if "audit_auditevent" in manifest.tables:
        last = ask("SELECT MAX(id), MAX(at) FROM audit_auditevent")
        manifest.log = {"lines": manifest.tables["audit_auditevent"], "last": last[0], "at": str(last[1] or "")}


def describe() -> Manifest:
    """A manifest of the database as it is, still without rows and members."""
    from quantriet import __version__
    from quantriet.kit.time import now

    executor = MigrationExecutor(connection)
    return Manifest(
        made_at=now().isoformat(),
        version=__version__,
        database=connection.vendor,
        server=".".join(map(str, connection.get_database_version())),
        migrations=sorted([app, name] for app, name in executor.loader.applied_migrations),
        secret=key_marks()[0],
    )


# --- in -----------------------------------------------------------------------------------------------------------


def refuse_unless_empty() -> None:
    """Refuses when somebody's data lie where a backup is to be restored."""
    if connection.vendor == "sqlite":
        path = Path(str(connection.settings_dict["NAME"]))
        if path.exists() and path.stat().st_size:
            try:
                with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
                    names = {
                        name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                    }
                    used = any(
                        database.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()  # noqa: S608
                        for table in _LIVE_TABLES
                        if table in names
                    )
                database.close()
            except sqlite3.DatabaseError:
                raise Refusal(
                    "restore.unreadable",
                    f"Tệp {path} không đọc được; hãy chuyển tệp đó sang chỗ khác (đừng xóa) rồi phục hồi.",
                ) from None
            if used:
                raise _occupied(str(path.parent))
        return
    names = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table in _LIVE_TABLES:
            if table in names:
                cursor.execute(f'SELECT 1 FROM "{table}" LIMIT 1')  # noqa: S608
                if cursor.fetchone():
                    raise _occupied(str(connection.settings_dict["NAME"]))


def _occupied(where: str) -> Refusal:
    return Refusal(
        "restore.live",
        f"Nơi phục hồi ({where}) đang có dữ liệu nên không ghi đè. Phục hồi vào chỗ trống: quantriet restore TỆP --into "
        "THƯ-MỤC-MỚI (hoặc địa chỉ một cơ sở dữ liệu PostgreSQL trống).",
    )


def read_database(backup: Backup) -> None:
    """Write the database of a backup where the settings lead. All or nothing; refuses what does not agree with the manifest."""
    manifest = backup.manifest
    if manifest.database != connection.vendor:
        names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
        raise Refusal(
            "restore.other_database",
            f"Bản sao lưu này của {names.get(manifest.database, manifest.database)}, còn nơi phục hồi là "
            f"{names.get(connection.vendor, connection.vendor)}; hãy chọn nơi phục hồi cùng loại.",
        )
    unknown = {tuple(step) for step in manifest.migrations} - MigrationExecutor(None).loader.disk_migrations.keys()
    if unknown:
        app, name = min(unknown)
        raise Refusal(
            "restore.newer",
            f"Bản sao lưu do phiên bản {manifest.version} tạo ra, có bước {app}.{name} mà phiên bản đang cài không biết; "
            "hãy cài đúng phiên bản đó hoặc mới hơn rồi phục hồi.",
        )
    if connection.vendor == "postgresql":
        _read_tables(backup)
    else:
        _read_copy(backup)


def _read_copy(backup: Backup) -> None:
    path = Path(str(connection.settings_dict["NAME"]))
    path.parent.mkdir(parents=True, exist_ok=True)
    coming = path.with_name(path.name + ".restoring")
    try:
        with coming.open("wb") as file:
            for chunk in backup.chunks(DATABASE):
                file.write(chunk)
            file.flush()
            _sync(file.fileno())
        database = sqlite3.connect(f"file:{coming}?mode=ro", uri=True)
        try:
            _compare(
                backup.manifest,
                lambda table: database.execute(f'SELECT COUNT(*) FROM "{table}"').fetchone()[0],  # noqa: S608
            )
        finally:
            database.close()
        connection.close()
        for rest in ("-wal", "-shm"):  # of the empty database that stood there
            with suppress(FileNotFoundError):
                path.with_name(path.name + rest).unlink()
        coming.replace(path)
        sync_folder(path.parent)
    finally:
        with suppress(FileNotFoundError):
            coming.unlink()


def _read_tables(backup: Backup) -> None:
    manifest = backup.manifest
    for table in manifest.tables:  # all of it is looked at before the server gets any of it
        for _chunk in backup.chunks(f"tables/{table}.copy"):
            pass
    executor = MigrationExecutor(connection)
    steps = {(app, name) for app, name in manifest.migrations}
    graph = executor.loader.graph
    # To the very steps of the backup, not beyond them: the newest of those that it had, in each app.
    leaves = [
        step
        for step in steps
        if step in graph.nodes
        and not any(child.key in steps and child.key[0] == step[0] for child in graph.node_map[step].children)
    ]
    WholeSteps(connection).migrate(sorted(leaves))
    with _apart() as raw:
        raw.execute("BEGIN")
        there = set(_tables(raw))
        lost = manifest.tables.keys() - there
        if lost:
            raise Refusal("restore.tables", f"Bản sao lưu có bảng {min(lost)} mà cấu trúc của phiên bản đó không có.")
        if there:
            raw.execute("TRUNCATE " + ", ".join(f'"{table}"' for table in sorted(there)))
        # Rows first, then what is built over them: several times faster than keeping it up row by row.
        keys = raw.execute(
            "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
        ).fetchall()
        indexes = raw.execute(
            "SELECT quote_ident(c.relname), pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " WHERE c.relnamespace = current_schema()::regnamespace"
            " AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p','u','x'))"
        ).fetchall()
        for table, name, _definition in keys:
            raw.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for name, _definition in indexes:
            raw.execute(f"DROP INDEX {name}")
        for table in sorted(manifest.tables):
            named = ", ".join(f'"{one}"' for one in manifest.columns[table])
            with raw.cursor() as cursor, cursor.copy(f'COPY "{table}" ({named}) FROM STDIN') as into:
                for chunk in backup.chunks(f"tables/{table}.copy"):
                    into.write(chunk)
        for _name, definition in indexes:
            raw.execute(definition)
        for table, name, definition in keys:
            raw.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
        for table in sorted(there):
            for column in _columns(raw, table):
                (sequence,) = raw.execute("SELECT pg_get_serial_sequence(%s, %s)", [f'"{table}"', column]).fetchone()
                if sequence:
                    raw.execute(
                        f'SELECT setval(%s, COALESCE(MAX("{column}"), 1), MAX("{column}") IS NOT NULL) FROM "{table}"',  # noqa: S608
                        [sequence],
                    )
        _compare(manifest, lambda table: raw.execute(f'SELECT COUNT(*) FROM "{table}"').fetchone()[0])  # noqa: S608
        raw.execute("COMMIT")
        raw.execute("ANALYZE")


def _compare(manifest: Manifest, count: Any) -> None:
    for table, rows in sorted(manifest.tables.items()):
        found = count(table)
        if found != rows:
            raise Refusal(
                "restore.rows",
                f"Bảng {table} phục hồi được {found} dòng, bản sao lưu ghi {rows} dòng; chưa phục hồi gì.",
            )


# --- PostgreSQL, the driver itself --------------------------------------------------------------------------------


@contextmanager
def _apart() -> Iterator[Any]:
    """A connection of PostgreSQL's own driver, outside of the pool and of Django's transactions."""
    own: Any = connection.copy()
    own.settings_dict = {**own.settings_dict, "OPTIONS": {**own.settings_dict.get("OPTIONS", {}), "pool": None}}
    own.ensure_connection()
    try:
        yield own.connection
    finally:
        own.close()


def _tables(raw: Any) -> list[str]:
    rows = raw.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
    ).fetchall()
    return [name for (name,) in rows]


def _columns(raw: Any, table: str) -> list[str]:
    rows = raw.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = %s"
        " AND is_generated = 'NEVER' ORDER BY ordinal_position",
        [table],
    ).fetchall()
    return [name for (name,) in rows]


# --- the disk -----------------------------------------------------------------------------------------------------


def _sync(file: int) -> None:
    os.fsync(file)


def sync_folder(folder: Path) -> None:
    """A name in a folder is on the disk only once the folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
