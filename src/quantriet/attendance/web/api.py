"""Rolls for machines: the facts of presence, marks that come in, excuses and the word on them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from ninja import Status
from pydantic import Field

from quantriet.attendance import access, actions
from quantriet.attendance.actions.marks import NONCE_LENGTH
from quantriet.attendance.models import ExcusedAbsence, PresenceFact
from quantriet.attendance.vocab import ExcuseState, FactKind, Mark, MarkResult
from quantriet.classes import access as class_access
from quantriet.classes.models import ClassSession
from quantriet.kit.refusal import NotAllowed, Refusal
from quantriet.kit.time import now
from quantriet.kit.vocab import gettext_noop
from quantriet.kit.web.api import LIMIT, Body, Cursor, Key, Limit, Line, Moment, Named, Page, Row, paged
from quantriet.org.vocab import Permission
from quantriet.org.web.door import ApiRequest, Door

rolls = Door(tags=["rolls"])
excuses = Door(tags=["excuses"])

MOST_MARKS = 500


class FactOut(Row):
    id: int
    nonce: str
    entry_id: int
    session_id: int
    kind: str
    at: dt.datetime
    recorded_at: dt.datetime
    method: str
    voids_id: int | None


class StandingOut(Row):
    session: int
    standing: str
    words: str


class MarkOut(Row):
    """What the facts of one person in the class come to now."""

    entry_id: int
    verdict: str
    seconds_present: int
    seconds_planned: int
    sentence: str
    standings: list[StandingOut]


Nonce = Annotated[Line, Field(min_length=1, max_length=NONCE_LENGTH)]


class MarkIn(Body):
    """One mark; `at` is when it was true. The same nonce again changes nothing."""

    entry: Key = Field(description="The roster line.")
    session: Key
    kind: Literal["arrive", "leave", "whole", "absent"]
    at: Moment
    nonce: Nonce


class MarksIn(Body):
    marks: Annotated[list[MarkIn], Field(min_length=1, max_length=MOST_MARKS)]


class VoidIn(Body):
    nonce: Nonce


def _result(one: MarkResult) -> dict[str, Any]:
    standings = [{"session": session, "standing": stands, "words": words} for session, stands, words in one.standings]
    names = [name for name in MarkOut.model_fields if name != "standings"]
    return {**{name: getattr(one, name) for name in names}, "standings": standings}


@rolls.read("/classes/{pk}/facts", Permission.CLASS_VIEW, Page[FactOut], gettext_noop("Roll facts of a class"))
def list_facts(
    request: ApiRequest, pk: Key, session: Key | None = None, entry: Key | None = None, limit: Limit = LIMIT,
    cursor: Cursor = "",
) -> Any:  # fmt: skip
    """Facts about the people whom the token sees in the class, in the order in which they came in."""
    found = class_access.get_class(request.account, pk)
    seen = access.entries_seen_by(request.account).filter(study_class=found)
    rows = PresenceFact.objects.filter(entry__in=seen.order_by().values("pk"))
    if session is not None:
        rows = rows.filter(session_id=session)
    if entry is not None:
        rows = rows.filter(entry_id=entry)
    return paged(request, rows, ["pk"], limit=limit, cursor=cursor)


@rolls.write("/classes/{pk}/marks", Permission.ROLL_TAKE, list[MarkOut], gettext_noop("Mark the roll"))
def record_marks(request: ApiRequest, pk: Key, payload: MarksIn) -> Any:
    """Take marks, all or none, and say what each person's facts come to."""
    found = access.get_roll(request.account, pk)
    marks = [
        Mark(one.entry, one.session, FactKind(one.kind), one.at.replace(microsecond=0), one.nonce)
        for one in payload.marks
    ]
    return [_result(one) for one in actions.record_marks(marks, within=found, by=request.account, at=now())]


@rolls.write("/facts/{pk}/void", Permission.ROLL_TAKE, MarkOut, gettext_noop("Take a mark back"))
def void_mark(request: ApiRequest, pk: Key, payload: VoidIn) -> Any:
    """Take one fact back by a further fact; the first stays readable."""
    fact = access.get_fact(request.account, pk)
    return _result(actions.void_mark(fact, nonce=payload.nonce, by=request.account, at=now()))


class ExcuseOut(Row):
    id: int
    entry_id: int
    class_id: int
    person: Named
    session_id: int | None = Field(description="Null: the whole class.")
    reason: str
    has_paper: bool
    state: str
    asked_at: dt.datetime
    decided_at: dt.datetime | None
    decision_note: str


class ExcuseIn(Body):
    session: Key | None = Field(None, description="Null: the whole class.")
    reason: Annotated[Line, Field(min_length=1, max_length=250)]


class DecisionIn(Body):
    is_approved: bool
    note: Annotated[Line, Field(max_length=250)] = Field("", description="Must be given with a refusal.")


def _excuse(one: ExcusedAbsence) -> dict[str, Any]:
    names = ("id", "entry_id", "session_id", "reason", "state", "asked_at", "decided_at", "decision_note")
    return {
        **{name: getattr(one, name) for name in names},
        "class_id": one.entry.study_class_id,
        "person": {"id": one.entry.person_id, "name": one.entry.person.full_name},
        "has_paper": bool(one.paper),
    }


@excuses.read("/excuses", Permission.CLASS_VIEW, Page[ExcuseOut], gettext_noop("List excuses"))
def list_excuses(
    request: ApiRequest, state: ExcuseState | None = None, limit: Limit = LIMIT, cursor: Cursor = ""
) -> Any:
    """Excuses the token sees, the latest first."""
    rows = access.excuses_seen_by(request.account).select_related("entry__person")
    if state:
        rows = rows.filter(state=state)
    show = lambda found: [_excuse(one) for one in found]  # noqa: E731
    return paged(request, rows, ["-asked_at", "-pk"], limit=limit, cursor=cursor, show=show)


@excuses.read("/excuses/{pk}", Permission.CLASS_VIEW, ExcuseOut, gettext_noop("One excuse"))
def get_excuse(request: ApiRequest, pk: Key) -> Any:
    """One excuse; its paper is opened on the desk."""
    return _excuse(access.get_excuse(request.account, pk))


@excuses.write("/entries/{pk}/excuses", Permission.ROLL_TAKE, ExcuseOut, gettext_noop("Ask to be excused"), status=201)
def ask_excuse(request: ApiRequest, pk: Key, payload: ExcuseIn) -> Any:
    """Ask for an excused absence of one person from a session or the whole class."""
    entry = access.get_entry(request.account, pk)
    if not access.may_ask_excuse(request.account, entry):
        raise NotAllowed
    session = None
    if payload.session is not None:
        session = ClassSession.objects.filter(pk=payload.session, study_class_id=entry.study_class_id).first()
        if session is None:
            raise Refusal("excuse.wrong_session", "Buổi học này không thuộc lớp.", field="session")
    return Status(
        201, _excuse(actions.ask_excuse(entry, session=session, reason=payload.reason, by=request.account, at=now()))
    )


@excuses.write("/excuses/{pk}/decision", Permission.EXCUSE_APPROVE, ExcuseOut, gettext_noop("Decide on an excuse"))
def decide_excuse(request: ApiRequest, pk: Key, payload: DecisionIn) -> Any:
    """Approve or refuse; a refusal gives its reason."""
    excuse = access.get_excuse(request.account, pk, Permission.EXCUSE_APPROVE)
    return _excuse(
        actions.decide_excuse(excuse, is_approved=payload.is_approved, note=payload.note, by=request.account, at=now())
    )
