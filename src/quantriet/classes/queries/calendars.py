"""The calendar of one person: every class the person is called to, as phones read it."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta

from quantriet.classes.models import ClassSession, RosterEntry
from quantriet.classes.vocab import ClassState
from quantriet.org.models import Person

# Classes further back say nothing to a calendar any more.
KEPT = timedelta(days=400)


def person_calendar(person: Person, *, at: datetime) -> str:
    """Sessions of the classes the person is on the roster of, UTC times, identifiers that stay; a class called off says so.

    Drafts are not told: until a class is released nobody is called to it. The text depends on the rows alone.
    """
    import icalendar  # 0.2 s to import; only those who ask for a calendar pay it

    file = icalendar.Calendar()
    file.add("prodid", "-//Quan triet//Lich hoc tap//VI")
    file.add("version", "2.0")
    file.add("method", "PUBLISH")
    file.add("x-wr-calname", "Lịch học tập, quán triệt")
    file.add("x-published-ttl", "PT4H")
    entries = list(
        RosterEntry.objects.filter(person=person)
        .exclude(study_class__state=ClassState.DRAFT)
        .select_related("study_class__unit", "venue")
        .order_by("study_class_id")
    )
    sessions: dict[int, list[ClassSession]] = defaultdict(list)
    for session in ClassSession.objects.filter(
        study_class__in=[one.study_class_id for one in entries], ends_at__gte=at - KEPT
    ).order_by("starts_at", "pk"):
        sessions[session.study_class_id].append(session)
    for entry in entries:
        held = entry.study_class
        is_cancelled = held.state == ClassState.CANCELLED
        stamp = held.released_at or held.created_at
        for session in sessions[held.pk]:
            event = icalendar.Event()
            event.add("uid", f"{held.code}-{session.pk}@quantriet")
            event.add("dtstamp", stamp.astimezone(UTC))
            event.add("dtstart", session.starts_at.astimezone(UTC))
            event.add("dtend", session.ends_at.astimezone(UTC))
            event.add("sequence", held.revision + is_cancelled)
            event.add("summary", f"{held.title} – {session.title}")
            place = f"{entry.venue.name}, {entry.venue.address}" if entry.venue.address else entry.venue.name
            event.add("location", place)
            event.add("description", held.unit.name)
            if is_cancelled:
                event.add("status", "CANCELLED")
            file.add_component(event)
    return str(file.to_ical().decode("utf-8"))
