"""How the fences read the code: the project's files and their syntax trees."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from scripts.storeys import PACKAGE, ROOT, built_rooms, height_of, storeys

__all__ = ["PACKAGE", "ROOT", "built_rooms", "height_of", "modules", "own_files", "room_of", "storeys", "tree_of"]


def modules(*places: Path) -> Iterator[Path]:
    """Python files of the product, or of the given folders."""
    for place in places or (PACKAGE,):
        yield from sorted(path for path in place.rglob("*.py") if "__pycache__" not in path.parts)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


@cache
def own_files() -> list[Path]:
    """Tracked files, and new ones that git does not ignore."""
    asked = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]
