"""Random checks in the middle of a session: set for now or drawn beforehand; what they find is a question to the clerk."""

from __future__ import annotations

import datetime as dt
import secrets

from django.db import transaction
from django.db.models import Q

from quantriet.attendance.actions.marks import refuse_class
from quantriet.attendance.actions.verdicts import ClassFrame
from quantriet.attendance.models import PresenceCheck
from quantriet.audit.actions import record
from quantriet.classes.models import ClassSession, StudyClass, Venue
from quantriet.kit.db import reread
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import show_clock, show_moment
from quantriet.org.models import Account

LEAST_MINUTES, MOST_MINUTES = 3, 30


def set_presence_check(
    session: ClassSession,
    venue: Venue | None,
    *,
    minutes: int,
    within: tuple[dt.datetime, dt.datetime] | None = None,
    by: Account,
    at: dt.datetime,
) -> PresenceCheck:
    """Begin a check of so many minutes now, or at a moment drawn from the stretch `within`, in one venue or in all (None).

    Refuses outside the session, a stretch that is past or too short, fewer than 3 or more than 30 minutes, and beside
    another check of the same people that is not over. Effects: the check, audit "presence_check.set" (without the moment
    drawn: nobody is to read it before it comes).
    """
    study_class = session.study_class
    if not LEAST_MINUTES <= minutes <= MOST_MINUTES:
        raise Refusal(
            "check.minutes", f"Thời gian xác nhận từ {LEAST_MINUTES} đến {MOST_MINUTES} phút.", field="minutes"
        )
    lasts = dt.timedelta(minutes=minutes)
    hours = f"“{session.title}” học từ {show_clock(session.starts_at)} đến {show_moment(session.ends_at)}"
    if within is None:
        if not session.starts_at <= at < session.ends_at:
            raise Refusal("check.not_running", f"{hours}; chỉ kiểm tra trong giờ học.")
        starts = at.replace(microsecond=0)
    else:
        first, last = within
        if first >= last:
            raise Refusal("check.stretch", "Giờ sau phải muộn hơn giờ trước.", field="to")
        if first < session.starts_at or last + lasts > session.ends_at:
            raise Refusal(
                "check.outside", f"{hours}; khoảng giờ cộng {minutes} phút xác nhận phải nằm trong buổi.", field="to"
            )
        if last <= at:
            raise Refusal("check.past", "Khoảng giờ đã qua; hãy chọn giờ còn ở phía trước.", field="to")
        first = max(first, at.replace(microsecond=0))
        starts = first + dt.timedelta(seconds=secrets.randbelow(max(1, int((last - first).total_seconds()))))
    with transaction.atomic():
        reread(study_class)
        frame = ClassFrame(
            study_class.pk, study_class.title, study_class.state, study_class.campaign, study_class.unit_id,
            study_class.unit.path,
        )  # fmt: skip
        refuse_class(frame, at)
        _refuse_beside(session, venue, at)
        check = PresenceCheck.objects.create(
            session=session, venue=venue, starts_at=starts, ends_at=min(starts + lasts, session.ends_at),
            drawn_from=within[0] if within else None, drawn_to=within[1] if within else None, set_at=at, set_by=by,
        )  # fmt: skip
        record(
            "presence_check.set", by=by, at=at, thing=study_class, unit=study_class.unit,
            after={"session": session.title, "venue": venue.name if venue else "", "minutes": minutes,
                   "from": within[0] if within else starts, "to": within[1] if within else None},
        )  # fmt: skip
    return check


def call_off_check(check: PresenceCheck, *, by: Account, at: dt.datetime) -> None:
    """Call a check off, also one that has been held: it asks nothing of anybody any more. Twice changes nothing."""
    study_class: StudyClass = check.session.study_class
    with transaction.atomic():
        if PresenceCheck.objects.filter(pk=check.pk, called_off_at__isnull=True).update(called_off_at=at):
            record(
                "presence_check.called_off", by=by, at=at, thing=study_class, unit=study_class.unit,
                before={"session": check.session.title, "venue": check.venue.name if check.venue else ""},
            )  # fmt: skip


def _refuse_beside(session: ClassSession, venue: Venue | None, at: dt.datetime) -> None:
    same = Q() if venue is None else Q(venue=venue) | Q(venue__isnull=True)
    if PresenceCheck.objects.filter(same, session=session, called_off_at__isnull=True, ends_at__gt=at).exists():
        raise Refusal(
            "check.beside", "Đang có một lượt kiểm tra chưa xong ở đây; hãy chờ xong hoặc bỏ lượt ấy rồi đặt lượt mới."
        )
