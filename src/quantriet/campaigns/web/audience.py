"""Who studies: ordered rules with a live count, the list behind it, decisions by hand."""

from __future__ import annotations

from itertools import islice

from django.db.models import Q
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quantriet.campaigns import access, actions, queries
from quantriet.campaigns.models import AudienceRule
from quantriet.campaigns.rules import audience as rules_of
from quantriet.campaigns.vocab import DutyState
from quantriet.campaigns.web.desk import frame
from quantriet.campaigns.web.excel import workbook
from quantriet.campaigns.web.forms import AdjustForm, AudienceRuleForm
from quantriet.kit.numbers import whole_number
from quantriet.kit.refusal import refusals_on
from quantriet.kit.spreadsheets import OutColumn, Sheet
from quantriet.kit.text import fold
from quantriet.kit.time import now
from quantriet.kit.web import Chip, listing, page, query, saved
from quantriet.library.vocab import ContentTier
from quantriet.org import access as org_access
from quantriet.org.access import one_of
from quantriet.org.actions import privacy as privacy_actions
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import desk_page


@desk_page(Permission.CAMPAIGN_VIEW)
def rules(request, pk):
    """The rules in their order with what each decides; only who sees the organiser sees the whole count."""
    campaign = access.get_campaign(request.account, pk)
    sees_all = access.sees_whole(request.account, campaign)
    found = queries.audience(campaign)
    count = queries.audience_count(found) if sees_all else None
    rows = [
        {
            "rule": rule,
            "words": queries.describe(queries.as_rule(rule).criteria),
            "count": count.by_rule.get(position) if count else None,
            "people_url": f"{reverse('campaign-people', args=[pk])}?rule={position}",
            "is_first": position == 0,
            "is_last": position == len(found.rules) - 1,
        }
        for position, rule in enumerate(found.rules)
    ]
    present = {rule.name for rule in found.rules}
    return page(
        request,
        "campaigns/desk/audience.html",
        frame(
            request,
            campaign,
            "campaign-audience",
            rows=rows,
            count=count,
            ready=[
                {"preset": one, "is_there": all(rule.name in present for rule in one.rules)} for one in rules_of.PRESETS
            ],
            # Like every count of this page: of the whole campaign, so for who sees the whole.
            adjustments=campaign.adjustments.count() if sees_all else 0,
            day=found.day,
        ),
    )


@desk_page(Permission.CAMPAIGN_PLAN)
@require_POST
def add_ready(request, pk):
    campaign = access.get_campaign(request.account, pk, Permission.CAMPAIGN_PLAN)
    if rules_of.preset(request.POST.get("key", "")) is None:
        raise Http404
    made = actions.add_audience_preset(campaign, request.POST["key"], by=request.account, at=now())
    message = _("Added: %(names)s.") % {"names": "; ".join(rule.name for rule in made)} if made else ""
    return saved(request, to=reverse("campaign-audience", args=[pk]), message=message)


@desk_page(Permission.CAMPAIGN_PLAN)
def rule(request, pk, rule_pk=None):
    """Write or change a rule; counting answers without saving, with and without JavaScript."""
    campaign = access.get_campaign(request.account, pk, Permission.CAMPAIGN_PLAN)
    present = one_of(campaign.audience_rules.all(), rule_pk) if rule_pk else None
    initial = (
        AudienceRuleForm.initial_of(present)
        if present
        else {
            "effect": "oblige",
            "tier": ContentTier.GRASSROOTS,
            "accepts_credit": True,
        }
    )
    others = None if present else list(campaign.audience_rules.all())
    form = AudienceRuleForm(request.POST or None, campaign=campaign, rules=others, initial=initial)
    counted = None
    if request.method == "POST":
        if "count" in request.POST:
            # The name matters only when the rule is kept.
            form.fields["name"].required = False
            if form.is_valid():
                counted = _try_out(campaign, form, present)
            if request.htmx:
                return page(request, "campaigns/desk/rule.html", {"counted": counted, "form": form}, partial="count")
        elif form.is_valid():
            given = {name: form.cleaned_data[name] for name in ("name", "effect", "tier", "basis", "accepts_credit")}
            with refusals_on(form):
                if present:
                    actions.change_audience_rule(
                        present, criteria=form.criteria(), by=request.account, at=now(), **given
                    )
                else:
                    present = actions.add_audience_rule(
                        campaign,
                        criteria=form.criteria(),
                        place=form.chosen_place(),
                        by=request.account,
                        at=now(),
                        **given,
                    )
                return saved(request, to=_at_rule(campaign, present), message=_("Saved."))
    return page(
        request,
        "campaigns/desk/rule.html",
        frame(request, campaign, "campaign-audience", form=form, rule=present, counted=counted),
    )


def _try_out(campaign, form, present):
    """How many people the rule on the form would match, and how many of them are left for it by the rules above."""
    saved_rules = list(campaign.audience_rules.all())
    tried = AudienceRule(
        campaign=campaign,
        pk=present.pk if present else None,
        name=form.cleaned_data["name"] or "?",
        effect=form.cleaned_data["effect"],
        tier=form.cleaned_data["tier"],
        criteria=form.criteria().as_json(),
    )
    if present:
        position = saved_rules.index(present)
        saved_rules[position] = tried
    else:
        place = form.chosen_place()
        position = len(saved_rules) if place is None else place
        saved_rules.insert(position, tried)
    alone = queries.audience_count(queries.audience(campaign, only=[tried]))
    together = queries.audience_count(queries.audience(campaign, only=saved_rules))
    return {"alone": alone.by_rule.get(0), "here": together.by_rule.get(position), "total": together}


@desk_page(Permission.CAMPAIGN_PLAN)
@require_POST
def move(request, pk, rule_pk):
    campaign = access.get_campaign(request.account, pk, Permission.CAMPAIGN_PLAN)
    row = one_of(campaign.audience_rules.all(), rule_pk)
    actions.move_audience_rule(row, up="up" in request.POST, by=request.account, at=now())
    return saved(request, to=_at_rule(campaign, row))


def _at_rule(campaign, rule):
    """The list of rules at this rule, so that the page stays where the reader was."""
    return f"{reverse('campaign-audience', args=[campaign.pk])}#rule-{rule.pk}"


@desk_page(Permission.CAMPAIGN_PLAN)
@require_POST
def remove(request, pk, rule_pk):
    campaign = access.get_campaign(request.account, pk, Permission.CAMPAIGN_PLAN)
    row = one_of(campaign.audience_rules.all(), rule_pk)
    actions.remove_audience_rule(row, by=request.account, at=now())
    return saved(
        request,
        to=reverse("campaign-audience", args=[pk]),
        message=_("The condition “%(name)s” has been removed.") % {"name": row.name},
    )


@desk_page(Permission.CAMPAIGN_VIEW)
def people(request, pk):
    """Everybody the audience names, with the rule that decided; narrowed to whom the account may see."""
    campaign = access.get_campaign(request.account, pk)
    found = queries.audience(campaign)
    rows = org_access.scope(found.people, request.account, Permission.PERSON_VIEW)
    chips = []
    chosen = request.GET.get("rule", "")
    place = whole_number(chosen, most=len(found.rules) - 1)
    if place is not None:
        rows = rows.filter(decided=place)
        chips.append(Chip(found.rules[place].name, query(request, rule=None, page=None)))
    elif chosen == "hand":
        rows = rows.filter(decided__lt=0)
        chips.append(Chip(_("Added by hand"), query(request, rule=None, page=None)))
    if request.GET.get("exempt"):
        out = [key for key, outcome in found.outcomes.items() if outcome.state == DutyState.EXEMPT]
        wanted = Q(pk__in=[])
        for decided, exempt in out:
            wanted |= Q(decided=decided, is_exempt=exempt)
        rows = rows.filter(wanted)
        chips.append(Chip(_("Exempt"), query(request, exempt=None, page=None)))
    words = request.GET.get("q", "")
    if words:
        rows = rows.filter(Q(name_folded__contains=fold(words)) | Q(code__iexact=words.strip()))
        chips.append(Chip(words, query(request, q=None, page=None)))
    rows = rows.select_related("unit")

    def explain(shown):
        for person in shown:
            person.outcome = found.outcome(person)
            rule = found.rules[person.decided] if person.decided >= 0 else None
            person.why = rule.name if rule else _("Added by hand")
        by_hand = campaign.adjustments.filter(person__in=[one.pk for one in shown if one.decided < 0])
        reasons = dict(by_hand.values_list("person_id", "reason"))
        for person in shown:
            person.reason = reasons.get(person.pk, "")

    if request.GET.get("format") == "xlsx":
        told = "tải danh sách đối tượng ra Excel"
        privacy_actions.note_list(request.account, campaign.unit, told, rows.count(), at=now())
        return _people_excel(campaign, rows.order_by("unit__path", "sort_key"), explain)
    return page(
        request,
        "campaigns/desk/people.html",
        frame(
            request,
            campaign,
            "campaign-audience",
            rows=listing(
                request,
                rows,
                sorts={"name": ["sort_key"], "unit": ["unit__path", "sort_key"], "code": ["code"]},
                default_sort="name",
                chips=chips,
                prepare=explain,
            ),
            q=words,
        ),
    )


def _explained(people, explain):
    """People with what is read beside them, so many at a time that the file asks once for some hundred."""
    while shown := list(islice(people, 500)):
        explain(shown)
        yield from shown


def _people_excel(campaign, rows, explain):
    def lines():
        for person in _explained(rows.iterator(chunk_size=2000), explain):
            yield {
                "code": person.code,
                "name": person.full_name,
                "unit": person.unit.name,
                "tier": ContentTier(person.outcome.tier).label,
                "state": DutyState(person.outcome.state).label if person.outcome.state == "exempt" else "",
                "why": ": ".join(filter(None, (person.outcome.sentence or person.why, person.reason))),
            }

    columns = [
        OutColumn("code", _("Code"), kind="code"),
        OutColumn("name", _("Full name"), 28),
        OutColumn("unit", _("Unit"), 32),
        OutColumn("tier", _("Content tier"), 20),
        OutColumn("state", _("Exempt"), 10),
        OutColumn("why", _("By which condition"), 44),
    ]
    return workbook(_("Audience"), [Sheet(_("Audience"), columns, lines(), heading=(campaign.name,))])


@desk_page(Permission.CAMPAIGN_PLAN)
def adjustments(request, pk):
    """Decisions by hand: search a person, say what and why; below, what was decided so far."""
    campaign = access.get_campaign(request.account, pk, Permission.CAMPAIGN_PLAN)
    words = request.GET.get("q", "")
    candidates = []
    if words.strip():
        inside = org_access.people_seen_by(request.account).active().under(campaign.unit)
        candidates = list(
            inside.filter(Q(name_folded__contains=fold(words)) | Q(code__iexact=words.strip()))
            .select_related("unit")
            .order_by("sort_key")[:20]
        )
    chosen = None
    asked = whole_number(request.POST.get("person") or request.GET.get("person"))
    if asked is not None:
        chosen = org_access.get_person(request.account, asked)
    standing = _standing(campaign, chosen) if chosen else ""
    form = AdjustForm(
        request.POST or None,
        account=request.account,
        initial={"person": chosen, "kind": "add", "tier": ContentTier.GRASSROOTS},
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.adjust_audience(campaign, by=request.account, at=now(), **form.cleaned_data)
            return saved(request, to=reverse("campaign-adjustments", args=[pk]), message=_("Saved."))
    rows = access.adjustments_seen_by(request.account).filter(campaign=campaign)
    return page(
        request,
        "campaigns/desk/adjustments.html",
        frame(
            request,
            campaign,
            "campaign-audience",
            q=words,
            candidates=candidates,
            chosen=chosen,
            standing=standing,
            form=form,
            rows=listing(
                request,
                rows.select_related("person__unit", "by"),
                sorts={"name": ["person__sort_key"], "at": ["at"]},
                default_sort="-at",
            ),
        ),
    )


def _standing(campaign, person):
    """How the person stands in the audience already, before anything more is decided; empty for who is not in it."""
    found = queries.audience(campaign)
    row = found.people.filter(pk=person.pk).first()
    if row is None:
        return ""
    why = found.rules[row.decided].name if row.decided >= 0 else _("Added by hand")
    return _("%(name)s is on the list already: %(why)s.") % {"name": person.full_name, "why": why}


@desk_page(Permission.CAMPAIGN_PLAN)
@require_POST
def undo(request, pk, adjustment_pk):
    campaign = access.get_campaign(request.account, pk, Permission.CAMPAIGN_PLAN)
    row = one_of(campaign.adjustments.select_related("person", "campaign"), adjustment_pk)
    actions.undo_adjustment(row, by=request.account, at=now())
    return saved(request, to=reverse("campaign-adjustments", args=[pk]), message=_("The decision was taken back."))
