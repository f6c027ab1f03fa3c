"""The house rules of the test databases themselves."""

import threading

import pytest
import redis
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import ProgrammingError, connection, connections, transaction
from django.utils import timezone


def _save_session(key: str) -> None:
    Session.objects.create(session_key=key, session_data="", expire_date=timezone.now())


class TestRollbackTests:
    @pytest.mark.django_db
    def test_run_as_role_app(self):
        with connection.cursor() as cursor:
            cursor.execute("select current_user")
            assert cursor.fetchone() == ("app",)

    @pytest.mark.django_db
    def test_may_not_change_the_schema(self):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("create table forbidden ()")

    @pytest.mark.django_db
    @pytest.mark.parametrize("_round", [1, 2])
    def test_leave_nothing_behind(self, _round):
        assert Session.objects.count() == 0
        _save_session("rolled-back")


class TestCommittedTests:
    @pytest.mark.parametrize("_round", [1, 2])
    def test_see_the_rows_of_threads_and_leave_nothing_behind(self, committed_db, _round):
        assert Session.objects.count() == 0
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            assert client.dbsize() == 0
            client.set("left", "over")

        def write(number: int) -> None:
            _save_session(f"thread-{number}")
            connections.close_all()

        threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert Session.objects.count() == 8
