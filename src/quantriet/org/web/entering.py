"""What the ways in share: letting an account in, the step between two factors, asking for the password once more."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.http import urlencode

from quantriet.kit import time
from quantriet.org import actions
from quantriet.org.models import Account
from quantriet.org.queries import sign_in as sign_in_queries
from quantriet.org.vocab import SignInMethod
from quantriet.org.web.pages import DeskRequest, client_address, device_token

BACKEND = "quantriet.org.web.sign_in.AccountBackend"
PENDING_FOR = 10 * 60  # seconds between the first factor and the second
CONFIRMED_FOR = 10 * 60  # seconds for which a password just shown opens what matters most
SENDING_TIME = 20 * 60  # seconds more for the form that was opened meanwhile


def let_on(request: HttpRequest, account: Account, method: SignInMethod, following: str) -> HttpResponse:
    """Go on after a right first factor: to the second when the account has one, else in."""
    if sign_in_queries.has_second_factor(account):
        request.session["pending"] = {
            "account": account.pk,
            "password": account.get_session_auth_hash(),
            "method": method.value,
            "following": following,
            "at": time.now().timestamp(),
        }
        return HttpResponseRedirect(reverse("sign-in-second"))
    return let_in(request, account, method, following)


def let_in(
    request: HttpRequest, account: Account, method: SignInMethod, following: str, *, second: bool = False
) -> HttpResponse:
    """Open the session. `second`: a second factor was shown, or a passkey that asked for finger, face or PIN."""
    at, token = time.now(), device_token(request) or get_random_string(43)
    login(request, account, backend=BACKEND)
    request.session.pop("pending", None)
    session = actions.begin_session(
        account,
        at=at,
        session_key=request.session.session_key or "",
        method=method,
        user_agent=request.META.get("HTTP_USER_AGENT", ""),
        address=client_address(request),
        token=token,
    )
    moment = at.timestamp()
    request.session.update(
        {
            "row": session.pk,
            "began": moment,
            "touched": moment,
            "confirmed": moment,
            "second": second,
            "method": method.value,
        }
    )
    request.device_token = token  # type: ignore[attr-defined]
    if account.must_change_password:
        following = f"{reverse('password')}?{urlencode({'next': following})}"
    return HttpResponseRedirect(following)


def pending_account(request: HttpRequest) -> Account | None:
    """Who has shown a first factor a moment ago; forgotten when the password changed meanwhile or the account rests."""
    kept = request.session.get("pending")
    if not kept or time.now().timestamp() - kept["at"] > PENDING_FOR:
        return None
    account = Account.objects.filter(pk=kept["account"], is_active=True).select_related("person__unit").first()
    return account if account and account.get_session_auth_hash() == kept["password"] else None


def is_confirmed(request: HttpRequest) -> bool:
    """Whether the password, a passkey or the like was shown a few minutes ago; a form then open may still be sent."""
    given = request.session.get("confirmed")
    allowed = CONFIRMED_FOR + (0 if request.method == "GET" else SENDING_TIME)
    return given is not None and time.now().timestamp() - given <= allowed


def confirm_before(request: HttpRequest) -> HttpResponse | None:
    """The way to the password or a passkey, asked again before something that matters; None when shown minutes ago.

    A session from before its account had a second factor shows that one first.
    """
    back = request.get_full_path() if request.method == "GET" else request.META.get("HTTP_REFERER", "")
    account: Account = request.account  # type: ignore[attr-defined]
    if not request.session.get("second") and sign_in_queries.has_second_factor(account):
        return HttpResponseRedirect(f"{reverse('sign-in-second')}?{urlencode({'next': back or '/'})}")
    if is_confirmed(request):
        return None
    return HttpResponseRedirect(f"{reverse('confirm')}?{urlencode({'next': back or '/'})}")


def confirmed_first(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The same for a whole page."""

    @wraps(view)
    def page(request: DeskRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return confirm_before(request) or view(request, *args, **kwargs)

    return page


def confirm(request: HttpRequest) -> None:
    request.session["confirmed"] = time.now().timestamp()
