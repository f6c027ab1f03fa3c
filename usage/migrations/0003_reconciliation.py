"""Runs of the reconciliation of usage, and what they found."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

APP_ROLE = settings.DATABASES["default"]["USER"]

# Both lists are history: they change, and nothing is taken from them.
GUARDS = f"""
revoke delete, truncate on reconciliation_run, discrepancy from "{APP_ROLE}";
"""

KINDS = {
    "hold_without_usage": "a hold expired and no usage came: served, unbilled?",
    "usage_without_hold": "usage was charged that no open hold covered",
    "above_bounds": "usage above the bounds that the gateway gave",
    "reported_cost_differs": "the gateway's cost is not the formula's",
    "charge_differs": "what was charged is not the formula's",
    "meter_not_priced": "a used meter has no price",
    "conflict": "another body under a request id that was reported before",
    "quarantined": "an event that could not be charged",
}


def to(model, **how):
    return models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, db_index=False, to=model, **how)


class Migration(migrations.Migration):
    dependencies = [
        ("usage", "0002_judged_conflicts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReconciliationRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("from_at", models.DateTimeField()),
                ("until_at", models.DateTimeField()),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("found", models.JSONField(default=dict)),
            ],
            options={
                "db_table": "reconciliation_run",
                "indexes": [models.Index(name="reconciliation_run_by_end", fields=["until_at"])],
            },
        ),
        migrations.CreateModel(
            name="Discrepancy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=30, choices=list(KINDS.items()))),
                ("customer_id", models.UUIDField(null=True)),
                ("request_id", models.UUIDField()),
                ("subject_id", models.BigIntegerField(default=0)),
                ("gateway_id", models.BigIntegerField()),
                ("language_model_id", models.BigIntegerField(null=True)),
                ("amount_nanos", models.BigIntegerField(null=True)),
                ("found_in", to("usage.reconciliationrun", related_name="discrepancies")),
                ("found_at", models.DateTimeField()),
                ("resolved_at", models.DateTimeField(null=True)),
                ("resolved_by", to(settings.AUTH_USER_MODEL, null=True, related_name="+")),
                ("resolution", models.TextField(blank=True, default="")),
            ],
            options={
                "db_table": "discrepancy",
                "verbose_name_plural": "discrepancies",
                "constraints": [
                    models.UniqueConstraint(
                        name="discrepancy_once",
                        fields=["kind", "customer_id", "request_id", "subject_id"],
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(name="discrepancy_kind_known", condition=Q(kind__in=list(KINDS))),
                    models.CheckConstraint(
                        name="discrepancy_answered_with_reason",
                        condition=Q(resolved_at__isnull=True, resolved_by__isnull=True, resolution="")
                        | (Q(resolved_at__isnull=False) & ~Q(resolution="")),
                    ),
                ],
                "indexes": [
                    models.Index(
                        name="discrepancy_open", fields=["kind", "id"], condition=Q(resolved_at=None)
                    ),
                ],
            },
        ),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
    ]
