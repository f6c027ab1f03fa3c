"""Counters of limited keys, and the period that a hold counts in."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

APP_ROLE = settings.DATABASES["default"]["USER"]

# A limit without an end counts from the first day that a request id can name.
PERIODS = """
create function limit_period_start(period text, day date) returns date language sql immutable parallel safe
    return case period when 'total' then date '1970-01-01' else date_trunc(period, day::timestamp)::date end;

create function limit_period_end(period text, period_start date) returns timestamptz
    language sql immutable parallel safe
    return case period
               when 'day' then period_start + interval '1 day'
               when 'week' then period_start + interval '7 days'
               when 'month' then period_start + interval '1 month'
           end at time zone 'UTC';
"""
NO_PERIODS = """
drop function limit_period_end(text, date);
drop function limit_period_start(text, date);
"""

KEY_SPEND = f"""
create table key_spend (
    customer_id uuid not null,
    api_key_id uuid not null,
    period_start date not null,
    spent_nanos bigint not null,
    held_nanos bigint not null,
    cut_off_at timestamptz,
    primary key (customer_id, api_key_id),
    constraint key_spend_of_key foreign key (customer_id, api_key_id) references api_key (customer_id, id)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
create index key_spend_cut_off on key_spend (customer_id) where cut_off_at is not null;
revoke truncate on key_spend from "{APP_ROLE}";
"""

HOLD = """
alter table hold
    add column key_period_start date,
    add column resumes_at timestamptz,
    add constraint hold_counts_where_placed check (key_period_start is null or state <> 'refused'),
    add constraint hold_resumes_after_limit check (
        resumes_at is null or refusal is not distinct from 'key_limit_reached');
"""
HOLD_WITHOUT = "alter table hold drop column key_period_start, drop column resumes_at;"

CREATE_MODEL = migrations.CreateModel(
    name="KeySpend",
    fields=[
        (
            "pk",
            models.CompositePrimaryKey(
                "customer_id", "api_key_id", blank=True, editable=False, primary_key=True, serialize=False
            ),
        ),
        ("period_start", models.DateField()),
        ("spent_nanos", models.BigIntegerField()),
        ("held_nanos", models.BigIntegerField()),
        ("cut_off_at", models.DateTimeField(null=True)),
        (
            "customer",
            models.ForeignKey(
                on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="accounts.customer"
            ),
        ),
        (
            "api_key",
            models.ForeignKey(
                on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="accounts.apikey"
            ),
        ),
    ],
    options={"db_table": "key_spend", "verbose_name_plural": "key spend"},
)


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_guards"), ("accounts", "0003_key_limits")]

    operations = [
        migrations.RunSQL(PERIODS, NO_PERIODS),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(KEY_SPEND, "drop table key_spend")],
            state_operations=[CREATE_MODEL],
        ),
        migrations.AddConstraint(
            model_name="keyspend",
            constraint=models.CheckConstraint(
                condition=models.Q(held_nanos__gte=0), name="key_spend_held_not_negative"
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(HOLD, HOLD_WITHOUT)],
            state_operations=[
                migrations.AddField("hold", "key_period_start", models.DateField(null=True)),
                migrations.AddField("hold", "resumes_at", models.DateTimeField(null=True)),
            ],
        ),
    ]
