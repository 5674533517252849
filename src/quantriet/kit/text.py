"""Vietnamese text: one form at the door, one folded key for search and matching, names in the order of the given name."""

import re
import unicodedata

_MARKED = {
    "a": "àáảãạăằắẳẵặâầấẩẫậ",
    "e": "èéẻẽẹêềếểễệ",
    "i": "ìíỉĩị",
    "o": "òóỏõọôồốổỗộơờớởỡợ",
    "u": "ùúủũụưừứửữự",
    "y": "ỳýỷỹỵ",
    "d": "đ",
}
_FOLD = str.maketrans({mark: plain for plain, marks in _MARKED.items() for mark in marks + marks.upper()})
_SPACES = re.compile(r"\s+")
# Zero-width and directional characters arrive with text pasted from chat programs and hide differences from the eye.
_INVISIBLE = str.maketrans("", "", "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f")

# Order of the Vietnamese alphabet with the tones after their plain letter, as dictionaries sort.
_ALPHABET = "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệfghiìỉĩíịjklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvwxyỳỷỹýỵz"
_RANK = {letter: chr(0x21 + position) for position, letter in enumerate(_ALPHABET)}

NATURAL_KEY = 220  # letters of a column that keeps such a key


def nfc(value: str) -> str:
    """Bring text to the composed form, without invisible characters."""
    return unicodedata.normalize("NFC", value).translate(_INVISIBLE)


def squeeze(value: str) -> str:
    """NFC text with single spaces and none at the ends; line breaks count as spaces."""
    return _SPACES.sub(" ", nfc(value)).strip()


def fold(value: str) -> str:
    """The key for search and matching: NFC, no marks, đ → d, lower case, single spaces."""
    return squeeze(value).translate(_FOLD).lower()


def name_key(full_name: str) -> str:
    """Sort key of a Vietnamese name: given name, then the rest, in alphabet order with marks."""
    words = squeeze(full_name).lower().split(" ")
    ordered = [words[-1], *words[:-1]]
    return " ".join("".join(_RANK.get(letter, letter) for letter in word) for word in ordered)


def natural_key(value: str) -> str:
    """Sort key in which numbers inside text sort by value: "Chi bộ 2" before "Chi bộ 10"; cut where its column ends."""
    return re.sub(r"\d+", lambda digits: digits.group().zfill(8), fold(value))[:NATURAL_KEY]
