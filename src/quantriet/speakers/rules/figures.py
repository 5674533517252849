"""What holds as a figure of this room, and the sentences that explain where a register stands with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from quantriet.kit.numbers import show_number, show_percent
from quantriet.speakers.vocab import SpeakerRuleKey

DISTANT = dt.date(2021, 11, 12)  # the day of Hướng dẫn 26-HD/BTGTU


@dataclass(frozen=True)
class Figure:
    """A figure with what says so, from a day on."""

    key: SpeakerRuleKey
    value: int
    basis: str
    since: dt.date = DISTANT


# What holds where no unit has set another; a unit's own figure needs a basis of its own.
SOURCE_FIGURES = {
    SpeakerRuleKey.TRAINED_SHARE: Figure(SpeakerRuleKey.TRAINED_SHARE, 80, "chỉ tiêu Đề án 07-ĐA/TU"),
    SpeakerRuleKey.OUTLINE_DAYS: Figure(
        SpeakerRuleKey.OUTLINE_DAYS, 3,
        "mục 5 Hướng dẫn 26-HD/BTGTU (phải có đề cương; số ngày do hệ thống đặt sẵn, đơn vị đổi được)",
    ),
    SpeakerRuleKey.RATING_DAYS: Figure(
        SpeakerRuleKey.RATING_DAYS, 7, "thông lệ của hệ thống, đơn vị đổi được bằng văn bản của mình"
    ),
}  # fmt: skip
LIMITS = {
    SpeakerRuleKey.TRAINED_SHARE: (1, 100),
    SpeakerRuleKey.OUTLINE_DAYS: (0, 60),
    SpeakerRuleKey.RATING_DAYS: (1, 60),
}


def figure_on(day: dt.date, own: Iterable[tuple[int, Figure]], key: SpeakerRuleKey) -> Figure:
    """The figure in force on a day: of the nearest unit (greatest depth) the latest one begun by then, else the source's."""
    begun = [(depth, one.since, one) for depth, one in own if one.key == key and one.since <= day]
    return max(begun, key=lambda one: one[:2])[2] if begun else SOURCE_FIGURES[key]


@dataclass(frozen=True)
class TrainedShare:
    """How many of a register were supplied with information and trained in a year (R-111): both measures and those with both."""

    total: int
    supplied: int
    trained: int
    both: int
    target: int
    basis: str

    @property
    def is_met(self) -> bool:
        return self.total > 0 and self.both * 100 >= self.target * self.total

    @property
    def lacking(self) -> int:
        """How many more people it takes."""
        needed = -(-self.target * self.total // 100)
        return max(0, needed - self.both)

    def sentence(self, year: int) -> str:
        """Where the register stands, with figures and basis."""
        if not self.total:
            return f"Năm {year}: sổ chưa có báo cáo viên, tuyên truyền viên nào."
        head = (
            f"Năm {year}: {show_number(self.both)}/{show_number(self.total)} báo cáo viên, tuyên truyền viên "
            f"({show_percent(self.both, self.total)}) vừa được cung cấp thông tin vừa được tập huấn"
        )
        aim = f"{self.target}% theo {self.basis}"
        if self.is_met:
            return f"{head}, đạt mức {aim}."
        return f"{head}, chưa đạt mức {aim}; còn thiếu {show_number(self.lacking)} người."


def outline_due_on(day: dt.date, days_before: int) -> dt.date:
    """The last day for the outline of a report given on `day` (R-114)."""
    return day - dt.timedelta(days=days_before)


def rating_ends_on(day: dt.date, days_after: int) -> dt.date:
    """The last day on which listeners rate a report given on `day` (R-116)."""
    return day + dt.timedelta(days=days_after)


# A reporter is reminded two days before the outline is due, on the day, and every day past it until the report.
REMIND_BEFORE = 2
EARLIEST_HOUR = 7  # of the day, in Vietnam: nobody is reminded at night


def is_reminded_on(day: dt.date, *, due_on: dt.date, held_on: dt.date) -> bool:
    """Whether somebody who has filed no outline is reminded on this day."""
    return day <= held_on and (day == due_on - dt.timedelta(days=REMIND_BEFORE) or day >= due_on)


def years_of(since_year: int | None, day: dt.date) -> int | None:
    """Years of experience on a day; the year of beginning counts as none."""
    return None if since_year is None else max(0, day.year - since_year)
