"""On the phone: what a reporter is asked, outlines, days not free, sources; what a listener says after a report."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quantriet.kit.refusal import refusals_on
from quantriet.kit.time import now, today
from quantriet.kit.web import page, saved
from quantriet.org.models import Person
from quantriet.org.web.pages import DeskRequest, member_page
from quantriet.speakers import access
from quantriet.speakers.actions import invitations, training
from quantriet.speakers.actions import ratings as rating_actions
from quantriet.speakers.models import SpeakerBusy
from quantriet.speakers.queries import invitations as queries
from quantriet.speakers.queries.search import busy_days_of
from quantriet.speakers.vocab import InvitationState
from quantriet.speakers.web.forms import AnswerForm, BusyForm, OutlineForm, RatingForm, ReasonForm
from quantriet.speakers.web.frame import outline_download
from quantriet.speakers.web.invitations import answered, filed, sign_of

_PAST = 20  # of the latest reports that the page lists


@member_page
def mine(request: DeskRequest) -> HttpResponse:
    """What is asked of me as a reporter, first what waits; then days, sources, training."""
    day = today()
    rows = queries.with_outline(access.own_invitations(request.account)).select_related("unit")
    coming = list(rows.filter(held_on__gte=day).order_by("held_on", "pk"))
    past = list(rows.filter(held_on__lt=day).order_by("-held_on", "-pk")[:_PAST])
    marks = queries.ratings_of(past, day)
    entries = list(access.own_entries(request.account).filter(valid_to__isnull=True).select_related("unit"))
    context = {
        "entries": entries,
        "coming": [(one, sign_of(one), queries.outline_sentence(one, day, one.has_outline)) for one in coming],
        "past": [(one, sign_of(one), marks[one.pk]) for one in past],
        "busy": busy_days_of(request.account.person_id, day) if request.account.person_id else [],
        "sources": queries.sources_for(request.account),
        "trainings": queries.trainings_for(request.account),
    }
    return page(request, "speakers/member/speaking.html", context)


@member_page
def invitation(request: DeskRequest, pk: int) -> HttpResponse:
    """One invitation to me: accept or decline, then the outline."""
    found = access.get_own_invitation(request.account, pk)
    day = today()
    is_open = found.state == InvitationState.ASKED and found.held_on >= day
    form = AnswerForm(request.POST or None) if is_open else None
    if request.method == "POST":
        if form is None:
            return saved(request, to=reverse("my-invitation", args=[found.pk]), message=found.state_label)
        if form.is_valid():
            with refusals_on(form):
                told = answered(found, form, request)
                return saved(request, to=reverse("my-invitation", args=[found.pk]), message=told)
    outlines = list(found.outlines.all())
    is_accepted = found.state == InvitationState.ACCEPTED
    context = {
        "invitation": found, "form": form, "sign": sign_of(found), "outlines": outlines,
        "outline_sentence": queries.outline_sentence(found, day, bool(outlines)),
        "may_file": is_accepted and found.held_on >= day,
        "rating": queries.rating_of(found, day),
    }  # fmt: skip
    status = 422 if form is not None and form.is_bound else 200
    return page(request, "speakers/member/invitation.html", context, status=status)


@member_page
def call_off(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_own_invitation(request.account, pk)
    form = ReasonForm(request.POST or None)
    back = reverse("my-invitation", args=[found.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            invitations.call_off_invitation(found, reason=form.cleaned_data["reason"], by=request.account, at=now())
            return saved(request, to=back, message=_("The unit that invited is told."))
    context = {
        "form": form, "heading": _("Call off the acceptance"), "back": back, "lead": found.topic, "danger": True,
        "submit": _("Call off the acceptance"),
    }  # fmt: skip
    return page(request, "speakers/member/form.html", context, status=422 if form.is_bound else 200)


@member_page
def outline_new(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_own_invitation(request.account, pk)
    form = OutlineForm(request.POST or None, request.FILES or None)
    back = reverse("my-invitation", args=[found.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            filed(found, form, request)
            return saved(request, to=back, message=_("The outline is filed."))
    context = {
        "form": form, "heading": _("File the outline"), "back": back, "lead": found.topic, "submit": _("File the outline"),
        "note": "Ngắn gọn, súc tích, có trọng tâm; liên hệ thực tiễn địa phương, có số liệu, hình ảnh; bám sát người nghe "
        "(mục 5 Hướng dẫn 26-HD/BTGTU).",
    }  # fmt: skip
    return page(request, "speakers/member/form.html", context, status=422 if form.is_bound else 200)


@member_page
def outline_file(request: DeskRequest, pk: int, number: int) -> HttpResponse:
    found = access.get_own_invitation(request.account, pk)
    return outline_download(get_object_or_404(found.outlines.all(), number=number), request.GET.get("part", ""))


@member_page
def busy(request: DeskRequest) -> HttpResponse:
    """Days on which I am not free."""
    person = _reporter(request)
    back = reverse("my-speaking")
    if person is None:
        return saved(request, to=back)  # the page itself says that one stands on no register
    form = BusyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            training.enter_busy(person, by=request.account, at=now(), **form.values)
            return saved(request, to=back, message=_("Saved."))
    context = {
        "form": form, "heading": _("Days not free"), "back": back,
        "lead": "Những ngày này đơn vị khác không mời được đồng chí.",
    }  # fmt: skip
    return page(request, "speakers/member/form.html", context, status=422 if form.is_bound else 200)


@member_page
@require_POST
def free(request: DeskRequest, pk: int) -> HttpResponse:
    rows = SpeakerBusy.objects.filter(person=request.account.person_id or 0).select_related("person__unit")
    training.remove_busy(get_object_or_404(rows, pk=pk), by=request.account, at=now())
    return saved(request, to=reverse("my-speaking"), message=_("The days are free again."))


def _reporter(request: DeskRequest) -> Person | None:
    """The account's own person, when it stands on a register."""
    stands = access.own_entries(request.account).filter(valid_to__isnull=True).exists()
    return request.account.person if stands else None


# --- listeners ------------------------------------------------------------------------------------------------------------------


@member_page
def ratings(request: DeskRequest) -> HttpResponse:
    """Reports that I heard and may rate."""
    rows = access.ratable_by(request.account, today()).select_related("person", "unit").order_by("-held_on", "-pk")
    return page(request, "speakers/member/ratings.html", {"reports": list(rows[:50])})


@member_page
def rate(request: DeskRequest, pk: int) -> HttpResponse:
    """Five scores for one report; the answers are counted, never kept."""
    if access.has_rated(request.account, pk):
        return saved(request, to=reverse("my-ratings"), message=_("You have rated this report already."))
    found = access.get_ratable(request.account, pk, today())
    form = RatingForm(request.POST or None)
    back = reverse("my-ratings")
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            rating_actions.rate_report(found, form.scores, by=request.account, at=now())
            return saved(request, to=back, message=_("Thank you. Nobody sees who said what."))
    return page(
        request, "speakers/member/rate.html", {"form": form, "report": found, "back": back},
        status=422 if form.is_bound else 200,
    )  # fmt: skip
