"""What pages ask of SAEs of the bank, on a model whose activations are made up: letters that can be read, and words."""

import numpy as np
import pytest
import torch

from absorption.experiments import words
from absorption.experiments.bank import Schedule, judgement, wanted
from absorption.experiments.bank.detection import DETECTORS, detected
from absorption.experiments.bank.fitting import Fit
from absorption.experiments.bank.judgement import judged
from absorption.experiments.bank.judging import LETTERS, MATCHED, MEASURES
from absorption.experiments.bank.shown import shown
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.bank.yardstick import yardstick
from absorption.publish.explorer import Entry
from absorption.saes import BatchTopK, Recipe
from absorption.worlds.language import LanguageModel

ALPHABET = "abcdefghijklmnopqrstuvwxyz"
WORDS = [first + second + third for first in ALPHABET for second in "aeiou" for third in ALPHABET]


@pytest.fixture(autouse=True)
def made_up(monkeypatch, tmp_path):
    """Every word is its letter, and something of its own."""

    class Tokenizer:
        def get_vocab(self):
            return {f" {word}": i for i, word in enumerate(WORDS)}

    letters = torch.tensor([ALPHABET.index(word[0]) for word in WORDS])
    own = torch.randn(len(WORDS), 40, generator=torch.Generator().manual_seed(0)) * 0.2
    x = own + torch.nn.functional.one_hot(letters, 40)
    monkeypatch.setenv("ABSORPTION_CACHE", str(tmp_path))
    monkeypatch.setattr(
        wanted, "open_model",
        lambda name, layer: LanguageModel(name, "by hand", layer, 40, 0, "float32", Tokenizer(), torch.nn.Linear(1, 1)),
    )  # fmt: skip
    monkeypatch.setattr(words, "word_activations", lambda model, ids: x[ids])
    for kept in (wanted._read_words, yardstick):
        kept.cache_clear()
    yield
    for kept in (wanted._read_words, yardstick):
        kept.cache_clear()


def sae(name="plain", seed=0):
    schedule = Schedule(64_000, batch_size=256, lr=1e-2)
    return Wanted(WordsIn("made-up", 1), name, Fit(Recipe(BatchTopK(3)), 300, seed, schedule))


def test_saes_are_judged_once_and_letters_beside_half_spaces(monkeypatch):
    saes = [sae(seed=0), sae(seed=1)]
    found = judged(saes, 3, splits=(0, 1))
    assert [round(one.l0) for one in found] == [3, 3] and all(0.3 < one.explained < 1 for one in found)
    for one in found:
        assert set(one.by) == {"letters", "saebench", "free", "matched"}
        assert all(one.by[LETTERS][measure].shape == (2, 26) for measure in MEASURES)
        assert one.mean("f1") > 0.6, "its letters have latents"
        assert one.mean("full") < 0.1
    monkeypatch.setattr(judgement, "judge_stack", lambda *of, **how: pytest.fail("judged twice"))
    again = judged(saes[::-1], 3, splits=(0, 1))[::-1]
    for one, other in zip(found, again, strict=True):
        np.testing.assert_array_equal(one.by[MATCHED]["full"], other.by[MATCHED]["full"])


def test_a_letter_without_a_probe_is_not_available(monkeypatch):
    monkeypatch.setattr("absorption.experiments.bank.yardstick.LEAST_WORDS", 1000)
    (found,) = judged([sae()], 3, splits=(0,), nulls=False)
    assert np.isnan(found.by[LETTERS]["full"]).all() and np.isnan(found.mean("full"))
    assert set(found.by) == {"letters", "saebench"}


def test_detectors_score_every_pair_of_a_letter_and_a_latent_that_is_not_its_own():
    pairs = detected(sae(), 3, split=0)
    assert set(pairs) == {*DETECTORS, "truth"} and len({len(values) for values in pairs.values()}) == 1
    assert pairs["truth"].dtype == bool and 26 * 100 < len(pairs["truth"]) < 26 * 300


def test_the_explorer_takes_what_is_shown_of_an_sae():
    (entry,) = shown([sae("tied", 3)], judged([sae("tied", 3)], 3, splits=(0,)), 3, split=0)
    made = Entry(**entry)
    assert made.recipe == "tied, 300 latents" and made.sparsity == "L0 = 3"
    assert len(made.letters) == 26 and set(made.about) == {
        "explained variance", "full absorption", "of matched half-spaces",
    }  # fmt: skip
