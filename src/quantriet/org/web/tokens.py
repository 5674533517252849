"""Pages of keys for machines: one's own, a new one shown once, and those in an administrator's scope."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.http import require_POST

from quantriet.kit import time
from quantriet.kit.refusal import NotAllowed, Refusal, refusals_on
from quantriet.kit.web import listing, page, saved
from quantriet.kit.web.once import OnceForm, first_time, made_already
from quantriet.org import access, actions
from quantriet.org.models import Account, ApiToken
from quantriet.org.queries import tokens as token_queries
from quantriet.org.vocab import Permission
from quantriet.org.web.frame import form_page
from quantriet.org.web.pages import DeskRequest, desk_page, member_page

SORTS = {"name": ["name"], "made": ["created_at"], "ends": ["expires_at"], "used": ["last_used_at"]}
HOME = gettext_noop("Keys for machines")


class TokenForm(OnceForm):
    """What a key is called, what it may do and until when; only what the account may do itself is offered."""

    name = forms.CharField(
        label=gettext_lazy("Name of the key"), max_length=80, help_text=gettext_lazy("Which program will use it.")
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What the key may do"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Chọn ít nhất một việc mà khóa được làm."},
    )
    ends_on = forms.DateField(
        label=gettext_lazy("Last day"), help_text=gettext_lazy("At most one year from today; the shorter the safer.")
    )

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: list[tuple[str, str]] = []
        for group, reads, writes in token_queries.scope_choices(account):
            subject = _(group.label)
            choices += [(one.value, _("%(subject)s: read") % {"subject": subject}) for one in reads]
            choices += [
                (one.value, _("%(subject)s: write (%(what)s)") % {"subject": subject, "what": one.label})
                for one in writes
            ]
        self.fields["scopes"].choices = choices  # type: ignore[attr-defined]


def _prepare(tokens: list[ApiToken]) -> None:
    at = time.now()
    for one in tokens:
        one.works = token_queries.works(one, at) and one.account.is_active  # type: ignore[attr-defined]
        one.scope_words = ", ".join(  # type: ignore[attr-defined]
            Permission(scope).label for scope in one.scopes if scope in set(Permission)
        )
        one.last_day = time.local(one.expires_at - timedelta(seconds=1)).date()  # type: ignore[attr-defined]


def _own_list(request: DeskRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    rows = ApiToken.objects.filter(account=request.account).select_related("account")
    tokens = listing(request, rows, sorts=SORTS, default_sort="-made", prepare=_prepare)
    context = {
        "tokens": tokens,
        "page": tokens,
        "may_make": bool(token_queries.scope_choices(request.account)),
        "manages": access.may_anywhere(request.account, Permission.ACCOUNT_MANAGE),
        **more,
    }
    return page(request, "org/tokens/own.html", context, status=status)


@member_page
def own(request: DeskRequest) -> HttpResponse:
    return _own_list(request)


@member_page
def new(request: DeskRequest) -> HttpResponse:
    form = TokenForm(
        request.POST or None,
        account=request.account,
        request=request,
        initial={"ends_on": time.today() + timedelta(days=90)},
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with refusals_on(form), first_time(request) as is_first:
            if not is_first:
                return made_already(
                    request,
                    "Khóa này đã lập rồi và chỉ hiện một lần, nên không lập thêm khóa nào. "
                    "Chưa kịp chép khóa thì thu hồi khóa ấy trong danh sách dưới đây rồi lập khóa mới.",
                    to=reverse("token-list"),
                )
            token, secret = actions.make_token(
                request.account, name=given["name"], scopes=[Permission(one) for one in given["scopes"]],
                ends_on=given["ends_on"], at=time.now(),
            )  # fmt: skip
            # Shown in the answer itself and kept nowhere: this is the only time that anybody sees it.
            return _own_list(request, secret=secret, made=token)
    return form_page(
        request,
        form,
        heading=_("New key for a machine"),
        submit=_("Make key"),
        cancel=reverse("token-list"),
        lead=_("A program that has the key acts in your name, within what you tick. It is shown once."),
        breadcrumb=[{"label": _(HOME), "url": reverse("token-list")}, {"label": _("New key for a machine"), "url": ""}],
    )


@member_page
@require_POST
def end(request: DeskRequest, pk: int) -> HttpResponse:
    token = access.one_of(ApiToken.objects.filter(account=request.account).select_related("account"), pk)
    actions.revoke_token(token, by=request.account, at=time.now())
    return saved(request, to=reverse("token-list"), message=_("The key %(name)s is ended.") % {"name": token.name})


@desk_page(Permission.ACCOUNT_MANAGE)
def in_scope(request: DeskRequest) -> HttpResponse:
    """Keys of the accounts that the administrator looks after."""
    rows = access.tokens_seen_by(request.account).select_related("account__person__unit")
    tokens = listing(
        request, rows, sorts={**SORTS, "account": ["account__username"]}, default_sort="-made", prepare=_prepare
    )
    context = {
        "tokens": tokens,
        "page": tokens,
        "breadcrumb": [{"label": _("Accounts"), "url": reverse("account-list")}, {"label": _(HOME), "url": ""}],
    }
    return page(request, "org/tokens/in_scope.html", context)


@desk_page(Permission.ACCOUNT_MANAGE)
@require_POST
def end_in_scope(request: DeskRequest, pk: int) -> HttpResponse:
    token = access.one_of(access.tokens_seen_by(request.account).select_related("account__person__unit"), pk)
    try:
        actions.revoke_token(token, by=request.account, at=time.now())
    except Refusal as refusal:
        raise NotAllowed(refusal.sentence) from None
    message = _("The key %(name)s is ended.") % {"name": token.name}
    return saved(request, to=reverse("token-desk"), message=message)


urlpatterns = [
    path("me/tokens/", own, name="token-list"),
    path("me/tokens/new/", new, name="token-new"),
    path("me/tokens/<int:pk>/end/", end, name="token-end"),
    path("desk/tokens/", in_scope, name="token-desk"),
    path("desk/tokens/<int:pk>/end/", end_in_scope, name="token-desk-end"),
]
