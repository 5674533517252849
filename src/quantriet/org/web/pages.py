"""The door of every page: who may open it, in one line above the view.

`desk_page(Permission.X)` staff pages, `member_page` pages about oneself, `public_page` for everyone. Each leaves its
claim on `view.access`, from which the access table and the default-deny test are made. `door_page` and `own_page` are
the pages one passes before everything else: sign-in and sign-out, a first password, a second factor.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.functional import SimpleLazyObject

from quantriet.kit import time
from quantriet.kit.refusal import NotAllowed
from quantriet.kit.sealing import digests
from quantriet.org import access, actions
from quantriet.org.actions.doors import DEVICE
from quantriet.org.models import Account, KnownDevice
from quantriet.org.rules.tries import forwarded
from quantriet.org.vocab import Permission

View = Callable[..., HttpResponse]


class DeskRequest(HttpRequest):
    """A request whose account is known; what `desk_page` and `member_page` hand to a view."""

    account: Account
    htmx: Any


DEVICE_COOKIE = "device"
DEVICE_AGE = 400 * 24 * 60 * 60
TOUCH = 5 * 60  # seconds between two notes that a session is in use, each of which prolongs it
# Words kept over a sign-in: so many bytes, and never what is secret.
MOST_WORDS = 64 * 1024
_SECRETS = {"csrfmiddlewaretoken", "password", "again", "current", "code", "credential"}


class AccountMiddleware:
    """Puts `request.account` beside Django's `request.user`, keeps a session alive while it is used and ends it at its
    utmost age, and turns NotAllowed into 403."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.account = SimpleLazyObject(lambda: request.user)  # type: ignore[attr-defined]
        _keep_alive(request)
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", "camera=(self), geolocation=(), microphone=()")
        if request.user.is_authenticated and "Cache-Control" not in response:
            # Pages of a signed-in person never stay in a shared or back-button cache.
            response["Cache-Control"] = "no-store, private"
        if request.user.is_authenticated:
            response["X-Session-Seconds"] = str(session_seconds(request))
        token = getattr(request, "device_token", "")
        if token:
            response.set_cookie(
                DEVICE_COOKIE,
                token,
                max_age=DEVICE_AGE,
                httponly=True,
                secure=settings.SESSION_COOKIE_SECURE,
                samesite="Lax",
            )
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, NotAllowed):
            from quantriet.kit.web import refused  # renders a template, so not at import time of the settings

            return refused(request, exception.sentence)
        return None


def _keep_alive(request: HttpRequest) -> None:
    """Prolong a session in use; a session without its own row (made by a test or a command) is left as it is."""
    began, touched = request.session.get("began"), request.session.get("touched")
    if began is None or touched is None:
        return
    at = time.now()
    if at.timestamp() - began >= settings.SESSION_AT_MOST:
        request.session.flush()
    elif at.timestamp() - touched >= TOUCH:
        request.session["touched"] = at.timestamp()
        actions.touch_session(request.session["row"], at=at)


def session_seconds(request: HttpRequest) -> int:
    """In how many seconds the present sign-in ends if nothing more is asked of the server."""
    began, touched = request.session.get("began"), request.session.get("touched")
    if began is None or touched is None:
        return settings.SESSION_COOKIE_AGE
    moment = time.now().timestamp()
    return max(0, int(min(touched + settings.SESSION_COOKIE_AGE, began + settings.SESSION_AT_MOST) - moment))


def client_address(request: HttpRequest) -> str:
    """Where the request comes from; a header is believed only when the settings name it."""
    header = settings.ADDRESS_HEADER
    if header:
        said = request.META.get("HTTP_" + header.upper().replace("-", "_"), "")
        if said:
            return forwarded(said)[:45]
    return str(request.META.get("REMOTE_ADDR", ""))[:45]


def device_token(request: HttpRequest) -> str:
    """The random word that this browser keeps since its first sign-in."""
    return request.COOKIES.get(DEVICE_COOKIE, "")[:100]


def _way_in(request: HttpRequest) -> HttpResponse | None:
    """Where to go first: to the sign-in, or to what stands before everything else."""
    if not request.user.is_authenticated:
        kept = _keep_words(request)
        return redirect_to_login(resolve_url("resume") if kept else request.get_full_path())
    return first_thing(request)


def first_thing(request: HttpRequest) -> HttpResponse | None:
    """What a signed-in account must do before anything else: a password of its own, a second factor; None when nothing."""
    account = cast(DeskRequest, request).account
    following = request.get_full_path() if request.method == "GET" else "/"
    if account.must_change_password:
        return redirect_to_login(following, resolve_url("password"))
    if not request.session.get("second") and access.needs_second_factor(account):
        return redirect_to_login(following, resolve_url("second-factor"))
    return None


def _keep_words(request: HttpRequest) -> bool:
    """Keep what was typed into a form whose session ended meanwhile, for the sign-in that follows on this device.

    Only on a device where somebody has signed in before, and shown only to those accounts: a stranger stores nothing.
    """
    if request.method != "POST" or getattr(request, "htmx", False) or request.FILES or not device_token(request):
        return False
    fields = [(name, value) for name in request.POST for value in request.POST.getlist(name) if name not in _SECRETS]
    if not fields or sum(len(name) + len(value) for name, value in fields) > MOST_WORDS:
        return False
    rows = KnownDevice.objects.filter(digest__in=digests(device_token(request), DEVICE))
    accounts = list(rows.values_list("account_id", flat=True)[:20])
    if accounts:
        request.session["words"] = {"path": request.get_full_path(), "fields": fields, "accounts": accounts}
    return bool(accounts)


def desk_page(permission: Permission) -> Callable[[View], View]:
    """Only accounts that have the permission somewhere; which rows they see is decided by `access`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            elsewhere = _way_in(request)
            if elsewhere is not None:
                return elsewhere
            if not access.may_anywhere(cast(DeskRequest, request).account, permission):
                raise NotAllowed
            return view(request, *args, **kwargs)

        page.access = permission.value  # type: ignore[attr-defined]
        return page

    return decorate


def member_page(view: View) -> View:
    """Any signed-in account; the view shows only what is its own."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        elsewhere = _way_in(request)
        if elsewhere is not None:
            return elsewhere
        return view(request, *args, **kwargs)

    page.access = "signed-in"  # type: ignore[attr-defined]
    return page


def own_page(view: View) -> View:
    """Any signed-in account, also one that has yet to choose its password or to set up a second factor."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
        return view(request, *args, **kwargs)

    page.access = "signed-in"  # type: ignore[attr-defined]
    return page


def public_page(view: View) -> View:
    """Everyone, without signing in; whoever is signed in does first what comes first."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "GET" and request.user.is_authenticated:
            elsewhere = first_thing(request)
            if elsewhere is not None:
                return elsewhere
        return view(request, *args, **kwargs)

    page.access = "public"  # type: ignore[attr-defined]
    return page


def door_page(view: View) -> View:
    """Everyone: the way in and the way out."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs)

    page.access = "public"  # type: ignore[attr-defined]
    return page
