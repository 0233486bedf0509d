"""`import absorption` and the command line start fast, because what is heavy is imported where it is used."""

import subprocess
import sys
import time

HEAVY = "{'torch', 'sae_lens', 'transformers', 'plotly', 'papermill', 'jupytext', 'matplotlib', 'pandas'}"


def seconds(code: str) -> float:
    def once() -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - began

    return min(once() for _ in range(5))


def test_importing_takes_less_than_half_a_second():
    assert seconds("import absorption") - seconds("pass") < 0.5


def test_the_command_line_loads_nothing_heavy():
    code = f"import sys, absorption.cli; print({HEAVY} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"


def test_the_runner_loads_nothing_heavy():
    code = f"import sys, absorption.publish.run.runner; print({HEAVY} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"
