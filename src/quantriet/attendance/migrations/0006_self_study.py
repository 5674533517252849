import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('attendance', '0005_catch_up_steps_and_proxies'),
        ('campaigns', '0012_self_study'),
        ('classes', '0001_initial'),
        ('org', '0012_search_key'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SelfStudyPerson',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
        ),
        migrations.CreateModel(
            name='SelfStudyQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('part', models.PositiveBigIntegerField()),
                ('text', models.CharField(max_length=500)),
                ('choices', models.JSONField()),
                ('right', models.JSONField()),
                ('added_at', models.DateTimeField()),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.AlterField(
            model_name='catchup',
            name='missed',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='catch_up', to='classes.rosterentry'),
        ),
        migrations.CreateModel(
            name='SelfStudyCourse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12, unique=True)),
                ('longest_seconds', models.PositiveIntegerField()),
                ('began_at', models.DateTimeField()),
                ('passed', models.PositiveSmallIntegerField(default=0)),
                ('total', models.PositiveSmallIntegerField(default=0)),
                ('seconds', models.PositiveIntegerField(default=0)),
                ('tries', models.PositiveIntegerField(default=0)),
                ('wrong_here', models.PositiveIntegerField(default=0)),
                ('last_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('sentence', models.CharField(blank=True, max_length=400)),
                ('duty', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='self_study', to='campaigns.studyduty')),
            ],
        ),
        migrations.CreateModel(
            name='SelfStudyFact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('nonce', models.CharField(max_length=40, unique=True)),
                ('step', models.CharField(choices=[('opened', 'Section opened'), ('wrong', 'Answered wrongly'), ('right', 'Answered rightly'), ('read', 'Confirmed as read')], max_length=6)),
                ('parts', models.JSONField()),
                ('answers', models.JSONField(default=dict)),
                ('at', models.DateTimeField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('course', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='facts', to='attendance.selfstudycourse')),
            ],
            options={
                'indexes': [
                    models.Index(fields=['course', 'at'], name='attendance__course__c39481_idx'),
                ],
            },
        ),
        migrations.CreateModel(
            name='SelfStudyOutline',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('nonce', models.CharField(max_length=40, unique=True)),
                ('number', models.PositiveSmallIntegerField()),
                ('sections', models.JSONField()),
                ('at', models.DateTimeField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('course', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='outlines', to='attendance.selfstudycourse')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('course', 'number'), name='self_study_outline_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='SelfStudyPermission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('nonce', models.CharField(max_length=40, unique=True)),
                ('criteria', models.JSONField(default=dict)),
                ('cause', models.CharField(choices=[('shift', 'Works in shifts'), ('transport', 'Drives or travels with transport'), ('sea', 'At sea'), ('abroad', 'Works or studies abroad'), ('production', 'Production line that cannot stop'), ('other', 'Another reason')], max_length=10)),
                ('reason', models.CharField(max_length=250)),
                ('basis', models.CharField(max_length=250)),
                ('variant', models.CharField(choices=[('key_cadre', 'Key cadres'), ('rural', 'Rural grassroots members'), ('officials', 'Members who are officials or workers'), ('public', 'Public')], max_length=10)),
                ('from_on', models.DateField()),
                ('to_on', models.DateField()),
                ('at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawal_reason', models.CharField(blank=True, max_length=250)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='self_study_permissions', to='campaigns.studycampaign')),
                ('withdrawn_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('to_on__gte', models.F('from_on'))), name='self_study_period_order'),
                    models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at__isnull', True), ('withdrawn_by__isnull', True)), models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False)), _connector='OR'), name='self_study_withdrawal_paired'),
                ],
            },
        ),
        migrations.AddField(
            model_name='selfstudycourse',
            name='permission',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='courses', to='attendance.selfstudypermission'),
        ),
        migrations.AddField(
            model_name='catchup',
            name='lapsed',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='catch_ups', to='attendance.selfstudypermission'),
        ),
        migrations.AddConstraint(
            model_name='catchup',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('lapsed__isnull', True), ('missed__isnull', False)), models.Q(('lapsed__isnull', False), ('missed__isnull', True)), _connector='OR'), name='catch_up_has_one_cause'),
        ),
        migrations.AddConstraint(
            model_name='catchup',
            constraint=models.UniqueConstraint(fields=('duty', 'lapsed'), name='catch_up_lapsed_once'),
        ),
        migrations.AddField(
            model_name='selfstudyperson',
            name='permission',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='named', to='attendance.selfstudypermission'),
        ),
        migrations.AddField(
            model_name='selfstudyperson',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='self_study_permissions', to='org.person'),
        ),
        migrations.AddField(
            model_name='selfstudyquestion',
            name='added_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='selfstudyquestion',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='self_study_questions', to='campaigns.studycampaign'),
        ),
        migrations.AddField(
            model_name='selfstudyquestion',
            name='retired_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='selfstudyperson',
            constraint=models.UniqueConstraint(fields=('permission', 'person'), name='self_study_named_once'),
        ),
        migrations.AddIndex(
            model_name='selfstudyquestion',
            index=models.Index(fields=['campaign', 'part'], name='attendance__campaig_df824a_idx'),
        ),
    ]
