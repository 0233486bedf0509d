"""A repository in miniature, with notebooks that run in a second."""

from pathlib import Path

import pytest

NOTEBOOK = """# ---
# jupyter:
#   kernelspec:
#     name: python3
#     display_name: Python 3
#     language: python
# ---

# %% [markdown]
# # Tiny
#
# The verdict: {{glue:text}}`verdict`.

# %% tags=["parameters"]
n_steps = 3  # steps
low = 0.5  # a bound
profile = "laptop"
device = "auto"

# %%
import sys

from absorption.claims import Claim, Evidence, Predicate, conclude
from absorption.progress import track
from absorption.publish.notebook import glue_record

CLAIM = Claim(
    id="{id}",
    title="Tiny {id}",
    sentence="A tiny claim.",
    sources=(),
    predicates=(Predicate("big", "the sum is big", evidence="total", above=low, essential=True),),
)
total = sum(step for step in track(range(n_steps), "adding"))
print("running in", __import__("os").getcwd(), object())

# %%
{body}

# %% tags=["nbval-check-output"]
record = conclude(
    CLAIM,
    [Evidence("total", total)],
    seeds=[0],
    parameters={{"n_steps": n_steps}},
    profile=profile,
    device="cpu",
)
glue_record(record)
print(record)
"""


class House:
    """Paths of the miniature repository."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.claims = root / "book" / "claims"
        self.results = root / "results"
        for folder in ("notebooks", "profiles", "book/claims", "results"):
            (root / folder).mkdir(parents=True)
        (root / "requirements.lock").write_text("torch==2.13.0\n")
        (root / "requirements-model.lock").write_text("")
        (root / "profiles" / "gpu.yml").write_text("all:\n  device: cpu\n01_one:\n  n_steps: 5\n")

    def add(self, id: str, body: str = "pass") -> Path:
        path = self.root / "notebooks" / f"{id}.py"
        path.write_text(NOTEBOOK.format(id=id, body=body))
        return path


@pytest.fixture
def house(tmp_path, monkeypatch) -> House:
    monkeypatch.setenv("ABSORPTION_ROOT", str(tmp_path))
    monkeypatch.setenv("ABSORPTION_RESULTS", str(tmp_path / "results"))
    monkeypatch.setenv("ABSORPTION_CACHE", str(tmp_path / ".cache"))
    return House(tmp_path)
