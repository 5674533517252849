"""The reader's text size and theme: kept in two cookies, set by a small form on every page, with or without JavaScript.

The scripts of a page read and set them too: a choice made without a line holds for every page from then on.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from quantriet.kit.templatetags.ui import TEXT_SIZES, THEMES

_YEAR = 365 * 24 * 3600


@require_POST
def display(request: HttpRequest) -> HttpResponse:
    """Keep the chosen text size or theme and go back to where the reader was."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    response = HttpResponseRedirect(back)
    for name, allowed in (("text", TEXT_SIZES), ("theme", THEMES)):
        value = request.POST.get(name, "")
        if value in allowed:
            response.set_cookie(f"display_{name}", value, _YEAR, samesite="Lax", secure=request.is_secure())
    return response
