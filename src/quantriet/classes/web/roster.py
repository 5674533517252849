"""The roster of a class: filling it, calling and removing people by hand, printing it; and who has no class yet."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quantriet.campaigns import access as campaign_access
from quantriet.campaigns.models import StudyDuty
from quantriet.campaigns.vocab import DutyReason, DutyState
from quantriet.classes import access, actions, queries
from quantriet.classes.models import RosterEntry, StudyClass
from quantriet.classes.vocab import RosterOrigin, SummonsWay
from quantriet.classes.web.desk import workbook
from quantriet.classes.web.forms import CallForm, FillForm, MoveForm, ReasonForm, RosterFilter
from quantriet.classes.web.frame import class_page
from quantriet.kit import spreadsheets
from quantriet.kit.numbers import show_number, whole_number, whole_numbers
from quantriet.kit.refusal import refusals_on
from quantriet.kit.text import fold, squeeze
from quantriet.kit.time import now, show_day, today
from quantriet.kit.web import Chip, listing, page, query, saved
from quantriet.library.vocab import ContentTier
from quantriet.org import access as org_access
from quantriet.org.actions import privacy as privacy_actions
from quantriet.org.models import Person, Unit
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page

SORTS = {
    "name": ["person__sort_key"],
    "unit": ["unit__path", "person__sort_key"],
    "venue": ["venue__name", "unit__path", "person__sort_key"],
    "code": ["person__code"],
}
# More names than this are counted, not listed, in a message.
_NAMES_SHOWN = 10


@desk_page(Permission.CLASS_VIEW)
def roster(request: DeskRequest, pk: int) -> HttpResponse:
    study_class = access.get_class(request.account, pk)
    if request.method == "POST":
        return _bulk(request, pk)
    seen = access.roster_seen_by(request.account).filter(study_class=study_class)
    rows = seen.select_related("person", "unit", "venue", "duty")
    filters = RosterFilter(request.GET, study_class=study_class)
    filters.is_valid()
    chips: list[Chip] = []
    words = request.GET.get("q", "").strip()
    for word in fold(words).split():
        rows = rows.filter(
            Q(person__name_folded__contains=word) | Q(person__code__iexact=word) | Q(unit__name_folded__contains=word)
        )
    if words:
        chips.append(Chip(f"{_('Search')}: {words}", query(request, q=None, page=None)))
    venue = filters.cleaned_data.get("venue")
    if venue:
        rows = rows.filter(venue=venue)
        chips.append(Chip(venue.name, query(request, venue=None, page=None)))
    summons = filters.cleaned_data.get("summons")
    if summons:
        rows = rows.filter(summoned_at__isnull=summons == "no")
        label = _("Not summoned yet") if summons == "no" else _("Summoned")
        chips.append(Chip(label, query(request, summons=None, page=None)))
    if request.GET.get("format") == "xlsx":
        privacy_actions.note_list(
            request.account, study_class.unit, "tải danh sách lớp ra Excel", rows.count(), at=now()
        )
        return _roster_workbook(study_class, rows, org_access.FieldSight(request.account))
    shown = listing(request, rows, sorts=SORTS, default_sort="unit", chips=chips)
    for entry in shown:
        _say(entry)
    total = seen.count()
    several_venues = study_class.venues.count() > 1
    return class_page(
        request,
        "classes/desk/roster.html",
        study_class,
        {
            "listing": shown,
            "chips": shown.chips,
            "filters": filters,
            "q": words,
            "total": total,
            "several_venues": several_venues,
            "bulk_actions": [
                *([{"name": "action", "value": "move", "label": _("Move to another venue")}] if several_venues else []),
                {"name": "action", "value": "remove", "label": _("Remove from the roster"), "danger": True},
            ],
        },
        part="class-roster",
    )


def _say(entry: Any) -> None:
    """Words beside a roster line."""
    if entry.duty_id is None:
        entry.sign, entry.word = "info", _("Guest")
    elif entry.duty.state == DutyState.EXEMPT:
        entry.sign, entry.word = "exempt", DutyReason(entry.duty.reason).label
    elif entry.summoned_by == SummonsWay.FAILED:
        entry.sign, entry.word = "silent", SummonsWay.FAILED.label
    elif entry.summoned_at:
        entry.sign, entry.word = "done", _("Summoned: %(way)s") % {"way": SummonsWay(entry.summoned_by).label.lower()}
    else:
        entry.sign, entry.word = "silent", _("Not summoned yet")
    entry.origin_word = RosterOrigin(entry.origin).label


def _roster_workbook(
    study_class: StudyClass, rows: QuerySet[RosterEntry], sight: org_access.FieldSight
) -> HttpResponse:
    column = spreadsheets.OutColumn
    columns = [
        column("number", "STT", kind="number", width=6),
        column("code", "Mã số", kind="code"),
        column("name", "Họ và tên", width=28),
        column("unit", "Chi bộ", width=32),
        column("venue", "Điểm cầu", width=24),
        column("seat", "Chỗ ngồi"),
        column("phone", "Điện thoại", kind="code"),
        column("origin", "Nguồn", width=16),
        column("summoned", "Gửi giấy mời", kind="moment", width=18),
        column("note", "Ghi chú", width=24),
    ]
    lines = (
        {
            "number": number,
            "code": entry.person.code,
            "name": entry.person.full_name,
            "unit": entry.unit.name,
            "venue": entry.venue.name,
            "seat": entry.seat,
            "phone": "" if sight.hides("phone", entry.unit.path) else entry.person.phone,
            "origin": RosterOrigin(entry.origin).label,
            "summoned": entry.summoned_at,
            "note": DutyReason(entry.duty.reason).label
            if entry.duty and entry.duty.state == DutyState.EXEMPT
            else ("" if entry.duty_id else "Khách mời"),
        }
        for number, entry in enumerate(
            rows.order_by("venue__name", "unit__path", "person__sort_key", "pk").iterator(chunk_size=2000), 1
        )
    )
    title = f"Danh sách lớp: {study_class.title}"
    return workbook(f"danh-sach-{study_class.code}.xlsx", "Danh sách lớp", columns, lines, heading=(title,))


def _bulk(request: DeskRequest, pk: int) -> HttpResponse:
    """Move or remove the ticked people, in two steps: first the page says who and how many."""
    study_class = access.get_class(request.account, pk, Permission.CLASS_EDIT)
    ids = whole_numbers(request.POST.getlist("ids"))
    entries = list(
        access.roster_seen_by(request.account, Permission.CLASS_EDIT)
        .filter(study_class=study_class, pk__in=ids)
        .select_related("person", "unit")
        .order_by("person__sort_key")
    )
    back = reverse("class-roster", args=[pk])
    if not entries:
        messages.error(request, "Chưa đánh dấu người nào.")
        return saved(request, to=back)
    removing = request.POST.get("action") == "remove"
    confirmed = "confirmed" in request.POST
    form: Any
    if removing:
        form = ReasonForm(request.POST if confirmed else None)
    else:
        form = MoveForm(request.POST if confirmed else None, study_class=study_class)
    if confirmed and form.is_valid():
        with refusals_on(form):
            if removing:
                count = actions.remove_many_from_roster(
                    entries, study_class, by=request.account, at=now(), reason=form.cleaned_data["reason"]
                )
                return saved(request, to=back, message=f"Đã đưa {show_number(count)} người ra khỏi danh sách.")
            venue = form.cleaned_data["venue"]
            count = actions.move_to_venue(entries, venue, by=request.account, at=now())
            return saved(request, to=back, message=f"Đã chuyển {show_number(count)} người sang {venue.name}.")
    return class_page(
        request,
        "classes/desk/roster_bulk.html",
        study_class,
        {
            "entries": entries, "removing": removing, "form": form, "action": "remove" if removing else "move",
            "count": len(entries), "back": back,
        },
        part="class-roster",
    )  # fmt: skip


@desk_page(Permission.CLASS_EDIT)
def fill(request: DeskRequest, pk: int) -> HttpResponse:
    study_class = access.get_class(request.account, pk, Permission.CLASS_EDIT)
    whole, branches = queries.placement_by_branch(study_class.campaign, study_class.unit)
    units = Unit.objects.filter(pk__in=[branch.unit.pk for branch in branches]).order_by("path")
    form = FillForm(request.POST or None, units=units, initial={"tier": study_class.tier})
    free = {one.unit.pk: one.in_none for one in branches}
    form.fields["units"].label_from_instance = (  # type: ignore[attr-defined]
        lambda unit: f"{unit.name}: {show_number(free.get(unit.pk, 0))} người chưa có lớp"
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            chosen = list(form.cleaned_data["units"]) or None
            filling = actions.fill_roster(
                study_class, by=request.account, at=now(), units=chosen, tier=form.cleaned_data["tier"]
            )
            return saved(
                request, to=reverse("class-roster", args=[pk]), message=_told(filling, form.cleaned_data["tier"])
            )
    seats = queries.capacity(study_class)
    context = {"form": form, "whole": whole, "seats": seats}
    return class_page(request, "classes/desk/roster_fill.html", study_class, context, part="class-roster")


def _told(filling: Any, tier: str) -> str:
    told = f"Đã thêm {show_number(filling.added)} người vào danh sách."
    if filling.left_out:
        names = ", ".join(filling.left_units[:_NAMES_SHOWN])
        more = len(filling.left_units) - _NAMES_SHOWN
        names += f" và {more} đơn vị khác" if more > 0 else ""
        told += f" Còn {show_number(filling.left_out)} người chưa đủ chỗ: {names}."
    if filling.other_tier:
        told += (
            f" {show_number(filling.other_tier)} người khác cũng chưa có lớp nhưng không thuộc đối tượng "
            f"“{ContentTier(tier).label}” nên không thêm."
        )
    return told


@desk_page(Permission.CLASS_EDIT)
def call(request: DeskRequest, pk: int) -> HttpResponse:
    """Add people by hand: search by name, or paste a column of codes from Excel."""
    study_class = access.get_class(request.account, pk, Permission.CLASS_EDIT)
    form = CallForm(request.POST or None, study_class=study_class)
    one = whole_number(request.POST.get("person"))
    if request.method == "POST" and one is not None:
        form.fields["codes"].required = False
    if request.method == "POST" and form.is_valid():
        people = org_access.people_seen_by(request.account).filter(left_on__isnull=True)
        missing: list[str] = []
        if one is not None:
            chosen = [org_access.one_of(people, one)]
        else:
            chosen, missing = _people_of_codes(people, form.cleaned_data["codes"])
        with refusals_on(form):
            called = actions.call_people(
                study_class, by=request.account, at=now(), people=chosen, venue=form.cleaned_data["venue"],
                reason=form.cleaned_data["reason"],
            )  # fmt: skip
            tell_called(request, called, missing)
            return saved(request, to=reverse("class-roster", args=[pk]))
    words = request.GET.get("q", "").strip()
    found = queries.find_people(org_access.people_seen_by(request.account).active(), words) if words else []
    standing = queries.standing_of(found, study_class)
    candidates = [
        {
            "person": person,
            "standing": standing[person.pk].sentence if person.pk in standing else "",
            "may_add": person.pk not in standing or standing[person.pk].may_come,
        }
        for person in found
    ]
    context = {"form": form, "q": words, "candidates": candidates, "searched": bool(words)}
    return class_page(request, "classes/desk/roster_call.html", study_class, context, part="class-roster")


def _people_of_codes(people: QuerySet[Person], pasted: str) -> tuple[list[Person], list[str]]:
    """People of pasted lines, and the lines in which no known code stands. Any column of a line may hold the code."""
    lines = [[squeeze(cell) for cell in re.split(r"[\t;|]", line)] for line in pasted.splitlines() if line.strip()]
    cells = {cell for line in lines for cell in line if cell and len(cell) <= 40}
    known: dict[str, Person] = {}
    every = sorted(cells)
    for start in range(0, len(every), 500):
        for person in people.filter(code__in=every[start : start + 500]).select_related("unit"):
            known[person.code] = person
    found: dict[int, Person] = {}
    missing: list[str] = []
    for number, line in enumerate(lines, 1):
        person = next((known[cell] for cell in line if cell in known), None)
        if person is None:
            missing.append(f"dòng {number} ({' '.join(line)[:40]})")
        else:
            found[person.pk] = person
    return list(found.values()), missing


def tell_called(request: DeskRequest, called: Any, missing: list[str]) -> None:
    """Say how many were added and who was not, and why."""
    messages.success(request, f"Đã thêm {show_number(called.added)} người vào danh sách.")
    for title, names in (
        ("đã có trong danh sách này", called.already),
        ("đã ở lớp khác của đợt", called.elsewhere),
        ("được miễn học", called.exempt),
        ("không tìm thấy mã trong phạm vi của đồng chí", missing),
    ):
        if names:
            shown = ", ".join(names[:_NAMES_SHOWN]) + (" …" if len(names) > _NAMES_SHOWN else "")
            messages.warning(request, f"{show_number(len(names))} {title}: {shown}.")


@desk_page(Permission.CLASS_VIEW)
def print_roster(request: DeskRequest, pk: int) -> HttpResponse:
    """The roster on paper with columns to sign in, a table a venue; exempt people stand apart (R-065, R-066)."""
    study_class = access.get_class(request.account, pk)
    seen = access.roster_seen_by(request.account).filter(study_class=study_class)
    rows = queries.roster(study_class).filter(pk__in=seen.values("pk"))
    sessions = list(study_class.sessions.all())
    tables: list[dict[str, Any]] = []
    for entry in rows:
        if entry.duty is not None and entry.duty.state == DutyState.EXEMPT:
            continue
        if not tables or tables[-1]["venue"] != entry.venue:
            tables.append({"venue": entry.venue, "entries": []})
        tables[-1]["entries"].append(entry)
    inside = org_access.scope_q(request.account, Permission.CLASS_VIEW, "unit__path")
    exempt = [
        (duty.person.full_name, duty.unit.name, DutyReason(duty.reason).label)
        for duty in queries.exempt_beside(study_class).filter(inside)
    ]
    return page(
        request,
        "classes/desk/roster_print.html",
        {
            "study_class": study_class,
            "sessions": sessions,
            "tables": tables,
            "exempt": exempt,
            "place": {"unit": study_class.unit.name, "campaign": study_class.campaign.name},
            "paper": {
                "unit": study_class.unit.name,
                "superior": getattr(study_class.unit.parent, "name", ""),
                "party": "ĐẢNG CỘNG SẢN VIỆT NAM",
                "place_and_date": f"Ngày {show_day(today())}",
            },
            "back_url": reverse("class-roster", args=[pk]),
            "chair": study_class.roles.filter(kind="chair").select_related("person").first(),
        },
    )


# --- who has no class yet (B-02) --------------------------------------------------------------------------------------

_FIGURES = ("none", "several", "one", "exempt")


@desk_page(Permission.CLASS_VIEW)
def placement(request: DeskRequest, campaign_pk: int) -> HttpResponse:
    """The proof before opening: who is in exactly one class, in none, in several, or exempt; down to the names."""
    campaign = campaign_access.get_campaign(request.account, campaign_pk)
    unit = campaign_access.get_board_unit(request.account, campaign, whole_number(request.GET.get("unit")))
    how = request.GET.get("how", "")
    address = reverse("class-placement", args=[campaign_pk])
    context = {
        "campaign": campaign,
        "unit": unit,
        "place": {"unit": unit.name, "campaign": campaign.name, "as_of": now()},
        "address": address,
        "may_add": org_access.may(request.account, Permission.CLASS_EDIT, unit) and not unit.kind.holds_members,
        "ways": _way_down(request, campaign, unit, address),
    }
    if how in _FIGURES:
        rows = queries.placed(campaign, how, unit).select_related("person", "unit")
        return _people_behind(request, rows, how, context)
    whole, branches = queries.placement_by_branch(campaign, unit)
    return page(
        request,
        "classes/desk/placement.html",
        {
            **context,
            "whole": whole,
            "branches": [
                {
                    "row": branch,
                    "leads_down": branch.unit.pk != unit.pk and not branch.unit.kind.holds_members,
                    "may_add": not branch.unit.kind.holds_members
                    and org_access.may(request.account, Permission.CLASS_EDIT, branch.unit),
                }
                for branch in branches
            ],
            "sentence": _placement_sentence(whole, unit),
        },
    )


def _placement_sentence(whole: Any, unit: Unit) -> str:
    if not whole.total:
        return f"{unit.name} chưa có ai phải học trong đợt này."
    if whole.is_proved:
        return (
            f"Cả {show_number(whole.total)} người của {unit.name} đều đã có đúng một lớp hoặc được miễn "
            f"({show_number(whole.exempt)} người được miễn)."
        )
    parts = []
    if whole.in_none:
        parts.append(f"{show_number(whole.in_none)} người chưa có lớp")
    if whole.in_several:
        parts.append(f"{show_number(whole.in_several)} người có tên trong nhiều lớp")
    return f"Còn {' và '.join(parts)} trong tổng số {show_number(whole.total)} người của {unit.name}."


def _way_down(request: DeskRequest, campaign: Any, unit: Unit, address: str) -> list[dict[str, str]]:
    """The units between the top of what the account sees and here, as links."""
    tops = {top.pk for top in campaign_access.board_units(request.account, campaign)}
    way = list(Unit.objects.filter(pk__in=unit.ancestor_ids).order_by("depth"))
    start = next((place for place, one in enumerate(way) if one.pk in tops), 0)
    return [{"label": one.name, "url": f"{address}?unit={one.pk}"} for one in way[start:]]


def _people_behind(request: DeskRequest, rows: QuerySet[StudyDuty], how: str, context: dict[str, Any]) -> HttpResponse:
    titles = {
        "none": _("In no class yet"),
        "several": _("In several classes"),
        "one": _("In exactly one class"),
        "exempt": _("Exempt"),
    }
    if request.GET.get("format") == "xlsx":
        column = spreadsheets.OutColumn
        columns = [
            column("code", "Mã số", kind="code"),
            column("name", "Họ và tên", width=28),
            column("unit", "Chi bộ", width=36),
            column("why", "Lý do", width=36),
        ]
        lines = (
            {
                "code": duty.person.code,
                "name": duty.person.full_name,
                "unit": duty.unit.name,
                "why": duty.sentence or DutyReason(duty.reason).label,
            }
            for duty in rows.order_by("unit__path", "person__sort_key", "pk").iterator(chunk_size=2000)
        )
        return workbook("xep-lop.xlsx", titles[how], columns, lines)
    sorts = {"unit": ["unit__path", "person__sort_key"], "name": ["person__sort_key"]}
    shown = listing(request, rows, sorts=sorts, default_sort="unit")
    for duty in shown:
        duty.word = DutyReason(duty.reason).label  # type: ignore[attr-defined]
    noun = ngettext("person", "people", shown.total)
    context |= {"listing": shown, "title": titles[how], "how": how, "noun": noun}
    return page(request, "classes/desk/placement_people.html", context)
