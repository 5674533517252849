"""What travel to a conference costs stands in every rulebook there is (R-062)."""

from datetime import date
from decimal import Decimal

from django.db import migrations, models


TRAVEL = "Điều 5 Thông tư 40/2017/TT-BTC"
NEW = (
    ("travel_cost_km", "4000", f"{TRAVEL} (0,2 lít xăng/km; đơn giá do cấp ủy quy định)"),
    ("travel_least_km", "15", f"{TRAVEL} (mức do cấp ủy quy định)"),
    ("day_allowance", "200000", "Điều 6 Thông tư 40/2017/TT-BTC (mức do cấp ủy quy định)"),
)


def add_norms(apps, schema_editor):
    rulebook, value = apps.get_model("campaigns", "Rulebook"), apps.get_model("campaigns", "RuleValue")
    value.objects.bulk_create(
        value(rulebook=one, key=key, value=Decimal(number), basis=basis, valid_from=date(2021, 11, 12))
        for one in rulebook.objects.all()
        for key, number, basis in NEW
    )


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0013_material_receipts'),
    ]

    operations = [
        migrations.AlterField(
            model_name='rulevalue',
            name='key',
            field=models.CharField(choices=[('retake_limit_percent', 'Absence above which a retake is due (per cent of class time)'), ('discussion_share_percent', 'Least share of discussion (per cent of class time)'), ('essay_days', 'Days to hand in the essay'), ('essay_reminder_days', 'First reminder before the essay is due (days)'), ('essay_escalation_days', 'Silent unit told to the superior (days after)'), ('catch_up_days', 'Days to invite an absentee to a later class'), ('catch_up_reminder_days', 'Absentee without a later class reminded (days after the roll was closed)'), ('catch_up_cell_days', 'Absentee told to the cell secretary (days after the roll was closed)'), ('catch_up_superior_days', 'Absentee told to the superior committee (days after the roll was closed)'), ('credit_max_age_months', 'Oldest study elsewhere that is recognised (months before the campaign begins)'), ('reply_days', 'Days to answer a letter without a deadline'), ('self_study_speed', 'Self-study: reading speed that the shortest time rests on'), ('self_study_longest', 'Self-study: longest time that counts for one section (minutes)'), ('cell_criticism_cap_percent', 'Share of criticised members that caps a cell (per cent)'), ('material_share_percent', 'Least share of learners who were given the material (per cent)'), ('travel_cost_km', 'Travel to a conference: cost of a kilometre for one person'), ('travel_least_km', 'Travel to a conference: least distance that is paid (one way)'), ('day_allowance', 'Travel to a conference: allowance of one person for a day')], max_length=40),
        ),
        migrations.RunPython(add_norms, migrations.RunPython.noop),
    ]
