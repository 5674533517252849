"""What the outbox keeps of people."""

from quantriet.kit.privacy import Erase, Keep, holding, none, of

HOLDINGS = (
    holding(
        "Message", "Thư gửi đi", "gửi giấy mời, nhắc việc, biết thư nào chưa đến", Keep("cùng với đợt học tập"), "to_person",
        of("to_person", "thư gửi cho ai"),
        of("address", "địa chỉ đã gửi", erase=Erase.BLANK),
        of("subject body attachment", "nội dung thư và lịch kèm theo", erase=Erase.ANONYMISE),
        of("queued_by", "ai gửi"),
        none(
            "kind unit to_unit attachment_name attachment_kind state attempts last_error next_try_at queued_at sent_at dedupe_key",
            "gửi lúc nào, đã đến chưa",
        ),
    ),
    holding(
        "CalendarFeed", "Địa chỉ lịch riêng", "lịch học hiện trong điện thoại", Keep("đến khi thu hồi"), "person",
        of("person digest made_at last_read_at content_digest changed_at", "dấu của địa chỉ, lần đọc cuối", erase=Erase.DELETE),
    ),
)  # fmt: skip
