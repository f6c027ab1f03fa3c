"""What protects the books, and whether anything is left lying: guards, partitions, queues."""

from usage.audit.invariant import Invariant

# Bits of pg_trigger.tgtype: 1 for each row, 2 before, 8 delete, 16 update, 32 truncate.
TRIGGERS = """
    with guarded as (
        select guarded.oid, guarded.relname, event.name, event.bits, event.is_row
          from pg_class guarded
          join pg_namespace on pg_namespace.oid = guarded.relnamespace and pg_namespace.nspname = 'public'
          left join pg_inherits on pg_inherits.inhrelid = guarded.oid
          left join pg_class parent on parent.oid = pg_inherits.inhparent
         cross join (values ('delete', 8, true), ('update', 16, true), ('truncate', 32, false))
               as event (name, bits, is_row)
         where guarded.relkind in ('r', 'p')
           and coalesce(parent.relname, guarded.relname) = any (%(append_only)s)
    )
    select guarded.relname as table_name, guarded.name as unguarded
      from guarded
     where not exists (
               select from pg_trigger
                 join pg_proc on pg_proc.oid = pg_trigger.tgfoid
                where pg_trigger.tgrelid = guarded.oid
                  and pg_proc.proname = any (array['refuse_change', 'catalog_refuse_change',
                                                   'accounts_refuse_rewriting'])
                  and pg_trigger.tgenabled in ('O', 'A')
                  and pg_trigger.tgqual is null
                  and pg_trigger.tgtype & 2 > 0
                  and pg_trigger.tgtype & guarded.bits > 0
                  and (pg_trigger.tgtype & 1 > 0) = guarded.is_row)
"""

PRIVILEGES = """
    select guarded.relname as table_name, privilege
      from pg_class guarded
      join pg_namespace on pg_namespace.oid = guarded.relnamespace and pg_namespace.nspname = 'public'
      left join pg_inherits on pg_inherits.inhrelid = guarded.oid
      left join pg_class parent on parent.oid = pg_inherits.inhparent
     cross join unnest(array['UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) as privilege
     where guarded.relkind in ('r', 'p')
       and coalesce(parent.relname, guarded.relname) = any (%(append_only)s)
       and has_table_privilege(%(app_role)s, guarded.oid, privilege)
"""

CONSTRAINTS = """
    select expected.name
      from unnest(%(constraints)s::text[]) as expected (name)
     where not exists (select from pg_constraint
                        where conname = expected.name and convalidated and conenforced)
"""

PARTITIONS = """
    with part as (
        select pg_inherits.inhparent, (bounds.text)[1]::uuid as first, (bounds.text)[2]::uuid as until
          from pg_inherits
          join pg_class on pg_class.oid = pg_inherits.inhrelid and pg_class.relkind = 'r'
         cross join regexp_match(pg_get_expr(pg_class.relpartbound, pg_class.oid),
                                 'FROM \\(''([0-9a-f-]+)''\\) TO \\(''([0-9a-f-]+)''\\)') as bounds (text)
    )
    select parent.relname as table_name, min(day) as uncovered_at
      from pg_class parent
     cross join generate_series(%(now)s::timestamptz, %(now)s::timestamptz + interval '14 days',
                                interval '1 day') as day
     where parent.relname in ('hold', 'charge') and parent.relkind = 'p'
       and not exists (select from part
                        where part.inhparent = parent.oid
                          and part.first <= month_boundary(day) and month_boundary(day) < part.until)
     group by parent.relname
"""

POSITIONS = """
    select min(position) as first, max(position) as last, count(*) as events
      from key_event
    having count(*) <> coalesce(max(position) - min(position) + 1, 0)
"""

PUBLISHED = """
    select 'outbox' as waits, id, created_at from outbox
     where created_at < %(now)s::timestamptz - interval '5 minutes'
     union all
    select 'key_event', position, created_at from key_event
     where cached_at is null and created_at < %(now)s::timestamptz - interval '5 minutes'
"""

INBOX = """
    select customer_id, request_id, received_at
      from usage_event
     where received_at < %(now)s::timestamptz - interval '10 minutes'
"""

INVARIANTS = (
    Invariant("triggers_guard", "Triggers refuse every change of append-only rows.", TRIGGERS),
    Invariant("app_may_only_append", "The application may only add append-only rows.", PRIVILEGES),
    Invariant("constraints_are_in_place", "Every constraint on money is there and enforced.", CONSTRAINTS),
    Invariant("partitions_reach_ahead", "Holds and charges have partitions for 14 more days.", PARTITIONS),
    Invariant("positions_have_no_gap", "Key events are numbered without a gap.", POSITIONS),
    Invariant("states_are_published", "No change of a key's state waits longer than 5 minutes.", PUBLISHED),
    Invariant("usage_is_settled", "No reported usage waits longer than 10 minutes.", INBOX),
)
