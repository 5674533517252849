"""What the head of a paper tells: number, date, issuer, type and subject. Proposals only; the officer confirms."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from quantriet.kit import text
from quantriet.kit.refusal import Refusal
from quantriet.library.rules.reference import find_references, parse_reference
from quantriet.library.vocab import DOCUMENT_TYPES

_NUMBER_LINE = re.compile(r"\bSố\s*:?\s*(\d{1,5}\s*[-–]\s*[A-ZĐ][A-Za-zĐđ]{0,4}\s*/\s*[A-ZĐ0-9.\-]{1,20})")
_DATE = re.compile(r"ngày\s+(\d{1,2})\s+tháng\s+(\d{1,2})\s+năm\s+(\d{4})", re.I)
_TITLES = {text.fold(name): code for code, name in DOCUMENT_TYPES.items()}
_MOTTO = {"dang cong san viet nam", "cong hoa xa hoi chu nghia viet nam", "doc lap - tu do - hanh phuc"}
_HEAD_LINES = 40


@dataclass(frozen=True)
class Head:
    """What was recognised; empty where nothing was."""

    reference_number: str = ""
    issued_on: dt.date | None = None
    issuing_body: str = ""
    level: str = ""
    subject: str = ""


def read_head(paragraphs: Sequence[str]) -> Head:
    """Propose the register's fields from the first lines of a paper or of an article that quotes one."""
    lines = [
        piece
        for line in paragraphs[:_HEAD_LINES]
        for piece in text.nfc(line).replace(" | ", "\n").replace("\t", "\n").split("\n")
        if piece.strip()
    ]
    number, level, body = _number(lines)
    return Head(number, _date(lines), _issuer(lines) or body, level, _subject(lines))


def _number(lines: Sequence[str]) -> tuple[str, str, str]:
    for line in lines:
        found = _NUMBER_LINE.search(line)
        candidates = [found.group(1)] if found else find_references(line)
        for candidate in candidates:
            try:
                reference = parse_reference(re.sub(r"\s+", "", candidate))
            except Refusal:
                continue
            return reference.text, reference.level, reference.issuing_body
    return "", "", ""


def _date(lines: Sequence[str]) -> dt.date | None:
    for line in lines:
        found = _DATE.search(line)
        if found:
            day, month, year = (int(part) for part in found.groups())
            try:
                return dt.date(year, month, day)
            except ValueError:
                continue
    return None


def _issuer(lines: Sequence[str]) -> str:
    """The last line in capitals above the number line that is no motto."""
    before = []
    for line in lines:
        if _NUMBER_LINE.search(line):
            break
        before.append(text.squeeze(line))
    else:
        return ""
    capitals = [line for line in before if line.upper() == line and len(line) > 3 and text.fold(line) not in _MOTTO]
    capitals = [line.strip("*-_ ") for line in capitals]
    return _as_name(capitals[-1]) if capitals and capitals[-1] else ""


# How bodies are written; the proper name behind them has a capital in each word.
_BODY_WORDS = (
    "ban Tuyên giáo và Dân vận", "ban Tuyên giáo", "ban Chấp hành", "ban Thường vụ", "tỉnh ủy", "thành ủy", "huyện ủy",
    "đảng ủy xã", "đảng ủy phường", "đảng ủy các cơ quan", "đảng ủy khối", "đảng ủy", "đảng bộ", "chi bộ",
)  # fmt: skip


def _as_name(capitals: str) -> str:
    """A body's name out of the capitals of a letterhead: "TỈNH ỦY TÂN LĨNH" → "Tỉnh ủy Tân Lĩnh"."""
    rest, said = capitals.lower(), []
    while known := next((words for words in _BODY_WORDS if rest.startswith(words.lower())), None):
        said.append(known[:1].upper() + known[1:])
        rest = rest[len(known) :].strip()
    return " ".join([*said, *(word.capitalize() for word in rest.split())])


def _subject(lines: Sequence[str]) -> str:
    for place, line in enumerate(lines):
        if text.fold(line).strip(" *-_") in _TITLES and line.upper() == line:
            taken = []
            for following in lines[place + 1 : place + 6]:
                if set(following.strip()) <= set("-_*—– ") or re.match(
                    r"^(Căn cứ|Thực hiện|Kính gửi|I\.|1\.)", following.strip()
                ):
                    break
                taken.append(text.squeeze(following))
            return " ".join(taken)[:500]
    return ""
