"""Uploaded files that no row names: their transaction failed, or the machine stopped between the file and its row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.apps import apps
from django.core.files.storage import default_storage
from django.db.models import FileField

# A file is written before its row is committed; nothing takes longer than this.
AGE = timedelta(days=1)


def sweep_orphans(*, at: datetime) -> int:
    """Delete files of a day ago and older that no row names; returns how many.

    Only folders that fields of models write to are looked at; what waits for its form is `kit.staging`'s.
    """
    fields = [
        field
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, FileField) and isinstance(field.upload_to, str)
    ]
    # What is on the disk is read before the rows: a row that comes meanwhile has a file that is not in the list.
    old = [
        name
        for folder in sorted({str(field.upload_to).strip("/") for field in fields} - {""})
        for name in _files_in(folder)
        if default_storage.get_modified_time(name) < at - AGE
    ]
    named = {
        name
        for field in fields
        for name in field.model._base_manager.exclude(**{field.name: ""}).values_list(field.name, flat=True).iterator()
    }
    orphans = [name for name in old if name not in named]
    for name in orphans:
        default_storage.delete(name)
    return len(orphans)


def _files_in(folder: str) -> Iterator[str]:
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}/{name}" for name in names)
    for inner in folders:
        yield from _files_in(f"{folder}/{inner}")
