"""Secrets that are planted, each under the name of where it was put."""

import secrets
from dataclasses import dataclass, field

from accounts import key_format

_LETTERS = 28


@dataclass
class Plants:
    """What must not be found again. Where nobody could recognise a secret by its looks, it has none."""

    by_place: dict[str, str] = field(default_factory=dict)
    # Django keeps a session under its own key.
    kept_in_database: set[str] = field(default_factory=set)

    def api_key(self, place: str) -> str:
        return self.remember(place, key_format.generate(key_format.API_KEY))

    def service_token(self, place: str) -> str:
        return self.remember(place, key_format.generate(key_format.SERVICE_TOKEN))

    def plain(self, place: str) -> str:
        return self.remember(place, _random())

    def shaped(self, place: str, beginning: str) -> str:
        """A secret of somebody else's, that its beginning betrays."""
        return f"{beginning}{self.remember(place, _random())}"

    def private_key(self, place: str) -> str:
        body = self.remember(place, _random())
        return f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----"

    def remember(self, place: str, secret: str) -> str:
        assert place not in self.by_place, place
        self.by_place[place] = secret
        return secret

    def found_in(self, text: str, *, also_kept: bool = True) -> list[str]:
        """The places whose secret stands in the text."""
        places = self.by_place.keys() if also_kept else self.by_place.keys() - self.kept_in_database
        return sorted(place for place in places if self.by_place[place] in text)


def _random() -> str:
    return "".join(secrets.choice(key_format.ALPHABET) for _ in range(_LETTERS))
