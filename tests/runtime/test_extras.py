"""What an extra holds, and what is said where it is missing."""

from importlib.metadata import PackageNotFoundError

import pytest
from typer.testing import CliRunner

from absorption.cli import app
from absorption.runtime import extras
from absorption.runtime.extras import MissingExtraError, insist_on, packages_of

LINES = [
    "torch>=2.11",
    "matplotlib; extra == 'book'",
    'jupyter-book<2,>=1.0.4; extra == "book"',
    "absorption[book]; extra == 'test'",
    "pytest; extra == 'test'",
]


@pytest.fixture
def without(monkeypatch):
    """Some distributions are not installed."""

    def make(*names):
        def version(name):
            if name in names:
                raise PackageNotFoundError(name)
            return "1"

        monkeypatch.setattr(extras, "requires", lambda package: LINES)
        monkeypatch.setattr(extras, "version", version)

    return make


def test_what_an_extra_holds_is_read_from_the_metadata(without):
    without()
    assert packages_of("book") == ["matplotlib", "jupyter-book"]
    assert packages_of("test") == ["absorption", "pytest"]
    assert packages_of("paint") == []


def test_only_what_is_missing_is_named(without):
    without("jupyter-book", "pytest")
    with pytest.raises(MissingExtraError, match=r"^drawing needs jupyter-book: .*'absorption\[book\]'`\.$"):
        insist_on("book", "drawing")
    without("pytest")
    insist_on("book", "drawing")


def test_a_package_on_the_path_alone_is_let_through(monkeypatch):
    def requires(package):
        raise PackageNotFoundError(package)

    monkeypatch.setattr(extras, "requires", requires)
    insist_on("book", "drawing")


@pytest.mark.parametrize("command", ["run", "register", "html"])
def test_a_command_says_which_extra_it_needs(without, command):
    without("matplotlib", "jupyter-book")
    done = CliRunner().invoke(app, [command])
    assert done.exit_code == 1
    assert done.stderr == (
        f"absorption {command} needs matplotlib, jupyter-book: install them with "
        "`python -m pip install 'absorption[book]'`.\n"
    )


def test_the_ledger_needs_no_extra(without):
    without("matplotlib", "jupyter-book")
    assert "install" not in CliRunner().invoke(app, ["ledger"]).stderr
