"""What the portal is measured against: its own addresses, and beside them a view of three lines with one indexed read.

Served like the product (`granian bench.bare:application`): the same settings, middleware, database.
"""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quantriet.config.settings")


def bare(request: HttpRequest, pk: int) -> HttpResponse:
    from quantriet.library.models import GuidingDocument  # once Django is set up

    return HttpResponse(GuidingDocument.objects.values_list("subject", flat=True).get(pk=pk))


if os.environ.get("QUANTRIET_BENCH_BARE"):  # the programs of bench/ are read before Django is set up
    from django.conf import settings

    settings.ROOT_URLCONF = __name__
    application = get_wsgi_application()
    urlpatterns = [path("bare/<int:pk>/", bare), path("", include("quantriet.config.urls"))]
    handler404 = "quantriet.portal.web.errors.not_found"
