"""What the rulebook proposes after an absence without reason, graded by how often (R-074). A person decides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quantriet.attendance.vocab import AbsenceGrade
from quantriet.kit.numbers import show_number
from quantriet.kit.time import show_day

WORDS = {
    AbsenceGrade.REVIEW: "đề xuất tự kiểm điểm trước chi bộ",
    AbsenceGrade.AGAIN: "đề xuất kiểm điểm trước cấp ủy vì tái phạm",
    AbsenceGrade.HANDLING: "đề xuất xem xét, xử lý",
}


@dataclass(frozen=True)
class Absence:
    """A class missed as a whole without reason; `is_refused` says that a reason was given and not accepted."""

    entry_id: int
    campaign_id: int
    title: str
    day: dt.date
    is_refused: bool = False

    @property
    def words(self) -> str:
        reason = "lý do không được chấp nhận" if self.is_refused else "không có lý do"
        return f"“{self.title}” ngày {show_day(self.day)}, {reason}"

    def as_json(self) -> dict[str, Any]:
        return {
            "entry": self.entry_id, "campaign": self.campaign_id, "title": self.title, "day": self.day.isoformat(),
            "refused": self.is_refused,
        }  # fmt: skip

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Absence:
        return cls(
            stored["entry"],
            stored["campaign"],
            stored["title"],
            dt.date.fromisoformat(stored["day"]),
            stored["refused"],
        )


@dataclass(frozen=True)
class Grades:
    """The numbers of the rulebook: absences from which each grade is proposed (0: never), months counted back, and basis."""

    review_from: int
    again_from: int
    handling_from: int  # within one campaign
    months: int
    basis: str


@dataclass(frozen=True)
class Proposal:
    grade: AbsenceGrade
    sentence: str
    absences: tuple[Absence, ...]  # the one it is about first, then the others counted, the latest first


def propose(absence: Absence, others: Sequence[Absence], grades: Grades) -> Proposal | None:
    """What is proposed after this absence; `others` are all other absences without reason of the person, of whatever time.

    Only what lies before counts: an absence is graded by what was known of earlier ones. The gravest grade that applies is
    proposed; none when the numbers of the rulebook are not reached.
    """
    earlier = sorted(
        (one for one in others if (one.day, one.entry_id) < (absence.day, absence.entry_id)),
        key=lambda one: (one.day, one.entry_id),
        reverse=True,
    )
    since = _months_before(absence.day, grades.months)
    recent = [one for one in earlier if one.day >= since]
    same = [one for one in earlier if one.campaign_id == absence.campaign_id]
    said = f"Vắng {absence.words}"
    if grades.handling_from and len(same) + 1 >= grades.handling_from:
        grade, counted = AbsenceGrade.HANDLING, same
        times = f"lần thứ {show_number(len(same) + 1)} trong cùng đợt học tập"
    elif grades.again_from and len(recent) + 1 >= grades.again_from:
        grade, counted = AbsenceGrade.AGAIN, recent
        times = f"lần thứ {show_number(len(recent) + 1)} trong {show_number(grades.months)} tháng"
    elif grades.review_from and len(recent) + 1 >= grades.review_from:
        grade, counted = AbsenceGrade.REVIEW, recent
        times = "lần đầu" if not recent else f"lần thứ {show_number(len(recent) + 1)}"
    else:
        return None
    sentence = f"{said}; {times}: {WORDS[grade]}, theo {grades.basis}."
    return Proposal(grade, sentence[:500], (absence, *counted))


def _months_before(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return dt.date(year, month + 1, min(day.day, 28))
