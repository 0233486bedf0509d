"""What a null keeps, and what it takes away."""

import numpy as np
import pytest
import torch

from absorption.experiments.nulls import (
    dealt,
    dealt_error,
    permuted,
    random_cosine,
    with_permuted_letters,
)
from absorption.measures.letters import Words


def test_labels_keep_their_counts_and_lose_their_places():
    labels = torch.arange(300) % 3
    given = permuted(labels, torch.Generator().manual_seed(0))
    assert torch.equal(given.bincount(), labels.bincount())
    assert float((given == labels).float().mean()) < 0.45
    assert torch.equal(given, labels[torch.randperm(300, generator=torch.Generator().manual_seed(0))])


def test_only_the_letters_of_words_are_dealt():
    x = torch.randn(60, 4, generator=torch.Generator().manual_seed(0))
    words = Words.of([str(i) for i in range(60)], torch.arange(60) % 3, torch.full((60,), 1 / 60), x)
    null = with_permuted_letters(words, torch.Generator().manual_seed(1))
    assert not torch.equal(null.letters, words.letters)
    assert null.split is words.split and null.probe is words.probe and null.judged is words.judged


def test_dealt_error_of_a_law_that_is_right_is_its_spread():
    law = np.linspace(0, 1, 2001)
    measured = np.stack([law, law + 0.0])
    error = dealt_error(law, measured, np.random.default_rng(0))
    assert error.shape == (2,) and error == pytest.approx([1 / 3, 1 / 3], abs=0.02)
    assert isinstance(dealt_error(law, law, np.random.default_rng(0)), np.ndarray)  # of one row, too
    assert np.array_equal(dealt(law, np.random.default_rng(0)), np.random.default_rng(0).permutation(law))


def test_random_directions_are_nearly_orthogonal_to_data_in_many_dimensions():
    x = 3 * torch.randn(200, 400, generator=torch.Generator().manual_seed(0))
    found = random_cosine(x, torch.Generator().manual_seed(1))
    assert found == pytest.approx(1.96 / 400**0.5, rel=0.05)
