"""Both providers in memory, behind the registry that the services ask."""

from collections.abc import Iterator
from functools import partial

import pytest

from billing.payments import registry
from billing.payments.names import ProviderName
from tests.stand_in import StandIn


@pytest.fixture
def stripe(_stand_ins: dict[ProviderName, StandIn]) -> StandIn:
    return _stand_ins[ProviderName.STRIPE]


@pytest.fixture
def alipay(_stand_ins: dict[ProviderName, StandIn]) -> StandIn:
    return _stand_ins[ProviderName.ALIPAY]


@pytest.fixture
def _stand_ins(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[ProviderName, StandIn]]:
    """Put providers where others are made from keys."""
    stand_ins = {name: StandIn(name) for name in ProviderName}
    for name, stand_in in stand_ins.items():
        monkeypatch.setitem(registry._MAKERS, name, partial(_given, stand_in))
    registry._made.cache_clear()
    yield stand_ins
    registry._made.cache_clear()


def _given(stand_in: StandIn) -> StandIn:
    return stand_in
