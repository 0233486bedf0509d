"""Architectures by name: what each is pressed by, and what tying and biases do to it."""

import pytest
import torch

from absorption.experiments.architectures import ARCHITECTURES, COUNTS, recipe_of, swept
from absorption.saes import SAEStack


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("tied", [False, True])
def test_every_architecture_makes_a_stack_whose_members_are_pressed_one_by_one(name, tied):
    recipe = recipe_of(name, tied)
    stack = SAEStack(recipe, 5, 4, range(2), sweep=swept(name, [1.0, 2.0]))
    pressed = stack.k if name in COUNTS else stack.sparsity
    assert pressed.tolist() == [1.0, 2.0]
    assert recipe.tied == (tied or name == "pursuit")
    assert not recipe.decoder_bias


def test_only_a_gate_keeps_its_bias_when_none_is_wanted_and_pursuit_never_has_one():
    kept = {name for name in ARCHITECTURES if recipe_of(name, encoder_bias=False).encoder_bias}
    assert kept == {"gated"}
    assert not recipe_of("pursuit", encoder_bias=True).encoder_bias
    assert recipe_of("L1").encoder_bias


def test_a_sweep_names_what_the_architecture_has():
    assert torch.equal(swept("TopK", [1.0])["k"], torch.tensor([1.0]))
    assert set(swept("gated", [0.1])) == {"sparsity"}
