"""Words of the organisation: levels, kinds of people, permissions, roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from quantriet.audit.vocab import VERBS
from quantriet.kit.registry import Registry
from quantriet.kit.vocab import LabelledEnum, gettext_noop

if TYPE_CHECKING:
    from quantriet.org.models import Account


class Level(LabelledEnum):
    """Where in the tree a kind of unit stands; the order is `LEVEL_ORDER`."""

    CENTRAL = "central", gettext_noop("Central")
    PROVINCE = "province", gettext_noop("Province")
    DISTRICT = "district", gettext_noop("Above grassroots")  # districts until 30/6/2025; upper grassroots committees
    COMMUNE = "commune", gettext_noop("Commune")
    GRASSROOTS = "grassroots", gettext_noop("Grassroots organisation")
    CELL = "cell", gettext_noop("Cell")


LEVEL_ORDER = list(Level)


class DecisionBody(LabelledEnum):
    """Which collective decides in a unit (R-003)."""

    STANDING_COMMITTEE = "standing_committee", gettext_noop("Standing committee")
    EXECUTIVE_COMMITTEE = "executive_committee", gettext_noop("Executive committee")
    PARTY_ORGANIZATION = "party_organization", gettext_noop("Party organisation without committee")
    LEADERSHIP_COLLECTIVE = "leadership_collective", gettext_noop("Leadership collective")


class PersonKind(LabelledEnum):
    MEMBER = "member", gettext_noop("Full member")
    PROBATIONARY = "probationary", gettext_noop("Probationary member")
    ASSOCIATION = "association", gettext_noop("Union or association member")
    GUEST = "guest", gettext_noop("Guest")


MEMBER_KINDS = (PersonKind.MEMBER, PersonKind.PROBATIONARY)


class Gender(LabelledEnum):
    MALE = "male", gettext_noop("Male")
    FEMALE = "female", gettext_noop("Female")
    UNKNOWN = "", gettext_noop("Not stated")


class BirthPrecision(LabelledEnum):
    DAY = "day", gettext_noop("Day")
    YEAR = "year", gettext_noop("Year only")


class LeavingReason(LabelledEnum):
    """Why a person is no longer counted anywhere."""

    DIED = "died", gettext_noop("Died")
    LEFT = "left", gettext_noop("Left the organisation")
    MOVED_OUT = "moved_out", gettext_noop("Transferred out of the system")
    MISTAKE = "mistake", gettext_noop("Entered by mistake")


class ResponsibilityKind(LabelledEnum):
    """What a leader answers for in a unit (R-005)."""

    DIRECT = "direct", gettext_noop("Directs and answers for")
    FOLLOW = "follow", gettext_noop("Follows and urges")
    PROPAGANDA = "propaganda", gettext_noop("In charge of propaganda work")


class BodyKind(LabelledEnum):
    """Bodies that a committee makes by decision."""

    STEERING = "steering", gettext_noop("Steering committee")
    PROPAGANDA = "propaganda", gettext_noop("Propaganda working group")


class BodyRole(LabelledEnum):
    HEAD = "head", gettext_noop("Head")
    DEPUTY = "deputy", gettext_noop("Deputy head")
    STANDING = "standing", gettext_noop("Standing member")
    MEMBER = "member", gettext_noop("Ordinary member")


class MemberCapacity(LabelledEnum):
    """The posts whose holders sit in a commune's propaganda working group (R-010, mục 5 Hướng dẫn 26-HD/BTGTU)."""

    SECRETARY = "secretary", gettext_noop("Secretary or deputy secretary")
    VICE_CHAIR = "vice_chair", gettext_noop("Vice chair of the People's Committee for culture and society")
    FRONT = "front", gettext_noop("Chair of the Fatherland Front")
    YOUTH = "youth", gettext_noop("Secretary of the Youth Union")
    MASS = "mass", gettext_noop("Head of a mass organisation")
    OFFICER = "officer", gettext_noop("Office and propaganda officer")


class RequestKind(LabelledEnum):
    """What a person may ask about their own data."""

    ACCESS = "access", gettext_noop("To be told what is kept")
    CORRECTION = "correction", gettext_noop("To have something corrected")
    ERASURE = "erasure", gettext_noop("To be erased")


class RequestState(LabelledEnum):
    """received → in work → answered → done, or in work → refused."""

    RECEIVED = "received", gettext_noop("Request received")
    IN_WORK = "in_work", gettext_noop("Being worked on")
    ANSWERED = "answered", gettext_noop("Answered")
    REFUSED = "refused", gettext_noop("Refused")
    DONE = "done", gettext_noop("Request settled")


OPEN_REQUESTS = (RequestState.RECEIVED, RequestState.IN_WORK, RequestState.ANSWERED)


class OrgEventKind(LabelledEnum):
    """What a decision does to the tree (P-01)."""

    ESTABLISH = "establish", gettext_noop("Establish")
    MERGE = "merge", gettext_noop("Merge")
    SPLIT = "split", gettext_noop("Split")
    RENAME = "rename", gettext_noop("Rename")
    MOVE = "move", gettext_noop("Move under another unit")
    CHANGE_KIND = "change_kind", gettext_noop("Change the kind")
    DISSOLVE = "dissolve", gettext_noop("Dissolve")


class DecisionState(LabelledEnum):
    """drafted → scheduled (confirmed, waits for its day) → in force → reversed; before its day it may be withdrawn."""

    DRAFTED = "drafted", gettext_noop("Being prepared")
    SCHEDULED = "scheduled", gettext_noop("Confirmed, waits for its day")
    IN_FORCE = "in_force", gettext_noop("Decision in force")
    REVERSED = "reversed", gettext_noop("Reversed")
    WITHDRAWN = "withdrawn", gettext_noop("Given up")


@dataclass(frozen=True)
class Concern:
    """Something of a room above that a decision touches, for the preview: words, how many, the first by name."""

    label: str
    count: int
    names: tuple[str, ...] = ()
    becomes: str = ""  # what happens to it, in one sentence


@dataclass(frozen=True)
class TreeChange:
    """What a decision does to the tree, by keys of units, as the rooms above need it.

    Before it is carried out (`hindrances`, `concerns`) units that will be founded have no key yet.
    """

    day: date
    closing: Mapping[int, int | None] = field(
        default_factory=dict
    )  # closing unit → the one unit that follows it, or none
    moving: Mapping[int, int] = field(
        default_factory=dict
    )  # unit that gets another superior → that superior (0: a new one)
    founded: tuple[int, ...] = ()
    paths: Mapping[int, tuple[str, str]] = field(
        default_factory=dict
    )  # unit → its path in today's tree, before and after
    people: Mapping[int, tuple[int, int]] = field(default_factory=dict)  # person → unit before and after
    # Before it is carried out: moving unit, or unit whose people leave it → units that will stand above (or take) them.
    above: Mapping[int, frozenset[int]] = field(default_factory=dict)
    back: bool = False  # the decision is being taken back


class TreeFollower(Protocol):
    """A room above whose rows follow the tree (decision 0007)."""

    def hindrances(self, change: TreeChange) -> list[str]:
        """Why the change cannot happen as long as this room's work stands as it does: one sentence each."""

    def concerns(self, change: TreeChange) -> list[Concern]:
        """What of this room the change touches, for the preview."""

    def follow(self, change: TreeChange, *, by: Account | None, at: datetime) -> None:
        """Bring the room's rows in step, inside the transaction of the change."""

    def rests_on(self, units: list[int], since: datetime) -> list[str]:
        """Work done in these units since that moment, which would lose its ground if they had never been: one sentence each."""


# What a room registers so that its copies of paths and its running work follow the tree.
TREE_FOLLOWERS: Registry[TreeFollower] = Registry("tree follower")


def followers() -> list[TreeFollower]:
    """The rooms that follow the tree."""
    return [TREE_FOLLOWERS[name] for name in TREE_FOLLOWERS]


class Permission(LabelledEnum):
    """Everything somebody may be allowed to do; each page names one."""

    UNIT_VIEW = "unit.view", gettext_noop("See units")
    UNIT_EDIT = "unit.edit", gettext_noop("Change units")
    PERSON_VIEW = "person.view", gettext_noop("See people")
    PERSON_EDIT = "person.edit", gettext_noop("Change people")
    PERSON_CONTACT = "person.contact", gettext_noop("See telephone, e-mail and address")
    PERSON_PRIVATE = "person.private", gettext_noop("See birth date and ethnicity")
    PRIVACY_ANSWER = "privacy.answer", gettext_noop("Answer requests about personal data")
    ACCOUNT_MANAGE = "account.manage", gettext_noop("Manage accounts and appointments")
    DOCUMENT_VIEW = "document.view", gettext_noop("See documents")
    DOCUMENT_EDIT = "document.edit", gettext_noop("Register and outline documents")
    PROPAGANDA_REPORT = (
        "propaganda.report",
        gettext_noop("Report where documents were published and how they were spread"),
    )
    SPEAKER_VIEW = "speaker.view", gettext_noop("See reporters and propagandists")
    SPEAKER_EDIT = "speaker.edit", gettext_noop("Keep the register of reporters and answer invitations")
    SPEAKER_INVITE = "speaker.invite", gettext_noop("Invite reporters")
    CAMPAIGN_VIEW = "campaign.view", gettext_noop("See campaigns and boards")
    CAMPAIGN_PLAN = "campaign.plan", gettext_noop("Plan and open campaigns")
    PLAN_SCHEDULE = "plan.schedule", gettext_noop("Schedule a campaign in one's unit")
    CLASS_VIEW = "class.view", gettext_noop("See classes")
    CLASS_EDIT = "class.edit", gettext_noop("Plan and run classes")
    ROLL_TAKE = "roll.take", gettext_noop("Take the roll")
    ROLL_UNLOCK = "roll.unlock", gettext_noop("Decide on reopening closed rolls")
    EXCUSE_APPROVE = "excuse.approve", gettext_noop("Approve excuses")
    REPORT_VIEW = "report.view", gettext_noop("See reports")
    REPORT_WRITE = "report.write", gettext_noop("Write and send reports")
    MESSAGE_SEND = "message.send", gettext_noop("Send messages to units")
    SLIP_PRINT = "slip.print", gettext_noop("Print activation slips")
    LOG_VIEW = "log.view", gettext_noop("Read the log")
    SYSTEM = "system", gettext_noop("Look after the installation")


@dataclass(frozen=True)
class ScopeGroup:
    """What a key for machines may be given in one room: permissions that read, and those that write."""

    label: str
    reads: tuple[Permission, ...]
    writes: tuple[Permission, ...] = ()


# Every permission that an operation of the API asks for; keys are given no other.
SCOPE_GROUPS: tuple[ScopeGroup, ...] = (
    ScopeGroup(gettext_noop("Units"), (Permission.UNIT_VIEW,)),
    ScopeGroup(gettext_noop("People"), (Permission.PERSON_VIEW,), (Permission.PERSON_EDIT,)),
    ScopeGroup(gettext_noop("Documents"), (Permission.DOCUMENT_VIEW,)),
    ScopeGroup(gettext_noop("Reporters"), (Permission.SPEAKER_VIEW,)),
    ScopeGroup(gettext_noop("Campaigns, duties and boards"), (Permission.CAMPAIGN_VIEW,)),
    ScopeGroup(
        gettext_noop("Classes, rolls and excuses"),
        (Permission.CLASS_VIEW,),
        (Permission.ROLL_TAKE, Permission.EXCUSE_APPROVE),
    ),
    ScopeGroup(gettext_noop("Reports"), (Permission.REPORT_VIEW,)),
)
SCOPES: tuple[Permission, ...] = tuple(one for group in SCOPE_GROUPS for one in (*group.reads, *group.writes))
LONGEST_TOKEN = timedelta(days=366)
MOST_TOKENS = 20  # of one account that work at a time


class SignInMethod(LabelledEnum):
    """How somebody came in."""

    PASSWORD = "password", gettext_noop("Password")
    CODE = "code", gettext_noop("Code by mail")
    PASSKEY = "passkey", gettext_noop("Passkey")
    SLIP = "slip", gettext_noop("Activation slip")
    CENTRAL = "central", gettext_noop("Central sign-on")


class SlipState(LabelledEnum):
    """How far a person has come from the printed slip to an account in use."""

    NONE = "none", gettext_noop("No slip yet")
    PRINTED = "printed", gettext_noop("Slip printed, not used")
    ENDED = "ended", gettext_noop("Slip past its date")
    ACTIVE = "active", gettext_noop("Activated")


@dataclass(frozen=True)
class RoleSpec:
    """A named set of permissions with a description people can read."""

    label: str
    description: str
    permissions: frozenset[Permission]


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    BOARD_OFFICER = "board_officer"
    ORGANISER = "organiser"
    CELL_SECRETARY = "cell_secretary"
    INSPECTOR = "inspector"
    LEADER = "leader"
    SPEAKER = "speaker"
    EDITOR = "editor"
    ASSOCIATION_REPORTER = "association_reporter"
    MEMBER = "member"


_P = Permission
_READ = frozenset(
    {
        _P.UNIT_VIEW,
        _P.PERSON_VIEW,
        _P.DOCUMENT_VIEW,
        _P.SPEAKER_VIEW,
        _P.CAMPAIGN_VIEW,
        _P.CLASS_VIEW,
        _P.REPORT_VIEW,
    },
)
_RUN = _READ | {
    _P.PERSON_EDIT,
    _P.PERSON_CONTACT,
    _P.PERSON_PRIVATE,
    _P.PLAN_SCHEDULE,
    _P.CLASS_EDIT,
    _P.ROLL_TAKE,
    _P.ROLL_UNLOCK,
    _P.EXCUSE_APPROVE,
    _P.REPORT_WRITE,
    _P.MESSAGE_SEND,
    _P.PROPAGANDA_REPORT,
    _P.SPEAKER_EDIT,
    _P.SPEAKER_INVITE,
}
ROLES: dict[Role, RoleSpec] = {
    Role.ADMINISTRATOR: RoleSpec(
        "Quản trị",
        "Lập đơn vị, tài khoản, phân công quyền; trông coi hệ thống.",
        frozenset(
            {
                _P.UNIT_VIEW,
                _P.UNIT_EDIT,
                _P.PERSON_VIEW,
                _P.PERSON_EDIT,
                _P.PERSON_CONTACT,
                _P.PERSON_PRIVATE,
                _P.PRIVACY_ANSWER,
                _P.ACCOUNT_MANAGE,
                _P.SLIP_PRINT,
                _P.LOG_VIEW,
                _P.SYSTEM,
            }
        ),
    ),
    Role.BOARD_OFFICER: RoleSpec(
        "Cán bộ Ban",
        "Đăng ký văn bản, lập đợt học tập, theo dõi và báo cáo cho cả cấp mình phụ trách.",
        _RUN | {_P.UNIT_EDIT, _P.DOCUMENT_EDIT, _P.CAMPAIGN_PLAN, _P.LOG_VIEW, _P.PRIVACY_ANSWER},
    ),
    Role.ORGANISER: RoleSpec(
        "Cán bộ cấp ủy",
        "Xếp lịch, mở lớp, điểm danh, báo cáo cho đảng bộ của mình.",
        _RUN | {_P.SLIP_PRINT},
    ),
    Role.CELL_SECRETARY: RoleSpec(
        "Bí thư chi bộ",
        "Theo dõi đảng viên của chi bộ, điểm danh, nhập thay cho đảng viên.",
        _READ
        | {_P.PERSON_CONTACT, _P.ROLL_TAKE, _P.MESSAGE_SEND, _P.SLIP_PRINT, _P.PROPAGANDA_REPORT}
        | {_P.SPEAKER_INVITE},
    ),
    Role.INSPECTOR: RoleSpec(
        "Cán bộ kiểm tra", "Xem mọi việc trong phạm vi được giao, không sửa.", _READ | {_P.LOG_VIEW}
    ),
    Role.LEADER: RoleSpec(
        "Lãnh đạo", "Xem bảng theo dõi, danh sách và báo cáo trong phạm vi phụ trách.", _READ | {_P.LOG_VIEW}
    ),
    Role.SPEAKER: RoleSpec("Báo cáo viên", "Xem văn bản và lớp được phân công.", frozenset({_P.DOCUMENT_VIEW})),
    Role.EDITOR: RoleSpec(
        "Biên tập viên",
        "Biên soạn nội dung cốt lõi và tài liệu, ghi nơi đăng tải.",
        frozenset({_P.DOCUMENT_VIEW, _P.DOCUMENT_EDIT, _P.PROPAGANDA_REPORT}),
    ),
    Role.ASSOCIATION_REPORTER: RoleSpec(
        "Cán bộ Mặt trận, đoàn thể",
        "Báo cáo hoạt động tuyên truyền của Mặt trận, đoàn thể mình và nơi đăng tải.",
        frozenset({_P.DOCUMENT_VIEW, _P.PROPAGANDA_REPORT}),
    ),
    Role.MEMBER: RoleSpec("Đảng viên", "Xem việc của chính mình.", frozenset()),
}


def register_verbs() -> None:
    for verb, phrase in {
        "unit.added": "lập đơn vị",
        "unit.changed": "sửa đơn vị",
        "unit.closed": "ngừng hoạt động đơn vị",
        "decision.drafted": "soạn quyết định về tổ chức",
        "decision.changed": "sửa quyết định về tổ chức",
        "decision.confirmed": "xác nhận quyết định về tổ chức",
        "decision.in_force": "thực hiện quyết định về tổ chức",
        "decision.withdrawn": "bỏ quyết định về tổ chức",
        "decision.reversal_asked": "đề nghị hủy bỏ hiệu lực quyết định về tổ chức",
        "decision.reversal_withdrawn": "rút đề nghị hủy bỏ hiệu lực quyết định về tổ chức",
        "decision.reversed": "hủy bỏ hiệu lực quyết định về tổ chức",
        "decision.blocked": "chưa thực hiện được quyết định về tổ chức",
        "term.added": "ghi nhiệm kỳ",
        "term.changed": "sửa nhiệm kỳ",
        "term.removed": "bỏ nhiệm kỳ",
        "transfer.planned": "hẹn ngày chuyển sinh hoạt",
        "transfer.cancelled": "bỏ lần chuyển sinh hoạt đã hẹn",
        "person.added": "thêm người",
        "person.changed": "sửa thông tin",
        "person.transferred": "chuyển sinh hoạt",
        "person.moved_away": "chuyển sinh hoạt đi",
        "person.left": "đưa ra khỏi danh sách",
        "post.given": "ghi chức vụ",
        "post.ended": "thôi chức vụ",
        "exemption.given": "ghi miễn sinh hoạt",
        "exemption.ended": "thôi miễn sinh hoạt",
        "responsibility.given": "giao phụ trách",
        "responsibility.ended": "thôi phụ trách",
        "body.founded": "thành lập tổ chức phối hợp",
        "body.changed": "sửa tổ chức phối hợp",
        "body.ended": "kết thúc tổ chức phối hợp",
        "body.member_added": "thêm thành viên",
        "body.member_removed": "bỏ thành viên",
        "account.added": "lập tài khoản",
        "account.changed": "sửa tài khoản",
        "account.password": "đổi mật khẩu",
        "account.signed_in": "đăng nhập",
        "account.factor_set": "thiết lập ứng dụng xác minh",
        "account.factor_removed": "gỡ ứng dụng xác minh",
        "account.factor_reset": "đặt lại lớp xác minh thứ hai",
        "account.recovery_codes": "lập mã dự phòng",
        "account.recovery_used": "dùng mã dự phòng",
        "account.passkey_added": "thêm khóa đăng nhập",
        "account.passkey_removed": "gỡ khóa đăng nhập",
        "account.session_ended": "kết thúc phiên đăng nhập",
        "slip.printed": "in phiếu kích hoạt",
        "slip.used": "kích hoạt tài khoản bằng phiếu",
        "appointment.given": "phân công quyền",
        "appointment.ended": "thôi phân công quyền",
        "token.made": "lập khóa truy cập cho máy",
        "token.revoked": "thu hồi khóa truy cập",
        "import.uploaded": "tải tệp nhập",
        "import.confirmed": "xác nhận nhập danh sách",
        "import.applied": "nhập danh sách",
        "import.cancelled": "bỏ lần nhập",
        "request.received": "gửi yêu cầu",
        "request.taken": "nhận giải quyết yêu cầu",
        "request.answered": "trả lời yêu cầu",
        "request.refused": "từ chối yêu cầu",
        "request.done": "giải quyết xong yêu cầu",
        "person.erased": "xóa thông tin cá nhân của",
        "person.exported": "tải toàn bộ thông tin của",
        "identity.decided": "xác định người trùng tên",
        "identity.redecided": "đổi kết quả xác định người trùng tên",
    }.items():
        VERBS.add(verb, phrase)
