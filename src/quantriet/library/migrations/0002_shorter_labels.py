"""Clauses under signs are cited by the idea that holds them ("ý thứ 1, mục 2"), no longer sign within sign."""

import re

from django.db import migrations

_SIGN = re.compile(r"(?:gạch đầu dòng|dấu cộng|dấu sao) thứ (\d+)")


def shorten(apps, schema_editor):
    clauses = apps.get_model("library", "Clause").objects.using(schema_editor.connection.alias)
    changed = []
    for clause in clauses.filter(label__contains=" thứ ").only("label").iterator():
        pieces = clause.label.split(", ")
        signs = [found for piece in pieces if (found := _SIGN.fullmatch(piece))]
        if signs:
            clause.label = ", ".join([f"ý thứ {signs[-1][1]}", *(one for one in pieces if not _SIGN.fullmatch(one))])
            changed.append(clause)
    clauses.bulk_update(changed, ["label"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("library", "0001_initial")]
    operations = [migrations.RunPython(shorten, migrations.RunPython.noop, elidable=True)]
