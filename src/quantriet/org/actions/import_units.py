"""Compare a list of units with the tree (plan) and write what was confirmed (apply)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection

from quantriet.audit.actions import record_many
from quantriet.kit import text
from quantriet.kit.spreadsheets import Gated, read_table
from quantriet.org.actions.places import settle_units
from quantriet.org.actions.units import change_unit
from quantriet.org.models import Account, IdentityDecision, Unit, UnitKind, path_segment
from quantriet.org.queries import imports as queries
from quantriet.org.queries.imports import KnownUnit
from quantriet.org.rules import columns, tree, unit_rows
from quantriet.org.rules.events import Change, Part
from quantriet.org.rules.events import sentence as event_sentence
from quantriet.org.rules.members import Status, Wrong, say
from quantriet.org.rules.places import core
from quantriet.org.rules.plan import Line, PlanReader, PlanWriter
from quantriet.org.rules.secrecy import refuse_if_marked
from quantriet.org.rules.understanding import Understanding
from quantriet.org.vocab import OrgEventKind

BATCH = 2000
PROPOSED = "proposed"  # the section of the plan with the events of a rearranged list
Tell = Callable[[int, int, str], None]


@dataclass
class _Row:
    sheet: int
    number: int
    values: dict[str, Any]
    errors: list[Wrong]
    group: str | None
    known: KnownUnit | None = None
    parent: KnownUnit | _Row | None = None
    code: str = ""
    kind: str = ""
    checked: bool = False


@dataclass
class UnitPlanner:
    """One comparison of a file with the tree; a province has some ten thousand units, so all are held at once."""

    gated: Gated
    seen: Understanding
    root: Unit
    account: Account | None
    day: date
    tell: Tell
    questions: list[IdentityDecision] = field(default_factory=list)
    left_out: list[list[Any]] = field(default_factory=list)
    left_out_count: int = 0
    total: int = 0
    missing: int = 0
    highest_code: int = 0  # units are numbered under their superior

    def __post_init__(self) -> None:
        self.plan = PlanWriter()
        self.units = queries.known_units()
        self.by_pk = {unit.pk: unit for unit in self.units}
        self.by_code = {unit.code.casefold(): unit for unit in self.units}
        self.inside = [unit for unit in self.units if unit.path.startswith(self.root.path) and not unit.closed]
        self.by_name: dict[str, list[KnownUnit]] = defaultdict(list)
        self.below: dict[tuple[int | None, str], KnownUnit] = {}
        self.children: dict[int, int] = defaultdict(int)
        for unit in self.inside:
            for name in {unit.name_folded, core(unit.name_folded)}:
                self.by_name[name].append(unit)
            self.below[(unit.parent_id, unit.name_folded)] = unit
            self.children[unit.parent_id or 0] += 1
        kinds = queries.unit_kinds()
        self.kinds = [(kind.code, kind.name, kind.short_name) for kind in kinds]
        self.kind_names = {kind.code: kind.name for kind in kinds}
        self.years = {kind.code: tree.KindYears(kind.name, kind.valid_from, kind.valid_to) for kind in kinds}
        self.levels = queries.level_of_kinds()
        self.labels: dict[int, dict[str, str]] = {}
        self.codes: dict[str, _Row] = {}
        self.names: dict[str, list[_Row]] = defaultdict(list)
        self.elsewhere = 0
        self.renamed: set[str] = set()  # codes of units whose new name is proposed as an event

    @property
    def mostly_elsewhere(self) -> str:
        """A sentence when most rows belong to other units, else empty."""
        if self.total and self.elsewhere * 2 > self.total:
            return f"{self.elsewhere}/{self.total} dòng không thuộc {self.root.name}: có thể đây là danh sách của đơn vị khác."
        return ""

    def make(self) -> PlanWriter:
        """Read the file and decide about each row."""
        rows: list[_Row] = []
        for sheet in self.seen.used:
            mapping = sheet.columns()
            with read_table(self.gated, columns.wanted("units"), mapping=mapping, legacy=self.seen.legacy) as table:
                self.labels[sheet.index] = table.columns
                for line in table:
                    said = unit_rows.read_unit(line.cells, self.day)
                    if said.secret:
                        refuse_if_marked(said.secret, f"Dòng {line.number} của tệp")
                    rows.append(_Row(sheet.index, line.number, said.values, said.errors, line.group))
                    if len(rows) % 1000 == 0:
                        self.tell(len(rows), sheet.rows, "Đang đọc tệp")
                for left in table.left_out:
                    refuse_if_marked(left.text.replace(" | ", "\n"), f"Dòng {left.number} của tệp")
                    self.left_out_count += 1
                    self.left_out.append([left.number, left.why, left.text])
        del self.left_out[200:]
        self.total = len(rows)
        for row in rows:
            self._enter(row)
        for row in rows:
            self._identify(row)
        for row in rows:
            self._code(row)
        met = {row.known.pk for row in rows if row.known}
        for row in rows:
            row.kind = unit_rows.kind_of(row.values.get("kind", ""), row.values.get("name", ""), self.kinds) or ""
        proposed = list(self._proposals(rows, met))
        # What the decision will call anew the list does not: else the decision would rename a unit to the name it has.
        self.renamed = {change.units[0].casefold() for _words, change in proposed if change.kind == OrgEventKind.RENAME}
        for row in rows:
            self._judge(row)
        for words, change in proposed:
            self.plan.add(PROPOSED, {"n": 0, "words": words, "change": change.as_json()})
        for unit in self.inside:
            if unit.pk not in met and unit.pk != self.root.pk:
                self.missing += 1
                self.plan.add("missing", {"n": 0, "c": unit.code, "name": unit.name})
        return self.plan

    def _proposals(self, rows: list[_Row], met: set[int]) -> Iterator[tuple[str, Change]]:
        """What a decision would have to say so that the tree becomes what the list shows: a list made after a rearrangement.

        Mergers are told by the columns "sáp nhập từ" and "sáp nhập vào", or by a new unit that has the units below several
        that are no longer in the list; then moves, renames, and units that are no longer there.
        """
        gone = {unit.pk for unit in self.inside if unit.pk not in met and unit.pk != self.root.pk}
        origins: dict[int, list[KnownUnit]] = defaultdict(list)  # by the row of the successor
        successor: dict[int, _Row] = {}
        by_row = {id(row): row for row in rows}

        def joins(unit: KnownUnit, row: _Row) -> None:
            if unit.pk not in successor and row.known is not unit:
                successor[unit.pk] = row
                origins[id(row)].append(unit)

        for row in rows:
            for said in re.split(r"[;,\n]| và ", row.values.get("merged_from", "")):
                unit = self._one_known(said)
                if unit:
                    joins(unit, row)
            said = row.values.get("merged_into", "")
            wanted = self.codes.get(text.squeeze(said).casefold()) or next(
                iter(self.names.get(text.fold(said), [])), None
            )
            if said and wanted and row.known:
                joins(row.known, wanted)
        below: dict[int, set[int]] = defaultdict(set)
        for row in rows:
            if row.known and isinstance(row.parent, _Row) and row.known.parent_id in gone:
                below[id(row.parent)].add(row.known.parent_id)
        for key, old in below.items():
            row = by_row[key]
            if row.known is None and not origins.get(key) and len(old) > 1:
                for pk in sorted(old):
                    joins(self.by_pk[pk], row)
        proposed: list[Change] = []
        for row in rows:
            from_units = origins.get(id(row), [])
            if row.known is None and (from_units or id(row) in below):
                row.code = row.code or self._made_code(row)
                higher = row.parent.code if row.parent and row.parent.code else self.root.code
                part = Part(row.code, row.values.get("name", ""), row.kind, higher)
                kind = OrgEventKind.MERGE if len(from_units) > 1 else OrgEventKind.ESTABLISH
                proposed.append(
                    Change(kind, tuple(unit.code for unit in from_units) if len(from_units) > 1 else (), (part,))
                )
            elif row.known is not None and from_units:
                into = Part(row.known.code, is_new=False)
                proposed.append(Change(OrgEventKind.MERGE, tuple(unit.code for unit in from_units), (into,)))
        merged = {pk for pk, row in successor.items() if row.known or len(origins[id(row)]) > 1}
        moves: dict[str, list[str]] = defaultdict(list)
        for row in rows:
            above = row.parent.known if isinstance(row.parent, _Row) and row.parent.known else row.parent
            named = "parent_code" in row.values or "parent_name" in row.values or row.group
            if not (row.known and named and above) or row.known.pk == self.root.pk or row.known.pk in merged:
                continue
            stays = isinstance(above, KnownUnit) and above.pk == row.known.parent_id
            left = row.known.parent_id
            comes_along = left in merged and isinstance(row.parent, _Row) and successor[left] is row.parent
            if not stays and not comes_along and above.code:
                moves[above.code].append(row.known.code)
        proposed += [Change(OrgEventKind.MOVE, tuple(codes), parent=code) for code, codes in moves.items()]
        if not proposed:
            return
        proposed += [
            Change(OrgEventKind.RENAME, (row.known.code,), name=row.values["name"])
            for row in rows
            if row.known and row.known.pk not in merged and row.values.get("name", row.known.name) != row.known.name
        ]
        # Deepest first, so that nothing stands below what ends.
        for unit in sorted((self.by_pk[pk] for pk in gone - merged), key=lambda unit: -unit.path.count(".")):
            proposed.append(Change(OrgEventKind.DISSOLVE, (unit.code,)))
        names = {unit.code.casefold(): unit.name for unit in self.inside}
        names |= {row.code.casefold(): row.values.get("name", "") for row in rows if row.code and not row.known}
        for change in proposed:
            yield event_sentence(change, names), change

    def _one_known(self, said: str) -> KnownUnit | None:
        """The unit inside that a code or a name means; none when several bear it."""
        said = text.squeeze(said)
        found = self.by_code.get(said.casefold())
        if found and found in self.inside:
            return found
        named = self.by_name.get(text.fold(said)) or self.by_name.get(core(text.fold(said)), [])
        return named[0] if len({unit.pk for unit in named}) == 1 else None

    def _enter(self, row: _Row) -> None:
        code = row.values.get("code")
        if code:
            first = self.codes.setdefault(code.casefold(), row)
            if first is not row:
                row.errors.append(Wrong("code", f"Mã {code} đã có ở dòng {first.number}."))
            else:
                row.known = self.by_code.get(code.casefold())
                if row.known and (not row.known.path.startswith(self.root.path) or row.known.closed):
                    row.known = None
                    self.elsewhere += 1
                    row.errors.append(
                        Wrong("code", f"Mã {code} đã dùng cho đơn vị khác, không thuộc {self.root.name}.")
                    )
        if "name" in row.values:
            folded = text.fold(row.values["name"])
            self.names[folded].append(row)
            if core(folded) != folded:
                self.names[core(folded)].append(row)

    def _identify(self, row: _Row) -> None:
        """Find the parent, then the unit itself when the row has no code."""
        if row.errors:
            return
        row.parent = self._parent(row)
        self._settle_parent(row)
        if row.errors or row.known or "code" in row.values or not isinstance(row.parent, KnownUnit):
            return
        row.known = self.below.get((row.parent.pk, text.fold(row.values["name"])))
        if row.parent.pk == self.root.pk and text.fold(row.values["name"]) == self.root.name_folded:
            row.known, row.parent = self.by_pk[self.root.pk], None

    def _settle_parent(self, row: _Row) -> None:
        """A superior that stands in the file and in the tree is the one in the tree."""
        if isinstance(row.parent, _Row) and row.parent.known:
            row.parent = row.parent.known

    def _parent(self, row: _Row) -> KnownUnit | _Row | None:
        code, name = row.values.get("parent_code"), row.values.get("parent_name")
        if row.known and row.known.pk == self.root.pk:
            return None
        if code:
            found = self.codes.get(code.casefold()) or self.by_code.get(code.casefold())
            if isinstance(found, KnownUnit) and not found.path.startswith(self.root.path):
                found = None
            if found is None:
                self.elsewhere += 1
                row.errors.append(
                    Wrong("parent_code", f"Không có đơn vị mã “{code}” trong {self.root.name} và trong tệp.")
                )
            elif found is row:
                row.errors.append(Wrong("parent_code", "Đơn vị không thể trực thuộc chính mình."))
            return found
        said = name or row.group
        if said:
            wanted = text.fold(said).strip(" .:")
            here = [one for one in self.names.get(wanted) or self.names.get(core(wanted), []) if one is not row]
            known = self.by_name.get(wanted) or self.by_name.get(core(wanted), [])
            met = {id(one.known) for one in here if one.known}
            options: list[KnownUnit | _Row] = [*here, *(unit for unit in known if id(unit) not in met)]
            if len({_code_of(one) for one in options}) == 1 or len(options) == 1:
                return options[0]
            if options:
                row.errors.append(
                    Wrong("parent_name", f"Có {len(options)} đơn vị tên “{said}”; hãy ghi mã đơn vị cấp trên.")
                )
            elif name:
                self.elsewhere += 1
                row.errors.append(
                    Wrong("parent_name", f"Không có đơn vị “{said}” trong {self.root.name} và trong tệp.")
                )
            else:
                return self.by_pk[self.root.pk]
            return None
        return self.by_pk[row.known.parent_id] if row.known and row.known.parent_id else self.by_pk[self.root.pk]

    def _code(self, row: _Row) -> None:
        row.code = row.values.get("code") or (row.known.code if row.known else "")

    def _made_code(self, row: _Row) -> str:
        parent = row.parent
        base = _code_of(parent) if parent else self.root.code
        key = parent.pk if isinstance(parent, KnownUnit) else -id(parent)
        while True:
            self.children[key] += 1
            code = f"{base}.{self.children[key]:02d}"
            if code.casefold() not in self.by_code and code.casefold() not in self.codes:
                self.codes[code.casefold()] = row
                return code

    def _judge(self, row: _Row) -> None:
        line: Line = {"n": row.number, "name": row.values.get("name", ""), "c": row.values.get("code", "")}
        if row.sheet:
            line["h"] = row.sheet
        if not row.errors:
            self._check(row)
        if row.errors:
            labels = self.labels.get(row.sheet, {})
            line["e"] = [say(one.column, one.sentence, labels, "units") for one in row.errors]
            self.plan.add(Status.WRONG, line)
            return
        values = {key: row.values[key] for key in unit_rows.COMPARED if key in row.values and key != "kind"}
        if row.known:
            known = row.known
            changed = {key: new for key, new in values.items() if new != getattr(known, key)}
            if changed.get("name", "").casefold() == known.name.casefold() or known.code.casefold() in self.renamed:
                changed.pop("name", None)
            if "kind" in row.values and row.kind != known.kind:
                changed["kind"] = row.kind
            if not changed:
                self.plan.add(Status.SAME, {key: line[key] for key in ("n", "h", "c", "name") if key in line})
                return
            line.update(p=known.pk, c=known.code, v=changed)
            line["d"] = [
                [
                    unit_rows.FIELD_LABELS[key],
                    self._shown(key, getattr(known, key)),
                    self._shown(key, new),
                ]
                for key, new in changed.items()
            ]
            self.plan.add(Status.CHANGED, line)
            return
        if not row.code:
            row.code = self._made_code(row)
        parent = row.parent
        line.update(
            c=row.code, v={**values, "kind": row.kind}, pc=_code_of(parent) if parent else "", pn=_name_of(parent),
            kn=self.kind_names[row.kind],
        )  # fmt: skip
        self.plan.add(Status.NEW, line)

    def _shown(self, key: str, value: Any) -> str:
        if key == "kind":
            return str(self.kind_names.get(value, value))
        if key == "established_on" and value:
            return f"{date.fromisoformat(value):%d/%m/%Y}"
        return str(value or "")

    def _check(self, row: _Row) -> None:
        if row.checked:
            return
        row.checked = True
        self._settle_parent(row)
        said = row.values.get("kind", "")
        if row.known:
            if said and not row.kind:
                row.errors.append(Wrong("kind", f"Không có loại đơn vị “{said}”."))
            named = "parent_code" in row.values or "parent_name" in row.values
            above = row.parent.known if isinstance(row.parent, _Row) else row.parent
            if named and row.known.pk != self.root.pk and (above is None or above.pk != row.known.parent_id):
                row.errors.append(
                    Wrong(
                        "parent_name",
                        f"{row.known.name} đang trực thuộc đơn vị khác; đổi cấp trên cần một quyết định tổ chức, không nhập từ tệp: "
                        "dùng “Đề xuất quyết định từ danh sách này”.",
                    )
                )
            return
        if row.values.get("merged_from"):
            row.errors.append(
                Wrong(
                    "merged_from",
                    "Đơn vị hình thành do sáp nhập thì lập bằng quyết định: dùng “Đề xuất quyết định từ danh sách này”.",
                )
            )
        if not row.kind:
            row.errors.append(
                Wrong(
                    "kind",
                    f"Không có loại đơn vị “{said}”." if said else "Chưa rõ loại đơn vị; hãy thêm cột “Loại đơn vị”.",
                )
            )
        parent = row.parent
        if parent is None:
            row.errors.append(Wrong("parent_name", "Chưa rõ đơn vị cấp trên."))
            return
        if isinstance(parent, KnownUnit):
            twin = self.below.get((parent.pk, text.fold(row.values["name"])))
            if twin and "code" in row.values:
                row.errors.append(
                    Wrong("name", f"Dưới {parent.name} đã có {twin.name} với mã {twin.code}; hãy kiểm tra lại mã.")
                )
        else:
            step: KnownUnit | _Row | None = parent
            for _ in range(20):
                if not isinstance(step, _Row) or step.known:
                    break
                if step is row:
                    row.errors.append(Wrong("parent_name", "Các đơn vị trực thuộc vòng tròn lẫn nhau."))
                    return
                step = step.parent
            else:
                row.errors.append(Wrong("parent_name", "Các đơn vị trực thuộc vòng tròn lẫn nhau."))
                return
            if not parent.errors:
                self._check(parent)  # it may stand further down in the file
            if parent.errors:
                row.errors.append(Wrong("parent_name", f"Đơn vị cấp trên ở dòng {parent.number} đang có lỗi."))
            if not parent.code:
                parent.code = self._made_code(parent)
        if row.kind and not row.errors:
            since = row.values.get("established_on")
            day = date.fromisoformat(since) if since else self.day
            closed = isinstance(parent, KnownUnit) and parent.closed
            superior = tree.Superior(_name_of(parent), self.levels.get(parent.kind, ""), closed)
            found = tree.hindrance(self.years[row.kind], superior, day)
            if found:
                row.errors.append(Wrong("kind" if found.field == "kind" else "parent_name", found.sentence))


def _code_of(one: KnownUnit | _Row) -> str:
    said = one.values.get("code", "") if isinstance(one, _Row) else ""
    return one.code or str(said) or str(id(one))


def _name_of(one: KnownUnit | _Row | None) -> str:
    if one is None:
        return ""
    return str(one.values.get("name", "")) if isinstance(one, _Row) else one.name


# ---------------------------------------------------------------------------------------------------------------- applying


def apply_units(plan: PlanReader, *, by: Account | None, at: datetime, day: date, tell: Tell) -> None:
    """Write a plan inside the transaction of the caller: new units from the top down, then changes, with their log."""
    kinds = {kind.code: kind for kind in UnitKind.objects.all()}
    waiting = list(plan.lines(Status.NEW))
    total, done = len(waiting) + plan.count(Status.CHANGED), 0
    placed = {
        code.casefold(): (pk, path, depth)
        for code, pk, path, depth in Unit.objects.values_list("code", "pk", "path", "depth")
    }
    while waiting:
        ready = [line for line in waiting if line["pc"].casefold() in placed]
        waiting = [line for line in waiting if line["pc"].casefold() not in placed]
        if not ready:
            raise RuntimeError("a plan of units hangs in the air")
        for start in range(0, len(ready), BATCH):
            for unit in _write_units(ready[start : start + BATCH], placed, kinds, by, at, day):
                placed[unit.code.casefold()] = (unit.pk, unit.path, unit.depth)
            done += len(ready[start : start + BATCH])
            tell(done, total, "Đang ghi đơn vị mới")
    for line in plan.lines(Status.CHANGED):
        new = dict(line["v"])
        if "kind" in new:
            new["kind"] = kinds[new["kind"]]
        if new.get("established_on"):
            new["established_on"] = date.fromisoformat(new["established_on"])
        change_unit(Unit.objects.select_related("kind").get(pk=line["p"]), by=by, at=at, **new)
        done += 1
        if done % 100 == 0:
            tell(done, total, "Đang ghi thay đổi")


def _write_units(
    lines: list[Line],
    placed: dict[str, tuple[int, str, int]],
    kinds: dict[str, UnitKind],
    by: Account | None,
    at: datetime,
    day: date,
) -> list[Unit]:
    units = []
    for line in lines:
        values = dict(line["v"])
        parent_pk, _, depth = placed[line["pc"].casefold()]
        since = values.pop("established_on", None)
        kind = kinds[values.pop("kind")]
        name = values["name"]
        units.append(
            Unit(
                code=line["c"], name_folded=text.fold(name), sort_key=text.natural_key(name), kind=kind, parent_id=parent_pk,
                path=f"new:{line['c']}", depth=depth + 1, established_on=date.fromisoformat(since) if since else day, **values,
            )
        )  # fmt: skip
    Unit.objects.bulk_create(units, batch_size=BATCH)
    for unit, line in zip(units, lines, strict=True):
        unit.path = placed[line["pc"].casefold()][1] + path_segment(unit.pk)
    table = connection.ops.quote_name(Unit._meta.db_table)
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {table} SET path = %s WHERE id = %s", [(unit.path, unit.pk) for unit in units])  # noqa: S608
    settle_units(units, day)
    record_many(
        "unit.added", by=by, at=at,
        lines=[(unit, unit, {}, {"code": unit.code, "name": unit.name, "kind": unit.kind.name}) for unit in units],
    )  # fmt: skip
    return units
