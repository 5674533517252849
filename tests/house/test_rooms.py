"""Rooms: each says what it owns, stands on the map, and has no drawer for odds and ends."""

import ast
from collections import defaultdict

import pytest

from tests.house.source import PACKAGE, ROOT, built_rooms, modules, storeys, tree_of

SAYS = ("Owns:", "Does not own:", "Stands on:", "Doors:")
NO_DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "services", "service"}


def test_folders_are_rooms_of_the_map():
    planned = {room for rooms in storeys() for room in rooms}
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert folders <= planned, f"not in the map of pyproject.toml: {folders - planned}"


@pytest.mark.parametrize("room", built_rooms())
def test_room_says_what_it_owns(room):
    said = ast.get_docstring(tree_of(PACKAGE / room / "__init__.py")) or ""
    missing = [word for word in SAYS if word not in said]
    assert not missing, f"src/quantriet/{room}/__init__.py does not say {missing}"


@pytest.mark.parametrize("room", sorted(room for rooms in storeys() for room in rooms))
def test_room_stands_in_the_house_map(room):
    assert f"`{room}`" in (ROOT / "docs/house.md").read_text("utf-8"), f"docs/house.md does not name `{room}`"


def test_no_drawer_for_odds_and_ends():
    drawers = [str(path.relative_to(ROOT)) for path in modules() if {path.stem, path.parent.name} & NO_DRAWERS]
    assert not drawers, f"say what they hold instead: {drawers}"


def test_an_action_has_one_name_in_the_whole_house():
    places = defaultdict(list)
    for path in modules():
        if "actions" not in (path.stem, path.parent.name) or "tests" in path.parts:
            continue
        for node in tree_of(path).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                places[node.name].append(str(path.relative_to(PACKAGE)))
    doubled = {name: where for name, where in places.items() if len(where) > 1}
    assert not doubled, f"one verb, one action: {doubled}"
