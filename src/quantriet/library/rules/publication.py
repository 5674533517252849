"""Whether a document is published in time, and what says so (R-016, R-017; decision 0016)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from quantriet.kit.time import show_day
from quantriet.library.vocab import PublicationState

# Told by mail every day for a week past the deadline, then on Mondays, and no longer than this many days.
DAILY, NO_LONGER_THAN = 7, 60
EARLIEST_HOUR = 7  # of the day, in Vietnam: nobody is reminded at night
_MONDAY = 0


@dataclass(frozen=True)
class Deadline:
    """Within how many calendar days after its issue a document is to be published; on which day one is first reminded."""

    remind_days: int
    due_days: int
    basis: str
    since: dt.date


# "01–02 ngày": reminded after one day, overdue after two. From the day of the paper on.
SOURCE_DEADLINE = Deadline(1, 2, "mục 6 Hướng dẫn 26-HD/BTGTU", dt.date(2021, 11, 12))


@dataclass(frozen=True)
class Verdict:
    """How a document stands on a day, with the sentence that explains it."""

    state: PublicationState
    sentence: str
    days: int = 0  # left until the deadline, past it, or needed, as the state says
    is_near: bool = False  # the first reminder has come, the deadline has not passed


def state_on(day: dt.date, *, due_on: dt.date | None, done_on: dt.date | None, is_exempt: bool) -> PublicationState:
    """The state of a document on a day; published counts before everything, exempt before any deadline."""
    if done_on is not None and due_on is not None:
        return PublicationState.IN_TIME if done_on <= due_on else PublicationState.LATE
    if done_on is not None:
        return PublicationState.IN_TIME
    if is_exempt:
        return PublicationState.EXEMPT
    if due_on is None:
        return PublicationState.NO_RULE
    if day > due_on:
        return PublicationState.OVERDUE
    return PublicationState.DUE_TODAY if day == due_on else PublicationState.NOT_DUE


def judge(
    day: dt.date, *, issued_on: dt.date, remind_on: dt.date | None, due_on: dt.date | None, basis: str,
    done_on: dt.date | None, exempt_reason: str = "", exempt_basis: str = "",
) -> Verdict:  # fmt: skip
    """The verdict on a day, in one sentence with its figures and its basis."""
    state = state_on(day, due_on=due_on, done_on=done_on, is_exempt=bool(exempt_reason))
    issued = f"Ban hành ngày {show_day(issued_on)}"
    if state == PublicationState.EXEMPT:
        return Verdict(state, f"{issued}; không đăng tải vì {exempt_reason}, theo {exempt_basis}.")
    if due_on is None:
        if done_on is not None:
            return Verdict(state, f"{issued}, đăng tải ngày {show_day(done_on)}; lúc ban hành chưa có quy định về hạn.")
        return Verdict(state, f"{issued}, khi chưa có quy định về hạn đăng tải nên không tính hạn.")
    allowed = (due_on - issued_on).days
    limit = f"hạn {allowed} ngày là {show_day(due_on)}"
    by_rule = f"theo {basis}"
    if done_on is not None:
        took = (done_on - issued_on).days
        words = f"{issued}, đăng tải ngày {show_day(done_on)} (sau {took} ngày), {limit}"
        past = (done_on - due_on).days
        if past > 0:
            return Verdict(state, f"{words}: chậm {past} ngày, {by_rule}.", past)
        return Verdict(state, f"{words}: đúng hạn, {by_rule}.", took)
    left = (due_on - day).days
    if left < 0:
        return Verdict(state, f"{issued}, {limit}: quá hạn {-left} ngày, chưa đăng tải, {by_rule}.", -left)
    is_near = remind_on is not None and day >= remind_on
    if not left:
        return Verdict(state, f"{issued}, {limit}: hôm nay là ngày cuối, chưa đăng tải, {by_rule}.", 0, is_near=True)
    return Verdict(state, f"{issued}, {limit}: còn {left} ngày, {by_rule}.", left, is_near)


def is_told_on(day: dt.date, *, remind_on: dt.date, due_on: dt.date) -> bool:
    """Whether an unpublished document is told by mail on this day, so that mails stay read."""
    if day < remind_on:
        return False
    past = (day - due_on).days
    return past <= DAILY or (past <= NO_LONGER_THAN and day.weekday() == _MONDAY)
