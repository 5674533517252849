"""What the outbox keeps of people."""

from quantriet.kit.privacy import Erase, Keep, holding, none, of

HOLDINGS = (
    holding(
        "Message", "Thư gửi đi", "gửi giấy mời, nhắc việc, biết thư nào chưa đến", Keep("cùng với đợt học tập"), "to_person",
        of("to_person to_account", "gửi cho ai"),
        of("address subscription last_error", "địa chỉ đã gửi, lời báo lỗi có thể nhắc lại địa chỉ", erase=Erase.BLANK),
        of("subject body attachment", "nội dung thư và lịch kèm theo", erase=Erase.ANONYMISE),
        of("queued_by", "ai gửi"),
        none(
            "kind channel notice unit to_unit attachment_name attachment_kind state attempts next_try_at carrier queued_at sent_at reference is_fake dedupe_key",
            "gửi lúc nào, đã đến chưa",
        ),
    ),
    holding(
        "Notice", "Thông báo", "người nhận đọc lại trong hộp thông báo", Keep("400 ngày"), "person",
        of("person account", "báo cho ai"),
        of("subject body link", "báo điều gì", erase=Erase.ANONYMISE),
        of("made_by", "ai báo"),
        of("read_at", "đã đọc lúc nào"),
        none("kind unit is_urgent made_at dedupe_key", "báo lúc nào, thay đơn vị nào"),
    ),
    holding(
        "PushSubscription", "Trình duyệt nhận thông báo", "hiện thông báo trên máy của người nhận", Keep("đến khi tắt"), "account__person",
        of("account digest sealed host device made_at last_sent_at ended_at ended_because", "trình duyệt nào của ai, địa chỉ được niêm phong", erase=Erase.DELETE),
    ),
    holding(
        "NoticePreference", "Cách nhận thông báo", "báo theo kênh, giờ và nhịp mà người nhận chọn", Keep("cùng với tài khoản"), "account__person",
        of("account choices is_quiet quiet_from quiet_to quiet_mail pace digest_hour digest_weekday zalo_id changed_at", "người nhận chọn gì", erase=Erase.DELETE),
    ),
    holding(
        "CopyText", "Mẫu lời nhắn", "lời nhắn của đơn vị để chép sang Zalo", Keep("suốt thời gian dùng hệ thống"), "",
        of("changed_by", "ai sửa"),
        none("unit kind body changed_at", "lời mẫu, không về một người"),
    ),
    holding(
        "CalendarFeed", "Địa chỉ lịch riêng", "lịch học hiện trong điện thoại", Keep("đến khi thu hồi"), "person",
        of("person digest made_at last_read_at content_digest changed_at", "dấu của địa chỉ, lần đọc cuối", erase=Erase.DELETE),
    ),
)  # fmt: skip
