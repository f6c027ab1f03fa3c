"""The containers run what `make run` runs. Nothing here starts one: there is no docker on a test machine."""

import asyncio
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import resolve

from config.long_poll import LongPoll
from config.stack import postgres, valkey
from config.stack.places import Place
from config.stack.programs import Shape, services
from config.stack.state import Engines
from tests.config.test_env_example import read_by_settings
from tests.containers import compose

IMAGES = {"postgres:18", "valkey/valkey:9", "api-models-billing"}
# Which the images of the engines and the client library read, and roles.sql.
OF_ENGINES = {
    *("POSTGRES_PASSWORD", "POSTGRES_INITDB_ARGS", "PGPASSWORD"),
    *("VALKEY_PASSWORD", "OWNER_PASSWORD", "APP_PASSWORD"),
}
# What the Dockerfile sets, and what only `make run` reads.
OF_THE_IMAGE = {"DATA_DIR", "LOG_FORMAT", "PROMETHEUS_MULTIPROC_DIR"}
OF_MAKE_RUN = {
    "EMAIL_DIR",
    *("WEB_HOST", "WEB_PORT", "WEB_WORKERS", "WEB_THREADS", "KEY_EVENTS_PORT", "WORKER_CONCURRENCY"),
}
ENGINES = Engines("key", "superuser", "owner", "app", "valkey", 1, 2)


def made_by_make_run(name: str) -> list[str]:
    """The command of one of our processes, bound to all addresses of its container."""
    shape = Shape(host="0.0.0.0")  # noqa: S104
    (program,) = [program for program in services(shape, Path("/data"), {}) if program.name == name]
    command = [str(part) for part in program.command]
    assert command[0] == sys.executable
    return ["python", *command[1:]]


def environment(name: str) -> dict[str, Any]:
    found: dict[str, Any] = compose.services()[name]["environment"]
    return found


class TestServices:
    def test_are_those_of_make_run_and_what_prepares_them(self):
        started = {program.name for program in services(Shape(), Path("/data"), {})}

        assert set(compose.RUNNING) == started
        assert set(compose.services()) == {*started, *compose.ENGINES, *compose.ONCE}

    @pytest.mark.parametrize("name", compose.RUNNING)
    def test_run_the_command_of_make_run(self, name):
        assert compose.services()[name]["command"] == made_by_make_run(name)

    def test_take_sizes_from_the_variables_of_make_run(self):
        values = {"WEB_WORKERS": "3", "WEB_THREADS": "5", "WORKER_CONCURRENCY": "7"}
        commands = {name: compose.services(values)[name]["command"] for name in ("web", "worker")}

        assert {"3", "5"} <= set(commands["web"])
        assert "7" in commands["worker"]

    def test_set_up_runs_what_the_stack_runs_before_its_processes(self):
        assert compose.services()["set-up"]["command"] == ["python", "manage.py", "set_up"]

    def test_come_from_images_without_a_registrys_address(self):
        assert {service["image"] for service in compose.services().values()} == IMAGES

    @pytest.mark.parametrize("name", compose.RUNNING)
    def test_wait_for_migrations_and_engines(self, name):
        conditions = {
            other: wait["condition"] for other, wait in compose.services()[name]["depends_on"].items()
        }

        assert conditions == {
            "set-up": "service_completed_successfully",
            "postgres": "service_healthy",
            "valkey": "service_healthy",
        }


class TestEngines:
    def test_postgres_is_set_as_the_embedded_one(self):
        place = Place(Path("/tmp"), Path("/bin"), Path("/bin"), None)  # noqa: S108
        embedded = {str(part) for part in postgres.program(place, ENGINES, durable=True).command}

        assert set(compose.services()["postgres"]["command"]) - {"postgres"} <= embedded

    def test_valkey_keeps_and_evicts_nothing_as_the_embedded_one(self):
        command = compose.services()["valkey"]["command"][-1]
        embedded = valkey._CONFIGURATION.format(port=1, password="p", folder="/data", fsync="everysec")

        wanted = ("dir", "appendonly", "appendfsync", "save", "maxmemory-policy")
        for name, text in (line.split(" ", 1) for line in embedded.splitlines()):
            assert name not in wanted or f"--{name} {text}" in command

    def test_roles_run_as_operators_are_told_to(self):
        roles = compose.services()["roles"]

        assert roles["command"][:2] == ["psql", "-X"]
        for mount in roles["volumes"]:
            source, target, mode = mount.split(":")
            assert (compose.ROOT / source).is_file()
            assert (Path(target).name, mode) == (Path(source).name, "ro")


class TestVariables:
    def test_stand_in_the_example_file(self):
        listed = re.findall(r"^#?([A-Z][A-Z0-9_]*)=", (compose.ROOT / ".env.example").read_text(), re.M)

        assert compose.variables() <= set(listed)

    @pytest.mark.parametrize("name", compose.OURS)
    def test_of_ours_are_settings(self, name):
        assert environment(name).keys() <= read_by_settings()

    def test_leave_no_setting_out(self):
        assert read_by_settings() - environment("set-up").keys() == OF_THE_IMAGE | OF_MAKE_RUN

    @pytest.mark.parametrize("name", compose.OURS)
    def test_reach_every_process_alike(self, name):
        assert environment(name).keys() - {"DATABASE_OWNER_URL"} == environment("web").keys()

    @pytest.mark.parametrize("name", [*compose.ENGINES, "roles"])
    def test_of_engines_are_known(self, name):
        assert compose.services()[name]["environment"].keys() <= OF_ENGINES

    def test_give_the_owners_password_to_the_set_up_alone(self):
        knowing = [name for name in compose.services() if "OWNER" in str(environment(name))]

        assert sorted(knowing) == ["roles", "set-up"]


class TestHealth:
    def address(self, name: str) -> tuple[int, str]:
        found = re.search(
            r"http://127\.0\.0\.1:(\d+)(/\w+)", str(compose.services()[name]["healthcheck"]["test"])
        )
        assert found
        return int(found[1]), found[2]

    def test_of_web_asks_an_address_there_is(self):
        port, path = self.address("web")

        assert port == Shape().web_port
        assert resolve(path).route == path.removeprefix("/")

    def test_of_key_events_asks_an_address_there_is(self):
        port, path = self.address("key-events")
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "http.request"}

        scope = {"type": "http", "path": path, "method": "GET", "headers": []}
        asyncio.run(LongPoll()(scope, receive, send))

        assert port == Shape().key_events_port
        assert sent[0]["status"] == 200

    def test_is_checked_wherever_something_answers(self):
        checked = {name for name, service in compose.services().items() if "healthcheck" in service}

        assert checked == {"postgres", "valkey", "web", "key-events", "worker"}


class TestWalls:
    def test_publish_web_alone_and_on_this_machine_alone(self):
        published = {name: s["ports"] for name, s in compose.services().items() if "ports" in s}

        assert published == {"web": ["127.0.0.1:8000:8000"]}

    def test_keep_engines_where_only_ours_reach_them(self):
        document = compose.document()

        assert document["networks"]["engines"]["internal"] is True
        for name in (*compose.ENGINES, *compose.ONCE, "beat"):
            assert document["services"][name]["networks"] == ["engines"]

    def test_let_out_who_asks_providers_and_sends_mails(self):
        document = compose.document()
        outside = {
            name for name, network in document["networks"].items() if not (network or {}).get("internal")
        }

        for name in ("web", "worker"):
            assert outside & set(document["services"][name]["networks"])

    @pytest.mark.parametrize("name", [*compose.OURS, "valkey", "roles"])
    def test_take_rights_away(self, name):
        service = compose.services()[name]

        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]

    def test_restart_what_is_to_run(self):
        policies = {name: service["restart"] for name, service in compose.services().items()}

        assert {policies[name] for name in (*compose.RUNNING, *compose.ENGINES)} == {"unless-stopped"}
        assert {policies[name] for name in compose.ONCE} == {"no"}

    def test_keep_data_in_volumes_with_names(self):
        used = {
            mount.split(":")[0]
            for service in compose.services().values()
            for mount in service.get("volumes", [])
            if not mount.startswith("./")
        }

        assert used == set(compose.document()["volumes"])

    @pytest.mark.parametrize("name", ["web", "key-events", "worker"])
    def test_let_processes_count_in_one_folder(self, name):
        assert compose.services()[name]["volumes"] == ["metrics:/run/billing-metrics"]

    def test_let_people_in_at_the_address_that_health_checks_use(self):
        assert "127.0.0.1" in settings.ALLOWED_HOSTS
