"""Static files as they are served: the style sheet's parts joined into one file, so that a phone asks once instead of twenty times."""

import re
from collections.abc import Iterator
from typing import Any

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
