"""Browsers without JavaScript: they read pages, follow links and send the forms that a page has."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from django.test import Client

from accounts.models import Membership, User
from accounts.services import memberships
from tests.cast import LONG_AGO, Player

TOP_UP = "/dashboard/top-up/"


@dataclass(frozen=True)
class Page:
    """An answer as a person reads it."""

    answer: Any

    @property
    def status(self) -> int:
        return int(self.answer.status_code)

    @property
    def goes_to(self) -> str:
        return str(self.answer["Location"])

    @property
    def html(self) -> str:
        return str(self.answer.content.decode())

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", self.html)))

    def hidden(self) -> dict[str, str]:
        """The hidden fields of the form that buys."""
        form = self.html.partition('<form method="post" action="/dashboard/top-up/">')[2].partition(
            "</form>"
        )[0]
        fields = re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', form)
        return {name: unescape(value) for name, value in fields}


@dataclass(frozen=True)
class Browser:
    client: Client

    def get(self, path: str, **headers: str) -> Page:
        return Page(self.client.get(path, headers=headers))

    def post(self, path: str, fields: dict[str, str] | None = None, **headers: str) -> Page:
        return Page(self.client.post(path, fields or {}, headers=headers))

    def buy(self, provider: str, amount: str, *, method: str = "", **headers: str) -> Page:
        """Look at the terms, then press the button."""
        form = self.get(f"{TOP_UP}?provider={provider}&amount={amount}").hidden()
        return self.post(TOP_UP, form | {"method": method}, **headers)


def user_of(who: Player) -> User:
    return User.objects.get(email=f"{who.customer.name.lower()}@example.com")


def of(who: Player) -> Browser:
    return of_user(user_of(who))


def of_user(user: User) -> Browser:
    client = Client()
    client.force_login(user)
    return Browser(client)


def colleague(who: Player, role: str = Membership.Role.DEVELOPER, email: str = "bob@example.com") -> User:
    """Somebody else who belongs to the same customer."""
    user, _ = User.objects.get_or_create(email=email)
    memberships.add(customer=who.customer, user=user, role=role, now=LONG_AGO)
    return user
