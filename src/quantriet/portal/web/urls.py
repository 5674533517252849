from django.urls import path

from quantriet.portal.web import home, me

urlpatterns = [
    path("", home.home, name="home"),
    path("display/", home.display, name="display"),
    path("session/extend/", home.session_extend, name="session-extend"),
    path("desk/search/", home.quick_search, name="quick-search"),
    path("desk/gallery/", home.gallery, name="gallery"),
    path("me/", me.me, name="me"),
    path("me/duties/<int:pk>/", me.duty, name="my-duty"),
    path("me/duties/<int:pk>/calendar.ics", me.calendar, name="my-calendar"),
    path("me/documents/<int:pk>/", me.reading, name="my-reading"),
]
