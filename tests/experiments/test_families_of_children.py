"""Families of both kinds are alike in all but whether children meet; what is measured can be counted by hand."""

import numpy as np
import pytest
import torch

from absorption.experiments.families import PARENTS, Training, families, measured, trainer
from absorption.experiments.starts import absorbing, start_at
from absorption.saes import Recipe, SAEStack

KINDS = {kind: families([5, 6, 7], kind, n_children=3) for kind in ("apart", "meeting", "strangers")}
HIERARCHIES = ("apart", "meeting")
CHILDREN = 3


def test_all_kinds_have_the_same_features_with_the_same_frequencies():
    apart, *others = (
        torch.stack([world.feature_probabilities for world in kind.worlds]) for kind in KINDS.values()
    )
    for other in others:
        assert torch.allclose(apart, other, atol=1e-6)
    assert (apart[:, :PARENTS] >= 0.25).all() and (apart[:, :PARENTS] <= 0.5).all()
    given = apart[:, PARENTS:].reshape(3, PARENTS, CHILDREN) / apart[:, :PARENTS, None]
    assert (given >= 0.1 - 1e-6).all() and (given <= 0.8 / 3 + 1e-6).all()
    assert len({tuple(row) for row in apart.tolist()}) == 3


@pytest.mark.parametrize("name", HIERARCHIES)
def test_a_child_has_its_parent_and_meets_its_siblings_only_where_they_may(name):
    kind = KINDS[name]
    for parent, child in kind.pairs:
        assert (kind.present[:, child] <= kind.present[:, parent]).all()
    together = kind.present[:, PARENTS : PARENTS + CHILDREN].sum(1)
    assert int(together.max()) == (CHILDREN if name == "meeting" else 1)
    assert kind.states.shape == ((81, 8) if name == "meeting" else (25, 8))


def test_strangers_come_without_each_other():
    strangers = KINDS["strangers"]
    for parent, child in strangers.pairs:
        assert (strangers.present[:, child] > strangers.present[:, parent]).any()
    assert len(strangers.states) == 2**8


@pytest.mark.parametrize("name", HIERARCHIES)
def test_an_absorbing_dictionary_has_holes_and_one_that_always_fires_has_alarms(name):
    kind = KINDS[name]
    stack, p = SAEStack(Recipe(), 8, 8, range(3)), kind.probabilities
    start_at(stack, *absorbing(kind.features, kind.pairs))
    found = measured(stack, kind, p, kind.true_l0)
    assert found["holes"].tolist() == found["absorbed"].tolist() == [1.0] * 3
    assert found["alone"].tolist() == [1.0] * 3
    assert found["alarms"].tolist() == found["hedging"].tolist() == [0.0] * 3
    assert (found["l0"] < 0.9).all()
    start_at(stack, kind.features, kind.features.T, b_enc=torch.tensor([1.0, 1.0] + [0.0] * 6))
    found = measured(stack, kind, p, kind.true_l0)
    assert found["alarms"].tolist() == [1.0] * 3 and found["holes"].tolist() == [0.0] * 3
    parents = p @ kind.present[:, :PARENTS]
    assert torch.allclose(found["l0"] * kind.true_l0, kind.true_l0 + (1 - parents).sum(1), atol=1e-5)


def test_a_parent_that_writes_half_a_child_hedges_by_a_half():
    kind = KINDS["meeting"]
    stack, rows = SAEStack(Recipe(), 8, 8, [0]), kind.features.clone()
    rows[0] += 0.5 * rows[kind.pairs[0][1]]
    start_at(stack, rows, kind.features.T)
    found = measured(stack, kind, kind.probabilities[:1], kind.true_l0[:1])
    assert float(found["hedging"]) == pytest.approx(0.5 / len(kind.pairs), abs=1e-6)


def test_a_world_does_not_depend_on_the_others_nor_on_what_else_is_trained():
    alone, pressures = families([6], "apart", n_children=3), np.full((2, 1, 1), 0.1)
    how = dict(starts=2, steps=20)
    one = trainer(alone, Training("L1", ("nested",), **how))(pressures)
    all_of_them = trainer(KINDS["apart"], Training("L1", ("flat", "nested"), **how))(np.full((2, 2, 3), 0.1))
    for name, values in one.items():
        np.testing.assert_allclose(values[:, 0, 0], all_of_them[name][:, 1, 1], atol=1e-5, err_msg=name)
    np.testing.assert_allclose(one["holes"][0], one["holes"][1])  # the same pressure, the same SAE


def test_more_starts_have_no_larger_objective_and_k_is_a_share_of_the_true_l0():
    half = np.full((1, 1, 3), 0.5)
    few, many = (
        trainer(KINDS["meeting"], Training("BatchTopK", ("flat",), starts=starts, steps=60))(half)
        for starts in (1, 6)
    )
    assert many["unexplained"].mean() <= few["unexplained"].mean()
    assert (np.abs(many["l0"] - 0.5) < 0.15).all()


def test_beside_the_truth_every_feature_has_its_latent_and_parents_come_first():
    how = dict(steps=1, lr=1e-9)
    truth = trainer(KINDS["meeting"], Training("L1", ("nested",), beside=0.0, **how))(np.full((1, 1, 3), 0.1))
    assert np.abs(truth["l0"] - 1).max() < 1e-5 and truth["holes"].max() == truth["alarms"].max() == 0
    assert truth["unexplained"].max() < 1e-6
    beside = trainer(KINDS["meeting"], Training("L1", ("nested",), beside=1.0, **how))(
        np.full((1, 1, 3), 0.1)
    )
    assert beside["unexplained"].min() > 0.05


def test_drawn_widths_need_a_stack_of_their_own():
    with pytest.raises(ValueError, match="stack of their own"):
        Training("L1", ("flat", "drawn"))
    drawn = Training("L1", ("drawn",)).recipe(8)
    assert drawn.random_nesting == 3 and not drawn.nesting
