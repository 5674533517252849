"""Erase a person: every room's declaration says what goes, what is replaced and what stays as a fact that counts.

Erased people stay erased: each erasure stands in a small file beside the database, which no restore touches, and
`quantriet reapply-erasures` does again what a restored copy does not know of.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import FileField, Model, QuerySet

from quantriet.audit.actions import record
from quantriet.audit.actions.chain import append_line, redact_lines
from quantriet.kit.db import reread
from quantriet.kit.privacy import Erase, Holding
from quantriet.kit.refusal import Refusal
from quantriet.org.actions.privacy import erased_code
from quantriet.org.models import Account, DataRequest, Person
from quantriet.org.queries import privacy as privacy_queries
from quantriet.org.vocab import RequestKind, RequestState


def erasures_file() -> Path:
    """The list of erasures; it holds row numbers and digests of codes, nothing that names anybody."""
    return Path(settings.DATA_DIR) / "erasures.jsonl"


def erase_person(request: DataRequest, *, by: Account, at: datetime, typed: str) -> DataRequest:
    """Erase the person of a granted request, for good: `typed` repeats the person's code.

    Refuses when the request is no granted erasure, when the code is another, and while the person is in the list: what
    is needed to keep the membership cannot go before it ends. Effects: every room's rows as declared; the words of the
    log; the account is closed; the list of erasures; the request is settled.
    """
    with transaction.atomic():
        reread(request)
        person = request.person
        reread(person)
        if request.kind != RequestKind.ERASURE or request.state != RequestState.ANSWERED:
            raise Refusal("erasure.not_granted", "Chỉ xóa được khi yêu cầu xóa đã được trả lời đồng ý.")
        if person.left_on is None:
            raise Refusal(
                "erasure.in_list",
                f"{person.full_name} còn trong danh sách; thông tin còn cần để quản lý. Đưa ra khỏi danh sách trước rồi mới xóa được.",
            )
        if typed.strip() != person.code:
            raise Refusal("erasure.code", "Mã số gõ lại không đúng với người này.", field="typed")
        _note(person, at)
        erase_rows(person, by=by, at=at)
        request.refresh_from_db()
        request.state, request.done_at, request.is_applied = RequestState.DONE, at, True
        request.save(update_fields=["state", "done_at", "is_applied"])
        record("request.done", by=by, at=at, thing=request, unit=person.unit, person_id=person.pk)
    return request


def erase_rows(person: Person, *, by: Account | None, at: datetime) -> Person:
    """Do to every room's rows about a person what the room declares; may run twice."""
    account = Account.objects.filter(person=person).first()
    for one in privacy_queries.declarations():
        if one.holding.person and not one.holding.by_hand:
            _erase(one.holding, privacy_queries.rows_about(one, person.pk), person.pk)
    if account is not None:
        Account.objects.filter(pk=account.pk).update(is_active=False)
    person.refresh_from_db()
    line = record(
        "person.erased", by=by, at=at, thing=person, unit=person.unit, person_id=person.pk,
        after={"account": account.pk if account else None},
    )  # fmt: skip
    redact_lines(person_id=person.pk, account_id=account.pk if account else None, erasure=line)
    return person


def _erase(holding: Holding, rows: QuerySet[Model], person_id: int) -> None:
    if holding.deletes_rows:
        rows.delete()
        return
    new: dict[str, Any] = {}
    for group in holding.groups:
        for name in group.names:
            field: Any = rows.model._meta.get_field(name)
            if group.erase == Erase.BLANK:
                if isinstance(field, FileField):
                    for stored in rows.exclude(**{name: ""}):
                        paper = getattr(stored, name)
                        # After the commit: a file taken off the disk does not come back with the row.
                        transaction.on_commit(partial(paper.storage.delete, paper.name))
                new[name] = None if field.null else field.get_default() if field.has_default() else ""
            elif group.erase == Erase.ANONYMISE:
                new[name] = group.instead.replace("{n}", str(person_id))
    if new:
        rows.update(**new)


def _note(person: Person, at: datetime) -> None:
    """Put the erasure on the list before it is committed: one that broke off in between is done by the next run."""
    line = {"person": person.pk, "code": _digest(person.code), "at": at.isoformat()}
    append_line(erasures_file(), json.dumps(line))


def _digest(code: str) -> str:
    return hashlib.sha256(f"quantriet-erasure:{code}".encode()).hexdigest()


@dataclass(frozen=True)
class Reapplied:
    """What came of the list of erasures: done again, found done, of nobody here, and rows that are somebody else's."""

    again: int
    done: int
    missing: int
    others: list[int]


def reapply_erasures(*, at: datetime) -> Reapplied:
    """Erase again whoever stands in the list of erasures and is back in the database, after a restore."""
    again = done = missing = 0
    others: list[int] = []
    path = erasures_file()
    known: dict[int, set[str]] = {}
    for line in path.read_text("utf-8").splitlines() if path.exists() else []:
        try:
            noted = json.loads(line)
            known.setdefault(int(noted["person"]), set()).add(str(noted["code"]))
        except (ValueError, KeyError, TypeError):
            continue  # a line broken off by a lost machine: its erasure was not committed either
    for pk, codes in known.items():
        with transaction.atomic():
            person = Person.objects.select_related("unit").filter(pk=pk).first()
            if person is None:
                missing += 1
            elif person.code == erased_code(pk):
                done += 1
            elif _digest(person.code) in codes:
                erase_rows(person, by=None, at=at)
                again += 1
            else:
                others.append(pk)
    return Reapplied(again, done, missing, others)
