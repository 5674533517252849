"""Sign-in at a central provider (OpenID Connect), when the settings name one. It opens an account that exists; it makes
neither accounts nor rights, and takes the place of the password alone, not of the second factor."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.views.decorators.cache import never_cache

from quantriet.kit import oidc, time
from quantriet.kit.web import safe_next
from quantriet.org.models import Account
from quantriet.org.vocab import SignInMethod
from quantriet.org.web.entering import let_on
from quantriet.org.web.pages import door_page
from quantriet.org.web.sign_in import home_address

log = logging.getLogger(__name__)
TRIP_TIME = 10 * 60  # seconds


def _client() -> oidc.Client:
    if not settings.OIDC_ISSUER:
        raise Http404
    return oidc.Client(settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET)


def _back(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("sign-in-central-back"))


def _not_now(request: HttpRequest, sentence: str) -> HttpResponse:
    messages.error(request, sentence)
    return HttpResponseRedirect(reverse("sign-in"))


@door_page
@never_cache
def central(request: HttpRequest) -> HttpResponse:
    """Go to the provider. A link, not a form: the content policy lets no form lead to another host."""
    if not settings.OIDC_ISSUER:
        raise Http404
    trip = oidc.new_trip()
    try:
        there = _client().way_there(trip, back=_back(request))
    except oidc.Untrusted as error:
        log.error("central sign-on: %s", error)
        return _not_now(request, "Cổng đăng nhập tập trung chưa trả lời; thử lại sau hoặc đăng nhập bằng mật khẩu.")
    request.session["trip"] = {
        "trip": trip.kept(),
        "following": safe_next(request, home_address()),
        "at": time.now().timestamp(),
    }
    return HttpResponseRedirect(there)


@door_page
@never_cache
def central_back(request: HttpRequest) -> HttpResponse:
    """Back from the provider: prove what it says and let the account in that it names."""
    client = _client()
    kept = request.session.pop("trip", None)
    if not kept or time.now().timestamp() - kept["at"] > TRIP_TIME or request.GET.get("state") != kept["trip"]["state"]:
        return _not_now(request, "Lượt đăng nhập tập trung không còn hiệu lực; hãy bắt đầu lại.")
    if "error" in request.GET or not request.GET.get("code"):
        return _not_now(
            request, "Cổng đăng nhập tập trung không cho vào lượt này; thử lại hoặc đăng nhập bằng mật khẩu."
        )
    try:
        claims = client.claims(oidc.Trip(**kept["trip"]), code=request.GET["code"], back=_back(request))
    except oidc.Untrusted as error:
        log.warning("central sign-on: %s", error)
        return _not_now(request, "Không xác minh được câu trả lời của cổng đăng nhập tập trung; hãy bắt đầu lại.")
    account = account_of(claims)
    if account is None:
        return _not_now(
            request,
            "Chưa có tài khoản nào ở đây ứng với người vừa đăng nhập. Hỏi người quản trị của đơn vị, hoặc dùng phiếu kích hoạt.",
        )
    return let_on(request, account, SignInMethod.CENTRAL, kept["following"])


def account_of(claims: dict[str, Any]) -> Account | None:
    """The one account that the provider's claim names; none when two bear the same mail, or the mail is not proven."""
    said = str(claims.get(settings.OIDC_CLAIM) or "").strip()
    if not said:
        return None
    rows = Account.objects.filter(is_active=True).select_related("person__unit")
    if settings.PRODUCTION:
        rows = rows.filter(is_demo=False)
    if settings.OIDC_MATCH == "email":
        if claims.get("email_verified") is not True:
            return None
        rows = rows.filter(email__iexact=said)
    else:
        rows = rows.filter(person__code=said, person__left_on__isnull=True)
    found = list(rows[:2])
    return found[0] if len(found) == 1 else None


urlpatterns = [
    path("sign-in/central/", central, name="sign-in-central"),
    path("sign-in/central/back/", central_back, name="sign-in-central-back"),
]
