"""Static files as they are served: the style sheet's parts joined into one file, so that a phone asks once instead of twenty times."""

import base64
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

ENTRY = "kit/css/quantriet.css"
_IMPORT = re.compile(r'@import url\("(?P<name>[^"]+)"\) layer\((?P<layer>[a-z]+)\);')


class JoinedStorage(CompressedManifestStaticFilesStorage):
    """Digests and compression of WhiteNoise, after the entry sheet has taken in what it imports."""

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if not dry_run and ENTRY in paths:
            storage, path = paths[ENTRY]
            with storage.open(path) as entry:
                joined = self._join(entry.read().decode("utf-8"), paths)
            self.delete(ENTRY)
            self._save(ENTRY, ContentFile(joined.encode("utf-8")))
            paths[ENTRY] = (self, ENTRY)
        yield from super().post_process(paths, dry_run, **options)

    def _join(self, entry: str, paths: dict[str, Any]) -> str:
        folder = ENTRY.rpartition("/")[0]

        def taken(found: re.Match[str]) -> str:
            storage, path = paths[f"{folder}/{found['name']}"]
            with storage.open(path) as part:
                text = part.read().decode("utf-8")
            text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
            text = re.sub(r"\n\s+", "\n", text).strip()
            return f"@layer {found['layer']} {{\n{text}\n}}"

        return _IMPORT.sub(taken, entry)


@cache
def sheet_within(name: str) -> tuple[str, str] | None:
    """(text of a served style sheet, the source by which the content policy knows exactly this text), to stand in a page
    itself; None in development, where sheets change and are served in their parts. Decision 0030."""
    if not isinstance(staticfiles_storage, JoinedStorage):
        return None
    with staticfiles_storage.open(staticfiles_storage.stored_name(name)) as sheet:
        text = sheet.read().decode("utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
    return text, f"'sha256-{digest}'"
