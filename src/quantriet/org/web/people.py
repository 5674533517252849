"""Pages of people: the list, one person with the dated facts, and the forms of the person's own data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _

from quantriet.audit.models import AuditEvent
from quantriet.kit import time
from quantriet.kit.numbers import show_number, whole_number
from quantriet.kit.refusal import refusals_on
from quantriet.kit.web import Chip, download, listing, page, query, saved
from quantriet.org import access, actions
from quantriet.org.actions import exports
from quantriet.org.actions import privacy as privacy_actions
from quantriet.org.models import Account, MembershipTransfer, Person, Unit
from quantriet.org.queries import imports as import_queries
from quantriet.org.queries import people as people_queries
from quantriet.org.queries import search
from quantriet.org.vocab import Gender, LeavingReason, Level, Permission, PersonKind, ResponsibilityKind
from quantriet.org.web.forms import LeaveForm, PeopleFilterForm, PersonForm, TransferForm, initial_of_person
from quantriet.org.web.frame import (
    AT_ONCE,
    XLSX,
    crumbs,
    danger_page,
    excel,
    excel_heading,
    excel_name,
    form_page,
    without,
)
from quantriet.org.web.log import told
from quantriet.org.web.pages import DeskRequest, desk_page

SORTS = {
    "name": ["sort_key"],
    "born": ["birth_date", "sort_key"],
    "unit": ["unit__sort_key", "sort_key"],
    "code": ["code"],
}


def person_to_change(request: DeskRequest, pk: int) -> Person:
    """The person, for an account that may change people there; 404 unseen, 403 seen only."""
    person = access.get_person(request.account, pk)
    access.require(request.account, Permission.PERSON_EDIT, person.unit)
    privacy_actions.note_look(request.account, person, privacy_actions.EDITED, at=time.now())
    return person


@desk_page(Permission.PERSON_VIEW)
def people_list(request: DeskRequest) -> HttpResponse:
    typed = request.GET.get("q", "").strip()
    units = access.units_seen_by(request.account, Permission.PERSON_VIEW)
    form = PeopleFilterForm(request.GET, units=units)
    form.is_valid()
    given = form.cleaned_data
    under = given.get("unit")
    wanted = people_queries.PeopleFilter(
        search=typed,
        kind=given.get("kind", ""),
        post=given.get("post"),
        managed_by=given.get("managed_by", ""),
        exempt={"1": True, "0": False}.get(given.get("exempt", "")),
        age_from=given.get("age_from"),
        age_to=given.get("age_to"),
        gone=given.get("gone") == "1",
        # Whoever may not see telephone numbers anywhere cannot find out one by typing it either.
        by_phone=access.may_anywhere(request.account, Permission.PERSON_CONTACT),
    )
    sight = access.FieldSight(request.account)
    scope = access.people_scope(request.account, under=under)
    rows = people_queries.filtered_people(scope.rows, wanted)
    if form.errors.get("unit"):
        rows = rows.none()
    if request.GET.get("format") == "xlsx":
        if (total := rows.count()) > AT_ONCE:
            return _long_file(request, wanted, under, total)
        _note_list(request, under, total)
        listed = import_queries.member_rows(rows.order_by("unit__path", "sort_key", "pk"), sight=sight)
        return excel(_("List of people"), under.name if under else "", import_queries.member_columns(), listed)

    def prepare(people: list[Person]) -> None:
        posts, exempt = people_queries.posts_of(people), people_queries.exemptions_of(people)
        for person in people:
            person.held = posts.get(person.pk, [])  # type: ignore[attr-defined]
            person.exempt = exempt.get(person.pk)  # type: ignore[attr-defined]
            if sight.hides("birth_date", person.unit.path):
                people_queries.hide(person, "birth_date")
            person.born = people_queries.shown_birth(person)  # type: ignore[attr-defined]
            person.kind_label = PersonKind(person.kind).label  # type: ignore[attr-defined]

    found = None
    if typed and not form.errors.get("unit"):
        anybody = replace(wanted, search="")
        found = search.search_people(
            people_queries.filtered_people(scope.rows, anybody),
            typed,
            by_unit=people_queries.filtered_people(scope.by_unit, anybody),
            units=scope.units,
            near=access.own_unit(request.account),
            by_phone=wanted.by_phone,
        )
        rows = Person.objects.filter(pk__in=found.keys)
    shown = listing(
        request,
        rows.select_related("unit__parent"),
        total=found and found.total,
        best_first=found and found.keys,
        sorts=SORTS,
        default_sort="name",
        chips=_chips(request, form, typed),
        prepare=prepare,
    )
    may_add = access.may_anywhere(request.account, Permission.PERSON_EDIT)
    context = {
        "people": shown,
        "page": shown,
        "typed": typed,
        "filters": form,
        "under": under,
        "more_in_use": any(value not in (None, "") for name, value in given.items() if name != "unit"),
        "breadcrumb": crumbs(request.account, under, (_("People"), ""))
        if under
        else [{"label": _("People"), "url": ""}],
        "new_url": reverse("person-new") + (f"?unit={under.pk}" if under and under.kind.holds_members else "")
        if may_add
        else "",
    }
    return page(request, "org/people/list.html", context, partial="rows")


def _long_file(
    request: DeskRequest, wanted: people_queries.PeopleFilter, under: Unit | None, total: int
) -> HttpResponse:
    """The file of a long list when the job has made it; else back to the list with how far it is."""
    title, place = _("List of people"), under.name if under else ""
    heading = excel_heading(title, place)
    made = exports.ask_people_file(
        by=request.account, wanted=wanted, under=under, title=title, heading=[*heading], total=total
    )
    if made.path:
        _note_list(request, under, total)
        return download(made.path.open("rb"), name=excel_name(title, place), kind=XLSX)
    told = f"Tệp Excel {show_number(total)} người đang được lập (đã ghi {show_number(made.done)}); lát nữa bấm nút Excel lần nữa để tải về."
    messages.info(request, told)
    return HttpResponseRedirect(query(request, format=None))


def _note_list(request: DeskRequest, under: Unit | None, total: int) -> None:
    privacy_actions.note_list(request.account, under, "tải danh sách người ra Excel", total, at=time.now())


def _chips(request: DeskRequest, form: PeopleFilterForm, typed: str) -> list[Chip]:
    chips = [Chip(_("Words: “%(words)s”") % {"words": typed}, without(request, "q"))] if typed else []
    for name, field in form.fields.items():
        value = form.cleaned_data.get(name)
        if value not in (None, ""):
            words = dict(getattr(field, "choices", ())).get(value, value) if isinstance(value, str) else value
            chips.append(Chip(f"{field.label}: {words}", without(request, name)))
    return chips


@desk_page(Permission.PERSON_VIEW)
def person(request: DeskRequest, pk: int) -> HttpResponse:
    account = request.account
    known = access.get_person(account, pk)
    privacy_actions.note_look(account, known, privacy_actions.LOOKED, at=time.now())
    day = time.today()
    sight, path = access.FieldSight(account), known.unit.path
    own = account.person_id == known.pk
    may_edit = access.may(account, Permission.PERSON_EDIT, known.unit)
    sees_log = access.may(account, Permission.LOG_VIEW, known.unit)
    login = Account.objects.filter(person=known).first()
    manages = access.may(account, Permission.ACCOUNT_MANAGE, known.unit)
    age = time.age_on(known.birth_date, day) if known.birth_date else None
    hidden = [] if own else sight.hidden(path)
    for name in hidden:
        people_queries.hide(known, name)
    rows: list[tuple[str, Any]] = [
        ("", (_("Member code"), known.code)),
        ("", (_("Born on"), people_queries.shown_birth(known) or None)),
        ("", (_("Age"), age)),
        ("", (_("Gender"), Gender(known.gender).label)),
        ("ethnicity", (_("Ethnicity"), known.ethnicity or None)),
        ("", (_("Kind of person"), PersonKind(known.kind).label)),
        ("", {"label": _("Cell"), "value": known.unit.name, "url": reverse("unit", args=[known.unit_id])}),
        ("", (_("Joined the Party on"), time.show_day(known.joined_on) if known.joined_on else None)),
        ("", (_("Full member since"), time.show_day(known.official_on) if known.official_on else None)),
        ("", (_("Occupation"), known.occupation or None)),
        ("phone", (_("Telephone"), known.phone or None)),
        ("email", (_("E-mail"), known.email or None)),
        ("address", (_("Address"), known.address or None)),
    ]
    facts: list[Any] = [shown for name, shown in rows if name not in hidden]
    editable = access.units_seen_by(account, Permission.PERSON_EDIT) if may_edit else None
    mine = set(editable.filter(posts__person=known).values_list("pk", flat=True)) if editable is not None else set()
    posts = list(known.posts.select_related("post", "unit").order_by("-valid_from", "post__rank"))
    for held in posts:
        held.level_label = Level(held.managed_by).label if held.managed_by else ""  # type: ignore[attr-defined]
        held.can_end = held.unit_id in mine and not _over(held, day)  # type: ignore[attr-defined]
        held.over = _over(held, day)  # type: ignore[attr-defined]
    exemptions = list(known.exemptions.order_by("-valid_from"))
    for given in exemptions:
        given.can_end = may_edit and not _over(given, day)  # type: ignore[attr-defined]
        given.over = _over(given, day)  # type: ignore[attr-defined]
    charged = (
        set(editable.filter(responsible_leaders__person=known).values_list("pk", flat=True))
        if editable is not None
        else set()
    )
    responsibilities = list(known.responsibilities.select_related("unit").order_by("-valid_from"))
    for one in responsibilities:
        one.kind_label = ResponsibilityKind(one.kind).label  # type: ignore[attr-defined]
        one.can_end = one.unit_id in charged and not _over(one, day)  # type: ignore[attr-defined]
        one.over = _over(one, day)  # type: ignore[attr-defined]
    same = people_queries.namesakes(access.people_seen_by(account), known)
    for other in same:
        other.born = str(other.birth_date.year) if other.birth_date else ""  # type: ignore[attr-defined]
    context = {
        "person": known,
        "facts": facts,
        "posts": posts,
        "exemptions": exemptions,
        "exempt_now": next((one for one in exemptions if one.valid_from <= day and not one.over), None),  # type: ignore[attr-defined]
        "responsibilities": responsibilities,
        "transfers": list(known.transfers.select_related("from_unit", "to_unit").order_by("-on", "-pk")),
        "namesakes": same,
        "history": told(_history(account, known), account) if sees_log else [],
        "sees_log": sees_log,
        "something_hidden": bool(hidden),
        "request_url": reverse("request-new", args=[known.pk])
        if access.may(account, Permission.PERSON_CONTACT, known.unit) and not own
        else "",
        "may_edit": may_edit and known.left_on is None,
        "left_label": LeavingReason(known.left_reason).label if known.left_reason else "",
        "login": login if manages else None,
        "new_login_url": f"{reverse('account-new')}?person={known.code}" if manages and login is None else "",
        "breadcrumb": crumbs(account, known.unit, (known.full_name, "")),
    }
    return page(request, "org/people/person.html", context)


def _history(account: Account, known: Person) -> list[AuditEvent]:
    """The latest lines of the log about a person, as far as the reader's log reaches: not what another branch wrote."""
    rows = access.events_seen_by(account).filter(thing_kind="org.person", thing_id=str(known.pk))
    return list(rows.order_by("-at", "-pk")[:20])


def _over(fact: Any, day: Any) -> bool:
    return fact.valid_to is not None and fact.valid_to < day


@desk_page(Permission.PERSON_EDIT)
def person_new(request: DeskRequest) -> HttpResponse:
    cells = access.units_seen_by(request.account, Permission.PERSON_EDIT)
    wanted = whole_number(request.GET.get("unit"))
    cell = None if wanted is None else access.one_of(cells, wanted)
    form = PersonForm(
        request.POST or None,
        cells=cells,
        people=access.people_seen_by(request.account),
        initial={"unit": cell, "kind": PersonKind.MEMBER},
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            made = actions.add_person(by=request.account, at=time.now(), **form.facts())
            return saved(
                request,
                to=reverse("person", args=[made.pk]),
                message=_("%(person)s is entered.") % {"person": made.full_name},
            )
    return form_page(
        request,
        form,
        heading=_("New person"),
        submit=_("Enter person"),
        cancel=reverse("unit", args=[cell.pk]) if cell else reverse("people-list"),
        breadcrumb=crumbs(request.account, cell, (_("New person"), ""))
        if cell
        else [{"label": _("People"), "url": reverse("people-list")}, {"label": _("New person"), "url": ""}],
        keep="person-new",
    )


@desk_page(Permission.PERSON_EDIT)
def person_edit(request: DeskRequest, pk: int) -> HttpResponse:
    known = person_to_change(request, pk)
    form = PersonForm(request.POST or None, initial=initial_of_person(known))
    back = reverse("person", args=[known.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.change_person(known, by=request.account, at=time.now(), **form.facts())
            return saved(request, to=back, message=_("Saved."))
    return form_page(
        request,
        form,
        heading=_("Change %(person)s") % {"person": known.full_name},
        cancel=back,
        breadcrumb=crumbs(request.account, known.unit, (known.full_name, back), (_("Change"), "")),
        keep=f"person-{known.pk}",
    )


@desk_page(Permission.PERSON_EDIT)
def person_transfer(request: DeskRequest, pk: int) -> HttpResponse:
    known = person_to_change(request, pk)
    cells = access.units_seen_by(request.account, Permission.PERSON_EDIT)
    form = TransferForm(request.POST or None, cells=cells)
    back = reverse("person", args=[known.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            fact = actions.transfer_person(known, by=request.account, at=time.now(), **form.cleaned_data)
            return saved(
                request,
                to=back,
                message=(
                    _("%(person)s moves to %(unit)s on %(day)s.")
                    if fact.is_waiting
                    else _("%(person)s now belongs to %(unit)s.")
                )
                % {"person": known.full_name, "unit": fact.to_unit.name, "day": time.show_day(fact.on)},
            )
    return form_page(
        request,
        form,
        heading=_("Transfer %(person)s") % {"person": known.full_name},
        lead=_("Now in %(unit)s. Both cells must lie in the units given to you; else the superior unit records it.")
        % {"unit": known.unit.name},
        submit=_("Record transfer"),
        cancel=back,
        breadcrumb=crumbs(request.account, known.unit, (known.full_name, back), (_("Transfer"), "")),
    )


@desk_page(Permission.PERSON_EDIT)
def person_leave(request: DeskRequest, pk: int) -> HttpResponse:
    known = person_to_change(request, pk)
    form = LeaveForm(request.POST or None)
    back = reverse("person", args=[known.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.remove_person(known, by=request.account, at=time.now(), **form.cleaned_data)
            return saved(
                request, to=back, message=_("%(person)s is no longer in the list.") % {"person": known.full_name}
            )
    born = f", sinh năm {known.birth_date.year}" if known.birth_date else ""
    return danger_page(
        request,
        form,
        heading=_("Take %(person)s off the list") % {"person": known.full_name},
        sentence=f"Đưa 1 người ra khỏi danh sách: {known.full_name} (mã {known.code}{born}), {known.unit.name}. "
        "Từ ngày đó không còn tính vào số đảng viên; những gì đã ghi vẫn giữ.",
        submit=_("Take off the list"),
        cancel=back,
        breadcrumb=crumbs(request.account, known.unit, (known.full_name, back), (_("Take off the list"), "")),
    )


@desk_page(Permission.PERSON_EDIT)
def transfer_cancel(request: DeskRequest, pk: int) -> HttpResponse:
    """Give up a move that still waits for its day."""
    seen = access.people_seen_by(request.account)
    rows = MembershipTransfer.objects.filter(is_waiting=True, person__in=seen).select_related("person__unit", "to_unit")
    fact = access.one_of(rows, pk)
    access.require(request.account, Permission.PERSON_EDIT, fact.person.unit)
    form = forms.Form(request.POST if request.method == "POST" else None)
    back = reverse("person", args=[fact.person_id])
    if form.is_bound and form.is_valid():
        with refusals_on(form):
            actions.cancel_transfer(fact, by=request.account, at=time.now())
            return saved(request, to=back, message=_("The transfer is given up."))
    name = fact.person.full_name
    return danger_page(
        request,
        form,
        heading=_("Give up the transfer of %(person)s") % {"person": name},
        sentence=f"Bỏ lần chuyển sinh hoạt của {name} từ {fact.person.unit.name} đến {fact.to_unit.name}, hẹn ngày "
        f"{time.show_day(fact.on)}.",
        submit=_("Give up"),
        cancel=back,
        breadcrumb=crumbs(request.account, fact.person.unit, (name, back), (_("Transfer"), "")),
    )


urlpatterns = [
    path("desk/people/", people_list, name="people-list"),
    path("desk/people/new/", person_new, name="person-new"),
    path("desk/people/<int:pk>/", person, name="person"),
    path("desk/people/<int:pk>/edit/", person_edit, name="person-edit"),
    path("desk/people/<int:pk>/transfer/", person_transfer, name="person-transfer"),
    path("desk/people/<int:pk>/leave/", person_leave, name="person-leave"),
    path("desk/people/transfers/<int:pk>/cancel/", transfer_cancel, name="transfer-cancel"),
]
