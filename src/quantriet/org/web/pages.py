"""The door of every page: who may open it, in one line above the view.

`desk_page(Permission.X)` staff pages, `member_page` pages about oneself, `public_page` for everyone. Each leaves its
claim on `view.access`, from which the access table and the default-deny test are made.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.functional import SimpleLazyObject

from quantriet.kit.refusal import NotAllowed
from quantriet.org import access
from quantriet.org.models import Account
from quantriet.org.vocab import Permission

View = Callable[..., HttpResponse]


class DeskRequest(HttpRequest):
    """A request whose account is known; what `desk_page` and `member_page` hand to a view."""

    account: Account
    htmx: Any


class AccountMiddleware:
    """Puts `request.account` beside Django's `request.user`, and turns NotAllowed into 403."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.account = SimpleLazyObject(lambda: request.user)  # type: ignore[attr-defined]
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", "camera=(self), geolocation=(), microphone=()")
        if request.user.is_authenticated and "Cache-Control" not in response:
            # Pages of a signed-in person never stay in a shared or back-button cache.
            response["Cache-Control"] = "no-store, private"
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, NotAllowed):
            from quantriet.kit.web import refused  # renders a template, so not at import time of the settings

            return refused(request, exception.sentence)
        return None


def _way_in(request: HttpRequest) -> HttpResponse | None:
    """Where to go first: to the sign-in, or to one's own password while it is a temporary one."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if cast(DeskRequest, request).account.must_change_password:
        own_password = resolve_url("password")
        if request.path != own_password:
            return redirect_to_login(request.get_full_path() if request.method == "GET" else "/", own_password)
    return None


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


def public_page(view: View) -> View:
    """Everyone, without signing in."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs)

    page.access = "public"  # type: ignore[attr-defined]
    return page
