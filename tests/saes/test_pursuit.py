"""Matching pursuit: the greedy algorithm of Mallat and Zhang, member by member, and what a recipe refuses."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from absorption.saes import MatchingPursuit, Recipe, SAEStack, fit_population
from absorption.saes.fit.sparse import SparseObjective
from absorption.saes.pursuit import matching_pursuit
from absorption.worlds.hierarchies import tree

WORLD = tree({"a": (None, 0.5), "b": ("a", 0.4), "c": (None, 0.3), "d": ("c", 0.5)})
PURSUIT = Recipe(MatchingPursuit(2), tied=True, encoder_bias=False)


def greedy(x: np.ndarray, dictionary: np.ndarray, k: int, short: float) -> np.ndarray:
    """One input, by the textbook: subtract the best atom, until nothing is left to gain."""
    z, left = np.zeros(len(dictionary)), x.copy()
    for _ in range(k):
        products = dictionary @ left
        best = int(products.argmax())
        if products[best] <= 0:
            break
        again = z[best] > 0
        z[best] += products[best]
        left = left - products[best] * dictionary[best]
        if again or np.linalg.norm(left) < short:
            break
    return z


@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.5, 1.5]))
def test_as_by_the_textbook(seed: int, short: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    dictionary = torch.nn.functional.normalize(
        torch.randn(2, 7, 4, generator=generator, dtype=torch.float64), dim=-1
    )
    x = torch.randn(5, 4, generator=generator, dtype=torch.float64)
    z = matching_pursuit(x, dictionary, torch.tensor([2.0, 4.0]), short)
    for member, k in enumerate((2, 4)):
        for at in range(len(x)):
            theirs = greedy(x[at].numpy(), dictionary[member].numpy(), k, short)
            assert z[member, at].numpy() == pytest.approx(theirs, abs=1e-12)
            assert np.count_nonzero(theirs) <= k


def test_orthogonal_atoms_are_recovered_exactly() -> None:
    x = torch.tensor([[0.2, 0.0, 1.0, 0.7]])
    assert matching_pursuit(x, torch.eye(4)[None], torch.tensor([2.0]), 0.0).tolist() == [
        [[0, 0, 1, pytest.approx(0.7)]]
    ]


def test_a_stack_trains_and_its_members_are_independent() -> None:
    both = SAEStack(PURSUIT, 4, 6, seeds=[0, 1], sweep={"k": torch.tensor([2.0, 1.0])})
    alone = SAEStack(PURSUIT, 4, 6, seeds=[1], sweep={"k": torch.tensor([1.0])})
    first = fit_population(both, WORLD.activations, WORLD.probabilities, steps=1)
    last = fit_population(both, WORLD.activations, WORLD.probabilities, steps=150)
    fit_population(alone, WORLD.activations, WORLD.probabilities, steps=1)
    fit_population(alone, WORLD.activations, WORLD.probabilities, steps=150)
    assert (last.loss < first.loss).all()
    torch.testing.assert_close(both.W_dec[1], alone.W_dec[0])
    assert ((both.encode(WORLD.activations) > 0).sum(-1).amax(-1) <= torch.tensor([2, 1])).all()


REFUSED = {
    "encodes with the decoder": dict(activation=MatchingPursuit(2), encoder_bias=False),
    "encoder_bias=False": dict(activation=MatchingPursuit(2), tied=True),
    "no pre-activations": dict(activation=MatchingPursuit(2), tied=True, encoder_bias=False, revival=0.1),
    "k must be positive": dict(activation=MatchingPursuit(0), tied=True, encoder_bias=False),
    "residual_threshold must": dict(activation=MatchingPursuit(1, -1.0), tied=True, encoder_bias=False),
}


@pytest.mark.parametrize("message", REFUSED)
def test_meaningless_recipes_are_refused(message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Recipe(**REFUSED[message])


def test_fractions_of_choices_and_the_sparse_path_are_refused() -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        SAEStack(PURSUIT, 4, 6, seeds=[0], sweep={"k": torch.tensor([1.5])})
    wide = SAEStack(PURSUIT, 4, 512, seeds=[0])
    assert not SparseObjective.pays(wide)
    with pytest.raises(ValueError, match="sparse by construction"):
        SparseObjective(wide)
