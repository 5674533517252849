"""The page that says who directs a campaign and what each unit has to do in it."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from quantriet.campaigns import access, actions, queries
from quantriet.campaigns.vocab import CampaignState
from quantriet.campaigns.web.desk import frame
from quantriet.campaigns.web.excel import workbook
from quantriet.kit.numbers import whole_number
from quantriet.kit.refusal import Refusal, refusals_on
from quantriet.kit.spreadsheets import OutColumn, Sheet
from quantriet.kit.time import now
from quantriet.kit.web import listing, page, saved
from quantriet.org import access as org_access
from quantriet.org.access import one_of
from quantriet.org.models import Unit, WorkingBody
from quantriet.org.vocab import BodyKind, Permission
from quantriet.org.web.choosing import list_units
from quantriet.org.web.pages import desk_page


class AssignmentForm(forms.Form):
    unit = forms.ModelChoiceField(label=gettext_lazy("Unit"), queryset=Unit.objects.none())
    task = forms.CharField(
        label=gettext_lazy("What is to be done"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    due_on = forms.DateField(label=gettext_lazy("To be done by"), required=False)
    is_mobilisation = forms.BooleanField(
        label=gettext_lazy("Mobilisation: leads members and people to take part and to apply the content"),
        required=False,
    )

    def __init__(self, *args, units, **kwargs):
        super().__init__(*args, **kwargs)
        list_units(self.fields["unit"], units)


class SteeringForm(forms.Form):
    steering = forms.ModelChoiceField(
        label=gettext_lazy("Steering committee"), queryset=WorkingBody.objects.none(), required=False,
        empty_label=gettext_lazy("None"),
    )  # fmt: skip

    def __init__(self, *args, bodies, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["steering"].queryset = bodies


def _units(campaign):
    """The organiser itself and what lies directly below: committees, boards, the Front and unions."""
    below = Unit.objects.active().filter(parent_id=campaign.unit_id)
    return (below | Unit.objects.filter(pk=campaign.unit_id)).order_by("depth", "sort_key", "pk")


def _bodies(request):
    return org_access.bodies_seen_by(request.account).filter(kind=BodyKind.STEERING).order_by("name", "pk")


@desk_page(Permission.CAMPAIGN_VIEW)
def assignments(request, pk):
    campaign = access.get_campaign(request.account, pk)
    may_change = access.may_plan(request.account, campaign) and campaign.state in (
        CampaignState.DRAFT, CampaignState.OPEN,
    )  # fmt: skip
    form = steering = None
    if may_change:
        asked = whole_number(request.GET.get("unit"))
        form = AssignmentForm(
            request.POST if "task" in request.POST else None, units=_units(campaign), initial={"unit": asked}
        )
        steering = SteeringForm(bodies=_bodies(request), initial={"steering": campaign.steering_id})
    if request.method == "POST":
        campaign = access.get_campaign(request.account, pk, Permission.CAMPAIGN_PLAN)
        if form is not None and form.is_valid():
            with refusals_on(form):
                actions.assign_task(campaign, by=request.account, at=now(), **form.cleaned_data)
                return saved(request, to=reverse("campaign-assignments", args=[pk]), message=_("The task is given."))
    rows = access.assignments_seen_by(request.account, campaign).select_related("unit", "by")
    if request.GET.get("format") == "xlsx":
        return _excel(campaign, rows.order_by("unit__depth", "unit__sort_key", "pk"))
    found = listing(
        request, rows, sorts={"unit": ["unit__depth", "unit__sort_key"], "due": ["due_on"]}, default_sort="unit"
    )
    whole = access.sees_whole(request.account, campaign)
    context = frame(
        request, campaign, "campaign-assignments", rows=found, form=form, steering_form=steering, may_change=may_change,
        assigning=queries.assigning(campaign) if whole else None,
    )  # fmt: skip
    return page(
        request, "campaigns/desk/assignments.html", context, status=422 if form is not None and form.errors else 200
    )


def _excel(campaign, rows):
    columns = [
        OutColumn("unit", _("Unit"), 36),
        OutColumn("task", _("What is to be done"), 60),
        OutColumn("mobilisation", _("Mobilisation"), 14),
        OutColumn("due", _("To be done by"), kind="day"),
    ]
    lines = (
        {"unit": one.unit.name, "task": one.task, "mobilisation": "x" if one.is_mobilisation else "", "due": one.due_on}
        for one in rows
    )
    sheet = Sheet(title=_("Assignment of tasks"), columns=columns, rows=lines, heading=(campaign.name,))
    return workbook(_("Assignment of tasks"), [sheet])


@desk_page(Permission.CAMPAIGN_PLAN)
@require_POST
def steering(request, pk):
    campaign = access.get_campaign(request.account, pk, Permission.CAMPAIGN_PLAN)
    asked = whole_number(request.POST.get("steering"))
    body = None if asked is None else one_of(_bodies(request), asked)
    try:
        actions.set_steering(campaign, body, by=request.account, at=now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    return saved(request, to=reverse("campaign-assignments", args=[pk]))


@desk_page(Permission.CAMPAIGN_PLAN)
@require_POST
def withdraw(request, pk, assignment_pk):
    campaign = access.get_campaign(request.account, pk, Permission.CAMPAIGN_PLAN)
    given = one_of(campaign.assignments.select_related("campaign", "unit"), assignment_pk)
    try:
        actions.withdraw_task(given, by=request.account, at=now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    return saved(request, to=reverse("campaign-assignments", args=[pk]))
