"""`absorption book`: pages at once, the plan, and pages again while notebooks finish."""

import json

import pytest
from test_runner import absorption

from absorption.publish import whole
from absorption.publish.errors import BuildFailedError
from absorption.publish.run.sources import Source


@pytest.fixture
def built(house, monkeypatch):
    """Stands for the builds: what was published when each of them began."""
    seen: list[list[str]] = []

    def build(profile):
        seen.append(sorted(path.stem for path in house.claims.glob("*.ipynb")))
        return house.root / "index.html"

    monkeypatch.setattr(whole, "build", build)
    monkeypatch.setattr("absorption.publish.page.site.build", build)
    monkeypatch.setattr(whole.Refresher, "__call__", lambda self: build("laptop"))
    return seen


def test_the_book_is_shown_before_anything_runs_and_again_after_each_notebook(house, built):
    house.add("01_one")
    house.add("02_two")
    (house.root / "profiles").mkdir(exist_ok=True)
    durations = {"laptop": {"01_one": 60, "02_two": 65}}
    (house.root / "profiles/durations.json").write_text(json.dumps(durations), encoding="utf-8")
    code, output = absorption("book", "--jobs", "1")
    assert code == 0, output
    lines = output.splitlines()
    assert lines[0].startswith("The book, as it was published: ")
    assert lines[1].startswith("Running 2 of 2 notebooks (01, 02), about 2:05 minutes;")
    assert lines[2] == "01_one: started, about 1:00"
    assert built == [[], ["01_one"], ["01_one", "02_two"], ["01_one", "02_two"]]

    built.clear()
    code, output = absorption("book")
    assert code == 0 and "Running" not in output and len(built) == 1


def test_a_failing_notebook_leaves_a_book_and_an_exit_code(house, built):
    house.add("01_one")
    house.add("02_two", body="raise ValueError('broken on purpose')")
    code, output = absorption("book")
    assert code == 1 and "Not published: 02_two." in output
    assert built[-1] == ["01_one"]


def test_pages_that_cannot_be_shown_first_stop_nothing(house, built, monkeypatch):
    def broken(profile):
        raise BuildFailedError("a warning")

    house.add("01_one")
    monkeypatch.setattr(whole, "build", broken)
    code, output = absorption("book")
    assert code == 0 and "cannot be shown before the run: a warning" in output


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        ((None, None), "notebooks (01, 02), for how long is not known yet;"),
        ((90, None), "about 0:45 minutes, and 1 of them for a time that is not known yet;"),
        ((90, 30), "about 1:00 minutes;"),
    ],
)
def test_the_plan_says_what_is_known(tmp_path, seconds, words):
    waiting = [(Source(tmp_path / f"0{n}_x.py"), known) for n, known in enumerate(seconds, 1)]
    assert words in whole.plan(waiting, 2, jobs=2, profile="quick")


def test_a_refresh_runs_one_build_at_a_time_and_leaves_none_behind(monkeypatch):
    monkeypatch.setattr(whole, "BUILD", "import time; time.sleep(60)")
    refresher = whole.Refresher("laptop")
    refresher()
    first = refresher._building
    refresher()
    assert refresher._building is first
    refresher.stop()
    assert first.poll() is not None
