"""Turning latents of a world with two features: angles, zones, and what is fitted anew."""

from dataclasses import replace

import pytest
import torch

from absorption.experiments.turning import (
    angles,
    any_which_way,
    beside_truth,
    changed,
    in_either_order,
    joined,
    random_start,
    scattered,
    trained_on,
    with_biases_for,
)

SEEDS = [3, 4]
STILL = scattered(SEEDS, d_in=6, noise=(0.0, 0.0), n_inputs=60)
TRUTH = beside_truth(STILL, noise=0.0, seed=0)


def test_noise_is_all_in_which_two_kinds_of_worlds_differ():
    noisy = scattered(SEEDS, d_in=6, noise=(0.02, 0.1), n_inputs=60)
    torch.testing.assert_close(noisy.features, STILL.features)
    assert torch.equal(noisy.present, STILL.present)
    off = (noisy.judged - STILL.judged).std((1, 2))
    assert (off > 0.015).all() and (off < 0.12).all()


def test_the_truth_fires_where_its_features_are_and_explains_everything():
    truth = replace(TRUTH, b_enc=torch.full((2, 2), -0.01))
    assert changed(truth.fires(STILL.judged), STILL.present).max() == 0
    assert TRUTH.unexplained(STILL.judged).max() < 1e-9


@pytest.mark.parametrize("degrees", [0.0, 30.0, 90.0])
def test_turned_rows_are_as_long_and_so_far_away(degrees):
    after = any_which_way(TRUTH.encoder, degrees, SEEDS)
    torch.testing.assert_close(after.norm(dim=-1), TRUTH.encoder.norm(dim=-1))
    torch.testing.assert_close(angles(after, TRUTH.encoder), torch.full((2,), degrees), atol=0.05, rtol=0)


def test_a_world_turns_alike_whoever_else_is_there():
    alone = any_which_way(TRUTH.encoder[1:], 40.0, SEEDS[1:])
    torch.testing.assert_close(any_which_way(TRUTH.encoder, 40.0, SEEDS)[1:], alone)


def test_biases_give_every_latent_its_zone_back_where_a_plane_can():
    wanted = replace(TRUTH, b_enc=torch.full((2, 2), -0.01)).fires(STILL.x)
    spoilt = replace(TRUTH, b_enc=torch.full((2, 2), 5.0))
    assert changed(spoilt.fires(STILL.x), wanted).min() > 0
    assert changed(with_biases_for(spoilt, STILL.x, wanted).fires(STILL.x), wanted).max() == 0


def test_biases_are_the_best_there_are():
    turned = replace(TRUTH, encoder=any_which_way(TRUTH.encoder, 70.0, SEEDS))
    wanted = replace(TRUTH, b_enc=torch.full((2, 2), -0.01)).fires(STILL.x)
    found = with_biases_for(turned, STILL.x, wanted)
    wrong = (found.fires(STILL.x) != wanted).sum(1)
    for bias in torch.linspace(-4, 4, 41):
        other = replace(found, b_enc=torch.full((2, 2), float(bias)))
        assert ((other.fires(STILL.x) != wanted).sum(1) >= wrong).all()


def test_held_decoders_stay_and_free_ones_come_back():
    turned = replace(TRUTH, decoder=any_which_way(TRUTH.decoder, 40.0, SEEDS))
    how = dict(sparsity=0.1, steps=300, lr=0.03)
    held = trained_on(turned, STILL.x, frozen=True, **how)
    torch.testing.assert_close(held.decoder, turned.decoder)
    assert not torch.allclose(held.encoder, turned.encoder)
    assert angles(trained_on(turned, STILL.x, **how).decoder, TRUTH.decoder).max() < 10


def test_what_is_joined_is_found_again():
    both = joined([TRUTH, replace(TRUTH, b_enc=TRUTH.b_enc + 1)])
    assert torch.equal(both.some(slice(2)).encoder, TRUTH.encoder)
    assert torch.equal(both.some(slice(2, None)).b_enc, TRUTH.b_enc + 1)


def test_random_starts_differ_by_seed_and_have_their_bias_at_the_mean_input():
    one, other = (random_start(STILL, seed) for seed in (0, 1))
    assert angles(one.decoder, other.decoder).min() > 5 and angles(one.encoder, one.decoder).max() < 0.1
    torch.testing.assert_close(one.b_dec, STILL.x.mean(1))


def test_latents_that_are_exchanged_are_matched_again():
    rows, zones = TRUTH.decoder, STILL.present
    assert in_either_order(angles, rows, rows.flip(1), dim=1).max() < 0.1
    assert in_either_order(changed, zones, zones.flip(2), dim=2).max() == 0
    assert in_either_order(angles, rows, rows, dim=1).max() < 0.1
