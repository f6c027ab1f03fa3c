"""Indexes for the comparison with providers' own books."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0012_money_back"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="ledgertransaction",
            index=models.Index(
                condition=models.Q(("kind__in", ["dispute", "dispute_reversal"])),
                fields=["effect_key"],
                name="ledger_transaction_disputes",
            ),
        ),
        migrations.AddIndex(
            model_name="refund",
            index=models.Index(fields=["requested_at"], name="refund_newest"),
        ),
        migrations.AddIndex(
            model_name="topup",
            index=models.Index(
                condition=models.Q(("state", "paid")),
                fields=["provider", "paid_at"],
                name="top_up_paid_there",
            ),
        ),
    ]
