"""What the pages of one class's roll share: where one is, the parts of the roll, Excel."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.http import FileResponse, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from quantriet.attendance import access, queries
from quantriet.attendance.models import RollReopening
from quantriet.attendance.vocab import ReopeningState, Standing, Verdict
from quantriet.campaigns.vocab import CampaignState
from quantriet.classes import access as class_access
from quantriet.classes.models import ClassSession, OnlineConference, StudyClass, Venue
from quantriet.classes.vocab import ClassPart, ClassState
from quantriet.kit import spreadsheets, web
from quantriet.kit.numbers import show_number, whole_number
from quantriet.kit.time import local, now, show_day
from quantriet.kit.web import download
from quantriet.org import access as org_access
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
VERDICT_SIGNS = {
    Verdict.UNDECIDED: "silent",
    Verdict.PRESENT: "done",
    Verdict.RETAKE: "late",
    Verdict.EXCUSED: "owing",
    Verdict.ABSENT: "late",
}
STANDING_SIGNS = {
    Standing.NONE: "silent",
    Standing.PRESENT: "done",
    Standing.LEFT: "owing",
    Standing.WHOLE: "done",
    Standing.ABSENT: "late",
}


def page(request: DeskRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A page whose window is called as its heading."""
    may_take = org_access.may_anywhere(
        request.account, Permission.ROLL_TAKE
    )  # who may not has no page of today's rolls
    return web.page(request, template, {"title": context["heading"], "may_take": may_take, **context})


def is_reopened(study_class: StudyClass) -> bool:
    """Whether a closed roll is open again, in time or past it: then it is to be closed once more."""
    return (
        study_class.state == ClassState.CLOSED
        and RollReopening.objects.filter(study_class=study_class, state=ReopeningState.OPEN).exists()
    )


# The ways in daily use stand side by side; the others open with one tap, so that a phone shows the roll and not its menu.
EVERYDAY = ("roll", "seats", "codes", "scan", "roll-devices")


def why_not(study_class: StudyClass, *, reopened: bool) -> str:
    """Why nothing can be marked in this class; empty when it can."""
    if study_class.campaign.state != CampaignState.OPEN:
        return "Đợt học tập chưa mở hoặc đã khép nên không điểm danh được."
    if study_class.state == ClassState.CLOSED and reopened:
        if queries.takes_corrections(study_class.pk, at=now()):
            return ""
        return "Thời gian mở lại điểm danh đã hết; hãy chốt lại, nếu còn sót thì đề nghị mở lại lần nữa."
    return {
        ClassState.DRAFT: "Lớp chưa chốt danh sách nên chưa điểm danh được.",
        ClassState.CLOSED: "Lớp đã chốt điểm danh. Muốn sửa thì đề nghị mở lại điểm danh ở trang Kết quả.",
        ClassState.CANCELLED: "Lớp đã hủy nên không điểm danh.",
    }.get(ClassState(study_class.state), "")


def roll_page(
    request: DeskRequest, template: str, study_class: StudyClass, context: dict[str, Any], *, part: str
) -> HttpResponse:
    """A page of one class's roll in the frame of the class; `part` names the present way of recording, or the result."""
    reopened = is_reopened(study_class)
    ways = [
        ("roll", _("By name")),
        ("seats", _("By seat")),
        ("codes", _("By code")),
        ("scan", _("Scanner")),
        ("roll-devices", _("Without a line")),
        ("roll-conflicts", _("Conflicts")),
        ("checks", _("Mid-session check")),
        ("questionnaires", _("Questionnaire")),
        ("suggestions", _("Suggestions")),
        ("slips", _("Slips")),
        ("paper-slips", _("Slips with codes")),
        ("paste", _("Paste codes")),
        ("conduct", _("Conduct")),
    ]
    is_conference = OnlineConference.objects.filter(study_class=study_class).exists()
    if is_conference:
        ways.append(("conference-counts", _("Quick count")))
    is_whole = org_access.may(request.account, Permission.ROLL_TAKE, study_class.unit)
    if is_whole:  # a log tells of the whole class, not of the venue of one clerk
        ways.append(("meeting-logs", _("Meeting log")))
    place = ClassPart.RESULT if part == ClassPart.RESULT else ClassPart.ROLL
    shown = [
        {"label": label, "url": reverse(name, args=[study_class.pk]), "current": name == part, "name": name}
        for name, label in (ways if place == ClassPart.ROLL else ())
    ]
    reason = why_not(study_class, reopened=reopened)
    return page(
        request,
        template,
        {
            "study_class": study_class,
            "is_reopened": reopened,
            "why_not": reason,
            "may_mark": not reason,
            "is_whole": is_whole,
            "counts_url": reverse("conference-counts", args=[study_class.pk]) if is_conference else "",
            "place": {"unit": study_class.unit.name, "campaign": study_class.campaign.name},
            "class_parts": [
                {"label": one.label, "url": reverse(one.value, args=[study_class.pk]), "current": one == place}
                for one in class_access.parts_seen_by(request.account, study_class)
            ],
            "ways": [one for one in shown if one["name"] in EVERYDAY or one["current"]],
            "other_ways": [one for one in shown if one["name"] not in EVERYDAY and not one["current"]],
            **context,
        },
    )


@dataclass(frozen=True)
class Place:
    """Where a roll is taken: one session in one venue, and the tabs to the others; either may be missing."""

    session: ClassSession | None
    venue: Venue | None
    session_tabs: list[dict[str, Any]]
    venue_tabs: list[dict[str, Any]]

    @property
    def context(self) -> dict[str, Any]:
        return {
            "session": self.session,
            "venue": self.venue,
            "session_tabs": self.session_tabs,
            "venue_tabs": self.venue_tabs,
            "where": f"session={self.session.pk}&venue={self.venue.pk}" if self.session and self.venue else "",
        }


def place_of(request: DeskRequest, study_class: StudyClass, at: dt.datetime) -> Place:
    """The session and venue that the address asks for, among those whose roll the account takes; else today's and its own,
    one with people before an empty one. The tabs say how many people each venue has."""
    sessions = list(study_class.sessions.order_by("starts_at", "pk"))
    marked = access.venues_marked_by(request.account, study_class)
    venues: list[Any] = list(marked.annotate(people=Count("roster")).order_by("-is_main", "name"))
    session = _chosen(sessions, request.GET.get("session")) or queries.current_session(sessions, at)
    # Of equals the first stays, in the order of the tabs.
    first = max(venues, key=lambda one: (one.people > 0, one.clerk_id == request.account.pk), default=None)
    venue = _chosen(venues, request.GET.get("venue")) or first
    if session is None or venue is None:
        return Place(session, venue, [], [])
    return Place(
        session,
        venue,
        [
            {
                "label": f"{one.title} {show_day(local(one.starts_at).date())}",
                "url": f"?session={one.pk}&venue={venue.pk}",
                "current": one == session,
            }
            for one in sessions
        ],
        [
            {
                "label": f"{one.name} ({show_number(one.people)})",
                "url": f"?session={session.pk}&venue={one.pk}",
                "current": one == venue,
            }
            for one in venues
        ],
    )


def asked_place(request: DeskRequest, study_class: StudyClass, at: dt.datetime) -> Place:
    """As `place_of`, without the tabs: the page of one venue, asked again every minute, does not read all others."""
    session_id, venue_id = (whole_number(request.GET.get(name)) for name in ("session", "venue"))
    if session_id is None or venue_id is None:
        return place_of(request, study_class, at)
    return Place(
        study_class.sessions.filter(pk=session_id).first(),
        access.venues_marked_by(request.account, study_class).filter(pk=venue_id).first(),
        [],
        [],
    )


def _chosen(rows: list[Any], key: str | None) -> Any:
    return next((row for row in rows if str(row.pk) == key), None)


def workbook(
    name: str,
    title: str,
    columns: Sequence[spreadsheets.OutColumn],
    rows: Iterable[Mapping[str, object]],
    *,
    heading: Sequence[str] = (),
) -> FileResponse:
    """A list as an Excel file."""
    file = io.BytesIO()
    sheet = spreadsheets.Sheet(title, columns, rows, heading=tuple(heading) or (title,))
    spreadsheets.write_workbook(file, [sheet], at=now(), title=title)
    file.seek(0)
    return download(file, name=name, kind=XLSX)
