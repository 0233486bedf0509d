"""`absorption bench`: rows from benchmarks/*.py as a table and as JSON, and the book's page of them."""

import importlib
import itertools
import json
import os
import re
import subprocess
import sys
from dataclasses import asdict, dataclass
from types import SimpleNamespace

import pytest

from absorption.publish.bench import COLUMNS, as_json
from absorption.publish.page.speed import as_html
from absorption.publish.page.speed_bars import Bar, bars
from absorption.publish.page.speed_growth import BELOW, HEIGHT, _apart, lines_of
from absorption.runtime.paths import root

MODULE = """
from dataclasses import dataclass

@dataclass
class Row:
    name: str
    ours: float
    peer: float | None
    ratio: float | None
    floor: float | None
    unit: str
    note: str = ""

def rows():
    yield Row("training", 2e6, 1000.0, 2000.0, None, "steps/s", "a peer")
"""


def test_rows_become_a_table_and_json(tmp_path):
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "fast.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "benchmarks" / "helper.py").write_text("def other(): ...", encoding="utf-8")
    command = [sys.executable, "-c", "from absorption.cli import app; app()", "bench", "--json", "rows.json"]
    environment = os.environ | {"ABSORPTION_ROOT": str(tmp_path), "COLUMNS": "120"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert "training" in done.stdout and "2,000,000" in done.stdout and "–" in done.stdout
    assert json.loads((tmp_path / "rows.json").read_text(encoding="utf-8")) == [
        {"name": "training", "ours": 2e6, "peer": 1000.0, "ratio": 2000.0, "floor": None, "unit": "steps/s",
         "note": "a peer"}
    ]  # fmt: skip


@dataclass
class Row:
    name: str
    ours: float
    peer: float | None
    ratio: float | None
    floor: float | None
    unit: str
    note: str = ""


@pytest.fixture
def page(tmp_path):
    """What the page shows of some rows: each figure by its question, and the table."""

    def show(*rows):
        (tmp_path / "rows.json").write_text(as_json(rows), encoding="utf-8")
        html = as_html(tmp_path / "rows.json")
        figures = re.findall(r"<figure.*?</figure>", html, re.DOTALL)
        return {re.findall("<strong>(.*?)</strong>", each)[0]: each for each in figures}, html[
            html.index("<details") :
        ]

    return show


def drawn(figure):
    """Each bar of a figure: its name, where it begins and how long it is in percent, and what is written beside it."""
    pattern = (
        r'<dt>(.*?)(?:<small>.*?</small>)?</dt>.*?left: ([\d.]+)%; width: ([\d.]+)%.*?speed-words">(.*?)<'
    )
    return [(a, float(b), float(c), d) for a, b, c, d in re.findall(pattern, figure)]


def test_the_table_holds_the_rows_as_written(page):
    figures, table = page(Row("a < b", 1234.5, None, 2.0, None, "s", "one note"))
    assert not figures and "All 1 rows" in table
    for column, words in (("ours", "1,234"), ("peer", "–"), ("ratio", "2"), ("unit", "s")):
        assert f'<td data-column="{column}">{words}</td>' in table
    assert '<th scope="row">a &lt; b</th>' in table and '<td colspan="6">one note</td>' in table


OTHERS, FLOOR, RECIPE, GROWTH, BOUNDS = (
    "How much faster than whom?", "How far from the floor?", "What does a recipe cost?", "How does cost grow?",
    "Does it stay within its bounds?",
)  # fmt: skip


def test_every_question_takes_the_rows_that_answer_it(page):
    figures, _ = page(
        Row(
            "toy", 1000.0, 10.0, 100.0, 4000.0, "SAE-steps/s", "peer: SAELens trainer; floor: products alone"
        ),
        Row("wide", 0.2, 2.0, 10.0, 0.1, "s/step", "peer: SAELens SAETrainer; floor: one product"),
        Row("step of tied", 0.5, 1.0, 2.0, None, "s/step", "peer: our plain BatchTopK, sparse path"),
        Row("step of gated", 4.0, 1.0, 0.25, None, "s/step", "peer: our plain BatchTopK, sparse path"),
        Row("the book", 90.0, 60.0, 2 / 3, None, "s", "peer: the bar"),
        Row("the memory", 2.0, 4.0, 2.0, None, "GiB", "peer: the bar"),
        Row("nested", 2.0, 1.0, 0.5, None, "s", "what nesting costs SAELens; peer: its BatchTopK"),
        Row("set-up", 2.0, 1800.0, None, None, "s", "peer: SAEBench's README, not measured here"),
    )
    assert drawn(figures[OTHERS]) == [("toy", 0, 100, "100×"), ("wide", 0, 50, "10×")]
    assert drawn(figures[FLOOR]) == [
        ("toy", 0, 100, "4×"),
        ("wide", 0, 50, "2×"),
    ]  # a rate below its ceiling, a time
    assert drawn(figures[RECIPE]) == [("tied", 0, 12.5, "0.5×"), ("gated", 0, 100, "4×")]
    assert drawn(figures[BOUNDS]) == [("the book", 0, 100, "150%"), ("the memory", 0, 33.33, "50%")]
    assert "Missed: 1 of 2." in figures[BOUNDS] and figures[BOUNDS].count("speed-missed") == 1
    assert GROWTH not in figures


def test_what_is_slower_than_its_peer_goes_to_the_left():
    figure = bars("?", "", [Bar("slow", 0.1, ""), Bar("fast", 10.0, "")], log=True)
    assert drawn(figure) == [("slow", 0, 50, ""), ("fast", 50, 50, "")]


def test_growth_has_a_line_for_each_scheme_the_dearest_first(page):
    rows = [
        Row(f"{name}, {n} latents", cost * n**power, 1.0, 1.0, None, "s", f"{dims} dimensions; peer: x; grows as n^{power:.2f}")
        for name, cost, power, dims in (("Gram", 1e-6, 1, 64), ("all <pairs>", 1e-6, 2, 64), ("cos", 1e-7, 1, 16))
        for n in (4096, 512)
    ]  # fmt: skip
    lines = {line.name: line for line in lines_of(asdict(row) for row in rows)}
    assert lines["Gram"].points == [(512, 1e-6 * 512), (4096, 1e-6 * 4096)]
    figures, _ = page(*rows, Row("once, 64 latents", 1.0, None, None, None, "s"))
    named = re.findall(r"<li value.*?</span>(.*?)<small>(.*?)</small>", figures[GROWTH])
    assert named == [
        ("all &lt;pairs&gt;", "17 s at 4,096, grows as n<sup>2.00</sup>"),
        ("Gram", "0.0041 s at 4,096, grows as n<sup>1.00</sup>"),
        ("cos", "0.00041 s at 4,096, grows as n<sup>1.00</sup>, 16 dimensions"),
    ]
    heights = [
        [float(point.split(",")[1]) for point in points.split()]
        for points in re.findall('points="(.*?)"', figures[GROWTH])
    ]
    assert [line[-1] for line in heights] == sorted(line[-1] for line in heights)  # from above
    steep, flat, _ = (line[0] - line[1] for line in heights)
    assert steep == pytest.approx(2 * flat, abs=0.3)
    numbers = [float(y) for y in re.findall(r'<text x="[\d.]+" y="([\d.]+)">\d+</text>', figures[GROWTH])]
    assert len(numbers) == 3 and all(b - a >= 13 for a, b in itertools.pairwise(numbers))


def test_numbers_of_lines_that_end_together_do_not_touch_and_stay_in_the_drawing():
    moved = _apart([350.0, 351.0, 355.0], 13)
    assert all(b - a >= 13 for a, b in itertools.pairwise(moved)) and moved[-1] <= HEIGHT - BELOW


def test_the_committed_table_has_a_row_for_everything_that_is_measured():
    rows = json.loads((root() / "benchmarks" / "table.json").read_text(encoding="utf-8"))
    assert all(list(row) == list(COLUMNS) for row in rows)
    assert len({row["name"] for row in rows}) == len(rows) > 0


def test_the_committed_table_answers_every_question():
    html = as_html(root() / "benchmarks" / "table.json")
    for question in (OTHERS, FLOOR, RECIPE, GROWTH, BOUNDS):
        assert html.count(question) == 1
    places = [float(at) for at in re.findall(r"(?:left|width): ([\d.]+)%", html)]
    assert places and all(0 <= at <= 100 for at in places)


def test_rows_that_are_measured_again_take_their_old_places(monkeypatch, tmp_path):
    (tmp_path / "benchmarks").mkdir()
    table = tmp_path / "benchmarks" / "table.json"
    again = importlib.import_module("benchmarks.again")
    monkeypatch.setattr(again, "root", lambda: tmp_path)
    rows = [again.Row(name, 1.0, None, None, None, "s") for name in ("first", "second")]
    table.write_text(as_json(rows), encoding="utf-8")
    measured = [again.Row(name, 2.0, None, None, None, "s") for name in ("first", "third")]
    module = SimpleNamespace(rows=lambda: iter(measured))
    monkeypatch.setitem(sys.modules, "benchmarks.new", module)
    again.main(["new"])
    found = [(row["name"], row["ours"]) for row in json.loads(table.read_text(encoding="utf-8"))]
    assert found == [("first", 2.0), ("second", 1.0), ("third", 2.0)]
