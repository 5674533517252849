import django.db.models.deletion
import quantriet.attendance.vocab
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('attendance', '0009_head_counts'),
        ('classes', '0006_halls_and_seats'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='presencefact',
            name='method',
            field=models.CharField(choices=[('roll', 'Roll page'), ('slip', 'Slip entered later'), ('paste', 'Pasted codes'), ('code', "Code of the hall's screen"), ('station', 'Code scanned at the desk'), ('seat', 'Seat plan')], max_length=8),
        ),
        migrations.CreateModel(
            name='SeatRound',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('as_of', models.DateTimeField()),
                ('begun_at', models.DateTimeField()),
                ('begun_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('session', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='seat_rounds', to='classes.classsession')),
                ('venue', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='seat_rounds', to='classes.venue')),
            ],
            options={
                'ordering': ['number'],
                'constraints': [
                    models.UniqueConstraint(fields=('session', 'venue', 'number'), name='seat_round_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='SeatConfirmation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('nonce', models.CharField(max_length=40, unique=True)),
                ('block', models.PositiveSmallIntegerField()),
                ('taken', models.PositiveSmallIntegerField()),
                ('empty', models.PositiveSmallIntegerField()),
                ('last_tap', models.PositiveBigIntegerField(default=0)),
                ('at', models.DateTimeField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('seat_round', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='confirmations', to='attendance.seatround')),
            ],
            options={
                'indexes': [
                    models.Index(fields=['seat_round', 'block'], name='confirmations_of_round'),
                ],
            },
        ),
        migrations.CreateModel(
            name='SeatTap',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('nonce', models.CharField(max_length=40, unique=True)),
                ('is_empty', models.BooleanField()),
                ('at', models.DateTimeField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='seat_taps', to='classes.rosterentry')),
                ('seat_round', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='taps', to='attendance.seatround')),
            ],
            options={
                'indexes': [
                    models.Index(fields=['seat_round', 'entry'], name='taps_of_round'),
                ],
            },
        ),
        migrations.CreateModel(
            name='AbsenceProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('grade', models.CharField(choices=[('review', 'Self-criticism review in the cell'), ('again', 'Review before the committee, absent again'), ('handling', 'Consider handling')], max_length=8)),
                ('sentence', models.CharField(max_length=500)),
                ('absences', models.JSONField()),
                ('state', models.CharField(choices=[('open', 'Waits for a decision'), ('decided', 'Decided'), ('withdrawn', 'No longer stands')], default=quantriet.attendance.vocab.ProposalState['OPEN'], max_length=9)),
                ('proposed_at', models.DateTimeField()),
                ('decision', models.CharField(blank=True, choices=[('reminded', 'Reminded'), ('review', 'Self-criticism review held'), ('handling', 'Passed on for handling'), ('none', 'Not taken up')], max_length=8)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('note', models.CharField(blank=True, max_length=400)),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='absence_proposal', to='classes.rosterentry')),
            ],
            options={
                'indexes': [models.Index(fields=['state', 'grade'], name='absence_proposals_by_state')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('state', 'decided'), models.Q(('decision', ''), _negated=True)), models.Q(models.Q(('state', 'decided'), _negated=True), ('decided_at__isnull', True), ('decided_by__isnull', True), ('decision', '')), _connector='OR'), name='absence_proposal_decided_whole')],
            },
        ),
    ]
