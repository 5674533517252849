import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0008_changes_name_their_unit'),
    ]

    operations = [
        migrations.AlterField(
            model_name='dutychange',
            name='unit',
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.unit'
            ),
        ),
        migrations.RemoveField(model_name='dutychange', name='path'),
    ]
