"""The counter of public pages read: gathered in memory, written together, so that a busy page costs no write each."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import DatabaseError, transaction

from quantriet.kit.db import upsert
from quantriet.kit.time import local
from quantriet.portal.vocab import PageKind

log = logging.getLogger(__name__)
Page = tuple[PageKind, int, date]

# So long readings may wait in the memory of a process. One killed meanwhile loses them: a figure of readers, no fact.
PAUSE = timedelta(seconds=5)


class _Waiting:
    """Readings of this process that are not written yet."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: Counter[Page] = Counter()
        self.written_at: datetime | None = None


_waiting = _Waiting()


def note_read(kind: PageKind, key: int, *, at: datetime) -> None:
    """Count one reading; written at once when the last writing is some seconds ago. No trouble of it breaks the page."""
    with _waiting.lock:
        _waiting.counts[kind, key, local(at).date()] += 1
        if _waiting.written_at is not None and at - _waiting.written_at < PAUSE:
            return
        _waiting.written_at = at
    write_waiting()


def write_waiting() -> None:
    """Write what this process has counted so far; when the database is in trouble it waits for the next time."""
    with _waiting.lock:
        counts, _waiting.counts = _waiting.counts, Counter()
    try:
        add_reads(counts)
    except DatabaseError:
        log.warning("readings of public pages wait: the database cannot write", exc_info=True)
        with _waiting.lock:
            _waiting.counts += counts


def add_reads(counts: Mapping[Page, int]) -> None:
    """Add readings to the days they belong to."""
    rows = [(kind.value, key, day, count) for (kind, key, day), count in sorted(counts.items())]
    with transaction.atomic():
        upsert(
            "portal_readcount (kind, key, day, count)", rows,
            "(kind, key, day) DO UPDATE SET count = portal_readcount.count + excluded.count",
        )  # fmt: skip
