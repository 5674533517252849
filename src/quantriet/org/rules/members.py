"""What a row of a member list says, and about whom.

Pure. Dates travel as ISO text, so that rows, stored people and plan files compare as they stand.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from quantriet.kit import text
from quantriet.kit.spreadsheets import (
    Cell,
    Parsed,
    Precision,
    parse_code,
    parse_day,
    parse_gender,
    parse_phone,
    parse_yes,
    shown,
)
from quantriet.org.rules.columns import label_of
from quantriet.org.rules.secrecy import find_mark
from quantriet.org.vocab import BirthPrecision, Gender, Level, PersonKind

Values = dict[str, Any]

# What the file may change about a person already known. An empty cell changes nothing.
COMPARED = (
    "full_name", "birth_date", "birth_precision", "gender", "ethnicity", "kind", "joined_on", "official_on", "occupation",
    "phone", "email", "address",
)  # fmt: skip
FIELD_LABELS = {
    "full_name": "Họ và tên", "birth_date": "Ngày sinh", "gender": "Giới tính", "ethnicity": "Dân tộc",
    "kind": "Loại đảng viên", "joined_on": "Ngày vào Đảng", "official_on": "Ngày chính thức", "occupation": "Nghề nghiệp",
    "phone": "Điện thoại", "email": "Thư điện tử", "address": "Nơi ở", "unit": "Chi bộ", "posts": "Chức vụ",
    "exemption": "Miễn sinh hoạt", "code": "Mã đảng viên",
}  # fmt: skip

KIND_WORDS = {
    PersonKind.MEMBER: "Chính thức",
    PersonKind.PROBATIONARY: "Dự bị",
    PersonKind.ASSOCIATION: "Đoàn viên, hội viên",
    PersonKind.GUEST: "Khách",
}
GENDER_WORDS = {Gender.MALE: "Nam", Gender.FEMALE: "Nữ", Gender.UNKNOWN: ""}
LEVEL_WORDS = {
    Level.CENTRAL: "Trung ương",
    Level.PROVINCE: "Tỉnh ủy",
    Level.DISTRICT: "Cấp trên cơ sở",
    Level.COMMUNE: "Xã, phường",
    Level.GRASSROOTS: "Cơ sở",
    Level.CELL: "Chi bộ",
}
_KINDS = {
    "chinh thuc": "member", "ct": "member", "dang vien chinh thuc": "member", "dvct": "member", "dang vien": "member",
    "du bi": "probationary", "db": "probationary", "dang vien du bi": "probationary", "dvdb": "probationary",
    "doan vien, hoi vien": "association", "doan vien": "association", "hoi vien": "association",
    "khach": "guest", "khach moi": "guest",
}  # fmt: skip
_LEVELS = [
    ("trung uong", "central"), ("bo chinh tri", "central"), ("ban bi thu", "central"), ("tinh", "province"),
    ("thanh uy", "province"), ("thanh pho", "province"), ("cap tren co so", "district"), ("huyen", "district"),
    ("xa", "commune"), ("phuong", "commune"), ("chi bo", "cell"), ("co so", "grassroots"),
]  # fmt: skip
_DIGIT = re.compile(r"\d")
_MOBILE = re.compile(r"0[35789][0-9]{8}", re.ASCII)
# Composed letters with single spaces: nothing to mend. Anything else takes the long way.
_PLAIN_NAME = re.compile(r"[A-Za-zÀ-ÖØ-öø-žƠơƯưẠ-ỹ'’]+(?: [A-Za-zÀ-ÖØ-öø-žƠơƯưẠ-ỹ'’]+)*")
_WORD_OF_NAME = re.compile(r"[^\W\d_]+")
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]{2,}")
_LONGEST = {
    "code": 40,
    "full_name": 160,
    "ethnicity": 40,
    "occupation": 160,
    "email": 254,
    "address": 200,
    "exempt_reason": 200,
}
_PLAIN = ("ethnicity", "occupation", "address", "unit_name", "unit_above", "posts", "exempt_reason")
_FREE = ("occupation", "address", "posts", "exempt_reason", "note")


class Status(StrEnum):
    """What will become of a row."""

    NEW = "new"
    CHANGED = "changed"
    MOVED = "moved"
    DOUBTFUL = "doubtful"
    WRONG = "wrong"
    SAME = "same"


STATUS_WORDS = {
    Status.NEW: "Mới",
    Status.CHANGED: "Thay đổi",
    Status.MOVED: "Chuyển sinh hoạt",
    Status.DOUBTFUL: "Cần xem",
    Status.WRONG: "Lỗi",
    Status.SAME: "Không đổi",
}


class Wrong(NamedTuple):
    """One error of a row: the key of its column and a Vietnamese sentence."""

    column: str
    sentence: str


@dataclass(slots=True)
class MemberRow:
    """A row as understood: values by field (only those filled in), errors and remarks."""

    values: Values = field(default_factory=dict)
    errors: list[Wrong] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    secret: str | None = None


class Person(NamedTuple):
    """A person already in the house, as far as an import compares."""

    pk: int
    code: str
    name_folded: str
    unit_id: int
    left_on: str | None
    full_name: str
    birth_date: str | None
    birth_precision: str
    gender: str
    ethnicity: str
    kind: str
    joined_on: str | None
    official_on: str | None
    occupation: str
    phone: str
    email: str
    address: str


# ------------------------------------------------------------------------------------------------------------- reading


@lru_cache(maxsize=65536)
def _day(value: Cell, kind: str, today: dt.date) -> Parsed[tuple[str, str]]:
    # `kind` keeps 1 and True and 1.0 apart in the cache.
    found = parse_day(value, latest=today)
    if found.value is None:
        return Parsed(error=found.error)
    precision = BirthPrecision.DAY if found.value.precision is Precision.DAY else BirthPrecision.YEAR
    day = found.value.date if precision is BirthPrecision.DAY else found.value.date.replace(month=1, day=1)
    return Parsed((day.isoformat(), precision.value))


@lru_cache(maxsize=16384)
def _mark(value: str) -> str | None:
    return find_mark(value)


@lru_cache(maxsize=16384)
def _unit_code(value: Cell, kind: str) -> Parsed[str]:
    return parse_code(value)


@lru_cache(maxsize=16384)
def _squeezed(value: str) -> str:
    words = text.squeeze(value)
    return "" if words in ("-", "–") else words


def _words(value: Cell) -> str:
    return _squeezed(value if type(value) is str else shown(value))


@lru_cache(maxsize=4096)
def _gender(value: str) -> Parsed[str]:
    return parse_gender(value)


@lru_cache(maxsize=4096)
def _yes(value: Cell, kind: str) -> Parsed[bool]:
    return parse_yes(value)


@lru_cache(maxsize=4096)
def _kind(value: str) -> str | None:
    return _KINDS.get(text.fold(value).strip(" ."))


@lru_cache(maxsize=4096)
def read_level(value: str) -> str | None:
    """The level that manages a post, from words like "BTV Tỉnh ủy quản lý" or "Xã"."""
    words = f" {re.sub(r'[^a-z ]', ' ', text.fold(value))} "
    return next((level for word, level in _LEVELS if f" {word}" in words), None)


def read_member(cells: dict[str, Cell], today: dt.date) -> MemberRow:
    """Read the cells of one row; every error of the row is told, none raised."""
    row = MemberRow()
    values, errors = row.values, row.errors
    get = cells.get

    for key in _FREE:
        said = get(key)
        if type(said) is str and len(said) < 60 and (mark := _mark(said)):
            row.secret = mark
    if (level := get("secrecy")) and text.fold(str(level)) in {"mat", "toi mat", "tuyet mat"}:
        row.secret = str(level)

    said = get("code")
    if type(said) is str and said.isalnum() and said.isascii():
        values["code"] = said  # by far the most frequent
    else:
        code = parse_code(said)
        if code.value:
            values["code"] = code.value
        elif code.error:
            errors.append(Wrong("code", code.error))

    name = _name(cells)
    if name.isupper() and (written := written_name(name)) != name:
        row.notes.append(f"Họ tên “{name}” được ghi lại là “{written}”.")
        name = written
    if not name:
        errors.append(Wrong("full_name", "Thiếu họ và tên."))
    elif _DIGIT.search(name):
        errors.append(Wrong("full_name", f"“{name}” có chữ số nên không phải là họ và tên."))
    elif not (name[0].isalpha() or any(letter.isalpha() for letter in name)):
        errors.append(Wrong("full_name", f"“{name}” không phải là họ và tên."))
    else:
        values["full_name"] = name

    _read_birth(cells, row, today)
    for key in ("joined_on", "official_on", "exempt_from", "moved_on"):
        if (said := get(key)) is not None:
            day = _day(said, type(said).__name__, today)
            if day.value:
                values[key] = day.value[0]
            elif day.error:
                if key == "official_on" and (ticked := _yes(said, type(said).__name__)).value is not None:
                    values.setdefault("kind", "member" if ticked.value else "probationary")
                else:
                    errors.append(Wrong(key, day.error))
    if (said := get("gender")) is not None:
        gender = _gender(shown(said))
        if gender.value:
            values["gender"] = gender.value
        elif gender.error:
            errors.append(Wrong("gender", gender.error))
    elif (said := get("is_female")) is not None:
        ticked = _yes(said, type(said).__name__)
        if ticked.value is not None:
            values["gender"] = "female" if ticked.value else "male"
    if (said := get("kind")) is not None and (words := shown(said)):
        kind = _kind(words)
        if kind:
            values["kind"] = kind
        else:
            errors.append(Wrong("kind", f"“{words}” không rõ loại; hãy ghi “Chính thức” hoặc “Dự bị”."))
    for key in _PLAIN:
        if (said := get(key)) is not None and (words := _words(said)):
            values[key] = words
    if (said := get("unit_code")) is not None:
        unit_code = _unit_code(said, type(said).__name__)
        if unit_code.value:
            values["unit_code"] = unit_code.value
        elif unit_code.error:
            errors.append(Wrong("unit_code", unit_code.error))
    if (said := get("managed_by")) is not None and (words := shown(said)):
        level_found = read_level(words)
        if level_found:
            values["managed_by"] = level_found
        else:
            row.notes.append(f"Chưa nhận ra diện quản lý “{words}”.")
    if (said := get("phone")) is not None:
        phone = Parsed(said) if type(said) is str and _MOBILE.fullmatch(said) else parse_phone(said)
        if phone.value:
            values["phone"] = phone.value
            if phone.note:
                row.notes.append(phone.note)
        elif phone.error:
            errors.append(Wrong("phone", phone.error))
    if (said := get("email")) is not None and (words := shown(said)) and words not in ("-", "–"):
        if _EMAIL.fullmatch(words):
            values["email"] = words
        else:
            errors.append(Wrong("email", f"“{words}” không phải là địa chỉ thư điện tử."))
    _read_exemption(cells, row, today)
    for key, most in _LONGEST.items():
        if len(values.get(key) or "") > most:
            errors.append(Wrong(key, f"Dài {len(values[key])} chữ, nhiều nhất là {most}; hãy rút gọn."))
    _check_order(row)
    return row


def _name(cells: dict[str, Cell]) -> str:
    whole = cells.get("full_name")
    family, given = cells.get("family_name"), cells.get("given_name")
    if whole is None and given is None and family is None:
        return ""
    if type(whole) is str and not given and not family:
        return whole if _PLAIN_NAME.fullmatch(whole) else text.squeeze(whole)
    said = " ".join(shown(part) for part in (whole, family, given) if part not in (None, ""))
    return text.squeeze(said)


def written_name(name: str) -> str:
    """A name typed in capitals throughout as names are written: "LÊ GIA ĐĂNG" is Lê Gia Đăng, "H'HEN NIÊ" H'Hen Niê."""
    return _WORD_OF_NAME.sub(lambda word: word[0].capitalize(), name) if name.isupper() else name


def _read_birth(cells: dict[str, Cell], row: MemberRow, today: dt.date) -> None:
    for key, gender in (("birth", None), ("birth_male", "male"), ("birth_female", "female")):
        said = cells.get(key)
        if said is None:
            continue
        day = _day(said, type(said).__name__, today)
        if day.value:
            row.values["birth_date"], row.values["birth_precision"] = day.value
            if gender:
                row.values["gender"] = gender
        elif day.error:
            # A tick under "Nam" or "Nữ" tells the gender and nothing else.
            if gender and _yes(said, type(said).__name__).value:
                row.values["gender"] = gender
            else:
                row.errors.append(Wrong(key, day.error))


def _read_exemption(cells: dict[str, Cell], row: MemberRow, today: dt.date) -> None:
    said = cells.get("exempt")
    if said is None:
        return
    ticked = _yes(said, type(said).__name__)
    if ticked.value is not None:
        row.values["exempt"] = ticked.value
        return
    day = _day(said, type(said).__name__, today)
    if day.value:
        row.values["exempt"] = True
        row.values.setdefault("exempt_from", day.value[0])
        return
    words = shown(said)
    row.values["exempt"] = "khong" not in text.fold(words).split()
    if row.values["exempt"] and text.fold(words) not in ("mien", "mien sinh hoat", "duoc mien"):
        row.values.setdefault("exempt_reason", words)


def _check_order(row: MemberRow) -> None:
    values = row.values
    birth, joined, official = values.get("birth_date"), values.get("joined_on"), values.get("official_on")
    if birth and joined and joined[:4] < birth[:4]:
        row.errors.append(
            Wrong("joined_on", f"Ngày vào Đảng {_shown_day(joined)} trước ngày sinh {_shown_day(birth)}.")
        )
    if joined and official and official < joined:
        row.errors.append(
            Wrong("official_on", f"Ngày chính thức {_shown_day(official)} trước ngày vào Đảng {_shown_day(joined)}.")
        )


def _shown_day(iso: str) -> str:
    return f"{iso[8:10]}/{iso[5:7]}/{iso[:4]}"


def row_digest(cells: dict[str, Cell], group: str | None, unit: int | None) -> str:
    """What tells a row of one file again in another: its cells under their meaning, and what stands above it."""
    return hashlib.blake2b(repr((cells, group, unit)).encode(), digest_size=10).hexdigest()


def shown_birth(iso: str | None, precision: str) -> str:
    """A birth date as lists write it: 09/03/1975, or 1975 when only the year is known."""
    if not iso:
        return ""
    return iso[:4] if precision == BirthPrecision.YEAR else _shown_day(iso)


# ------------------------------------------------------------------------------------------------------------ comparing


def same_birth(one: str | None, one_precision: str, other: str | None, other_precision: str) -> bool:
    """Whether two birth dates may be the same; a year alone fits every day of it."""
    if not one or not other:
        return False
    if BirthPrecision.YEAR in (one_precision, other_precision):
        return one[:4] == other[:4]
    return one == other


def differences(values: Values, person: Person) -> Values:
    """What the row would change about the person. Nothing is made poorer: marks, the day of birth, a written name stay."""
    changed: Values = {}
    for name in COMPARED:
        new = values.get(name)
        if new is None or new == getattr(person, name):
            continue
        changed[name] = new
    if not changed:
        return changed
    if "full_name" in changed and not _better_name(changed["full_name"], person.full_name):
        del changed["full_name"]
    if "birth_date" in changed or "birth_precision" in changed:
        poorer = values.get("birth_precision") == BirthPrecision.YEAR and person.birth_precision == BirthPrecision.DAY
        if poorer and same_birth(values["birth_date"], BirthPrecision.YEAR, person.birth_date, BirthPrecision.DAY):
            changed.pop("birth_date", None)
            changed.pop("birth_precision", None)
    return changed


def _better_name(new: str, old: str) -> bool:
    """A name in capitals or without marks is the same name written poorer; one stored in capitals is written better."""
    if new.casefold() == old.casefold():
        return old.isupper() and not new.isupper()
    return not (text.fold(new) == text.fold(old) and text.fold(new) == new.lower())


def shown_changes(changed: Values, person: Person) -> list[list[str]]:
    """The changes for people: [label, before, after]."""
    said = []
    for name, new in changed.items():
        if name == "birth_precision":
            continue
        old = getattr(person, name)
        if name == "birth_date":
            before = shown_birth(old, person.birth_precision)
            after = shown_birth(new, changed.get("birth_precision", person.birth_precision))
        elif name in ("joined_on", "official_on"):
            before, after = _shown_day(old) if old else "", _shown_day(new)
        elif name == "gender":
            before, after = GENDER_WORDS.get(Gender(old), ""), GENDER_WORDS[Gender(new)]
        elif name == "kind":
            before, after = KIND_WORDS[PersonKind(old)], KIND_WORDS[PersonKind(new)]
        else:
            before, after = old or "", new
        said.append([FIELD_LABELS[name], before, after])
    return said


def fingerprint(values: Values, unit_id: int | None) -> str:
    """What identifies a doubtful row again in any later file; without a code its unit belongs to it."""
    code = values.get("code") or ""
    parts = (
        code,
        text.fold(values.get("full_name") or ""),
        values.get("birth_date") or "",
        values.get("phone") or "",
        "" if code else str(unit_id or ""),
    )
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


class Likely(NamedTuple):
    """A person who may be meant, and why."""

    pk: int
    reasons: tuple[str, ...]


def likely(values: Values, unit_id: int | None, namesakes: Sequence[Person], spoken_for: set[int]) -> list[Likely]:
    """The namesakes whom the row may mean: same birth date or same telephone.

    A row with a code of its own does not mean whom another row names by code. Without a code it may be that person
    written twice; and without a birth date, every namesake of the same unit is likely.
    """
    found = []
    for person in namesakes:
        if person.left_on or (values.get("code") and person.pk in spoken_for):
            continue
        reasons = []
        if same_birth(
            values.get("birth_date"), values.get("birth_precision", "day"), person.birth_date, person.birth_precision
        ):
            year_only = BirthPrecision.YEAR in (values.get("birth_precision", "day"), person.birth_precision)
            reasons.append("birth_year" if year_only else "birth")
        if values.get("phone") and values["phone"] == person.phone:
            reasons.append("phone")
        if (
            not reasons
            and not values.get("code")
            and person.unit_id == unit_id
            and not (values.get("birth_date") and person.birth_date)
        ):
            reasons.append("unit")
        if reasons:
            found.append(Likely(person.pk, tuple(reasons)))
    return found


def exactly(values: Values, unit_id: int | None, namesakes: Sequence[Person], spoken_for: set[int]) -> Person | None:
    """The one person a row without a code means beyond doubt: same name, same birth date, same unit, and nobody else."""
    name = (values.get("full_name") or "").casefold()
    bare = text.fold(name)
    found = [
        person
        for person in namesakes
        if not person.left_on
        and person.pk not in spoken_for
        and person.unit_id == unit_id
        and (person.full_name.casefold() == name or bare == name)
        and (person.birth_date == values.get("birth_date"))
        and (not values.get("phone") or not person.phone or values["phone"] == person.phone)
    ]
    if len(found) > 1 and values.get("phone"):
        found = [person for person in found if person.phone == values["phone"]]
    return found[0] if len(found) == 1 else None


def contradicts(values: Values, person: Person) -> bool:
    """Whether a row with this person's code seems to speak of somebody else: another name, and nothing that confirms it."""
    name = text.fold(values.get("full_name") or "")
    if not name or name == person.name_folded:
        return False
    if same_birth(
        values.get("birth_date"), values.get("birth_precision", "day"), person.birth_date, person.birth_precision
    ):
        return False
    return not (values.get("phone") and values["phone"] == person.phone)


REASON_WORDS = {
    "birth": "cùng ngày sinh",
    "birth_year": "cùng năm sinh",
    "phone": "cùng số điện thoại",
    "unit": "cùng chi bộ",
    "code": "cùng mã, khác họ tên",
}


def say(column: str, sentence: str, labels: dict[str, str], kind: str = "members") -> list[str]:
    """An error for a plan file: [column as the file calls it, sentence]."""
    return [labels.get(column) or label_of(kind, column), sentence]


def promise(kind: str, counts: dict[str, Any]) -> str:
    """What confirming a preview will do, in one sentence with numbers."""
    return _counted(kind, counts, ("thêm", "cập nhật", "chuyển sinh hoạt"), "Sẽ", "bỏ qua")


def outcome(kind: str, counts: dict[str, Any]) -> str:
    """What an import did, in one sentence with numbers."""
    return _counted(kind, counts, ("thêm", "cập nhật", "chuyển sinh hoạt"), "Đã", "chưa nhập")


def _counted(kind: str, counts: dict[str, Any], verbs: tuple[str, str, str], head: str, left: str) -> str:
    noun = "đơn vị" if kind == "units" else "người"
    numbers = [counts.get(status, 0) for status in (Status.NEW, Status.CHANGED, Status.MOVED)]
    done = [f"{verb} {_number(number)} {noun}" for verb, number in zip(verbs, numbers, strict=True) if number]
    skipped = [
        f"{_number(counts[status])} dòng {word}"
        for status, word in ((Status.DOUBTFUL, "cần xem"), (Status.WRONG, "lỗi"))
        if counts.get(status)
    ]
    said = f"{head} {', '.join(done)}" if done else "Không có gì để ghi"
    if skipped:
        said += f"; {left} {' và '.join(skipped)}"
    if counts.get(Status.SAME):
        said += f"; {_number(counts[Status.SAME])} dòng không đổi"
    return said + "."


def _number(value: int) -> str:
    return f"{value:,}".replace(",", ".")
