"""Reopening a closed roll takes two persons: one asks, another decides."""

import datetime as dt

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F


def carry_over(apps, schema_editor):
    """What one person opened stays open for the usual while; what was closed again is closed."""
    reopening = apps.get_model("attendance", "RollReopening")
    reopening.objects.filter(closed_at__isnull=False).update(state="closed", expires_at=F("closed_at"))
    from django.utils.timezone import now

    reopening.objects.filter(closed_at__isnull=True).update(state="open", expires_at=now() + dt.timedelta(days=3))


class Migration(migrations.Migration):
    dependencies = [
        ("attendance", "0002_excuses_stay"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="rollreopening", name="one_open_roll_reopening"),
        migrations.RenameField(model_name="rollreopening", old_name="opened_at", new_name="asked_at"),
        migrations.RenameField(model_name="rollreopening", old_name="opened_by", new_name="asked_by"),
        migrations.AddField(
            model_name="rollreopening",
            name="state",
            field=models.CharField(
                choices=[
                    ("asked", "Waits for a second person"),
                    ("open", "Reopened"),
                    ("closed", "Closed again"),
                    ("refused", "Not reopened"),
                    ("expired", "Expired"),
                ],
                default="asked",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="rollreopening", name="decided_at", field=models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            model_name="rollreopening",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="rollreopening", name="decision_note", field=models.CharField(blank=True, max_length=250)
        ),
        migrations.AddField(model_name="rollreopening", name="expires_at", field=models.DateTimeField(null=True)),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
    ]
