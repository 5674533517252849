"""Words of the ledger: duties, their states and reasons; states of campaigns and plans; keys of the rulebook."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from quantriet.audit.vocab import VERBS
from quantriet.kit.numbers import show_number
from quantriet.kit.registry import Registry
from quantriet.kit.vocab import LabelledEnum, gettext_noop
from quantriet.notify.vocab import NOTIFICATION_KINDS, NoticeGroup, NotificationKind

if TYPE_CHECKING:
    from quantriet.campaigns.models import StudyCampaign, StudyDuty
    from quantriet.org.models import Account, Unit


class CampaignState(LabelledEnum):
    DRAFT = "draft", gettext_noop("Being planned")
    OPEN = "open", gettext_noop("Running")
    CLOSED = "closed", gettext_noop("Ended")
    CANCELLED = "cancelled", gettext_noop("Cancelled")


class StudyForm(LabelledEnum):
    """How a unit studies (R-035)."""

    IN_PERSON = "in_person", gettext_noop("In person")
    ONLINE = "online", gettext_noop("Online")
    MIXED = "mixed", gettext_noop("Mixed")
    SOFTWARE = "software", gettext_noop("By software or network")
    CELL_MEETING = "cell_meeting", gettext_noop("In the cell meeting")


class PlanState(LabelledEnum):
    """How far one unit is with organising a campaign (R-030, R-031)."""

    TO_SCHEDULE = "to_schedule", gettext_noop("Not scheduled yet")
    SCHEDULED = "scheduled", gettext_noop("Scheduled")
    HELD = "held", gettext_noop("Held")
    POSTPONED = "postponed", gettext_noop("Postponed")


class DutyState(LabelledEnum):
    OWING = "owing", gettext_noop("Owing")
    DONE = "done", gettext_noop("Done")
    EXEMPT = "exempt", gettext_noop("Exempt")


class DutyReason(LabelledEnum):
    """Why a duty is in its state."""

    NOT_YET = "not_yet", gettext_noop("Not yet")
    ATTENDED = "attended", gettext_noop("Attended")
    ABSENT_UNEXCUSED = "absent", gettext_noop("Absent without reason")
    ABSENT_EXCUSED = "excused", gettext_noop("Absent with reason, still owes")
    OVER_LIMIT = "retake", gettext_noop("Must retake")
    ACTIVITY_EXEMPT = "exempt_activity", gettext_noop("Exempt from activities")
    RULE_EXEMPT = "exempt_rule", gettext_noop("Exempt by rule of the campaign")
    CREDIT = "credit", gettext_noop("Studied elsewhere")
    SELF_STUDY = "self_study", gettext_noop("Completed by self-study")
    WITHDRAWN = "withdrawn", gettext_noop("No longer in the audience")


# States in which a duty is exempt because of what the audience says; only these follow the audience afterwards.
AUDIENCE_REASONS = (DutyReason.ACTIVITY_EXEMPT, DutyReason.RULE_EXEMPT, DutyReason.WITHDRAWN)


@dataclass(frozen=True)
class DutyResult:
    """What a room above found out about one duty; `settle_duties` takes it into the ledger."""

    duty_id: int
    state: DutyState
    reason: DutyReason
    sentence: str


class WebhookState(LabelledEnum):
    """Whether changes of duties are told to another program."""

    RUNNING = "running", gettext_noop("Switched on")
    PAUSED = "paused", gettext_noop("Paused")  # by a person
    STOPPED = "stopped", gettext_noop("Stopped")  # by the product, with the reason


class DeliveryState(LabelledEnum):
    WAITING = "waiting", gettext_noop("Waiting to be sent")
    SENDING = "sending", gettext_noop("Being sent")
    DELIVERED = "delivered", gettext_noop("Delivered")
    DEAD = "dead", gettext_noop("Given up")


class ReceiptHow(LabelledEnum):
    """How the material of a document came to a person (R-125)."""

    OPENED = "opened", gettext_noop("Opened in the handbook")
    HANDED = "handed", gettext_noop("Handed out on paper")


class RuleEffect(LabelledEnum):
    """What an audience rule does with the people it matches."""

    OBLIGE = "oblige", gettext_noop("Must study")
    EXEMPT = "exempt", gettext_noop("Exempt")


class AdjustmentKind(LabelledEnum):
    ADD = "add", gettext_noop("Added by hand")
    REMOVE = "remove", gettext_noop("Removed by hand")


class CreditKind(LabelledEnum):
    """Which way a study is recognised (R-045)."""

    SECTOR = "sector", gettext_noop("Studied in a vertical-sector class")
    LOCAL = "local", gettext_noop("Studied in a local class")


class CreditState(LabelledEnum):
    PROPOSED = "proposed", gettext_noop("Waiting for a decision")
    GRANTED = "granted", gettext_noop("Recognised")
    REFUSED = "refused", gettext_noop("Recognition refused")
    WITHDRAWN = "withdrawn", gettext_noop("Taken back")


# States in which a credit stands in the way of a second one.
LIVE_CREDITS = (CreditState.PROPOSED, CreditState.GRANTED)


class RuleKey(LabelledEnum):
    """Keys of the rulebook; the values are data with validity and legal basis."""

    RETAKE_LIMIT_PERCENT = (
        "retake_limit_percent",
        gettext_noop("Absence above which a retake is due (per cent of class time)"),
    )
    DISCUSSION_SHARE_PERCENT = (
        "discussion_share_percent",
        gettext_noop("Least share of discussion (per cent of class time)"),
    )
    ESSAY_DAYS = "essay_days", gettext_noop("Days to hand in the essay")
    ESSAY_REMINDER_DAYS = "essay_reminder_days", gettext_noop("First reminder before the essay is due (days)")
    ESSAY_ESCALATION_DAYS = "essay_escalation_days", gettext_noop("Silent unit told to the superior (days after)")
    CATCH_UP_DAYS = "catch_up_days", gettext_noop("Days to invite an absentee to a later class")
    CATCH_UP_REMINDER_DAYS = (
        "catch_up_reminder_days",
        gettext_noop("Absentee without a later class reminded (days after the roll was closed)"),
    )
    CATCH_UP_CELL_DAYS = (
        "catch_up_cell_days",
        gettext_noop("Absentee told to the cell secretary (days after the roll was closed)"),
    )
    CATCH_UP_SUPERIOR_DAYS = (
        "catch_up_superior_days",
        gettext_noop("Absentee told to the superior committee (days after the roll was closed)"),
    )
    CREDIT_MAX_AGE_MONTHS = (
        "credit_max_age_months",
        gettext_noop("Oldest study elsewhere that is recognised (months before the campaign begins)"),
    )
    REPLY_DAYS = "reply_days", gettext_noop("Days to answer a letter without a deadline")
    SELF_STUDY_SPEED = "self_study_speed", gettext_noop("Self-study: reading speed that the shortest time rests on")
    SELF_STUDY_LONGEST_MINUTES = (
        "self_study_longest",
        gettext_noop("Self-study: longest time that counts for one section (minutes)"),
    )
    CELL_CRITICISM_CAP_PERCENT = (
        "cell_criticism_cap_percent",
        gettext_noop("Share of criticised members that caps a cell (per cent)"),
    )
    MATERIAL_SHARE_PERCENT = (
        "material_share_percent",
        gettext_noop("Least share of learners who were given the material (per cent)"),
    )
    TRAVEL_COST_KM = "travel_cost_km", gettext_noop("Travel to a conference: cost of a kilometre for one person")
    TRAVEL_LEAST_KM = "travel_least_km", gettext_noop("Travel to a conference: least distance that is paid (one way)")
    DAY_ALLOWANCE = "day_allowance", gettext_noop("Travel to a conference: allowance of one person for a day")
    ABSENCE_REVIEW_FROM = (
        "absence_review_from",
        gettext_noop("Absences without reason from which a self-criticism review is proposed (times)"),
    )
    ABSENCE_AGAIN_FROM = (
        "absence_again_from",
        gettext_noop("Absences without reason from which a review before the committee is proposed (times)"),
    )
    ABSENCE_MONTHS = (
        "absence_months",
        gettext_noop("How far back absences without reason are counted (months)"),
    )
    ABSENCE_HANDLING_FROM = (
        "absence_handling_from",
        gettext_noop("Absences without reason in one campaign from which handling is proposed (times)"),
    )


@dataclass(frozen=True)
class SourceRule:
    """A value that ships with the product, with the paper it comes from."""

    value: str
    unit: str
    basis: str


_26HD = "Hướng dẫn 26-HD/BTGTU"
# An article of a provincial board on its enterprises: who cannot gather studies by software.
_ENTERPRISES = "thực tiễn các đảng bộ doanh nghiệp sản xuất, vận tải không tập trung học được; mức do cấp ủy quy định"
_TRAVEL = "Điều 5 Thông tư 40/2017/TT-BTC"
_ABSENCE = f"mục 3 {_26HD} (vắng không lý do hoặc lý do không chính đáng thì kiểm điểm, xử lý tùy mức độ; số lần do cấp ủy quy định)"
SOURCE_RULES: dict[RuleKey, SourceRule] = {
    RuleKey.RETAKE_LIMIT_PERCENT: SourceRule("40", "%", f"mục 3 {_26HD}"),
    RuleKey.DISCUSSION_SHARE_PERCENT: SourceRule(
        "10", "%", f"mục 3 {_26HD} (phải bố trí thời gian thảo luận thích hợp; tỷ lệ do cấp ủy quy định)"
    ),
    RuleKey.ESSAY_DAYS: SourceRule("15", "ngày", "do cấp ủy quy định"),
    RuleKey.ESSAY_REMINDER_DAYS: SourceRule("5", "ngày", "do cấp ủy quy định"),
    RuleKey.ESSAY_ESCALATION_DAYS: SourceRule("7", "ngày", "do cấp ủy quy định"),
    RuleKey.CATCH_UP_DAYS: SourceRule("10", "ngày", f"mục 3 {_26HD} (thời hạn do cấp ủy quy định)"),
    RuleKey.CATCH_UP_REMINDER_DAYS: SourceRule("15", "ngày", "do cấp ủy quy định"),
    RuleKey.CATCH_UP_CELL_DAYS: SourceRule("20", "ngày", "do cấp ủy quy định"),
    RuleKey.CATCH_UP_SUPERIOR_DAYS: SourceRule("30", "ngày", "do cấp ủy quy định"),
    RuleKey.CREDIT_MAX_AGE_MONTHS: SourceRule("12", "tháng", f"mục 2 {_26HD} (thời hạn do cấp ủy quy định)"),
    RuleKey.REPLY_DAYS: SourceRule("10", "ngày", "do cấp ủy quy định"),
    RuleKey.SELF_STUDY_SPEED: SourceRule("240", "tiếng/phút", _ENTERPRISES),
    RuleKey.SELF_STUDY_LONGEST_MINUTES: SourceRule("30", "phút", _ENTERPRISES),
    RuleKey.CELL_CRITICISM_CAP_PERCENT: SourceRule("10", "%", f"mục 3 {_26HD}"),
    RuleKey.ABSENCE_REVIEW_FROM: SourceRule("1", "lần", _ABSENCE),
    RuleKey.ABSENCE_AGAIN_FROM: SourceRule("2", "lần", _ABSENCE),
    RuleKey.ABSENCE_MONTHS: SourceRule("12", "tháng", _ABSENCE),
    RuleKey.ABSENCE_HANDLING_FROM: SourceRule("2", "lần", _ABSENCE),
    RuleKey.MATERIAL_SHARE_PERCENT: SourceRule("90", "%", "chỉ tiêu cung cấp tài liệu của đề án"),
    RuleKey.TRAVEL_COST_KM: SourceRule("4000", "đồng/km", f"{_TRAVEL} (0,2 lít xăng/km; đơn giá do cấp ủy quy định)"),
    RuleKey.TRAVEL_LEAST_KM: SourceRule("15", "km", f"{_TRAVEL} (mức do cấp ủy quy định)"),
    RuleKey.DAY_ALLOWANCE: SourceRule("200000", "đồng/ngày", "Điều 6 Thông tư 40/2017/TT-BTC (mức do cấp ủy quy định)"),
}


@dataclass(frozen=True)
class Problem:
    """Something that stands in the way of a step of a campaign, with how many it concerns and where to mend it."""

    sentence: str
    count: int = 0
    url: str = ""


@dataclass(frozen=True)
class EventDays:
    """When something fixed to which people are called takes place, and in which form."""

    campaign_id: int
    unit_path: str
    form: str
    first: date
    last: date


@dataclass(frozen=True)
class UnitPlaces:
    """How far one unit directly below the organiser is with placing its people."""

    unit: Unit
    missing: int  # must study and stand in no class
    placed: int


@dataclass(frozen=True)
class Places:
    """Who still needs a place before a campaign opens (B-02), by unit, those with most people first."""

    units: tuple[UnitPlaces, ...] = ()
    drafts: int = 0  # classes still being drafted; their rosters count as places
    drafts_url: str = ""

    @property
    def missing(self) -> int:
        return sum(one.missing for one in self.units)

    @property
    def waiting(self) -> tuple[UnitPlaces, ...]:
        return tuple(one for one in self.units if one.missing)

    @property
    def sentence(self) -> str:
        """Why the campaign cannot be opened; empty when everybody has a place."""
        if not self.missing:
            return ""
        people, units = show_number(self.missing), show_number(len(self.waiting))
        return f"Chưa mở được: còn {people} người ở {units} đơn vị chưa ở lớp nào."


@dataclass(frozen=True)
class StudyEvent:
    """Something to which people are called (a class), as the room that holds it tells the campaign."""

    pk: int
    words: str  # title, unit and day, ready to be read
    unit_path: str
    is_fixed: bool  # its people may be called


class EventHolder(Protocol):
    """The room that holds the events in which a kind of duty is done; its answers rest on its own rows."""

    def before_closing(self, campaign: StudyCampaign, *, at: datetime) -> list[Problem]:
        """What would be left without an end if the campaign closed now."""

    def before_cancelling(self, campaign: StudyCampaign) -> list[Problem]:
        """Why the campaign cannot be called off any more: results that stand already."""

    def in_ledger(self, campaign: StudyCampaign) -> list[Problem]:
        """What the proof finds after the events: people who owe and whom nobody follows (B-02)."""

    def running(self, campaign: StudyCampaign, unit: Unit) -> list[StudyEvent]:
        """Events of the unit and everything below it that are planned or under way."""

    def judged_for(self, duties: Sequence[int]) -> list[int]:
        """Keys of the events in which somebody with one of these duties has a verdict."""

    def voices(self, duties: Sequence[int]) -> dict[int, DutyResult]:
        """What the events say of each of these duties, by the verdicts that stand; a duty without one is left out."""

    def reported(self, campaign: StudyCampaign) -> list[tuple[int, datetime]]:
        """From which units (keys) a closed event has reported, and when; a unit may stand there several times."""

    def judge_all(self, campaign: StudyCampaign, *, by: Account | None, at: datetime) -> int:
        """Judge every event of the campaign again from its facts, now; returns how many events."""

    def follow(self, campaign: StudyCampaign, duties: Sequence[int], *, by: Account | None, at: datetime) -> None:
        """The ledger changed these duties by itself: end the chains of who owes nothing, judge again who owes."""

    def call_off(
        self, campaign: StudyCampaign, *, reason: str, by: Account | None, at: datetime,
        only: Collection[int] | None = None,
    ) -> int:  # fmt: skip
        """Call off the running events (or `only` these), tell whoever was called; returns how many."""

    def change_form(
        self, campaign: StudyCampaign, form: str, *, only: Collection[int], by: Account | None, at: datetime
    ) -> int:
        """Give these running events another form; returns how many."""


@dataclass(frozen=True)
class DutyKind:
    """One kind of duty; the room that proves it registers it.

    `member_link` gives the address where a member deals with the duty; `before_opening` lists what still stands in the
    way of opening a campaign with such duties (B-02), `places` tells by unit who has no place yet; `event_days`
    of these campaigns say when a unit that wrote no schedule of its own studies. `rejudge_job` is the job (campaign id, event id or 0 for all) that
    judges again when what the verdicts rest on has changed: the event's timetable, or one of the rules `rests_on`.
    `events` is asked and told when a campaign closes, is called off or changes its form (decision 0006).
    """

    label: str
    proof: str
    member_link: Callable[[StudyDuty], str] | None = field(default=None, compare=False)
    before_opening: Callable[[StudyCampaign], list[Problem]] | None = field(default=None, compare=False)
    places: Callable[[StudyCampaign], Places] | None = field(default=None, compare=False)
    event_days: Callable[[Collection[int]], list[EventDays]] | None = field(default=None, compare=False)
    rests_on: tuple[RuleKey, ...] = ()
    rejudge_job: str = ""
    events: EventHolder | None = field(default=None, compare=False)


DUTY_KINDS: Registry[DutyKind] = Registry("duty kind")

ATTEND = "attend"


def register() -> None:
    for verb, phrase in {
        "rulebook.added": "lập bộ quy tắc",
        "rulebook.changed": "sửa bộ quy tắc",
        "campaign.added": "lập đợt học tập",
        "campaign.changed": "sửa đợt học tập",
        "campaign.handed_down": "giao cấp dưới xếp lịch",
        "campaign.opened": "mở đợt học tập",
        "campaign.closed": "khép đợt học tập",
        "campaign.reopened": "mở lại đợt học tập",
        "campaign.cancelled": "hủy đợt học tập",
        "campaign.form_changed": "đổi hình thức học tập",
        "assignment.given": "giao nhiệm vụ",
        "assignment.withdrawn": "rút nhiệm vụ",
        "plan.scheduled": "xếp lịch học tập",
        "plan.changed": "sửa kế hoạch học tập",
        "audience.rule_added": "thêm điều kiện đối tượng",
        "audience.rule_changed": "sửa điều kiện đối tượng",
        "audience.rule_removed": "bỏ điều kiện đối tượng",
        "audience.adjusted": "thêm bớt đối tượng",
        "audience.prepared": "lập danh sách đối tượng",
        "audience.synced": "cập nhật danh sách đối tượng",
        "duty.settled": "ghi kết quả học tập",
        "credit.proposed": "đề nghị công nhận đã học nơi khác",
        "credit.granted": "công nhận đã học nơi khác",
        "credit.refused": "không công nhận đã học nơi khác",
        "credit.withdrawn": "thu hồi công nhận đã học nơi khác",
        "material.handed": "ghi đã phát tài liệu",
        "material.hand_withdrawn": "bỏ ghi đã phát tài liệu",
        "ledger.rebuilt": "lập lại sổ nghĩa vụ từ dữ kiện gốc",
        "tallies.rebuilt": "tính lại bảng tổng hợp",
        "notice.sent": "thông báo văn bản chưa học",
        "lesson.noted": "ghi bài học kinh nghiệm",
        "units.messaged": "nhắn các đơn vị",
        "webhook.added": "lập nơi nhận báo tự động",
        "webhook.changed": "đổi nơi nhận báo tự động",
        "webhook.removed": "bỏ nơi nhận báo tự động",
        "webhook.stopped": "ngừng báo tự động",
    }.items():
        VERBS.add(verb, phrase)
    NOTIFICATION_KINDS.add("unit_reminder", NotificationKind("Nhắc đơn vị"))
    NOTIFICATION_KINDS.add("webhook", NotificationKind("Báo tự động ngừng", NoticeGroup.SYSTEM))
    NOTIFICATION_KINDS.add("study_notice", NotificationKind("Thông báo văn bản sắp học"))
