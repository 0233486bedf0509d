"""The worst of a family is judged as one of many."""

import pytest

from absorption.claims import Evidence
from absorption.claims.families import of_worst

SAMPLES = {"a": [0.3, 0.4, 0.35, 0.38], "b": [0.1, 0.12, 0.15, 0.11], "c": [0.5, 0.7, 0.6, 0.65]}


@pytest.mark.parametrize(("pick", "worst"), [(min, "b"), (max, "c")])
def test_the_worst_is_picked_and_its_interval_knows_it(pick, worst):
    found = of_worst("rate", SAMPLES, pick, against=0.05)
    alone = Evidence.of_samples("rate", SAMPLES[worst], possible=(0, 1))
    assert (found.name, found.value) == ("rate", alone.value)
    assert found.note == f"{worst}; Holm over 3 comparisons"
    assert found.low <= alone.low and found.high >= alone.high


def test_members_alike_widen_each_other():
    alike = dict.fromkeys("abc", SAMPLES["a"])
    found, alone = of_worst("rate", alike, min, against=0.05), Evidence.of_samples("rate", SAMPLES["a"])
    assert found.high - found.low > 1.2 * (alone.high - alone.low)
