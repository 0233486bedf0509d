"""Half-spaces have the size that was asked for; matched ones are served as well as was asked for, by a latent that may serve."""

import pytest
import torch
from sklearn.metrics import precision_recall_curve

from absorption.measures.active import ActiveLatents
from absorption.measures.halfspaces import (
    CLOSE,
    _starting_points,
    _Training,
    free_directions,
    furthest,
    matched_half_spaces,
    shaped_like,
)


@pytest.fixture(scope="module")
def world():
    """Correlated activations, and latents that read 40 directions of them."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(1500, 16, generator=generator) * torch.linspace(0.3, 3, 16)
    dictionary = torch.nn.functional.normalize(torch.randn(40, 16, generator=generator), dim=1)
    return x, ActiveLatents.of((x @ dictionary.T - 1.5).relu()), dictionary


def best_f1(scores: torch.Tensor, holds: torch.Tensor) -> float:
    precision, recall, _ = precision_recall_curve(holds.numpy(), scores.numpy())
    return float((2 * precision * recall / (precision + recall + 1e-12)).max())


SIZES, TARGETS = torch.tensor([150, 400]), torch.tensor([0.55, 0.75])


def matched(world, each=4, not_from=None, seed=1):
    x, z, dictionary = world
    none = torch.zeros(40, dtype=torch.bool)
    return matched_half_spaces(
        x, z, dictionary, torch.arange(1200), SIZES, TARGETS, each, none if not_from is None else not_from,
        torch.Generator().manual_seed(seed),
    )  # fmt: skip


def test_a_matched_half_space_is_served_as_well_as_was_asked_for(world):
    """By scikit-learn's F1 over all cuts of the latent, on the training words."""
    x, z, dictionary = world
    found = matched(world)
    assert found.of_label.tolist() == [0] * 4 + [1] * 4
    holds = furthest(x @ found.direction.T, SIZES[found.of_label])
    for i, (latent, own) in enumerate(zip(found.latent, found.of_label, strict=True)):
        reached = best_f1(z.columns(latent[None])[:1200, 0], holds[:1200, i])
        assert abs(reached - TARGETS[own]) <= CLOSE
        assert abs(reached - found.f1[i]) < 0.003  # precision_recall_curve also cuts below the last score
    torch.testing.assert_close(
        (found.direction * torch.nn.functional.normalize(dictionary[found.latent])).sum(1), found.cosine
    )
    torch.testing.assert_close(found.direction.norm(dim=1), torch.ones(8))


def test_latents_of_labels_are_no_starting_points(world):
    used = matched(world).latent
    not_from = torch.zeros(40, dtype=torch.bool)
    not_from[used] = True
    assert not set(matched(world, not_from=not_from).latent.tolist()) & set(used.tolist())


def test_where_no_latent_can_reach_it_there_is_none(world):
    found = matched(world, not_from=torch.ones(40, dtype=torch.bool))
    assert len(found.latent) == 0 and found.direction.shape == (0, 16)


def test_few_latents_serve_several_half_spaces_that_differ(world):
    not_from = torch.ones(40, dtype=torch.bool)
    not_from[matched(world).latent[-1]] = False
    found = matched(world, not_from=not_from)
    second = found.of_label == 1
    assert second.sum() == 4 and len(found.latent[second].unique()) == 1
    cosines = found.direction[second] @ found.direction[second].T
    assert (cosines - torch.eye(4)).max() < 0.999


def test_the_furthest_words_are_as_many_as_asked_for_and_the_furthest(world):
    projections = torch.randn(100, 3, generator=torch.Generator().manual_seed(0))
    inside = furthest(projections, torch.tensor([1, 10, 99]))
    assert inside.sum(0).tolist() == [1, 10, 99]
    for column, own in zip(projections.T, inside.T, strict=True):
        assert own.all() or column[own].min() > column[~own].max()


def test_shaped_directions_lie_as_the_data_do_and_isotropic_ones_do_not(world):
    x, generator = world[0], torch.Generator().manual_seed(0)
    spread = (shaped_like(x, 2000, generator) @ x.T).square().mean()
    directions = free_directions(x, 4000, generator)
    isotropic, shaped = (directions[start::2] @ x.T for start in (0, 1))
    expected = x.square().sum(1).mean() / x.shape[1]
    assert abs(isotropic.square().mean() / expected - 1) < 0.1
    assert shaped.square().mean() > 1.5 * expected and abs(shaped.square().mean() / spread - 1) < 0.1


def test_starting_points_reach_what_their_latents_reach_for_their_own_direction(world):
    """Counted word by word, with ties at a cut, for labels of very different sizes."""
    x, z, dictionary = world
    x, dictionary = (4 * x).round(), (4 * dictionary).round()  # projections are whole numbers, and many are tied
    train, sizes = torch.arange(0, 1500, 2), torch.tensor([5, 150, 900])
    training = _Training.of(z, train, len(x))
    none = torch.zeros(40, dtype=torch.bool)
    able, ceilings = _starting_points(
        training, x, dictionary, sizes, torch.full((3,), 0.1), none, torch.Generator().manual_seed(0)
    )
    assert len(able) > 20
    for at, latent in enumerate(able.tolist()):
        projections = dictionary[latent] @ x.T
        for label, size in enumerate(sizes.tolist()):
            holds = projections >= projections.sort().values[-size]
            column = z.columns(torch.tensor([latent]))[train, 0]
            cuts = column[column > 0].unique()
            f1 = [
                2
                * float(((column >= cut) & holds[train]).sum())
                / float((column >= cut).sum() + holds[train].sum())
                for cut in cuts
            ]
            assert float(ceilings[at, label]) == pytest.approx(max(f1), abs=1e-6)
