from django.urls import path

from quantriet.portal.web import calendars, home, me

urlpatterns = [
    path("", home.home, name="home"),
    path("display/", home.display, name="display"),
    path("session/extend/", home.session_extend, name="session-extend"),
    path("desk/gallery/", home.gallery, name="gallery"),
    path("me/", me.me, name="me"),
    path("me/duties/<int:pk>/", me.duty, name="my-duty"),
    path("me/duties/<int:pk>/calendar.ics", me.calendar, name="my-calendar"),
    path("me/calendar/", calendars.own, name="my-calendar-feed"),
    path("me/calendar/make/", calendars.make, name="my-calendar-feed-make"),
    path("me/calendar/end/", calendars.end, name="my-calendar-feed-end"),
    path("calendar/<str:secret>.ics", calendars.feed, name="calendar-feed"),
    path("me/documents/<int:pk>/", me.reading, name="my-reading"),
]
