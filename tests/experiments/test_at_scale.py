"""What is read off an SAE in a large world: the truth absorbs nothing, an absorber everything, and only true pairs count."""

import numpy as np
import pytest
import torch

from absorption.experiments.at_scale import RECIPES, found_latents, looked, looked_at, recipe_of, trained
from absorption.experiments.large_worlds import absorbing_codes, drawn, settle, true_stack
from absorption.saes.stack import SAEStack

SIZE = dict(n_features=100, d_in=96, roots=4, n_train=2048, n_judged=4096)


@pytest.fixture(scope="module", params=[True, False], ids=["exclusive", "meeting"])
def sample(request):
    return drawn(3, exclusive=request.param, **SIZE)


def test_the_true_dictionary_absorbs_nothing(sample):
    look = looked(sample, true_stack(sample, 84))
    assert look.roots == 1
    assert look.both.sum() > 20
    assert np.nanmax(look.absorbed) == 0
    assert np.nanmax(np.abs(look.delta)) < 1e-5
    assert look.cosine == pytest.approx(1)
    assert look.alone > 0.9


def test_an_absorber_by_construction_absorbs_all(sample):
    look = looked_at(sample, *absorbing_codes(sample), rebuilt=1.0)
    assert np.nanmean(look.absorbed[look.both]) > 0.95
    assert np.allclose(look.delta[look.both], 1, atol=1e-4)
    assert (look.silent[look.pairs] == 1).all()
    assert look.alone == 1
    assert look.precise == 1


def test_the_absorbing_codes_lose_nothing_but_differences_of_magnitude():
    sample = drawn(3, exclusive=True, **SIZE)
    codes, rows = absorbing_codes(sample)
    true = torch.tensor(sample.magnitudes) @ sample.world.features
    assert (codes @ rows - true).square().sum() / true.square().sum() < 0.05


def test_a_child_without_a_latent_absorbs_nothing_and_is_not_one_of_both(sample):
    codes, rows = absorbing_codes(sample)
    _, child = sample.world.pairs[0]
    kept = [i for i in range(100) if i not in sample.subtrees[child]]
    look = looked_at(sample, codes[:, kept], rows[kept], rebuilt=1.0)
    assert look.absorbed[0] == 0
    assert look.silent[0] == 1
    assert not look.both[0]


def test_a_grandchild_absorbs_for_its_parent(sample):
    codes, rows = absorbing_codes(sample)
    root, middle = sample.world.pairs[0]
    below = (sample.magnitudes[:, sample.subtrees[middle][1:]] > 0).any(1)
    assert (codes[below][:, middle] == 0).all()  # the child's own latent has been taken over there
    assert looked_at(sample, codes, rows, rebuilt=1.0).absorbed[0] > 0.95
    rows[sample.subtrees[middle][1:]] -= sample.world.features[root]
    assert looked_at(sample, codes, rows, rebuilt=1.0).absorbed[0] < 0.95


def test_strangers_are_of_another_tree_and_as_frequent(sample):
    root = [above[-1] if above else i for i, above in enumerate(sample.ancestors)]
    rates, ratios = sample.world.probabilities, []
    for (parent, child), (same, stranger) in zip(sample.world.pairs, sample.strangers, strict=True):
        assert same == parent
        assert root[stranger] != root[parent]
        ratios.append(rates[stranger] / rates[child])
    assert np.quantile(ratios, 0.25) > 0.5
    assert np.quantile(ratios, 0.75) < 2
    planted = looked_at(sample, *absorbing_codes(sample), rebuilt=1.0)
    assert np.nansum(planted.strangers) < 0.05 * np.nansum(planted.met)


def test_a_latent_of_something_else_is_not_found():
    features = torch.eye(4)
    rows = torch.tensor([[1.0, 0, 0, 0], [1.0, 1.0, 0, 0], [0, 0, 1.0, 1.0]])
    own, found = found_latents(rows, features, ancestors=[[], [0], [], []])
    assert found.tolist() == [True, True, False, False]
    assert own[0] == 0
    assert own[1] == 1


def test_random_directions_are_no_latents_of_features(sample):
    look = looked(sample, SAEStack(recipe_of("plain", 3), 96, 48, [0]))
    assert look.both.sum() == 0
    assert look.roots == 0
    assert np.isnan(look.alone)
    assert np.isnan(look.precise)


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_trains_and_says_how_good_it_is(name):
    sample = drawn(3, exclusive=True, **SIZE)
    stack = trained(
        sample,
        recipe_of(name, 3),
        48,
        samples=4096,
        batch_size=128,
        lr=0.01,
        seed=0,
    )
    look = looked(sample, stack)
    assert 0 < look.explained < 1
    assert look.l0 == pytest.approx(3, abs=0.01)


def test_a_threshold_is_set_to_the_k_that_was_asked_for():
    sample = drawn(3, exclusive=True, **SIZE)
    stack = true_stack(sample, 84, k=2.5)
    settle(stack, sample)
    assert (stack.encode(sample.judged) > 0).sum() / 4096 == pytest.approx(2.5, abs=0.01)


def test_the_ceiling_rises_with_width_and_stays_below_one(sample):
    heights = [sample.ceiling(width, k=100) for width in (10, 40, 100)]
    assert heights[0] < heights[1] < heights[2] < 1


def test_the_ceiling_falls_with_the_firings_that_are_allowed(sample):
    heights = [sample.ceiling(100, k) for k in (0.5, 1, 2)]
    assert heights == sorted(set(heights))


def test_pairs_are_common_where_root_and_child_are_among_the_most_frequent(sample):
    assert not sample.common(1).any()
    of_roots = [not sample.ancestors[parent] for parent, _ in sample.world.pairs]
    assert sample.common(len(sample.world.parents)).tolist() == of_roots
    assert 0 < sample.common(10).sum() < sum(of_roots)


def test_a_parent_that_still_fires_is_not_absorbed_though_a_child_writes_it(sample):
    _, rows = absorbing_codes(sample)
    look = looked_at(sample, torch.tensor(sample.magnitudes), rows, rebuilt=1.0)
    assert np.nanmax(look.absorbed) == 0
    assert np.allclose(look.delta[look.both], 1, atol=1e-4)
