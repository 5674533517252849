"""When a roll may be closed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from quantriet.kit.time import show_moment


def too_early(sessions: Iterable[tuple[str, dt.datetime]], at: dt.datetime) -> str:
    """Why the roll of these sessions (title, end) cannot be closed yet: whoever has no mark would be judged absent from what
    still goes on; empty when all have ended."""
    to_come = [(end, title) for title, end in sessions if at < end]
    if not to_come:
        return ""
    end, title = max(to_come)
    return (
        f"“{title}” học đến {show_moment(end)} nên chưa chốt điểm danh được; nếu lớp đã nghỉ sớm thì sửa giờ buổi học "
        "ở trang Chương trình trước."
    )
