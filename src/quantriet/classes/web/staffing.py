"""Who does what in a class, and its venues."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quantriet.classes import access, actions, queries
from quantriet.classes.models import StudyClass
from quantriet.classes.rules import leading
from quantriet.classes.vocab import RUNNING_STATES, ClassRoleKind
from quantriet.classes.web.forms import RoleForm, VenueForm
from quantriet.classes.web.frame import class_page
from quantriet.kit.refusal import Refusal, refusals_on
from quantriet.kit.time import now
from quantriet.kit.web import saved
from quantriet.org.access import may, one_of
from quantriet.org.models import Unit
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page


@desk_page(Permission.CLASS_VIEW)
def roles(request: DeskRequest, pk: int) -> HttpResponse:
    """The parts of a class; a search beside them finds people by name in any writing, without any script."""
    study_class = access.get_class(request.account, pk)
    wrong: list[str] = []
    if request.method == "POST":
        study_class = access.get_class(request.account, pk, Permission.CLASS_EDIT)
        form = RoleForm(request.POST)
        if form.is_valid():
            person = one_of(access.people_to_choose(request.account, study_class), form.cleaned_data["person"])
            kinds = [ClassRoleKind(kind) for kind in form.cleaned_data["kind"]]
            try:
                with transaction.atomic():  # all the parts ticked or none
                    for kind in kinds:
                        actions.give_role(study_class, by=request.account, at=now(), kind=kind, person=person)
            except Refusal as refusal:
                wrong = [refusal.sentence]
            else:
                message = f"{person.full_name}: {', '.join(kind.label.lower() for kind in kinds)}."
                return saved(request, to=reverse("class-roles", args=[pk]), message=message)
        else:
            wrong = ["Chưa đánh dấu phần việc nào."]
    words = request.GET.get("q", "").strip()
    found = queries.find_people(access.people_to_choose(request.account, study_class), words) if words else []
    day = queries.first_day(study_class)
    held = list(study_class.roles.select_related("person__unit").order_by("person__sort_key"))
    posts = queries.posts_in_words([*found, *(role.person for role in held)], day)
    leaders = queries.posts_on([person.pk for person in found], day)
    candidates = [
        {
            "person": person,
            "post": posts.get(person.pk, ""),
            "may_lead": leading.may_lead(leaders.get(person.pk, []), study_class.unit.path),
        }
        for person in found
    ]
    # Who may lead comes first: those are looked for most.
    candidates.sort(key=lambda one: not one["may_lead"])
    groups = [
        {
            "kind": kind,
            "is_required": leading.needs_leader(kind),
            "roles": [{"role": role, "post": posts.get(role.person_id, "")} for role in held if role.kind == kind],
        }
        for kind in ClassRoleKind
    ]
    return class_page(
        request,
        "classes/desk/roles.html",
        study_class,
        {
            "groups": groups, "candidates": candidates, "q": words, "kinds": list(ClassRoleKind), "wrong": wrong,
            "day": day, "searched": bool(words), "basis": leading.BASIS,
        },
        part="class-roles",
    )  # fmt: skip


@desk_page(Permission.CLASS_EDIT)
@require_POST
def remove_role(request: DeskRequest, pk: int, role_pk: int) -> HttpResponse:
    study_class = access.get_class(request.account, pk, Permission.CLASS_EDIT)
    role = one_of(study_class.roles.select_related("person"), role_pk)
    role.study_class = study_class
    try:
        actions.remove_role(role, by=request.account, at=now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=reverse("class-roles", args=[pk]))
    return saved(request, to=reverse("class-roles", args=[pk]), message=_("Removed."))


# --- venues ----------------------------------------------------------------------------------------------------------


@desk_page(Permission.CLASS_VIEW)
def venues(request: DeskRequest, pk: int) -> HttpResponse:
    study_class = access.get_class(request.account, pk)
    seats = queries.capacity(study_class)
    running = study_class.state in RUNNING_STATES
    changeable = {
        one.venue.pk
        for one in seats
        if running
        and (
            may(request.account, Permission.CLASS_EDIT, one.venue.unit)
            or may(request.account, Permission.CLASS_EDIT, study_class.unit)
        )
    }
    is_conference = access.conferences_seen_by(request.account).filter(pk=pk).exists()
    context = {
        "seats": seats,
        "changeable": changeable,
        "conference_url": reverse("conference", args=[pk]) if is_conference else "",
    }
    return class_page(request, "classes/desk/venues.html", study_class, context, part="class-venues")


def _venue_units(study_class: StudyClass) -> QuerySet[Unit]:
    """Units that may look after a venue: the organiser and the committees below it, not single cells but its own."""
    return (
        Unit.objects.active()
        .under(study_class.unit)
        .filter(Q(kind__holds_members=False) | Q(pk=study_class.unit_id))
        .order_by("path")
    )


@desk_page(Permission.CLASS_EDIT)
def new_venue(request: DeskRequest, pk: int) -> HttpResponse:
    study_class = access.get_class(request.account, pk, Permission.CLASS_EDIT)
    form = VenueForm(
        request.POST or None,
        units=_venue_units(study_class),
        clerks=access.clerks_to_choose(study_class),
        initial={"unit": study_class.unit_id},
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.add_venue(study_class, by=request.account, at=now(), **form.cleaned_data)
            return saved(request, to=reverse("class-venues", args=[pk]), message=_("Saved."))
    context = {"form": form, "title": _("Add a venue")}
    return class_page(request, "classes/desk/venue.html", study_class, context, part="class-venues")


@desk_page(Permission.CLASS_EDIT)
def edit_venue(request: DeskRequest, pk: int, venue_pk: int) -> HttpResponse:
    """Change a venue: the organiser of the class, or who looks after this venue (R-061)."""
    study_class = access.get_class(request.account, pk)
    venue = access.get_venue(request.account, venue_pk, Permission.CLASS_EDIT)
    venue = one_of(study_class.venues.select_related("unit", "clerk"), venue.pk)
    venue.study_class = study_class
    form = VenueForm(
        request.POST or None,
        units=_venue_units(study_class),
        clerks=access.clerks_to_choose(study_class),
        venue=venue,
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.change_venue(venue, by=request.account, at=now(), **form.cleaned_data)
            return saved(request, to=reverse("class-venues", args=[pk]), message=_("Saved."))
    context = {
        "form": form,
        "title": _("Change venue “%(name)s”") % {"name": venue.name},
        "venue": venue,
        "may_remove": access.may_change(request.account, study_class) and not venue.is_main,
    }
    return class_page(request, "classes/desk/venue.html", study_class, context, part="class-venues")


@desk_page(Permission.CLASS_EDIT)
@require_POST
def remove_venue(request: DeskRequest, pk: int, venue_pk: int) -> HttpResponse:
    study_class = access.get_class(request.account, pk, Permission.CLASS_EDIT)
    venue = one_of(study_class.venues.all(), venue_pk)
    venue.study_class = study_class
    try:
        actions.remove_venue(venue, by=request.account, at=now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=reverse("class-venues", args=[pk]))
    return saved(request, to=reverse("class-venues", args=[pk]), message=_("Removed."))
