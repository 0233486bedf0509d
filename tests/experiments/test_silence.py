"""Why latents are silent: SAEs whose reason is known, an exception or a word that has little of its letter."""

import pytest
import torch

from absorption.experiments.bank.exempted import NAMES, silences, why_silent
from absorption.experiments.bank.silence import Readers
from absorption.experiments.bank.yardstick import Yardstick
from absorption.saes.recipe import BatchTopK, Recipe
from absorption.saes.stack import SAEStack

LETTERS, OF_LETTER, BESIDE, N = 3, 10, 4, 2400
"""Ten animals a letter: with fewer, an animal's latent would tell the letter well enough to be a main one itself."""
D_SAE = LETTERS * (1 + OF_LETTER) + BESIDE
PART = 0.3
EYE = torch.eye(D_SAE)
AT = torch.arange(N)
ANIMAL, OWN = (AT // LETTERS) % 4 == 0, AT % LETTERS
WHICH = LETTERS + OWN * OF_LETTER + (AT // (4 * LETTERS)) % OF_LETTER
"""Of each word: whether it is an animal, its letter, and which animal it would be."""


def words(letter_of_animals=1.0):
    """Each has its letter, every fourth an animal of the letter's, and all one of four things beside."""
    generator = torch.Generator().manual_seed(0)
    beside = torch.randint(D_SAE - BESIDE, D_SAE, (N,), generator=generator)
    strength = torch.where(ANIMAL, letter_of_animals, 1.0)[:, None]
    x = strength * EYE[OWN] + ANIMAL[:, None] * EYE[WHICH] + 0.5 * EYE[beside]
    x = x + 0.02 * torch.randn(x.shape, generator=generator)
    return Yardstick.of(x, OWN, seed=0, n_letters=LETTERS)


def sae(held_back, bias, carried):
    """Letters' latents, one for every animal, which writes its letter as well, and one for everything beside."""
    stack = SAEStack(Recipe(BatchTopK(2), decoder="free"), D_SAE, D_SAE, seeds=[0]).requires_grad_(False)
    rows, written = EYE.clone(), EYE.clone()
    for letter in range(LETTERS):
        animals = slice(LETTERS + letter * OF_LETTER, LETTERS + (letter + 1) * OF_LETTER)
        rows[letter, animals] = -held_back
        written[animals, letter] = carried
    stack.W_enc.copy_(rows.T[None])
    stack.W_dec.copy_(written[None])
    stack.b_enc[0, :LETTERS] = bias
    stack.b_dec.zero_()
    stack.threshold.fill_(0.4)
    return stack


@pytest.fixture(scope="module")
def by_exception():
    by = words()
    return Readers.of(sae(held_back=1.0, bias=0.0, carried=1.0), by)


@pytest.fixture(scope="module")
def by_weakness():
    by = words(letter_of_animals=PART)
    return Readers.of(sae(held_back=0.0, bias=-0.5, carried=PART), by)


def found_in(readers):
    return why_silent(readers, torch.full((N,), 1 / N))


def test_animals_are_absorbed_and_nothing_else(by_exception):
    pairs = by_exception.absorbed
    assert len(pairs) > 100 and torch.equal(ANIMAL[by_exception.word].nonzero()[:, 0], pairs)
    assert torch.equal(by_exception.judged.latent[pairs], WHICH[by_exception.word[pairs]])


def test_an_exception_is_found_and_taken_out(by_exception):
    found = found_in(by_exception)
    assert found["absorber"] == pytest.approx(-((1 + OF_LETTER) ** -0.5), abs=0.01)
    assert abs(found["other"]) < 0.01
    assert found["restored"] == found["restored_letter"] == found["planted"] == 1
    assert found["restored_other"] == 0 and found["restored_random"] < 0.5
    assert found["part_absorber"] == pytest.approx(1, abs=0.05) and abs(found["part_probe"]) < 0.05
    assert found["precise"] == 1 and found["absorbers"] == OF_LETTER and abs(found["readers"]) < 0.01


def test_weakness_is_no_exception(by_weakness):
    found = found_in(by_weakness)
    assert found["n"] > 100 and abs(found["absorber"]) < 0.01
    assert found["restored"] == found["restored_all"] == 0
    assert found["part_probe"] + found["part_own"] == pytest.approx(1, abs=0.05)
    assert abs(found["part_absorber"]) < 0.05 and found["below_zero"] > 0.9


def test_twins_fire_and_have_the_same_letter(by_exception):
    pairs = by_exception.absorbed
    twins = by_exception.twins(pairs, torch.full((N,), 1 / N))
    assert torch.equal(by_exception.label[twins], by_exception.label[pairs])
    assert bool(by_exception.fires[twins].all()) and not bool(by_exception.fires[pairs].any())


def test_what_is_taken_out_is_neither_the_letter_nor_what_its_latent_writes(by_exception):
    pairs = by_exception.absorbed
    u, own = by_exception.specific(pairs, by_exception.judged.latent[pairs]), by_exception.own(pairs)
    for direction in own:
        assert (u * direction).sum(1).abs().max() < 1e-5
    torch.testing.assert_close(u.norm(dim=1), torch.ones(len(pairs)))


def test_the_picture_has_every_word_of_a_letter(by_exception):
    seen = by_exception.seen(0)
    assert len(seen["own"]) == int((by_exception.label == 0).sum())
    room = by_exception.threshold - float(by_exception.bias[0])
    assert torch.equal(seen["own"] + seen["rest"] > room, seen["fires"])


def test_without_absorbed_words_there_is_nothing_to_say():
    readers = Readers.of(sae(held_back=0.0, bias=0.0, carried=0.0), words())
    found = found_in(readers)
    assert found["n"] == found["absorbed"] == 0
    assert all(found[name] != found[name] for name in NAMES)  # not a number
    assert silences([], 2.0, (0,)) == []
