"""Writers about personal data: who looked, and what people ask about their own record."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from quantriet.audit.actions import record, write_list_look, write_look
from quantriet.kit import text
from quantriet.kit.db import reread
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local, show_day
from quantriet.org import access
from quantriet.org.actions.people import change_person
from quantriet.org.models import Account, DataRequest, Person, Unit
from quantriet.org.queries import privacy as privacy_queries
from quantriet.org.rules import requests
from quantriet.org.rules.members import GENDER_WORDS
from quantriet.org.vocab import OPEN_REQUESTS, Gender, Permission, RequestKind, RequestState

LOOKED = "xem trang thông tin cá nhân"
EDITED = "mở trang sửa thông tin"


def note_look(account: Account, person: Person, what: str, *, at: datetime) -> None:
    """Note that an account opened a page with one person's record; one's own is no look."""
    if account.person_id != person.pk:

        def post() -> str:
            return privacy_queries.viewer_post(account, person.unit.path)

        write_look(by=account, post=post, what=what, person_id=person.pk, at=at)


def note_list(
    account: Account,
    unit: Unit | None,
    what: str,
    count: int,
    *,
    at: datetime,
    permission: Permission = Permission.PERSON_VIEW,
) -> None:
    """Note that an account took along a list of people of a unit and what is below.

    Without a unit it is all that `permission` lets the account see: one line for each of its places in the tree.
    """
    if unit is None:
        for top in Unit.objects.filter(path__in=access.paths_with(account, permission)).order_by("path"):
            note_list(account, top, what, count, at=at)
        return
    post = privacy_queries.viewer_post(account, unit.path)
    write_list_look(by=account, post=post, what=what, unit_path=unit.path, unit_label=unit.name, count=count, at=at)


def current_value(person: Person, about: str) -> str:
    """What stands in a person's record now, in words."""
    value = getattr(person, about)
    if isinstance(value, date):
        return str(value.year) if about == "birth_date" and person.birth_precision == "year" else show_day(value)
    if about == "gender":
        return GENDER_WORDS.get(Gender(value), "")
    return str(value or "")


def enter_request(
    person: Person, *, by: Account, at: datetime, kind: str, wish: str = "", about: str = "", proposed: str = ""
) -> DataRequest:
    """Enter a request about personal data, the person's own or (marked) for them, with its last day.

    Refuses an erased person, a correction without a field or with an unreadable value, the same request still open,
    and one without words where words are needed.
    """
    wish = wish.strip()
    old = ""
    if person.code == erased_code(person.pk):
        raise Refusal("request.erased", "Thông tin của người này đã được xóa.")
    if kind == RequestKind.CORRECTION:
        requests.read_proposed(about, proposed)
        old, proposed = current_value(person, about), text.squeeze(proposed)
        if text.squeeze(old) == proposed:
            raise Refusal("request.same_value", "Nội dung đề nghị giống nội dung đang ghi.", field="proposed")
    else:
        about = proposed = ""
        if kind == RequestKind.ERASURE and not wish:
            raise Refusal("request.wish_missing", "Hãy ghi lý do muốn xóa.", field="wish")
    day = local(at).date()
    due_on, basis = requests.deadline(
        RequestKind(kind), day, own_days=settings.REQUEST_DAYS, own_basis=settings.REQUEST_BASIS
    )
    with transaction.atomic():
        reread(person)
        same = DataRequest.objects.filter(person=person, kind=kind, about=about, state__in=OPEN_REQUESTS).first()
        if same:
            raise Refusal(
                "request.open_already",
                f"Yêu cầu này đã có từ ngày {show_day(local(same.received_at).date())} và đang được giải quyết.",
            )
        made = DataRequest.objects.create(
            person=person, kind=kind, wish=wish, about=about, old_value=old[:200], proposed=proposed, entered_by=by,
            is_proxy=by.person_id != person.pk, received_at=at, due_on=due_on, basis=basis,
        )  # fmt: skip
        _log(
            "request.received",
            made,
            by,
            at,
            {"kind": kind, "about": requests.CORRECTABLE.get(about, ""), "due_on": due_on},
        )
    return made


def take_request(request: DataRequest, *, by: Account, at: datetime) -> DataRequest:
    """Begin to work on a request."""
    with transaction.atomic():
        _expect(request, RequestState.RECEIVED)
        _move(request, RequestState.IN_WORK, taken_by=by, taken_at=at)
        _log("request.taken", request, by, at, {})
    return request


def answer_request(request: DataRequest, *, by: Account, at: datetime, answer: str) -> DataRequest:
    """Grant a request in words; what it grants is done by the next step."""
    return _decide(request, RequestState.ANSWERED, "request.answered", by, at, answer)


def refuse_request(request: DataRequest, *, by: Account, at: datetime, reason: str) -> DataRequest:
    """Refuse a request, with the reason and its basis in the answer."""
    return _decide(request, RequestState.REFUSED, "request.refused", by, at, reason)


def _decide(request: DataRequest, state: RequestState, verb: str, by: Account, at: datetime, words: str) -> DataRequest:
    if not words.strip():
        raise Refusal("request.words_missing", "Phải ghi lời trả lời, nêu rõ căn cứ.", field="answer")
    with transaction.atomic():
        _expect(request, RequestState.RECEIVED, RequestState.IN_WORK)
        _move(request, state, answer=words.strip(), decided_by=by, decided_at=at)
        _log(verb, request, by, at, {})
    return request


def apply_correction(request: DataRequest, *, by: Account, at: datetime) -> DataRequest:
    """Write the proposed value into the person's record and settle the request.

    Refuses when it is no correction, is settled already, or what stands in the record is no longer what it was.
    """
    with transaction.atomic():
        _expect(request, RequestState.RECEIVED, RequestState.IN_WORK, RequestState.ANSWERED)
        if request.kind != RequestKind.CORRECTION:
            raise Refusal("request.no_correction", "Yêu cầu này không phải yêu cầu sửa thông tin.")
        person = request.person
        reread(person)
        if current_value(person, request.about) != request.old_value:
            raise Refusal(
                "request.changed_since",
                f"{requests.CORRECTABLE[request.about]} đã được sửa sau khi có yêu cầu, nay là “{current_value(person, request.about)}”; "
                "hãy trả lời hoặc từ chối thay vì áp dụng.",
            )
        new: dict[str, Any] = {request.about: requests.read_proposed(request.about, request.proposed)}
        if request.about == "birth_date":
            new["birth_precision"] = "day"
        change_person(person, by=by, at=at, **new)
        label = requests.CORRECTABLE[request.about]
        answer = request.answer or f"Đã sửa {label.lower()} thành “{request.proposed}”."
        decided = {} if request.decided_at else {"decided_by": by, "decided_at": at}
        _move(request, RequestState.DONE, is_applied=True, answer=answer, done_at=at, **decided)
        _log("request.done", request, by, at, {"about": requests.CORRECTABLE[request.about]})
    return request


def finish_request(request: DataRequest, *, by: Account, at: datetime) -> DataRequest:
    """Note that what was granted is done: the answer was handed over, or the correction was made elsewhere.

    An erasure is settled by erasing alone.
    """
    with transaction.atomic():
        _expect(request, RequestState.ANSWERED)
        if request.kind == RequestKind.ERASURE:
            raise Refusal("request.erase_first", "Yêu cầu xóa chỉ xong khi đã xóa thông tin.")
        _move(request, RequestState.DONE, done_at=at)
        _log("request.done", request, by, at, {})
    return request


def erased_code(person_id: int) -> str:
    """The code that an erased person's row carries."""
    return f"XOA-{person_id}"


def _expect(request: DataRequest, *states: RequestState) -> None:
    reread(request)
    if request.state not in states:
        raise Refusal(
            "request.state", f"Yêu cầu đang ở bước “{RequestState(request.state).label}” nên không làm được việc này."
        )


def _move(request: DataRequest, state: RequestState, **new: Any) -> None:
    new["state"] = state
    for name, value in new.items():
        setattr(request, name, value)
    request.save(update_fields=list(new))


def _log(verb: str, request: DataRequest, by: Account | None, at: datetime, after: dict[str, Any]) -> None:
    person = request.person
    record(verb, by=by, at=at, thing=request, unit=person.unit, person_id=person.pk, after=after)
