"""Pages of programs that are told of changed duties: who is told, what was sent and what they answered."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from quantriet.campaigns import access, actions, queries
from quantriet.campaigns.models import WebhookDelivery, WebhookSubscription
from quantriet.campaigns.rules.webhooks import ATTEMPTS, failure
from quantriet.campaigns.vocab import DUTY_KINDS, DeliveryState, WebhookState
from quantriet.kit.refusal import Refusal, refusals_on
from quantriet.kit.time import now
from quantriet.kit.web import Chip, listing, page, query, refused, saved
from quantriet.kit.web.once import OnceForm, first_time, made_already, offered
from quantriet.org.models import Account, Unit
from quantriet.org.vocab import Level, Permission
from quantriet.org.web.pages import DeskRequest, desk_page


class WebhookForm(OnceForm):
    """Whom to tell, of which unit, of which kinds of duty."""

    unit = forms.ModelChoiceField(label=gettext_lazy("Unit"), queryset=Unit.objects.none(), empty_label=None)
    name = forms.CharField(label=gettext_lazy("Name of the receiver"), max_length=80)
    url = forms.CharField(
        label=gettext_lazy("Address of the receiver"),
        max_length=500,
        help_text=gettext_lazy("Begins with https:// and lies outside the office's own network."),
        widget=forms.URLInput({"inputmode": "url", "autocomplete": "off"}),
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds of duty"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Left empty: all kinds."),
    )

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = access.planning_units(account).exclude(kind__level=Level.CELL).order_by("path")
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.fields["kinds"].choices = [(key, kind.label) for key, kind in DUTY_KINDS.items()]  # type: ignore[attr-defined]


_SORTS = {"name": ["name"], "unit": ["unit__path"], "made": ["created_at"]}


def _prepare(webhooks: list[WebhookSubscription]) -> None:
    counts = queries.delivery_counts(webhooks)
    for one in webhooks:
        one.counts = counts.get(one.pk, {})  # type: ignore[attr-defined]
        one.kind_words = _kinds(one)  # type: ignore[attr-defined]


def _explain(deliveries: list[WebhookDelivery]) -> None:
    for one in deliveries:
        one.failure = failure(one.response_code, one.said)  # type: ignore[attr-defined]


def _kinds(webhook: WebhookSubscription) -> str:
    return ", ".join(DUTY_KINDS[key].label for key in webhook.kinds if key in DUTY_KINDS) or _("All kinds")


@desk_page(Permission.CAMPAIGN_PLAN)
def webhooks(request: DeskRequest) -> HttpResponse:
    rows = access.webhooks_seen_by(request.account).select_related("unit", "account")
    shown = listing(request, rows, sorts=_SORTS, default_sort="name", prepare=_prepare)
    return page(request, "campaigns/desk/webhooks.html", {"rows": shown})


@desk_page(Permission.CAMPAIGN_PLAN)
def new(request: DeskRequest) -> HttpResponse:
    form = WebhookForm(
        request.POST or None,
        account=request.account,
        request=request,
        initial={"unit": access.planning_units(request.account).order_by("depth").first()},
    )
    if request.method == "POST" and form.is_valid():
        given = {name: value for name, value in form.cleaned_data.items() if name != "once"}
        with refusals_on(form), first_time(request) as is_first:
            if not is_first:
                return made_already(
                    request,
                    "Nơi nhận này đã lập rồi và mã bí mật chỉ hiện một lần, nên không lập thêm. "
                    "Chưa kịp chép mã thì mở nơi nhận trong danh sách dưới đây và bấm “Đổi mã bí mật”.",
                    to=reverse("webhook-list"),
                )
            made = actions.add_webhook(by=request.account, at=now(), **given)
            return _one(request, made, secret=queries.secret_of(made))
    status = 422 if form.is_bound and form.errors else 200
    return page(request, "campaigns/desk/webhook_new.html", {"form": form}, status=status)


@desk_page(Permission.CAMPAIGN_PLAN)
def webhook(request: DeskRequest, pk: int) -> HttpResponse:
    return _one(request, access.get_webhook(request.account, pk))


def _one(request: DeskRequest, found: WebhookSubscription, **more: Any) -> HttpResponse:
    rows = WebhookDelivery.objects.filter(subscription=found).defer("body")
    chips = []
    state = request.GET.get("state", "")
    if state in list(DeliveryState):
        rows = rows.filter(state=state)
        chips.append(Chip(DeliveryState(state).label, query(request, state=None, page=None)))
    shown = listing(
        request, rows, sorts={"made": ["created_at"], "state": ["state"]}, default_sort="-made", chips=chips,
        prepare=_explain,
    )  # fmt: skip
    context = {
        "webhook": found,
        "rows": shown,
        "kind_words": _kinds(found),
        "is_running": found.state == WebhookState.RUNNING,
        "state_words": WebhookState(found.state).label,
        "most": ATTEMPTS,
        "once": offered(request),
        **more,
    }
    return page(request, "campaigns/desk/webhook.html", context)


def _back(pk: int) -> str:
    return reverse("webhook", args=[pk])


@desk_page(Permission.CAMPAIGN_PLAN)
@require_POST
def attempt(request: DeskRequest, pk: int) -> HttpResponse:
    """A message that is only a test."""
    found = access.get_webhook(request.account, pk)
    try:
        actions.try_webhook(found, by=request.account, at=now())
    except Refusal as refusal:
        return refused(request, refusal.sentence, status=403)
    return saved(request, to=_back(pk), message=_("The test is on its way; its answer stands in the list in a moment."))


@desk_page(Permission.CAMPAIGN_PLAN)
@require_POST
def secret(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_webhook(request.account, pk)
    with first_time(request) as is_first:
        if not is_first:
            return made_already(
                request,
                "Mã bí mật đã đổi rồi và chỉ hiện một lần, nên không đổi nữa. Chưa kịp chép mã thì bấm “Đổi mã bí mật” ở dưới.",
                to=_back(pk),
            )
        actions.renew_webhook_secret(found, by=request.account, at=now())
    return _one(request, found, secret=queries.secret_of(found))


@desk_page(Permission.CAMPAIGN_PLAN)
@require_POST
def state(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_webhook(request.account, pk)
    if request.POST.get("run") == "1":
        actions.resume_webhook(found, by=request.account, at=now())
        return saved(request, to=_back(pk), message=_("It runs again; what was not sent is sent first."))
    actions.pause_webhook(found, by=request.account, at=now())
    return saved(request, to=_back(pk), message=_("It is paused; what changes meanwhile is told later."))


@desk_page(Permission.CAMPAIGN_PLAN)
@require_POST
def remove(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_webhook(request.account, pk)
    actions.remove_webhook(found, by=request.account, at=now())
    return saved(request, to=reverse("webhook-list"), message=_("%(name)s is removed.") % {"name": found.name})


@desk_page(Permission.CAMPAIGN_PLAN)
@require_POST
def again(request: DeskRequest, pk: int) -> HttpResponse:
    delivery = access.get_delivery(request.account, pk)
    try:
        actions.send_delivery_again(delivery, by=request.account, at=now())
    except Refusal as refusal:
        return refused(request, refusal.sentence, status=403)
    return saved(request, to=_back(delivery.subscription_id), message=_("The message is sent again."))


urlpatterns = [
    path("desk/webhooks/", webhooks, name="webhook-list"),
    path("desk/webhooks/new/", new, name="webhook-new"),
    path("desk/webhooks/<int:pk>/", webhook, name="webhook"),
    path("desk/webhooks/<int:pk>/test/", attempt, name="webhook-test"),
    path("desk/webhooks/<int:pk>/secret/", secret, name="webhook-secret"),
    path("desk/webhooks/<int:pk>/state/", state, name="webhook-state"),
    path("desk/webhooks/<int:pk>/remove/", remove, name="webhook-remove"),
    path("desk/webhooks/deliveries/<int:pk>/again/", again, name="webhook-again"),
]
