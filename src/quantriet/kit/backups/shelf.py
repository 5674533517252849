"""The folder of backups: what lies there, what is thrown away in turn, and a journal of backups and rehearsals."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from quantriet.kit.backups.databases import sync_folder
from quantriet.kit.backups.sealing import is_sealed
from quantriet.kit.time import local, now

SUFFIX = ".qtbackup"
_JOURNAL = "journal.json"
_REMEMBERED = 60
BACKUP, REHEARSAL = "backup", "rehearsal"
# A day's backup is taken at the first chance after this hour; a rehearsal when the last one is so old.
HOUR = 1
_DAYBREAK = 5
REHEARSE_EVERY = timedelta(days=7)


@dataclass(frozen=True)
class Entry:
    """One line of the journal: a backup or a rehearsal, how it went, of which file, in one sentence."""

    kind: str
    at: str
    is_good: bool
    name: str
    sentence: str
    seconds: float = 0.0
    rows: int = 0

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.at)


@dataclass(frozen=True)
class Kept:
    """A backup on the shelf."""

    path: Path
    at: datetime
    size: int
    is_sealed: bool

    @property
    def name(self) -> str:
        return self.path.name


class Shelf:
    """Backups in one folder, the latest first."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or Path(settings.BACKUP_FOLDER)

    def kept(self) -> list[Kept]:
        found = []
        for path in self.folder.glob(f"quantriet-*{SUFFIX}") if self.folder.exists() else []:
            at = moment_of(path.name)
            if at is not None:
                found.append(Kept(path, at, path.stat().st_size, is_sealed(path)))
        return sorted(found, key=lambda one: one.name, reverse=True)

    def rotate(self, keep: Sequence[int] | None = None) -> list[str]:
        """Delete what rotation no longer keeps; returns the names."""
        kept = self.kept()
        staying = kept_by_rotation([one.at for one in kept], keep or settings.BACKUP_KEEP)
        gone = [one for one in kept if one.at not in staying]
        for one in gone:
            one.path.unlink(missing_ok=True)
        return [one.name for one in gone]

    def journal(self) -> list[Entry]:
        """What was done, the latest first; nothing when there is no journal, or none that can be read."""
        try:
            return [Entry(**line) for line in json.loads((self.folder / _JOURNAL).read_text("utf-8"))]
        except (OSError, ValueError, TypeError):
            return []

    def note(self, entry: Entry) -> None:
        lines = [asdict(one) for one in [entry, *self.journal()][:_REMEMBERED]]
        self.folder.mkdir(parents=True, exist_ok=True)
        coming = self.folder / (_JOURNAL + ".partial")
        coming.write_text(json.dumps(lines, ensure_ascii=False, indent=1), "utf-8")
        coming.replace(self.folder / _JOURNAL)
        sync_folder(self.folder)

    def last(self, kind: str, *, good: bool = False) -> Entry | None:
        return next((one for one in self.journal() if one.kind == kind and (one.is_good or not good)), None)

    def is_backup_due(self, at: datetime) -> bool:
        """Whether today's backup has not been tried yet and its hour has come."""
        here = local(at)
        since = here.replace(hour=HOUR, minute=0, second=0, microsecond=0)
        since -= timedelta(days=here < since)
        last = self.last(BACKUP)
        # One that failed is tried again every hour.
        return last is None or last.moment < (since if last.is_good else at - timedelta(minutes=55))

    def is_rehearsal_due(self, at: datetime) -> bool:
        """Whether a week has gone by; in the small hours, for it keeps the worker busy, or by day when the nights were missed."""
        kept, last = self.kept(), self.last(REHEARSAL)
        if not kept or (last and last.moment >= at - (REHEARSE_EVERY if last.is_good else timedelta(hours=20))):
            return False
        since = last.moment + REHEARSE_EVERY if last else kept[-1].at
        return HOUR <= local(at).hour < _DAYBREAK or at - since > timedelta(days=2)


def name_at(at: datetime) -> str:
    return f"quantriet-{local(at):%Y%m%d-%H%M%S}{SUFFIX}"


def moment_of(name: str) -> datetime | None:
    try:
        naive = datetime.strptime(name.removesuffix(SUFFIX)[-15:], "%Y%m%d-%H%M%S")  # noqa: DTZ007 the zone follows
    except ValueError:
        return None
    return naive.replace(tzinfo=local(now()).tzinfo)


_ALL_OF = timedelta(days=2)
_PERIODS: tuple[Callable[[datetime], object], ...] = (
    lambda at: at.date(),
    lambda at: at.isocalendar()[:2],
    lambda at: (at.year, at.month),
)


def kept_by_rotation(moments: Sequence[datetime], keep: Sequence[int]) -> set[datetime]:
    """Which backups stay: the latest of each of the last days, weeks and months that have one, and all of the last two days
    before the latest (whoever backs up twice within an hour may need the first).

    `keep` is (days, weeks, months), counted in backups, so that a machine that was off for a month loses nothing.
    """
    latest_first = sorted(moments, reverse=True)
    staying = {at for at in latest_first if latest_first[0] - at <= _ALL_OF}
    for count, period in zip(keep, _PERIODS, strict=True):
        seen: list[object] = []
        for at in latest_first:
            key = period(at)
            if key not in seen and len(seen) < count:
                seen.append(key)
                staying.add(at)
    return staying
