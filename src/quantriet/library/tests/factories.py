"""Documents for tests, registered through the action everybody goes through."""

import datetime as dt

from quantriet.kit.time import now
from quantriet.library import actions
from quantriet.library.models import GuidingDocument

GUIDANCE = """1. Về vai trò, trách nhiệm
- Bí thư cấp ủy trực tiếp lãnh đạo, chỉ đạo, kiểm tra.
- Người đứng đầu chịu trách nhiệm trước cấp trên.
2. Về quản lý lớp học:
- Lập danh sách và theo dõi danh sách.
- Vắng mặt trên 40% thời gian của lớp học thì phải tham gia học lại."""


def make_document(
    cast, *, number="26-HD/BTGTU", unit="T", subject="Hướng dẫn thực hiện Chỉ thị 08-CT/TU", **details
) -> GuidingDocument:
    values = {
        "issuing_body": "Ban Tuyên giáo Tỉnh ủy",
        "level": "province",
        "issued_on": dt.date(2026, 10, 12),
        "paragraphs": GUIDANCE.split("\n"),
    }
    return actions.register_document(
        by=cast.officer, at=now(), unit=cast.units[unit], reference_number=number, subject=subject, **values | details
    )
