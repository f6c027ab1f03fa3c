"""The text of a PDF, as a program reads it that knows nothing of ours."""

import shutil
import subprocess

import pytest


def text_of(pdf: bytes) -> str:
    """What poppler finds; the test is skipped where that is not installed."""
    tool = shutil.which("pdftotext")
    if tool is None:
        pytest.skip("pdftotext is not installed: apt-get install poppler-utils")
    command = [tool, "-layout", "-", "-"]
    return subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()  # noqa: S603
