"""Starts are where they say, with the noise that was asked for, drawn in a fixed order."""

import pytest
import torch

from absorption.experiments.starts import absorbing, reading, start_at, start_beside, start_towards
from absorption.measures.toy import absorption_delta
from absorption.saes import Recipe, SAEStack
from absorption.worlds.hierarchies import parent_child
from absorption.worlds.population import directions, random_directions

PLAIN = Recipe(sparsity=0.1, encoder_bias=False, decoder_bias=False)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_noise_is_drawn_weight_by_weight_for_all_members_at_once():
    stack = SAEStack(Recipe(), 4, 3, range(5))
    features = directions(3, 4)
    start_at(stack, features, features.T, 0.5, 0.0, noise=0.1, generator=seeded(), members=[3, 1], unit=False)
    generator, at = seeded(), [3, 1]
    for weight, goal, shape in (
        (stack.W_dec, features, (2, 3, 4)),
        (stack.W_enc, features.T, (2, 4, 3)),
        (stack.b_enc, torch.tensor(0.5), (2, 3)),
        (stack.b_dec, torch.tensor(0.0), (2, 4)),
    ):
        assert torch.equal(weight[at], goal + 0.1 * torch.randn(shape, generator=generator))
    untouched = SAEStack(Recipe(), 4, 3, range(5))
    assert torch.equal(stack.W_dec[[0, 2, 4]], untouched.W_dec[[0, 2, 4]])
    assert torch.equal(stack.W_enc[[0, 2, 4]], untouched.W_enc[[0, 2, 4]])


def test_what_is_not_trained_takes_no_draw():
    tied = SAEStack(Recipe(tied=True, encoder_bias=False), 3, 3, range(2))
    start_at(tied, torch.eye(3), torch.eye(3), 1.0, 1.0, noise=0.1, generator=seeded(), unit=False)
    generator = seeded()
    assert torch.equal(tied.W_dec, torch.eye(3) + 0.1 * torch.randn(2, 3, 3, generator=generator))
    assert torch.equal(tied.b_dec, 1 + 0.1 * torch.randn(2, 3, generator=generator))
    assert not tied.b_enc.any()


def test_noise_needs_a_generator():
    with pytest.raises(ValueError, match="needs a generator"):
        start_at(SAEStack(PLAIN, 2, 2, [0]), torch.eye(2), noise=0.1)


def test_beside_the_truth_rows_have_length_one_and_are_as_far_as_the_noise():
    stack = SAEStack(PLAIN, 40, 40, range(3))
    start_beside(stack, torch.eye(40), noise=0.05, generator=seeded())
    torch.testing.assert_close(stack.W_dec.norm(dim=-1), torch.ones(3, 40))
    assert float((stack.W_enc.detach() - torch.eye(40)).std()) == pytest.approx(0.05, rel=0.05)
    with pytest.raises(ValueError, match="3 features for 40 latents"):
        start_beside(stack, directions(3, 40), noise=0.05, generator=seeded())


def test_a_perfect_start_reconstructs_whatever_the_angle():
    world = parent_child(0.3, 0.3, cosine=0.4, d_in=5)
    stack = SAEStack(PLAIN, 5, 2, range(2))
    start_beside(stack, world.features, noise=0.0, generator=seeded())
    torch.testing.assert_close(stack(world.activations), world.activations.expand(2, -1, -1))


def test_the_encoder_of_the_truth_reads_coordinates_where_there_are_any():
    for features in (directions(3, 3, cosine=0.5), directions(3, 7, cosine=-0.2)):
        torch.testing.assert_close(features @ reading(features), torch.eye(3))
    assert torch.equal(reading(directions(4, 50)), directions(4, 50).T)
    crowded = random_directions(5, 3, seeded())
    assert torch.equal(reading(crowded), crowded.T)


@pytest.mark.parametrize("delta", [0.0, 0.3, 1.0])
def test_the_absorbing_family_reconstructs_and_absorbs_by_delta(delta):
    world = parent_child(0.3, 0.3, cosine=0.3)
    stack = SAEStack(PLAIN, 2, 2, [0])
    start_at(stack, *absorbing(world.features, [(0, 1)], delta))
    assert float(absorption_delta(stack.dictionary.detach(), world.features)) == pytest.approx(
        delta, abs=1e-6
    )
    held = world.activations[:3]  # the child is never alone
    torch.testing.assert_close(stack(held)[0], held, atol=1e-6, rtol=0)
    parent_beside_child = float(stack.encode(world.activations)[0, 2, 0])
    assert parent_beside_child == pytest.approx(1 - delta, abs=1e-6)


def test_worlds_may_differ_between_members_and_children_may_share_a_parent():
    features = torch.stack([directions(3, 4), directions(3, 4, cosine=0.2)])
    W_dec, W_enc = absorbing(features, [(0, 1), (0, 2)])
    for i in range(2):
        alone = absorbing(features[i], [(0, 1), (0, 2)])
        assert torch.allclose(W_dec[i], alone[0]) and torch.allclose(W_enc[i], alone[1])
    for wrong in ([(0, 1), (1, 2)], [(0, 2), (1, 2)]):
        with pytest.raises(ValueError, match="two generations"):
            absorbing(features, wrong)


def test_turned_towards_the_truth_by_their_own_random_rows():
    stack, before = (SAEStack(Recipe(), 6, 6, range(4)) for _ in range(2))
    start_towards(
        stack, torch.eye(6), own=0.5, members=torch.tensor([True, False, True, False]).nonzero()[:, 0]
    )
    mixed = torch.nn.functional.normalize(torch.eye(6) + 0.5 * before.W_dec[2], dim=-1)
    assert torch.equal(stack.W_dec[2], mixed) and torch.equal(stack.W_enc[2], mixed.T)
    assert torch.equal(stack.W_dec[1], before.W_dec[1])
