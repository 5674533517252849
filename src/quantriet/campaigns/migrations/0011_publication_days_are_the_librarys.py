"""The days of publication are a rule of the unit that issues a document, kept in `library`; no campaign reads them."""

from django.db import migrations, models


def drop_values(apps, schema_editor):
    apps.get_model("campaigns", "RuleValue").objects.filter(key="publication_days").delete()


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0010_sums_of_higher_nodes'),
    ]

    operations = [
        migrations.RunPython(drop_values, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='rulevalue',
            name='key',
            field=models.CharField(choices=[('retake_limit_percent', 'Absence above which a retake is due (per cent of class time)'), ('discussion_share_percent', 'Least share of discussion (per cent of class time)'), ('essay_days', 'Days to hand in the essay'), ('essay_reminder_days', 'First reminder before the essay is due (days)'), ('essay_escalation_days', 'Silent unit told to the superior (days after)'), ('catch_up_days', 'Days to invite an absentee to a later class'), ('catch_up_reminder_days', 'Absentee without a later class reminded (days after the roll was closed)'), ('catch_up_cell_days', 'Absentee told to the cell secretary (days after the roll was closed)'), ('catch_up_superior_days', 'Absentee told to the superior committee (days after the roll was closed)'), ('credit_max_age_months', 'Oldest study elsewhere that is recognised (months before the campaign begins)'), ('reply_days', 'Days to answer a letter without a deadline'), ('cell_criticism_cap_percent', 'Share of criticised members that caps a cell (per cent)')], max_length=40),
        ),
    ]
