"""Which database alias does what: `owner` migrates, `default` does everything else."""

from typing import Any

from django.db.models import Model


class OwnerMigrates:
    """Only `migrate --database owner` may change the schema; both aliases name the same database."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:  # noqa: ARG002
        return "default"

    def db_for_write(self, model: type[Model], **hints: Any) -> str:  # noqa: ARG002
        return "default"

    def allow_relation(self, left: Model, right: Model, **hints: Any) -> bool:  # noqa: ARG002
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:  # noqa: ARG002
        return db == "owner"
