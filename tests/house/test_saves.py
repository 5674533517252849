"""An action writes the columns that it changed, not the whole row as some page read it a while ago."""

import ast

from tests.house.source import PACKAGE, modules, tree_of
from tests.house.test_write_door import is_door

# Bare saves that are right, or not yet mended, each with its reason (path inside src/quantriet: how many).
ALLOWED: dict[str, tuple[int, str]] = {}


def bare_saves_in(tree: ast.AST) -> list[int]:
    """Lines with `.save()` that names no columns; a new row says `force_insert=True`, and a file's save has a name."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("save", "asave")
        and not node.args
        and not {keyword.arg for keyword in node.keywords} & {"update_fields", "force_insert"}
    ]


def test_existing_rows_are_saved_by_column():
    found = {}
    for path in modules():
        name = str(path.relative_to(PACKAGE))
        if is_door(path) and not {"tests", "migrations"} & set(path.parts):
            lines = bare_saves_in(tree_of(path))
            if len(lines) != ALLOWED.get(name, (0, ""))[0]:
                found[name] = lines
    assert not found, f"name the columns (update_fields), or say force_insert=True of a new row: {found}"


def test_the_scan_knows_a_bare_save():
    bare = "row.save(); row.save(using='x'); made.save(force_insert=True); row.save(update_fields=['a']); row.file.save(name, f)"
    assert len(bare_saves_in(ast.parse(bare))) == 2
