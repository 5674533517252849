"""Uploaded files that wait for their form: kept under a signed token, so that nobody chooses a file twice or names another's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple

from django.core import signing
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.utils.crypto import get_random_string

FOLDER = "staged"
AGE = timedelta(hours=6)
_SALT = "quantriet.staged"


class Staged(NamedTuple):
    """A file that was looked at and waits for its form; `scanned` are its pages without text, `purpose` the form."""

    stored: str
    name: str
    scanned: list[int]
    purpose: str


def stage(upload: UploadedFile[Any], *, purpose: str, scanned: Iterable[int] = ()) -> str:
    """Keep a file that was looked at until its form is sent; returns its token."""
    upload.seek(0)
    stored = default_storage.save(f"{FOLDER}/{get_random_string(24)}", File(upload))
    return signing.dumps([stored, upload.name, list(scanned), purpose], salt=_SALT)


def unstage(token: str, *, purpose: str) -> Staged | None:
    """The kept file of a token of this form; None when it is foreign, too old or swept."""
    try:
        kept = Staged(*signing.loads(token, salt=_SALT, max_age=AGE))
    except (signing.BadSignature, TypeError):
        return None
    return kept if kept.purpose == purpose and default_storage.exists(kept.stored) else None


def drop(token: str, *, purpose: str) -> None:
    """Delete the kept file of a token, if there is one."""
    kept = unstage(token, purpose=purpose)
    if kept:
        default_storage.delete(kept.stored)
