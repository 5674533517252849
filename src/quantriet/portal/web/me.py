"""The member's own pages: what is owed, when and where, what counted and why, what to read."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase

from quantriet.attendance import queries as attendance_queries
from quantriet.attendance.queries import self_study as self_study_queries
from quantriet.attendance.vocab import ExcuseState
from quantriet.campaigns.vocab import CreditState
from quantriet.classes import queries as class_queries
from quantriet.classes.models import RosterEntry
from quantriet.kit.time import now, today
from quantriet.kit.web import download, page
from quantriet.library.queries import materials as material_queries
from quantriet.library.rules.products.content import GROUP_NAMES
from quantriet.library.vocab import PartKind, PointKind
from quantriet.org import access as org_access
from quantriet.org.models import Person
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, member_page
from quantriet.portal import queries
from quantriet.portal.queries.reading import contents_for, search_reading
from quantriet.portal.web import shared
from quantriet.portal.web.handbook import keepable, notes_of
from quantriet.portal.web.parts import groups_of
from quantriet.speakers import access as speaker_access
from quantriet.speakers.queries import invitations as speaker_queries

MOST_OWED = 3


@member_page
@keepable
def me(request: DeskRequest) -> HttpResponse:
    person = request.account.person
    if person is None:
        return page(request, "portal/member/no_person.html")
    duties = queries.duties_of(person)
    owing = [one for one in duties if one.is_owing]
    context = {
        "person": person,
        "owing": owing[:MOST_OWED],
        "owed_count": len(owing),
        "more_owing": owing[MOST_OWED:],
        "alone": self_study_queries.studying_alone([one.duty for one in owing[:MOST_OWED] if not one.entry], now()),
        "settled": [one for one in duties if not one.is_owing],
        "reading": queries.reading_of(person),
        "proxies": attendance_queries.proxies_of(person),
        "today": today(),
        "now": now(),
        "notes": notes_of(request.account),
        "speaking": _speaking(request),
        "may_report": org_access.may_anywhere(request.account, Permission.PROPAGANDA_REPORT),
    }
    return page(request, "portal/member/me.html", context)


@member_page
@keepable
def duty(request: DeskRequest, pk: int) -> HttpResponse:
    owed = queries.duty_of(_person(request), pk)
    if owed is None:
        raise Http404
    evidence = attendance_queries.evidence(owed.entry) if owed.entry else None
    documents = [one.document for one in owed.duty.campaign.campaign_documents.select_related("document")]
    link = attendance_queries.open_link(owed.duty) if owed.is_owing else None
    mine = RosterEntry.objects.filter(duty=owed.duty)
    context = {
        "owed": owed,
        "evidence": evidence,
        "documents": documents,
        "today": today(),
        "now": now(),
        "excuses": [(one, ExcuseState(one.state)) for one in attendance_queries.excuses_of(owed.duty)],
        "may_excuse": owed.is_owing and attendance_queries.excusable(mine).exists(),
        "may_choose": link is not None and bool(attendance_queries.offered_classes(link, now())),
        "self_study": self_study_queries.offer(owed.duty, now()),
        "chain": [(one, steps) for one, steps in attendance_queries.chain_of(owed.duty)],
        "credits": [(one, CreditState(one.state)) for one in owed.duty.credits.order_by("pk")],
    }
    return page(request, "portal/member/duty.html", context)


@member_page
def calendar(request: DeskRequest, pk: int) -> HttpResponse:
    """The calendar file of the class this duty is placed in."""
    owed = queries.duty_of(_person(request), pk)
    if owed is None or owed.entry is None:
        raise Http404
    content = class_queries.SummonsLetter(owed.entry.study_class).calendar(owed.entry)
    return download(content.encode(), name="lich-hoc.ics", kind="text/calendar; charset=utf-8")


@member_page
@keepable
def reading(request: DeskRequest, pk: int) -> HttpResponse:
    """What is published of a document for this member, as the portal shows it; before that the points marked in it."""
    document = queries.may_read(_person(request), pk)
    if document is None:
        raise Http404
    content = contents_for(_person(request), [document], now()).get(pk)
    points = [] if content and content.parts else list(document.points.select_related("clause"))
    clauses = list(document.clauses.all())
    context = {
        "document": document,
        "version": content.version if content else None,
        "groups": groups_of(content.parts, document=pk, clauses=clauses) if content else (),
        "works": list(material_queries.released_works(content.version)) if content else (),
        "points": [
            (GROUP_NAMES[part], [one for one in points if one.kind == kind])
            for kind, part in ((PointKind.KEY, PartKind.CORE), (PointKind.NEW, PartKind.NEW))
        ],
        "clauses": clauses,
        "notes": notes_of(request.account),
    }
    return page(request, "portal/member/reading.html", context)


@member_page
def work(request: DeskRequest, pk: int, work_pk: int) -> HttpResponseBase:
    """The file of an approved verse, clip or panel that goes with what is published of a document the member studies."""
    person = _person(request)
    document = queries.may_read(person, pk)
    content = contents_for(person, [document], now()).get(pk) if document else None
    rows = material_queries.released_works(content.version).exclude(file="") if content else None
    one = rows.filter(pk=work_pk).first() if rows is not None else None
    if one is None:
        raise Http404
    return shared.work(request, one, kept="private")


@member_page
def search(request: DeskRequest) -> HttpResponse:
    """Search in the documents one studies (`?q=`)."""
    typed = request.GET.get("q", "").strip()[:60]
    person = request.account.person
    context = {"typed": typed, "found": search_reading(person, typed, at=now()) if person else []}
    return page(request, "portal/member/search.html", context)


def _speaking(request: DeskRequest) -> dict[str, Any]:
    """What waits for the person as a reporter, and as one who has heard a report."""
    is_reporter = speaker_access.own_entries(request.account).filter(valid_to__isnull=True).exists()
    return {
        "is_reporter": is_reporter,
        "asked": speaker_queries.asked_of(request.account, today()) if is_reporter else 0,
        "to_rate": speaker_access.ratable_by(request.account, today()).count(),
    }


def _person(request: DeskRequest) -> Person:
    if request.account.person is None:
        raise Http404
    return request.account.person
