"""Detectors on SAEs of the δ-absorption argument, made by hand, where every score is known."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_similarity

from absorption.measures.detectors import (
    FiringStatistics,
    asymmetry,
    decoder_cosine,
    exclusion,
    handover,
    shared_code,
    strongest_pairs,
)
from absorption.worlds.hierarchies import independent, parent_child
from absorption.worlds.population import directions

WORLD = parent_child(0.2, 0.3)


def absorbing(delta):
    """Encoder, decoder (rows of length 1) and activations with absorption δ."""
    parent, child = WORLD.features
    length = (1 + delta**2) ** 0.5
    W_dec = torch.stack([parent, (child + delta * parent) / length])
    W_enc = torch.stack([parent - delta * child, child * length], 1)
    acts = (WORLD.activations @ W_enc).relu()
    torch.testing.assert_close((acts @ W_dec)[:3], WORLD.activations[:3])
    return W_enc, W_dec, FiringStatistics.of(acts[:3], WORLD.probabilities[:3])


@settings(max_examples=20, deadline=None)
@given(st.floats(0.05, 0.95))
def test_handover_of_the_argument_is_delta_times_the_asymmetry(delta):
    W_enc, W_dec, firing = absorbing(delta)
    score = handover(W_enc, W_dec, firing)
    cosine = delta / (1 + delta**2) ** 0.5
    torch.testing.assert_close(decoder_cosine(W_dec)[0, 1], torch.tensor(cosine), atol=1e-5, rtol=0)
    torch.testing.assert_close(asymmetry(W_enc, W_dec)[0, 1], torch.tensor(cosine), atol=1e-5, rtol=0)
    torch.testing.assert_close(score[0, 1], torch.tensor(delta * cosine), atol=1e-4, rtol=0)
    assert score[1, 0] < score[0, 1]


def test_no_absorption_no_score():
    W_enc, W_dec, firing = absorbing(0.0)
    assert handover(W_enc, W_dec, firing).abs().max() < 1e-6


def test_features_that_only_share_a_direction_and_come_independently_score_low():
    world = independent([0.3, 0.3], features=directions(2, cosine=0.5))
    W_enc = torch.linalg.pinv(world.features)
    firing = FiringStatistics.of(world.magnitudes, world.probabilities)
    assert exclusion(firing)[0, 1] < 1e-6
    tied = handover(world.features.T, world.features, firing)
    assert tied.abs().max() < 1e-6
    assert handover(W_enc, world.features, firing).max() < 0.3


def test_exclusion_is_one_for_latents_that_never_meet():
    acts = torch.tensor([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0], [1.0, 0.0]])
    score = exclusion(FiringStatistics.of(acts))
    assert score[0, 1] == 1 and score[1, 0] == 1
    assert exclusion(FiringStatistics.of(torch.zeros(4, 2))).abs().max() == 0


def test_statistics_add_up_over_batches():
    generator = torch.Generator().manual_seed(0)
    acts = torch.randn(300, 6, generator=generator).relu()
    whole = FiringStatistics.of(acts)
    parts = FiringStatistics.of(acts[:100]) + FiringStatistics.of(acts[100:])
    torch.testing.assert_close(whole.together, parts.together)
    torch.testing.assert_close(whole.strength, parts.strength)
    torch.testing.assert_close(whole.frequency, (acts > 0).float().mean(0))
    torch.testing.assert_close(whole.strength.diagonal(), acts.mean(0))


def test_the_strongest_pairs_are_those_of_the_full_matrix_whatever_the_chunk():
    generator = torch.Generator().manual_seed(0)
    W_dec = torch.randn(50, 8, generator=generator)
    W_enc = torch.randn(8, 50, generator=generator)
    firing = FiringStatistics.of(torch.randn(400, 50, generator=generator).relu())
    full = handover(W_enc, W_dec, firing)
    assert not full.diagonal().any()
    for chunk in (7, 50):
        pairs, scores = strongest_pairs(W_enc, W_dec, firing, count=20, chunk=chunk)
        torch.testing.assert_close(scores, full.flatten().topk(20).values)
        torch.testing.assert_close(full[pairs[:, 0], pairs[:, 1]], scores)


def test_a_stack_scores_as_its_members_do():
    made = [absorbing(delta) for delta in (0.2, 0.7)]
    W_enc, W_dec = (torch.stack([m[i] for m in made]) for i in (0, 1))
    firing = FiringStatistics(
        torch.stack([m[2].together for m in made]), torch.stack([m[2].strength for m in made])
    )
    together = handover(W_enc, W_dec, firing)
    for at, member in enumerate(made):
        torch.testing.assert_close(together[at], handover(*member))


def test_shared_code_names_the_parent_of_a_row_that_is_taken_apart():
    codes = torch.tensor([[1.0, 0.0], [0.3, 0.7], [0.0, 1.0]])  # parent, absorber, child
    score = shared_code(codes)
    torch.testing.assert_close(score[0], torch.tensor([1.0, 0.3, 0.0]))
    torch.testing.assert_close(score[2], torch.tensor([0.0, 0.7, 1.0]))
    assert not shared_code(torch.zeros(3, 2)).any()
    stack = torch.stack([codes, codes[:, [1, 0]], codes[[2, 0, 1]]])
    torch.testing.assert_close(shared_code(stack), torch.stack([shared_code(one) for one in stack]))


def unequal(seed):
    """More latents than dimensions, lengths far from 1, and activations with silence in them."""
    generator = torch.Generator().manual_seed(seed)
    W_dec = torch.randn(7, 5, generator=generator) * torch.linspace(0.3, 3, 7)[:, None]
    W_enc = torch.randn(5, 7, generator=generator) * torch.linspace(2, 0.2, 7)
    return W_enc, W_dec, torch.randn(200, 7, generator=generator).relu()


def test_cosines_are_scikit_learns_whatever_the_lengths():
    W_enc, W_dec, _ = unequal(0)
    decoders = torch.from_numpy(cosine_similarity(W_dec))
    torch.testing.assert_close(decoder_cosine(W_dec), decoders)
    read = torch.from_numpy(cosine_similarity(W_enc.T, W_dec))
    torch.testing.assert_close(asymmetry(W_enc, W_dec), decoders - read)


@pytest.mark.parametrize("seed", range(3))
def test_handover_is_what_it_says_pair_by_pair(seed):
    """From the inputs themselves, one pair after the other: where j is silent, and where it fires."""
    W_enc, W_dec, acts = unequal(seed)
    d, e, z = W_dec.numpy(), W_enc.numpy(), acts.numpy()
    score = handover(W_enc, W_dec, FiringStatistics.of(acts))
    cosine, read = cosine_similarity(d), cosine_similarity(e.T, d)
    expected = np.zeros((7, 7))
    for i, j in itertools.permutations(range(7), 2):
        size_i, size_j = z[:, i] * np.linalg.norm(d[i]), z[:, j] * np.linalg.norm(d[j])
        alone = size_i[(z[:, i] > 0) & (z[:, j] == 0)].mean()
        share = np.clip(size_j[z[:, j] > 0].mean() * cosine[i, j] / alone, 0, 1)
        drop = np.clip(1 - size_i[z[:, j] > 0].mean() / alone, 0, 1)
        expected[i, j] = np.clip(cosine[i, j] - read[i, j], 0, 1) * min(share, drop)
    np.testing.assert_allclose(score, expected, atol=1e-5)
    assert 5 < (score > 0.01).sum() < 40


def test_handover_does_not_feel_how_an_sae_is_scaled():
    """Encoders read with any length; a decoder twice as long with activations half as large writes the same."""
    W_enc, W_dec, acts = unequal(0)
    scale = torch.linspace(0.5, 4, 7)
    score = handover(W_enc, W_dec, FiringStatistics.of(acts))
    longer = handover(W_enc * scale, W_dec * scale[:, None], FiringStatistics.of(acts / scale))
    torch.testing.assert_close(longer, score)


def test_a_latent_that_never_or_always_fires_beside_another_has_no_score():
    W_enc, W_dec, acts = unequal(0)
    acts[:, 2] = 0
    acts[:, 3] = 1 + acts[:, 4]
    score = handover(W_enc, W_dec, FiringStatistics.of(acts))
    assert not score[2].any() and not score[:, 2].any() and not score[:, 3].any()
    assert score[3].any()


def test_exclusion_is_one_less_the_lift():
    acts = torch.tensor([[1.0, 1, 0], [1, 0, 2], [0, 1, 1], [3, 0, 1], [0, 0, 1]])
    lift = torch.tensor([[5 / 3, 5 / 6, 5 / 6], [5 / 6, 5 / 2, 5 / 8], [5 / 6, 5 / 8, 5 / 4]])
    torch.testing.assert_close(exclusion(FiringStatistics.of(acts)), (1 - lift).clamp(min=0))


def test_statistics_of_batches_of_unequal_size_count_inputs():
    acts = torch.randn(90, 4, generator=torch.Generator().manual_seed(0)).relu()
    parts = [FiringStatistics.of(batch) for batch in acts.split(40)]
    added = parts[0] + parts[1] + parts[2]
    assert added.inputs == 90
    torch.testing.assert_close(added.together, FiringStatistics.of(acts).together)
    torch.testing.assert_close(added.strength[0, 1], (acts[:, 0] * (acts[:, 1] > 0)).mean())
