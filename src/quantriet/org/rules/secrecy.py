"""Tell a mark of state secrecy from a sentence that talks about secrecy.

A mark stands by itself: as a line, a cell, a stamp in the head or foot of a page, or behind "Độ mật:". Sentences such as
"trừ các nghị quyết, chỉ thị có độ Mật" or "bảo vệ bí mật nhà nước" are ordinary content. Basis: P-05, B-18, R-019.
"""

import re
import unicodedata

from quantriet.kit.refusal import Refusal
from quantriet.kit.text import nfc

LAW = "Luật Bảo vệ bí mật nhà nước số 117/2025/QH15 (hiệu lực từ ngày 01/03/2026)"

_MARKS = {"mật": "MẬT", "tối mật": "TỐI MẬT", "tuyệt mật": "TUYỆT MẬT"}
_JOINED = {mark.replace(" ", ""): level for mark, level in _MARKS.items()}
# Without diacritics only what cannot be read otherwise, and only in the capitals of a stamp ("MAT" may be mắt, mặt, mất).
_BARE = {"TOI MAT": "TỐI MẬT", "TUYET MAT": "TUYỆT MẬT", "TOIMAT": "TỐI MẬT", "TUYETMAT": "TUYỆT MẬT"}
# The same words typed with the fonts of the nineties (TCVN3, VNI), should they reach us unconverted.
_LEGACY = {
    "mët": "MẬT", "tèi mët": "TỐI MẬT", "tuyöt mët": "TUYỆT MẬT",
    "maät": "MẬT", "toái maät": "TỐI MẬT", "tuyeät maät": "TUYỆT MẬT",
}  # fmt: skip
# Letters of other alphabets that look the same on paper.
_LOOKALIKES = str.maketrans("АВЕІКМНОРСТУХаеіорсухΑΒΕΙΚΜΝΟΡΤΥΧο", "ABEIKMHOPCTYXaeiopcyxABEIKMNOPTYXo")

_AROUND = " \t.,;:!?…·•*_~=#|/\\<>[](){}«»“”„\"'’‘`+–—-"
_PIECES = re.compile(r"\s{2,}|\t|\||\u2028")
_LEVEL = r"(?P<level>tuyệt\s+mật|tối\s+mật|mật)"
_NAMED = re.compile(
    rf"(?:độ|cấp|mức)\s*(?:bảo\s+)?mật\s*(?:[:：=]|là\s*[:：])\s*[“\"'(\[]*{_LEVEL}(?!\w)(?P<rest>.*)", re.I | re.S
)
_NAMED_BARE = re.compile(
    r"(?<!\w)do\s*mat\s*[:：=]\s*[\"'(\[]*(?P<level>tuyet\s+mat|toi\s+mat|mat)(?!\w)(?P<rest>.*)", re.I | re.S
)
# "Độ mật: Mật, Tối mật, Tuyệt mật" explains the levels; so does "Độ mật: mật hoặc tối mật".
_GOES_ON = re.compile(
    r"\s*[”\"')\]]*\s*(?:[,;/]|hoặc|và|hay|hoac|va)\s*[“\"'(\[]*\s*(?:tối|tuyệt|mật|toi|tuyet|mat)", re.I
)
_STAMP = re.compile(r"(?:(?:TÀI LIỆU|VĂN BẢN|CÔNG VĂN|HỒ SƠ) )?(?P<level>TUYỆT MẬT|TỐI MẬT|MẬT)")
_STAMP_TAIL = re.compile(r"\s*[-–—(:,]?\s*(?:bản số|số bản|tài liệu thu hồi|không sao chụp|thời hạn)\b.{0,60}$", re.I)
# A printed line at least this long may break a sentence, so that its last word stands alone on the next line.
_FULL_LINE = 50


def find_mark(text: str) -> str | None:
    """The level of secrecy (MẬT, TỐI MẬT, TUYỆT MẬT) that marks this text, or None.

    `text` may be a cell, a line or a whole page; in any Unicode form, with letters spaced out, in brackets or a frame.
    """
    if not text:
        return None
    lines = _plain(text).splitlines()
    alone = sum(1 for line in lines if line.strip(_AROUND)) == 1
    before = ""
    for line in lines:
        if level := _in_line(line, before, alone):
            return level
        before = line
    return None


def refuse_if_marked(text: str, where: str) -> None:
    """Refuse content marked Mật, Tối mật or Tuyệt mật; `where` begins the sentence ("Dòng 2 của tệp")."""
    level = find_mark(text)
    if level:
        raise Refusal(
            "secret.marked",
            f"{where} có dấu chỉ độ mật “{level}”. Theo {LAW}, nội dung có độ mật không được đưa vào hệ thống này; "
            "hãy xử lý theo quy trình bảo vệ bí mật nhà nước. Chưa có gì được lưu.",
        )


def _plain(text: str) -> str:
    return nfc(unicodedata.normalize("NFKC", text).translate(_LOOKALIKES))


def _in_line(line: str, before: str, alone: bool) -> str | None:
    if not line.strip():
        return None
    for pattern in (_NAMED, _NAMED_BARE):
        named = pattern.search(line)
        if named and not _GOES_ON.match(named["rest"]):
            said = " ".join(named["level"].lower().split())
            return _MARKS.get(said) or {"mat": "MẬT", "toi mat": "TỐI MẬT", "tuyet mat": "TUYỆT MẬT"}[said]
    pieces = [line, *(_PIECES.split(line.strip()) if _PIECES.search(line.strip()) else [])]
    for piece in pieces:
        if level := _standing_alone(piece, wrapped=_may_continue(before, line), whole=alone and piece is line):
            return level
    return None


def _standing_alone(piece: str, *, wrapped: bool, whole: bool) -> str | None:
    bare = " ".join(piece.strip(_AROUND).split())
    if not bare or len(bare) > 120:
        return None
    letters = re.split(r"[\s.\-–—_·*]+", bare)
    if len(letters) > 2 and all(len(letter) == 1 for letter in letters):
        joined = "".join(letters)
        return _JOINED.get(joined.lower()) or (_BARE.get(joined) if joined.isupper() else None)
    if bare in _BARE:
        return _BARE[bare]
    lower = bare.lower()
    level = _MARKS.get(lower) or _JOINED.get(lower) or _LEGACY.get(lower)
    if level:
        if bare.isupper() or whole:
            return level
        if lower == "mật" and bare == lower:
            return None  # the last word of a broken line, or honey
        return None if wrapped or piece.rstrip().endswith((".", ",", ";")) else level
    head = _STAMP_TAIL.sub("", bare).strip(_AROUND)
    stamp = _STAMP.fullmatch(head)
    return stamp["level"] if stamp else None


def _may_continue(before: str, line: str) -> bool:
    """Whether `line` may be the end of a sentence that began on a full line above it."""
    above = before.rstrip()
    return len(above) >= _FULL_LINE and not above.endswith((".", "!", "?", ":", ";")) and len(line.strip()) < _FULL_LINE
