from django.urls import path

from quantriet.portal.web import backups, home, me

urlpatterns = [
    path("", home.home, name="home"),
    path("display/", home.display, name="display"),
    path("session/extend/", home.session_extend, name="session-extend"),
    path("desk/gallery/", home.gallery, name="gallery"),
    path("desk/backups/", backups.backup_list, name="backup-list"),
    path("desk/backups/make/", backups.backup_make, name="backup-make"),
    path("desk/backups/rehearse/", backups.backup_rehearse, name="backup-rehearse"),
    path("me/", me.me, name="me"),
    path("me/duties/<int:pk>/", me.duty, name="my-duty"),
    path("me/duties/<int:pk>/calendar.ics", me.calendar, name="my-calendar"),
    path("me/documents/<int:pk>/", me.reading, name="my-reading"),
]
