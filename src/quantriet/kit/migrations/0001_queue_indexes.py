"""Indexes for what the worker asks of the queue every few seconds; the table itself comes with its package."""

from django.db import migrations

TABLE = "django_tasks_database_dbtaskresult"
INDEXES = {"queue_by_job": "task_path, enqueued_at", "queue_by_status": "status, finished_at"}


class Migration(migrations.Migration):
    dependencies = [("django_tasks_database", "0021_conditional_partial_index_ordering")]
    operations = [
        migrations.RunSQL(
            f"CREATE INDEX IF NOT EXISTS {name} ON {TABLE} ({columns})", f"DROP INDEX IF EXISTS {name}"
        )
        for name, columns in INDEXES.items()
    ]
