"""What a member does on the phone: ask to be excused, choose a catch-up class; always about oneself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quantriet.attendance import actions, queries
from quantriet.attendance.web.excuses import ExcuseForm, asked
from quantriet.campaigns.models import StudyDuty
from quantriet.campaigns.vocab import CampaignState
from quantriet.classes.models import RosterEntry, StudyClass
from quantriet.kit import web
from quantriet.kit.refusal import refusals_on
from quantriet.kit.time import local, now, show_clock, show_day
from quantriet.kit.web import saved
from quantriet.org.web.pages import DeskRequest, member_page


class ChooseForm(forms.Form):
    study_class = forms.TypedChoiceField(
        label=gettext_lazy("Catch-up class"), coerce=int, widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Lớp này không còn nhận đăng ký; hãy chọn lớp khác."},
    )  # fmt: skip

    def __init__(self, *args: Any, classes: list[StudyClass], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.classes = {one.pk: one for one in classes}
        self.fields["study_class"].choices = [(one.pk, offer(one)) for one in classes]

    @property
    def chosen(self) -> StudyClass:
        return self.classes[self.cleaned_data["study_class"]]


def offer(study_class: StudyClass) -> str:
    """A class on offer in one line: when, where, by whom."""
    hall = next((venue for venue in study_class.venues.all() if venue.is_main), None)
    when = "; ".join(
        f"{show_clock(one.starts_at)}–{show_clock(one.ends_at)} ngày {show_day(local(one.starts_at).date())}"
        for one in study_class.sessions.all()
    )
    where = ", ".join(filter(None, (hall.name, hall.address))) if hall else ""
    return ". ".join(filter(None, (f"{study_class.title}: {when}", where, study_class.unit.name)))


def _own_duty(request: DeskRequest, pk: int) -> StudyDuty:
    duty = (
        StudyDuty.objects.filter(pk=pk, person_id=request.account.person_id, campaign__state=CampaignState.OPEN)
        .select_related("campaign", "unit", "person")
        .first()
        if request.account.person_id
        else None
    )
    if duty is None:
        raise Http404
    return duty


@member_page
def excuse(request: DeskRequest, pk: int) -> HttpResponse:
    """Ask to be excused from the class one is called to, with a reason and a photographed paper."""
    duty = _own_duty(request, pk)
    entry = (
        queries.excusable(RosterEntry.objects.filter(duty=duty)).select_related("study_class__unit", "person", "unit")
        .order_by("-pk").first()
    )  # fmt: skip
    if entry is None:
        raise Http404
    form = ExcuseForm(request.POST or None, request.FILES or None, study_class=entry.study_class)
    if asked(request, form, entry):
        return saved(request, to=queries.member_link(duty), message="Đã gửi xin vắng, chờ người có quyền duyệt.")
    context = {"heading": _("Ask to be excused"), "title": _("Ask to be excused"), "entry": entry, "form": form}
    return web.page(request, "attendance/member/excuse.html", {**context, "back_url": queries.member_link(duty)})


@member_page
def catch_up(request: DeskRequest, pk: int) -> HttpResponse:
    """Choose one of the catch-up classes on offer; the place is taken at once."""
    duty = _own_duty(request, pk)
    link = queries.open_link(duty)
    if link is None:
        raise Http404
    form = ChooseForm(request.POST or None, classes=queries.offered_classes(link, now()))
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.choose_catch_up(link, form.chosen, by=request.account, at=now())
            return saved(request, to=queries.member_link(duty), message=f"Đã đăng ký “{form.chosen.title}”.")
    return web.page(
        request,
        "attendance/member/catch_up.html",
        {
            "heading": _("Choose a catch-up class"),
            "title": _("Choose a catch-up class"),
            "link": link,
            "form": form,
            "back_url": queries.member_link(duty),
        },
    )
