from django.urls import path

from quantriet.portal.web import backups, calendars, home, me, my_data

urlpatterns = [
    path("", home.home, name="home"),
    path("display/", home.display, name="display"),
    path("session/extend/", home.session_extend, name="session-extend"),
    path("desk/search/", home.quick_search, name="quick-search"),
    path("desk/gallery/", home.gallery, name="gallery"),
    path("desk/backups/", backups.backup_list, name="backup-list"),
    path("desk/backups/make/", backups.backup_make, name="backup-make"),
    path("desk/backups/rehearse/", backups.backup_rehearse, name="backup-rehearse"),
    path("me/", me.me, name="me"),
    path("me/duties/<int:pk>/", me.duty, name="my-duty"),
    path("me/duties/<int:pk>/calendar.ics", me.calendar, name="my-calendar"),
    path("me/calendar/", calendars.own, name="my-calendar-feed"),
    path("me/calendar/make/", calendars.make, name="my-calendar-feed-make"),
    path("me/calendar/end/", calendars.end, name="my-calendar-feed-end"),
    path("calendar/<str:secret>.ics", calendars.feed, name="calendar-feed"),
    path("me/documents/<int:pk>/", me.reading, name="my-reading"),
    path("me/record/", my_data.record, name="my-record"),
    path("me/looks/", my_data.looks, name="my-looks"),
    path("me/requests/", my_data.requests, name="my-requests"),
    path("me/requests/new/", my_data.request_new, name="my-request-new"),
    path("me/requests/<int:pk>/letter/", my_data.letter, name="my-letter"),
    path("me/data/", my_data.export, name="my-data"),
    path("me/data/file/", my_data.file, name="my-data-file"),
]
