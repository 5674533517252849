"""What a decision on the organisation does to the tree, step by step, and why it cannot. Pure: a copy of the tree is changed.

Units are named by their codes, so that a decision can be written in Excel and read by people; new units get theirs in it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from quantriet.kit import text
from quantriet.kit.numbers import show_number
from quantriet.kit.refusal import Refusal
from quantriet.org.rules import tree
from quantriet.org.vocab import Level, OrgEventKind


@dataclass(frozen=True)
class Part:
    """A unit that comes out of an event: a new one by code, name, kind and superior, or one that stands already (`is_new` false)."""

    code: str
    name: str = ""
    kind: str = ""
    parent: str = ""  # code of the superior; empty: that of the (first) origin
    units: tuple[str, ...] = ()  # SPLIT: codes of the units below the origin that go here
    people: tuple[str, ...] = ()  # SPLIT of a cell: codes of the people who go here; the others go to the first part
    is_new: bool = True


@dataclass(frozen=True)
class Change:
    """One event.

    ESTABLISH: one part. MERGE: units → one part. SPLIT: one unit → parts; `keeps` when the origin lives on with the rest.
    RENAME: unit, `name`. MOVE: units, `parent`. CHANGE_KIND: unit, `unit_kind`. DISSOLVE: unit; `receiver` takes what is
    left below it and its people.
    """

    kind: str
    units: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    name: str = ""
    unit_kind: str = ""
    parent: str = ""
    receiver: str = ""
    keeps: bool = False

    def as_json(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if value}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Change:
        given = {key: value for key, value in kept.items() if key != "names"}
        parts = tuple(
            Part(**{**one, "units": tuple(one.get("units", ())), "people": tuple(one.get("people", ()))})
            for one in given.pop("parts", ())
        )
        return cls(**{**given, "units": tuple(given.pop("units", ())), "parts": parts})


@dataclass
class Node:
    """A unit as far as decisions are concerned; `since` is the first day of what it is called, its kind and its superior."""

    key: int  # new units have negative keys
    code: str
    name: str
    kind: str
    parent: int | None
    since: dt.date
    founded: dt.date
    people: int = 0  # directly in it
    closed: dt.date | None = None  # the last day
    members: Mapping[str, int] = field(default_factory=dict)  # code → key of its people, where a split needs them


@dataclass(frozen=True)
class KindOfUnit:
    """What the rules ask of a kind."""

    name: str
    level: str
    holds_members: bool
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


class Found(NamedTuple):
    event: int
    key: int
    code: str
    name: str
    kind: str
    parent: int


class Rename(NamedTuple):
    event: int
    key: int
    name: str


class Rekind(NamedTuple):
    event: int
    key: int
    kind: str


class Move(NamedTuple):
    event: int
    key: int
    parent: int


class Carry(NamedTuple):
    """People go from one unit to another: those of these keys, or all that are left."""

    event: int
    origin: int
    target: int
    people: tuple[int, ...] | None
    number: int


class Close(NamedTuple):
    event: int
    key: int
    successor: int | None


class Link(NamedTuple):
    event: int
    origin: int
    successor: int


Step = Found | Rename | Rekind | Move | Carry | Close | Link


class Forest:
    """The units under the decision's own, changed event by event."""

    def __init__(self, nodes: Sequence[Node], top: int, kinds: Mapping[str, KindOfUnit], day: dt.date) -> None:
        self.nodes = {node.key: node for node in nodes}
        self.by_code = {node.code.casefold(): node for node in nodes}
        self.top = top
        self.kinds = kinds
        self.day = day
        self.below: dict[int, list[int]] = {}
        for node in nodes:
            if node.parent is not None and node.closed is None:
                self.below.setdefault(node.parent, []).append(node.key)
        self.steps: list[Step] = []
        self.event = 0
        self._new = 0

    # --- reading

    def under(self, key: int) -> Iterator[Node]:
        """The unit and everything that stands below it."""
        waiting = [key]
        while waiting:
            one = waiting.pop()
            yield self.nodes[one]
            waiting += self.below.get(one, [])

    def people_under(self, key: int) -> int:
        return sum(node.people for node in self.under(key))

    def is_under(self, key: int, top: int) -> bool:
        step: int | None = key
        for _ in range(len(self.nodes) + 1):
            if step == top:
                return True
            if step is None or step not in self.nodes:
                return False
            step = self.nodes[step].parent
        return True  # a circle: nothing may be hung into it

    def standing(self, code: str, field: str = "units") -> Node:
        """The unit of this code as it stands at this point of the decision."""
        code = text.squeeze(code)
        node = self.by_code.get(code.casefold())
        if node is None:
            if not code:
                raise Refusal("event.unit_missing", "Chưa chọn đơn vị.", field=field)
            raise Refusal(
                "event.unit_unknown", f"Không có đơn vị mã “{code}” trong {self.nodes[self.top].name}.", field=field
            )
        if any(isinstance(step, Close) and step.key == node.key for step in self.steps):
            raise Refusal(
                "event.unit_ends_here",
                f"{node.name} ({node.code}) đã kết thúc ở một sự kiện đứng trước của chính quyết định này; không đưa vào sự kiện nữa.",
                field=field,
            )
        if node.closed is not None:
            raise Refusal(
                "event.unit_closed",
                f"{node.name} ({node.code}) đã ngừng hoạt động, ngày cuối là {node.closed:%d/%m/%Y}; không đưa vào sự kiện được nữa.",
                field=field,
            )
        return node

    def _settled(self, node: Node, field: str = "units") -> None:
        """The unit stood as it is now already on the day of the decision."""
        if node.key > 0 and node.founded > self.day:
            raise Refusal(
                "event.before_founding",
                f"{node.name} lập ngày {node.founded:%d/%m/%Y}, sau ngày hiệu lực {self.day:%d/%m/%Y}: không thể sắp xếp một "
                "đơn vị trước khi đơn vị đó có.",
                field=field,
            )
        if node.key > 0 and node.since > self.day:
            raise Refusal(
                "event.out_of_order",
                f"{node.name} đã có thay đổi từ ngày {node.since:%d/%m/%Y}, sau ngày hiệu lực {self.day:%d/%m/%Y}; hãy hủy "
                "quyết định sau trước, hoặc ghi ngày hiệu lực từ ngày đó trở đi.",
                field=field,
            )

    # --- steps

    def found(self, part: Part, parent: Node) -> Node:
        code, name = text.squeeze(part.code), text.squeeze(part.name)
        if not code:
            raise Refusal("unit.code_missing", "Đơn vị mới phải có mã.", field="code")
        if not name:
            raise Refusal("unit.name_missing", f"Đơn vị mới (mã {code}) phải có tên.", field="name")
        if code.casefold() in self.by_code:
            raise Refusal("unit.code_taken", f"Mã đơn vị “{code}” đã có; mỗi đơn vị một mã.", field="code")
        kind = self._kind(part.kind)
        above = self.kinds[parent.kind]
        hindrance = tree.hindrance(
            tree.KindYears(kind.name, kind.valid_from, kind.valid_to),
            tree.Superior(parent.name, above.level, False),
            self.day,
        )
        if hindrance:
            raise Refusal(hindrance.code, hindrance.sentence, field=hindrance.field)
        self._settled(parent, "parent")
        self._new -= 1
        node = Node(self._new, code, name, part.kind, parent.key, self.day, self.day)
        self.nodes[node.key] = self.by_code[code.casefold()] = node
        self.below.setdefault(parent.key, []).append(node.key)
        self.steps.append(Found(self.event, node.key, code, name, part.kind, parent.key))
        return node

    def _kind(self, code: str) -> KindOfUnit:
        if code not in self.kinds:
            raise Refusal("unit.kind_missing", "Chưa chọn loại của đơn vị.", field="kind")
        return self.kinds[code]

    def rename(self, node: Node, name: str) -> None:
        name = text.squeeze(name)
        if not name:
            raise Refusal("unit.name_missing", f"{node.name}: chưa ghi tên mới.", field="name")
        if name == node.name:
            raise Refusal("event.same_name", f"{node.name} đang mang đúng tên này.", field="name")
        self._settled(node)
        node.name = name
        self.steps.append(Rename(self.event, node.key, name))

    def rekind(self, node: Node, code: str) -> None:
        kind = self._kind(code)
        if code == node.kind:
            raise Refusal("event.same_kind", f"{node.name} đang là “{kind.name}”.", field="unit_kind")
        found = tree.hindrance(tree.KindYears(kind.name, kind.valid_from, kind.valid_to), None, self.day)
        if found:
            raise Refusal(found.code, found.sentence, field="unit_kind")
        if node.people and not kind.holds_members:
            raise Refusal(
                "unit.kind_holds_members",
                f"{node.name} có {show_number(node.people)} người trực tiếp; loại “{kind.name}” không có đảng viên trực tiếp.",
                field="unit_kind",
            )
        if self.below.get(node.key) and kind.level == Level.CELL:
            raise Refusal(
                "unit.has_units", f"{node.name} còn đơn vị trực thuộc nên không thành chi bộ được.", field="unit_kind"
            )
        self._settled(node)
        node.kind = code
        self.steps.append(Rekind(self.event, node.key, code))

    def move(self, node: Node, parent: Node) -> None:
        if node.key == self.top:
            raise Refusal(
                "event.top",
                f"{node.name} là đơn vị ra quyết định; chuyển cả đơn vị này là việc của cấp trên.",
                field="units",
            )
        if node.parent == parent.key:
            raise Refusal("event.same_parent", f"{node.name} đang trực thuộc {parent.name}.", field="parent")
        if self.is_under(parent.key, node.key):
            raise Refusal(
                "event.circle",
                f"{parent.name} nằm trong {node.name}; chuyển như vậy thì hai đơn vị trực thuộc vòng tròn lẫn nhau.",
                field="parent",
            )
        if self.kinds[parent.kind].level == Level.CELL:
            raise Refusal("unit.under_cell", f"{parent.name} là chi bộ, không có đơn vị dưới chi bộ.", field="parent")
        self._settled(node)
        self._settled(parent, "parent")
        if node.parent is not None:
            self.below[node.parent].remove(node.key)
        node.parent = parent.key
        self.below.setdefault(parent.key, []).append(node.key)
        self.steps.append(Move(self.event, node.key, parent.key))

    def carry(self, origin: Node, target: Node, people: Sequence[int] | None = None) -> None:
        count = origin.people if people is None else len(people)
        if not count:
            return
        if not self.kinds[target.kind].holds_members:
            raise Refusal(
                "event.holds_no_members",
                f"{origin.name} có {show_number(count)} người trực tiếp; {target.name} là “{self.kinds[target.kind].name}”, "
                "không có đảng viên trực tiếp. Hãy chuyển số người này về một chi bộ.",
                field="units",
            )
        origin.people -= count
        target.people += count
        self.steps.append(Carry(self.event, origin.key, target.key, None if people is None else tuple(people), count))

    def close(self, node: Node, successor: Node | None) -> None:
        if node.key == self.top:
            raise Refusal(
                "event.top",
                f"{node.name} là đơn vị ra quyết định; kết thúc cả đơn vị này là việc của cấp trên.",
                field="units",
            )
        if self.below.get(node.key):
            raise Refusal(
                "unit.has_units",
                f"{node.name} còn {show_number(len(self.below[node.key]))} đơn vị trực thuộc; hãy nêu đơn vị tiếp nhận hoặc "
                "chuyển các đơn vị đó trước.",
                field="receiver",
            )
        if node.people:
            raise Refusal(
                "unit.has_people",
                f"{node.name} còn {show_number(node.people)} người; hãy nêu đơn vị tiếp nhận hoặc chuyển sinh hoạt trước.",
                field="receiver",
            )
        self._settled(node)
        if node.key < 0 or node.founded >= self.day:
            raise Refusal(
                "event.same_day",
                f"{node.name} lập đúng ngày {self.day:%d/%m/%Y} nên không thể kết thúc trong ngày đó.",
                field="units",
            )
        node.closed = self.day - dt.timedelta(days=1)
        if node.parent is not None:
            self.below[node.parent].remove(node.key)
        self.steps.append(Close(self.event, node.key, successor.key if successor else None))

    def link(self, origin: Node, successor: Node) -> None:
        self.steps.append(Link(self.event, origin.key, successor.key))

    # --- events

    def apply(self, change: Change) -> None:
        """Carry out one event; refuses with the sentence that says why it cannot happen."""
        {
            OrgEventKind.ESTABLISH: self._establish,
            OrgEventKind.MERGE: self._merge,
            OrgEventKind.SPLIT: self._split,
            OrgEventKind.RENAME: lambda one: self.rename(self._only(one), one.name),
            OrgEventKind.MOVE: self._move,
            OrgEventKind.CHANGE_KIND: lambda one: self.rekind(self._only(one), one.unit_kind),
            OrgEventKind.DISSOLVE: self._dissolve,
        }[OrgEventKind(change.kind)](change)

    def _only(self, change: Change) -> Node:
        if len(change.units) != 1:
            raise Refusal("event.one_unit", "Sự kiện này nêu đúng một đơn vị.", field="units")
        return self.standing(change.units[0])

    def _several(self, codes: Sequence[str], least: int, sentence: str) -> list[Node]:
        nodes = [self.standing(code) for code in codes]
        if len({node.key for node in nodes}) < len(nodes):
            twice = next(node for node in nodes if nodes.count(node) > 1)
            raise Refusal("event.unit_twice", f"{twice.name} được nêu hai lần.", field="units")
        if len(nodes) < least:
            raise Refusal("event.units_missing", sentence, field="units")
        return nodes

    def _result(self, part: Part, origin: Node | None) -> Node:
        """The unit that an event leads to: founded now, or one that stands."""
        if not part.is_new:
            return self.standing(part.code, "into")
        if part.parent:
            parent = self.standing(part.parent, "parent")
        elif origin is not None and origin.parent is not None:
            parent = self.nodes[origin.parent]
        else:
            parent = self.nodes[self.top]
        return self.found(part, parent)

    def _establish(self, change: Change) -> None:
        if len(change.parts) != 1:
            raise Refusal("event.parts_missing", "Chưa ghi đơn vị được lập.", field="code")
        self._result(change.parts[0], None)

    def _merge(self, change: Change) -> None:
        if len(change.parts) != 1:
            raise Refusal("event.parts_missing", "Chưa ghi đơn vị hình thành sau sáp nhập.", field="code")
        part = change.parts[0]
        origins = self._several(change.units, 1, "Sáp nhập cần ít nhất hai đơn vị.")
        for node in origins:
            self._settled(node)
            if any(self.is_under(node.key, other.key) for other in origins if other is not node):
                raise Refusal(
                    "event.nested", f"{node.name} nằm trong một đơn vị khác cùng được sáp nhập.", field="units"
                )
        target = self._result(part, origins[0])
        origins = [node for node in origins if node is not target]
        if len(origins) + (0 if part.is_new else 1) < 2:
            raise Refusal("event.units_missing", "Sáp nhập cần ít nhất hai đơn vị.", field="units")
        self._settled(target, "into")
        if any(self.is_under(target.key, node.key) for node in origins):
            raise Refusal(
                "event.circle", f"{target.name} nằm trong một đơn vị được sáp nhập vào nó; hãy chuyển {target.name} ra trước.",
                field="into",
            )  # fmt: skip
        for node in origins:
            self._empty(node, target)
            self.link(node, target)
            self.close(node, target)

    def _empty(self, node: Node, target: Node) -> None:
        """Everything of a unit goes to another: the units below it and its own people."""
        for key in list(self.below.get(node.key, [])):
            self.move(self.nodes[key], target)
        self.carry(node, target)

    def _split(self, change: Change) -> None:
        origin = self._only(change)
        self._settled(origin)
        if len(change.parts) < (1 if change.keeps else 2):
            raise Refusal(
                "event.parts_missing", "Chia tách cần ít nhất hai đơn vị mới, hoặc một đơn vị mới khi đơn vị cũ vẫn hoạt động.",
                field="parts",
            )  # fmt: skip
        made = [self._result(part, origin) for part in change.parts]
        taken: set[str] = set()
        for node, part in zip(made, change.parts, strict=True):
            for code in part.units:
                one = self.standing(code)
                if one.parent != origin.key:
                    raise Refusal("event.not_below", f"{one.name} không trực thuộc {origin.name}.", field="parts")
                self.move(one, node)
            unknown = [code for code in part.people if code not in origin.members]
            if unknown:
                raise Refusal(
                    "event.not_a_member", f"{origin.name} không có người mang mã {unknown[0]}.", field="parts"
                )
            twice = taken & set(part.people)
            if twice:
                raise Refusal(
                    "event.person_twice", f"Người mang mã {min(twice)} được nêu ở hai đơn vị mới.", field="parts"
                )
            taken |= set(part.people)
            self.carry(origin, node, [origin.members[code] for code in part.people])
            self.link(origin, node)
        if change.keeps:
            return
        if self.below.get(origin.key):
            left = ", ".join(self.nodes[key].name for key in self.below[origin.key][:5])
            raise Refusal("event.units_left", f"Chưa chia hết đơn vị trực thuộc {origin.name}: {left}.", field="parts")
        if origin.people:
            self.carry(origin, made[0])
        self.close(origin, None)

    def _move(self, change: Change) -> None:
        nodes = self._several(change.units, 1, "Chưa chọn đơn vị cần chuyển.")
        parent = self.standing(change.parent, "parent")
        for node in nodes:
            self.move(node, parent)

    def _dissolve(self, change: Change) -> None:
        node = self._only(change)
        if change.receiver:
            target = self.standing(change.receiver, "receiver")
            if self.is_under(target.key, node.key):
                raise Refusal(
                    "event.circle", f"{target.name} nằm trong {node.name}, không tiếp nhận được.", field="receiver"
                )
            self._settled(target, "receiver")
            self._empty(node, target)
        self.close(node, None)


def simulate(
    nodes: Sequence[Node], top: int, changes: Sequence[Change], kinds: Mapping[str, KindOfUnit], day: dt.date
) -> tuple[Forest, list[tuple[int, Refusal]]]:
    """The tree after all events, and for each event that cannot happen its number (from 0) and why."""
    forest = Forest(nodes, top, kinds, day)
    faults: list[tuple[int, Refusal]] = []
    for number, change in enumerate(changes):
        forest.event = number
        try:
            forest.apply(change)
        except Refusal as refusal:
            faults.append((number, refusal))
    return forest, faults


def needs_second_person(changes: Sequence[Change]) -> bool:
    """Whether somebody else must confirm: units merge (two-person rule)."""
    return any(change.kind == OrgEventKind.MERGE for change in changes)


def sentence(change: Change, names: Mapping[str, str]) -> str:
    """The event in one sentence; `names` gives the name of a code."""

    def called(code: str) -> str:
        return names.get(code.casefold(), code)

    units = _listed([called(code) for code in change.units])
    parts = _listed([part.name or called(part.code) for part in change.parts])
    match OrgEventKind(change.kind):
        case OrgEventKind.ESTABLISH:
            return f"Lập {parts}."
        case OrgEventKind.MERGE:
            new = change.parts[0].is_new if change.parts else True
            return f"Hợp nhất {units} thành {parts}." if new else f"Sáp nhập {units} vào {parts}."
        case OrgEventKind.SPLIT:
            return (
                f"Tách từ {units} ra {parts}; {units} vẫn hoạt động."
                if change.keeps
                else f"Chia {units} thành {parts}."
            )
        case OrgEventKind.RENAME:
            return f"Đổi tên {units} thành {change.name}."
        case OrgEventKind.MOVE:
            return f"Chuyển {units} về trực thuộc {called(change.parent)}."
        case OrgEventKind.CHANGE_KIND:
            return f"Đổi loại của {units}."
        case OrgEventKind.DISSOLVE:
            to = f", {called(change.receiver)} tiếp nhận" if change.receiver else ""
            return f"Giải thể {units}{to}."


def _listed(names: Sequence[str], most: int = 6) -> str:
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} và {show_number(len(names) - most + 1)} đơn vị khác"
    return " và ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else list(names))
