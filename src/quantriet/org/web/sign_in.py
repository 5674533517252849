"""The ways in: password, code by mail, passkey, activation slip; the second factor; the way out, and staying."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, logout
from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, path, reverse
from django.utils.crypto import get_random_string
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from quantriet.kit import time
from quantriet.kit.refusal import Refusal, refusals_on
from quantriet.kit.web import page, safe_next, saved
from quantriet.org import actions
from quantriet.org.models import Account, ActivationSlip, AuthenticatorKey, Passkey
from quantriet.org.queries import sign_in as sign_in_queries
from quantriet.org.rules.tries import Door
from quantriet.org.vocab import SignInMethod
from quantriet.org.web import passkeys
from quantriet.org.web.entering import let_in, let_on, pending_account
from quantriet.org.web.forms_sign_in import (
    AskCodeForm,
    MailCodeForm,
    NewPasswordForm,
    SecondFactorForm,
    SignInForm,
    SlipCodeForm,
)
from quantriet.org.web.pages import (
    DeskRequest,
    client_address,
    device_token,
    door_page,
    member_page,
    session_seconds,
)


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


def home_address() -> str:
    try:
        return reverse("home")
    except NoReverseMatch:
        return "/"


def _status(form: Any) -> int:
    return 422 if form.is_bound and form.errors else 200


@door_page
@never_cache
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """One sentence for every failure: neither the name nor the password is said to be the wrong part."""
    following = safe_next(request, home_address())
    if request.user.is_authenticated:
        return HttpResponseRedirect(following)
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            account = _checked(request, form.cleaned_data["username"], form.cleaned_data["password"])
            return let_on(request, account, SignInMethod.PASSWORD, following)
    context = {
        "form": form,
        "following": following,
        "ways": urlencode({"next": following}),
        "words_kept": "words" in request.session,
        "central": settings.OIDC_LABEL if settings.OIDC_ISSUER else "",
    }
    return page(request, "org/sign_in/sign_in.html", context, status=422 if form.is_bound else 200)


def _checked(request: HttpRequest, username: str, password: str) -> Account:
    counts = actions.claim_try(
        Door.PASSWORD, username=username, address=client_address(request), at=time.now(), token=device_token(request)
    )
    account = cast(Account | None, authenticate(request, username=username, password=password))
    if account is None:
        raise Refusal("sign_in.wrong", "Tên đăng nhập hoặc mật khẩu chưa đúng.")
    actions.release_try(Door.PASSWORD, counts)
    return account


@door_page
@never_cache
@sensitive_post_parameters("code", "credential")
def second(request: HttpRequest) -> HttpResponse:
    """The second factor: after the password, or in a session from before it was asked for."""
    signed_in = request.user.is_authenticated
    account = cast(DeskRequest, request).account if signed_in else pending_account(request)
    if account is None:
        messages.info(request, "Đã quá lâu từ lúc gõ mật khẩu; hãy đăng nhập lại.")
        return HttpResponseRedirect(reverse("sign-in"))
    following = safe_next(request, home_address())
    if signed_in and (request.session.get("second") or not sign_in_queries.has_second_factor(account)):
        return HttpResponseRedirect(following)
    form = SecondFactorForm(request.POST if "code" in request.POST else None)
    sentence = ""
    if request.method == "POST":
        try:
            if "credential" in request.POST:
                passkeys.shown_passkey(request, request.POST["credential"], account)
                return _past_second(request, account, following)
            if form.is_valid():
                counts = actions.claim_try(
                    Door.SECOND, username=account.username, address=client_address(request), at=time.now(),
                    token=device_token(request),
                )  # fmt: skip
                if not actions.take_second_code(account, code=form.cleaned_data["code"], at=time.now()):
                    raise Refusal(
                        "factor.wrong", "Mã chưa đúng hoặc đã dùng rồi; chờ ứng dụng hiện mã mới rồi gõ.", field="code"
                    )
                actions.release_try(Door.SECOND, counts)
                return _past_second(request, account, following)
        except Refusal as refusal:
            if form.is_bound:
                form.add_error("code" if refusal.field == "code" else None, refusal.sentence)
            else:
                sentence = refusal.sentence
    context = {
        "form": form,
        "sentence": sentence,
        "following": following,
        "has_codes": AuthenticatorKey.objects.filter(account=account).exists()
        or sign_in_queries.codes_left(account) > 0,
        "has_passkeys": Passkey.objects.filter(account=account).exists(),
    }
    return page(request, "org/sign_in/second.html", context, status=422 if sentence else _status(form))


def _past_second(request: HttpRequest, account: Account, following: str) -> HttpResponse:
    if request.user.is_authenticated:
        request.session.cycle_key()
        request.session["second"] = True
        if "row" in request.session:
            actions.follow_session(request.session["row"], request.session.session_key or "")
        return HttpResponseRedirect(following)
    kept = request.session["pending"]
    return let_in(request, account, SignInMethod(kept["method"]), kept["following"], second=True)


@door_page
@never_cache
@require_POST
def passkey_options(request: HttpRequest) -> HttpResponse:
    """What the browser is asked for: in sign-in any passkey of this site, else one of the account that is coming in."""
    account = cast(DeskRequest, request).account if request.user.is_authenticated else pending_account(request)
    return passkeys.request_options(request, account)


@door_page
@never_cache
@require_POST
def passkey(request: HttpRequest) -> HttpResponse:
    """Sign in by passkey alone: the device has asked for finger, face or PIN, so it stands for both factors."""
    following = safe_next(request, home_address())
    try:
        account = passkeys.shown_passkey(request, request.POST.get("credential", ""))
        if settings.PRODUCTION and account.is_demo:
            raise Refusal("passkey.not_read", passkeys.NOT_READ)
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return HttpResponseRedirect(f"{reverse('sign-in')}?{urlencode({'next': following})}")
    return let_in(request, account, SignInMethod.PASSKEY, following, second=True)


@door_page
@never_cache
def ask_code(request: HttpRequest) -> HttpResponse:
    """Ask for a one-time code; the answer is the same whether the name is anybody's."""
    following = safe_next(request, home_address())
    form = AskCodeForm(request.POST or None)
    lost = request.GET.get("lost") == "1" or request.POST.get("lost") == "1"
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            browser, username = get_random_string(43), form.cleaned_data["username"]
            actions.ask_mail_code(
                username=username, browser=browser, address=client_address(request), at=time.now(),
                token=device_token(request),
            )  # fmt: skip
            request.session["code"] = {
                "username": username,
                "browser": browser,
                "following": f"{reverse('password')}?{urlencode({'next': following})}" if lost else following,
            }
            return HttpResponseRedirect(reverse("sign-in-code"))
    context = {"form": form, "following": following, "lost": lost}
    return page(request, "org/sign_in/ask_code.html", context, status=_status(form))


@door_page
@never_cache
@sensitive_post_parameters("code")
def mail_code(request: HttpRequest) -> HttpResponse:
    """Take the code that came by mail, in the browser that asked for it."""
    asked = request.session.get("code")
    if not asked:
        return HttpResponseRedirect(reverse("sign-in-ask-code"))
    form = MailCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            account = actions.take_mail_code(
                username=asked["username"], browser=asked["browser"], code=form.cleaned_data["code"],
                address=client_address(request), at=time.now(), token=device_token(request),
            )  # fmt: skip
            if account is None:
                raise Refusal("code.wrong", "Mã chưa đúng hoặc đã hết hạn.", field="code")
            del request.session["code"]
            return let_on(request, account, SignInMethod.CODE, asked["following"])
    context = {"form": form, "username": asked["username"]}
    return page(request, "org/sign_in/mail_code.html", context, status=_status(form))


@door_page
@never_cache
@sensitive_post_parameters("code")
def activate(request: HttpRequest) -> HttpResponse:
    """The code of an activation slip, typed or read by the telephone's camera."""
    form = SlipCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            slip = actions.find_slip(form.cleaned_data["code"], address=client_address(request), at=time.now())
            request.session["slip"] = slip.pk
            return HttpResponseRedirect(reverse("activate-password"))
    return page(request, "org/sign_in/activate.html", {"form": form}, status=_status(form))


@door_page
@never_cache
@sensitive_post_parameters("password", "again")
def activate_password(request: HttpRequest) -> HttpResponse:
    """Whose slip it is, the user name, and a password of one's own; then straight in."""
    slip = ActivationSlip.objects.filter(pk=request.session.get("slip")).select_related("person__unit").first()
    if slip is None:
        return HttpResponseRedirect(reverse("activate"))
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            account = actions.use_slip(slip.pk, at=time.now(), password=form.cleaned_data["password"])
            logout(request)  # whoever was signed in on this device before
            messages.success(request, f"Tài khoản đã dùng được. Lần sau đăng nhập bằng tên “{account.username}”.")
            return let_on(request, account, SignInMethod.SLIP, home_address())
    context = {"form": form, "slip": slip, "person": slip.person}
    return page(request, "org/sign_in/activate_password.html", context, status=_status(form))


@door_page
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    row = request.session.get("row")
    if row and request.user.is_authenticated:
        actions.close_sessions(cast(DeskRequest, request).account, by=request.user, at=time.now(), only=row)  # type: ignore[arg-type]
    logout(request)
    response = saved(request, to=reverse("sign-in"), message=_("Signed out."))
    if request.is_secure():
        # What the browser itself has kept; the service worker wipes its own when it sees this request.
        response["Clear-Site-Data"] = '"cache"'
    return response


@door_page
@require_POST
def session_extend(request: HttpRequest) -> HttpResponse:
    """Stay signed in: by the script (204), or by the button of the account menu (back to the page)."""
    if not request.user.is_authenticated:
        return HttpResponseRedirect(reverse("sign-in"))
    if "touched" in request.session:
        request.session["touched"] = time.now().timestamp()
        actions.touch_session(request.session["row"], at=time.now())
    else:
        request.session.modified = True
    if "next" in request.POST:
        minutes = session_seconds(request) // 60
        message = f"Vẫn đang đăng nhập; phiên còn {minutes} phút nếu không có thao tác nào."
        return saved(request, to=safe_next(request, home_address()), message=message)
    return HttpResponse(status=204)


@member_page
@never_cache
def resume(request: DeskRequest) -> HttpResponse:
    """What was typed when the session ended, ready to be sent again by whoever had typed it."""
    kept = request.session.get("words")
    if not kept or request.account.pk not in kept["accounts"]:
        return HttpResponseRedirect(home_address())
    if request.method == "POST":
        del request.session["words"]
        return HttpResponseRedirect(kept["path"].partition("?")[0])
    return page(request, "org/sign_in/resume.html", {"action": kept["path"], "fields": kept["fields"]})


urlpatterns = [
    path("sign-in/", sign_in, name="sign-in"),
    path("sign-in/second/", second, name="sign-in-second"),
    path("sign-in/passkey/", passkey, name="sign-in-passkey"),
    path("sign-in/passkey/options/", passkey_options, name="sign-in-passkey-options"),
    path("sign-in/code/", mail_code, name="sign-in-code"),
    path("sign-in/code/ask/", ask_code, name="sign-in-ask-code"),
    path("sign-in/resume/", resume, name="resume"),
    path("activate/", activate, name="activate"),
    path("activate/password/", activate_password, name="activate-password"),
    path("sign-out/", sign_out, name="sign-out"),
    path("session/", session_extend, name="session-extend"),
]
