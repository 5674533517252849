"""The person's own calendar on the phone: its secret address, and what is read there without signing in."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from quantriet.classes import queries as class_queries
from quantriet.kit.time import now
from quantriet.kit.web import page, saved
from quantriet.notify import actions
from quantriet.notify import queries as notify_queries
from quantriet.org.models import Person
from quantriet.org.web.pages import DeskRequest, member_page, public_page

LONGEST = 60  # letters of a secret


@member_page
def own(request: DeskRequest) -> HttpResponse:
    if request.account.person is None:
        return page(request, "portal/member/no_person.html")
    return _own(request, request.account.person)


def _own(request: DeskRequest, person: Person, **more: Any) -> HttpResponse:
    feed = notify_queries.feed_of(person)
    return page(request, "portal/member/calendar.html", {"person": person, "feed": feed, **more})


@require_POST
@member_page
def make(request: DeskRequest) -> HttpResponse:
    """A new address; shown in the answer itself and kept nowhere."""
    person = _person(request)
    _feed, secret = actions.make_feed(person, by=request.account, at=now())
    address = request.build_absolute_uri(reverse("calendar-feed", args=[secret]))
    webcal = "webcal:" + address.partition(":")[2]
    return _own(request, person, address=address, webcal=webcal)


@require_POST
@member_page
def end(request: DeskRequest) -> HttpResponse:
    actions.end_feed(_person(request), by=request.account, at=now())
    return saved(
        request, to=reverse("my-calendar-feed"), message=_("The address has ended; phones read nothing there.")
    )


def _person(request: DeskRequest) -> Person:
    if request.account.person is None:
        raise Http404
    return request.account.person


@require_safe
@public_page
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The calendar for whoever knows the address; every other address is not there, whatever the reason."""
    found = notify_queries.find_feed(secret) if len(secret) <= LONGEST else None
    if found is None:
        raise Http404
    at = now()
    content = class_queries.person_calendar(found.person, at=at).encode()
    digest = hashlib.sha256(content).hexdigest()
    found = actions.note_feed_read(found, content_digest=digest, at=at)
    etag, changed = f'"{digest[:32]}"', int(found.changed_at.timestamp())
    response = get_conditional_response(request, etag=etag, last_modified=changed)
    if response is None:
        response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
        response["Content-Disposition"] = 'inline; filename="lich-hoc.ics"'
    response["ETag"] = etag
    response["Last-Modified"] = http_date(changed)
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex"
    return response
