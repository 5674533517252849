"""A question belongs to no single import any more."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("org", "0004_shared_questions")]

    operations = [migrations.RemoveField("identitydecision", "run")]
