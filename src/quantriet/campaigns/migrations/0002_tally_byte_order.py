"""Byte order for the copied path of tallies, so that a roll-up is an index range on PostgreSQL too."""

from django.db import migrations

from quantriet.kit.db import byte_order


def order_bytes(apps, schema_editor):
    sql = byte_order("campaigns_tally", "path")
    if sql:
        schema_editor.execute(sql)


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial")]
    operations = [migrations.RunPython(order_bytes, migrations.RunPython.noop)]
