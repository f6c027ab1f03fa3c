"""Permissions of their own for giving and for correcting credit."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0004_corrections"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="wallet",
            options={
                "permissions": [
                    ("grant_credit", "Can give customers credit"),
                    ("adjust_credit", "Can correct customers' credit"),
                ]
            },
        ),
    ]
