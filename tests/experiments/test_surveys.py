"""A survey of a large world picks the pairs that are asked about."""

from dataclasses import replace

import numpy as np
import pytest

from absorption.experiments.at_scale import Setting
from absorption.experiments.large_worlds import drawn
from absorption.experiments.surveys import ABSORBER, ORACLE, UNTRAINED, Survey, over, survey

AT = Setting("plain", 42, 4.0, 256)


@pytest.fixture(scope="module")
def surveyed() -> Survey:
    sample = drawn(seed=0, n_features=50, d_in=64, roots=2, exclusive=True, n_train=64, n_judged=2000)
    return survey(sample, [AT], seed=0, absorber=True, batch_size=32, lr=1e-3)


def test_the_oracle_absorbs_nothing_and_the_absorber_everything(surveyed):
    assert surveyed.absorbed(ORACLE) == 0 and surveyed.absorbed(ABSORBER) > 0.95
    assert surveyed.both(UNTRAINED) == 0 and np.isnan(surveyed.absorbed(UNTRAINED))


def test_pairs_of_roots_are_those_of_the_first_generation(surveyed):
    assert surveyed.of_root.sum() == 8 and surveyed.of_root[:8].all()
    assert surveyed.found(ABSORBER) == 8
    assert surveyed.of_roots(ABSORBER) == pytest.approx(8 / surveyed.looks[ABSORBER].both.sum())


def by_hand(surveyed: Survey, absorbed: np.ndarray) -> Survey:
    """Absorption of the absorber's pairs set by hand."""
    look = replace(surveyed.looks[ABSORBER], absorbed=absorbed)
    return replace(surveyed, looks=surveyed.looks | {"made": look})


def test_density_is_the_most_frequent_child_less_the_rarest_within_a_root(surveyed):
    made = by_hand(surveyed, surveyed.given.copy())  # a child absorbs as often as it is present
    assert made.density("made") == pytest.approx(0.25 - 0.07)
    assert made.at_rate("made", 0.17) == pytest.approx(0.17)
    assert made.some("made", least=0.1) == pytest.approx(0.75)
    first, _, last = (made.by_third("made", "absorbed", third) for third in range(3))
    assert first > last


def test_two_saes_are_compared_on_the_pairs_that_have_latents_in_both(surveyed):
    made = by_hand(surveyed, np.full(40, 0.5))
    assert made.more("made", ABSORBER) == pytest.approx(0.5 - surveyed.absorbed(ABSORBER))
    assert np.isnan(made.more("made", UNTRAINED))


def test_worlds_without_such_an_sae_have_no_number(surveyed):
    lacking = replace(surveyed, looks={ORACLE: surveyed.looks[ORACLE]})
    assert over([surveyed, lacking], ABSORBER, "absorbed").shape == (1,)
    assert over([surveyed, lacking], ORACLE, "dead").shape == (2,)
