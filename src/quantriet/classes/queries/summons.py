"""The summons of a class: its text, its calendar file, how far it has come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Q, QuerySet

from quantriet.campaigns.models import CampaignDocument
from quantriet.campaigns.vocab import StudyForm
from quantriet.classes.models import ClassSession, RosterEntry, StudyClass, Venue
from quantriet.classes.vocab import SENT_WAYS, ClassState, SummonsWay
from quantriet.kit.numbers import show_number
from quantriet.kit.time import show_clock, show_moment

# The text to copy into Zalo, until a unit writes its own; its places are those of `SummonsLetter.places`.
ZALO_INVITATION = "class_invitation"
ZALO_WORDS = """[đơn vị] mời các đồng chí dự [tên lớp], thuộc [đợt học tập].

Thời gian:
[thời gian]
Địa điểm: [địa điểm]
Hình thức: [hình thức]
Nội dung: [nội dung]

Danh sách triệu tập có [số người] đồng chí. Ai chưa nhận được giấy mời hoặc không dự được thì báo ngay cấp ủy nơi sinh hoạt."""


# Beyond so many a text to copy names them no more.
MOST_PLACES, MOST_CELLS = 12, 6


class SummonsLetter:
    """The summons of one class: what is the same for everybody is read once."""

    def __init__(self, study_class: StudyClass) -> None:
        self.study_class = study_class
        self.sessions = list(ClassSession.objects.filter(study_class=study_class).order_by("starts_at"))
        documents = CampaignDocument.objects.filter(campaign_id=study_class.campaign_id).select_related("document")
        self.documents = [one.document.citation for one in documents]
        self.form = StudyForm(study_class.form).label

    @property
    def subject(self) -> str:
        return f"Giấy mời: {self.study_class.title}"

    @property
    def times(self) -> list[str]:
        """Each session in words: "Buổi sáng: 07:30 – 11:00 ngày 09/03/2026"."""
        return [f"{one.title}: {show_clock(one.starts_at)} – {show_moment(one.ends_at)}" for one in self.sessions]

    def place(self, venue: Venue) -> str:
        return f"{venue.name}, {venue.address}" if venue.address else venue.name

    def body(self, entry: RosterEntry) -> str:
        """The mail to one person."""
        lines = [
            f"Kính gửi: Đồng chí {entry.person.full_name}, {entry.unit.name}.",
            "",
            f"{self.study_class.unit.name} trân trọng mời đồng chí dự “{self.study_class.title}”, "
            f"thuộc đợt học tập “{self.study_class.campaign.name}”.",
            "",
            "Thời gian:",
            *(f"- {line}" for line in self.times),
            f"Địa điểm: {self.place(entry.venue)}",
            f"Hình thức: {self.form}",
        ]
        if self.documents:
            lines.append(f"Nội dung: {'; '.join(self.documents)}")
        if self.study_class.rules_of_conduct:
            lines += [
                "",
                "Nội quy lớp học:",
                *(f"- {rule}" for rule in self.study_class.rules_of_conduct.splitlines() if rule),
            ]
        lines += [
            "",
            "Đồng chí không dự được thì báo trước giờ khai mạc cho cấp ủy nơi sinh hoạt để xếp vào lớp sau.",
        ]
        return "\n".join(lines)

    def brief(self, entry: RosterEntry) -> str:
        """The summons in one text message: what, when, where."""
        return f"Mời dự {self.study_class.title}, {'; '.join(self.times)}, tại {self.place(entry.venue)}."

    def places(self) -> dict[str, str]:
        """What a text to copy may be filled with, by the name of its place; no names of people."""
        venues = list(Venue.objects.filter(study_class=self.study_class).order_by("-is_main", "name", "pk"))
        called = self.study_class.roster.filter(is_running=True).count()
        return {
            "đơn vị": self.study_class.unit.name,
            "tên lớp": self.study_class.title,
            "đợt học tập": self.study_class.campaign.name,
            "thời gian": "\n".join(f"- {line}" for line in self.times),
            "địa điểm": self._places(venues),
            "hình thức": self.form,
            "nội dung": "; ".join(self.documents),
            "số người": show_number(called),
        }

    def _places(self, venues: Sequence[Venue]) -> str:
        """One place on its line; of several each on its own, with the cells called there while there are few."""
        if len(venues) < 2:
            return self.place(venues[0]) if venues else ""
        if len(venues) > MOST_PLACES:
            return f"{show_number(len(venues))} điểm cầu; mỗi người dự tại điểm cầu ghi trong giấy mời"
        cells: dict[int, list[str]] = defaultdict(list)
        rows = self.study_class.roster.filter(is_running=True).order_by("unit__path")
        for venue_id, name in rows.values_list("venue_id", "unit__name").distinct():
            cells[venue_id].append(name)
        lines = [
            f"- {self.place(one)}" + (f" ({', '.join(cells[one.pk])})" if 0 < len(cells[one.pk]) <= MOST_CELLS else "")
            for one in venues
        ]
        return "\n".join(["", *lines])

    def begins_within(self, span: timedelta, at: datetime) -> bool:
        """Whether a session is yet to come and begins so soon."""
        return any(at <= one.starts_at <= at + span for one in self.sessions)

    def cancelled_body(self, entry: RosterEntry) -> str:
        """The mail that takes a summons back."""
        return "\n".join(
            [
                f"Kính gửi: Đồng chí {entry.person.full_name}, {entry.unit.name}.",
                "",
                f"{self.study_class.unit.name} xin báo: lớp “{self.study_class.title}” không tổ chức theo giấy mời đã gửi "
                f"({'; '.join(self.times)}).",
                "Đồng chí sẽ được mời vào lớp khác của đợt học tập.",
            ]
        )

    def calendar(self, entry: RosterEntry | None = None, venue: Venue | None = None) -> str:
        """The calendar file of the class, or of one person's venue: UTC times, identifiers that stay, no alarms."""
        import icalendar  # 0.2 s to import; only those who ask for a calendar pay it

        where = (
            entry.venue if entry else venue or Venue.objects.filter(study_class=self.study_class, is_main=True).first()
        )
        file = icalendar.Calendar()
        file.add("prodid", "-//Quan triet//Lop hoc tap//VI")
        file.add("version", "2.0")
        file.add("method", "PUBLISH")
        stamp = self.study_class.released_at or self.study_class.created_at
        for session in self.sessions:
            event = icalendar.Event()
            event.add("uid", f"{self.study_class.code}-{session.pk}@quantriet")
            event.add("dtstamp", stamp.astimezone(UTC))
            event.add("dtstart", session.starts_at.astimezone(UTC))
            event.add("dtend", session.ends_at.astimezone(UTC))
            is_cancelled = self.study_class.state == ClassState.CANCELLED
            event.add("sequence", self.study_class.revision + is_cancelled)
            event.add("summary", f"{self.study_class.title} – {session.title}")
            if where is not None:
                event.add("location", self.place(where))
            event.add("description", f"{self.study_class.unit.name}. {'; '.join(self.documents)}".strip())
            if is_cancelled:
                event.add("status", "CANCELLED")
            file.add_component(event)
        return str(file.to_ical().decode("utf-8"))


def summons_counts(lines: QuerySet[RosterEntry]) -> dict[str, int]:
    """How far the summons are: everybody, over a channel, on paper, not yet or in the inbox alone, and of these without an address."""
    waiting = on_paper()
    return lines.aggregate(
        total=Count("pk"),
        mailed=Count("pk", filter=Q(summoned_by__in=SENT_WAYS)),
        failed=Count("pk", filter=Q(summoned_by=SummonsWay.FAILED)),
        inbox=Count("pk", filter=Q(summoned_by=SummonsWay.INBOX)),
        printed=Count("pk", filter=Q(summoned_by=SummonsWay.PRINT)),
        waiting=Count("pk", filter=waiting),
        unreachable=Count("pk", filter=waiting & Q(person__email="")),
    )


def on_paper() -> Q:
    """Whose summons is to be printed: not told yet, told in vain, or in the inbox alone, which nobody need open in time."""
    return Q(summoned_at__isnull=True) | Q(summoned_by__in=[SummonsWay.INBOX, SummonsWay.FAILED])


def link_of(entry: RosterEntry) -> str:
    """Where the person reads of the class: the duty that it serves, else their own page."""
    return f"/me/duties/{entry.duty_id}/" if entry.duty_id else "/me/"
