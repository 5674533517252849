"""Which requirements a test proves: requirements.py [--of R-001,R-002]. Standard library only.

A test proves an id by its mark, @pytest.mark.req("R-072"). Without --of all ids are listed and the answer is always yes;
with --of the ids must all be proved.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ID = re.compile(r"\b[RPB]-\d{2,3}\b")


def known() -> dict[str, str]:
    lines = (ROOT / "docs/requirements.md").read_text("utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines if re.match(r"\| [RPB]-", line)]
    return {row[0]: row[1] for row in cells}


def proofs() -> dict[str, list[str]]:
    """Id → tests that carry it. A mark on a class or on the module (pytestmark) counts for what it stands on."""
    found: dict[str, list[str]] = {}
    files = [path for folder in ("src", "tests") for path in sorted((ROOT / folder).rglob("test_*.py"))]
    for path in files:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                marks: list[ast.AST] = list(node.decorator_list)
                name = node.name
            elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "pytestmark":
                marks, name = [node.value], "(all)"
            else:
                continue
            for call in (inner for mark in marks for inner in ast.walk(mark) if isinstance(inner, ast.Call)):
                if isinstance(call.func, ast.Attribute) and call.func.attr == "req":
                    for argument in call.args:
                        if isinstance(argument, ast.Constant):
                            found.setdefault(str(argument.value), []).append(f"{path.relative_to(ROOT)}::{name}")
    return found


def main() -> None:
    texts, tests = known(), proofs()
    wanted = ID.findall(" ".join(sys.argv[1:]))
    for identifier in wanted or texts:
        count = len(tests.get(identifier, []))
        print(
            f"{'ok  ' if count else '--  '} {identifier}  {count:3} tests  {texts.get(identifier, 'UNKNOWN ID')[:90]}"
        )
    listed = wanted or list(texts)
    without = [identifier for identifier in listed if not tests.get(identifier)]
    print(
        f"\n{len(listed) - len(without)} of {len(listed)} proved."
        + (f" Without a test: {' '.join(without)}" if without else "")
    )
    if wanted and without:
        sys.exit(1)


if __name__ == "__main__":
    main()
