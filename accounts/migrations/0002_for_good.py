"""What never changes back: a revocation, a closed customer, and whom a credential belongs to."""

from django.db import migrations

REFUSE = """
create function accounts_refuse_change() returns trigger language plpgsql as $$
begin
    raise exception using
        errcode = 'restrict_violation',
        message = format('%s %s: %s', tg_table_name, old.id, tg_argv[0]);
end $$;

create trigger api_key_stays_revoked before update on api_key for each row
    when (old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at)
    execute function accounts_refuse_change('a revocation stands');

create trigger api_key_keeps_identity before update on api_key for each row
    when (new.id <> old.id or new.customer_id <> old.customer_id or new.digest <> old.digest)
    execute function accounts_refuse_change('a key keeps its customer and digest');

create trigger service_token_stays_revoked before update on service_token for each row
    when (old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at)
    execute function accounts_refuse_change('a revocation stands');

create trigger service_token_keeps_identity before update on service_token for each row
    when (new.id <> old.id or new.gateway_id <> old.gateway_id or new.digest <> old.digest)
    execute function accounts_refuse_change('a token keeps its gateway and digest');

create trigger customer_stays_closed before update on customer for each row
    when (old.state = 'closed' and new.state <> 'closed')
    execute function accounts_refuse_change('a closed customer stays closed');
"""

ALLOW = """
drop trigger customer_stays_closed on customer;
drop trigger service_token_keeps_identity on service_token;
drop trigger service_token_stays_revoked on service_token;
drop trigger api_key_keeps_identity on api_key;
drop trigger api_key_stays_revoked on api_key;
drop function accounts_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
