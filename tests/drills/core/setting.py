"""Where every history begins: three customers without credit, two gateways, three models."""

from datetime import UTC, datetime

from tests.drills.core.model.prices import Price
from tests.drills.core.model.world import Customer, Key, Model, World

CUSTOMERS = ("alice", "charlie", "dora")
FIRST_KEYS = {0: "alice", 1: "charlie", 2: "dora"}
GATEWAYS = (1, 2)
# Whole nanos a unit; odd halves of nanos, so that rounding matters; and one that is priced in mid-history.
STEADY, RAGGED, YOUNG = "steady", "ragged", "young"
PRICES = {
    STEADY: (1_059_000, 5_295_000, None, None, None, None),
    RAGGED: (250_500, 1_250_500, 25_050, 313_125, 501_500, 10_000_000_500),
}
MODELS = {STEADY: Model(200_000, 64_000), RAGGED: Model(100_000, 32_000), YOUNG: Model(50_000, 8_000)}
CUT_OFF_BELOW = 1_000_000


def _at(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp()) * 1000  # type: ignore[arg-type, misc]


# Its months' partitions are made by the drill, so that a history is the same whenever it runs.
PARTITIONS_AROUND = _at(2028, 3, 31)
LONG_AGO = _at(2027, 1, 1)
SIGNED_UP = _at(2028, 1, 20)
# Evenings before a leap day, a month's end, a week's end, and the end of a week and a month at once.
STARTS = (_at(2028, 2, 28, 21), _at(2028, 3, 31, 20), _at(2028, 3, 12, 22), _at(2028, 4, 30, 19))


def world(start: int) -> World:
    """The model's own picture of that beginning."""
    opened = World(
        now=start, customers={who: Customer() for who in CUSTOMERS}, models=dict(MODELS), below=CUT_OFF_BELOW
    )
    for customer in opened.customers.values():
        # Opened and cut off at the sign-up, whose first key is yet to be published.
        customer.wallet.cut_off, customer.wallet.version, customer.wallet.waits = SIGNED_UP, 2, 1
    for number, who in FIRST_KEYS.items():
        opened.keys[number] = Key(who, number, SIGNED_UP, None, ())
    for number, (model, picos) in enumerate(PRICES.items()):
        opened.prices.by_number[number] = Price(number, model, LONG_AGO, picos)
    return opened
