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
# # Tiny {id}?
#
# :::{{claim}}
# :::
#
{picture}
# ```{{predicates}}
# ```
#
# The verdict: {{glue:text}}`verdict`.

# %% tags=["hide-input"]
from absorption.claims import Claim, Evidence, Predicate, Quotation, conclude
from absorption.publish.notebook import glue_record
from absorption.runtime.progress import track

# %% tags=["parameters", "hide-input"]
n_steps = 3  # steps
low = 0.5  # a bound
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"]
CLAIM = Claim(
    id="{id}",
    title="Tiny {id}?",
    sentence="A tiny claim.",
    quotations=(Quotation("the sum is big", "someone2024", "§1"),),
    predicates=(
        Predicate("big", "the sum is big", evidence="total", above=low, because="nobody sees less", essential=True),
        Predicate("counted", "it counted", evidence="n", above=0, because="else nothing was added", role="gate"),
    ),
)
SEEDS = range(1)

# %%
total = sum(step for step in track(range(n_steps), "adding"))
print("running in", __import__("os").getcwd(), object())
{figure}

# %%
{body}

# %% tags=["nbval-check-output", "hide-cell"]
record = conclude(
    CLAIM,
    [Evidence.exactly("total", total), Evidence.exactly("n", n_steps)],
    found="The sum is {{total:.0f}}.",
    headline="total",
    seeds=SEEDS,
    parameters={{"n_steps": n_steps}},
    profile=profile,
    device="cpu",
)
print(record)

# %% tags=["remove-cell"]
glue_record(record)
"""
PICTURE = """# ```{picture} headline
# The sum grows.
# ```
#"""
FIGURE = """
from absorption.figures import theme
from absorption.figures.present import present

figure, axes = theme.figure(height=1.0)
axes.plot([0, n_steps], [0, total])
present("headline", figure, alt="a line that rises")
"""


class House:
    """Paths of the miniature repository."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.claims = root / "book" / "claims"
        self.results = root / "results"
        for folder in ("notebooks", "profiles", "book/claims", "results"):
            (root / folder).mkdir(parents=True)
        (root / "requirements.lock").write_text("torch==2.13.0\n", encoding="utf-8")
        (root / "requirements-model.lock").write_text("", encoding="utf-8")
        (root / "profiles" / "gpu.yml").write_text(
            "all:\n  device: cpu\n01_one:\n  n_steps: 5\n", encoding="utf-8"
        )

    def add(self, id: str, body: str = "pass", figure: bool = False) -> Path:
        """A notebook; drawing a figure for its first screen takes a second more."""
        path = self.root / "notebooks" / f"{id}.py"
        drawn = {"picture": PICTURE, "figure": FIGURE} if figure else {"picture": "#", "figure": ""}
        path.write_text(NOTEBOOK.format(id=id, body=body, **drawn), encoding="utf-8")
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
        assert CliRunner().invoke(app, ["register"]).exit_code == 0
        assert CliRunner().invoke(app, ["run"]).exit_code == 0
        yield house
