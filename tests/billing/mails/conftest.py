"""Both providers in memory, behind the registry that the services ask."""

from tests.billing.top_ups.conftest import _stand_ins, alipay, stripe

__all__ = ["_stand_ins", "alipay", "stripe"]
