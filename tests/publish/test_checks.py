"""Each fault of a page is one sentence that names the file, what is wrong, and the command that mends it."""

import pytest
from typer.testing import CliRunner

from absorption.cli import app
from absorption.publish.page.checks import complaints
from absorption.publish.run.sources import all_sources


def faults(house, id: str) -> list[str]:
    return [words for words in complaints(all_sources()) if id in words and "quick/" not in words]


@pytest.fixture
def registered(house):
    path = house.add("01_one", figure=True)
    assert CliRunner().invoke(app, ["register"]).exit_code == 0
    assert faults(house, "01_one") == []
    return path


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("above=low", "above=low + 1", "differ from registrations/01_one.json; `absorption register 01`"),
        ('role="gate"', 'role="control"', "needs a gate"),
        ('because="', 'because="" and "', "say in because="),
        ("{picture}", "{note}", "its first screen has no {picture}"),
        ("{predicates}", "{note}", "its first screen has no {predicates}"),
    ],
)
def test_a_fault_is_one_sentence_with_its_remedy(house, registered, old, new, words):
    text = registered.read_text(encoding="utf-8")
    assert old in text, text
    registered.write_text(text.replace(old, new), encoding="utf-8")
    (said,) = faults(house, "01_one")
    assert words in said and "01_one" in said and "`absorption" in said


def test_a_claim_that_was_never_registered_says_so(house):
    house.add("01_one", figure=True)
    (said,) = faults(house, "01_one")
    assert "is not registered; `absorption register 01`" in said


def test_two_files_of_one_number_are_named(house, registered):
    house.add("01_two", figure=True)
    assert any("01_one.py and 01_two.py share the number 01" in words for words in complaints(all_sources()))
