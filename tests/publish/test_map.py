"""The map of the claims: its file is checked, and both of its forms hold every claim."""

import pytest

from absorption.publish.errors import MendableError
from absorption.publish.page.map import places
from absorption.publish.run.sources import all_sources
from absorption.runtime.paths import root


def test_the_books_map_holds_every_notebook_once():
    ids = [place.claim for place in places(root() / "book" / "map.yml")]
    assert sorted(ids) == sorted(source.id for source in all_sources())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- {claim: 01_a, column: Nowhere}", "Nowhere"),
        ("- {claim: 01_a, column: Theory, rests_on: [02_b]}", "02_b"),
    ],
)
def test_a_map_that_names_nothing_is_refused_in_a_sentence(tmp_path, text, words):
    file = tmp_path / "map.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(MendableError, match=words):
        places(file)
