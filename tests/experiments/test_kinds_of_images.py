"""Every kind of worlds of images from every start is what one would have trained by hand."""

import pytest

from absorption.experiments.images import images
from absorption.experiments.kinds_of_images import KINDS, STARTS, Trial, translated_kinds, worlds_of
from absorption.experiments.transcoded import translate
from absorption.saes.recipe import Recipe, ReLU

RECIPE = Recipe(ReLU(), decoder="free", weighting="decoder_norm", sparsity=0.05)
SEEDS = range(3, 5)


@pytest.fixture(scope="module")
def found():
    return translated_kinds(SEEDS, RECIPE, steps=20, noise=0.02, longer=("transcoder",))


def test_there_is_every_kind_from_every_start(found):
    assert set(found) == {Trial(kind, start, 20) for kind in KINDS for start in STARTS} | {
        Trial("transcoder", "truth", 40)
    }


@pytest.mark.parametrize(
    ("start", "how"),
    [
        ("truth", dict(noise=0.02)),
        ("random", dict(noise=None)),
        ("untrained", dict(noise=0.02, trained=False)),
    ],
)
def test_a_trial_is_a_dictionary_with_this_start(found, start, how):
    by_hand = translate(images(SEEDS, "crosscoder"), RECIPE, 3, steps=20, **how)
    assert found[Trial("crosscoder", start, 20)].fvu.tolist() == by_hand.fvu.tolist()


def test_twice_the_steps_are_twice_the_steps(found):
    by_hand = translate(images(SEEDS, "transcoder"), RECIPE, 3, steps=40, noise=0.02)
    assert found[Trial("transcoder", "truth", 40)].fvu.tolist() == by_hand.fvu.tolist()


def test_end_to_end_has_the_rates_of_the_others_and_counts_what_follows():
    behind, plain = worlds_of(SEEDS, "end to end"), worlds_of(SEEDS, "autoencoder")
    assert behind.rest is not None and plain.rest is None
    assert (behind.p == plain.p).all()
