"""Pairs judged from active latents get what tables with all the zeros give; counts are scikit-learn's."""

import pytest
import torch
from sklearn.metrics import f1_score

from absorption.measures import judged
from absorption.measures.absorption import absorption_fraction, carried, full_absorption
from absorption.measures.active import ActiveLatents
from absorption.measures.judged import Counts, Probed, judge
from absorption.measures.letters import Words, examine
from absorption.measures.splits import Split


def random_world(seed: int = 0, words: int = 300, d_in: int = 12, d_sae: int = 30, labels: int = 4):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(words, d_in, generator=generator)
    dictionary = torch.randn(d_sae, d_in, generator=generator)
    z = (x @ dictionary.T / d_in - 0.2).relu()
    directions = torch.randn(labels, d_in, generator=generator)
    main = torch.rand(labels, d_sae, generator=generator) < 0.1
    return x, z, dictionary, directions, main


@pytest.mark.parametrize("at_once", [7, 4096])
def test_each_pair_gets_what_the_tables_give(monkeypatch, at_once):
    monkeypatch.setattr(judged, "PAIRS_AT_ONCE", at_once)
    x, z, dictionary, directions, main = random_world()
    word = torch.arange(300).repeat(2)
    label = torch.randint(4, (600,), generator=torch.Generator().manual_seed(1))
    found = judge(x, ActiveLatents.of(z), dictionary, directions, main, word, label)
    c = carried(x[word], z[word], dictionary, directions, label, main)
    full = full_absorption(c)
    assert full.absorbed.any() and not full.absorbed.all() and c.silent.any()
    assert torch.equal(found.full, full.absorbed) and torch.equal(found.silent, c.silent)
    torch.testing.assert_close(found.fraction, absorption_fraction(c))
    carries = full.share > 0  # else no latent carries anything, and which one is named does not matter
    assert torch.equal(found.latent[carries], full.latent[carries])
    torch.testing.assert_close(found.share, full.share)
    torch.testing.assert_close(found.activation[carries], z[word, found.latent][carries])


def test_letters_are_judged_as_on_the_pages():
    """The same split, probes and main latents as `letters.examine`, so the same rates."""
    x, z, dictionary, _, _ = random_world(words=600)
    letters = x[:, :4].argmax(1)
    words = Words.of([str(i) for i in range(600)], letters, torch.full((600,), 1 / 600), x)
    sae = examine(words, z, dictionary, k_max=3)
    labels = torch.nn.functional.one_hot(letters, 4) > 0
    probed = Probed.of(x, labels, words.split)
    torch.testing.assert_close(probed.counts.f1, words.probe_f1)
    assert set(probed.word.tolist()) == set(words.judged.tolist())
    found = judge(
        x, ActiveLatents.of(z), dictionary, probed.probe.weight, sae.main.mask, probed.word, probed.label
    )
    for label in range(4):
        own = probed.label == label
        torch.testing.assert_close(found.full[own].float().mean(), sae.full[label])
        torch.testing.assert_close(found.fraction[own].mean(), sae.fraction[label])
        torch.testing.assert_close(found.silent[own].float().mean(), sae.silent[label])


def test_counts_give_the_f1_of_scikit_learn():
    generator = torch.Generator().manual_seed(0)
    predicted, holds = (torch.rand(2, 50, 3, generator=generator) < 0.4).unbind(0)
    expected = [f1_score(holds[:, i].numpy(), predicted[:, i].numpy()) for i in range(3)]
    torch.testing.assert_close(Counts.of(predicted, holds).f1, torch.tensor(expected, dtype=torch.float32))


def test_a_word_with_several_labels_is_a_pair_with_each():
    labels = torch.tensor([[True, True], [False, True], [True, False], [False, False]]).repeat(10, 1)
    x = torch.cat([labels.float(), torch.ones(40, 1)], 1)
    probed = Probed.of(x, labels, Split(torch.arange(20), torch.arange(20, 40)))
    pairs = set(zip(probed.word.tolist(), probed.label.tolist(), strict=True))
    assert pairs == {(row, label) for row in range(20, 40) for label in range(2) if labels[row, label]}
