"""quantriet createadmin: the first unit and its administrator."""

from __future__ import annotations

import getpass
import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now, today
from quantriet.org import actions
from quantriet.org.models import Unit, UnitKind
from quantriet.org.vocab import Role


class Command(BaseCommand):
    help = "Lập đơn vị đầu tiên (nếu chưa có) và tài khoản quản trị của đơn vị đó."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--username", default="quantri")
        parser.add_argument("--name", default="", help="tên người quản trị")
        parser.add_argument("--unit-code", default="", help="mã đơn vị gốc, ví dụ TU")
        parser.add_argument("--unit-name", default="", help="tên đơn vị gốc, ví dụ Tỉnh ủy …")
        parser.add_argument("--unit-kind", default="TINH_UY", help="loại đơn vị gốc")
        parser.add_argument("--officer", action="store_true", help="giao cả vai trò cán bộ Ban")

    def handle(self, *args: Any, **options: Any) -> None:
        at = now()
        unit = self._unit(options)
        username = options["username"]
        password = os.environ.get("QUANTRIET_ADMIN_PASSWORD") or self._ask_password(username)
        try:
            with transaction.atomic():
                if unit is None:
                    unit = actions.add_unit(
                        by=None,
                        at=at,
                        code=options["unit_code"] or self._ask("Mã đơn vị gốc"),
                        name=options["unit_name"] or self._ask("Tên đơn vị gốc"),
                        kind=UnitKind.objects.get(code=options["unit_kind"]),
                        parent=None,
                    )
                account = actions.add_account(
                    by=None, at=at, username=username, display_name=options["name"] or username, password=password
                )
                roles = [Role.ADMINISTRATOR, Role.BOARD_OFFICER] if options["officer"] else [Role.ADMINISTRATOR]
                for role in roles:
                    actions.give_appointment(account, by=None, at=at, role=role, unit=unit, valid_from=today())
        except UnitKind.DoesNotExist:
            known = ", ".join(UnitKind.objects.values_list("code", flat=True))
            raise CommandError(f"Không có loại đơn vị “{options['unit_kind']}”. Các loại có sẵn: {known}") from None
        except Refusal as refusal:
            raise CommandError(refusal.sentence) from None
        self.stdout.write(f"Đã lập tài khoản quản trị “{account.username}” của {unit.name}.")

    def _unit(self, options: dict[str, Any]) -> Unit | None:
        if options["unit_code"]:
            return Unit.objects.filter(code=options["unit_code"]).first()
        return Unit.objects.filter(parent=None).order_by("pk").first()

    def _ask(self, what: str) -> str:
        try:
            return input(f"{what}: ").strip()
        except EOFError:
            raise CommandError(f"Thiếu “{what}”. Xem: quantriet createadmin --help") from None

    def _ask_password(self, username: str) -> str:
        try:
            first = getpass.getpass(f"Mật khẩu cho {username}: ")
            second = getpass.getpass("Nhập lại mật khẩu: ")
        except EOFError:
            raise CommandError("Thiếu mật khẩu; khi không có bàn phím, đặt biến QUANTRIET_ADMIN_PASSWORD.") from None
        if first != second:
            raise CommandError("Hai lần nhập mật khẩu không giống nhau.")
        return first
