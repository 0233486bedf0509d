"""Evidence of many quantities at once says what it would say one by one."""

import pytest

from absorption.claims import Evidence
from absorption.claims.each import of_each, of_ranges

SAMPLES = {"wide": [0.9, 1.0, 1.0], "narrow": [0.1, 0.2, 0.4]}


def test_each_is_what_it_would_be_alone():
    alone = [
        Evidence.of_samples(name, values, of="worlds", possible=(0, 1)) for name, values in SAMPLES.items()
    ]
    assert of_each(SAMPLES, of="worlds", possible=(0, 1)) == alone


def test_intervals_are_clipped_to_the_range_of_their_kind():
    share, gain = of_ranges(
        {(0, 1): {"share": SAMPLES["wide"]}, (-1, 2): {"gain": SAMPLES["wide"]}}, of="worlds"
    )
    assert share.high == 1 and gain.high > 1
    assert (share.of, gain.of) == ("worlds", "worlds")


def test_a_sample_outside_its_range_is_refused():
    with pytest.raises(ValueError, match="wide"):
        of_ranges({(0, 0.5): SAMPLES})
