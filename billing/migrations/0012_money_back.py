"""What the database enforces on money back: one row for each of the provider's refunds, and ends that stay."""

from django.db import migrations, models
from django.db.models import Q

GUARDS = """
create trigger refund_keeps_its_name before update on refund for each row
    when (old.provider_refund_id <> '' and new.provider_refund_id <> old.provider_refund_id)
    execute function refuse_new_terms();
create trigger refund_stays_made before update on refund for each row
    when (old.state = 'succeeded' and new.state not in ('succeeded', 'failed'))
    execute function refuse_new_terms();
create trigger dispute_terms_stay before update on dispute for each row
    when ((old.customer_id, old.id, old.top_up_id, old.provider_dispute_id, old.opened_at)
          is distinct from
          (new.customer_id, new.id, new.top_up_id, new.provider_dispute_id, new.opened_at))
    execute function refuse_new_terms();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0011_auto_top_ups_and_notices")]

    operations = [
        migrations.AddConstraint(
            "refund",
            models.UniqueConstraint(
                name="refund_provider_id_once",
                fields=["customer", "provider_refund_id"],
                condition=~Q(provider_refund_id=""),
            ),
        ),
        migrations.AddConstraint(
            "refund",
            models.CheckConstraint(
                name="refund_waits_or_has_ended",
                condition=Q(
                    state__in=["requested", "pending"], ended_at__isnull=True, next_check_at__isnull=False
                )
                | Q(state__in=["succeeded", "failed"], ended_at__isnull=False, next_check_at__isnull=True),
            ),
        ),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
    ]
