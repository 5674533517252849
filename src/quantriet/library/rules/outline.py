"""From running text to numbered clauses that others can cite.

Understands the numbering of Party and state papers: Phần, Chương, Mục, Điều, khoản, điểm; Roman, Arabic and lettered
numbers; bullets (-, +, *, •). Text before the first numbered part belongs to no clause and is kept as the preamble.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from quantriet.kit import text

MAX_HEADING = 200  # a numbered paragraph longer than this is content, not a heading
MAX_SENTENCE_HEADING = 40  # and so is a shorter one that ends like a sentence, unless it is as short as a title

_ROMAN = r"(?:X{0,3}(?:IX|IV|V?I{1,3}|V)|X{1,3})"
# kind, pattern; the order decides between shapes that look alike. The kind names the rank in one paper.
_SHAPES: list[tuple[str, re.Pattern[str]]] = [
    ("part", re.compile(rf"^Phần (?:thứ )?(?P<n>{_ROMAN}|\d+|[a-zà-ỹ]+)\s*[.:\-–]?\s*(?P<rest>.*)$", re.I)),
    ("chapter", re.compile(rf"^Chương (?P<n>{_ROMAN}|\d+)\s*[.:\-–]?\s*(?P<rest>.*)$", re.I)),
    ("section", re.compile(rf"^Mục (?P<n>{_ROMAN}|\d+)\s*[.:\-–]\s*(?P<rest>.*)$", re.I)),
    ("article", re.compile(r"^Điều (?P<n>\d+[a-zđ]?)\s*[.:\-–]\s*(?P<rest>.*)$", re.I)),
    ("roman", re.compile(rf"^(?P<n>{_ROMAN})\s*[.\-–/)]\s+(?P<rest>.*)$")),
    ("decimal", re.compile(r"^(?P<n>\d{1,2}(?:\.\d{1,2}){1,3})\s*[.)]?\s+(?P<rest>.*)$")),
    ("number", re.compile(r"^(?P<n>\d{1,2})\s*[.)]\s*(?!\d)(?P<rest>.+)$")),
    ("number", re.compile(r"^(?P<n>\d{1,2})\s+[-–]\s+(?P<rest>.+)$")),
    ("letter", re.compile(r"^(?P<n>[a-zđ])\s*[)./]\s+(?P<rest>.*)$")),
    ("bullet", re.compile(r"^(?P<n>[-–—])\s*(?P<rest>\S.*)$")),
    ("plus", re.compile(r"^(?P<n>\+)\s*(?P<rest>\S.*)$")),
    ("star", re.compile(r"^(?P<n>[*•●▪])\s*(?P<rest>\S.*)$")),
]
_WORDS = {"part": "Phần", "chapter": "Chương", "section": "Mục", "article": "Điều"}
# What usually contains what; a new kind in a paper goes below the nearest one above it here.
_RANK = {kind: place for place, kind in enumerate(("part", "chapter", "section", "article", "roman", "number", "decimal", "letter", "bullet", "plus", "star"))}  # fmt: skip
_MARKS = {"bullet", "plus", "star"}
_INLINE_POINT = re.compile(r"\((\d{1,2})\)\s")


@dataclass
class Part:
    """One numbered part: `number` is unique in the document ("3.2", "II.1.b", bullets as "3.-4"), `label` is how it is cited."""

    number: str
    label: str
    kind: str
    depth: int
    heading: str = ""
    text: str = ""
    parent: int | None = None  # index of the containing part
    paragraphs: list[str] = field(default_factory=list, repr=False)


@dataclass(frozen=True)
class Outline:
    """A document as parts in reading order, and the text before the first of them."""

    preamble: list[str]
    parts: list[Part]


def outline(paragraphs: Iterable[str]) -> Outline:
    """Split paragraphs into parts. Plain paragraphs belong to the part before them."""
    preamble: list[str] = []
    parts: list[Part] = []
    stack: list[int] = []  # indexes of the open parts, outermost first
    bullets: dict[tuple[int | None, str], int] = {}
    for raw in paragraphs:
        line = text.squeeze(raw)
        if not line:
            continue
        shape = _shape(line, after=parts[stack[-1]] if stack else None)
        if shape is None:
            (parts[stack[-1]].paragraphs if stack else preamble).append(line)
            continue
        kind, written, rest = shape
        while stack and not _holds(parts[stack[-1]].kind, kind, written):
            stack.pop()
        parent = stack[-1] if stack else None
        if kind in _MARKS:
            if parent is None and not parts:
                preamble.append(line)
                continue
            bullets[parent, kind] = bullets.get((parent, kind), 0) + 1
            count = bullets[parent, kind]
            part = _marked(parts, parent, kind, count, rest)
        else:
            part = _numbered(parts, parent, kind, written, rest)
        parts.append(part)
        stack.append(len(parts) - 1)
    for part in parts:
        part.text = "\n".join(part.paragraphs)
    _make_unique(parts)
    return Outline(preamble, parts)


def _shape(line: str, after: Part | None) -> tuple[str, str, str] | None:
    for kind, pattern in _SHAPES:
        found = pattern.match(line)
        if not found:
            continue
        if kind == "roman" and found["n"] in {"", "C", "D"}:
            continue
        if kind == "letter" and after is None:
            continue
        return kind, found["n"], found["rest"].strip()
    return None


def _holds(outer: str, inner: str, written: str) -> bool:
    """Whether a part of kind `outer` can contain one of kind `inner`."""
    return _RANK[outer] < _RANK[inner]


def _numbered(parts: list[Part], parent: int | None, kind: str, written: str, rest: str) -> Part:
    above = parts[parent] if parent is not None else None
    if kind in _WORDS:
        own, label = (
            f"{_WORDS[kind]} {written}",
            f"{_WORDS[kind].lower() if kind == 'section' else _WORDS[kind]} {written}",
        )
        number = own if kind == "article" or above is None else f"{above.number}.{own}"
        if kind == "section" and above:
            label = f"{above.label}, {label}"
    elif kind == "decimal":
        # "2.1" carries its own ancestry when it stands under "2".
        number = written if above is None or written.startswith(above.number + ".") else f"{above.number}.{written}"
        label = f"mục {written}"
    else:
        number = f"{above.number}.{written}" if above else written
        label = _cited(above, kind, written)
    heading, body = _split(rest)
    return Part(number, label, kind, above.depth + 1 if above else 0, heading, parent=parent, paragraphs=body)


def _cited(above: Part | None, kind: str, written: str) -> str:
    word = "khoản" if above and above.kind == "article" and kind == "number" else "điểm" if kind == "letter" else "mục"
    own = f"{word} {written}"
    return f"{own}, {above.label}" if above else own


def _marked(parts: list[Part], parent: int | None, kind: str, count: int, rest: str) -> Part:
    above = parts[parent] if parent is not None else None
    sign = {"bullet": "-", "plus": "+", "star": "*"}[kind]
    number = f"{above.number}.{sign}{count}" if above else f"{sign}{count}"
    if above and above.kind in _MARKS:
        # Nobody cites a sign within a sign: the reader is led to the idea that holds it.
        label = above.label
    else:
        label = f"ý thứ {count}" + (f", {above.label}" if above else "")
    return Part(number, label, kind, above.depth + 1 if above else 0, "", parent=parent, paragraphs=[rest])


def _split(rest: str) -> tuple[str, list[str]]:
    """Heading and body of a numbered line: a title is a heading, a long line or a sentence is content."""
    is_sentence = rest.endswith((".", ";")) and len(rest) > MAX_SENTENCE_HEADING
    if len(rest) > MAX_HEADING or is_sentence:
        return "", [rest]
    return rest.rstrip(":. "), []


def _make_unique(parts: list[Part]) -> None:
    seen: dict[str, int] = {}
    for part in parts:
        seen[part.number] = seen.get(part.number, 0) + 1
        if seen[part.number] > 1:
            part.number = f"{part.number} ({seen[part.number]})"[:60]


def find_numbered_points(paragraph: str) -> int:
    """How many "(1) … (2) …" points run inside one paragraph."""
    return len(_INLINE_POINT.findall(paragraph))
