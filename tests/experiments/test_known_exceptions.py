"""Worlds in which the reason of a silence is known, and what the measure says of SAEs trained on them."""

import torch

from absorption.experiments.known_exceptions import EVERY, LETTERS, N, World, known
from absorption.experiments.reasons import Silence


def test_every_second_word_is_an_animal_of_its_own_letter():
    world = World.of(seed=3)
    assert int(world.animals.sum()) == N // EVERY
    torch.testing.assert_close(world.child[world.animals].norm(dim=1), torch.ones(N // EVERY))
    of_letter = [
        {tuple(row) for row in world.child[world.animals & (world.letter == i)].tolist()}
        for i in range(LETTERS)
    ]
    assert all(len(one) == 10 for one in of_letter)
    assert not set.intersection(*of_letter)


def test_without_their_animals_words_of_a_letter_differ_in_what_is_beside_only():
    world = World.of(seed=3)
    rest = world.x - world.child
    for letter in range(LETTERS):
        spread = (rest[world.letter == letter] - rest[world.letter == letter].mean(0)).norm(dim=1).mean()
        assert 0.3 < float(spread) < 0.8  # half a direction, and noise


def test_the_measure_tells_exceptions_from_other_reasons():
    """One world in which animals silence the letters' latents, and one in which they do not (both chosen as such)."""
    excepted, weak = (Silence.of([known(seed)]) for seed in (2401, 2404))
    assert len(excepted) > 20 and bool((excepted.columns["knows"] == 1).all())
    assert excepted.again("exception") > 0.75 > 0.5 > excepted.again("without_sized")
    assert len(weak) > 20 and not bool(weak.columns["knows"].any())
    assert weak.again("exception") < 0.1
