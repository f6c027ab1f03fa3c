"""Top-ups, provider events, refunds, disputes, codes, papers and mails."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_verified_email"),
        ("billing", "0006_lighter_debits"),
    ]

    operations = [
        migrations.CreateModel(
            name="AutoTopUp",
            fields=[
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="accounts.customer",
                    ),
                ),
                ("enabled", models.BooleanField(default=False)),
                ("threshold_nanos", models.BigIntegerField()),
                ("amount_minor", models.BigIntegerField()),
                ("monthly_cap_minor", models.BigIntegerField()),
                ("saved_card_id", models.UUIDField()),
                ("agreed_at", models.DateTimeField()),
                ("suspended_at", models.DateTimeField(null=True)),
                ("suspended_reason", models.CharField(blank=True, default="", max_length=50)),
                ("next_check_at", models.DateTimeField(null=True)),
                (
                    "agreed_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "auto_top_up",
            },
        ),
        migrations.CreateModel(
            name="BillingDetails",
            fields=[
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="billing_details",
                        serialize=False,
                        to="accounts.customer",
                    ),
                ),
                ("name", models.CharField(blank=True, default="", max_length=200)),
                ("address", models.TextField(blank=True, default="", max_length=500)),
                ("country", models.CharField(blank=True, default="", max_length=2)),
                ("tax_id", models.CharField(blank=True, default="", max_length=50)),
                ("email", models.CharField(blank=True, default="", max_length=254)),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("zh-hans", "简体中文")], default="en", max_length=7
                    ),
                ),
                (
                    "low_balance_nanos",
                    models.BigIntegerField(help_text="Mail below it; empty: no such mail.", null=True),
                ),
            ],
            options={
                "db_table": "billing_details",
            },
        ),
        migrations.CreateModel(
            name="BonusPlan",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tiers", models.JSONField(default=list)),
                (
                    "expires_days",
                    models.IntegerField(
                        help_text="How long a bonus is good for; empty: for ever.", null=True
                    ),
                ),
                ("effective_at", models.DateTimeField()),
                ("reason", models.CharField(max_length=500)),
                ("created_at", models.DateTimeField()),
                (
                    "author",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "bonus_plan",
            },
        ),
        migrations.CreateModel(
            name="Dispute",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "customer_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField()),
                ("top_up_id", models.UUIDField()),
                ("provider_dispute_id", models.CharField(max_length=255)),
                ("status", models.CharField(max_length=50)),
                ("reason", models.CharField(blank=True, default="", max_length=100)),
                ("amount_minor", models.BigIntegerField()),
                ("taken_minor", models.BigIntegerField(default=0, help_text="Withdrawn and not reinstated.")),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.customer",
                    ),
                ),
            ],
            options={
                "db_table": "dispute",
            },
        ),
        migrations.CreateModel(
            name="ExchangeRate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("cny_per_usd_micros", models.BigIntegerField()),
                ("effective_at", models.DateTimeField()),
                ("reason", models.CharField(max_length=500)),
                ("created_at", models.DateTimeField()),
                (
                    "author",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "exchange_rate",
                "permissions": [("set_offers", "Can set exchange rates and bonuses")],
            },
        ),
        migrations.CreateModel(
            name="Mail",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("receipt", "Receipt"),
                            ("refund", "Refund"),
                            ("low_balance", "Low Balance"),
                            ("cut_off", "balance gone"),
                            ("auto_top_up_failed", "Auto Top Up Failed"),
                            ("credit_expires", "Credit Expires"),
                        ],
                        max_length=20,
                    ),
                ),
                ("cause_key", models.CharField(max_length=200, unique=True)),
                ("recipient", models.CharField(max_length=254)),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("zh-hans", "简体中文")], default="en", max_length=7
                    ),
                ),
                ("content", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField()),
                ("next_try_at", models.DateTimeField(null=True)),
                ("attempts", models.IntegerField(default=0)),
                ("sent_at", models.DateTimeField(null=True)),
                ("failure", models.CharField(blank=True, default="", max_length=500)),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.customer",
                    ),
                ),
            ],
            options={
                "db_table": "mail",
            },
        ),
        migrations.CreateModel(
            name="Paper",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "customer_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField()),
                (
                    "kind",
                    models.CharField(choices=[("receipt", "Receipt"), ("refund", "Refund")], max_length=7),
                ),
                ("year", models.SmallIntegerField()),
                ("number", models.IntegerField()),
                ("top_up_id", models.UUIDField()),
                ("refund_id", models.UUIDField(null=True)),
                ("content", models.JSONField()),
                ("issued_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.customer",
                    ),
                ),
            ],
            options={
                "db_table": "paper",
            },
        ),
        migrations.CreateModel(
            name="PaperCount",
            fields=[
                ("year", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("last_number", models.IntegerField(default=0)),
            ],
            options={
                "db_table": "paper_count",
            },
        ),
        migrations.CreateModel(
            name="Payer",
            fields=[
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="accounts.customer",
                    ),
                ),
                ("payer_id", models.CharField(max_length=255, unique=True)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "payer",
            },
        ),
        migrations.CreateModel(
            name="PaymentDiscrepancy",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "provider",
                    models.CharField(choices=[("stripe", "Stripe"), ("alipay", "Alipay")], max_length=6),
                ),
                ("day_date", models.DateField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("missing_here", "in the provider's books only"),
                            ("missing_there", "in our books only"),
                            ("differing", "in both, with other amounts"),
                        ],
                        max_length=13,
                    ),
                ),
                ("key", models.CharField(max_length=300, unique=True)),
                ("ours_minor", models.BigIntegerField(null=True)),
                ("theirs_minor", models.BigIntegerField(null=True)),
                ("customer_id", models.UUIDField(null=True)),
                ("found_at", models.DateTimeField()),
                ("gone_at", models.DateTimeField(null=True)),
                ("answer", models.CharField(blank=True, default="", max_length=500)),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "answered_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "payment_discrepancy",
                "verbose_name_plural": "payment discrepancies",
            },
        ),
        migrations.CreateModel(
            name="PaymentReconciliation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "provider",
                    models.CharField(choices=[("stripe", "Stripe"), ("alipay", "Alipay")], max_length=6),
                ),
                ("day_date", models.DateField()),
                ("finished_at", models.DateTimeField()),
                ("matched", models.IntegerField()),
                ("missing_here", models.IntegerField()),
                ("missing_there", models.IntegerField()),
                ("differing", models.IntegerField()),
                (
                    "open_minor",
                    models.BigIntegerField(help_text="What has not cleared, in the provider's minor unit."),
                ),
            ],
            options={
                "db_table": "payment_reconciliation",
            },
        ),
        migrations.CreateModel(
            name="PaymentReference",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "provider",
                        "kind",
                        "reference",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "provider",
                    models.CharField(choices=[("stripe", "Stripe"), ("alipay", "Alipay")], max_length=6),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("top_up", "Top Up"),
                            ("object", "Object"),
                            ("payment", "Payment"),
                            ("refund", "Refund"),
                            ("dispute", "Dispute"),
                        ],
                        max_length=7,
                    ),
                ),
                ("reference", models.CharField(max_length=255)),
                ("top_up_id", models.UUIDField()),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.customer",
                    ),
                ),
            ],
            options={
                "db_table": "payment_reference",
            },
        ),
        migrations.CreateModel(
            name="ProviderEvent",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                (
                    "provider",
                    models.CharField(choices=[("stripe", "Stripe"), ("alipay", "Alipay")], max_length=6),
                ),
                ("event_id", models.CharField(max_length=255)),
                ("body_digest", models.BinaryField(max_length=32)),
                ("kind", models.CharField(max_length=100)),
                ("body", models.BinaryField()),
                ("headers", models.JSONField(default=dict)),
                ("object_id", models.CharField(blank=True, default="", max_length=255)),
                ("payment_id", models.CharField(blank=True, default="", max_length=255)),
                ("received_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("done", "Done"),
                            ("ignored", "about nothing of ours"),
                            ("quarantined", "somebody has to look"),
                        ],
                        default="waiting",
                        max_length=11,
                    ),
                ),
                ("code", models.CharField(blank=True, default="", max_length=50)),
                ("detail", models.CharField(blank=True, default="", max_length=500)),
                ("attempts", models.IntegerField(default=0)),
                ("next_try_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("resolution", models.CharField(blank=True, default="", max_length=500)),
            ],
            options={
                "db_table": "provider_event",
            },
        ),
        migrations.CreateModel(
            name="ProviderLine",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "provider", "line_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "provider",
                    models.CharField(choices=[("stripe", "Stripe"), ("alipay", "Alipay")], max_length=6),
                ),
                ("line_id", models.CharField(max_length=255)),
                ("day_date", models.DateField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("payment", "payment"),
                            ("payment_failure", "payment_failure"),
                            ("refund", "refund"),
                            ("refund_failure", "refund_failure"),
                            ("dispute", "dispute"),
                            ("dispute_reversal", "dispute_reversal"),
                            ("fee", "fee"),
                            ("payout", "payout"),
                            ("other", "other"),
                        ],
                        max_length=20,
                    ),
                ),
                ("happened_at", models.DateTimeField()),
                ("gross_minor", models.BigIntegerField()),
                ("fee_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("source_id", models.CharField(blank=True, default="", max_length=255)),
                ("payment_id", models.CharField(blank=True, default="", max_length=255)),
                ("reference", models.CharField(blank=True, default="", max_length=255)),
                ("imported_at", models.DateTimeField()),
            ],
            options={
                "db_table": "provider_line",
            },
        ),
        migrations.CreateModel(
            name="RedemptionCode",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("hint", models.CharField(max_length=4)),
                ("credit_nanos", models.BigIntegerField()),
                (
                    "credit_expires_days",
                    models.IntegerField(help_text="Empty: the credit does not expire.", null=True),
                ),
                ("most_uses", models.IntegerField(default=1)),
                ("most_uses_per_customer", models.IntegerField(default=1)),
                ("uses", models.IntegerField(default=0)),
                ("expires_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(max_length=500)),
                ("created_at", models.DateTimeField()),
                (
                    "author",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "redemption_code",
                "permissions": [("issue_codes", "Can issue redemption codes")],
            },
        ),
        migrations.CreateModel(
            name="Refund",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "customer_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField()),
                ("top_up_id", models.UUIDField()),
                (
                    "origin",
                    models.CharField(
                        choices=[("operator", "Operator"), ("provider", "found at the provider")],
                        max_length=8,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("requested", "debited, not yet known to the provider"),
                            ("pending", "the provider is at work"),
                            ("succeeded", "Succeeded"),
                            ("failed", "failed and reversed"),
                        ],
                        max_length=9,
                    ),
                ),
                ("amount_minor", models.BigIntegerField()),
                ("debit_nanos", models.BigIntegerField()),
                ("bonus_nanos", models.BigIntegerField(default=0)),
                ("reason", models.CharField(max_length=500)),
                ("provider_refund_id", models.CharField(blank=True, default="", max_length=255)),
                ("ledger_transaction_id", models.UUIDField()),
                ("reversal_id", models.UUIDField(null=True)),
                ("requested_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("next_check_at", models.DateTimeField(null=True)),
                ("checks", models.IntegerField(default=0)),
                ("failure", models.CharField(blank=True, default="", max_length=500)),
                (
                    "author",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.customer",
                    ),
                ),
            ],
            options={
                "db_table": "refund",
                "permissions": [("give_refund", "Can refund top-ups")],
            },
        ),
        migrations.CreateModel(
            name="SavedCard",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "customer_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField()),
                ("card_id", models.CharField(max_length=255)),
                ("brand", models.CharField(max_length=30)),
                ("last4", models.CharField(max_length=4)),
                ("expires_month", models.SmallIntegerField()),
                ("expires_year", models.SmallIntegerField()),
                ("saved_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.customer",
                    ),
                ),
            ],
            options={
                "db_table": "saved_card",
            },
        ),
        migrations.CreateModel(
            name="TopUp",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "customer_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField()),
                (
                    "provider",
                    models.CharField(choices=[("stripe", "Stripe"), ("alipay", "Alipay")], max_length=6),
                ),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("checkout", "card or another method on Stripe's page"),
                            ("saved_card", "saved card"),
                            ("page", "Alipay in a browser"),
                            ("wap", "Alipay on a phone"),
                            ("qr", "Alipay by QR code"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        choices=[("customer", "Customer"), ("auto", "automatic top-up")], max_length=8
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("created", "not yet known to the provider"),
                            ("open", "waits for the customer"),
                            ("processing", "the bank is at work"),
                            ("paid", "Paid"),
                            ("failed", "Failed"),
                            ("expired", "nobody paid in time"),
                        ],
                        max_length=10,
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("amount_minor", models.BigIntegerField()),
                ("cny_per_usd_micros", models.BigIntegerField(null=True)),
                ("credit_nanos", models.BigIntegerField()),
                ("bonus_nanos", models.BigIntegerField(default=0)),
                ("idempotency_key", models.CharField(max_length=255)),
                ("fingerprint", models.BinaryField(max_length=32)),
                ("email", models.CharField(max_length=254)),
                ("save_card", models.BooleanField(default=False)),
                ("saved_card_id", models.UUIDField(null=True)),
                ("object_id", models.CharField(blank=True, default="", max_length=255)),
                ("payment_id", models.CharField(blank=True, default="", max_length=255)),
                ("checkout_url", models.TextField(blank=True, default="")),
                ("qr_code", models.TextField(blank=True, default="")),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("next_check_at", models.DateTimeField(null=True)),
                ("checks", models.IntegerField(default=0)),
                ("paid_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("failure", models.CharField(blank=True, default="", max_length=500)),
                ("ledger_transaction_id", models.UUIDField(null=True)),
                ("lot_id", models.UUIDField(null=True)),
                ("bonus_lot_id", models.UUIDField(null=True)),
                ("refunded_minor", models.BigIntegerField(default=0)),
                ("disputed_minor", models.BigIntegerField(default=0)),
                ("fraud_warning", models.CharField(blank=True, default="", max_length=255)),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.customer",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "top_up",
                "permissions": [("check_payments", "Can ask providers about payments again")],
            },
        ),
        migrations.CreateModel(
            name="WelcomeGrant",
            fields=[
                ("person", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("amount_nanos", models.BigIntegerField()),
                ("granted_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.customer"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "welcome_grant",
            },
        ),
        migrations.CreateModel(
            name="Redemption",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "customer_id",
                        "code_id",
                        "number",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("number", models.IntegerField()),
                ("ledger_transaction_id", models.UUIDField()),
                ("redeemed_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.customer",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "code",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="redemptions",
                        to="billing.redemptioncode",
                    ),
                ),
            ],
            options={
                "db_table": "redemption",
            },
        ),
        migrations.RemoveConstraint(
            model_name="ledgertransaction",
            name="ledger_transaction_kind_known",
        ),
        migrations.AlterField(
            model_name="ledgertransaction",
            name="kind",
            field=models.CharField(
                choices=[
                    ("usage", "Usage"),
                    ("correction", "Correction"),
                    ("grant", "Grant"),
                    ("adjustment", "Adjustment"),
                    ("expiry", "Expiry"),
                    ("debt_repayment", "Debt Repayment"),
                    ("top_up", "Top Up"),
                    ("refund", "Refund"),
                    ("refund_reversal", "Refund Reversal"),
                    ("dispute", "Dispute"),
                    ("dispute_reversal", "Dispute Reversal"),
                    ("payment_fee", "Payment Fee"),
                    ("payout", "Payout"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgertransaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "usage",
                            "correction",
                            "grant",
                            "adjustment",
                            "expiry",
                            "debt_repayment",
                            "top_up",
                            "refund",
                            "refund_reversal",
                            "dispute",
                            "dispute_reversal",
                            "payment_fee",
                            "payout",
                        ],
                    )
                ),
                name="ledger_transaction_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="billingdetails",
            constraint=models.CheckConstraint(
                condition=models.Q(("language__in", ["en", "zh-hans"])), name="billing_details_language_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="billingdetails",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("low_balance_nanos__isnull", True), ("low_balance_nanos__gte", 0), _connector="OR"
                ),
                name="billing_details_low_balance_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="papercount",
            constraint=models.CheckConstraint(
                condition=models.Q(("last_number__gte", 0)), name="paper_count_not_negative"
            ),
        ),
        migrations.AddIndex(
            model_name="paymentreconciliation",
            index=models.Index(
                fields=["provider", "-day_date", "-finished_at"], name="payment_reconciliation_of_day"
            ),
        ),
        migrations.AddIndex(
            model_name="providerevent",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["next_try_at"],
                name="provider_event_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="providerevent",
            index=models.Index(
                condition=models.Q(("state", "quarantined")),
                fields=["received_at"],
                name="provider_event_quarantine",
            ),
        ),
        migrations.AddConstraint(
            model_name="providerevent",
            constraint=models.UniqueConstraint(
                fields=("provider", "event_id", "body_digest"), name="provider_event_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="providerevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("provider__in", ["stripe", "alipay"])),
                name="provider_event_provider_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="providerevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "done", "ignored", "quarantined"])),
                name="provider_event_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="providerevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ended_at__isnull", True), ("next_try_at__isnull", False), ("state", "waiting")
                    ),
                    models.Q(
                        models.Q(("state", "waiting"), _negated=True),
                        ("ended_at__isnull", False),
                        ("next_try_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="provider_event_waits_or_has_ended",
            ),
        ),
        migrations.AddConstraint(
            model_name="providerevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "quarantined"), _negated=True),
                    models.Q(("code", ""), _negated=True),
                    _connector="OR",
                ),
                name="provider_event_quarantined_with_code",
            ),
        ),
        migrations.AddIndex(
            model_name="providerline",
            index=models.Index(fields=["provider", "day_date"], name="provider_line_of_day"),
        ),
        migrations.AddConstraint(
            model_name="providerline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "payment",
                            "payment_failure",
                            "refund",
                            "refund_failure",
                            "dispute",
                            "dispute_reversal",
                            "fee",
                            "payout",
                            "other",
                        ],
                    ),
                    ("provider__in", ["stripe", "alipay"]),
                ),
                name="provider_line_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="autotopup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_minor__gt", 0),
                    ("threshold_nanos__gte", 0),
                    ("monthly_cap_minor__gte", models.F("amount_minor")),
                ),
                name="auto_top_up_amounts_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="autotopup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("suspended_at__isnull", True), ("suspended_reason", "")),
                    models.Q(
                        ("suspended_at__isnull", False), models.Q(("suspended_reason", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="auto_top_up_suspended_with_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="bonusplan",
            index=models.Index(fields=["-effective_at", "-id"], name="bonus_plan_newest"),
        ),
        migrations.AddConstraint(
            model_name="bonusplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="bonus_plan_has_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="bonusplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_days__isnull", True), ("expires_days__gt", 0), _connector="OR"),
                name="bonus_plan_expires_later",
            ),
        ),
        migrations.AddIndex(
            model_name="dispute",
            index=models.Index(fields=["customer", "top_up_id"], name="dispute_of_top_up"),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.UniqueConstraint(
                fields=("customer", "provider_dispute_id"), name="dispute_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gte", 0), ("taken_minor__gte", 0)),
                name="dispute_amounts_in_range",
            ),
        ),
        migrations.AddIndex(
            model_name="exchangerate",
            index=models.Index(fields=["-effective_at", "-id"], name="exchange_rate_newest"),
        ),
        migrations.AddConstraint(
            model_name="exchangerate",
            constraint=models.CheckConstraint(
                condition=models.Q(("cny_per_usd_micros__range", (3000000, 20000000))),
                name="exchange_rate_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="exchangerate",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="exchange_rate_has_reason"
            ),
        ),
        migrations.AddIndex(
            model_name="mail",
            index=models.Index(
                condition=models.Q(("next_try_at__isnull", False)),
                fields=["next_try_at"],
                name="mail_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="mail",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "receipt",
                            "refund",
                            "low_balance",
                            "cut_off",
                            "auto_top_up_failed",
                            "credit_expires",
                        ],
                    )
                ),
                name="mail_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="mail",
            constraint=models.CheckConstraint(
                condition=models.Q(("sent_at__isnull", True), ("next_try_at__isnull", True), _connector="OR"),
                name="mail_sent_waits_no_more",
            ),
        ),
        migrations.AddConstraint(
            model_name="paper",
            constraint=models.UniqueConstraint(fields=("year", "number"), name="paper_number_once"),
        ),
        migrations.AddConstraint(
            model_name="paper",
            constraint=models.UniqueConstraint(
                fields=("customer", "top_up_id", "refund_id"), name="paper_once", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="paper",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "receipt"), ("refund_id__isnull", True)),
                    models.Q(("kind", "refund"), ("refund_id__isnull", False)),
                    _connector="OR",
                ),
                name="paper_kind_fits",
            ),
        ),
        migrations.AddConstraint(
            model_name="paper",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gt", 0)), name="paper_number_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentdiscrepancy",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["missing_here", "missing_there", "differing"])),
                name="payment_discrepancy_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentdiscrepancy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer", ""), ("answered_at__isnull", True)),
                    models.Q(("answered_at__isnull", False), models.Q(("answer", ""), _negated=True)),
                    _connector="OR",
                ),
                name="payment_discrepancy_answered_with_words",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentreference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["top_up", "object", "payment", "refund", "dispute"]),
                    ("provider__in", ["stripe", "alipay"]),
                    models.Q(("reference", ""), _negated=True),
                ),
                name="payment_reference_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="redemptioncode",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("most_uses__gt", 0),
                    ("most_uses_per_customer__gt", 0),
                    ("uses__gte", 0),
                    ("uses__lte", models.F("most_uses")),
                ),
                name="redemption_code_uses_within_limit",
            ),
        ),
        migrations.AddConstraint(
            model_name="redemptioncode",
            constraint=models.CheckConstraint(
                condition=models.Q(("credit_nanos__gt", 0), ("credit_nanos__lte", 1000000000000000)),
                name="redemption_code_amount_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="redemptioncode",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="redemption_code_has_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="redemption",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gt", 0)), name="redemption_number_positive"
            ),
        ),
        migrations.AddIndex(
            model_name="refund",
            index=models.Index(fields=["customer", "top_up_id"], name="refund_of_top_up"),
        ),
        migrations.AddIndex(
            model_name="refund",
            index=models.Index(
                condition=models.Q(("next_check_at__isnull", False)),
                fields=["next_check_at"],
                name="refund_to_check",
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("origin__in", ["operator", "provider"])), name="refund_origin_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["requested", "pending", "succeeded", "failed"])),
                name="refund_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0), ("bonus_nanos__gte", 0), ("debit_nanos__gte", 0)),
                name="refund_amounts_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="refund_has_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reversal_id__isnull", False), ("state", "failed")),
                    models.Q(models.Q(("state", "failed"), _negated=True), ("reversal_id__isnull", True)),
                    _connector="OR",
                ),
                name="refund_reversed_where_failed",
            ),
        ),
        migrations.AddConstraint(
            model_name="savedcard",
            constraint=models.UniqueConstraint(fields=("customer", "card_id"), name="saved_card_once"),
        ),
        migrations.AddIndex(
            model_name="topup",
            index=models.Index(
                condition=models.Q(("next_check_at__isnull", False)),
                fields=["next_check_at"],
                name="top_up_to_check",
            ),
        ),
        migrations.AddIndex(
            model_name="topup",
            index=models.Index(fields=["customer", "-id"], name="top_up_newest"),
        ),
        migrations.AddConstraint(
            model_name="topup",
            constraint=models.UniqueConstraint(
                fields=("customer", "idempotency_key"), name="top_up_idempotency_key_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="topup",
            constraint=models.UniqueConstraint(
                condition=models.Q(("cause", "auto"), ("state__in", ("created", "open", "processing"))),
                fields=("customer",),
                name="top_up_one_auto_in_flight",
            ),
        ),
        migrations.AddConstraint(
            model_name="topup",
            constraint=models.CheckConstraint(
                condition=models.Q(("provider__in", ["stripe", "alipay"])), name="top_up_provider_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="topup",
            constraint=models.CheckConstraint(
                condition=models.Q(("method__in", ["checkout", "saved_card", "page", "wap", "qr"])),
                name="top_up_method_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="topup",
            constraint=models.CheckConstraint(
                condition=models.Q(("cause__in", ["customer", "auto"])), name="top_up_cause_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="topup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["created", "open", "processing", "paid", "failed", "expired"])
                ),
                name="top_up_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="topup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_minor__gt", 0),
                    ("amount_minor__lte", 100000000),
                    ("credit_nanos__gt", 0),
                    ("credit_nanos__lte", 1000000000000000),
                    ("bonus_nanos__gte", 0),
                    ("bonus_nanos__lte", models.F("credit_nanos")),
                ),
                name="top_up_amounts_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="topup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("cny_per_usd_micros__isnull", True), ("currency", "USD"), ("provider", "stripe")
                    ),
                    models.Q(
                        ("cny_per_usd_micros__gt", 0),
                        ("cny_per_usd_micros__isnull", False),
                        ("currency", "CNY"),
                        ("provider", "alipay"),
                    ),
                    _connector="OR",
                ),
                name="top_up_currency_of_provider",
            ),
        ),
        migrations.AddConstraint(
            model_name="topup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ledger_transaction_id__isnull", False),
                        ("lot_id__isnull", False),
                        ("paid_at__isnull", False),
                        ("state", "paid"),
                    ),
                    models.Q(
                        models.Q(("state", "paid"), _negated=True),
                        ("ledger_transaction_id__isnull", True),
                        ("lot_id__isnull", True),
                        ("paid_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="top_up_paid_is_credited",
            ),
        ),
        migrations.AddConstraint(
            model_name="topup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("disputed_minor__gte", 0),
                    ("refunded_minor__gte", 0),
                    ("refunded_minor__lte", models.F("amount_minor")),
                    models.Q(
                        ("state", "paid"),
                        models.Q(("disputed_minor", 0), ("refunded_minor", 0)),
                        _connector="OR",
                    ),
                ),
                name="top_up_refunded_within_amount",
            ),
        ),
        migrations.AddConstraint(
            model_name="welcomegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_nanos__gt", 0)), name="welcome_grant_amount_positive"
            ),
        ),
    ]
