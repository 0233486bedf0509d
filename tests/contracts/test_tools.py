"""The style, the types and the direction in which the rooms of the library may import each other."""

import subprocess
import sys
from pathlib import Path

import pytest

from absorption.runtime.paths import root

BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "--no-cache", "."),
        ("ruff", "format", "--no-cache", "--check", "."),
        ("basedpyright", "--level", "error"),
        ("lint-imports", "--no-cache"),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_tool(command):
    done = subprocess.run([BIN / command[0], *command[1:]], cwd=root(), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
