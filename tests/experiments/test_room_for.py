"""Planted absorption is found where no other latent of the SAE tells the letter, and the SAE itself stays what it is."""

import pytest
import torch

from absorption.experiments import room_for
from absorption.experiments.bank.fitting import Fit, Schedule
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.bank.yardstick import Yardstick
from absorption.experiments.room_for import EACH, SHARE, control_of, letters_first
from absorption.saes import BatchTopK, Recipe, SAEStack

N, D_IN, D_SAE = 3, 24, 60


@pytest.fixture(scope="module")
def by():
    """Words that are their letter, and something of their own."""
    generator = torch.Generator().manual_seed(0)
    letters = torch.arange(1800) % N
    x = 0.15 * torch.randn(len(letters), D_IN, generator=generator)
    return Yardstick.of(x + torch.nn.functional.one_hot(letters, D_IN), letters, seed=0, n_letters=N)


@pytest.fixture(scope="module")
def stack():
    """An SAE whose last latents are the letters; the others are nothing in particular."""
    made = SAEStack(Recipe(BatchTopK(3)), D_IN, D_SAE, seeds=[0]).requires_grad_(False)
    made.W_enc[0, :, -N:] = made.W_dec[0, -N:].copy_(torch.eye(D_IN)[:N]).T
    made.b_enc[0, -N:] = torch.tensor([0.01, 0.02, 0.03])
    return made


def test_the_letters_latents_come_first_and_nothing_else_changes(stack, by):
    changed = letters_first(stack, by, each=2)
    torch.testing.assert_close(changed.W_dec[0, :N], torch.eye(D_IN)[:N])
    torch.testing.assert_close(changed.b_enc[0, :N], torch.tensor([0.01, 0.02, 0.03]))
    torch.testing.assert_close(changed(by.x), stack(by.x))
    z, before = changed.encode(by.x)[0], stack.encode(by.x)[0]
    torch.testing.assert_close(z.sum(0).sort().values, before.sum(0).sort().values)
    assert stack.W_dec[0, -1, N - 1] == 1, "the SAE that was given is as it was"


def test_only_with_room_is_what_was_planted_absorbed(stack, by, monkeypatch):
    monkeypatch.setattr(room_for, "yardstick", lambda source, split: by)
    monkeypatch.setattr(Wanted, "get", lambda self: (stack, None))
    wanted = Wanted(WordsIn("made-up", 1), "plain", Fit(stack.recipe, D_SAE, 0, Schedule(64)))
    room, beside = (control_of(wanted, 3.0, split=1, room=room) for room in (True, False))
    assert room["oracle"] == beside["oracle"] == 0 and room["probe_f1"] > 0.9
    assert room["planted"] == pytest.approx(SHARE, abs=0.05)
    assert beside["planted"] < SHARE / 4, "its own latents tell these words"
    assert N * (1 + EACH) < D_SAE - N, "in this SAE they are not among the first"
