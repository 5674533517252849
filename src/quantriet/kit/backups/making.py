"""Making a backup: hot, into a temporary name, on the disk before it has its own."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from quantriet.kit.backups.archive import Writer
from quantriet.kit.backups.databases import describe, sync_folder, write_database
from quantriet.kit.backups.sealing import Sealing, read_key
from quantriet.kit.backups.shelf import name_at
from quantriet.kit.numbers import show_number
from quantriet.kit.refusal import Refusal
from quantriet.kit.sqlite.turn import turn_of
from quantriet.kit.trouble import Trouble, trouble_of

# Of the uploads, those that wait for a form which may never come are not worth keeping.
_PASSING = ("staged",)


def make_backup(folder: Path, *, at: datetime, key_file: Path | None = None) -> Path:
    """Back up database and files into `folder`; returns the file, which is whole and on the disk.

    Refuses while another backup is being made there, without its key, without room, and over a database that is broken.
    """
    key = read_key(key_file) if key_file else None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        turn = turn_of(str(folder / ".making"))
        if not turn.take(0.05):
            raise Refusal("backup.busy", "Đang có một lần sao lưu khác vào thư mục này; hãy chờ xong rồi làm lại.")
    except OSError as error:
        if trouble_of(error) == Trouble.FULL:
            raise _full(folder) from None
        raise Refusal("backup.folder", f"Không ghi được vào thư mục sao lưu {folder}: {error.strerror}.") from None
    try:
        _sweep(folder)
        _refuse_without_room(folder)
        return _make(folder, at, key)
    except Refusal:
        raise
    except Exception as error:
        if trouble_of(error) == Trouble.FULL:
            raise _full(folder) from None
        raise
    finally:
        _sweep(folder)
        turn.free()


def _full(folder: Path) -> Refusal:
    return Refusal(
        "backup.full",
        f"Hết chỗ trên đĩa khi sao lưu vào {folder}; bản dở đã bỏ, các bản cũ còn nguyên. Hãy dọn đĩa.",
    )


def _make(folder: Path, at: datetime, key: bytes | None) -> Path:
    path = folder / name_at(at)
    coming = folder / f".{path.name}.partial"
    scratch = folder / f".{path.name}.scratch"
    scratch.mkdir(mode=0o700)
    with os.fdopen(os.open(coming, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        out: Any = Sealing(file, key) if key else file
        manifest = describe()
        writer = Writer(out, manifest)
        write_database(writer, scratch)
        _write_files(writer)
        writer.finish()
        if key:
            out.finish()
        file.flush()
        os.fsync(file.fileno())
    coming.replace(path)
    sync_folder(folder)
    return path


def _write_files(writer: Writer) -> None:
    """The uploads, after the database: whatever a row of that moment names had been written before it."""
    root = Path(settings.MEDIA_ROOT)
    for path in sorted(root.rglob("*")) if root.exists() else []:
        name = path.relative_to(root).as_posix()
        if name.split("/")[0] in _PASSING or not path.is_file() or path.is_symlink():
            continue
        with suppress(FileNotFoundError), path.open("rb") as file:  # deleted since
            with writer.member(f"files/{name}") as member:
                while chunk := file.read(1024 * 1024):
                    member.write(chunk)
            writer.manifest.files += 1


def _refuse_without_room(folder: Path) -> None:
    """A full disk in the midst of it would be found too; but the product needs the room meanwhile."""
    if connection.vendor != "sqlite":
        return
    path = Path(str(connection.settings_dict["NAME"]))
    needed = path.stat().st_size if path.exists() else 0
    free = shutil.disk_usage(folder).free
    if free < needed * 1.3:
        raise Refusal(
            "backup.no_room",
            f"Thư mục sao lưu {folder} còn {show_number(free // 1024**2)} MB, cần khoảng "
            f"{show_number(needed * 13 // 10 // 1024**2)} MB; hãy dọn đĩa hoặc đặt QUANTRIET_BACKUPS sang đĩa khác.",
        )


def _sweep(folder: Path) -> None:
    """What a backup that was cut short left behind; called by whoever has the turn."""
    for path in folder.glob(".quantriet-*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.suffix == ".partial":
            path.unlink(missing_ok=True)
