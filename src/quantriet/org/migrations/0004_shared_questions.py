"""Questions of identity are shared between imports; an import remembers who confirmed it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def share(apps, schema_editor):
    decision = apps.get_model("org", "IdentityDecision")
    asks = decision.runs.through
    asks.objects.bulk_create(
        (
            asks(identitydecision_id=pk, importrun_id=run)
            for pk, run in decision.objects.filter(run__isnull=False).values_list("pk", "run_id")
        ),
        batch_size=500,
    )


def remember(apps, schema_editor):
    run = apps.get_model("org", "ImportRun")
    run.objects.filter(state__in=("applying", "done")).update(confirmed_by=models.F("account"))


class Migration(migrations.Migration):
    dependencies = [("org", "0003_lists_and_sign_in")]

    operations = [
        migrations.AddField(
            "importrun",
            "confirmed_by",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            "identitydecision",
            "run",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="org.importrun",
            ),
        ),
        migrations.AddField(
            "identitydecision",
            "runs",
            models.ManyToManyField(blank=True, related_name="questions", to="org.importrun"),
        ),
        migrations.RunPython(share, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(remember, migrations.RunPython.noop, elidable=True),
    ]
