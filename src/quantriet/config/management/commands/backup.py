"""quantriet backup: database and files into one file, while everybody works on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from quantriet.kit import backups
from quantriet.kit.numbers import show_number
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now


class Command(BaseCommand):
    help = "Sao lưu cơ sở dữ liệu và tệp vào một tệp; không phải dừng máy chủ."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--to", type=Path, help="thư mục nhận bản sao lưu (mặc định QUANTRIET_BACKUPS)")
        parser.add_argument("--make-key", type=Path, metavar="TỆP", help="tạo khóa mã hóa vào tệp mới rồi dừng")
        parser.add_argument("--rotate", action="store_true", help="sau đó bỏ các bản cũ theo QUANTRIET_BACKUP_KEEP")
        parser.add_argument("--rehearse", action="store_true", help="sau đó phục hồi thử bản vừa tạo")

    def handle(
        self, *args: Any, to: Path | None, make_key: Path | None, rotate: bool, rehearse: bool, **options: Any
    ) -> None:
        try:
            if make_key:
                self.stdout.write(
                    f"Đã tạo khóa {backups.make_key(make_key)} trong {make_key}. Cất một bản ở nơi khác: mất khóa là mất mọi bản "
                    "sao lưu đã mã hóa. Đặt QUANTRIET_BACKUP_KEY là đường dẫn tệp này."
                )
                return
            key_file = Path(settings.BACKUP_KEY_FILE) if settings.BACKUP_KEY_FILE else None
            folder = to or Path(settings.BACKUP_FOLDER)
            path = backups.make_backup(folder, at=now(), key_file=key_file)
            size = show_number(max(1, path.stat().st_size // 1024))
            self.stdout.write(f"Đã sao lưu: {path} ({size} KB{', đã mã hóa' if key_file else ''})")
            if rehearse:
                self.stdout.write(backups.rehearse(path, folder=folder, key_file=key_file))
            if rotate:
                gone = backups.Shelf(folder).rotate()
                self.stdout.write(f"Đã bỏ {len(gone)} bản cũ.")
        except Refusal as refusal:
            raise CommandError(refusal.sentence) from None
