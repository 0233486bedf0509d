"""A repository in miniature, with notebooks that run in a second."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from absorption.cli import app
from absorption.runtime import reach

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
from absorption.runtime.progress import track
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


def move_in(root: Path, patch: pytest.MonkeyPatch) -> House:
    """Make `root` the repository, with a copy of the library beside it that nobody edits while the tests run."""
    for name, folder in (("ROOT", ""), ("RESULTS", "results"), ("CACHE", ".cache")):
        patch.setenv(f"ABSORPTION_{name}", str(root / folder))
    house = House(root)
    shutil.copytree(
        reach.package_folder(), root / "library", ignore=shutil.ignore_patterns("static", "__pycache__")
    )
    patch.setattr(reach, "package_folder", lambda: root / "library")
    return house


@pytest.fixture
def house(tmp_path, monkeypatch) -> House:
    return move_in(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A house in which one notebook was run."""
    with pytest.MonkeyPatch.context() as patch:
        house = move_in(tmp_path_factory.mktemp("published"), patch)
        house.add("01_one")
        assert CliRunner().invoke(app, ["run"]).exit_code == 0
        yield house
