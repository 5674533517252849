"""The constraints of a reopening by two persons, once its rows are carried over (PostgreSQL changes no table with rows at work)."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("attendance", "0003_two_persons_reopen")]

    operations = [
        migrations.AlterField(model_name="rollreopening", name="expires_at", field=models.DateTimeField()),
        migrations.AddIndex(
            model_name="rollreopening", index=models.Index(fields=["state", "asked_at"], name="reopening_by_state")
        ),
        migrations.AddConstraint(
            model_name="rollreopening",
            constraint=models.UniqueConstraint(
                condition=Q(state__in=["asked", "open"]), fields=["study_class"], name="one_live_roll_reopening"
            ),
        ),
        migrations.AddConstraint(
            model_name="rollreopening",
            constraint=models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")), name="reopening_by_two_persons"
            ),
        ),
    ]
