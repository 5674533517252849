"""Pages of accounts and appointments, and what each role may do in words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quantriet.kit import time
from quantriet.kit.refusal import NotAllowed, Refusal, refusals_on
from quantriet.kit.web import Chip, listing, page, refused, saved
from quantriet.org import access, actions
from quantriet.org.models import Account, Appointment
from quantriet.org.queries import rights as rights_queries
from quantriet.org.queries import sign_in as sign_in_queries
from quantriet.org.vocab import ROLES, Permission, Role
from quantriet.org.web.entering import confirm_before
from quantriet.org.web.forms_rights import (
    AccountEditForm,
    AccountFilterForm,
    AccountForm,
    AppointmentEndForm,
    AppointmentForm,
)
from quantriet.org.web.frame import crumbs, form_page, without
from quantriet.org.web.pages import DeskRequest, desk_page, member_page

SORTS = {"name": ["display_name"], "username": ["username"], "last": ["-last_login"]}


def account_to_change(request: DeskRequest, pk: int) -> Account:
    """The account, for an administrator in whose scope its person and all its live appointments lie."""
    known = access.get_account(request.account, pk)
    if not access.may_govern(request.account, known):
        raise NotAllowed(
            "Tài khoản này còn được phân công, hoặc thuộc một người, ngoài phạm vi quản trị được giao nên chỉ xem được."
        )
    return known


@desk_page(Permission.ACCOUNT_MANAGE)
def account_list(request: DeskRequest) -> HttpResponse:
    typed = request.GET.get("q", "").strip()
    form = AccountFilterForm(request.GET)
    form.is_valid()
    role, rest = form.cleaned_data.get("role", ""), form.cleaned_data.get("rest") == "1"
    rows = rights_queries.filtered_accounts(
        access.accounts_seen_by(request.account), search=typed, role=role, rest=rest
    )

    def prepare(accounts: list[Account]) -> None:
        given = rights_queries.appointments_of(accounts)
        for one in accounts:
            one.roles = [  # type: ignore[attr-defined]
                f"{ROLES[Role(each.role)].label}, {each.unit.name}" for each in given.get(one.pk, [])
            ]

    chips = [Chip(_("Words: “%(words)s”") % {"words": typed}, without(request, "q"))] if typed else []
    if role:
        chips.append(Chip(_("Role: %(role)s") % {"role": ROLES[Role(role)].label}, without(request, "role")))
    if rest:
        chips.append(Chip(_("At rest"), without(request, "rest")))
    shown = listing(
        request,
        rows.select_related("person__unit"),
        sorts=SORTS,
        default_sort="username",
        chips=chips,
        prepare=prepare,
    )
    context = {
        "accounts": shown,
        "page": shown,
        "typed": typed,
        "filters": form,
        "breadcrumb": [{"label": _("Accounts"), "url": ""}],
    }
    return page(request, "org/accounts/list.html", context)


@desk_page(Permission.ACCOUNT_MANAGE)
def account(request: DeskRequest, pk: int) -> HttpResponse:
    return _account_page(request, access.get_account(request.account, pk))


def _account_page(request: DeskRequest, known: Account, **more: Any) -> HttpResponse:
    day = time.today()
    factor = sign_in_queries.has_second_factor(known)
    governs = access.may_govern(request.account, known)
    appointments = rights_queries.appointment_history(known)
    for one in appointments:
        one.label = ROLES[Role(one.role)].label  # type: ignore[attr-defined]
        one.over = one.valid_to is not None and one.valid_to < day  # type: ignore[attr-defined]
        one.to_come = one.valid_from > day  # type: ignore[attr-defined]
        one.can_end = (  # type: ignore[attr-defined]
            not one.over  # type: ignore[attr-defined]
            and access.may(request.account, Permission.ACCOUNT_MANAGE, one.unit)
            and not (known.pk == request.account.pk and one.role == Role.ADMINISTRATOR)
        )
    sees_person = known.person and access.may(request.account, Permission.PERSON_VIEW, known.person.unit)
    facts: list[Any] = [
        (_("User name"), known.username),
        (_("Shown name"), known.display_name),
        {
            "label": _("Person"),
            "value": f"{known.person.full_name}, {known.person.unit.name}" if known.person else None,
            "url": reverse("person", args=[known.person.pk]) if known.person and sees_person else "",
        },
        (_("E-mail"), known.email or None),
        (_("May sign in"), _("Yes") if known.is_active else _("No")),
        (_("Must change the password"), _("Yes") if known.must_change_password else _("No")),
        (_("Second factor"), _("Yes") if factor else _("No")),
        (_("Last sign-in"), time.show_moment(known.last_login) if known.last_login else None),
    ]
    context = {
        "account": known,
        "facts": facts,
        "appointments": appointments,
        "governs": governs,
        "has_factor": factor,
        "is_own": known.pk == request.account.pk,
        "breadcrumb": [{"label": _("Accounts"), "url": reverse("account-list")}, {"label": str(known), "url": ""}],
        **more,
    }
    return page(request, "org/accounts/account.html", context)


@desk_page(Permission.ACCOUNT_MANAGE)
def account_new(request: DeskRequest) -> HttpResponse:
    form = AccountForm(
        request.POST or None,
        units=access.units_seen_by(request.account, Permission.ACCOUNT_MANAGE),
        people=access.people_seen_by(request.account, Permission.ACCOUNT_MANAGE),
        initial={"person": request.GET.get("person", "")},
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            made, password = actions.open_account(by=request.account, at=time.now(), **form.cleaned_data)
            # Shown in the answer itself and kept nowhere: this is the only time that anybody sees it.
            return _account_page(request, made, password=password)
    return form_page(
        request,
        form,
        heading=_("New account"),
        submit=_("Make account"),
        cancel=reverse("account-list"),
        lead=_("A temporary password is made and shown once; it must be changed at the first sign-in."),
        breadcrumb=[
            {"label": _("Accounts"), "url": reverse("account-list")},
            {"label": _("New account"), "url": ""},
        ],
    )


@desk_page(Permission.ACCOUNT_MANAGE)
def account_edit(request: DeskRequest, pk: int) -> HttpResponse:
    known = account_to_change(request, pk)
    form = AccountEditForm(request.POST or None, initial={"display_name": known.display_name, "email": known.email})
    back = reverse("account", args=[known.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.change_account(known, by=request.account, at=time.now(), **form.cleaned_data)
            return saved(request, to=back, message=_("Saved."))
    return form_page(
        request,
        form,
        heading=_("Edit account %(account)s") % {"account": known},
        submit=_("Save"),
        cancel=back,
        breadcrumb=[
            {"label": _("Accounts"), "url": reverse("account-list")},
            {"label": str(known), "url": back},
            {"label": _("Edit"), "url": ""},
        ],
    )


@desk_page(Permission.ACCOUNT_MANAGE)
@require_POST
def account_factor(request: DeskRequest, pk: int) -> HttpResponse:
    """Take the second factors off somebody who has lost them; a new one comes before anything else."""
    known = account_to_change(request, pk)
    if (first := confirm_before(request)) is not None:
        return first
    actions.reset_second_factor(known, by=request.account, at=time.now())
    message = "Đã đặt lại lớp xác minh thứ hai; người dùng phải thiết lập lại ở lần đăng nhập tới nếu vai trò cần."
    return saved(request, to=reverse("account", args=[known.pk]), message=message)


@desk_page(Permission.ACCOUNT_MANAGE)
@require_POST
def account_password(request: DeskRequest, pk: int) -> HttpResponse:
    known = account_to_change(request, pk)
    if (first := confirm_before(request)) is not None:
        return first
    password = actions.reset_password(known, by=request.account, at=time.now())
    return _account_page(request, known, password=password)


@desk_page(Permission.ACCOUNT_MANAGE)
@require_POST
def account_state(request: DeskRequest, pk: int) -> HttpResponse:
    known = account_to_change(request, pk)
    works = request.POST.get("works") == "1"
    try:
        actions.change_account(known, by=request.account, at=time.now(), is_active=works)
    except Refusal as refusal:
        return refused(request, refusal.sentence)
    message = _("The account works again.") if works else _("The account is at rest; whoever used it is signed out.")
    return saved(request, to=reverse("account", args=[known.pk]), message=message)


@desk_page(Permission.ACCOUNT_MANAGE)
def appointment_new(request: DeskRequest, pk: int) -> HttpResponse:
    known = access.get_account(request.account, pk)
    units = access.units_seen_by(request.account, Permission.ACCOUNT_MANAGE)
    form = AppointmentForm(request.POST or None, units=units)
    back = reverse("account", args=[known.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.give_appointment(known, by=request.account, at=time.now(), **form.cleaned_data)
            return saved(request, to=back, message=_("Saved; it acts from the next page on."))
    return form_page(
        request,
        form,
        heading=_("Appoint %(account)s") % {"account": known},
        submit=_("Appoint"),
        cancel=back,
        lead=_("A role reaches the unit and all below it. You appoint inside your own units only."),
        breadcrumb=[
            {"label": _("Accounts"), "url": reverse("account-list")},
            {"label": str(known), "url": back},
            {"label": _("New appointment"), "url": ""},
        ],
    )


@desk_page(Permission.ACCOUNT_MANAGE)
def appointment_end(request: DeskRequest, pk: int) -> HttpResponse:
    seen = access.accounts_seen_by(request.account)
    rows = Appointment.objects.filter(account__in=seen).select_related("account__person__unit", "unit")
    given = access.one_of(rows, pk)
    access.require(request.account, Permission.ACCOUNT_MANAGE, given.unit)
    form = AppointmentEndForm(request.POST or None)
    back = reverse("account", args=[given.account_id])
    label = ROLES[Role(given.role)].label
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            on = form.cleaned_data["on"] or time.today() - timedelta(days=1)
            actions.end_appointment(given, by=request.account, at=time.now(), on=on)
            return saved(request, to=back, message=_("Saved; it acts from the next page on."))
    return form_page(
        request,
        form,
        heading=_("End an appointment"),
        lead=f"{given.account}: {label}, {given.unit.name}, từ ngày {time.show_day(given.valid_from)}.",
        submit=_("End the appointment"),
        cancel=back,
        breadcrumb=[
            {"label": _("Accounts"), "url": reverse("account-list")},
            {"label": str(given.account), "url": back},
            {"label": _("End an appointment"), "url": ""},
        ],
    )


@member_page
def role_list(request: DeskRequest) -> HttpResponse:
    roles = [
        {
            "label": spec.label,
            "description": spec.description,
            "may": [one.label for one in Permission if one in spec.permissions],
        }
        for spec in ROLES.values()
    ]
    own = [{"label": ROLES[each.role].label, "unit_id": each.unit_id} for each in access.grants_of(request.account)]
    breadcrumb = crumbs(request.account, None)[:0]
    return page(request, "org/accounts/roles.html", {"roles": roles, "own": own, "breadcrumb": breadcrumb})


urlpatterns = [
    path("desk/accounts/", account_list, name="account-list"),
    path("desk/accounts/new/", account_new, name="account-new"),
    path("desk/accounts/<int:pk>/", account, name="account"),
    path("desk/accounts/<int:pk>/edit/", account_edit, name="account-edit"),
    path("desk/accounts/<int:pk>/password/", account_password, name="account-password"),
    path("desk/accounts/<int:pk>/second-factor/", account_factor, name="account-factor"),
    path("desk/accounts/<int:pk>/state/", account_state, name="account-state"),
    path("desk/accounts/<int:pk>/appointments/new/", appointment_new, name="appointment-new"),
    path("desk/accounts/appointments/<int:pk>/end/", appointment_end, name="appointment-end"),
    path("desk/roles/", role_list, name="role-list"),
]
