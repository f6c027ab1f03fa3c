"""Payments that an operator has to look at, and the refunds that a provider's message names."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

APP_ROLE = settings.DATABASES["default"]["USER"]

GUARDS = f"""
create trigger payment_alert_stays before update on payment_alert for each row
    when ((old.id, old.provider, old.customer_id, old.top_up_id, old.payment_id, old.code, old.found_at)
          is distinct from
          (new.id, new.provider, new.customer_id, new.top_up_id, new.payment_id, new.code, new.found_at))
    execute function refuse_new_terms();
create trigger payment_alert_not_deleted before delete on payment_alert
    for each row execute function refuse_change();
create trigger payment_alert_not_truncated before truncate on payment_alert
    for each statement execute function refuse_change();
revoke delete, truncate on payment_alert from "{APP_ROLE}";
alter table payment_alert add constraint payment_alert_of_payment
    foreign key (customer_id, top_up_id) references top_up (customer_id, id);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_verified_email"), ("billing", "0008_payment_guards")]

    operations = [
        migrations.AddField(
            model_name="providerevent",
            name="refunds",
            field=models.JSONField(default=list, help_text="References of refunds that it names."),
        ),
        migrations.CreateModel(
            name="PaymentAlert",
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
                ("top_up_id", models.UUIDField()),
                ("payment_id", models.CharField(blank=True, default="", max_length=255)),
                ("code", models.CharField(max_length=50)),
                ("detail", models.CharField(max_length=500)),
                ("found_at", models.DateTimeField()),
                ("resolved_at", models.DateTimeField(null=True)),
                ("resolution", models.CharField(blank=True, default="", max_length=500)),
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
                "db_table": "payment_alert",
                "indexes": [
                    models.Index(
                        condition=models.Q(("resolved_at__isnull", True)),
                        fields=["found_at"],
                        name="payment_alert_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("customer", "top_up_id", "code", "payment_id"), name="payment_alert_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("code", ""), _negated=True), models.Q(("detail", ""), _negated=True)
                        ),
                        name="payment_alert_says_what",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("resolution", ""), ("resolved_at__isnull", True)),
                            models.Q(
                                ("resolved_at__isnull", False), models.Q(("resolution", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="payment_alert_resolved_with_words",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("provider__in", ["stripe", "alipay"])),
                        name="payment_alert_provider_known",
                    ),
                ],
            },
        ),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
    ]
