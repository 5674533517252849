"""What an action writes into the log is read by people: every key of "before" and "after" has a Vietnamese name."""

import ast

from quantriet.org.web.log import FIELDS
from tests.house.source import modules, tree_of


def _keys(tree: ast.AST) -> set[str]:
    """The keys written out in a call of the log's writer; keys that come from model fields are named where they are compared."""
    found = set()
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        if name != "record":
            continue
        for given in call.keywords:
            if given.arg in ("before", "after") and isinstance(given.value, ast.Dict):
                found |= {key.value for key in given.value.keys if isinstance(key, ast.Constant)}
    return found


def test_every_key_of_the_log_has_its_words():
    files = [path for path in modules() if "tests" not in path.parts]
    written = {key: path.name for path in files for key in _keys(tree_of(path))}
    assert len(written) > 100
    nameless = {key: name for key, name in written.items() if key not in FIELDS}
    assert not nameless, f"give each a name in FIELDS of org/web/log.py: {nameless}"
