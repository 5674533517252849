"""Keep the Vietnamese catalogues in step with the code, without GNU gettext.

    messages.py [ROOM ...]   add what is missing (empty), drop what is unused, compile
    messages.py --check      change nothing; name what is missing, untranslated, doubtful or unused, and fail
    messages.py --compile    compile only

Each room has its own catalogue, src/quantriet/<room>/locale/vi/LC_MESSAGES/django.po. A message that a lower room has
translated is not repeated above. The same message has one Vietnamese in the whole house.
"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polib

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from scripts.storeys import PACKAGE, built_rooms  # noqa: E402  (also called as a file)

# Name of the function → positions of (singular, plural, context) among its arguments.
CALLS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), (0, None, None)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (0, 1, None)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), (1, None, 0)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), (1, 2, 0)),
}


class Message(NamedTuple):
    singular: str
    plural: str | None = None
    context: str | None = None

    @property
    def key(self) -> tuple[str, str | None]:
        return (self.singular, self.context)


# --------------------------------------------------------------------------------------------------------------- reading


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def in_python(path: Path) -> Iterator[tuple[Message, int]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"), str(path))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
        if name not in CALLS:
            continue
        values = [
            None if place is None else _text(node.args[place]) if place < len(node.args) else None
            for place in CALLS[name]
        ]
        if values[0]:
            yield Message(*values), node.lineno


BLOCK = re.compile(r"""^blocktrans(?:late)?\b(?P<options>.*)$""", re.S)
INLINE = re.compile(r"""^trans(?:late)?\s+(?P<quote>["'])(?P<text>.*?)(?<!\\)(?P=quote)(?P<options>.*)$""", re.S)
CONTEXT = re.compile(r"""\bcontext\s+(["'])(.*?)\1""")
CONSTANT = re.compile(r"""(?<![\w"'])_\((["'])(.*?)(?<!\\)\1\)""")


def in_template(path: Path) -> Iterator[tuple[Message, int]]:
    from django.template.base import DebugLexer, TokenType
    from django.utils.translation import trim_whitespace

    block: tuple[bool, str | None, int] | None = None
    parts: list[list[str]] = []
    for token in DebugLexer(path.read_text("utf-8")).tokenize():
        contents = token.contents
        if block is not None:
            if token.token_type == TokenType.TEXT:
                parts[-1].append(contents.replace("%", "%%"))
            elif token.token_type == TokenType.VAR:
                parts[-1].append(f"%({contents.strip()})s")
            elif contents.strip() == "plural":
                parts.append([])
            elif contents.startswith("endblocktrans"):
                trimmed, context, line = block
                texts = [trim_whitespace("".join(part)) if trimmed else "".join(part) for part in parts]
                yield Message(texts[0], texts[1] if len(texts) > 1 else None, context), line
                block = None
            continue
        if token.token_type == TokenType.BLOCK and (found := BLOCK.match(contents)):
            options = found["options"]
            context = CONTEXT.search(options)
            block = (bool(re.search(r"\btrimmed\b", options)), context[2] if context else None, token.lineno)
            parts = [[]]
        elif token.token_type == TokenType.BLOCK and (found := INLINE.match(contents)):
            context = CONTEXT.search(found["options"])
            yield Message(found["text"].replace("%", "%%"), None, context[2] if context else None), token.lineno
        elif token.token_type in (TokenType.BLOCK, TokenType.VAR):
            for constant in CONSTANT.finditer(contents):
                yield Message(constant[2].replace("%", "%%")), token.lineno


def messages_of(room: str) -> dict[tuple[str, str | None], tuple[Message, list[tuple[str, str]]]]:
    """Each message of a room with the places that use it."""
    found: dict[tuple[str, str | None], tuple[Message, list[tuple[str, str]]]] = {}
    for path in sorted((PACKAGE / room).rglob("*")):
        parts = path.relative_to(PACKAGE / room).parts
        if parts[0] in ("tests", "migrations", "static") or "__pycache__" in parts:
            continue
        if path.suffix == ".py":
            reader = in_python
        elif path.suffix in (".html", ".txt") and parts[0] == "templates":
            reader = in_template
        else:
            continue
        for message, _line in reader(path):
            place = (str(path.relative_to(ROOT)), "")  # without the line: a moved line is no change of the catalogue
            known, places = found.setdefault(message.key, (message, []))
            if message.plural and not known.plural:
                found[message.key] = (message, places)
            if place not in places:
                places.append(place)
    return found


# ------------------------------------------------------------------------------------------------------------ catalogues


def catalogue_path(room: str) -> Path:
    return PACKAGE / room / "locale/vi/LC_MESSAGES/django.po"


def open_catalogue(room: str) -> polib.POFile:
    path = catalogue_path(room)
    if path.exists():
        return polib.pofile(str(path), encoding="utf-8", wrapwidth=110)
    catalogue = polib.POFile(encoding="utf-8", wrapwidth=110)
    catalogue.metadata = {
        "Project-Id-Version": "quantriet",
        "Language": "vi",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    return catalogue


def key_of(entry: polib.POEntry) -> tuple[str, str | None]:
    return (entry.msgid, entry.msgctxt)


def vietnamese_of(entry: polib.POEntry) -> str:
    return entry.msgstr_plural.get(0, "") if entry.msgid_plural else entry.msgstr


def is_done(entry: polib.POEntry) -> bool:
    return bool(vietnamese_of(entry).strip()) and not entry.fuzzy


PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def wrong_placeholders(entry: polib.POEntry) -> bool:
    """A placeholder that the English does not have would fail on the screen; a plural's words may leave some out."""
    return not set(PLACEHOLDER.findall(vietnamese_of(entry))) <= set(
        PLACEHOLDER.findall(entry.msgid) + PLACEHOLDER.findall(entry.msgid_plural or "")
    )


def compile_catalogues() -> None:
    for path in sorted(PACKAGE.glob("*/locale/*/LC_MESSAGES/*.po")):
        # Written aside and moved: a server or a second run may be reading the old one.
        aside = path.with_suffix(f".{os.getpid()}")
        polib.pofile(str(path), encoding="utf-8").save_as_mofile(str(aside))
        aside.replace(path.with_suffix(".mo"))


def main() -> None:
    arguments = set(sys.argv[1:])
    if arguments - {"--check", "--compile", *built_rooms()}:
        sys.exit(__doc__)
    if "--compile" in arguments:
        compile_catalogues()
        return
    writing = "--check" not in arguments
    problems: list[str] = []
    spoken: dict[tuple[str, str | None], tuple[str, str]] = {}  # key → (Vietnamese, room that said it first)
    for room in built_rooms():  # lowest first: what a lower room says, an upper one may use
        used = messages_of(room)
        catalogue = open_catalogue(room)
        name = catalogue_path(room).relative_to(ROOT)
        entries = {key_of(entry): entry for entry in catalogue if not entry.obsolete}
        changed = False
        for key, (message, places) in used.items():
            entry = entries.get(key)
            if entry is None and key in spoken:
                continue
            if entry is None or bool(entry.msgid_plural) != bool(message.plural):
                problems.append(f"{name}: missing {message.singular!r} ({places[0][0]})")
                if entry is not None:
                    catalogue.remove(entry)
                entry = polib.POEntry(msgid=message.singular, msgctxt=message.context)
                if message.plural:
                    entry.msgid_plural, entry.msgstr_plural = message.plural, {0: ""}
                catalogue.append(entry)
                entries[key] = entry
                changed = True
            elif not is_done(entry):
                problems.append(
                    f"{name}: {'doubtful' if entry.fuzzy else 'untranslated'} {message.singular!r} ({places[0][0]})"
                )
            elif wrong_placeholders(entry):
                problems.append(f"{name}: placeholders differ in {message.singular!r}")
            if entry.occurrences != places:
                entry.occurrences = places
                changed = True
        for entry in list(catalogue):
            if entry.obsolete or key_of(entry) not in used:
                if not entry.obsolete:
                    problems.append(f"{name}: unused {entry.msgid!r}")
                catalogue.remove(entry)
                changed = True
        for key, entry in entries.items():
            if key in used and is_done(entry):
                said, where = spoken.setdefault(key, (vietnamese_of(entry), room))
                if said != vietnamese_of(entry):
                    problems.append(f"{name}: {entry.msgid!r} is {vietnamese_of(entry)!r} here but {said!r} in {where}")
        asked_for = room in arguments or not arguments & set(built_rooms())
        if writing and asked_for and changed and (len(catalogue) or catalogue_path(room).exists()):
            catalogue_path(room).parent.mkdir(parents=True, exist_ok=True)
            catalogue.sort(key=lambda entry: (entry.msgid.casefold(), entry.msgid, entry.msgctxt or ""))
            catalogue.save(str(catalogue_path(room)))
    if writing:
        compile_catalogues()
        problems = [line for line in problems if ": unused " not in line]
    for line in problems:
        print(line)
    if not writing and problems:
        sys.exit(f"{len(problems)} messages out of step; `make messages` adds and drops, the Vietnamese is yours.")


if __name__ == "__main__":
    main()
