"""quantriet seal-log: put the whole log under seal now, and anchor it when asked."""  # noqa: N999 (the command is typed with a hyphen)

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from quantriet.audit import queries
from quantriet.audit.actions.chain import anchor_log, seal_log
from quantriet.kit.time import now


class Command(BaseCommand):
    help = "Niêm phong ngay các dòng nhật ký chưa niêm; --anchor ghi thêm một mốc neo ra tệp và gửi thư."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--anchor", action="store_true", help="ghi mốc neo ngay sau khi niêm")

    def handle(self, *args: Any, anchor: bool, **options: Any) -> None:
        at = now()
        self.stdout.write(f"Đã niêm thêm {seal_log(at=at)} dòng.")
        if anchor:
            made = anchor_log(at=at)
            if made and made.mail_error:
                self.stdout.write(f"Mốc neo đã ghi ra tệp, chưa gửi được thư: {made.mail_error}")
        seal = queries.newest_seal()
        self.stdout.write(
            f"Dấu niêm mới nhất: số {seal.number}, đến dòng {seal.last_id}, {seal.digest}"
            if seal
            else "Nhật ký chưa có dòng nào."
        )
