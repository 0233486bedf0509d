"""The examples of *Make it yours* do what their pages say."""

import re

import pytest

from absorption.cli import app
from absorption.runtime.paths import root

PAGES = sorted((root() / "book" / "howto").glob("*.md"))
MOST_LINES = 140


def fenced(language: str, text: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def code_of(text: str) -> str:
    """A page's Python, each line at the number that it has on the page."""
    inside, lines = False, []
    for line in text.splitlines():
        lines.append(line if inside and line != "```" else "")
        inside = line == "```python" or (inside and line != "```")
    return "\n".join(lines)


@pytest.mark.parametrize("page", [page for page in PAGES if page.stem != "index"], ids=lambda page: page.stem)
def test_an_example_runs_as_it_stands_on_its_page(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = page.read_text(encoding="utf-8")
    example = code_of(text)
    assert "assert" in fenced("python", text)[-1], "an example ends with what has to hold"
    exec(compile(example, str(page), "exec"), {"__name__": page.stem})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_short_and_names_commands_and_files_that_there_are(page):
    text = page.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    commands = {
        (one.name or getattr(one.callback, "__name__", "")).replace("_", "-")
        for one in app.registered_commands
    }
    asked = set(re.findall(r"\babsorption ([a-z][a-z-]*)", "\n".join([*fenced("bash", text), *re.findall("`[^`]+`", text)])))  # fmt: skip
    assert asked <= commands, asked - commands
    for name in re.findall(r"`((?:\w+/)+\w+\.\w+)`", text):
        there = (root() / name, root() / "src/absorption" / name)
        assert any(path.exists() for path in there) or "18_lazy_latents" in name, name


def test_every_page_is_in_the_table_of_contents_and_on_the_first():
    contents = (root() / "_toc.yml").read_text(encoding="utf-8")
    first = (root() / "book" / "howto" / "index.md").read_text(encoding="utf-8")
    for page in PAGES:
        assert f"file: book/howto/{page.stem}\n" in contents
        assert page.stem == "index" or f"{{doc}}`{page.stem}`" in first
