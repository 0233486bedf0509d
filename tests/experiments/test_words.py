"""Words and text inside a model, with a stand-in for the model's forward pass."""

import pytest
import torch

from absorption.experiments import words as under_test
from absorption.experiments.words import read_text, read_words
from absorption.worlds.language import LanguageModel
from absorption.worlds.text import WordList, first_letters

MODEL = LanguageModel("stand-in", "none", 1, 6, 0, "float32", None, torch.nn.Linear(1, 1))
NAMES = ("snake", "the", "sun", "tree", "apple", "ant", "salt", "toad", "ape", "arm")


@pytest.fixture
def stream(monkeypatch):
    """Each token has a vector of its own; tokens 3 and 33 are sinks of attention."""
    vectors = torch.randn(50, 6, generator=torch.Generator().manual_seed(0))
    vectors[[3, 33]] *= 50
    monkeypatch.setattr(under_test, "word_activations", lambda model, ids: vectors[ids])
    monkeypatch.setattr(under_test, "residual_stream", lambda model, contexts: vectors[contexts])
    monkeypatch.setattr(
        under_test, "text_contexts", lambda model, texts, n, length, g: torch.arange(n).view(-1, length)
    )
    return vectors


def test_words_are_kept_normalised_and_weighted(stream):
    vocabulary = WordList(NAMES, torch.arange(10), first_letters(NAMES))
    read = read_words(MODEL, vocabulary)
    assert read.words.words == NAMES[:3] + NAMES[4:] and not read.kept[3]
    assert torch.equal(read.raw, stream[[0, 1, 2, *range(4, 10)]])
    assert float(read.p.sum()) == pytest.approx(1)
    torch.testing.assert_close(read.p @ read.x, torch.zeros(6), atol=1e-5, rtol=0)
    assert float(read.p @ read.x.norm(dim=1)) == pytest.approx(1, abs=1e-5)
    assert read.table.x is read.x and read.table.weights is read.p
    assert read.p[1] == read.p.max()  # "the"


def test_text_rows_are_the_tokens_kept(stream):
    read = read_text(MODEL, [], 40, 8, torch.Generator())
    assert read.contexts.shape == (5, 8) and int((~read.kept).sum()) == 2
    assert read.tokens.tolist() == [i for i in range(40) if i not in (3, 33)]
    torch.testing.assert_close(read.x, read.frame(stream[read.tokens]))
    assert float(read.x.norm(dim=1).mean()) == pytest.approx(1, abs=1e-5)
