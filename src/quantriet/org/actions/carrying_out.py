"""A decision becomes rows: units founded, moved, renamed, closed; people and rights that follow. Under `TREE_LOCK`, by its caller."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Max

from quantriet.audit.actions import record_many
from quantriet.kit import text
from quantriet.org.actions.places import close_place, keep_rows, move_subtree, new_version, settle_units
from quantriet.org.models import (
    Account,
    Appointment,
    MembershipTransfer,
    OrgDecision,
    OrgEvent,
    Person,
    PostHeld,
    Unit,
    UnitKind,
    UnitResponsibility,
    UnitSuccession,
    path_end,
    path_segment,
)
from quantriet.org.rules import events as rules
from quantriet.org.rules.events import Forest
from quantriet.org.vocab import TreeChange, followers

BATCH = 2000
Tell = Callable[[int, int, str], None]


@dataclass
class _Work:
    """One decision on its way into the rows."""

    decision: OrgDecision
    events: Sequence[OrgEvent]
    by: Account | None
    at: datetime
    keys: dict[int, int] = field(default_factory=dict)  # key in the simulation → primary key, of new units
    units: dict[int, Unit] = field(default_factory=dict)  # as they stand at this step
    concerned: dict[int, set[int]] = field(default_factory=dict)  # event → units
    people: dict[int, tuple[int, int]] = field(default_factory=dict)
    closing: dict[int, int | None] = field(default_factory=dict)
    moving: dict[int, int] = field(default_factory=dict)
    founded: list[int] = field(default_factory=list)
    undo: dict[str, Any] = field(default_factory=dict)

    @property
    def day(self) -> date:
        return self.decision.effective_on

    def unit(self, key: int) -> Unit:
        """The unit of a step, read anew: the steps before may have moved it."""
        pk = self.keys.get(key, key)
        found = Unit.objects.select_related("kind", "parent").get(pk=pk)
        self.units[pk] = found
        return found


def carry_out(decision: OrgDecision, forest: Forest, *, by: Account | None, at: datetime, tell: Tell) -> TreeChange:
    """Write every step of a decision, then let the rooms above follow; returns what changed.

    Effects, in order: units, versions and places; transfers of people with the event as their basis; posts, rights and
    responsibilities of closed units; successor links; one line of the log each; the followers (decision 0007).
    """
    work = _Work(decision, list(decision.events.order_by("order")), by, at)
    touched = _touched(forest)
    before = dict(Unit.objects.filter(pk__in=touched).values_list("pk", "path"))
    work.undo = keep_rows(sorted(touched), work.day) | {
        "posts": [],
        "rights": [],
        "charges": [],
        "given": [],
        "waiting": [],
    }
    kinds = {kind.code: kind for kind in UnitKind.objects.all()}
    total = len(forest.steps)
    for number, step in enumerate(forest.steps):
        _write(work, step, kinds)
        if number % 50 == 0:
            tell(number, total, "Đang thực hiện quyết định")
    for number, event in enumerate(work.events):
        event.units.set(work.concerned.get(number, ()))
    tell(total, total, "Đang cập nhật các đợt học tập")
    after = dict(Unit.objects.filter(pk__in=touched).values_list("pk", "path"))
    paths = {pk: (before[pk], path) for pk, path in after.items() if path != before[pk]}
    change = TreeChange(work.day, work.closing, work.moving, tuple(work.founded), paths, work.people)
    for follower in followers():
        follower.follow(change, by=by, at=at)
    decision.undo = work.undo | {"founded": work.founded}
    return change


def _touched(forest: Forest) -> set[int]:
    """Every unit that has rows already and whose rows a step may change: those named, and all that lies below what moves."""
    named: set[int] = set()
    moved: set[int] = set()
    for step in forest.steps:
        if isinstance(step, rules.Move | rules.Close) and step.key > 0:
            moved.add(step.key)
        elif isinstance(step, rules.Rename | rules.Rekind) and step.key > 0:
            named.add(step.key)
    paths = sorted(Unit.objects.filter(pk__in=moved).values_list("path", flat=True))
    top = ""
    for path in paths:
        if top and path.startswith(top):
            continue
        top = path
        named.update(Unit.objects.filter(path__gte=path, path__lt=path_end(path)).values_list("pk", flat=True))
    return named


def _write(work: _Work, step: rules.Step, kinds: dict[str, UnitKind]) -> None:
    number = work.decision.number
    match step:
        case rules.Found():
            _found(work, step, kinds)
        case rules.Rename(event=event, key=key, name=name):
            unit = work.unit(key)
            before, short = unit.name, unit.short_name
            new_version(unit, work.day, decision_number=number, name=name)
            Unit.objects.filter(pk=unit.pk).update(
                name=name, short_name="", name_folded=text.fold(name), sort_key=text.natural_key(name)
            )
            unit.name = name
            work.undo.setdefault("names", []).append([unit.pk, before, short])
            _told(work, "unit.changed", event, unit, {"name": before}, {"name": name})
        case rules.Rekind(event=event, key=key, kind=code):
            unit = work.unit(key)
            before_kind = unit.kind
            new_version(unit, work.day, decision_number=number, kind_id=kinds[code].pk)
            work.undo.setdefault("kinds", []).append([unit.pk, before_kind.pk])
            _told(work, "unit.changed", event, unit, {"kind": before_kind.name}, {"kind": kinds[code].name})
        case rules.Move(event=event, key=key, parent=parent):
            unit, above = work.unit(key), work.unit(parent)
            left = unit.parent.name if unit.parent else ""
            new_version(unit, work.day, decision_number=number, parent_id=above.pk)
            old = Unit(pk=unit.pk, name=unit.name, path=unit.path)
            move_subtree(unit, above, work.day)
            work.moving[unit.pk] = above.pk
            work.concerned.setdefault(event, set()).add(above.pk)
            _told(work, "unit.changed", event, unit, {"parent": left}, {"parent": above.name}, place=old)
        case rules.Carry():
            _carry(work, step)
        case rules.Close():
            _close(work, step)
        case rules.Link(event=event, origin=origin, successor=successor):
            pair = (work.keys.get(origin, origin), work.keys.get(successor, successor))
            UnitSuccession.objects.create(event=work.events[event], origin_id=pair[0], successor_id=pair[1])
            work.concerned.setdefault(event, set()).update(pair)


def _found(work: _Work, step: rules.Found, kinds: dict[str, UnitKind]) -> None:
    above = work.unit(step.parent)
    unit = Unit(
        code=step.code, name=step.name, name_folded=text.fold(step.name), sort_key=text.natural_key(step.name),
        kind=kinds[step.kind], parent=above, path=f"new:{step.code}", depth=above.depth + 1, established_on=work.day,
    )  # fmt: skip
    unit.save(force_insert=True)
    unit.path = above.path + path_segment(unit.pk)
    unit.save(update_fields=["path"])
    unit.founding_decision = work.decision.number  # type: ignore[attr-defined]  # for its first version
    settle_units([unit], work.day)
    work.keys[step.key] = unit.pk
    work.founded.append(unit.pk)
    work.concerned.setdefault(step.event, set()).add(above.pk)
    _told(work, "unit.added", step.event, unit, {}, {"code": unit.code, "name": unit.name, "kind": unit.kind.name})


def _told(
    work: _Work,
    verb: str,
    event: int,
    unit: Unit,
    before: dict[str, Any],
    after: dict[str, Any],
    *,
    place: Unit | None = None,
) -> None:
    """A line of the log at the unit, of a move at the place it left: who follows a unit reads that place, too."""
    work.concerned.setdefault(event, set()).add(unit.pk)
    said = {**after, "decision_number": work.decision.number, "on": work.day}
    record_many(verb, by=work.by, at=work.at, lines=[(unit, place or unit, before, said)])


def _carry(work: _Work, step: rules.Carry) -> None:
    origin, target = work.unit(step.origin), work.unit(step.target)
    people = Person.objects.active().filter(unit=origin)
    if step.people is not None:
        people = people.filter(pk__in=step.people)
    event = work.events[step.event]
    basis = f"Quyết định {work.decision.number}"[:160]
    work.concerned.setdefault(step.event, set()).update((origin.pk, target.pk))
    moved = list(people.order_by("pk").only("pk", "full_name", "unit_id"))
    for start in range(0, len(moved), BATCH):
        batch = moved[start : start + BATCH]
        keys = [person.pk for person in batch]
        # Recorded late, a decision does not go back behind a move made since.
        latest = dict(
            MembershipTransfer.objects.done()
            .filter(person__in=keys)
            .order_by()
            .values_list("person")
            .annotate(last=Max("on"))
        )
        MembershipTransfer.objects.bulk_create(
            (
                MembershipTransfer(
                    person=person, from_unit=origin, to_unit=target, on=max(work.day, latest.get(person.pk, work.day)),
                    basis=basis, event=event,
                )
                for person in batch
            ),
            batch_size=BATCH,
        )  # fmt: skip
        Person.objects.filter(pk__in=keys).update(unit=target)
        said = ({"unit": origin.name}, {"unit": target.name, "on": work.day, "basis": basis})
        for verb, place in (("person.transferred", target), ("person.moved_away", origin)):
            record_many(
                verb, by=work.by, at=work.at, lines=[(person, place, *said) for person in batch], of_people=True
            )
        for person in batch:
            work.people[person.pk] = (work.people.get(person.pk, (origin.pk, 0))[0], target.pk)


def _close(work: _Work, step: rules.Close) -> None:
    unit = work.unit(step.key)
    successor = None if step.successor is None else work.unit(step.successor)
    old = Unit(pk=unit.pk, name=unit.name, path=unit.path)
    eve = work.day - timedelta(days=1)
    for held in PostHeld.objects.filter(unit=unit).exclude(valid_to__lt=work.day):
        last = max(eve, held.valid_from)
        work.undo["posts"].append([held.pk, held.valid_to and held.valid_to.isoformat()])
        PostHeld.objects.filter(pk=held.pk).update(valid_to=last)
    for model, kept in ((Appointment, "rights"), (UnitResponsibility, "charges")):
        for given in model.objects.filter(unit=unit).exclude(valid_to__lt=work.day):
            _pass_on(work, given, kept, successor, eve)
    waiting = MembershipTransfer.objects.filter(to_unit=unit, is_waiting=True)
    work.undo["waiting"] += [[pk, unit.pk] for pk in waiting.values_list("pk", flat=True)]
    if successor is not None:
        waiting.update(to_unit=successor)
    else:
        waiting.update(is_waiting=False, problem=f"{unit.name} kết thúc theo quyết định {work.decision.number}."[:250])
    close_place(unit, work.day, successor)
    work.closing[unit.pk] = successor.pk if successor else None
    # At the place it had: whoever looks after that reads its end; who follows it reads that place, too.
    _told(
        work,
        "unit.closed",
        step.event,
        old,
        {},
        {"last_day": eve, "followed_by": successor.name if successor else None},
    )


def _pass_on(
    work: _Work, given: Appointment | UnitResponsibility, kept: str, successor: Unit | None, eve: date
) -> None:
    """A right or a responsibility in a closed unit ends; where one unit follows, it goes on there."""
    model = type(given)
    work.undo[kept].append([given.pk, given.valid_to and given.valid_to.isoformat()])
    model.objects.filter(pk=given.pk).update(valid_to=max(eve, given.valid_from))  # type: ignore[attr-defined]
    if successor is None:
        return
    columns: dict[str, Any] = (
        {"account_id": given.account_id, "role": given.role}
        if isinstance(given, Appointment)
        else {"person_id": given.person_id, "kind": given.kind}
    )
    start = max(work.day, given.valid_from)
    same = model.objects.filter(unit=successor, **columns)  # type: ignore[attr-defined]
    held = [one.valid_to or date.max for one in same.on(start)]
    if held:
        if max(held) >= (given.valid_to or date.max):
            return
        start = max(held) + timedelta(days=1)  # held there already, but for a shorter time
    if same.filter(valid_from__gte=start, valid_from__lte=given.valid_to or date.max).exists():
        return
    more = {} if isinstance(given, Appointment) else {"basis": f"Quyết định {work.decision.number}"[:160]}
    made = model.objects.create(unit=successor, valid_from=start, valid_to=given.valid_to, **columns, **more)  # type: ignore[attr-defined]
    work.undo["given"].append([kept, made.pk])


def give_back(decision: OrgDecision, undo: dict[str, Any]) -> None:
    """Bring posts, rights, responsibilities and waiting transfers of the closed units back."""
    for kept, model in (("posts", PostHeld), ("rights", Appointment), ("charges", UnitResponsibility)):
        for pk, end in undo.get(kept, ()):
            model.objects.filter(pk=pk).update(valid_to=end)  # type: ignore[attr-defined]
    given: Iterable[tuple[str, int]] = undo.get("given", ())
    for kept, pk in given:
        (Appointment if kept == "rights" else UnitResponsibility).objects.filter(pk=pk).delete()
    for pk, unit in undo.get("waiting", ()):
        MembershipTransfer.objects.filter(pk=pk).update(to_unit=unit, is_waiting=True, problem="")
