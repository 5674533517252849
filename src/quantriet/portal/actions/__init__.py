"""What the front does of itself: backups and their rehearsals, noted, logged, and told when they fail."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from quantriet.audit.actions import record
from quantriet.kit import backups
from quantriet.kit.backups import Entry, Shelf
from quantriet.kit.backups.shelf import BACKUP, REHEARSAL
from quantriet.kit.numbers import show_number
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local, show_moment
from quantriet.notify import actions as notify_actions
from quantriet.org.models import Account, Appointment, Unit
from quantriet.org.vocab import ROLES, Permission
from quantriet.portal.vocab import TROUBLE_NOTICE

log = logging.getLogger(__name__)


def make_backup(*, by: Account | None, at: datetime) -> Entry:
    """Back up onto the shelf and throw away what rotation no longer keeps.

    What goes wrong is not raised but told: in the journal, in the log, and by mail to whoever looks after the installation.
    """
    shelf, started = Shelf(), time.monotonic()
    try:
        path = backups.make_backup(shelf.folder, at=at, key_file=_key_file())
        with backups.open_backup(path, key_file=_key_file()) as made:  # read back: what cannot be opened was not made
            rows, files = made.manifest.rows, made.manifest.files
        gone = shelf.rotate()
        sentence = f"Đã sao lưu {show_number(rows)} dòng, {show_number(files)} tệp" + (
            f"; bỏ {len(gone)} bản cũ theo lịch giữ." if gone else "."
        )
        entry = Entry(BACKUP, at.isoformat(), True, path.name, sentence, time.monotonic() - started, rows)
    except Exception as error:  # noqa: BLE001 whatever it was, a backup that failed in silence is the worst of all
        entry = Entry(BACKUP, at.isoformat(), False, "", _said(error), time.monotonic() - started)
    _note(shelf, entry, by=by, at=at)
    return entry


def rehearse_restore(*, by: Account | None, at: datetime) -> Entry:
    """Restore the latest backup into a scratch place and throw it away; told as a backup is."""
    shelf, started = Shelf(), time.monotonic()
    name = ""
    try:
        kept = shelf.kept()
        if not kept:
            raise Refusal("rehearsal.nothing", "Chưa có bản sao lưu nào để phục hồi thử.")
        name = kept[0].name
        sentence = backups.rehearse(kept[0].path, folder=shelf.folder, key_file=_key_file())
        entry = Entry(REHEARSAL, at.isoformat(), True, name, sentence, time.monotonic() - started)
    except Exception as error:  # noqa: BLE001 as above
        entry = Entry(REHEARSAL, at.isoformat(), False, name, _said(error), time.monotonic() - started)
    _note(shelf, entry, by=by, at=at)
    return entry


def _key_file() -> Path | None:
    return Path(settings.BACKUP_KEY_FILE) if settings.BACKUP_KEY_FILE else None


def _said(error: Exception) -> str:
    if isinstance(error, Refusal):
        return error.sentence
    log.error("backup or rehearsal failed", exc_info=error)
    return f"Lỗi ngoài dự kiến ({type(error).__name__}); xem nhật ký máy chủ."


def _note(shelf: Shelf, entry: Entry, *, by: Account | None, at: datetime) -> None:
    try:
        shelf.note(entry)
    except OSError:
        log.exception("the journal of backups cannot be written")
    top = Unit.objects.filter(parent__isnull=True).order_by("pk").first()
    if top is None:
        return
    verb = {
        (BACKUP, True): "backup.made",
        (BACKUP, False): "backup.failed",
        (REHEARSAL, True): "backup.rehearsed",
        (REHEARSAL, False): "backup.rehearsal_failed",
    }[entry.kind, entry.is_good]
    with transaction.atomic():
        record(verb, by=by, at=at, thing=top, after={"file": entry.name, "outcome": entry.sentence})
        if not entry.is_good:
            _tell(top, entry, at)


def _tell(top: Unit, entry: Entry, at: datetime) -> None:
    """A notice a day and kind to each who looks after the installation."""
    what = "Sao lưu" if entry.kind == BACKUP else "Phục hồi thử"
    roles = [role for role, spec in ROLES.items() if Permission.SYSTEM in spec.permissions]
    rows = Appointment.objects.on().filter(role__in=roles, account__is_active=True).select_related("account__person")
    for keeper in {one.account_id: one.account for one in rows.order_by("account_id")}.values():
        notify_actions.send_notice(
            kind=TROUBLE_NOTICE, unit=top, to=keeper, by=None, at=at, link="/desk/backups/",
            subject=f"{what} không thành, {show_moment(at)}",
            body=f"{what} lúc {show_moment(at)} không thành.\n\n{entry.sentence}\n\n"
            f"Xem và làm lại: {settings.SITE_ADDRESS}/desk/backups/\n",
            dedupe_key=f"{TROUBLE_NOTICE}:{entry.kind}:{local(at).date()}:a{keeper.pk}",
        )  # fmt: skip
