"""Words of the front."""

from quantriet.audit.vocab import VERBS
from quantriet.notify.vocab import NOTIFICATION_KINDS, NotificationKind

TROUBLE_NOTICE = "backup_trouble"


def register() -> None:
    VERBS.add("backup.made", "sao lưu")
    VERBS.add("backup.failed", "sao lưu không thành")
    VERBS.add("backup.rehearsed", "phục hồi thử bản sao lưu")
    VERBS.add("backup.rehearsal_failed", "phục hồi thử không thành")
    NOTIFICATION_KINDS.add(TROUBLE_NOTICE, NotificationKind("Sao lưu gặp trục trặc"))
