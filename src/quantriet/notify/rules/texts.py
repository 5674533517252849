"""Texts for phones: how many text messages a text makes, and templates that an office edits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from quantriet.kit.refusal import Refusal

# 3GPP TS 23.038: the basic table, and those that take two places.
_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWO = set("^{}\\[~]|€\f")
_PLAIN = str.maketrans(
    {"–": "-", "—": "-", "“": '"', "”": '"', "‘": "'", "’": "'", "…": "...", "•": "-", "\t": " ", "\u00a0": " "}
)


@dataclass(frozen=True)
class Length:
    """What a text costs as a text message."""

    units: int  # of the alphabet: septets, or 16-bit units
    segments: int
    is_gsm: bool


def without_marks(text: str) -> str:
    """Vietnamese without its marks, in the case it has: every phone shows it, and 160 letters fit where 70 would."""
    parts = unicodedata.normalize("NFD", text.translate(_PLAIN))
    bare = "".join(one for one in parts if not unicodedata.combining(one)).replace("đ", "d").replace("Đ", "D")
    return "".join(one if one in _GSM or one in _GSM_TWO else "?" for one in bare)


def message_length(text: str) -> Length:
    """Septets of the GSM alphabet (160 in one message, 153 in each of several), else 16-bit units (70, 67)."""
    is_gsm = all(one in _GSM or one in _GSM_TWO for one in text)
    if is_gsm:
        units, alone, joined = sum(2 if one in _GSM_TWO else 1 for one in text), 160, 153
    else:
        units, alone, joined = len(text.encode("utf-16-be")) // 2, 70, 67
    if units <= alone:
        return Length(units, 1 if units else 0, is_gsm)
    return Length(units, _joined(text, joined, is_gsm), is_gsm)


def _joined(text: str, room: int, is_gsm: bool) -> int:
    """How many messages, none of which cuts a letter in two."""
    count, used = 1, 0
    for one in text:
        wide = (2 if one in _GSM_TWO else 1) if is_gsm else len(one.encode("utf-16-be")) // 2
        if used + wide > room:
            count, used = count + 1, 0
        used += wide
    return count


def phone_number(written: str) -> str:
    """A Vietnamese number as gateways take it: 84912345678; empty when it is none."""
    digits = re.sub(r"[^\d+]", "", written)
    if digits.startswith("+"):
        digits = digits[1:]
    elif digits.startswith("00"):
        digits = digits[2:]
    elif digits.startswith("0"):
        digits = f"84{digits[1:]}"
    return digits if re.fullmatch(r"84[35789]\d{8}", digits) else ""


# The same as a pattern that a database reads, so that a column can be asked without reading every row of it.
_BETWEEN = "[^0-9+]*"
_COUNTRY = "|".join(_BETWEEN.join(signs) for signs in ((r"\+", "8", "4"), "0084", "84", "0"))
MOBILE = f"^{_BETWEEN}(?:{_COUNTRY}){_BETWEEN}[35789](?:{_BETWEEN}[0-9]){{8}}{_BETWEEN}$"


_SLOT = re.compile(r"\[([^\[\]\n]{1,40})\]")


def check_template(body: str, known: Mapping[str, str]) -> None:
    """Refuses an empty template and places that nothing fills."""
    if not body.strip():
        raise Refusal("copy_text.empty", "Mẫu lời nhắn không được để trống.", field="body")
    strange = [name for name in _SLOT.findall(body) if name not in known]
    if strange:
        raise Refusal(
            "copy_text.unknown",
            f"Không có chỗ điền [{strange[0]}]. Các chỗ điền dùng được: {', '.join(f'[{name}]' for name in known)}.",
            field="body",
        )


def fill(body: str, values: Mapping[str, str]) -> str:
    """The template with its places filled; what was filled in is never read as a place again, lines left bare go."""
    lines = []
    for line in body.splitlines():
        filled = _SLOT.sub(lambda found: values.get(found[1], found[0]), line)
        if filled.strip() or not line.strip():
            lines.append(filled.rstrip())
    return "\n".join(lines).strip()
