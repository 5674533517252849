"""What a row of a list of units says. Pure."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from quantriet.kit import text
from quantriet.kit.spreadsheets import Cell, parse_code, parse_day, shown
from quantriet.org.rules.members import Wrong
from quantriet.org.rules.secrecy import find_mark

COMPARED = ("name", "kind", "short_name", "established_on", "phone", "email", "address")
FIELD_LABELS = {
    "name": "Tên đơn vị", "kind": "Loại đơn vị", "short_name": "Tên viết tắt", "established_on": "Ngày thành lập",
    "phone": "Điện thoại", "email": "Thư điện tử", "address": "Địa chỉ",
}  # fmt: skip
_LONGEST = {"code": 40, "name": 200, "short_name": 80, "email": 254, "phone": 30, "address": 200}
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]{2,}")
# How a name tells the kind when the list has no column for it; the more particular beginnings first.
_BY_NAME = [
    ("chi bo co so", "CHI_BO_CO_SO"), ("chi bo", "CHI_BO"), ("dang bo bo phan", "DANG_BO_BO_PHAN"),
    ("dang bo co so", "DANG_BO_CO_SO"), ("dang uy xa", "DANG_UY_XA"), ("dang bo xa", "DANG_UY_XA"),
    ("dang uy phuong", "DANG_UY_PHUONG"), ("dang bo phuong", "DANG_UY_PHUONG"), ("dang uy dac khu", "DANG_UY_XA"),
    ("tinh uy", "TINH_UY"), ("thanh uy", "THANH_UY"), ("dang uy khoi doanh nghiep", "DANG_UY_DOANH_NGHIEP"),
    ("dang bo khoi doanh nghiep", "DANG_UY_DOANH_NGHIEP"), ("dang uy cac co quan", "DANG_UY_CAC_CO_QUAN"),
    ("dang bo cac co quan", "DANG_UY_CAC_CO_QUAN"), ("dang uy uy ban nhan dan", "DANG_UY_UBND"),
    ("dang uy ubnd", "DANG_UY_UBND"), ("dang bo uy ban nhan dan", "DANG_UY_UBND"),
    ("so ", "SO_BAN_NGANH"), ("tinh doan", "TINH_DOAN"), ("dang doan", "DANG_DOAN"), ("ban can su", "BAN_CAN_SU"),
]  # fmt: skip


class UnitRow(NamedTuple):
    """A row as understood."""

    values: dict[str, Any]
    errors: list[Wrong]
    secret: str | None


def read_unit(cells: Mapping[str, Cell], today: dt.date) -> UnitRow:
    """Read the cells of one row; every error of the row is told, none raised."""
    values: dict[str, Any] = {}
    errors: list[Wrong] = []
    secret = next((mark for key in ("note", "address") if (mark := find_mark(shown(cells.get(key))))), None)
    if text.fold(shown(cells.get("secrecy"))) in {"mat", "toi mat", "tuyet mat"}:
        secret = shown(cells.get("secrecy"))
    for key in ("code", "parent_code"):
        found = parse_code(cells.get(key))
        if found.value:
            values[key] = found.value
        elif found.error:
            errors.append(Wrong(key, found.error))
    for key in ("name", "kind", "merged_from", "merged_into", "parent_name", "short_name", "phone", "email", "address"):
        said = shown(cells.get(key))
        if said and said not in ("-", "–"):
            values[key] = said
    if "name" not in values:
        errors.append(Wrong("name", "Thiếu tên đơn vị."))
    if "email" in values and not _EMAIL.fullmatch(values["email"]):
        errors.append(Wrong("email", f"“{values.pop('email')}” không phải là địa chỉ thư điện tử."))
    day = parse_day(cells.get("established_on"), latest=today)
    if day.value:
        values["established_on"] = day.value.date.isoformat()
    elif day.error:
        errors.append(Wrong("established_on", day.error))
    for key, most in _LONGEST.items():
        if len(values.get(key) or "") > most:
            errors.append(Wrong(key, f"Dài {len(values[key])} chữ, nhiều nhất là {most}; hãy rút gọn."))
    return UnitRow(values, errors, secret)


def kind_of(said: str, name: str, kinds: Sequence[tuple[str, str, str]]) -> str | None:
    """The code of the kind that a cell names, or that the name of the unit tells; `kinds` are (code, name, short name)."""
    if said:
        wanted = text.fold(said).strip(" .")
        for code, full, short in kinds:
            if wanted in (text.fold(full), text.fold(short), code.lower(), code.lower().replace("_", " ")):
                return code
        name = said
    folded = text.fold(name) + " "
    known = {code for code, _, _ in kinds}
    return next((code for word, code in _BY_NAME if folded.startswith(word) and code in known), None)
