"""Campaigns from draft to closed: list, steps, proof, opening, emergency change of form, review."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.db.models import Case, IntegerField, Prefetch, Value, When
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quantriet.campaigns import access, actions, queries
from quantriet.campaigns.models import CampaignDocument, schedulable
from quantriet.campaigns.vocab import DUTY_KINDS, CampaignState, Places
from quantriet.campaigns.web.forms import CampaignForm, FormChangeForm, ReasonForm, ReviewForm
from quantriet.kit.numbers import whole_numbers
from quantriet.kit.refusal import NotAllowed, Refusal, Refusals, refusals_on
from quantriet.kit.text import fold
from quantriet.kit.time import now, today
from quantriet.kit.web import Chip, download, listing, page, query, saved
from quantriet.org.access import may, may_anywhere, one_of, paths_with, require
from quantriet.org.models import Unit, path_end
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page


def tabs(account, campaign, current):
    """The pages of one campaign; while it is planned the steps lead instead."""
    entries = [
        ("campaign", _("Overview")),
        ("campaign-board", _("Board")),
        ("campaign-plans", _("Units")),
        ("campaign-assignments", _("Tasks")),
        ("campaign-materials", _("Materials")),
        ("campaign-audience", _("Audience")),
        ("campaign-review", _("Review")),
    ]
    if campaign.state == CampaignState.DRAFT:
        entries = [one for one in entries if one[0] in ("campaign", "campaign-audience", "campaign-assignments")]
    shown = [
        {"label": label, "url": reverse(name, args=[campaign.pk]), "current": name == current}
        for name, label in entries
    ]
    studied = {
        "label": _("Studied elsewhere"),
        "url": f"{reverse('credit-list')}?campaign={campaign.pk}",
        "current": False,
    }
    return [*shown, studied]


def steps(campaign, current):
    """Content, audience, proof, opening; shown while the campaign is planned."""
    has_rules = campaign.audience_rules.exists() or campaign.adjustments.exists()
    # The check is done only when nothing stands in the way any more (B-02), not when the list merely exists.
    is_checked = campaign.duties.exists() and not queries.problems_before_opening(campaign)
    entries = [
        ("campaign-edit", _("Content"), True),
        ("campaign-audience", _("Audience"), has_rules),
        ("campaign-proof", _("Proof"), is_checked),
        ("campaign-open", _("Opening"), False),
    ]
    return [
        {
            "label": label,
            "url": reverse(name, args=[campaign.pk]),
            "state": "current" if name == current else "done" if is_done else "todo",
        }
        for name, label, is_done in entries
    ]


def frame(request, campaign, current, **context):
    """What every page of one campaign shows round its own content."""
    is_draft = campaign.state == CampaignState.DRAFT
    return {
        "campaign": campaign,
        "may_plan": access.may_plan(request.account, campaign),
        "is_draft": is_draft,
        "is_open": campaign.state == CampaignState.OPEN,
        "steps": steps(campaign, current) if is_draft and access.may_plan(request.account, campaign) else [],
        "tabs": tabs(request.account, campaign, current),
        **context,
    }


@desk_page(Permission.CAMPAIGN_VIEW)
def campaigns(request):
    rows = access.campaigns_seen_by(request.account).select_related("unit").prefetch_related(
        Prefetch(
            "campaign_documents", CampaignDocument.objects.select_related("document"), to_attr="chosen_documents"
        )
    )  # fmt: skip
    chips = []
    state = request.GET.get("state", "")
    if state in set(CampaignState):
        rows = rows.filter(state=state)
        chips.append(Chip(CampaignState(state).label, query(request, state=None, page=None)))
    words = request.GET.get("q", "")
    if words:
        rows = rows.filter(pk__in=[pk for pk, name in rows.values_list("pk", "name") if fold(words) in fold(name)])
        chips.append(Chip(words, query(request, q=None, page=None)))
    tops = paths_with(request.account, Permission.CAMPAIGN_VIEW)

    def add_totals(shown):
        sums = queries.totals(shown, tops)
        for one in shown:
            one.count = sums.get(one.pk)

    found = listing(
        request,
        rows,
        sorts={"from": ["planned_from"], "name": ["name"], "unit": ["unit__sort_key"], "state": ["state"]},
        default_sort="-from",
        chips=chips,
        prepare=add_totals,
    )
    return page(
        request,
        "campaigns/desk/list.html",
        {
            "rows": found,
            "q": words,
            "states": [
                {"label": one.label, "url": query(request, state=one.value, page=None), "current": state == one.value}
                for one in CampaignState
            ],
            "may_plan": may_anywhere(request.account, Permission.CAMPAIGN_PLAN),
            "waiting": plans_waiting(request.account),
        },
    )


def plans_waiting(account) -> int:
    """Plans of the account's units that are still to be scheduled."""
    return (
        access.plans_seen_by(account, Permission.PLAN_SCHEDULE)
        .filter(schedulable("campaign__"), state__in=["to_schedule", "postponed"])
        .count()
    )


@desk_page(Permission.CAMPAIGN_PLAN)
def new(request):
    start = access.planning_units(request.account).order_by("depth", "pk").select_related("kind").first()
    if start is not None and not access.rulebooks_for(start).exists():
        return page(request, "campaigns/desk/needs_rulebook.html", {"unit": start})
    chosen = whole_numbers(request.GET.getlist("document"))
    initial = {"unit": start, "documents": chosen, "planned_from": today()}
    if start is not None:
        initial["rulebook"] = access.rulebooks_for(start).first()
    form = CampaignForm(request.POST or None, account=request.account, initial=initial)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            made = actions.add_campaign(by=request.account, at=now(), **form.cleaned_data)
            return saved(
                request,
                to=reverse("campaign-audience", args=[made.pk]),
                message=_("The campaign has been made. Now say who studies."),
            )
    return page(
        request,
        "campaigns/desk/form.html",
        {
            "form": form,
            "heading": _("New study campaign"),
            "lessons": queries.earlier_lessons(start) if start is not None else [],
            "cancel_url": reverse("campaign-list"),
        },
    )


@desk_page(Permission.CAMPAIGN_PLAN)
def edit(request, pk):
    campaign = access.get_campaign(request.account, pk, Permission.CAMPAIGN_PLAN)
    initial = {
        name: getattr(campaign, name)
        for name in (
            "name", "planned_from", "planned_to", "form", "is_quick_briefing", "has_current_affairs", "rulebook",
            "plan_number", "instructions",
        )
    }  # fmt: skip
    initial["documents"] = list(campaign.campaign_documents.values_list("document_id", flat=True))
    form = CampaignForm(request.POST or None, account=request.account, campaign=campaign, initial=initial)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.change_campaign(campaign, by=request.account, at=now(), **form.cleaned_data)
            onward = "campaign-audience" if campaign.state == CampaignState.DRAFT else "campaign"
            return saved(request, to=reverse(onward, args=[pk]), message=_("Saved."))
    return page(
        request,
        "campaigns/desk/form.html",
        frame(
            request,
            campaign,
            "campaign-edit",
            form=form,
            heading=campaign.name,
            lessons=queries.earlier_lessons(campaign.unit, campaign),
            cancel_url=reverse("campaign", args=[pk]),
        ),
    )


@desk_page(Permission.CAMPAIGN_VIEW)
def campaign(request, pk):
    campaign = access.get_campaign(request.account, pk)
    units = access.board_units(request.account, campaign)
    sums = queries.totals([campaign], [unit.path for unit in units])
    plans = access.plans_seen_by(request.account).filter(campaign=campaign)
    outlines = queries.outlines(campaign)
    return page(
        request,
        "campaigns/desk/campaign.html",
        frame(
            request,
            campaign,
            "campaign",
            documents=[one.document for one in campaign.campaign_documents.select_related("document")],
            kinds=[(DUTY_KINDS[key].label if key in DUTY_KINDS else key) for key in campaign.duty_kinds],
            count=sums.get(campaign.pk),
            due_on=queries.campaign_due_on(campaign),
            outlines=outlines,
            warnings=[*queries.document_warnings(campaign), *queries.deadline_warnings(campaign)]
            + (queries.outline_warnings(outlines) if campaign.state == CampaignState.DRAFT else []),
            plans=plans.count(),
            plans_left=plans.exclude(state="held").count(),
            form_changes=access.form_changes_seen_by(request.account, campaign),
            may_change_form=may_anywhere(request.account, Permission.PLAN_SCHEDULE),
            closing_problems=queries.problems_before_closing(campaign, at=now())
            if campaign.state == CampaignState.OPEN and access.may_plan(request.account, campaign)
            else [],
            cancel_form=ReasonForm(),
        ),
    )


@desk_page(Permission.CAMPAIGN_PLAN)
def proof(request: DeskRequest, pk: int) -> HttpResponse:
    """B-02 on screen: everybody who must study is in exactly one place or exempt, before the campaign opens."""
    campaign = access.get_campaign(request.account, pk, Permission.CAMPAIGN_PLAN)
    tallies = queries.totals([campaign], [campaign.unit.path])
    return page(
        request,
        "campaigns/desk/proof.html",
        frame(
            request,
            campaign,
            "campaign-proof",
            problems=queries.problems_before_opening(campaign),
            discrepancies=queries.audit_ledger(campaign),
            unfollowed=queries.problems_in_ledger(campaign),
            count=tallies.get(campaign.pk),
            kinds=[(key, DUTY_KINDS.get(key)) for key in campaign.duty_kinds],
            plans=campaign.plans.count(),
        ),
    )


@desk_page(Permission.CAMPAIGN_PLAN)
@require_POST
def prepare(request, pk):
    campaign = access.get_campaign(request.account, pk, Permission.CAMPAIGN_PLAN)
    return _done(
        request,
        lambda: actions.prepare_duties(campaign, by=request.account, at=now()),
        reverse("campaign-proof", args=[pk]),
        _("The list of people has been made from the audience."),
    )


@desk_page(Permission.CAMPAIGN_PLAN)
@require_POST
def hand_down(request, pk):
    """Lower units schedule from now on; opening waits for the proof."""
    campaign = access.get_campaign(request.account, pk, Permission.CAMPAIGN_PLAN)
    return _done(
        request,
        lambda: actions.hand_down(campaign, by=request.account, at=now()),
        reverse("campaign-proof", args=[pk]),
        _("The campaign stands at the lower units, to be scheduled."),
    )


@desk_page(Permission.CAMPAIGN_PLAN)
def opening(request, pk):
    """Check the answers, then open."""
    campaign = access.get_campaign(request.account, pk, Permission.CAMPAIGN_PLAN)
    refusals: list[Refusal] = []
    if request.method == "POST":
        try:
            actions.open_campaign(campaign, by=request.account, at=now())
        except Refusals as several:
            refusals = several.several
        except Refusal as refusal:
            refusals = [refusal]
        else:
            return saved(request, to=reverse("campaign-board", args=[pk]), message=_("The campaign is open."))
    audience = queries.audience(campaign)
    count = queries.audience_count(audience)
    is_draft = campaign.state == CampaignState.DRAFT
    places = queries.places(campaign) if is_draft else Places()
    return page(
        request,
        "campaigns/desk/opening.html",
        frame(
            request,
            campaign,
            "campaign-open",
            refusals=refusals,
            documents=[one.document for one in campaign.campaign_documents.select_related("document")],
            count=count,
            audience=audience,
            due_on=queries.campaign_due_on(campaign),
            warnings=[
                *queries.document_warnings(campaign),
                *queries.deadline_warnings(campaign),
                *queries.outline_warnings(queries.outlines(campaign)),
            ],
            problems=queries.problems_before_opening(campaign) if is_draft else [],
            places=places,
            waiting=_waiting(request, campaign, places),
            message_url=f"{reverse('campaign-message', args=[pk])}?about=unplaced"
            if places.missing and may(request.account, Permission.MESSAGE_SEND, campaign.unit)
            else "",
        ),
        status=409 if refusals else 200,
    )


def _waiting(request, campaign, places):
    """Units with people in no class, those with most first, a page at a time; with how far their plan is."""
    by_unit = {one.unit.pk: one for one in places.waiting}
    missing = [When(pk=pk, then=Value(one.missing)) for pk, one in by_unit.items()]
    units = Unit.objects.filter(pk__in=by_unit).annotate(
        missing=Case(*missing, default=Value(0), output_field=IntegerField())
    )

    def add_plans(shown):
        plans = {one.unit_id: one for one in campaign.plans.filter(unit__in=[one.pk for one in shown])}
        for unit in shown:
            unit.waiting, unit.plan = by_unit[unit.pk], plans.get(unit.pk)

    return listing(
        request, units, sorts={"unit": ["sort_key"], "missing": ["missing"]}, default_sort="-missing", prepare=add_plans
    )


@desk_page(Permission.CAMPAIGN_PLAN)
@require_POST
def sync(request, pk):
    campaign = access.get_campaign(request.account, pk, Permission.CAMPAIGN_PLAN)
    return _done(
        request,
        lambda: actions.sync_audience(campaign, by=request.account, at=now()),
        reverse("campaign-audience", args=[pk]),
        _("The list now follows the audience."),
    )


@desk_page(Permission.CAMPAIGN_PLAN)
@require_POST
def close(request: DeskRequest, pk: int) -> HttpResponse:
    campaign = access.get_campaign(request.account, pk, Permission.CAMPAIGN_PLAN)
    return _done(
        request,
        lambda: actions.close_campaign(campaign, by=request.account, at=now()),
        reverse("campaign-review", args=[pk]),
        _("The campaign is closed. Now note the lessons."),
        back=reverse("campaign", args=[pk]),
    )


@desk_page(Permission.CAMPAIGN_PLAN)
@require_POST
def reopen(request: DeskRequest, pk: int) -> HttpResponse:
    campaign = access.get_campaign(request.account, pk, Permission.CAMPAIGN_PLAN)
    return _done(
        request,
        lambda: actions.reopen_campaign(campaign, reason=request.POST.get("reason", ""), by=request.account, at=now()),
        reverse("campaign", args=[pk]),
        _("The campaign runs again."),
    )


@desk_page(Permission.CAMPAIGN_PLAN)
@require_POST
def cancel(request: DeskRequest, pk: int) -> HttpResponse:
    campaign = access.get_campaign(request.account, pk, Permission.CAMPAIGN_PLAN)
    return _done(
        request,
        lambda: actions.cancel_campaign(campaign, reason=request.POST.get("reason", ""), by=request.account, at=now()),
        reverse("campaign", args=[pk]),
        _("The campaign has been cancelled."),
    )


def _done(request: DeskRequest, write: Callable[[], object], to: str, message: str, *, back: str = "") -> HttpResponse:
    """Carry out a one-button action; a refusal is told where the person came from."""
    try:
        write()
    except Refusals as several:
        for one in several.several:
            messages.error(request, one.sentence)
        return saved(request, to=back or to)
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=back or to)
    return saved(request, to=to, message=message)


@desk_page(Permission.PLAN_SCHEDULE)
def form_change(request: DeskRequest, pk: int) -> HttpResponse:
    campaign = access.get_campaign(request.account, pk)
    units = access.board_units(request.account, campaign)
    within = paths_with(request.account, Permission.PLAN_SCHEDULE)
    events = [
        one
        for one in queries.running_events(campaign, campaign.unit)
        if any(one.unit_path.startswith(path) for path in within)
    ]
    form = FormChangeForm(
        request.POST or None,
        request.FILES or None,
        account=request.account,
        campaign=campaign,
        events=events,
        initial={"unit": units[0] if units else None, "form": campaign.form},
    )
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        unit = given.pop("unit")
        require(request.account, Permission.PLAN_SCHEDULE, unit)
        with refusals_on(form):
            actions.change_form(campaign, unit, by=request.account, at=now(), **given)
            return saved(request, to=reverse("campaign", args=[pk]), message=_("The change of form has been entered."))
    return page(
        request,
        "campaigns/desk/form_change.html",
        frame(
            request,
            campaign,
            "campaign",
            form=form,
            form_changes=access.form_changes_seen_by(request.account, campaign),
        ),
    )


@desk_page(Permission.CAMPAIGN_VIEW)
def form_change_file(request: DeskRequest, pk: int, change: int) -> HttpResponseBase:
    campaign = access.get_campaign(request.account, pk)
    found = one_of(access.form_changes_seen_by(request.account, campaign).exclude(instruction_file=""), change)
    name = found.instruction_file.name.rpartition("/")[2]
    return download(found.instruction_file.open("rb"), name=name, kind="application/octet-stream")


@desk_page(Permission.CAMPAIGN_VIEW)
def review(request, pk):
    """The preliminary review after the campaign, one per unit (R-036)."""
    campaign = access.get_campaign(request.account, pk)
    units = access.board_units(request.account, campaign)
    unit = next((one for one in units if may(request.account, Permission.PLAN_SCHEDULE, one)), None)
    own = campaign.reviews.filter(unit=unit).first() if unit else None
    form = None
    if unit is not None:
        initial = {"lessons": own.lessons, "praise": own.praise, "criticism": own.criticism} if own else {}
        form = ReviewForm(request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid():
            with refusals_on(form):
                actions.review_campaign(campaign, unit, by=request.account, at=now(), **form.cleaned_data)
                return saved(request, to=reverse("campaign-review", args=[pk]), message=_("Saved."))
    elif request.method == "POST":
        raise NotAllowed
    reviews = campaign.reviews.select_related("unit", "by").order_by("unit__path")
    if units:
        top = units[0]
        reviews = reviews.filter(unit__path__gte=top.path, unit__path__lt=path_end(top.path))
    board = queries.board(campaign, units[0], campaign.duty_kinds[0]) if units and campaign.duty_kinds else None
    return page(
        request,
        "campaigns/desk/review.html",
        frame(request, campaign, "campaign-review", form=form, unit=unit, reviews=reviews, board=board),
    )
