"""The way back: a backup into an empty installation, compared with its manifest, brought forward, proved."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.core.management import call_command, get_commands
from django.db import connection

from quantriet.kit.backups.archive import Manifest, open_backup
from quantriet.kit.backups.databases import read_database, refuse_unless_empty, sync_folder
from quantriet.kit.migrating import WholeSteps
from quantriet.kit.refusal import Refusal
from quantriet.kit.sealing import key_marks
from quantriet.kit.time import local, now


@dataclass(frozen=True)
class Restored:
    """What was restored: the manifest, steps gone forward, whether the ledger agrees and what was said of it.

    `has_its_key`: the installation has the key on which second factors, slips and sessions of the backup hang.
    """

    manifest: Manifest
    steps: int
    ledger_agrees: bool
    ledger: str
    erasures: str
    has_its_key: bool


def restore_backup(
    path: Path, *, key_file: Path | None = None, tell: Callable[[str], None] = lambda _: None
) -> Restored:
    """Restore into the installation that the settings name, which must be empty.

    Refuses, with nothing written: data there already; a file cut short, altered, sealed with another key, of another database
    or of a later version. Effects, in order: uploads, database, steps of the schema forward, erasures applied again
    (`reapply-erasures`, where the product has it), the ledger proved. Uploads that lay there are put aside, not deleted.
    """
    refuse_unless_empty()
    with open_backup(path, key_file=key_file) as backup:
        manifest = backup.manifest
        tell(
            f"Bản sao lưu lúc {local(manifest.moment):%H:%M ngày %d/%m/%Y}, phiên bản {manifest.version}: {manifest.rows} dòng, {manifest.files} tệp."
        )
        root = Path(settings.MEDIA_ROOT)
        coming = root.with_name(root.name + ".restoring")
        shutil.rmtree(coming, ignore_errors=True)
        try:
            for name in manifest.members:
                if name.startswith("files/"):
                    place = coming / name.removeprefix("files/")
                    place.parent.mkdir(parents=True, exist_ok=True)
                    with place.open("wb") as file:
                        for chunk in backup.chunks(name):
                            file.write(chunk)
                        file.flush()
                        os.fsync(file.fileno())
            tell("Tệp đính kèm: đúng như bản sao lưu.")
            read_database(backup)
            tell("Cơ sở dữ liệu: đủ số dòng từng bảng, đúng dấu kiểm.")
            _put_in_place(coming, root)
        finally:
            shutil.rmtree(coming, ignore_errors=True)
    return _prove(manifest, tell)


def _put_in_place(coming: Path, root: Path) -> None:
    if root.exists() and any(root.iterdir()):
        root.rename(root.with_name(f"{root.name}-before-{now():%Y%m%d%H%M%S}"))
    elif root.exists():
        root.rmdir()
    if coming.exists():
        coming.rename(root)
    else:
        root.mkdir(parents=True, exist_ok=True)
    sync_folder(root.parent)


def _prove(manifest: Manifest, tell: Callable[[str], None]) -> Restored:
    executor = WholeSteps(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        call_command("migrate", verbosity=0)
        tell(f"Cấu trúc bảng: nâng thêm {len(plan)} bước lên phiên bản đang cài.")
    erasures = ""
    if "reapply-erasures" in get_commands():
        erasures = _said("reapply-erasures")[1]
        tell("Yêu cầu xóa dữ liệu cá nhân: đã áp dụng lại.")
    agrees, ledger = True, ""
    if "audit-ledger" in get_commands():
        agrees, ledger = _said("audit-ledger")
        tell("Sổ nghĩa vụ: khớp với bảng tổng hợp." if agrees else f"Sổ nghĩa vụ KHÔNG khớp:\n{ledger}")
    # A backup made before manifests named their key claims nothing; `doctor` tries the keys of authenticators itself.
    has_its_key = not manifest.secret or manifest.secret in key_marks()
    return Restored(manifest, len(plan), agrees, ledger, erasures, has_its_key)


def _said(command: str) -> tuple[bool, str]:
    """Whether a command ended well, and what it said."""
    said = StringIO()
    try:
        with redirect_stdout(said):
            call_command(command, stdout=said)
    except SystemExit as end:
        return not end.code, said.getvalue()
    except Refusal as refusal:
        return False, refusal.sentence
    return True, said.getvalue()
