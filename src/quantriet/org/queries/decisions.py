"""What a decision would do: the tree it acts on, its preview in numbers and lists, what stands in its way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db.models import Count, Min, Q

from quantriet.kit.numbers import show_number
from quantriet.kit.refusal import Refusal
from quantriet.org.models import (
    Appointment,
    MembershipTransfer,
    OrgDecision,
    OrgEvent,
    Person,
    PostHeld,
    Unit,
    UnitKind,
    UnitPlace,
    UnitResponsibility,
    UnitVersion,
    path_end,
)
from quantriet.org.rules import events as rules
from quantriet.org.rules.events import Change, Forest, KindOfUnit, Node
from quantriet.org.vocab import Concern, OrgEventKind, TreeChange, followers

# Where more units or people than this are concerned, a job carries the decision out and shows how far it is.
AT_ONCE = 2_000


def changes_of(decision: OrgDecision) -> list[Change]:
    return [Change.from_json(event.details) for event in decision.events.order_by("order")]


def known_kinds() -> dict[str, KindOfUnit]:
    return {
        kind.code: KindOfUnit(kind.name, kind.level, kind.holds_members, kind.valid_from, kind.valid_to)
        for kind in UnitKind.objects.all()
    }


def forest_of(unit: Unit, changes: Sequence[Change], day: date) -> tuple[Forest, list[tuple[int, Refusal]]]:
    """The tree under a unit after these events, and what is wrong with each of them; a province takes some 0.2 s."""
    inside = Q(path__gte=unit.path, path__lt=path_end(unit.path))
    under = Q(unit__path__gte=unit.path, unit__path__lt=path_end(unit.path))
    placed = dict(UnitPlace.objects.filter(under, valid_to__isnull=True).values_list("unit_id", "valid_from"))
    since = dict(UnitVersion.objects.filter(under, valid_to__isnull=True).values_list("unit_id", "valid_from"))
    first = dict(UnitVersion.objects.filter(under).order_by().values_list("unit_id").annotate(first=Min("valid_from")))
    people = dict(Person.objects.active().filter(under).order_by().values_list("unit_id").annotate(number=Count("pk")))
    nodes = []
    for pk, code, name, kind, parent, closed in Unit.objects.filter(inside).values_list(
        "pk", "code", "name", "kind__code", "parent_id", "closed_on"
    ):
        begun = first.get(pk) or day
        nodes.append(
            Node(
                pk,
                code,
                name,
                kind,
                parent,
                max(since.get(pk, begun), placed.get(pk, begun)),
                begun,
                people.get(pk, 0),
                closed,
            )
        )
    _add_members(nodes, changes)
    forest, faults = rules.simulate(nodes, unit.pk, changes, known_kinds(), day)
    new = [step for step in forest.steps if isinstance(step, rules.Found)]
    taken = set(Unit.objects.filter(code__in=[step.code for step in new]).values_list("code", flat=True) if new else ())
    faults += [
        (step.event, Refusal("unit.code_taken", f"Mã đơn vị “{step.code}” đã có; mỗi đơn vị một mã.", field="code"))
        for step in new
        if step.code in taken
    ]
    return forest, sorted(faults, key=lambda fault: fault[0])


def _add_members(nodes: Sequence[Node], changes: Sequence[Change]) -> None:
    """Who is in the units that are split: a person goes to one of the parts by the code."""
    codes = {code.casefold() for change in changes if change.kind == OrgEventKind.SPLIT for code in change.units}
    split = [node for node in nodes if node.code.casefold() in codes]
    members: dict[int, dict[str, int]] = {node.key: {} for node in split}
    for unit, code, pk in Person.objects.active().filter(unit__in=list(members)).values_list("unit_id", "code", "pk"):
        members[unit][code] = pk
    for node in split:
        node.members = members[node.key]


@dataclass
class Preview:
    """What a decision would do, for the page before the button."""

    forest: Forest
    faults: list[tuple[int, Refusal]]
    hindrances: list[str] = field(default_factory=list)
    founded: list[rules.Found] = field(default_factory=list)
    closing: list[Node] = field(default_factory=list)
    moving: list[Node] = field(default_factory=list)
    carried: list[tuple[Node, Node, int]] = field(default_factory=list)  # from, to, how many people
    units: int = 0  # that end or whose place changes, with all below them
    displaced: int = 0  # of these whose place changes and that do not end
    people: int = 0  # who get another unit
    under: int = 0  # members in or below all units concerned
    concerns: list[Concern] = field(default_factory=list)
    change: TreeChange | None = None

    @property
    def may_happen(self) -> bool:
        return not self.faults and not self.hindrances

    @property
    def is_large(self) -> bool:
        return self.units > AT_ONCE or self.people > AT_ONCE


def preview(decision: OrgDecision) -> Preview:
    """Numbers and lists of what a decision would do now, with everything that stands in its way."""
    changes = changes_of(decision)
    if not changes:
        forest, _ = forest_of(decision.unit, [], decision.effective_on)
        return Preview(forest, [(0, Refusal("decision.empty", "Quyết định chưa có sự kiện nào."))])
    before, _ = forest_of(decision.unit, [], decision.effective_on)
    forest, faults = forest_of(decision.unit, changes, decision.effective_on)
    shown = Preview(forest, faults)
    concerned: set[int] = set()
    closing: dict[int, int | None] = {}
    moving: dict[int, int] = {}
    moved: set[int] = set()
    for step in forest.steps:
        match step:
            case rules.Found():
                shown.founded.append(step)
            case rules.Close(key=key, successor=successor):
                shown.closing.append(before.nodes[key])
                closing[key] = None if successor is None else max(successor, 0)
                concerned.add(key)
            case rules.Move(key=key, parent=parent):
                if key > 0:
                    shown.moving.append(before.nodes[key])
                    moving[key] = max(parent, 0)
                    moved |= {node.key for node in before.under(key)}
                concerned |= {one for one in (key, parent) if one > 0}
            case rules.Carry(origin=origin, target=target, number=count):
                shown.carried.append((forest.nodes[origin], forest.nodes[target], count))
                shown.people += count
                concerned |= {one for one in (origin, target) if one > 0}
            case rules.Rename(key=key) | rules.Rekind(key=key):
                concerned |= {key} if key > 0 else set()
    shown.units = len(moved | set(closing))
    shown.displaced = len(moved - set(closing))
    top = {key for key in concerned if not any(other != key and before.is_under(key, other) for other in concerned)}
    shown.under = sum(before.people_under(key) for key in top)
    carried = {origin.key: target.key for origin, target, _ in shown.carried if origin.key > 0}
    people = {
        person: (unit, max(carried[unit], 0))
        for person, unit in (
            Person.objects.active().filter(unit__in=list(carried)).values_list("pk", "unit_id")
            if shown.people <= AT_ONCE
            else ()
        )
    }
    paths = dict.fromkeys(moved | set(closing), ("", ""))
    higher = frozenset(decision.unit.ancestor_ids)
    above = {key: higher | _chain(forest, forest.nodes[key].parent) for key in moving}
    above |= {origin: higher | _chain(forest, target) for origin, target in carried.items()}
    shown.change = TreeChange(decision.effective_on, closing, moving, (), paths, people, above)
    shown.concerns = _own_concerns(closing, decision.effective_on)
    for follower in followers():
        shown.hindrances += follower.hindrances(shown.change)
        shown.concerns += follower.concerns(shown.change)
    return shown


def _chain(forest: Forest, key: int | None) -> frozenset[int]:
    """A unit and those above it that stand already."""
    found = set()
    while key is not None and key in forest.nodes:
        if key > 0:
            found.add(key)
        key = forest.nodes[key].parent
    return frozenset(found)


def _own_concerns(closing: dict[int, int | None], day: date) -> list[Concern]:
    """What of this room the closing of units touches."""
    if not closing:
        return []
    keys = list(closing)
    passing = [key for key, successor in closing.items() if successor is not None]
    posts = PostHeld.objects.on(day).filter(unit__in=keys).select_related("person", "post", "unit")
    rights = Appointment.objects.on(day).filter(unit__in=keys).select_related("account", "unit")
    charged = UnitResponsibility.objects.on(day).filter(unit__in=keys).select_related("person", "unit")
    waiting = MembershipTransfer.objects.filter(is_waiting=True, to_unit__in=keys).select_related("person")
    follows = (
        "chuyển sang đơn vị kế tục"
        if len(passing) == len(keys)
        else "chuyển sang đơn vị kế tục; không có đơn vị kế tục thì kết thúc"
    )
    found = [
        Concern(
            "Chức vụ ở đơn vị kết thúc", posts.count(),
            tuple(f"{one.person.full_name}, {one.post.name}, {one.unit.name}" for one in posts.order_by("post__rank", "pk")[:8]),
            "kết thúc vào ngày cuối của đơn vị; chức vụ ở đơn vị mới do quyết định riêng, ghi ở trang của từng người",
        ),
        Concern(
            "Phân công quyền", rights.count(),
            tuple(f"{one.account.display_name}, {one.unit.name}" for one in rights.order_by("account__display_name", "pk")[:8]),
            follows,
        ),
        Concern(
            "Phân công phụ trách", charged.count(),
            tuple(f"{one.person.full_name}: {one.unit.name}" for one in charged.order_by("person__sort_key", "pk")[:8]),
            follows,
        ),
        Concern(
            "Lần chuyển sinh hoạt đã hẹn", waiting.count(),
            tuple(one.person.full_name for one in waiting.order_by("person__sort_key", "pk")[:8]),
            "đổi nơi đến thành đơn vị kế tục; không có thì bỏ, có ghi lý do ở trang của người đó",
        ),
    ]  # fmt: skip
    return [one for one in found if one.count]


def summary(shown: Preview) -> str:
    """The thing and the number: "Gộp 3 chi bộ, 47 đảng viên"."""
    kinds = shown.forest.kinds
    words = []
    merged = [step for step in shown.forest.steps if isinstance(step, rules.Close) and step.successor is not None]
    ended = [step for step in shown.forest.steps if isinstance(step, rules.Close) and step.successor is None]
    moved = {node.key for node in shown.moving} - {step.key for step in merged + ended}
    for verb, keys in (
        ("gộp", [step.key for step in merged]), ("kết thúc", [step.key for step in ended]), ("chuyển", sorted(moved)),
    ):  # fmt: skip
        if keys:
            words.append(f"{verb} {_by_kind(keys, shown, kinds)}")
    if shown.founded:
        words.append(f"lập {show_number(len(shown.founded))} đơn vị mới")
    for step_kind, word in ((rules.Rename, "đổi tên"), (rules.Rekind, "đổi loại")):
        number = sum(isinstance(step, step_kind) for step in shown.forest.steps)
        if number:
            words.append(f"{word} {show_number(number)} đơn vị")
    said = ", ".join(words) or "không thay đổi gì"
    people = (
        f"; {show_number(shown.under)} người trong các đơn vị này, {show_number(shown.people)} người đổi nơi sinh hoạt"
        if shown.under
        else ""
    )
    return f"{said[:1].upper()}{said[1:]}{people}."


def _by_kind(keys: Sequence[int], shown: Preview, kinds: Mapping[str, KindOfUnit]) -> str:
    counted: dict[str, int] = {}
    for key in keys:
        name = kinds[shown.forest.nodes[key].kind].name
        counted[name] = counted.get(name, 0) + 1
    return ", ".join(f"{show_number(number)} {name[:1].lower()}{name[1:]}" for name, number in counted.items())


def sentences(decision: OrgDecision) -> list[tuple[OrgEvent, str]]:
    """Each event in one sentence, by the names of now or, once in force, those of then."""
    events = events_of([decision]).get(decision.pk, [])
    return list(zip(events, sentences_of([decision]).get(decision.pk, []), strict=True))


def events_of(decisions: Sequence[OrgDecision]) -> dict[int, list[OrgEvent]]:
    """The events of several decisions, in order."""
    found: dict[int, list[OrgEvent]] = {}
    for event in OrgEvent.objects.filter(decision__in=[one.pk for one in decisions]).order_by("decision_id", "order"):
        found.setdefault(event.decision_id, []).append(event)
    return found


def sentences_of(decisions: Sequence[OrgDecision]) -> dict[int, list[str]]:
    """The events of several decisions in words, from two statements."""
    events = events_of(decisions)
    changes = {key: [Change.from_json(event.details) for event in some] for key, some in events.items()}
    wanted = {code for some in changes.values() for change in some for code in codes_in(change)}
    rows = list(Unit.objects.filter(code__in=wanted).values_list("code", "name", "parent__name"))
    shared = {name for name, number in Counter(name for _, name, _ in rows).items() if number > 1}
    # Two cells of one name are told apart by the unit above them.
    known = {code.casefold(): f"{name} ({above})" if name in shared and above else name for code, name, above in rows}
    told = {}
    for key, some in changes.items():
        new = {part.code.casefold(): part.name for change in some for part in change.parts if part.is_new}
        told[key] = [
            rules.sentence(change, event.details.get("names") or {**known, **new})
            for event, change in zip(events[key], some, strict=True)
        ]
    return told


def codes_in(change: Change) -> set[str]:
    """The codes of all units that a change names."""
    found = {*change.units, change.parent, change.receiver}
    for part in change.parts:
        found |= {part.code, part.parent, *part.units}
    return found - {""}


def progress_path(decision_id: int) -> Path:
    """Where a job that carries out a decision tells how far it is."""
    return Path(settings.MEDIA_ROOT) / "decisions" / f"progress-{decision_id}.json"
