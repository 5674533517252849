"""Codes of printed forms as people type them, and what stands behind a code."""

from __future__ import annotations

import re
from dataclasses import dataclass

from quantriet.kit.text import nfc, squeeze

# Without letters and digits that look alike on paper.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 8


@dataclass(frozen=True)
class Reply:
    """One form on its way back; `number` is the line it was typed in."""

    number: int
    code: str
    text: str


@dataclass(frozen=True)
class WrongReply:
    number: int
    sentence: str


def plain(code: str) -> str:
    """The code as it is kept: capitals without dashes and spaces."""
    return re.sub(r"[^0-9A-Z]", "", nfc(code).upper())


def shown(code: str) -> str:
    """The code as it is printed: two groups of four."""
    return f"{code[:4]}-{code[4:]}"


_LINE = re.compile(r"\s*([0-9A-Za-z]{4})[\s\-–]?([0-9A-Za-z]{4})(?![0-9A-Za-z])\s*[;:,.|\t]?\s*(.*)")


def read_replies(pasted: str) -> tuple[list[Reply], list[WrongReply]]:
    """One form a line: the code, then the reason or the number of the class ticked; the same code twice is told."""
    replies: list[Reply] = []
    wrong: list[WrongReply] = []
    seen: dict[str, int] = {}
    for number, raw in enumerate(nfc(pasted).splitlines(), start=1):
        line = squeeze(raw)
        if not line:
            continue
        found = _LINE.match(line)
        if not found:
            wrong.append(
                WrongReply(number, f"Dòng {number}: không thấy mã phiếu (8 chữ và số) ở đầu dòng “{line[:40]}”.")
            )
            continue
        code = plain(found[1] + found[2])
        if code in seen:
            wrong.append(WrongReply(number, f"Dòng {number}: phiếu {shown(code)} đã ghi ở dòng {seen[code]}."))
            continue
        seen[code] = number
        replies.append(Reply(number, code, squeeze(found[3])))
    return replies, wrong


def chosen(text: str, offered: int) -> int | None:
    """The number of the class that was ticked: "2", "lớp 2", "số 2."; None when it names none of those offered."""
    numbers = re.findall(r"\d+", text)
    if len(numbers) != 1 or not 1 <= int(numbers[0]) <= offered:
        return None
    return int(numbers[0])
