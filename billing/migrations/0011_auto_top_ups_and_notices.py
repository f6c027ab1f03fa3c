"""Indexes that find whose card to charge and whom to tell, and one welcome for each person and customer."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("billing", "0010_papers_and_mails")]

    operations = [
        migrations.AddField(
            "billingdetails", "low_since_seq", models.BigIntegerField(editable=False, null=True)
        ),
        migrations.AddIndex(
            "autotopup",
            models.Index(
                name="auto_top_up_on",
                fields=["customer"],
                condition=Q(enabled=True, suspended_at__isnull=True),
            ),
        ),
        migrations.AddIndex(
            "wallet",
            models.Index(name="wallet_cut_off", fields=["cut_off_at"], condition=Q(cut_off_at__isnull=False)),
        ),
        migrations.AddConstraint(
            "welcomegrant",
            models.UniqueConstraint(name="welcome_grant_once_per_customer", fields=["customer"]),
        ),
        migrations.AddConstraint(
            "welcomegrant",
            models.UniqueConstraint(name="welcome_grant_once_per_user", fields=["user"]),
        ),
    ]
