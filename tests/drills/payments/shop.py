"""Buying as a browser does: our own API over HTTP, then the page where the provider wants to be paid."""

import json
from dataclasses import dataclass
from uuid import UUID

import httpx

from tests.drills.payments.people import CSRF
from tests.drills.payments.terms import ALIPAY, Conditions, Order, Person

MOST_TRIES = 30
# What a browser may meet while our process is being started again, or the provider does not answer.
_TRY_AGAIN = frozenset({502, 503, 504})


@dataclass(frozen=True, slots=True)
class Shop:
    url: str
    http: httpx.Client

    def buy(
        self, who: Person, provider: str, method: str, amount_minor: int, *, key: str, terms: Conditions
    ) -> Order | None:
        """Begin a top-up, with the same key until it is answered; None where we refuse it."""
        body = {"provider": provider, "method": method, "amount": f"{amount_minor / 100:.2f}"}
        answer = self._insist(who, body, key)
        if answer.status_code not in {200, 201}:
            assert answer.status_code in {403, 409}, f"{answer.status_code} {answer.text}"
            return None
        said = answer.json()
        return Order(
            top_up_id=UUID(said["id"]),
            provider=provider,
            method=method,
            amount_minor=amount_minor,
            rate_micros=terms.rate_micros,
            bonus_ppm=terms.bonus_ppm,
            checkout_url=said["checkout_url"] or "",
        )

    def open_page(self, order: Order) -> bool:
        """Go where the customer pays; False where the provider shows no page any more."""
        if order.provider != ALIPAY or not order.checkout_url:
            return True
        for _ in range(MOST_TRIES):
            try:
                answer = self.http.get(order.checkout_url, follow_redirects=True)
            except httpx.TransportError:
                continue
            if answer.status_code not in _TRY_AGAIN:
                return answer.status_code == 200
        return False

    def _insist(self, who: Person, body: dict[str, str], key: str) -> httpx.Response:
        headers = {
            "Idempotency-Key": key,
            "X-CSRFToken": CSRF,
            "Content-Type": "application/json",
            "Cookie": "; ".join(f"{name}={value}" for name, value in who.cookies.items()),
        }
        address = f"{self.url}/api/v1/top-ups"
        last = "nothing"
        for _ in range(MOST_TRIES):
            try:
                answer = self.http.post(address, content=json.dumps(body), headers=headers)
            except httpx.TransportError as error:
                last = repr(error)
                continue
            if answer.status_code not in _TRY_AGAIN:
                return answer
            last = f"{answer.status_code} {answer.text}"
        raise AssertionError(f"no answer after {MOST_TRIES} tries: {last}")
