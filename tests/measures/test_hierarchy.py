"""Measures of parent and child pairs, against dictionaries that absorb or hedge by construction."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from absorption.measures.hierarchy import measure_pairs, own_latents, pair_coordinates, recall
from absorption.measures.toy import absorption_delta
from absorption.worlds.hierarchies import tree
from absorption.worlds.population import directions, random_directions

NODES = {"parent": (None, 0.5), "a": ("parent", 0.2), "b": ("parent", 0.3)}
PAIRS = [(0, 1), (0, 2)]


def absorbing(delta: float, d_in: int = 5):
    """The proof's own latents: e_parent = f − δ Σ children, d_child = child + δ f; with the world's states."""
    world = tree(NODES, exclusive=True, features=directions(3, d_in))
    parent, a, b = world.features
    encoder = torch.stack([parent - delta * (a + b), a, b], dim=-1)[None]
    decoder = torch.stack([parent, a + delta * parent, b + delta * parent])[None]
    acts = (world.activations @ encoder).relu()
    return world, acts, encoder, decoder


def measured(world, acts, encoder, decoder, pairs=PAIRS):
    return measure_pairs(acts, encoder, decoder, world.features, world.magnitudes, world.probabilities, pairs)


@given(st.floats(0.01, 0.99))
def test_absorption_by_construction(delta: float) -> None:
    part, full = measured(*absorbing(delta)), measured(*absorbing(1.0))
    assert torch.allclose(part.delta, torch.full((1, 2), delta), atol=1e-5)
    assert torch.allclose(part.lean, torch.full((1, 2), -delta), atol=1e-5)
    assert part.recall.tolist() == [[1, 1]] and part.absorbed.tolist() == [[0, 0]]
    assert full.recall.tolist() == [[0, 0]] and full.absorbed.tolist() == [[1, 1]]
    assert torch.allclose(full.hedging, torch.zeros(1, 2), atol=1e-6)


@given(st.floats(0.0, 2.0))
def test_delta_and_recall_agree_with_the_measures_of_one_pair(delta: float) -> None:
    world, acts, encoder, decoder = absorbing(delta)
    pairs = measured(world, acts, encoder, decoder)
    for at, child in enumerate((1, 2)):
        if delta < 1:  # beyond, the child's latent is no longer the nearest to the child
            assert pairs.delta[:, at] == pytest.approx(
                absorption_delta(decoder, world.features, child=child), abs=1e-5
            )
        with_child = world.magnitudes[:, child] > 0
        fires = (acts[0, with_child, 0] > 0).float()  # the parent's latent is the first
        share = world.probabilities[with_child] / world.probabilities[with_child].sum()
        assert pairs.recall[:, at] == pytest.approx(float(fires @ share))


def test_a_silent_parent_is_absorbed_only_where_the_child_writes_it() -> None:
    world, acts, encoder, decoder = absorbing(1.0)
    kept_apart = decoder.clone()
    kept_apart[0, 1:] = world.features[1:]
    assert measured(world, acts, encoder, kept_apart).absorbed.tolist() == [[0, 0]]
    assert measured(world, acts, encoder, kept_apart).recall.tolist() == [[0, 0]]


@pytest.mark.parametrize(("delta", "expected"), [(0.39, 0.0), (0.41, 1.0)])
def test_an_absorber_carries_two_fifths(delta: float, expected: float) -> None:
    world, acts, encoder, decoder = absorbing(delta)
    acts[..., 0] = 0
    assert measured(world, acts, encoder, decoder).absorbed.tolist() == [[expected, expected]]


def test_hedging_has_the_other_sign() -> None:
    world, _, encoder, decoder = absorbing(0.0)
    decoder[0, 0] += 0.3 * world.features[1]
    encoder[0, :, 0] += 0.2 * world.features[1]
    pairs = measured(world, (world.activations @ encoder).relu(), encoder, decoder)
    assert pairs.hedging[0].tolist() == pytest.approx([0.3, 0])
    assert pairs.lean[0].tolist() == pytest.approx([0.2, 0])


@given(st.integers(0, 1000))
def test_coordinates_are_least_squares_also_in_superposition(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    features = random_directions(12, 6, generator)
    vectors = torch.randn(2, 1, 6, generator=generator)
    parent, child = pair_coordinates(vectors, features, [(3, 7)])
    for i in range(2):
        theirs = np.linalg.lstsq(features[[3, 7]].T.numpy(), vectors[i, 0].numpy(), rcond=None)[0]
        assert [float(parent[i, 0]), float(child[i, 0])] == pytest.approx(theirs.tolist(), abs=1e-3)


def test_a_pair_without_a_plane_is_refused() -> None:
    with pytest.raises(ValueError, match="span no plane"):
        pair_coordinates(torch.ones(1, 1, 2), torch.ones(2, 2), [(0, 1)])


@pytest.mark.parametrize("length", [1e-3, 1.0, 1e3])
def test_whether_a_pair_spans_a_plane_does_not_depend_on_its_length(length: float) -> None:
    features = torch.tensor([[1.0, 0.0], [1.0, 1.0]], dtype=torch.float64) * length
    (parent,), (child,) = pair_coordinates(features[:1][None], features, [(0, 1)])
    assert (float(parent), float(child)) == pytest.approx((1, 0))
    features[1, 1] = 1e-5 * length
    with pytest.raises(ValueError, match="span no plane"):
        pair_coordinates(features[:1][None], features, [(0, 1)])


@given(st.permutations(range(4)))
def test_own_latents_follow_a_permutation(order: list[int]) -> None:
    features = directions(4)
    assert own_latents(features[order][None], features)[0].tolist() == [order.index(i) for i in range(4)]


def test_opposite_directions_are_no_match() -> None:
    dictionary = torch.tensor([[[-1.0, 0.0], [0.1, 1.0], [0.5, 0.5]]])
    assert own_latents(dictionary, torch.eye(2)).tolist() == [[2, 1]]


def test_too_few_latents_leave_pairs_unknown() -> None:
    world, acts, encoder, decoder = absorbing(0.5)
    pairs = measured(world, acts[..., :2], encoder[..., :2], decoder[:, :2])
    assert torch.isnan(pairs.delta[0, 1]) and not torch.isnan(pairs.delta[0, 0])
    assert torch.isnan(pairs.absorbed[0, 1]) and pairs.recall[0].tolist() == [1, 1]


def test_each_sae_may_have_its_own_world() -> None:
    acts = torch.tensor([[[1.0], [0.0]], [[1.0], [0.0]]])
    worlds = torch.tensor([[0.25, 0.75], [0.5, 0.5]])
    latents = torch.zeros(2, 1, dtype=torch.long)
    assert recall(acts, latents, torch.ones(2, 1), worlds).tolist() == [[0.25], [0.5]]
