"""quantriet reapply-erasures: erase again whoever was erased before the restored copy was made."""  # noqa: N999 (the command is typed with a hyphen)

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from quantriet.kit.time import now
from quantriet.org.actions.erasure import erasures_file, reapply_erasures


class Command(BaseCommand):
    help = "Xóa lại thông tin của những người đã xóa trước khi khôi phục dữ liệu (danh sách erasures.jsonl)."

    def handle(self, *args: Any, **options: Any) -> None:
        found = reapply_erasures(at=now())
        self.stdout.write(
            f"{erasures_file()}: xóa lại {found.again} người, {found.done} người đã xóa sẵn, {found.missing} người không có ở đây."
        )
        if found.others:
            self.stdout.write(
                f"Không xóa vì số đã thuộc người khác: {', '.join(map(str, found.others))}. Kiểm tra xem có đúng bản khôi phục không."
            )
            sys.exit(1)
