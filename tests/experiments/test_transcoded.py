"""Worlds of images: what is read and written, and SAEs that absorb exactly where the closed form says that it pays."""

import numpy as np
import pytest
import torch

from absorption.experiments.images import KINDS, images
from absorption.experiments.starts import reading, start_at
from absorption.experiments.transcoded import read_off, translate
from absorption.saes import Recipe, ReLU, SAEStack
from absorption.theory.images import image_gain

SEEDS = range(40, 43)
RECIPE = Recipe(ReLU(), decoder="free", weighting="decoder_norm", sparsity=0.05)


def parts(rows, spaces):
    return [part.double().numpy() for part in rows.split(list(spaces) or rows.shape[-1], -1)]


def gains(worlds):
    """What full absorption saves in the first pair of each world."""
    return [image_gain(parts(one[0], worlds.spaces), parts(one[1], worlds.spaces)) for one in worlds.written]


@pytest.mark.parametrize("kind", KINDS)
def test_absorbed_where_it_pays_and_only_there(kind):
    worlds = images(SEEDS, kind)
    found = translate(worlds, RECIPE, seed=0, steps=2000)
    pays = np.array(gains(worlds)) > 1e-6
    assert pays.all() if kind != "apart" else not pays.any()
    assert (found.holes > 0.95).all() if pays.all() else (found.holes == 0).all()
    assert (found.fvu < 0.02).all()


def test_states_have_parents_with_and_without_children_and_never_children_alone():
    worlds = images(SEEDS, "crosscoder")
    assert torch.allclose(worlds.p.sum(-1), torch.ones(3))
    assert (worlds.present[:, 1::2] <= worlds.present[:, 0::2]).all()
    often = worlds.p @ worlds.present
    assert ((often[:, 0::2] > 0.2) & (often[:, 0::2] < 0.4)).all()
    assert not torch.equal(worlds.p[0], worlds.p[1])


@pytest.mark.parametrize("kind", KINDS)
def test_images_are_what_the_kind_says(kind):
    worlds = images([3], kind)
    read, written = worlds.read[0], worlds.written[0]
    parent_alone = worlds.present[:, 0::2].gt(0) & worlds.present[:, 1::2].eq(0)
    assert parent_alone.any()
    if kind == "inputs only":
        assert abs(float((written[0] + written[1]) @ written[0])) < 1e-6
        assert float((read[0] + read[1]) @ read[0]) == pytest.approx(1)
    if kind == "outputs only":
        assert abs(float((read[0] + read[1]) @ read[0])) < 1e-6
        assert float((written[0] + written[1]) @ written[0]) == pytest.approx(1)
    if kind == "parent in one":
        assert written[0, 8:].abs().max() == 0 and written[1, 8:].norm() == pytest.approx(1)
    if worlds.spaces or kind == "autoencoder":
        assert read is written or torch.equal(read, written)


def test_the_truth_reads_as_not_absorbed_and_an_absorbed_decoder_as_absorbed():
    worlds = images(SEEDS, "transcoder")
    stack = SAEStack(RECIPE, 8, 6, seeds=[0, 1, 2], d_out=8)
    truth = reading(worlds.read)
    start_at(stack, worlds.written, truth, unit=False)
    found = read_off(stack, worlds)
    assert (found.holes == 0).all() and found.carried.abs().max() < 1e-5 and (found.best_f1 > 0.999).all()
    rows, columns = worlds.written.clone(), truth.clone()
    rows[:, 1::2] += rows[:, 0::2]
    columns[..., 0::2] -= columns[..., 1::2]
    start_at(stack, rows, columns, unit=False)
    found = read_off(stack, worlds)
    assert (found.holes == 1).all() and torch.allclose(found.carried, torch.ones(3), atol=1e-4)
    assert (found.fvu < 1e-6).all() and (found.best_f1 < 0.9).all()
    rows[:, 1] = rows[:, 0]  # the first child's latent writes its parent alone: it has no δ
    start_at(stack, rows, columns, unit=False)
    assert torch.allclose(read_off(stack, worlds).carried, torch.ones(3), atol=1e-4)


def test_what_follows_is_all_that_an_end_to_end_sae_pays_for():
    worlds = images(SEEDS, "autoencoder").followed()
    found = translate(worlds, RECIPE, seed=0, steps=2000)
    assert (found.holes > 0.9).all() and (found.fvu < 0.05).all()


def test_controls():
    worlds = images(SEEDS, "transcoder")
    blank = translate(worlds, RECIPE, seed=0, noise=None, trained=False)
    assert (blank.fvu > 0.5).all()
    assert (translate(worlds, RECIPE, seed=0, trained=False).holes < 0.05).all()
