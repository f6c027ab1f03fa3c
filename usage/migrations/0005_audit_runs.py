"""Runs of the audit; rows are added and never change."""

from django.conf import settings
from django.db import migrations, models

APP_ROLE = settings.DATABASES["default"]["USER"]

APPEND_ONLY = f"""
create trigger audit_run_append_only before update or delete on audit_run
    for each row execute function refuse_change();
create trigger audit_run_not_truncated before truncate on audit_run
    for each statement execute function refuse_change();
revoke update, delete, truncate on audit_run from "{APP_ROLE}";
"""

ALLOW = """
drop trigger audit_run_not_truncated on audit_run;
drop trigger audit_run_append_only on audit_run;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("usage", "0003_reconciliation"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField()),
                ("invariants", models.IntegerField()),
                ("violations", models.BigIntegerField()),
                ("findings", models.JSONField()),
            ],
            options={
                "db_table": "audit_run",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("finished_at__gte", models.F("started_at"))),
                        name="audit_run_ends_after_its_start",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("invariants__gt", 0), ("violations__gte", 0)),
                        name="audit_run_counts",
                    ),
                ],
            },
        ),
        migrations.RunSQL(APPEND_ONLY, ALLOW),
    ]
