"""What lacks a denominator is NaN, which no record takes for a number: never inf, and never a silent 0."""

import math

import pytest
import torch

from absorption.claims import Evidence
from absorption.measures.geometry import hierarchy_cosine
from absorption.measures.hierarchy import measure_pairs
from absorption.measures.ratios import ratio
from absorption.measures.reconstruction import fit_of
from absorption.measures.toy import absorption_delta, explained_variance
from absorption.saes import Recipe, SAEStack


def test_a_ratio_by_hand():
    numerator, denominator = torch.tensor([1.0, -1.0, 0.0, 1.0]), torch.tensor([0.0, 0.0, 0.0, 4.0])
    assert str(ratio(numerator, denominator).tolist()) == "[nan, nan, nan, 0.25]"


@pytest.mark.parametrize("rows", [[[1.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]]])
def test_a_child_without_a_latent_has_no_delta(rows):
    assert math.isnan(absorption_delta(torch.tensor([rows]), torch.eye(2)).item())
    assert absorption_delta(torch.tensor([[[1.0, 0.0], [5.0, 1e-3]]]), torch.eye(2)).item() == pytest.approx(
        5000
    )


def test_no_record_takes_what_is_not_available_for_a_number():
    delta = absorption_delta(torch.tensor([[[1.0, 0.0], [1.0, 0.0]]]), torch.eye(2)).item()
    with pytest.raises(ValueError, match="delta"):
        Evidence.exactly("delta", delta)


def pairs(W_enc, W_dec, p):
    x = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    acts = (x @ W_enc).relu()
    return measure_pairs(acts, W_enc, W_dec, torch.eye(2), x, torch.tensor(p), [(0, 1)])


def test_a_pair_without_what_its_measures_are_shares_of():
    eye, parents = torch.eye(2)[None], torch.tensor([[[1.0, 0.0], [1.0, 0.0]]])
    found = pairs(eye, parents, [0.5, 0.5])
    assert math.isnan(found.delta.item()) and found.hedging.item() == 0
    assert math.isnan(pairs(torch.tensor([[[0.0, 0.0], [1.0, 1.0]]]), eye, [0.5, 0.5]).lean.item())
    children = torch.tensor([[[0.0, 1.0], [0.0, 1.0]]])
    assert math.isnan(pairs(eye, children, [0.5, 0.5]).hedging.item())
    without_child = pairs(eye, eye, [1.0, 0.0])
    assert math.isnan(without_child.recall.item()) and math.isnan(without_child.absorbed.item())


@pytest.mark.parametrize("value", [0.0, 1.0, 0.1, 1e4])
def test_what_does_not_vary_has_no_variance_to_explain(value):
    x, stack = torch.full((7, 3), value), SAEStack(Recipe(), 3, 4, seeds=[0])
    assert math.isnan(explained_variance(stack, x).item())
    fit = fit_of(x, stack.encode(x)[0], stack.dictionary[0].detach(), stack.b_dec[0].detach())
    assert math.isnan(fit.explained)


def test_a_direction_of_no_length():
    assert math.isnan(hierarchy_cosine(torch.tensor([[1.0, 0.0]]), torch.tensor([1.0, 0.0])).item())
