"""What is proposed after an absence without reason stands in every rulebook there is (R-074)."""

from datetime import date
from decimal import Decimal

from django.db import migrations, models


NEW = (("absence_review_from", "1"), ("absence_again_from", "2"), ("absence_months", "12"), ("absence_handling_from", "2"))
BASIS = (
    "mục 3 Hướng dẫn 26-HD/BTGTU (vắng không lý do hoặc lý do không chính đáng thì kiểm điểm, xử lý tùy mức độ; số lần do cấp "
    "ủy quy định)"
)


def add_values(apps, schema_editor):
    rulebook, value = apps.get_model("campaigns", "Rulebook"), apps.get_model("campaigns", "RuleValue")
    value.objects.bulk_create(
        value(rulebook=one, key=key, value=Decimal(number), basis=BASIS, valid_from=date(2021, 11, 12))
        for one in rulebook.objects.all()
        for key, number in NEW
    )


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0014_travel_norms'),
    ]

    operations = [
        migrations.AlterField(
            model_name='rulevalue',
            name='key',
            field=models.CharField(choices=[('retake_limit_percent', 'Absence above which a retake is due (per cent of class time)'), ('discussion_share_percent', 'Least share of discussion (per cent of class time)'), ('essay_days', 'Days to hand in the essay'), ('essay_reminder_days', 'First reminder before the essay is due (days)'), ('essay_escalation_days', 'Silent unit told to the superior (days after)'), ('catch_up_days', 'Days to invite an absentee to a later class'), ('catch_up_reminder_days', 'Absentee without a later class reminded (days after the roll was closed)'), ('catch_up_cell_days', 'Absentee told to the cell secretary (days after the roll was closed)'), ('catch_up_superior_days', 'Absentee told to the superior committee (days after the roll was closed)'), ('credit_max_age_months', 'Oldest study elsewhere that is recognised (months before the campaign begins)'), ('reply_days', 'Days to answer a letter without a deadline'), ('self_study_speed', 'Self-study: reading speed that the shortest time rests on'), ('self_study_longest', 'Self-study: longest time that counts for one section (minutes)'), ('cell_criticism_cap_percent', 'Share of criticised members that caps a cell (per cent)'), ('material_share_percent', 'Least share of learners who were given the material (per cent)'), ('travel_cost_km', 'Travel to a conference: cost of a kilometre for one person'), ('travel_least_km', 'Travel to a conference: least distance that is paid (one way)'), ('day_allowance', 'Travel to a conference: allowance of one person for a day'), ('absence_review_from', 'Absences without reason from which a self-criticism review is proposed (times)'), ('absence_again_from', 'Absences without reason from which a review before the committee is proposed (times)'), ('absence_months', 'How far back absences without reason are counted (months)'), ('absence_handling_from', 'Absences without reason in one campaign from which handling is proposed (times)')], max_length=40),
        ),
        migrations.RunPython(add_values, migrations.RunPython.noop),
    ]
