"""Sessions and what happens in them: no overlaps, sensible dates, and a share for discussion (R-032, R-033, B-10)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal

from quantriet.classes.vocab import DiscussionShare, ItemKind
from quantriet.kit import intervals
from quantriet.kit.intervals import Interval
from quantriet.kit.numbers import show_number, show_percent
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local, show_clock, show_day, show_moment

LONGEST_SESSION = dt.timedelta(hours=6)
# How far outside the campaign's period a session is still no slip of the pen: catch-up classes come later.
EARLIEST_BEFORE = dt.timedelta(days=31)
LATEST_AFTER = dt.timedelta(days=366)

Named = tuple[str, dt.datetime, dt.datetime]
Item = tuple[str, dt.datetime, dt.datetime]  # a value of ItemKind, start, end


def check_session(
    starts_at: dt.datetime, ends_at: dt.datetime, *, others: Iterable[Named], period: tuple[dt.date, dt.date]
) -> None:
    """Refuse a session that ends before it starts, is too long, lies on a strange date or overlaps another of its class."""
    if ends_at <= starts_at:
        raise Refusal("session.order", "Giờ kết thúc phải sau giờ bắt đầu.", field="ends_at")
    if local(starts_at).date() != local(ends_at).date() or ends_at - starts_at > LONGEST_SESSION:
        raise Refusal(
            "session.too_long",
            "Một buổi học nằm trong một ngày và không quá 6 giờ; buổi dài hơn phải tách làm nhiều buổi.",
            field="ends_at",
        )
    day = local(starts_at).date()
    if day < period[0] - EARLIEST_BEFORE or day > period[1] + LATEST_AFTER:
        raise Refusal(
            "session.strange_date",
            f"Ngày {show_day(day)} cách quá xa đợt học tập ({show_day(period[0])} – {show_day(period[1])}); "
            "hãy xem lại ngày học.",
            field="starts_at",
        )
    for title, start, end in others:
        if starts_at < end and start < ends_at:
            raise Refusal(
                "session.overlap",
                f"Trùng giờ với “{title}” ({show_clock(start)} – {show_moment(end)}); "
                "hai buổi của một lớp không được chồng nhau.",
                field="starts_at",
            )


def check_item(starts_at: dt.datetime, ends_at: dt.datetime, *, session: Interval, others: Iterable[Named]) -> None:
    """Refuse a programme item outside its session or over another item."""
    if ends_at <= starts_at:
        raise Refusal("item.order", "Giờ kết thúc phải sau giờ bắt đầu.", field="ends_at")
    if starts_at < session[0] or ends_at > session[1]:
        raise Refusal(
            "item.outside",
            f"Nội dung phải nằm trong giờ của buổi học ({show_clock(session[0])} – {show_clock(session[1])}).",
            field="starts_at" if starts_at < session[0] else "ends_at",
        )
    for title, start, end in others:
        if starts_at < end and start < ends_at:
            raise Refusal(
                "item.overlap",
                f"Trùng giờ với nội dung “{title}” ({show_clock(start)} – {show_clock(end)}).",
                field="starts_at",
            )


def class_intervals(sessions: Iterable[Interval], items: Iterable[Item]) -> list[Interval]:
    """The time that counts as class time: sessions without their breaks, united."""
    whole = intervals.unite(sessions)
    breaks = intervals.clipped_union(((start, end) for kind, start, end in items if kind == ItemKind.BREAK), whole)
    left: list[Interval] = []
    for start, end in whole:
        at = start
        for pause_start, pause_end in breaks:
            if pause_end <= at or pause_start >= end:
                continue
            if pause_start > at:
                left.append((at, pause_start))
            at = pause_end
        if at < end:
            left.append((at, end))
    return left


def class_seconds(sessions: Iterable[Interval], items: Iterable[Item]) -> int:
    """Seconds of class time: sessions without breaks."""
    return intervals.seconds(class_intervals(sessions, items))


def discussion_share(
    sessions: Sequence[Interval], items: Sequence[Item], *, least_percent: Decimal, basis: str
) -> DiscussionShare:
    """Discussion minutes of class minutes against the campaign's share; exactly the share is enough, none never is."""
    counted = class_intervals(sessions, items)
    planned = intervals.seconds(counted)
    talks = ((start, end) for kind, start, end in items if kind == ItemKind.DISCUSSION)
    discussed = intervals.seconds(intervals.clipped_union(talks, counted))
    least = show_number(least_percent, 2).rstrip("0").rstrip(",") + "%"
    is_enough = discussed > 0 and Decimal(discussed) * 100 >= least_percent * planned
    if not planned:
        sentence = "Lớp chưa có buổi học nào nên chưa tính được tỷ lệ thảo luận."
    elif not discussed:
        sentence = f"Chương trình chưa bố trí thời gian thảo luận, tối thiểu {least} thời gian học, theo {basis}."
    else:
        figures = (
            f"Thảo luận {show_number(discussed // 60)}/{show_number(planned // 60)} phút "
            f"({show_percent(discussed, planned)})"
        )
        verdict = f"đạt mức tối thiểu {least}" if is_enough else f"dưới mức tối thiểu {least} nên chưa chốt được lớp"
        sentence = f"{figures}, {verdict}, theo {basis}."
    return DiscussionShare(discussed, planned, least_percent, basis, is_enough, sentence)
