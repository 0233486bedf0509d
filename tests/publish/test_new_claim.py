"""A new claim's page: it runs at once, says what its author has to do next, and gets into the book by doing just that."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from absorption.claims import Outcome, Record, Verdict
from absorption.cli import app
from absorption.publish.page.checks import complaints
from absorption.publish.run import new_claim
from absorption.publish.run.sources import Source, all_sources
from absorption.runtime.paths import write_atomically

ID = "18_lazy_latents"
REPOSITORY = Path(__file__).parents[2]


def absorption(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output.strip()


@pytest.fixture
def desk(house):
    """A house with what an author's claim has to find its place in."""
    for name, text in {
        "profiles/quick.yml": "all: {}\n",
        "profiles/durations.json": "{}",
        "book/references.bib": "@misc{someone2024,\n}\n",
        "book/map.yml": "- {claim: 01_delta_absorption, column: Theory}\n",
        "_toc.yml": "parts:\n  - caption: Why it happens\n    chapters:\n",
    }.items():
        (house.root / name).write_text(text, encoding="utf-8")
    return house


def everything(house) -> dict[str, bytes]:
    kept = (
        path for path in house.root.rglob("*") if path.is_file() and "library" not in path.parts and ".cache" not in path.parts
    )  # fmt: skip
    return {path.relative_to(house.root).as_posix(): path.read_bytes() for path in kept}


def mend(house, sentence: str) -> str:
    """Do what the sentence says, as literally as an author can, and give the file or command that it names."""
    if mark := re.match(r"(?P<file>\S+), line (?P<line>\d+): .*; then delete the mark", sentence):
        path = house.root / mark["file"]
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        at = int(mark["line"]) - 1
        words = "someone2024" if "by its key" in sentence else "My own words"
        mended = re.sub(r"«[^»]+»", "" if lines[at].strip().startswith("# «") else words, lines[at], count=1)
        lines[at] = mended if mended.strip(" #\n") else ""
        path.write_text("".join(lines), encoding="utf-8")
        return re.sub(r"\d\d_\w+", "NN", mark["file"])
    (wanted,) = re.findall(r"`([^`]+)`", sentence)
    if wanted.startswith("absorption "):
        code, said = absorption(*wanted.split()[1:])
        assert code == 0, said
        return wanted
    with (house.root / sentence.split(" ", 1)[0]).open("a", encoding="utf-8") as file:
        file.write(("      " if wanted.startswith("- file") else "") + wanted + "\n")
    return sentence.split(" ", 1)[0]


def test_an_author_who_does_what_the_check_says_gets_a_published_page(desk, monkeypatch):
    code, said = absorption("new-claim", "18", "lazy_latents")
    assert code == 0 and f"Written: notebooks/{ID}.py" in said
    assert "Next: notebooks/18_lazy_latents.py, line" in said and "the claim has no quotation yet" in said
    code, refused = absorption("run", "18")
    assert code == 1 and "could not be published: notebooks/18" in refused and not list(desk.claims.iterdir())
    assert any("has no quotation yet" in words for words in complaints(all_sources()))

    done: list[str] = []
    while (answer := absorption("check", "18"))[0]:
        assert len(answer[1].splitlines()) == 1 and ID in answer[1], answer[1]
        if (step := mend(desk, answer[1])) not in done[-1:]:
            done.append(step)
        assert len(done) < 12, done
    assert answer[1].startswith("Nothing is left to do")
    assert done == [
        "notebooks/NN.py",
        "tests/regression/sabotage/NN.py",
        "absorption register 18",
        "absorption run --profile quick --accept 18",
        "absorption run 18",
        "book/map.yml",
        "_toc.yml",
    ]
    assert complaints(all_sources()) == []
    record = Record.read(desk.results / f"{ID}.json")
    assert record.verdicts == {"toy": Verdict.SUPPORTED} and set(record.frozen.values()) != {""}
    assert record.seeds[0] == 0
    quick = Record.read(desk.root / f"tests/regression/quick/{ID}.json")
    assert not set(quick.seeds) & set(record.seeds)
    assert sabotaged(desk, monkeypatch).outcomes["absorbs"] is Outcome.FAILS


def sabotaged(house, monkeypatch) -> Record:
    """What the claim cell says where the sabotage stands after the parameters, run in this process."""
    import absorption.saes.losses.objective as objective

    # Put back when the test ends, whatever the cell sets it to.
    monkeypatch.setattr(objective, "sparsity_penalty", objective.sparsity_penalty)
    monkeypatch.setenv("ABSORPTION_RESULTS", str(house.root / "sabotaged"))
    text = (house.root / "notebooks" / f"{ID}.py").read_text(encoding="utf-8")
    sabotage = (house.root / "tests/regression/sabotage" / f"{ID}.py").read_text(encoding="utf-8")
    cells = re.split(r"^# %%(.*)\n", text, flags=re.MULTILINE)[1:]
    scope: dict = {"__name__": "notebook"}
    for header, body in zip(cells[::2], cells[1::2], strict=True):
        if "[markdown]" not in header:
            exec(body, scope)
        if '"parameters"' in header:
            exec(f"{sabotage}\nn_seeds = 5", scope)
    return scope["record"]


def test_the_page_is_in_the_books_style(desk):
    assert absorption("new-claim", "18", "lazy_latents")[0] == 0
    for name in (f"notebooks/{ID}.py", f"tests/regression/sabotage/{ID}.py"):
        text = (desk.root / name).read_text(encoding="utf-8")
        for command in (("check",), ("format", "--check")):
            done = subprocess.run(
                [Path(sys.executable).parent / "ruff", *command, "--no-cache", "--stdin-filename", name, "-"],
                cwd=REPOSITORY, input=text, capture_output=True, encoding="utf-8",
            )  # fmt: skip
            assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("number", "slug", "sentence"),
    [
        ("8", "lazy", "'8' is no number of a claim: give two digits, such as 08."),
        ("00", "lazy", "'00' is no number of a claim: give two digits, such as 08."),
        ("01", "lazy", "notebooks/01_one.py has the number 01; 08 is free."),
        ("07", "lazy", "registrations/07_gone.json has the number 07; 08 is free."),
        ("18", "one", "notebooks/01_one.py has this slug already; give another one."),
        ("18", "Lazy-latents", "'Lazy-latents' is no slug: give lower-case words"),
        (
            "18",
            "a" * 41,
            "is no slug: give lower-case words with underscores between them, at most 40 letters",
        ),
        ("18", "x/../../y", "is no slug: give lower-case words"),
        ("18", "left_over", "profiles/quick.yml has a section 18_left_over already; remove it first."),
    ],
)
def test_a_number_or_slug_that_will_not_do_is_refused_in_a_sentence(desk, number, slug, sentence):
    desk.add("01_one")
    (desk.root / "registrations").mkdir()
    (desk.root / "registrations/07_gone.json").write_text("{}", encoding="utf-8")
    (desk.root / "profiles/quick.yml").write_text("all: {}\n18_left_over:\n  n_steps: 1\n", encoding="utf-8")
    before = everything(desk)
    code, said = absorption("new-claim", number, slug)
    assert code == 1 and sentence in said and len(said.splitlines()) == 1
    assert everything(desk) == before


def test_a_disk_that_is_full_leaves_nothing_half_written(desk, monkeypatch):
    def write(path, how):
        if path.parent.name == "notebooks":
            raise OSError(f"could not write {path}: no space left")
        write_atomically(path, how)

    monkeypatch.setattr(new_claim, "write_atomically", write)
    before = everything(desk)
    code, said = absorption("new-claim", "18", "lazy_latents")
    assert code == 1 and "no space left" in said
    assert everything(desk) == before


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("profiles/quick.yml", ID, "19_other", f"profiles/quick.yml has no section {ID}"),
        (f"notebooks/{ID}.py", 'source="someone2024"', 'source="nobody"', "references.bib has no entry nobody"),
        (f"notebooks/{ID}.py", '"auto"', '"cpu"', 'end its parameters with profile = "laptop"'),
        (f"notebooks/{ID}.py", "{predicates}", "{note}", "its first screen has no {predicates}"),
        (f"notebooks/{ID}.py", 'role="gate"', 'role="null"', "needs a gate"),
    ],
)  # fmt: skip
def test_what_is_still_wrong_comes_before_the_registration(desk, file, old, new, words):
    assert absorption("new-claim", "18", "lazy_latents")[0] == 0
    while "delete the mark" in (said := absorption("check", "18")[1]):
        mend(desk, said)
    assert "is not registered; `absorption register 18`" in said
    path = desk.root / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    code, said = absorption("check", "18")
    assert code == 1 and words in said and ID in said


def test_a_sabotage_that_is_gone_is_asked_for(desk):
    assert absorption("new-claim", "18", "lazy_latents")[0] == 0
    while "delete the mark" in (said := absorption("check", "18")[1]):
        mend(desk, said)
    new_claim.sabotage_file(ID).unlink()
    assert f"tests/regression/sabotage/{ID}.py is missing" in absorption("check", "18")[1]
    assert Source(desk.root / "notebooks" / f"{ID}.py").id == ID
