"""Reference numbers: "26-HD/BTGTU" is number 26, type HD (Hướng dẫn), body BTGTU."""

from __future__ import annotations

import re
from dataclasses import dataclass

from quantriet.kit import text
from quantriet.kit.refusal import Refusal
from quantriet.library.vocab import DOCUMENT_TYPES

# "26-HD/BTGTU", "08-CT/TU", "114-QĐ/TW", "117/QĐ-TW", "Số: 01-NQ/ĐU"; the body may hold dots and dashes.
_SHAPE = re.compile(
    r"^(?:số\s*:?\s*)?(?P<number>\d{1,5})\s*[-–—/]\s*(?P<type>[A-ZĐa-zđ]{1,5})\s*[/\-–—]\s*(?P<body>[A-ZĐÀ-Ỹa-zđà-ỹ0-9.\-]+)$",
    re.I,
)
_BY_FOLD = {text.fold(code): code for code in DOCUMENT_TYPES}

# Body code → who issues; the level follows from it. Only what is beyond doubt; the officer names the rest.
_BODIES = {
    "TW": ("Ban Chấp hành Trung ương", "central"),
    "BCT": ("Bộ Chính trị", "central"),
    "BBT": ("Ban Bí thư", "central"),
    "BTGTW": ("Ban Tuyên giáo Trung ương", "central"),
    "BTGDVTW": ("Ban Tuyên giáo và Dân vận Trung ương", "central"),
    "VPTW": ("Văn phòng Trung ương Đảng", "central"),
    "TU": ("Tỉnh ủy", "province"),
    "BTGTU": ("Ban Tuyên giáo Tỉnh ủy", "province"),
    "BTGDVTU": ("Ban Tuyên giáo và Dân vận Tỉnh ủy", "province"),
    "HU": ("Huyện ủy", "district"),
    "ĐU": ("Đảng ủy", "commune"),
}


@dataclass(frozen=True)
class Reference:
    """A parsed reference number, and what it tells of the issuer."""

    number: int
    type_code: str
    body_code: str
    issuing_body: str = ""
    level: str = ""

    @property
    def text(self) -> str:
        """As the paper writes it: 01 to 09 with a leading zero (P-03)."""
        body = f"/{self.body_code}" if self.body_code else ""
        return f"{self.number:02d}-{self.type_code}{body}"

    @property
    def type_name(self) -> str:
        return DOCUMENT_TYPES[self.type_code]


def parse_reference(written: str) -> Reference:
    """Read a reference number in any usual spelling. Refuses what has no number, no known type or no body."""
    found = _SHAPE.match(text.squeeze(written))
    if not found:
        raise Refusal(
            "document.reference_shape",
            f"Không đọc được số, ký hiệu “{text.squeeze(written)}”. Ghi theo mẫu: 26-HD/BTGTU (số - loại / cơ quan).",
            field="reference_number",
        )
    type_code = _BY_FOLD.get(text.fold(found["type"]))
    if type_code is None:
        known = ", ".join(DOCUMENT_TYPES)
        raise Refusal(
            "document.type_unknown",
            f"Không có loại văn bản “{found['type']}”. Các loại: {known}.",
            field="reference_number",
        )
    body = found["body"].upper().strip(".-")
    issuing_body, level = _BODIES.get(body, ("", ""))
    return Reference(int(found["number"]), type_code, body, issuing_body, level)


def find_references(paragraph: str) -> list[str]:
    """Every reference number quoted in running text, in the paper's spelling, each once."""
    quoted: list[str] = []
    for piece in re.findall(r"\b\d{1,5}\s?-\s?[A-ZĐ][A-Za-zĐđ]{0,4}\s?/\s?[A-ZĐ]{2,10}\b", text.nfc(paragraph)):
        try:
            written = parse_reference(piece.replace(" ", "")).text
        except Refusal:
            continue
        if written not in quoted:
            quoted.append(written)
    return quoted
