"""Minor units of the currencies that providers count in, and nanos of ours."""

from typing import Final

from billing.errors import Unacceptable

PLACES_OF_NANOS: Final = 9

# A currency that is not listed is refused: a wrong guess of its places is wrong a hundredfold. UGX, ISK,
# HUF and TWD are missing on purpose, because sources disagree about them.
_ZERO: Final = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
_TWO: Final = "AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD INR MXN NOK NZD PLN SEK SGD THB USD ZAR"
_THREE: Final = "BHD JOD KWD OMR TND"
_PLACES: Final = {
    **dict.fromkeys(_ZERO.split(), 0),
    **dict.fromkeys(_TWO.split(), 2),
    **dict.fromkeys(_THREE.split(), 3),
}


class UnknownCurrency(Unacceptable):
    def __init__(self, currency: str) -> None:
        super().__init__(f"{currency!r} is no currency that we count in", code="unknown_currency")


class NotMinorUnits(Unacceptable):
    def __init__(self, nanos: int, currency: str) -> None:
        super().__init__(
            f"{nanos} nanos are no whole number of {currency}'s minor unit", code="too_many_places"
        )


def places(currency: str) -> int:
    """How many decimals the minor unit of `currency` (upper case) stands for; raises `UnknownCurrency`."""
    try:
        return _PLACES[currency]
    except KeyError:
        raise UnknownCurrency(currency) from None


def to_nanos(minor: int, currency: str) -> int:
    return minor * _nanos_per_minor(currency)


def to_minor(nanos: int, currency: str) -> int:
    """Convert exactly; raises `NotMinorUnits` where something would be rounded away."""
    minor, rest = divmod(nanos, _nanos_per_minor(currency))
    if rest:
        raise NotMinorUnits(nanos, currency)

    return minor


def _nanos_per_minor(currency: str) -> int:
    return int(10 ** (PLACES_OF_NANOS - places(currency)))
