"""Bad days of the machine: a full disk, a database that is busy or gone, told apart from faults of ours.

A person is told what happened, that nothing was half saved, and what to do; a machine gets 503 with Retry-After.
"""

from __future__ import annotations

import errno
from enum import StrEnum


class Trouble(StrEnum):
    """What kind of bad day it is."""

    FULL = "full"
    BUSY = "busy"
    GONE = "gone"

    @property
    def sentence(self) -> str:
        """What happened and what to do, in Vietnamese."""
        return _SENTENCES[self]

    @property
    def seconds(self) -> int:
        """When to try again."""
        return 120 if self == Trouble.FULL else 20


_SENTENCES = {
    Trouble.FULL: "Máy chủ hết chỗ trên đĩa nên việc vừa làm chưa được ghi, không có gì bị ghi dở. Hãy báo người quản trị "
    "dọn đĩa (lệnh quantriet doctor nói còn trống bao nhiêu), rồi gửi lại.",
    Trouble.BUSY: "Cơ sở dữ liệu đang bận ghi một việc lớn, chờ lâu chưa đến lượt nên việc vừa làm chưa được ghi. Hãy chờ "
    "một phút rồi gửi lại.",
    Trouble.GONE: "Cơ sở dữ liệu tạm ngừng hoặc đang khởi động lại nên việc vừa làm có thể chưa được ghi. Hãy chờ một phút, "
    "tải lại trang để xem đã ghi chưa, rồi gửi lại nếu chưa có.",
}


_FULL_ERRNO = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FULL_WORDS = ("disk is full", "no space left", "disk i/o error", "readonly database")
_BUSY_WORDS = ("database is locked", "database table is locked", "database schema is locked")
_BUSY_STATES = {"40001", "40P01", "53300", "53200", "55P03", "57014"}
_GONE_WORDS = (
    "connection",
    "couldn't get a connection",
    "server closed",
    "unable to open database file",
    "terminating",
)


def trouble_of(error: BaseException | None) -> Trouble | None:
    """Which bad day of the machine an error speaks of, as it came or as its cause; None when it is a fault of ours."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, OSError) and error.errno in _FULL_ERRNO:
            return Trouble.FULL
        kind, words = type(error).__name__, str(error).lower()
        state = getattr(error, "sqlstate", None) or ""
        if state == "53100" or (kind in ("OperationalError", "DiskFull") and any(one in words for one in _FULL_WORDS)):
            return Trouble.FULL
        if state in _BUSY_STATES or (kind == "OperationalError" and any(one in words for one in _BUSY_WORDS)):
            return Trouble.BUSY
        if state.startswith(("08", "57P")) or kind == "PoolTimeout":
            return Trouble.GONE
        if kind in ("OperationalError", "InterfaceError") and any(one in words for one in _GONE_WORDS):
            return Trouble.GONE
        error = error.__cause__ or error.__context__
    return None
