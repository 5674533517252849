"""Pages of publication: the board, where a document stands, placements and their reach, deadlines."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from quantriet.kit import staging
from quantriet.kit.numbers import show_number, whole_number
from quantriet.kit.refusal import NotAllowed, Refusal, refusals_on
from quantriet.kit.spreadsheets import OutColumn
from quantriet.kit.time import now, parse_day, show_day, today
from quantriet.kit.web import Chip, listing, page, query, saved
from quantriet.kit.web.sheets import workbook
from quantriet.library import access
from quantriet.library.actions import lists, publication
from quantriet.library.models import PublicationClock
from quantriet.library.queries import publication as queries
from quantriet.library.queries import searched
from quantriet.library.rules.lists import PLACEMENT_COLUMNS
from quantriet.library.rules.publication import SOURCE_DEADLINE
from quantriet.library.vocab import DOCUMENT_TYPES, MASS_MEDIA, Channel, PublicationState, ReachKind
from quantriet.library.web.forms_publication import (
    BoardFilter,
    ConfirmForm,
    ExemptForm,
    ListForm,
    PlacementFilter,
    PlacementForm,
    PublicationRuleForm,
    ReachForm,
    ReasonForm,
)
from quantriet.library.web.frame import crumbs_of, form_page, noted, trail
from quantriet.org import access as org_access
from quantriet.org.models import Unit
from quantriet.org.queries.sheets import MOST_TOLD, kept_rows, rows_of
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page

SIGNS = {
    PublicationState.NOT_DUE: "silent",
    PublicationState.DUE_TODAY: "owing",
    PublicationState.OVERDUE: "late",
    PublicationState.IN_TIME: "done",
    PublicationState.LATE: "owing",
    PublicationState.EXEMPT: "exempt",
    PublicationState.NO_RULE: "silent",
}
_PURPOSE = "placements"
_SHOWN = 200


def read_period(request: DeskRequest) -> tuple[dt.date | None, dt.date | None, list[Chip]]:
    """The days of the filters `first` and `last`, and a chip for each."""
    first, last = (parse_day(request.GET.get(name, "")) for name in ("first", "last"))
    chips = []
    if first:
        chips.append(Chip(f"từ {show_day(first)}", query(request, first=None, page=None)))
    if last:
        chips.append(Chip(f"đến {show_day(last)}", query(request, last=None, page=None)))
    return first, last, chips


def chosen_unit(request: DeskRequest) -> Unit | None:
    """The unit of the address, if it is seen there; else the account's own; None for "everything I see"."""
    asked = request.GET.get("unit", "")
    if asked == "all":
        return None
    key = whole_number(asked)
    if key is not None:
        seen = org_access.units_seen_by(request.account, Permission.DOCUMENT_VIEW).select_related("parent")
        return get_object_or_404(seen, pk=key)
    return org_access.home_unit(request.account)


# --- the board --------------------------------------------------------------------------------------------------------------


@desk_page(Permission.DOCUMENT_VIEW)
def board(request: DeskRequest) -> HttpResponse:
    """Documents by state and register, in a period; each figure is a link to its documents."""
    day = today()
    unit = chosen_unit(request)
    clocks = access.clocks_seen_by(request.account)
    if unit is not None:
        clocks = queries.of_registers(clocks, unit)
    first, last, chips = read_period(request)
    clocks = queries.issued_between(clocks, first, last)
    counted = queries.board(clocks, unit, day)
    words = request.GET.get("q", "").strip()
    if words:
        documents = searched(access.documents_seen_by(request.account), words)
        clocks = clocks.filter(document__in=documents)
        chips.append(Chip(f"“{words}”", query(request, q=None, page=None)))
    state = request.GET.get("state", "")
    if state == "open":
        clocks = clocks.filter(queries.unpublished())
        chips.append(Chip(_("Not published yet"), query(request, state=None, page=None)))
    elif state in list(PublicationState):
        clocks = clocks.filter(queries.in_state(PublicationState(state), day))
        chips.append(Chip(PublicationState(state).label, query(request, state=None, page=None)))
    clocks = clocks.select_related("document__unit").defer("document__text")
    placements = access.placements_seen_by(request.account)
    if request.GET.get("format") == "xlsx":
        return _board_excel(list(clocks.order_by("-document__issued_on", "pk")), placements, day)
    found = listing(
        request,
        clocks,
        sorts={
            "due": ["due_on"],
            "issued": ["document__issued_on"],
            "number": ["document__type_code", "document__number"],
            "done": ["done_on"],
        },
        default_sort="-issued",
        chips=chips,
    )
    where = queries.placed_where(found.rows, placements)
    lines = [(one, seen_on(one, day), [_spot(spot) for spot in where.get(one.document_id, [])]) for one in found.rows]
    context = {
        "board": counted,
        "stats": [
            {
                "state": one,
                "sign": SIGNS[one],
                "count": number,
                "url": query(request, state=one.value, page=None, q=None),
            }
            for one, number in counted.total.cells
            if number or one not in (PublicationState.NO_RULE, PublicationState.EXEMPT)
        ],
        "open_url": query(request, state="open", page=None, q=None),
        "registers": [
            (one, query(request, unit=one.unit.pk if one.unit else None, page=None, state=None)) for one in counted.rows
        ],
        "clocks": found,
        "lines": lines,
        "filters": BoardFilter(request.GET),
        "unit": unit,
        "unit_asked": request.GET.get("unit", ""),
        "all_url": query(request, unit="all", page=None) if unit is not None else "",
        "own_url": query(request, unit=None, page=None) if request.GET.get("unit") else "",
        "q": words,
        "may_report": org_access.may_anywhere(request.account, Permission.PROPAGANDA_REPORT),
    }
    return page(request, "library/desk/publication_board.html", context)


def seen_on(clock: PublicationClock, day: dt.date) -> dict[str, Any]:
    """The verdict of a clock with the sign and the word of its state."""
    verdict = clock.verdict(day)
    return {"verdict": verdict, "sign": SIGNS[verdict.state], "state": verdict.state}


def _spot(placement: Any) -> dict[str, Any]:
    return {"placement": placement, "channel": Channel(placement.channel)}


def _board_excel(clocks: list[PublicationClock], placements: Any, day: dt.date) -> HttpResponse:
    where = queries.placed_where(clocks, placements)
    columns = [
        OutColumn("number", "Số, ký hiệu", kind="code", width=20),
        OutColumn("type", "Loại"),
        OutColumn("issued", "Ngày ban hành", kind="day"),
        OutColumn("subject", "Trích yếu", width=50),
        OutColumn("unit", "Sổ của", width=30),
        OutColumn("due", "Hạn đăng tải", kind="day"),
        OutColumn("done", "Ngày đăng", kind="day"),
        OutColumn("state", "Tình trạng"),
        OutColumn("where", "Nơi đăng", width=50),
        OutColumn("sentence", "Giải thích", width=60),
    ]
    lines = (
        {
            "number": one.document.reference_number,
            "type": DOCUMENT_TYPES[one.document.type_code],
            "issued": one.document.issued_on,
            "subject": one.document.subject,
            "unit": one.document.unit.name,
            "due": one.due_on,
            "done": one.done_on,
            "state": verdict.state.label,
            "where": "; ".join(
                f"{Channel(spot.channel).label} ({spot.unit.name}, {show_day(spot.placed_on)})"
                for spot in where.get(one.document_id, [])
            ),
            "sentence": verdict.sentence,
        }
        for one in clocks
        for verdict in [one.verdict(day)]
    )
    return workbook("dang-tai-van-ban.xlsx", "Đăng tải văn bản", columns, lines)


# --- one document -----------------------------------------------------------------------------------------------------------


@desk_page(Permission.DOCUMENT_VIEW)
def publication_of(request: DeskRequest, pk: int) -> HttpResponse:
    """How one document stands: its verdict, where it was put, and the figures there."""
    document = access.get_document(request.account, pk)
    clock = PublicationClock.objects.select_related("document", "exempt_by").filter(document=document).first()
    rows = queries.with_reach(access.placements_seen_by(request.account).filter(document=document))
    placements = list(rows.select_related("unit").order_by("placed_on", "pk"))
    may_edit = org_access.may(request.account, Permission.DOCUMENT_EDIT, document.unit)
    context = {
        "document": document,
        "clock": clock,
        "seen": seen_on(clock, today()) if clock else None,
        "lines": [
            _spot(one)
            | {
                "is_mass": one.channel in MASS_MEDIA,
                "figures": [(kind, value) for kind in ReachKind if (value := getattr(one, kind.value)) is not None],
            }
            for one in placements
        ],
        "may_edit": may_edit,
        "may_report": org_access.may_anywhere(request.account, Permission.PROPAGANDA_REPORT),
        **trail([(_("Publication"), reverse("publication-board"))]),
    }
    return page(request, "library/desk/publication.html", context)


@desk_page(Permission.PROPAGANDA_REPORT)
def placement_new(request: DeskRequest, pk: int) -> HttpResponse:
    """Log where a document was put, for one of the account's own units."""
    document = access.get_document(request.account, pk)
    form = PlacementForm(request.POST or None, account=request.account, initial={"placed_on": show_day(today())})
    back = reverse("publication", args=[document.pk])
    if request.method == "POST" and form.is_valid():
        with noted(request, form, "nơi đăng tải"):
            given = form.cleaned_data
            unit = given.pop("unit")
            publication.add_placement(
                document, unit, by=request.account, at=now(), **given | {"channel": Channel(given["channel"])}
            )
            return saved(request, to=back, message=_("The placement is logged."))
    return form_page(
        request, form, _("Log a placement"), back, lead=f"{document.citation}, {document.subject}", document=document
    )


@desk_page(Permission.DOCUMENT_EDIT)
def exempt(request: DeskRequest, pk: int) -> HttpResponse:
    """Say that a document is not published, or that it is after all."""
    document = access.get_document(request.account, pk, Permission.DOCUMENT_EDIT)
    clock = PublicationClock.objects.filter(document=document).first()
    back = reverse("publication", args=[document.pk])
    if clock is not None and clock.exempt_reason:
        form: Any = Form(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            with refusals_on(form):
                publication.lift_exemption(document, by=request.account, at=now())
                return saved(request, to=back, message=_("The document is to be published; its deadline runs."))
        lead = f"{document.citation}: không đăng tải vì {clock.exempt_reason}, theo {clock.exempt_basis}. Bỏ ghi này thì hạn đăng tải lại được tính từ ngày ban hành."
        return form_page(
            request, form, _("Publish after all"), back, lead=lead, document=document, submit=_("Publish after all")
        )
    form = ExemptForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with noted(request, form, "lý do không đăng tải"):
            publication.exempt_document(document, by=request.account, at=now(), **form.cleaned_data)
            return saved(request, to=back, message=_("Recorded: not to be published."))
    lead = f"{document.citation}, {document.subject}. Chỉ dùng cho văn bản nội bộ; văn bản có độ mật không được đưa vào hệ thống này."
    return form_page(request, form, _("Not to be published"), back, lead=lead, document=document)


# --- placements -------------------------------------------------------------------------------------------------------------


@desk_page(Permission.DOCUMENT_VIEW)
def placement_list(request: DeskRequest) -> HttpResponse:
    """Placements of the account's branch, with their latest figures; sums by channel."""
    unit = chosen_unit(request)
    rows = access.placements_seen_by(request.account).filter(withdrawn_at__isnull=True)
    if unit is not None:
        rows = rows.filter(unit__in=Unit.objects.under(unit))
    first, last, chips = read_period(request)
    if first:
        rows = rows.filter(placed_on__gte=first)
    if last:
        rows = rows.filter(placed_on__lte=last)
    channel = request.GET.get("channel", "")
    if channel in list(Channel):
        rows = rows.filter(channel=channel)
        chips.append(Chip(Channel(channel).label, query(request, channel=None, page=None)))
    words = request.GET.get("q", "").strip()
    if words:
        rows = rows.filter(document__in=searched(access.documents_seen_by(request.account), words))
        chips.append(Chip(f"“{words}”", query(request, q=None, page=None)))
    sums = queries.reach_by_channel(rows)
    rows = queries.with_reach(rows).select_related("document", "unit").defer("document__text")
    if request.GET.get("format") == "xlsx":
        return _placements_excel(rows.order_by("-placed_on", "-pk"))
    found = listing(
        request, rows, sorts={"placed": ["placed_on"], "views": ["views"], "document": ["document__reference_folded"]},
        default_sort="-placed", chips=chips,
    )  # fmt: skip
    context = {
        "placements": found,
        "lines": [(one, Channel(one.channel)) for one in found.rows],
        "board_url": reverse("publication-board"),
        "sums": [
            {
                "channel": Channel(one["channel"]),
                "number": one["number"],
                "figures": [one[f"sum_{kind.value}"] for kind in ReachKind],
                "url": query(request, channel=one["channel"], page=None),
            }
            for one in sums
        ],
        "kinds": list(ReachKind),
        "filters": PlacementFilter(request.GET),
        "unit": unit,
        "unit_asked": request.GET.get("unit", ""),
        "q": words,
        "may_report": org_access.may_anywhere(request.account, Permission.PROPAGANDA_REPORT),
        **trail([(_("Publication"), reverse("publication-board"))]),
    }
    return page(request, "library/desk/placements.html", context)


def _placements_excel(rows: Any) -> HttpResponse:
    """In the columns in which the list is read back."""
    columns = [
        OutColumn("document", "Số, ký hiệu", kind="code", width=20),
        OutColumn("issued", "Ngày ban hành", kind="day"),
        OutColumn("unit", "Đơn vị đăng", kind="code", width=16),
        OutColumn("unit_name", "Tên nơi đăng", width=30),
        OutColumn("channel", "Kênh", width=30),
        OutColumn("placed", "Ngày đăng", kind="day"),
        OutColumn("title", "Tiêu đề", width=50),
        OutColumn("url", "Đường dẫn", width=40),
        OutColumn("note", "Ghi chú", width=30),
        OutColumn("as_of", "Số liệu đến ngày", kind="day"),
        OutColumn("views", "Lượt xem, nghe", kind="whole"),
        OutColumn("reactions", "Lượt tương tác", kind="whole"),
        OutColumn("shares", "Lượt chia sẻ", kind="whole"),
        OutColumn("copies", "Số bản", kind="whole"),
    ]
    lines = (
        {
            "document": one.document.reference_number,
            "issued": one.document.issued_on,
            "unit": one.unit.code,
            "unit_name": one.unit.name,
            "channel": Channel(one.channel).label,
            "placed": one.placed_on,
            "title": one.title,
            "url": one.url,
            "note": one.note,
            "as_of": one.reach_as_of,
            **{kind.value: getattr(one, kind.value) for kind in ReachKind},
        }
        for one in rows.iterator(chunk_size=1000)
    )
    return workbook("noi-dang-tai.xlsx", "Nơi đăng tải", columns, lines)


@desk_page(Permission.DOCUMENT_VIEW)
def placement(request: DeskRequest, pk: int) -> HttpResponse:
    """One placement with the history of its figures; who reports there enters new ones."""
    entering = request.method == "POST"
    found = access.get_placement(
        request.account, pk, Permission.PROPAGANDA_REPORT if entering else Permission.DOCUMENT_VIEW
    )
    form = ReachForm(request.POST or None, initial={"as_of": show_day(today())})
    if entering and form.is_valid():
        with refusals_on(form):
            new = publication.count_reach(
                found, as_of=form.cleaned_data["as_of"], numbers=form.numbers, by=request.account, at=now()
            )
            told = _("The figures are entered.") if new else _("The same figures stand already; nothing changed.")
            return saved(request, to=request.path, message=told)
    readings: dict[Any, dict[str, Any]] = {}
    for one in found.reach.select_related("by").order_by("as_of", "pk"):
        line = readings.setdefault(one.as_of, {"as_of": one.as_of, "figures": dict.fromkeys(ReachKind), "by": one.by})
        line["figures"][ReachKind(one.kind)] = one.value
    context = {
        "placement": found,
        "channel": Channel(found.channel),
        "is_mass": found.channel in MASS_MEDIA,
        "form": form,
        "kinds": list(ReachKind),
        "readings": [one | {"cells": list(one["figures"].items())} for one in reversed(readings.values())],
        "may_report": found.withdrawn_at is None
        and org_access.may(request.account, Permission.PROPAGANDA_REPORT, found.unit),
        **trail(crumbs_of(found.document)),
    }
    return page(request, "library/desk/placement.html", context, status=422 if entering else 200)


@desk_page(Permission.PROPAGANDA_REPORT)
def placement_edit(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_placement(request.account, pk, Permission.PROPAGANDA_REPORT)
    names = ("channel", "title", "url", "note")
    initial = {name: getattr(found, name) for name in names} | {"placed_on": show_day(found.placed_on)}
    form = PlacementForm(request.POST or None, account=request.account, correcting=True, initial=initial)
    back = reverse("placement", args=[found.pk])
    if request.method == "POST" and form.is_valid():
        with noted(request, form, "nơi đăng tải"):
            given = form.cleaned_data
            publication.correct_placement(
                found, by=request.account, at=now(), **given | {"channel": Channel(given["channel"])}
            )
            return saved(request, to=back, message=_("Saved."))
    return form_page(request, form, _("Correct the placement"), back, lead=found.title, document=found.document)


@desk_page(Permission.PROPAGANDA_REPORT)
def placement_withdraw(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_placement(request.account, pk, Permission.PROPAGANDA_REPORT)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with noted(request, form, "lý do"):
            publication.withdraw_placement(found, reason=form.cleaned_data["reason"], by=request.account, at=now())
            return saved(request, to=reverse("placement", args=[found.pk]), message=_("The placement is withdrawn."))
    lead = f"“{found.title}”, {Channel(found.channel).label}, ngày {show_day(found.placed_on)}. Rút rồi thì không tính là đã đăng; nếu văn bản chưa đăng nơi khác, hạn đăng tải lại chạy."
    return form_page(
        request, form, _("Withdraw the placement"), reverse("placement", args=[found.pk]), lead=lead, document=found.document,
        submit=_("Withdraw"), danger=True,
    )  # fmt: skip


@desk_page(Permission.PROPAGANDA_REPORT)
def placement_import(request: DeskRequest) -> HttpResponse:
    """Placements and figures of an Excel list: read, shown, confirmed, written all or nothing."""
    back = reverse("placement-list")
    crumbs = [(_("Publication"), reverse("publication-board")), (_("Placements"), back)]
    context: dict[str, Any] = {
        "heading": _("Placements and figures from Excel"), "back": back, **trail(crumbs), "sample": f"{back}?format=xlsx",
        "columns": [one.label for one in PLACEMENT_COLUMNS], "needed": [one.label for one in PLACEMENT_COLUMNS if one.required],
    }  # fmt: skip
    if "staged" in request.POST:
        confirm = ConfirmForm(request.POST)
        if confirm.is_valid():
            with noted(request, confirm, "danh sách nơi đăng tải"):
                rows = kept_rows(confirm.cleaned_data["staged"], PLACEMENT_COLUMNS, purpose=_PURPOSE)
                new, figures = lists.import_placements(
                    rows, unit=listed_unit(request, confirm), by=request.account, at=now()
                )
                staging.drop(confirm.cleaned_data["staged"], purpose=_PURPOSE)
                told = f"Đã ghi {show_number(new)} lần đăng và {show_number(figures)} số liệu mới."
                if not new and not figures:
                    told = "Mọi dòng đã có từ trước; không có gì thay đổi."
                return saved(request, to=back, message=told)
        return page(request, "library/desk/list_new.html", context | {"form": confirm, "again": True}, status=422)
    form = ListForm(request.POST or None, request.FILES or None, account=request.account)
    if request.method == "POST" and form.is_valid():
        with noted(request, form, "danh sách nơi đăng tải"):
            upload, unit = form.cleaned_data["file"], form.cleaned_data["unit"]
            read = lists.understand_placements(
                rows_of(upload, PLACEMENT_COLUMNS), unit=unit, by=request.account, at=now()
            )
            if read.faults:
                return faulty(request, read.faults, context)
            new = [one for one in read.lines if one.is_new]
            more = [one for one in read.lines if not one.is_new and one.numbers]
            same = [one for one in read.lines if not one.is_new and not one.numbers]
            confirm = ConfirmForm(initial={"staged": staging.stage(upload, purpose=_PURPOSE), "unit": unit.pk})
            sentence = (
                f"Đọc được {show_number(len(read.lines))} dòng của “{upload.name}”: {show_number(len(new))} lần đăng mới, "
                f"{show_number(len(more))} lần đăng đã có được thêm số liệu, {show_number(len(same))} dòng đã có sẵn. Chưa ghi gì."
            )
            groups = [(_("New"), new[:_SHOWN], len(new)), (_("New figures"), more[:_SHOWN], len(more)), (_("There already"), same[:_SHOWN], len(same))]  # fmt: skip
            return page(
                request, "library/desk/placement_list_preview.html",
                context | {"form": confirm, "sentence": sentence, "groups": [one for one in groups if one[2]], "can_confirm": bool(new or more)},
            )  # fmt: skip
    return page(request, "library/desk/list_new.html", context | {"form": form}, status=422 if form.is_bound else 200)


def faulty(request: DeskRequest, faults: list[Refusal], context: dict[str, Any]) -> HttpResponse:
    """The page that tells every fault of a list by row and column; nothing is kept."""
    told = {"faults": faults[:MOST_TOLD], "fault_count": len(faults), "form": ListForm(account=request.account)}
    return page(request, "library/desk/list_new.html", context | told, status=422)


def listed_unit(request: DeskRequest, confirm: ConfirmForm) -> Unit:
    """The unit of a confirmed list, through the account's reach once more: the key came from outside."""
    key = whole_number(confirm.cleaned_data["unit"])
    unit = access.reporting_units(request.account).filter(pk=key).first()
    if unit is None:
        raise NotAllowed
    return unit


# --- deadlines --------------------------------------------------------------------------------------------------------------


@desk_page(Permission.DOCUMENT_VIEW)
def rule_list(request: DeskRequest) -> HttpResponse:
    """Which deadline holds where and by which paper."""
    rules = access.publication_rules_seen_by(request.account).select_related("unit", "set_by")
    context = {
        "rules": rules.order_by("unit__path", "-valid_from")[:500],
        "source": SOURCE_DEADLINE,
        "may_edit": org_access.may_anywhere(request.account, Permission.DOCUMENT_EDIT),
        **trail([(_("Publication"), reverse("publication-board"))]),
    }
    return page(request, "library/desk/publication_rules.html", context)


@desk_page(Permission.DOCUMENT_EDIT)
def rule_new(request: DeskRequest) -> HttpResponse:
    units = org_access.units_seen_by(request.account, Permission.DOCUMENT_EDIT).filter(closed_on__isnull=True)
    initial = {
        "remind_days": SOURCE_DEADLINE.remind_days,
        "due_days": SOURCE_DEADLINE.due_days,
        "valid_from": show_day(today()),
    }
    form = PublicationRuleForm(
        request.POST or None, units=units, home=org_access.home_unit(request.account), initial=initial
    )
    back = reverse("publication-rules")
    if request.method == "POST" and form.is_valid():
        with noted(request, form, "hạn đăng tải"):
            given = form.cleaned_data
            publication.set_publication_rule(given.pop("unit"), by=request.account, at=now(), **given)
            return saved(request, to=back, message=_("The new deadline has been entered."))
    return form_page(
        request,
        form,
        _("Set another deadline"),
        back,
        lead="Tính theo ngày lịch kể từ ngày ban hành. Văn bản ban hành trước ngày áp dụng giữ thời hạn cũ.",
    )
