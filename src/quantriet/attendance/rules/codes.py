"""Codes by which presence is taken: made and checked with a key alone, so that none needs a row or a line to a database.

Five kinds; each ends with a tag (a keyed digest), so that nobody makes one, and each says what it is:

hall code      C.<venue>.<session>.<step>.<tag>     on the screen of a hall; a new one every 15 seconds. Good are the present
               and the one before: what is photographed and sent on is too old by the time somebody elsewhere opens it.
ticket         what a phone holds that opened a hall code in time: for whom, on which phone, when; good for five minutes,
               so that typing slowly or a slow line costs nobody the check-in.
personal code  0000-1A2B-3C4D: a roster line, printed on a card; good in its class alone.
slip code      S-<line>-<session>-<tag>: a roster line in one session, printed on a paper slip; typed or scanned later.
live code      L.<line>.<step>.<tag>                the same on the member's own screen; a new one every 30 seconds.

The clock is always the server's: it writes the step into the code and compares it with its own; a phone's clock is never
asked. Keys come from `kit.sealing.keys_for`, the present one first; codes printed under a former key stay good.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import NamedTuple

from quantriet.kit.refusal import Refusal
from quantriet.kit.text import nfc

USE = "attendance.codes"  # what the keys are made for

HALL_STEP = 15  # seconds that one hall code stands on the screen
LIVE_STEP = 30  # seconds that one live code stands on the member's screen
LIVE_BACK = 2  # former live codes that are still good: a queue at the desk moves slowly
TICKET_LASTS = 300  # seconds
WRITING_LASTS = (
    2700  # of somebody who writes a suggestion: it is true of the moment of the scan, however long it is written
)

# Without letters that look like digits (Crockford's base 32); what is typed as O, I, L is read as 0, 1, 1.
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("OIL", "011")
_PERSONAL_TAG = 7  # characters of 5 bits
_SHORT_TAG = 10
_LONG_TAG = 16
_LEAST_LINE = 5  # characters of the number of a roster line, so that all codes of an office look alike

_HALL = re.compile(r"C\.([0-9A-Z]{1,13})\.([0-9A-Z]{1,13})\.([0-9A-Z]{1,10})\.([0-9A-Z]{10})")
_SLIP = re.compile(r"S[.-]([0-9A-Z]{1,13})[.-]([0-9A-Z]{1,13})[.-]([0-9A-Z]{7})")
_LIVE = re.compile(r"L\.([0-9A-Z]{1,13})\.([0-9A-Z]{1,10})\.([0-9A-Z]{10})")


class HallCode(NamedTuple):
    """What a hall code stands for; `step` numbers the stretches of 15 seconds since 1970."""

    venue_id: int
    session_id: int
    step: int


class Ticket(NamedTuple):
    """A hall code opened in time: by which phone, when (seconds since 1970), and for whom (0: the slip code will tell)."""

    venue_id: int
    session_id: int
    step: int
    opened: int
    device: str
    entry_id: int = 0
    account_id: int = 0


# --- the hall's screen ------------------------------------------------------------------------------------------


def hall_step(at: float) -> int:
    return int(at) // HALL_STEP


def hall_code(key: bytes, venue_id: int, session_id: int, step: int) -> str:
    body = f"C.{_number(venue_id)}.{_number(session_id)}.{_number(step)}"
    return f"{body}.{_tag(key, body, _SHORT_TAG)}"


def read_hall_code(keys: Sequence[bytes], text: str, at: float) -> HallCode:
    """What a hall code stands for. Refuses what this installation did not make, and what left the screen before the last
    change."""
    found = _HALL.fullmatch(text)
    if not found or not _is_ours(keys, text, _SHORT_TAG):
        raise Refusal(
            "code.forged",
            "Mã này không phải mã điểm danh của hệ thống. Hãy quét mã đang hiện trên màn chiếu của hội trường.",
        )
    code = HallCode(*(_value(part) for part in found.groups()[:3]))
    # One ahead: two servers' clocks may differ by a blink. Nobody can make such a code without the key.
    if not -1 <= code.step - hall_step(at) <= 1:
        raise Refusal(
            "code.old",
            f"Mã đã hết hạn: mã trên màn chiếu đổi sau mỗi {HALL_STEP} giây, ảnh chụp gửi cho nhau không dùng được. "
            "Hãy quét lại mã đang hiện trên màn chiếu.",
        )
    return code


# --- the ticket -------------------------------------------------------------------------------------------------


def make_ticket(key: bytes, ticket: Ticket) -> str:
    body = ".".join(["T", *(str(part) for part in ticket)])
    return f"{body}.{_tag(key, body, _LONG_TAG)}"


def read_ticket(keys: Sequence[bytes], text: str, *, device: str, at: float, lasts: int = TICKET_LASTS) -> Ticket:
    """The ticket, which must come from the phone that opened the code, within `lasts` seconds."""
    parts = text.split(".")
    if len(parts) != len(Ticket._fields) + 2 or not _is_ours(keys, text, _LONG_TAG):
        raise Refusal("ticket.forged", "Lượt quét không đọc được; hãy quét lại mã đang hiện trên màn chiếu.")
    venue, session, step, opened, owner, entry, account = parts[1:-1]
    if not device or owner != device:
        raise Refusal(
            "ticket.device",
            "Lượt quét này mở trên máy khác, hoặc trình duyệt đang chặn cookie. Hãy quét lại mã trên màn chiếu bằng chính "
            "máy này.",
        )
    if not 0 <= int(at) - int(opened) <= lasts:
        raise Refusal(
            "ticket.old",
            f"Lượt quét đã quá {lasts // 60} phút nên không ghi được; hãy quét lại mã đang hiện trên màn chiếu.",
        )
    return Ticket(int(venue), int(session), int(step), int(opened), owner, int(entry), int(account))


# --- a person's code --------------------------------------------------------------------------------------------


def personal_code(key: bytes, entry_id: int) -> str:
    """The code of a roster line, in groups of four as it is printed."""
    line = _number(entry_id).rjust(_LEAST_LINE, "0")
    whole = line + _tag(key, f"P.{line}", _PERSONAL_TAG)
    return "-".join(whole[start : start + 4] for start in range(0, len(whole), 4))


def read_personal_code(keys: Sequence[bytes], text: str) -> int:
    """The roster line of a code typed or scanned, in any case and grouping. Refuses what was never printed."""
    plain = _plain(text)
    line, tag = plain[:-_PERSONAL_TAG], plain[-_PERSONAL_TAG:]
    if _LEAST_LINE <= len(line) <= 13 and set(plain) <= set(_DIGITS):
        for key in keys:
            if hmac.compare_digest(_tag(key, f"P.{line}", _PERSONAL_TAG), tag):
                return _value(line)
    raise Refusal(
        "code.unknown",
        "Mã này không đúng. Mã gồm 12 chữ và số in trên thẻ dự học, ví dụ 0000-1A2B-3C4D; hãy xem lại từng ký tự.",
        field="code",
    )


class SlipCode(NamedTuple):
    """Whose slip, and of which session."""

    entry_id: int
    session_id: int


def slip_code(key: bytes, entry_id: int, session_id: int) -> str:
    """The code of a paper slip as it is printed; its last seven characters are the check."""
    line, session = _number(entry_id).rjust(3, "0"), _number(session_id).rjust(2, "0")
    return f"S-{line}-{session}-{_tag(key, f'S.{line}.{session}', _PERSONAL_TAG)}"


def read_slip_code(keys: Sequence[bytes], text: str) -> SlipCode:
    """Whose slip a code typed or scanned is. Refuses what was never printed: a slip of the pen, or a forged slip."""
    plain = re.sub(r"[-–—]", "-", re.sub(r"\s", "", nfc(text).upper()))
    found = _SLIP.fullmatch("S" + plain[1:].translate(_READ_AS)) if plain[:1] in ("S", "5") else None
    if found is None:
        try:
            read_personal_code(keys, plain[:40])
        except Refusal:
            raise Refusal("slip.unreadable", "không phải mã phiếu; mã in dưới hình có dạng S-00A-1B-3C4D5E6") from None
        raise Refusal("slip.card", "đây là mã thẻ dự học, không phải phiếu của một buổi; hãy quét thẻ ở trang Máy quét")
    line, session, tag = found.groups()
    if not any(hmac.compare_digest(_tag(key, f"S.{line}.{session}", _PERSONAL_TAG), tag) for key in keys):
        raise Refusal(
            "slip.forged", "ký tự kiểm tra không khớp: gõ nhầm một ký tự, hoặc phiếu không do hệ thống này in"
        )
    return SlipCode(_value(line), _value(session))


def live_step(at: float) -> int:
    return int(at) // LIVE_STEP


def live_key(key: bytes, entry_id: int) -> bytes:
    """What checks the live codes of one roster line and of no other: a roll device holds those of its venue (decision 0029)."""
    return hmac.digest(key, f"live.{entry_id}".encode(), "sha256")


def live_code(key: bytes, entry_id: int, step: int) -> str:
    body = f"L.{_number(entry_id)}.{_number(step)}"
    return f"{body}.{_live_tag(live_key(key, entry_id), body)}"


def card_digest(salt: bytes, code: str) -> str:
    """By what a roll device knows a printed code again without being able to print one (16 hex digits)."""
    return hmac.digest(salt, _plain(code).encode(), "sha256")[:8].hex()


def read_scanned(keys: Sequence[bytes], text: str, at: float) -> int:
    """The roster line of whatever was held before the scanner: a printed code or one on a member's screen.

    Refuses a code of the hall's screen, a live code that is too old (a picture of a screen), and what is none of ours.
    """
    plain = text.strip()
    if _HALL.fullmatch(plain.rpartition("/c/")[2].rstrip("/")):
        raise Refusal(
            "code.of_hall",
            "Đây là mã của màn chiếu, đảng viên tự quét bằng điện thoại. Ở bàn này hãy quét mã của từng người.",
        )
    if _SLIP.fullmatch(plain):
        raise Refusal(
            "code.of_slip",
            "Đây là phiếu của một buổi, đọc ở trang Phiếu có mã. Ở bàn này hãy quét thẻ dự học của từng người.",
        )
    found = _LIVE.fullmatch(plain)
    if not found:
        return read_personal_code(keys, plain[:40])
    body, _, tag = plain.rpartition(".")
    entry_id = _value(found[1])
    if not any(hmac.compare_digest(_live_tag(live_key(key, entry_id), body), tag) for key in keys):
        raise Refusal("code.unknown", "Mã này không phải mã của hệ thống; hãy điểm danh người này theo tên.")
    step = live_step(at)
    if not step - LIVE_BACK <= _value(found[2]) <= step + 1:
        raise Refusal(
            "code.old",
            "Mã trên màn hình này đã cũ, có thể là ảnh chụp. Đề nghị đảng viên mở lại trang “Mã điểm danh của tôi” trên "
            "máy của mình rồi quét lại.",
        )
    return entry_id


# --- letters and digests ----------------------------------------------------------------------------------------


def _is_ours(keys: Sequence[bytes], text: str, length: int) -> bool:
    """Whether the text ends with its tag, of exactly so many characters: a shorter one would be guessed."""
    body, _, tag = text.rpartition(".")
    return any(hmac.compare_digest(_tag(key, body, length).encode(), tag.encode()) for key in keys)


def _plain(text: str) -> str:
    """A printed code as it is compared: whatever case, grouping, or letter in place of a digit it was typed with."""
    return re.sub(r"[\s\-–.]", "", nfc(text).upper()).translate(_READ_AS)


def _live_tag(line_key: bytes, body: str) -> str:
    """HMAC with SHA-256, which browsers know, over the first 16 bytes: a device without a line makes the same."""
    return _letters(hmac.digest(line_key, body.encode(), "sha256")[:16], _SHORT_TAG)


def _tag(key: bytes, body: str, length: int) -> str:
    return _letters(hashlib.blake2b(body.encode(), key=key, digest_size=16).digest(), length)


def _letters(digest: bytes, length: int) -> str:
    made = int.from_bytes(digest, "big")
    return "".join(_DIGITS[made >> (5 * place) & 31] for place in range(length))


def _number(value: int) -> str:
    digits = ""
    while value:
        value, rest = divmod(value, 32)
        digits = _DIGITS[rest] + digits
    return digits or "0"


def _value(text: str) -> int:
    value = 0
    for one in text:
        value = value * 32 + max(0, _DIGITS.find(one))
    return value
