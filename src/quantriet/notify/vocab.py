"""Kinds of notices and the states of a message."""

from dataclasses import dataclass

from quantriet.audit.vocab import VERBS
from quantriet.kit.registry import Registry
from quantriet.kit.vocab import LabelledEnum, gettext_noop


class MessageState(LabelledEnum):
    QUEUED = "queued", gettext_noop("Waiting to be sent")
    SENDING = "sending", gettext_noop("Being sent")
    SENT = "sent", gettext_noop("Sent")
    FAILED = "failed", gettext_noop("Not sent")


# What stands as the error of a message whose worker was lost while sending, every time.
BROKE_OFF = "sending broke off"


@dataclass(frozen=True)
class NotificationKind:
    """A kind of notice: what the outbox calls it."""

    label: str


NOTIFICATION_KINDS: Registry[NotificationKind] = Registry("notification kind")


def kind_label(kind: str) -> str:
    """What the outbox calls a kind of notice; a kind of a room that is gone keeps its key."""
    found = NOTIFICATION_KINDS.get(kind)
    return found.label if found else kind


def register() -> None:
    VERBS.add("message.queued", "gửi thư")
    VERBS.add("message.retried", "gửi lại thư")
    VERBS.add("calendar.made", "lập địa chỉ lịch riêng")
    VERBS.add("calendar.ended", "thu hồi địa chỉ lịch riêng")
