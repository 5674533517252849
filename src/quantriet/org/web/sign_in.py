"""Sign-in by user name and password, sign-out, and one's own password."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from quantriet.kit import time
from quantriet.kit.refusal import Refusal, refusals_on
from quantriet.kit.web import page, safe_next, saved
from quantriet.org import actions
from quantriet.org.models import Account
from quantriet.org.web.forms_rights import PasswordForm, SignInForm
from quantriet.org.web.pages import DeskRequest, member_page, public_page


class AccountBackend(BaseBackend):
    """Checks a user name and password; an unknown name costs as much time as a wrong password."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> Account | None:
        if not username or password is None:
            return None
        account = Account.objects.filter(username=actions.username_key(username)).first()
        if account is None:
            Account().set_password(password)
            return None
        known = account.check_password(password) and account.is_active
        # Demo logins are printed on every screen that starts the demo; they open nothing real.
        return account if known and not (settings.PRODUCTION and account.is_demo) else None

    def get_user(self, user_id: int) -> Account | None:
        return Account.objects.filter(pk=user_id, is_active=True).first()


def _home() -> str:
    try:
        return reverse("home")
    except NoReverseMatch:
        return "/"


@public_page
@never_cache
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """One sentence for every failure: neither the name nor the password is said to be the wrong part."""
    following = safe_next(request, _home())
    if request.user.is_authenticated:
        return HttpResponseRedirect(following)
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            account = _checked(request, form.cleaned_data["username"], form.cleaned_data["password"])
            if account.must_change_password:
                following = f"{reverse('password')}?{urlencode({'next': following})}"
            return HttpResponseRedirect(following)
    context = {"form": form, "following": following}
    return page(request, "org/sign_in/sign_in.html", context, status=422 if form.is_bound else 200)


def _checked(request: HttpRequest, username: str, password: str) -> Account:
    address, at = str(request.META.get("REMOTE_ADDR", ""))[:45], time.now()
    actions.refuse_if_locked(username=username, address=address, at=at)
    account = cast(Account | None, authenticate(request, username=username, password=password))
    if account is None:
        actions.note_failed_sign_in(username=username, address=address, at=at)
        raise Refusal("sign_in.wrong", "Tên đăng nhập hoặc mật khẩu chưa đúng.")
    login(request, account)
    actions.note_sign_in(account, at=at, address=address)
    return account


@public_page
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return saved(request, to=reverse("sign-in"), message=_("Signed out."))


@member_page
@never_cache
@sensitive_post_parameters("current", "password", "again")
def password(request: DeskRequest) -> HttpResponse:
    account = request.account
    must = account.must_change_password
    form = PasswordForm(request.POST or None, account=account)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.change_password(account, by=account, at=time.now(), password=form.cleaned_data["password"])
            update_session_auth_hash(request, account)
            return saved(request, to=safe_next(request, _home()), message=_("The password is changed."))
    context = {"form": form, "must": must, "following": safe_next(request, "")}
    return page(request, "org/sign_in/password.html", context, status=422 if form.is_bound else 200)


urlpatterns = [
    path("sign-in/", sign_in, name="sign-in"),
    path("sign-out/", sign_out, name="sign-out"),
    path("password/", password, name="password"),
]
