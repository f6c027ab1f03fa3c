"""The demo and the replay as a newcomer starts them."""

import json
import subprocess
import sys
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command

from tests.usage import service


@pytest.mark.slow
class TestDemo:
    def test_tells_how_a_key_is_cut_off_and_restored(self, gateway):
        out = StringIO()
        with service.running() as url:
            call_command("demo", "--url", url, stdout=out)

        told = out.getvalue()
        steps = [
            "her key is cut_off",
            "her key is active",
            "clamped to",
            "HTTP 402 cut_off",
            "in Valkey her key is cut_off",
            "her key is active",
            "HTTP 201",
            "$0 is owed",
            "no violations",
        ]
        position = 0
        for step in steps:
            position = told.index(step, position) + len(step)


@pytest.mark.slow
class TestReplay:
    def test_serves_itself_and_prints_nothing_but_json(self, tmp_path):
        trace = tmp_path / "trace.csv"
        trace.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n" + "t,374,44\n" * 5)
        options = ["--model", "claude-sonnet-4-6", "--customers", "2", "--credit", "1", "--serve", "--json"]

        ran = subprocess.run(  # noqa: S603
            [sys.executable, "manage.py", "replay", str(trace), *options],
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

        assert ran.returncode == 0, ran.stderr
        report = json.loads(ran.stdout)
        assert (report["settled"], report["charged_nanos"], report["audit"]) == (5, 5 * 629_046, "ok")
        started = {line.split()[0] for line in ran.stderr.splitlines() if " pid " in line}
        assert started == {"postgres", "valkey", "web", "key-events", "worker", "beat"}
