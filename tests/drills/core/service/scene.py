"""One history at the service: its stage, its clock and the request ids that were minted in it."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from accounts.models import ApiKey, Customer
from tests.drills.core.service.stage import Stage, moment, request_id


@dataclass
class Scene:
    stage: Stage
    at: int
    requests: dict[int, UUID] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return moment(self.at)

    def mint(self, request: int, offset: int) -> UUID:
        """The id of a request, whose time is fixed when it is first heard of."""
        return self.requests.setdefault(request, request_id(request, self.at + offset))

    def owner(self, key: int) -> Customer:
        return ApiKey.objects.select_related("customer").get(id=self.stage.keys[key][0]).customer

    def price_number(self, version_id: int) -> int:
        return next(number for number, row in self.stage.prices.items() if row == version_id)


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
