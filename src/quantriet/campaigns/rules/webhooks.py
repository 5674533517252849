"""How a message to another program is signed, when it is tried again, and what a failure is called."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import timedelta

PREFIX = "whsec_"
# After each failure; who has not answered by the end of it will not by itself.
PAUSES = (
    timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6),
    timedelta(hours=12), timedelta(hours=24),
)  # fmt: skip
ATTEMPTS = len(PAUSES) + 1
# What the way out says of a failure (`kit.outbound`), in words that tell whoever entered the address what to look at;
# the first that fits. What it said itself stays beside the sentence.
_FAILURES = [
    (r"^private address", "Tên miền của nơi nhận dẫn vào mạng nội bộ nên hệ thống không gửi tới."),
    (r"^not encrypted", "Địa chỉ không mã hóa (https) và không thuộc mạng được phép nên hệ thống không gửi tới."),
    (r"^name not found", "Không tìm thấy tên miền của nơi nhận; hãy kiểm tra lại địa chỉ."),
    (r"certificate", "Chứng thư của nơi nhận không hợp lệ (hết hạn, sai tên miền hoặc không được tin cậy)."),
    (r"timed? ?out", "Nơi nhận không trả lời: quá thời gian chờ."),
    (r"ssl|tls", "Không lập được kết nối mã hóa (https) với nơi nhận."),
    (r"refused|unreachable|no route", "Không kết nối được với máy chủ của nơi nhận; hãy xem máy chủ ấy có chạy và mở cổng không."),
    (r"disconnected|reset|broken ?pipe|incomplete|aborted|bad ?file", "Nơi nhận ngắt kết nối giữa chừng, chưa trả lời xong."),
    (r"^\w+(: |$)", "Không gửi được tới nơi nhận."),  # the name of an error; a sentence of ours stays as it is
]  # fmt: skip
_CODES = [
    (range(300, 400), "địa chỉ này chuyển hướng sang nơi khác, hệ thống không đi theo"),
    (range(401, 402), "nơi nhận đòi đăng nhập"),
    (range(403, 404), "nơi nhận không cho phép"),
    (range(404, 405), "không có địa chỉ này"),
    (range(410, 411), "địa chỉ này không còn"),
    (range(429, 430), "nơi nhận đang quá nhiều việc"),
    (range(400, 500), "nơi nhận từ chối tin này"),
    (range(500, 600), "máy chủ của nơi nhận đang lỗi hoặc bận"),
]


def shown_secret(key: bytes) -> str:
    """The secret as the receiver keeps it (Standard Webhooks)."""
    return PREFIX + base64.b64encode(key).decode()


def signature(key: bytes, uid: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 over identifier, moment and body, in base64 (Standard Webhooks)."""
    signed = hmac.new(key, f"{uid}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()


def pause_after(attempts: int) -> timedelta | None:
    """How long to wait after so many failed attempts; None when it is over."""
    return PAUSES[attempts - 1] if attempts <= len(PAUSES) else None


def failure(code: int | None, said: str) -> str:
    """One sentence for why a message did not arrive; empty when it did, or was not sent yet."""
    if code is not None:
        if 200 <= code < 300:
            return ""
        why = next((words for codes, words in _CODES if code in codes), "không phải câu trả lời hợp lệ")
        return f"Nơi nhận trả lời mã {code}: {why}."
    return next((words for pattern, words in _FAILURES if re.search(pattern, said, re.I)), said)
