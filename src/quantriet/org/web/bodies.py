"""Pages of bodies made by decision, and of who is in charge of propaganda work in each commune."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from quantriet.kit import time
from quantriet.kit.numbers import whole_number
from quantriet.kit.refusal import refusals_on
from quantriet.kit.spreadsheets import OutColumn
from quantriet.kit.web import Chip, listing, page, saved
from quantriet.org import access, actions
from quantriet.org.models import BodyMember, Person, Unit
from quantriet.org.queries import bodies as body_queries
from quantriet.org.rules.bodies import absent_capacities
from quantriet.org.vocab import BodyKind, BodyRole, MemberCapacity, Permission
from quantriet.org.web.choosing import PersonField
from quantriet.org.web.forms import EndForm, UnitField
from quantriet.org.web.frame import crumbs, excel, form_page, without
from quantriet.org.web.pages import DeskRequest, desk_page


class BodyForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=BodyKind.labels)
    unit = UnitField(label=gettext_lazy("Unit"), help_text=gettext_lazy("Type a code or a few words of the name."))
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=200, help_text=gettext_lazy("As it stands in the decision.")
    )
    decision_number = forms.CharField(label=gettext_lazy("Decision number"), max_length=60)
    standing_unit = UnitField(
        label=gettext_lazy("Standing body"),
        required=False,
        help_text=gettext_lazy("A steering committee needs one: it follows, urges and reports."),
    )
    valid_from = forms.DateField(label=gettext_lazy("From date"), initial=time.today)
    valid_to = forms.DateField(label=gettext_lazy("To date"), required=False)

    def __init__(self, *args: Any, units: QuerySet[Unit], is_new: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].scoped(units, Permission.PERSON_EDIT)  # type: ignore[attr-defined]
        self.fields["standing_unit"].scoped(units, Permission.PERSON_EDIT)  # type: ignore[attr-defined]
        if not is_new:
            del self.fields["kind"], self.fields["unit"]


class SeatForm(forms.Form):
    person = PersonField(
        label=gettext_lazy("Person"), help_text=gettext_lazy("Member code, or the full name when nobody shares it.")
    )
    role = forms.ChoiceField(label=gettext_lazy("Role in the body"), choices=BodyRole.labels, initial=BodyRole.MEMBER)
    capacity = forms.ChoiceField(label=gettext_lazy("Sits there as"), required=False)

    def __init__(self, *args: Any, people: QuerySet[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].people = people  # type: ignore[attr-defined]
        self.fields["capacity"].choices = [("", _("Not stated")), *MemberCapacity.labels()]  # type: ignore[attr-defined]


@desk_page(Permission.UNIT_VIEW)
def body_list(request: DeskRequest) -> HttpResponse:
    rows = body_queries.listed_bodies(access.bodies_seen_by(request.account))
    found = listing(
        request,
        rows,
        sorts={"name": ["name"], "unit": ["unit__sort_key"], "from": ["valid_from"]},
        default_sort="-from",
    )
    if request.GET.get("format") == "xlsx":
        return _as_excel(rows)
    context = {
        "bodies": found,
        "today": time.today(),
        "may_edit": access.may_anywhere(request.account, Permission.PERSON_EDIT),
        "breadcrumb": crumbs(request.account, None, (_("Bodies made by decision"), "")),
    }
    return page(request, "org/bodies/list.html", context)


def _as_excel(rows: QuerySet[Any]) -> HttpResponse:
    columns = [
        OutColumn("name", _("Name"), 40),
        OutColumn("kind", _("Kind"), 24),
        OutColumn("unit", _("Unit"), 36),
        OutColumn("decision", _("Decision number"), 20, "code"),
        OutColumn("standing", _("Standing body"), 36),
        OutColumn("from", _("From date"), kind="day"),
        OutColumn("to", _("To date"), kind="day"),
        OutColumn("members", _("Members of the body"), kind="whole"),
    ]
    lines = (
        {
            "name": one.name, "kind": BodyKind(one.kind).label, "unit": one.unit.name, "decision": one.decision_number,
            "standing": one.standing_unit.name if one.standing_unit else "", "from": one.valid_from,
            "to": one.valid_to, "members": one.member_count,
        }
        for one in rows.order_by("unit__sort_key", "name", "pk")
    )  # fmt: skip
    return excel(_("Bodies made by decision"), "", columns, lines)


@desk_page(Permission.PERSON_EDIT)
def body_new(request: DeskRequest) -> HttpResponse:
    units = access.units_seen_by(request.account, Permission.PERSON_EDIT)
    asked = units.filter(pk=whole_number(request.GET.get("unit"))).first()
    form = BodyForm(
        request.POST or None, units=units, initial={"unit": asked, "kind": request.GET.get("kind") or BodyKind.STEERING}
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            made = actions.found_body(by=request.account, at=time.now(), **form.cleaned_data)
            return saved(request, to=reverse("body", args=[made.pk]), message=_("Saved. Now enter the members."))
    return form_page(
        request, form, heading=_("New body"), cancel=reverse("body-list"), keep="body-new",
        breadcrumb=crumbs(request.account, None, (_("Bodies made by decision"), reverse("body-list")), (_("New body"), "")),
    )  # fmt: skip


@desk_page(Permission.UNIT_VIEW)
def body(request: DeskRequest, pk: int) -> HttpResponse:
    """One body with its members; who may change it adds a member on the same page."""
    shown = access.get_body(request.account, pk)
    may_edit = access.may(request.account, Permission.PERSON_EDIT, shown.unit)
    members = body_queries.body_members(shown)
    for one in members:
        one.role_label = BodyRole(one.role).label  # type: ignore[attr-defined]
        one.capacity_label = MemberCapacity(one.capacity).label if one.capacity else "–"  # type: ignore[attr-defined]
    form = None
    if may_edit:
        form = SeatForm(
            request.POST or None, people=access.people_seen_by(request.account).filter(left_on__isnull=True)
        )
    if request.method == "POST":
        access.require(request.account, Permission.PERSON_EDIT, shown.unit)
        if form and form.is_valid():
            given = form.cleaned_data
            with refusals_on(form):
                actions.add_body_member(
                    shown, given["person"], by=request.account, at=time.now(), role=given["role"],
                    capacity=given["capacity"],
                )  # fmt: skip
                return saved(request, to=reverse("body", args=[pk]), message=f"{given['person'].full_name}: đã thêm.")
    context = {
        "body": shown,
        "kind": BodyKind(shown.kind),
        "members": members,
        "absent": absent_capacities(BodyKind(shown.kind), {one.capacity for one in members}),
        "form": form,
        "may_edit": may_edit,
        "is_over": shown.valid_to is not None and shown.valid_to < time.today(),
        "sees_people": access.may(request.account, Permission.PERSON_VIEW, shown.unit),
        "breadcrumb": crumbs(request.account, shown.unit, (_("Bodies made by decision"), reverse("body-list"))),
    }
    return page(request, "org/bodies/body.html", context, status=422 if form and form.errors else 200)


@desk_page(Permission.PERSON_EDIT)
def body_edit(request: DeskRequest, pk: int) -> HttpResponse:
    known = access.get_body(request.account, pk, Permission.PERSON_EDIT)
    units = access.units_seen_by(request.account, Permission.PERSON_EDIT)
    names = ("name", "decision_number", "standing_unit", "valid_from", "valid_to")
    form = BodyForm(
        request.POST or None, units=units, is_new=False, initial={name: getattr(known, name) for name in names}
    )
    back = reverse("body", args=[pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.change_body(known, by=request.account, at=time.now(), **form.cleaned_data)
            return saved(request, to=back, message=_("Saved."))
    return form_page(
        request, form, heading=_("Change %(unit)s") % {"unit": known.name}, cancel=back,
        breadcrumb=crumbs(request.account, known.unit, (known.name, back), (_("Change"), "")),
    )  # fmt: skip


@desk_page(Permission.PERSON_EDIT)
def body_end(request: DeskRequest, pk: int) -> HttpResponse:
    known = access.get_body(request.account, pk, Permission.PERSON_EDIT)
    back = reverse("body", args=[pk])
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.end_body(known, by=request.account, at=time.now(), on=form.cleaned_data["on"])
            return saved(request, to=back, message=_("Saved."))
    return form_page(
        request, form, heading=_("End the body"), lead=f"{known.name}, {known.decision_number}.", cancel=back,
        submit=_("End the body"), breadcrumb=crumbs(request.account, known.unit, (known.name, back)),
    )  # fmt: skip


@desk_page(Permission.PERSON_EDIT)
@require_POST
def member_remove(request: DeskRequest, pk: int) -> HttpResponse:
    rows = BodyMember.objects.filter(body__in=access.bodies_seen_by(request.account))
    member = access.one_of(rows.select_related("body__unit", "person"), pk)
    access.require(request.account, Permission.PERSON_EDIT, member.body.unit)
    actions.remove_body_member(member, by=request.account, at=time.now())
    return saved(request, to=reverse("body", args=[member.body_id]), message=f"{member.person.full_name}: đã bỏ.")


@desk_page(Permission.UNIT_VIEW)
def propaganda(request: DeskRequest) -> HttpResponse:
    """Each commune with the secretary or deputy in charge of propaganda work, and its working group (R-009, R-010)."""
    seen = access.units_seen_by(request.account)
    without_lead = request.GET.get("lead") == "none"
    rows = body_queries.communes(seen, without_lead=without_lead)
    if request.GET.get("format") == "xlsx":
        return _propaganda_excel(list(rows.order_by("sort_key", "pk")))
    chips = [Chip(_("Nobody in charge"), without(request, "lead"))] if without_lead else []
    found = listing(request, rows, sorts={"name": ["sort_key"]}, default_sort="name", chips=chips)
    everybody = body_queries.communes(seen)
    context = {
        "communes": found,
        "rows": body_queries.propaganda_rows(list(found)),
        "total": everybody.count(),
        "missing": body_queries.communes(seen, without_lead=True).count(),
        "may_edit": access.may_anywhere(request.account, Permission.PERSON_EDIT),
        "breadcrumb": crumbs(request.account, None, (_("Propaganda work in communes"), "")),
    }
    return page(request, "org/bodies/propaganda.html", context)


def _propaganda_excel(units: list[Unit]) -> HttpResponse:
    columns = [
        OutColumn("code", _("Code"), 14, "code"),
        OutColumn("unit", _("Unit"), 36),
        OutColumn("lead", _("In charge of propaganda work"), 28),
        OutColumn("from", _("From date"), kind="day"),
        OutColumn("body", _("Propaganda working group"), 36),
        OutColumn("decision", _("Decision number"), 20, "code"),
        OutColumn("members", _("Members of the body"), kind="whole"),
        OutColumn("absent", _("Kinds of members missing"), 50),
    ]
    lines = (
        {
            "code": row.unit.code, "unit": row.unit.name, "lead": row.lead.person.full_name if row.lead else "",
            "from": row.lead.valid_from if row.lead else None, "body": row.body.name if row.body else "",
            "decision": row.body.decision_number if row.body else "", "members": row.members if row.body else None,
            "absent": "; ".join(one.label for one in row.absent),
        }
        for row in body_queries.propaganda_rows(units)
    )  # fmt: skip
    return excel(_("Propaganda work in communes"), "", columns, lines)


urlpatterns = [
    path("desk/bodies/", body_list, name="body-list"),
    path("desk/bodies/new/", body_new, name="body-new"),
    path("desk/bodies/propaganda/", propaganda, name="propaganda-work"),
    path("desk/bodies/<int:pk>/", body, name="body"),
    path("desk/bodies/<int:pk>/edit/", body_edit, name="body-edit"),
    path("desk/bodies/<int:pk>/end/", body_end, name="body-end"),
    path("desk/bodies/members/<int:pk>/remove/", member_remove, name="body-member-remove"),
]
