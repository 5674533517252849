"""Words of reports: their states, the sections of a narrative, and the figures as they are frozen."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any, get_args, get_type_hints

from quantriet.audit.vocab import VERBS
from quantriet.kit.vocab import LabelledEnum, gettext_noop
from quantriet.notify.vocab import NOTIFICATION_KINDS, NotificationKind


class ReportState(LabelledEnum):
    DRAFT = "draft", gettext_noop("Draft")
    SENT = "sent", gettext_noop("Sent")


class ReportKind(LabelledEnum):
    CAMPAIGN_RESULT = "campaign_result", gettext_noop("Result of a campaign")


class Section(LabelledEnum):
    """The parts of a narrative in the order of the paper."""

    OVERVIEW = "overview", gettext_noop("General situation")
    RESULTS = "results", gettext_noop("Results")
    COMPARISON = "comparison", gettext_noop("Compared with last time")
    PRAISE = "praise", gettext_noop("Units to praise")
    URGE = "urge", gettext_noop("Units to urge")
    SHORTCOMINGS = "shortcomings", gettext_noop("Shortcomings")
    PROPOSALS = "proposals", gettext_noop("Proposals")


# Headings of the paper: official wording, not the screen's language.
SECTION_HEADINGS: dict[Section, str] = {
    Section.OVERVIEW: "I. Tình hình chung",
    Section.RESULTS: "II. Kết quả",
    Section.COMPARISON: "III. So với lần trước",
    Section.PRAISE: "IV. Đơn vị cần biểu dương",
    Section.URGE: "V. Đơn vị cần đôn đốc",
    Section.SHORTCOMINGS: "VI. Tồn tại, hạn chế",
    Section.PROPOSALS: "VII. Kiến nghị, đề xuất",
}


# --- figures ---------------------------------------------------------------------------------------------------------
# Frozen as JSON at drafting. Labels are kept with them, so that an old report reads the same after words have changed.


@dataclass(frozen=True)
class People:
    """Persons of the ledger who owe attendance; `exempt` ones are in no denominator."""

    attended: int = 0
    credited: int = 0  # studied elsewhere, recognised
    exempt: int = 0
    excused: int = 0  # absent with reason: still owes
    absent: int = 0  # without reason
    retake: int = 0  # absent above the limit
    waiting: int = 0  # nothing known yet
    alone: int = 0  # finished self-study

    @property
    def done(self) -> int:
        return self.attended + self.credited + self.alone

    @property
    def owing(self) -> int:
        return self.excused + self.absent + self.retake + self.waiting

    @property
    def obliged(self) -> int:
        return self.done + self.owing

    @property
    def total(self) -> int:
        return self.obliged + self.exempt

    def __add__(self, other: People) -> People:
        return People(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


@dataclass(frozen=True)
class Group:
    """People of one tier or one sort of people."""

    key: str
    label: str
    people: People


@dataclass(frozen=True)
class ClassGroup:
    """Classes of one level or one form, and the people called to them (P-12)."""

    key: str
    label: str
    classes: int
    called: int = 0
    attended: int = 0


@dataclass(frozen=True)
class Classes:
    """Classes held by the moment of the report."""

    held: int = 0
    planned: int = 0  # still to be held
    catch_up: int = 0  # of the held ones, for absentees
    sessions: int = 0
    venues: int = 0
    outsiders: int = 0  # non-members who attended, counted only
    levels: tuple[ClassGroup, ...] = ()
    forms: tuple[ClassGroup, ...] = ()


@dataclass(frozen=True)
class UnitRow:
    """One unit directly below, or the reporting unit's own people."""

    unit_id: int
    name: str
    done: int = 0
    exempt: int = 0
    owing: int = 0
    cells: int = 0  # units with people who must study
    silent_cells: int = 0  # of these, how many have reported nothing
    organising: int = 0  # units that must organise
    organised: int = 0  # of these, how many have
    classes: int = 0
    outsiders: int = 0
    is_own: bool = False
    waits: bool = False  # the unit itself must organise and has not

    @property
    def obliged(self) -> int:
        return self.done + self.owing

    @property
    def is_silent(self) -> bool:
        """Nothing has come from here; it stands apart from zero (B-08)."""
        return self.cells > 0 and self.silent_cells == self.cells

    @property
    def is_complete(self) -> bool:
        """Everybody under it has reported and organised."""
        return self.cells > 0 and not self.silent_cells and self.organised == self.organising


@dataclass(frozen=True)
class Named:
    """A unit named because it has not reported or not organised: its superior and its people."""

    name: str
    superior: str = ""
    people: int = 0
    under: int = 0  # the unit of the table under which it lies


@dataclass(frozen=True)
class Leading:
    """Who directed, chaired or presented in the classes held (R-007)."""

    key: str
    label: str
    classes: int
    persons: int
    heads: int  # of the persons, heads of a committee, an agency or an enterprise


@dataclass(frozen=True)
class CatchUps:
    """Absentees followed into a later class (R-067); `placed` and `late` are known for the present only."""

    opened: int = 0
    done: int = 0
    placed: int | None = None
    late: int | None = None  # not invited within the days of the rulebook

    @property
    def following(self) -> int:
        return self.opened - self.done


@dataclass(frozen=True)
class Instruction:
    """A change of form with the instruction it rests on (R-034)."""

    unit: str
    on: str
    situation: str
    basis: str
    before: str
    after: str
    postponed_to: str = ""


@dataclass(frozen=True)
class Cited:
    """A document studied, as papers cite it (R-014)."""

    citation: str  # "Nghị quyết 05-NQ/TW ngày 12/11/2026"
    issuing_body: str
    subject: str


@dataclass(frozen=True)
class Figures:
    """Everything a report states, at one moment."""

    unit: str
    campaign: str
    organiser: str
    plan_number: str
    period_from: str
    period_to: str
    due_on: str
    form: str
    as_of: str  # "tính đến 16:00 ngày 12/01/2026"
    people: People = field(default_factory=People)
    silent_people: int = 0  # obliged people in units that have reported nothing
    documents: tuple[Cited, ...] = ()
    classes: Classes = field(default_factory=Classes)
    tiers: tuple[Group, ...] = ()
    sorts: tuple[Group, ...] = ()  # members and others
    units: tuple[UnitRow, ...] = ()
    cells: int = 0
    silent: tuple[Named, ...] = ()  # units that have reported nothing
    organising: int = 0
    unorganised: tuple[Named, ...] = ()  # units that have not organised
    leading: tuple[Leading, ...] = ()
    catch_ups: CatchUps = field(default_factory=CatchUps)
    instructions: tuple[Instruction, ...] = ()
    lessons: str = ""  # of the preliminary review
    praise: str = ""
    criticism: str = ""

    @property
    def heard_people(self) -> int:
        """Obliged people in units that have reported: the honest denominator (B-08)."""
        return self.people.obliged - self.silent_people

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Figures:
        made: Figures = _read(cls, data)
        return made


@cache
def _hints(kind: type) -> dict[str, Any]:
    """Fields of a dataclass with their types, worked out once a process: a report has thousands of rows."""
    hints = get_type_hints(kind)
    return {one.name: hints[one.name] for one in fields(kind)}  # type: ignore[arg-type]  # only dataclasses come here


def _read(kind: Any, data: Any) -> Any:
    """Plain JSON as the frozen dataclass it was made from; keys that are gone are left out, new ones take defaults."""
    if is_dataclass(kind) and isinstance(kind, type):
        return kind(**{name: _read(hint, data[name]) for name, hint in _hints(kind).items() if name in data})
    if isinstance(data, list | tuple):
        inner = get_args(kind)[0]
        return tuple(_read(inner, one) for one in data)
    return data


@dataclass(frozen=True)
class Before:
    """What a report is compared with: words that name it, its short name, and its figures."""

    name: str  # "Báo cáo 12-BC/ĐU ngày 03/08/2026 về đợt …"
    figures: Figures


SENT_NOTICE = "report_sent"


def register() -> None:
    for verb, phrase in {
        "report.drafted": "soạn báo cáo",
        "report.changed": "sửa báo cáo",
        "report.refreshed": "làm mới số liệu báo cáo",
        "report.sent": "chốt và gửi báo cáo",
        "report.received": "tiếp nhận báo cáo",
        "report.removed": "bỏ bản nháp báo cáo",
        "template.uploaded": "thay mẫu báo cáo",
        "template.reset": "bỏ mẫu báo cáo riêng",
    }.items():
        VERBS.add(verb, phrase)
    NOTIFICATION_KINDS.add(SENT_NOTICE, NotificationKind("Báo tin có báo cáo gửi đến"))
