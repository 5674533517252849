"""The text of a news article: plain words with a few signs, never markup.

## Mọi người cần làm gì            a heading
- Đọc bản tóm tắt                  items of a list, one a line
Lớp học mở từ ngày 01/12.          lines that follow each other are one paragraph; an empty line ends it
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

Kind = Literal["heading", "items", "paragraph"]


@dataclass(frozen=True)
class Block:
    """One piece of the text; only items have several lines."""

    kind: Kind
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return self.lines[0]


def blocks(body: str) -> list[Block]:
    """The text in pieces, in order. Whatever looks like markup stays the letters that were typed."""
    lines = [(_kind(line), line) for line in (" ".join(raw.split()) for raw in body.splitlines())]
    return [
        block
        for kind, group in groupby(lines, key=lambda one: one[0])
        for block in _of_kind(kind, [line for _kind_of, line in group])
    ]


def _kind(line: str) -> str:
    if not line:
        return ""
    if line.startswith("## "):
        return "heading"
    return "items" if line.startswith(("- ", "+ ", "• ")) else "paragraph"


def _of_kind(kind: str, lines: list[str]) -> Iterator[Block]:
    if kind == "heading":
        yield from (Block("heading", (line[3:].strip(),)) for line in lines)
    elif kind == "items":
        yield Block("items", tuple(line[2:].strip() for line in lines))
    elif kind == "paragraph":
        yield Block("paragraph", (" ".join(lines),))
