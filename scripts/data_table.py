"""Write docs/data.md: what the product keeps of people, field by field, from the rooms' declarations (`privacy.py`).

data_table.py           write the file
data_table.py --check   only compare
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs/data.md"


def undeclared() -> list[str]:
    """What is wrong with the declarations: fields that nobody declared, and declarations of what does not exist."""
    from django.apps import apps

    from quantriet.org.models import Person
    from quantriet.org.queries.privacy import declarations

    wrong = []
    declared = {one.model: one for one in declarations()}
    if len(declared) < len(declarations()):
        wrong.append("a model is declared twice")
    for model in apps.get_models():
        if not model.__module__.startswith("quantriet."):
            continue
        one = declared.get(model)
        label = model._meta.label
        if one is None:
            wrong.append(f"{label}: no declaration; add it to the room's privacy.py")
            continue
        fields = {field.name: field for field in model._meta.concrete_fields if not field.primary_key}
        if one.holding.is_whole:
            people = [name for name, field in fields.items() if field.related_model is Person]
            wrong += [f"{label}.{name}: points to a person, so plain() is not enough" for name in people]
            continue
        names = one.holding.names
        keys = {field.name for field in model._meta.concrete_fields if field.primary_key}
        wrong += [f"{label}.{name}: nobody declared it" for name in fields if name not in names]
        wrong += [
            f"{label}.{name}: declared, but there is no such field" for name in names if name not in {*fields, *keys}
        ]
        wrong += [f"{label}.{name}: declared twice" for name in {*names} if names.count(name) > 1]
        if one.holding.person:
            model._base_manager.filter(**{one.holding.person: 0}).exists  # noqa: B018 - a wrong way raises FieldError
    return wrong


def table() -> str:
    from quantriet.org.queries.privacy import declarations

    lines = [
        "# What is kept of people",
        "",
        "Written by `make data` from the declarations of the rooms (`privacy.py`); a test keeps it in step and fails for a field that",
        "nobody declared. Each row of a person can be found from the person (`way`), which is also how the export of one's own data and",
        "the erasure find it. The same stands for people at `/privacy/`.",
        "",
        "| Room | Model | Fields | Purpose | Kind | Kept | On erasure |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in declarations():
        held = one.holding
        name = f"{one.room} | `{one.model.__name__}` {held.title}" + (f" (way: `{held.person}`)" if held.person else "")
        keep = f"{held.keep.words}; {held.keep.basis}"
        if held.is_whole:
            lines.append(f"| {name} | all | {held.purpose} | {'không phải dữ liệu cá nhân'} | {keep} | giữ |")
        for group in held.groups:
            fields = ", ".join(f"`{field}`" for field in group.names)
            lines.append(f"| {name} | {fields} | {group.purpose} | {group.kind.words} | {keep} | {group.erase.words} |")
    return "\n".join([*lines, ""])


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quantriet.config.settings")
    import django

    django.setup()
    text = table()
    if "--check" in sys.argv:
        if not TABLE.exists() or TABLE.read_text("utf-8") != text:
            sys.exit("docs/data.md is out of step: make data")
    elif not TABLE.exists() or TABLE.read_text("utf-8") != text:
        TABLE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
