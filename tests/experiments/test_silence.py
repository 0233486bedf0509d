"""Why latents are silent: SAEs whose reason is known, an exception or a word that has little of its letter."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from absorption.experiments.exempted import asked, starting, twins, why_silent
from absorption.experiments.leaning import alike, elsewhere, firing, leanings, sized
from absorption.experiments.reasons import Silence, read_off
from absorption.experiments.silence import Readers, Spelled
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
    return Spelled.of(x, OWN, seed=0, n_letters=LETTERS)


def sae(held_back, bias, carried, beside=0.0, read=True):
    """Letters' latents, one for every animal, which writes its letter as well, and one for everything beside, which writes so much of one letter."""
    stack = SAEStack(Recipe(BatchTopK(2), decoder="free"), D_SAE, D_SAE, seeds=[0]).requires_grad_(False)
    rows, written = EYE.clone(), EYE.clone()
    for letter in range(LETTERS):
        animals = slice(LETTERS + letter * OF_LETTER, LETTERS + (letter + 1) * OF_LETTER)
        rows[letter, animals] = -held_back
        things = slice(D_SAE - BESIDE + letter, D_SAE, LETTERS)
        rows[letter, things] = -beside * read
        written[animals, letter] = carried
        written[things, letter] = beside
    stack.W_enc.copy_(rows.T[None])
    stack.W_dec.copy_(written[None])
    stack.b_enc[0, :LETTERS] = bias
    stack.b_dec.zero_()
    stack.threshold.fill_(0.4)
    return stack


@pytest.fixture(scope="module")
def by_exception():
    return Readers.of(sae(held_back=1.0, bias=0.0, carried=1.0), words())


@pytest.fixture(scope="module")
def by_weakness():
    return Readers.of(sae(held_back=0.0, bias=-0.5, carried=PART), words(letter_of_animals=PART))


def found_in(readers, within=0.2):
    one = Silence.of([why_silent(readers, torch.full((N,), 1 / N))])
    return one, read_off(one, within)


def test_animals_are_absorbed_and_nothing_else(by_exception):
    pairs = by_exception.absorbed
    assert len(pairs) > 100 and torch.equal(ANIMAL[by_exception.word].nonzero()[:, 0], pairs)
    assert torch.equal(by_exception.carrier[pairs], WHICH[by_exception.word[pairs]])
    assert torch.equal(by_exception.judged.latent[pairs], by_exception.carrier[pairs])


def test_an_exception_is_found_and_taken_out(by_exception):
    one, found = found_in(by_exception)
    assert found["absorber"] == pytest.approx(-((1 + OF_LETTER) ** -0.5), abs=0.01)
    assert found["alone_exception"] == found["more_sized"] == 1 and found["alone_random"] < 0.5
    assert found["alone_without_sized"] == 0 and found["alone_letter"] < 0.05
    assert found["of_exception"] > 0.7 and found["of_still"] == 0
    assert found["precise"] == 1 and found["absorbers"] == OF_LETTER and abs(found["readers"]) < 0.01
    assert found["absorbed"] == len(one) / len(by_exception.word) and found["recall"] == pytest.approx(
        0.75, abs=0.02
    )
    assert found["words_middle"] == 1 and found["restored_middle"] == 1


def test_weakness_is_no_exception(by_weakness):
    one, found = found_in(by_weakness)
    assert len(one) > 100 and abs(found["absorber"]) < 0.01
    assert found["alone_exception"] == 0 and found["alone_readout"] == 1
    assert found["of_readout"] > 0.9 and abs(found["of_exception"]) < 0.01


def test_a_threshold_alone_is_called_so():
    """Nothing is held back, and the letter is as strong in animals as anywhere; but the threshold lies above what they show."""
    by = words(letter_of_animals=0.8)
    stack = sae(held_back=0.0, bias=0.0, carried=0.8)
    stack.threshold.fill_(0.9)
    one, found = found_in(Readers.of(stack, by))
    assert len(one) > 100 and found["alone_threshold"] == 1
    assert (
        found["of_threshold"] == pytest.approx(found["of_readout"], abs=0.1)
        and abs(found["of_exception"]) < 0.01
    )


@pytest.mark.parametrize("read", [True, False])
def test_what_every_leaning_latent_has_is_no_exception_of_the_absorber(read):
    """Each thing beside writes a letter as well, and is read as negatively or not; there are words with both, so the letter's latent fires beside it."""
    made = sae(held_back=0.5, bias=0.5, carried=0.5, beside=0.5, read=read)
    one, found = found_in(Readers.of(made, words(letter_of_animals=0.3 if read else 0.2)))
    assert len(one) > 50 and found["absorber"] < -0.1 and found["close_elsewhere"] > 0.5
    assert found["alone_exception"] > 0.7
    if read:
        assert found["less_elsewhere"] > -0.01 and found["more_elsewhere"] < 0.1
    else:
        assert found["less_elsewhere"] < -0.1 and found["more_elsewhere"] > 0.7


def test_the_nearest_in_leaning_is_chosen_and_never_the_absorber_itself(by_exception):
    pairs = by_exception.absorbed
    absorber = by_exception.carrier[pairs]
    at = leanings(by_exception)
    (near, off), (far, _) = alike(by_exception, pairs, absorber), elsewhere(by_exception, pairs, absorber)
    assert not bool(((near == absorber) | (far == absorber)).any())
    assert bool((near >= D_SAE - BESIDE).all())  # what else is active on an animal
    label = by_exception.label[pairs]
    torch.testing.assert_close(off, (at[label, absorber] - at[label, near]).norm(dim=1))
    assert not bool(torch.isin(far, absorber).any())
    size, off = sized(by_exception, pairs, absorber)
    assert bool((size >= D_SAE - BESIDE).all())
    x = by_exception.x[by_exception.word[pairs]]
    along = [(x * by_exception.specific(pairs, latents)).sum(1) for latents in (absorber, size)]
    torch.testing.assert_close(off, (along[0] - along[1]).abs(), atol=1e-4, rtol=1e-4)


def test_a_latent_that_absorbs_a_word_of_the_letter_is_no_latent_that_only_leans(by_exception):
    at = int(by_exception.fires.nonzero()[0])
    letter, latent = int(by_exception.label[at]), int(by_exception.carrier[at])
    assert bool(firing(by_exception)[letter, latent])
    full = by_exception.judged.full.clone()
    full[at] = True
    absorbing = replace(by_exception, judged=replace(by_exception.judged, full=full))
    assert not bool(firing(absorbing)[letter, latent])


def test_twins_fire_and_have_the_same_letter(by_exception):
    pairs = by_exception.absorbed
    chosen = twins(by_exception, pairs, torch.full((N,), 1 / N))
    assert torch.equal(by_exception.label[chosen], by_exception.label[pairs])
    assert bool(by_exception.fires[chosen].all()) and not bool(by_exception.fires[pairs].any())


def test_what_is_taken_out_is_neither_the_letter_nor_what_its_latent_writes(by_exception):
    pairs = by_exception.absorbed
    u, own = by_exception.specific(pairs, by_exception.carrier[pairs]), by_exception.own(pairs)
    for direction in own:
        assert (u * direction).sum(1).abs().max() < 1e-5
    torch.testing.assert_close(u.norm(dim=1), torch.ones(len(pairs)))


def test_changes_add_up_and_reasons_share_what_they_restore():
    gains = {
        "exception": [3.0, 0.0, 0.6, 0.0],
        "threshold": [0.0, 3.0, 0.6, 0.0],
        "readout": [0.0, 0.0, 0.0, 0.0],
    }
    one = Silence({"short": np.ones(4)} | {name: np.array(gain) for name, gain in gains.items()}, {})
    assert one.again() == 0 and one.again("exception") == 0.25 and one.again("exception", "threshold") == 0.75
    shares = one.shared()
    assert shares == pytest.approx({"exception": 0.375, "threshold": 0.375, "readout": 0, "still": 0.25})


def test_without_absorbed_words_there_is_nothing_to_say():
    one, found = found_in(Readers.of(sae(held_back=0.0, bias=0.0, carried=0.0), words()))
    assert len(one) == 0 and found["absorbed"] == 0
    assert all(
        math.isnan(found[name])
        for name in ("absorber", "alone_exception", "of_exception", "less_sized", "precise")
    )
    assert asked([], 2.0, (0,)) == []


def test_lowering_the_threshold_is_less_precise_than_taking_out_exceptions(by_exception):
    pairs = by_exception.absorbed
    found = starting(by_exception, pairs, by_exception.carrier[pairs])
    assert found["precise"] == 1 > found["lowered"]
