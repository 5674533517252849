"""Kinds of notices, the ways by which they reach people, and the states of what is sent."""

from dataclasses import dataclass, field

from quantriet.audit.vocab import VERBS
from quantriet.kit.registry import Registry
from quantriet.kit.vocab import LabelledEnum, gettext_noop


class MessageState(LabelledEnum):
    QUEUED = "queued", gettext_noop("Waiting to be sent")
    SENDING = "sending", gettext_noop("Being sent")
    SENT = "sent", gettext_noop("Sent")
    FAILED = "failed", gettext_noop("Not sent")
    HELD = "held", gettext_noop("Held until the quiet hours end")
    DIGEST = "digest", gettext_noop("Gathered for the digest")


class NoticeChannel(LabelledEnum):
    """The ways out of the house. The inbox inside it is the notice itself and is always open."""

    MAIL = "mail", gettext_noop("Mail")
    PUSH = "push", gettext_noop("Notice of the browser")
    SMS = "sms", gettext_noop("Text message")
    ZALO = "zalo", gettext_noop("Zalo")


# Channels that make a phone ring: quiet hours hold them. A mail waits silently, unless its receiver asks for quiet there too.
RINGING = frozenset({NoticeChannel.PUSH, NoticeChannel.SMS, NoticeChannel.ZALO})


class NoticeGroup(LabelledEnum):
    """What a person chooses by: one line of the preferences."""

    SUMMONS = "summons", gettext_noop("Summons and changes of classes")
    CATCH_UP = "catch_up", gettext_noop("Catch-up classes")
    WORK = "work", gettext_noop("Work of the unit: reminders, documents, reports")
    SYSTEM = "system", gettext_noop("The system itself: backups, connections")


class DigestPace(LabelledEnum):
    AT_ONCE = "at_once", gettext_noop("Each at once")
    DAILY = "daily", gettext_noop("Together, once a day")
    WEEKLY = "weekly", gettext_noop("Together, once a week")


# What stands as the error of a message whose worker was lost while sending, every time.
BROKE_OFF = "sending broke off"
# What stands as the error of a message whose browser has given up its subscription.
SUBSCRIPTION_GONE = "subscription gone"
# What stands as the error of a message for which no gateway is set up any more.
NO_GATEWAY = "no gateway"
# … for a message whose address went with the other details of its receiver.
NO_ADDRESS = "no address"
# Words of our own among the errors; what they mean is said beside them.
OWN_ERRORS = (BROKE_OFF, SUBSCRIPTION_GONE, NO_GATEWAY, NO_ADDRESS)
# Kind of the mail, or line, that tells of several notices together.
DIGEST_KIND = "digest"

SEND_JOB = "quantriet.notify.jobs.send_message_job"


@dataclass(frozen=True)
class NotificationKind:
    """A kind of notice: what the outbox calls it, under which line of the preferences it falls, which ways it may take.

    `is_prompt`: never kept for a digest, because it carries something to act on (a class, a calendar file).
    """

    label: str
    group: NoticeGroup = NoticeGroup.WORK
    channels: frozenset[NoticeChannel] = field(default_factory=lambda: frozenset(NoticeChannel))
    is_prompt: bool = False


NOTIFICATION_KINDS: Registry[NotificationKind] = Registry("notification kind")


def kind_label(kind: str) -> str:
    """What the outbox calls a kind of notice; a kind of a room that is gone keeps its key."""
    found = NOTIFICATION_KINDS.get(kind)
    return found.label if found else kind


def kind_of(kind: str) -> NotificationKind:
    """The kind as its room registered it; one of a room that is gone takes every way."""
    return NOTIFICATION_KINDS.get(kind) or NotificationKind(kind)


def register() -> None:
    VERBS.add("message.queued", "gửi thư")
    VERBS.add("message.retried", "gửi lại thư")
    VERBS.add("calendar.made", "lập địa chỉ lịch riêng")
    VERBS.add("calendar.ended", "thu hồi địa chỉ lịch riêng")
    VERBS.add("notice.made", "gửi thông báo")
    VERBS.add("notice.preferences", "đổi cách nhận thông báo")
    VERBS.add("push.subscribed", "bật thông báo trên trình duyệt")
    VERBS.add("push.ended", "tắt thông báo trên trình duyệt")
    VERBS.add("copy_text.edited", "sửa mẫu lời nhắn Zalo")
    NOTIFICATION_KINDS.add(DIGEST_KIND, NotificationKind("Bản tổng hợp thông báo", is_prompt=True))
