"""A rehearsal: the latest backup restored into a scratch place by the very command that a bad day needs, then thrown away."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import DatabaseError, connection

from quantriet.kit.backups.databases import _apart
from quantriet.kit.refusal import Refusal

LONGEST = 6 * 3600  # seconds


def rehearse(path: Path, *, folder: Path, key_file: Path | None = None) -> str:
    """Restore a backup into a scratch place and say in one sentence what came of it. Refuses when it did not work."""
    with _scratch(folder) as surroundings:
        environment = {
            name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "QUANTRIET_BACKUPS")
        }
        if key_file:
            environment["QUANTRIET_BACKUP_KEY"] = str(key_file)
        done = subprocess.run(  # noqa: S603 our own interpreter and our own command
            [sys.executable, "-m", "quantriet", "restore", str(path)],
            env={**environment, **surroundings, "QUANTRIET_LOG_LEVEL": "ERROR"},
            capture_output=True, text=True, timeout=LONGEST, check=False,
        )  # fmt: skip
    if done.returncode:
        lines = [line for line in (done.stderr + done.stdout).strip().splitlines() if line.strip()]
        raise Refusal(
            "rehearsal.failed", (lines[-1] if lines else f"lệnh phục hồi kết thúc với mã {done.returncode}")[:400]
        )
    return "Phục hồi thử được: đủ số dòng từng bảng, đúng dấu kiểm, sổ nghĩa vụ khớp."


@contextmanager
def _scratch(folder: Path) -> Iterator[dict[str, str]]:
    """An empty place for one restore, and the environment that leads there; gone afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(".rehearsal-*"):  # of one that was killed
        shutil.rmtree(old, ignore_errors=True)
    place = Path(tempfile.mkdtemp(prefix=".rehearsal-", dir=folder))
    surroundings = {"QUANTRIET_DATA": str(place)}
    try:
        if connection.vendor != "postgresql":
            yield surroundings
            return
        # What is swept up is known by the database it belongs to: another installation on this server may be rehearsing now.
        ours = f"quantriet_rehearsal_{hashlib.sha256(str(connection.settings_dict['NAME']).encode()).hexdigest()[:8]}_"
        name = f"{ours}{secrets.token_hex(4)}"
        with _apart() as raw:
            raw.autocommit = True
            for (old,) in raw.execute(
                "SELECT datname FROM pg_database WHERE starts_with(datname::text, %s)", [ours]
            ).fetchall():
                raw.execute(f'DROP DATABASE IF EXISTS "{old}" WITH (FORCE)')
            try:
                raw.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
            except (raw.Error, DatabaseError) as error:
                raise Refusal(
                    "rehearsal.no_database",
                    f"Không tạo được cơ sở dữ liệu thử trên máy chủ PostgreSQL ({str(error).strip().splitlines()[0]}); "
                    "hãy cấp quyền CREATEDB cho tài khoản của sản phẩm.",
                ) from None
            try:
                yield {**surroundings, "DATABASE_URL": _address_of(name)}
            finally:
                raw.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _address_of(name: str) -> str:
    """The address of another database on the server of the present one."""
    known = connection.settings_dict
    quote = urllib.parse.quote
    who = quote(known["USER"] or "", safe="") + (f":{quote(known['PASSWORD'], safe='')}" if known["PASSWORD"] else "")
    host = quote(known["HOST"] or "", safe="") if "/" in (known["HOST"] or "") else (known["HOST"] or "")
    where = host + (f":{known['PORT']}" if known["PORT"] else "")
    return f"postgres://{who}{'@' if who else ''}{where}/{name}"
