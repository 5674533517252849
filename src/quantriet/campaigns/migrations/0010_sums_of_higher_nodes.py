"""Sums of higher nodes beside the tallies, what they hold of each tally, and a path at each plan."""

import django.db.models.deletion
from django.db import migrations, models

from quantriet.kit.db import byte_order


COPIES = (("campaignplan", "path"), ("tally", "folded_path"), ("nodetally", "path"), ("nodeday", "path"))


def order_bytes(apps, schema_editor):
    """Byte order for the copied paths, before anything rests on them; plans take the path of their unit."""
    for model, column in COPIES:
        sql = byte_order(f"campaigns_{model}", column)
        if sql:
            schema_editor.execute(sql)
    schema_editor.execute(
        "UPDATE campaigns_campaignplan SET path = (SELECT path FROM org_unit WHERE org_unit.id = campaigns_campaignplan.unit_id)"
    )


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0009_changes_without_path'),
        ('org', '0012_search_key'),
    ]

    operations = [
        migrations.CreateModel(
            name='NodeDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=12)),
                ('steps', models.PositiveSmallIntegerField()),
                ('path', models.CharField(max_length=255)),
                ('day', models.DateField()),
                ('done', models.IntegerField(default=0)),
                ('exempt', models.IntegerField(default=0)),
                ('owing', models.IntegerField(default=0)),
                ('cells', models.IntegerField(default=0)),
                ('told', models.IntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='NodeTally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=12)),
                ('steps', models.PositiveSmallIntegerField()),
                ('path', models.CharField(max_length=255)),
                ('done', models.IntegerField(default=0)),
                ('exempt', models.IntegerField(default=0)),
                ('owing', models.IntegerField(default=0)),
                ('cells', models.IntegerField(default=0)),
                ('told', models.IntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            model_name='campaignplan',
            name='path',
            field=models.CharField(default='', editable=False, max_length=255),
        ),
        migrations.AddField(
            model_name='tally',
            name='folded_done',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='tally',
            name='folded_exempt',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='tally',
            name='folded_owing',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='tally',
            name='folded_path',
            field=models.CharField(db_default='', default='', max_length=255),
        ),
        migrations.AddField(
            model_name='tally',
            name='folded_reported_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='tallyday',
            name='folded_done',
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='tallyday',
            name='folded_exempt',
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='tallyday',
            name='folded_owing',
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='nodeday',
            name='campaign',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='campaigns.studycampaign'),
        ),
        migrations.AddField(
            model_name='nodetally',
            name='campaign',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='campaigns.studycampaign'),
        ),
        migrations.AddConstraint(
            model_name='nodeday',
            constraint=models.UniqueConstraint(fields=('campaign', 'kind', 'steps', 'path', 'day'), name='node_day_once'),
        ),
        migrations.AddConstraint(
            model_name='nodetally',
            constraint=models.UniqueConstraint(fields=('campaign', 'kind', 'steps', 'path'), name='node_tally_once'),
        ),
        migrations.RunPython(order_bytes, migrations.RunPython.noop),
        migrations.AddField(
            model_name='tally',
            name='is_behind',
            field=models.GeneratedField(db_persist=True, expression=models.Case(models.When(models.Q(('reported_at', models.F('folded_reported_at')), models.Q(('folded_reported_at__isnull', True), ('reported_at__isnull', True)), _connector='OR'), done=models.F('folded_done'), exempt=models.F('folded_exempt'), owing=models.F('folded_owing'), path=models.F('folded_path'), then=models.Value(False)), default=models.Value(True)), output_field=models.BooleanField()),
        ),
        migrations.AddField(
            model_name='tallyday',
            name='is_behind',
            field=models.GeneratedField(db_persist=True, expression=models.Case(models.When(done=models.F('folded_done'), exempt=models.F('folded_exempt'), owing=models.F('folded_owing'), then=models.Value(False)), default=models.Value(True)), output_field=models.BooleanField()),
        ),
        migrations.AddIndex(
            model_name='campaignplan',
            index=models.Index(fields=['campaign', 'path', 'first_held_at'], name='plan_range'),
        ),
        migrations.AddIndex(
            model_name='tally',
            index=models.Index(condition=models.Q(('is_behind', True)), fields=['campaign', 'kind', 'unit'], name='tally_behind'),
        ),
        migrations.AddIndex(
            model_name='tallyday',
            index=models.Index(condition=models.Q(('is_behind', True)), fields=['campaign', 'kind', 'unit'], name='tally_day_behind'),
        ),
    ]
