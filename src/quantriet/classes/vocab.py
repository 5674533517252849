"""Words of a class: states, roles, programme items, levels."""

from quantriet.audit.vocab import VERBS
from quantriet.kit.vocab import LabelledEnum, gettext_noop
from quantriet.notify.vocab import NOTIFICATION_KINDS, NotificationKind


class ClassState(LabelledEnum):
    DRAFT = "draft", gettext_noop("Draft")
    RELEASED = "released", gettext_noop("Released")
    CLOSED = "closed", gettext_noop("Closed")
    CANCELLED = "cancelled", gettext_noop("Cancelled")


class ConferenceLevel(LabelledEnum):
    """For whom a class is held (R-049)."""

    UPPER_CADRES = "upper_cadres", gettext_noop("Key cadres of the province or city")
    LOCAL_CADRES = "local_cadres", gettext_noop("Key cadres of a commune or equal")
    GRASSROOTS = "grassroots", gettext_noop("Grassroots members")


class ClassRoleKind(LabelledEnum):
    """Who does what in a class (R-007, R-053)."""

    DIRECTOR = "director", gettext_noop("Directs")
    CHAIR = "chair", gettext_noop("Chair")
    OPENING = "opening", gettext_noop("Opening speech")
    CLOSING = "closing", gettext_noop("Closing speech")
    LEADER_PRESENTER = "leader_presenter", gettext_noop("Leader who presents a part")
    REPORTER = "reporter", gettext_noop("Reporter")


# The four roles without which a class is not released; standing members or heads fill them.
REQUIRED_ROLES = (ClassRoleKind.CHAIR, ClassRoleKind.OPENING, ClassRoleKind.CLOSING, ClassRoleKind.LEADER_PRESENTER)


class ItemKind(LabelledEnum):
    LECTURE = "lecture", gettext_noop("Presentation")
    DISCUSSION = "discussion", gettext_noop("Discussion")
    CURRENT_AFFAIRS = "current_affairs", gettext_noop("Current affairs")
    SELF_STUDY = "self_study", gettext_noop("Self-study")
    BREAK = "break", gettext_noop("Break")


class RosterOrigin(LabelledEnum):
    AUDIENCE = "audience", gettext_noop("From the audience")
    CATCH_UP = "catch_up", gettext_noop("Catch-up")
    HAND = "hand", gettext_noop("By hand")


def register() -> None:
    for verb, phrase in {
        "class.added": "lập lớp",
        "class.changed": "sửa lớp",
        "class.released": "chốt lớp",
        "class.closed": "khép lớp",
        "class.reopened": "mở lại lớp",
        "class.cancelled": "hủy lớp",
        "session.added": "thêm buổi học",
        "session.changed": "sửa buổi học",
        "session.removed": "bỏ buổi học",
        "item.added": "thêm nội dung chương trình",
        "item.removed": "bỏ nội dung chương trình",
        "role.given": "phân công trong lớp",
        "role.removed": "bỏ phân công trong lớp",
        "venue.added": "thêm điểm cầu",
        "venue.changed": "sửa điểm cầu",
        "venue.removed": "bỏ điểm cầu",
        "roster.filled": "lập danh sách lớp",
        "roster.added": "thêm vào danh sách lớp",
        "roster.removed": "bỏ khỏi danh sách lớp",
        "summons.printed": "in giấy mời",
        "summons.mailed": "gửi giấy mời",
    }.items():
        VERBS.add(verb, phrase)
    NOTIFICATION_KINDS.add("summons", NotificationKind("Giấy mời học"))
