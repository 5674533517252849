"""One write door: rows change only in `actions`, so that every change is checked, logged and told to whom it concerns."""

import ast
import re
from pathlib import Path

from tests.house.source import PACKAGE, modules, tree_of

# Places besides actions, migrations and tests that write rows, each with its reason (paths inside src/quantriet).
ALLOWED: dict[str, str] = {
    "kit/jobs.py": "the rows of the background queue are machinery: they tell when to try again, nothing of the trade",
    "kit/web/once.py": "the session is machinery: it forgets the number of a form that was sent, nothing of the trade",
    "kit/db.py": "the plain statements that actions write with; whoever calls them is asked",
}

ALWAYS = {"bulk_create", "bulk_update", "get_or_create", "update_or_create"}
# These four have harmless namesakes (dict.update, hash.update, file.save, cache.delete), which take a bare argument;
# the ones of Django's rows and row sets take keywords only.
WITH_KEYWORDS_ONLY = {"save", "create", "update", "delete"}
# The writers of kit/db, called by their bare names.
PLAIN_WRITERS = {"insert_many", "upsert", "execute"}
RAW = re.compile(r"\s*(insert|update|delete|replace|truncate)\b", re.I)


def writes_in(tree: ast.AST) -> list[tuple[int, str]]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PLAIN_WRITERS:
            found.append((node.lineno, f"{node.func.id}("))
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        name = node.func.attr
        plain = name[1:] if name[:1] == "a" and name[1:] in ALWAYS | WITH_KEYWORDS_ONLY else name
        if plain in ALWAYS or (plain in WITH_KEYWORDS_ONLY and not node.args and (node.keywords or plain != "update")):
            if plain == "delete" and node.keywords:
                continue
            found.append((node.lineno, f".{name}("))
        elif name in ("execute", "executemany") and node.args:
            text = node.args[0]
            if isinstance(text, ast.JoinedStr):
                text = text.values[0]
            if isinstance(text, ast.Constant) and isinstance(text.value, str) and RAW.match(text.value):
                found.append((node.lineno, f".{name}({text.value.split()[0]} …"))
    return found


def is_door(path: Path) -> bool:
    parts = path.relative_to(PACKAGE).parts
    return "migrations" in parts or "tests" in parts or "actions" in parts[1:-1] or path.stem == "actions"


def test_rows_change_only_in_actions():
    found = [
        f"src/quantriet/{path.relative_to(PACKAGE)}:{line}  {call}"
        for path in modules()
        if not is_door(path) and str(path.relative_to(PACKAGE)) not in ALLOWED
        for line, call in writes_in(tree_of(path))
    ]
    assert not found, "move the write into an action of the room:\n" + "\n".join(found)


def test_allowed_places_still_need_it():
    needless = [name for name in ALLOWED if not (PACKAGE / name).exists() or not writes_in(tree_of(PACKAGE / name))]
    assert not needless


def test_the_scan_knows_rows_from_namesakes():
    rows = "essay.save(); Essay.objects.create(a=1); rows.update(**new); essay.delete(); x.bulk_create(rows)\n"
    rows += "essay.save(update_fields=['a']); cursor.execute('UPDATE essays SET a = 1'); upsert(a, b, c)"
    namesakes = (
        "values.update({'a': 1}); digest.update(b'x'); document.save(path); cache.delete('key'); seen.update()\n"
    )
    namesakes += "cursor.execute('SELECT 1')"
    assert len(writes_in(ast.parse(rows))) == 8
    assert writes_in(ast.parse(namesakes)) == []
