"""Conflicts in columns, so that better evidence can correct a charge; and what became of each."""

from django.db import migrations, models
from django.db.models import Q

# A payload is the gateway's own event where it met the conflict on arrival, the inbox's row where settlement
# did.
FILL = """
update usage_conflict conflict
   set api_key_id = api_key.id, language_model_id = language_model.id,
       input = (payload->'meters'->>'input')::int, output = (payload->'meters'->>'output')::int,
       cache_read = (payload->'meters'->>'cache_read')::int,
       cache_write_5m = (payload->'meters'->>'cache_write_5m')::int,
       cache_write_1h = (payload->'meters'->>'cache_write_1h')::int,
       web_search = (payload->'meters'->>'web_search')::int,
       outcome = payload->>'outcome', evidence = payload->>'evidence',
       reported_cost_nanos = ((payload->>'reported_cost')::numeric * 1000000000)::bigint,
       upstream_request_id = payload->>'upstream_request_id',
       first_byte_ms = (payload->>'first_byte_ms')::int, duration_ms = (payload->>'duration_ms')::int
  from api_key, language_model
 where payload ? 'meters'
   and api_key.digest = decode(payload->>'key_digest', 'hex') and language_model.slug = payload->>'model';

update usage_conflict
   set api_key_id = (payload->>'api_key_id')::uuid,
       language_model_id = (payload->>'language_model_id')::bigint,
       input = (payload->>'input')::int, output = (payload->>'output')::int,
       cache_read = (payload->>'cache_read')::int, cache_write_5m = (payload->>'cache_write_5m')::int,
       cache_write_1h = (payload->>'cache_write_1h')::int, web_search = (payload->>'web_search')::int,
       outcome = payload->>'outcome', evidence = payload->>'evidence',
       reported_cost_nanos = (payload->>'reported_cost_nanos')::bigint,
       upstream_request_id = payload->>'upstream_request_id',
       first_byte_ms = (payload->>'first_byte_ms')::int, duration_ms = (payload->>'duration_ms')::int
 where not payload ? 'meters';
"""
UNPRICED = """
create index charge_unpriced on charge (language_model_id, request_id) where unpriced is not null;
"""

COUNTS = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h", "web_search")
OUTCOMES = ["completed", "client_gone", "upstream_error", "timeout", "gateway_lost"]
EVIDENCE = ["reported", "partial", "estimated"]
VERDICTS = {
    "corrected": "better evidence: a correcting charge holds the difference",
    "confirmed": "better evidence of the same usage",
    "left": "the first stands; a person looks at it",
}
FILLED = {
    "api_key_id": models.UUIDField,
    "language_model_id": models.BigIntegerField,
    "outcome": models.TextField,
    "evidence": models.TextField,
}
CHOICES = {
    "outcome": [(value, value.replace("_", " ").title()) for value in OUTCOMES],
    "evidence": [(value, value.title()) for value in EVIDENCE],
}
NULLABLE = {
    **dict.fromkeys(COUNTS, models.IntegerField),
    "reported_cost_nanos": models.BigIntegerField,
    "upstream_request_id": models.TextField,
    "first_byte_ms": models.IntegerField,
    "duration_ms": models.IntegerField,
    "judged_at": models.DateTimeField,
}

CHECKS = [
    models.CheckConstraint(name="usage_conflict_outcome_known", condition=Q(outcome__in=OUTCOMES)),
    models.CheckConstraint(name="usage_conflict_evidence_known", condition=Q(evidence__in=EVIDENCE)),
    models.CheckConstraint(
        name="usage_conflict_judged_with_verdict",
        condition=Q(verdict__isnull=True, judged_at__isnull=True)
        | Q(verdict__in=list(VERDICTS), judged_at__isnull=False),
    ),
    models.CheckConstraint(
        name="usage_conflict_corrected_by_charge",
        condition=Q(verdict="corrected", corrected_by__isnull=False)
        | (Q(corrected_by__isnull=True) & (Q(verdict__isnull=True) | ~Q(verdict="corrected"))),
    ),
]
UNIQUE = [
    models.UniqueConstraint(
        name="usage_conflict_once", fields=["customer_id", "request_id", "fingerprint", "gateway_id"]
    ),
    models.UniqueConstraint(
        name="usage_conflict_answers_once",
        fields=["customer_id", "request_id"],
        condition=Q(verdict__in=["corrected", "confirmed"]),
    ),
]


class Migration(migrations.Migration):
    dependencies = [("usage", "0001_initial"), ("billing", "0004_corrections")]

    operations = [
        *(migrations.AddField("usageconflict", name, field(null=True)) for name, field in NULLABLE.items()),
        migrations.AddField(
            "usageconflict", "verdict", models.TextField(null=True, choices=list(VERDICTS.items()))
        ),
        *(
            migrations.AddField("usageconflict", name, field(null=True, choices=CHOICES.get(name)))
            for name, field in FILLED.items()
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        *(
            migrations.AlterField("usageconflict", name, field(choices=CHOICES.get(name)))
            for name, field in FILLED.items()
        ),
        migrations.RemoveConstraint("usageconflict", "usage_conflict_once"),
        *(migrations.AddConstraint("usageconflict", constraint) for constraint in [*UNIQUE, *CHECKS]),
        migrations.AddIndex(
            "usageconflict",
            models.Index(name="usage_conflict_to_judge", fields=["id"], condition=Q(verdict__isnull=True)),
        ),
        migrations.RunSQL(UNPRICED, "drop index charge_unpriced"),
    ]
