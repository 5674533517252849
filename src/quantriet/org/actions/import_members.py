"""Compare a member list with the people stored (plan) and write what was confirmed (apply).

Planning streams: the file comes row by row from the child, waits on disk until all codes are known, and is compared in
batches; a province fits into the memory of an ordinary server.
"""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from quantriet.kit import text
from quantriet.kit.spreadsheets import Gated, Row, common_width, read_table, restore_zeros, shown
from quantriet.org import access
from quantriet.org.models import (
    Account,
    IdentityDecision,
    Unit,
)
from quantriet.org.queries import imports as queries
from quantriet.org.rules import columns, members
from quantriet.org.rules.codes import made_number
from quantriet.org.rules.members import Status, Values, Wrong, say
from quantriet.org.rules.places import Directory
from quantriet.org.rules.plan import Line, PlanWriter
from quantriet.org.rules.posts import Post, read_posts
from quantriet.org.rules.secrecy import refuse_if_marked
from quantriet.org.rules.understanding import SheetPlan, Understanding
from quantriet.org.vocab import Permission, PersonKind

BATCH = 2000
_PIECE = 1000
_LEAST_RESTORED = 6  # shorter numbers are rather running numbers than codes that lost zeros
_MOST_MISSING = 5000
_ANYWHERE = (PersonKind.ASSOCIATION.value, PersonKind.GUEST.value)
_ROWS = 10_000_000  # more than a sheet has

Tell = Callable[[int, int, str], None]


def quiet(done: int, total: int, what: str) -> None:
    """Tell nobody how far it is."""


@dataclass
class MemberPlanner:
    """One comparison of a file with the people stored. `account` None is the command line, which sees the whole tree."""

    gated: Gated
    seen: Understanding
    root: Unit
    account: Account | None
    day: date
    tell: Tell = quiet

    def __post_init__(self) -> None:
        self.directory: Directory = queries.directory(self.root)
        self.paths: Sequence[str] | None = (
            access.paths_with(self.account, Permission.PERSON_EDIT) if self.account else None
        )
        self.plan = PlanWriter()
        self.labels: dict[int, dict[str, str]] = {}  # what each sheet calls its columns
        self.first_row: dict[str, int] = {}  # code → where it stands first (sheet and row in one number)
        self.highest_code = 0  # among codes of the shape that the product makes: those made now follow it
        self.elsewhere = 0  # rows of units that are not the one imported into
        self.total = 0
        self.questions: list[IdentityDecision] = []
        self.remembered = queries.remembered_rows(self.root, self.paths)
        self.left_out: list[list[Any]] = []
        self.left_out_count = 0
        self._names = queries.post_names()
        self._units_met: set[int] = set()
        self._new_unnumbered: dict[tuple[str, str, int, str], int] = {}

    # ------------------------------------------------------------------------------------------------- first pass: read

    def make(self) -> PlanWriter:
        """Read the file and decide about each row. Refuses marked content and what cannot be read."""
        with tempfile.TemporaryFile() as spool:
            sizes: list[int] = []
            expected = sum(sheet.rows for sheet in self.seen.used)
            digits: list[str] = []
            for sheet in self.seen.used:
                piece: list[list[Any]] = []
                for row in self._rows(sheet):
                    piece.append(self._read(sheet, row))
                    code = piece[-1][2].get("code")
                    if code:
                        self.first_row.setdefault(code, _spot(sheet.index, row.number))
                        self.highest_code = max(self.highest_code, made_number(code) or 0)
                        if len(digits) < 200_000 and code.isdigit():
                            digits.append(code)
                    if len(piece) >= _PIECE:
                        sizes.append(spool.write(_packed(piece)))
                        self.total += len(piece)
                        piece = []
                        self.tell(self.total, expected, "Đang đọc tệp")
                if piece:
                    sizes.append(spool.write(_packed(piece)))
                    self.total += len(piece)
            self.width = common_width(queries.codes_of_digits(self.paths)) or common_width(digits)
            del digits
            spool.seek(0)
            self.matched = bytearray(queries.highest_key() + 1)
            done = 0
            batch: list[list[Any]] = []
            for size in sizes:
                batch += json.loads(spool.read(size))
                if len(batch) >= BATCH:
                    self._judge(batch)
                    done += len(batch)
                    batch = []
                    self.tell(done, self.total, "Đang đối chiếu với danh sách")
            self._judge(batch)
        self._note_missing()
        return self.plan

    def _rows(self, sheet: SheetPlan) -> Iterator[Row]:
        mapping = sheet.columns()
        keys = set(mapping.columns.values()) if mapping else set()
        wanted = columns.wanted("members", split_name="full_name" not in keys)
        with read_table(self.gated, wanted, mapping=mapping, legacy=self.seen.legacy) as table:
            self.labels[sheet.index] = table.columns
            yield from table
            for left in table.left_out:
                refuse_if_marked(left.text.replace(" | ", "\n"), f"Dòng {left.number} của tệp")
                self.left_out_count += 1
                if len(self.left_out) < 200:
                    self.left_out.append([left.number, left.why, left.text])

    def _read(self, sheet: SheetPlan, row: Row) -> list[Any]:
        digest = members.row_digest(row.cells, row.group, sheet.unit)
        before = self.remembered.get(digest)
        if before and before.code not in self.first_row:
            # The same cells were written before and the person is as then: neither to be read nor to be compared again.
            values = {"code": before.code, "full_name": members.written_name(shown(row.cells.get("full_name")))}
            return [sheet.index, row.number, values, [], before.notes, before.unit, [], digest, before.pk]
        said = members.read_member(row.cells, self.day)
        if said.secret:
            refuse_if_marked("MẬT" if "mật" not in said.secret.lower() else said.secret, f"Dòng {row.number} của tệp")
        values = said.values
        unit: int | None = None
        errors = [tuple(one) for one in said.errors]
        unsure: list[Any] = []
        found = self.directory.cell(
            values.pop("unit_code", ""),
            values.pop("unit_name", ""),
            values.pop("unit_above", ""),
            any_unit=values.get("kind") in _ANYWHERE,
        )
        if found.place:
            unit = found.place.pk
        elif found.among:
            unsure = [found.column, found.sentence, *found.among]
        elif found.sentence:
            errors.append(Wrong(found.column, found.sentence))
            self.elsewhere += found.elsewhere
        else:
            unit = self._default_unit(sheet, row)
        return [sheet.index, row.number, values, errors, said.notes, unit, unsure, digest, 0]

    def _default_unit(self, sheet: SheetPlan, row: Row) -> int | None:
        """The unit of a row that names none: the heading above it, its sheet, the unit imported into."""
        if row.group:
            below = self.directory.cell("", row.group, "")
            if below.place:
                return below.place.pk
        if sheet.unit:
            return sheet.unit
        return self.root.pk if self.directory.root.holds_members else None

    # --------------------------------------------------------------------------------------------- second pass: compare

    def _judge(self, everything: list[list[Any]]) -> None:
        batch = [row for row in everything if not row[8]]
        known = self._people(batch)
        for row in batch:
            if row[6]:
                self._settle_unit(row, known.get(row[2].get("code")))
        loose = [row for row in batch if not row[3] and row[2].get("code") not in known]
        names = {text.fold(row[2]["full_name"]) for row in loose}
        namesakes = queries.namesakes(names, self.paths) if names else {}
        met = {person.pk for person in known.values()} | {one.pk for several in namesakes.values() for one in several}
        self._posts = queries.posts_now(met, self.day) if any("posts" in row[2] for row in batch) else {}
        self._moved = queries.last_moves(met) if any("moved_on" in row[2] for row in batch) else {}
        self._exempt = queries.exempt_now(met, self.day) if any(row[2].get("exempt") for row in batch) else set()
        asked: dict[str, tuple[int | None, bool, bool]] | None = None
        decided_people: dict[int, members.Person] = {}
        for row in everything:
            line = _line(row)
            values, unit, takes_code = row[2], row[5], False
            if unit:
                self._units_met.add(unit)
            if row[3]:
                self._wrong(line, row, [Wrong(*one) for one in row[3]])
                continue
            if row[8]:
                self._unchanged(line, row, row[8])
                continue
            code = values.get("code")
            person = known.get(code) if code else None
            if code and self.first_row[code] != _spot(row[0], row[1]):
                self._wrong(line, row, [Wrong("code", f"Mã {code} đã có ở {self._at(self.first_row[code])}.")])
                continue
            if person:
                doubt = [members.Likely(person.pk, ("code",))] if members.contradicts(values, person) else []
                problem = self._refused(person)
            else:
                problem = None
                others = namesakes.get(text.fold(values["full_name"]), [])
                spoken_for = {one.pk for one in others if one.code in self.first_row and one.code != code}
                if not code:
                    person = members.exactly(values, unit, others, spoken_for)
                doubt = [] if person else members.likely(values, unit, others, spoken_for)
            if problem:
                self._wrong(line, row, [problem])
                continue
            if doubt:
                if asked is None:
                    asked = queries.decisions(members.fingerprint(one[2], one[5]) for one in batch if not one[3])
                    decided_people = queries.people_by_key(pk for pk, _, _ in asked.values() if pk)
                key = members.fingerprint(values, unit)
                if key not in asked:
                    self._doubtful(line, row, key, doubt)
                    continue
                decided, is_new, takes_code = asked[key]
                if is_new and person:
                    self._wrong(
                        line,
                        row,
                        [Wrong("code", f"Đã xác định là người khác, nhưng mã {code} là của {person.full_name}.")],
                    )
                    continue
                if not is_new and not person:
                    person = decided_people[decided or 0]
                    if problem := self._refused(person):
                        self._wrong(line, row, [problem])
                        continue
            if person:
                if code and code != person.code and not takes_code:
                    # Said to be this person, whose code stays: as if the list had said it.
                    values["code"] = person.code
                    line.setdefault("t", []).append(f"Giữ mã đang lưu {person.code}; tệp ghi {code}.")
                self._known(line, row, person)
            else:
                self._new(line, row)

    def _settle_unit(self, row: list[Any], person: members.Person | None) -> None:
        """Several units have the name that the row says: whoever belongs to one of them stays there, else it is asked."""
        column, sentence, *among = row[6]
        if person and person.unit_id in among:
            row[5] = person.unit_id
        else:
            row[3].append(Wrong(column, sentence))

    def _people(self, batch: list[list[Any]]) -> dict[str, members.Person]:
        """People by the codes of the batch; a number that lost its leading zeros finds its code again."""
        codes = {row[2]["code"] for row in batch if "code" in row[2]}
        full = {}
        if self.width:
            full = {
                code: restore_zeros(code, self.width) for code in codes if code.isdigit() and len(code) < self.width
            }
        known = queries.people_by_code(codes | set(full.values())) if codes else {}
        for row in batch:
            code = row[2].get("code")
            if code in full and code not in known and (full[code] in known or (self.width or 0) >= _LEAST_RESTORED):
                row[2]["code"] = full[code]
                row[4].append(f"Mã “{code}” được hiểu là {full[code]} (Excel đã bỏ số 0 ở đầu).")
                # Several rows may say the short code, and one the whole: the first of them all is the one that counts.
                here = self.first_row[code]
                self.first_row[full[code]] = min(here, self.first_row.get(full[code], here))
        return known

    def _refused(self, person: members.Person) -> Wrong | None:
        place = self.directory.by_pk.get(person.unit_id)
        if self.paths is not None and not (place and any(place.path.startswith(path) for path in self.paths)):
            self.elsewhere += 1
            return Wrong(
                "code",
                f"Mã {person.code} thuộc một đơn vị ngoài phạm vi của đồng chí nên không nhập được; "
                "hãy kiểm tra lại mã hoặc đề nghị cấp trên làm thủ tục chuyển sinh hoạt.",
            )
        if person.left_on:
            day = date.fromisoformat(person.left_on)
            return Wrong("code", f"{person.full_name} (mã {person.code}) đã ra khỏi danh sách từ ngày {day:%d/%m/%Y}.")
        return None

    # ---------------------------------------------------------------------------------------------------- what comes out

    def _at(self, spot: int) -> str:
        sheet, number = divmod(spot, _ROWS)
        if len(self.seen.used) == 1:
            return f"dòng {number}"
        name = next((one.name for one in self.seen.sheets if one.index == sheet), "")
        return f"dòng {number} trang “{name}”"

    def _wrong(self, line: Line, row: list[Any], errors: list[Wrong]) -> None:
        labels = self.labels.get(row[0], {})
        line["e"] = [say(one.column, one.sentence, labels) for one in errors]
        self.plan.add(Status.WRONG, line)

    def _doubtful(self, line: Line, row: list[Any], key: str, doubt: list[members.Likely]) -> None:
        values, unit = row[2], row[5]
        line["q"] = key
        line["u"] = unit
        line["cand"] = [[one.pk, list(one.reasons)] for one in doubt]
        self.plan.add(Status.DOUBTFUL, line)
        self.questions.append(
            IdentityDecision(
                fingerprint=key,
                incoming={**values, "row": row[1], "unit": unit},
                candidates=line["cand"],
                unit_id=unit or self.root.pk,
            )
        )

    def _meets(self, line: Line, row: list[Any], pk: int, name: str, code: str) -> bool:
        """Note that a row speaks of this person; False, and the row is wrong, when another one did before."""
        if pk < len(self.matched):
            if self.matched[pk]:
                self._wrong(line, row, [Wrong("full_name", f"Một dòng ở trên đã nói về {name} (mã {code}).")])
                return False
            self.matched[pk] = 1
        return True

    def _unchanged(self, line: Line, row: list[Any], pk: int) -> None:
        if self._meets(line, row, pk, line["name"], line["c"]):
            line["x"] = row[7]
            self.plan.add(Status.SAME, _short(line))

    def _known(self, line: Line, row: list[Any], person: members.Person) -> None:
        values, unit = row[2], row[5]
        if not self._meets(line, row, person.pk, person.full_name, person.code):
            return
        if unit and unit != person.unit_id:
            moved_on = values.get("moved_on")
            if moved_on and moved_on < self._moved.get(person.pk, ""):
                said = date.fromisoformat(self._moved[person.pk])
                sentence = f"Lần chuyển trước là ngày {said:%d/%m/%Y}; ngày chuyển mới phải từ ngày đó trở đi."
                self._wrong(line, row, [Wrong("moved_on", sentence)])
                return
            was = self.directory.by_pk.get(person.unit_id)
            line["f"] = person.unit_id
            line["u"] = unit
            line["on"] = values.get("moved_on") or self.day.isoformat()
            line["uf"] = was.name if was else ""
        changed = members.differences(values, person)
        if "code" in values and values["code"] != person.code:
            # Decided to be this person, and that the list's code is the right one.
            changed["code"] = values["code"]
        facts = self._facts(
            values, unit or person.unit_id, self._posts.get(person.pk, set()), person.pk in self._exempt, line
        )
        self._remember(line, row)
        if not changed and not facts and "f" not in line:
            line["c"], line["name"] = person.code, person.full_name
            self.plan.add(Status.SAME, _short(line))
            return
        line.update(p=person.pk, c=person.code, name=person.full_name, **facts)
        line["v"] = changed
        line["d"] = members.shown_changes({name: new for name, new in changed.items() if name != "code"}, person)
        if "code" in changed:
            line["d"].insert(0, ["Mã đảng viên", person.code, changed["code"]])
        line["o"] = {name: getattr(person, name) for name in changed}
        line["w"] = person.unit_id
        self.plan.add(Status.MOVED if "f" in line else Status.CHANGED, line)

    def _new(self, line: Line, row: list[Any]) -> None:
        values, unit = row[2], row[5]
        if not unit:
            self._wrong(
                line,
                row,
                [
                    Wrong(
                        "unit_name",
                        "Không rõ chi bộ: hãy thêm cột “Chi bộ” hoặc “Mã chi bộ”, hoặc nhập vào đúng một chi bộ.",
                    )
                ],
            )
            return
        if "code" not in values:
            key = (text.fold(values["full_name"]), values.get("birth_date", ""), unit, values.get("phone", ""))
            before = self._new_unnumbered.setdefault(key, _spot(row[0], row[1]))
            if before != _spot(row[0], row[1]):
                self._wrong(
                    line,
                    row,
                    [
                        Wrong(
                            "full_name",
                            f"Trùng họ tên, ngày sinh, chi bộ với {self._at(before)}; hãy bỏ bớt, hoặc ghi mã hay số điện thoại để phân biệt.",
                        )
                    ],
                )
                return
        facts = self._facts(values, unit, set(), False, line)
        line.update(u=unit, v={name: new for name, new in values.items() if name in members.COMPARED}, **facts)
        if "code" in values:
            line["v"]["code"] = values["code"]
        self._remember(line, row)
        self.plan.add(Status.NEW, line)

    def _remember(self, line: Line, row: list[Any]) -> None:
        """Let the row be known again, if it names its person by code and says nothing that ends with a day."""
        if "code" in row[2] and not self._of_a_day:
            line["x"] = row[7]

    def _facts(self, values: Values, unit: int, held: set[tuple[str, int]], exempt: bool, line: Line) -> dict[str, Any]:
        """Posts and exemption that the row adds to what is stored."""
        facts: dict[str, Any] = {}
        self._of_a_day = bool(values.get("exempt"))
        if said := values.get("posts"):
            posts = read_posts(said, self._names)
            self._of_a_day = self._of_a_day or bool(posts.known)
            wanted = []
            for post in posts.known:
                where, hindrance = self._seat(post, unit, held)
                if where is None:
                    line.setdefault("t", []).append(f"Không ghi chức vụ “{post.said}”: {hindrance}")
                else:
                    wanted.append((post.kind, where))
            fresh = [post for post in dict.fromkeys(wanted) if post not in held]
            if fresh:
                facts["posts"] = [[kind, where, values.get("managed_by", "")] for kind, where in fresh]
            if posts.unknown:
                line.setdefault("t", []).append(f"Chưa có trong danh mục chức vụ: {', '.join(posts.unknown)}.")
        if values.get("exempt") and not exempt:
            facts["ex"] = [
                values.get("exempt_from") or self.day.isoformat(),
                values.get("exempt_reason") or "Theo danh sách nhập",
            ]
        return facts

    def _seat(self, post: Post, unit: int, held: set[tuple[str, int]]) -> tuple[int | None, str]:
        """The unit in which a post is held: the one named, the one above the cell, or the cell; or why it is not written.

        Whoever imports gives posts where people are theirs to change, nowhere else; a post already held is no matter.
        """
        if post.place:
            named = self._named(post.place)
            if known := next((pk for pk in named if (post.kind, pk) in held), None):
                return known, ""
            mine = [pk for pk in named if self._may_write(pk)]
            if not mine:
                mine = [place.pk for place in self.directory.named(post.place) if self._may_write(place.pk)]
            if len(mine) == 1:
                return mine[0], ""
            if mine:
                return None, f"có {len(mine)} đơn vị tên “{post.place}”; hãy ghi chức vụ này ở trang của người đó."
            return None, f"không có đơn vị “{post.place}” trong phạm vi được giao."
        superiors = (place for place in self.directory.above(self.directory.by_pk[unit]) if not place.holds_members)
        above = next(superiors, None) if post.above else None
        if above is None or (post.kind, above.pk) in held or self._may_write(above.pk):
            return above.pk if above else unit, ""
        return None, f"chức vụ ở {above.name} ngoài phạm vi được giao, do cấp trên ghi."

    def _named(self, name: str) -> list[int]:
        if not hasattr(self, "_unit_names"):
            self._unit_names: dict[str, list[int]] = defaultdict(list)
            for place in self.directory.by_pk.values():
                self._unit_names[place.name_folded].append(place.pk)
        return self._unit_names.get(text.fold(name), [])

    def _may_write(self, unit: int) -> bool:
        place = self.directory.by_pk[unit]
        return not place.closed and (self.paths is None or any(place.path.startswith(path) for path in self.paths))

    def _note_missing(self) -> None:
        """People of the units met who are not in the file: told, never taken out."""
        told = count = 0
        for pk, code, name, unit in queries.people_of_units(self._units_met):
            if pk < len(self.matched) and not self.matched[pk]:
                count += 1
                if told < _MOST_MISSING:
                    told += 1
                    self.plan.add("missing", {"n": 0, "p": pk, "c": code, "name": name, "u": unit})
        self.missing = count

    @property
    def mostly_elsewhere(self) -> str:
        """A sentence when most rows belong to other units, else empty."""
        if self.total and self.elsewhere * 2 > self.total:
            return (
                f"{self.elsewhere}/{self.total} dòng không thuộc {self.root.name}: có thể đây là danh sách của đơn vị khác. "
                "Hãy kiểm tra lại tệp, hoặc chọn lại đơn vị nhập."
            )
        return ""


def _spot(sheet: int, number: int) -> int:
    return sheet * _ROWS + number


def _packed(piece: list[list[Any]]) -> bytes:
    return json.dumps(piece, ensure_ascii=False, separators=(",", ":")).encode()


def _line(row: list[Any]) -> Line:
    values = row[2]
    line: Line = {"n": row[1]}
    if row[0]:
        line["h"] = row[0]
    if "code" in values:
        line["c"] = values["code"]
    line["name"] = values.get("full_name", "")
    if "birth_date" in values:
        line["b"] = members.shown_birth(values["birth_date"], values["birth_precision"])
    if row[4]:
        line["t"] = row[4]
    return line


def _short(line: Line) -> Line:
    return {key: line[key] for key in ("n", "h", "c", "name", "t", "x") if key in line}
