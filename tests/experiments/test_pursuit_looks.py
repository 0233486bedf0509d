"""An MP-SAE and a BatchTopK SAE side by side, on words that are made up: interference on the same words, and absorbed words told."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from absorption.experiments.bank import Schedule, Table
from absorption.experiments.bank.fitting import Fit
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.bank.yardstick import Yardstick
from absorption.experiments.pursued import Pursued
from absorption.experiments.pursuit_looks import Latents, interference, interferences, told
from absorption.experiments.pursuits import on_words
from absorption.measures.active import ActiveLatents
from absorption.saes.recipe import BatchTopK, Recipe

N = 1500


@pytest.fixture
def pairs(monkeypatch, tmp_path):
    """Two SAEs of each kind on words around six directions, two of which are letters."""
    monkeypatch.setenv("ABSORPTION_CACHE", str(tmp_path))
    draws = torch.Generator().manual_seed(0)
    x = torch.randn(N, 6, generator=draws) + 3 * torch.eye(6)[torch.arange(N) % 6]
    read = SimpleNamespace(x=x, table=Table(x, torch.full((N,), 1 / N)))
    monkeypatch.setattr(WordsIn, "read", lambda source: read)
    on_words.cache_clear()
    source, schedule = WordsIn("made up", 4), Schedule(64 * 60, 64)
    fits = [Fit(Recipe(BatchTopK(2)), 12, seed, schedule) for seed in (0, 1)]
    made = [(Wanted(source, "plain", fit), Pursued(source, 12, 2, fit.seed, schedule)) for fit in fits]
    yield made, Yardstick.of(x, (torch.arange(N) % 6 > 2).long(), seed=0, n_letters=2)
    on_words.cache_clear()


def test_only_words_on_which_all_have_as_many_count():
    rows = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    first = ActiveLatents.of(torch.tensor([[2.0, 1.0, 0.0], [2.0, 0.0, 1.0]]))
    second = ActiveLatents.of(torch.tensor([[2.0, 0.0, 0.0], [2.0, 0.0, 1.0]]))
    several = [Latents(z, rows, torch.zeros(2)) for z in (first, second)]
    assert interference(several, torch.arange(2), (2,)).tolist() == [[0.0], [0.0]]
    assert interference(several[:1], torch.arange(2), (2,)).tolist() == [[0.5]]
    assert np.isnan(interference(several, torch.arange(2), (3,))).all()


def test_every_pair_is_looked_at_in_its_order(pairs):
    made, by = pairs
    active, whole = interferences(made, by, k=2, counts=(1, 2))
    assert active.shape == (2, 2, 2) and whole.shape == (2, 2)
    both = [Latents.of(one, 2) for one in made[1]]
    assert active[:, 1] == pytest.approx(interference(both, by.split.held_out, (1, 2)))
    assert np.isfinite(active).all() and active[..., 0] == pytest.approx(np.zeros((2, 2)), abs=1e-6)


def test_words_that_are_left_out_are_not_told(pairs):
    made, by = pairs
    rows = torch.arange(N).flip(0)[: N // 2]
    some = Yardstick.of(by.x[rows], by.labels[rows, 1].long(), seed=0, n_letters=2)
    for yardstick, words in ((by, None), (some, rows)):
        found = told(made, yardstick, 2, words)
        assert found("park").shape == (2, 2)
        assert all(((v >= 0) & (v <= 1) | np.isnan(v)).all() for v in map(found, ("park", "probe", "beyond")))
    assert np.isnan(told(made, by, 2, least_f1=1.1)("park")).all()
