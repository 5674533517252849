"""Self-study of who cannot gather (R-133): how a text is cut into sections, what counts as read, the verdict.

Sections follow each other; the next opens when the one before is passed. A part of a text that was passed once stays
passed as long as its words stay the same, in whatever section of a later version it stands: a new version asks only for
what has changed. The time of a section runs from its first opening to its passing, both by the server's clock, and counts
up to a longest time, for nobody knows whether a phone that lies there is being read.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from quantriet.attendance.vocab import PASSING, SelfStudyStep
from quantriet.kit.numbers import show_number
from quantriet.kit.time import local, show_day
from quantriet.library.vocab import Audience, ContentTier, PartKind

MOST_WORDS = 400  # syllables of a section, unless one part alone is longer; on a phone two or three screens
SHORTEST_SECONDS = 10
STUCK_TRIES = 3  # wrong answers in one section after which an officer is told
STUCK_DAYS = 7  # days without a step after which an officer is told

# The order of a course and what its sections are called; kinds of one line are one run of sections.
ORDER: tuple[tuple[tuple[PartKind, ...], str], ...] = (
    ((PartKind.GOAL,), "Mục tiêu"),
    ((PartKind.CORE, PartKind.FIGURE), "Nội dung cốt lõi"),
    ((PartKind.NEW,), "Điểm mới"),
    ((PartKind.MEANING,), "Ý nghĩa đối với tôi"),
    ((PartKind.TASK,), "Việc cấp ủy cần làm"),
    ((PartKind.EXPLANATION,), "Giải thích điểm còn ý kiến khác nhau"),
    ((PartKind.QUESTION,), "Hỏi – đáp"),
)
COURSE_KINDS = frozenset(kind for kinds, _label in ORDER for kind in kinds)  # what a course can show

PartMark = tuple[int, str]  # a part's id and the digest of its words


@dataclass(frozen=True)
class PartText:
    """A part of a published text as far as a course needs it; `words` is everything that is read."""

    id: int
    kind: PartKind
    words: str

    @property
    def mark(self) -> PartMark:
        return (self.id, hashlib.sha256(self.words.encode()).hexdigest()[:16])


@dataclass(frozen=True)
class Section:
    """One section of a course: which parts of which published version it shows, and its shortest time in seconds."""

    title: str
    version: int
    parts: tuple[PartMark, ...]
    seconds: int

    def as_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "version": self.version,
            "parts": [list(one) for one in self.parts],
            "seconds": self.seconds,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Section:
        parts = tuple((int(pk), str(mark)) for pk, mark in kept["parts"])
        return cls(str(kept["title"]), int(kept["version"]), parts, int(kept["seconds"]))

    @property
    def shortest(self) -> str:
        """The shortest time in words, as it is told before."""
        return show_time(self.seconds)


def show_time(seconds: int) -> str:
    """85 → "1 phút 25 giây"."""
    minutes, rest = divmod(seconds, 60)
    return " ".join(filter(None, (f"{show_number(minutes)} phút" if minutes else "", f"{rest} giây" if rest or not minutes else "")))  # fmt: skip


def syllables(words: str) -> int:
    return len(words.split())


def shortest_seconds(count: int, speed: int) -> int:
    """Seconds that reading so many syllables takes at a speed in syllables a minute."""
    return max(SHORTEST_SECONDS, math.ceil(count * 60 / speed))


def cut(parts: Sequence[PartText], *, version: int, speed: int, document: str = "") -> list[Section]:
    """The sections of one text in the order of a course; every part stands in exactly one.

    Neighbouring parts of a kind share a section up to MOST_WORDS; none is cut in two. `document` goes before the titles
    where a course has several documents.
    """
    found: list[Section] = []
    for kinds, label in ORDER:
        bundles: list[list[PartText]] = []
        size = 0
        for part in (one for one in parts if one.kind in kinds):
            length = syllables(part.words)
            if bundles and size + length <= MOST_WORDS:
                bundles[-1].append(part)
                size += length
            else:
                bundles.append([part])
                size = length
        for number, bundle in enumerate(bundles, 1):
            title = label if len(bundles) == 1 else f"{label} ({number}/{len(bundles)})"
            length = sum(syllables(one.words) for one in bundle)
            found.append(
                Section(
                    f"{document}: {title}" if document else title, version, tuple(one.mark for one in bundle),
                    shortest_seconds(length, speed),
                )
            )  # fmt: skip
    return found


def audience_of(tier: str, variant: Audience) -> Audience:
    """For whom the text is read: the grassroots tier has two variants, of which the permission names one."""
    return variant if tier == ContentTier.GRASSROOTS else Audience(tier)


# --- facts and what they come to ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class StudyFact:
    """One fact: the step, the parts of the section it is about, when the server learned it."""

    step: SelfStudyStep
    parts: tuple[PartMark, ...]
    at: dt.datetime


@dataclass(frozen=True)
class SectionStanding:
    """How one section stands; `wrong` counts answers that were not right."""

    number: int
    section: Section
    opened_at: dt.datetime | None = None
    passed_at: dt.datetime | None = None
    wrong: int = 0

    @property
    def is_passed(self) -> bool:
        return self.passed_at is not None

    def seconds_left(self, at: dt.datetime) -> int:
        """Seconds until an answer is taken, by the shortest time; 0 when it may come. Not opened: all of them."""
        if self.opened_at is None:
            return self.section.seconds
        return max(0, math.ceil(self.section.seconds - (at - self.opened_at).total_seconds()))


@dataclass(frozen=True)
class Progress:
    """A whole course. `seconds` are what counts, `tries` answers to checks, right and wrong."""

    sections: tuple[SectionStanding, ...]
    seconds: int = 0
    tries: int = 0
    first_at: dt.datetime | None = None
    last_at: dt.datetime | None = None

    @property
    def passed(self) -> int:
        return sum(1 for one in self.sections if one.is_passed)

    @property
    def total(self) -> int:
        return len(self.sections)

    @property
    def current(self) -> SectionStanding | None:
        """The first section that is not passed: the only one that may be opened or answered."""
        return next((one for one in self.sections if not one.is_passed), None)

    @property
    def is_finished(self) -> bool:
        return bool(self.sections) and self.current is None

    @property
    def finished_at(self) -> dt.datetime | None:
        """When the last section was passed."""
        if not self.is_finished:
            return None
        return max(one.passed_at for one in self.sections if one.passed_at is not None)

    @property
    def minutes(self) -> int:
        return minutes_of(self.seconds)


def minutes_of(seconds: int) -> int:
    """Whole minutes, rounded, at least one for any time at all."""
    return max(1, (seconds + 30) // 60) if seconds else 0


def measure_course(sections: Sequence[Section], facts: Iterable[StudyFact], *, longest: int) -> Progress:
    """What the facts come to; `longest` is the longest time in seconds that counts for one section.

    In whatever order facts arrive the result is the same: they are read by their time. A section that is passed twice
    counts once.
    """
    told = sorted(facts, key=lambda one: (one.at, one.step, one.parts))
    opened: dict[tuple[PartMark, ...], dt.datetime] = {}
    wrong: dict[tuple[PartMark, ...], int] = {}
    passed_parts: dict[PartMark, dt.datetime] = {}
    counted: set[tuple[PartMark, ...]] = set()
    seconds = tries = 0
    for fact in told:
        if fact.step == SelfStudyStep.OPENED:
            opened.setdefault(fact.parts, fact.at)
            continue
        if fact.step != SelfStudyStep.READ:
            tries += 1
        if fact.step == SelfStudyStep.WRONG:
            wrong[fact.parts] = wrong.get(fact.parts, 0) + 1
        elif fact.parts not in counted:
            counted.add(fact.parts)
            if fact.parts in opened:
                seconds += min(longest, int((fact.at - opened[fact.parts]).total_seconds()))
        if fact.step in PASSING:
            for part in fact.parts:
                passed_parts.setdefault(part, fact.at)
    standings = tuple(
        SectionStanding(
            number, section, opened.get(section.parts), _passed_at(section, passed_parts), wrong.get(section.parts, 0)
        )
        for number, section in enumerate(sections, 1)
    )
    return Progress(standings, seconds, tries, told[0].at if told else None, told[-1].at if told else None)


def _passed_at(section: Section, passed: Mapping[PartMark, dt.datetime]) -> dt.datetime | None:
    found = [passed[part] for part in section.parts if part in passed]
    return max(found) if found and len(found) == len(section.parts) else None


def changed_sections(progress: Progress, newer: Sequence[Section]) -> int:
    """How many sections of a newer version hold something that was not passed before."""
    passed = {part for one in progress.sections if one.is_passed for part in one.section.parts}
    return sum(1 for one in newer if not passed.issuperset(one.parts))


# --- checks -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Check:
    """A question on a part: the places of the right choices, counted from 0."""

    id: int
    text: str
    choices: tuple[str, ...]
    right: frozenset[int] = field(default_factory=frozenset)

    @property
    def is_single(self) -> bool:
        return len(self.right) == 1


def answered_rightly(checks: Sequence[Check], answers: Mapping[int, Collection[int]]) -> list[int]:
    """The questions (ids) that were answered wrongly: exactly the right choices must be chosen."""
    return [one.id for one in checks if frozenset(answers.get(one.id, ())) != one.right]


# --- the verdict --------------------------------------------------------------------------------------------------


def finished_sentence(progress: Progress, basis: str) -> str:
    """Why the duty is done, in one sentence; "" while the course is not finished."""
    done = progress.finished_at
    if done is None:
        return ""
    begun = show_day(local(progress.first_at or done).date())
    ended = show_day(local(done).date())
    days = f"ngày {ended}" if begun == ended else f"từ ngày {begun} đến ngày {ended}"
    tried = f", trả lời kiểm tra {show_number(progress.tries)} lượt" if progress.tries else ""
    head = (
        f"Tự học xong {progress.passed}/{progress.total} mục trong {show_number(progress.minutes)} phút, {days}{tried}"
    )
    return f"{head}; được tự học theo {basis[: 396 - len(head) - 27].rstrip(' .')}."


# --- questions from Excel -----------------------------------------------------------------------------------------

_LETTERS = "ABCDEFGH"
MOST_CHOICES = len(_LETTERS)


@dataclass(frozen=True)
class WrittenQuestion:
    """A question as somebody wrote it, understood: choices in their order, places of the right ones."""

    text: str
    choices: tuple[str, ...]
    right: tuple[int, ...]


def read_choices(typed: str) -> list[str]:
    """Choices one a line, or separated by semicolons in one line; "A. …", "b) …", "1. …" lose their sign."""
    lines = [one.strip() for one in typed.replace("\r", "\n").split("\n") if one.strip()]
    if len(lines) == 1:
        lines = [one.strip() for one in lines[0].split(";") if one.strip()]
    return [_bare(one, place) for place, one in enumerate(lines)]


def _bare(choice: str, place: int) -> str:
    head, rest = choice[:2], choice[2:].strip()
    own = (_LETTERS[place : place + 1], str(place + 1))
    is_sign = len(head) == 2 and head[1] in ".):" and head[0].upper() in own
    # "1.200 người" is a number, "1. 200 người" a first choice.
    return rest if is_sign and rest and (head[0].isalpha() or choice[2:3] == " ") else choice


def read_right(typed: str, count: int) -> list[int] | None:
    """Places of the right choices from "B", "A, C", "1;3"; None when it says anything else or a choice that is not there."""
    found: set[int] = set()
    for piece in typed.replace(";", ",").replace(" và ", ",").split(","):
        sign = piece.strip(" .").upper()
        if not sign:
            continue
        place = (
            _LETTERS.find(sign)
            if len(sign) == 1 and sign.isalpha()
            else int(sign) - 1
            if sign.isdecimal() and len(sign) < 3
            else -1
        )
        if not 0 <= place < count:
            return None
        found.add(place)
    return sorted(found) or None


def letter(place: int) -> str:
    return _LETTERS[place]


def question_fault(question: str, choices: Sequence[str], right: Sequence[int] | None) -> tuple[str, str] | None:
    """What is wrong with a question: the field ("question", "choices", "right") and the sentence; None when it is good."""
    if not question:
        return "question", "còn trống."
    if len(question) > 500:
        return "question", "dài quá 500 ký tự."
    if not 2 <= len(choices) <= MOST_CHOICES:
        return (
            "choices",
            f"phải có từ 2 đến {MOST_CHOICES} phương án, mỗi phương án một dòng hoặc cách nhau bằng dấu chấm phẩy.",
        )
    if any(len(one) > 300 for one in choices):
        return "choices", "mỗi phương án không quá 300 ký tự."
    if len({one.casefold() for one in choices}) != len(choices):
        return "choices", "có hai phương án giống nhau."
    if right is None:
        return (
            "right",
            f"phải là chữ cái của phương án đúng, từ A đến {_LETTERS[len(choices) - 1]} (nhiều đáp án thì cách nhau bằng dấu phẩy).",
        )
    if len(right) == len(choices):
        return "right", "phải có ít nhất một phương án sai."
    return None
