"""Words of presence: what a fact says, how it was taken, what it comes to."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from quantriet.audit.vocab import VERBS
from quantriet.campaigns.vocab import DutyReason, DutyState, RuleKey
from quantriet.kit.vocab import LabelledEnum, gettext_noop
from quantriet.notify.vocab import NOTIFICATION_KINDS, NoticeGroup, NotificationKind


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
    CODE = "code", gettext_noop("Code of the hall's screen")
    STATION = "station", gettext_noop("Code scanned at the desk")
    SEAT = "seat", gettext_noop("Seat plan")
    LOG = "log", gettext_noop("Log of the online meeting")
    QUESTION = "question", gettext_noop("Questionnaire answered in the hall")
    SUGGEST = "suggest", gettext_noop("Written suggestion")


# Presence that people themselves show in the hall; who has no account does it by the code of the card.
BY_ONESELF = frozenset({Method.CODE, Method.QUESTION, Method.SUGGEST})


class ByCard:
    """Who wrote a fact when no account did: the code of the card of whoever the fact is about. The log names it."""

    pk: None = None

    def __str__(self) -> str:
        return "Thẻ dự học"


class Verdict(LabelledEnum):
    """What the facts of one person in one class come to."""

    UNDECIDED = "undecided", gettext_noop("Not decided yet")
    PRESENT = "present", gettext_noop("Enough time")
    RETAKE = "retake", gettext_noop("Must retake")
    EXCUSED = "excused", gettext_noop("Absent with reason, still owes")
    ABSENT = "absent", gettext_noop("Absent without reason")


# Verdicts after which the study is still owed and the person is followed into a later class.
OWING_VERDICTS = (Verdict.RETAKE, Verdict.EXCUSED, Verdict.ABSENT)


# What each verdict is to the ledger.
LEDGER_SAYS = {
    Verdict.UNDECIDED: (DutyState.OWING, DutyReason.NOT_YET),
    Verdict.PRESENT: (DutyState.DONE, DutyReason.ATTENDED),
    Verdict.RETAKE: (DutyState.OWING, DutyReason.OVER_LIMIT),
    Verdict.EXCUSED: (DutyState.OWING, DutyReason.ABSENT_EXCUSED),
    Verdict.ABSENT: (DutyState.OWING, DutyReason.ABSENT_UNEXCUSED),
}


class Standing(LabelledEnum):
    """How a person stands in one session while the roll is taken."""

    NONE = "none", gettext_noop("Not marked yet")
    PRESENT = "present", gettext_noop("In the room")
    LEFT = "left", gettext_noop("Left")
    WHOLE = "whole", gettext_noop("Whole session")
    ABSENT = "absent", gettext_noop("Absent this session")


class ExcuseState(LabelledEnum):
    ASKED = "asked", gettext_noop("Waiting for approval")
    APPROVED = "approved", gettext_noop("Approved")
    REFUSED = "refused", gettext_noop("Not approved")

    @property
    def sign(self) -> str:
        """The sign of the look beside its word."""
        return {"asked": "silent", "approved": "done", "refused": "late"}[self.value]


class ReopeningState(LabelledEnum):
    """asked → open → closed; what was asked may also be refused, or expire with nobody having decided."""

    ASKED = "asked", gettext_noop("Waits for a second person")
    OPEN = "open", gettext_noop("Reopened")
    CLOSED = "closed", gettext_noop("Closed again")
    REFUSED = "refused", gettext_noop("Not reopened")
    EXPIRED = "expired", gettext_noop("Expired")


# What was asked waits so long for a second person; what was opened takes corrections for so long.
REOPENING_WAITS = dt.timedelta(days=3)
REOPENING_LASTS = dt.timedelta(days=3)


class InvitedBy(LabelledEnum):
    MAIL = "mail", gettext_noop("By mail")
    PRINT = "print", gettext_noop("Printed")
    PUSH = "push", gettext_noop("By notice of the browser")
    SMS = "sms", gettext_noop("By text message")
    ZALO = "zalo", gettext_noop("By Zalo")
    INBOX = "inbox", gettext_noop("In the inbox here")


class CatchUpState(LabelledEnum):
    OPEN = "open", gettext_noop("To be invited")
    PLACED = "placed", gettext_noop("Placed in a later class")
    DONE = "done", gettext_noop("Done")


class StepKind(LabelledEnum):
    """The steps by which an absentee without a later class is followed, in their order (R-067)."""

    INVITE = "invite", gettext_noop("Invited")
    REMIND = "remind", gettext_noop("Reminded")
    CELL = "cell", gettext_noop("Told to the cell secretary")
    SUPERIOR = "superior", gettext_noop("Told to the superior committee")


# The setting of the rulebook that says after how many days each step is due.
STEP_RULES = {
    StepKind.INVITE: RuleKey.CATCH_UP_DAYS,
    StepKind.REMIND: RuleKey.CATCH_UP_REMINDER_DAYS,
    StepKind.CELL: RuleKey.CATCH_UP_CELL_DAYS,
    StepKind.SUPERIOR: RuleKey.CATCH_UP_SUPERIOR_DAYS,
}


class StepWay(LabelledEnum):
    MAIL = "mail", gettext_noop("By mail")
    PRINT = "print", gettext_noop("Printed")
    PUSH = "push", gettext_noop("By notice of the browser")
    SMS = "sms", gettext_noop("By text message")
    ZALO = "zalo", gettext_noop("By Zalo")
    INBOX = "inbox", gettext_noop("In the inbox here")
    NONE = "none", gettext_noop("No way to tell yet")
    DESK = "desk", gettext_noop("On the first page")


class ProxyKind(LabelledEnum):
    """What a member can do on a phone, and so what is entered for one who does not (P-08)."""

    EXCUSE = "excuse", gettext_noop("Excuse")
    CATCH_UP = "catch_up", gettext_noop("Choice of a catch-up class")


class AbsenceGrade(LabelledEnum):
    """How grave an absence without reason is, by the rulebook; each names what is proposed (R-074)."""

    REVIEW = "review", gettext_noop("Self-criticism review in the cell")
    AGAIN = "again", gettext_noop("Review before the committee, absent again")
    HANDLING = "handling", gettext_noop("Consider handling")

    @property
    def sign(self) -> str:
        return "late" if self is AbsenceGrade.HANDLING else "owing"


class ProposalState(LabelledEnum):
    """open → decided; withdrawn when the absence no longer stands."""

    OPEN = "open", gettext_noop("Waits for a decision")
    DECIDED = "decided", gettext_noop("Decided")
    WITHDRAWN = "withdrawn", gettext_noop("No longer stands")

    @property
    def sign(self) -> str:
        return {"open": "owing", "decided": "done", "withdrawn": "exempt"}[self.value]


class AbsenceDecision(LabelledEnum):
    """What a person decided on a proposal."""

    REMINDED = "reminded", gettext_noop("Reminded")
    REVIEW = "review", gettext_noop("Self-criticism review held")
    HANDLING = "handling", gettext_noop("Passed on for handling")
    NONE = "none", gettext_noop("Not taken up")


class ConductKind(LabelledEnum):
    PRAISE = "praise", gettext_noop("Praise")
    BREACH = "breach", gettext_noop("Breach of the class rules")

    @property
    def sign(self) -> str:
        """The sign of the look beside its word."""
        return "done" if self is ConductKind.PRAISE else "late"


# --- self-study (R-133) -----------------------------------------------------------------------------------------


class SelfStudyCause(LabelledEnum):
    """Why people cannot come to a class."""

    SHIFT = "shift", gettext_noop("Works in shifts")
    TRANSPORT = "transport", gettext_noop("Drives or travels with transport")
    SEA = "sea", gettext_noop("At sea")
    ABROAD = "abroad", gettext_noop("Works or studies abroad")
    PRODUCTION = "production", gettext_noop("Production line that cannot stop")
    OTHER = "other", gettext_noop("Another reason")


class SelfStudyStep(LabelledEnum):
    """What a fact of self-study says; only `OPENED` begins the time of a section."""

    OPENED = "opened", gettext_noop("Section opened")
    WRONG = "wrong", gettext_noop("Answered wrongly")
    RIGHT = "right", gettext_noop("Answered rightly")
    READ = "read", gettext_noop("Confirmed as read")


# Steps that pass a section.
PASSING = (SelfStudyStep.RIGHT, SelfStudyStep.READ)


class SelfStudyStage(LabelledEnum):
    """How far one person is who may study alone, as officers see it."""

    NOT_BEGUN = "not_begun", gettext_noop("Not begun")
    READING = "reading", gettext_noop("Being read")
    STUCK = "stuck", gettext_noop("Stuck")
    FINISHED = "finished", gettext_noop("Finished self-study")
    ELSEWHERE = "elsewhere", gettext_noop("Done in another way")
    LAPSED = "lapsed", gettext_noop("No longer allowed, not finished")


# --- logs of online meetings, questionnaires ---------------------------------------------------------------------


class MeetingLogState(LabelledEnum):
    """reading → asking | ready → applying → done → undone; before done it may be refused or given up."""

    READING = "reading", gettext_noop("Being read")
    ASKING = "asking", gettext_noop("Waits for an answer")
    READY = "ready", gettext_noop("Preview ready")
    APPLYING = "applying", gettext_noop("Being written")
    DONE = "done", gettext_noop("Written")
    REFUSED = "refused", gettext_noop("Refused")
    CANCELLED = "cancelled", gettext_noop("Given up")
    UNDONE = "undone", gettext_noop("Taken back")

    @property
    def sign(self) -> str:
        """The sign of the look beside its word."""
        return {"done": "done", "refused": "late", "cancelled": "exempt", "undone": "exempt"}.get(self.value, "owing")


# What was uploaded and is neither refused nor given up nor taken back.
LIVE_LOGS = (
    MeetingLogState.READING, MeetingLogState.ASKING, MeetingLogState.READY, MeetingLogState.APPLYING, MeetingLogState.DONE,
)  # fmt: skip


class LogMeaning(LabelledEnum):
    """What a name of a meeting's log stands for; the order is that of the tabs."""

    SURE = "sure", gettext_noop("Recognised names")
    DOUBTFUL = "doubtful", gettext_noop("To decide")
    UNKNOWN = "unknown", gettext_noop("Not on the roster")
    VENUE = "venue", gettext_noop("Venues")
    IGNORED = "ignored", gettext_noop("Left out of presence")


class QuestionnaireState(LabelledEnum):
    PREPARED = "prepared", gettext_noop("Prepared")
    OPEN = "open", gettext_noop("Open now")
    OVER = "over", gettext_noop("Over")
    CALLED_OFF = "called_off", gettext_noop("Called off")

    @property
    def sign(self) -> str:
        """The sign of the look beside its word."""
        return {"prepared": "silent", "open": "owing", "over": "done", "called_off": "exempt"}[self.value]


@dataclass(frozen=True)
class Mark:
    """One mark of the roll on its way in: `at` is when it was true, `nonce` is made by the client."""

    entry_id: int
    session_id: int
    kind: FactKind
    at: dt.datetime
    nonce: str
    method: Method = Method.ROLL
    device: str = ""  # the phone that scanned the hall's code: a random word of its browser


@dataclass(frozen=True)
class MarkResult:
    """What the facts of one person in one class come to after a mark."""

    entry_id: int
    verdict: Verdict
    seconds_present: int
    seconds_planned: int
    sentence: str
    standings: tuple[tuple[int, Standing, str], ...] = ()  # session, how the person stands there, in words


# --- machines that hold a roll without a line (B-03) --------------------------------------------------------------


class ConflictReason(LabelledEnum):
    """Why a fact that came from a device is a question to a person."""

    ABSENT = "absent", gettext_noop("Present for one, absent for the other")
    ORDER = "order", gettext_noop("Left before having arrived")
    TIME = "time", gettext_noop("An hour that cannot be")
    LOST = "lost", gettext_noop("From a device declared lost")
    RIGHT = "right", gettext_noop("Who recorded it no longer takes this roll")
    CLOSED = "closed", gettext_noop("Came when the roll took no marks")
    MOVED = "moved", gettext_noop("Person now of another venue")
    GONE = "gone", gettext_noop("No longer on the roster")


# Both facts stand and say opposite things; for the other reasons one fact waits and counts for nothing until taken.
CONTRADICTIONS = (ConflictReason.ABSENT, ConflictReason.ORDER)


class ConflictState(LabelledEnum):
    OPEN = "open", gettext_noop("To be settled")
    SETTLED = "settled", gettext_noop("Already settled")


class ConflictOutcome(LabelledEnum):
    FIRST = "first", gettext_noop("The first is right")
    SECOND = "second", gettext_noop("The second is right")
    BOTH = "both", gettext_noop("Both are right")
    TAKEN = "taken", gettext_noop("Recorded")
    LEFT_OUT = "left_out", gettext_noop("Not recorded")
    UNDONE = "undone", gettext_noop("Taken back on the device")


class Received(LabelledEnum):
    """What became of a fact that a device sent; whichever it is, the device need not send it again."""

    RECORDED = "recorded", gettext_noop("Recorded")
    CONFLICT = "conflict", gettext_noop("In the conflicts")
    SETTLED = "settled", gettext_noop("Settled before")
    REFUSED = "refused", gettext_noop("Refused")


@dataclass(frozen=True)
class SentFact:
    """One fact as a device kept it: times in milliseconds since 1970, `made_ms` by the device's own clock."""

    nonce: str
    kind: FactKind  # VOID takes the fact `undoes` of the same device back
    line: int
    session_id: int
    made_ms: int
    offset_ms: int | None  # server's clock less the device's, as learned before the fact; None when nothing was known
    known_ms: int | None  # by the server's clock, when the device last saw what others had recorded
    method: Method = Method.ROLL
    undoes: str = ""


@dataclass(frozen=True)
class Told:
    """What the server answers about one fact."""

    nonce: str
    received: Received
    sentence: str = ""


class Turn(LabelledEnum):
    """What a scan at the desk means."""

    BOTH = "both", gettext_noop("In turns: arrival, then departure")
    ARRIVE = "arrive", gettext_noop("Arrivals only")
    LEAVE = "leave", gettext_noop("Departures only")


@dataclass(frozen=True)
class CheckedIn:
    """A check-in by code that is on the disk: whose, what was written, and how the person stands by it."""

    entry_id: int
    name: str
    cell: str
    venue: str
    session: str
    kind: FactKind
    at: dt.datetime
    words: str  # "Có mặt từ 07:42"
    is_repeat: bool  # the same scan again, or scanned twice within seconds: nothing new was written


class VenueStanding(LabelledEnum):
    """What is known of a venue on the day: its roll is being taken, only a number was reported, or nothing yet."""

    ROLL = "roll", gettext_noop("Roll being taken")
    COUNTED = "counted", gettext_noop("Quick count only")
    SILENT = "silent", gettext_noop("Not reported")


@dataclass(frozen=True)
class Closing:
    """What closing a roll came to, in persons."""

    present: int
    retake: int
    excused: int
    absent: int
    catch_ups: int
    proposals: int = 0  # what the rulebook says follows absences without reason

    @property
    def owing(self) -> int:
        return self.retake + self.excused + self.absent


def register() -> None:
    for verb, phrase in {
        "roll.marked": "điểm danh",
        "roll.voided": "bỏ một lượt điểm danh",
        "device.opened": "mở máy điểm danh",
        "device.lost": "báo mất máy điểm danh",
        "conflict.settled": "giải quyết xung đột điểm danh",
        "presence_check.set": "đặt kiểm tra giữa buổi",
        "presence_check.called_off": "bỏ lượt kiểm tra giữa buổi",
        "head_count.reported": "báo nhanh số người dự",
        "seats.round_begun": "bắt đầu lượt điểm danh theo ghế",
        "seats.confirmed": "xác nhận khối ghế",
        "seats.set_right": "ghi người ngồi nhầm ghế",
        "absence.proposed": "đề xuất sau khi vắng không lý do",
        "absence.decided": "quyết định đề xuất sau khi vắng",
        "absence.withdrawn": "thôi đề xuất sau khi vắng",
        "slips.read": "đọc phiếu theo dõi có mã",
        "meeting_log.uploaded": "tải lên nhật ký cuộc họp",
        "meeting_log.applied": "ghi có mặt theo nhật ký cuộc họp",
        "meeting_log.undone": "thu hồi lần nhập nhật ký cuộc họp",
        "meeting_log.decided": "xác định tên trong nhật ký cuộc họp",
        "questionnaire.prepared": "soạn phiếu hỏi tại lớp",
        "questionnaire.opened": "mở phiếu hỏi tại lớp",
        "questionnaire.called_off": "bỏ phiếu hỏi tại lớp",
        "questionnaire.entered": "nhập thay phiếu hỏi tại lớp",
        "suggestions.switched": "bật, tắt góp ý tính có mặt",
        "suggestion.written": "ghi góp ý tại lớp",
        "excuse.asked": "ghi xin vắng",
        "excuse.approved": "duyệt vắng có lý do",
        "excuse.taken_back": "thu hồi ý kiến duyệt vắng có lý do",
        "excuse.refused": "không duyệt lý do vắng",
        "catch_up.opened": "đưa vào danh sách học bù",
        "catch_up.placed": "xếp học bù",
        "catch_up.invited": "mời học bù",
        "catch_up.done": "học bù xong",
        "catch_up.stepped": "nhắc, báo theo bước học bù",
        "catch_up.chosen": "chọn lớp học bù",
        "proxy.entered": "nhập thay đảng viên",
        "reply_form.printed": "in phiếu trả lời",
        "reply_form.entered": "nhập phiếu trả lời",
        "conduct.noted": "ghi nhận xét trong lớp",
        "roll.closed": "chốt điểm danh",
        "roll.reopening_asked": "đề nghị mở lại điểm danh",
        "roll.reopened": "đồng ý mở lại điểm danh",
        "roll.reopening_refused": "không đồng ý mở lại điểm danh",
        "roll.recomputed": "tính lại thời gian dự học",
        "self_study.allowed": "cho phép tự học",
        "self_study.withdrawn": "rút phép tự học",
        "self_study.begun": "bắt đầu tự học",
        "self_study.moved": "chuyển sang bản mới khi tự học",
        "self_study.finished": "tự học xong",
        "self_study.lapsed": "hết hạn tự học, đưa vào danh sách học bù",
        "self_study.question_added": "thêm câu hỏi kiểm tra tự học",
        "self_study.question_retired": "bỏ câu hỏi kiểm tra tự học",
    }.items():
        VERBS.add(verb, phrase)
    # An invitation names a day: it does not wait for a weekly digest.
    NOTIFICATION_KINDS.add("catch_up", NotificationKind("Mời học bù", NoticeGroup.CATCH_UP, is_prompt=True))
    NOTIFICATION_KINDS.add("catch_up_reminder", NotificationKind("Nhắc học bù", NoticeGroup.CATCH_UP))
    NOTIFICATION_KINDS.add("catch_up_report", NotificationKind("Báo người chưa học bù"))
