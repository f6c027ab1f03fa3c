"""Spending limits of keys, and the line of rotated keys that a limit counts together."""

import django.db.models.deletion
from django.db import migrations, models

FIRST_OF_EACH_LINE = """
with recursive line as (
    select id, id as first_key_id from api_key where rotated_from_id is null
     union all
    select api_key.id, line.first_key_id from api_key join line on line.id = api_key.rotated_from_id
)
update api_key set first_key_id = line.first_key_id from line where line.id = api_key.id;

set constraints all immediate;
"""

KEEPS_LINE = """
create trigger api_key_keeps_line before update on api_key for each row
    when (new.first_key_id <> old.first_key_id)
    execute function accounts_refuse_change('a key keeps its line');
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_for_good")]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="limit_nanos",
            field=models.BigIntegerField(blank=True, help_text="Empty: no limit.", null=True),
        ),
        migrations.AddField(
            model_name="apikey",
            name="limit_period",
            field=models.CharField(
                blank=True,
                choices=[("day", "Day"), ("week", "Week"), ("month", "Month"), ("total", "Total")],
                max_length=5,
                null=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(limit_nanos__isnull=True, limit_period__isnull=True)
                | models.Q(
                    limit_nanos__isnull=False,
                    limit_nanos__gte=0,
                    limit_period__isnull=False,
                    limit_period__in=["day", "week", "month", "total"],
                ),
                name="apikey_limit_has_amount_and_period",
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="first_key",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                help_text="The first of the keys that were rotated into this one; itself where none was.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="line",
                to="accounts.apikey",
            ),
        ),
        migrations.RunSQL(FIRST_OF_EACH_LINE, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="apikey",
            name="first_key",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                help_text="The first of the keys that were rotated into this one; itself where none was.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="line",
                to="accounts.apikey",
            ),
        ),
        migrations.RunSQL(KEEPS_LINE, "drop trigger api_key_keeps_line on api_key"),
    ]
