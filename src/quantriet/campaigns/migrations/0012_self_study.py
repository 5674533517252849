"""Self-study is a reason of the ledger, and its two settings stand in every rulebook there is."""

import quantriet.campaigns.vocab
from datetime import date
from decimal import Decimal

from django.db import migrations, models


NEW = (("self_study_speed", "240"), ("self_study_longest", "30"))
BASIS = "thực tiễn các đảng bộ doanh nghiệp sản xuất, vận tải không tập trung học được; mức do cấp ủy quy định"


def add_values(apps, schema_editor):
    rulebook, value = apps.get_model("campaigns", "Rulebook"), apps.get_model("campaigns", "RuleValue")
    value.objects.bulk_create(
        value(rulebook=one, key=key, value=Decimal(number), basis=BASIS, valid_from=date(2021, 11, 12))
        for one in rulebook.objects.all()
        for key, number in NEW
    )


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0011_publication_days_are_the_librarys'),
    ]

    operations = [
        migrations.AlterField(
            model_name='dutychange',
            name='reason',
            field=models.CharField(choices=[('not_yet', 'Not yet'), ('attended', 'Attended'), ('absent', 'Absent without reason'), ('excused', 'Absent with reason, still owes'), ('retake', 'Must retake'), ('exempt_activity', 'Exempt from activities'), ('exempt_rule', 'Exempt by rule of the campaign'), ('credit', 'Studied elsewhere'), ('self_study', 'Completed by self-study'), ('withdrawn', 'No longer in the audience')], max_length=16),
        ),
        migrations.AlterField(
            model_name='rulevalue',
            name='key',
            field=models.CharField(choices=[('retake_limit_percent', 'Absence above which a retake is due (per cent of class time)'), ('discussion_share_percent', 'Least share of discussion (per cent of class time)'), ('essay_days', 'Days to hand in the essay'), ('essay_reminder_days', 'First reminder before the essay is due (days)'), ('essay_escalation_days', 'Silent unit told to the superior (days after)'), ('catch_up_days', 'Days to invite an absentee to a later class'), ('catch_up_reminder_days', 'Absentee without a later class reminded (days after the roll was closed)'), ('catch_up_cell_days', 'Absentee told to the cell secretary (days after the roll was closed)'), ('catch_up_superior_days', 'Absentee told to the superior committee (days after the roll was closed)'), ('credit_max_age_months', 'Oldest study elsewhere that is recognised (months before the campaign begins)'), ('reply_days', 'Days to answer a letter without a deadline'), ('self_study_speed', 'Self-study: reading speed that the shortest time rests on'), ('self_study_longest', 'Self-study: longest time that counts for one section (minutes)'), ('cell_criticism_cap_percent', 'Share of criticised members that caps a cell (per cent)')], max_length=40),
        ),
        migrations.AlterField(
            model_name='studyduty',
            name='reason',
            field=models.CharField(choices=[('not_yet', 'Not yet'), ('attended', 'Attended'), ('absent', 'Absent without reason'), ('excused', 'Absent with reason, still owes'), ('retake', 'Must retake'), ('exempt_activity', 'Exempt from activities'), ('exempt_rule', 'Exempt by rule of the campaign'), ('credit', 'Studied elsewhere'), ('self_study', 'Completed by self-study'), ('withdrawn', 'No longer in the audience')], default=quantriet.campaigns.vocab.DutyReason['NOT_YET'], max_length=16),
        ),
        migrations.RunPython(add_values, migrations.RunPython.noop),
    ]
