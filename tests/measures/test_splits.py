"""Splits keep every label's share, and no word on both sides."""

import pytest
import torch

from absorption.measures.splits import split_places, split_words

N_LETTERS = 3


def test_split_is_stratified_whole_and_seeded():
    letters = torch.arange(5).repeat_interleave(torch.tensor([100, 50, 10, 2, 3]))
    split = split_words(letters, torch.Generator().manual_seed(0))
    assert sorted(torch.cat([split.train, split.held_out]).tolist()) == list(range(len(letters)))
    assert letters[split.held_out].bincount(minlength=5).tolist() == [20, 10, 2, 1, 1]
    again = split_words(letters, torch.Generator().manual_seed(0))
    assert torch.equal(split.train, again.train)
    other = split_words(letters, torch.Generator().manual_seed(1))
    assert not torch.equal(split.train, other.train)
    with pytest.raises(ValueError, match="held_out"):
        split_words(letters, torch.Generator(), held_out=1.0)


def test_no_word_is_on_both_sides_wherever_it_stands():
    of_word = torch.randint(100, 140, (300,), generator=torch.Generator().manual_seed(0))
    labels = of_word % 3
    split = split_places(of_word, labels, torch.Generator().manual_seed(1))
    assert sorted(torch.cat([split.train, split.held_out]).tolist()) == list(range(300))
    words = [set(of_word[side].tolist()) for side in (split.train, split.held_out)]
    assert not words[0] & words[1]
    assert [len({w for w in words[1] if w % 3 == label}) for label in range(3)] == [3, 3, 3]
