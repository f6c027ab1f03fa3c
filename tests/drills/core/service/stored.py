"""Reading the books as they are stored, in the model's terms."""

from datetime import datetime
from typing import Any

from billing import sql
from billing.services import key_states
from billing.services.key_states import KeyState
from tests.drills.core.model.books import Books, Rows
from tests.drills.core.service import tables
from tests.drills.core.service.stage import Stage, moment, request_of

ACCOUNTS = {
    101: "wallet",
    102: "debt",
    131: "revenue:usage",
    132: "revenue:expired_credit",
    141: "expense:promotion",
    151: "equity:adjustment",
}


class Reader:
    """Reads for one stage; ids are looked up in it by their text."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._who = {str(customer_id): who for who, customer_id in stage.customers.items()}
        self._gateway = {row: number for number, row in stage.gateways.items()}
        self._model = {row: slug for slug, row in stage.models.items()}

    def books(self, now: int) -> Books:
        stored = sql.fetch(tables.ALL)[0]
        self._price = {row: number for number, row in self._stage.prices.items()}
        self._key = {str(key_id): number for number, (key_id, _) in self._stage.keys.items()}
        return Books(
            wallets=sorted((self._who[row[0]], *row[1:]) for row in stored.wallets),
            lots=_by_customer([(self._who[row[0]], *row[1:]) for row in stored.lots]),
            holds=sorted(self._hold(row) for row in stored.holds),
            charges=sorted((self._charge(row) for row in stored.charges), key=str),
            debts=sorted((*self._request(row), *row[2:4], self._gateway[row[4]]) for row in stored.debts),
            daily=sorted(self._day(row) for row in stored.daily),
            inbox=sorted((*self._request(row), self._gateway[row[2]]) for row in stored.inbox),
            quarantine=sorted((request_of(r), self._gateway[g], *rest) for r, g, *rest in stored.quarantine),
            conflicts=sorted(
                ((*self._request(row), self._gateway[row[2]], row[3]) for row in stored.conflicts), key=str
            ),
            journal=sorted(self._movement(row) for row in stored.journal),
            counters=sorted((self._key[key], *rest) for key, *rest in stored.counters),
            key_states=self.key_states(now),
        )

    def key_states(self, now: int) -> Rows:
        states = key_states.of_customers(list(self._stage.customers.values()), now=moment(now))
        return sorted((self._key[str(state.api_key_id)], *key_state(state)) for state in states)

    def _request(self, row: list[Any]) -> tuple[str, int]:
        return self._who[row[0]], request_of(row[1])

    def _hold(self, row: list[Any]) -> tuple[Any, ...]:
        _, _, gateway, key, model, price, *rest = row
        return (
            *(*self._request(row), self._gateway[gateway]),
            *(self._key[key], self._model[model], self._price[price], *rest),
        )

    def _day(self, row: list[Any]) -> tuple[Any, ...]:
        customer, key, model, *rest = row
        return self._who[customer], self._key[key], self._model[model], *rest

    def _movement(self, row: list[Any]) -> tuple[Any, ...]:
        customer, kind, debit, credit, nanos = row
        return self._who[customer], kind, ACCOUNTS[debit], ACCOUNTS[credit], nanos

    def _charge(self, row: list[Any]) -> tuple[Any, ...]:
        *rest, unpriced, is_correction = self._hold(row)
        return *rest, tuple(unpriced) if unpriced else None, is_correction


def key_state(state: KeyState) -> tuple[Any, ...]:
    """A key's state in the model's terms."""
    return (
        *(state.state, _ms(state.since), tuple(state.allowed_models)),
        *(_ms(state.expires_at), _ms(state.resumes_at), state.state_version),
    )


def cached_key_state(state: dict[str, Any]) -> tuple[Any, ...]:
    """The same of a published state, as readers find it."""
    since, expires, resumes = (
        datetime.fromisoformat(state[name]) if state[name] else None
        for name in ("since", "expires_at", "resumes_at")
    )
    return (
        *(state["state"], _ms(since), tuple(state["allowed_models"])),
        *(_ms(expires), _ms(resumes), state["state_version"]),
    )


def _ms(at: datetime | None) -> int | None:
    return None if at is None else round(at.timestamp() * 1000)


def _by_customer(rows: Rows) -> Rows:
    return sorted(rows, key=lambda row: str(row[0]))
