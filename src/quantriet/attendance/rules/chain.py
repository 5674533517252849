"""When an absentee without a later class is invited, reminded, told to the cell, told to the superior (R-067)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from quantriet.attendance.vocab import StepKind
from quantriet.kit.time import show_day


@dataclass(frozen=True)
class StepRule:
    """So many days after the roll was closed, by this paper."""

    days: int
    basis: str


def next_step(
    rules: Mapping[StepKind, StepRule], *, opened_on: dt.date, today: dt.date, taken: Mapping[StepKind, dt.date]
) -> StepKind | None:
    """The step that is due today; None when none is.

    Steps follow in their order, one a day: after a week without power nobody is invited, reminded and reported in one
    minute. A step the rulebook says nothing about is left out.
    """
    if today in taken.values():
        return None
    for kind in StepKind:
        if kind in taken:
            continue
        rule = rules.get(kind)
        if rule is None:
            continue
        return kind if opened_on + dt.timedelta(days=rule.days) <= today else None
    return None


def coming_step(
    rules: Mapping[StepKind, StepRule], *, opened_on: dt.date, taken: Collection[StepKind]
) -> tuple[StepKind, dt.date] | None:
    """The step that comes after those taken and the day it is due; None when the rulebook names none."""
    for kind in StepKind:
        if kind not in taken and (rule := rules.get(kind)) is not None:
            return kind, opened_on + dt.timedelta(days=rule.days)
    return None


@dataclass(frozen=True)
class Followed:
    """One absentee as a report to a unit names them."""

    name: str
    code: str
    cell: str
    cause: str  # "vắng “Lớp một”"
    why: str
    opened_on: dt.date


def report_letter(
    kind: StepKind, *, to: str, sender: str, campaign: str, people: Sequence[Followed], rule: StepRule
) -> tuple[str, str]:
    """Subject and text of the report about absentees, to the secretary of a cell or to the superior committee."""
    listed = "\n".join(
        f"{number}. {one.name} ({one.code})" + ("" if kind == StepKind.CELL else f", {one.cell}")
        + f" – {one.cause}, theo dõi từ ngày {show_day(one.opened_on)}. {one.why}".rstrip()
        for number, one in enumerate(people, 1)
    )  # fmt: skip
    asks = (
        "Đề nghị đồng chí bí thư nhắc các đồng chí trên đăng ký lớp học bù, hoặc đăng ký thay cho đồng chí không dùng điện thoại."
        if kind == StepKind.CELL
        else "Đề nghị cấp ủy chỉ đạo mở lớp học bù, xếp các đồng chí trên vào lớp và báo lại kết quả."
    )
    body = (
        f"Kính gửi: {to}.\n\nTrong đợt “{campaign}”, các đồng chí sau vắng quá {rule.days} ngày mà chưa có lớp học bù "
        f"(theo {rule.basis}):\n\n{listed}\n\n{asks}\n\n{sender}"
    )
    subject = "Đảng viên chưa học bù" if kind == StepKind.CELL else "Báo cáo người vắng chưa học bù"
    return f"{subject}: {campaign}", body
