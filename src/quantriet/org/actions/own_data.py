"""The export of one's own data: everything the product holds on a person, as a page to read and as JSON."""

from __future__ import annotations

import io
import json
import os
import secrets
import time
import zipfile
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string

from quantriet.audit.actions import record
from quantriet.kit.jobs import enqueue
from quantriet.kit.refusal import Refusal
from quantriet.org.models import Account, Person
from quantriet.org.queries import imports as import_queries
from quantriet.org.queries import privacy as privacy_queries

JOB = "quantriet.org.jobs.make_own_data_job"
# More rows than this are gathered by a job.
AT_ONCE = 3000
KEPT_SECONDS = 24 * 3600.0


def export_own_data(account: Account, *, at: datetime) -> Path | None:
    """The zip of the account's own person, made now; None when a job makes it because it is long.

    Refuses an account that belongs to nobody. Logged either way. The file goes after a day.
    """
    person = account.person
    if person is None:
        raise Refusal("own_data.nobody", "Tài khoản này chưa gắn với người nào trong danh sách.")
    with transaction.atomic():
        record("person.exported", by=account, at=at, thing=person, unit=person.unit, person_id=person.pk)
        if privacy_queries.row_count(person.pk) > AT_ONCE:
            if not import_queries.is_queued(JOB, [account.pk]):
                enqueue(JOB, account.pk)
            return None
    return make_own_data(account.pk, at=at)


def make_own_data(account_id: int, *, at: datetime) -> Path | None:
    """Write the zip of an account's own data; None when there is no person any more. May run twice."""
    account = Account.objects.filter(pk=account_id, is_active=True).select_related("person__unit").first()
    if account is None or account.person is None:
        return None
    drop_old_exports()
    path = _folder() / f"{account_id}-{secrets.token_hex(8)}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in path.parent.glob(f"{account_id}-*.zip"):
        old.unlink(missing_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_bytes(_zip(account.person, at))
    fresh.replace(path)
    return path


def made_file(account: Account) -> Path | None:
    """The zip that waits for this account, while it is kept."""
    found = sorted(_folder().glob(f"{account.pk}-*.zip"))
    fresh = [path for path in found if time.time() - path.stat().st_mtime < KEPT_SECONDS]
    return fresh[-1] if fresh else None


def drop_old_exports() -> int:
    """Take expired zips off the disk; returns how many."""
    dropped = 0
    for path in _folder().glob("*"):
        if time.time() - path.stat().st_mtime > KEPT_SECONDS:
            path.unlink(missing_ok=True)
            dropped += 1
    return dropped


def _zip(person: Person, at: datetime) -> bytes:
    kept = list(privacy_queries.kept_of(person.pk))
    looks = privacy_queries.looks_of(person, limit=10_000)
    page = render_to_string("org/privacy/own_data.html", {"person": person, "kept": kept, "looks": looks, "at": at})
    data = {
        "person": person.pk,
        "made_at": at.isoformat(),
        "holdings": [
            {
                "model": one.declared.model._meta.label,
                "title": one.declared.holding.title,
                "purpose": one.declared.holding.purpose,
                "kept": one.declared.holding.keep.words,
                "rows": one.data,
            }
            for one in kept
        ],
        "looks": [
            {
                "at": look.at.isoformat(),
                "who": look.viewer_label,
                "post": look.viewer_post,
                "what": look.what,
                "unit": look.unit_label,
                "people": look.count,
            }
            for look in looks
        ],
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("thong-tin-cua-toi.html", page)
        packed.writestr("thong-tin-cua-toi.json", json.dumps(data, ensure_ascii=False, indent=1))
    return file.getvalue()


def _folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "own-data"
