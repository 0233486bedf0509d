"""The built pages: scripts only where they are needed, the ledger, provenance, staleness, repository links."""

import json
import shutil

import pytest
from conftest import move_in
from typer.testing import CliRunner

from absorption.claims.ledger import as_markdown, lines, summary
from absorption.cli import app
from absorption.publish.page.ledger import as_html
from absorption.publish.page.site import build
from absorption.runtime.paths import root

PLOT = """import plotly.graph_objects as go
from absorption.figures import interactive
interactive.show(go.Figure(go.Scatter(y=[1, 2])), alt="two points")"""
INDEX = "# Home\n\n```{ledger}\n```\n\nThe sum is {glue:text}`claims/01_one.ipynb::total:.1f`.\n"
TOC = "format: jb-book\nroot: book/index\nchapters:\n  - glob: book/claims/*\n  - file: book/references\n"
CITED = "@article{someone2024, title={On sums}, author={Someone, Ann}, year={2024}, journal={Sums}}\n"


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A house with two pages, one of them with a plot, built with a repository's address."""
    config, figures = (root() / "_config.yml").read_text(encoding="utf-8"), root() / "book" / "figures"
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GITHUB_REPOSITORY", raising=False)
        house = move_in(tmp_path_factory.mktemp("book"), patch)
        house.add("01_one", figure=True)
        house.add("02_two", body=PLOT, figure=True)
        shutil.copytree(figures, house.root / "book" / "figures")
        (house.root / "book/index.md").write_text(INDEX, encoding="utf-8")
        (house.root / "book/references.bib").write_text(CITED, encoding="utf-8")
        (house.root / "book/references.md").write_text(
            "# References\n\n```{bibliography}\n```\n", encoding="utf-8"
        )
        (house.root / "_toc.yml").write_text(TOC, encoding="utf-8")
        (house.root / "_config.yml").write_text(
            config.replace('url: ""', "url: https://github.com/example/absorption"), encoding="utf-8"
        )
        assert CliRunner().invoke(app, ["register"]).exit_code == 0
        assert CliRunner().invoke(app, ["run", "--jobs", "2"]).exit_code == 0
        yield house


@pytest.fixture(scope="module")
def pages(book):
    html = build("laptop").parent / "book"
    return {path.stem: path.read_text(encoding="utf-8") for path in html.rglob("*.html")}


def test_scripts_are_loaded_only_where_they_are_needed(pages):
    assert "plotly.min.js" in pages["02_two"] and "plots.js" in pages["02_two"]
    assert "plotly.min.js" not in pages["01_one"] + pages["index"]
    assert not any("sphinx-thebe.js" in page or "THEBE_JS_URL" in page for page in pages.values())
    assert 'aria-label="two points"' in pages["02_two"]


def test_the_ledger_links_to_its_pages_and_numbers_are_glued(pages):
    assert 'href="claims/01_one.html"' in pages["index"] and "✓ supported" in pages["index"]
    assert 'The sum is <span class="pasted-text">3.0</span>' in pages["index"]


def test_a_page_says_what_made_it(pages):
    assert "What made this page" in pages["01_one"] and "notebooks/01_one.py, SHA-256" in pages["01_one"]
    assert "earlier version of its source" not in pages["01_one"]


def test_links_and_launch_buttons_come_from_one_setting(pages, book):
    assert 'href="https://github.com/example/absorption"' in pages["index"]
    assert "mybinder.org/v2/gh/example/absorption/main" in pages["01_one"]
    assert "colab.research.google.com/github/example/absorption" in pages["01_one"]
    config = (book.root / "_config.yml").read_text(encoding="utf-8")
    assert config.count("github.com/example") == 1


def test_without_a_repository_there_are_no_links_and_a_stale_page_says_so(book, pages):
    config, source = book.root / "_config.yml", book.root / "notebooks/01_one.py"
    kept = (
        config.read_text(encoding="utf-8"),
        source.read_text(encoding="utf-8"),
        (book.results / "02_two.json").read_text(encoding="utf-8"),
    )
    try:
        config.write_text(kept[0].replace("https://github.com/example/absorption", '""'), encoding="utf-8")
        source.write_text(kept[1] + "\n", encoding="utf-8")
        (book.results / "02_two.json").write_text(
            kept[2].replace("A tiny claim", "Another claim"), encoding="utf-8"
        )
        html = build("laptop").parent / "book"
        assert "github.com/example" not in (html / "index.html").read_text(encoding="utf-8")
        assert "earlier version of its source" in (html / "claims/01_one.html").read_text(encoding="utf-8")
        assert "come from different runs" in (html / "claims/02_two.html").read_text(encoding="utf-8")
    finally:
        config.write_text(kept[0], encoding="utf-8")
        source.write_text(kept[1], encoding="utf-8")
        (book.results / "02_two.json").write_text(kept[2], encoding="utf-8")


def test_a_broken_page_fails_the_build_with_its_warning(book):
    index = book.root / "book/index.md"
    try:
        index.write_text(INDEX + "\n{doc}`nowhere`\n", encoding="utf-8")
        result = CliRunner().invoke(app, ["html"])
        assert result.exit_code == 1 and "nowhere" in result.output
        assert "Traceback" not in result.output and "\x1b" not in result.output
    finally:
        index.write_text(INDEX, encoding="utf-8")


def test_another_profiles_book_shows_its_own_runs_and_the_laptops_where_it_has_none(book):
    before = {path: path.read_bytes() for path in book.claims.iterdir()}
    assert CliRunner().invoke(app, ["run", "01", "--profile", "gpu"]).exit_code == 0
    result = CliRunner().invoke(app, ["html", "--profile", "gpu"])
    assert result.exit_code == 0 and "_build/gpu/_build/html/index.html" in result.output
    html = book.root / "_build/gpu/_build/html/book"
    assert "n_steps = 5" in (html / "claims/01_one.html").read_text(encoding="utf-8")
    assert (html / "claims/02_two.html").exists()
    assert (html / "index.html").read_text(encoding="utf-8").count(
        "✓ supported"
    ) == 3  # two of the laptop's, one of the gpu's
    assert {path: path.read_bytes() for path in book.claims.iterdir()} == before
    (book.results / "01_one.gpu.json").unlink()
    shutil.rmtree(book.root / "_build/gpu")


def test_the_summary_has_five_lines(book):
    from absorption.claims import load_records

    result = CliRunner().invoke(app, ["html"])
    assert result.exit_code == 0 and len(result.stdout.strip().splitlines()) == 6
    assert summary(load_records())[0].split() == [
        "✓",
        "supported",
        "2",
        "01_one",
        "(toy),",
        "02_two",
        "(toy)",
    ]


def test_the_ledger_says_the_same_in_every_form(book):
    from absorption.claims import load_records

    records = load_records()
    html = as_html(records, lambda claim: claim)
    markdown = as_markdown(records, lambda claim: claim)
    table = CliRunner().invoke(app, ["ledger"], env={"COLUMNS": "200"}).output
    for line in lines(records):
        for form in (html, markdown, table):
            assert line.record.claim.title in form and line.record.found in form
            assert line.sign in form and line.registered in form


def test_a_title_cannot_break_the_ledger(book):
    from absorption.claims import load_records

    path = book.results / "01_one.json"
    kept = path.read_text(encoding="utf-8")
    try:
        path.write_text(json.dumps(json.loads(kept) | {"device": "<b>|x"}), encoding="utf-8")
        assert "<b>" not in as_html(load_records(), str)
        assert r"<b>\|x" in as_markdown(load_records(), str)
    finally:
        path.write_text(kept, encoding="utf-8")


def test_the_readme_is_kept_in_step(book):
    from absorption.publish.page.readme import refresh

    readme = book.root / "README.md"
    readme.write_text("before\n<!-- ledger -->\nold\n<!-- /ledger -->\nafter\n", encoding="utf-8")
    refresh()
    text = readme.read_text(encoding="utf-8")
    assert text.startswith("before\n<!-- ledger -->\n| Claim") and text.endswith("<!-- /ledger -->\nafter\n")
    assert "book/claims/01_one.ipynb" in text and "old" not in text
    readme.unlink()
