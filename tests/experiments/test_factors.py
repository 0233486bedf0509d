"""Worlds at random values, and SAEs for each of them, trained or with a frozen decoder."""

import torch

from absorption.experiments.factors import factor_worlds, family_worlds, together
from absorption.experiments.learners import Code, agreement, at_true_l0, chance_agreement, learned

WORLD = dict(n_factors=3, d_in=4, rate=(0.2, 0.5))


def test_a_seed_is_a_world_whoever_else_is_there():
    one, several = factor_worlds([7], **WORLD), factor_worlds([3, 7], **WORLD)
    torch.testing.assert_close(one.p[0], several.p[1])
    torch.testing.assert_close(one.x[0], several.x[1])


def test_magnitudes_that_vary_leave_rates_and_means_as_they_were():
    still, varied = (factor_worlds([7], **WORLD, spread=spread) for spread in (0.0, 0.3))
    torch.testing.assert_close(varied.true_l0, still.true_l0)
    torch.testing.assert_close(varied.p @ varied.x[0], still.p @ still.x[0])
    assert len(varied.p[0]) == 27 and len(still.p[0]) == 8


def test_a_state_counts_as_many_factors_as_it_has_where_all_are_equally_strong():
    worlds = factor_worlds([7], **WORLD)
    n = worlds.present.sum(1)
    assert (worlds.effective[0] <= n + 1e-5).all() and worlds.effective[0, 0] == 0
    assert (worlds.effective[0][n == 1] - 1).abs().max() < 1e-5


def test_what_is_held_out_and_what_is_seen_share_no_state_and_are_distributions():
    seen, new = factor_worlds([7, 8], **WORLD).split(0, 1)
    assert not (seen.p * new).any()
    for p in (seen.p, new):
        torch.testing.assert_close(p.sum(1), torch.ones(2))


def test_families_come_with_their_pairs():
    worlds, pairs = family_worlds([7], "apart")
    assert all((worlds.present[:, child] <= worlds.present[:, parent]).all() for parent, child in pairs)


def test_a_frozen_decoder_stays_as_it_was_drawn_and_a_free_one_does_not():
    worlds = factor_worlds([7, 8], **WORLD)
    how = dict(width=5, pressure=torch.tensor([0.1, 0.1]), lr=0.02)
    drawn = learned(worlds, **how, steps=0)
    frozen, free = (learned(worlds, **how, steps=30, frozen=frozen) for frozen in (True, False))
    torch.testing.assert_close(frozen.rows, drawn.rows)
    assert not torch.allclose(free.rows, drawn.rows)
    assert not torch.allclose(frozen.acts, drawn.acts)


def test_other_weights_for_the_same_worlds():
    worlds = factor_worlds([7, 8], **WORLD)
    drawn = learned(together([worlds, worlds.again()]), 5, torch.full((4,), 0.1), steps=0, lr=0.02)
    assert torch.equal(drawn.x[:2], drawn.x[2:]) and not torch.allclose(drawn.rows[:2], drawn.rows[2:])


def test_of_several_k_the_one_nearest_to_the_true_l0_is_taken():
    worlds = factor_worlds([7, 8], **WORLD)
    how = dict(steps=150, lr=0.02)
    several, off = at_true_l0(worlds, 6, [0.4, 1.0], **how)
    one, alone = at_true_l0(worlds, 6, [1.0], **how)
    torch.testing.assert_close(several.rows, one.rows)
    torch.testing.assert_close(off, alone)
    torch.testing.assert_close(torch.as_tensor(off), (one.l0 / worlds.true_l0 - 1).abs())


def test_the_truth_has_index_0_misses_nothing_and_agrees_with_itself():
    worlds = factor_worlds([7, 8], **WORLD)
    acts = torch.stack([one.magnitudes for one in worlds.populations])
    truth = Code(acts, worlds.features.expand(2, -1, -1), worlds.x, worlds.p)
    assert truth.missed().max() < 1e-10 and truth.index(worlds.effective).abs().max() < 1e-5
    torch.testing.assert_close(truth.l0, worlds.true_l0)
    decoders, zones = agreement(truth, truth)
    assert min(decoders) > 0.999 and zones == [1, 1]


def test_random_directions_agree_by_chance_and_wholly_where_there_is_but_one_line():
    worlds = factor_worlds([7, 8], **WORLD)
    acts = torch.stack([one.magnitudes for one in worlds.populations])
    truth = Code(acts, worlds.features.expand(2, -1, -1), worlds.x, worlds.p)
    assert all(0.2 < number < 0.99 for number in chance_agreement(truth, truth, worlds.features))
    assert min(chance_agreement(truth, truth, worlds.features[:1])) > 0.999
