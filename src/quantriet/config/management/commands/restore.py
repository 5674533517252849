"""quantriet restore: a backup into an empty installation, by one command."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from quantriet.kit import backups
from quantriet.kit.refusal import Refusal


class Command(BaseCommand):
    help = "Phục hồi một bản sao lưu vào nơi còn trống, đối chiếu với bản kê, nâng cấu trúc bảng, kiểm tra sổ nghĩa vụ."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("file", type=Path, metavar="TỆP")
        parser.add_argument("--into", help="thư mục dữ liệu mới, hoặc địa chỉ postgres://… của cơ sở dữ liệu trống")

    def handle(self, *args: Any, file: Path, into: str | None, **options: Any) -> None:
        if into:
            sys.exit(_elsewhere(file, into))
        key_file = Path(settings.BACKUP_KEY_FILE) if settings.BACKUP_KEY_FILE else None
        try:
            done = backups.restore_backup(file, key_file=key_file, tell=self.stdout.write)
        except Refusal as refusal:
            raise CommandError(refusal.sentence) from None
        if not done.ledger_agrees:
            raise CommandError("Đã phục hồi, nhưng sổ nghĩa vụ không khớp; xem các dòng trên.")
        if not done.has_its_key:
            self.stdout.write(_OTHER_KEY.format(folder=settings.DATA_DIR))
        self.stdout.write("Phục hồi xong. Chạy máy chủ: quantriet serve")


_OTHER_KEY = (
    "CHÚ Ý: khóa bí mật ở đây không phải khóa của hệ thống đã sao lưu, nên ứng dụng mã, mã dự phòng, phiếu kích hoạt đã in và phiên đăng "
    "nhập trong bản sao lưu chưa dùng được. Trước khi chạy máy chủ, chép tệp secret-key của thư mục dữ liệu cũ vào {folder}, "
    "hoặc đặt lại QUANTRIET_SECRET_KEY như cũ."
)


def _elsewhere(file: Path, into: str) -> int:
    """The same command with settings that lead to another place; settings are read once a process.

    Settings give a place without a key its own as they are read; a restore that was refused takes that away again, so that
    a folder in which nothing was written is as it was.
    """
    environment = dict(os.environ)
    folder = None if "://" in into else Path(into).absolute()
    before = set(folder.iterdir()) if folder and folder.is_dir() else set()
    made = [one for one in (folder, *folder.parents) if not one.exists()] if folder else []
    if "://" in into:
        environment["DATABASE_URL"] = into
    else:
        environment.pop("DATABASE_URL", None)
        environment["QUANTRIET_DATA"] = into
    command = [sys.executable, "-m", "quantriet", "restore", str(file.resolve())]
    code = subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 our own command
    if code and folder and folder.is_dir() and set(folder.iterdir()) - before == {folder / "secret-key"}:
        (folder / "secret-key").unlink()
        with suppress(OSError):  # somebody else has put something there meanwhile
            for one in made:
                one.rmdir()
    return code
