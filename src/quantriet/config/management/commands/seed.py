"""quantriet seed: fill an empty database with demo data."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from quantriet.config import demo
from quantriet.config.demo.people import SIZES
from quantriet.config.demo.story import tell


class Command(BaseCommand):
    help = "Tạo tổ chức mẫu hư cấu trong một cơ sở dữ liệu còn trống."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--size", choices=list(SIZES), default="city")

    def handle(self, *args: Any, size: str, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Không tạo dữ liệu mẫu trên hệ thống thật.")
        if not demo.is_empty():
            raise CommandError("Cơ sở dữ liệu đã có đơn vị; dữ liệu mẫu chỉ tạo trong cơ sở dữ liệu trống.")
        tell(size, say=self.stdout.write)
