"""The operators' log: rows are added and never change, for the application and for the owner alike."""

import django.core.serializers.json
import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

APP_ROLE = settings.DATABASES["default"]["USER"]

APPEND_ONLY = f"""
create function accounts_refuse_rewriting() returns trigger language plpgsql as $$
begin
    raise exception '% on % refused: its rows are append-only', lower(tg_op), tg_table_name
        using errcode = 'restrict_violation';
end $$;

create trigger operator_action_append_only before update or delete on operator_action
    for each row execute function accounts_refuse_rewriting();
create trigger operator_action_not_truncated before truncate on operator_action
    for each statement execute function accounts_refuse_rewriting();
revoke update, delete, truncate on operator_action from "{APP_ROLE}";
"""

ALLOW = """
drop trigger operator_action_not_truncated on operator_action;
drop trigger operator_action_append_only on operator_action;
drop function accounts_refuse_rewriting();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_key_limits"),
    ]

    operations = [
        migrations.CreateModel(
            name="OperatorAction",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "channel",
                    models.CharField(
                        choices=[("admin", "Admin"), ("command_line", "command line")], max_length=12
                    ),
                ),
                ("actor_name", models.CharField(max_length=254)),
                ("action", models.CharField(max_length=40)),
                ("object_kind", models.CharField(blank=True, default="", max_length=100)),
                ("object_id", models.CharField(blank=True, default="", max_length=100)),
                ("object_name", models.CharField(blank=True, default="", max_length=200)),
                ("customer_id", models.UUIDField(null=True)),
                ("reason", models.CharField(blank=True, default="", max_length=500)),
                (
                    "detail",
                    models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder),
                ),
                ("ip", models.GenericIPAddressField(null=True, verbose_name="IP address")),
                ("http_request_id", models.CharField(blank=True, default="", max_length=100)),
                (
                    "actor",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "operator_action",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["actor", "-id"], name="operator_action_actor"),
                    models.Index(
                        condition=models.Q(("customer_id__isnull", False)),
                        fields=["customer_id", "-id"],
                        name="operator_action_customer",
                    ),
                    models.Index(fields=["object_kind", "object_id", "-id"], name="operator_action_object"),
                    models.Index(fields=["action", "-id"], name="operator_action_action"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("action", ""), _negated=True), name="operator_action_names_action"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("actor_name", ""), _negated=True),
                        name="operator_action_names_actor",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["admin", "command_line"])),
                        name="operator_action_channel_known",
                    ),
                ],
            },
        ),
        migrations.RunSQL(APPEND_ONLY, ALLOW),
    ]
