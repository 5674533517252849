"""The list of classes, a new class, the page of one class and its life."""

from __future__ import annotations

import io
from typing import cast

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quantriet.campaigns import access as campaign_access
from quantriet.campaigns.models import StudyCampaign
from quantriet.campaigns.vocab import CampaignState, StudyForm
from quantriet.classes import access, actions, queries
from quantriet.classes.models import StudyClass
from quantriet.classes.vocab import DEFAULT_CONDUCT, ClassState, ConferenceLevel
from quantriet.classes.web.forms import ClassFilter, ClassForm, OutsidersForm, ReasonForm
from quantriet.classes.web.frame import STATE_SIGNS, class_page
from quantriet.kit import spreadsheets
from quantriet.kit.numbers import show_number, whole_number
from quantriet.kit.refusal import Refusal, Refusals, refusals_on
from quantriet.kit.text import fold
from quantriet.kit.time import now, show_day
from quantriet.kit.web import Chip, download, listing, page, query, saved
from quantriet.library.vocab import ContentTier
from quantriet.org import access as org_access
from quantriet.org.models import Account, Unit
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SORTS = {
    "title": ["title"],
    "unit": ["unit__path"],
    "day": ["first_session_at"],
    "state": ["state"],
    "people": ["people"],
}


def _running_campaigns(account: Account) -> QuerySet[StudyCampaign]:
    return campaign_access.campaigns_seen_by(account).filter(state__in=[CampaignState.DRAFT, CampaignState.OPEN])


@desk_page(Permission.CLASS_VIEW)
def class_list(request: DeskRequest) -> HttpResponse:
    classes = access.classes_seen_by(request.account)
    campaigns = campaign_access.campaigns_seen_by(request.account).order_by("-planned_from", "-pk")
    units = Unit.objects.filter(pk__in=classes.order_by().values("unit_id")).order_by("path")
    filters = ClassFilter(request.GET, campaigns=campaigns, units=units)
    filters.is_valid()
    chosen = filters.cleaned_data
    chips: list[Chip] = []
    words = request.GET.get("q", "").strip()
    if words:
        classes = classes.filter(
            Q(title__icontains=words) | Q(code__iexact=words) | Q(unit__name_folded__contains=fold(words))
        )
        chips.append(Chip(f"{_('Search')}: {words}", query(request, q=None, page=None)))
    if chosen.get("state"):
        classes = classes.filter(state=chosen["state"])
        chips.append(Chip(ClassState(chosen["state"]).label, query(request, state=None, page=None)))
    if chosen.get("campaign"):
        classes = classes.filter(campaign=chosen["campaign"])
        chips.append(Chip(chosen["campaign"].name, query(request, campaign=None, page=None)))
    if chosen.get("day"):
        classes = classes.filter(queries.on_day(chosen["day"]))
        chips.append(Chip(show_day(chosen["day"]), query(request, day=None, page=None)))
    if chosen.get("unit"):
        classes = classes.filter(queries.under([chosen["unit"]]))
        chips.append(Chip(chosen["unit"].name, query(request, unit=None, page=None)))
    if request.GET.get("mine"):
        classes = classes.filter(venues__clerk=request.account).distinct()
        chips.append(Chip(_("I am the clerk"), query(request, mine=None, page=None)))
    rows = queries.class_rows(classes)
    if request.GET.get("format") == "xlsx":
        return _class_workbook(rows)
    shown = listing(request, rows, sorts=SORTS, default_sort="-day", chips=chips)
    for row in shown:
        row.sign, row.word = STATE_SIGNS[ClassState(row.state)], ClassState(row.state).label  # type: ignore[attr-defined]
    return page(
        request,
        "classes/desk/list.html",
        {
            "listing": shown,
            "chips": shown.chips,
            "filters": filters,
            "q": words,
            "may_add": org_access.may_anywhere(request.account, Permission.CLASS_EDIT),
            # The proof that nobody falls out is asked for where classes are planned (B-02).
            "campaigns": list(_running_campaigns(request.account).order_by("-planned_from", "-pk")[:3]),
            "is_clerk": not request.GET.get("mine") and access.is_clerk(request.account),
            "has_any": bool(shown.total) or bool(chips),
        },
    )


def _class_workbook(rows: QuerySet[StudyClass]) -> HttpResponse:
    column = spreadsheets.OutColumn
    columns = [
        column("code", "Mã lớp", kind="code"),
        column("title", "Tên lớp", width=40),
        column("campaign", "Đợt học tập", width=40),
        column("unit", "Đơn vị tổ chức", width=32),
        column("level", "Cấp hội nghị", width=28),
        column("form", "Hình thức", width=16),
        column("first", "Buổi đầu", kind="moment", width=18),
        column("people", "Số người", kind="number"),
        column("venues", "Số điểm cầu", kind="number"),
        column("state", "Tình trạng", width=14),
    ]
    lines = (
        {
            "code": row.code,
            "title": row.title,
            "campaign": row.campaign.name,
            "unit": row.unit.name,
            "level": ConferenceLevel(row.level).label,
            "form": StudyForm(row.form).label,
            "first": row.first_session_at,  # type: ignore[attr-defined]
            "people": row.people,  # type: ignore[attr-defined]
            "venues": row.venue_count,  # type: ignore[attr-defined]
            "state": ClassState(row.state).label,
        }
        for row in rows.order_by("first_session_at", "pk").iterator(chunk_size=2000)
    )
    return workbook("lop-hoc-tap.xlsx", "Danh sách lớp", columns, lines)


def workbook(
    name: str, title: str, columns: list[spreadsheets.OutColumn], lines: object, heading: tuple[str, ...] = ()
) -> HttpResponse:
    """One sheet as a download."""
    target = io.BytesIO()
    sheet = spreadsheets.Sheet(title, columns, lines, heading=heading or (title,))  # type: ignore[arg-type]
    spreadsheets.write_workbook(target, [sheet], at=now(), title=title)
    target.seek(0)
    return download(target, name=name, kind=XLSX)


@desk_page(Permission.CLASS_EDIT)
def new_class(request: DeskRequest) -> HttpResponse:
    units = access.units_to_organise(request.account)
    unit = _unit_of_new(request, units)
    hosts = Unit.objects.filter(pk__in=unit.ancestor_ids[:-1] if unit else []).order_by("depth")
    campaigns = _running_campaigns(request.account).order_by("-planned_from", "-pk")
    initial = {
        "campaign": request.GET.get("campaign") or campaigns.first(),
        "unit": unit,
        "form": StudyForm.IN_PERSON,
        "level": ConferenceLevel.GRASSROOTS,
        "tier": ContentTier.GRASSROOTS,
        "venue_name": "Hội trường",
        "session_title": "Buổi sáng",
        "starts": "07:30",
        "ends": "11:00",
        "rules_of_conduct": DEFAULT_CONDUCT,
        "is_catch_up": bool(request.GET.get("catch_up")),
    }
    form = ClassForm(request.POST or None, initial=initial, campaigns=campaigns, units=units, hosts=hosts)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        org_access.require(request.account, Permission.CLASS_EDIT, data["unit"])
        starts_at, ends_at = form.session_times()
        given = {
            name: data[name]
            for name in (
                "campaign", "unit", "title", "form", "level", "tier", "is_catch_up", "host_unit", "venue_name", "address",
                "capacity", "rules_of_conduct", "note",
            )
        }  # fmt: skip
        at = now()
        with refusals_on(form), transaction.atomic():
            made = actions.add_class(by=request.account, at=at, **given)
            try:
                actions.add_session(
                    made, by=request.account, at=at, title=data["session_title"], starts_at=starts_at, ends_at=ends_at
                )
            except Refusal as refusal:
                fields = {"starts_at": "day", "ends_at": "ends", "title": "session_title"}
                refusal.field = fields.get(refusal.field or "", refusal.field)
                raise
            return saved(request, to=reverse("class", args=[made.pk]), message=_("The class is planned as a draft."))
    return page(request, "classes/desk/new.html", {"form": form, "has_campaign": campaigns.exists()})


def _unit_of_new(request: DeskRequest, units: QuerySet[Unit]) -> Unit | None:
    wanted = whole_number(request.POST.get("unit") or request.GET.get("unit"))
    if wanted is not None:
        found = units.filter(pk=wanted).first()
        if found is not None:
            return found
    home = org_access.home_unit(request.account)
    return units.filter(pk=home.pk).first() if home else None


@desk_page(Permission.CLASS_VIEW)
def show_class(request: DeskRequest, pk: int) -> HttpResponse:
    return _overview(request, access.get_class(request.account, pk))


def _overview(request: DeskRequest, study_class: StudyClass, refusals: list[Refusal] | None = None) -> HttpResponse:
    seats = queries.capacity(study_class)
    people = sum(one.seated for one in seats)
    sessions = list(study_class.sessions.all())
    checks = queries.release_checks(study_class)
    since = [f"{number}: {show_number(days)} ngày" for number, days in queries.days_since_issue(study_class)]
    items = [
        (_("Class code"), study_class.code),
        (_("Conference level"), ConferenceLevel(study_class.level).label),
        (_("Form of study"), StudyForm(study_class.form).label),
        (_("Learners"), ContentTier(study_class.tier).label),
        (_("Organised by"), study_class.unit.name),
    ]
    if study_class.host_unit is not None:
        items.append((_("Host of the conference"), study_class.host_unit.name))
    if since:
        # Said with its reason: the study is to follow the issue as soon as may be.
        items.append(
            (_("Time from issue to class"), "; ".join(since) + " (văn bản phải được học sớm nhất sau khi ban hành)")
        )
    if study_class.outsiders:
        items.append((_("People outside the roster who attended"), show_number(study_class.outsiders)))
    cancel = ReasonForm(prefix="cancel")
    return class_page(
        request,
        "classes/desk/class.html",
        study_class,
        {
            "items": items,
            "sessions": sessions,
            "seats": seats,
            "people": people,
            "total_seats": sum(one.capacity for one in seats if one.capacity)
            if all(one.capacity for one in seats)
            else None,
            "minutes": queries.planned_seconds(study_class) // 60,
            "summoned": study_class.roster.filter(summoned_at__isnull=False).count(),
            "checks": checks,
            "stopped": sum(1 for check in checks if check.stops and not check.passed),
            "notices": queries.notices_before(study_class),
            "refusals": refusals or [],
            "cancel_form": cancel,
            "cancel_sentence": f"Hủy lớp “{study_class.title}”: {show_number(people)} người trở lại “chưa có lớp”.",
            "reopen_sentence": f"Mở lại lớp “{study_class.title}” để sửa: giấy mời đã gửi cho {show_number(people)} người "
            "không còn giá trị và phải gửi lại.",
            "outsiders_form": OutsidersForm(initial={"outsiders": study_class.outsiders}),
        },
        part="class",
    )


@desk_page(Permission.CLASS_EDIT)
def edit_class(request: DeskRequest, pk: int) -> HttpResponse:
    study_class = access.get_class(request.account, pk, Permission.CLASS_EDIT)
    hosts = Unit.objects.filter(pk__in=study_class.unit.ancestor_ids[:-1]).order_by("depth")
    form = ClassForm(request.POST or None, hosts=hosts, study_class=study_class)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.change_class(study_class, by=request.account, at=now(), **form.cleaned_data)
            return saved(request, to=reverse("class", args=[pk]), message=_("Saved."))
    return class_page(request, "classes/desk/edit.html", study_class, {"form": form}, part="class")


def _step(request: HttpRequest, pk: int, step: object, message: str, **more: object) -> HttpResponse:
    """One move in the life of a class; a refusal is shown on its page."""
    desk = cast(DeskRequest, request)
    study_class = access.get_class(desk.account, pk, Permission.CLASS_EDIT)
    try:
        step(study_class, by=desk.account, at=now(), **more)  # type: ignore[operator]
    except Refusals as many:
        return _overview(desk, access.get_class(desk.account, pk), many.several)
    except Refusal as one:
        return _overview(desk, access.get_class(desk.account, pk), [one])
    return saved(request, to=reverse("class", args=[pk]), message=message)


@desk_page(Permission.CLASS_EDIT)
@require_POST
def release(request: HttpRequest, pk: int) -> HttpResponse:
    return _step(request, pk, actions.release_class, _("The class is released; summons may go out."))


@desk_page(Permission.CLASS_EDIT)
@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    return _step(request, pk, actions.reopen_class, _("The class is a draft again."))


@desk_page(Permission.CLASS_EDIT)
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    reason = request.POST.get("cancel-reason", "").strip()
    if not reason:
        study_class = access.get_class(cast(DeskRequest, request).account, pk, Permission.CLASS_EDIT)
        missing = Refusal("class.reason_missing", "Hãy ghi lý do hủy lớp.")
        return _overview(cast(DeskRequest, request), study_class, [missing])
    return _step(request, pk, actions.cancel_class, _("The class is cancelled."), reason=reason)


@desk_page(Permission.CLASS_EDIT)
@require_POST
def outsiders(request: HttpRequest, pk: int) -> HttpResponse:
    form = OutsidersForm(request.POST)
    if not form.is_valid():
        study_class = access.get_class(cast(DeskRequest, request).account, pk, Permission.CLASS_EDIT)
        wrong = Refusal("class.outsiders_wrong", "Số người phải là số nguyên không âm.")
        return _overview(cast(DeskRequest, request), study_class, [wrong])
    return _step(request, pk, actions.count_outsiders, _("Saved."), count=form.cleaned_data["outsiders"])
