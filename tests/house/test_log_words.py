"""What an action writes into the log is read by people: every key of "before" and "after" has a Vietnamese name."""

import ast

from django.utils import translation

from quantriet.org.queries.log_words import FIELDS
from quantriet.org.rules.members import COMPARED, Status
from tests.house.source import modules, tree_of


def _keys_of(node: ast.AST) -> set[str]:
    """String keys of the dictionaries written out under a piece of source."""
    dicts = (one for one in ast.walk(node) if isinstance(one, ast.Dict))
    return {
        key.value for one in dicts for key in one.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }


def keys_written() -> dict[str, set[str]]:
    """Every key that a record(...) or record_many(...) writes out, with the functions that do."""
    found: dict[str, set[str]] = {}
    for path in modules():
        if "tests" in path.parts:
            continue
        for function in ast.walk(tree_of(path)):
            if not isinstance(function, ast.FunctionDef):
                continue
            for call in ast.walk(function):
                if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
                    continue
                keys: set[str] = set()
                if call.func.id == "record":
                    for given in call.keywords:
                        keys |= _keys_of(given.value) if given.arg in ("before", "after") else set()
                elif call.func.id == "record_many":
                    keys = _keys_of(function)  # lines are gathered before they are recorded
                for key in keys:
                    found.setdefault(key, set()).add(f"{path.name}:{function.name}")
    return found


def test_every_key_of_the_log_has_its_words():
    written = keys_written()
    assert {"post", "digest", "file", "meant", "tier", "paper"} <= set(written)  # the scan still sees them
    written |= {key: {"rows of an import"} for key in [*COMPARED, *(status.value for status in Status)]}
    wordless = {key: sorted(where) for key, where in written.items() if key not in FIELDS}
    assert not wordless, "give these keys a word in org/queries/log_words.py::FIELDS"
    with translation.override("vi"):
        english = [key for key in written if translation.gettext(FIELDS[key]) == FIELDS[key]]
    assert not english
