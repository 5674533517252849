"""Vietnamese typed before Unicode: TCVN3 (.VnTime) and VNI letters, recognised by their statistics, converted on request.

Such text looks like "NguyÔn V¨n An" (TCVN3) or "Nguyeãn Vaên An" (VNI). Nothing is converted silently: `detect_legacy`
says what it probably is, a person sees before and after, and `convert` does it.

    found = detect_legacy(["NguyÔn V¨n An", "TrÇn ThÞ B×nh"])    # Legacy(name="tcvn3", confidence=1.0)
    convert("NguyÔn V¨n An", found.name)                         # "Nguyễn Văn An"
"""

import codecs
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

TCVN3 = "tcvn3"
VNI = "vni"
WINDOWS_1258 = "windows-1258"

_TCVN3_LETTERS = {
    0xA1: "Ă", 0xA2: "Â", 0xA3: "Ê", 0xA4: "Ô", 0xA5: "Ơ", 0xA6: "Ư", 0xA7: "Đ",
    0xA8: "ă", 0xA9: "â", 0xAA: "ê", 0xAB: "ô", 0xAC: "ơ", 0xAD: "ư", 0xAE: "đ",
    0xB5: "à", 0xB6: "ả", 0xB7: "ã", 0xB8: "á", 0xB9: "ạ",
    0xBB: "ằ", 0xBC: "ẳ", 0xBD: "ẵ", 0xBE: "ắ", 0xC6: "ặ",
    0xC7: "ầ", 0xC8: "ẩ", 0xC9: "ẫ", 0xCA: "ấ", 0xCB: "ậ",
    0xCC: "è", 0xCE: "ẻ", 0xCF: "ẽ", 0xD0: "é", 0xD1: "ẹ",
    0xD2: "ề", 0xD3: "ể", 0xD4: "ễ", 0xD5: "ế", 0xD6: "ệ",
    0xD7: "ì", 0xD8: "ỉ", 0xDC: "ĩ", 0xDD: "í", 0xDE: "ị",
    0xDF: "ò", 0xE1: "ỏ", 0xE2: "õ", 0xE3: "ó", 0xE4: "ọ",
    0xE5: "ồ", 0xE6: "ổ", 0xE7: "ỗ", 0xE8: "ố", 0xE9: "ộ",
    0xEA: "ờ", 0xEB: "ở", 0xEC: "ỡ", 0xED: "ớ", 0xEE: "ợ",
    0xEF: "ù", 0xF1: "ủ", 0xF2: "ũ", 0xF3: "ú", 0xF4: "ụ",
    0xF5: "ừ", 0xF6: "ử", 0xF7: "ữ", 0xF8: "ứ", 0xF9: "ự",
    0xFA: "ỳ", 0xFB: "ỷ", 0xFC: "ỹ", 0xFD: "ý", 0xFE: "ỵ",
}  # fmt: skip

# A plain letter and the character typed after it.
_VNI_PAIRS = {
    "a": {"ø": "à", "ù": "á", "û": "ả", "õ": "ã", "ï": "ạ", "ê": "ă", "è": "ằ", "é": "ắ", "ú": "ẳ", "ü": "ẵ", "ë": "ặ",
          "â": "â", "à": "ầ", "á": "ấ", "å": "ẩ", "ã": "ẫ", "ä": "ậ"},
    "e": {"ø": "è", "ù": "é", "û": "ẻ", "õ": "ẽ", "ï": "ẹ", "â": "ê", "à": "ề", "á": "ế", "å": "ể", "ã": "ễ", "ä": "ệ"},
    "o": {"ø": "ò", "ù": "ó", "û": "ỏ", "õ": "õ", "ï": "ọ", "â": "ô", "à": "ồ", "á": "ố", "å": "ổ", "ã": "ỗ", "ä": "ộ"},
    "u": {"ø": "ù", "ù": "ú", "û": "ủ", "õ": "ũ", "ï": "ụ"},
    "y": {"ø": "ỳ", "ù": "ý", "û": "ỷ", "õ": "ỹ"},
    "ô": {"ø": "ờ", "ù": "ớ", "û": "ở", "õ": "ỡ", "ï": "ợ"},
    "ö": {"ø": "ừ", "ù": "ứ", "û": "ử", "õ": "ữ", "ï": "ự"},
}  # fmt: skip
_VNI_ALONE = {"í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "ô": "ơ", "ö": "ư", "î": "ỵ", "ñ": "đ"}

# Fonts were typed on Western Windows: some programs keep those bytes as typographic signs of code page 1252.
_TO_LATIN1 = {ord(bytes([byte]).decode("cp1252", "ignore") or "\0"): byte for byte in range(0x80, 0xA0)}
_TO_LATIN1.pop(0, None)

_VNI: dict[str, str] = {}
for _plain, _marks in _VNI_PAIRS.items():
    for _mark, _letter in _marks.items():
        _VNI[_plain + _mark] = _letter
        _VNI[_plain.upper() + _mark.upper()] = _letter.upper()
        # A capital first letter is often typed with a small mark.
        _VNI[_plain.upper() + _mark] = _letter.upper()
for _sign, _letter in _VNI_ALONE.items():
    _VNI[_sign] = _letter
    _VNI[_sign.upper()] = _letter.upper()
_VNI_PATTERN = re.compile("|".join(sorted(map(re.escape, _VNI), key=len, reverse=True)))

# TCVN3 uses signs (©, ¬, soft hyphen …) as letters, so a token is everything between spaces and common punctuation.
_LEGACY_TOKEN = re.compile(r"[^\s\d.,;:()\[\]{}!?\"'/\\+*=_|–—-]+")
_LEGACY_WORD = re.compile(r"[A-Za-z\u00a1-\u00ff]+")


@dataclass(frozen=True)
class Legacy:
    """A pre-Unicode typing that the texts probably have; `confidence` from 0 to 1."""

    name: str
    confidence: float


def convert(text: str, name: str) -> str:
    """Turn text typed in `name` ("tcvn3" or "vni") into Unicode. Text that already holds letters beyond Latin-1 stays."""
    if text.isascii() or _is_unicode(text):
        return text
    if name == TCVN3:
        # Capitals with tones exist only as the font .VnTimeH: the same codes as small letters, between plain capitals.
        # Numbers of documents are written in capitals in any line ("Sè: 26-HD/BTGTU") and say nothing of the others.
        words = [word for word in text.split() if not any(letter.isdecimal() or letter == "/" for letter in word)]
        plain = [letter for word in words for letter in word if letter.isascii() and letter.isalpha()]
        if len(plain) > 1 and all(letter.isupper() for letter in plain):
            return text.translate(_TCVN3_LETTERS).upper()
        return _LEGACY_WORD.sub(_tcvn3_word, text)
    if name == VNI:
        return _VNI_PATTERN.sub(lambda found: _VNI[found.group()], text)
    raise ValueError(name)


def _tcvn3_word(found: re.Match[str]) -> str:
    word = found.group()
    plain = [letter for letter in word if letter.isascii()]
    turned = word.translate(_TCVN3_LETTERS)
    return turned.upper() if len(plain) > 1 and all(letter.isupper() for letter in plain) else turned


def _is_unicode(text: str) -> bool:
    return any(ord(letter) > 0xFF and ord(letter) not in _TO_LATIN1 for letter in text)


def detect_legacy(texts: Iterable[str]) -> Legacy | None:
    """Say whether the texts are TCVN3 or VNI; None when they read well as they are or when too little speaks for either.

    Counts, for words with a letter outside ASCII, how many are possible Vietnamese syllables as they stand and after
    each conversion.
    """
    words = _marked_words(texts)
    if not words:
        return None
    as_is = _share(words)
    best = max(
        ((_share([convert(word, name) for word in words]), name) for name in (TCVN3, VNI)), key=lambda one: one[0]
    )
    share, name = best
    enough = len(words) >= 2 or share == 1.0
    if enough and share >= 0.6 and share - as_is >= 0.3:
        return Legacy(name, round(share - as_is if as_is > 0.2 else share, 2))
    return None


def _marked_words(texts: Iterable[str]) -> list[str]:
    """Words with a letter outside ASCII, about 5,000 at most."""
    words: list[str] = []
    for text in texts:
        if not text.isascii():
            words += [word for word in _LEGACY_TOKEN.findall(text) if not word.isascii()]
        if len(words) > 5_000:
            break
    return words


def _share(words: list[str]) -> float:
    good = sum(1 for word in words if is_syllable(word))
    return good / len(words)


_RHYMES = frozenset(
    """a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
    e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu
    o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oe oen oeo oet oi om on ong oong op ot oc
    ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uân uâng uât uây uc uê uêch uên uênh uêt ui um un ung
    uôc uôi uôm uôn uông uôt up ut uơ uơn uy uya uych uyên uyêt uynh uyt uyn uyu ư ưa ưc ưi ưm ưn ưng
    ươc ươi ươm ươn ương ươp ươt ươu ưt ưu y yêm yên yêng yêt yêu ynh ych
    ua uai uan uang uanh uat uay uac uach uao uăn uăng uăc uăt ue uen ueo uet""".split()
)
_ONSETS = ("ngh", "ch", "gh", "gi", "kh", "ng", "nh", "ph", "qu", "th", "tr",
           "b", "c", "d", "đ", "g", "h", "k", "l", "m", "n", "p", "q", "r", "s", "t", "v", "x", "")  # fmt: skip
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_STOPS = ("c", "ch", "p", "t")


def is_syllable(word: str) -> bool:
    """Say whether the word could be one Vietnamese syllable: a known onset, a known rhyme and at most one fitting tone."""
    tones: list[str] = []
    letters: list[str] = []
    for sign in unicodedata.normalize("NFD", word.lower()):
        (tones if sign in _TONES else letters).append(sign)
    plain = unicodedata.normalize("NFC", "".join(letters))
    if len(tones) > 1:
        return False
    for onset in _ONSETS:
        if not plain.startswith(onset):
            continue
        rhyme = plain[len(onset) :]
        if onset == "gi" and plain in {"gi", "gin", "giêng", "giêt", "giêc"}:
            rhyme = "i"
        if rhyme in _RHYMES:
            return not (
                rhyme.endswith(_STOPS) and not rhyme.endswith("ch") and tones and tones[0] not in "\u0301\u0323"
            )
    return False


def reads_better(texts: Iterable[str], name: str) -> bool:
    """Say whether a few texts read better converted from `name` than as they are; a tie is no."""
    words = _marked_words(texts)
    return bool(words) and _share([convert(word, name) for word in words]) > _share(words)


def vietnamese_share(texts: Iterable[str]) -> float:
    """Share of the words with a letter outside ASCII that are possible Vietnamese syllables; 0 without such words."""
    words = _marked_words(texts)
    return _share(words) if words else 0.0


@dataclass(frozen=True)
class Encoding:
    """How the text of a file is written, for a person to judge.

    `applied` False: probably `name`, not converted; show `before` and `after` (samples), ask, then read again with
    `legacy=choice` to convert or `legacy="none"` to leave it.
    """

    name: str
    confidence: float
    applied: bool
    choice: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The name that an office knows it by."""
        return LABELS.get(self.name, self.name)

    def as_json(self) -> dict[str, Any]:
        """Plain data; `from_json` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Encoding":
        """The finding that `as_json` wrote."""
        return cls(**{**data, "before": tuple(data["before"]), "after": tuple(data["after"])})


LABELS = {
    "utf-8": "Unicode (UTF-8)",
    "utf-16": "Unicode (UTF-16)",
    WINDOWS_1258: "Windows-1258",
    TCVN3: "TCVN3 (phông .VnTime)",
    VNI: "VNI (phông VNI-Times)",
}


def offer(
    name: str,
    confidence: float,
    before: Sequence[str],
    *,
    after: Sequence[str] | None = None,
    choice: str | None = None,
) -> Encoding:
    """A finding with a few samples that change by the conversion."""
    read = [convert(said, name) for said in before] if after is None else after
    pairs = [
        (one.strip()[:120], other.strip()[:120]) for one, other in zip(before, read, strict=False) if one != other
    ][:8]
    return Encoding(
        name=name,
        confidence=round(confidence, 2),
        applied=False,
        choice=choice or name,
        before=tuple(one for one, _ in pairs),
        after=tuple(other for _, other in pairs),
    )


def decide_codec(path: Path, legacy: str | None) -> "tuple[str, Encoding | None]":
    """Python's codec for a text file, and a finding when a person must be asked.

    UTF-8 and UTF-16 are certain. Other bytes are read as Western letters: TCVN3 and VNI then show in the cells; `legacy`
    "windows-1258" reads them as that.
    """
    with path.open("rb") as file:
        head = file.read(256 * 1024)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig", None
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", None
    if head.count(0) > len(head) // 8:
        return "utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be", None
    if _is_utf8(path):
        return "utf-8", None
    if legacy is not None:
        return ("cp1258" if legacy == WINDOWS_1258 else "latin-1"), None
    lines = head.decode("latin-1").splitlines()[:2000]
    found = detect_legacy(lines)
    read = unicodedata.normalize("NFC", head.decode("cp1258", "replace")).splitlines()[:2000]
    share = vietnamese_share(read)
    if share > 0.6 and (found is None or share > found.confidence):
        return "latin-1", offer(WINDOWS_1258, share, lines, after=read)
    return "latin-1", None


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            for piece in iter(lambda: file.read(1 << 20), b""):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
