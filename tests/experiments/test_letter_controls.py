"""Controls of the comparison of latents with probes: what must be found is, and what means nothing is not."""

from types import SimpleNamespace

import pytest
import torch

from absorption.experiments import letter_controls as module
from absorption.experiments.bank.fitting import Fit, Schedule
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.letter_architectures import COUNTED, NAMES, recipe_of
from absorption.experiments.letter_controls import before_training, controls_of, letter_controls, with_probes
from absorption.measures.letters import Words
from absorption.saes import BatchTopK, Recipe, SAEStack

N, D_IN, D_SAE = 6, 24, 40


@pytest.fixture
def wanted(monkeypatch):
    """An SAE on words that are their letter and something of their own; the source is asked for the split that was wanted."""
    generator = torch.Generator().manual_seed(0)
    letters = torch.arange(1500) % N
    x = 0.2 * torch.randn(len(letters), D_IN, generator=generator) + torch.nn.functional.one_hot(
        letters, D_IN
    )
    words = Words.of([""] * len(letters), letters, torch.ones(len(letters)), x, seed=3)
    recipe = Recipe(BatchTopK(2))
    stack = SAEStack(recipe, D_IN, D_SAE, seeds=[0]).requires_grad_(False)
    monkeypatch.setattr(module, "words_of", lambda one, split: {3: words}[split])
    monkeypatch.setattr(Wanted, "get", lambda self: (stack, None))
    monkeypatch.setattr(WordsIn, "table", SimpleNamespace(x=x))
    return Wanted(WordsIn("made-up", 1), "plain", Fit(recipe, D_SAE, 0, Schedule(64)))


def test_the_oracle_loses_nothing_and_chance_finds_little(wanted):
    found = letter_controls(wanted, 2.0, split=3)
    assert found["oracle_gap"] == pytest.approx(0, abs=0.01)
    assert found["untrained_f1"] < 0.6
    assert max(found["shuffled_latent_f1"], found["shuffled_probe_f1"]) < 2.5 / N


def test_letters_are_dealt_out_by_the_seed_of_the_sae(wanted):
    other = Wanted(wanted.source, "plain", Fit(wanted.fit.recipe, D_SAE, 1, Schedule(64)))
    first, again, second = (
        letter_controls(one, 2.0, split=3)["shuffled_latent_f1"] for one in (wanted, wanted, other)
    )
    assert first == again != second


def test_several_saes_are_asked_what_each_is_asked_alone(wanted):
    twice = controls_of([wanted, wanted], 2.0, split=3)
    assert twice == [letter_controls(wanted, 2.0, split=3)] * 2
    other = Wanted(wanted.source, "plain", Fit(wanted.fit.recipe, D_SAE, 1, Schedule(64)))
    with pytest.raises(ValueError, match="one seed"):
        controls_of([wanted, other], 2.0, split=3)


@pytest.mark.parametrize("name", NAMES)
def test_every_architecture_has_an_oracle_and_an_sae_before_training(wanted, name):
    words = module.words_of(wanted, 3)
    recipe = recipe_of(name, k=2, weight=0.0 if name in COUNTED else 0.1)
    stack = SAEStack(recipe, D_IN, D_SAE, seeds=[5]).requires_grad_(False)
    # What training may have done to strengths and biases is of no account.
    for parameter in ("b_enc", "b_mag", "r_mag"):
        if hasattr(stack, parameter):
            getattr(stack, parameter).uniform_(-0.5, 0.5, generator=torch.Generator().manual_seed(1))
    found = module.classify_letters(with_probes(stack, words), words, (1,))
    assert float((found["probe_f1"] - found["f1"]).mean()) == pytest.approx(0, abs=0.01)
    one = Wanted(wanted.source, name, Fit(recipe, D_SAE, 0, Schedule(64)))
    before = before_training(one, words.x, 2.0)
    assert float((before.encode(words.x) > 0).sum(-1).float().mean()) == pytest.approx(2.0, abs=0.05)
    assert torch.equal(before.W_dec, SAEStack(recipe, D_IN, D_SAE, seeds=[0]).W_dec)
