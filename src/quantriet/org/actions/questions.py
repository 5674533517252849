"""Which person does a doubtful row mean? Questions that imports ask and share, and what was decided (B-06)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from quantriet.audit.actions import record
from quantriet.kit.refusal import Refusal
from quantriet.org import access
from quantriet.org.models import Account, IdentityDecision, ImportRun, Person
from quantriet.org.rules import members
from quantriet.org.vocab import Permission


def ask(run: ImportRun, questions: list[IdentityDecision], at: datetime) -> None:
    """Put the doubtful rows of a preview into the queue. A question asked by another import is shared, not taken over."""
    wanted = {one.fingerprint: one for one in questions}
    for one in wanted.values():
        one.asked_at = at
    asks = IdentityDecision.runs.through
    keys: set[int] = set()
    for some in _pieces(sorted(wanted), 500):
        IdentityDecision.objects.bulk_create([wanted[key] for key in some], ignore_conflicts=True)
        keys |= set(IdentityDecision.objects.filter(fingerprint__in=some).values_list("pk", flat=True))
    before = set(run.questions.values_list("pk", flat=True))
    asks.objects.bulk_create(
        [asks(identitydecision_id=pk, importrun_id=run.pk) for pk in sorted(keys - before)], batch_size=500,
        ignore_conflicts=True,
    )  # fmt: skip
    # A decided one stays the run's own: the preview tells that it was decided since.
    still_open = run.questions.filter(decided_at__isnull=True).values_list("pk", flat=True)
    unask(run, [pk for pk in still_open if pk not in keys])


def unask(run: ImportRun, keys: list[int]) -> None:
    """The run asks these questions no more; those that nobody asks and nobody decided go."""
    for some in _pieces(keys, 500):
        IdentityDecision.runs.through.objects.filter(importrun_id=run.pk, identitydecision_id__in=some).delete()
        open_ones = IdentityDecision.objects.filter(pk__in=some, decided_at__isnull=True)
        open_ones.filter(runs__isnull=True).delete()


def _pieces(items: list[Any], size: int) -> list[list[Any]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def decide_identity(
    question: IdentityDecision,
    *,
    by: Account,
    at: datetime,
    person: Person | None,
    is_new: bool = False,
    takes_code: bool = False,
) -> IdentityDecision:
    """Settle whether a doubtful row is this person or somebody new; remembered for every later file.

    With `takes_code` the code of the list replaces the stored one; else the stored one stays.
    Refuses a person who is no candidate, no answer at all, and a question that somebody else has decided: to decide
    anew is `redecide_identity`. Effects: the decision, audit "identity.decided".
    """
    _refuse_no_answer(question, by, person, is_new)
    with transaction.atomic():
        # Of two pages that decide the same question the first counts; the second is told.
        first = IdentityDecision.objects.filter(pk=question.pk, decided_at__isnull=True)
        if not first.update(
            person=person, is_new=is_new, takes_code=takes_code and not is_new, decided_at=at, decided_by=by
        ):
            raise Refusal(
                "identity.decided_already",
                "Dòng này đã được xác định rồi; hãy tải lại trang, xem kết quả đó và đổi nếu cần.",
                field="choice",
            )
        question.refresh_from_db()
        _record_decision("identity.decided", question, by, at, {})
    return question


def redecide_identity(
    question: IdentityDecision,
    *,
    by: Account,
    at: datetime,
    person: Person | None,
    is_new: bool = False,
    takes_code: bool = False,
) -> IdentityDecision:
    """Change a decision with open eyes: what was decided before stays in the log. It acts from the next preview on.

    Refuses what `decide_identity` refuses, an open question, and one that changed since the page was opened.
    """
    _refuse_no_answer(question, by, person, is_new)
    before = {"meant": _meant(question)}
    with transaction.atomic():
        same = IdentityDecision.objects.filter(
            pk=question.pk, decided_at=question.decided_at, person=question.person_id, is_new=question.is_new
        )
        if question.decided_at is None or not same.update(
            person=person, is_new=is_new, takes_code=takes_code and not is_new, decided_at=at, decided_by=by
        ):
            raise Refusal(
                "identity.changed_since", "Kết quả xác định này vừa được người khác thay đổi; hãy tải lại trang."
            )
        question.refresh_from_db()
        _record_decision("identity.redecided", question, by, at, before)
    return question


def _meant(question: IdentityDecision) -> str:
    return f"{question.person.full_name} ({question.person.code})" if question.person else "Người khác"


def _record_decision(verb: str, question: IdentityDecision, by: Account, at: datetime, before: dict[str, Any]) -> None:
    said = {key: value for key, value in question.incoming.items() if key in members.COMPARED or key == "code"}
    if question.person and said.get("code") not in (None, question.person.code):
        said["kept_code"] = said["code"] if question.takes_code else question.person.code
    record(
        verb, by=by, at=at, thing=question.person or question, unit=question.unit, person_id=question.person_id,
        before=before, after={"row": question.incoming.get("row"), **said, "meant": _meant(question)},
    )  # fmt: skip


def _refuse_no_answer(question: IdentityDecision, by: Account, person: Person | None, is_new: bool) -> None:
    access.require(by, Permission.PERSON_EDIT, question.unit)
    if (person is None) != is_new:
        raise Refusal(
            "identity.undecided", "Hãy chọn một người trong danh sách, hoặc chọn là người khác.", field="choice"
        )
    if person is not None and person.pk not in {int(pk) for pk, _ in question.candidates}:
        raise Refusal(
            "identity.no_candidate", f"{person.full_name} không nằm trong những người cần so sánh.", field="choice"
        )
