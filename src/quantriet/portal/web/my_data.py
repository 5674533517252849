"""The member's own record and data: what counts, who looked at it, who changed it, what may be asked, all of it to take along."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from quantriet.kit import time
from quantriet.kit.refusal import refusals_on
from quantriet.kit.web import download, page, saved
from quantriet.org import access
from quantriet.org.actions import own_data
from quantriet.org.actions import privacy as privacy_actions
from quantriet.org.models import Person
from quantriet.org.queries import privacy as privacy_queries
from quantriet.org.vocab import RequestKind
from quantriet.org.web import log
from quantriet.org.web import privacy as privacy_pages
from quantriet.org.web.pages import DeskRequest, member_page
from quantriet.portal import queries


def _person(request: DeskRequest) -> Person:
    person = request.account.person
    if person is None:
        raise Http404
    return person


@member_page
def record(request: DeskRequest) -> HttpResponse:
    """The whole record, to read and to print (R-155)."""
    person = _person(request)
    context = {"person": person, "record": queries.record_of(person), "today": time.today()}
    return page(request, "portal/member/record.html", context)


@member_page
def looks(request: DeskRequest) -> HttpResponse:
    """Who looked at my record and who changed it (P-06)."""
    person = _person(request)
    context = {
        "looks": privacy_queries.looks_of(person),
        "changes": log.told(privacy_queries.changes_of(person), request.account),
    }
    return page(request, "portal/member/looks.html", context)


@member_page
def requests(request: DeskRequest) -> HttpResponse:
    _person(request)
    rows = access.own_requests(request.account).select_related("entered_by").order_by("-received_at", "-pk")
    return page(request, "portal/member/requests.html", {"requests": [privacy_pages.told(one) for one in rows]})


@member_page
def request_new(request: DeskRequest) -> HttpResponse:
    person = _person(request)
    wanted = request.GET.get("kind", RequestKind.CORRECTION)
    form = privacy_pages.RequestForm(request.POST or None, initial={"kind": wanted})
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            made = privacy_actions.enter_request(person, by=request.account, at=time.now(), **form.cleaned_data)
            day = time.show_day(made.due_on)
            return saved(
                request,
                to=reverse("my-requests"),
                message=_("Your request is received; it is settled by %(day)s.") % {"day": day},
            )
    context = {"form": form, "cancel_url": reverse("my-requests"), "submit": _("Send the request")}
    return page(request, "portal/member/request_new.html", context, status=422 if form.errors else 200)


@member_page
def letter(request: DeskRequest, pk: int) -> HttpResponse:
    _person(request)
    found = get_object_or_404(
        access.own_requests(request.account).select_related("person__unit__parent__parent"), pk=pk
    )
    return privacy_pages.letter(request, found, back=reverse("my-requests"))


@member_page
def export(request: DeskRequest) -> HttpResponse:
    """Everything that is kept of me: a page with one button; a long file is made by a job and waits a day."""
    person = _person(request)
    if request.method == "POST":
        made = own_data.export_own_data(request.account, at=time.now())
        if made is None:
            messages.info(request, "Tệp đang được lập; lát nữa mở lại trang này để tải về.")
            return HttpResponseRedirect(reverse("my-data"))
        return _zip(made)
    context = {"person": person, "kept": privacy_queries.personal(), "waiting": own_data.made_file(request.account)}
    return page(request, "portal/member/data.html", context)


@member_page
def file(request: DeskRequest) -> HttpResponse:
    _person(request)
    made = own_data.made_file(request.account)
    if made is None:
        messages.info(request, "Tệp đã hết hạn hoặc chưa lập xong; bấm nút để lập lại.")
        return HttpResponseRedirect(reverse("my-data"))
    return _zip(made)


def _zip(path) -> HttpResponse:
    return download(path.open("rb"), name="thong-tin-cua-toi.zip", kind="application/zip")
