import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Every change line names its unit: a path is rewritten when the tree changes, a unit stays (decision 0007).

    The column of the path goes in the next migration: PostgreSQL changes no table in the transaction that filled it.
    """

    dependencies = [
        ('org', '0011_tree_with_history'),
        ('campaigns', '0007_study_credit'),
    ]

    operations = [
        migrations.AddField(
            model_name='dutychange',
            name='unit',
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.unit'
            ),
        ),
        migrations.RunSQL(
            'UPDATE campaigns_dutychange SET unit_id = '
            '(SELECT unit.id FROM org_unit AS unit WHERE unit.path = campaigns_dutychange.path)',
            migrations.RunSQL.noop,
        ),
    ]
