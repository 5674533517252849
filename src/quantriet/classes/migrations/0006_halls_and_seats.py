import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('classes', '0005_conference_desk'),
        ('org', '0013_reversal_by_two'),
    ]

    operations = [
        migrations.CreateModel(
            name='Hall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=160)),
                ('address', models.CharField(blank=True, max_length=200)),
                ('layout', models.JSONField()),
                ('seats', models.PositiveIntegerField()),
                ('changed_at', models.DateTimeField()),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='halls', to='org.unit')),
            ],
            options={
                'ordering': ['unit__path', 'name', 'pk'],
                'constraints': [
                    models.UniqueConstraint(fields=('unit', 'name'), name='hall_name_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='SeatMap',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hall_name', models.CharField(max_length=160)),
                ('layout', models.JSONField()),
                ('changed_at', models.DateTimeField()),
                ('hall', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='seat_maps', to='classes.hall')),
                ('venue', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='seat_map', to='classes.venue')),
            ],
        ),
        migrations.CreateModel(
            name='SeatBlock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.unit')),
                ('seat_map', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='blocks', to='classes.seatmap')),
            ],
            options={
                'ordering': ['number'],
                'constraints': [
                    models.UniqueConstraint(fields=('seat_map', 'number'), name='seat_block_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Seat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row', models.CharField(max_length=4)),
                ('number', models.PositiveSmallIntegerField()),
                ('is_kept_free', models.BooleanField(default=False)),
                ('entry', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='placed_on', to='classes.rosterentry')),
                ('seat_map', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='seats', to='classes.seatmap')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('seat_map', 'row', 'number'), name='seat_taken_once'),
                    models.CheckConstraint(condition=models.Q(models.Q(('entry__isnull', False), ('is_kept_free', False)), models.Q(('entry__isnull', True), ('is_kept_free', True)), _connector='OR'), name='seat_taken_or_kept_free'),
                ],
            },
        ),
    ]
