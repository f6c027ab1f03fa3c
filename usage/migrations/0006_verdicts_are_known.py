"""A check is passed where it is unknown: say that a verdict is there before asking which."""

from django.db import migrations, models
from django.db.models import Q

CHECKS = [
    models.CheckConstraint(
        name="usage_conflict_judged_with_verdict",
        condition=Q(verdict__isnull=True, judged_at__isnull=True)
        | Q(verdict__isnull=False, verdict__in=["corrected", "confirmed", "left"], judged_at__isnull=False),
    ),
    models.CheckConstraint(
        name="usage_conflict_corrected_by_charge",
        condition=Q(verdict__isnull=False, verdict="corrected", corrected_by__isnull=False)
        | (Q(corrected_by__isnull=True) & (Q(verdict__isnull=True) | ~Q(verdict="corrected"))),
    ),
]


class Migration(migrations.Migration):
    dependencies = [("usage", "0005_audit_runs")]

    operations = [
        *(migrations.RemoveConstraint("usageconflict", check.name) for check in CHECKS),
        *(migrations.AddConstraint("usageconflict", check) for check in CHECKS),
    ]
