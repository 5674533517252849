"""Recognised study elsewhere as lines of their own; nothing has written the earlier table, so it is made anew."""

from decimal import Decimal

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# The rules of these steps as the product ships them, for rulebooks that exist already.
_FROM = "2021-11-12"
_CELL = "do cấp ủy quy định"
_RULES = [
    ("catch_up_reminder_days", "15", _CELL),
    ("catch_up_cell_days", "20", _CELL),
    ("catch_up_superior_days", "30", _CELL),
    ("credit_max_age_months", "12", "mục 2 Hướng dẫn 26-HD/BTGTU (thời hạn do cấp ủy quy định)"),
]


def give_rules(apps, schema_editor):
    value = apps.get_model("campaigns", "RuleValue")
    value.objects.bulk_create(
        [
            value(rulebook=rulebook, key=key, value=Decimal(number), basis=basis, valid_from=_FROM)
            for rulebook in apps.get_model("campaigns", "Rulebook").objects.all()
            for key, number, basis in _RULES
        ],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):

    dependencies = [
        ("campaigns", "0006_webhooks"),
        ("library", "0002_shorter_labels"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.DeleteModel(name="StudyCredit"),
        migrations.AddField(
            model_name='audiencerule',
            name='accepts_credit',
            field=models.BooleanField(default=True),
        ),
        migrations.AlterField(
            model_name='rulevalue',
            name='key',
            field=models.CharField(choices=[('retake_limit_percent', 'Absence above which a retake is due (per cent of class time)'), ('discussion_share_percent', 'Least share of discussion (per cent of class time)'), ('publication_days', 'Days to publish a new document'), ('essay_days', 'Days to hand in the essay'), ('essay_reminder_days', 'First reminder before the essay is due (days)'), ('essay_escalation_days', 'Silent unit told to the superior (days after)'), ('catch_up_days', 'Days to invite an absentee to a later class'), ('catch_up_reminder_days', 'Absentee without a later class reminded (days after the roll was closed)'), ('catch_up_cell_days', 'Absentee told to the cell secretary (days after the roll was closed)'), ('catch_up_superior_days', 'Absentee told to the superior committee (days after the roll was closed)'), ('credit_max_age_months', 'Oldest study elsewhere that is recognised (months before the campaign begins)'), ('reply_days', 'Days to answer a letter without a deadline'), ('cell_criticism_cap_percent', 'Share of criticised members that caps a cell (per cent)')], max_length=40),
        ),
        migrations.CreateModel(
            name='StudyCredit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('sector', 'Studied in a vertical-sector class'), ('local', 'Studied in a local class')], default='sector', max_length=6)),
                ('held_by', models.CharField(max_length=200)),
                ('studied_on', models.DateField()),
                ('evidence', models.CharField(max_length=250)),
                ('paper', models.FileField(blank=True, upload_to='credits/')),
                ('paper_name', models.CharField(blank=True, max_length=200)),
                ('state', models.CharField(choices=[('proposed', 'Waiting for a decision'), ('granted', 'Recognised'), ('refused', 'Recognition refused'), ('withdrawn', 'Taken back')], default='proposed', max_length=9)),
                ('sentence', models.CharField(blank=True, max_length=400)),
                ('proposed_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decision_note', models.CharField(blank=True, max_length=250)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawal_reason', models.CharField(blank=True, max_length=250)),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('documents', models.ManyToManyField(related_name='+', to='library.guidingdocument')),
                ('duty', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='credits', to='campaigns.studyduty')),
                ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('withdrawn_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['proposed', 'granted'])), fields=('duty',), name='one_live_credit'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'withdrawn'), ('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False)), models.Q(models.Q(('state', 'withdrawn'), _negated=True), ('withdrawn_at__isnull', True)), _connector='OR'), name='credit_withdrawal_paired')],
            },
        ),
        migrations.RunPython(give_rules, migrations.RunPython.noop),
    ]
