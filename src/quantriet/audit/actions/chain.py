"""The only writers of seals and anchors, and the one way in which a line of the log may lose words."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import connection
from django.db.models import Q, QuerySet

from quantriet.audit import queries, rules
from quantriet.audit.models import AuditAnchor, AuditEvent, AuditRedaction, AuditSeal
from quantriet.audit.vocab import BLOCK, LATE
from quantriet.kit.db import insert_many, named_lock

SEAL_LOCK = "audit-seal"
SERVER_TIMEOUT = 30  # seconds
_ACTOR, _CONTENT = AuditRedaction.Part.ACTOR, AuditRedaction.Part.CONTENT


def seal_log(*, at: datetime) -> int:
    """Seal every line that is not under seal yet, block by block; returns how many lines that were.

    Writers are never kept waiting: lines are read without a lock, and a seal is one row. On PostgreSQL a transaction may
    show lines with numbers inside a sealed block; a later seal names them as `late`. May run twice and be killed.
    """
    sealed = 0
    while (done := _seal_block(at)) is not None:
        sealed += done
    return sealed


def _seal_block(at: datetime) -> int | None:
    """Seal one block; None when nothing is open, 0 when another worker was faster."""
    newest = queries.newest_seal()
    number, previous, last = (newest.number, newest.digest, newest.last_id) if newest else (0, rules.NO_SEAL, 0)
    late: list[rules.Line] = []
    if _takes_late():
        late = queries.lines_in(queries.open_gaps(since=at - LATE), limit=BLOCK)
    fresh = queries.lines_in([(last + 1, queries.MOST)], limit=BLOCK - len(late))
    lines = [*late, *fresh]
    if not lines:
        return None
    made = rules.make_seal(
        number + 1, previous, last + 1, queries.digests_of(lines), at, last_id=fresh[-1].pk if fresh else last
    )
    with named_lock(SEAL_LOCK):
        if (AuditSeal.objects.order_by("-number").values_list("number", flat=True).first() or 0) != number:
            return 0
        AuditSeal.objects.create(
            number=made.number, first_id=made.first_id, last_id=made.last_id, count=made.count, gaps=made.gaps,
            late=made.late, fingerprints=made.fingerprints, sealed_at=at, previous=made.previous, digest=made.digest,
        )  # fmt: skip
    return made.count


def _takes_late() -> bool:
    """Whether lines may show themselves after a higher number: where several transactions write at a time."""
    return connection.vendor == "postgresql"


def anchor_log(*, at: datetime) -> AuditAnchor | None:
    """Seal what is open, then carry the newest seal out of the database: a line in `anchors/`, and a mail when set.

    A mail that does not leave is noted and keeps nothing else from happening. None while the log is empty.
    """
    seal_log(at=at)
    seal = queries.newest_seal()
    if seal is None:
        return None
    line = rules.anchor_line(at, seal)
    append_line(Path(settings.DATA_DIR) / "anchors" / f"{at:%Y-%m}.txt", line)
    address, error = str(settings.ANCHOR_MAIL), ""
    if address:
        try:
            EmailMessage(
                f"Quán triệt: mốc neo nhật ký số {seal.number}",
                f"{line}\n\nGiữ thư này. Đối chiếu bằng scripts/verify_log.py --anchor (docs/audit-log.md).\n",
                settings.DEFAULT_FROM_EMAIL,
                [address],
                connection=get_connection(timeout=SERVER_TIMEOUT)
                if settings.EMAIL_BACKEND.endswith("smtp.EmailBackend")
                else None,
            ).send()
        except OSError as failure:  # refused, no route, no answer: smtplib's errors are OSErrors
            error = str(failure)[:300] or type(failure).__name__
    return AuditAnchor.objects.create(
        at=at, seal_number=seal.number, digest=seal.digest, mailed_to="" if error else address, mail_error=error
    )


def append_line(path: Path, line: str) -> None:
    """Add a line to a file and have it on the disk before going on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = not path.exists()
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        os.write(handle, (line + "\n").encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    if fresh:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def redact_lines(*, person_id: int, account_id: int | None, erasure: AuditEvent) -> int:
    """Take an erased person's words out of the log: what was done to their record, and their name where they acted.

    Who did what kind of thing, when, to which number stays, and so does the digest of what went, so that the chain
    still proves that nothing else was touched. Returns how many lines lost something.
    """
    about = Q(person_id=person_id) | Q(thing_kind="org.person", thing_id=str(person_id))
    if account_id is not None:
        about |= Q(thing_kind="org.account", thing_id=str(account_id))
    known = AuditRedaction.objects.all()
    content = AuditEvent.objects.filter(about).exclude(pk=erasure.pk)
    content = content.exclude(pk__in=known.filter(part=_CONTENT).values("event_id"))
    touched = _redact(
        content,
        _CONTENT,
        rules.content_digest,
        {"thing_label": rules.ERASED, "before": {}, "after": {}},
        erasure,
    )
    if account_id is not None:
        acted = AuditEvent.objects.filter(actor_id=account_id)
        acted = acted.exclude(pk__in=known.filter(part=_ACTOR).values("event_id"))
        touched |= _redact(acted, _ACTOR, rules.actor_digest, {"actor_label": rules.ERASED}, erasure)
    return len(touched)


def _redact(
    rows: QuerySet[AuditEvent],
    part: AuditRedaction.Part,
    digest: Callable[[rules.Line], str],
    instead: dict[str, Any],
    erasure: AuditEvent,
) -> set[int]:
    lines = queries.lines_of(rows)
    for start in range(0, len(lines), 500):
        some = lines[start : start + 500]
        insert_many(
            AuditRedaction,
            ("event_id", "part", "digest", "erasure_id"),
            [(line.pk, part.value, digest(line), erasure.pk) for line in some],
        )
        AuditEvent.objects.filter(pk__in=[line.pk for line in some]).update(**instead)
    return {line.pk for line in lines}
