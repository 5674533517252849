"""The life of a decision on the organisation: prepared, confirmed by a second person, in force on its day, taken back."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from quantriet.audit.actions import record, record_many
from quantriet.kit import text
from quantriet.kit.db import named_lock, reread
from quantriet.kit.jobs import enqueue
from quantriet.kit.numbers import show_number
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import local, show_day
from quantriet.org.actions.carrying_out import Tell, carry_out, give_back
from quantriet.org.actions.places import put_rows_back
from quantriet.org.actions.units import TREE_LOCK
from quantriet.org.models import (
    Account,
    Appointment,
    MembershipTransfer,
    OrgDecision,
    OrgEvent,
    Person,
    PostHeld,
    Unit,
    UnitPlace,
    UnitResponsibility,
    UnitVersion,
    path_end,
    path_segment,
)
from quantriet.org.queries import decisions as queries
from quantriet.org.queries.decisions import Preview
from quantriet.org.rules import events as rules
from quantriet.org.rules.events import Change
from quantriet.org.rules.secrecy import refuse_if_marked
from quantriet.org.vocab import DecisionState, TreeChange, followers

IN_FORCE_JOB = "quantriet.org.jobs.put_in_force_job"
MOST_EVENTS = 5_000
_CHANGED = Refusal(
    "decision.changed_meanwhile",
    "Quyết định vừa được người khác sửa hoặc đã sang bước khác; hãy tải lại trang rồi xem lại.",
)


# -------------------------------------------------------------------------------------------------------------- preparing


def draft_decision(
    *,
    unit: Unit,
    number: str,
    decided_on: date,
    effective_on: date,
    issued_by: str = "",
    changes: Sequence[Change] = (),
    by: Account | None,
    at: datetime,
) -> OrgDecision:
    """Prepare a decision over a unit and what lies under it; nothing of the tree changes.

    Refuses without a number, with a day of decision still to come, under a unit that has closed, and what is marked secret.
    Events may still be wrong: the preview says so, and nobody can confirm them. Effects: the decision, audit.
    """
    head = _head(number, decided_on, issued_by, at)
    if unit.closed_on:
        raise Refusal("decision.unit_closed", f"{unit.name} đã ngừng hoạt động.", field="unit")
    with transaction.atomic():
        _refuse_number_used(unit, **head)
        decision = OrgDecision.objects.create(
            unit=unit, effective_on=effective_on, prepared_by=by, prepared_at=at, **head
        )
        _write_events(decision, changes)
        record(
            "decision.drafted", by=by, at=at, thing=decision, unit=unit,
            after={"number": decision.number, "effective_on": effective_on, "events": len(changes)},
        )  # fmt: skip
    return decision


def _head(number: str, decided_on: date, issued_by: str, at: datetime) -> dict[str, Any]:
    number, issued_by = text.squeeze(number), text.squeeze(issued_by)
    if not number:
        raise Refusal("decision.number_missing", "Chưa ghi số quyết định.", field="number")
    if decided_on > local(at).date():
        raise Refusal(
            "decision.not_yet",
            f"Ngày quyết định {decided_on:%d/%m/%Y} chưa đến; ngày hiệu lực thì có thể sau.",
            field="decided_on",
        )
    refuse_if_marked(f"{number}\n{issued_by}", "Quyết định")
    return {"number": number, "decided_on": decided_on, "issued_by": issued_by}


def _refuse_number_used(
    unit: Unit, *, number: str, decided_on: date, issued_by: str, but: OrgDecision | None = None
) -> None:
    """A body numbers its decisions once a year: the same number of the same year, unit and issuer is the same decision."""
    of_year = OrgDecision.objects.filter(unit=unit, decided_on__year=decided_on.year).light()
    others = of_year.exclude(state__in=[DecisionState.WITHDRAWN, DecisionState.REVERSED])
    mine = (text.fold(number), text.fold(issued_by))
    for twin in others.exclude(pk=but.pk) if but else others:
        if (text.fold(twin.number), text.fold(twin.issued_by)) != mine:
            continue
        raise Refusal(
            "decision.number_used",
            f"Số {twin.number} năm {decided_on.year} đã có trong hệ thống: quyết định ngày {show_day(twin.decided_on)}, "
            f"{DecisionState(twin.state).label.lower()}. Mở quyết định đó để sửa, hoặc ghi số khác; cơ quan khác ban hành cùng số thì ghi ở “Cơ "
            "quan ban hành”.",
            field="number",
        )


def _write_events(decision: OrgDecision, changes: Sequence[Change]) -> None:
    if len(changes) > MOST_EVENTS:
        raise Refusal("decision.too_many", f"Một quyết định nhiều nhất {show_number(MOST_EVENTS)} sự kiện.")
    OrgEvent.objects.bulk_create(
        (
            OrgEvent(decision=decision, order=order, kind=change.kind, details=change.as_json())
            for order, change in enumerate(changes)
        ),
        batch_size=1000,
    )


def change_decision(decision: OrgDecision, *, revision: int, by: Account, at: datetime, **new: Any) -> OrgDecision:
    """Correct number, dates or issuer of a draft. Who changes it last has prepared it."""
    head = _head(
        new.get("number", decision.number),
        new.get("decided_on", decision.decided_on),
        new.get("issued_by", decision.issued_by),
        at,
    )
    head["effective_on"] = new.get("effective_on", decision.effective_on)
    with transaction.atomic():
        before = {name: getattr(decision, name) for name in head}
        named = {name: head[name] for name in ("number", "decided_on", "issued_by")}
        _refuse_number_used(decision.unit, **named, but=decision)
        _write(decision, revision, by, **head)
        changed = [name for name in head if before[name] != head[name]]
        if changed:
            record(
                "decision.changed", by=by, at=at, thing=decision, unit=decision.unit,
                before={name: before[name] for name in changed}, after={name: head[name] for name in changed},
            )  # fmt: skip
    return decision


def _write(decision: OrgDecision, revision: int, by: Account | None, **new: Any) -> None:
    """Change a draft only as it was seen."""
    changed = OrgDecision.objects.filter(pk=decision.pk, state=DecisionState.DRAFTED, revision=revision).update(
        revision=F("revision") + 1, prepared_by=by, **new
    )
    if not changed:
        raise Refusal(_CHANGED.code, _CHANGED.sentence)
    decision.revision, decision.prepared_by = revision + 1, by
    for name, value in new.items():
        setattr(decision, name, value)


def set_event(
    decision: OrgDecision, change: Change, *, order: int | None = None, revision: int, by: Account, at: datetime
) -> OrgDecision:
    """Add an event behind the others, or replace the one at `order`.

    Refuses an event that cannot happen after those before it, with the sentence that says why.
    """
    with transaction.atomic():
        _write(decision, revision, by)
        present = queries.changes_of(decision)
        place = len(present) if order is None else order
        if place >= MOST_EVENTS:
            raise Refusal("decision.too_many", f"Một quyết định nhiều nhất {show_number(MOST_EVENTS)} sự kiện.")
        until = [*present[:place], change]
        _forest, faults = queries.forest_of(decision.unit, until, decision.effective_on)
        mine = [fault for number, fault in faults if number == place]
        if mine:
            raise mine[0]
        OrgEvent.objects.update_or_create(
            decision=decision, order=place, defaults={"kind": change.kind, "details": change.as_json()}
        )
        record(
            "decision.changed", by=by, at=at, thing=decision, unit=decision.unit,
            after={"event": place + 1, "kind": change.kind},
        )  # fmt: skip
    return decision


def remove_event(decision: OrgDecision, order: int, *, revision: int, by: Account, at: datetime) -> OrgDecision:
    """Take an event out of a draft; the others keep their order."""
    with transaction.atomic():
        _write(decision, revision, by)
        gone = OrgEvent.objects.filter(decision=decision, order=order).first()
        if gone is None:
            raise Refusal(_CHANGED.code, _CHANGED.sentence)
        gone.delete()
        for event in OrgEvent.objects.filter(decision=decision, order__gt=order).order_by("order"):
            OrgEvent.objects.filter(pk=event.pk).update(order=event.order - 1)
        record(
            "decision.changed", by=by, at=at, thing=decision, unit=decision.unit,
            before={"event": order + 1, "kind": gone.kind},
        )  # fmt: skip
    return decision


def withdraw_decision(decision: OrgDecision, *, by: Account, at: datetime, reason: str = "") -> OrgDecision:
    """Give a decision up before it has come into force. Refuses one that is in force by now, also by a job at this moment."""
    refuse_if_marked(reason, "Lý do")
    with transaction.atomic():
        changed = OrgDecision.objects.filter(
            pk=decision.pk, state__in=[DecisionState.DRAFTED, DecisionState.SCHEDULED]
        ).update(state=DecisionState.WITHDRAWN, ended_by=by, ended_at=at, ended_reason=text.squeeze(reason)[:250])
        if not changed:
            raise Refusal(_CHANGED.code, _CHANGED.sentence)
        decision.state = DecisionState.WITHDRAWN
        record("decision.withdrawn", by=by, at=at, thing=decision, unit=decision.unit, after={"reason": reason})
    return decision


# -------------------------------------------------------------------------------------------------------------- in force


def confirm_decision(decision: OrgDecision, *, revision: int, by: Account | None, at: datetime) -> OrgDecision:
    """Confirm what the preview showed: it comes into force at once, or on its day.

    Refuses whoever prepared it when units merge (two persons), a draft changed since `revision`, and everything the
    preview holds against it, all at once. A large one is carried out by a job, so is one whose day is still to come.
    """
    # The lock of the tree first, as everywhere: of two officers the second sees what the first has done.
    with named_lock(TREE_LOCK):
        reread(decision)
        if decision.state != DecisionState.DRAFTED or decision.revision != revision:
            raise Refusal(_CHANGED.code, _CHANGED.sentence)
        changes = queries.changes_of(decision)
        if by is not None and rules.needs_second_person(changes) and by.pk == decision.prepared_by_id:
            raise Refusal(
                "decision.second_person",
                f"Sáp nhập đơn vị cần hai người: {by.display_name} đã soạn quyết định này nên người khác có quyền sửa đơn vị phải xác nhận.",
            )
        shown = queries.preview(decision)
        _refuse(shown)
        decision.state, decision.confirmed_by, decision.confirmed_at, decision.problem = (
            DecisionState.SCHEDULED,
            by,
            at,
            "",
        )
        decision.save(update_fields=["state", "confirmed_by", "confirmed_at", "problem"])
        record(
            "decision.confirmed", by=by, at=at, thing=decision, unit=decision.unit,
            after={"summary": queries.summary(shown), "effective_on": decision.effective_on},
        )  # fmt: skip
        if decision.effective_on > local(at).date():
            _keep_names(decision, shown)
            return decision
        if shown.is_large:
            tell_file(decision.pk)(0, 0, "Đang chờ đến lượt")
            enqueue(IN_FORCE_JOB, decision.pk)
        else:
            _put_in_force(decision, shown, by=by, at=at, tell=_quiet)
    return decision


def _refuse(shown: Preview) -> None:
    faults = [
        Refusal(
            fault.code, f"Sự kiện {number + 1}: {fault.sentence}" if len(shown.faults) > 1 or number else fault.sentence
        )
        for number, fault in shown.faults
    ] + [Refusal("decision.hindered", sentence) for sentence in shown.hindrances]
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise Refusals(faults)


def put_in_force(decision_id: int, *, at: datetime) -> None:
    """Carry out a confirmed decision whose day has come. May run twice: the second finds it done.

    What stands in its way now is kept as `problem` and told in the log; nothing of it is then written.
    """
    try:
        with named_lock(TREE_LOCK):
            decision = OrgDecision.objects.select_related("unit", "confirmed_by").filter(pk=decision_id).first()
            if decision is not None:
                reread(decision)  # whoever gives it up now waits, and is told that it is in force
            if (
                decision is None
                or decision.state != DecisionState.SCHEDULED
                or decision.effective_on > local(at).date()
            ):
                return
            shown = queries.preview(decision)
            _refuse(shown)
            _put_in_force(decision, shown, by=decision.confirmed_by, at=at, tell=tell_file(decision.pk))
    except Refusal as refusal:
        with transaction.atomic():
            _note_problem(decision_id, refusal.sentence, at)
    with contextlib.suppress(OSError):
        queries.progress_path(decision_id).unlink()


def due_decisions(day: date) -> list[int]:
    """Confirmed decisions whose day has come, in the order in which they come into force."""
    rows = OrgDecision.objects.filter(state=DecisionState.SCHEDULED, effective_on__lte=day)
    return list(rows.order_by("effective_on", "confirmed_at", "pk").values_list("pk", flat=True))


def _keep_names(decision: OrgDecision, shown: Preview) -> None:
    """Tell the events by the names of this day from now on, whatever the units are called later."""
    names = {key: node.name for key, node in shown.forest.by_code.items()}
    codes = {code.casefold(): name for code, name in Unit.objects.filter(
        code__in={code for change in queries.changes_of(decision) for code in queries.codes_in(change)}
    ).values_list("code", "name")}  # fmt: skip
    for event in decision.events.all():
        told = {code.casefold(): codes.get(code.casefold()) or names.get(code.casefold(), code)
                for code in queries.codes_in(Change.from_json(event.details))}  # fmt: skip
        OrgEvent.objects.filter(pk=event.pk).update(details={**event.details, "names": told})


def _look_again_at_waiting(done: OrgDecision, at: datetime) -> None:
    """Say of each confirmed decision still to come whether it can be carried out on the tree as it is now.

    Its people learn it today, from the first page and the log, instead of on its day.
    """
    waiting = OrgDecision.objects.filter(state=DecisionState.SCHEDULED, effective_on__gt=local(at).date())
    for other in waiting.exclude(pk=done.pk).select_related("unit").order_by("effective_on", "pk"):
        shown = queries.preview(other)
        found = [fault.sentence for _number, fault in shown.faults] + shown.hindrances
        _note_problem(other.pk, found[0] if found else "", at)


def _note_problem(decision_id: int, problem: str, at: datetime) -> None:
    """Keep why a confirmed decision cannot be carried out, or that nothing stands in its way any more; told in the log once."""
    rows = OrgDecision.objects.filter(pk=decision_id, state=DecisionState.SCHEDULED).exclude(problem=problem)
    if rows.update(problem=problem) and problem:
        blocked = OrgDecision.objects.select_related("unit").get(pk=decision_id)
        record("decision.blocked", by=None, at=at, thing=blocked, unit=blocked.unit, after={"problem": problem})


def _put_in_force(decision: OrgDecision, shown: Preview, *, by: Account | None, at: datetime, tell: Tell) -> None:
    # The names before the events: a unit that is renamed is told by what it was called.
    _keep_names(decision, shown)
    try:
        with transaction.atomic():
            change = carry_out(decision, shown.forest, by=by, at=at, tell=tell)
    except IntegrityError:
        # A code taken or a right given elsewhere in the meantime, outside what the lock of the tree holds back.
        raise Refusal(
            "decision.collision",
            "Dữ liệu vừa được người khác ghi (thường là một mã đã có) nên chưa thực hiện; hãy xem lại quyết định.",
        ) from None
    decision.state, decision.in_force_at, decision.problem = DecisionState.IN_FORCE, at, ""
    decision.counts = {
        "summary": queries.summary(shown), "closed": len(change.closing), "founded": len(change.founded),
        "moved": len(change.paths), "people": len(change.people),
    }  # fmt: skip
    decision.save(update_fields=["state", "in_force_at", "problem", "counts", "undo"])
    record(
        "decision.in_force", by=by, at=at, thing=decision, unit=decision.unit,
        after={"on": decision.effective_on, **decision.counts},
    )  # fmt: skip
    _look_again_at_waiting(decision, at)


def _quiet(done: int, total: int, what: str) -> None:
    """Tell nobody."""


def tell_file(decision_id: int) -> Tell:
    """Say how far a job is, in a file that the page reads: the transaction itself shows nothing before its end."""
    path = queries.progress_path(decision_id)

    def tell(done: int, total: int, what: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps({"done": done, "total": total, "what": what}))
        fresh.replace(path)

    return tell


# -------------------------------------------------------------------------------------------------------------- taken back


def what_rests_on(decision: OrgDecision) -> list[str]:
    """Why a decision in force can no longer be taken back: what has been built on it since, one sentence each."""
    undo = decision.undo
    founded, kept = list(undo.get("founded", ())), [row[0] for row in undo.get("units", ())]
    mine = {*founded, *kept}
    later = (
        OrgDecision.objects.filter(
            state=DecisionState.IN_FORCE, in_force_at__gt=decision.in_force_at, events__units__in=mine
        )
        .exclude(pk=decision.pk)
        .distinct()
        .light()
        if len(mine) <= 10_000
        else OrgDecision.objects.filter(state=DecisionState.IN_FORCE, in_force_at__gt=decision.in_force_at).light()
    )
    sentences = [
        f"Quyết định {one.number} (hiệu lực {show_day(one.effective_on)}) sắp xếp tiếp các đơn vị này."
        for one in later[:3]
    ]
    tops = list(Unit.objects.filter(pk__in=founded))
    added = [
        unit.name
        for top in tops
        for unit in Unit.objects.filter(path__gte=top.path, path__lt=path_end(top.path)).exclude(pk__in=mine)[:3]
    ] if len(founded) <= 500 else []  # fmt: skip
    if added:
        sentences.append(f"Đã lập thêm đơn vị dưới đơn vị mới: {', '.join(added[:3])}.")
    changed = UnitVersion.objects.filter(unit__in=founded, valid_from__gt=decision.effective_on).count()
    if changed:
        sentences.append(f"{show_number(changed)} đơn vị mới đã thay đổi tên, loại hoặc cấp trên sau đó.")
    moved = MembershipTransfer.objects.filter(event__decision=decision)
    gone = moved.exclude(person__unit=F("to_unit")).count()
    if gone:
        sentences.append(f"{show_number(gone)} người đã chuyển đi nơi khác sau đó.")
    came = Person.objects.active().filter(unit__in=founded).exclude(transfers__event__decision=decision).count()
    if came:
        sentences.append(f"{show_number(came)} người đã vào đơn vị mới sau đó.")
    given = undo.get("given", [])
    facts: list[tuple[Any, str, str]] = [
        (PostHeld, "", "chức vụ"), (Appointment, "rights", "phân công quyền"), (UnitResponsibility, "charges", "phân công phụ trách"),
    ]  # fmt: skip
    for model, name, words in facts:
        own = [pk for one, pk in given if one == name]
        number = model.objects.filter(unit__in=founded).exclude(pk__in=own).count()
        if number:
            sentences.append(f"{show_number(number)} {words} đã ghi ở đơn vị mới.")
    if decision.in_force_at is not None:
        for follower in followers():
            sentences += follower.rests_on(founded, decision.in_force_at)
    return sentences


def ask_reversal(decision: OrgDecision, *, by: Account, at: datetime, reason: str) -> OrgDecision:
    """Ask that a decision by which units merged be taken back: another person does it (`reverse_decision`).

    Refuses without a reason, one that is not in force, and with everything that rests on it. Asking again takes the place
    of what was asked before. Effects, in order: who asks and why, audit.
    """
    reason = _reason_of_reversal(reason)
    with named_lock(TREE_LOCK):
        reread(decision)
        _refuse_reversal(decision)
        decision.reversal_asked_by, decision.reversal_asked_at, decision.ended_reason = by, at, reason
        decision.save(update_fields=["reversal_asked_by", "reversal_asked_at", "ended_reason"])
        record("decision.reversal_asked", by=by, at=at, thing=decision, unit=decision.unit, after={"reason": reason})
    return decision


def withdraw_reversal(decision: OrgDecision, *, by: Account, at: datetime) -> OrgDecision:
    """Take back one's own request that a decision be taken back; the decision stays in force.

    Refuses when nothing is asked for any more, and a request that somebody else made. Effects, in order: nobody asks and
    the reason goes, audit with the reason that stood there.
    """
    with named_lock(TREE_LOCK):
        reread(decision)
        if decision.state != DecisionState.IN_FORCE or decision.reversal_asked_by_id is None:
            raise Refusal(_CHANGED.code, _CHANGED.sentence)
        if decision.reversal_asked_by_id != by.pk:
            raise Refusal("decision.others_request", "Chỉ người đã đề nghị hủy bỏ mới rút được đề nghị của mình.")
        reason = decision.ended_reason
        decision.reversal_asked_by, decision.reversal_asked_at, decision.ended_reason = None, None, ""
        decision.save(update_fields=["reversal_asked_by", "reversal_asked_at", "ended_reason"])
        record(
            "decision.reversal_withdrawn", by=by, at=at, thing=decision, unit=decision.unit, before={"reason": reason}
        )
    return decision


def _reason_of_reversal(reason: str) -> str:
    reason = text.squeeze(reason)[:250]
    if not reason:
        raise Refusal("decision.reason_missing", "Phải ghi lý do hủy bỏ.", field="reason")
    return reason


def _refuse_reversal(decision: OrgDecision) -> None:
    if decision.state != DecisionState.IN_FORCE:
        raise Refusal(_CHANGED.code, _CHANGED.sentence)
    rests = what_rests_on(decision)
    if rests:
        raise Refusals([Refusal("decision.rested_on", sentence) for sentence in rests])


def reverse_decision(decision: OrgDecision, *, by: Account, at: datetime, reason: str = "") -> OrgDecision:
    """Take a decision back as if it had never come into force, while nothing rests on it.

    Where units merged, another person has asked for it with the reason (`ask_reversal`); else `reason` says why. Refuses
    without one, one person alone for a merger, and with everything that rests on it. Effects, in order: people back where
    they were and the decision's transfers gone, units, versions and places as before, founded units out of the tree (their
    row and the log stay), posts, rights and responsibilities, the followers, state, audit.
    """
    with named_lock(TREE_LOCK):
        reread(decision)
        if rules.needs_second_person(queries.changes_of(decision)):
            if decision.reversal_asked_by_id in (None, by.pk):
                raise Refusal(
                    "decision.second_person",
                    "Hủy bỏ quyết định sáp nhập đơn vị cần hai người: một người đề nghị kèm lý do, người khác có quyền sửa đơn vị "
                    "hủy bỏ.",
                )
            reason = decision.ended_reason
        reason = _reason_of_reversal(reason)
        _refuse_reversal(decision)
        undo, day = decision.undo, decision.effective_on
        keys = [row[0] for row in undo["units"]]
        founded = list(undo["founded"])
        before = dict(Unit.objects.filter(pk__in=[*keys, *founded]).values_list("pk", "path"))
        people = _people_back(decision, by, at)
        put_rows_back(undo, day)
        # The first name written down is the oldest.
        for pk, name, short in reversed(undo.get("names", [])):
            Unit.objects.filter(pk=pk).update(
                name=name, short_name=short, name_folded=text.fold(name), sort_key=text.natural_key(name)
            )
        for pk, kind in reversed(undo.get("kinds", [])):
            Unit.objects.filter(pk=pk).update(kind_id=kind)
        for unit in Unit.objects.filter(pk__in=founded).order_by("depth", "pk"):
            _never_was(unit, decision, day)
        give_back(decision, undo)
        after = dict(Unit.objects.filter(pk__in=[*keys, *founded]).values_list("pk", "path"))
        paths = {pk: (path, after[pk]) for pk, path in before.items() if after[pk] != path}
        closing = dict.fromkeys(founded)
        change = TreeChange(day, closing, {}, (), paths, people, back=True)
        for follower in followers():
            follower.follow(change, by=by, at=at)
        decision.state, decision.ended_by, decision.ended_at, decision.ended_reason = (
            DecisionState.REVERSED,
            by,
            at,
            reason,
        )
        decision.undo = {}
        decision.save(update_fields=["state", "ended_by", "ended_at", "ended_reason", "undo"])
        record("decision.reversed", by=by, at=at, thing=decision, unit=decision.unit, after={"reason": reason})
        _look_again_at_waiting(decision, at)
    return decision


def _people_back(decision: OrgDecision, by: Account, at: datetime) -> dict[int, tuple[int, int]]:
    """Everybody whom the decision moved goes back; its transfers never were."""
    moves = MembershipTransfer.objects.filter(event__decision=decision).select_related("person", "from_unit", "to_unit")
    people: dict[int, tuple[int, int]] = {}
    lines = []
    for move in moves.order_by("-pk"):
        if move.from_unit is None:
            continue
        people[move.person_id] = (people.get(move.person_id, (move.to_unit_id, 0))[0], move.from_unit.pk)
        lines.append(
            (
                move.person,
                move.from_unit,
                {"unit": move.to_unit.name},
                {"unit": move.from_unit.name, "basis": decision.number},
            )
        )
    homes: dict[int, list[int]] = {}
    for person, (_, home) in people.items():
        homes.setdefault(home, []).append(person)
    for home, persons in homes.items():
        for start in range(0, len(persons), 2000):
            Person.objects.filter(pk__in=persons[start : start + 2000]).update(unit_id=home)
    record_many("person.transferred", by=by, at=at, lines=lines, of_people=True)
    MembershipTransfer.objects.filter(event__decision=decision).delete()
    return people


def _never_was(unit: Unit, decision: OrgDecision, day: date) -> None:
    """A unit founded by a decision taken back: out of the tree, its code free again; the log still names it."""
    above = Unit.objects.get(children=unit)
    path = above.path + path_segment(unit.pk)
    UnitVersion.objects.filter(unit=unit).delete()
    UnitPlace.objects.filter(unit=unit).update(is_active=False, path=path)
    code = f"{unit.code[:30]}~{decision.pk}"
    Unit.objects.filter(pk=unit.pk).update(code=code, closed_on=day, path=path, depth=above.depth + 1)
