"""Sampled forests: frequencies, hierarchy, and that the same seed gives the same draws."""

import pytest
import torch

from absorption.worlds.sampled import forest

N = 40_000
WORLD = forest(128, 64, roots=(0.005, 0.05), alone=(0.2, 0.8), magnitude_spread=0.1, seed=3)


def draws(seed: int, n: int = N) -> torch.Tensor:
    return WORLD.sample_magnitudes(n, torch.Generator().manual_seed(seed))


def test_shape_and_order() -> None:
    assert WORLD.features.shape == (512, 64) and len(WORLD.pairs) == 384
    assert torch.allclose(WORLD.features.norm(dim=-1), torch.ones(512))
    assert WORLD.pairs[:4] == ((0, 1), (0, 2), (0, 3), (4, 5))
    assert WORLD.probabilities[0] == pytest.approx(0.005) and WORLD.probabilities[508] == pytest.approx(0.05)


def test_children_imply_their_parent_and_exclude_each_other() -> None:
    present = (draws(0) > 0).view(N, 128, 4)
    children = present[..., 1:].sum(-1)
    assert int(children.max()) == 1
    assert not bool((children > 0)[~present[..., 0]].any())


def test_frequencies_are_those_that_were_asked_for() -> None:
    present = (draws(1) > 0).double()
    p = WORLD.probabilities.double()
    z = (present.mean(0) - p) / (p * (1 - p) / N).sqrt()
    assert float(z.abs().max()) < 4.5  # 512 features: the largest of as many normal draws is near 3.1
    assert float(z.square().mean()) == pytest.approx(1, abs=0.35)
    by_tree = present.view(N, 128, 4)
    parents = by_tree[..., 0].sum(0)
    with_child = by_tree[..., 1:].sum((0, 2)) / parents
    noise = (WORLD.alone * (1 - WORLD.alone) / parents).sqrt()
    assert float(((1 - with_child - WORLD.alone) / noise).abs().max()) < 4.5
    assert present.sum(1).mean() == pytest.approx(WORLD.true_l0, rel=0.02)


def test_magnitudes_scatter_around_one() -> None:
    drawn = draws(2)
    drawn = drawn[drawn > 0]
    assert float(drawn.mean()) == pytest.approx(1, abs=0.002)
    assert float(drawn.std()) == pytest.approx(0.1, abs=0.002)


def test_draws_follow_the_generator_and_leave_the_global_one_alone() -> None:
    torch.manual_seed(7)
    before = torch.get_rng_state()
    first, second = draws(4, 200), draws(4, 200)
    assert torch.equal(first, second) and not torch.equal(first, draws(5, 200))
    assert torch.equal(torch.get_rng_state(), before)
    generator = torch.Generator().manual_seed(0)
    assert not torch.equal(WORLD.sample_magnitudes(200, generator), WORLD.sample_magnitudes(200, generator))


def test_batches_are_draws_written_in_the_features() -> None:
    batches = list(WORLD.batches(100, 170, torch.Generator().manual_seed(6)))
    assert len(batches) == 170 and {b.shape for b in batches} == {(100, 64)}
    first = WORLD.sample_magnitudes(8100, torch.Generator().manual_seed(6)) @ WORLD.features
    torch.testing.assert_close(torch.cat(batches[:81]), first)


def test_the_seed_decides_directions_and_shares() -> None:
    one, same, other = (forest(8, 16, alone=(0.2, 0.8), seed=seed) for seed in (0, 0, 1))
    assert torch.equal(one.features, same.features) and torch.equal(one.alone, same.alone)
    assert not torch.equal(one.features, other.features) and not torch.equal(one.alone, other.alone)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(n_trees=0), "a tree"),
        (dict(n_trees=2, children=1), "two children"),
        (dict(n_trees=2, roots=(0.0, 0.1)), "roots"),
        (dict(n_trees=2, alone=(0.5, 1.0)), "alone"),
    ],
)
def test_impossible_forests_are_refused(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        forest(d_in=4, **arguments)
