"""Forms of the dated facts about a person: posts, exemptions from activities, responsibilities for units."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.forms import BaseForm
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from quantriet.kit import time
from quantriet.kit.refusal import refusals_on
from quantriet.kit.web import saved
from quantriet.org import access, actions
from quantriet.org.models import ActivityExemption, Person, PostHeld, UnitResponsibility
from quantriet.org.vocab import Permission
from quantriet.org.web.forms import EndForm, ExemptionForm, PostForm, ResponsibilityForm
from quantriet.org.web.frame import crumbs, form_page
from quantriet.org.web.pages import DeskRequest, desk_page
from quantriet.org.web.people import person_to_change


def _fact_page(
    request: DeskRequest,
    person: Person,
    form: BaseForm,
    write: Callable[..., Any],
    *,
    heading: str,
    lead: str = "",
    submit: str = "",
) -> HttpResponse:
    """The form of one fact: write it and go back to the person."""
    back = reverse("person", args=[person.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            write(by=request.account, at=time.now(), **form.cleaned_data)
            return saved(request, to=back, message=_("Saved."))
    breadcrumb = crumbs(request.account, person.unit, (person.full_name, back), (heading, ""))
    return form_page(request, form, heading=heading, lead=lead, submit=submit, cancel=back, breadcrumb=breadcrumb)


def _who(person: Person) -> str:
    born = f", sinh năm {person.birth_date.year}" if person.birth_date else ""
    return f"{person.full_name}{born}, {person.unit.name}"


@desk_page(Permission.PERSON_EDIT)
def post_new(request: DeskRequest, pk: int) -> HttpResponse:
    person = person_to_change(request, pk)
    units = access.units_seen_by(request.account, Permission.PERSON_EDIT)
    form = PostForm(request.POST or None, units=units, initial={"unit": person.unit})

    def write(**given: Any) -> None:
        actions.give_post(person, **given)

    return _fact_page(request, person, form, write, heading=_("Record a post"), lead=_who(person))


@desk_page(Permission.PERSON_EDIT)
def post_end(request: DeskRequest, pk: int) -> HttpResponse:
    seen = access.people_seen_by(request.account)
    held = access.one_of(PostHeld.objects.filter(person__in=seen).select_related("person__unit", "post", "unit"), pk)
    access.require(request.account, Permission.PERSON_EDIT, held.person.unit)
    access.require(request.account, Permission.PERSON_EDIT, held.unit)

    def write(*, on: date, **given: Any) -> None:
        actions.end_post(held, on=on, **given)

    lead = f"{_who(held.person)}: {held.post.name}, {held.unit.name}, từ ngày {time.show_day(held.valid_from)}."
    form = EndForm(request.POST or None)
    return _fact_page(request, held.person, form, write, heading=_("End a post"), lead=lead, submit=_("End the post"))


@desk_page(Permission.PERSON_EDIT)
def exemption_new(request: DeskRequest, pk: int) -> HttpResponse:
    person = person_to_change(request, pk)

    def write(**given: Any) -> None:
        actions.give_exemption(person, **given)

    form = ExemptionForm(request.POST or None)
    return _fact_page(request, person, form, write, heading=_("Exempt from activities"), lead=_who(person))


@desk_page(Permission.PERSON_EDIT)
def exemption_end(request: DeskRequest, pk: int) -> HttpResponse:
    seen = access.people_seen_by(request.account)
    rows = ActivityExemption.objects.filter(person__in=seen).select_related("person__unit")
    exemption = access.one_of(rows, pk)
    access.require(request.account, Permission.PERSON_EDIT, exemption.person.unit)

    def write(*, on: date, **given: Any) -> None:
        actions.end_exemption(exemption, on=on, **given)

    lead = f"{_who(exemption.person)}: {exemption.reason}, từ ngày {time.show_day(exemption.valid_from)}."
    form = EndForm(request.POST or None)
    heading, submit = _("End an exemption"), _("End the exemption")
    return _fact_page(request, exemption.person, form, write, heading=heading, lead=lead, submit=submit)


@desk_page(Permission.PERSON_EDIT)
def responsibility_new(request: DeskRequest, pk: int) -> HttpResponse:
    person = person_to_change(request, pk)
    units = access.units_seen_by(request.account, Permission.PERSON_EDIT)
    form = ResponsibilityForm(request.POST or None, units=units)

    def write(**given: Any) -> None:
        actions.give_responsibility(person, **given)

    return _fact_page(request, person, form, write, heading=_("Put in charge of a unit"), lead=_who(person))


@desk_page(Permission.PERSON_EDIT)
def responsibility_end(request: DeskRequest, pk: int) -> HttpResponse:
    seen = access.people_seen_by(request.account)
    rows = UnitResponsibility.objects.filter(person__in=seen).select_related("person__unit", "unit")
    given = access.one_of(rows, pk)
    access.require(request.account, Permission.PERSON_EDIT, given.person.unit)
    access.require(request.account, Permission.PERSON_EDIT, given.unit)

    def write(*, on: date, **asked: Any) -> None:
        actions.end_responsibility(given, on=on, **asked)

    lead = f"{_who(given.person)}: {given.unit.name}, từ ngày {time.show_day(given.valid_from)}."
    form = EndForm(request.POST or None)
    heading, submit = _("End a responsibility"), _("End the responsibility")
    return _fact_page(request, given.person, form, write, heading=heading, lead=lead, submit=submit)


urlpatterns = [
    path("desk/people/<int:pk>/posts/new/", post_new, name="post-new"),
    path("desk/people/posts/<int:pk>/end/", post_end, name="post-end"),
    path("desk/people/<int:pk>/exemptions/new/", exemption_new, name="exemption-new"),
    path("desk/people/exemptions/<int:pk>/end/", exemption_end, name="exemption-end"),
    path("desk/people/<int:pk>/responsibilities/new/", responsibility_new, name="responsibility-new"),
    path("desk/people/responsibilities/<int:pk>/end/", responsibility_end, name="responsibility-end"),
]
