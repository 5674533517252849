"""The administrator's page of backups: when the last one was made, when a restore last worked, what lies on the shelf."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from quantriet.kit.jobs import awaited, enqueue
from quantriet.kit.time import now
from quantriet.kit.web import page, saved
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page
from quantriet.portal import jobs, queries

LINES = 20


@require_GET
@desk_page(Permission.SYSTEM)
def backup_list(request: DeskRequest) -> HttpResponse:
    state = queries.backup_state(at=now())
    asked = bool(awaited(jobs.make_backup_job)) or bool(awaited(jobs.rehearse_restore_job))
    context = {
        "state": state,
        "is_asked": asked,
        "kept": state.kept[:LINES],
        "journal": state.journal[:LINES],
        "folder": settings.BACKUP_FOLDER,
        "days": settings.BACKUP_KEEP[0],
        "weeks": settings.BACKUP_KEEP[1],
        "months": settings.BACKUP_KEEP[2],
        "beside": state.lies_beside_the_data,
    }
    return page(request, "portal/desk/backups.html", context)


@require_POST
@desk_page(Permission.SYSTEM)
def backup_make(request: DeskRequest) -> HttpResponse:
    enqueue(jobs.make_backup_job, request.account.pk)
    return saved(request, to=reverse("backup-list"), message=_("The backup is being made; its line appears below."))


@require_POST
@desk_page(Permission.SYSTEM)
def backup_rehearse(request: DeskRequest) -> HttpResponse:
    enqueue(jobs.rehearse_restore_job, request.account.pk)
    return saved(request, to=reverse("backup-list"), message=_("The rehearsal is running; its line appears below."))
