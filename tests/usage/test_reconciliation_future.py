"""A reconciliation of what is still to come would count as compared for ever."""

from datetime import timedelta

import pytest
from django.utils import timezone

from usage.errors import Unacceptable
from usage.models import ReconciliationRun
from usage.services.reconciliation import run
from usage.services.reconciliation.run import Period

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


class TestFuture:
    def test_goes_on_from_the_last_run_whatever_one_of_the_future_says(self):
        now = timezone.now()
        run.reconcile(Period(now - HOUR, now), now=now)
        until_at = now + 1000 * HOUR
        ReconciliationRun.objects.create(
            from_at=now, until_at=until_at, started_at=now, finished_at=now, found={}
        )
        later = now + 4 * HOUR
        assert run.since_last_run(now=later) == Period(now - run.OVERLAP, later - run.GRACE)

    def test_that_is_not_over_is_not_compared(self):
        now = timezone.now()
        with pytest.raises(Unacceptable, match="ends now at the latest"):
            run.reconcile(Period(now - HOUR, now + timedelta(seconds=1)), now=now)
        assert not ReconciliationRun.objects.exists()
