"""Words of a class: states, roles, programme items, levels; what a fence or a count comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from quantriet.audit.vocab import VERBS
from quantriet.kit.registry import Registry
from quantriet.kit.vocab import LabelledEnum, gettext_noop
from quantriet.notify.vocab import NOTIFICATION_KINDS, NoticeGroup, NotificationKind


class ClassState(LabelledEnum):
    DRAFT = "draft", gettext_noop("Draft")
    RELEASED = "released", gettext_noop("Released")
    CLOSED = "closed", gettext_noop("Held and closed")
    CANCELLED = "cancelled", gettext_noop("Cancelled")


# A person is in at most one class of these states per duty (B-02).
RUNNING_STATES = (ClassState.DRAFT, ClassState.RELEASED)


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


class Interaction(LabelledEnum):
    """By what a part of the programme draws its listeners in (R-054)."""

    POLL = "poll", gettext_noop("Quick poll")
    QUESTIONS = "questions", gettext_noop("Questions and answers")
    GROUPS = "groups", gettext_noop("Group work")
    QUIZ = "quiz", gettext_noop("Short quiz")
    ONLINE = "online", gettext_noop("Online interaction")


class ClassPart(LabelledEnum):
    """The pages about one class by the names of their addresses, in the order of their tabs.

    Roll and result belong to the room of presence above; its pages stand in the same frame, so that whoever works on a
    class finds everything about it in one line.
    """

    OVERVIEW = "class", gettext_noop("Overview")
    PROGRAMME = "class-programme", gettext_noop("Programme")
    ROLES = "class-roles", gettext_noop("Parts")
    VENUES = "class-venues", gettext_noop("Venues")
    ROSTER = "class-roster", gettext_noop("Roster")
    SEATS = "class-seats", gettext_noop("Seat plan")
    SUMMONS = "class-summons", gettext_noop("Summons")
    ROLL = "roll", gettext_noop("Roll call")
    RESULT = "roll-result", gettext_noop("Result")


class ConferencePart(LabelledEnum):
    """The pages about one conference by the names of their addresses, in the order of their tabs.

    The live board and the quick report belong to the room of presence above and stand in the same frame.
    """

    READINESS = "conference", gettext_noop("Readiness")
    SEATING = "conference-seating", gettext_noop("Who sits where")
    SETTINGS = "conference-settings", gettext_noop("Conference settings")
    LIVE = "conference-live", gettext_noop("Live board")
    REPORT = "conference-report", gettext_noop("Quick report")


CONFERENCE_KIND = "conference"  # of the notices about one


class SeatPlace(LabelledEnum):
    """Where people of a rule of the audience follow a conference (R-040 … R-042)."""

    MAIN = "main", gettext_noop("At the main venue")
    BELOW = "below", gettext_noop("At the venue of their own unit")
    ELSEWHERE = "none", gettext_noop("Not at this conference")


class EquipmentKind(LabelledEnum):
    """What a venue needs to follow a conference; the words stand in sentences and in the columns of Excel."""

    SCREEN = "screen", gettext_noop("Screen")
    SPEAKERS = "speakers", gettext_noop("Loudspeakers")
    MICROPHONE = "microphone", gettext_noop("Microphone")
    CAMERA = "camera", gettext_noop("Camera")
    LINE = "line", gettext_noop("Internet line")
    POWER = "power", gettext_noop("Power in reserve")


class LineKind(LabelledEnum):
    FIBRE = "fibre", gettext_noop("Fibre")
    MOBILE = "mobile", gettext_noop("Mobile network")
    NONE = "none", gettext_noop("No line")


class ReadinessPart(LabelledEnum):
    """What is looked at before a venue is ready, in the order in which it is mended."""

    HALL = "hall", gettext_noop("Hall")
    CLERK = "clerk", gettext_noop("Clerk")
    CAPACITY = "capacity", gettext_noop("Capacity")
    EQUIPMENT = "equipment", gettext_noop("Equipment")
    CHECK = "check", gettext_noop("Connection")
    ROSTER = "roster", gettext_noop("Roster")


class OnlineRoom(LabelledEnum):
    """Whether a unit has an online meeting room; who has not said so is never counted as having none (R-063)."""

    YES = "yes", gettext_noop("Has an online room")
    NO = "no", gettext_noop("Has none")
    SILENT = "silent", gettext_noop("Not reported")


# Of a conference until its host says otherwise.
DEFAULT_EQUIPMENT = (EquipmentKind.SCREEN, EquipmentKind.SPEAKERS, EquipmentKind.CAMERA, EquipmentKind.LINE)


class StageSide(LabelledEnum):
    """The side of a hall's drawing on which the stage is; rows are counted from there."""

    TOP = "top", gettext_noop("On top")
    BOTTOM = "bottom", gettext_noop("At the bottom")
    LEFT = "left", gettext_noop("On the left")
    RIGHT = "right", gettext_noop("On the right")


class TimetableState(LabelledEnum):
    """The life of a plan of a campaign's classes (B-09)."""

    DRAFT = "draft", gettext_noop("In preparation")
    COMPUTING = "computing", gettext_noop("Being computed")
    READY = "ready", gettext_noop("Plan ready")
    CONFIRMED = "confirmed", gettext_noop("Confirmed")


class PlanDemandKind(LabelledEnum):
    """What a timetable is asked to hold; everything but a wish is hard."""

    SEATS = "seats", gettext_noop("Seats of a hall")
    HALL_OFF = "hall_off", gettext_noop("Hall not free on a day")
    DUTY = "duty", gettext_noop("Share that stays on duty")
    OFF = "off", gettext_noop("Day on which a cell cannot come")
    WISH = "wish", gettext_noop("Day that a cell prefers")
    TRAVEL = "travel", gettext_noop("Longest way to the hall")
    TWO_POSTS = "two_posts", gettext_noop("Two posts of one person")
    APART = "apart", gettext_noop("Leaders of a cell not in one session")
    SPEAKER = "speaker", gettext_noop("A reporter for each class")
    SPEAKER_OFF = "speaker_off", gettext_noop("Day on which a reporter cannot come")
    SPEAKER_LOAD = "speaker_load", gettext_noop("Most classes of a reporter")
    SPEAKER_WAY = "speaker_way", gettext_noop("Time for a reporter's way")
    EVERYBODY = "everybody", gettext_noop("A place for everybody")
    WAY = "way", gettext_noop("Way between two places")


# Demands that people write; the others follow from a hall's seats, a reporter's load, or everybody's having a place.
WRITTEN_DEMANDS = (
    PlanDemandKind.DUTY, PlanDemandKind.OFF, PlanDemandKind.WISH, PlanDemandKind.TRAVEL, PlanDemandKind.WAY,
    PlanDemandKind.HALL_OFF, PlanDemandKind.SPEAKER_OFF, PlanDemandKind.SPEAKER, PlanDemandKind.SPEAKER_WAY,
    PlanDemandKind.TWO_POSTS, PlanDemandKind.APART,
)  # fmt: skip


class RosterOrigin(LabelledEnum):
    AUDIENCE = "audience", gettext_noop("From the audience")
    CATCH_UP = "catch_up", gettext_noop("Catch-up")
    HAND = "hand", gettext_noop("Added by hand")


class SummonsWay(LabelledEnum):
    MAIL = "mail", gettext_noop("Mailed")
    PRINT = "print", gettext_noop("Printed")
    PUSH = "push", gettext_noop("By notice of the browser")
    SMS = "sms", gettext_noop("By text message")
    ZALO = "zalo", gettext_noop("By Zalo")
    INBOX = "inbox", gettext_noop("In the inbox here")
    FAILED = "failed", gettext_noop("Sent, did not arrive")


# The ways that leave the house.
SENT_WAYS = (SummonsWay.MAIL, SummonsWay.PUSH, SummonsWay.SMS, SummonsWay.ZALO)

# Rules of conduct of a class until its organiser writes others.
DEFAULT_CONDUCT = """Có mặt trước giờ khai mạc 10 phút, ngồi đúng vị trí, ký tên vào danh sách điểm danh.
Học đủ các buổi; vắng mặt, đến muộn hoặc về sớm phải báo cáo và được người phụ trách lớp đồng ý.
Tắt chuông điện thoại; không làm việc riêng, không nói chuyện riêng trong giờ học.
Ghi chép đầy đủ, tham gia thảo luận; không ghi âm, ghi hình, đưa nội dung lớp học lên mạng khi chưa được phép.
Trang phục gọn gàng, lịch sự; giữ gìn vệ sinh và tài sản của hội trường."""


@dataclass(frozen=True)
class DiscussionShare:
    """Discussion within class time: seconds, the share asked for, the verdict and its sentence (R-032, B-10)."""

    discussion_seconds: int
    planned_seconds: int
    least_percent: Decimal
    basis: str
    is_enough: bool
    sentence: str


@dataclass(frozen=True)
class Check:
    """One thing looked at before a class is released: `stops` says whether it stands in the way."""

    code: str
    passed: bool
    sentence: str
    stops: bool = True


@dataclass(frozen=True)
class UnitPlacement:
    """How the people of one unit who have the duty stand with classes; the four always sum up to `total`."""

    unit_id: int
    in_one: int
    in_none: int
    in_several: int
    exempt: int

    @property
    def total(self) -> int:
        return self.in_one + self.in_none + self.in_several + self.exempt


@dataclass(frozen=True)
class Placement:
    """Who of a campaign is in exactly one class, in none, in several, or exempt (B-02)."""

    in_one: int = 0
    in_none: int = 0
    in_several: int = 0
    exempt: int = 0
    units: tuple[UnitPlacement, ...] = field(default=(), repr=False)  # cells that have any duty, in the order of ids

    @property
    def total(self) -> int:
        return self.in_one + self.in_none + self.in_several + self.exempt

    @property
    def is_proved(self) -> bool:
        """Everybody is in exactly one class or exempt."""
        return not self.in_none and not self.in_several


@dataclass(frozen=True)
class Filling:
    """What filling a roster came to: people added, people left out for want of seats, and their units.

    `other_tier` counts who is in no class either but learns the content of another tier. Of a conference also: how many
    of those left out have no venue in their branch; who is meant for a venue but waits for no class, by why; who was
    taken out because the rules call them no longer; and who stays all the same, by why.
    """

    added: int
    left_out: int = 0
    left_units: tuple[str, ...] = ()
    other_tier: int = 0
    without_venue: int = 0
    not_waiting: Mapping[str, int] = field(default_factory=dict)
    removed: int = 0
    stay: Mapping[str, int] = field(default_factory=dict)


# Why a venue (by its id) keeps the seats that it has at a moment, as a room above says; empty when they may be others.
SEATS_IN_USE: Registry[Callable[[int, datetime], str]] = Registry("use of a seat plan")


def register() -> None:
    for verb, phrase in {
        "class.added": "lập lớp",
        "class.changed": "sửa lớp",
        "class.released": "chốt lớp",
        "class.closed": "khép lớp",
        "class.reopened": "mở lại lớp",
        "class.cancelled": "hủy lớp",
        "class.outsiders_counted": "ghi số người ngoài danh sách",
        "session.added": "thêm buổi học",
        "session.changed": "sửa buổi học",
        "session.removed": "bỏ buổi học",
        "item.added": "thêm nội dung chương trình",
        "item.changed": "sửa nội dung chương trình",
        "item.moved": "đổi thứ tự nội dung chương trình",
        "item.removed": "bỏ nội dung chương trình",
        "role.given": "phân công trong lớp",
        "role.removed": "bỏ phân công trong lớp",
        "venue.added": "thêm điểm cầu",
        "venue.changed": "sửa điểm cầu",
        "venue.removed": "bỏ điểm cầu",
        "roster.filled": "lập danh sách lớp",
        "roster.added": "thêm vào danh sách lớp",
        "roster.removed": "bỏ khỏi danh sách lớp",
        "roster.moved": "chuyển điểm cầu",
        "hall.added": "lập sơ đồ hội trường",
        "hall.changed": "sửa sơ đồ hội trường",
        "hall.removed": "bỏ sơ đồ hội trường",
        "seats.hall_chosen": "chọn hội trường để xếp chỗ",
        "seats.filled": "xếp chỗ ngồi",
        "seats.moved": "đổi chỗ ngồi",
        "seats.kept_free": "giữ ghế trống",
        "seats.block_kept": "dành khối ghế cho đơn vị",
        "seats.listed": "nhập chỗ ngồi từ tệp",
        "summons.printed": "in giấy mời",
        "summons.mailed": "gửi giấy mời",
        "timetable.added": "lập lịch lớp",
        "timetable.changed": "sửa dữ liệu của lịch lớp",
        "timetable.started": "cho máy xếp lịch lớp",
        "timetable.stopped": "dừng xếp lịch lớp",
        "timetable.computed": "xếp xong lịch lớp",
        "timetable.moved": "chuyển người trong lịch lớp",
        "timetable.reporter_given": "đổi báo cáo viên trong lịch lớp",
        "timetable.confirmed": "xác nhận lịch lớp",
        "timetable.reopened": "mở lại lịch lớp",
        "timetable.removed": "bỏ lịch lớp",
        "conference.added": "lập hội nghị nhiều điểm cầu",
        "conference.changed": "sửa thiết đặt hội nghị",
        "conference.opened": "mở hội nghị cho đơn vị cấp dưới",
        "conference.seating_set": "xếp ai dự ở điểm cầu nào",
        "venue.prepared": "ghi chuẩn bị của điểm cầu",
        "venue.checked": "kiểm tra kết nối của điểm cầu",
        "venue.imported": "nhập danh sách điểm cầu",
        "facility.added": "thêm phòng họp vào sổ",
        "facility.changed": "sửa phòng họp trong sổ",
        "facility.removed": "bỏ phòng họp khỏi sổ",
        "facility.imported": "nhập sổ phòng họp",
        "facility.declared": "xác nhận sổ phòng họp đã đủ",
    }.items():
        VERBS.add(verb, phrase)
    NOTIFICATION_KINDS.add(CONFERENCE_KIND, NotificationKind("Mời đăng ký điểm cầu", is_prompt=True))
    NOTIFICATION_KINDS.add("summons", NotificationKind("Giấy mời học", NoticeGroup.SUMMONS, is_prompt=True))
