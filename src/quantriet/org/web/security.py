"""One's own sign-in: password, mail, second factor, recovery codes, passkeys, and where one is signed in."""

from __future__ import annotations

import datetime as dt

import segno
from django.contrib.auth import logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from quantriet.kit import time
from quantriet.kit.refusal import Refusal, refusals_on
from quantriet.kit.sealing import seal, unseal
from quantriet.kit.web import page, refused, safe_next, saved
from quantriet.org import access, actions
from quantriet.org.actions import factors
from quantriet.org.models import Account, AuthenticatorKey, Passkey
from quantriet.org.queries import sign_in as sign_in_queries
from quantriet.org.rules.tries import Door
from quantriet.org.vocab import SignInMethod
from quantriet.org.web import passkeys
from quantriet.org.web.entering import confirm, confirm_before, confirmed_first, is_confirmed
from quantriet.org.web.forms_sign_in import (
    AuthenticatorForm,
    ConfirmForm,
    MailForm,
    MailProofForm,
    PasskeyForm,
    PasswordForm,
)
from quantriet.org.web.pages import DeskRequest, client_address, device_token, member_page, own_page
from quantriet.org.web.sign_in import home_address

# Whoever came in by one of these cannot be asked for a password that may be lost.
WITHOUT_PASSWORD = {SignInMethod.CODE, SignInMethod.PASSKEY, SignInMethod.CENTRAL}


def qr_svg(content: str, label: str) -> SafeString:
    """A QR code as SVG inside the page; the label is read aloud in its place."""
    drawn = segno.make(content, error="m").svg_inline(border=4, dark="#000", light="#fff", title=label, omitsize=True)
    return mark_safe(drawn.replace("<svg ", '<svg role="img" ', 1))  # noqa: S308 (drawn by segno from digits of its own)


@member_page
@never_cache
def own_sign_in(request: DeskRequest) -> HttpResponse:
    account = request.account
    sessions = sign_in_queries.open_sessions(account, at=time.now())
    for one in sessions:
        one.is_this = one.session_key == request.session.session_key  # type: ignore[attr-defined]
        one.method_label = SignInMethod(one.method).label  # type: ignore[attr-defined]
    context = {
        "account": account,
        "sessions": sessions,
        "others": sum(not one.is_this for one in sessions),  # type: ignore[attr-defined]
        "authenticator": AuthenticatorKey.objects.filter(account=account).first(),
        "codes_left": sign_in_queries.codes_left(account),
        "passkeys": Passkey.objects.filter(account=account).order_by("made_at", "pk"),
        "needed": access.needs_second_factor(account),
    }
    return page(request, "org/sign_in/security.html", context)


@own_page
@never_cache
@sensitive_post_parameters("current", "password", "again")
def password(request: DeskRequest) -> HttpResponse:
    account = request.account
    must = account.must_change_password
    came_without = request.session.get("method") in WITHOUT_PASSWORD and is_confirmed(request)
    form = PasswordForm(request.POST or None, asks_present=not must and not came_without)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            if "current" in form.fields:
                _check_present(request, form.cleaned_data["current"], "current")
            session_key = request.session.session_key or ""
            actions.change_password(
                account, by=account, at=time.now(), password=form.cleaned_data["password"], keep=session_key,
                device=device_token(request),
            )  # fmt: skip
            update_session_auth_hash(request, account)
            _follow(request)
            confirm(request)
            return saved(request, to=safe_next(request, home_address()), message=_("The password is changed."))
    context = {"form": form, "must": must, "following": safe_next(request, "")}
    return page(request, "org/sign_in/password.html", context, status=422 if form.is_bound else 200)


def _check_present(request: DeskRequest, typed: str, field: str) -> None:
    account = request.account
    counts = actions.claim_try(
        Door.CONFIRM, username=account.username, address=client_address(request), at=time.now()
    )  # fmt: skip
    if not account.check_password(typed):
        raise Refusal("password.wrong", "Mật khẩu hiện tại chưa đúng.", field=field)
    actions.release_try(Door.CONFIRM, counts)


def _follow(request: HttpRequest) -> None:
    if "row" in request.session:
        actions.follow_session(request.session["row"], request.session.session_key or "")


@own_page
@never_cache
@sensitive_post_parameters("password", "credential")
def confirm_again(request: DeskRequest) -> HttpResponse:
    """The password or a passkey once more, before something that matters."""
    following = safe_next(request, reverse("own-sign-in"))
    form = ConfirmForm(request.POST if "password" in request.POST else None)
    sentence = ""
    if request.method == "POST":
        try:
            if "credential" in request.POST:
                passkeys.shown_passkey(request, request.POST["credential"], request.account)
            elif form.is_valid():
                _check_present(request, form.cleaned_data["password"], "password")
            else:
                raise Refusal("password.missing", "")
            confirm(request)
            return HttpResponseRedirect(following)
        except Refusal as refusal:
            if form.is_bound and refusal.sentence:
                form.add_error("password" if refusal.field else None, refusal.sentence)
            else:
                sentence = refusal.sentence
    context = {
        "form": form,
        "sentence": sentence,
        "following": following,
        "has_passkeys": Passkey.objects.filter(account=request.account).exists(),
        "has_password": request.account.has_usable_password(),
    }
    return page(request, "org/sign_in/confirm.html", context, status=422 if sentence or form.errors else 200)


@member_page
@confirmed_first
@never_cache
def own_mail(request: DeskRequest) -> HttpResponse:
    """A new address is written only once its code was typed; none at all is written at once."""
    account = request.account
    waiting = request.session.get("mail")
    if request.method == "POST" and "code" in request.POST and waiting:
        return _proven_mail(request, waiting["email"], dt.datetime.fromisoformat(waiting["asked_at"]))
    form = MailForm(request.POST or None, initial={"email": account.email})
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        with refusals_on(form):
            if email in ("", account.email):
                known = Account.objects.get(pk=account.pk)
                actions.change_account(known, by=account, at=time.now(), email=email)
                return saved(request, to=reverse("own-sign-in"), message=_("Saved."))
            at = time.now()
            actions.ask_mail_proof(account, email, address=client_address(request), at=at, token=device_token(request))
            request.session["mail"] = {"email": email, "asked_at": at.isoformat()}
            return _small_form(request, MailProofForm(email=email), _("Confirm the new address"), _("Confirm"))
    return _small_form(request, form, _("Mail for codes and notices"), _("Continue"))


def _proven_mail(request: DeskRequest, email: str, asked_at: dt.datetime) -> HttpResponse:
    form = MailProofForm(request.POST, email=email)
    if form.is_valid():
        with refusals_on(form):
            known = Account.objects.get(pk=request.account.pk)
            if actions.take_proven_mail(
                known, email, code=form.cleaned_data["code"], asked_at=asked_at, by=request.account,
                address=client_address(request), at=time.now(), token=device_token(request),
            ):  # fmt: skip
                del request.session["mail"]
                return saved(request, to=reverse("own-sign-in"), message=_("Saved."))
            form.add_error(
                "code", "Mã chưa đúng hoặc đã hết hạn. Xem lại thư mới nhất, hoặc mở lại trang này để xin mã khác."
            )
    return _small_form(request, form, _("Confirm the new address"), _("Confirm"))


def _small_form(request: DeskRequest, form: MailForm | MailProofForm, heading: str, submit: str) -> HttpResponse:
    context = {"form": form, "heading": heading, "submit": submit, "cancel_url": reverse("own-sign-in")}
    return page(request, "org/sign_in/form.html", context, status=422 if form.is_bound and form.errors else 200)


@own_page
@never_cache
def second_factor(request: DeskRequest) -> HttpResponse:
    """Where an account goes that must show a second factor: to the step itself, or to set one up."""
    following = safe_next(request, home_address())
    if request.session.get("second") or not access.needs_second_factor(request.account):
        return HttpResponseRedirect(following)
    if sign_in_queries.has_second_factor(request.account):
        return HttpResponseRedirect(f"{reverse('sign-in-second')}?{urlencode({'next': following})}")
    request.session["following"] = following
    return page(request, "org/sign_in/second_factor.html", {"account": request.account})


@own_page
@confirmed_first
@never_cache
@sensitive_post_parameters("code")
def authenticator(request: DeskRequest) -> HttpResponse:
    """Set up an authenticator app: QR code and the same key in letters, then a code that proves it."""
    account = request.account
    if AuthenticatorKey.objects.filter(account=account).exists():
        return HttpResponseRedirect(reverse("own-sign-in"))
    # Sealed, because sessions lie in the database too.
    secret = unseal(request.session.get("new_key", "")) if "new_key" in request.session else None
    if secret is None:
        secret = factors.new_secret()
        request.session["new_key"] = seal(secret)
    form = AuthenticatorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            codes = actions.set_authenticator(account, secret=secret, code=form.cleaned_data["code"], at=time.now())
            del request.session["new_key"]
            _proven(request)
            return _codes_page(request, codes)
    context = {
        "form": form,
        "qr": qr_svg(factors.provisioning_uri(secret, account), _("QR code for the authenticator app")),
        "secret": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        "needed": access.needs_second_factor(account),
    }
    return page(request, "org/sign_in/authenticator.html", context, status=422 if form.is_bound else 200)


def _proven(request: DeskRequest) -> None:
    """A factor just set up was shown in this very session."""
    request.session["second"] = True


def _codes_page(request: DeskRequest, codes: list[str]) -> HttpResponse:
    """The recovery codes, in the answer itself: they are shown this once."""
    following = request.session.pop("following", "") or reverse("own-sign-in")
    context = {"codes": codes, "following": following, "account": request.account, "day": time.today()}
    return page(request, "org/sign_in/recovery_codes.html", context)


@member_page
@confirmed_first
@require_POST
def authenticator_remove(request: DeskRequest) -> HttpResponse:
    try:
        actions.remove_authenticator(request.account, by=request.account, at=time.now())
    except Refusal as refusal:
        return refused(request, refusal.sentence)
    return saved(request, to=reverse("own-sign-in"), message="Đã gỡ ứng dụng xác minh.")


@member_page
@confirmed_first
@require_POST
def recovery_codes(request: DeskRequest) -> HttpResponse:
    if not sign_in_queries.has_second_factor(request.account):
        return refused(request, "Mã dự phòng đi cùng lớp xác minh thứ hai; thiết lập lớp đó trước.")
    return _codes_page(request, actions.make_recovery_codes(request.account, by=request.account, at=time.now()))


@own_page
@confirmed_first
@never_cache
def passkey_new(request: DeskRequest) -> HttpResponse:
    """Name a passkey and have the browser make it."""
    form = PasskeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            passkeys.made_passkey(
                request, request.account, form.cleaned_data["credential"], form.cleaned_data["name"]
            )  # fmt: skip
            _proven(request)
            if not sign_in_queries.codes_left(request.account):
                return _codes_page(
                    request, actions.make_recovery_codes(request.account, by=request.account, at=time.now())
                )
            following = request.session.pop("following", "") or reverse("own-sign-in")
            return saved(request, to=following, message="Đã thêm khóa đăng nhập.")
    return page(request, "org/sign_in/passkey.html", {"form": form}, status=422 if form.is_bound else 200)


@own_page
@never_cache
@require_POST
def passkey_new_options(request: DeskRequest) -> HttpResponse:
    if confirm_before(request) is not None:
        return HttpResponse(status=403)
    return passkeys.creation_options(request, request.account)


@member_page
@confirmed_first
@require_POST
def passkey_remove(request: DeskRequest, pk: int) -> HttpResponse:
    known = access.one_of(Passkey.objects.filter(account=request.account).select_related("account__person__unit"), pk)
    try:
        actions.remove_passkey(known, by=request.account, at=time.now())
    except Refusal as refusal:
        return refused(request, refusal.sentence)
    return saved(request, to=reverse("own-sign-in"), message=f"Đã gỡ khóa “{known.name}”.")


@member_page
@require_POST
def session_end(request: DeskRequest, pk: int) -> HttpResponse:
    if pk == request.session.get("row"):
        actions.close_sessions(request.account, by=request.account, at=time.now(), only=pk)
        logout(request)
        return saved(request, to=reverse("sign-in"), message=_("Signed out."))
    actions.close_sessions(request.account, by=request.account, at=time.now(), only=pk)
    return saved(request, to=reverse("own-sign-in"), message="Đã kết thúc phiên đó.")


@member_page
@require_POST
def sessions_end(request: DeskRequest) -> HttpResponse:
    ended = actions.close_sessions(
        request.account, by=request.account, at=time.now(), keep=request.session.session_key or ""
    )
    return saved(request, to=reverse("own-sign-in"), message=f"Đã kết thúc {ended} phiên khác.")


urlpatterns = [
    path("password/", password, name="password"),
    path("me/sign-in/", own_sign_in, name="own-sign-in"),
    path("me/sign-in/confirm/", confirm_again, name="confirm"),
    path("me/sign-in/mail/", own_mail, name="own-mail"),
    path("me/sign-in/second-factor/", second_factor, name="second-factor"),
    path("me/sign-in/authenticator/", authenticator, name="authenticator"),
    path("me/sign-in/authenticator/remove/", authenticator_remove, name="authenticator-remove"),
    path("me/sign-in/recovery-codes/", recovery_codes, name="recovery-codes"),
    path("me/sign-in/passkeys/new/", passkey_new, name="passkey-new"),
    path("me/sign-in/passkeys/options/", passkey_new_options, name="passkey-options"),
    path("me/sign-in/passkeys/<int:pk>/remove/", passkey_remove, name="passkey-remove"),
    path("me/sign-in/sessions/<int:pk>/end/", session_end, name="session-end"),
    path("me/sign-in/sessions/end/", sessions_end, name="sessions-end"),
]
