"""Lists too long to be written inside a request: a job writes the file, the page offers it when asked again."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction

from quantriet.kit.jobs import enqueue
from quantriet.kit.spreadsheets import Sheet, write_workbook
from quantriet.kit.time import local
from quantriet.org import access
from quantriet.org.models import Account, PostKind, Unit
from quantriet.org.queries import imports as import_queries
from quantriet.org.queries.people import PeopleFilter, filtered_people
from quantriet.org.vocab import Permission

JOB = "quantriet.org.jobs.make_people_file_job"
# A file made for somebody is offered for so long, then made anew; it tells of people and does not lie about.
KEPT_SECONDS = 1800.0
_TELL_EVERY = 2000


class PeopleFile(NamedTuple):
    """The file when it is made, else how far it is."""

    path: Path | None
    done: int = 0
    total: int = 0


def ask_people_file(
    *, by: Account, wanted: PeopleFilter, under: Unit | None, title: str, heading: list[str], total: int
) -> PeopleFile:
    """The list of people as an Excel file: the one made a moment ago, or nothing yet and a job that makes it.

    The file is this account's, for these very units and this filter; asked twice, it is made once.
    """
    about = {
        "filter": {**wanted.__dict__, "post": wanted.post.pk if wanted.post else None},
        "under": under.pk if under else None, "title": title, "heading": heading, "total": total,
    }  # fmt: skip
    spec = json.dumps(about, ensure_ascii=False, sort_keys=True)
    path = _path(by, about)
    try:
        if time.time() - path.stat().st_mtime < KEPT_SECONDS:
            return PeopleFile(path)
    except OSError:
        pass
    if not import_queries.is_queued(JOB, [by.pk, spec]):
        with transaction.atomic():
            enqueue(JOB, by.pk, spec)
    try:
        done = int(_progress(path).read_text())
    except (OSError, ValueError):
        done = 0
    return PeopleFile(None, done, total)


def make_people_file(account_id: int, spec: str, *, at: datetime) -> None:
    """Write the file that was asked for, with the rights the account has now. May run twice."""
    account = Account.objects.filter(pk=account_id, is_active=True).first()
    if account is None:
        return
    about = json.loads(spec)
    given = about["filter"]
    post = PostKind.objects.filter(pk=given["post"]).first() if given["post"] else None
    under = Unit.objects.filter(pk=about["under"]).first() if about["under"] else None
    people = filtered_people(
        access.people_list(account, under=under), PeopleFilter(**{**given, "post": post}), on=local(at).date()
    )
    path = _path(account, about)
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in path.parent.iterdir():
        if time.time() - old.stat().st_mtime > KEPT_SECONDS:
            old.unlink(missing_ok=True)
    rows = _told(
        import_queries.member_rows(people.order_by("unit__path", "sort_key", "pk"), sight=access.FieldSight(account)),
        _progress(path),
    )
    sheet = Sheet(
        title=about["title"], columns=import_queries.member_columns(), rows=rows, heading=tuple(about["heading"])
    )
    fresh = path.with_suffix(f".{os.getpid()}")
    try:
        write_workbook(str(fresh), [sheet], title=about["title"], at=at)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
        _progress(path).unlink(missing_ok=True)


def _told(rows: Iterable[dict[str, Any]], progress: Path) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(rows):
        if number % _TELL_EVERY == 0:
            progress.write_text(str(number))
        yield row


def _path(account: Account, about: dict[str, Any]) -> Path:
    """Where the file lies: another for each account, filter and reach, so that a changed right finds none."""
    rights = (Permission.PERSON_VIEW, Permission.PERSON_CONTACT, Permission.PERSON_PRIVATE)
    reach = [access.paths_with(account, permission) for permission in rights]
    told = {name: value for name, value in about.items() if name != "total"}
    key = hashlib.blake2b(json.dumps([account.pk, told, reach], sort_keys=True).encode(), digest_size=16).hexdigest()
    return Path(settings.MEDIA_ROOT) / "exports" / f"{key}.xlsx"


def _progress(path: Path) -> Path:
    return path.with_suffix(".progress")
