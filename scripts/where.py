"""Find the room of a word: where.py "thu hoạch". Reads docs/glossary.md; marks and case do not matter."""

from __future__ import annotations

import re
import sys
import unicodedata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = [
    ("vocab.py", "states, kinds, reasons"),
    ("rules.py", "counts as, is late, threshold"),
    ("models.py", "a new piece of information"),
    ("access.py", "may see, whose"),
    ("queries.py", "list, count, show"),
    ("actions.py", "submits, approves, closes"),
    ("jobs.py", "every night (and config/schedule.py)"),
    ("web", "screen, button"),
]


def folded(text: str) -> str:
    bare = "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))
    return re.sub(r"[\s_]+", " ", bare.replace("đ", "d").replace("Đ", "D")).casefold().strip()


def words_of(identifier: str) -> str:
    """`ReflectionEssay` is found by "reflection essay" as well."""
    return folded(identifier) + " " + folded(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", identifier))


def main() -> None:
    word = folded(" ".join(sys.argv[1:]))
    if not word:
        sys.exit('usage: make where WORD="thu hoạch"')
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in (ROOT / "docs/glossary.md").read_text("utf-8").splitlines()
        if line.startswith("| ") and not line.startswith(("| Vietnamese", "|---"))
    ]
    found = [row for row in rows if word in folded(row[0]) or word in words_of(row[1])] or [
        row for row in rows if word in folded(" ".join(row))
    ]
    if not found:
        sys.exit(f"No such word in docs/glossary.md. If the product needs it, give it a row there first: {word!r}")
    for row in found:
        print(f"{row[2]:12} {row[1]:40} {row[0]} - {row[3]}")
    for room in sorted({row[2] for row in found}):
        folder = ROOT / "src/quantriet" / room
        if not folder.is_dir():
            print(f"\n{room}: planned, not built yet (docs/house.md)")
            continue
        print(f"\nsrc/quantriet/{room}/")
        for name, hint in FILES:
            place = folder / name if (folder / name).exists() else folder / name.removesuffix(".py")
            if place.exists():
                print(f"  {place.name:12} {hint}")


if __name__ == "__main__":
    main()
