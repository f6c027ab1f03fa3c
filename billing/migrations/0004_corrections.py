"""Correcting charges in the ledger: a kind of transaction and a cause of debt of their own."""

from django.db import migrations, models

KINDS = ["usage", "correction", "grant", "adjustment", "expiry", "debt_repayment"]
CAUSES = ["above_bounds", "hold_ended", "no_hold", "correction", "bank"]


class Migration(migrations.Migration):
    dependencies = [("billing", "0003_key_spend")]

    operations = [
        migrations.AlterField(
            "ledgertransaction",
            "kind",
            models.CharField(
                max_length=20,
                choices=[
                    ("usage", "Usage"),
                    ("correction", "Correction"),
                    ("grant", "Grant"),
                    ("adjustment", "Adjustment"),
                    ("expiry", "Expiry"),
                    ("debt_repayment", "Debt Repayment"),
                ],
            ),
        ),
        migrations.RemoveConstraint("ledgertransaction", "ledger_transaction_kind_known"),
        migrations.AddConstraint(
            "ledgertransaction",
            models.CheckConstraint(name="ledger_transaction_kind_known", condition=models.Q(kind__in=KINDS)),
        ),
        migrations.AddIndex(
            "ledgertransaction",
            models.Index(
                name="ledger_transaction_corrections",
                fields=["customer", "reason"],
                condition=models.Q(kind="correction"),
            ),
        ),
        migrations.AlterField(
            "debt",
            "cause",
            models.CharField(
                max_length=20,
                choices=[
                    ("above_bounds", "usage above the bounds of its hold"),
                    ("hold_ended", "usage reported after its hold ended"),
                    ("no_hold", "usage without a hold"),
                    ("correction", "usage that better evidence or a late price added"),
                    ("bank", "money taken back by a bank"),
                ],
            ),
        ),
        migrations.RemoveConstraint("debt", "debt_cause_known"),
        migrations.AddConstraint(
            "debt", models.CheckConstraint(name="debt_cause_known", condition=models.Q(cause__in=CAUSES))
        ),
    ]
