"""One concept, one word: the names in the code are the words of docs/glossary.md."""

import ast
import re
from functools import cache

from django.apps import apps

from tests.house.source import PACKAGE, ROOT, built_rooms, modules, tree_of

# Models that carry no word of the trade, each with its reason.
NOT_IN_THE_GLOSSARY: dict[str, str] = {}


def rows() -> list[list[str]]:
    lines = (ROOT / "docs/glossary.md").read_text("utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")] for line in lines]
    return [row for row in cells if len(row) == 5 and row[0] not in ("Vietnamese", "---")]


def identifiers(cell: str) -> list[str]:
    """`SeatMap` / `Seat` → both; `Material (kind=QA, …)` → Material."""
    return [re.split(r"[\s(]", name)[0] for name in re.findall(r"`([^`]+)`", cell)]


def as_class(name: str) -> str:
    """`excused_absence` is `ExcusedAbsence` where it is a model."""
    return name if name[:1].isupper() else "".join(part.title() for part in name.split("_"))


def is_in_code(name: str) -> bool:
    return name in words_in_code() or as_class(name) in words_in_code()


@cache
def words_in_code() -> set[str]:
    """Every name that the product's code uses, and every word that stands alone in a string; no comments."""
    found: set[str] = set()
    for path in modules():
        if {"tests", "migrations"} & set(path.relative_to(PACKAGE).parts):
            continue
        for node in ast.walk(tree_of(path)):
            for part in ("name", "id", "attr", "arg", "value"):
                word = getattr(node, part, None)
                if isinstance(word, str):
                    found.add(word)
    return found


def test_rows_marked_built_are_in_the_code_and_others_are_not():
    wrong = []
    for vietnamese, cell, room, _meaning, built in rows():
        if room not in built_rooms():
            if built:
                wrong.append(f"{vietnamese}: marked built, but the room {room} is not")
            continue
        present = any(map(is_in_code, identifiers(cell)))
        if built == "yes" and not present:
            wrong.append(f"{vietnamese}: marked built, but {cell} is nowhere in the code")
        if built != "yes" and present and any(name[:1].isupper() for name in identifiers(cell)):
            wrong.append(f"{vietnamese}: {cell} is in the code; mark it `yes`")
    assert not wrong, "\n".join(wrong)


def test_the_room_of_a_model_is_the_room_of_its_word():
    room_of_word = {as_class(name): row[2] for row in reversed(rows()) for name in identifiers(row[1])}
    strays = [
        f"{model._meta.label} belongs to {room_of_word[model.__name__]}"
        for model in apps.get_models()
        if model.__module__.startswith("quantriet.")
        and room_of_word.get(model.__name__, model._meta.app_label) != model._meta.app_label
    ]
    assert not strays


def test_models_are_words_of_the_glossary():
    words = {as_class(name) for row in rows() for name in identifiers(row[1])}
    unknown = [
        model.__name__
        for model in apps.get_models()
        if model.__module__.startswith("quantriet.")
        and model.__name__ not in words
        and model.__name__ not in NOT_IN_THE_GLOSSARY
    ]
    assert not unknown, f"give each a row in docs/glossary.md (Vietnamese, identifier, room, meaning, yes): {unknown}"
    names = {model.__name__ for model in apps.get_models()}
    assert names >= NOT_IN_THE_GLOSSARY.keys(), "an exception that nothing needs any more"
