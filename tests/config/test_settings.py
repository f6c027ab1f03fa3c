"""Settings as an operator's environment makes them."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = (
    "import json; from config.settings import DATABASES; print(json.dumps(DATABASES['default']['OPTIONS']))"
)


class TestDatabaseUrl:
    def test_keeps_what_it_says_of_the_connection(self):
        url = "postgres://app@127.0.0.1:1/none?sslmode=require&connect_timeout=3"
        found = subprocess.run(  # noqa: S603
            [sys.executable, "-c", OPTIONS],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": url},
            capture_output=True,
            text=True,
            check=True,
        )

        options = json.loads(found.stdout)
        assert (options["sslmode"], options["connect_timeout"]) == ("require", 3)
        assert "lock_timeout" in options["options"]
