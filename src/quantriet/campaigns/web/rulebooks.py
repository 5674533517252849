"""Rulebooks: settings with validity and legal basis."""

from __future__ import annotations

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from quantriet.campaigns import access, actions
from quantriet.campaigns.vocab import SOURCE_RULES, RuleKey
from quantriet.campaigns.web.forms import RulebookForm, RuleValueForm
from quantriet.kit.refusal import refusals_on
from quantriet.kit.time import now, today
from quantriet.kit.web import page, saved
from quantriet.org.access import may, may_anywhere
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import desk_page


@desk_page(Permission.CAMPAIGN_VIEW)
def rulebooks(request):
    rows = access.rulebooks_seen_by(request.account).select_related("unit").order_by("unit__path", "name")
    return page(
        request,
        "campaigns/desk/rulebooks.html",
        {"rulebooks": rows, "may_plan": may_anywhere(request.account, Permission.CAMPAIGN_PLAN)},
    )


@desk_page(Permission.CAMPAIGN_PLAN)
def new(request):
    form = RulebookForm(request.POST or None, account=request.account, initial={"unit": _only_unit(request.account)})
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            made = actions.add_rulebook(by=request.account, at=now(), **form.cleaned_data)
            return saved(request, to=reverse("rulebook", args=[made.pk]), message=_("The rulebook has been made."))
    return page(request, "campaigns/desk/rulebook_form.html", {"form": form, "heading": _("New rulebook")})


def _only_unit(account):
    return access.planning_units(account).order_by("depth").first()


@desk_page(Permission.CAMPAIGN_PLAN)
def edit(request, pk):
    rulebook = access.get_rulebook(request.account, pk, Permission.CAMPAIGN_PLAN)
    form = RulebookForm(
        request.POST or None,
        account=request.account,
        with_unit=False,
        initial={"name": rulebook.name, "note": rulebook.note},
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.change_rulebook(rulebook, by=request.account, at=now(), **form.cleaned_data)
            return saved(request, to=reverse("rulebook", args=[pk]), message=_("Saved."))
    return page(
        request, "campaigns/desk/rulebook_form.html", {"form": form, "rulebook": rulebook, "heading": rulebook.name}
    )


@desk_page(Permission.CAMPAIGN_VIEW)
def rulebook(request, pk):
    rulebook = access.get_rulebook(request.account, pk)
    values: dict[str, list] = {}
    for value in rulebook.values.order_by("-valid_from"):
        values.setdefault(value.key, []).append(value)
    day = today()
    rows = []
    for key in RuleKey:
        history = values.get(key, [])
        present = next(
            (one for one in history if one.valid_from <= day and (one.valid_to is None or one.valid_to >= day)), None
        )
        rows.append(
            {
                "key": key,
                "unit": SOURCE_RULES[key].unit,
                "present": present,
                "others": [one for one in history if one is not present],
            }
        )
    return page(
        request,
        "campaigns/desk/rulebook.html",
        {
            "rulebook": rulebook,
            "rows": rows,
            "may_change": may(request.account, Permission.CAMPAIGN_PLAN, rulebook.unit),
            "campaigns": access.campaigns_seen_by(request.account)
            .filter(rulebook=rulebook)
            .order_by("-planned_from")[:20],
        },
    )


@desk_page(Permission.CAMPAIGN_PLAN)
def value(request, pk, key):
    rulebook = access.get_rulebook(request.account, pk, Permission.CAMPAIGN_PLAN)
    if key not in set(RuleKey):
        raise Http404
    key = RuleKey(key)
    present = rulebook.values.filter(key=key).order_by("-valid_from").first()
    initial = {"basis": present.basis, "value": present.value} if present else {}
    form = RuleValueForm(request.POST or None, initial={**initial, "valid_from": today()})
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.set_rule_value(rulebook, key=key, by=request.account, at=now(), **form.cleaned_data)
            return saved(request, to=reverse("rulebook", args=[pk]), message=_("The new value has been entered."))
    return page(
        request,
        "campaigns/desk/rulebook_value.html",
        {"form": form, "rulebook": rulebook, "key": key, "present": present, "unit": SOURCE_RULES[key].unit},
    )
