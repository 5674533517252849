"""What a meeting's name says: a person of the roster, a hall, a recorder.

A name is confirmed without a person only when it can mean nobody else on the roster: by e-mail, by member code, or by the
whole name when no other of the roster bears it and nothing in the log speaks against it (other marks, another unit's name).
Everything less is a question with candidates, and what stands for nobody is said so. Two members of one name are told apart
only by what the log itself adds: marks, the unit's name, an e-mail, a code (B-06).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from quantriet.kit.text import fold, index_words, nfc, squeeze


class Meaning(StrEnum):
    SURE = "sure"
    DOUBTFUL = "doubtful"
    UNKNOWN = "unknown"
    VENUE = "venue"
    IGNORED = "ignored"


class Called(NamedTuple):
    """A line of the roster as names are compared with it."""

    entry_id: int
    person_id: int
    full_name: str
    code: str
    email: str
    unit_id: int


class Hall(NamedTuple):
    venue_id: int
    name: str


class Candidate(NamedTuple):
    entry_id: int
    why: str


@dataclass(frozen=True)
class Found:
    """What one name of a log means, and why, in a sentence."""

    meaning: Meaning
    why: str
    entry_id: int | None = None
    venue_id: int | None = None
    candidates: tuple[Candidate, ...] = ()


MOST_CANDIDATES = 8

# Programs that listen, record or translate; never people. Compared with folded words.
_BOTS = re.compile(
    r"\b(?:otter ?(?:ai|pilot|\.ai)|otter\.ai|fireflies(?:\.ai)?|fred fireflies|read\.? ?ai|readai|fathom(?:'s)? (?:notetaker|video|ai)|fathom notetaker|"
    r"notetaker|note ?taker|tl;?dv|tldv|meetgeek|sembly|avoma|grain(?:\.co)? (?:notetaker|bot)|gong(?:\.io)? (?:recorder|bot)|"
    r"zoom (?:ai companion|notetaker|cloud recording)|zoom rooms? controller|recording bot|recorder bot|meeting recorder|"
    r"recall\.?ai|supernormal|laxis|airgram|tactiq|krisp|bluedot|copilot|transcri(?:be|ption)|phien dich ai|may ghi (?:am|hinh|am hinh)|"
    r"recording|recorder|live ?stream(?:ing)?|youtube live|obs(?: studio)?|bot ghi (?:am|hinh))\b"
)
_ROOM_SYSTEM = re.compile(
    r"\b(?:zoom rooms?|teams rooms?|meeting room|conference room|polycom|poly (?:studio|x\d+|g\d+)|logitech|cisco|yealink|webex (?:room|board)|vtel|codec)\b"
)
_VENUE = re.compile(
    r"\b(?:diem cau|dau cau|diem cau so|hoi truong|phong hop|phong hoi nghi|hoi truong ubnd|nha van hoa|trung tam hoi nghi|"
    r"hoi truong [a-z]|phong hop so|truong quay)\b"
)
# What stands before the name of an office; a log name of nothing else is its room, not a person.
_OFFICE = re.compile(
    r"^(?:ubnd|hdnd|dang uy|van phong|vp|cong an|ban chqs|mttq|truong (?:thcs|thpt|tieu hoc|mam non)|tram y te|xa|phuong|thi tran|tt)\b"
)
_DEVICE = re.compile(
    r"(?:\b(?:iphone|ipad|galaxy|samsung|oppo|vivo|xiaomi|redmi|realme|huawei|nokia|laptop|desktop|pc|macbook(?: pro| air)?|android)\b"
    r"(?: (?:cua|of|de))?(?: \w*\d\w*)?(?: (?:pro|max|plus|ultra|mini|note))*\b|\b(?:sm-[a-z0-9]+|dien thoai|may tinh|may 2|thiet bi)(?: cua)?\b)"
)
# What a person is addressed by; at the front of a text only, for each of these may be a part of a name elsewhere.
_TITLES = tuple(
    tuple(title.split())
    for title in (
        "dong chi,d c,dc,ong,ba,anh,chi,thay,co,pho bi thu,bi thu,bt,pbt,pho chu tich,chu tich,ct,pct,dang vien,dv,gv,ts,ths,pgs,gs,bs"
    ).split(",")
)
# Short words of offices, none of which is a syllable of a name.
_OFFICE_WORDS = frozenset("cb db vp ubnd hdnd mttq ubmttq thcs thpt bch chqs dc".split())
_PLACE_WORDS = frozenset("cb db du thon tdp kp khu buon xom ap".split())
_OWNS = re.compile(r"(?<=\w\w)['’]s\b", re.I)  # "An's iPhone"
_SPLIT = re.compile(r"\s+[-–—]\s+|[_|/\\,:;()\[\]{}<>•·~+]|\s[-–—]|[-–—]\s")


@dataclass
class Roster:
    """The called people of a class, indexed by all that a log may call them."""

    people: Sequence[Called]
    units: Mapping[int, Sequence[str]]  # unit → its names: full, short, code
    halls: Sequence[Hall] = ()
    by_name: dict[str, list[Called]] = field(default_factory=lambda: defaultdict(list))
    by_words: dict[tuple[str, ...], list[Called]] = field(default_factory=lambda: defaultdict(list))
    by_ends: dict[tuple[str, str], list[Called]] = field(default_factory=lambda: defaultdict(list))
    by_tail: dict[tuple[str, str], list[Called]] = field(default_factory=lambda: defaultdict(list))
    by_email: dict[str, list[Called]] = field(default_factory=lambda: defaultdict(list))
    by_code: dict[str, Called] = field(default_factory=dict)
    by_entry: dict[int, Called] = field(default_factory=dict)
    unit_keys: dict[int, tuple[str, ...]] = field(default_factory=dict)
    longest: int = 2

    def __post_init__(self) -> None:
        for one in self.people:
            words = _words(one.full_name)
            if not words:
                continue
            self.by_entry[one.entry_id] = one
            self.by_name[" ".join(words)].append(one)
            self.by_words[tuple(sorted(words))].append(one)
            self.by_ends[words[0], words[-1]].append(one)
            if len(words) > 2:
                self.by_tail[words[-2], words[-1]].append(one)
            self.longest = max(self.longest, min(len(words), 8))
            if one.email:
                self.by_email[one.email.lower()].append(one)
            if one.code:
                self.by_code[fold(one.code)] = one
        self.unit_keys = {
            unit: tuple(key for name in names if (key := _unit_key(name))) for unit, names in self.units.items()
        }

    @property
    def keyed_units(self) -> dict[str, set[int]]:
        found: dict[str, set[int]] = defaultdict(set)
        for unit, keys in self.unit_keys.items():
            for key in keys:
                found[key].add(unit)
        return found


def _words(name: str) -> list[str]:
    return index_words(name)


def _unit_key(name: str) -> str:
    """A unit's name as a log abbreviates it: "Chi bộ thôn 1" and "CB thôn 1" are "cb thon 1"."""
    said = " ".join(_words(name))
    for long, short in (
        ("chi bo", "cb"),
        ("dang bo", "db"),
        ("dang uy", "du"),
        ("to dan pho", "tdp"),
        ("khu pho", "kp"),
    ):
        said = re.sub(rf"\b{long}\b", short, said)
    return re.sub(r"\b0+(\d)", r"\1", said)


def said_key(name: str) -> str:
    """By what two lines of a log are of one name: its marks count ("Hùng" is not "Hưng"), capitals and spaces do not."""
    return nfc(squeeze(name).casefold())


def log_key(name: str, email: str) -> str:
    """By what a name of a log is remembered: the name with its marks, and its e-mail if it has one."""
    return f"@{email.lower()}|{said_key(name)}" if email else said_key(name)


class Matcher:
    """Tells the names of one log against one roster."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        self._units = roster.keyed_units
        self._halls = [(hall, _words(hall.name)) for hall in roster.halls]

    def find(self, name: str, email: str) -> Found:
        """What a name means; decisions remembered from before are the caller's."""
        said = fold(name)
        own = self.roster.by_email.get(email, []) if email else []
        bot = _BOTS.search(said)
        by_name, is_whole = self._people(name)
        if bot and not by_name:
            return Found(
                Meaning.IGNORED, f"Là công cụ ghi, dịch hoặc chép lời tự động (“{bot.group()}”), không phải người dự."
            )
        if _VENUE.search(said) or _ROOM_SYSTEM.search(said):
            return self._room(name, said)
        if not by_name and _OFFICE.match(said) and len(own) == 0:
            return self._room(name, said)
        if len(own) == 1:
            one = own[0]
            if by_name and all(other.entry_id != one.entry_id for other in by_name):
                told = (
                    Candidate(one.entry_id, "trùng thư điện tử"),
                    *(self._candidate(other, "trùng tên") for other in by_name),
                )
                return Found(
                    Meaning.DOUBTFUL,
                    "Thư điện tử là của một người, tên hiện trong cuộc họp là của người khác.",
                    candidates=told[:MOST_CANDIDATES],
                )
            return Found(Meaning.SURE, "Trùng thư điện tử.", one.entry_id)
        coded = self._coded(said)
        if coded is not None:
            if by_name and coded not in by_name:
                told = (self._candidate(coded, "trùng mã"), *(self._candidate(other, "trùng tên") for other in by_name))
                return Found(
                    Meaning.DOUBTFUL,
                    "Mã trong tên là của một người, họ tên là của người khác.",
                    candidates=told[:MOST_CANDIDATES],
                )
            return Found(Meaning.SURE, "Trùng mã đảng viên.", coded.entry_id)
        if by_name and is_whole:
            return self._named(name, by_name)
        return self._alike(name, by_name)

    def is_of_several(self, name: str) -> bool:
        """Whether a name typed without marks may be several people's of the roster: what was decided of one says little."""
        people, _ = self._people(name)
        fitting = {said_key(one.full_name) for one in people if _marks_fit(name, one.full_name)}
        return len(fitting) > 1 or (len(people) > 1 and _is_plain(name))

    # --- parts ---

    def _people(self, name: str) -> tuple[list[Called], bool]:
        """Everybody of the roster whose whole name stands in this text, the longest name first found; and whether it stands
        there by itself, with nothing beside it in its part of the text that may belong to another, longer name.
        """
        roster = self.roster
        near: list[Called] = []
        for part in _parts(name):
            words = _words(part)
            bare = _undressed(words)
            if found := roster.by_name.get(" ".join(words)):
                return found, True
            if found := roster.by_name.get(" ".join(bare)):
                # "Anh Trần Quốc" may be Trần Quốc Anh, written in the other order.
                turned = roster.by_words.get(tuple(sorted(words)), ())
                if not turned:
                    return found, True
                near += [*found, *turned]
        for part in _parts(name):
            words = _undressed(_words(part))[:24]
            for size in range(min(roster.longest, len(words) - 1), 1, -1):
                # From the end: a unit stands before a name.
                for start in range(len(words) - size, -1, -1):
                    found = roster.by_name.get(" ".join(words[start : start + size]))
                    if not found:
                        continue
                    if self._is_explained(words[:start]) and self._is_explained(words[start + size :], is_after=True):
                        if all(one in found for one in near):
                            return found, True
                    near += found
        return list({one.entry_id: one for one in near}.values()), False

    def _is_explained(self, words: Sequence[str], *, is_after: bool = False) -> bool:
        """Whether words beside a name are only of a unit, an office or a code, and so no part of the name."""
        said = _unit_key(" ".join(words)).split()
        place = 0
        while place < len(said):
            ends = (end for end in range(len(said), place, -1) if self._is_unit(said[place:end], is_after=is_after))
            word = said[place]
            is_code = any(map(str.isdigit, word)) and (not is_after or len(word) > 3)
            end = next(ends, place + 1 if is_code or word in _OFFICE_WORDS else 0)
            if not end:
                return False
            place = end
        return True

    def _is_unit(self, words: Sequence[str], *, is_after: bool) -> bool:
        said = " ".join(words)
        is_place = words[0] in _PLACE_WORDS or any(map(str.isdigit, said))
        if said in self._units:
            # A unit called like a person ("Hồng Nhung") is told from one only by its place before the name.
            return is_place or (not is_after and len(words) > 1)
        return is_place and f"cb {said}" in self._units

    def _coded(self, said: str) -> Called | None:
        found = {
            one.entry_id: one
            for word in re.split(r"[\s_|,:;()\[\]]+", said)
            if len(word) >= 4 and any(map(str.isdigit, word)) and (one := self.roster.by_code.get(word.strip("-.")))
        }
        return next(iter(found.values())) if len(found) == 1 else None

    def _named(self, name: str, people: Sequence[Called]) -> Found:
        exact = [one for one in people if _marks_fit(name, one.full_name)]
        spoken = self._spoken_units(name, people)
        if not exact:
            told = tuple(self._candidate(one, "cùng tên nếu bỏ dấu") for one in people)[:MOST_CANDIDATES]
            return Found(Meaning.DOUBTFUL, "Tên trong cuộc họp có dấu khác với tên trong danh sách.", candidates=told)
        if spoken:
            here = [one for one in exact if one.unit_id in spoken]
            if len(here) == 1:
                return Found(Meaning.SURE, "Trùng họ tên và chi bộ.", here[0].entry_id)
            if not here:
                told = tuple(self._candidate(one, "trùng họ tên, khác chi bộ") for one in exact)[:MOST_CANDIDATES]
                return Found(
                    Meaning.DOUBTFUL, "Trùng họ tên nhưng tên trong cuộc họp ghi đơn vị khác.", candidates=told
                )
            exact = here
        if len(exact) == 1 and (len(people) == 1 or not _is_plain(name)):
            return Found(Meaning.SURE, "Trùng họ tên, trong lớp chỉ có một người tên này.", exact[0].entry_id)
        told = tuple(self._candidate(one, "trùng họ tên") for one in (exact if len(exact) > 1 else people))[
            :MOST_CANDIDATES
        ]
        return Found(Meaning.DOUBTFUL, f"Trong lớp có {len(people)} người có thể mang tên này.", candidates=told)

    def _spoken_units(self, name: str, people: Sequence[Called]) -> set[int]:
        """Units of the roster whose name stands in the text beside the person's own."""
        text = f" {_unit_key(name)} "
        found: set[int] = set()
        for words in _runs(text.split()):
            for unit in self._units.get(words, ()):
                found.add(unit)
        own = {word for one in people for word in _words(one.full_name)}
        # A unit that is called by nothing but a word of the name itself says nothing.
        return {unit for unit in found if not all(set(key.split()) <= own for key in self.roster.unit_keys[unit])}

    def _candidate(self, one: Called, why: str) -> Candidate:
        return Candidate(one.entry_id, why)

    def _alike(self, name: str, within: Sequence[Called]) -> Found:
        """Nobody bears the whole name: who might be meant, first those whose name is a piece of it."""
        told: dict[int, str] = {one.entry_id: "tên trong cuộc họp còn chữ khác" for one in within}
        for part in _parts(name):
            words = _undressed(_words(part))
            if len(words) < 2:
                continue
            for one in self.roster.by_words.get(tuple(sorted(words)), ()):
                told.setdefault(one.entry_id, "cùng các chữ, khác thứ tự")
            for one in self.roster.by_ends.get((words[0], words[-1]), ())[:MOST_CANDIDATES]:
                told.setdefault(one.entry_id, "cùng họ và tên gọi")
            for one in self.roster.by_ends.get((words[-1], words[0]), ())[:MOST_CANDIDATES]:
                told.setdefault(one.entry_id, "cùng họ và tên gọi, khác thứ tự")
            for one in self.roster.by_tail.get((words[-2], words[-1]), ())[:MOST_CANDIDATES]:
                told.setdefault(one.entry_id, "cùng tên đệm và tên gọi")
        if told:
            spoken = self._spoken_units(name, [])
            ranked = sorted(told.items(), key=lambda one: self.roster.by_entry[one[0]].unit_id not in spoken)
            return Found(
                Meaning.DOUBTFUL,
                "Gần giống tên trong danh sách lớp.",
                candidates=tuple(Candidate(*one) for one in ranked[:MOST_CANDIDATES]),
            )
        return Found(Meaning.UNKNOWN, "Không có ai trong danh sách lớp mang tên này.")

    def _room(self, name: str, said: str) -> Found:
        """A shared account of a hall: a venue of the class when exactly one is meant (B-05)."""
        words = set(_words(name)) - _COMMON
        scored = [(len(words & (set(own) - _COMMON)), hall) for hall, own in self._halls]
        best = max((score for score, _ in scored), default=0)
        meant = [hall for score, hall in scored if score == best and score > 0]
        why = "Là tài khoản chung của điểm cầu: tính là điểm cầu có kết nối, không tính là một người."
        if len(meant) == 1:
            return Found(Meaning.VENUE, why, venue_id=meant[0].venue_id)
        if len(self._halls) == 1 and not meant and best == 0 and not words:
            return Found(Meaning.VENUE, why, venue_id=self._halls[0][0].venue_id)
        return Found(Meaning.VENUE, why + " Chưa rõ là điểm cầu nào của lớp.")


# Words that every hall's name has.
_COMMON = frozenset(
    "diem cau dau hoi truong phong hop nha van hoa xa phuong thi tran tt ubnd so chinh trung tam cua va zoom room rooms teams meeting".split()
)


def _parts(name: str) -> list[str]:
    """The text in pieces that may each be a name: whole, before and inside brackets, between signs."""
    said = _OWNS.sub(" ", squeeze(name))
    if "@" in said and " " not in said:
        said = re.sub(r"[._\d]+", " ", said.split("@")[0])
    parts = [said, *(part.strip() for part in _SPLIT.split(said))]
    joined = [part for part in parts if part]
    return list(dict.fromkeys(joined))


@lru_cache(maxsize=50_000)
def _undress(said: str) -> tuple[str, ...]:
    words = tuple(_DEVICE.sub(" ", said).split())
    while title := next((one for one in _TITLES if words[: len(one)] == one), None):
        if words[:2] == ("chi", "bo"):
            break
        words = words[len(title) :]
    return words


def _undressed(words: Sequence[str]) -> list[str]:
    """Without devices, and without titles at the front: within a name and at its end they are its own words."""
    return list(_undress(" ".join(words)))


def _is_plain(text: str) -> bool:
    """Typed without marks, so that it says nothing about them."""
    return fold(text) == squeeze(nfc(text)).lower()


def _marks_fit(text: str, full_name: str) -> bool:
    """Whether the marks of a log's name agree with the person's; a name typed without any agrees with all."""
    said, name = squeeze(nfc(text)).lower(), squeeze(nfc(full_name)).lower()
    if name in said:
        return True
    wanted, folded = name.split(), [fold(word) for word in name.split()]
    words = re.findall(r"[^\W_]+", said)
    bare = [fold(word) for word in words]
    for start in range(len(words) - len(wanted) + 1):
        if bare[start : start + len(wanted)] == folded:
            own = words[start : start + len(wanted)]
            return all(word in (plain, right) for word, plain, right in zip(own, folded, wanted, strict=True))
    return _is_plain(text)


def _runs(words: Sequence[str]) -> Iterable[str]:
    for start in range(len(words)):
        for end in range(start + 1, min(len(words), start + 8) + 1):
            yield " ".join(words[start:end])
