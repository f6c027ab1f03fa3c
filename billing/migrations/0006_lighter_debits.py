"""Debits leave the indexes of lots alone; the outbox keeps only what the publisher reads."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_operator_log"),
        ("billing", "0005_credit_permissions"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="creditlot",
            name="credit_lot_with_credit",
        ),
        migrations.RemoveIndex(
            model_name="creditlot",
            name="credit_lot_expiring",
        ),
        migrations.RemoveField(
            model_name="outbox",
            name="api_key_id",
        ),
        migrations.AddField(
            model_name="creditlot",
            name="has_credit",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Q(("remaining_nanos__gt", 0)),
                output_field=models.BooleanField(),
            ),
        ),
        migrations.AddIndex(
            model_name="creditlot",
            index=models.Index(
                condition=models.Q(("has_credit", True)), fields=["customer"], name="credit_lot_with_credit"
            ),
        ),
        migrations.AddIndex(
            model_name="creditlot",
            index=models.Index(
                condition=models.Q(("expires_at__isnull", False), ("has_credit", True)),
                fields=["expires_at"],
                name="credit_lot_expiring",
            ),
        ),
    ]
