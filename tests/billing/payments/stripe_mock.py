"""Stripe's own stripe-mock: it judges requests by Stripe's OpenAPI description, and answers with examples.

It needs Go, and its source once; elsewhere the tests are skipped and say why.
"""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

MODULE = "github.com/stripe/stripe-mock@v0.203.0"
BUILD_PATIENCE_S = 600
PATIENCE_S = 60


def build(folder: Path) -> Path:
    """Build it into `folder`; skips where that is impossible."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("stripe-mock needs Go, which is not installed")
    environ = {**os.environ, "GOBIN": str(folder), "GOFLAGS": "-mod=mod"}
    try:
        built = subprocess.run(  # noqa: S603 - a module of Stripe's, pinned
            [go, "install", MODULE],
            env=environ,
            capture_output=True,
            text=True,
            timeout=BUILD_PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"stripe-mock was not built within {BUILD_PATIENCE_S} s")
    if built.returncode:
        pytest.skip(f"stripe-mock cannot be built here: {built.stderr.strip()[-300:]}")
    return folder / "stripe-mock"


@contextlib.contextmanager
def running(program: Path) -> Iterator[str]:
    """Yield its address."""
    process = subprocess.Popen(  # noqa: S603 - what was just built
        [program, "-http-addr", "127.0.0.1:0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout
    try:
        yield _address(process.stdout)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def _address(lines: Iterator[str]) -> str:
    said = []
    for line in lines:
        said.append(line)
        if "Listening for HTTP at address: " in line:
            return f"http://{line.rpartition(' ')[2].strip()}"
    raise AssertionError(f"stripe-mock ended: {''.join(said)}")
