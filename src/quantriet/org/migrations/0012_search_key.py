"""Names as they are searched: the given name first, all words folded; codes and telephone numbers in byte order."""

from django.db import migrations, models

from quantriet.kit.db import byte_order
from quantriet.kit.text import search_key

BATCH = 5000


def fill(apps, schema_editor):
    people = apps.get_model("org", "Person").objects
    last = 0
    while batch := list(people.filter(pk__gt=last).order_by("pk").only("pk", "full_name")[:BATCH]):
        for person in batch:
            person.search_key = search_key(person.full_name)
        people.bulk_update(batch, ["search_key"], batch_size=400)
        last = batch[-1].pk


def order_bytes(apps, schema_editor):
    for column, length in (("search_key", 200), ("code", 40), ("phone", 20)):
        sql = byte_order("org_person", column, length)
        if sql:
            schema_editor.execute(sql)


class Migration(migrations.Migration):
    dependencies = [("org", "0011_tree_with_history")]

    operations = [
        migrations.AddField(
            model_name="person", name="search_key", field=models.CharField(blank=True, default="", max_length=200)
        ),
        migrations.AlterField(model_name="person", name="name_folded", field=models.CharField(max_length=160)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(order_bytes, migrations.RunPython.noop),
        migrations.RemoveIndex(model_name="person", name="person_count"),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(fields=["unit", "left_on", "kind", "search_key", "id"], name="person_count"),
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(fields=["search_key", "unit", "left_on", "id"], name="person_search"),
        ),
    ]
