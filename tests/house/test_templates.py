"""Templates keep to their room, carry no script or style of their own and decide no permission."""

import re
from pathlib import Path

import pytest

from tests.house.source import PACKAGE, ROOT, room_of

USES = re.compile(r"""\{%\s*(?:include|extends)\s+(["'])(?P<name>[^"']+)\1""")
ANY_USE = re.compile(r"\{%\s*(?:include|extends)\s+(?P<what>\S+)")
# The portal shows cards that the rooms hand over; the look composes whatever it is given.
TAKES_ANY = {"portal", "kit"}
INLINE = {
    "inline script": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*\btype=[\"']application/json)[^>]*>", re.I),
    "inline style": re.compile(r"<style\b|<[^>]*\sstyle\s*=", re.I),
    "inline handler": re.compile(r"<[^>%]*\son[a-z]+\s*=\s*[\"']", re.I),
    "javascript: address": re.compile(r"(?:href|action|src)\s*=\s*[\"']javascript:", re.I),
    "outside host": re.compile(r"(?:src|href|action)\s*=\s*[\"'](?:https?:)?//", re.I),
}


def templates() -> list[Path]:
    return sorted(path for path in PACKAGE.glob("*/templates/**/*") if path.suffix in (".html", ".txt", ".svg", ".xml"))


def test_a_room_keeps_its_templates_under_its_own_name():
    stray = [
        str(path.relative_to(ROOT))
        for path in templates()
        if path.relative_to(PACKAGE).parts[2] != ("ui" if room_of(path) == "kit" else room_of(path))
    ]
    assert not stray


def test_a_template_takes_only_from_its_room_and_the_look():
    strangers = []
    for path in templates():
        room = room_of(path)
        text = path.read_text("utf-8")
        for found in ANY_USE.finditer(text):
            literal = USES.match(text, found.start())
            name = literal["name"] if literal else None
            if name is None and room not in TAKES_ANY:
                strangers.append(f"{path.relative_to(ROOT)}: takes {found['what']}, which only runtime knows")
            elif name is not None and not name.startswith((f"{room}/", "ui/")):
                strangers.append(f"{path.relative_to(ROOT)}: takes {name}")
    assert not strangers, "\n".join(strangers)


@pytest.mark.parametrize("what", INLINE)
def test_no_template_breaks_the_content_policy(what):
    found = [
        f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, hit.start()) + 1}: {hit[0][:60]}"
        for path in templates()
        if path.suffix == ".html"
        for text in [path.read_text("utf-8")]
        for hit in INLINE[what].finditer(text)
    ]
    assert not found, f"{what}:\n" + "\n".join(found)


def test_templates_decide_no_permission():
    asking = [
        str(path.relative_to(ROOT))
        for path in templates()
        if re.search(r"\b(perms\.|has_perm|is_superuser|is_staff)\b", path.read_text("utf-8"))
    ]
    assert not asking, f"the view hands over what may be shown: {asking}"
