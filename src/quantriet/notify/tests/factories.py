"""Messages for tests, queued through the action everybody goes through."""

from quantriet.kit.time import now
from quantriet.notify import actions
from quantriet.notify.models import Message


def make_message(cast, *, unit="T", address="xa@example.test", subject="Nhắc báo cáo", **details) -> Message:
    values = {
        "kind": "unit_reminder",
        "body": "Đề nghị đơn vị báo cáo kết quả học tập.",
        "by": cast.officer,
        "at": now(),
    }
    message = actions.send_mail(unit=cast.units[unit], address=address, subject=subject, **values | details)
    assert message is not None
    return message
