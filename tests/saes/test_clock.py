"""What changes during training is a function of the clock alone."""

import torch

from absorption.saes import Recipe, SAEStack, fit_population
from absorption.saes.clock import Clock
from absorption.worlds.hierarchies import parent_child


def test_the_clock_runs_from_start_to_end():
    world, stack = parent_child(0.2, 0.3), SAEStack(Recipe(), 2, 2, [0])
    seen = []

    def look(stack: SAEStack) -> torch.Tensor:
        seen.append(stack.clock)
        return torch.zeros(1)

    fit_population(stack, world.activations, world.probabilities, steps=4, observe=look, every=1)
    assert seen == [Clock(step, 4) for step in range(5)]
    assert [clock.fraction for clock in seen] == [0, 0.25, 0.5, 0.75, 1]


def test_a_step_draws_the_same_again_and_other_steps_and_seeds_draw_otherwise():
    def draw(step, seed=0):
        return torch.rand(3, generator=Clock(step, 10).generator(seed)).tolist()

    assert draw(3) == draw(3)
    assert draw(3) != draw(4) and draw(3) != draw(3, seed=1)
