"""What the database itself enforces on payments: terms that stay, states that end, history that only grows."""

from django.conf import settings
from django.db import migrations

APP_ROLE = settings.DATABASES["default"]["USER"]

APPEND_ONLY_TABLES = (
    "exchange_rate",
    "bonus_plan",
    "redemption",
    "welcome_grant",
    "paper",
    "payment_reference",
    "provider_line",
    "payment_reconciliation",
)
# Changed in place, never deleted.
KEPT_TABLES = (
    "top_up",
    "refund",
    "dispute",
    "provider_event",
    "redemption_code",
    "saved_card",
    "payer",
    "paper_count",
    "payment_discrepancy",
)

REFUSE = """
create function refuse_new_terms() returns trigger language plpgsql as $$
begin
    raise exception '% of % refused: it is fixed', tg_op, tg_table_name using errcode = 'restrict_violation';
end $$;
"""

TERMS_STAY = """
create trigger top_up_terms_stay before update on top_up for each row
    when ((old.customer_id, old.id, old.provider, old.method, old.cause, old.currency, old.amount_minor,
           old.credit_nanos, old.bonus_nanos, old.idempotency_key, old.fingerprint, old.created_at)
          is distinct from
          (new.customer_id, new.id, new.provider, new.method, new.cause, new.currency, new.amount_minor,
           new.credit_nanos, new.bonus_nanos, new.idempotency_key, new.fingerprint, new.created_at)
          or old.cny_per_usd_micros is distinct from new.cny_per_usd_micros)
    execute function refuse_new_terms();
create trigger top_up_stays_paid before update on top_up for each row
    when (old.state = 'paid'
          and (new.state, new.paid_at, new.ledger_transaction_id, new.lot_id)
              is distinct from (old.state, old.paid_at, old.ledger_transaction_id, old.lot_id))
    execute function refuse_new_terms();

create trigger refund_terms_stay before update on refund for each row
    when ((old.customer_id, old.id, old.top_up_id, old.origin, old.amount_minor, old.debit_nanos,
           old.bonus_nanos, old.ledger_transaction_id, old.requested_at)
          is distinct from
          (new.customer_id, new.id, new.top_up_id, new.origin, new.amount_minor, new.debit_nanos,
           new.bonus_nanos, new.ledger_transaction_id, new.requested_at))
    execute function refuse_new_terms();
create trigger refund_fails_once before update on refund for each row
    when (old.state = 'failed' and (new.state, new.reversal_id) is distinct from (old.state, old.reversal_id))
    execute function refuse_new_terms();

create trigger provider_event_body_stays before update on provider_event for each row
    when ((old.id, old.provider, old.event_id, old.body_digest, old.body, old.received_at)
          is distinct from (new.id, new.provider, new.event_id, new.body_digest, new.body, new.received_at))
    execute function refuse_new_terms();

create trigger redemption_code_terms_stay before update on redemption_code for each row
    when ((old.digest, old.credit_nanos, old.most_uses, old.most_uses_per_customer)
          is distinct from (new.digest, new.credit_nanos, new.most_uses, new.most_uses_per_customer)
          or new.uses < old.uses)
    execute function refuse_new_terms();

create trigger paper_count_rises before update on paper_count for each row
    when (new.last_number <> old.last_number + 1) execute function refuse_new_terms();
"""

FOREIGN_KEYS = """
alter table top_up add constraint top_up_of_transaction
    foreign key (customer_id, ledger_transaction_id) references ledger_transaction (customer_id, id);
alter table top_up add constraint top_up_of_lot
    foreign key (customer_id, lot_id) references credit_lot (customer_id, id);
alter table top_up add constraint top_up_of_bonus_lot
    foreign key (customer_id, bonus_lot_id) references credit_lot (customer_id, id);
alter table top_up add constraint top_up_of_card
    foreign key (customer_id, saved_card_id) references saved_card (customer_id, id);
alter table refund add constraint refund_of_payment
    foreign key (customer_id, top_up_id) references top_up (customer_id, id);
alter table refund add constraint refund_of_transaction
    foreign key (customer_id, ledger_transaction_id) references ledger_transaction (customer_id, id);
alter table refund add constraint refund_of_reversal
    foreign key (customer_id, reversal_id) references ledger_transaction (customer_id, id);
alter table dispute add constraint dispute_of_payment
    foreign key (customer_id, top_up_id) references top_up (customer_id, id);
alter table payment_reference add constraint payment_reference_of_payment
    foreign key (customer_id, top_up_id) references top_up (customer_id, id);
alter table auto_top_up add constraint auto_top_up_of_card
    foreign key (customer_id, saved_card_id) references saved_card (customer_id, id);
alter table redemption add constraint redemption_of_transaction
    foreign key (customer_id, ledger_transaction_id) references ledger_transaction (customer_id, id);
alter table paper add constraint paper_of_payment
    foreign key (customer_id, top_up_id) references top_up (customer_id, id);
alter table paper add constraint paper_of_refund
    foreign key (customer_id, refund_id) references refund (customer_id, id);
"""


def statements():
    app = f'"{APP_ROLE}"'
    yield REFUSE
    for table in APPEND_ONLY_TABLES:
        yield f"""
            create trigger {table}_append_only before update or delete on {table}
                for each row execute function refuse_change();
            revoke update, delete, truncate on {table} from {app};
        """
    for table in KEPT_TABLES:
        yield f"""
            create trigger {table}_not_deleted before delete on {table}
                for each row execute function refuse_change();
            revoke delete, truncate on {table} from {app};
        """
    for table in (*APPEND_ONLY_TABLES, *KEPT_TABLES):
        yield f"""
            create trigger {table}_not_truncated before truncate on {table}
                for each statement execute function refuse_change();
        """
    yield TERMS_STAY
    yield FOREIGN_KEYS


class Migration(migrations.Migration):
    dependencies = [("billing", "0007_payments")]

    operations = [migrations.RunSQL(list(statements()), migrations.RunSQL.noop)]
