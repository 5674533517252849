"""What a failed sending means, in words that tell a person what to do."""

from __future__ import annotations

import re

from quantriet.notify.vocab import BROKE_OFF, NO_ADDRESS, NO_GATEWAY, SUBSCRIPTION_GONE

# First match wins; what the server said stays beside the sentence.
_MEANINGS = [
    (SUBSCRIPTION_GONE, "Trình duyệt này đã tắt thông báo hoặc không còn dùng. Người nhận bật lại ở trang Cách nhận thông báo; bản trong hộp thông báo vẫn còn."),
    (NO_ADDRESS, "Địa chỉ của người nhận đã được xóa nên không gửi nữa."),
    (NO_GATEWAY, "Chưa cài đặt cổng gửi cho kênh này. Hãy báo người quản trị."),
    (r"^zalo -216\b", "Zalo không nhận mã truy cập của trang Zalo cơ quan: mã đã hết hạn. Hãy báo người quản trị thay mã rồi gửi lại."),
    (r"^zalo -210\b", "Zalo không nhận nội dung vì dài quá giới hạn."),
    (r"^zalo ", "Zalo từ chối tin này, thường vì người nhận chưa quan tâm trang Zalo của cơ quan hoặc mã người quan tâm không đúng."),
    (r"^push service: ", "Không nối được với dịch vụ thông báo của trình duyệt. Hệ thống sẽ tự gửi lại."),
    (r"^push service (429|5\d\d)", "Dịch vụ thông báo của trình duyệt đang bận. Hệ thống sẽ tự gửi lại."),
    (r"^push service ", "Dịch vụ thông báo của trình duyệt từ chối tin này. Hãy báo người quản trị."),
    (r"^(429|503)\b", "Cổng gửi tin đang bận. Hệ thống sẽ tự gửi lại."),
    (r"^(401|403)\b", "Cổng gửi tin không nhận tài khoản của cơ quan. Hãy báo người quản trị."),
    (r"^4\d\d: |^\w+=", "Cổng gửi tin từ chối tin này. Hãy kiểm tra số nhận; câu trả lời của cổng ghi bên dưới."),
    (r"^private address|^name not found", "Không tìm thấy máy chủ của cổng gửi tin. Hãy báo người quản trị kiểm tra địa chỉ cổng."),
    (BROKE_OFF, "Việc gửi bị ngắt giữa chừng ở mọi lần thử, có thể thư đã tới nơi nhận. Hãy báo người quản trị trước khi gửi lại."),
    (r"connection ?refused|unreachable|no route|errno 111|errno 113", "Không nối được với máy chủ thư. Hãy báo người quản trị kiểm tra máy chủ thư."),
    (r"getaddrinfo|name or service|name resolution|nodename", "Không tìm thấy máy chủ thư. Hãy báo người quản trị kiểm tra địa chỉ máy chủ thư."),
    (r"timed? ?out", "Máy chủ thư không trả lời kịp. Hệ thống sẽ tự gửi lại."),
    (r"auth|\b535\b|\b530\b|credential", "Máy chủ thư không nhận tài khoản gửi. Hãy báo người quản trị kiểm tra tên và mật khẩu gửi thư."),
    (r"recipient|\b550\b|\b553\b|mailbox|user unknown|no such user", "Máy chủ từ chối địa chỉ nhận. Hãy kiểm tra lại địa chỉ thư của nơi nhận."),
    (r"\b552\b|\b452\b|quota|too large|size", "Hộp thư nhận đã đầy hoặc thư quá lớn."),
    (r"\b554\b|spam|blocked|blacklist", "Máy chủ nhận chặn thư này. Hãy báo người quản trị."),
    (r"\b4\d\d\b|tempor|greylist|try again", "Máy chủ thư tạm thời chưa nhận. Hệ thống sẽ tự gửi lại."),
    (r"certificate|ssl|tls", "Kết nối mã hóa với máy chủ thư bị lỗi. Hãy báo người quản trị."),
    (r"header|encode|ascii", "Địa chỉ hoặc tiêu đề thư có ký tự không gửi được. Hãy kiểm tra lại địa chỉ."),
]  # fmt: skip


def explain_error(said: str) -> str:
    """One sentence for what a mail server or its library said; empty when it said nothing."""
    if not said:
        return ""
    for pattern, sentence in _MEANINGS:
        if re.search(pattern, said, re.I):
            return sentence
    return "Chưa gửi được thư. Hãy báo người quản trị kèm nội dung lỗi ghi bên dưới."
