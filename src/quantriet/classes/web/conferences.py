"""The conference desk: a conference, its readiness board, venues of other units by form and by list, who sits where."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quantriet.campaigns import access as campaign_access
from quantriet.campaigns.models import StudyCampaign
from quantriet.campaigns.vocab import CampaignState
from quantriet.classes import access, actions, queries
from quantriet.classes.models import Facility, StudyClass, Venue, VenueReadiness
from quantriet.classes.queries.venue_lists import OUT_COLUMNS, ListedVenue
from quantriet.classes.rules.readiness import EQUIPMENT_WORDS
from quantriet.classes.rules.savings import Savings
from quantriet.classes.vocab import RUNNING_STATES, ClassState, ConferenceLevel, ConferencePart, Filling, ReadinessPart
from quantriet.classes.web import tables
from quantriet.classes.web.conference_forms import (
    ConferenceForm,
    ConferenceSettingsForm,
    ConferenceVenueForm,
    ConnectionForm,
    SeatingForm,
    TableConfirmForm,
    TableForm,
    VenueFilter,
)
from quantriet.classes.web.frame import STATE_SIGNS
from quantriet.kit import web
from quantriet.kit.numbers import show_number, whole_number
from quantriet.kit.refusal import Refusal, refusals_on
from quantriet.kit.time import now
from quantriet.kit.web import Chip, Listing, page, query, saved
from quantriet.kit.web.sheets import workbook
from quantriet.library.vocab import ContentTier
from quantriet.org import access as org_access
from quantriet.org.models import Account, Unit
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page

_SALT = "conference-venues"
_NAMED = 10  # cells or venues that a message names; of more their number, and the page leads to the list


def conference_page(
    request: DeskRequest, template: str, study_class: StudyClass, context: dict[str, Any], *, part: ConferencePart
) -> HttpResponse:
    """A page of one conference with its parts as tabs."""
    is_host = access.is_host(request.account, study_class)
    running = study_class.state in RUNNING_STATES
    return page(
        request,
        template,
        {
            "study_class": study_class,
            "conference": study_class.conference,
            "state": ClassState(study_class.state),
            "state_sign": STATE_SIGNS[ClassState(study_class.state)],
            "is_host": is_host,
            "may_change": is_host and running,
            "place": {"unit": study_class.unit.name, "campaign": study_class.campaign.name},
            "parts": [
                {"label": one.label, "url": reverse(one.value, args=[study_class.pk]), "current": one == part}
                for one in access.conference_parts(request.account, study_class)
            ],
            **context,
        },
    )


@desk_page(Permission.CLASS_VIEW)
def conference_list(request: DeskRequest) -> HttpResponse:
    rows = queries.conference_rows(access.conferences_seen_by(request.account))
    shown = web.listing(
        request,
        rows,
        sorts={"day": ["first_session_at"], "title": ["title"], "venues": ["venue_count"]},
        default_sort="-day",
    )
    for row in shown:
        row.sign, row.word = STATE_SIGNS[ClassState(row.state)], ClassState(row.state).label  # type: ignore[attr-defined]
    may_add = org_access.may_anywhere(request.account, Permission.CLASS_EDIT)
    return page(request, "classes/desk/conferences.html", {"listing": shown, "may_add": may_add})


def _running_campaigns(account: Account) -> QuerySet[StudyCampaign]:
    seen = campaign_access.campaigns_seen_by(account)
    return seen.filter(state__in=[CampaignState.DRAFT, CampaignState.OPEN]).order_by("-planned_from", "-pk")


@desk_page(Permission.CLASS_EDIT)
def new_conference(request: DeskRequest) -> HttpResponse:
    campaigns = _running_campaigns(request.account)
    units = access.units_to_organise(request.account)
    home = org_access.home_unit(request.account)
    initial = {
        "campaign": campaigns.first(),
        "unit": units.filter(pk=home.pk).first() if home else None,
        "level": ConferenceLevel.UPPER_CADRES,
        "tier": ContentTier.KEY_CADRE,
        "venue_name": "Điểm cầu chính",
        "session_title": "Buổi sáng",
        "starts": "07:30",
        "ends": "11:00",
    }
    form = ConferenceForm(request.POST or None, initial=initial, campaigns=campaigns, units=units)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        org_access.require(request.account, Permission.CLASS_EDIT, data["unit"])
        starts_at, ends_at = form.session_times()
        at = now()
        names = (
            "campaign", "unit", "title", "host_name", "form", "level", "tier", "venue_name", "address", "capacity",
            "last_day", "equipment",
        )  # fmt: skip
        with refusals_on(form), transaction.atomic():
            made = actions.add_conference(by=request.account, at=at, **{name: data[name] for name in names})
            try:
                actions.add_session(
                    made, by=request.account, at=at, title=data["session_title"], starts_at=starts_at, ends_at=ends_at
                )
            except Refusal as refusal:
                fields = {"starts_at": "day", "ends_at": "ends", "title": "session_title"}
                refusal.field = fields.get(refusal.field or "", refusal.field)
                raise
            return saved(
                request,
                to=reverse("conference-settings", args=[made.pk]),
                message=_("The conference is planned as a draft."),
            )
    return page(request, "classes/desk/conference_new.html", {"form": form, "has_campaign": campaigns.exists()})


@desk_page(Permission.CLASS_EDIT)
@require_POST
def make_conference(request: DeskRequest, pk: int) -> HttpResponse:
    """A class that is there already becomes a conference."""
    study_class = access.get_class(request.account, pk, Permission.CLASS_EDIT)
    try:
        actions.make_conference(study_class, by=request.account, at=now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=reverse("class-venues", args=[pk]))
    return saved(request, to=reverse("conference-settings", args=[pk]), message=_("Saved."))


# --- the readiness board ------------------------------------------------------------------------------------------------


@desk_page(Permission.CLASS_VIEW)
def conference(request: DeskRequest, pk: int) -> HttpResponse:
    """Before the day: what each venue lacks, counted by part and by unit; every figure opens its venues."""
    study_class = access.get_conference(request.account, pk)
    board = queries.readiness_board(study_class, access.conference_venues(request.account, study_class))
    units = Unit.objects.filter(pk__in=[one.unit.pk for one in board.units]).order_by("path")
    filters = VenueFilter(request.GET, parts=ReadinessPart.labels(), units=units)
    filters.is_valid()
    chosen = filters.cleaned_data
    part, unit, ready = chosen.get("part") or "", chosen.get("unit"), request.GET.get("ready")
    lines = board.narrowed(
        part=part, path=unit.path if unit else "", is_ready=ready == "yes" if ready in ("yes", "no") else None
    )
    chips = []
    if part:
        chips.append(Chip(f"{_('Still missing')}: {ReadinessPart(part).label}", query(request, part=None, page=None)))
    if unit:
        chips.append(Chip(unit.name, query(request, unit=None, page=None)))
    if ready in ("yes", "no"):
        word = _("Ready") if ready == "yes" else _("Not ready yet")
        chips.append(Chip(word, query(request, ready=None, page=None)))
    if request.GET.get("format") == "xlsx":
        return workbook(
            f"diem-cau-{study_class.code}.xlsx",
            f"Điểm cầu: {study_class.title}"[:200],
            OUT_COLUMNS,
            queries.venue_export(lines),
        )
    here = reverse("conference", args=[pk])
    changeable = set(
        access.conference_venues(request.account, study_class, Permission.CLASS_EDIT).values_list("pk", flat=True)
    )
    context = {
        "board": board,
        "listing": _paged(request, lines),
        "filters": filters,
        "chips": chips,
        "part_counts": [
            {"label": one.label, "value": board.lacking[one], "url": f"{here}?part={one.value}"} for one in ReadinessPart
        ],
        "bars": [
            {
                "label": one.unit.name, "value": one.ready, "total": one.venues, "url": f"{here}?unit={one.unit.pk}",
                "kind": "" if one.ready == one.venues else "owing",
            }
            for one in board.units[:40]
        ],
        "more_units": max(0, len(board.units) - 40),
        "changeable": changeable,
        "may_add": study_class.state in RUNNING_STATES and access.units_for_venues(request.account, study_class).exists(),
        "needed": ", ".join(EQUIPMENT_WORDS[kind] for kind in EQUIPMENT_WORDS if kind.value in board.needed),
        "savings": _savings(study_class, board) if access.is_host(request.account, study_class, Permission.CLASS_VIEW) else None,
    }  # fmt: skip
    return conference_page(request, "classes/desk/conference.html", study_class, context, part=ConferencePart.READINESS)


def _savings(study_class: StudyClass, board: queries.ReadinessBoard) -> dict[str, Any]:
    """What is going to be saved when everybody called comes; the quick report says what was."""
    found = queries.conference_savings(study_class, {line.venue.pk: line.called for line in board.lines})
    if isinstance(found, Savings):
        return {"total": found.total if found.venues else None, "sentences": found.sentences}
    return {"total": None, "sentences": (found.sentence,)}


def _paged(request: DeskRequest, lines: list[queries.VenueLine]) -> Listing[Any]:
    """Lines are computed, so they are cut into pages here."""
    pages = max(1, math.ceil(len(lines) / web.PAGE_SIZE))
    number = min(whole_number(request.GET.get("page"), least=1) or 1, pages)
    rows = lines[(number - 1) * web.PAGE_SIZE : number * web.PAGE_SIZE]
    return Listing(rows, len(lines), number, pages, "")


# --- settings of the host ---------------------------------------------------------------------------------------------


@desk_page(Permission.CLASS_EDIT)
def settings(request: DeskRequest, pk: int) -> HttpResponse:
    study_class = access.get_conference(request.account, pk, Permission.CLASS_EDIT)
    form = ConferenceSettingsForm(request.POST or None, conference=study_class.conference)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.change_conference(study_class.conference, by=request.account, at=now(), **form.cleaned_data)
            return saved(request, to=reverse("conference-settings", args=[pk]), message=_("Saved."))
    return conference_page(
        request, "classes/desk/conference_settings.html", study_class, {"form": form}, part=ConferencePart.SETTINGS
    )


@desk_page(Permission.CLASS_EDIT)
@require_POST
def open_below(request: DeskRequest, pk: int) -> HttpResponse:
    study_class = access.get_conference(request.account, pk, Permission.CLASS_EDIT)
    try:
        actions.open_conference(study_class.conference, by=request.account, at=now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=reverse("conference-settings", args=[pk]))
    return saved(request, to=reverse("conference", args=[pk]), message=_("Units below can now add their venues."))


@desk_page(Permission.CLASS_EDIT)
def seating(request: DeskRequest, pk: int) -> HttpResponse:
    """Where the people of each rule of the audience sit (R-040 … R-042), and calling them."""
    study_class = access.get_conference(request.account, pk, Permission.CLASS_EDIT)
    places = queries.rule_places(study_class.conference)
    form = SeatingForm(request.POST or None, places=places)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form), transaction.atomic():
            actions.set_seating(study_class.conference, form.places(), by=request.account, at=now())
            back = reverse("conference-seating", args=[pk])
            if not request.POST.get("call"):
                return saved(request, to=back, message=_("Saved."))
            done = actions.call_to_venues(study_class.conference, by=request.account, at=now())
            empty = [one.venue.name for one in queries.capacity(study_class) if not one.seated]
            if done.added or done.removed:
                return saved(request, to=back, message=_called(done, empty))
            messages.warning(request, _called(done, empty))
            return saved(request, to=back)
    venues = queries.capacity(study_class)
    context = {
        "form": form,
        "has_rules": bool(places),
        "called": sum(one.seated for one in venues),
        "venues": len(venues),
        "none_url": f"{reverse('class-placement', args=[study_class.campaign_id])}?unit={study_class.unit_id}&how=none",
    }
    return conference_page(
        request, "classes/desk/conference_seating.html", study_class, context, part=ConferencePart.SEATING
    )


def _called(done: Filling, empty: Sequence[str]) -> str:
    """What calling came to: who was called and taken out, who was not and why, which venues stay empty, what to do next."""
    told = []
    if done.added:
        told.append(f"Đã đưa {show_number(done.added)} người vào danh sách các điểm cầu.")
    elif not done.removed:
        told.append("Chưa đưa được ai vào điểm cầu.")
    if done.removed:
        told.append(f"Đã đưa {show_number(done.removed)} người không còn thuộc diện dự ra khỏi danh sách.")
    if done.stay:
        told.append(f"Không còn thuộc diện dự nhưng vẫn ở lại danh sách: {_counted(done.stay)}.")
    if done.left_out:
        full = done.left_out - done.without_venue
        why = {"ở nơi chưa có điểm cầu": done.without_venue, "vì điểm cầu hết chỗ": full}
        told.append(
            f"{show_number(done.left_out)} người chưa có chỗ ({_counted(why)}): {_named(done.left_units, 'chi bộ')}. "
            "Hãy thêm điểm cầu cho các đơn vị ấy hoặc tăng số chỗ, rồi làm lại."
        )
    if done.not_waiting:
        told.append(f"Thuộc diện dự nhưng không được gọi: {_counted(done.not_waiting)}.")
    if done.other_tier:
        told.append(
            f"{show_number(done.other_tier)} người không dự hội nghị này theo cách xếp bên dưới; đổi được ở từng điều kiện."
        )
    if empty:
        told.append(f"Chưa có ai ở {_named(empty, 'điểm cầu')}.")
    if not (done.added or done.removed or done.left_out or done.not_waiting or done.other_tier or done.stay):
        told.append("Mọi người thuộc diện đã ở điểm cầu.")
    return " ".join(told)


def _counted(why: Mapping[str, int]) -> str:
    """ "12 người đã xếp ghế, 3 người đã nhận giấy mời"."""
    return ", ".join(f"{show_number(count)} người {words}" for words, count in why.items() if count)


def _named(names: Sequence[str], what: str) -> str:
    more = len(names) - _NAMED
    return "; ".join(names[:_NAMED]) + (f" và {show_number(more)} {what} khác" if more > 0 else "")


# --- venues --------------------------------------------------------------------------------------------------------------


def _facilities(account: Account, venue: Venue | None = None) -> QuerySet[Facility]:
    """Rooms to choose from; that of the venue stays a choice, also for who does not see it (the host may have chosen it)."""
    mine = access.facilities_seen_by(account)
    if venue is None:
        return mine
    near = mine.filter(Q(unit__path__startswith=venue.unit.path) | Q(unit_id__in=venue.unit.ancestor_ids))
    present = VenueReadiness.objects.filter(venue=venue).values("facility_id")
    return Facility.objects.filter(Q(pk__in=near.order_by().values("pk")) | Q(pk__in=present))


@desk_page(Permission.CLASS_EDIT)
def new_venue(request: DeskRequest, pk: int) -> HttpResponse:
    study_class = access.get_conference(request.account, pk)
    access.require_venue_of(request.account, study_class)
    units = access.units_for_venues(request.account, study_class)
    home = org_access.home_unit(request.account)
    first = units.filter(pk=home.pk).first() if home else None
    initial = {"unit": first or units.first()}
    form = ConferenceVenueForm(
        request.POST or None, initial=initial, units=units, facilities=_facilities(request.account),
        clerks=access.clerks_for_venues(request.account, study_class),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.add_conference_venue(
                study_class.conference, by=request.account, at=now(),
                by_host=access.is_host(request.account, study_class), **form.cleaned_data,
            )  # fmt: skip
            return saved(request, to=reverse("conference", args=[pk]), message=_("Saved."))
    context = {"form": form, "title": _("Add a venue")}
    return conference_page(
        request, "classes/desk/conference_venue.html", study_class, context, part=ConferencePart.READINESS
    )


def _venue(request: DeskRequest, pk: int, venue_pk: int) -> tuple[StudyClass, Venue]:
    """The venue of an address for whoever may change it."""
    venue = access.get_conference_venue(request.account, pk, venue_pk, Permission.CLASS_EDIT)
    return venue.study_class, venue


@desk_page(Permission.CLASS_EDIT)
def edit_venue(request: DeskRequest, pk: int, venue_pk: int) -> HttpResponse:
    """Prepare a venue: the host, or the unit that looks after it (R-061)."""
    study_class, venue = _venue(request, pk, venue_pk)
    line = queries.venue_line(venue, study_class.conference)
    form = ConferenceVenueForm(
        request.POST or None, units=None, facilities=_facilities(request.account, venue),
        clerks=access.clerks_for_venues(request.account, study_class) | _present_clerk(venue),
        venue=venue, readiness=line.readiness,
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.prepare_venue(
                venue, by=request.account, at=now(), by_host=access.is_host(request.account, study_class),
                **form.cleaned_data,
            )  # fmt: skip
            return saved(request, to=reverse("conference", args=[pk]), message=_("Saved."))
    return _venue_page(request, study_class, venue, form, ConnectionForm())


def _present_clerk(venue: Venue) -> QuerySet[Account]:
    """Who is clerk already stays a choice, also for who could not have chosen them."""
    return Account.objects.filter(pk=venue.clerk_id).select_related("person__unit")


def _venue_page(
    request: DeskRequest, study_class: StudyClass, venue: Venue, form: ConferenceVenueForm, check: ConnectionForm
) -> HttpResponse:
    context = {
        "form": form,
        "check_form": check,
        "title": venue.name,
        "venue": venue,
        "line": queries.venue_line(venue, study_class.conference),
        "running": study_class.state in RUNNING_STATES,
    }
    return conference_page(
        request, "classes/desk/conference_venue.html", study_class, context, part=ConferencePart.READINESS
    )


@desk_page(Permission.CLASS_EDIT)
@require_POST
def check_connection(request: DeskRequest, pk: int, venue_pk: int) -> HttpResponse:
    study_class, venue = _venue(request, pk, venue_pk)
    check = ConnectionForm(request.POST)
    if check.is_valid():
        data = check.cleaned_data
        with refusals_on(check):
            actions.check_connection(
                venue, by=request.account, at=now(), passed=data["result"] == "passed",
                note=data["note"] if data["result"] == "failed" else "",
            )  # fmt: skip
            return saved(request, to=reverse("conference-venue", args=[pk, venue_pk]), message=_("Saved."))
    line = queries.venue_line(venue, study_class.conference)
    form = ConferenceVenueForm(
        units=None, facilities=_facilities(request.account, venue),
        clerks=access.clerks_for_venues(request.account, study_class) | _present_clerk(venue),
        venue=venue, readiness=line.readiness,
    )  # fmt: skip
    return _venue_page(request, study_class, venue, form, check)


@desk_page(Permission.CLASS_EDIT)
@require_POST
def remove_venue(request: DeskRequest, pk: int, venue_pk: int) -> HttpResponse:
    study_class, venue = _venue(request, pk, venue_pk)
    try:
        actions.drop_venue(venue, by=request.account, at=now(), by_host=access.is_host(request.account, study_class))
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=reverse("conference-venue", args=[pk, venue_pk]))
    return saved(request, to=reverse("conference", args=[pk]), message=_("Removed."))


@desk_page(Permission.CLASS_EDIT)
def import_venues(request: DeskRequest, pk: int) -> HttpResponse:
    """Venues from a file: what was understood, then written. Nothing is written before the confirmation."""
    study_class = access.get_conference(request.account, pk)
    access.require_venue_of(request.account, study_class)
    context: dict[str, Any]
    if request.method == "POST" and "lines" in request.POST:
        confirmed = TableConfirmForm(request.POST)
        if confirmed.is_valid():
            with refusals_on(confirmed):
                lines = _unpacked(request, study_class, confirmed.cleaned_data["lines"])
                added, changed = actions.write_venues(
                    study_class.conference, lines, by=request.account, at=now(),
                    by_host=access.is_host(request.account, study_class),
                )  # fmt: skip
                said = tables.written_sentence("điểm cầu", added, changed)
                return saved(request, to=reverse("conference", args=[pk]), message=said)
        context = {"form": confirmed, "is_preview": True, "can_confirm": False}
        return conference_page(
            request, "classes/desk/conference_import.html", study_class, context, part=ConferencePart.READINESS
        )
    form = TableForm(request.POST or None, request.FILES or None)
    context = {"form": form}
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            upload = form.cleaned_data["file"]
            found = tables.read_upload(
                upload,
                lambda path, name: queries.read_venues(
                    study_class, path, name, units=access.units_for_venues(request.account, study_class),
                    mine=access.conference_venues(request.account, study_class, Permission.CLASS_EDIT),
                    clerks=access.clerks_for_venues(request.account, study_class),
                ),
            )  # fmt: skip
            packed = tables.pack(
                [[one.number, one.unit_id, one.name, one.venue_id, dict(one.said)] for one in found.lines],
                salt=_SALT,
                owner=pk,
            )
            units = Unit.objects.in_bulk([one.unit_id for one in found.lines[: tables.SHOWN]])
            context = {
                "form": TableConfirmForm(initial={"lines": packed}),
                "is_preview": True,
                "can_confirm": bool(found.lines) and not found.wrong,
                "lines": [
                    {"line": one, "unit": units[one.unit_id], "is_new": one.venue_id is None, "said": one.said}
                    for one in found.lines[: tables.SHOWN]
                ],
                "wrong": found.wrong[: tables.SHOWN],
                "sentence": tables.read_sentence(
                    "điểm cầu", total=len(found.lines), added=found.added, same=found.same, wrong=len(found.wrong)
                ),
            }
    return conference_page(
        request, "classes/desk/conference_import.html", study_class, context, part=ConferencePart.READINESS
    )


def _unpacked(request: DeskRequest, study_class: StudyClass, packed: str) -> list[ListedVenue]:
    """Through the account's reach once more: a right may have been taken away since the file was read."""
    lines = [ListedVenue(*one) for one in tables.unpack(packed, salt=_SALT, owner=study_class.pk)]
    units = set(access.units_for_venues(request.account, study_class).values_list("pk", flat=True))
    mine = set(
        access.conference_venues(request.account, study_class, Permission.CLASS_EDIT).values_list("pk", flat=True)
    )
    if any(one.unit_id not in units or (one.venue_id and one.venue_id not in mine) for one in lines):
        raise Refusal("list.stale", "Phần xem trước có đơn vị ngoài phạm vi của đồng chí; hãy đọc lại tệp.")
    return lines
