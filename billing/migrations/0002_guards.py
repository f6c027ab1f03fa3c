"""What the database itself enforces on money: append-only rows, terminal holds, partitions, privileges."""

from django.conf import settings
from django.db import migrations

APP_ROLE = settings.DATABASES["default"]["USER"]

APPEND_ONLY = """
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% on % refused: its rows are append-only', lower(tg_op), tg_table_name
        using errcode = 'restrict_violation';
end $$;
"""
APPEND_ONLY_TABLES = ("ledger_transaction", "transfer", "lot_movement", "debt")

HOLD_ENDS_ONCE = """
create function refuse_second_ending() returns trigger language plpgsql as $$
begin
    raise exception 'hold % has ended (%) and does not change any more', old.request_id, old.state
        using errcode = 'restrict_violation';
end $$;

create trigger hold_ends_once before update on hold
    for each row when (old.state <> 'open') execute function refuse_second_ending();
create trigger hold_stays before delete on hold
    for each row when (old.state <> 'refused') execute function refuse_change();
create trigger hold_not_truncated before truncate on hold
    for each statement execute function refuse_change();
"""

# Boundaries are the UUIDv7 of the first millisecond of a month with all other bits zero.
PARTITIONS = """
create function month_boundary(month timestamptz) returns uuid language sql immutable as $$
    select (overlay(lpad(to_hex((extract(epoch from month) * 1000)::bigint), 12, '0') placing '-' from 9 for 0)
            || '-0000-0000-000000000000')::uuid
$$;

create function ensure_partitions(moment timestamptz) returns integer
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    parent text;
    part text;
    month timestamptz;
    created integer := 0;
begin
    perform pg_advisory_xact_lock(hashtext('ensure_partitions'));
    foreach parent in array array['hold', 'charge'] loop
        continue when to_regclass('public.' || parent) is null;
        for ahead in -2..3 loop
            month := (date_trunc('month', moment at time zone 'UTC') + make_interval(months => ahead)) at time zone 'UTC';
            part := parent || to_char(month at time zone 'UTC', '_YYYY_MM');
            continue when to_regclass('public.' || part) is not null;
            execute format(
                'create table public.%%I partition of public.%%I for values from (%%L) to (%%L) with (fillfactor = %%s)',
                part, parent, month_boundary(month),
                month_boundary((month at time zone 'UTC' + interval '1 month') at time zone 'UTC'),
                case parent when 'hold' then 80 else 100 end);
            execute format('revoke all on public.%%I from %(app)s', part);
            execute format('create trigger %%I before truncate on public.%%I for each statement'
                           ' execute function public.refuse_change()', part || '_not_truncated', part);
            created := created + 1;
        end loop;
    end loop;
    return created;
end $$;
revoke all on function ensure_partitions(timestamptz) from public;
grant execute on function ensure_partitions(timestamptz) to %(app)s;
"""

HOT_TABLES = """
alter table wallet set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
alter table credit_lot set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
alter table outbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
"""


def statements():
    app = f'"{APP_ROLE}"'
    yield APPEND_ONLY
    for table in APPEND_ONLY_TABLES:
        yield f"""
            create trigger {table}_append_only before update or delete on {table}
                for each row execute function refuse_change();
            create trigger {table}_not_truncated before truncate on {table}
                for each statement execute function refuse_change();
            revoke update, delete, truncate on {table} from {app};
        """
    yield HOLD_ENDS_ONCE
    yield PARTITIONS % {"app": app}
    yield f"revoke delete, truncate on wallet, credit_lot from {app}; revoke truncate on hold from {app};"
    yield """
        alter table transfer add constraint transfer_of_transaction
            foreign key (customer_id, ledger_transaction_id) references ledger_transaction (customer_id, id);
        alter table debt add constraint debt_of_transaction
            foreign key (customer_id, ledger_transaction_id) references ledger_transaction (customer_id, id);
        alter table credit_lot add constraint credit_lot_of_transaction
            foreign key (customer_id, ledger_transaction_id) references ledger_transaction (customer_id, id);
        alter table lot_movement add constraint lot_movement_of_transaction
            foreign key (customer_id, ledger_transaction_id) references ledger_transaction (customer_id, id);
        alter table lot_movement add constraint lot_movement_of_lot
            foreign key (customer_id, lot_id) references credit_lot (customer_id, id);
    """
    yield HOT_TABLES
    yield "select ensure_partitions(now())"


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]

    operations = [migrations.RunSQL(list(statements()), migrations.RunSQL.noop)]
