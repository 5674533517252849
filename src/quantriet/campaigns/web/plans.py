"""A superior's campaign at each lower unit, to be scheduled; documents that no campaign has taken up yet."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from quantriet.campaigns import access, actions, queries
from quantriet.campaigns.models import CampaignPlan, schedulable
from quantriet.campaigns.rules import boards as rules
from quantriet.campaigns.vocab import PlanState
from quantriet.campaigns.web.boards import _crumbs, asked_moment
from quantriet.campaigns.web.desk import frame
from quantriet.campaigns.web.excel import workbook
from quantriet.campaigns.web.forms import NoticeForm, PlanFilterForm, PlanForm
from quantriet.kit.numbers import whole_number
from quantriet.kit.refusal import refusals_on
from quantriet.kit.spreadsheets import OutColumn, Sheet
from quantriet.kit.text import fold
from quantriet.kit.time import now, show_day
from quantriet.kit.web import Chip, listing, page, query, saved
from quantriet.library import access as library_access
from quantriet.org import access as org_access
from quantriet.org.access import may, may_anywhere
from quantriet.org.models import Unit
from quantriet.org.vocab import Level, Permission
from quantriet.org.web.pages import desk_page

_SORTS = {
    "unit": ["unit__path"],
    "state": ["state", "unit__path"],
    "from": ["planned_from", "unit__path"],
    "held": ["first_held_at", "unit__path"],
}


def _narrowed(request, rows, at):
    """Filter plans by state and words; "open" is what had not been organised at the moment shown."""
    chips = []
    state = request.GET.get("state", "")
    if state == "open":
        rows = rows.exclude(first_held_at__lt=at.moment)
        chips.append(Chip(_("Not organised yet"), query(request, state=None, page=None)))
    elif state in set(PlanState):
        rows = rows.filter(state=state)
        chips.append(Chip(PlanState(state).label, query(request, state=None, page=None)))
    if at.day:
        chips.append(Chip(at.phrase, query(request, as_of=None, page=None)))
    words = request.GET.get("q", "")
    if words:
        rows = rows.filter(unit__name_folded__contains=fold(words))
        chips.append(Chip(words, query(request, q=None, page=None)))
    return rows, chips, words


def _with_people(shown):
    """What stands beside each plan: who answers for it, and when it is held, known from the plan or its classes."""
    queries.add_days(shown)
    heads, leaders = queries.answerable([plan.unit_id for plan in shown])
    for plan in shown:
        plan.head, plan.leaders = heads.get(plan.unit_id), leaders.get(plan.unit_id, [])


def _excel(title, heading, rows):
    def lines():
        shown = list(rows)
        _with_people(shown)
        for plan in shown:
            yield {
                "campaign": plan.campaign.name,
                "unit": plan.unit.name,
                "state": PlanState(plan.state).label,
                "from": plan.days_from,
                "to": plan.days_to,
                "held": plan.first_held_at,
                "head": plan.head.person.full_name if plan.head else "",
                "leaders": ", ".join(one.person.full_name for one in plan.leaders),
            }

    columns = [
        OutColumn("campaign", _("Study campaign"), 40),
        OutColumn("unit", _("Unit"), 36),
        OutColumn("state", _("State"), 18),
        OutColumn("from", _("From day"), kind="day"),
        OutColumn("to", _("To day"), kind="day"),
        OutColumn("held", _("Organised at"), kind="moment"),
        OutColumn("head", _("Head"), 24),
        OutColumn("leaders", _("Leader in charge"), 28),
    ]
    return workbook(title, [Sheet(title, columns, lines(), heading=heading)])


@desk_page(Permission.CAMPAIGN_VIEW)
def of_campaign(request, pk):
    """All lower units of one campaign: who has organised, who has not, at a day (R-031)."""
    campaign = access.get_campaign(request.account, pk)
    at = asked_moment(request, todays_tree=request.GET.get("tree") == "today")
    unit = access.get_board_unit(request.account, campaign, whole_number(request.GET.get("unit")), at.tree)
    rows = access.plans_seen_by(request.account).filter(
        pk__in=queries.plans_inside(campaign, unit, at).order_by().values("pk")
    )
    total = rows.count()
    left = rows.exclude(first_held_at__lt=at.moment).count()
    rows, chips, words = _narrowed(request, rows.select_related("unit", "responsible", "campaign"), at)
    if request.GET.get("format") == "xlsx":
        return _excel(_("Units"), (campaign.name, unit.name, at.phrase), rows.order_by("unit__path"))
    return page(
        request,
        "campaigns/desk/campaign_plans.html",
        frame(
            request,
            campaign,
            "campaign-plans",
            unit=unit,
            as_of=at,
            total=total,
            left=left,
            meaning=rules.UNORGANISED,
            crumbs=_crumbs(request, campaign, unit, at, "campaign-plans"),
            q=words,
            filters=PlanFilterForm(initial=request.GET.dict() | {"as_of": at.day}),
            message_url=f"{reverse('campaign-message', args=[pk])}?unit={unit.pk}&about=unorganised"
            if left and may(request.account, Permission.MESSAGE_SEND, unit)
            else "",
            rows=listing(request, rows, sorts=_SORTS, default_sort="unit", chips=chips, prepare=_with_people),
        ),
    )


@desk_page(Permission.CAMPAIGN_VIEW)
def plans(request):
    """What superiors' campaigns ask of the account's units."""
    at = asked_moment(request)
    rows = (
        access.plans_seen_by(request.account)
        .filter(schedulable("campaign__"))
        .select_related("unit", "campaign__unit", "responsible")
    )
    rows, chips, words = _narrowed(request, rows, at)
    if request.GET.get("format") == "xlsx":
        return _excel(_("Plans"), (at.phrase,), rows.order_by("campaign_id", "unit__path"))
    return page(
        request,
        "campaigns/desk/plans.html",
        {
            "rows": listing(
                request,
                rows,
                sorts={**_SORTS, "campaign": ["campaign__planned_from", "unit__path"]},
                default_sort="campaign",
                chips=chips,
                prepare=_with_people,
            ),
            "q": words,
            "filters": PlanFilterForm(initial=request.GET.dict() | {"as_of": at.day}),
        },
    )


@desk_page(Permission.CAMPAIGN_VIEW)
def plan(request, pk):
    """One unit's plan of a campaign: what the superior asks, and the unit's own schedule."""
    found: CampaignPlan = access.get_plan(request.account, pk)
    campaign = found.campaign
    may_schedule = may(request.account, Permission.PLAN_SCHEDULE, found.unit)
    form = None
    if may_schedule and campaign.takes_schedules:
        initial = {
            "form": found.form or campaign.form,
            "planned_from": found.planned_from or campaign.planned_from,
            "planned_to": found.planned_to or queries.campaign_due_on(campaign),
            "assignment": found.assignment,
            "responsible": found.responsible_id,
            "plan_number": found.plan_number,
        }
        form = PlanForm(request.POST or None, plan=found, initial=initial)
        if request.method == "POST" and form.is_valid():
            with refusals_on(form):
                actions.schedule_plan(found, by=request.account, at=now(), **form.cleaned_data)
                return saved(
                    request,
                    to=reverse("plan", args=[pk]),
                    message=_("The plan has been scheduled. Now make the class."),
                )
    elif request.method == "POST":
        org_access.require(request.account, Permission.PLAN_SCHEDULE, found.unit)
    heads, leaders = queries.answerable([found.unit_id])
    return page(
        request,
        "campaigns/desk/plan.html",
        {
            "plan": found,
            "class_url": f"{reverse('class-new')}?campaign={campaign.pk}&unit={found.unit_id}"
            if found.state == PlanState.SCHEDULED
            and campaign.takes_schedules
            and may(request.account, Permission.CLASS_EDIT, found.unit)
            else "",
            "campaign": campaign,
            "form": form,
            "due_on": queries.campaign_due_on(campaign),
            "documents": [one.document for one in campaign.campaign_documents.select_related("document")],
            "head": heads.get(found.unit_id),
            "leaders": leaders.get(found.unit_id, []),
            "form_changes": queries.form_changes(campaign, found.unit),
            "tasks": campaign.assignments.filter(unit=found.unit).order_by("pk"),
            "lessons": queries.earlier_lessons(found.unit, campaign),
            "children": found.children.select_related("unit").order_by("unit__sort_key"),
        },
    )


@desk_page(Permission.CAMPAIGN_VIEW)
def unstudied(request):
    """Registered documents that stand in no campaign yet (R-018)."""
    rows = queries.unstudied(
        library_access.documents_seen_by(request.account, Permission.CAMPAIGN_VIEW)
    ).select_related("unit")
    return page(
        request,
        "campaigns/desk/unstudied.html",
        {
            "rows": listing(
                request,
                rows,
                sorts={"issued": ["issued_on"], "number": ["reference_folded"], "before": ["finish_before_on"]},
                default_sort="-issued",
            ),
            "may_plan": may_anywhere(request.account, Permission.CAMPAIGN_PLAN),
            "notices": access.notices_seen_by(request.account)
            .select_related("document", "unit", "by")
            .order_by("-at")[:10],
        },
    )


def _below(unit: Unit) -> list[Unit]:
    """The units a notice goes to: the committees directly below, else the cells."""
    children = list(Unit.objects.active().filter(parent=unit).select_related("kind").order_by("sort_key"))
    return [one for one in children if one.kind.level != Level.CELL] or children


def _notice_text(document, unit, expected) -> str:
    before = (
        f" Thời hạn hoàn thành: trước ngày {show_day(document.finish_before_on)}." if document.finish_before_on else ""
    )
    return (
        f"Kính gửi các đơn vị trực thuộc,\n\n{unit.name} thông báo: {document.citation} của {document.issuing_body} "
        f"({document.subject}) chưa tổ chức học tập ngay được. Dự kiến tổ chức học tập, quán triệt: {expected}.{before}\n\n"
        "Đề nghị các đơn vị chủ động sắp xếp công việc phù hợp, tránh trùng lặp, chồng chéo "
        "(mục 6 Hướng dẫn 26-HD/BTGTU).\n\nTrân trọng."
    )


@desk_page(Permission.CAMPAIGN_PLAN)
def notice(request, pk):
    """Tell lower units about a document that will be studied later: the text is made, then copied or mailed."""
    document = library_access.get_document(request.account, pk)
    account = request.account
    start = access.planning_units(account).order_by("depth", "pk").first()
    form = NoticeForm(request.POST or None, account=account, initial={"unit": start})
    preview = ""
    if request.method == "POST" and form.is_valid():
        unit, expected = form.cleaned_data["unit"], form.cleaned_data["expected"]
        body = form.cleaned_data["text"].strip() or _notice_text(document, unit, expected)
        if "preview" in request.POST:
            preview = body
        else:
            with refusals_on(form):
                made = actions.send_study_notice(
                    document,
                    unit,
                    expected=expected,
                    body=body,
                    to=_below(unit),
                    mail=form.cleaned_data["mail"],
                    by=account,
                    at=now(),
                )
                return saved(
                    request,
                    to=reverse("unstudied-list"),
                    message=_("The notice to %(number)s units has been kept.") % {"number": made.units_told},
                )
    return page(
        request,
        "campaigns/desk/notice.html",
        {
            "document": document,
            "form": form,
            "preview": preview,
            "notices": access.notices_seen_by(account)
            .filter(document=document)
            .select_related("unit", "by")
            .order_by("-at"),
        },
    )
