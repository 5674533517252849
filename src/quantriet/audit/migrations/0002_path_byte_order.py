"""Byte order for the path column, so that the log of a subtree is an index range."""

from django.db import migrations

from quantriet.kit.db import byte_order


def order_bytes(apps, schema_editor):
    sql = byte_order("audit_auditevent", "unit_path")
    if sql:
        schema_editor.execute(sql)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunPython(order_bytes, migrations.RunPython.noop)]
