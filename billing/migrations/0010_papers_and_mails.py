"""Indexes that find what has no paper yet, and mails that nobody got."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("billing", "0009_payment_alerts")]

    operations = [
        migrations.AddIndex(
            "topup", models.Index(name="top_up_paid", fields=["ended_at"], condition=Q(state="paid"))
        ),
        migrations.AddIndex(
            "refund", models.Index(name="refund_given", fields=["ended_at"], condition=Q(state="succeeded"))
        ),
        migrations.AddIndex(
            "mail",
            models.Index(
                name="mail_given_up",
                fields=["created_at"],
                condition=Q(sent_at__isnull=True, next_try_at__isnull=True),
            ),
        ),
        migrations.AlterModelOptions(
            "mail", options={"permissions": [("retry_mails", "Can have mails sent again")]}
        ),
    ]
