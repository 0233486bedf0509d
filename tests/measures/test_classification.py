"""Every pair of latent and letter against scikit-learn, which computes one pair at a time."""

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score, precision_score, recall_score, roc_auc_score

from absorption.measures import classification
from absorption.measures.classification import (
    best_cuts,
    best_latents,
    best_thresholds,
    classify,
    classify_pairs,
    one_hot,
    roc_auc,
)

N_LETTERS = 4


@pytest.fixture(params=["sparse", "dense", "ties"])
def scores(request):
    draw = torch.randn(200, 7, generator=torch.Generator().manual_seed(0))
    if request.param == "sparse":
        draw = draw.sub(1).relu()
        draw[:, 3] = 0.0  # a dead latent
        draw[:, 4] = 2.0  # one that always fires
    elif request.param == "ties":
        draw = (draw * 2).round()
    return draw


@pytest.fixture
def letters():
    return torch.randint(N_LETTERS, (200,), generator=torch.Generator().manual_seed(1))


def test_firing_agrees_with_sklearn(scores, letters):
    quality = classify(scores > 0, letters, N_LETTERS)
    for letter in range(N_LETTERS):
        for latent in range(scores.shape[1]):
            y, fires = (letters == letter).numpy(), (scores[:, latent] > 0).numpy()
            for ours, theirs in (
                (quality.precision, precision_score),
                (quality.recall, recall_score),
                (quality.f1, f1_score),
            ):
                assert ours[letter, latent].item() == pytest.approx(
                    theirs(y, fires, zero_division=0), abs=1e-6
                )


def test_auc_agrees_with_sklearn(scores, letters):
    auc = roc_auc(scores, letters, N_LETTERS)
    for letter in range(N_LETTERS):
        for latent in range(scores.shape[1]):
            expected = roc_auc_score((letters == letter).numpy(), scores[:, latent].numpy())
            assert auc[letter, latent].item() == pytest.approx(expected, abs=1e-6)


def test_auc_without_examples_is_not_a_number(scores, letters):
    auc = roc_auc(scores, letters, N_LETTERS + 1)
    assert auc[N_LETTERS].isnan().all()
    assert not auc[:N_LETTERS].isnan().any()


def test_thresholds_are_the_best_of_all_cuts(scores, letters):
    found = best_thresholds(scores, letters, N_LETTERS)
    for letter in range(N_LETTERS):
        for latent in range(scores.shape[1]):
            y, s = (letters == letter).numpy(), scores[:, latent].numpy()
            best = max((f1_score(y, s > cut) for cut in np.unique(s)[:-1]), default=0.0)
            assert found.f1[letter, latent].item() == pytest.approx(best, abs=1e-6)
            at_cut = f1_score(y, s > found.cut[letter, latent].item(), zero_division=0)
            assert at_cut == pytest.approx(best, abs=1e-6)


def test_thresholds_do_not_depend_on_the_block(monkeypatch, scores, letters):
    whole = best_thresholds(scores, letters, N_LETTERS)
    monkeypatch.setattr("absorption.measures.classification.BLOCK", 2 * len(scores))
    parts = best_thresholds(scores, letters, N_LETTERS)
    assert torch.equal(whole.cut, parts.cut)
    assert torch.equal(whole.f1, parts.f1)


def test_neighbouring_floats_are_parted():
    # An odd last bit below and an even one above: their middle rounds to the upper one.
    low = torch.nextafter(torch.tensor(1.0), torch.tensor(2.0))
    high = torch.nextafter(low, torch.tensor(2.0))
    scores, letters = torch.stack([low, low, high])[:, None], torch.tensor([0, 0, 1])
    cut = best_thresholds(scores, letters, 2).cut[1, 0]
    assert (scores[:, 0] > cut).tolist() == [False, False, True]


def test_a_letter_that_no_score_speaks_for_is_cut_below_the_highest_score():
    scores, letters = torch.tensor([[0.0], [0.0], [1.0], [2.0]]), torch.tensor([0, 0, 1, 1])
    found = best_thresholds(scores, letters, 2)
    assert found.cut.tolist() == [[1.5], [0.5]] and found.f1.tolist() == [[0.0], [1.0]]


def test_one_classifier_a_letter(scores, letters):
    own = scores[:, :N_LETTERS]
    cuts = best_cuts(own, letters)
    assert torch.equal(cuts, best_thresholds(own, letters, N_LETTERS).cut.diagonal())
    pairs, all_pairs = classify_pairs(own > cuts, letters), classify(own > cuts, letters, N_LETTERS)
    for name in ("precision", "recall", "f1"):
        assert torch.equal(getattr(pairs, name), getattr(all_pairs, name).diagonal())


def test_best_latent_ignores_what_is_not_a_number():
    assert best_latents(torch.tensor([[float("nan"), 0.2, 0.1], [0.3, 0.3, 0.0]])).tolist() == [1, 0]


def test_without_a_number_there_are_26_letters(scores, letters):
    assert one_hot(letters).shape == (200, 26)
    for found in (
        classify(scores > 0, letters).f1,
        roc_auc(scores, letters),
        best_thresholds(scores, letters).f1,
    ):
        assert found.shape == (26, 7)


@pytest.mark.parametrize("block", [1, 7 * 300, 2**19])
def test_own_thresholds_are_those_of_each_score_alone(monkeypatch, block):
    """With ties, letters that no score speaks for, equal scores throughout, and however many are taken at once."""
    generator = torch.Generator().manual_seed(5)
    scores = torch.randn(300, 6, generator=generator).relu()
    scores[:, 1] = scores[:, 1].round(decimals=1)
    scores[:, 2], scores[:, 3], scores[:, 4] = 0.5, -scores[:, 0], torch.rand(300, generator=generator)
    holds = torch.rand(300, 6, generator=generator) < 0.3
    holds[scores[:, 5] > 0, 5] = False
    monkeypatch.setattr(classification, "BLOCK", block)
    found = classification.own_thresholds(scores, holds)
    for i in range(6):
        alone = best_thresholds(scores[:, [i]], holds[:, i].long(), n_letters=2)
        assert torch.equal(found.cut[i], alone.cut[1, 0]) and torch.equal(found.f1[i], alone.f1[1, 0])
    some = torch.tensor([4, 1])
    assert torch.equal(classification.own_thresholds(scores[:, some], holds, some).cut, found.cut[some])
