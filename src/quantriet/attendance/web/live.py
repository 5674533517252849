"""A conference on its day: the live board and its screen for the projector, quick counts of venues, the quick report."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from quantriet.attendance import access, actions, queries
from quantriet.attendance.models import HeadCount
from quantriet.attendance.queries import live
from quantriet.attendance.rules import quick_report
from quantriet.attendance.vocab import VenueStanding
from quantriet.attendance.web.frame import page, workbook
from quantriet.classes import access as class_access
from quantriet.classes import queries as class_queries
from quantriet.classes.models import ClassSession, StudyClass
from quantriet.classes.rules.savings import Savings
from quantriet.classes.vocab import ClassPart, ClassState, ConferencePart
from quantriet.kit import web
from quantriet.kit.documents import official
from quantriet.kit.numbers import show_number, whole_number
from quantriet.kit.refusal import NotAllowed, Refusal
from quantriet.kit.spreadsheets import OutColumn
from quantriet.kit.text import fold
from quantriet.kit.time import local, now, show_day, show_moment, today
from quantriet.kit.web import Chip, Listing, download, kind_of, query, saved
from quantriet.org.models import Unit
from quantriet.org.rules.letterhead import day_line, place_of
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page, member_page

STANDING_SIGNS = {VenueStanding.ROLL: "done", VenueStanding.COUNTED: "owing", VenueStanding.SILENT: "silent"}
_BARS = 60  # units drawn on a board
_ON_SCREEN = 14  # units that are readable from the last row
_TYPED_NUMBER = re.compile(r"[0-9]+|[1-9][0-9]{0,2}(\.[0-9]{3})+")  # 1200 or 1.200; 12.5 is no number of people


@dataclass(frozen=True)
class _Seen:
    """What one reader looks at: a conference, one of its sessions, the branches whose venues they see, the venues they are
    clerk of (key and path of its unit), a unit to look into."""

    study_class: StudyClass
    session: ClassSession | None
    sessions: list[ClassSession]
    branches: tuple[str, ...]
    own: tuple[tuple[int, str], ...]
    unit: Unit | None

    @property
    def top(self) -> str:
        """Below which unit the board speaks of units: the one looked into, the host, else the reader's own."""
        if self.unit is not None:
            return self.unit.path
        if len(self.branches) != 1 or self.branches == ("",):
            return self.study_class.unit.path
        # A clerk may look after a venue that no unit of their own has.
        is_within = all(path.startswith(self.branches[0]) for _pk, path in self.own)
        return self.branches[0] if is_within else self.study_class.unit.path

    def venues_of(self, snapshot: live.Snapshot) -> list[live.VenueLive]:
        """The venues of the board that the reader sees and looks into."""
        return snapshot.under(self.branches, self.unit.path if self.unit else "", {pk for pk, _path in self.own})

    @property
    def where(self) -> str:
        """The query that leads to the same figures."""
        said = {"session": self.session.pk if self.session else "", "unit": self.unit.pk if self.unit else ""}
        return urlencode({key: value for key, value in said.items() if value})


def _seen(request: DeskRequest, pk: int) -> _Seen:
    study_class = class_access.get_conference(request.account, pk)
    sessions = list(study_class.sessions.order_by("starts_at", "pk"))
    asked = request.GET.get("session")
    session = next((one for one in sessions if str(one.pk) == asked), None) or queries.current_session(sessions, now())
    branches = class_access.branches_seen_in(request.account, study_class)
    own: tuple[tuple[int, str], ...] = ()
    if branches != ("",):  # who sees all is asked nothing more
        clerk_of = study_class.venues.filter(clerk_id=request.account.pk).order_by("pk")
        own = tuple(clerk_of.values_list("pk", "unit__path"))
    unit = None
    key = whole_number(request.GET.get("unit"), least=1)
    if key is not None:
        found = Unit.objects.filter(pk=key).first()
        # Nobody looks into a unit whose venues they do not see.
        if found is not None and (
            any(found.path.startswith(branch) for branch in branches)
            or any(path.startswith(found.path) for _pk, path in own)
        ):
            unit = found
    return _Seen(study_class, session, sessions, branches, own, unit)


def _conference_page(
    request: DeskRequest, template: str, seen: _Seen, context: dict[str, Any], *, part: ConferencePart | None
) -> HttpResponse:
    study_class = seen.study_class
    return page(
        request,
        template,
        {
            "study_class": study_class,
            "heading": study_class.title,
            "session": seen.session,
            "where": seen.where,
            "place": {"unit": study_class.unit.name, "campaign": study_class.campaign.name},
            "parts": [
                {"label": one.label, "url": reverse(one.value, args=[study_class.pk]), "current": one == part}
                for one in class_access.conference_parts(request.account, study_class)
            ],
            "session_tabs": [
                {
                    "label": f"{one.title} {show_day(local(one.starts_at).date())}",
                    "url": query(request, session=one.pk, page=None),
                    "current": one == seen.session,
                }
                for one in seen.sessions
            ]
            if len(seen.sessions) > 1
            else [],
            **context,
        },
    )


# --- the live board -------------------------------------------------------------------------------------------------


def _board_context(seen: _Seen, snapshot: live.Snapshot, most: int) -> dict[str, Any]:
    venues = seen.venues_of(snapshot)
    units = snapshot.by_unit(venues, seen.top)
    here = reverse("conference-live", args=[seen.study_class.pk])
    session = f"session={seen.session.pk}&" if seen.session else ""
    return {
        "figures": live.summed(venues),
        "changed_at": snapshot.changed_at,
        "units": [
            {
                "name": one.name, "figures": one.figures, "url": f"{here}?{session}unit={one.unit_id}",
                "kind": "silent" if not one.figures.open else "owing" if one.figures.silent else "",
            }
            for one in units[:most]
        ],
        "more": max(0, len(units) - most),
        "here": f"{here}?{session}" + (f"unit={seen.unit.pk}&" if seen.unit else ""),
        "study_class": seen.study_class,
    }  # fmt: skip


def _drawn(seen: _Seen, template: str, most: int) -> tuple[str, str]:
    """The figures as text with their mark; drawn once for all screens that show the same."""
    assert seen.session is not None
    snapshot = live.snapshot(seen.study_class, seen.session)
    key = (template, seen.branches, seen.own, seen.top, seen.unit.pk if seen.unit else 0, get_language())
    text = snapshot.kept.get(key)
    if text is None:
        text = snapshot.kept[key] = render_to_string(template, _board_context(seen, snapshot, most))
    return text, hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


@desk_page(Permission.CLASS_VIEW)
def board(request: DeskRequest, pk: int) -> HttpResponse:
    """Venues open, people there, by unit, kept fresh; below it the venues behind a figure."""
    seen = _seen(request, pk)
    if seen.session is None:
        return _conference_page(request, "attendance/desk/live.html", seen, {}, part=ConferencePart.LIVE)
    snapshot = live.snapshot(seen.study_class, seen.session)
    venues = seen.venues_of(snapshot)
    state = request.GET.get("state")
    chips = [Chip(seen.unit.name, query(request, unit=None, page=None))] if seen.unit else []
    if state == "open":
        venues = [one for one in venues if one.is_open]
        chips.append(Chip(_("Venues that reported"), query(request, state=None, page=None)))
    elif state in list(VenueStanding):
        venues = [one for one in venues if one.standing == state]
        chips.append(Chip(VenueStanding(state).label, query(request, state=None, page=None)))
    if request.GET.get("format") == "xlsx":
        return _venue_workbook(seen, snapshot, venues)
    pages = max(1, math.ceil(len(venues) / web.PAGE_SIZE))
    number = min(whole_number(request.GET.get("page"), least=1) or 1, pages)
    rows = [
        {"venue": one, "unit": snapshot.names.get(one.unit_id, ""), "sign": STANDING_SIGNS[one.standing]}
        for one in venues[(number - 1) * web.PAGE_SIZE : number * web.PAGE_SIZE]
    ]
    text, _digest = _drawn(seen, "attendance/desk/_live.html", _BARS)
    context = {
        "board": text,
        "listing": Listing(rows, len(venues), number, pages, ""),  # type: ignore[type-var]  # rows are computed
        "chips": chips,
        "figures_url": reverse("conference-figures", args=[pk]),
        "screen_url": reverse("conference-screen", args=[pk]),
        "may_count": access.venues_marked_by(request.account, seen.study_class).exists(),
    }
    return _conference_page(request, "attendance/desk/live.html", seen, context, part=ConferencePart.LIVE)


@desk_page(Permission.CLASS_VIEW)
def figures(request: DeskRequest, pk: int) -> HttpResponse:
    """The figures alone, for pages that stand open; 304 while nothing has changed."""
    seen = _seen(request, pk)
    if seen.session is None:
        return HttpResponse("")
    is_screen = bool(request.GET.get("screen"))
    text, digest = (
        _drawn(seen, "attendance/desk/_screen_figures.html", _ON_SCREEN)
        if is_screen
        else _drawn(seen, "attendance/desk/_live.html", _BARS)
    )
    return _fresh(request, text, digest)


def _fresh(request: HttpRequest, text: str, digest: str) -> HttpResponse:
    mark = f'"{digest}"'
    answer: HttpResponse
    if mark in request.headers.get("If-None-Match", ""):
        answer = HttpResponseNotModified()
    else:
        answer = HttpResponse(text)
    answer["ETag"] = mark
    # Figures without people: the browser keeps them for itself, and asks each time whether they still hold.
    answer["Cache-Control"] = "private, no-cache"
    return answer


@desk_page(Permission.CLASS_VIEW)
def screen(request: DeskRequest, pk: int) -> HttpResponse:
    """The board for a projector: no menu, big type, dark or light."""
    seen = _seen(request, pk)
    text = _drawn(seen, "attendance/desk/_screen_figures.html", _ON_SCREEN)[0] if seen.session else ""
    is_dark = request.GET.get("theme") != "light"
    context = {
        "board": text,
        "is_dark": is_dark,
        "other_theme": query(request, theme="light" if is_dark else "dark"),
        "figures_url": reverse("conference-figures", args=[pk]),
    }
    return _conference_page(request, "attendance/desk/live_screen.html", seen, context, part=None)


def _venue_workbook(seen: _Seen, snapshot: live.Snapshot, venues: list[live.VenueLive]) -> HttpResponse:
    columns = [
        OutColumn("unit", "Đơn vị", width=32), OutColumn("name", "Điểm cầu", width=32), OutColumn("standing", "Tình trạng", width=22),
        OutColumn("called", "Triệu tập", kind="number"), OutColumn("present", "Đang có mặt (điểm danh)", kind="number"),
        OutColumn("came", "Đã dự (điểm danh)", kind="number"), OutColumn("counted", "Báo nhanh", kind="number"),
    ]  # fmt: skip
    rows = (
        {
            "unit": snapshot.names.get(one.unit_id, ""), "name": one.name, "standing": f"{one.standing.label}, đang điểm danh" if one.is_being_marked else one.standing.label,
            "called": one.called,
            "present": one.present if one.marked else None, "came": one.came if one.marked else None,
            "counted": one.counted,
        }
        for one in venues
    )  # fmt: skip
    title = f"Điểm cầu: {seen.study_class.title}"[:200]
    return workbook(f"diem-cau-{seen.study_class.code}.xlsx", "Điểm cầu", columns, rows, heading=(title,))


# --- quick counts -----------------------------------------------------------------------------------------------------


@member_page
def counts(request: DeskRequest, pk: int) -> HttpResponse:
    """How many people sit at each venue that the account looks after: a number before or without a roll.

    The numbers belong to the session that the page was opened for, which the form names: by the time they are sent another
    one may be running.
    """
    seen = _seen(request, pk)
    mine = access.venues_marked_by(request.account, seen.study_class)
    if not mine.exists():
        raise NotAllowed
    words = request.GET.get("q", "").strip()
    shown = web.listing(
        request, mine.select_related("unit").order_by(), sorts={"unit": ["-is_main", "unit__path", "name"]}, default_sort="unit",
        total=None,
    ) if not words else _found(request, mine, words)  # fmt: skip
    venues = list(shown)
    wrong: list[str] = []
    if request.method == "POST":
        session = next((one for one in seen.sessions if str(one.pk) == request.POST.get("session")), None)
        seen = replace(seen, session=session or seen.session)
        people, wrong = _numbers(request, {one.pk: one.name for one in venues})
        if session is None:
            wrong.insert(0, "Không rõ số báo là của buổi nào; hãy chọn đúng buổi rồi gửi lại.")
        if session is not None and not wrong:
            try:
                done = actions.report_head_counts(seen.study_class, session, people, by=request.account, at=now())
            except Refusal as refusal:
                wrong = [refusal.sentence]
            else:
                said = f"Đã báo nhanh {show_number(done)} điểm cầu." if done else "Không có số nào thay đổi."
                here = f"{reverse('conference-counts', args=[pk])}{query(request, session=session.pk)}"
                return saved(request, to=here, message=said)
    there = {
        one.venue_id: one
        for one in HeadCount.objects.filter(session=seen.session, venue__in=[one.pk for one in venues]).select_related(
            "counted_by"
        )
    }
    rows = [
        {
            "venue": one,
            "count": there.get(one.pk),
            "value": request.POST.get(f"people-{one.pk}", there[one.pk].people if one.pk in there else ""),
        }
        for one in venues
    ]
    context = {
        "listing": shown, "rows": rows, "wrong": wrong, "q": words, "closed": _closed(request, seen, now()),
    }  # fmt: skip
    return _conference_page(request, "attendance/desk/counts.html", seen, context, part=None)


@dataclass(frozen=True)
class _Closed:
    """Why no number is taken now, and the page on which that can be changed, for who may go there."""

    sentence: str
    label: str = ""
    url: str = ""


def _closed(request: DeskRequest, seen: _Seen, at: datetime) -> _Closed | None:
    study_class, session = seen.study_class, seen.session
    may_run = class_access.is_host(request.account, study_class)
    host = "" if may_run else f" Việc này do {study_class.unit.name} làm."
    if study_class.state == ClassState.CANCELLED:
        return _Closed("Hội nghị đã hủy nên không báo nhanh.")
    if study_class.state == ClassState.CLOSED:
        said = "Điểm danh đã chốt nên số báo nhanh không đổi nữa. Muốn sửa kết quả thì đề nghị mở lại điểm danh ở trang Kết quả."
        if ClassPart.RESULT not in class_access.parts_seen_by(request.account, study_class):
            return _Closed(said)
        return _Closed(said, _("Result"), reverse("roll-result", args=[study_class.pk]))
    if session is None:
        said = f"Hội nghị chưa có buổi nào nên chưa báo nhanh được; hãy thêm buổi ở trang Chương trình.{host}"
        return (
            _Closed(said, _("Programme"), reverse("class-programme", args=[study_class.pk]))
            if may_run
            else _Closed(said)
        )
    if study_class.state == ClassState.DRAFT:
        said = f"Hội nghị chưa chốt danh sách nên chưa báo nhanh được; chốt rồi thì báo từ ngày họp.{host}"
        return (
            _Closed(said, _("Release the class"), reverse("class", args=[study_class.pk])) if may_run else _Closed(said)
        )
    if local(at).date() < local(session.starts_at).date():
        return _Closed(
            f"“{session.title}” diễn ra ngày {show_day(local(session.starts_at).date())}; báo nhanh từ ngày ấy."
        )
    return None


def _found(request: DeskRequest, mine: Any, words: str) -> Listing[Any]:
    keys = [
        pk for pk, name, unit in mine.values_list("pk", "name", "unit__name") if fold(words) in fold(f"{name} {unit}")
    ]
    rows = mine.model.objects.filter(pk__in=keys[:1000]).select_related("unit")
    return web.listing(request, rows, sorts={"unit": ["-is_main", "unit__path", "name"]}, default_sort="unit")


def _numbers(request: DeskRequest, names: dict[int, str]) -> tuple[dict[int, int], list[str]]:
    """The numbers typed beside these venues; an empty box says nothing."""
    people: dict[int, int] = {}
    wrong = []
    for pk, name in names.items():
        typed = request.POST.get(f"people-{pk}", "").strip()
        if not typed:
            continue
        number = whole_number(typed.replace(".", ""), most=100_000) if _TYPED_NUMBER.fullmatch(typed) else None
        if number is None:
            wrong.append(f"{name}: “{typed[:20]}” phải là số nguyên từ 0 đến 100.000.")
        else:
            people[pk] = number
    return people, wrong


# --- the quick report ------------------------------------------------------------------------------------------------------


@desk_page(Permission.CLASS_VIEW)
def report(request: DeskRequest, pk: int) -> HttpResponse:
    """What is read out on the day: the sentences, as text to copy and as Word; figures open into their venues."""
    seen = _seen(request, pk)
    if seen.session is None:
        return _conference_page(request, "attendance/desk/report.html", seen, {}, part=ConferencePart.REPORT)
    snapshot = live.snapshot(seen.study_class, seen.session)
    venues = seen.venues_of(snapshot)
    units = snapshot.by_unit(venues, seen.top)
    told = _report(seen, snapshot, venues, units)
    if request.GET.get("format") == "docx":
        unit = seen.study_class.unit
        above = {one.pk: one.name for one in Unit.objects.filter(pk__in=unit.ancestor_ids)}
        names = [above[key] for key in reversed(unit.ancestor_ids)]
        paper = quick_report.paper(
            told, superior=names[1] if len(names) > 1 else "", place_and_day=(place_of(names), day_line(today()))
        )
        content = official.build(paper, at=now(), author=unit.name, title=f"Báo cáo nhanh: {told.title}"[:200])
        name = f"bao-cao-nhanh-{seen.study_class.code}.docx"
        return download(content, name=name, kind=kind_of(name))
    context = {
        "told": told,
        "sentences": quick_report.sentences(told),
        "text": quick_report.as_text(told),
        "figures": live.summed(venues),
        "units": units,
        "live_url": reverse("conference-live", args=[pk]),
    }
    return _conference_page(request, "attendance/desk/report.html", seen, context, part=ConferencePart.REPORT)


def _report(
    seen: _Seen, snapshot: live.Snapshot, venues: list[live.VenueLive], units: list[live.UnitFigures]
) -> quick_report.QuickReport:
    study_class, session = seen.study_class, seen.session
    assert session is not None
    total = live.summed(venues)
    saved_there = class_queries.conference_savings(study_class, {one.pk: one.delegates for one in venues})
    is_known = isinstance(saved_there, Savings) and bool(saved_there.venues)
    return quick_report.QuickReport(
        title=study_class.title,
        unit=study_class.unit.name,
        host=study_class.conference.host_name or (study_class.host_unit.name if study_class.host_unit else ""),
        session=session.title,
        day=show_day(local(session.starts_at).date()),
        until=show_moment(snapshot.changed_at) if snapshot.changed_at else "",
        venues=total.venues,
        called=total.called,
        by_roll=total.by_roll,
        by_count=total.by_count,
        counted_venues=sum(one.standing == VenueStanding.COUNTED for one in venues),
        marked_venues=total.being_marked,
        silent=[one.name for one in venues if not one.is_open],
        units=[
            quick_report.ReportedUnit(
                one.name, one.figures.venues, one.figures.open, one.figures.called, one.figures.delegates
            )
            for one in sorted(units, key=lambda one: one.name)
        ],
        savings=saved_there.sentences if isinstance(saved_there, Savings) and is_known else (),
        total_saved=saved_there.total if isinstance(saved_there, Savings) and is_known else None,
    )
