"""Vietnamese text: one form at the door, one folded key for search and matching, names in the order of the given name."""

import re
import unicodedata
from collections.abc import Callable

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

# Between these a name is two words to one writer and one word to another: "H'Hen", "K' Brêu", "A-Rem".
_JOINTS = re.compile(r"['\u2018\u2019\u02bc\u02b9\u00b4`.-]+")
_JOINED = re.compile(_JOINTS.pattern + " *")
_LETTERS = re.compile(r"[^\W_]+")
SEARCH_KEY = 200  # letters of a column that keeps a search key

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


def word_finder(word: str) -> Callable[[str], tuple[int, int] | None]:
    """Find a folded word in text of any marks, as a whole word: (start, end), or None. For many texts: many times quicker
    than folding each. The text is NFC and in small letters (`str.lower`).
    """
    # Beginning with the letter itself where it has no marks: then C alone walks to it.
    letters = (f"[{plain}{_MARKED[plain]}]" if plain in _MARKED else re.escape(plain) for plain in word)
    found = re.compile("".join(letters) + r"(?!\w)")

    def find(low: str) -> tuple[int, int] | None:
        for hit in found.finditer(low):
            if not hit.start() or not low[hit.start() - 1].isalnum():
                return hit.span()
        return None

    return find


def name_key(full_name: str) -> str:
    """Sort key of a Vietnamese name: given name, then the rest, in alphabet order with marks."""
    words = squeeze(full_name).lower().split(" ")
    ordered = [words[-1], *words[:-1]]
    return " ".join("".join(_RANK.get(letter, letter) for letter in word) for word in ordered)


def search_words(value: str) -> list[str]:
    """The words by which names are searched: folded, without any mark ("Êñuôl"), parted at apostrophes, hyphens, dots."""
    return _JOINTS.sub(" ", _bare(fold(value))).split()


def index_words(value: str) -> list[str]:
    """The words by which whole texts are searched (`kit.db.keep_word_index`): folded runs of letters and digits, so that both
    databases part them alike ("15-NQ/TU" is "15", "nq", "tu")."""
    return _LETTERS.findall(_bare(fold(value)))


def _bare(folded: str) -> str:
    if folded.isascii():
        return folded
    return "".join(letter for letter in unicodedata.normalize("NFD", folded) if not unicodedata.combining(letter))


def search_key(full_name: str) -> str:
    """A name as it is searched: the given name first, then the rest, all folded; cut where its column ends.

    What an apostrophe or hyphen parts stands also as one word at the end: "H'Hen Niê" is "nie h hen hhen", "K' Brêu" is
    "breu k kbreu".
    """
    bare = _bare(fold(full_name))
    parts = bare.split(" ")
    words = [word for part in [parts[-1], *parts[:-1]] for word in search_words(part)]
    joined = _JOINED.sub("", bare).split() if _JOINTS.search(bare) else []
    return " ".join([*words, *(word for word in joined if word not in words)])[:SEARCH_KEY].rstrip()


def natural_key(value: str) -> str:
    """Sort key in which numbers inside text sort by value: "Chi bộ 2" before "Chi bộ 10"; cut where its column ends."""
    return re.sub(r"\d+", lambda digits: digits.group().zfill(8), fold(value))[:NATURAL_KEY]
