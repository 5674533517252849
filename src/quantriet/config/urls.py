"""All addresses: each room brings its own; `/desk/` is for staff, `/me/` for the member, `/` for everyone, `/api/` for machines."""

from django.urls import include, path

urlpatterns = [
    # Addresses are tried in their order: a hall checks in within minutes, so its own come first.
    path("", include("quantriet.attendance.web.urls")),
    path("", include("quantriet.portal.web.urls")),
    path("", include("quantriet.org.web.urls")),
    path("", include("quantriet.notify.web.urls")),
    path("", include("quantriet.library.web.urls")),
    path("", include("quantriet.speakers.web.urls")),
    path("", include("quantriet.campaigns.web.urls")),
    path("", include("quantriet.classes.web.urls")),
    path("", include("quantriet.reports.web.urls")),
    path("", include("quantriet.audit.web.urls")),
    path("", include("quantriet.config.api")),
]
handler400 = "quantriet.portal.web.errors.bad_request"
handler403 = "quantriet.portal.web.errors.forbidden"
handler404 = "quantriet.portal.web.errors.not_found"
handler500 = "quantriet.portal.web.errors.server_error"
