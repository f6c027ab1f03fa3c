"""Price versions never change: grants for the application, triggers for everybody."""

from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# The model's row is locked first, so that of two first versions at once one is second.
GUARD = """
create function catalog_refuse_change() returns trigger language plpgsql as $$
begin
    raise exception using
        errcode = 'restrict_violation',
        message = format('%s is append-only: publish a new price version', tg_table_name);
end $$;

create trigger price_version_is_immutable before update or delete on price_version
    for each row execute function catalog_refuse_change();
create trigger price_version_is_kept before truncate on price_version
    for each statement execute function catalog_refuse_change();
create trigger rate_is_immutable before update or delete on rate
    for each row execute function catalog_refuse_change();
create trigger rate_is_kept before truncate on rate
    for each statement execute function catalog_refuse_change();

create function catalog_version_is_announced() returns trigger language plpgsql as $$
begin
    new.created_in := txid_current();
    perform from language_model where id = new.model_id for no key update;
    if exists (select from price_version where model_id = new.model_id) then
        if new.created_at not between now() - interval '1 minute' and now() + interval '1 minute' then
            raise exception using
                errcode = 'check_violation',
                message = format('price_version: created_at %s is not now', new.created_at);
        end if;
        if new.effective_at < new.created_at + interval '5 minutes' then
            raise exception using
                errcode = 'check_violation',
                message = 'price_version: takes effect less than 5 minutes ahead';
        end if;
    end if;
    return new;
end $$;

create trigger price_version_is_announced before insert on price_version
    for each row execute function catalog_version_is_announced();

create function catalog_rate_comes_with_its_version() returns trigger language plpgsql as $$
begin
    if not exists (
        select from price_version where id = new.price_version_id and created_in = txid_current()
    ) then
        raise exception using
            errcode = 'restrict_violation',
            message = 'rate: a version takes no rate after its own transaction';
    end if;
    return new;
end $$;

create trigger rate_comes_with_its_version before insert on rate
    for each row execute function catalog_rate_comes_with_its_version();

create function catalog_version_is_complete() returns trigger language plpgsql as $$
begin
    if (select count(*) from rate where price_version_id = new.id and meter in ('input', 'output')) < 2 then
        raise exception using
            errcode = 'check_violation',
            message = format('price_version %s: input and output need a price', new.id);
    end if;
    return null;
end $$;

create constraint trigger price_version_is_complete after insert on price_version
    deferrable initially deferred for each row execute function catalog_version_is_complete();
"""

UNGUARD = """
drop trigger price_version_is_complete on price_version;
drop trigger price_version_is_announced on price_version;
drop trigger price_version_is_kept on price_version;
drop trigger price_version_is_immutable on price_version;
drop trigger rate_comes_with_its_version on rate;
drop trigger rate_is_kept on rate;
drop trigger rate_is_immutable on rate;
drop function catalog_version_is_complete();
drop function catalog_rate_comes_with_its_version();
drop function catalog_version_is_announced();
drop function catalog_refuse_change();
"""


def revoke(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    app = editor.quote_name(settings.DATABASES["default"]["USER"])
    editor.execute(f"revoke update, delete, truncate on price_version, rate from {app}")


def grant(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    app = editor.quote_name(settings.DATABASES["default"]["USER"])
    editor.execute(f"grant update, delete on price_version, rate to {app}")


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]
    operations = [migrations.RunSQL(GUARD, UNGUARD), migrations.RunPython(revoke, grant)]
