"""A list of events as a table: one row an event, in the shape in which our own export writes it. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from quantriet.kit import text
from quantriet.kit.spreadsheets import Cell, Column, OutColumn, parse_day, shown
from quantriet.org.rules.events import Change, Part
from quantriet.org.rules.unit_rows import kind_of
from quantriet.org.vocab import OrgEventKind

# How offices write what happened.
_WORDS = {
    OrgEventKind.ESTABLISH: ("thành lập", "lập mới", "lập"),
    OrgEventKind.MERGE: ("sáp nhập", "hợp nhất", "nhập"),
    OrgEventKind.SPLIT: ("chia tách", "chia", "tách"),
    OrgEventKind.RENAME: ("đổi tên",),
    OrgEventKind.MOVE: ("chuyển", "chuyển cấp trên", "chuyển giao", "điều chuyển"),
    OrgEventKind.CHANGE_KIND: ("đổi loại", "đổi loại hình"),
    OrgEventKind.DISSOLVE: ("giải thể", "kết thúc hoạt động", "kết thúc"),
}
EVENT_WORD = {kind: words[0][:1].upper() + words[0][1:] for kind, words in _WORDS.items()}
_KIND_OF = {text.fold(word): kind for kind, words in _WORDS.items() for word in words}

COLUMNS = (
    ("number", "Số quyết định", ("Quyết định", "Số QĐ", "Số"), "text", 18),
    ("decided_on", "Ngày quyết định", ("Ngày QĐ", "Ngày ban hành", "Ngày ký"), "day", 14),
    ("effective_on", "Ngày hiệu lực", ("Hiệu lực", "Hiệu lực từ", "Có hiệu lực từ ngày"), "day", 14),
    ("kind", "Sự kiện", ("Loại sự kiện", "Nội dung", "Hình thức sắp xếp", "Hình thức"), "text", 16),
    ("units", "Đơn vị", ("Mã đơn vị", "Đơn vị được sắp xếp", "Đơn vị cũ", "Các đơn vị"), "text", 30),
    ("code", "Mã đơn vị mới", ("Mã mới", "Mã sau sắp xếp"), "code", 14),
    ("name", "Tên đơn vị mới", ("Tên mới", "Đơn vị mới", "Đơn vị sau sắp xếp"), "text", 34),
    ("unit_kind", "Loại đơn vị mới", ("Loại mới", "Loại đơn vị"), "text", 22),
    ("parent", "Cấp trên hoặc nơi nhận", ("Cấp trên", "Trực thuộc", "Nơi nhận", "Đơn vị tiếp nhận"), "text", 26),
    ("keeps", "Đơn vị cũ vẫn hoạt động", ("Giữ đơn vị cũ",), "text", 12),
)  # fmt: skip


# Sheets of the template that are read by people only; whatever stands there is never taken for events.
GUIDE, EXAMPLE = "Hướng dẫn", "Ví dụ"
ASIDE = frozenset((GUIDE, EXAMPLE))
_NOTES = {
    "number": (
        "Các dòng cùng một số là một quyết định. Để trống: dòng thuộc quyết định ở dòng trên; trống ở dòng đầu thì lấy số ghi "
        "khi tải tệp lên.",
        "21-QĐ/TU",
    ),
    "decided_on": ("Ngày/tháng/năm. Để trống: lấy ngày ghi khi tải tệp lên.", "20/02/2026"),
    "effective_on": ("Ngày/tháng/năm. Để trống: lấy ngày ghi khi tải tệp lên.", "01/03/2026"),
    "units": (
        "Mã hoặc tên đầy đủ của đơn vị đang hoạt động. Nhiều đơn vị: cách nhau bằng dấu chấm phẩy, hoặc mỗi đơn vị một dòng trong "
        "cùng ô. Thành lập thì để trống.",
        "CB01; CB02",
    ),
    "code": (
        "Mã của đơn vị mới (thành lập, sáp nhập, chia tách). Chia tách: nhiều mã, cách nhau bằng dấu chấm phẩy. Sáp nhập vào đơn vị "
        "đang có: ghi mã của đơn vị ấy và để trống cột tên.",
        "CB03A; CB03B",
    ),
    "name": (
        "Tên của đơn vị mới; đổi tên thì ghi tên mới. Chia tách: nhiều tên, đúng thứ tự các mã, cách nhau bằng dấu chấm phẩy.",
        "Chi bộ thôn Đông; Chi bộ thôn Tây",
    ),
    "parent": (
        "Mã hoặc tên. Thành lập, sáp nhập, chia tách: cấp trên của đơn vị mới (để trống: cấp trên của đơn vị cũ). Chuyển: cấp trên "
        "mới. Giải thể: đơn vị nhận người.",
        "DU01",
    ),
    "keeps": ("Chia tách mà đơn vị cũ vẫn hoạt động: ghi x. Ngoài ra để trống.", "x"),
}  # fmt: skip
# One row for each kind of event, of two decisions.
_EXAMPLES = (
    ("21-QĐ/TU", dt.date(2026, 2, 20), dt.date(2026, 3, 1), OrgEventKind.MERGE, "CB01; CB02", "CB09", "Chi bộ thôn Chung", "Chi bộ trực thuộc", "DU01", ""),
    ("", None, None, OrgEventKind.SPLIT, "CB03", "CB03A; CB03B", "Chi bộ thôn Đông; Chi bộ thôn Tây", "Chi bộ trực thuộc", "DU01", ""),
    ("", None, None, OrgEventKind.RENAME, "CB04", "", "Chi bộ thôn Mới", "", "", ""),
    ("", None, None, OrgEventKind.MOVE, "CB05; CB06", "", "", "", "DU02", ""),
    ("22-QĐ/TU", dt.date(2026, 2, 25), dt.date(2026, 3, 1), OrgEventKind.ESTABLISH, "", "CB10", "Chi bộ Trường Tiểu học số 1", "Chi bộ trực thuộc", "DU01", ""),
    ("", None, None, OrgEventKind.CHANGE_KIND, "CB07", "", "", "Chi bộ cơ sở", "", ""),
    ("", None, None, OrgEventKind.DISSOLVE, "CB08", "", "", "", "CB04", ""),
)  # fmt: skip


def guide(kind_names: Sequence[str]) -> list[dict[str, str]]:
    """What may stand in each column, with an example; `kind_names` are the kinds of units that this installation knows."""
    words = "; ".join(
        f"{EVENT_WORD[kind]} ({', '.join(others)})" if others else EVENT_WORD[kind]
        for kind, (_, *others) in _WORDS.items()
    )
    notes = _NOTES | {
        "kind": (f"Bắt buộc, một trong: {words}. Trong ngoặc là cách ghi khác cũng nhận.", EVENT_WORD[OrgEventKind.MERGE]),
        "unit_kind": (
            f"Một trong: {'; '.join(kind_names)}. Để trống: suy từ tên đơn vị mới. Đổi loại thì ghi loại mới.",
            kind_names[0] if kind_names else "",
        ),
    }  # fmt: skip
    return [{"column": label, "how": notes[key][0], "example": notes[key][1]} for key, label, *_ in COLUMNS]


def examples() -> list[dict[str, object]]:
    """Rows as they are filled in, one for each kind of event."""
    keys = [key for key, *_ in COLUMNS]
    return [
        {
            key: EVENT_WORD[value] if isinstance(value, OrgEventKind) else value
            for key, value in zip(keys, row, strict=True)
        }
        for row in _EXAMPLES
    ]


def wanted() -> list[Column]:
    return [Column(key, label, other, key in ("kind", "units")) for key, label, other, _, _ in COLUMNS]


def exported() -> list[OutColumn]:
    return [OutColumn(key, label, width, kind) for key, label, _, kind, width in COLUMNS]


class EventRow(NamedTuple):
    """A row as understood; the head is empty where the row belongs to the decision before it."""

    number: str
    decided_on: dt.date | None
    effective_on: dt.date | None
    change: Change | None
    errors: list[str]


def read_event(
    cells: Mapping[str, Cell], kinds: Sequence[tuple[str, str, str]], code_of: Mapping[str, str]
) -> EventRow:
    """Read one row; every error is told. `kinds` are (code, name, short name); `code_of` leads from a folded name or code to a code."""
    errors: list[str] = []
    days: dict[str, dt.date | None] = {}
    for key, label in (("decided_on", "Ngày quyết định"), ("effective_on", "Ngày hiệu lực")):
        day = parse_day(cells.get(key))
        days[key] = day.value.date if day.value else None
        if day.error:
            errors.append(f"{label}: {day.error}")
    said = text.squeeze(shown(cells.get("kind")))
    kind = _KIND_OF.get(text.fold(said))
    if kind is None:
        errors.append(
            f"Không rõ sự kiện “{said}”; ghi một trong: {', '.join(EVENT_WORD.values())}."
            if said
            else "Chưa ghi sự kiện."
        )

    def code(words: str) -> str:
        words = text.squeeze(words).split(" – ")[0]
        return code_of.get(text.fold(words), words)

    units = tuple(code(one) for one in re.split(r"[;\n]", shown(cells.get("units"))) if text.squeeze(one))
    new_code, name = text.squeeze(shown(cells.get("code"))), text.squeeze(shown(cells.get("name")))
    parent = code(shown(cells.get("parent")))
    keeps = text.fold(shown(cells.get("keeps"))) in {"x", "co", "1", "true", "giu"}
    unit_kind = (
        kind_of(shown(cells.get("unit_kind")), name, kinds) or "" if (shown(cells.get("unit_kind")) or name) else ""
    )
    change = None if kind is None else _change(kind, units, new_code, name, unit_kind, parent, keeps, code_of)
    return EventRow(text.squeeze(shown(cells.get("number"))), days["decided_on"], days["effective_on"], change, errors)


def _change(
    kind: OrgEventKind, units: tuple[str, ...], code: str, name: str, unit_kind: str, parent: str, keeps: bool,
    code_of: Mapping[str, str],
) -> Change:  # fmt: skip
    match kind:
        case OrgEventKind.ESTABLISH:
            return Change(kind, (), (Part(code or (units[0] if units else ""), name, unit_kind, parent),))
        case OrgEventKind.MERGE:
            # Without a name of its own the unit into which the others go stands already.
            stands = bool(code) and text.fold(code) in code_of and not name
            return Change(kind, units, (Part(code, is_new=False) if stands else Part(code, name, unit_kind, parent),))
        case OrgEventKind.SPLIT:
            codes, names = _several(code), _several(name)
            parts = tuple(
                Part(one, names[place] if place < len(names) else "", unit_kind, parent)
                for place, one in enumerate(codes)
            )
            return Change(kind, units, parts, keeps=keeps)
        case OrgEventKind.RENAME:
            return Change(kind, units, name=name)
        case OrgEventKind.MOVE:
            return Change(kind, units, parent=parent)
        case OrgEventKind.CHANGE_KIND:
            return Change(kind, units, unit_kind=unit_kind)
        case OrgEventKind.DISSOLVE:
            return Change(kind, units, receiver=parent)


def _several(said: str) -> list[str]:
    return [text.squeeze(one) for one in said.split(";") if text.squeeze(one)]


def as_row(change: Change, kind_names: Mapping[str, str]) -> dict[str, str]:
    """The cells of an event, as `read_event` reads them back (who goes where in a split is not written)."""
    kind = OrgEventKind(change.kind)
    part = change.parts[0] if change.parts else None
    row = {"kind": EVENT_WORD[kind], "units": "; ".join(change.units), "keeps": "x" if change.keeps else ""}
    if part:
        row |= {
            "code": "; ".join(one.code for one in change.parts), "name": "; ".join(one.name for one in change.parts if one.name),
            "unit_kind": kind_names.get(part.kind, ""), "parent": part.parent,
        }  # fmt: skip
    if kind == OrgEventKind.RENAME:
        row["name"] = change.name
    if kind == OrgEventKind.CHANGE_KIND:
        row["unit_kind"] = kind_names.get(change.unit_kind, change.unit_kind)
    if kind in (OrgEventKind.MOVE, OrgEventKind.DISSOLVE):
        row["parent"] = change.parent or change.receiver
    return row
