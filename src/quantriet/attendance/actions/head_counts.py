"""Quick counts of venues: a number that a clerk reports, no fact about anybody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from quantriet.attendance.models import HeadCount
from quantriet.audit.actions import record_many
from quantriet.classes.models import ClassSession, StudyClass, Venue
from quantriet.classes.vocab import ClassState
from quantriet.kit.db import named_lock
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local, show_day
from quantriet.org.models import Account

MOST_PEOPLE = 100_000


def report_head_counts(
    study_class: StudyClass,
    session: ClassSession,
    people: Mapping[int, int],
    *,
    by: Account | None,
    at: datetime,
) -> int:
    """Write how many people sit at each of these venues (by key) in a session; the last number holds. Returns how many changed.

    Refuses before the class is released, before the day of the session, after the roll was closed, and more people than
    any hall holds; then nothing is written. Effects: head counts, one audit line "head_count.reported" for each venue.
    """
    with named_lock(f"class:{study_class.pk}"):
        study_class.refresh_from_db(fields=["state"])
        if study_class.state != ClassState.RELEASED:
            raise Refusal("head_count.not_running", "Lớp chưa chốt danh sách hoặc đã khép nên không báo nhanh được.")
        if local(at).date() < local(session.starts_at).date():
            raise Refusal(
                "head_count.too_early",
                f"“{session.title}” diễn ra ngày {show_day(local(session.starts_at).date())}; báo nhanh từ ngày ấy.",
            )
        for number in people.values():
            if not 0 <= number <= MOST_PEOPLE:
                raise Refusal("head_count.too_many", "Số người phải là số nguyên từ 0 đến 100.000.")
        venues = Venue.objects.filter(study_class=study_class).select_related("unit").in_bulk(list(people))
        there = {one.venue_id: one for one in HeadCount.objects.filter(session=session, venue__in=venues)}
        new: list[HeadCount] = []
        changed: list[HeadCount] = []
        before: dict[int, int] = {}
        for key in venues:
            found = there.get(key)
            if found is None:
                new.append(HeadCount(venue_id=key, session=session, people=people[key], counted_at=at, counted_by=by))
            elif found.people != people[key]:
                before[key] = found.people
                found.people, found.counted_at, found.counted_by = people[key], at, by
                changed.append(found)
        HeadCount.objects.bulk_create(new, batch_size=500)
        HeadCount.objects.bulk_update(changed, ["people", "counted_at", "counted_by"], batch_size=500)
        record_many(
            "head_count.reported", by=by, at=at,
            lines=[
                (
                    venues[one.venue_id], venues[one.venue_id].unit,
                    {"attending": before[one.venue_id]} if one.venue_id in before else {},
                    {"attending": one.people, "session": session.title},
                )
                for one in [*new, *changed]
            ],
        )  # fmt: skip
    return len(new) + len(changed)
