"""Lists by name in byte order, counts from an index alone, and the lock-out of sign-in."""

from django.db import migrations, models

from quantriet.kit.db import byte_order

# Keys that are compared letter by letter: the order of the key is the order of the list, and a prefix is an index range.
KEYS = [
    ("org_unit", "name_folded", 200),
    ("org_unit", "sort_key", 220),
    ("org_person", "name_folded", 160),
    ("org_person", "sort_key", 320),
]


def order_bytes(apps, schema_editor):
    for table, column, length in KEYS:
        sql = byte_order(table, column, length)
        if sql:
            schema_editor.execute(sql)


class Migration(migrations.Migration):
    dependencies = [("org", "0002_catalogues")]

    operations = [
        migrations.CreateModel(
            name="SignInFailure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("username", models.CharField(max_length=80)),
                ("address", models.CharField(max_length=45)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("last_at", models.DateTimeField(db_index=True)),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=("username", "address"), name="sign_in_failure_once"),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(fields=["unit", "left_on", "kind"], name="person_count"),
        ),
        migrations.RunPython(order_bytes, migrations.RunPython.noop),
    ]
