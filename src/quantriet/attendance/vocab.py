"""Words of presence: what a fact says, how it was taken, what it comes to."""

from quantriet.audit.vocab import VERBS
from quantriet.kit.vocab import LabelledEnum, gettext_noop
from quantriet.notify.vocab import NOTIFICATION_KINDS, NotificationKind


class FactKind(LabelledEnum):
    ARRIVE = "arrive", gettext_noop("Arrived")
    LEAVE = "leave", gettext_noop("Left")
    WHOLE = "whole", gettext_noop("Whole session")
    ABSENT = "absent", gettext_noop("Absent this session")
    VOID = "void", gettext_noop("Mark taken back")


class Method(LabelledEnum):
    """How a fact was taken; all give the same facts."""

    ROLL = "roll", gettext_noop("Roll page")
    SLIP = "slip", gettext_noop("Slip entered later")
    PASTE = "paste", gettext_noop("Pasted codes")


class Verdict(LabelledEnum):
    """What the facts of one person in one class come to."""

    UNDECIDED = "undecided", gettext_noop("Not decided yet")
    PRESENT = "present", gettext_noop("Enough time")
    RETAKE = "retake", gettext_noop("Must retake")
    EXCUSED = "excused", gettext_noop("Absent with reason, still owes")
    ABSENT = "absent", gettext_noop("Absent without reason")


class ExcuseState(LabelledEnum):
    ASKED = "asked", gettext_noop("Waiting for approval")
    APPROVED = "approved", gettext_noop("Approved")
    REFUSED = "refused", gettext_noop("Refused")


class CatchUpState(LabelledEnum):
    OPEN = "open", gettext_noop("To be invited")
    PLACED = "placed", gettext_noop("Placed in a later class")
    DONE = "done", gettext_noop("Done")


class ConductKind(LabelledEnum):
    PRAISE = "praise", gettext_noop("Praise")
    BREACH = "breach", gettext_noop("Breach of the class rules")


def register() -> None:
    for verb, phrase in {
        "roll.marked": "điểm danh",
        "roll.voided": "bỏ một lượt điểm danh",
        "excuse.asked": "ghi xin vắng",
        "excuse.approved": "duyệt vắng có lý do",
        "excuse.refused": "không duyệt lý do vắng",
        "catch_up.placed": "xếp học bù",
        "conduct.noted": "ghi nhận xét trong lớp",
        "roll.closed": "chốt điểm danh",
    }.items():
        VERBS.add(verb, phrase)
    NOTIFICATION_KINDS.add("catch_up", NotificationKind("Mời học bù"))
