"""Error pages that say what is wrong and what to do."""

import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from quantriet.kit.trouble import Trouble, trouble_of


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "ui/400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "ui/403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "ui/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours; or, when the machine has a bad day, 503 with what to do and when to try again."""
    trouble = trouble_of(sys.exc_info()[1])
    return render(request, "ui/500.html", status=500) if trouble is None else unavailable(request, trouble)


def unavailable(request: HttpRequest, trouble: Trouble) -> HttpResponse:
    answer: HttpResponse
    if request.content_type == "application/json":
        answer = JsonResponse({"error": trouble.value, "sentence": trouble.sentence}, status=503)
    else:
        # Without the frame of the account, which would ask the database again.
        answer = HttpResponse(render_to_string("ui/503.html", {"sentence": trouble.sentence}), status=503)
    answer["Retry-After"] = str(trouble.seconds)
    answer["Cache-Control"] = "no-store"
    return answer


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "ui/csrf.html", status=403)
